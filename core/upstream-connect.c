/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/upstream-private.h"

#include "core/address.h"
#include "core/limits.h"

static void begin_round (DotlsUpstream *self);

/* --- the line of questions that wait for a connection -------------------------------------------
 */

static void
line_push (DotlsUpstream *self, DotlsExchange *exchange)
{
  exchange->connection = NULL;
  exchange->next = NULL;
  exchange->link = self->line_end;
  *self->line_end = exchange;
  self->line_end = &exchange->next;
}

static void
line_remove (DotlsUpstream *self, DotlsExchange *exchange)
{
  *exchange->link = exchange->next;
  if (exchange->next != NULL)
    exchange->next->link = exchange->link;
  else
    self->line_end = exchange->link;
  exchange->next = NULL;
  exchange->link = NULL;
}

/* Takes the whole line first: who is lost may stand in line again at once. */
static void
lose_line (DotlsUpstream *self, DotlsError reason)
{
  DotlsExchange *exchange, *last = NULL;

  for (exchange = self->line; exchange != NULL; exchange = exchange->next)
    last = exchange;
  while (last != NULL && (exchange = self->line) != NULL)
    {
      gboolean was_last = exchange == last;

      line_remove (self, exchange);
      self->events->lost (exchange, reason, self->owner);
      if (was_last)
        break;
    }
}

static gboolean
send_now (DotlsUpstream *self, DotlsExchange *exchange)
{
  if (!self->transport->send (self->connection, exchange))
    return FALSE;
  self->last_sent = exchange->began = self->loop->now;
  return TRUE;
}

static void
send_line (DotlsUpstream *self)
{
  DotlsExchange *exchange;

  while ((exchange = self->line) != NULL)
    {
      line_remove (self, exchange);
      if (send_now (self, exchange))
        continue;
      line_push (self, exchange);
      break;
    }
}

/* --- a round of attempts ------------------------------------------------------------------------
 */

static void
end_round (DotlsUpstream *self)
{
  dotls_loop_cancel_deadline (self->loop, &self->stagger);
  dotls_loop_cancel_deadline (self->loop, &self->give_up);
  self->next_address = self->spec->addresses->len;
}

static void
close_all (DotlsUpstream *self, GPtrArray *connections)
{
  while (connections->len > 0)
    self->transport->close (g_ptr_array_steal_index_fast (connections, connections->len - 1));
}

static void
fail_round (DotlsUpstream *self)
{
  g_autofree char *text = g_steal_pointer (&self->attempt_text);
  DotlsError error = self->attempt_error;

  end_round (self);
  close_all (self, self->attempts);
  self->stats.connection_failures++;
  dotls_upstream_note_failure (self, error, text);
  lose_line (self, error);
}

/* An imposter is graver than a closed door: what a round failed of is the gravest of its attempts.
 */
static guint
gravity (DotlsError error)
{
  if (dotls_error_is_authentication (error))
    return 3;
  return error == DOTLS_ERROR_UNREACHABLE ? 0 : error == DOTLS_ERROR_TIMEOUT ? 1 : 2;
}

static void
note_attempt_error (DotlsUpstream *self,
                    const DotlsAddress *address,
                    DotlsError error,
                    const char *text)
{
  g_autofree char *where = NULL;

  if (self->attempt_text != NULL && gravity (self->attempt_error) > gravity (error))
    return;
  where = dotls_address_to_string (address);
  g_free (self->attempt_text);
  self->attempt_error = error;
  self->attempt_text = g_strdup_printf ("%s: %s", where, text);
}

static void opened_cb (DotlsConnection *connection, DotlsTlsFacts *facts, gpointer data);
static void answered_cb (DotlsConnection *connection,
                         DotlsExchange *exchange,
                         guint8 *message,
                         gsize length,
                         gint64 elapsed,
                         gpointer data);
static void late_cb (DotlsConnection *connection, gint64 elapsed, gpointer data);
static void lost_cb (DotlsConnection *connection,
                     DotlsExchange *exchange,
                     DotlsError reason,
                     gpointer data);
static void closed_cb (DotlsConnection *connection,
                       DotlsError reason,
                       const char *text,
                       gpointer data);

static const DotlsConnectionEvents connection_events = {
  .opened = opened_cb,
  .answered = answered_cb,
  .late = late_cb,
  .lost = lost_cb,
  .closed = closed_cb,
};

/* The next address joins in; skips what fails at once.  FALSE where nothing is left to wait for. */
static gboolean
open_next (DotlsUpstream *self)
{
  const DotlsConnectionSetup setup = { .loop = self->loop,
                                       .tls = self->tls,
                                       .stats = &self->stats,
                                       .events = &connection_events,
                                       .owner = self,
                                       .idle_ms = self->idle_ms };
  guint n = self->spec->addresses->len;

  while (self->next_address < n)
    {
      guint index = (self->preferred_address + self->next_address++) % n;
      const DotlsAddress *address = &g_array_index (self->spec->addresses, DotlsAddress, index);
      g_autofree char *text = NULL;
      DotlsError error;
      DotlsConnection *connection = self->transport->open (&setup, address, &error, &text);

      if (connection != NULL)
        {
          g_ptr_array_add (self->attempts, connection);
          return TRUE;
        }
      note_attempt_error (self, address, error, text);
    }
  return self->attempts->len > 0;
}

/* RFC 8305 section 5. */
static void
stagger_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsUpstream *self =
      (DotlsUpstream *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsUpstream, stagger));

  if (self->attempts->len == 0)
    {
      begin_round (self);
      return;
    }
  open_next (self);
  if (self->next_address < self->spec->addresses->len)
    dotls_loop_set_deadline (self->loop, &self->stagger, stagger_cb, DOTLS_CONNECT_STAGGER);
}

static void
give_up_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsUpstream *self =
      (DotlsUpstream *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsUpstream, give_up));

  if (self->attempt_text == NULL)
    note_attempt_error (
        self, &g_array_index (self->spec->addresses, DotlsAddress, self->preferred_address),
        DOTLS_ERROR_TIMEOUT, "it does not answer");
  fail_round (self);
}

static void
begin_round (DotlsUpstream *self)
{
  self->last_attempt = self->loop->now;
  self->next_address = 0;
  self->attempt_error = DOTLS_ERROR_UNREACHABLE;
  g_clear_pointer (&self->attempt_text, g_free);
  if (!open_next (self))
    {
      fail_round (self);
      return;
    }
  dotls_loop_set_deadline (self->loop, &self->give_up, give_up_cb, DOTLS_CONNECT_TIMEOUT);
  if (self->next_address < self->spec->addresses->len)
    dotls_loop_set_deadline (self->loop, &self->stagger, stagger_cb, DOTLS_CONNECT_STAGGER);
  dotls_upstream_update_state (self);
}

/* A new round, or, where the last one failed just now, a short wait for one: so a crowd of
 * questions that nobody can answer makes two attempts a second and not thousands. */
static gboolean
ensure_connecting (DotlsUpstream *self)
{
  gint64 since_last = (self->loop->now - self->last_attempt) / 1000;

  if (self->attempts->len > 0 || self->stagger.link != NULL)
    return TRUE;
  /* Who is not who it should be will not be so in a moment. */
  if (self->failures > 0 && dotls_error_is_authentication (self->last_error)
      && self->loop->now < self->next_retry)
    return FALSE;
  if (self->failures > 0 && since_last < DOTLS_DESPAIR_INTERVAL)
    dotls_loop_set_deadline (self->loop, &self->stagger, stagger_cb,
                             DOTLS_DESPAIR_INTERVAL - since_last);
  else
    begin_round (self);
  return self->attempts->len > 0 || self->stagger.link != NULL;
}

/* --- what connections tell ----------------------------------------------------------------------
 */

static void
remember_address (DotlsUpstream *self, DotlsConnection *connection)
{
  const DotlsAddress *address = self->transport->address (connection);

  for (guint i = 0; i < self->spec->addresses->len; i++)
    if (dotls_address_equal (address, &g_array_index (self->spec->addresses, DotlsAddress, i)))
      self->preferred_address = i;
}

/* Keeps it until what is in flight has come; new questions go elsewhere. */
static void
leave_connection (DotlsUpstream *self)
{
  DotlsConnection *connection = g_steal_pointer (&self->connection);

  g_ptr_array_add (self->retired, connection);
  self->transport->retire (connection);
}

static void
opened_cb (DotlsConnection *connection, DotlsTlsFacts *facts, gpointer data)
{
  DotlsUpstream *self = data;

  g_ptr_array_remove_fast (self->attempts, connection);
  end_round (self);
  close_all (self, self->attempts);
  if (self->connection != NULL)
    leave_connection (self);
  self->connection = connection;
  remember_address (self, connection);
  dotls_tls_facts_clear (&self->facts);
  self->facts = *facts;
  *facts = (DotlsTlsFacts){ 0 };
  g_debug ("upstream %s: connected with %s, verified by %s%s", self->spec->id, self->facts.protocol,
           self->facts.verified_by, self->facts.resumed ? ", resumed" : "");
  dotls_upstream_update_state (self);
  send_line (self);
}

static void
answered_cb (DotlsConnection *connection,
             DotlsExchange *exchange,
             guint8 *message,
             gsize length,
             gint64 elapsed,
             gpointer data)
{
  DotlsUpstream *self = data;

  self->stats.answers++;
  exchange->is_open = FALSE;
  dotls_upstream_note_answer (self, elapsed);
  self->events->answered (exchange, message, length, self->owner);
}

static void
late_cb (DotlsConnection *connection, gint64 elapsed, gpointer data)
{
  DotlsUpstream *self = data;

  self->stats.answers++;
  dotls_upstream_note_answer (self, elapsed);
}

static void
lost_cb (DotlsConnection *connection, DotlsExchange *exchange, DotlsError reason, gpointer data)
{
  DotlsUpstream *self = data;

  exchange->is_open = FALSE;
  self->events->lost (exchange, reason, self->owner);
}

static void
used_closed (DotlsUpstream *self, DotlsConnection *connection, DotlsError reason, const char *text)
{
  g_autofree char *where = NULL, *sentence = NULL;

  self->connection = NULL;
  g_debug ("upstream %s: closed%s%s", self->spec->id, text != NULL ? ": " : ", idle",
           text != NULL ? text : "");
  if (reason != DOTLS_ERROR_NONE && ++self->fruitless >= DOTLS_FRUITLESS_CONNECTIONS)
    {
      where = dotls_address_to_string (self->transport->address (connection));
      sentence = g_strdup_printf ("%s: %s", where, text);
      dotls_upstream_note_failure (self, reason, sentence);
      if (self->attempts->len == 0)
        lose_line (self, reason);
    }
  dotls_upstream_update_state (self);
}

static void
attempt_closed (DotlsUpstream *self,
                DotlsConnection *connection,
                DotlsError reason,
                const char *text)
{
  note_attempt_error (self, self->transport->address (connection), reason, text);
  if (!open_next (self))
    fail_round (self);
  dotls_upstream_update_state (self);
}

static void
closed_cb (DotlsConnection *connection, DotlsError reason, const char *text, gpointer data)
{
  DotlsUpstream *self = data;

  if (connection == self->connection)
    {
      used_closed (self, connection, reason, text);
      return;
    }
  if (g_ptr_array_remove_fast (self->attempts, connection))
    attempt_closed (self, connection, reason, text);
  else
    g_ptr_array_remove_fast (self->retired, connection);
}

/* --- for the resolver ---------------------------------------------------------------------------
 */

void
dotls_upstream_connect_init (DotlsUpstream *self)
{
  self->attempts = g_ptr_array_new ();
  self->retired = g_ptr_array_new ();
  self->line_end = &self->line;
  self->next_address = self->spec->addresses->len;
}

gboolean
dotls_upstream_send (DotlsUpstream *self, DotlsExchange *exchange)
{
  if (self->connection != NULL && send_now (self, exchange))
    return TRUE;
  if (self->tls == NULL || !ensure_connecting (self))
    return FALSE;
  line_push (self, exchange);
  return TRUE;
}

void
dotls_upstream_cancel (DotlsUpstream *self, DotlsExchange *exchange)
{
  if (!exchange->is_open)
    return;
  exchange->is_open = FALSE;
  if (exchange->connection != NULL)
    self->transport->cancel (exchange->connection, exchange);
  else if (exchange->link != NULL)
    line_remove (self, exchange);
}

gboolean
dotls_upstream_note_silence (DotlsUpstream *self, DotlsExchange *exchange)
{
  exchange->is_silent = TRUE;
  self->stats.timeouts++;
  if (++self->silent >= DOTLS_SILENT_QUERIES && self->failures == 0)
    dotls_upstream_note_failure (self, DOTLS_ERROR_TIMEOUT, "it does not answer");
  if (exchange->connection != self->connection
      || !self->transport->is_silent (self->connection, exchange->began))
    return FALSE;
  leave_connection (self);
  dotls_upstream_update_state (self);
  return TRUE;
}

void
dotls_upstream_note_keepalive (DotlsUpstream *self, DotlsExchange *exchange, guint timeout)
{
  if (exchange->connection == NULL)
    return;
  self->transport->keepalive (exchange->connection, timeout);
  if (timeout != 0 || exchange->connection != self->connection)
    return;
  leave_connection (self);
  dotls_upstream_update_state (self);
}

guint
dotls_upstream_get_in_flight (DotlsUpstream *self)
{
  guint count = self->connection != NULL ? self->transport->in_flight (self->connection) : 0;

  for (guint i = 0; i < self->retired->len; i++)
    count += self->transport->in_flight (g_ptr_array_index (self->retired, i));
  for (const DotlsExchange *exchange = self->line; exchange != NULL; exchange = exchange->next)
    count++;
  return count;
}

guint
dotls_upstream_get_open_connections (DotlsUpstream *self)
{
  return self->retired->len + (self->connection != NULL);
}

void
dotls_upstream_disconnect (DotlsUpstream *self)
{
  end_round (self);
  close_all (self, self->attempts);
  close_all (self, self->retired);
  if (self->connection != NULL)
    self->transport->close (g_steal_pointer (&self->connection));
}

void
dotls_upstream_renew (DotlsUpstream *self)
{
  if (self->tls != NULL)
    dotls_tls_forget_tickets (self->tls);
  if (self->connection != NULL)
    leave_connection (self);
  self->next_retry = MIN (self->next_retry, self->loop->now);
  dotls_upstream_update_state (self);
}

void
dotls_upstream_close (DotlsUpstream *self)
{
  dotls_upstream_disconnect (self);
  self->line = NULL;
  self->line_end = &self->line;
  dotls_upstream_update_state (self);
}
