/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/resolver.h"

#include "core/limits.h"
#include "core/name.h"
#include "core/resolver-private.h"

enum
{
  SIGNAL_UPSTREAMS_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DotlsResolver, dotls_resolver, G_TYPE_OBJECT)

static void
free_upstream (gpointer data)
{
  DotlsUpstream *upstream = data;

  dotls_upstream_close (upstream);
  g_object_unref (upstream);
}

static void
free_listener (gpointer data)
{
  DotlsListener *listener = data;
  DotlsResolver *self = listener->shared->data;

  dotls_resolution_forget (self, listener);
  dotls_listener_free (listener);
}

static void
dotls_resolver_finalize (GObject *object)
{
  DotlsResolver *self = DOTLS_RESOLVER (object);

  dotls_loop_enter (self->loop);
  dotls_resolution_abandon (self);
  g_ptr_array_unref (self->selected);
  g_ptr_array_unref (self->listeners);
  g_ptr_array_unref (self->upstreams);
  dotls_loop_cancel_deadline (self->loop, &self->drain_check);
  dotls_loop_leave (self->loop);
  dotls_resolver_set_observer (self, NULL, NULL, NULL);
  dotls_listeners_clear (&self->shared);
  dotls_cache_free (self->cache);
  dotls_fetch_table_clear (&self->fetches);
  dotls_query_pool_clear (&self->queries);
  dotls_loop_free (self->loop);
  g_strfreev (self->selection);
  g_free (self->answer);
  G_OBJECT_CLASS (dotls_resolver_parent_class)->finalize (object);
}

static void
dotls_resolver_class_init (DotlsResolverClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dotls_resolver_finalize;
  signals[SIGNAL_UPSTREAMS_CHANGED] =
      g_signal_new ("upstreams-changed", DOTLS_TYPE_RESOLVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
}

static void
dotls_resolver_init (DotlsResolver *self)
{
  dotls_config_init (&self->config);
  dotls_query_pool_init (&self->queries);
  dotls_fetch_table_init (&self->fetches);
  self->upstreams = g_ptr_array_new_with_free_func (free_upstream);
  self->selected = g_ptr_array_new ();
  self->listeners = g_ptr_array_new_with_free_func (free_listener);
  self->answer = g_new (DotlsAnswer, 1);
  self->cache = dotls_cache_new (0, &self->stats);
}

DotlsResolver *
dotls_resolver_new (GMainContext *context)
{
  DotlsResolver *self = g_object_new (DOTLS_TYPE_RESOLVER, NULL);

  self->loop = dotls_loop_new (context);
  for (guint i = 0; i < 4; i++)
    self->seed = self->seed << 16 | dotls_loop_random (self->loop);
  self->shared = (DotlsListeners){
    .loop = self->loop,
    .stats = &self->stats,
    .config = &self->config,
    .handle = dotls_journey_handle,
    .data = self,
  };
  dotls_listeners_init (&self->shared);
  return self;
}

/* --- upstreams ----------------------------------------------------------------------------------
 */

DotlsUpstream *
dotls_resolver_find_upstream (DotlsResolver *self, const char *id)
{
  for (guint i = 0; i < self->upstreams->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (self->upstreams, i);

      if (g_str_equal (dotls_upstream_get_id (upstream), id))
        return upstream;
    }
  return NULL;
}

GPtrArray *
dotls_resolver_get_upstreams (DotlsResolver *self)
{
  return self->upstreams;
}

static void
apply_selection (DotlsResolver *self)
{
  g_ptr_array_set_size (self->selected, 0);
  for (guint i = 0; self->selection != NULL && self->selection[i] != NULL; i++)
    {
      DotlsUpstream *upstream = dotls_resolver_find_upstream (self, self->selection[i]);

      if (upstream != NULL && !g_ptr_array_find (self->selected, upstream, NULL))
        g_ptr_array_add (self->selected, upstream);
    }
  if (self->selected->len == 0)
    g_ptr_array_extend (self->selected, self->upstreams, NULL, NULL);
  for (guint i = 0; i < self->upstreams->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (self->upstreams, i);

      dotls_upstream_set_selected (upstream, g_ptr_array_find (self->selected, upstream, NULL));
    }
}

/* What one upstream answered another might not: the cache belongs to the choice. */
static void
upstreams_changed (DotlsResolver *self)
{
  dotls_cache_flush (self->cache, NULL, 0);
  g_signal_emit (self, signals[SIGNAL_UPSTREAMS_CHANGED], 0);
}

gboolean
dotls_resolver_select (DotlsResolver *self, const char *const *ids, GError **error)
{
  for (guint i = 0; ids != NULL && ids[i] != NULL; i++)
    if (dotls_resolver_find_upstream (self, ids[i]) == NULL)
      {
        g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_NO_SUCH_UPSTREAM,
                     "there is no upstream '%s'; the settings name those there are", ids[i]);
        return FALSE;
      }
  g_strfreev (self->selection);
  self->selection = ids != NULL && ids[0] != NULL ? g_strdupv ((char **) ids) : NULL;
  apply_selection (self);
  upstreams_changed (self);
  return TRUE;
}

/* An upstream whose specification and idle time are as before stays as it is. */
static DotlsUpstream *
keep_or_create (DotlsResolver *self, DotlsUpstreamSpec *spec, gboolean may_keep)
{
  DotlsUpstream *old = dotls_resolver_find_upstream (self, spec->id);

  if (may_keep && old != NULL && dotls_upstream_spec_equal (dotls_upstream_get_spec (old), spec))
    return g_object_ref (old);
  return dotls_upstream_new (spec, self->loop, self->config.upstream_idle_ms,
                             &dotls_resolution_events, self);
}

/* TRUE where anything is different. */
static gboolean
replace_upstreams (DotlsResolver *self, GPtrArray *specs, gboolean may_keep)
{
  g_autoptr (GPtrArray) old = self->upstreams;
  gboolean is_changed = specs->len != old->len;

  /* NULL for the while of the search: a kept one must not be closed with the list. */
  GPtrArray *new = g_ptr_array_new_with_free_func (free_upstream);

  for (guint i = 0; i < specs->len; i++)
    {
      DotlsUpstream *upstream = keep_or_create (self, g_ptr_array_index (specs, i), may_keep);

      g_ptr_array_add (new, upstream);
      is_changed = is_changed || g_ptr_array_index (old, i) != upstream;
    }
  g_ptr_array_set_free_func (old, NULL);
  self->upstreams = new;
  apply_selection (self);
  dotls_resolution_redirect (self);
  for (guint i = 0; i < old->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (old, i);

      if (!g_ptr_array_find (new, upstream, NULL))
        dotls_upstream_close (upstream);
      g_object_unref (upstream);
    }
  return is_changed;
}

/* What is kept was made by these. */
static gboolean
keeps_alike (const DotlsConfig *a, const DotlsConfig *b)
{
  return a->trust_ad == b->trust_ad && a->min_ttl == b->min_ttl && a->max_ttl == b->max_ttl
         && a->max_negative_ttl == b->max_negative_ttl;
}

static void
renew_upstreams (DotlsResolver *self)
{
  for (guint i = 0; i < self->upstreams->len; i++)
    dotls_upstream_renew (g_ptr_array_index (self->upstreams, i));
}

void
dotls_resolver_configure (DotlsResolver *self, const DotlsConfig *config, GPtrArray *specs)
{
  gboolean may_keep = config->upstream_idle_ms == self->config.upstream_idle_ms;
  gboolean is_resized = config->cache_bytes != self->config.cache_bytes || specs->len == 0
                        || self->upstreams->len == 0;
  gboolean is_stale = !keeps_alike (config, &self->config);

  dotls_loop_enter (self->loop);
  self->config = *config;
  if (is_resized)
    {
      dotls_cache_free (self->cache);
      self->cache = dotls_cache_new (config->cache_bytes, &self->stats);
    }
  renew_upstreams (self);
  if (replace_upstreams (self, specs, may_keep))
    upstreams_changed (self);
  else if (is_stale)
    dotls_cache_flush (self->cache, NULL, 0);
  dotls_loop_leave (self->loop);
}

/* --- listeners ----------------------------------------------------------------------------------
 */

static gboolean
open_into (DotlsResolver *self, GPtrArray *listeners, const DotlsAddress *address, GError **error)
{
  for (guint i = 0; i < 2; i++)
    {
      DotlsListener *listener = dotls_listener_open (&self->shared, address, i, error);

      if (listener == NULL)
        return FALSE;
      g_ptr_array_add (listeners, listener);
    }
  return TRUE;
}

gboolean
dotls_resolver_listen (DotlsResolver *self, const DotlsAddress *address, GError **error)
{
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func (free_listener);

  if (!open_into (self, opened, address, error))
    return FALSE;
  g_ptr_array_extend_and_steal (self->listeners, g_steal_pointer (&opened));
  return TRUE;
}

gboolean
dotls_resolver_listen_fd (DotlsResolver *self, int fd, GError **error)
{
  DotlsListener *listener = dotls_listener_take (&self->shared, fd, error);

  if (listener == NULL)
    return FALSE;
  g_ptr_array_add (self->listeners, listener);
  return TRUE;
}

static gboolean
has_address (GArray *addresses, const DotlsAddress *address)
{
  for (guint i = 0; i < addresses->len; i++)
    if (dotls_address_equal (&g_array_index (addresses, DotlsAddress, i), address))
      return TRUE;
  return FALSE;
}

static gboolean
is_open (DotlsResolver *self, const DotlsAddress *address)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      const DotlsListener *listener = g_ptr_array_index (self->listeners, i);

      if (!listener->is_passed && dotls_address_equal (&listener->address, address))
        return TRUE;
    }
  return FALSE;
}

gboolean
dotls_resolver_set_listeners (DotlsResolver *self, GArray *addresses, GError **error)
{
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func (free_listener);

  for (guint i = 0; i < addresses->len; i++)
    {
      const DotlsAddress *address = &g_array_index (addresses, DotlsAddress, i);

      if (!is_open (self, address) && !open_into (self, opened, address, error))
        return FALSE;
    }
  for (guint i = self->listeners->len; i-- > 0;)
    {
      const DotlsListener *listener = g_ptr_array_index (self->listeners, i);

      if (!listener->is_passed && !has_address (addresses, &listener->address))
        g_ptr_array_remove_index (self->listeners, i);
    }
  g_ptr_array_extend_and_steal (self->listeners, g_steal_pointer (&opened));
  return TRUE;
}

char **
dotls_resolver_get_listeners (DotlsResolver *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < self->listeners->len; i++)
    {
      g_autofree char *text = dotls_listener_to_string (g_ptr_array_index (self->listeners, i));

      g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

/* --- the rest -----------------------------------------------------------------------------------
 */

const DotlsConfig *
dotls_resolver_get_config (DotlsResolver *self)
{
  return &self->config;
}

void
dotls_resolver_set_policy (DotlsResolver *self, DotlsPolicyKind policy)
{
  self->config.policy = policy;
}

const DotlsStats *
dotls_resolver_get_stats (DotlsResolver *self)
{
  return &self->stats;
}

void
dotls_resolver_get_cache_use (DotlsResolver *self, DotlsCacheUse *ret_use)
{
  *ret_use = (DotlsCacheUse){
    .entries = dotls_cache_get_entries (self->cache),
    .bytes = dotls_cache_get_bytes (self->cache),
    .bytes_max = self->config.cache_bytes,
  };
}

guint64
dotls_resolver_flush_cache (DotlsResolver *self, const char *domain, GError **error)
{
  guint8 name[DOTLS_NAME_MAX + 1];
  gsize length;

  if (domain == NULL || g_str_equal (domain, "."))
    return dotls_cache_flush (self->cache, NULL, 0);
  length = dotls_name_from_text (domain, name);
  if (length == 0)
    {
      g_autofree char *shown = g_strescape (domain, NULL);

      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "'%s' is no domain name",
                   shown);
      return 0;
    }
  dotls_name_fold (name, name, length);
  return dotls_cache_flush (self->cache, name, length);
}

const char *
dotls_source_to_string (DotlsSource source)
{
  static const char *const names[] = {
    [DOTLS_SOURCE_UPSTREAM] = "upstream", [DOTLS_SOURCE_COALESCED] = "coalesced",
    [DOTLS_SOURCE_CACHE] = "cache",       [DOTLS_SOURCE_SPECIAL] = "special",
    [DOTLS_SOURCE_FAILURE] = "failure",
  };

  return names[source];
}

void
dotls_resolver_set_observer (DotlsResolver *self,
                             DotlsObserver observer,
                             gpointer data,
                             GDestroyNotify destroy)
{
  if (self->observer_destroy != NULL)
    self->observer_destroy (self->observer_data);
  self->observer = observer;
  self->observer_data = data;
  self->observer_destroy = destroy;
}

/* --- the last queries ---------------------------------------------------------------------------
 */

static void
drain_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsResolver *self =
      (DotlsResolver *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsResolver, drain_check));

  if (self->queries.in_use > 0)
    dotls_loop_set_deadline (self->loop, deadline, drain_cb, DOTLS_DRAIN_CHECK);
  else
    g_main_context_invoke (self->loop->context, self->drained, self->drained_data);
}

void
dotls_resolver_drain (DotlsResolver *self, GSourceFunc done, gpointer data)
{
  dotls_loop_enter (self->loop);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      DotlsListener *listener = g_ptr_array_index (self->listeners, i);

      listener->stop (listener);
    }
  self->drained = done;
  self->drained_data = data;
  dotls_loop_set_deadline (self->loop, &self->drain_check, drain_cb, 0);
  dotls_loop_leave (self->loop);
}
