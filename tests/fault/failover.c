/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/fault/fault.h"

/* Two upstreams, of which one fails: D8, D9, D12 and the promises about time. */

#define FIRST "192.0.2.1"
#define SECOND "192.0.2.2"

static void
expect_within (Fault *f, const char *name, const char *address, guint ms)
{
  gint64 start = g_get_monotonic_time ();

  fault_expect_address (f, name, address);
  g_assert_cmpint (g_get_monotonic_time () - start, <, ms * (gint64) 1000);
}

/* Nobody listens: the other one answers within the same question, at once. */
static void
run_refused (Fault *f)
{
  fake_dot_stop_listening (f->one);
  expect_within (f, "a.test", SECOND, 1000);
  expect_within (f, "b.test", SECOND, 1000);
}

/* Connecting hangs: the other one is asked before the client loses its patience. */
static void
run_frozen (Fault *f)
{
  fake_dot_freeze (f->one);
  expect_within (f, "a.test", SECOND, 3000);
  expect_within (f, "b.test", SECOND, 1000);
}

/* It takes questions and says nothing: hedged after 300 ms. */
static void
run_silent (Fault *f)
{
  expect_within (f, "a.test", SECOND, 1000);
  expect_within (f, "b.test", SECOND, 1000);
}

/* It falls silent in the middle, with a connection that was good. */
static void
run_falls_silent (Fault *f)
{
  fault_expect_address (f, "a.test", FIRST);
  fake_dot_script (f->one, "silence");
  expect_within (f, "b.test", SECOND, 1500);
}

/* It goes away while it is asked; the question is answered all the same. */
static void
run_dies (Fault *f)
{
  fault_expect_address (f, "a.test", FIRST);
  fake_dot_stop_listening (f->one);
  fake_dot_close_all (f->one, "close-reset");
  expect_within (f, "b.test", SECOND, 1000);
}

/* `ordered` comes back to the first one some time after it is well again.  Questions go on
 * meanwhile, and every one is answered. */
static void
run_comes_back (Fault *f)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;
  g_autofree char *address = NULL;

  fake_dot_stop_listening (f->one);
  fault_expect_address (f, "a.test", SECOND);
  fake_dot_listen_again (f->one);
  for (guint i = 0; g_strcmp0 (address, FIRST) != 0; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);

      g_free (address);
      address = dns_reply_get_text (reply, KNOT_RRTYPE_A);
      g_assert_nonnull (address);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (20 * 1000); /* time itself is what passes here */
    }
}

/* D12: while nobody answers, connecting is not tried without end, whatever the clients do. */
static void
run_back_off (Fault *f)
{
  gint64 end = g_get_monotonic_time () + 2 * G_TIME_SPAN_SECOND;

  for (guint i = 0; g_get_monotonic_time () < end; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_servfail (f, name);
    }
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), <=, 20);
}

/* D12: after a failure the only upstream is well again: clients notice soon. */
static void
run_recovers (Fault *f)
{
  gint64 deadline = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND;
  guint rcode = KNOT_RCODE_SERVFAIL;

  fake_dot_stop_listening (f->one);
  fault_expect_servfail (f, "a.test");
  fake_dot_listen_again (f->one);
  for (guint i = 0; rcode != 0; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);

      rcode = reply->rcode;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (20 * 1000);
    }
  fault_expect_good (f, "a.test"); /* a failure that was ours is not remembered */
}

/* Both are gone: SERVFAIL with a reason, at once, not after a time-out each. */
static void
run_both_refused (Fault *f)
{
  gint64 start = g_get_monotonic_time ();

  fake_dot_stop_listening (f->one);
  fake_dot_stop_listening (f->two);
  fault_expect_servfail (f, "a.test");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_TIME_SPAN_SECOND);
}

/* Both are silent: SERVFAIL in time, and neither is asked without end (D9). */
static void
run_both_silent (Fault *f)
{
  fault_expect_servfail (f, "a.test");
  g_assert_cmpuint (fake_dot_count_queries (f->one, "a.test", 0), <=, 3);
  g_assert_cmpuint (fake_dot_count_queries (f->two, "a.test", 0), <=, 3);
}

/* Both refuse: once at each, and the client is told. */
static void
run_both_servfail (Fault *f)
{
  fault_expect_servfail (f, "a.test");
  g_assert_cmpuint (fake_dot_count_queries (f->one, "a.test", 0), ==, 1);
  g_assert_cmpuint (fake_dot_count_queries (f->two, "a.test", 0), ==, 1);
}

/* NXDOMAIN is an answer: nobody else is asked whether it might exist after all. */
static void
run_nxdomain_is_final (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.nx.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NXDOMAIN);
  g_assert_cmpuint (fake_dot_get (f->two, FAKE_QUERIES), ==, 0);
}

/* `ordered`: as long as the first one is well the second sees nothing. */
static void
run_ordered (Fault *f)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_address (f, name, FIRST);
    }
  g_assert_cmpuint (fake_dot_get (f->two, FAKE_QUERIES), ==, 0);
}

/* `fastest`: most questions go to the one that answers sooner, though it is the second. */
static void
run_fastest (Fault *f)
{
  enum
  {
    N = 60
  };

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);

      g_assert_cmpuint (reply->n_answers, ==, 1);
    }
  g_assert_cmpuint (fake_dot_get (f->two, FAKE_QUERIES), >, N / 2);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_QUERIES), <, N / 2);
}

/* `spread`: both get their share, and a name always goes to the same one. */
static void
run_spread (Fault *f)
{
  enum
  {
    N = 60
  };

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) v4 = fault_ask (f, name, KNOT_RRTYPE_A);
      g_autoptr (DnsReply) v6 = fault_ask (f, name, KNOT_RRTYPE_AAAA);
      guint one = fake_dot_count_queries (f->one, name, 0);
      guint two = fake_dot_count_queries (f->two, name, 0);

      g_assert_true ((one == 2 && two == 0) || (one == 0 && two == 2));
    }
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_QUERIES), >, N / 4);
  g_assert_cmpuint (fake_dot_get (f->two, FAKE_QUERIES), >, N / 4);
}

/* A slow answer of the first one, after the second was asked too, does no harm. */
static void
run_late_answer (Fault *f)
{
  fault_expect_address (f, "slow.test", SECOND);
  fake_dot_wait (f->one, FAKE_ANSWERS, 1);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);

      g_assert_cmpuint (reply->n_answers, ==, 1);
    }
}

/* One upstream with two addresses, of which the first refuses. */
static void
run_second_address (Fault *f)
{
  g_autofree char *lines = fault_verify_lines (f, "auth-name = dot.test\nca-file = $CA");
  g_autofree char *text =
      g_strdup_printf ("[upstream one]\naddress = 127.0.0.1:%u ; 127.0.0.1:%u\n%s",
                       fake_dot_get_port (f->one), fake_dot_get_port (f->two), lines);

  daemon_set_upstreams (f->daemon, text);
  fake_dot_stop_listening (f->one);
  daemon_start (f->daemon);
  expect_within (f, "a.test", SECOND, 1500);
}

/* RFC 8305: the first address hangs, the second joins in before the client notices. */
static void
run_second_address_frozen (Fault *f)
{
  g_autofree char *lines = fault_verify_lines (f, "auth-name = dot.test\nca-file = $CA");
  g_autofree char *text =
      g_strdup_printf ("[upstream one]\naddress = 127.0.0.1:%u ; [::1]:%u\n%s",
                       fake_dot_get_port (f->one), fake_dot_get_port (f->two), lines);

  daemon_set_upstreams (f->daemon, text);
  fake_dot_freeze (f->one);
  daemon_start (f->daemon);
  expect_within (f, "a.test", SECOND, 1500);
}

/* Settings are changed while a question waits: it is answered by the new upstream. */
static void
run_reload_in_flight (Fault *f)
{
  g_autofree char *lines = fault_verify_lines (f, "auth-name = dot.test\nca-file = $CA");
  g_autoptr (GByteArray) query = dns_query_new (1, "a.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = NULL;
  g_autofree char *address = NULL;

  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "one", f->one, lines);
  daemon_start (f->daemon);
  dns_client_send (fault_udp (f), query);
  fake_dot_wait (f->one, FAKE_QUERIES, 1);
  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "two", f->two, lines);
  daemon_reload (f->daemon);
  reply = dns_client_receive (fault_udp (f), 5000);
  g_assert_nonnull (reply);
  address = dns_reply_get_text (reply, KNOT_RRTYPE_A);
  g_assert_cmpstr (address, ==, SECOND);
}

/* SIGTERM while questions wait: they are answered, then the end comes. */
static void
run_stop_in_flight (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "a.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = NULL;

  dns_client_send (fault_udp (f), query);
  fake_dot_wait (f->one, FAKE_QUERIES, 1);
  daemon_stop (f->daemon);
  reply = dns_client_receive (fault_udp (f), 100);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, 0);
}

const FaultScenario fault_failover[] = {
  { "failover/refused", run_refused, "", "" },
  { "failover/frozen", run_frozen, "", "" },
  { "failover/silent", run_silent, "silence", "" },
  { "failover/falls-silent", run_falls_silent, "", "" },
  { "failover/dies", run_dies, "", "" },
  { "failover/comes-back", run_comes_back, "", "" },
  { "failover/back-off", run_back_off, "close-reset" },
  { "failover/recovers", run_recovers },
  { "failover/both-refused", run_both_refused, "", "" },
  { "failover/both-silent", run_both_silent, "silence", "silence" },
  { "failover/both-servfail", run_both_servfail, "rcode=2", "rcode=5" },
  { "failover/nxdomain-is-final", run_nxdomain_is_final, "", "" },
  { "failover/ordered", run_ordered, "", "" },
  { "failover/fastest", run_fastest, "delay=40", "", "policy = fastest" },
  { "failover/spread", run_spread, "", "", "policy = spread" },
  { "failover/late-answer", run_late_answer, "delay=800 name=slow.test", "" },
  { "failover/second-address", run_second_address, "", "", .is_delayed = TRUE },
  { "failover/second-address-frozen", run_second_address_frozen, "", "", .is_delayed = TRUE },
  { "failover/reload-in-flight", run_reload_in_flight, "silence", "", .is_delayed = TRUE },
  { "failover/stop-in-flight", run_stop_in_flight, "delay=300" },
  { NULL },
};
