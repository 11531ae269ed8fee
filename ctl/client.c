/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/client.h"

#include <stdio.h>

#include "config.h"
#include "dbus/names.h"

/* A query takes 4.5 s at most; the socket is local. */
#define CALL_TIMEOUT_MS 10000
#define CONNECT_TIMEOUT_S 5

/* The daemon is not there, or does not speak. */
#define AWAY_ERROR (away_error_quark ())
/* clang-format off */
static G_DEFINE_QUARK (dotls-away-error-quark, away_error)
    /* clang-format on */

    void dotls_client_clear (DotlsClient *self)
{
  if (self->connection)
    g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->socket, g_free);
  g_clear_pointer (&self->runtime_dir, g_free);
}

/* --- connecting ------------------------------------------------------------------------------ */

char **
dotls_client_get_paths (const DotlsClient *self)
{
  const char *runtime_dir = self->runtime_dir ? self->runtime_dir : g_getenv ("DOTLS_RUNTIME_DIR");
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autofree char *first = NULL, *second = NULL;

  if (self->socket)
    g_strv_builder_add (paths, self->socket);
  else if (runtime_dir && *runtime_dir)
    {
      first = g_build_filename (runtime_dir, DOTLS_BUS_SOCKET, NULL);
      g_strv_builder_add (paths, first);
    }
  else
    {
      first = g_build_filename (DOTLS_RUNTIMEDIR, DOTLS_BUS_SOCKET, NULL);
      second = g_build_filename (g_get_user_runtime_dir (), "dotls", DOTLS_BUS_SOCKET, NULL);
      g_strv_builder_add_many (paths, first, second, NULL);
    }
  return g_strv_builder_end (paths);
}

/* Where a call in the background leaves its end. */
typedef struct
{
  GAsyncResult *result;
  GCancellable *cancellable;
  gboolean is_late;
} Attempt;

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Attempt *) data)->result = g_object_ref (result);
}

static gboolean
late_cb (gpointer data)
{
  Attempt *attempt = data;

  attempt->is_late = TRUE;
  g_cancellable_cancel (attempt->cancellable);
  return G_SOURCE_CONTINUE;
}

/* A daemon that is stopped accepts and says nothing: GDBus alone would wait for ever. */
static GDBusConnection *
connect_to (const char *path, GError **error)
{
  g_autofree char *escaped = g_dbus_address_escape_value (path);
  g_autofree char *address = g_strconcat ("unix:path=", escaped, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Attempt attempt = { .cancellable = cancellable };
  guint timeout = g_timeout_add_seconds (CONNECT_TIMEOUT_S, late_cb, &attempt);
  GDBusConnection *connection;

  g_dbus_connection_new_for_address (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                     cancellable, finished_cb, &attempt);
  while (!attempt.result)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
  connection = g_dbus_connection_new_for_address_finish (attempt.result, error);
  g_object_unref (attempt.result);
  if (!connection && attempt.is_late)
    {
      g_clear_error (error);
      g_set_error (error, AWAY_ERROR, 0, "dotlsd does not answer on %s, though something listens",
                   path);
    }
  return connection;
}

static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

/* What a daemon that has no room for one more looks like, at whatever step of the greeting; GDBus
 * has no code of its own for an end of the stream. */
static gboolean
is_hung_up (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static gboolean
ensure_connected (DotlsClient *self, GError **error)
{
  g_auto (GStrv) paths = dotls_client_get_paths (self);
  g_autofree char *tried = g_strjoinv (", ", paths);

  for (guint i = 0; paths[i] && !self->connection; i++)
    {
      g_autoptr (GError) local = NULL;

      self->connection = connect_to (paths[i], &local);
      if (self->connection || is_absent (local))
        continue;
      if (local->domain == AWAY_ERROR)
        g_propagate_error (error, g_steal_pointer (&local));
      else if (is_hung_up (local))
        g_set_error (error, AWAY_ERROR, 0,
                     "dotlsd refused the connection on %s, probably because too many are open: %s",
                     paths[i], local->message);
      else
        g_set_error (error, AWAY_ERROR, 0, "dotlsd cannot be reached on %s: %s", paths[i],
                     local->message);
      return FALSE;
    }
  if (!self->connection)
    g_set_error (error, AWAY_ERROR, 0, "dotlsd is not running: nobody listens on %s", tried);
  return self->connection != NULL;
}

/* --- calling --------------------------------------------------------------------------------- */

static GVariant *
call (DotlsClient *self,
      const char *interface,
      const char *method,
      GVariant *parameters,
      GUnixFDList **ret_fds,
      GError **error)
{
  g_autoptr (GVariant) sunk = parameters ? g_variant_ref_sink (parameters) : NULL;

  if (!self->connection && !ensure_connected (self, error))
    return NULL;
  return g_dbus_connection_call_with_unix_fd_list_sync (
      self->connection, NULL, DOTLS_BUS_PATH, interface, method, sunk, NULL, G_DBUS_CALL_FLAGS_NONE,
      CALL_TIMEOUT_MS, NULL, ret_fds, NULL, error);
}

GVariant *
dotls_client_call (DotlsClient *self,
                   const char *method,
                   GVariant *parameters,
                   GUnixFDList **ret_fds,
                   GError **error)
{
  return call (self, DOTLS_INTERFACE_MANAGER, method, parameters, ret_fds, error);
}

GVariant *
dotls_client_get_manager (DotlsClient *self, GError **error)
{
  g_autoptr (GVariant) reply = call (self, "org.freedesktop.DBus.Properties", "GetAll",
                                     g_variant_new ("(s)", DOTLS_INTERFACE_MANAGER), NULL, error);

  return reply ? g_variant_get_child_value (reply, 0) : NULL;
}

GPtrArray *
dotls_client_get_upstreams (DotlsClient *self, GVariant *manager, GError **error)
{
  g_autoptr (GVariant) reply = NULL, objects = NULL;
  g_autofree const char **paths = NULL;
  GPtrArray *upstreams;

  reply = call (self, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL, NULL, error);
  if (!reply)
    return NULL;
  upstreams = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  objects = g_variant_get_child_value (reply, 0);
  if (!g_variant_lookup (manager, "Upstreams", "^a&o", &paths))
    return upstreams;
  for (guint i = 0; paths[i]; i++)
    {
      g_autoptr (GVariant) object =
          g_variant_lookup_value (objects, paths[i], G_VARIANT_TYPE ("a{sa{sv}}"));
      GVariant *properties =
          object ? g_variant_lookup_value (object, DOTLS_INTERFACE_UPSTREAM, NULL) : NULL;

      if (properties)
        g_ptr_array_add (upstreams, properties);
    }
  return upstreams;
}

const char *
dotls_client_get_text (GVariant *dict, const char *name)
{
  const char *text;

  return g_variant_lookup (dict, name, "&s", &text) ? text : "";
}

/* --- ending ---------------------------------------------------------------------------------- */

static void
complain (const char *text)
{
  DotlsPrint print = { .is_utf8 = g_get_charset (NULL) };
  g_autofree char *escaped = dotls_print_escape (&print, text);

  fprintf (stderr, "dotlsctl: %s\n", escaped);
}

DotlsExit
dotls_client_fail (const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  g_dbus_error_strip_remote_error (copy);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    complain ("dotlsd did not answer in time");
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    complain ("dotlsd hung up: it ends, or too many commands run at once");
  else
    complain (copy->message);
  if (remote)
    return g_str_has_prefix (remote, DOTLS_BUS_ERROR_PREFIX) ? DOTLS_EXIT_REFUSED
                                                             : DOTLS_EXIT_FAILED;
  if (error->domain == AWAY_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return DOTLS_EXIT_AWAY;
  return DOTLS_EXIT_FAILED;
}

DotlsExit
dotls_client_usage (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = g_strconcat (text, "; see dotlsctl --help", NULL);
  complain (line);
  return DOTLS_EXIT_USAGE;
}
