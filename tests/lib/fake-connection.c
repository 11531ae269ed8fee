/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/fake-private.h"

#define BANNER "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"

typedef enum
{
  STATE_HANDSHAKE,
  STATE_OPEN,
  STATE_RAW,     /* no TLS: stalls or speaks plainly */
  STATE_CLOSING, /* said goodbye, reads until the peer does */
} State;

struct _FakeConnection
{
  FakeDot *fake;
  FakeTrace *trace;
  FakeSettings settings;
  State state;
  int fd;
  GSource *source;
  gpointer fd_tag;
  gnutls_session_t session;
  GByteArray *in;  /* plain bytes, not yet whole frames */
  GByteArray *out; /* for the wire */
  GPtrArray *held; /* GByteArray: framed answers that wait for their batch */
  GPtrArray *timers;
  GSource *pace, *idle;
  guint pace_ms;
  FakeClose ending; /* once everything is written */
  gboolean is_over;
};

static void settle (FakeConnection *self);

/* --- the wire --------------------------------------------------------------------------------- */

static void
note_opening (FakeConnection *self, const guint8 *bytes, gsize length)
{
  GByteArray *opening = self->trace->opening;
  guint before = opening->len;

  fake_dot_lock (self->fake);
  if (opening->len < FAKE_OPENING_MAX)
    g_byte_array_append (opening, bytes, MIN (length, FAKE_OPENING_MAX - opening->len));
  /* a handshake record (RFC 8446 section 5.1) whose message is a ClientHello */
  if (before < 6 && opening->len >= 6)
    {
      const guint8 *data = opening->data;

      self->trace->peer.has_hello = data[0] == 22 && data[1] == 3 && data[5] == 1;
      if (!self->trace->peer.has_hello)
        self->fake->counters[FAKE_STRAYS]++;
    }
  fake_dot_unlock (self->fake);
}

static ssize_t
read_wire (FakeConnection *self, void *buffer, size_t size)
{
  ssize_t n = recv (self->fd, buffer, size, MSG_DONTWAIT);

  if (n > 0)
    note_opening (self, buffer, n);
  if (n < 0 && errno == ECONNRESET)
    {
      fake_dot_lock (self->fake);
      self->trace->peer.is_reset = TRUE;
      fake_dot_unlock (self->fake);
    }
  return n;
}

static ssize_t
pull_cb (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  FakeConnection *self = data;
  ssize_t n = read_wire (self, buffer, size);

  if (n < 0)
    gnutls_transport_set_errno (self->session, errno);
  return n;
}

static ssize_t
push_cb (gnutls_transport_ptr_t data, const void *bytes, size_t size)
{
  FakeConnection *self = data;

  g_byte_array_append (self->out, bytes, size);
  return size;
}

/* Returns FALSE once the kernel takes no more. */
static gboolean
write_some (FakeConnection *self, gsize length)
{
  ssize_t n = send (self->fd, self->out->data, length, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n > 0)
    g_byte_array_remove_range (self->out, 0, n);
  else if (errno != EAGAIN && errno != EINTR)
    {
      g_byte_array_set_size (self->out, 0);
      self->is_over = TRUE;
    }
  return n > 0;
}

static gboolean
pace_cb (gpointer data)
{
  FakeConnection *self = data;

  if (self->out->len > 0)
    write_some (self, 1);
  if (self->out->len == 0)
    {
      g_clear_pointer (&self->pace, g_source_unref);
      settle (self);
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static GSource *
start_timer (FakeConnection *self, guint ms, GSourceFunc function, gpointer data)
{
  GSource *timer = g_timeout_source_new (ms);

  g_source_set_callback (timer, function, data, NULL);
  g_source_attach (timer, self->fake->context);
  return timer;
}

static void
flush (FakeConnection *self)
{
  if (self->out->len == 0)
    return;
  if (self->pace_ms != 0)
    {
      if (self->pace == NULL)
        self->pace = start_timer (self, self->pace_ms, pace_cb, self);
      return;
    }
  while (self->out->len > 0 && write_some (self, self->settings.split_writes ? 1 : self->out->len))
    ;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
finish (FakeConnection *self)
{
  static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

  switch (self->ending)
    {
    case FAKE_CLOSE_RESET:
    case FAKE_CLOSE_HALF_RESET:
      setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      self->is_over = TRUE;
      break;
    case FAKE_CLOSE_NOTIFY_ONLY:
      self->state = STATE_CLOSING;
      break;
    default:
      shutdown (self->fd, SHUT_WR);
      self->state = STATE_CLOSING;
      break;
    }
  self->ending = FAKE_CLOSE_NEVER;
}

void
fake_connection_close (FakeConnection *self, FakeClose how)
{
  if (self->state == STATE_OPEN && (how == FAKE_CLOSE_NOTIFY || how == FAKE_CLOSE_NOTIFY_ONLY))
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
  self->ending = how;
  settle (self);
}

/* Frees SELF where it is over. */
static void
settle (FakeConnection *self)
{
  GIOCondition wanted = self->settings.is_deaf ? 0 : G_IO_IN;

  flush (self);
  if (self->out->len == 0 && self->ending != FAKE_CLOSE_NEVER)
    finish (self);
  if (self->is_over)
    {
      fake_dot_forget_connection (self->fake, self);
      return;
    }
  if (self->out->len > 0 && self->pace == NULL)
    wanted |= G_IO_OUT;
  g_source_modify_unix_fd (self->source, self->fd_tag, wanted);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void
send_plain (FakeConnection *self, const guint8 *bytes, gsize length)
{
  gsize step = self->settings.split != 0 ? self->settings.split : length;

  if (self->session == NULL)
    g_byte_array_append (self->out, bytes, length);
  else
    for (gsize sent = 0; sent < length;)
      {
        ssize_t n = gnutls_record_send (self->session, bytes + sent, MIN (step, length - sent));

        g_assert_cmpint (n, >, 0);
        sent += n;
      }
}

static gboolean
is_half (FakeClose how)
{
  return how == FAKE_CLOSE_HALF_FIN || how == FAKE_CLOSE_HALF_RESET;
}

static void
close_if_due (FakeConnection *self)
{
  const FakeSettings *settings = &self->settings;

  if (settings->close != FAKE_CLOSE_NEVER && !settings->closes_unanswered
      && !is_half (settings->close) && self->trace->peer.answers >= settings->close_after_answers)
    {
      if (settings->close == FAKE_CLOSE_NOTIFY || settings->close == FAKE_CLOSE_NOTIFY_ONLY)
        gnutls_bye (self->session, GNUTLS_SHUT_WR);
      self->ending = settings->close;
    }
}

static void
note_answer (FakeConnection *self)
{
  fake_dot_lock (self->fake);
  self->trace->peer.answers++;
  self->fake->counters[FAKE_ANSWERS]++;
  fake_dot_unlock (self->fake);
}

static void
send_answer (FakeConnection *self, const GByteArray *frames)
{
  const FakeSettings *settings = &self->settings;

  if (self->state == STATE_CLOSING || self->ending != FAKE_CLOSE_NEVER)
    return;
  if (is_half (settings->close) && self->trace->peer.answers >= settings->close_after_answers)
    {
      send_plain (self, frames->data, frames->len / 2);
      self->ending = settings->close;
      return;
    }
  send_plain (self, frames->data, frames->len);
  note_answer (self);
  close_if_due (self);
}

static void
send_coalesced (FakeConnection *self)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (guint i = 0; i < self->held->len; i++)
    {
      GByteArray *frames = self->held->pdata[i];

      g_byte_array_append (all, frames->data, frames->len);
      note_answer (self);
    }
  send_plain (self, all->data, all->len);
  close_if_due (self);
}

static void
send_batch (FakeConnection *self)
{
  guint n = self->held->len;

  if (self->settings.coalesces)
    send_coalesced (self);
  else
    for (guint i = 0; i < n; i++)
      send_answer (self, self->held->pdata[self->settings.reverses ? n - 1 - i : i]);
  g_ptr_array_set_size (self->held, 0);
}

static void
deliver (FakeConnection *self, GByteArray *frames)
{
  g_ptr_array_add (self->held, g_byte_array_ref (frames));
  if (self->held->len >= self->settings.batch)
    send_batch (self);
}

typedef struct
{
  FakeConnection *connection;
  GByteArray *frames;
  GSource *timer; /* owned by the connection */
} Delayed;

static void
free_delayed (gpointer data)
{
  Delayed *delayed = data;

  g_byte_array_unref (delayed->frames);
  g_free (delayed);
}

static gboolean
delayed_cb (gpointer data)
{
  Delayed *delayed = data;
  FakeConnection *self = delayed->connection;
  g_autoptr (GByteArray) frames = g_byte_array_ref (delayed->frames);

  g_ptr_array_remove_fast (self->timers, delayed->timer); /* frees DELAYED after this returns */
  deliver (self, frames);
  settle (self);
  return G_SOURCE_REMOVE;
}

static void
delay (FakeConnection *self, guint ms, GByteArray *frames)
{
  Delayed *delayed = g_new (Delayed, 1);

  *delayed = (Delayed){ self, g_byte_array_ref (frames), g_timeout_source_new (ms) };
  g_source_set_callback (delayed->timer, delayed_cb, delayed, free_delayed);
  g_source_attach (delayed->timer, self->fake->context);
  g_ptr_array_add (self->timers, delayed->timer);
}

/* What goes along in the TLS stream without being data. */
static void
send_noise (FakeConnection *self, const FakeReply *reply)
{
  if (self->session == NULL)
    return;
  for (guint i = 0; i < reply->empty_records; i++)
    gnutls_record_send (self->session, "", 0);
  for (guint i = 0; i < reply->key_updates; i++)
    gnutls_session_key_update (self->session, 0);
}

static void
answer (FakeConnection *self, const FakeQuery *query)
{
  FakeReply reply;

  fake_reply_init (&reply, self->fake, query);
  if (!reply.is_silent)
    {
      send_noise (self, &reply);
      if (reply.delay_ms != 0)
        delay (self, reply.delay_ms, reply.frames);
      else
        deliver (self, reply.frames);
    }
  fake_reply_clear (&reply);
}

/* --- queries ---------------------------------------------------------------------------------- */

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean idle_cb (gpointer data);

static void
restart_idle (FakeConnection *self)
{
  clear_source (&self->idle);
  if (self->settings.idle_ms != 0)
    self->idle = start_timer (self, self->settings.idle_ms, idle_cb, self);
}

/* Says goodbye; who does not answer that, or never shook hands, is dropped the next time. */
static gboolean
idle_cb (gpointer data)
{
  FakeConnection *self = data;
  gboolean is_polite = self->state == STATE_OPEN;

  restart_idle (self);
  if (is_polite)
    {
      fake_connection_close (self, FAKE_CLOSE_NOTIFY);
      return G_SOURCE_REMOVE;
    }
  self->is_over = TRUE;
  settle (self);
  return G_SOURCE_REMOVE;
}

/* Writes QUERY down; returns whether it is kept, otherwise the caller frees it. */
static gboolean
note_query (FakeConnection *self, FakeQuery *query)
{
  FakeDot *fake = self->fake;
  gboolean is_kept;

  fake_dot_lock (fake);
  self->trace->peer.queries++;
  fake->counters[FAKE_QUERIES]++;
  query->connection = self->trace->peer.number;
  query->record = fake->counters[FAKE_RECORDS];
  is_kept = fake->queries->len < fake->record_max;
  if (is_kept)
    g_ptr_array_add (fake->queries, query);
  fake_dot_unlock (fake);
  return is_kept;
}

static void
take_frame (FakeConnection *self, const guint8 *bytes, gsize length)
{
  const FakeSettings *settings = &self->settings;
  FakeQuery *query = fake_query_parse (bytes, length);
  gboolean is_kept;

  if (query == NULL)
    {
      fake_dot_count (self->fake, FAKE_MALFORMED);
      return;
    }
  is_kept = note_query (self, query);
  if (!settings->closes_unanswered)
    answer (self, query);
  else if (self->trace->peer.queries >= settings->close_after_queries)
    {
      if (settings->close == FAKE_CLOSE_NOTIFY)
        gnutls_bye (self->session, GNUTLS_SHUT_WR);
      self->ending = settings->close;
    }
  if (!is_kept)
    fake_query_free (query);
}

static void
take_frames (FakeConnection *self)
{
  GByteArray *in = self->in;
  gsize at = 0;

  while (in->len >= at + 2 && self->ending == FAKE_CLOSE_NEVER)
    {
      gsize length = in->data[at] << 8 | in->data[at + 1];

      if (in->len < at + 2 + length)
        break;
      take_frame (self, in->data + at + 2, length);
      at += 2 + length;
    }
  if (at > 0)
    g_byte_array_remove_range (in, 0, at);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void
read_raw (FakeConnection *self)
{
  guint8 buffer[4096];
  ssize_t n;

  while ((n = read_wire (self, buffer, sizeof buffer)) > 0)
    if (self->state == STATE_RAW && self->settings.has_banner)
      g_byte_array_append (self->out, (const guint8 *) BANNER, strlen (BANNER));
    else if (self->state == STATE_RAW && self->settings.is_plain)
      {
        g_byte_array_append (self->in, buffer, n);
        take_frames (self);
      }
  if (n == 0 || errno != EAGAIN)
    self->is_over = TRUE;
}

static void
start_talking (FakeConnection *self)
{
  FakePeer *peer = &self->trace->peer;

  self->state = STATE_OPEN;
  self->pace_ms = self->settings.pace_ms;
  fake_dot_lock (self->fake);
  peer->has_handshake = TRUE;
  peer->is_resumed = gnutls_session_is_resumed (self->session);
  self->fake->counters[FAKE_HANDSHAKES]++;
  self->fake->counters[FAKE_RESUMED] += peer->is_resumed;
  fake_dot_unlock (self->fake);
  for (int i = 0; i < self->settings.tickets; i++)
    g_assert_cmpint (gnutls_session_ticket_send (self->session, 1, 0), ==, 0);
  if (!self->settings.closes_unanswered)
    close_if_due (self);
  restart_idle (self);
}

static void
note_alert (FakeConnection *self, int code)
{
  fake_dot_lock (self->fake);
  if (code == 0)
    self->trace->peer.has_close_notify = TRUE;
  else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
    self->trace->peer.alert = gnutls_alert_get (self->session);
  fake_dot_unlock (self->fake);
}

static void
shake_hands (FakeConnection *self)
{
  int code;

  do
    code = gnutls_handshake (self->session);
  while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal (code));
  if (code == 0)
    start_talking (self);
  else if (code != GNUTLS_E_AGAIN)
    {
      note_alert (self, code);
      if (code != GNUTLS_E_FATAL_ALERT_RECEIVED)
        gnutls_alert_send_appropriate (self->session, code);
      self->ending = FAKE_CLOSE_FIN;
    }
}

static void
read_records (FakeConnection *self)
{
  guint8 buffer[16384];

  while (self->state == STATE_OPEN && self->ending == FAKE_CLOSE_NEVER)
    {
      ssize_t n = gnutls_record_recv (self->session, buffer, sizeof buffer);

      if (n > 0)
        {
          fake_dot_count (self->fake, FAKE_RECORDS);
          g_byte_array_append (self->in, buffer, n);
          restart_idle (self);
          take_frames (self);
        }
      else if (n == GNUTLS_E_AGAIN)
        return;
      else if (n == 0 || gnutls_error_is_fatal (n))
        {
          note_alert (self, n);
          self->is_over = TRUE;
          return;
        }
    }
}

static gboolean
dispatch_cb (GSource *source, GSourceFunc callback, gpointer data)
{
  FakeConnection *self = data;
  GIOCondition condition = g_source_query_unix_fd (source, self->fd_tag);

  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
    {
      if (self->state == STATE_HANDSHAKE)
        shake_hands (self);
      /* the first queries may have come along with the last flight */
      if (self->state == STATE_OPEN)
        read_records (self);
      else if (self->state == STATE_RAW || self->state == STATE_CLOSING)
        read_raw (self);
    }
  settle (self);
  return G_SOURCE_CONTINUE;
}

/* --- life ------------------------------------------------------------------------------------- */

static GSourceFuncs source_funcs = { .dispatch = dispatch_cb };

static void
destroy_timer (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

FakeConnection *
fake_connection_new (FakeDot *fake, int fd, FakeTrace *trace, FakeSettings *settings)
{
  FakeConnection *self = g_new0 (FakeConnection, 1);
  static const int one = 1;

  self->fake = fake;
  self->trace = trace;
  self->fd = fd;
  self->settings = *settings;
  self->pace_ms = settings->handshake_pace_ms;
  self->in = g_byte_array_new ();
  self->out = g_byte_array_new ();
  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  self->timers = g_ptr_array_new_with_free_func (destroy_timer);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  self->state = settings->stalls ? STATE_RAW : STATE_HANDSHAKE;
  if (!settings->stalls)
    {
      self->session = fake_tls_new (fake, trace, settings);
      gnutls_transport_set_ptr (self->session, self);
      gnutls_transport_set_pull_function (self->session, pull_cb);
      gnutls_transport_set_push_function (self->session, push_cb);
    }
  self->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_set_callback (self->source, NULL, self, NULL);
  self->fd_tag = g_source_add_unix_fd (self->source, fd, settings->is_deaf ? 0 : G_IO_IN);
  g_source_attach (self->source, fake->context);
  restart_idle (self);
  return self;
}

static void
note_end (FakeConnection *self)
{
  FakeDot *fake = self->fake;

  fake_dot_lock (fake);
  self->trace->peer.is_closed = TRUE;
  fake->counters[FAKE_CLOSED]++;
  fake->counters[FAKE_HANDSHAKE_FAILURES] += !self->trace->peer.has_handshake;
  fake_dot_unlock (fake);
}

void
fake_connection_free (FakeConnection *self)
{
  clear_source (&self->pace);
  clear_source (&self->idle);
  clear_source (&self->source);
  g_ptr_array_unref (self->timers);
  g_ptr_array_unref (self->held);
  g_byte_array_unref (self->in);
  g_byte_array_unref (self->out);
  if (self->session != NULL)
    gnutls_deinit (self->session);
  close (self->fd);
  fake_settings_clear (&self->settings);
  note_end (self);
  g_free (self);
}
