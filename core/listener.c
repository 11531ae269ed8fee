/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/listener.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"

void
dotls_listeners_init (DotlsListeners *shared)
{
  shared->batch = dotls_udp_batch_new ();
}

void
dotls_listeners_clear (DotlsListeners *shared)
{
  dotls_udp_batch_free (shared->batch);
}

static const char *
advice (int code)
{
  switch (code)
    {
    case EADDRINUSE:
      return "; another program answers there: stop it, or choose another address with listen=";
    case EACCES:
      return "; ports below 1024 need root, CAP_NET_BIND_SERVICE or a passed socket";
    case EADDRNOTAVAIL:
      return "; this machine has no such address";
    default:
      return "";
    }
}

static void
set_error (GError **error, const DotlsAddress *address, gboolean is_stream, int code)
{
  g_autofree char *text = dotls_address_to_string (address);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot listen on %s %s: %s%s",
               is_stream ? "tcp" : "udp", text, g_strerror (code), advice (code));
}

static DotlsListener *
create (DotlsListeners *shared, int fd, gboolean is_stream)
{
  DotlsListener *self =
      is_stream ? dotls_listener_tcp_new (shared, fd) : dotls_listener_udp_new (shared, fd);
  socklen_t size = sizeof self->address;

  self->shared = shared;
  self->is_stream = is_stream;
  getsockname (fd, &self->address.sa, &size);
  return self;
}

static int
bind_socket (const DotlsAddress *address, gboolean is_stream)
{
  int type = (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  int fd = socket (address->sa.sa_family, type, 0), one = 1, code;

  if (fd < 0)
    return -1;
  if (is_stream)
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address->sa.sa_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind (fd, &address->sa, dotls_address_length (address)) == 0
      && (!is_stream || listen (fd, DOTLS_TCP_LISTEN_QUEUE) == 0))
    return fd;
  code = errno;
  close (fd);
  errno = code;
  return -1;
}

DotlsListener *
dotls_listener_open (DotlsListeners *shared,
                     const DotlsAddress *address,
                     gboolean is_stream,
                     GError **error)
{
  int fd = bind_socket (address, is_stream);

  if (fd < 0)
    {
      set_error (error, address, is_stream, errno);
      return NULL;
    }
  return create (shared, fd, is_stream);
}

static gboolean
is_suitable (int fd, int *ret_type)
{
  socklen_t size = sizeof *ret_type;
  int is_listening = 0;
  DotlsAddress address = { 0 };

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, ret_type, &size) != 0)
    return FALSE;
  size = sizeof address;
  if (getsockname (fd, &address.sa, &size) != 0
      || (address.sa.sa_family != AF_INET && address.sa.sa_family != AF_INET6))
    return FALSE;
  size = sizeof is_listening;
  return *ret_type == SOCK_DGRAM
         || (*ret_type == SOCK_STREAM
             && getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0
             && is_listening);
}

DotlsListener *
dotls_listener_take (DotlsListeners *shared, int fd, GError **error)
{
  DotlsListener *self;
  int type;

  if (!is_suitable (fd, &type))
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT,
                   "passed descriptor %d is neither a UDP socket nor a listening TCP socket", fd);
      close (fd);
      return NULL;
    }
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  self = create (shared, fd, type == SOCK_STREAM);
  self->is_passed = TRUE;
  return self;
}

void
dotls_listener_free (DotlsListener *self)
{
  self->free (self);
}

char *
dotls_listener_to_string (const DotlsListener *self)
{
  g_autofree char *text = dotls_address_to_string (&self->address);

  return g_strdup_printf ("%s %s", self->is_stream ? "tcp" : "udp", text);
}
