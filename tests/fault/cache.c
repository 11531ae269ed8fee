/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/fault/fault.h"

/* What is kept, for how long, and for whom: E1 to E19. */

static GByteArray *
make_query (guint16 id, const char *name, guint16 flags, gboolean has_edns, gboolean dnssec_ok)
{
  GByteArray *query = dns_query_new (id, name, KNOT_RRTYPE_A);

  dns_message_set (query, 2, DNS_RD | flags);
  if (has_edns)
    dns_message_add_opt (query, 1232, 0, 0, dnssec_ok ? 0x8000 : 0, NULL);
  return query;
}

static DnsReply *
ask (Fault *f, const char *name, guint16 flags, gboolean dnssec_ok)
{
  g_autoptr (GByteArray) query = make_query (g_random_int (), name, flags, dnssec_ok, dnssec_ok);
  DnsReply *reply = fault_exchange (f, query);

  g_assert_nonnull (reply);
  return reply;
}

static guint
count_type (const DnsReply *reply, guint16 rrtype)
{
  const knot_pktsection_t *answer = knot_pkt_section (reply->packet, KNOT_ANSWER);
  guint n = 0;

  for (guint i = 0; i < answer->count; i++)
    n += knot_pkt_rr (answer, i)->type == rrtype;
  return n;
}

/* How many questions asking NAME for QTYPE costs the upstream. */
static guint
cost (Fault *f, const char *name, guint16 qtype)
{
  guint before = fault_count_queries (f);
  g_autoptr (DnsReply) reply = fault_ask (f, name, qtype);

  return fault_count_queries (f) - before;
}

/* E1: who checks signatures for himself and who does not get answers of their own. */
static void
run_key (Fault *f)
{
  g_autoptr (DnsReply) plain = ask (f, "a.test", 0, FALSE);
  g_autoptr (DnsReply) cd = ask (f, "a.test", DNS_CD, FALSE);
  g_autoptr (DnsReply) both = ask (f, "a.test", DNS_CD, TRUE);
  guint asked = fault_count_queries (f);

  g_assert_cmphex (cd->flags & DNS_CD, ==, DNS_CD);
  g_assert_cmphex (plain->flags & DNS_CD, ==, 0);
  g_assert_cmpuint (asked, >=, 2);
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 0);
  g_assert_true (fake_dot_get_query (f->one, asked - 1)->flags & DNS_CD);
}

/* E2: signatures for who asked for them, and only for him, in whatever order they ask. */
static void
run_signatures (Fault *f)
{
  static const gboolean orders[][4] = { { FALSE, TRUE, FALSE, TRUE },
                                        { TRUE, FALSE, TRUE, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    for (guint k = 0; k < 4; k++)
      {
        g_autofree char *name = g_strdup_printf ("n%u.signed.test", i);
        g_autoptr (DnsReply) reply = ask (f, name, 0, orders[i][k]);

        g_assert_cmpuint (count_type (reply, KNOT_RRTYPE_A), ==, 1);
        g_assert_cmpuint (count_type (reply, KNOT_RRTYPE_RRSIG), ==, orders[i][k] ? 1 : 0);
      }
}

/* G1: the upstream's word that data is authentic is not passed on unless the settings say so. */
static void
run_no_ad (Fault *f)
{
  g_autoptr (DnsReply) reply = ask (f, "a.signed.test", DNS_AD, TRUE);

  g_assert_cmphex (reply->flags & DNS_AD, ==, 0);
}

static void
run_trusted_ad (Fault *f)
{
  g_autoptr (DnsReply) asked = ask (f, "a.signed.test", DNS_AD, FALSE);
  g_autoptr (DnsReply) kept = ask (f, "a.signed.test", DNS_AD, FALSE);
  g_autoptr (DnsReply) unasked = ask (f, "a.signed.test", 0, FALSE);

  g_assert_cmphex (asked->flags & DNS_AD, ==, DNS_AD);
  g_assert_cmphex (kept->flags & DNS_AD, ==, DNS_AD);
  g_assert_cmphex (unasked->flags & DNS_AD, ==, 0);
}

/* E3: a TTL goes down and never up, and an answer is used until it is zero, no longer.  Ages are
 * whole seconds, so that the end may come up to one second early. */
static void
run_ageing (Fault *f)
{
  gint64 start = g_get_monotonic_time (), elapsed;
  guint32 last = 2;

  fault_expect_good (f, "ttl2.test");
  for (;;)
    {
      g_autoptr (DnsReply) reply = fault_ask (f, "ttl2.test", KNOT_RRTYPE_A);

      elapsed = g_get_monotonic_time () - start;
      g_assert_cmpint (elapsed, <, 4 * G_TIME_SPAN_SECOND);
      if (fault_count_queries (f) == 2)
        break;
      g_assert_cmpuint (reply->ttl, <=, last);
      last = reply->ttl;
      g_usleep (50 * 1000); /* time itself is what passes here */
    }
  g_assert_cmpint (elapsed, >=, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (last, <=, 1);
}

/* E4: a TTL with the highest bit set is zero or the ceiling, never years. */
static void
run_large_ttl (Fault *f)
{
  static const char *const names[] = { "ttl2147483648.test", "ttl4294967295.test",
                                       "ttl2147483647.test", "ttl604800.test" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (DnsReply) reply = fault_ask (f, names[i], KNOT_RRTYPE_A);
      g_autoptr (DnsReply) kept = fault_ask (f, names[i], KNOT_RRTYPE_A);

      g_assert_cmpuint (reply->n_answers, ==, 1);
      g_assert_cmpuint (reply->ttl, <=, 86400);
      g_assert_cmpuint (kept->ttl, <=, 86400);
    }
}

/* E5: TTL 0 is for those who wait, not for those who come later. */
static void
run_ttl_zero (Fault *f)
{
  g_assert_cmpuint (cost (f, "ttl0.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "ttl0.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "nx.ttl0.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "nx.ttl0.test", KNOT_RRTYPE_A), ==, 1);
}

/* The settings' floor and ceiling. */
static void
run_bounds (Fault *f)
{
  g_autoptr (DnsReply) low = fault_ask (f, "ttl1.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) high = fault_ask (f, "ttl5000.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) between = fault_ask (f, "ttl100.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (low->ttl, ==, 60);
  g_assert_cmpuint (high->ttl, ==, 300);
  g_assert_cmpuint (between->ttl, ==, 100);
}

/* E6: NXDOMAIN is kept for all types of the name, NODATA for its own type. */
static void
run_negative (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "nx.ttl30.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NXDOMAIN);
  g_assert_cmpuint (reply->n_authority, ==, 1);
  g_assert_cmpuint (reply->ttl, <=, 30);
  g_assert_cmpuint (cost (f, "nx.ttl30.test", KNOT_RRTYPE_A), ==, 0);
  g_assert_cmpuint (cost (f, "nodata.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "nodata.test", KNOT_RRTYPE_A), ==, 0);
  g_assert_cmpuint (cost (f, "nodata.test", KNOT_RRTYPE_AAAA), ==, 1);
}

/* E6: no more than three hours, whatever the SOA says. */
static void
run_negative_ceiling (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "nx.ttl80000.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NXDOMAIN);
  g_assert_cmpuint (reply->ttl, <=, 10800);
}

/* E6: without a SOA, or with one that has nothing to do with the name, nothing is kept. */
static void
run_negative_not_kept (Fault *f)
{
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 1);
}

/* E7: the NXDOMAIN of a chain is that of its end: the name itself exists. */
static void
run_negative_chain (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "alias.nx.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NXDOMAIN);
  g_assert_cmpuint (reply->n_answers, ==, 1);
  fault_expect_good (f, "target.test");
}

/* E8: that a name does not exist says, without validation, nothing about those below it. */
static void
run_no_cut (Fault *f)
{
  g_assert_cmpuint (cost (f, "nx.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "below.nx.test", KNOT_RRTYPE_A), ==, 1);
}

/* E10: what fails is not asked again for each client, and only the name that failed. */
static void
run_failures (Fault *f)
{
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < 100; i++)
    fault_expect_servfail (f, "bad.test");
  if (g_get_monotonic_time () - start < 900 * 1000)
    g_assert_cmpuint (fake_dot_count_queries (f->one, "bad.test", 0), <=, 2);
  fault_expect_good (f, "good.test");
}

/* E10: a failure is not remembered for long: at least a second, then it may be asked again. */
static void
run_failure_ends (Fault *f)
{
  gint64 deadline = g_get_monotonic_time () + 8 * G_TIME_SPAN_SECOND;

  fault_expect_servfail (f, "bad.test");
  fake_dot_script (f->one, "");
  for (;;)
    {
      g_autoptr (DnsReply) reply = fault_ask (f, "bad.test", KNOT_RRTYPE_A);

      if (reply->rcode == 0)
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (50 * 1000);
    }
}

/* E12: those who ask the same at the same time cost one question; each gets its own id and letter
 * case back. */
static void
run_coalescing (Fault *f)
{
  enum
  {
    N = 200
  };
  guint n_seen = 0;

  for (guint i = 0; i < N; i++)
    {
      g_autoptr (GByteArray) query =
          make_query (i, i % 2 ? "Same.test" : "sAME.TEST", 0, i % 3 == 0, FALSE);

      dns_client_send (fault_udp (f), query);
    }
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 5000);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->n_answers, ==, 1);
      g_assert_cmpmem (reply->message->data + 12, 10,
                       reply->id % 2 ? "\4Same\4test" : "\4sAME\4TEST", 10);
      g_assert_cmpint (reply->has_edns, ==, reply->id % 3 == 0);
      n_seen++;
    }
  g_assert_cmpuint (n_seen, ==, N);
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

/* E12: what makes another answer is another question. */
static void
run_no_coalescing (Fault *f)
{
  const guint16 flags[] = { 0, DNS_CD };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    for (guint dnssec_ok = 0; dnssec_ok < 2; dnssec_ok++)
      {
        g_autoptr (GByteArray) query =
            make_query (i * 2 + dnssec_ok, "a.signed.test", flags[i], TRUE, dnssec_ok);

        dns_client_send (fault_udp (f), query);
      }
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 5000);

      g_assert_nonnull (reply);
      g_assert_cmpuint (count_type (reply, KNOT_RRTYPE_RRSIG), ==, reply->id % 2);
      g_assert_cmphex (reply->flags & DNS_CD, ==, reply->id >= 2 ? DNS_CD : 0);
    }
  g_assert_cmpuint (fault_count_queries (f), >, 1);
}

/* E17: names that are asked once each do not fill the memory. */
static void
run_flood (Fault *f)
{
  enum
  {
    N = 10000,
    WINDOW = 50
  };
  gsize before;

  fault_expect_good (f, "first.test");
  before = daemon_get_memory (f->daemon);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("random-%u.size900.test", i);
      g_autoptr (GByteArray) query = dns_query_new (i, name, KNOT_RRTYPE_TXT);

      dns_client_send (fault_udp (f), query);
      if (i >= WINDOW)
        dns_reply_free (dns_client_receive (fault_udp (f), 5000));
    }
  for (guint i = 0; i < WINDOW; i++)
    dns_reply_free (dns_client_receive (fault_udp (f), 5000));
  fault_expect_memory (f, before + (6 << 20));
}

/* E19: other upstreams, other answers: what the old ones said is forgotten. */
static void
run_reload_flushes (Fault *f)
{
  g_autofree char *lines = fault_verify_lines (f, "auth-name = dot.test\nca-file = $CA");

  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "one", f->one, lines);
  daemon_start (f->daemon);
  fault_expect_good (f, "a.test");
  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "two", f->two, lines);
  daemon_reload (f->daemon);
  fault_expect_address (f, "a.test", "192.0.2.2");
}

/* A reload that changes nothing forgets no answer, but what the settings trust may be another by
 * the same name: who is asked next proves itself in full. */
static void
run_reload_keeps (Fault *f)
{
  fault_expect_good (f, "a.test");
  daemon_reload (f->daemon);
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 0);
  fault_expect_good (f, "b.test");
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), ==, 2);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_RESUMED), ==, 0);
}

/* No cache is no cache. */
static void
run_off (Fault *f)
{
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 1);
  g_assert_cmpuint (cost (f, "a.test", KNOT_RRTYPE_A), ==, 1);
}

const FaultScenario fault_cache[] = {
  { "cache/key", run_key },
  { "cache/signatures", run_signatures },
  { "cache/no-ad", run_no_ad },
  { "cache/trusted-ad", run_trusted_ad, .settings = "trust-ad = true" },
  { "cache/ageing", run_ageing },
  { "cache/large-ttl", run_large_ttl },
  { "cache/ttl-zero", run_ttl_zero },
  { "cache/bounds", run_bounds, .settings = "cache-min-ttl = 60s\ncache-max-ttl = 300s" },
  { "cache/negative", run_negative },
  { "cache/negative-ceiling", run_negative_ceiling },
  { "cache/nxdomain-without-soa", run_negative_not_kept, "nxdomain-bare" },
  { "cache/nodata-without-soa", run_negative_not_kept, "nodata-bare" },
  { "cache/foreign-soa", run_negative_not_kept, "foreign-soa" },
  { "cache/negative-chain", run_negative_chain },
  { "cache/no-cut", run_no_cut },
  { "cache/failures", run_failures, "rcode=2 name=bad.test" },
  { "cache/failure-ends", run_failure_ends, "rcode=2 name=bad.test" },
  { "cache/coalescing", run_coalescing, "delay=150" },
  { "cache/no-coalescing", run_no_coalescing, "delay=150" },
  { "cache/flood", run_flood, .settings = "cache-size = 1M" },
  { "cache/reload-flushes", run_reload_flushes, "", "", .is_delayed = TRUE },
  { "cache/reload-keeps", run_reload_keeps },
  { "cache/off", run_off, .settings = "cache-size = 0" },
  { NULL },
};
