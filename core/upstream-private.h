/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/fetch.h"
#include "core/spec.h"
#include "core/transport.h"
#include "core/upstream.h"

/* The inside of an upstream, for core only.  upstream.c holds what is known of it, its health;
 * upstream-connect.c its connections and the questions that wait for one. */

typedef struct
{
  /* MESSAGE answers EXCHANGE, which is over; it may be changed. */
  void (*answered) (DotlsExchange *exchange, guint8 *message, gsize length, gpointer owner);
  /* No answer will come; the exchange is over. */
  void (*lost) (DotlsExchange *exchange, DotlsError reason, gpointer owner);
  /* It answers again after a failure, or for the first time. */
  void (*recovered) (DotlsUpstream *upstream, gpointer owner);
} DotlsUpstreamEvents;

struct _DotlsUpstream
{
  GObject parent;
  DotlsUpstreamSpec *spec;
  DotlsLoop *loop;
  const DotlsTransport *transport;
  const DotlsUpstreamEvents *events;
  gpointer owner;
  DotlsTls *tls;
  guint idle_ms;
  DotlsUpstreamStats stats;

  /* health */
  DotlsUpstreamState state;
  gboolean selected;
  DotlsTlsFacts facts;
  guint32 rtt;       /* microseconds, smoothed */
  gint64 rtt_time;   /* of the last sample; all times monotonic microseconds */
  gint64 well_since; /* answers since; 0: not proven since the last failure */
  gint64 next_retry; /* 0: not backing off */
  gint64 failed_at;  /* the last failure; 0: never */
  gint64 last_probe;
  gint64 last_sent; /* when a question left; one that waits for a connection has not */
  guint failures;   /* in a row */
  guint silent;     /* questions in a row without an answer */
  guint fruitless;  /* connections in a row without an answer */
  DotlsError last_error;
  char *last_error_text;
  gint64 last_error_time; /* Unix seconds */

  /* connections */
  DotlsConnection *connection; /* the one that is used */
  GPtrArray *attempts;         /* not yet open */
  GPtrArray *retired;          /* only finish what is in flight */
  guint next_address;
  guint preferred_address;
  gint64 last_attempt;
  DotlsError attempt_error; /* the gravest of this round */
  char *attempt_text;
  DotlsDeadline stagger; /* until the next address joins in, or until a new round */
  DotlsDeadline give_up; /* until the round has failed */
  DotlsExchange *line;   /* waiting for a connection, oldest first */
  DotlsExchange **line_end;
};

/* SPEC is referenced; LOOP, EVENTS and OWNER must outlive it. */
DotlsUpstream *dotls_upstream_new (DotlsUpstreamSpec *spec,
                                   DotlsLoop *loop,
                                   guint idle_ms,
                                   const DotlsUpstreamEvents *events,
                                   gpointer owner);

/* Sends the question of EXCHANGE now, or as soon as there is a connection.  FALSE where that fails
 * at once; no event comes then. */
gboolean dotls_upstream_send (DotlsUpstream *self, DotlsExchange *exchange);

/* Nobody waits any more; no event comes. */
void dotls_upstream_cancel (DotlsUpstream *self, DotlsExchange *exchange);

/* EXCHANGE has waited longer than it should.  A connection on which nothing came since it was sent
 * is left; TRUE then: asking again means another connection. */
gboolean dotls_upstream_note_silence (DotlsUpstream *self, DotlsExchange *exchange);

/* The server's wish (RFC 7828), read from the answer to EXCHANGE; TIMEOUT in 100 ms. */
void dotls_upstream_note_keepalive (DotlsUpstream *self, DotlsExchange *exchange, guint timeout);

/* How long a question may go unanswered before another upstream is asked too, in milliseconds. */
guint dotls_upstream_hedge_ms (DotlsUpstream *self);

/* Nothing is known against it. */
gboolean dotls_upstream_is_healthy (DotlsUpstream *self);

/* The last that is known of it is a question that it left unanswered. */
gboolean dotls_upstream_is_silent (DotlsUpstream *self);

/* Healthy, and for so long that `ordered` trusts it again after a failure. */
gboolean dotls_upstream_is_steady (DotlsUpstream *self);

/* Whether a copy of a question should go there to learn how it is; takes the turn. */
gboolean dotls_upstream_take_probe (DotlsUpstream *self, gboolean for_rtt);

void dotls_upstream_set_selected (DotlsUpstream *self, gboolean selected);

/* The settings have been read anew: what they trust may be another, though it has the same name.
 * Who is asked next proves itself in full, and who was backing off may try at once. */
void dotls_upstream_renew (DotlsUpstream *self);

/* Everything in flight is lost, connections close.  To be called before the last unref. */
void dotls_upstream_close (DotlsUpstream *self);

/* --- between upstream.c and upstream-connect.c --- */

void dotls_upstream_update_state (DotlsUpstream *self);
void dotls_upstream_note_answer (DotlsUpstream *self, gint64 elapsed);

/* It failed as a whole: remembers why, backs off. */
void dotls_upstream_note_failure (DotlsUpstream *self, DotlsError error, const char *text);

void dotls_upstream_connect_init (DotlsUpstream *self);
void dotls_upstream_disconnect (DotlsUpstream *self);
