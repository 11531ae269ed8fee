/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/listener.h"
#include "core/tcp-client.h"

typedef struct
{
  DotlsListener parent;
  int fd;
  DotlsWatch *watch;
  DotlsDeadline pause;
  DotlsTcpClients clients;
} TcpListener;

static void
resume_cb (DotlsDeadline *deadline, gint64 now)
{
  TcpListener *self = (TcpListener *) ((guint8 *) deadline - G_STRUCT_OFFSET (TcpListener, pause));

  if (self->watch != NULL)
    dotls_watch_set (self->watch, G_IO_IN);
}

/* No descriptor left: an idle client goes, or we wait for one to go. */
static void
make_room (TcpListener *self)
{
  self->parent.shared->stats->tcp_rejected++;
  if (dotls_tcp_clients_evict (&self->clients))
    return;
  dotls_watch_set (self->watch, 0);
  dotls_loop_set_deadline (self->parent.shared->loop, &self->pause, resume_cb,
                           DOTLS_TCP_ACCEPT_PAUSE);
}

static void
ready_cb (GIOCondition ready, gpointer data)
{
  TcpListener *self = data;

  for (guint i = 0; i < DOTLS_TCP_ACCEPT_BATCH; i++)
    {
      DotlsAddress peer = { 0 };
      socklen_t size = sizeof peer;
      int one = 1, fd = accept4 (self->fd, &peer.sa, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0)
        {
          setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          dotls_tcp_clients_add (&self->clients, fd, &peer);
        }
      else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        {
          make_room (self);
          return;
        }
      else if (errno == EAGAIN)
        return;
    }
}

static void
tcp_stop (DotlsListener *parent)
{
  TcpListener *self = (TcpListener *) parent;

  g_clear_pointer (&self->watch, dotls_watch_free);
  dotls_loop_cancel_deadline (parent->shared->loop, &self->pause);
  dotls_tcp_clients_stop (&self->clients);
}

static void
tcp_free (DotlsListener *parent)
{
  TcpListener *self = (TcpListener *) parent;

  tcp_stop (parent);
  dotls_tcp_clients_close_all (&self->clients);
  close (self->fd);
  g_free (self);
}

DotlsListener *
dotls_listener_tcp_new (DotlsListeners *shared, int fd)
{
  TcpListener *self = g_new0 (TcpListener, 1);

  self->parent.shared = shared;
  self->parent.stop = tcp_stop;
  self->parent.free = tcp_free;
  self->fd = fd;
  self->clients.shared = shared;
  self->watch = dotls_watch_new (shared->loop, fd, G_IO_IN, ready_cb, self);
  return &self->parent;
}
