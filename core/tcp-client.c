/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/tcp-client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/spec.h"
#include "core/stream.h"
#include "core/wire.h"

struct _DotlsTcpClient
{
  GList node; /* in the list of its listener */
  DotlsTcpClients *clients;
  DotlsListeners *shared;
  int fd; /* -1: closed, and kept only for the queries that still point here */
  DotlsWatch *watch;
  DotlsFlush flush;
  DotlsDeadline deadline;
  DotlsFrames frames;
  DotlsOutbox out;
  DotlsAddress peer;
  gint64 last_used;     /* a message came or octets went; monotonic microseconds */
  gint64 message_begun; /* 0: none under way */
  guint pending;        /* queries that wait for an upstream */
  guint depth;          /* callers on the stack */
  gboolean has_ended;   /* the client sends no more */
};

static void ready_cb (GIOCondition ready, gpointer data);
static gboolean frame_cb (guint8 *message, gsize length, gpointer data);

static void
free_if_unused (DotlsTcpClient *self)
{
  if (self->fd >= 0 || self->pending > 0 || self->depth > 0)
    return;
  g_free (self);
}

static void
close_client (DotlsTcpClient *self)
{
  if (self->fd < 0)
    return;
  g_queue_unlink (&self->clients->open, &self->node);
  dotls_watch_free (self->watch);
  dotls_loop_cancel_deadline (self->shared->loop, &self->deadline);
  dotls_loop_flush_cancel (self->shared->loop, &self->flush);
  dotls_frames_clear (&self->frames);
  dotls_outbox_clear (&self->out);
  close (self->fd);
  self->fd = -1;
  self->shared->tcp_clients--;
  free_if_unused (self);
}

/* --- time ---------------------------------------------------------------------------------------
 */

static void
touch (DotlsTcpClient *self)
{
  self->last_used = self->shared->loop->now;
  g_queue_unlink (&self->clients->open, &self->node);
  g_queue_push_tail_link (&self->clients->open, &self->node);
}

static gint64
idle_at (const DotlsTcpClient *self)
{
  return self->last_used + 1000 * (gint64) self->shared->config->tcp_idle_ms;
}

static gint64
slow_at (const DotlsTcpClient *self)
{
  return self->message_begun == 0 ? G_MAXINT64
                                  : self->message_begun + 1000 * (gint64) DOTLS_TCP_MESSAGE_TIMEOUT;
}

/* Looked at when it may have come, not moved with every message. */
static void
deadline_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsTcpClient *self =
      (DotlsTcpClient *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsTcpClient, deadline));
  gint64 due;

  if (self->pending > 0 && dotls_outbox_pending (&self->out) == 0)
    self->last_used = now; /* it is we who let it wait */
  due = MIN (idle_at (self), slow_at (self));
  if (due > now)
    {
      dotls_deadlines_set (&self->shared->loop->deadlines, deadline, deadline_cb, due);
      return;
    }
  if (slow_at (self) <= now || dotls_outbox_pending (&self->out) > 0)
    self->shared->stats->tcp_slow_closed++;
  else
    self->shared->stats->tcp_idle_closed++;
  close_client (self);
}

/* A message that has begun must end soon (slow loris). */
static void
note_partial (DotlsTcpClient *self)
{
  if (!dotls_frames_is_partial (&self->frames))
    {
      self->message_begun = 0;
      return;
    }
  if (self->message_begun != 0)
    return;
  self->message_begun = self->shared->loop->now;
  dotls_deadlines_set (&self->shared->loop->deadlines, &self->deadline, deadline_cb,
                       MIN (idle_at (self), slow_at (self)));
}

/* --- out ----------------------------------------------------------------------------------------
 */

static gboolean
is_ending (const DotlsTcpClient *self)
{
  return self->has_ended || self->clients->is_stopped;
}

/* Who does not read, or asks more than it takes answers, is not listened to. */
static gboolean
has_enough (const DotlsTcpClient *self)
{
  return dotls_outbox_pending (&self->out) >= DOTLS_TCP_BACKLOG_MAX
         || self->pending >= DOTLS_TCP_PIPELINE;
}

static void
update_watch (DotlsTcpClient *self)
{
  gboolean wants_in = !is_ending (self) && !self->frames.is_paused && !has_enough (self);
  gboolean wants_out = dotls_outbox_pending (&self->out) > 0;

  dotls_watch_set (self->watch, (wants_in ? G_IO_IN : 0) | (wants_out ? G_IO_OUT : 0));
}

static void
close_if_done (DotlsTcpClient *self)
{
  if (is_ending (self) && self->pending == 0 && !self->frames.is_paused
      && dotls_outbox_pending (&self->out) == 0)
    close_client (self);
}

/* What the kernel takes.  FALSE where the client is gone. */
static gboolean
send_out (DotlsTcpClient *self)
{
  while (dotls_outbox_pending (&self->out) > 0)
    {
      ssize_t sent = send (self->fd, self->out.bytes + self->out.start,
                           dotls_outbox_pending (&self->out), MSG_NOSIGNAL | MSG_DONTWAIT);

      if (sent < 0 && errno == EINTR)
        continue;
      if (sent < 0 && errno == EAGAIN)
        break;
      if (sent < 0)
        {
          close_client (self);
          return FALSE;
        }
      dotls_outbox_consume (&self->out, sent);
      touch (self);
    }
  return TRUE;
}

/* Sends, and goes on with what waited for that. */
static void
write_out (DotlsTcpClient *self)
{
  if (!send_out (self))
    return;
  if (self->frames.is_paused && !has_enough (self)
      && !dotls_frames_feed (&self->frames, NULL, 0, frame_cb, self))
    return;
  update_watch (self);
  close_if_done (self);
}

static void
flush_cb (DotlsFlush *flush)
{
  DotlsTcpClient *self =
      (DotlsTcpClient *) ((guint8 *) flush - G_STRUCT_OFFSET (DotlsTcpClient, flush));

  self->depth++;
  write_out (self);
  self->depth--;
  free_if_unused (self);
}

static gboolean
is_overfull (const DotlsTcpClient *self, gsize size)
{
  return dotls_outbox_pending (&self->out) + size > DOTLS_TCP_UNREAD_MAX;
}

/* Room for a reply of SIZE octets, or NULL where the client is gone or reads so little that it is
 * closed. */
static guint8 *
reserve (DotlsTcpClient *self, gsize size)
{
  if (self->fd >= 0 && is_overfull (self, size) && send_out (self) && is_overfull (self, size))
    {
      self->shared->stats->tcp_slow_closed++;
      close_client (self);
    }
  return self->fd >= 0 ? dotls_outbox_reserve (&self->out, size) : NULL;
}

static guint8 *
tcp_reserve (DotlsQuery *query, gsize size)
{
  return reserve (query->origin.owner, size);
}

static void
tcp_commit (DotlsQuery *query, gsize length)
{
  DotlsTcpClient *self = query->origin.owner;

  dotls_outbox_commit (&self->out, length);
  dotls_loop_flush_later (self->shared->loop, &self->flush);
}

static void
tcp_release (DotlsQuery *query)
{
  DotlsTcpClient *self = query->origin.owner;

  self->pending--;
  if (self->fd >= 0)
    dotls_loop_flush_later (self->shared->loop, &self->flush);
  free_if_unused (self);
}

static void
tcp_accept (DotlsQuery *query)
{
  DotlsTcpClient *self = query->origin.owner;

  self->pending++;
}

static const DotlsOriginOps tcp_ops = {
  .accept = tcp_accept,
  .reserve = tcp_reserve,
  .commit = tcp_commit,
  .release = tcp_release,
};

/* --- in -----------------------------------------------------------------------------------------
 */

static gboolean
frame_cb (guint8 *message, gsize length, gpointer data)
{
  DotlsTcpClient *self = data;
  DotlsListeners *shared = self->shared;
  const DotlsOrigin origin = {
    .ops = &tcp_ops, .owner = self, .is_stream = TRUE, .peer = self->peer
  };
  gsize reply;
  guint8 *room;

  self->message_begun = 0; /* what comes after this one has only begun */
  if (length < DOTLS_HEADER_SIZE)
    {
      shared->stats->tcp_bad_frames++;
      close_client (self);
      return FALSE;
    }
  shared->stats->queries_tcp++;
  touch (self);
  memcpy (shared->loop->scratch, message, length);
  reply = shared->handle (shared->data, &origin, shared->loop->scratch, length, DOTLS_RAW_SIZE);
  room = reply > 0 ? reserve (self, reply) : NULL;
  if (room != NULL)
    {
      memcpy (room, shared->loop->scratch, reply);
      dotls_outbox_commit (&self->out, reply);
      dotls_loop_flush_later (shared->loop, &self->flush);
    }
  if (has_enough (self))
    dotls_frames_pause (&self->frames);
  return self->fd >= 0;
}

static void
read_in (DotlsTcpClient *self)
{
  guint8 *raw = self->shared->loop->raw;
  /* Little at a time: what is behind it waits in the client's own kernel. */
  ssize_t length = recv (self->fd, raw, DOTLS_RAW_SIZE / 4, MSG_DONTWAIT);

  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (length < 0)
    {
      close_client (self);
      return;
    }
  if (length == 0)
    self->has_ended = TRUE;
  else if (!dotls_frames_feed (&self->frames, raw, length, frame_cb, self))
    return;
  note_partial (self);
  update_watch (self);
  close_if_done (self);
}

static void
ready_cb (GIOCondition ready, gpointer data)
{
  DotlsTcpClient *self = data;

  self->depth++;
  if (ready & (G_IO_ERR | G_IO_HUP))
    close_client (self);
  if (self->fd >= 0 && (ready & G_IO_IN))
    read_in (self);
  if (self->fd >= 0 && (ready & G_IO_OUT))
    write_out (self);
  self->depth--;
  free_if_unused (self);
}

/* --- all of them --------------------------------------------------------------------------------
 */

static gboolean
is_loopback (const DotlsAddress *address)
{
  if (address->sa.sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK (&address->in6.sin6_addr);
  return g_ntohl (address->in.sin_addr.s_addr) >> 24 == 127;
}

static gboolean
is_same_host (const DotlsAddress *a, const DotlsAddress *b)
{
  if (a->sa.sa_family != b->sa.sa_family)
    return FALSE;
  if (a->sa.sa_family == AF_INET)
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  return memcmp (&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

static gboolean
has_its_share (DotlsTcpClients *clients, const DotlsAddress *peer)
{
  guint count = 0;

  if (is_loopback (peer))
    return FALSE;
  for (GList *l = clients->open.head; l != NULL; l = l->next)
    count += is_same_host (&((DotlsTcpClient *) l->data)->peer, peer);
  return count >= DOTLS_TCP_CLIENTS_PER_ADDRESS;
}

void
dotls_tcp_clients_add (DotlsTcpClients *clients, int fd, const DotlsAddress *peer)
{
  DotlsListeners *shared = clients->shared;
  DotlsTcpClient *self;

  if (has_its_share (clients, peer)
      || (shared->tcp_clients >= shared->config->tcp_clients_max
          && !dotls_tcp_clients_evict (clients)))
    {
      shared->stats->tcp_rejected++;
      close (fd);
      return;
    }
  self = g_new0 (DotlsTcpClient, 1);
  self->node.data = self;
  self->clients = clients;
  self->shared = shared;
  self->fd = fd;
  self->peer = *peer;
  self->flush.func = flush_cb;
  self->last_used = shared->loop->now;
  self->watch = dotls_watch_new (shared->loop, fd, G_IO_IN, ready_cb, self);
  g_queue_push_tail_link (&clients->open, &self->node);
  dotls_deadlines_set (&shared->loop->deadlines, &self->deadline, deadline_cb, idle_at (self));
  shared->tcp_clients++;
  shared->stats->tcp_accepted++;
}

gboolean
dotls_tcp_clients_evict (DotlsTcpClients *clients)
{
  for (GList *l = clients->open.head; l != NULL; l = l->next)
    {
      DotlsTcpClient *self = l->data;

      if (self->pending > 0 || dotls_outbox_pending (&self->out) > 0 || self->depth > 0)
        continue;
      self->shared->stats->tcp_idle_closed++;
      close_client (self);
      return TRUE;
    }
  return FALSE;
}

void
dotls_tcp_clients_stop (DotlsTcpClients *clients)
{
  clients->is_stopped = TRUE;
  for (GList *l = clients->open.head, *next; l != NULL; l = next)
    {
      next = l->next;
      update_watch (l->data);
      close_if_done (l->data);
    }
}

void
dotls_tcp_clients_close_all (DotlsTcpClients *clients)
{
  while (clients->open.head != NULL)
    close_client (clients->open.head->data);
}
