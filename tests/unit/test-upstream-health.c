/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What is thought of an upstream, and how it gets a connection. */

#include "tests/unit/fake-transport.h"

#define RESOLVER(n) fake_resolver_new (n, DOTLS_POLICY_ORDERED)

static DotlsUpstream *
upstream_of (DotlsResolver *resolver, guint index)
{
  return g_ptr_array_index (resolver->upstreams, index);
}

static void
reply_cb (const guint8 *message, gsize length, const DotlsAnswerInfo *info, gpointer data)
{
  guint *replies = data;

  (*replies)++;
}

static void
ask (DotlsResolver *resolver, guint number, guint *replies)
{
  g_autofree char *name = g_strdup_printf ("h%u.example.com", number);

  g_assert_true (dotls_resolver_query (resolver, name, DOTLS_TYPE_A, 0, reply_cb, replies, NULL));
}

static DotlsConnection *
connection_of (const char *id)
{
  for (guint i = 0; i < fake_connections ()->len; i++)
    if (g_str_equal (fake_connection_upstream (g_ptr_array_index (fake_connections (), i)), id))
      return g_ptr_array_index (fake_connections (), i);
  return NULL;
}

/* Catches: a smoothed round trip that jumps, sticks, or is 0 though there was an answer. */
static void
test_rtt (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *upstream = upstream_of (resolver, 0);

  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), ==, 0);
  g_assert_cmpuint (dotls_upstream_hedge_ms (upstream), ==, DOTLS_HEDGE_MIN);
  dotls_upstream_note_answer (upstream, 0);
  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), ==, 1);
  upstream->rtt = 0;
  dotls_upstream_note_answer (upstream, 80000);
  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), ==, 80000);
  dotls_upstream_note_answer (upstream, 160000);
  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), ==, 90000);
  for (guint i = 0; i < 100; i++)
    dotls_upstream_note_answer (upstream, 400000);
  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), >, 395000);
  g_assert_cmpuint (dotls_upstream_get_rtt (upstream), <=, 400000);
  g_assert_cmpuint (dotls_upstream_hedge_ms (upstream), >=, 790);
  dotls_upstream_note_answer (upstream, G_MAXINT64);
  for (guint i = 0; i < 100; i++)
    dotls_upstream_note_answer (upstream, G_MAXINT64);
  g_assert_cmpuint (dotls_upstream_hedge_ms (upstream), >, DOTLS_QUERY_DEADLINE);
  fake_resolver_free (resolver);
}

/* Catches: a back-off that does not grow, grows beyond a minute, is the same on every machine, or
 * is not forgotten with the first answer (D12). */
static void
test_backoff (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *upstream = upstream_of (resolver, 0);
  gint64 usual = DOTLS_BACKOFF_MIN;
  guint differs = 0;

  for (guint i = 0; i < 40; i++)
    {
      gint64 wait;

      dotls_upstream_note_failure (upstream, DOTLS_ERROR_CLOSED, "why");
      wait = (dotls_upstream_get_next_retry (upstream) - resolver->loop->now) / 1000;
      g_assert_cmpint (wait, >=, MAX (DOTLS_BACKOFF_MIN, usual * 3 / 4 - 1));
      g_assert_cmpint (wait, <=, MIN (DOTLS_BACKOFF_MAX, usual * 5 / 4 + 1));
      differs += wait != usual;
      usual = MIN (2 * usual, DOTLS_BACKOFF_MAX);
    }
  g_assert_cmpuint (differs, >, 5);
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_BACKOFF);
  g_assert_cmpint (dotls_upstream_get_last_error (upstream, NULL, NULL), ==, DOTLS_ERROR_CLOSED);
  dotls_upstream_note_answer (upstream, 1000);
  g_assert_cmpint (dotls_upstream_get_next_retry (upstream), ==, 0);
  g_assert_true (dotls_upstream_is_healthy (upstream));
  g_assert_false (dotls_upstream_is_steady (upstream));
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_IDLE);
  fake_resolver_free (resolver);
}

static void
open_all (void)
{
  for (guint i = 0; i < fake_connections ()->len; i++)
    if (!fake_connection_is_open (g_ptr_array_index (fake_connections (), i)))
      fake_connection_open (g_ptr_array_index (fake_connections (), i));
}

/* Catches: an upstream that swallows questions and is asked on, or one that is given up for a
 * single slow name. */
static void
test_silence (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *a = upstream_of (resolver, 0);
  guint replies = 0;

  ask (resolver, 0, &replies);
  open_all ();
  fake_resolver_advance (resolver, 400);
  g_assert_true (dotls_upstream_is_healthy (a));
  for (guint i = 1; i < DOTLS_SILENT_QUERIES; i++)
    {
      ask (resolver, i, &replies);
      open_all ();
      fake_resolver_advance (resolver, 400);
    }
  g_assert_false (dotls_upstream_is_healthy (a));
  g_assert_cmpuint (a->stats.timeouts, >=, DOTLS_SILENT_QUERIES);
  fake_resolver_free (resolver);
}

/* Catches: every question waiting for the hedge, while the first upstream is silent and the second
 * one answers; and a first one that is not taken back when it answers a copy. */
static void
test_doubt (void)
{
  DotlsResolver *resolver = RESOLVER (2);
  DotlsUpstream *a = upstream_of (resolver, 0);
  guint replies = 0;

  ask (resolver, 0, &replies);
  open_all ();
  fake_resolver_advance (resolver, 400);
  open_all ();
  fake_connection_answer (connection_of ("b"), 0, 300);
  g_assert_cmpuint (replies, ==, 1);
  g_assert_true (dotls_upstream_is_silent (a));
  ask (resolver, 1, &replies);
  fake_connection_answer (connection_of ("b"), 0, 300);
  g_assert_cmpuint (replies, ==, 2);
  fake_resolver_advance (resolver, DOTLS_PROBE_INTERVAL + 100);
  ask (resolver, 2, &replies);
  open_all ();
  fake_connection_answer (connection_of ("b"), 0, 300);
  while (connection_of ("a") != NULL && fake_connection_count (connection_of ("a")) > 0)
    fake_connection_answer (connection_of ("a"), 0, 300);
  g_assert_cmpuint (replies, ==, 3);
  g_assert_false (dotls_upstream_is_silent (a));
  g_assert_true (dotls_upstream_is_healthy (a));
  fake_resolver_free (resolver);
}

/* Catches: a silent connection, through which nothing comes any more, kept in use. */
static void
test_silent_connection (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  guint replies = 0;
  DotlsConnection *first;

  ask (resolver, 0, &replies);
  first = fake_connection ();
  fake_connection_open (first);
  fake_connection_answer (first, 0, 300);
  fake_resolver_advance (resolver, 1000);
  ask (resolver, 1, &replies);
  fake_resolver_advance (resolver, 400);
  g_assert_cmpuint (fake_connections ()->len, ==, 2);
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpuint (replies, ==, 2);
  fake_connection_answer (first, 0, 300);
  g_assert_cmpuint (fake_connections ()->len, ==, 1);
  fake_resolver_free (resolver);
}

/* Catches: a crowd of questions that hammers an upstream which cannot be reached: four attempts a
 * second, whatever is asked. */
static void
test_despair (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *upstream = upstream_of (resolver, 0);
  guint replies = 0, asked = 0;

  fake_transport_refuse (TRUE);
  for (guint ms = 0; ms < 3000; ms += 20)
    {
      for (guint i = 0; i < 10; i++)
        ask (resolver, asked++, &replies);
      fake_resolver_advance (resolver, 20);
    }
  g_assert_cmpuint (upstream->stats.connection_failures, <=, 1 + 3000 / DOTLS_DESPAIR_INTERVAL + 1);
  fake_resolver_advance (resolver, DOTLS_QUERY_DEADLINE + 20);
  g_assert_cmpuint (replies, ==, asked);
  fake_resolver_free (resolver);
}

/* Catches: an idle close, by whichever side, counted as a failure; connections that end before any
 * answer not counted. */
static void
test_closes (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *upstream = upstream_of (resolver, 0);
  guint replies = 0;

  for (guint i = 0; i < 20; i++)
    {
      ask (resolver, i, &replies);
      fake_connection_open (fake_connection ());
      fake_connection_answer (fake_connection (), 0, 300);
      fake_connection_fail (fake_connection (), DOTLS_ERROR_NONE);
    }
  g_assert_cmpuint (replies, ==, 20);
  g_assert_true (dotls_upstream_is_steady (upstream));
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_IDLE);
  ask (resolver, 100, &replies);
  for (guint i = 0; i < DOTLS_FRUITLESS_CONNECTIONS; i++)
    {
      g_assert_true (dotls_upstream_is_healthy (upstream));
      fake_connection_open (fake_connection ());
      fake_connection_fail (fake_connection (), DOTLS_ERROR_CLOSED);
    }
  g_assert_false (dotls_upstream_is_healthy (upstream));
  g_assert_cmpuint (replies, ==, 21);
  fake_resolver_free (resolver);
}

/* Catches: a recovery that never comes, because the probe of an upstream that is slower than its
 * neighbour is always cancelled before it has left, and then counted as unanswered. */
static void
test_slow_recovery (void)
{
  DotlsResolver *resolver = RESOLVER (2);
  DotlsUpstream *a = upstream_of (resolver, 0);
  guint replies = 0, number = 0;

  ask (resolver, number++, &replies);
  fake_connection_fail (connection_of ("a"), DOTLS_ERROR_UNREACHABLE);
  g_assert_cmpuint (a->failures, ==, 1);
  fake_connection_open (connection_of ("b"));
  fake_connection_answer (connection_of ("b"), 0, 300);
  fake_resolver_advance (resolver, 500); /* past the random part of the back-off */
  for (guint second = 0; second < 6; second++)
    {
      DotlsConnection *slow = NULL;

      fake_resolver_advance (resolver, 1000);
      ask (resolver, number++, &replies);
      slow = connection_of ("a");
      while (fake_connection_count (connection_of ("b")) > 0)
        fake_connection_answer (connection_of ("b"), 0, 300);
      g_assert_cmpuint (replies, ==, number);
      g_assert_cmpuint (a->failures, <=, 1);
      /* only now is a connected, or its answer comes */
      if (slow != NULL && !fake_connection_is_open (slow))
        fake_connection_open (slow);
      else if (slow != NULL && fake_connection_count (slow) > 0)
        fake_connection_answer (slow, 0, 300);
    }
  g_assert_true (dotls_upstream_is_healthy (a));
  fake_resolver_free (resolver);
}

/* Catches: a probe that is swallowed, again and again, without the waits growing. */
static void
test_no_recovery (void)
{
  DotlsResolver *resolver = RESOLVER (2);
  DotlsUpstream *a = upstream_of (resolver, 0);
  guint replies = 0;

  dotls_upstream_note_failure (a, DOTLS_ERROR_TIMEOUT, "it does not answer");
  for (guint second = 0; second < 60; second++)
    {
      ask (resolver, second, &replies);
      for (guint i = 0; i < fake_connections ()->len; i++)
        if (!fake_connection_is_open (g_ptr_array_index (fake_connections (), i)))
          fake_connection_open (g_ptr_array_index (fake_connections (), i));
      fake_connection_answer (connection_of ("b"), 0, 300);
      fake_resolver_advance (resolver, 1000);
    }
  g_assert_cmpuint (replies, ==, 60);
  g_assert_cmpuint (a->failures, >=, 4);
  g_assert_cmpuint (a->failures, <=, 8);
  fake_resolver_free (resolver);
}

/* Catches: a state told that is not so, or questions in flight miscounted. */
static void
test_states (void)
{
  DotlsResolver *resolver = RESOLVER (1);
  DotlsUpstream *upstream = upstream_of (resolver, 0);
  guint replies = 0;

  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_IDLE);
  ask (resolver, 0, &replies);
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_CONNECTING);
  g_assert_cmpuint (dotls_upstream_get_in_flight (upstream), ==, 1);
  fake_connection_open (fake_connection ());
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_CONNECTED);
  g_assert_cmpstr (dotls_upstream_get_tls (upstream)->protocol, ==, "TLS1.3");
  g_assert_cmpuint (dotls_upstream_get_open_connections (upstream), ==, 1);
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpuint (dotls_upstream_get_in_flight (upstream), ==, 0);
  fake_connection_fail (fake_connection (), DOTLS_ERROR_NONE);
  g_assert_cmpint (dotls_upstream_get_state (upstream), ==, DOTLS_UPSTREAM_IDLE);
  g_assert_cmpuint (dotls_upstream_get_open_connections (upstream), ==, 0);
  fake_resolver_free (resolver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upstream-health/rtt", test_rtt);
  g_test_add_func ("/upstream-health/backoff", test_backoff);
  g_test_add_func ("/upstream-health/silence", test_silence);
  g_test_add_func ("/upstream-health/doubt", test_doubt);
  g_test_add_func ("/upstream-health/silent-connection", test_silent_connection);
  g_test_add_func ("/upstream-health/despair", test_despair);
  g_test_add_func ("/upstream-health/closes", test_closes);
  g_test_add_func ("/upstream-health/slow-recovery", test_slow_recovery);
  g_test_add_func ("/upstream-health/no-recovery", test_no_recovery);
  g_test_add_func ("/upstream-health/states", test_states);
  return g_test_run ();
}
