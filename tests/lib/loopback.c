/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union
{
  struct sockaddr sa;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
} Address;

static socklen_t
get_address (int family, guint16 port, Address *ret_address)
{
  *ret_address = (Address){ .sa.sa_family = family };
  if (family == AF_INET)
    {
      ret_address->in.sin_port = htons (port);
      ret_address->in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
      return sizeof ret_address->in;
    }
  ret_address->in6.sin6_port = htons (port);
  ret_address->in6.sin6_addr = in6addr_loopback;
  return sizeof ret_address->in6;
}

static guint16
get_port (int fd)
{
  Address address;
  socklen_t length = sizeof address;

  g_assert_cmpint (getsockname (fd, &address.sa, &length), ==, 0);
  return ntohs (address.in.sin_port); /* at the same place in both */
}

static int
bind_to (int family, int kind, guint16 port)
{
  static const int one = 1;
  Address address;
  socklen_t length = get_address (family, port, &address);
  int fd = socket (family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return -1;
  if (kind == SOCK_STREAM)
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (fd, &address.sa, length) == 0)
    return fd;
  close (fd);
  return -1;
}

int
loopback_listen (int family, guint16 *port)
{
  int fd = bind_to (family, SOCK_STREAM, *port);

  if (fd < 0)
    return -1;
  g_assert_cmpint (listen (fd, 1024), ==, 0);
  *port = get_port (fd);
  return fd;
}

static gboolean
is_free (int family, int kind, guint16 port)
{
  int fd = bind_to (family, kind, port);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

guint16
loopback_free_port (void)
{
  for (;;)
    {
      int fd = bind_to (AF_INET, SOCK_DGRAM, 0);
      guint16 port = get_port (fd);
      gboolean is_good = is_free (AF_INET, SOCK_STREAM, port);

      if (is_good && is_free (AF_INET6, SOCK_DGRAM, 0))
        is_good = is_free (AF_INET6, SOCK_DGRAM, port) && is_free (AF_INET6, SOCK_STREAM, port);
      close (fd);
      if (is_good)
        return port;
    }
}

/* Whether the connection comes about within 100 ms, which on loopback is for ever. */
static gboolean
is_connected (int fd)
{
  struct pollfd poller = { .fd = fd, .events = POLLOUT };

  return poll (&poller, 1, 100) == 1;
}

void
loopback_fill_queue (int fd, GArray *fillers)
{
  Address address;
  socklen_t length = sizeof address;
  int filler;

  g_assert_cmpint (getsockname (fd, &address.sa, &length), ==, 0);
  g_assert_cmpint (listen (fd, 0), ==, 0);
  do
    {
      filler = socket (address.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      g_array_append_val (fillers, filler);
      connect (filler, &address.sa, length);
    }
  while (is_connected (filler));
}

int
loopback_connect (const char *address, int kind, guint16 port)
{
  int family = strchr (address, ':') != NULL ? AF_INET6 : AF_INET;
  Address peer;
  socklen_t length = get_address (family, port, &peer);
  void *raw = family == AF_INET6 ? (void *) &peer.in6.sin6_addr : &peer.in.sin_addr;
  int fd = socket (family, kind | SOCK_CLOEXEC, 0);

  g_assert_cmpint (inet_pton (family, address, raw), ==, 1);
  if (fd >= 0 && connect (fd, &peer.sa, length) != 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}
