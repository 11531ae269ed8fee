/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/answer.h"
#include "core/cache.h"
#include "core/fetch.h"
#include "core/listener.h"
#include "core/query.h"
#include "core/resolver.h"
#include "core/upstream-private.h"

/* The inside of a resolver, for core only.  resolver.c builds and configures it; journey.c is the
 * way of one query through it, resolution.c the way of one question to the upstreams and back. */
struct _DotlsResolver
{
  GObject parent;
  DotlsLoop *loop;
  DotlsConfig config;
  DotlsStats stats;
  guint64 seed; /* of the hashes, drawn at start */
  DotlsCache *cache;
  DotlsQueryPool queries;
  DotlsFetchTable fetches;
  GPtrArray *upstreams; /* of DotlsUpstream, as the settings order them */
  GPtrArray *selected;  /* of them, those that may be asked, in order */
  char **selection;     /* ids chosen at run time, or NULL */
  DotlsListeners shared;
  GPtrArray *listeners; /* of DotlsListener */
  DotlsAnswer *answer;  /* of the message under way */
  DotlsObserver observer;
  gpointer observer_data;
  GDestroyNotify observer_destroy;
  GSourceFunc drained;
  gpointer drained_data;
  DotlsDeadline drain_check;
};

/* --- journey.c --- */

/* Listeners hand every message to this. */
gsize dotls_journey_handle (
    gpointer resolver, const DotlsOrigin *origin, guint8 *buffer, gsize length, gsize capacity);

/* An answer leaves: counts it, and tells whoever wants to know. */
void dotls_journey_tell (DotlsResolver *self, const DotlsOrigin *origin, DotlsAnswerInfo *info);

/* --- resolution.c --- */

/* FETCH is new and has its first waiter; from here on it ends by itself. */
void dotls_resolution_begin (DotlsFetch *fetch);

/* What upstreams tell. */
extern const DotlsUpstreamEvents dotls_resolution_events;

/* The upstreams have changed: what is in flight at one that is gone is asked elsewhere. */
void dotls_resolution_redirect (DotlsResolver *self);

/* Queries of OWNER get no reply. */
void dotls_resolution_forget (DotlsResolver *self, gconstpointer owner);

/* Everything that waits is answered SERVFAIL. */
void dotls_resolution_abandon (DotlsResolver *self);
