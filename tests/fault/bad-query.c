/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/fault/fault.h"

/* Messages of clients that are no good queries, over UDP and over TCP. */

enum
{
  DROPPED = -1,
};

typedef struct
{
  void (*build) (GByteArray *query); /* changes a good query for a.test A */
  int rcode;                         /* or DROPPED */
  int ede;                           /* that must be there; 0: any or none */
  gboolean is_forwarded;
} BadQuery;

static void
check_header (const GByteArray *query, const DnsReply *reply)
{
  guint16 asked = dns_message_get (query, 2);

  g_assert_true (reply->flags & DNS_QR);
  g_assert_true (reply->flags & DNS_RA);
  g_assert_cmphex (reply->flags & (DNS_AA | DNS_Z | DNS_TC), ==, 0);
  g_assert_cmphex (reply->flags & 0x7800, ==, asked & 0x7800); /* the opcode */
  g_assert_cmphex (reply->flags & DNS_RD, ==, asked & DNS_RD);
}

static void
check_reply (const BadQuery *wanted, const GByteArray *query, const DnsReply *reply)
{
  g_assert_nonnull (reply);
  g_assert_nonnull (reply->packet);
  check_header (query, reply);
  g_assert_cmpuint (reply->rcode, ==, wanted->rcode);
  if (wanted->ede != 0)
    g_assert_cmpint (reply->ede, ==, wanted->ede);
  if (dns_message_get (reply->message, DNS_QUESTION) == 1)
    g_assert_true (dns_reply_echoes (reply, query));
}

/* What was wrong is counted, once for each transport. */
static void
check_counted (Fault *f, int rcode)
{
  const char *counter = NULL;

  if (rcode == DROPPED)
    counter = "dropped-response";
  else if (rcode == KNOT_RCODE_FORMERR)
    counter = "bad-format";
  else if (rcode == KNOT_RCODE_NOTIMPL)
    counter = "not-implemented";
  if (counter != NULL)
    g_assert_cmpint (daemon_get_counter (f->daemon, counter), >=, 2);
}

/* Over both transports; the upstream must not see what is not meant for it, and the daemon must
 * still do its work. */
static void
run_bad_query (Fault *f)
{
  const BadQuery *wanted = f->scenario->data;
  g_autoptr (GByteArray) query = dns_query_new (4711, "A.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) udp = NULL, tcp = NULL;

  wanted->build (query);
  if (wanted->rcode == DROPPED)
    {
      fault_expect_dropped (f, query);
      check_counted (f, DROPPED);
      return;
    }
  udp = fault_exchange (f, query);
  check_reply (wanted, query, udp);
  tcp = fault_exchange_tcp (f, query);
  check_reply (wanted, query, tcp);
  check_counted (f, wanted->rcode);
  g_assert_cmpuint (fault_count_queries (f), ==, wanted->is_forwarded ? 1 : 0);
  fault_expect_good (f, "control.test");
}

static void
set_flags (GByteArray *query, guint16 set, guint16 clear)
{
  dns_message_set (query, 2, (dns_message_get (query, 2) & ~clear) | set);
}

static void
set_type (GByteArray *query, guint16 qtype)
{
  dns_message_set (query, query->len - 4, qtype);
}

static void
set_name (GByteArray *query, const char *name, guint16 qtype)
{
  DnsName wire = dns_name (name);

  g_byte_array_set_size (query, 12);
  dns_message_set (query, DNS_QUESTION, 0);
  dns_message_add_question (query, &wire, qtype, KNOT_CLASS_IN);
}

static void
add_address (GByteArray *query, DnsSection section)
{
  DnsName name = dns_name ("a.test");

  dns_message_add_text (query, section, &name, KNOT_RRTYPE_A, 3600, "192.0.2.66");
}

/* --- A1, A2 ----------------------------------------------------------------------------------- */

static void
build_response (GByteArray *query)
{
  set_flags (query, DNS_QR, 0);
}

static void
build_no_question_bytes (GByteArray *query)
{
  g_byte_array_set_size (query, 12);
}

static void
build_cut_name (GByteArray *query)
{
  g_byte_array_set_size (query, 14);
}

static void
build_cut_type (GByteArray *query)
{
  g_byte_array_set_size (query, query->len - 3);
}

static void
build_missing_record (GByteArray *query)
{
  dns_message_set (query, DNS_ADDITIONAL, 1);
}

static void
build_pointer_loop (GByteArray *query)
{
  g_byte_array_set_size (query, 12);
  dns_message_append16 (query, 0xc00c);
  dns_message_append32 (query, KNOT_RRTYPE_A << 16 | KNOT_CLASS_IN);
}

static void
build_pointer_header (GByteArray *query)
{
  g_byte_array_set_size (query, 12);
  dns_message_append16 (query, 0xc000);
  dns_message_append32 (query, KNOT_RRTYPE_A << 16 | KNOT_CLASS_IN);
}

static void
build_label_type (GByteArray *query)
{
  query->data[12] = 0x41;
}

static void
build_long_name (GByteArray *query)
{
  guint8 label[64] = { 63 };

  memset (label + 1, 'a', 63);
  g_byte_array_set_size (query, 12);
  for (guint i = 0; i < 4; i++)
    g_byte_array_append (query, label, sizeof label);
  g_byte_array_append (query, (const guint8 *) "", 1);
  dns_message_append32 (query, KNOT_RRTYPE_A << 16 | KNOT_CLASS_IN);
}

/* --- A3 --------------------------------------------------------------------------------------- */

#define OPCODE(n)                                                                                  \
  static void build_opcode_##n (GByteArray *query)                                                 \
  {                                                                                                \
    set_flags (query, (n) << 11, 0);                                                               \
  }
OPCODE (1)
OPCODE (2)
OPCODE (3)
OPCODE (4)
OPCODE (5)
OPCODE (6)
OPCODE (7)
OPCODE (15)

/* RFC 8490 section 5.4: a DSO request has no question. */
static void
build_dso (GByteArray *query)
{
  set_flags (query, 6 << 11, DNS_RD);
  g_byte_array_set_size (query, 12);
  dns_message_set (query, DNS_QUESTION, 0);
}

/* --- A4, A5 ----------------------------------------------------------------------------------- */

static void
build_two_questions (GByteArray *query)
{
  DnsName name = dns_name ("b.test");

  dns_message_add_question (query, &name, KNOT_RRTYPE_A, KNOT_CLASS_IN);
}

static void
build_no_question (GByteArray *query)
{
  g_byte_array_set_size (query, 12);
  dns_message_set (query, DNS_QUESTION, 0);
}

static void
build_answer (GByteArray *query)
{
  add_address (query, DNS_ANSWER);
}

static void
build_authority (GByteArray *query)
{
  add_address (query, DNS_AUTHORITY);
}

static void
build_trailing (GByteArray *query)
{
  g_byte_array_append (query, (const guint8 *) "junk", 4);
}

static void
build_counts (GByteArray *query)
{
  dns_message_set (query, DNS_ANSWER, 0xffff);
  dns_message_set (query, DNS_AUTHORITY, 0xffff);
  dns_message_set (query, DNS_ADDITIONAL, 0xffff);
}

/* --- A6, A8 ----------------------------------------------------------------------------------- */

static void
build_z (GByteArray *query)
{
  set_flags (query, DNS_Z, 0);
}

static void
build_no_recursion (GByteArray *query)
{
  set_flags (query, 0, DNS_RD);
  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
}

/* --- A14 to A17 ------------------------------------------------------------------------------- */

static void
build_axfr (GByteArray *query)
{
  set_type (query, KNOT_RRTYPE_AXFR);
}

static void
build_ixfr (GByteArray *query)
{
  DnsName name = dns_name ("A.test");

  set_type (query, KNOT_RRTYPE_IXFR);
  dns_message_add_text (query, DNS_AUTHORITY, &name, KNOT_RRTYPE_SOA, 0, "1");
}

static void
build_opt_type (GByteArray *query)
{
  set_type (query, KNOT_RRTYPE_OPT);
}

static void
build_tsig_type (GByteArray *query)
{
  set_type (query, KNOT_RRTYPE_TSIG);
}

static void
build_tkey_type (GByteArray *query)
{
  set_type (query, 249);
}

static void
build_type_zero (GByteArray *query)
{
  set_type (query, 0);
}

static void
build_nxname (GByteArray *query)
{
  set_type (query, 128);
  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
}

static void
build_chaos (GByteArray *query)
{
  set_name (query, "version.bind", KNOT_RRTYPE_TXT);
  dns_message_set (query, query->len - 2, KNOT_CLASS_CH);
}

static void
build_class_32 (GByteArray *query)
{
  dns_message_set (query, query->len - 2, 32);
}

static void
build_class_any (GByteArray *query)
{
  dns_message_set (query, query->len - 2, KNOT_CLASS_ANY);
}

/* RFC 8945 section 4.2, with a signature of zeros. */
static void
build_tsig (GByteArray *query)
{
  g_autoptr (GByteArray) rdata = g_byte_array_new ();
  DnsName key = dns_name ("key.test"), algorithm = dns_name ("hmac-sha256");
  static const guint8 mac[32] = { 0 };

  g_byte_array_append (rdata, algorithm.wire, algorithm.length);
  dns_message_append16 (rdata, 0); /* the time, 48 bits */
  dns_message_append32 (rdata, 0);
  dns_message_append16 (rdata, 300);
  dns_message_append16 (rdata, sizeof mac);
  g_byte_array_append (rdata, mac, sizeof mac);
  dns_message_append16 (rdata, 4711);
  dns_message_append32 (rdata, 0);
  dns_message_add (query, DNS_ADDITIONAL, &key, KNOT_RRTYPE_TSIG, 0, rdata->data, rdata->len);
  dns_message_set (query, query->len - rdata->len - 8, KNOT_CLASS_ANY);
}

#define BAD(path, builder, ...)                                                                    \
  {                                                                                                \
    "query/" path, run_bad_query, .data = &(const BadQuery)                                        \
    {                                                                                              \
      builder, __VA_ARGS__                                                                         \
    }                                                                                              \
  }

/* --- scenarios of their own ------------------------------------------------------------------- */

/* A2: messages that are too short to be answered; each must vanish, and nothing with them. */
static void
run_short (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (4711, "a.test", KNOT_RRTYPE_A);

  for (guint length = 0; length < 12; length++)
    dns_client_send_bytes (fault_udp (f), query->data, length);
  g_assert_null (dns_client_receive (fault_udp (f), 50));
  g_assert_cmpint (daemon_get_counter (f->daemon, "dropped-short"), ==, 12);
  fault_expect_good (f, "control.test");
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

/* A2: every prefix of a good query and every single bit of it turned over: an answer with its id,
 * or none, but the daemon goes on. */
static void
run_mutations (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (4711, "mutant.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = NULL;

  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
  for (guint i = 0; i < query->len; i++)
    dns_client_send_bytes (fault_udp (f), query->data, i);
  for (guint bit = 16; bit < query->len * 8; bit++)
    {
      query->data[bit / 8] ^= 1 << bit % 8;
      dns_client_send (fault_udp (f), query);
      query->data[bit / 8] ^= 1 << bit % 8;
      while (bit % 64 == 0 && (reply = dns_client_receive (fault_udp (f), 1)) != NULL)
        {
          g_assert_cmpuint (reply->id, ==, 4711);
          g_clear_pointer (&reply, dns_reply_free);
        }
    }
  fault_expect_good (f, "control.test");
}

/* A5: what a query brings along must not be believed. */
static void
run_no_poison (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "a.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = NULL;

  add_address (query, DNS_ANSWER);
  reply = fault_exchange (f, query);
  fault_expect_good (f, "a.test");
}

/* A7, A8: the flags of an answer are the same fresh and kept; without RD a kept answer is given. */
static void
run_flags (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "a.test", KNOT_RRTYPE_A);
  g_autoptr (DnsReply) fresh = fault_exchange (f, query), kept = NULL, quiet = NULL;

  kept = fault_exchange (f, query);
  g_assert_cmphex (fresh->flags, ==, DNS_QR | DNS_RD | DNS_RA);
  g_assert_cmphex (kept->flags, ==, fresh->flags);
  set_flags (query, 0, DNS_RD);
  quiet = fault_exchange (f, query);
  g_assert_cmphex (quiet->flags, ==, DNS_QR | DNS_RA);
  g_assert_cmpuint (quiet->n_answers, ==, 1);
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

static void
expect_echo (Fault *f, const char *name, guint rcode)
{
  g_autoptr (GByteArray) query = dns_query_new (g_random_int (), name, KNOT_RRTYPE_A);
  g_autoptr (DnsReply) reply = fault_exchange (f, query);

  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, rcode);
  g_assert_true (dns_reply_echoes (reply, query));
}

/* A9: the question comes back in the letter case of the client on every path. */
static void
run_case (Fault *f)
{
  expect_echo (f, "wWw.ExAmPlE.test", 0);
  expect_echo (f, "WwW.eXaMpLe.TEST", 0);
  expect_echo (f, "FAIL.test", KNOT_RCODE_SERVFAIL);
  expect_echo (f, "fAiL.test", KNOT_RCODE_SERVFAIL);
  expect_echo (f, "wWw.NX.test", KNOT_RCODE_NXDOMAIN);
  expect_echo (f, "WwW.nx.test", KNOT_RCODE_NXDOMAIN);
  g_assert_cmpuint (fake_dot_count_queries (f->one, "www.example.test", 0), ==, 1);
}

/* A9: the same where two clients wait for one answer. */
static void
run_case_together (Fault *f)
{
  g_autoptr (GByteArray) one = dns_query_new (1, "sLOW.test", KNOT_RRTYPE_A);
  g_autoptr (GByteArray) two = dns_query_new (2, "Slow.TEST", KNOT_RRTYPE_A);

  dns_client_send (fault_udp (f), one);
  dns_client_send (fault_udp (f), two);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 2000);

      g_assert_nonnull (reply);
      g_assert_true (dns_reply_echoes (reply, reply->id == 1 ? one : two));
    }
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

/* A10: labels are octets; only the ASCII letters have a case. */
static void
run_octets (Fault *f)
{
  static const char *const names[] = { "a\\000b.test", "\\200\\255.test", "a\\046b.test",
                                       "\\192.test", "\\224.test" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      DnsName name = dns_name (names[i]);

      expect_echo (f, names[i], 0);
      expect_echo (f, names[i], 0);
      g_assert_cmpuint (fault_count_queries (f), ==, i + 1);
      g_assert_cmpmem (fake_dot_get_query (f->one, i)->name.wire, name.length, name.wire,
                       name.length);
    }
}

/* A13: ANY is asked for itself and answers nothing else. */
static void
run_any (Fault *f)
{
  g_autoptr (DnsReply) any = fault_ask (f, "a.test", KNOT_RRTYPE_ANY);

  fault_expect_good (f, "a.test");
  g_assert_cmpuint (fault_count_queries (f), ==, 2);
}

/* A18: an answer leaves from the address it was asked at, also where the socket is bound to all. */
static void
run_address (Fault *f)
{
  guint16 port;

  daemon_set_listen (f->daemon, "0.0.0.0:%u");
  daemon_start (f->daemon);
  port = daemon_get_port (f->daemon);
  for (guint i = 1; i < 4; i++)
    {
      g_autofree char *address = g_strdup_printf ("127.0.0.%u", i);
      g_autoptr (DnsClient) client = dns_client_new (address, SOCK_DGRAM, port);
      g_autoptr (DnsReply) reply = dns_client_ask (client, "a.test", KNOT_RRTYPE_A);

      g_assert_cmpuint (reply->n_answers, ==, 1);
    }
}

/* The same over IPv6. */
static void
run_ipv6 (Fault *f)
{
  static const int kinds[] = { SOCK_DGRAM, SOCK_STREAM };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (DnsClient) client = dns_client_new ("::1", kinds[i], daemon_get_port (f->daemon));
      g_autoptr (DnsReply) reply = dns_client_ask (client, "a.test", KNOT_RRTYPE_A);

      g_assert_cmpuint (reply->n_answers, ==, 1);
    }
}

const FaultScenario fault_bad_query[] = {
  BAD ("response", build_response, DROPPED), /* A1: two daemons would answer each other for ever */
  { "query/short", run_short },
  { "query/mutations", run_mutations },
  BAD ("no-question-bytes", build_no_question_bytes, KNOT_RCODE_FORMERR),
  BAD ("cut-name", build_cut_name, KNOT_RCODE_FORMERR),
  BAD ("cut-type", build_cut_type, KNOT_RCODE_FORMERR),
  BAD ("missing-record", build_missing_record, KNOT_RCODE_FORMERR),
  BAD ("pointer-loop", build_pointer_loop, KNOT_RCODE_FORMERR),
  BAD ("pointer-header", build_pointer_header, KNOT_RCODE_FORMERR),
  BAD ("label-type", build_label_type, KNOT_RCODE_FORMERR),
  BAD ("long-name", build_long_name, KNOT_RCODE_FORMERR),
  BAD ("opcode-1", build_opcode_1, KNOT_RCODE_NOTIMPL), /* A3 */
  BAD ("opcode-2", build_opcode_2, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-3", build_opcode_3, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-notify", build_opcode_4, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-update", build_opcode_5, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-6", build_opcode_6, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-dso", build_dso, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-7", build_opcode_7, KNOT_RCODE_NOTIMPL),
  BAD ("opcode-15", build_opcode_15, KNOT_RCODE_NOTIMPL),
  BAD ("two-questions", build_two_questions, KNOT_RCODE_FORMERR), /* A4 */
  BAD ("no-question", build_no_question, KNOT_RCODE_FORMERR),
  BAD ("answer", build_answer, KNOT_RCODE_FORMERR), /* A5 */
  BAD ("authority", build_authority, KNOT_RCODE_FORMERR),
  BAD ("trailing", build_trailing, KNOT_RCODE_FORMERR),
  BAD ("counts", build_counts, KNOT_RCODE_FORMERR),
  { "query/no-poison", run_no_poison },
  BAD ("z-flag", build_z, KNOT_RCODE_NOERROR, 0, TRUE), /* A6 */
  { "query/flags", run_flags },
  BAD ("no-recursion", build_no_recursion, KNOT_RCODE_REFUSED, 20), /* A8 */
  { "query/case", run_case, "rcode=2 name=fail.test" },
  { "query/case-together", run_case_together, "delay=100" },
  { "query/octets", run_octets },
  { "query/any", run_any },
  BAD ("axfr", build_axfr, KNOT_RCODE_REFUSED), /* A14 */
  BAD ("ixfr", build_ixfr, KNOT_RCODE_REFUSED),
  BAD ("type-opt", build_opt_type, KNOT_RCODE_FORMERR), /* A15 */
  BAD ("type-tsig", build_tsig_type, KNOT_RCODE_FORMERR),
  BAD ("type-tkey", build_tkey_type, KNOT_RCODE_FORMERR),
  BAD ("type-zero", build_type_zero, KNOT_RCODE_FORMERR),
  BAD ("type-nxname", build_nxname, KNOT_RCODE_FORMERR, 30),
  BAD ("class-chaos", build_chaos, KNOT_RCODE_REFUSED),          /* A16 */
  BAD ("class-32", build_class_32, KNOT_RCODE_NOERROR, 0, TRUE), /* A12 */
  BAD ("class-any", build_class_any, KNOT_RCODE_REFUSED),
  BAD ("tsig", build_tsig, KNOT_RCODE_NOTIMPL), /* A17 */
  { "query/address", run_address, .is_delayed = TRUE },
  { "query/ipv6", run_ipv6 },
  { NULL },
};
