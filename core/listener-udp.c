/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/listener.h"
#include "core/spec.h"

/* Not a multiple of a page, or all buffers would fall into the same lines of the first-level cache.
 */
#define STRIDE (DOTLS_UDP_PAYLOAD_MAX + 192)
#define CONTROL_SIZE CMSG_SPACE (sizeof (struct in6_pktinfo))

/* Datagrams that go in or out with one system call. */
struct _DotlsUdpBatch
{
  struct mmsghdr messages[DOTLS_UDP_BATCH];
  struct iovec vectors[DOTLS_UDP_BATCH];
  DotlsAddress peers[DOTLS_UDP_BATCH];
  guint8 control[DOTLS_UDP_BATCH][CONTROL_SIZE] __attribute__ ((aligned (8)));
  guint8 *buffers;
  guint used;
};

typedef struct
{
  DotlsListener parent;
  int fd;
  DotlsWatch *watch;
  DotlsFlush flush;
  DotlsUdpBatch *out; /* replies that had to wait for an upstream */
  gboolean has_pktinfo;
} UdpListener;

DotlsUdpBatch *
dotls_udp_batch_new (void)
{
  DotlsUdpBatch *batch = g_new0 (DotlsUdpBatch, 1);

  batch->buffers = g_malloc (DOTLS_UDP_BATCH * STRIDE);
  for (guint i = 0; i < DOTLS_UDP_BATCH; i++)
    {
      batch->messages[i].msg_hdr.msg_name = &batch->peers[i];
      batch->messages[i].msg_hdr.msg_iov = &batch->vectors[i];
      batch->messages[i].msg_hdr.msg_iovlen = 1;
      batch->vectors[i].iov_base = batch->buffers + i * STRIDE;
    }
  return batch;
}

void
dotls_udp_batch_free (DotlsUdpBatch *batch)
{
  g_free (batch->buffers);
  g_free (batch);
}

/* --- which of our addresses was asked: only a socket bound to all of them has to know ------------
 */

static void
read_local (struct msghdr *header, DotlsOrigin *origin)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (header); c != NULL; c = CMSG_NXTHDR (header, c))
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      {
        struct in_pktinfo info;

        memcpy (&info, CMSG_DATA (c), sizeof info);
        origin->local.in.sin_family = AF_INET;
        origin->local.in.sin_addr = info.ipi_addr;
      }
    else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
      {
        struct in6_pktinfo info;

        memcpy (&info, CMSG_DATA (c), sizeof info);
        origin->local.in6.sin6_family = AF_INET6;
        origin->local.in6.sin6_addr = info.ipi6_addr;
        origin->local_scope = IN6_IS_ADDR_LINKLOCAL (&info.ipi6_addr) ? info.ipi6_ifindex : 0;
      }
}

static void
put_control (struct msghdr *header, guint8 *room, int level, int type, const void *data, gsize size)
{
  struct cmsghdr *c = (struct cmsghdr *) (void *) room;

  header->msg_control = room;
  header->msg_controllen = CMSG_SPACE (size);
  memset (room, 0, CMSG_SPACE (size));
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN (size);
  memcpy (CMSG_DATA (c), data, size);
}

/* RFC 2181 section 4.1: the answer leaves from the address that was asked. */
static void
write_local (struct msghdr *header, guint8 *room, const DotlsOrigin *origin)
{
  header->msg_control = NULL;
  header->msg_controllen = 0;
  if (origin->local.sa.sa_family == AF_INET)
    {
      const struct in_pktinfo info = { .ipi_spec_dst = origin->local.in.sin_addr };

      put_control (header, room, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
  else if (origin->local.sa.sa_family == AF_INET6)
    {
      const struct in6_pktinfo info = { .ipi6_addr = origin->local.in6.sin6_addr,
                                        .ipi6_ifindex = origin->local_scope };

      put_control (header, room, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

/* --- out ----------------------------------------------------------------------------------------
 */

/* A datagram that the kernel refuses is lost, as datagrams are; the next one is tried. */
static void
send_batch (UdpListener *self, DotlsUdpBatch *batch, guint count)
{
  guint done = 0;

  while (done < count)
    {
      int sent = sendmmsg (self->fd, batch->messages + done, count - done, MSG_DONTWAIT);

      if (sent <= 0 && errno == EINTR)
        continue;
      if (sent <= 0)
        self->parent.shared->stats->send_failures++;
      done += MAX (sent, 1);
    }
}

static void
flush_out (UdpListener *self)
{
  guint count = self->out->used;

  self->out->used = 0;
  if (count > 0)
    send_batch (self, self->out, count);
}

static void
flush_cb (DotlsFlush *flush)
{
  flush_out ((UdpListener *) ((guint8 *) flush - G_STRUCT_OFFSET (UdpListener, flush)));
}

static guint8 *
udp_reserve (DotlsQuery *query, gsize size)
{
  UdpListener *self = query->origin.owner;

  if (self->out == NULL)
    self->out = dotls_udp_batch_new ();
  if (self->out->used == DOTLS_UDP_BATCH)
    flush_out (self);
  return size <= STRIDE ? self->out->buffers + self->out->used * STRIDE : NULL;
}

static void
udp_commit (DotlsQuery *query, gsize length)
{
  UdpListener *self = query->origin.owner;
  DotlsUdpBatch *out = self->out;
  guint i = out->used++;
  struct msghdr *header = &out->messages[i].msg_hdr;

  out->vectors[i].iov_len = length;
  out->peers[i] = query->origin.peer;
  header->msg_namelen = dotls_address_length (&query->origin.peer);
  write_local (header, out->control[i], &query->origin);
  dotls_loop_flush_later (self->parent.shared->loop, &self->flush);
}

static void
udp_release (DotlsQuery *query)
{
}

static const DotlsOriginOps udp_ops = {
  .reserve = udp_reserve,
  .commit = udp_commit,
  .release = udp_release,
};

/* --- in -----------------------------------------------------------------------------------------
 */

static int
receive (UdpListener *self, DotlsUdpBatch *batch)
{
  for (guint i = 0; i < DOTLS_UDP_BATCH; i++)
    {
      struct msghdr *header = &batch->messages[i].msg_hdr;

      batch->vectors[i].iov_base = batch->buffers + i * STRIDE;
      batch->vectors[i].iov_len = STRIDE;
      header->msg_namelen = sizeof (DotlsAddress);
      header->msg_control = self->has_pktinfo ? batch->control[i] : NULL;
      header->msg_controllen = self->has_pktinfo ? CONTROL_SIZE : 0;
    }
  return recvmmsg (self->fd, batch->messages, DOTLS_UDP_BATCH, MSG_DONTWAIT, NULL);
}

/* Moves the reply in slot FROM to place TO of the same batch, whose datagram has been dealt with.
 */
static void
place_reply (DotlsUdpBatch *batch, guint from, guint to, gsize length, const DotlsOrigin *origin)
{
  struct msghdr *header = &batch->messages[to].msg_hdr;

  batch->vectors[to].iov_base = batch->buffers + from * STRIDE;
  batch->vectors[to].iov_len = length;
  if (from != to)
    batch->peers[to] = batch->peers[from];
  header->msg_namelen = dotls_address_length (&batch->peers[to]);
  write_local (header, batch->control[to], origin);
}

static void
ready_cb (GIOCondition ready, gpointer data)
{
  UdpListener *self = data;
  DotlsListeners *shared = self->parent.shared;
  DotlsUdpBatch *batch = shared->batch;
  DotlsOrigin origin = { .ops = &udp_ops, .owner = self };
  int received = receive (self, batch);
  guint replies = 0;

  for (int i = 0; i < received; i++)
    {
      gsize length;

      memcpy (&origin.peer, &batch->peers[i], sizeof origin.peer);
      if (self->has_pktinfo)
        {
          origin.local.sa.sa_family = AF_UNSPEC;
          read_local (&batch->messages[i].msg_hdr, &origin);
        }
      shared->stats->queries_udp++;
      length = shared->handle (shared->data, &origin, batch->buffers + i * STRIDE,
                               batch->messages[i].msg_len, STRIDE);
      if (length > 0)
        place_reply (batch, i, replies++, length, &origin);
    }
  if (replies > 0)
    send_batch (self, batch, replies);
}

/* --- the listener -------------------------------------------------------------------------------
 */

static void
udp_stop (DotlsListener *parent)
{
  UdpListener *self = (UdpListener *) parent;

  g_clear_pointer (&self->watch, dotls_watch_free);
}

static void
udp_free (DotlsListener *parent)
{
  UdpListener *self = (UdpListener *) parent;

  udp_stop (parent);
  if (self->out != NULL)
    flush_out (self);
  dotls_loop_flush_cancel (parent->shared->loop, &self->flush);
  g_clear_pointer (&self->out, dotls_udp_batch_free);
  close (self->fd);
  g_free (self);
}

static void
set_options (int fd, gboolean is_v6, gboolean wants_pktinfo)
{
  const int one = 1, size = DOTLS_UDP_SOCKET_BUFFER, omit = IP_PMTUDISC_OMIT;

  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  /* RFC 9715 section 3.1: no fragments, and no path MTU that a stranger can spoof. */
  if (is_v6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof omit);
  else
    setsockopt (fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
  if (!wants_pktinfo)
    return;
  if (is_v6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  else
    setsockopt (fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
}

DotlsListener *
dotls_listener_udp_new (DotlsListeners *shared, int fd)
{
  UdpListener *self = g_new0 (UdpListener, 1);
  DotlsAddress address = { 0 };
  socklen_t size = sizeof address;

  getsockname (fd, &address.sa, &size);
  self->has_pktinfo = dotls_address_is_wildcard (&address);
  set_options (fd, address.sa.sa_family == AF_INET6, self->has_pktinfo);
  self->parent.shared = shared;
  self->parent.stop = udp_stop;
  self->parent.free = udp_free;
  self->fd = fd;
  self->flush.func = flush_cb;
  self->watch = dotls_watch_new (shared->loop, fd, G_IO_IN, ready_cb, self);
  return &self->parent;
}
