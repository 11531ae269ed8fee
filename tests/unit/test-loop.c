/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/loop.h"

#include <unistd.h>

typedef struct
{
  DotlsLoop *loop;
  GMainContext *context;
  int pipe[2];
  DotlsWatch *watch;
  DotlsDeadline deadline;
  DotlsFlush flushes[3];
  GString *trace; /* what happened, a letter each */
  gint64 met;     /* when the deadline was */
} Fixture;

static Fixture *fixture;

static void
setup (Fixture *self, gconstpointer data)
{
  fixture = self;
  self->context = g_main_context_new ();
  self->loop = dotls_loop_new (self->context);
  self->trace = g_string_new (NULL);
  g_assert_cmpint (pipe (self->pipe), ==, 0);
}

static void
teardown (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->watch, dotls_watch_free);
  dotls_loop_cancel_deadline (self->loop, &self->deadline);
  dotls_loop_free (self->loop);
  g_main_context_unref (self->context);
  close (self->pipe[0]);
  close (self->pipe[1]);
  g_string_free (self->trace, TRUE);
}

static void
flush_cb (DotlsFlush *flush)
{
  guint index = flush - fixture->flushes;

  g_string_append_c (fixture->trace, '0' + index);
  if (index == 0) /* a flush may want another one */
    dotls_loop_flush_later (fixture->loop, &fixture->flushes[1]);
}

/* Catches: a flush before the end of the batch, twice in one, or none; one that another asked for
 * lost; one that was cancelled run. */
static void
test_flush (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    self->flushes[i].func = flush_cb;
  dotls_loop_enter (self->loop);
  dotls_loop_enter (self->loop);
  dotls_loop_flush_later (self->loop, &self->flushes[0]);
  dotls_loop_flush_later (self->loop, &self->flushes[0]);
  dotls_loop_flush_later (self->loop, &self->flushes[2]);
  dotls_loop_leave (self->loop);
  g_assert_cmpstr (self->trace->str, ==, "");
  dotls_loop_flush_cancel (self->loop, &self->flushes[2]);
  dotls_loop_flush_cancel (self->loop, &self->flushes[2]);
  dotls_loop_leave (self->loop);
  g_assert_cmpstr (self->trace->str, ==, "01");
  dotls_loop_enter (self->loop);
  dotls_loop_leave (self->loop);
  g_assert_cmpstr (self->trace->str, ==, "01");
}

static void
met_cb (DotlsDeadline *deadline, gint64 now)
{
  g_string_append_c (fixture->trace, 'd');
  fixture->met = now;
}

/* Catches: a deadline that does not wake the main context, or wakes it too early and never again;
 * one that comes earlier than what the timer was set for. */
static void
test_deadline (Fixture *self, gconstpointer data)
{
  DotlsDeadline late = { 0 };
  gint64 set;

  dotls_loop_enter (self->loop);
  set = self->loop->now;
  dotls_loop_set_deadline (self->loop, &late, met_cb, 20000);
  dotls_loop_leave (self->loop);
  dotls_loop_enter (self->loop);
  dotls_loop_set_deadline (self->loop, &self->deadline, met_cb, 30);
  dotls_loop_leave (self->loop);
  while (self->trace->len == 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpint (self->met - set, >=, 30000);
  g_assert_cmpint (self->met - set, <, 1000000);
  dotls_loop_cancel_deadline (self->loop, &late);
}

/* Catches: a wake-up with nothing to do: an idle program sleeps. */
static void
test_idle (Fixture *self, gconstpointer data)
{
  gint priority, timeout;
  GPollFD fds[8];

  dotls_loop_enter (self->loop);
  dotls_loop_set_deadline (self->loop, &self->deadline, met_cb, 10);
  dotls_loop_leave (self->loop);
  dotls_loop_enter (self->loop);
  dotls_loop_cancel_deadline (self->loop, &self->deadline);
  dotls_loop_leave (self->loop);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_true (g_main_context_acquire (self->context));
  g_main_context_prepare (self->context, &priority);
  g_main_context_query (self->context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (self->context);
  g_assert_cmpint (timeout, ==, -1);
}

static void
ready_cb (GIOCondition ready, gpointer data)
{
  Fixture *self = data;
  char octet = '\0';

  g_assert_cmpuint (self->loop->depth, ==, 1);
  g_assert_cmpint (self->loop->now, >, 0);
  g_string_append_c (self->trace, ready & G_IO_IN ? 'r' : 'e');
  if (ready & G_IO_IN)
    g_assert_cmpint (read (self->pipe[0], &octet, 1), ==, 1);
  self->flushes[2].func = flush_cb;
  dotls_loop_flush_later (self->loop, &self->flushes[2]);
  if (octet == 'x' || !(ready & G_IO_IN))
    g_clear_pointer (&self->watch, dotls_watch_free);
}

/* Catches: a watch that calls while it should not, or after it has been freed from within; a batch
 * without its flush. */
static void
test_watch (Fixture *self, gconstpointer data)
{
  self->watch = dotls_watch_new (self->loop, self->pipe[0], 0, ready_cb, self);
  g_assert_cmpint (write (self->pipe[1], "abx", 3), ==, 3);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpstr (self->trace->str, ==, "");
  dotls_watch_set (self->watch, G_IO_IN);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpstr (self->trace->str, ==, "r2r2r2");
  g_assert_null (self->watch);
}

/* Catches: the end of the other side overlooked by who waits for nothing. */
static void
test_hang_up (Fixture *self, gconstpointer data)
{
  self->watch = dotls_watch_new (self->loop, self->pipe[0], 0, ready_cb, self);
  close (self->pipe[1]);
  self->pipe[1] = -1;
  while (self->trace->len == 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpstr (self->trace->str, ==, "e2");
}

/* Catches: random numbers that come again, or never reach some values. */
static void
test_random (Fixture *self, gconstpointer data)
{
  g_autofree guint *count = g_new0 (guint, G_MAXUINT16 + 1);
  guint seen = 0;

  for (guint i = 0; i < 65536; i++)
    seen += count[dotls_loop_random (self->loop)]++ == 0;
  /* 1 - 1/e of all values; a fair source misses this by 2% less than once in 10^30 runs */
  g_assert_cmpuint (seen, >, 40600);
  g_assert_cmpuint (seen, <, 42300);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/loop/flush", test_flush);
  ADD ("/loop/deadline", test_deadline);
  ADD ("/loop/idle", test_idle);
  ADD ("/loop/watch", test_watch);
  ADD ("/loop/hang-up", test_hang_up);
  ADD ("/loop/random", test_random);
  return g_test_run ();
}
