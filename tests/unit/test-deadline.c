/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/deadline.h"

#include <glib.h>

#define TICK ((gint64) DOTLS_DEADLINE_TICK)
#define TURN (TICK * DOTLS_DEADLINE_SLOTS)
#define N 300

/* What waits, and what the oracle, a plain list, thinks of it. */
typedef struct
{
  DotlsDeadline deadline;
  gboolean is_set;
  gint64 due; /* not before it was set */
  guint called;
} Waiter;

static DotlsDeadlines deadlines;
static Waiter waiters[N];

static Waiter *
waiter_of (DotlsDeadline *deadline)
{
  return (Waiter *) deadline;
}

static void
called_cb (DotlsDeadline *deadline, gint64 now)
{
  Waiter *waiter = waiter_of (deadline);

  g_assert_true (waiter->is_set);
  g_assert_cmpint (deadline->due, <=, now);
  g_assert_null (deadline->link);
  waiter->is_set = FALSE;
  waiter->called++;
}

static void
set (Waiter *waiter, DotlsDeadlineFunc func, gint64 now, gint64 wait)
{
  dotls_deadlines_set (&deadlines, &waiter->deadline, func, now + wait);
  waiter->is_set = TRUE;
  waiter->due = now + MAX (wait, 0);
}

static void
cancel (Waiter *waiter)
{
  dotls_deadlines_cancel (&deadlines, &waiter->deadline);
  waiter->is_set = FALSE;
}

static void
setup (gint64 now)
{
  dotls_deadlines_init (&deadlines, now);
  for (guint i = 0; i < N; i++)
    waiters[i] = (Waiter){ 0 };
}

/* Nobody waits who is a tick overdue, the count is right, and next() is early enough for the first
 * and not so early that it wakes for nothing again and again. */
static void
check (gint64 now)
{
  gint64 next = dotls_deadlines_next (&deadlines), first = G_MAXINT64;
  guint count = 0;

  for (guint i = 0; i < N; i++)
    {
      if (!waiters[i].is_set)
        continue;
      count++;
      first = MIN (first, waiters[i].due);
      g_assert_cmpint (waiters[i].due, >, now - TICK);
    }
  g_assert_cmpuint (deadlines.count, ==, count);
  g_assert_cmpint (next == -1, ==, count == 0);
  if (count == 0)
    return;
  g_assert_cmpint (next, <=, first + TICK);
  g_assert_cmpint (next, >, now);
}

static void
run (gint64 now)
{
  dotls_deadlines_run (&deadlines, now);
  check (now);
}

/* Catches: a deadline lost, called twice, early or late, in thousands of random steps: short and
 * long waits, moves, cancels, steps of any length and sleeps of several turns. */
static void
test_random (void)
{
  gint64 now = g_test_rand_int_range (0, 1 << 30);

  setup (now);
  for (guint step = 0; step < 20000; step++)
    {
      guint n = g_test_rand_int_range (0, 8);

      for (guint i = 0; i < n; i++)
        {
          Waiter *waiter = &waiters[g_test_rand_int_range (0, N)];
          gint64 wait = g_test_rand_int_range (-1000, 1 << g_test_rand_int_range (1, 30));

          if (g_test_rand_int_range (0, 4) == 0)
            cancel (waiter);
          else
            set (waiter, called_cb, now, wait);
        }
      now += g_test_rand_int_range (0, 50) == 0 ? TURN * g_test_rand_int_range (0, 4)
                                                : g_test_rand_int_range (0, 4 * TICK);
      run (now);
    }
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (waiters[i].called, >, 0);
}

/* Catches: a wait that ends a turn too early or too late, at any distance around a turn. */
static void
test_distances (void)
{
  for (gint64 wait = -2 * TICK; wait < 2 * TURN + 3 * TICK; wait += TICK / 2 + 1)
    {
      const gint64 start = 12345678;
      gint64 now = start;
      guint wakes = 0;

      setup (now);
      set (&waiters[0], called_cb, start, wait);
      while (waiters[0].is_set)
        {
          now = dotls_deadlines_next (&deadlines);
          g_assert_cmpint (now, !=, -1);
          run (now);
          wakes++;
        }
      g_assert_cmpint (now, <=, MAX (start, start + wait) + TICK);
      g_assert_cmpuint (wakes, <=, 4);
      wait += wait > 10 * TICK && wait < TURN - 10 * TICK ? 101 * TICK : 0;
    }
}

/* Catches: a wheel that stood still for an hour, because nobody waited, and then calls the next one
 * at once or never. */
static void
test_after_long_rest (void)
{
  gint64 now = 3600 * (gint64) G_USEC_PER_SEC;

  setup (0);
  set (&waiters[0], called_cb, now, 300000);
  run (now);
  g_assert_true (waiters[0].is_set);
  run (now + 300000 + TICK);
  g_assert_false (waiters[0].is_set);
}

static void
again_cb (DotlsDeadline *deadline, gint64 now)
{
  Waiter *waiter = waiter_of (deadline);

  waiter->called++;
  dotls_deadlines_set (&deadlines, deadline, again_cb, now);
}

/* Catches: a function that sets itself again for now, and is called for ever in one run. */
static void
test_again_at_once (void)
{
  setup (0);
  dotls_deadlines_set (&deadlines, &waiters[0].deadline, again_cb, 0);
  for (guint i = 1; i < 100; i++)
    {
      dotls_deadlines_run (&deadlines, i * TICK);
      g_assert_cmpuint (waiters[0].called, ==, i);
    }
}

/* Cancels, moves and sets neighbours; what it touches may be in the same batch. */
static void
meddle_cb (DotlsDeadline *deadline, gint64 now)
{
  Waiter *waiter = waiter_of (deadline);

  called_cb (deadline, now);
  for (guint i = 0; i < 3; i++)
    {
      Waiter *other = &waiters[g_test_rand_int_range (0, N)];

      if (g_test_rand_bit ())
        cancel (other);
      else
        set (other, meddle_cb, now, g_test_rand_int_range (-2 * TICK, 50 * TICK));
    }
  if (g_test_rand_bit ())
    set (waiter, meddle_cb, now, g_test_rand_int_range (0, TURN));
}

/* Catches: lists that break when functions set and cancel whatever they like. */
static void
test_meddling (void)
{
  gint64 now = 0;

  setup (now);
  for (guint step = 0; step < 5000; step++)
    {
      for (guint i = 0; i < 10; i++)
        {
          Waiter *waiter = &waiters[g_test_rand_int_range (0, N)];

          set (waiter, meddle_cb, now, g_test_rand_int_range (0, 4 * TICK));
        }
      now += g_test_rand_int_range (0, 3 * TICK);
      dotls_deadlines_run (&deadlines, now);
      check (now);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deadline/random", test_random);
  g_test_add_func ("/deadline/distances", test_distances);
  g_test_add_func ("/deadline/after-long-rest", test_after_long_rest);
  g_test_add_func ("/deadline/again-at-once", test_again_at_once);
  g_test_add_func ("/deadline/meddling", test_meddling);
  return g_test_run ();
}
