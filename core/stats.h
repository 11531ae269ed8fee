/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"

/* Counters of a resolver: field, name on the bus and in JSON.  A new counter is one row here and
 * the increment where it happens. */
#define DOTLS_STATS_MAP(X)                                                                         \
  X (queries, "queries")                                                                           \
  X (queries_udp, "queries-udp")                                                                   \
  X (queries_tcp, "queries-tcp")                                                                   \
  X (queries_bus, "queries-bus")                                                                   \
  X (answers, "answers")                                                                           \
  X (cache_hits, "cache-hits")                                                                     \
  X (cache_misses, "cache-misses")                                                                 \
  X (cache_failures, "cache-failures")                                                             \
  X (cache_insertions, "cache-insertions")                                                         \
  X (cache_evictions, "cache-evictions")                                                           \
  X (coalesced, "coalesced")                                                                       \
  X (special, "special-names")                                                                     \
  X (forwarded, "forwarded")                                                                       \
  X (hedged, "hedged")                                                                             \
  X (retried, "retried")                                                                           \
  X (servfail, "servfail")                                                                         \
  X (timeouts, "timeouts")                                                                         \
  X (shed, "shed")                                                                                 \
  X (truncated, "truncated")                                                                       \
  X (dropped_short, "dropped-short")                                                               \
  X (dropped_response, "dropped-response")                                                         \
  X (bad_format, "bad-format")                                                                     \
  X (not_implemented, "not-implemented")                                                           \
  X (refused, "refused")                                                                           \
  X (bad_version, "bad-version")                                                                   \
  X (send_failures, "send-failures")                                                               \
  X (tcp_accepted, "tcp-accepted")                                                                 \
  X (tcp_rejected, "tcp-rejected")                                                                 \
  X (tcp_idle_closed, "tcp-idle-closed")                                                           \
  X (tcp_slow_closed, "tcp-slow-closed")                                                           \
  X (tcp_bad_frames, "tcp-bad-frames")

struct _DotlsStats
{
#define X(field, name) guint64 field;
  DOTLS_STATS_MAP (X)
#undef X
};

/* The same for one upstream. */
#define DOTLS_UPSTREAM_STATS_MAP(X)                                                                \
  X (queries, "queries")                                                                           \
  X (answers, "answers")                                                                           \
  X (answers_malformed, "answers-malformed")                                                       \
  X (answers_unknown_id, "answers-unknown-id")                                                     \
  X (answers_wrong_question, "answers-wrong-question")                                             \
  X (answers_truncated, "answers-truncated")                                                       \
  X (answers_servfail, "answers-servfail")                                                         \
  X (answers_refused, "answers-refused")                                                           \
  X (timeouts, "timeouts")                                                                         \
  X (connections, "connections")                                                                   \
  X (connection_failures, "connection-failures")                                                   \
  X (authentication_failures, "authentication-failures")                                           \
  X (handshakes_full, "handshakes-full")                                                           \
  X (handshakes_resumed, "handshakes-resumed")                                                     \
  X (closed_idle, "closed-idle")                                                                   \
  X (closed_busy, "closed-busy")                                                                   \
  X (bytes_sent, "bytes-sent")                                                                     \
  X (bytes_received, "bytes-received")

typedef struct
{
#define X(field, name) guint64 field;
  DOTLS_UPSTREAM_STATS_MAP (X)
#undef X
} DotlsUpstreamStats;

/* Called once for every counter, in the order of the map. */
typedef void (*DotlsStatsVisitor) (const char *name, guint64 value, gpointer data);

void dotls_stats_foreach (const DotlsStats *stats, DotlsStatsVisitor visitor, gpointer data);
void dotls_upstream_stats_foreach (const DotlsUpstreamStats *stats,
                                   DotlsStatsVisitor visitor,
                                   gpointer data);
