/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib-object.h>

#include "core/error.h"
#include "core/facts.h"
#include "core/forward.h"
#include "core/stats.h"

/* One upstream resolver: its addresses, connections, tickets and health.
 *
 * GObject properties, read-only, all notified when they change:
 *   state            DotlsUpstreamState as uint
 *   selected         gboolean: may be asked at all
 * Everything else is read through the functions below and is current when `state` is notified. */
#define DOTLS_TYPE_UPSTREAM (dotls_upstream_get_type ())
G_DECLARE_FINAL_TYPE (DotlsUpstream, dotls_upstream, DOTLS, UPSTREAM, GObject)

typedef enum
{
  DOTLS_UPSTREAM_IDLE,       /* no connection, nothing known against it */
  DOTLS_UPSTREAM_CONNECTING, /* TCP or TLS under way */
  DOTLS_UPSTREAM_CONNECTED,  /* authenticated and usable */
  DOTLS_UPSTREAM_BACKOFF, /* failed, and has not answered since; asked only where nobody is better
                           */
} DotlsUpstreamState;

/* "idle", "connecting", "connected" or "backoff". */
const char *dotls_upstream_state_to_string (DotlsUpstreamState state);

const DotlsUpstreamSpec *dotls_upstream_get_spec (DotlsUpstream *self);
const char *dotls_upstream_get_id (DotlsUpstream *self);
DotlsUpstreamState dotls_upstream_get_state (DotlsUpstream *self);
gboolean dotls_upstream_is_selected (DotlsUpstream *self);
const DotlsTlsFacts *dotls_upstream_get_tls (DotlsUpstream *self);
const DotlsUpstreamStats *dotls_upstream_get_stats (DotlsUpstream *self);

/* Smoothed round-trip time in microseconds (RFC 6298 section 2), 0 before the first answer. */
guint32 dotls_upstream_get_rtt (DotlsUpstream *self);

/* Queries that wait for an answer. */
guint dotls_upstream_get_in_flight (DotlsUpstream *self);

/* Open, authenticated connections. */
guint dotls_upstream_get_open_connections (DotlsUpstream *self);

/* Monotonic time in microseconds before which it is left alone; 0: not backing off. */
gint64 dotls_upstream_get_next_retry (DotlsUpstream *self);

/* The last failure: its code (DOTLS_ERROR_NONE if there was none), a sentence for people (or NULL;
 * owned by the upstream) and Unix time in seconds. */
DotlsError dotls_upstream_get_last_error (DotlsUpstream *self,
                                          const char **ret_text,
                                          gint64 *ret_time);
