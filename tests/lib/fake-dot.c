/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/fake-private.h"
#include "tests/lib/loopback.h"

/* --- bookkeeping ------------------------------------------------------------------------------ */

void
fake_dot_lock (FakeDot *self)
{
  g_mutex_lock (&self->lock);
}

void
fake_dot_unlock (FakeDot *self)
{
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
fake_dot_count (FakeDot *self, FakeCounter counter)
{
  fake_dot_lock (self);
  self->counters[counter]++;
  fake_dot_unlock (self);
}

static void
free_trace (gpointer data)
{
  FakeTrace *trace = data;

  g_free (trace->sni);
  g_free (trace->alpn);
  g_free (trace->wrong_alpn);
  g_byte_array_unref (trace->opening);
  g_free (trace);
}

void
fake_dot_forget_connection (FakeDot *self, FakeConnection *connection)
{
  g_ptr_array_remove_fast (self->connections, connection);
}

/* --- accepting -------------------------------------------------------------------------------- */

/* Writes a new connection down and asks the script how it is to behave. */
static FakeTrace *
new_trace (FakeDot *self, FakeSettings *settings)
{
  FakeTrace *trace = g_new0 (FakeTrace, 1);

  trace->fake = self;
  trace->opening = g_byte_array_new ();
  trace->peer.alert = -1;
  fake_settings_init (settings);
  fake_dot_lock (self);
  g_ptr_array_add (self->traces, trace);
  trace->peer.number = self->traces->len;
  self->counters[FAKE_CONNECTIONS]++;
  fake_script_set (self->script, trace->peer.number, settings);
  fake_dot_unlock (self);
  return trace;
}

static void
take_connection (FakeDot *self, int fd)
{
  FakeSettings settings;
  FakeTrace *trace = new_trace (self, &settings);

  g_ptr_array_add (self->connections, fake_connection_new (self, fd, trace, &settings));
}

static gboolean
accept_cb (int fd, GIOCondition condition, gpointer data)
{
  FakeDot *self = data;
  int accepted;

  while ((accepted = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
    if (self->connections->len < self->connections_max)
      take_connection (self, accepted);
    else
      close (accepted);
  return G_SOURCE_CONTINUE;
}

static void
watch (FakeDot *self, FakeSocket *sock)
{
  sock->source = g_unix_fd_source_new (sock->fd, G_IO_IN);
  g_source_set_callback (sock->source, G_SOURCE_FUNC (accept_cb), self, NULL);
  g_source_attach (sock->source, self->context);
}

static void
unwatch (FakeSocket *sock)
{
  if (sock->source == NULL)
    return;
  g_source_destroy (sock->source);
  g_clear_pointer (&sock->source, g_source_unref);
}

static void
close_socket (FakeSocket *sock)
{
  unwatch (sock);
  if (sock->fd >= 0)
    close (sock->fd);
  sock->fd = -1;
}

/* FALSE where the port is taken. */
static gboolean
open_sockets (FakeDot *self)
{
  self->sockets[0].fd = loopback_listen (AF_INET, &self->port);
  self->sockets[1].fd = self->sockets[0].fd >= 0 ? loopback_listen (AF_INET6, &self->port) : -1;
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    if (self->sockets[i].fd >= 0)
      watch (self, &self->sockets[i]);
  return self->sockets[0].fd >= 0;
}

/* --- calls into the thread -------------------------------------------------------------------- */

typedef struct
{
  FakeDot *fake;
  void (*function) (FakeDot *fake, gpointer data);
  gpointer data;
  gboolean is_done;
} Call;

static gboolean
call_cb (gpointer data)
{
  Call *call = data;

  call->function (call->fake, call->data);
  fake_dot_lock (call->fake);
  call->is_done = TRUE;
  fake_dot_unlock (call->fake);
  return G_SOURCE_REMOVE;
}

/* Runs FUNCTION in the thread of the fake and returns when it has. */
static void
run_inside (FakeDot *self, void (*function) (FakeDot *fake, gpointer data), gpointer data)
{
  Call call = { self, function, data, FALSE };
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, call_cb, &call, NULL);
  g_source_attach (source, self->context);
  g_mutex_lock (&self->lock);
  while (!call.is_done)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
stop_listening (FakeDot *self, gpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    close_socket (&self->sockets[i]);
}

void
fake_dot_stop_listening (FakeDot *self)
{
  run_inside (self, stop_listening, NULL);
}

static void
listen_again (FakeDot *self, gpointer data)
{
  if (self->sockets[0].fd < 0 && !open_sockets (self))
    g_error ("somebody took port %u of the fake", self->port);
}

void
fake_dot_listen_again (FakeDot *self)
{
  run_inside (self, listen_again, NULL);
}

static void
freeze (FakeDot *self, gpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    {
      unwatch (&self->sockets[i]);
      if (self->sockets[i].fd >= 0)
        loopback_fill_queue (self->sockets[i].fd, self->fillers);
    }
}

void
fake_dot_freeze (FakeDot *self)
{
  run_inside (self, freeze, NULL);
}

static void
close_all (FakeDot *self, gpointer data)
{
  FakeClose how = fake_close_from_string (data);

  /* closing may drop a connection from the array: backwards, the rest stays where it is */
  for (guint i = self->connections->len; i-- > 0;)
    if (i < self->connections->len)
      fake_connection_close (self->connections->pdata[i], how);
}

void
fake_dot_close_all (FakeDot *self, const char *how)
{
  run_inside (self, close_all, (gpointer) how);
}

static void
forget_tickets (FakeDot *self, gpointer data)
{
  gnutls_free (self->ticket_key.data);
  gnutls_session_ticket_key_generate (&self->ticket_key);
}

void
fake_dot_forget_tickets (FakeDot *self)
{
  run_inside (self, forget_tickets, NULL);
}

/* --- life ------------------------------------------------------------------------------------- */

static gpointer
thread_cb (gpointer data)
{
  FakeDot *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static void
quit (FakeDot *self, gpointer data)
{
  g_main_loop_quit (self->loop);
}

FakeDot *
fake_dot_new (Certs *certs)
{
  return fake_dot_new_full (certs, 0, 20000, 10000);
}

FakeDot *
fake_dot_new_full (Certs *certs, guint16 port, guint record_max, guint connections_max)
{
  FakeDot *self = g_new0 (FakeDot, 1);

  self->certs = certs;
  self->port = port;
  self->record_max = record_max;
  self->connections_max = connections_max;
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->traces = g_ptr_array_new_with_free_func (free_trace);
  self->queries = g_ptr_array_new_with_free_func ((GDestroyNotify) fake_query_free);
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify) fake_connection_free);
  self->script = fake_script_parse (NULL);
  self->zone = fake_zone_answer;
  self->random = g_rand_new_with_seed (1);
  self->fillers = g_array_new (FALSE, FALSE, sizeof (int));
  gnutls_session_ticket_key_generate (&self->ticket_key);
  if (open_sockets (self))
    self->thread = g_thread_new ("fake-dot", thread_cb, self);
  else
    g_clear_pointer (&self, fake_dot_free);
  return self;
}

void
fake_dot_free (FakeDot *self)
{
  if (self->thread != NULL)
    {
      run_inside (self, quit, NULL);
      g_thread_join (self->thread);
    }
  stop_listening (self, NULL);
  g_ptr_array_unref (self->connections);
  for (guint i = 0; i < self->fillers->len; i++)
    close (g_array_index (self->fillers, int, i));
  g_array_unref (self->fillers);
  g_ptr_array_unref (self->traces);
  g_ptr_array_unref (self->queries);
  g_ptr_array_unref (self->script);
  g_rand_free (self->random);
  gnutls_free (self->ticket_key.data);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

guint16
fake_dot_get_port (FakeDot *self)
{
  return self->port;
}

void
fake_dot_script (FakeDot *self, const char *script)
{
  g_autoptr (GPtrArray) rules = fake_script_parse (script);

  fake_dot_lock (self);
  g_ptr_array_unref (self->script);
  self->script = g_steal_pointer (&rules);
  fake_dot_unlock (self);
}

void
fake_dot_set_zone (FakeDot *self, FakeZoneFunc zone, gpointer data)
{
  fake_dot_lock (self);
  self->zone = zone;
  self->zone_data = data;
  fake_dot_unlock (self);
}
