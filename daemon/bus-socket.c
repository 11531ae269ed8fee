/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-socket.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/error.h"

/* Seconds until accepting is tried again where there was no descriptor or memory left. */
#define RETRY 1

struct _DotlsBusSocket
{
  char *path;
  struct stat identity; /* of the file at PATH, to remove no other's */
  char *guid;
  int fd;
  guint source; /* watches FD, or waits until that makes sense again */
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
has_room (DotlsBusSocket *self, GSocket *socket)
{
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (socket, NULL);
  uid_t uid = credentials ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;
  guint room = DOTLS_BUS_CONNECTIONS_MAX;

  if (uid != 0 && uid != geteuid ())
    room -= DOTLS_BUS_CONNECTIONS_RESERVED;
  return self->peers->len < room;
}

/* Takes SOCKET, which closes it where nobody else does. */
static void
authenticate (DotlsBusSocket *self, GSocket *socket)
{
  g_autoptr (GSocket) owned = socket;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GDBusAuthObserver) observer = NULL;
  Peer *peer;

  if (!has_room (self, socket))
    return;
  stream = g_socket_connection_factory_create_connection (socket);
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
        authenticate (self, socket);
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

static gboolean
fill_address (const char *path, struct sockaddr_un *ret_address, GError **error)
{
  *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  if (g_strlcpy (ret_address->sun_path, path, sizeof ret_address->sun_path)
      < sizeof ret_address->sun_path)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
               "the path of the private socket is longer than %zu bytes: %s",
               sizeof ret_address->sun_path - 1, path);
  return FALSE;
}

/* --- its file -------------------------------------------------------------------------------- */

static gboolean
is_socket (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISSOCK (st.st_mode);
}

/* Whether nobody listens at ADDRESS any more. */
static gboolean
is_stale (const struct sockaddr_un *address)
{
  gboolean is_refused;
  int fd;

  if (!is_socket (address->sun_path))
    return FALSE;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  is_refused =
      connect (fd, (const struct sockaddr *) address, sizeof *address) < 0 && errno == ECONNREFUSED;
  close (fd);
  return is_refused;
}

/* Returns 0 or the errno. */
static int
bind_or_replace (int fd, const struct sockaddr_un *address)
{
  const struct sockaddr *sa = (const struct sockaddr *) address;

  if (bind (fd, sa, sizeof *address) == 0)
    return 0;
  if (errno != EADDRINUSE)
    return errno;
  if (!is_stale (address))
    return EADDRINUSE;
  if (g_unlink (address->sun_path) < 0 || bind (fd, sa, sizeof *address) < 0)
    return errno;
  return 0;
}

static int
open_address (DotlsBusSocket *self, const struct sockaddr_un *address)
{
  int code;

  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0)
    return errno;
  code = bind_or_replace (self->fd, address);
  if (code != 0)
    return code;
  /* who may do what is decided by method, not here */
  if (lstat (address->sun_path, &self->identity) < 0 || g_chmod (address->sun_path, 0666) < 0
      || listen (self->fd, DOTLS_BUS_CONNECTIONS_MAX) < 0)
    return errno;
  self->source = g_unix_fd_add (self->fd, G_IO_IN, accept_cb, self);
  return 0;
}

static void
set_error (GError **error, const char *path, int code)
{
  if (code == EADDRINUSE && is_socket (path))
    g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_BUSY,
                 "another dotlsd serves on %s; stop it, or choose another --runtime-dir", path);
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 "the private socket %s cannot be opened: %s", path,
                 code == EADDRINUSE ? "something else has this name" : g_strerror (code));
}

DotlsBusSocket *
dotls_bus_socket_new (const char *path,
                      DotlsBusSocketFunc opened,
                      DotlsBusSocketFunc closed,
                      gpointer data,
                      GError **error)
{
  struct sockaddr_un address;
  DotlsBusSocket *self;
  int code;

  if (!fill_address (path, &address, error))
    return NULL;
  self = g_new0 (DotlsBusSocket, 1);
  self->path = g_strdup (path);
  self->guid = g_dbus_generate_guid ();
  self->opened = opened;
  self->closed = closed;
  self->data = data;
  self->peers = g_ptr_array_new ();
  code = open_address (self, &address);
  if (code == 0)
    return self;
  set_error (error, path, code);
  dotls_bus_socket_free (self);
  return NULL;
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

/* Another may have put its own socket there since. */
static void
remove_own_file (DotlsBusSocket *self)
{
  struct stat st;

  if (self->identity.st_ino && lstat (self->path, &st) == 0 && st.st_ino == self->identity.st_ino
      && st.st_dev == self->identity.st_dev)
    g_unlink (self->path);
}

void
dotls_bus_socket_free (DotlsBusSocket *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  remove_own_file (self);
  if (self->fd >= 0)
    close (self->fd);
  for (guint i = 0; i < self->peers->len; i++)
    hang_up (self, g_ptr_array_index (self->peers, i));
  g_ptr_array_unref (self->peers);
  g_free (self->guid);
  g_free (self->path);
  g_free (self);
}
