/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/fault/fault.h"

/* Answers of upstreams that must not be believed: A11, D4, D15, D16, E14 to E16. */

/* With one upstream that lies about bad.test: SERVFAIL soon, nothing kept, and other names are well
 * served on. */
static void
run_alone (Fault *f)
{
  fault_expect_servfail (f, "bad.test");
  fault_expect_good (f, "good.test");
  g_assert_cmpuint (fake_dot_count_queries (f->one, "bad.test", 0), <=, 3); /* D9 */
}

/* With a second upstream that does not lie: its answer, also when asked again. */
static void
run_other (Fault *f)
{
  fault_expect_address (f, "bad.test", "192.0.2.2");
  fault_expect_address (f, "bad.test", "192.0.2.2");
}

/* An answer to something else is none: the right one, which comes after it, is taken. */
static void
run_right_one_follows (Fault *f)
{
  fault_expect_good (f, "a.test");
  fault_expect_good (f, "b.test");
}

/* An answer with the question in another letter case is one; the client sees its own. */
static void
run_other_case (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "MiXeD.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = fault_exchange (f, query);

  g_assert_cmpuint (reply->n_answers, ==, 1);
  g_assert_true (dns_reply_echoes (reply, query));
}

/* D15: codes above 15 and those that are between the upstream and us do not reach the client. */
static void
run_extended_rcode (Fault *f)
{
  static const guint codes[] = { 16, 23, 24, 4095 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *script = g_strdup_printf ("rcode=%u", codes[i]);
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fake_dot_script (f->one, script);
      fault_expect_servfail (f, name);
    }
}

/* D16: an upstream that does not know EDNS: no endless attempts, and an answer of some kind. */
static void
run_no_edns (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_true (reply->rcode == KNOT_RCODE_SERVFAIL || reply->n_answers == 1);
  g_assert_cmpuint (fault_count_queries (f), <=, 3);
}

/* E14: what was not asked for is neither kept nor passed on. */
static void
run_unrelated (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "bad.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_null (memmem (reply->message->data, reply->message->len, "\4evil", 5));
  fault_expect_good (f, "evil.test");
}

/* E14: an answer that holds nothing of what was asked: whatever comes of it, it is not that. */
static void
run_only_unrelated (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "bad.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->n_answers, ==, 0);
  g_assert_null (memmem (reply->message->data, reply->message->len, "\4evil", 5));
  fault_expect_good (f, "evil.test");
}

/* E15: a DNAME and what is made from it come through; YXDOMAIN too. */
static void
run_dname (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.old.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) kept = fault_ask (f, "a.old.test", KNOT_RRTYPE_A);
  g_autofree char *address = dns_reply_get_text (kept, KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->n_answers, ==, 3);
  g_assert_cmpuint (kept->n_answers, ==, 3);
  g_assert_cmpstr (address, ==, "192.0.2.1");
}

static void
run_yxdomain (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_YXDOMAIN);
}

/* E16: aliases that lead nowhere are an error; usual chains are not. */
static void
run_alias_chain (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_cmpuint (reply->n_answers, ==, 9);
}

/* A11: no pointer in an answer of ours leads anywhere but to an earlier name; libknot refuses all
 * others, and it has read the answer. */
static void
run_compression (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "www.alias.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) udp = fault_exchange (f, query), tcp = fault_exchange_tcp (f, query);

  g_assert_nonnull (udp->packet);
  g_assert_nonnull (tcp->packet);
  g_assert_cmpuint (tcp->n_answers, ==, 2);
}

/* What an upstream says in an Extended DNS Error may be passed on, as a number. */
static void
run_ede (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_SERVFAIL);
  g_assert_cmpint (reply->ede, ==, 9);
}

/* An answer for which nobody has asked does not end up with somebody who asks for it later. */
static void
run_unsolicited (Fault *f)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_good (f, name);
    }
}

#define ALONE(path, script)                                                                        \
  {                                                                                                \
    "answer/" path, run_alone, script " name=bad.test"                                             \
  }
#define OTHER(path, script)                                                                        \
  {                                                                                                \
    "answer/" path "-other", run_other, script " name=bad.test", ""                                \
  }
#define BOTH(path, script) ALONE (path, script), OTHER (path, script)

const FaultScenario fault_answer[] = {
  BOTH ("wrong-id", "wrong-id"),
  BOTH ("wrong-name", "wrong-name"),
  BOTH ("wrong-type", "wrong-type"),
  BOTH ("wrong-class", "wrong-class"),
  BOTH ("query", "query"),
  BOTH ("garbage", "garbage=100"),
  BOTH ("cut-header", "cut=11"),
  BOTH ("cut-question", "cut=15"),
  BOTH ("cut-record", "cut=35"),
  BOTH ("pointer-loop", "pointer-loop"),
  BOTH ("pointer-forward", "pointer-forward"),
  BOTH ("long-name", "long-name"),
  BOTH ("label-type", "label-type"),
  BOTH ("overrun", "overrun"),
  BOTH ("count", "count=200"),
  BOTH ("short-address", "short-address"),
  BOTH ("alias-loop", "alias-loop"),
  BOTH ("second-opt", "second-opt"),
  BOTH ("servfail", "rcode=2"),
  BOTH ("refused", "rcode=5"),
  BOTH ("formerr", "rcode=1"),
  BOTH ("formerr-bare", "bare=1"),
  BOTH ("notimp", "rcode=4"),
  BOTH ("badvers", "rcode=16"),
  { "answer/duplicate", run_right_one_follows, "duplicate" },
  { "answer/unsolicited", run_unsolicited, "unsolicited=5" },
  { "answer/length-zero", run_right_one_follows, "length-zero count=1" },
  { "answer/other-case", run_other_case, "other-case" },
  { "answer/extended-rcode", run_extended_rcode },
  { "answer/no-edns", run_no_edns, "edns-unknown" },
  { "answer/unrelated", run_unrelated, "unrelated name=bad.test" },
  { "answer/only-unrelated", run_only_unrelated, "only-unrelated name=bad.test" },
  { "answer/dname", run_dname, "dname" },
  { "answer/yxdomain", run_yxdomain, "rcode=6" },
  { "answer/alias-chain", run_alias_chain, "alias-chain=8" },
  ALONE ("alias-chain-long", "alias-chain=40"),
  { "answer/compression", run_compression },
  { "answer/ede", run_ede, "rcode=2; ede=9" },
  { NULL },
};
