/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/policy.h"

#include <string.h>

#include "tests/unit/fake-transport.h"

#define N 4

/* Four upstreams, and a fetch that asks them. */
typedef struct
{
  DotlsResolver *resolver;
  DotlsUpstream *upstreams[N];
  DotlsFetch fetch;
} Fixture;

static void
setup (Fixture *fixture, gconstpointer data)
{
  fixture->resolver = fake_resolver_new (N, DOTLS_POLICY_ORDERED);
  /* far from the beginning of time: 0 means never */
  fixture->resolver->loop->now += 1000 * (gint64) G_USEC_PER_SEC;
  for (guint i = 0; i < N; i++)
    fixture->upstreams[i] = g_ptr_array_index (fixture->resolver->upstreams, i);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  fake_resolver_free (fixture->resolver);
}

/* The ids in the order in which KIND asks them. */
static char *
order (Fixture *fixture, DotlsPolicyKind kind)
{
  GString *ids = g_string_new (NULL);
  DotlsUpstream *upstream;

  fixture->fetch.n_exchanges = 0;
  while ((upstream = dotls_policy_choose (kind, fixture->resolver->upstreams, &fixture->fetch))
         != NULL)
    {
      g_string_append (ids, dotls_upstream_get_id (upstream));
      g_assert_nonnull (dotls_fetch_begin_exchange (&fixture->fetch, upstream, 0));
    }
  return g_string_free (ids, FALSE);
}

static void
check (Fixture *fixture, DotlsPolicyKind kind, const char *expected)
{
  g_autofree char *ids = order (fixture, kind);

  g_assert_cmpstr (ids, ==, expected);
}

static void
fail (DotlsUpstream *upstream)
{
  dotls_upstream_note_failure (upstream, DOTLS_ERROR_TIMEOUT, "it does not answer");
}

static void
pass (Fixture *fixture, guint ms)
{
  fixture->resolver->loop->now += 1000 * (gint64) ms;
}

/* Catches: an order that is not the settings', one asked twice, or one in trouble asked before
 * others; where all are, the one that may be retried soonest goes first. */
static void
test_ordered (Fixture *fixture, gconstpointer data)
{
  check (fixture, DOTLS_POLICY_ORDERED, "abcd");
  fail (fixture->upstreams[0]);
  check (fixture, DOTLS_POLICY_ORDERED, "bcda");
  fail (fixture->upstreams[2]);
  fail (fixture->upstreams[1]);
  fail (fixture->upstreams[3]);
  fixture->upstreams[0]->next_retry = fixture->resolver->loop->now + 40;
  fixture->upstreams[1]->next_retry = fixture->resolver->loop->now + 30;
  fixture->upstreams[2]->next_retry = fixture->resolver->loop->now + 10;
  fixture->upstreams[3]->next_retry = fixture->resolver->loop->now + 20;
  check (fixture, DOTLS_POLICY_ORDERED, "cdba");
  check (fixture, DOTLS_POLICY_FASTEST, "cdba");
  check (fixture, DOTLS_POLICY_SPREAD, "cdba");
}

/* Catches: a first upstream that is trusted again at its first answer, and so goes to and fro, or
 * never again. */
static void
test_ordered_returns (Fixture *fixture, gconstpointer data)
{
  fail (fixture->upstreams[0]);
  pass (fixture, 3000);
  dotls_upstream_note_answer (fixture->upstreams[0], 1000);
  check (fixture, DOTLS_POLICY_ORDERED, "bcda");
  pass (fixture, DOTLS_RETURN_AFTER - 1);
  dotls_upstream_note_answer (fixture->upstreams[0], 1000);
  check (fixture, DOTLS_POLICY_ORDERED, "bcda");
  pass (fixture, 1);
  check (fixture, DOTLS_POLICY_ORDERED, "abcd");
  fail (fixture->upstreams[1]);
  dotls_upstream_note_answer (fixture->upstreams[1], 1000);
  fail (fixture->upstreams[3]);
  check (fixture, DOTLS_POLICY_ORDERED, "acbd");
}

/* Catches: the fastest not first, or one that was never measured before one that was. */
static void
test_fastest (Fixture *fixture, gconstpointer data)
{
  check (fixture, DOTLS_POLICY_FASTEST, "abcd");
  dotls_upstream_note_answer (fixture->upstreams[2], 20000);
  check (fixture, DOTLS_POLICY_FASTEST, "cabd");
  dotls_upstream_note_answer (fixture->upstreams[3], 10000);
  dotls_upstream_note_answer (fixture->upstreams[0], G_MAXINT64);
  check (fixture, DOTLS_POLICY_FASTEST, "dcab");
  fail (fixture->upstreams[3]);
  check (fixture, DOTLS_POLICY_FASTEST, "cabd");
}

/* Catches: names that all go to one, one name that wanders, or names that move though their own
 * upstream is well. */
static void
test_spread (Fixture *fixture, gconstpointer data)
{
  guint first[N] = { 0 }, moved_to[N] = { 0 };

  for (guint i = 0; i < 4000; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%u.example.com", i), *before = NULL, *after = NULL;

      fixture->fetch.key.name_length = dotls_name_from_text (name, fixture->fetch.key.name);
      before = order (fixture, DOTLS_POLICY_SPREAD);
      after = order (fixture, DOTLS_POLICY_SPREAD);
      g_assert_cmpstr (before, ==, after);
      g_assert_cmpuint (strlen (before), ==, N);
      g_free (after);
      fixture->upstreams[0]->failures = 1;
      after = order (fixture, DOTLS_POLICY_SPREAD);
      fixture->upstreams[0]->failures = 0;
      first[before[0] - 'a']++;
      g_assert_cmpint (after[N - 1], ==, 'a');
      if (before[0] == 'a')
        moved_to[after[0] - 'a']++;
      else
        g_assert_cmpint (before[0], ==, after[0]);
    }
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (first[i], >, 800);
  for (guint i = 1; i < N; i++)
    g_assert_cmpuint (moved_to[i], >, 200);
}

static DotlsUpstream *
probe (Fixture *fixture, DotlsPolicyKind kind)
{
  fixture->fetch.n_exchanges = 0;
  dotls_fetch_begin_exchange (&fixture->fetch, fixture->upstreams[3], 0);
  return dotls_policy_choose_probe (kind, fixture->resolver->upstreams, &fixture->fetch);
}

/* Catches: an upstream that failed never tried again, tried before its time, or with every
 * question; the well probed without need. */
static void
test_probe (Fixture *fixture, gconstpointer data)
{
  g_assert_null (probe (fixture, DOTLS_POLICY_ORDERED));
  fail (fixture->upstreams[1]);
  g_assert_null (probe (fixture, DOTLS_POLICY_ORDERED));
  pass (fixture, 2 * DOTLS_BACKOFF_MIN);
  g_assert_true (probe (fixture, DOTLS_POLICY_ORDERED) == fixture->upstreams[1]);
  g_assert_null (probe (fixture, DOTLS_POLICY_ORDERED));
  pass (fixture, DOTLS_PROBE_INTERVAL);
  g_assert_true (probe (fixture, DOTLS_POLICY_ORDERED) == fixture->upstreams[1]);
  dotls_upstream_note_answer (fixture->upstreams[1], 1000);
  pass (fixture, DOTLS_PROBE_INTERVAL);
  g_assert_null (probe (fixture, DOTLS_POLICY_ORDERED));
}

/* Catches: `fastest` that never measures those it does not use, or does so all the time; the one
 * that is asked anyway probed too. */
static void
test_probe_for_speed (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (probe (fixture, DOTLS_POLICY_FASTEST) == fixture->upstreams[i]);
      dotls_upstream_note_answer (fixture->upstreams[i], 1000);
    }
  g_assert_null (probe (fixture, DOTLS_POLICY_FASTEST));
  pass (fixture, DOTLS_RTT_STALE);
  g_assert_null (probe (fixture, DOTLS_POLICY_FASTEST));
  pass (fixture, 1);
  g_assert_true (probe (fixture, DOTLS_POLICY_FASTEST) == fixture->upstreams[0]);
  g_assert_null (probe (fixture, DOTLS_POLICY_ORDERED));
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/policy/ordered", test_ordered);
  ADD ("/policy/ordered-returns", test_ordered_returns);
  ADD ("/policy/fastest", test_fastest);
  ADD ("/policy/spread", test_spread);
  ADD ("/policy/probe", test_probe);
  ADD ("/policy/probe-for-speed", test_probe_for_speed);
  return g_test_run ();
}
