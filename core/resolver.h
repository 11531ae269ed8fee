/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib-object.h>

#include "core/error.h"
#include "core/forward.h"
#include "core/spec.h"
#include "core/stats.h"

/* The journey of one query; owns the cache, the upstreams and the listeners.  Everything happens in
 * one GMainContext, in one thread; several resolvers may live in several threads.
 *
 * A reply, an observer and a handler of an upstream's notify are called from within a batch: they
 * may ask, select and flush, but not configure(), change listeners, or drop the last reference; an
 * idle source may.
 *
 * Signal: "upstreams-changed", after configure() replaced the list or select() the selection. */
#define DOTLS_TYPE_RESOLVER (dotls_resolver_get_type ())
G_DECLARE_FINAL_TYPE (DotlsResolver, dotls_resolver, DOTLS, RESOLVER, GObject)

/* CONTEXT is referenced; NULL is the default one.  Knows no upstream: every query but special names
 * is answered SERVFAIL until configure(). */
DotlsResolver *dotls_resolver_new (GMainContext *context);

/* Swaps the settings whole.  Upstreams whose specification is unchanged keep their health, and
 * prove themselves anew when they are asked next; what is in flight at a retired one is asked again
 * at the new ones.  A cache of another size starts empty, and so does that of another list of
 * upstreams.  SPECS holds DotlsUpstreamSpec, in order of preference. */
void dotls_resolver_configure (DotlsResolver *self, const DotlsConfig *config, GPtrArray *specs);

/* Opens a UDP and a TCP listener on ADDRESS.  Fails with the errno's GIOError and a sentence that
 * names the address. */
gboolean dotls_resolver_listen (DotlsResolver *self, const DotlsAddress *address, GError **error);

/* Takes a bound UDP or listening TCP socket, as systemd passes them; owns FD from then on, also
 * on failure. */
gboolean dotls_resolver_listen_fd (DotlsResolver *self, int fd, GError **error);

/* Closes listeners opened by address that are not in ADDRESSES (of DotlsAddress) and opens the
 * missing ones.  All or nothing: on failure the old set is still there. */
gboolean dotls_resolver_set_listeners (DotlsResolver *self, GArray *addresses, GError **error);

/* Texts like "udp 127.0.0.1:53"; NULL-terminated, caller frees with g_strfreev(). */
char **dotls_resolver_get_listeners (DotlsResolver *self);

/* Of DotlsUpstream, in order; owned by the resolver, valid until the next configure(). */
GPtrArray *dotls_resolver_get_upstreams (DotlsResolver *self);

DotlsUpstream *dotls_resolver_find_upstream (DotlsResolver *self, const char *id);

/* Only these may be asked, in this order; empty or NULL: all, in the order of the settings.
 * DOTLS_ERROR_NO_SUCH_UPSTREAM names the unknown one, and nothing changes. */
gboolean dotls_resolver_select (DotlsResolver *self, const char *const *ids, GError **error);

const DotlsConfig *dotls_resolver_get_config (DotlsResolver *self);
void dotls_resolver_set_policy (DotlsResolver *self, DotlsPolicyKind policy);

const DotlsStats *dotls_resolver_get_stats (DotlsResolver *self);

typedef struct
{
  guint64 entries;
  guint64 bytes;
  guint64 bytes_max;
} DotlsCacheUse;
void dotls_resolver_get_cache_use (DotlsResolver *self, DotlsCacheUse *ret_use);

/* Forgets DOMAIN and everything below it; NULL or "." forgets all.  Returns how many answers.
 * DOTLS_ERROR_INVALID_ARGUMENT where DOMAIN is no name; returns 0 then. */
guint64 dotls_resolver_flush_cache (DotlsResolver *self, const char *domain, GError **error);

/* Where an answer came from. */
typedef enum
{
  DOTLS_SOURCE_UPSTREAM,
  DOTLS_SOURCE_COALESCED, /* from an upstream, asked for another client's sake */
  DOTLS_SOURCE_CACHE,
  DOTLS_SOURCE_SPECIAL, /* a special name, or refused here */
  DOTLS_SOURCE_FAILURE, /* SERVFAIL made here */
} DotlsSource;

/* "upstream", "coalesced", "cache", "special" or "failure". */
const char *dotls_source_to_string (DotlsSource source);

/* What is known of one answered question.  Valid during the call that hands it over. */
struct _DotlsAnswerInfo
{
  const guint8 *qname; /* uncompressed wire form, in the client's letter case */
  guint16 qtype;
  guint16 qclass;
  guint16 rcode; /* with the extended bits */
  DotlsSource source;
  DotlsUpstream *upstream;    /* that answered, or NULL */
  gint64 elapsed_us;          /* from arrival to answer */
  const DotlsAddress *client; /* NULL: asked by the program itself or over the bus */
};

typedef void (*DotlsObserver) (const DotlsAnswerInfo *info, gpointer data);

/* Called for every answer that leaves; NULL (the default) costs nothing.  DATA is freed with
 * DESTROY when replaced. */
void dotls_resolver_set_observer (DotlsResolver *self,
                                  DotlsObserver observer,
                                  gpointer data,
                                  GDestroyNotify destroy);

/* MESSAGE is a whole DNS message (RFC 1035 section 4), LENGTH bytes, valid during the call. */
typedef void (*DotlsReplyFunc) (const guint8 *message,
                                gsize length,
                                const DotlsAnswerInfo *info,
                                gpointer data);

typedef enum
{
  DOTLS_QUERY_DO = 1 << 0, /* DNSSEC records wanted (RFC 3225) */
  DOTLS_QUERY_CD = 1 << 1, /* checking disabled (RFC 4035 section 3.2.2) */
  DOTLS_QUERY_NO_CACHE =
      1 << 2, /* ask an upstream even if the answer is kept; a good one replaces it */
} DotlsQueryFlags;

/* Asks NAME (text form, RFC 1035 section 5.1 escapes; dot at the end optional) on behalf of the
 * program.  REPLY is called exactly once, possibly before this returns, also when the deadline
 * passes or the resolver goes away (then with SERVFAIL).  DOTLS_ERROR_INVALID_ARGUMENT where NAME
 * is no domain name; REPLY is not called then. */
gboolean dotls_resolver_query (DotlsResolver *self,
                               const char *name,
                               guint16 qtype,
                               DotlsQueryFlags flags,
                               DotlsReplyFunc reply,
                               gpointer data,
                               GError **error);

/* Stops reading new queries, lets those in flight finish (at most the query deadline), then calls
 * DONE. */
void dotls_resolver_drain (DotlsResolver *self, GSourceFunc done, gpointer data);
