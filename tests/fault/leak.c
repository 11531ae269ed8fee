/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/fault/fault.h"

/* After very many failures the daemon is what it was before: as many descriptors, no query in
 * flight, about the same memory. */

/* What the questions in flight of one client may be; the socket's buffer holds their answers. */
#define WINDOW 100

static void
take_one (Fault *f)
{
  g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 6000);

  g_assert_nonnull (reply);
}

/* Asks N names, each of one of the KINDS that the script lets fail in its own way. */
static void
fail_many (Fault *f, guint n, const char *const *kinds, guint n_kinds)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.%s.test", i, kinds[i % n_kinds]);
      g_autoptr (GByteArray) query = dns_query_new (i, name, KNOT_RRTYPE_A);

      dns_client_send (fault_udp (f), query);
      if (i >= WINDOW)
        take_one (f);
    }
  for (guint i = 0; i < MIN (n, WINDOW); i++)
    take_one (f);
}

static void
warm_up (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  g_autoptr (DnsReply) reply = dns_client_ask (tcp, "warm.test", KNOT_RRTYPE_A);

  fault_expect_good (f, "warm.test");
}

/* Nothing is under way any more, and whoever asked was told. */
static void
check_rest (Fault *f, guint connections)
{
  gint64 asked = daemon_get_counter (f->daemon, "queries");
  gint64 dropped = daemon_get_counter (f->daemon, "dropped-short")
                   + daemon_get_counter (f->daemon, "dropped-response");

  g_assert_cmpint (daemon_get_upstream_number (f->daemon, "one", "in-flight"), ==, 0);
  g_assert_cmpint (daemon_get_upstream_number (f->daemon, "one", "open-connections"), <=,
                   connections);
  g_assert_cmpint (daemon_get_counter (f->daemon, "answers") + dropped, ==, asked);
}

/* A hundred thousand answers that are none: refusals, wrong questions, cut messages. */
static void
run_answers (Fault *f)
{
  static const char *const kinds[] = { "servfail", "refused", "cut", "loop", "tc" };
  guint descriptors;
  gsize memory;

  warm_up (f);
  fail_many (f, 20000, kinds, G_N_ELEMENTS (kinds)); /* the failure cache has its size now */
  descriptors = daemon_count_descriptors (f->daemon);
  memory = daemon_get_memory (f->daemon);
  fail_many (f, 100000, kinds, G_N_ELEMENTS (kinds));
  g_assert_cmpuint (daemon_count_descriptors (f->daemon), <=, descriptors);
  fault_expect_memory (f, memory + (4 << 20));
  fault_expect_good (f, "good.test");
  check_rest (f, 1);
}

/* Connections that break with questions in flight. */
static void
run_connections (Fault *f)
{
  static const char *const kinds[] = { "a", "b" };
  guint descriptors;

  warm_up (f);
  descriptors = daemon_count_descriptors (f->daemon);
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);
    }
  fake_dot_script (f->one, "");
  fail_many (f, 200, kinds, G_N_ELEMENTS (kinds));
  g_assert_cmpuint (daemon_count_descriptors (f->daemon), <=, descriptors + 2);
  check_rest (f, 1);
}

/* Handshakes that fail. */
static void
run_handshakes (Fault *f)
{
  gint64 end = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;
  guint descriptors = 0;

  for (guint i = 0; g_get_monotonic_time () < end; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_servfail (f, name);
      if (i == 0)
        descriptors = daemon_count_descriptors (f->daemon);
    }
  g_assert_cmpuint (daemon_count_descriptors (f->daemon), <=, descriptors + 2);
  check_rest (f, 0);
}

/* Clients over TCP that come, ask and go, politely or not. */
static void
run_clients (Fault *f)
{
  guint descriptors;

  warm_up (f);
  descriptors = daemon_count_descriptors (f->daemon);
  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
      g_autoptr (GByteArray) query = dns_query_new (i, "warm.test", KNOT_RRTYPE_A);
      g_autoptr (DnsReply) reply = NULL;

      dns_client_send (tcp, query);
      if (i % 3 == 0)
        reply = dns_client_receive (tcp, 5000);
      if (i % 3 == 1)
        dns_client_half_close (tcp);
    }
  /* the last ones may still be on their way out */
  for (guint i = 0; i < 1000 && daemon_count_descriptors (f->daemon) > descriptors; i++)
    fault_expect_good (f, "warm.test");
  g_assert_cmpuint (daemon_count_descriptors (f->daemon), <=, descriptors);
}

/* Malformed queries by the thousand, from somebody who does not read the answers. */
static void
run_queries (Fault *f)
{
  g_autoptr (DnsClient) flood = daemon_connect_udp (f->daemon);
  guint descriptors;
  gsize memory;

  warm_up (f);
  descriptors = daemon_count_descriptors (f->daemon);
  memory = daemon_get_memory (f->daemon);
  for (guint i = 0; i < 100000; i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (i, "a.test", KNOT_RRTYPE_A);

      query->data[2 + i % (query->len - 2)] ^= 1 + i % 255;
      dns_client_send (flood, query);
      if (i % WINDOW == 0)
        fault_expect_good (f, "warm.test");
    }
  g_assert_cmpuint (daemon_count_descriptors (f->daemon), <=, descriptors);
  fault_expect_memory (f, memory + (24 << 20)); /* the cache, and what was in flight at most */
}

const FaultScenario fault_leak[] = {
  { "leak/answers", run_answers,
    "rcode=2 name=servfail.test; rcode=5 name=refused.test; cut=30 name=cut.test;"
    "pointer-loop name=loop.test; truncate name=tc.test",
    .settings = "cache-size = 1M" },
  { "leak/connections", run_connections, "close-reset=3" },
  { "leak/handshakes", run_handshakes, "certificate=expired" },
  { "leak/clients", run_clients },
  { "leak/queries", run_queries },
  { NULL },
};
