/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/error.h"
#include "core/forward.h"
#include "core/loop.h"
#include "core/stats.h"
#include "core/tls.h"

/* How questions travel to an upstream.  A transport is one constant table; a connection is to one
 * address.  Nothing here knows of policy, cache or clients. */

/* What a connection tells its owner, always from within a batch.  After `closed` the connection is
 * gone; in every other call the owner may close it. */
typedef struct
{
  /* The peer is authenticated and FACTS achieved (owned by the caller, to be taken from). */
  void (*opened) (DotlsConnection *connection, DotlsTlsFacts *facts, gpointer owner);
  /* MESSAGE answers EXCHANGE, id and question checked; it may be changed.  ELAPSED in microseconds
   * since it was sent. */
  void (*answered) (DotlsConnection *connection,
                    DotlsExchange *exchange,
                    guint8 *message,
                    gsize length,
                    gint64 elapsed,
                    gpointer owner);
  /* An answer came to a question that nobody waits for any more. */
  void (*late) (DotlsConnection *connection, gint64 elapsed, gpointer owner);
  /* No answer will come to EXCHANGE: the connection ended (then before `closed`), or what came was
   * not about its question. */
  void (*lost) (DotlsConnection *connection,
                DotlsExchange *exchange,
                DotlsError reason,
                gpointer owner);
  /* REASON is DOTLS_ERROR_NONE for an idle close by either side.  TEXT is a sentence or NULL. */
  void (*closed) (DotlsConnection *connection, DotlsError reason, const char *text, gpointer owner);
} DotlsConnectionEvents;

/* What every transport needs to open a connection. */
typedef struct
{
  DotlsLoop *loop;
  DotlsTls *tls;
  DotlsUpstreamStats *stats;
  const DotlsConnectionEvents *events;
  gpointer owner;
  guint idle_ms;
} DotlsConnectionSetup;

struct _DotlsTransport
{
  const char *name;
  guint16 default_port;
  /* Begins to connect; NULL with RET_ERROR and RET_TEXT (caller frees) if that fails at once.  Both
   * handshakes together must end within DOTLS_CONNECT_TIMEOUT. */
  DotlsConnection *(*open) (const DotlsConnectionSetup *setup,
                            const DotlsAddress *address,
                            DotlsError *ret_error,
                            char **ret_text);
  /* Queues the question of EXCHANGE and sets its connection and id; it leaves at the end of the
   * batch.  FALSE: no room. */
  gboolean (*send) (DotlsConnection *connection, DotlsExchange *exchange);
  /* Nobody waits for EXCHANGE any more; its id stays taken until the answer comes. */
  void (*cancel) (DotlsConnection *connection, DotlsExchange *exchange);
  /* Takes no more questions and closes when the last answer has come. */
  void (*retire) (DotlsConnection *connection);
  /* At once, with no event. */
  void (*close) (DotlsConnection *connection);
  /* The server's idle time-out in 100 ms (RFC 7828 section 3.3); 0: close after what is in flight.
   */
  void (*keepalive) (DotlsConnection *connection, guint timeout);
  guint (*in_flight) (DotlsConnection *connection);
  /* Whether no message at all has come since SINCE (monotonic microseconds). */
  gboolean (*is_silent) (DotlsConnection *connection, gint64 since);
  const DotlsAddress *(*address) (DotlsConnection *connection);
};

/* By name, NULL if there is none.  A new transport is its file and one row in transport.c. */
const DotlsTransport *dotls_transport_find (const char *name);

extern const DotlsTransport dotls_transport_dot;
