/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/resolver-private.h"

/* A transport without sockets, which does what a test says at the moment it says so, and a resolver
 * on it whose clock stands still until the test moves it. */

extern const DotlsTransport fake_transport;

/* From now on every open() fails at once. */
void fake_transport_refuse (gboolean refuses);

/* The connections that are not closed, the oldest first. */
GPtrArray *fake_connections (void);

/* The newest connection that is not closed; aborts where there is none. */
DotlsConnection *fake_connection (void);

/* The upstream that it belongs to. */
const char *fake_connection_upstream (DotlsConnection *connection);

/* It is authenticated. */
void fake_connection_open (DotlsConnection *connection);
gboolean fake_connection_is_open (DotlsConnection *connection);

/* Questions in flight, with those that nobody waits for any more. */
guint fake_connection_count (DotlsConnection *connection);

/* The oldest question in flight is answered: NOERROR with one address, or else RCODE; TTL in
 * seconds.  Tells "late" where nobody waits for it. */
void fake_connection_answer (DotlsConnection *connection, guint16 rcode, guint32 ttl);

/* The oldest question gets an answer that is not about it. */
void fake_connection_confuse (DotlsConnection *connection);

/* It ends, as a real one does: all in flight are lost, then it is closed. */
void fake_connection_fail (DotlsConnection *connection, DotlsError reason);

/* How often fake_transport was asked to send anything. */
guint fake_sent (void);

/* A resolver with N upstreams "a", "b", ... on the fake transport. */
DotlsResolver *fake_resolver_new (guint n, DotlsPolicyKind policy);
void fake_resolver_free (DotlsResolver *self);

/* The same upstreams with the ids of TEXT, one letter each: those that it had already stay. */
void fake_resolver_configure (DotlsResolver *self, const char *text);

/* Lets MS milliseconds pass, a few at a time. */
void fake_resolver_advance (DotlsResolver *self, guint ms);
