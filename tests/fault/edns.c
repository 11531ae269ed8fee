/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/fault/fault.h"

/* EDNS of clients (RFC 6891): C1 to C12. */

#define OPTION_ECS 8
#define OPTION_COOKIE 10
#define OPTION_CHAIN 13
#define OPTION_UNKNOWN 65001

static GByteArray *
make_query (const char *name, guint16 qtype)
{
  return dns_query_new (g_random_int (), name, qtype);
}

/* A query with one option. */
static GByteArray *
make_query_with (const char *name, guint16 code, gconstpointer data, gsize length)
{
  GByteArray *query = make_query (name, KNOT_RRTYPE_A);
  g_autoptr (GByteArray) options = g_byte_array_new ();

  dns_options_add (options, code, data, length);
  dns_message_add_opt (query, 1232, 0, 0, 0, options);
  return query;
}

/* C1: an OPT record for whoever sent one and for nobody else, whatever the answer is. */
static void
run_mirror (Fault *f)
{
  static const struct
  {
    const char *name;
    guint16 qtype, flags, rcode;
  } cases[] = {
    { "a.test", KNOT_RRTYPE_A, 0, 0 },
    { "a.test", KNOT_RRTYPE_A, 0, 0 }, /* kept */
    { "nx.test", KNOT_RRTYPE_A, 0, KNOT_RCODE_NXDOMAIN },
    { "fail.test", KNOT_RRTYPE_A, 0, KNOT_RCODE_SERVFAIL },
    { "a.test", KNOT_RRTYPE_AXFR, 0, KNOT_RCODE_REFUSED },
    { "a.test", KNOT_RRTYPE_OPT, 0, KNOT_RCODE_FORMERR },
    { "a.test", KNOT_RRTYPE_A, 5 << 11, KNOT_RCODE_NOTIMPL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint has_edns = 0; has_edns < 2; has_edns++)
      {
        g_autoptr (GByteArray) query = make_query (cases[i].name, cases[i].qtype);
        g_autoptr (DnsReply) reply = NULL;

        dns_message_set (query, 2, DNS_RD | cases[i].flags);
        if (has_edns)
          dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
        reply = fault_exchange (f, query);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->rcode, ==, cases[i].rcode);
        g_assert_cmpuint (reply->has_edns, ==, has_edns);
        if (has_edns)
          g_assert_cmpuint (knot_edns_get_version (reply->packet->opt_rr), ==, 0);
      }
}

static void
expect_rcode (Fault *f, const GByteArray *query, guint rcode)
{
  g_autoptr (DnsReply) udp = fault_exchange (f, query);
  g_autoptr (DnsReply) tcp = fault_exchange_tcp (f, query);

  g_assert_nonnull (udp);
  g_assert_cmpuint (udp->rcode, ==, rcode);
  g_assert_nonnull (tcp);
  g_assert_cmpuint (tcp->rcode, ==, rcode);
}

/* C2: OPT records that are wrong. */
static void
run_bad_opt (Fault *f)
{
  static const guint8 overrun[] = { 0, 10, 0, 200, 1, 2 }, cut[] = { 0, 10, 0 };
  const struct
  {
    const guint8 *bytes;
    guint length;
  } options[] = { { overrun, sizeof overrun }, { cut, sizeof cut } };
  g_autoptr (GByteArray) two = make_query ("a.test", KNOT_RRTYPE_A);
  g_autoptr (GByteArray) named = make_query ("a.test", KNOT_RRTYPE_A);
  DnsName name = dns_name ("a.test");

  dns_message_add_opt (two, 1232, 0, 0, 0, NULL);
  dns_message_add_opt (two, 1232, 0, 0, 0, NULL);
  expect_rcode (f, two, KNOT_RCODE_FORMERR);
  dns_message_add (named, DNS_ADDITIONAL, &name, KNOT_RRTYPE_OPT, 0, "", 0);
  expect_rcode (f, named, KNOT_RCODE_FORMERR);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (GByteArray) query = make_query ("a.test", KNOT_RRTYPE_A);
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      g_byte_array_append (bytes, options[i].bytes, options[i].length);
      dns_message_add_opt (query, 1232, 0, 0, 0, bytes);
      expect_rcode (f, query, KNOT_RCODE_FORMERR);
    }
  g_assert_cmpuint (fault_count_queries (f), ==, 0);
}

/* C3: a version we do not know: BADVERS, version 0, no data, nothing forwarded. */
static void
run_version (Fault *f)
{
  static const guint8 versions[] = { 1, 100, 255 };

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GByteArray) query = make_query ("a.test", KNOT_RRTYPE_A);
      g_autoptr (GByteArray) options = g_byte_array_new ();
      g_autoptr (DnsReply) reply = NULL;

      dns_options_add (options, OPTION_UNKNOWN, "x", 1);
      dns_message_add_opt (query, 1232, 0, versions[i], 0, options);
      reply = fault_exchange (f, query);
      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_BADVERS);
      g_assert_cmpuint (knot_edns_get_version (reply->packet->opt_rr), ==, 0);
      g_assert_cmpuint (reply->n_answers, ==, 0);
    }
  g_assert_cmpuint (fault_count_queries (f), ==, 0);
}

/* C4: unknown options and flags are ignored, not echoed and not passed on. */
static void
run_unknown (Fault *f)
{
  g_autoptr (GByteArray) query = make_query ("a.test", KNOT_RRTYPE_A);
  g_autoptr (GByteArray) options = g_byte_array_new ();
  g_autoptr (DnsReply) reply = NULL;

  dns_options_add (options, OPTION_UNKNOWN, "secret", 6);
  dns_message_add_opt (query, 1232, 0, 0, 0x0040, options);
  reply = fault_exchange (f, query);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_cmpint (dns_reply_get_option (reply, OPTION_UNKNOWN), ==, -1);
  g_assert_cmphex (reply->packet->opt_rr->ttl & 0x7fff, ==, 0);
  g_assert_false (fake_query_has_option (fake_dot_get_query (f->one, 0), OPTION_UNKNOWN, NULL));
  g_assert_cmphex (fake_dot_get_query (f->one, 0)->edns_flags & 0x7fff, ==, 0);
}

/* C5, C6, C11, C12: what is between the client and us stays there. */
static void
run_hop_by_hop (Fault *f)
{
  static const struct
  {
    guint16 code;
    const char *data;
    guint length;
  } options[] = { { KNOT_EDNS_OPTION_NSID, "", 0 },
                  { OPTION_COOKIE, "12345678", 8 },
                  { OPTION_COOKIE, "123", 3 }, /* of a wrong length, which is not our business */
                  { KNOT_EDNS_OPTION_TCP_KEEPALIVE, "", 0 },
                  { OPTION_CHAIN, "\0", 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (GByteArray) query =
          make_query_with (name, options[i].code, options[i].data, options[i].length);
      g_autoptr (DnsReply) reply = fault_exchange (f, query);
      const FakeQuery *seen = fake_dot_get_query (f->one, i);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->rcode, ==, 0);
      g_assert_false (fake_query_has_option (seen, KNOT_EDNS_OPTION_NSID, NULL));
      g_assert_false (fake_query_has_option (seen, OPTION_COOKIE, NULL));
      g_assert_false (fake_query_has_option (seen, OPTION_CHAIN, NULL));
      g_assert_cmpint (dns_reply_get_option (reply, OPTION_COOKIE), ==, -1);
    }
}

/* C7: the client's subnet goes nowhere; the upstream is told not to use ours either. */
static void
run_client_subnet (Fault *f)
{
  static const guint8 subnet[] = { 0, 1, 24, 0, 198, 51, 100 }, none[] = { 0, 1, 0, 0 };
  g_autoptr (GByteArray) with = make_query_with ("a.test", OPTION_ECS, subnet, sizeof subnet);
  g_autoptr (GByteArray) without = make_query_with ("b.test", OPTION_ECS, none, sizeof none);
  g_autoptr (DnsReply) one = fault_exchange (f, with), two = fault_exchange (f, without);

  g_assert_cmpuint (one->rcode, ==, 0);
  g_assert_cmpuint (two->rcode, ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      const FakeQuery *query = fake_dot_get_query (f->one, i);
      guint16 length;

      g_assert_true (fake_query_has_option (query, OPTION_ECS, &length));
      g_assert_cmpuint (length, ==, sizeof none);
      g_assert_null (memmem (query->message->data, query->message->len, subnet + 4, 3));
    }
}

/* C8: client subnets that are wrong. */
static void
run_bad_subnet (Fault *f)
{
  static const struct
  {
    guint8 bytes[9];
    guint length;
  } cases[] = { { { 0, 1, 24, 0, 1, 2, 3, 4 }, 8 }, /* longer than it says */
                { { 0, 1, 33, 0, 1, 2, 3, 4, 5 }, 9 },
                { { 0, 3, 8, 0, 1 }, 5 },
                { { 0, 1, 20, 0, 1, 2, 0xff }, 7 }, /* bits beyond the prefix */
                { { 0, 1, 24, 24, 1, 2, 3 }, 7 },   /* a scope in a query */
                { { 0, 1 }, 2 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) query =
          make_query_with ("a.test", OPTION_ECS, cases[i].bytes, cases[i].length);

      g_test_message ("case %u", i);
      expect_rcode (f, query, KNOT_RCODE_FORMERR);
    }
  g_assert_cmpuint (fault_count_queries (f), ==, 0);
}

/* C9: keepalive is for streams: ignored over UDP, answered with two octets over TCP. */
static void
run_keepalive (Fault *f)
{
  g_autoptr (GByteArray) query = make_query_with ("a.test", KNOT_EDNS_OPTION_TCP_KEEPALIVE, "", 0);
  g_autoptr (DnsReply) udp = fault_exchange (f, query), tcp = fault_exchange_tcp (f, query);

  g_assert_cmpint (dns_reply_get_option (udp, KNOT_EDNS_OPTION_TCP_KEEPALIVE), ==, -1);
  g_assert_cmpint (dns_reply_get_option (tcp, KNOT_EDNS_OPTION_TCP_KEEPALIVE), ==, 2);
}

/* C10: padding in clear text hides nothing and must not be answered. */
static void
run_padding (Fault *f)
{
  static const guint8 zeros[64] = { 0 };
  g_autoptr (GByteArray) query =
      make_query_with ("a.test", KNOT_EDNS_OPTION_PADDING, zeros, sizeof zeros);
  g_autoptr (DnsReply) reply = fault_exchange (f, query);

  g_assert_cmpint (dns_reply_get_option (reply, KNOT_EDNS_OPTION_PADDING), ==, -1);
  g_assert_cmpuint (reply->message->len, <, 100);
}

/* B7: options of the upstream's OPT are its own; an Extended DNS Error is the only thing that may
 * come through. */
static void
run_upstream_options (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpint (dns_reply_get_option (reply, KNOT_EDNS_OPTION_PADDING), ==, -1);
  g_assert_cmpint (dns_reply_get_option (reply, KNOT_EDNS_OPTION_TCP_KEEPALIVE), ==, -1);
  g_assert_cmpuint (reply->n_answers, ==, 1);
}

/* An answer without OPT to a query with it is as good as any. */
static void
run_no_edns (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_true (reply->has_edns);
  g_assert_cmpuint (reply->n_answers, ==, 1);
}

const FaultScenario fault_edns[] = {
  { "edns/mirror", run_mirror, "rcode=2 name=fail.test" },
  { "edns/bad-opt", run_bad_opt },
  { "edns/version", run_version },
  { "edns/unknown", run_unknown },
  { "edns/hop-by-hop", run_hop_by_hop },
  { "edns/client-subnet", run_client_subnet },
  { "edns/bad-subnet", run_bad_subnet },
  { "edns/keepalive", run_keepalive },
  { "edns/padding", run_padding },
  { "edns/upstream-options", run_upstream_options, "pad=468; keepalive=100" },
  { "edns/upstream-without", run_no_edns, "no-edns" },
  { NULL },
};
