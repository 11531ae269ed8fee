/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/watcher.h"

#include "core/upstream.h"
#include "daemon/log.h"

struct _DotlsWatcher
{
  DotlsResolver *resolver;
  GPtrArray *upstreams; /* those whose state we watch */
  GHashTable *told;     /* of those in trouble: upstream -> what was said */
};

/* The same trouble is said once, however often it is tried again. */
static void
tell_trouble (DotlsWatcher *self, DotlsUpstream *upstream)
{
  const char *text, *before = g_hash_table_lookup (self->told, upstream);
  DotlsError error = dotls_upstream_get_last_error (upstream, &text, NULL);

  if (text == NULL || g_strcmp0 (before, text) == 0)
    return;
  dotls_log (dotls_error_is_authentication (error) ? DOTLS_LOG_ERROR : DOTLS_LOG_WARNING,
             "upstream %s can't be used: %s", dotls_upstream_get_id (upstream), text);
  g_hash_table_insert (self->told, upstream, g_strdup (text));
}

static void
tell_recovery (DotlsWatcher *self, DotlsUpstream *upstream)
{
  if (g_hash_table_remove (self->told, upstream))
    dotls_log (DOTLS_LOG_NOTICE, "upstream %s can be used again", dotls_upstream_get_id (upstream));
}

static void
state_cb (DotlsUpstream *upstream, GParamSpec *pspec, gpointer data)
{
  if (dotls_upstream_get_state (upstream) == DOTLS_UPSTREAM_BACKOFF)
    tell_trouble (data, upstream);
  else if (dotls_upstream_get_state (upstream) == DOTLS_UPSTREAM_CONNECTED)
    tell_recovery (data, upstream);
}

static void
unwatch_all (DotlsWatcher *self)
{
  for (guint i = 0; i < self->upstreams->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->upstreams, i), self);
  g_ptr_array_set_size (self->upstreams, 0);
}

static void
upstreams_changed_cb (DotlsResolver *resolver, gpointer data)
{
  DotlsWatcher *self = data;
  GPtrArray *upstreams = dotls_resolver_get_upstreams (resolver);
  GHashTableIter iter;
  gpointer upstream;

  unwatch_all (self);
  for (guint i = 0; i < upstreams->len; i++)
    {
      upstream = g_object_ref (g_ptr_array_index (upstreams, i));
      g_ptr_array_add (self->upstreams, upstream);
      g_signal_connect (upstream, "notify::state", G_CALLBACK (state_cb), self);
    }
  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, &upstream, NULL))
    if (!g_ptr_array_find (upstreams, upstream, NULL))
      g_hash_table_iter_remove (&iter);
}

DotlsWatcher *
dotls_watcher_new (DotlsResolver *resolver)
{
  DotlsWatcher *self = g_new0 (DotlsWatcher, 1);

  self->resolver = g_object_ref (resolver);
  self->upstreams = g_ptr_array_new_with_free_func (g_object_unref);
  self->told = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_signal_connect (resolver, "upstreams-changed", G_CALLBACK (upstreams_changed_cb), self);
  upstreams_changed_cb (resolver, self);
  return self;
}

void
dotls_watcher_free (DotlsWatcher *self)
{
  unwatch_all (self);
  g_signal_handlers_disconnect_by_data (self->resolver, self);
  g_ptr_array_unref (self->upstreams);
  g_hash_table_unref (self->told);
  g_object_unref (self->resolver);
  g_free (self);
}
