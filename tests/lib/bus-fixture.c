/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/bus-fixture.h"

#include <glib/gstdio.h>

#include "dbus/names.h"

static gboolean
reload_cb (gpointer data, GError **error)
{
  DotlsBusFixture *self = data;

  self->n_reloads++;
  if (self->is_reload_refused)
    g_set_error_literal (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG, "dotlsd.conf:3: no such key");
  return !self->is_reload_refused;
}

void
dotls_bus_fixture_set_up (DotlsBusFixture *self, gconstpointer data)
{
  static const DotlsBusHooks hooks = { .reload = reload_cb };
  static const char *const files[] = { "/etc/dotls/dotlsd.conf", NULL };
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("dotls-bus-XXXXXX", &error);
  g_assert_no_error (error);
  g_chmod (self->folder, 0755);
  self->socket = g_build_filename (self->folder, DOTLS_BUS_SOCKET, NULL);
  self->resolver = dotls_fake_resolver_new ();
  self->history = dotls_history_new ();
  dotls_history_attach (self->history, self->resolver);
  self->bus = dotls_bus_new (self->resolver, self->history, &hooks, self);
  dotls_bus_listen (self->bus, self->folder, &error);
  g_assert_no_error (error);
  dotls_bus_set_settings (self->bus, (char **) files, "strict");
}

/* Also wakes the loop below: a thread that drops the last reference does not. */
static gboolean
tick_cb (gpointer data)
{
  guint *ticks = data;

  g_assert_cmpuint (++*ticks, <, 1000);
  return G_SOURCE_CONTINUE;
}

void
dotls_bus_fixture_tear_down (DotlsBusFixture *self, gconstpointer data)
{
  guint ticks = 0;
  guint ticker = g_timeout_add (20, tick_cb, &ticks);

  dotls_bus_free (self->bus);
  dotls_history_free (self->history);
  g_object_add_weak_pointer (G_OBJECT (self->resolver), (gpointer *) &self->resolver);
  g_object_unref (self->resolver);
  /* calls that GDBus' threads still check hold it for a while, and may ask it something */
  while (self->resolver)
    {
      dotls_fake_release (self->resolver);
      if (self->resolver)
        g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (ticker);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->socket);
  g_free (self->folder);
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (!*result)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

GDBusConnection *
dotls_bus_fixture_connect (DotlsBusFixture *self)
{
  g_autofree char *address = g_strconcat ("unix:path=", self->socket, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection;

  g_dbus_connection_new_for_address (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                     NULL, finished_cb, &result);
  connection = g_dbus_connection_new_for_address_finish (wait_for (&result), &error);
  g_assert_no_error (error);
  return connection;
}

GVariant *
dotls_bus_fixture_call (GDBusConnection *connection,
                        const char *interface,
                        const char *method,
                        GVariant *parameters,
                        GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (connection, NULL, DOTLS_BUS_PATH, interface, method, parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, finished_cb, &result);
  return g_dbus_connection_call_finish (connection, wait_for (&result), error);
}
