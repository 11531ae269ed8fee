/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/address.h"
#include "core/forward.h"
#include "core/wire.h"

/* How a reply finds its way back.  The resolver makes it in room that the origin gives, at most
 * once, and says so exactly once that the query has ended. */
typedef struct
{
  /* A query of this origin waits from now on; may be NULL. */
  void (*accept) (DotlsQuery *query);
  /* Who wants to know how it was answered; called before commit, or before an answer at once is
   * returned; may be NULL. */
  void (*inform) (const DotlsOrigin *origin, const DotlsAnswerInfo *info);
  /* Room for SIZE octets, or NULL: the client is gone or does not read. */
  guint8 *(*reserve) (DotlsQuery *query, gsize size);
  /* The reply in that room is LENGTH octets long. */
  void (*commit) (DotlsQuery *query, gsize length);
  /* The query has ended, answered or not; QUERY is reused after the call. */
  void (*release) (DotlsQuery *query);
} DotlsOriginOps;

/* Where a question came in. */
struct _DotlsOrigin
{
  const DotlsOriginOps *ops;
  gpointer owner;
  gboolean is_stream;
  gboolean wants_fresh; /* what is kept does not do */
  guint local_scope;    /* interface it came in on, 0: not needed */
  DotlsAddress peer;
  DotlsAddress local; /* the address it was sent to; family 0: the socket's own */
};

/* One client question that waits for an upstream: a slot, taken and given back without allocation.
 */
struct _DotlsQuery
{
  DotlsQuery *next; /* waiting for the same fetch, or free */
  DotlsFetch *fetch;
  DotlsOrigin origin;
  gint64 arrived; /* monotonic microseconds */
  DotlsEnvelope envelope;
  guint8 name_length;
  guint8 name[DOTLS_NAME_MAX + 1]; /* in the client's letter case */
};

/* The slots.  They come in chunks as load grows and stay. */
typedef struct
{
  DotlsQuery *free;
  GPtrArray *chunks;
  guint in_use;
} DotlsQueryPool;

void dotls_query_pool_init (DotlsQueryPool *pool);
void dotls_query_pool_clear (DotlsQueryPool *pool);

/* NULL where DOTLS_QUERIES_MAX are in use. */
DotlsQuery *dotls_query_pool_take (DotlsQueryPool *pool);
void dotls_query_pool_give (DotlsQueryPool *pool, DotlsQuery *query);
