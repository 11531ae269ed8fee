/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-socket.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/socket-file.h"

/* Seconds until accepting is tried again where there was no descriptor or memory left. */
#define RETRY 1

struct _DotlsBusSocket
{
  DotlsSocketFile file;
  char *guid;
  int fd;
  guint source; /* watches FD, or waits until that makes sense again */
  GPtrArray *peers;
  guint n_strangers; /* that are being authenticated */
  DotlsBusSocketFunc opened;
  DotlsBusSocketFunc closed;
  gpointer data;
};

/* Who is connected, authenticated or not yet. */
typedef struct
{
  DotlsBusSocket *owner;       /* NULL once that is gone */
  gboolean is_stranger;        /* neither root nor the daemon's own user */
  GSocket *waiting;            /* until authentication begins */
  GDBusConnection *connection; /* NULL until authenticated */
  GCancellable *cancellable;
  guint deadline_source;
} Peer;

static void
peer_free (Peer *peer)
{
  g_clear_handle_id (&peer->deadline_source, g_source_remove);
  g_clear_object (&peer->cancellable);
  g_clear_object (&peer->waiting);
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
  g_ptr_array_remove (self->peers, peer);
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

static gboolean
allow_mechanism_cb (GDBusAuthObserver *observer, const char *mechanism, gpointer data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

static void authenticated_cb (GObject *source, GAsyncResult *result, gpointer data);

static void
authenticate (Peer *peer)
{
  g_autoptr (GSocket) socket = g_steal_pointer (&peer->waiting);
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GDBusAuthObserver) observer = g_dbus_auth_observer_new ();

  peer->owner->n_strangers += peer->is_stranger;
  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (allow_mechanism_cb), NULL);
  g_dbus_connection_new (G_IO_STREAM (stream), peer->owner->guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         observer, peer->cancellable, authenticated_cb, peer);
}

/* GDBus keeps a thread of GLib's common pool for every peer until that has said who it is, and
 * whoever comes when all are taken waits.  So strangers take turns at a few of them. */
static void
authenticate_waiting (DotlsBusSocket *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = g_ptr_array_index (self->peers, i);

      if (peer->waiting
          && (!peer->is_stranger || self->n_strangers < DOTLS_BUS_AUTHENTICATIONS_MAX))
        authenticate (peer);
    }
}

static void
drop (DotlsBusSocket *self, Peer *peer)
{
  g_ptr_array_remove (self->peers, peer);
  peer_free (peer);
}

static void
serve (DotlsBusSocket *self, Peer *peer)
{
  g_dbus_connection_set_exit_on_close (peer->connection, FALSE);
  g_dbus_connection_add_filter (peer->connection, count_calls_cb, g_new0 (int, 1), g_free);
  g_signal_connect (peer->connection, "closed", G_CALLBACK (closed_cb), peer);
  self->opened (peer->connection, self->data);
  g_dbus_connection_start_message_processing (peer->connection);
}

static void
authenticated_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Peer *peer = data;
  DotlsBusSocket *self = peer->owner;

  peer->connection = g_dbus_connection_new_finish (result, NULL);
  g_clear_handle_id (&peer->deadline_source, g_source_remove);
  if (!self)
    {
      peer_free (peer);
      return;
    }
  self->n_strangers -= peer->is_stranger;
  /* one that is closed already may have said so before anybody listened */
  if (peer->connection && !g_dbus_connection_is_closed (peer->connection))
    serve (self, peer);
  else
    drop (self, peer);
  authenticate_waiting (self);
}

static gboolean
deadline_cb (gpointer data)
{
  Peer *peer = data;

  peer->deadline_source = 0;
  if (peer->waiting)
    drop (peer->owner, peer);
  else
    g_cancellable_cancel (peer->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
is_stranger (GSocket *socket)
{
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (socket, NULL);
  uid_t uid = credentials ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;

  return uid != 0 && uid != geteuid ();
}

/* Takes SOCKET. */
static void
admit (DotlsBusSocket *self, GSocket *socket)
{
  guint room = DOTLS_BUS_CONNECTIONS_MAX;
  Peer *peer = g_new0 (Peer, 1);

  peer->owner = self;
  peer->waiting = socket;
  peer->is_stranger = is_stranger (socket);
  if (peer->is_stranger)
    room -= DOTLS_BUS_CONNECTIONS_RESERVED;
  if (self->peers->len >= room)
    {
      peer_free (peer);
      return;
    }
  peer->cancellable = g_cancellable_new ();
  peer->deadline_source =
      g_timeout_add_seconds (DOTLS_BUS_AUTHENTICATION_TIMEOUT, deadline_cb, peer);
  g_ptr_array_add (self->peers, peer);
  authenticate_waiting (self);
}

/* --- the socket itself ----------------------------------------------------------------------- */

static gboolean accept_cb (int fd, GIOCondition condition, gpointer data);

static gboolean
retry_cb (gpointer data)
{
  DotlsBusSocket *self = data;

  self->source = g_unix_fd_add (self->fd, G_IO_IN, accept_cb, self);
  return G_SOURCE_REMOVE;
}

static gboolean
accept_cb (int fd, GIOCondition condition, gpointer data)
{
  DotlsBusSocket *self = data;
  int peer_fd = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  GSocket *socket;

  if (peer_fd >= 0)
    {
      socket = g_socket_new_from_fd (peer_fd, NULL);
      if (socket)
        admit (self, socket);
      else
        close (peer_fd);
    }
  else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
    {
      /* it stays readable: to look at once again would be to spin */
      self->source = g_timeout_add_seconds (RETRY, retry_cb, self);
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

DotlsBusSocket *
dotls_bus_socket_new (const char *path,
                      DotlsBusSocketFunc opened,
                      DotlsBusSocketFunc closed,
                      gpointer data,
                      GError **error)
{
  DotlsBusSocket *self = g_new0 (DotlsBusSocket, 1);

  self->guid = g_dbus_generate_guid ();
  self->opened = opened;
  self->closed = closed;
  self->data = data;
  self->peers = g_ptr_array_new ();
  self->fd = dotls_socket_file_listen (&self->file, path, DOTLS_BUS_CONNECTIONS_MAX, error);
  if (self->fd >= 0)
    self->source = g_unix_fd_add (self->fd, G_IO_IN, accept_cb, self);
  else
    g_clear_pointer (&self, dotls_bus_socket_free);
  return self;
}

static void
hang_up (DotlsBusSocket *self, Peer *peer)
{
  peer->owner = NULL;
  g_cancellable_cancel (peer->cancellable);
  if (peer->connection)
    {
      g_signal_handlers_disconnect_by_data (peer->connection, peer);
      self->closed (peer->connection, self->data);
      g_dbus_connection_close (peer->connection, NULL, NULL, NULL);
    }
  else if (!peer->waiting)
    return; /* authenticated_cb() frees it */
  peer_free (peer);
}

void
dotls_bus_socket_free (DotlsBusSocket *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  dotls_socket_file_clear (&self->file);
  if (self->fd >= 0)
    close (self->fd);
  for (guint i = 0; i < self->peers->len; i++)
    hang_up (self, g_ptr_array_index (self->peers, i));
  g_ptr_array_unref (self->peers);
  g_free (self->guid);
  g_free (self);
}
