/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/deadline.h"
#include "core/error.h"
#include "core/forward.h"
#include "core/limits.h"
#include "core/wire.h"

/* One sending of a question to one upstream. */
struct _DotlsExchange
{
  DotlsFetch *fetch;
  DotlsUpstream *upstream;     /* NULL: not used */
  DotlsConnection *connection; /* NULL: waits for one */
  DotlsExchange *next;         /* in the upstream's line of waiting ones */
  DotlsExchange **link;
  gint64 began; /* when it was asked for, then when it left; monotonic microseconds */
  guint16 id;
  gboolean is_open;   /* an answer may still come */
  gboolean is_silent; /* has waited longer than it should */
};

/* One question under way upstream, for everybody who asks it meanwhile. */
struct _DotlsFetch
{
  DotlsFetch *chain; /* same bucket, or free */
  DotlsResolver *resolver;
  DotlsQuery *waiting; /* who asks, the last to come first */
  guint n_waiting;
  gint64 started;
  gint64 ends; /* when the client must have something */
  DotlsDeadline deadline;
  DotlsError last_error;
  gboolean was_refused; /* an upstream said that it has no answer */
  int failure_ede;
  guint n_exchanges;
  gboolean may_repeat; /* a refusal has not yet been tried elsewhere */
  DotlsExchange exchanges[DOTLS_SENDS_PER_QUERY];
  DotlsKey key;
};

#define DOTLS_FETCH_BUCKETS 1024

/* The fetches under way, by question. */
typedef struct
{
  DotlsFetch *buckets[DOTLS_FETCH_BUCKETS];
  DotlsFetch *free;
  GPtrArray *chunks;
  guint in_use;
} DotlsFetchTable;

void dotls_fetch_table_init (DotlsFetchTable *table);
void dotls_fetch_table_clear (DotlsFetchTable *table);

DotlsFetch *dotls_fetch_table_find (DotlsFetchTable *table, const DotlsKey *key);

/* A new one, in the table; everything but the key is zero. */
DotlsFetch *dotls_fetch_table_add (DotlsFetchTable *table, const DotlsKey *key);
void dotls_fetch_table_remove (DotlsFetchTable *table, DotlsFetch *fetch);

/* A free exchange of FETCH towards UPSTREAM, begun at NOW, or NULL where it has been sent often
 * enough: the one place that bounds retries (RFC 9520 section 3.1). */
DotlsExchange *dotls_fetch_begin_exchange (DotlsFetch *fetch, DotlsUpstream *upstream, gint64 now);

/* How often UPSTREAM was asked. */
guint dotls_fetch_count_tries (const DotlsFetch *fetch, const DotlsUpstream *upstream);

/* Whether an answer may still come. */
gboolean dotls_fetch_is_open (const DotlsFetch *fetch);
