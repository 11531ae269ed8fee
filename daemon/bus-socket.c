/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-socket.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/error.h"

struct _DotlsBusSocket
{
  char *path;
  struct stat identity; /* of the file at PATH, to remove no other's */
  char *guid;
  GSocketService *service;
  GPtrArray *peers;
  DotlsBusSocketFunc opened;
  DotlsBusSocketFunc closed;
  gpointer data;
};

/* Who is connected, authenticated or not yet. */
typedef struct
{
  DotlsBusSocket *owner;       /* NULL once that is gone */
  GDBusConnection *connection; /* NULL until authenticated */
  GCancellable *cancellable;
  guint deadline_source;
} Peer;

static void
peer_free (Peer *peer)
{
  g_clear_handle_id (&peer->deadline_source, g_source_remove);
  g_clear_object (&peer->cancellable);
  g_clear_object (&peer->connection);
  g_free (peer);
}

static void
closed_cb (GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
  Peer *peer = data;
  DotlsBusSocket *self = peer->owner;

  g_signal_handlers_disconnect_by_data (connection, peer);
  self->closed (connection, self->data);
  g_ptr_array_remove_fast (self->peers, peer);
  peer_free (peer);
}

/* A call that wants no reply gets one all the same (peers ignore it): what is not answered could
 * not be counted.  Takes MESSAGE. */
static GDBusMessage *
ensure_reply (GDBusMessage *message)
{
  GDBusMessageFlags flags = g_dbus_message_get_flags (message);
  GDBusMessage *copy;

  if (!(flags & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED))
    return message;
  copy = g_dbus_message_copy (message, NULL);
  g_object_unref (message);
  if (copy)
    g_dbus_message_set_flags (copy, flags & ~G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  return copy;
}

/* Counts calls without a reply, in GDBus' own thread. */
static GDBusMessage *
count_calls_cb (GDBusConnection *connection,
                GDBusMessage *message,
                gboolean incoming,
                gpointer data)
{
  int *n_calls = data;
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (!incoming)
    {
      if (type != G_DBUS_MESSAGE_TYPE_SIGNAL)
        g_atomic_int_add (n_calls, -1);
      return message;
    }
  if (type != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  if (g_atomic_int_add (n_calls, 1) < DOTLS_BUS_CALLS_MAX)
    return ensure_reply (message);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

static void
authenticated_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Peer *peer = data;
  DotlsBusSocket *self = peer->owner;

  peer->connection = g_dbus_connection_new_finish (result, NULL);
  g_clear_handle_id (&peer->deadline_source, g_source_remove);
  /* one that is closed already may have said so before anybody listened */
  if (!self || !peer->connection || g_dbus_connection_is_closed (peer->connection))
    {
      if (self)
        g_ptr_array_remove_fast (self->peers, peer);
      peer_free (peer);
      return;
    }
  g_dbus_connection_set_exit_on_close (peer->connection, FALSE);
  g_dbus_connection_add_filter (peer->connection, count_calls_cb, g_new0 (int, 1), g_free);
  g_signal_connect (peer->connection, "closed", G_CALLBACK (closed_cb), peer);
  self->opened (peer->connection, self->data);
  g_dbus_connection_start_message_processing (peer->connection);
}

static gboolean
deadline_cb (gpointer data)
{
  Peer *peer = data;

  peer->deadline_source = 0;
  g_cancellable_cancel (peer->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
allow_mechanism_cb (GDBusAuthObserver *observer, const char *mechanism, gpointer data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

static gboolean
has_room (DotlsBusSocket *self, GSocketConnection *stream)
{
  g_autoptr (GCredentials) credentials =
      g_socket_get_credentials (g_socket_connection_get_socket (stream), NULL);
  uid_t uid = credentials ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;
  guint room = DOTLS_BUS_CONNECTIONS_MAX;

  if (uid != 0 && uid != geteuid ())
    room -= DOTLS_BUS_CONNECTIONS_RESERVED;
  return self->peers->len < room;
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
  DotlsBusSocket *self = data;
  g_autoptr (GDBusAuthObserver) observer = NULL;
  Peer *peer;

  if (!has_room (self, stream))
    {
      g_io_stream_close (G_IO_STREAM (stream), NULL, NULL);
      return TRUE;
    }
  observer = g_dbus_auth_observer_new ();
  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (allow_mechanism_cb), NULL);
  peer = g_new0 (Peer, 1);
  peer->owner = self;
  peer->cancellable = g_cancellable_new ();
  peer->deadline_source =
      g_timeout_add_seconds (DOTLS_BUS_AUTHENTICATION_TIMEOUT, deadline_cb, peer);
  g_ptr_array_add (self->peers, peer);
  g_dbus_connection_new (G_IO_STREAM (stream), self->guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         observer, peer->cancellable, authenticated_cb, peer);
  return TRUE;
}

/* --- the file -------------------------------------------------------------------------------- */

/* Whether nobody listens on the socket at PATH any more. */
static gboolean
is_stale (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct stat st;
  gboolean is_refused;
  int fd;

  if (lstat (path, &st) < 0 || !S_ISSOCK (st.st_mode))
    return FALSE;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  is_refused =
      connect (fd, (struct sockaddr *) &address, sizeof address) < 0 && errno == ECONNREFUSED;
  close (fd);
  return is_refused;
}

static gboolean
bind_path (DotlsBusSocket *self, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);

  return g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                        G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                        error);
}

static gboolean
is_too_long (const char *path, GError **error)
{
  struct sockaddr_un address;

  if (strlen (path) < sizeof address.sun_path)
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
               "the path of the private socket is longer than %zu bytes: %s",
               sizeof address.sun_path - 1, path);
  return TRUE;
}

static gboolean
open_path (DotlsBusSocket *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (bind_path (self, &local))
    return TRUE;
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    {
      if (!is_stale (self->path))
        {
          g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_BUSY,
                       "another dotlsd serves on %s; stop it, or choose another --runtime-dir",
                       self->path);
          return FALSE;
        }
      g_clear_error (&local);
      if (g_unlink (self->path) == 0 && bind_path (self, &local))
        return TRUE;
    }
  g_set_error (error, G_IO_ERROR, local ? local->code : G_IO_ERROR_ADDRESS_IN_USE,
               "the private socket %s cannot be opened: %s", self->path,
               local ? local->message : g_strerror (errno));
  return FALSE;
}

DotlsBusSocket *
dotls_bus_socket_new (const char *path,
                      DotlsBusSocketFunc opened,
                      DotlsBusSocketFunc closed,
                      gpointer data,
                      GError **error)
{
  DotlsBusSocket *self;

  if (is_too_long (path, error))
    return NULL;
  self = g_new0 (DotlsBusSocket, 1);
  self->path = g_strdup (path);
  self->guid = g_dbus_generate_guid ();
  self->opened = opened;
  self->closed = closed;
  self->data = data;
  self->peers = g_ptr_array_new ();
  self->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), DOTLS_BUS_CONNECTIONS_MAX);
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  if (!open_path (self, error))
    {
      dotls_bus_socket_free (self);
      return NULL;
    }
  /* who may do what is decided by method, not here */
  g_chmod (path, 0666);
  lstat (path, &self->identity);
  return self;
}

static void
hang_up (DotlsBusSocket *self, Peer *peer)
{
  peer->owner = NULL;
  g_cancellable_cancel (peer->cancellable);
  if (!peer->connection)
    return; /* authenticated_cb() frees it */
  g_signal_handlers_disconnect_by_data (peer->connection, peer);
  self->closed (peer->connection, self->data);
  g_dbus_connection_close (peer->connection, NULL, NULL, NULL);
  peer_free (peer);
}

void
dotls_bus_socket_free (DotlsBusSocket *self)
{
  struct stat st;

  g_signal_handlers_disconnect_by_data (self->service, self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  for (guint i = 0; i < self->peers->len; i++)
    hang_up (self, g_ptr_array_index (self->peers, i));
  g_ptr_array_unref (self->peers);
  if (self->identity.st_ino && lstat (self->path, &st) == 0 && st.st_ino == self->identity.st_ino
      && st.st_dev == self->identity.st_dev)
    g_unlink (self->path);
  g_free (self->guid);
  g_free (self->path);
  g_free (self);
}
