/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/resolver.h"
#include "core/upstream.h"

/* A resolver without network, steered by hand: it has the whole interface of core/resolver.h and
 * core/upstream.h and stands in for them at link time.
 *
 * Every question is answered at once, NOERROR with 192.0.2.1, but for names whose first label says
 * otherwise: nxdomain, servfail (with Extended DNS Errors), formerr (without the question),
 * special (without an upstream), hostile (records full of control characters), and hold, which
 * waits for dotls_fake_release(). */

/* Two upstreams, "lab" and "quad9", and a listener. */
DotlsResolver *dotls_fake_resolver_new (void);

/* Replaces the upstreams by new ones with these identifiers. */
void dotls_fake_set_upstreams (DotlsResolver *self, const char *const *ids);

/* CODE and TEXT become the last error, unless TEXT is NULL. */
void dotls_fake_set_state (DotlsUpstream *upstream,
                           DotlsUpstreamState state,
                           DotlsError code,
                           const char *text);

/* Answers what waits. */
void dotls_fake_release (DotlsResolver *self);
guint dotls_fake_get_held (DotlsResolver *self);

/* The flags of the last query. */
DotlsQueryFlags dotls_fake_get_flags (DotlsResolver *self);

gboolean dotls_fake_has_observer (DotlsResolver *self);

/* Hands INFO to the observer, if there is one. */
void dotls_fake_observe (DotlsResolver *self, const DotlsAnswerInfo *info);
