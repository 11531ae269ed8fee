/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/socket-file.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/error.h"

static gboolean
is_socket (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISSOCK (st.st_mode);
}

static int
open_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Whether nobody listens at ADDRESS any more. */
static gboolean
is_stale (const struct sockaddr_un *address)
{
  gboolean is_refused;
  int fd;

  if (!is_socket (address->sun_path))
    return FALSE;
  fd = open_socket ();
  if (fd < 0)
    return FALSE;
  is_refused =
      connect (fd, (const struct sockaddr *) address, sizeof *address) < 0 && errno == ECONNREFUSED;
  close (fd);
  return is_refused;
}

/* Returns 0 or the errno, as the next. */
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
listen_at (DotlsSocketFile *self, int fd, const struct sockaddr_un *address, int backlog)
{
  int code = bind_or_replace (fd, address);

  if (code != 0)
    return code;
  if (lstat (address->sun_path, &self->identity) < 0)
    return errno;
  self->path = g_strdup (address->sun_path);
  if (g_chmod (self->path, 0666) < 0 || listen (fd, backlog) < 0)
    return errno;
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

int
dotls_socket_file_listen (DotlsSocketFile *self, const char *path, int backlog, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd, code;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                   "the path of the private socket is longer than %zu bytes: %s",
                   sizeof address.sun_path - 1, path);
      return -1;
    }
  fd = open_socket ();
  code = fd < 0 ? errno : listen_at (self, fd, &address, backlog);
  if (code == 0)
    return fd;
  set_error (error, path, code);
  if (fd >= 0)
    close (fd);
  return -1;
}

void
dotls_socket_file_clear (DotlsSocketFile *self)
{
  struct stat st;

  if (self->path && lstat (self->path, &st) == 0 && st.st_ino == self->identity.st_ino
      && st.st_dev == self->identity.st_dev)
    g_unlink (self->path);
  g_clear_pointer (&self->path, g_free);
}
