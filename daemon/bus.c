/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "config.h"
#include "core/resolver.h"
#include "core/upstream.h"
#include "daemon/bus-manager.h"
#include "daemon/bus-objects.h"
#include "daemon/bus-socket.h"
#include "daemon/bus-upstream.h"
#include "daemon/state.h"
#include "dbus/names.h"

struct _DotlsBus
{
  DotlsResolver *resolver;
  DotlsHistory *history;
  const DotlsBusHooks *hooks;
  gpointer data;
  char **config_files;
  char *mode;
  DotlsBusSocket *socket;
  DotlsBusManager *manager; /* NULL until somebody connects, as all below */
  GPtrArray *upstreams;     /* of DotlsBusUpstream, in the order of the resolver */
  DotlsBusObjects *objects;
};

static void
register_errors (void)
{
  for (int code = 0; code < DOTLS_N_ERRORS; code++)
    {
      g_autofree char *name = g_strconcat (DOTLS_BUS_ERROR_PREFIX, dotls_error_name (code), NULL);

      g_dbus_error_register_error (DOTLS_ERROR, code, name);
    }
}

DotlsBus *
dotls_bus_new (DotlsResolver *resolver,
               DotlsHistory *history,
               const DotlsBusHooks *hooks,
               gpointer data)
{
  DotlsBus *self = g_new0 (DotlsBus, 1);

  self->resolver = g_object_ref (resolver);
  self->history = history;
  self->hooks = hooks;
  self->data = data;
  return self;
}

/* --- properties of the whole ----------------------------------------------------------------- */

static void
update_state (DotlsBus *self)
{
  DotlsDBusManager *manager = DOTLS_DBUS_MANAGER (self->manager);
  g_autofree DotlsStateInput *inputs = g_new0 (DotlsStateInput, self->upstreams->len);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) active = g_ptr_array_new ();
  g_autofree char *reason = NULL;
  DotlsState state;

  for (guint i = 0; i < self->upstreams->len; i++)
    {
      DotlsBusUpstream *shown = g_ptr_array_index (self->upstreams, i);
      DotlsUpstream *upstream = dotls_bus_upstream_get_upstream (shown);
      DotlsStateInput *input = &inputs[i];

      input->id = dotls_upstream_get_id (upstream);
      input->is_selected = dotls_upstream_is_selected (upstream);
      input->is_failing = dotls_bus_upstream_is_failing (shown);
      dotls_upstream_get_last_error (upstream, &input->error_text, NULL);
      g_ptr_array_add (all, dotls_bus_upstream_path (input->id));
      if (input->is_selected && !input->is_failing)
        g_ptr_array_add (active, g_ptr_array_index (all, i));
    }
  g_ptr_array_add (all, NULL);
  g_ptr_array_add (active, NULL);
  state = dotls_state_derive (inputs, self->upstreams->len, &reason);
  dotls_dbus_manager_set_state (manager, dotls_state_to_string (state));
  dotls_dbus_manager_set_state_reason (manager, reason);
  dotls_dbus_manager_set_upstreams (manager, (const char *const *) all->pdata);
  dotls_dbus_manager_set_active_upstreams (manager, (const char *const *) active->pdata);
}

static void
update_settings (DotlsBus *self)
{
  static const char *const none[] = { NULL };
  DotlsDBusManager *manager = DOTLS_DBUS_MANAGER (self->manager);
  g_auto (GStrv) listeners = dotls_resolver_get_listeners (self->resolver);

  dotls_dbus_manager_set_version (manager, DOTLS_VERSION);
  dotls_dbus_manager_set_mode (manager, self->mode ? self->mode : "");
  dotls_dbus_manager_set_config_files (
      manager, self->config_files ? (const char *const *) self->config_files : none);
  dotls_dbus_manager_set_listeners (manager, (const char *const *) listeners);
  dotls_dbus_manager_set_policy (
      manager, dotls_policy_kind_to_string (dotls_resolver_get_config (self->resolver)->policy));
  dotls_dbus_manager_set_history_level (
      manager, dotls_history_level_to_string (dotls_history_get_level (self->history)));
}

void
dotls_bus_set_settings (DotlsBus *self, char **config_files, const char *mode)
{
  g_strfreev (self->config_files);
  self->config_files = g_strdupv (config_files);
  g_free (self->mode);
  self->mode = g_strdup (mode);
  if (self->manager)
    update_settings (self);
}

/* --- upstreams ------------------------------------------------------------------------------- */

static void
upstream_changed_cb (DotlsUpstream *upstream, GParamSpec *pspec, gpointer data)
{
  update_state (data);
}

static DotlsBusUpstream *
find_shown (GPtrArray *list, DotlsUpstream *upstream)
{
  for (guint i = 0; i < list->len; i++)
    {
      DotlsBusUpstream *shown = g_ptr_array_index (list, i);

      if (dotls_bus_upstream_get_upstream (shown) == upstream)
        return shown;
    }
  return NULL;
}

static DotlsBusUpstream *
show_upstream (DotlsBus *self, DotlsUpstream *upstream)
{
  g_autofree char *path = dotls_bus_upstream_path (dotls_upstream_get_id (upstream));
  DotlsBusUpstream *shown = dotls_bus_upstream_new (upstream);

  /* after its own handlers, so that it is up to date when these run */
  g_signal_connect (upstream, "notify::state", G_CALLBACK (upstream_changed_cb), self);
  g_signal_connect (upstream, "notify::selected", G_CALLBACK (upstream_changed_cb), self);
  dotls_bus_objects_add (self->objects, path, G_DBUS_INTERFACE_SKELETON (shown));
  return shown;
}

static void
hide_upstream (DotlsBus *self, DotlsBusUpstream *shown)
{
  DotlsUpstream *upstream = dotls_bus_upstream_get_upstream (shown);
  g_autofree char *path = dotls_bus_upstream_path (dotls_upstream_get_id (upstream));

  g_signal_handlers_disconnect_by_data (upstream, self);
  dotls_bus_objects_remove (self->objects, path);
}

/* Retired ones go before new ones come: they may share an identifier, and so a path. */
static void
update_upstreams (DotlsBus *self)
{
  GPtrArray *present = dotls_resolver_get_upstreams (self->resolver);
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->upstreams);

  self->upstreams = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < old->len; i++)
    {
      DotlsBusUpstream *shown = g_ptr_array_index (old, i);

      if (!g_ptr_array_find (present, dotls_bus_upstream_get_upstream (shown), NULL))
        hide_upstream (self, shown);
    }
  for (guint i = 0; i < present->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (present, i);
      DotlsBusUpstream *shown = find_shown (old, upstream);

      g_ptr_array_add (self->upstreams,
                       shown ? g_object_ref (shown) : show_upstream (self, upstream));
    }
  update_state (self);
}

static void
upstreams_changed_cb (DotlsResolver *resolver, gpointer data)
{
  update_upstreams (data);
}

/* --- connections ----------------------------------------------------------------------------- */

/* Only once somebody wants to see it: a daemon that nobody asks stays smaller. */
static void
ensure_objects (DotlsBus *self)
{
  if (self->manager)
    return;
  register_errors ();
  self->manager = dotls_bus_manager_new (self->resolver, self->history, self->hooks, self->data);
  self->objects = dotls_bus_objects_new (G_DBUS_INTERFACE_SKELETON (self->manager));
  self->upstreams = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (self->resolver, "upstreams-changed", G_CALLBACK (upstreams_changed_cb), self);
  update_upstreams (self);
  update_settings (self);
}

static void
opened_cb (GDBusConnection *connection, gpointer data)
{
  DotlsBus *self = data;

  ensure_objects (self);
  dotls_bus_objects_connect (self->objects, connection);
}

static void
closed_cb (GDBusConnection *connection, gpointer data)
{
  DotlsBus *self = data;

  dotls_bus_objects_disconnect (self->objects, connection);
}

gboolean
dotls_bus_listen (DotlsBus *self, const char *runtime_dir, GError **error)
{
  g_autofree char *path = g_build_filename (runtime_dir, DOTLS_BUS_SOCKET, NULL);

  if (g_mkdir_with_parents (runtime_dir, 0755) < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   "the runtime directory %s cannot be made: %s", runtime_dir, g_strerror (code));
      return FALSE;
    }
  self->socket = dotls_bus_socket_new (path, opened_cb, closed_cb, self, error);
  return self->socket != NULL;
}

static void
free_objects (DotlsBus *self)
{
  g_signal_handlers_disconnect_by_data (self->resolver, self);
  for (guint i = 0; i < self->upstreams->len; i++)
    hide_upstream (self, g_ptr_array_index (self->upstreams, i));
  g_ptr_array_unref (self->upstreams);
  dotls_bus_objects_free (self->objects);
  dotls_bus_manager_retire (self->manager);
  g_object_unref (self->manager);
}

void
dotls_bus_free (DotlsBus *self)
{
  g_clear_pointer (&self->socket, dotls_bus_socket_free);
  if (self->manager)
    free_objects (self);
  g_object_unref (self->resolver);
  g_strfreev (self->config_files);
  g_free (self->mode);
  g_free (self);
}
