/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* DNS over TLS (RFC 7858): one TCP connection, GnuTLS on top, questions pipelined.  Everything that
 * comes is read into the loop's scratch memory, and GnuTLS pulls it from there: one recv() for many
 * records.  Everything that goes is gathered and leaves at the end of the batch in as few records
 * as possible. */

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/address.h"
#include "core/answer.h"
#include "core/fetch.h"
#include "core/inflight.h"
#include "core/limits.h"
#include "core/stats.h"
#include "core/stream.h"
#include "core/transport.h"

typedef enum
{
  STATE_TCP, /* connecting */
  STATE_TLS, /* shaking hands */
  STATE_READY,
  STATE_RETIRING, /* only waits for what is in flight */
  STATE_CLOSED,   /* waits for the callers on the stack to return */
} State;

struct _DotlsConnection
{
  DotlsConnectionSetup setup;
  DotlsAddress address;
  State state;
  int fd;
  DotlsWatch *watch;
  gnutls_session_t session;
  DotlsDeadline deadline; /* of the connect, then of idleness */
  DotlsFlush flush;
  DotlsOutbox out;
  DotlsFrames frames;
  DotlsInflight inflight;
  gint64 last_message; /* when one came, whatever it was */
  gint64 last_used;    /* when a question went or an answer came */
  guint idle_ms;
  guint raw_start; /* of the loop's raw memory, what GnuTLS has not pulled yet */
  guint raw_end;
  guint depth;
  gboolean is_parked;  /* nothing is expected, and nothing is polled for */
  gboolean is_blocked; /* a record waits for room in the kernel */
  gboolean has_restarted;
};

static void shake_hands (DotlsConnection *self);
static void ready_cb (GIOCondition ready, gpointer data);

static gboolean
is_usable (const DotlsConnection *self)
{
  return self->state == STATE_READY || self->state == STATE_RETIRING;
}

/* --- the bytes below TLS ------------------------------------------------------------------------
 */

static ssize_t
pull_cb (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  DotlsConnection *self = data;
  gsize length = MIN (size, self->raw_end - self->raw_start);

  if (length == 0)
    {
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    }
  memcpy (buffer, self->setup.loop->raw + self->raw_start, length);
  self->raw_start += length;
  return length;
}

static ssize_t
push_cb (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  DotlsConnection *self = data;
  ssize_t sent = send (self->fd, buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (sent < 0)
    gnutls_transport_set_errno (self->session, errno);
  else
    self->setup.stats->bytes_sent += sent;
  return sent;
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void
hang_up (DotlsConnection *self)
{
  if (self->session != NULL)
    {
      /* Best effort: the kernel has room for an alert, or the peer does without. */
      if (self->state != STATE_TCP && !self->is_blocked)
        gnutls_bye (self->session, GNUTLS_SHUT_WR);
      gnutls_deinit (self->session);
      self->session = NULL;
    }
  g_clear_pointer (&self->watch, dotls_watch_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  self->raw_start = self->raw_end = 0;
  self->is_blocked = FALSE;
}

static void
free_if_unused (DotlsConnection *self)
{
  if (self->state != STATE_CLOSED || self->depth > 0)
    return;
  dotls_frames_clear (&self->frames);
  dotls_outbox_clear (&self->out);
  dotls_inflight_clear (&self->inflight);
  g_free (self);
}

static void
dot_close (DotlsConnection *self)
{
  if (self->state == STATE_CLOSED)
    return;
  hang_up (self);
  dotls_loop_cancel_deadline (self->setup.loop, &self->deadline);
  dotls_loop_flush_cancel (self->setup.loop, &self->flush);
  self->state = STATE_CLOSED;
  free_if_unused (self);
}

/* Tells the owner, once, and closes. */
static void
fail (DotlsConnection *self, DotlsError reason, const char *text)
{
  const DotlsConnectionEvents *events = self->setup.events;
  DotlsExchange *exchange;

  if (self->state == STATE_CLOSED)
    return;
  self->depth++;
  if (is_usable (self))
    self->state = STATE_RETIRING; /* whoever asks again asks on another connection */
  while ((exchange = dotls_inflight_pop (&self->inflight)) != NULL)
    events->lost (self, exchange, reason == DOTLS_ERROR_NONE ? DOTLS_ERROR_CLOSED : reason,
                  self->setup.owner);
  if (self->state != STATE_CLOSED)
    {
      events->closed (self, reason, text, self->setup.owner);
      dot_close (self);
    }
  self->depth--;
  free_if_unused (self);
}

/* A close with nothing in flight is how connections end, not a failure (RFC 7766 section 6.2.4);
 * also where a question was about to leave. */
static void
ended_by_peer (DotlsConnection *self, const char *how)
{
  g_autofree char *text = NULL;

  if (is_usable (self) && (self->inflight.waited == 0 || self->is_parked))
    {
      self->setup.stats->closed_idle++;
      fail (self, DOTLS_ERROR_NONE, NULL);
      return;
    }
  if (is_usable (self))
    self->setup.stats->closed_busy++;
  text = g_strdup_printf ("%s %s", how,
                          is_usable (self)           ? "with queries in flight"
                          : self->state == STATE_TLS ? "during the TLS handshake"
                                                     : "while connecting");
  fail (self, DOTLS_ERROR_CLOSED, text);
}

static void
fail_tls (DotlsConnection *self, int code)
{
  g_autofree char *text = NULL;
  DotlsError error = dotls_tls_explain (self->session, code, &text);

  fail (self, error, text);
}

/* --- idleness -----------------------------------------------------------------------------------
 */

static void idle_cb (DotlsDeadline *deadline, gint64 now);

/* Looked at when it may have come, not moved with every question. */
static void
watch_idleness (DotlsConnection *self)
{
  dotls_deadlines_set (&self->setup.loop->deadlines, &self->deadline, idle_cb,
                       self->last_used + 1000 * (gint64) self->idle_ms);
}

static void
idle_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsConnection *self =
      (DotlsConnection *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsConnection, deadline));

  if (self->inflight.waited > 0)
    self->last_used = now;
  if (self->last_used + 1000 * (gint64) self->idle_ms > now)
    {
      watch_idleness (self);
      return;
    }
  self->setup.stats->closed_idle++;
  fail (self, DOTLS_ERROR_NONE, NULL);
}

static void
dot_keepalive (DotlsConnection *self, guint timeout)
{
  guint limit = timeout * 100;

  if (!is_usable (self))
    return;
  if (timeout == 0)
    {
      self->state = STATE_RETIRING;
      return;
    }
  /* A little before the server, or a question may meet its close halfway. */
  limit = MIN (limit > 400 ? limit - 200 : limit / 2, self->setup.idle_ms);
  if (limit == self->idle_ms)
    return;
  self->idle_ms = limit;
  watch_idleness (self);
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void
close_if_done (DotlsConnection *self)
{
  if (self->state == STATE_RETIRING && self->inflight.waited == 0)
    {
      self->setup.stats->closed_idle++;
      fail (self, DOTLS_ERROR_NONE, NULL);
    }
}

/* Id and question must both be the ones we sent (RFC 7766 section 7, RFC 5452 section 9.1). */
static gboolean
frame_cb (guint8 *message, gsize length, gpointer data)
{
  DotlsConnection *self = data;
  const DotlsConnectionEvents *events = self->setup.events;
  DotlsInflightSlot *slot;
  DotlsExchange *exchange;
  gint64 elapsed;
  gboolean is_bare;

  self->last_message = self->setup.loop->now;
  if (length < DOTLS_HEADER_SIZE)
    {
      self->setup.stats->answers_malformed++;
      fail (self, DOTLS_ERROR_PROTOCOL, "it sent a message too short for a DNS header");
      return FALSE;
    }
  slot = dotls_inflight_find (&self->inflight, dotls_read_u16 (message));
  if (slot == NULL)
    {
      self->setup.stats->answers_unknown_id++;
      return TRUE;
    }
  exchange = slot->exchange;
  elapsed = self->setup.loop->now - slot->sent;
  self->last_used = self->setup.loop->now;
  if (exchange != NULL && !dotls_answer_matches (message, length, &exchange->fetch->key, &is_bare)
      && !is_bare)
    {
      self->setup.stats->answers_wrong_question++;
      dotls_inflight_orphan (&self->inflight, slot->id);
      events->lost (self, exchange, DOTLS_ERROR_PROTOCOL, self->setup.owner);
      return self->state != STATE_CLOSED;
    }
  dotls_inflight_remove (&self->inflight, slot);
  if (exchange != NULL)
    events->answered (self, exchange, message, length, elapsed, self->setup.owner);
  else
    events->late (self, elapsed, self->setup.owner);
  return self->state != STATE_CLOSED;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* Decrypts all that has come.  FALSE when the connection is gone. */
static gboolean
read_records (DotlsConnection *self)
{
  DotlsLoop *loop = self->setup.loop;

  while (is_usable (self))
    {
      ssize_t length = gnutls_record_recv (self->session, loop->plain, DOTLS_RAW_SIZE);

      if (length > 0)
        {
          if (!dotls_frames_feed (&self->frames, loop->plain, length, frame_cb, self))
            return FALSE;
        }
      else if (length == 0)
        ended_by_peer (self, "it closed the connection");
      else if (length == GNUTLS_E_AGAIN && self->raw_start == self->raw_end)
        return TRUE;
      else if (length == GNUTLS_E_REHANDSHAKE || length == GNUTLS_E_REAUTH_REQUEST
               || gnutls_error_is_fatal (length))
        fail_tls (self, length);
    }
  return FALSE;
}

static gboolean
consume_raw (DotlsConnection *self)
{
  if (self->state == STATE_TLS)
    shake_hands (self);
  if (!is_usable (self))
    return self->state == STATE_TLS;
  if (!read_records (self))
    return FALSE;
  close_if_done (self);
  return self->state != STATE_CLOSED;
}

static void
read_socket (DotlsConnection *self)
{
  DotlsLoop *loop = self->setup.loop;

  for (guint i = 0; i < DOTLS_READS_PER_WAKE; i++)
    {
      ssize_t length = recv (self->fd, loop->raw, DOTLS_RAW_SIZE, MSG_DONTWAIT);

      if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
      if (length <= 0)
        {
          ended_by_peer (self,
                         length == 0 ? "it closed the connection" : "it reset the connection");
          return;
        }
      self->setup.stats->bytes_received += length;
      self->raw_start = 0;
      self->raw_end = length;
      if (!consume_raw (self) || length < DOTLS_RAW_SIZE)
        return;
    }
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void
update_watch (DotlsConnection *self)
{
  gboolean wants_out = self->state == STATE_TCP || self->is_blocked
                       || (self->state == STATE_TLS && gnutls_record_get_direction (self->session));

  self->is_parked = FALSE;
  dotls_watch_set (self->watch,
                   (self->state == STATE_TCP ? 0 : G_IO_IN) | (wants_out ? G_IO_OUT : 0));
}

/* Many questions in one record; GnuTLS remembers a record that the kernel did not take. */
static void
write_records (DotlsConnection *self)
{
  while (dotls_outbox_pending (&self->out) > 0)
    {
      gsize size = MIN (dotls_outbox_pending (&self->out), DOTLS_TLS_RECORD_MAX);
      const guint8 *bytes = self->out.bytes + self->out.start;
      ssize_t sent = gnutls_record_send (self->session, self->is_blocked ? NULL : bytes,
                                         self->is_blocked ? 0 : size);

      self->is_blocked = sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED;
      if (self->is_blocked)
        break;
      if (sent < 0)
        {
          ended_by_peer (self, "it reset the connection");
          return;
        }
      dotls_outbox_consume (&self->out, sent);
    }
  update_watch (self);
}

/* --- rest ---------------------------------------------------------------------------------------
 */

/* With nothing in flight nothing is polled for: the server's idle close and its tickets wait in the
 * kernel for the next question, and an idle machine sleeps. */
static void
park (DotlsConnection *self)
{
  if (!is_usable (self) || self->is_parked || self->is_blocked || self->inflight.used > 0
      || dotls_outbox_pending (&self->out) > 0)
    return;
  self->is_parked = TRUE;
  dotls_watch_set (self->watch, 0);
}

/* What came meanwhile is read first.  Only at the end of the batch: the loop's memory may hold what
 * has woken it. */
static void
unpark (DotlsConnection *self)
{
  read_socket (self);
  if (is_usable (self))
    update_watch (self);
}

static void
flush_cb (DotlsFlush *flush)
{
  DotlsConnection *self =
      (DotlsConnection *) ((guint8 *) flush - G_STRUCT_OFFSET (DotlsConnection, flush));

  self->depth++;
  if (self->is_parked)
    unpark (self);
  if (is_usable (self) && !self->is_blocked)
    write_records (self);
  self->depth--;
  free_if_unused (self);
}

/* --- connecting ---------------------------------------------------------------------------------
 */

static void
connect_timeout_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsConnection *self =
      (DotlsConnection *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsConnection, deadline));

  fail (self, DOTLS_ERROR_TIMEOUT,
        self->state == STATE_TCP ? "it does not accept the connection"
                                 : "it does not finish the TLS handshake");
}

static DotlsError
start_tcp (DotlsConnection *self, char **ret_text)
{
  int one = 1, user_timeout = DOTLS_TCP_USER_TIMEOUT;

  self->state = STATE_TCP;
  self->fd = socket (self->address.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0
      || (connect (self->fd, &self->address.sa, dotls_address_length (&self->address)) != 0
          && errno != EINPROGRESS))
    {
      *ret_text = g_strdup_printf ("it cannot be reached: %s", g_strerror (errno));
      return DOTLS_ERROR_UNREACHABLE;
    }
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt (self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout);
  self->watch = dotls_watch_new (self->setup.loop, self->fd, G_IO_OUT, ready_cb, self);
  return DOTLS_ERROR_NONE;
}

static void
start_tls (DotlsConnection *self)
{
  g_autoptr (GError) error = NULL;

  self->session = dotls_tls_session_new (self->setup.tls, &error);
  if (self->session == NULL)
    {
      fail (self, error->code, error->message);
      return;
    }
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_push_function (self->session, push_cb);
  self->state = STATE_TLS;
  shake_hands (self);
}

static void
tcp_connected (DotlsConnection *self)
{
  int code = 0;
  socklen_t size = sizeof code;

  getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0)
    {
      g_autofree char *text = g_strdup_printf ("it cannot be reached: %s", g_strerror (code));

      fail (self, DOTLS_ERROR_UNREACHABLE, text);
      return;
    }
  start_tls (self);
}

/* A ticket that leads to what can't be verified any more is worth one full handshake. */
static void
restart (DotlsConnection *self)
{
  g_autofree char *text = NULL;
  DotlsError error;

  self->has_restarted = TRUE;
  hang_up (self);
  error = start_tcp (self, &text);
  if (error != DOTLS_ERROR_NONE)
    fail (self, error, text);
}

/* The handshake is done; before a single octet of a question leaves, the peer is who it should be.
 */
static void
authenticate (DotlsConnection *self)
{
  g_autofree char *text = NULL;
  DotlsTlsFacts facts = { 0 };
  DotlsError error =
      dotls_tls_verify (self->setup.tls, self->session, &self->address, &facts, &text);

  if (error != DOTLS_ERROR_NONE)
    {
      dotls_tls_facts_clear (&facts);
      gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
      if (error == DOTLS_ERROR_CLOSED && !self->has_restarted)
        restart (self);
      else
        fail (self, error, text);
      return;
    }
  self->setup.stats->connections++;
  if (facts.resumed)
    self->setup.stats->handshakes_resumed++;
  else
    self->setup.stats->handshakes_full++;
  self->state = STATE_READY;
  self->last_used = self->setup.loop->now;
  watch_idleness (self);
  update_watch (self);
  self->setup.events->opened (self, &facts, self->setup.owner);
  dotls_tls_facts_clear (&facts);
}

static void
shake_hands (DotlsConnection *self)
{
  int code;

  /* All that has come must be taken now: the loop's memory serves others next. */
  do
    code = gnutls_handshake (self->session);
  while (code < 0 && !gnutls_error_is_fatal (code)
         && (code != GNUTLS_E_AGAIN
             || (self->raw_start < self->raw_end && !gnutls_record_get_direction (self->session))));
  if (code == 0)
    authenticate (self);
  else if (code == GNUTLS_E_AGAIN)
    update_watch (self);
  else
    {
      gnutls_alert_send_appropriate (self->session, code);
      fail_tls (self, code);
    }
}

static void
ready_cb (GIOCondition ready, gpointer data)
{
  DotlsConnection *self = data;

  self->depth++;
  if (self->state == STATE_TCP)
    tcp_connected (self);
  else if (ready & (G_IO_IN | G_IO_ERR | G_IO_HUP))
    read_socket (self);
  if ((ready & G_IO_OUT) && self->state == STATE_TLS)
    shake_hands (self);
  if ((ready & G_IO_OUT) && is_usable (self))
    write_records (self);
  park (self);
  self->depth--;
  free_if_unused (self);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static DotlsConnection *
dot_open (const DotlsConnectionSetup *setup,
          const DotlsAddress *address,
          DotlsError *ret_error,
          char **ret_text)
{
  DotlsConnection *self = g_new0 (DotlsConnection, 1);

  self->setup = *setup;
  self->address = *address;
  self->flush.func = flush_cb;
  self->idle_ms = setup->idle_ms;
  *ret_error = start_tcp (self, ret_text);
  if (*ret_error != DOTLS_ERROR_NONE)
    {
      dot_close (self);
      return NULL;
    }
  dotls_loop_set_deadline (setup->loop, &self->deadline, connect_timeout_cb, DOTLS_CONNECT_TIMEOUT);
  return self;
}

static gboolean
dot_send (DotlsConnection *self, DotlsExchange *exchange)
{
  guint8 *room;

  if (self->state != STATE_READY || dotls_outbox_pending (&self->out) > DOTLS_UPSTREAM_BACKLOG_MAX
      || !dotls_inflight_add (&self->inflight, self->setup.loop, exchange, &exchange->id))
    return FALSE;
  room = dotls_outbox_reserve (&self->out, DOTLS_BUILT_QUERY_MAX);
  dotls_outbox_commit (&self->out,
                       dotls_wire_build_query (room, exchange->id, &exchange->fetch->key));
  exchange->connection = self;
  self->last_used = self->setup.loop->now;
  self->setup.stats->queries++;
  dotls_loop_flush_later (self->setup.loop, &self->flush);
  return TRUE;
}

static void
dot_cancel (DotlsConnection *self, DotlsExchange *exchange)
{
  dotls_inflight_orphan (&self->inflight, exchange->id);
  if (self->state == STATE_READY && self->inflight.used - self->inflight.waited > DOTLS_ORPHANS_MAX)
    self->state = STATE_RETIRING;
}

static void
dot_retire (DotlsConnection *self)
{
  if (self->state == STATE_READY)
    self->state = STATE_RETIRING;
  if (self->state == STATE_RETIRING && self->depth == 0)
    close_if_done (self);
}

static guint
dot_in_flight (DotlsConnection *self)
{
  return self->inflight.waited;
}

static gboolean
dot_is_silent (DotlsConnection *self, gint64 since)
{
  return self->last_message < since;
}

static const DotlsAddress *
dot_address (DotlsConnection *self)
{
  return &self->address;
}

const DotlsTransport dotls_transport_dot = {
  .name = "dot",
  .default_port = 853,
  .open = dot_open,
  .send = dot_send,
  .cancel = dot_cancel,
  .retire = dot_retire,
  .close = dot_close,
  .keepalive = dot_keepalive,
  .in_flight = dot_in_flight,
  .is_silent = dot_is_silent,
  .address = dot_address,
};
