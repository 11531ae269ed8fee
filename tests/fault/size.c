/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/fault/fault.h"

/* How large an answer may be, and what happens to one that is larger: B1 to B6. */

static GByteArray *
make_query (const char *name, int udp_size)
{
  GByteArray *query = dns_query_new (g_random_int (), name, KNOT_RRTYPE_TXT);

  if (udp_size >= 0)
    dns_message_add_opt (query, udp_size, 0, 0, 0, NULL);
  return query;
}

/* A truncated answer keeps its question and its OPT, and its counts are right: libknot has read it
 * to the end.  It has no records, so that nobody takes a part for the whole (B3). */
static void
check_fit (const DnsReply *reply, const GByteArray *query, gsize limit, gboolean must_fit)
{
  g_assert_nonnull (reply);
  g_assert_nonnull (reply->packet);
  g_assert_cmpuint (reply->message->len, <=, limit);
  g_assert_true (dns_reply_echoes (reply, query));
  g_assert_cmpint ((reply->flags & DNS_TC) != 0, ==, !must_fit);
  if (must_fit)
    g_assert_cmpuint (reply->n_answers, >, 0);
  else
    g_assert_cmpuint (reply->n_answers, ==, 0);
  g_assert_cmpint (reply->has_edns, ==, dns_message_get (query, DNS_ADDITIONAL) == 1);
}

/* B1: without EDNS no more than 512 bytes leave. */
static void
run_plain (Fault *f)
{
  static const struct
  {
    const char *name;
    gboolean fits;
  } cases[] = { { "size400.test", TRUE },
                { "size600.test", FALSE },
                { "size1400.test", FALSE },
                { "size4000.test", FALSE },
                { "size60000.test", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) query = make_query (cases[i].name, -1);
      g_autoptr (DnsReply) fresh = fault_exchange (f, query), kept = fault_exchange (f, query);

      g_test_message ("%s", cases[i].name);
      check_fit (fresh, query, 512, cases[i].fits);
      check_fit (kept, query, 512, cases[i].fits);
    }
}

/* B2: with EDNS what the client says, at least 512 and at most what the settings say (1232). */
static void
run_sweep (Fault *f)
{
  static const int sizes[] = { 0, 1, 511, 512, 700, 1231, 1232, 1233, 4096, 65535 };
  g_autoptr (GByteArray) first = make_query ("size1100.test", 4096);
  g_autoptr (DnsReply) whole = fault_exchange_tcp (f, first);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint limit = CLAMP (sizes[i], 512, 1232);
      g_autoptr (GByteArray) query = make_query ("size1100.test", sizes[i]);
      g_autoptr (DnsReply) reply = fault_exchange (f, query);
      g_autoptr (GByteArray) large = make_query ("size1600.test", sizes[i]);
      g_autoptr (DnsReply) other = fault_exchange (f, large);

      g_test_message ("%d", sizes[i]);
      check_fit (reply, query, limit, whole->message->len <= limit);
      check_fit (other, large, limit, FALSE);
    }
}

/* B4: the client comes back over TCP and gets all of it, without another question upstream. */
static void
run_retry (Fault *f)
{
  g_autoptr (GByteArray) query = make_query ("size30000.test", 1232);
  g_autoptr (DnsReply) udp = fault_exchange (f, query), tcp = fault_exchange_tcp (f, query);

  g_assert_true (udp->flags & DNS_TC);
  g_assert_false (tcp->flags & DNS_TC);
  g_assert_cmpuint (tcp->message->len, >, 29000);
  g_assert_nonnull (tcp->packet);
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

/* A12, D2: an answer of 65,535 bytes with data of a type that nobody knows comes through over TCP,
 * byte by byte.  Our OPT may be larger than the upstream's: then it does not fit, and must be an
 * error, not a message that is cut. */
static void
run_huge (Fault *f)
{
  g_autoptr (GByteArray) query = make_query ("a.test", 1232);
  g_autoptr (DnsReply) udp = fault_exchange (f, query), tcp = fault_exchange_tcp (f, query);

  g_assert_nonnull (udp);
  g_assert_nonnull (udp->packet);
  g_assert_nonnull (tcp);
  g_assert_nonnull (tcp->packet);
  if (tcp->rcode == 0 && !(tcp->flags & DNS_TC))
    g_assert_cmpuint (tcp->message->len, >, 65000);
  fault_expect_good (f, "control.test");
}

/* A12: data of unknown types is not touched. */
static void
run_opaque (Fault *f)
{
  static const guint lengths[] = { 0, 1, 300, 60000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *script = g_strdup_printf ("opaque=%u", lengths[i]);
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (GByteArray) query = dns_query_new (1, name, 65280);
      g_autoptr (DnsReply) reply = NULL;
      const knot_rdata_t *rdata;

      fake_dot_script (f->one, script);
      reply = fault_exchange_tcp (f, query);
      g_assert_nonnull (reply->packet);
      g_assert_cmpuint (reply->n_answers, ==, 1);
      rdata = knot_rdataset_at (
          &knot_pkt_rr (knot_pkt_section (reply->packet, KNOT_ANSWER), 0)->rrs, 0);
      g_assert_cmpuint (rdata->len, ==, lengths[i]);
      for (guint k = 0; k < lengths[i]; k++)
        g_assert_cmphex (rdata->data[k], ==, (k * 7 + 1) & 0xff);
    }
}

/* B6: TC over a stream is nonsense; the answer must not be kept as if it were whole, and another
 * upstream may know better. */
static void
run_upstream_truncates (Fault *f)
{
  fault_expect_address (f, "a.test", "192.0.2.2");
}

static void
run_only_upstream_truncates (Fault *f)
{
  fault_expect_servfail (f, "a.test");
}

const FaultScenario fault_size[] = {
  { "size/plain", run_plain },
  { "size/sweep", run_sweep },
  { "size/retry", run_retry },
  { "size/huge", run_huge, "huge name=a.test" },
  { "size/opaque", run_opaque },
  { "size/upstream-truncates", run_upstream_truncates, "truncate", "" },
  { "size/only-upstream-truncates", run_only_upstream_truncates, "truncate" },
  { NULL },
};
