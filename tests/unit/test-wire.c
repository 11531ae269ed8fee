/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What a client's message means. */

#include <string.h>

#include "core/limits.h"
#include "core/wire.h"
#include "tests/lib/dns-message.h"

static DotlsVerdict
parse_bytes (const guint8 *bytes, gsize length, gboolean is_stream, DotlsRequest *request)
{
  const DotlsWireContext context = {
    .udp_payload_max = DOTLS_UDP_PAYLOAD, .keepalive = 100, .stream = is_stream, .seed = 1
  };
  g_autofree guint8 *exact = g_memdup2 (bytes, MAX (length, 1));

  return dotls_wire_parse_request (exact, length, &context, request);
}

static DotlsVerdict
parse (const GByteArray *message, DotlsRequest *request)
{
  return parse_bytes (message->data, message->len, FALSE, request);
}

static DotlsVerdict
judge (const GByteArray *message)
{
  DotlsRequest request;

  return parse (message, &request);
}

/* A query with an OPT that holds the one option CODE. */
static GByteArray *
query_with_option (guint16 code, gconstpointer data, gsize length)
{
  GByteArray *query = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  g_autoptr (GByteArray) options = g_byte_array_new ();

  dns_options_add (options, code, data, length);
  dns_message_add_opt (query, 1232, 0, 0, 0, options);
  return query;
}

/* Catches: a reflection loop, where answers are answered (A1). */
static void
test_response (void)
{
  g_autoptr (GByteArray) message = dns_message_new (1, DNS_QR);

  g_assert_cmpint (judge (message), ==, DOTLS_VERDICT_DROP_RESPONSE);
}

/* Catches: reading behind a message that ends anywhere, or taking a part for the whole (A2). */
static void
test_every_prefix (void)
{
  g_autoptr (GByteArray) message = query_with_option (10, "12345678", 8);
  DotlsRequest request;

  g_assert_cmpint (parse (message, &request), ==, DOTLS_VERDICT_OK);
  for (gsize length = 0; length < message->len; length++)
    g_assert_cmpint (parse_bytes (message->data, length, FALSE, &request), ==,
                     length < 12 ? DOTLS_VERDICT_DROP_SHORT : DOTLS_VERDICT_FORMERR);
}

/* Catches: any opcode but QUERY forwarded, or answered without its opcode and id (A3). */
static void
test_opcodes (void)
{
  for (guint opcode = 1; opcode < 16; opcode++)
    {
      g_autoptr (GByteArray) message = dns_query_new (0x1234, "example.com", DOTLS_TYPE_SOA);
      DotlsRequest request;

      dns_message_set (message, 2, opcode << 11);
      g_assert_cmpint (parse (message, &request), ==, DOTLS_VERDICT_NOTIMP);
      g_assert_cmpuint (request.envelope.opcode, ==, opcode);
      g_assert_cmphex (request.envelope.id, ==, 0x1234);
      g_assert_cmpuint (request.question_end, ==, message->len);
    }
}

/* Catches: no question, or more than one, taken for a query (A4, RFC 9619). */
static void
test_question_counts (void)
{
  g_autoptr (GByteArray) none = dns_message_new (1, DNS_RD);
  g_autoptr (GByteArray) two = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  const DnsName name = dns_name ("example.net");
  DotlsRequest request;

  g_assert_cmpint (parse (none, &request), ==, DOTLS_VERDICT_FORMERR);
  g_assert_cmpuint (request.question_end, ==, DOTLS_HEADER_SIZE);
  dns_message_add_opt (none, 4096, 0, 0, 0, NULL);
  g_assert_cmpint (parse (none, &request), ==, DOTLS_VERDICT_FORMERR);
  g_assert_true (request.envelope.edns);
  dns_message_add_question (two, &name, DOTLS_TYPE_A, DOTLS_CLASS_IN);
  g_assert_cmpint (judge (two), ==, DOTLS_VERDICT_FORMERR);
  dns_message_set (two, DNS_QUESTION, 0xffff);
  g_assert_cmpint (judge (two), ==, DOTLS_VERDICT_FORMERR);
}

/* Catches: answers in a query believed, and octets behind it ignored (A5: FORMERR for both). */
static void
test_answers_in_query (void)
{
  static const DnsSection sections[] = { DNS_ANSWER, DNS_AUTHORITY };
  const DnsName name = dns_name ("example.com");
  g_autoptr (GByteArray) junk = dns_query_new (1, "example.com", DOTLS_TYPE_A);

  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);

      dns_message_add_text (query, sections[i], &name, DOTLS_TYPE_A, 60, "192.0.2.66");
      g_assert_cmpint (judge (query), ==, DOTLS_VERDICT_FORMERR);
    }
  g_byte_array_append (junk, (const guint8 *) "", 1);
  g_assert_cmpint (judge (junk), ==, DOTLS_VERDICT_FORMERR);
}

/* Catches: counts that promise more records than there are, or overflow when added up. */
static void
test_lying_counts (void)
{
  for (guint section = DNS_ANSWER; section <= DNS_ADDITIONAL; section += 2)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);

      dns_message_set (query, section, 0xffff);
      g_assert_cmpint (judge (query), ==, DOTLS_VERDICT_FORMERR);
    }
}

/* Catches: flag bits mistaken for one another, and the Z bit for AD or CD (A6). */
static void
test_flags (void)
{
  for (guint flags = 0; flags < 0x800; flags++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);
      DotlsRequest request;

      dns_message_set (query, 2, flags);
      g_assert_cmpint (parse (query, &request), ==, DOTLS_VERDICT_OK);
      g_assert_cmpuint (request.envelope.rd, ==, (flags & DNS_RD) != 0);
      g_assert_cmpuint (request.envelope.ad, ==, (flags & DNS_AD) != 0);
      g_assert_cmpuint (request.envelope.cd, ==, (flags & DNS_CD) != 0);
      g_assert_cmpuint (request.key.bits, ==, flags & DNS_CD ? DOTLS_KEY_CD : 0);
    }
}

/* Catches: names compared byte by byte, beyond ASCII, or as text (A10), and keys that mix up types,
 * classes, DO and CD (E1). */
static void
test_keys (void)
{
  static const char *const same[] = { "ExAmPlE.c\\200m", "example.C\\200M" };
  static const char *const others[] = { "example.c\\232m", "example\\.c\\200m",
                                        "example.c\\200\\000m", "example.c\\200m.x" };
  DotlsRequest request, again;
  g_autoptr (GByteArray) query = dns_query_new (1, same[0], DOTLS_TYPE_A);
  g_autoptr (GByteArray) second = dns_query_new (2, same[1], DOTLS_TYPE_A);

  parse (query, &request);
  parse (second, &again);
  g_assert_true (dotls_key_equal (&request.key, &again.key));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GByteArray) other = dns_query_new (1, others[i], DOTLS_TYPE_A);

      parse (other, &again);
      g_assert_false (dotls_key_equal (&request.key, &again.key));
    }
  dns_message_set (second, second->len - 4, DOTLS_TYPE_AAAA);
  parse (second, &again);
  g_assert_false (dotls_key_equal (&request.key, &again.key));
  dns_message_set (query, query->len - 2, 32);
  g_assert_cmpint (parse (query, &again), ==, DOTLS_VERDICT_OK);
  g_assert_false (dotls_key_equal (&request.key, &again.key));
  dns_message_set (query, query->len - 2, DOTLS_CLASS_IN);
  dns_message_add_opt (query, 1232, 0, 0, 0x8000, NULL);
  parse (query, &again);
  g_assert_cmpuint (again.key.bits, ==, DOTLS_KEY_DO);
  g_assert_false (dotls_key_equal (&request.key, &again.key));
}

/* Catches: types that are no question forwarded (A14, A15), and usual or unknown ones refused
 * (A12). */
static void
test_types (void)
{
  for (guint type = 0; type < 0x10000; type++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", type);
      DotlsVerdict expected = DOTLS_VERDICT_OK;
      int ede = DOTLS_EDE_NONE;
      DotlsRequest request;

      if (type == 0 || type == 41 || type == 128 || type == 249 || type == 250)
        expected = DOTLS_VERDICT_FORMERR, ede = DOTLS_EDE_INVALID_QUERY_TYPE;
      else if (type == 251 || type == 252)
        expected = DOTLS_VERDICT_REFUSED, ede = DOTLS_EDE_NOT_SUPPORTED;
      else if (type == 253 || type == 254)
        expected = DOTLS_VERDICT_NOTIMP, ede = DOTLS_EDE_NOT_SUPPORTED;
      g_assert_cmpint (parse (query, &request), ==, expected);
      g_assert_cmpint (request.ede, ==, ede);
    }
}

/* Catches: a signed query rewritten and thereby broken (A17: NOTIMP). */
static void
test_signed (void)
{
  static const guint16 types[] = { DOTLS_TYPE_TSIG, 24 };
  const DnsName name = dns_name ("key.example");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);

      dns_message_add (query, DNS_ADDITIONAL, &name, types[i], 0, "", 0);
      g_assert_cmpint (judge (query), ==, DOTLS_VERDICT_NOTIMP);
    }
}

/* Catches: a compressed name in the question, which could point anywhere (A11). */
static void
test_compressed_question (void)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "aa", DOTLS_TYPE_A);

  query->data[12] = 0xc0;
  query->data[13] = 0x00;
  g_assert_cmpint (judge (query), ==, DOTLS_VERDICT_FORMERR);
}

/* Catches: a size below 512 believed, one above ours obeyed, or one for UDP used on a stream (B2).
 */
static void
test_sizes (void)
{
  static const guint16 sizes[][2] = { { 0, 512 },     { 1, 512 },     { 511, 512 },
                                      { 512, 512 },   { 513, 513 },   { 1231, 1231 },
                                      { 1232, 1232 }, { 1233, 1232 }, { 65535, 1232 } };
  g_autoptr (GByteArray) bare = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  DotlsRequest request;

  parse (bare, &request);
  g_assert_cmpuint (request.envelope.limit, ==, 512);
  g_assert_false (request.envelope.edns);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);

      dns_message_add_opt (query, sizes[i][0], 0, 0, 0, NULL);
      g_assert_cmpint (parse (query, &request), ==, DOTLS_VERDICT_OK);
      g_assert_cmpuint (request.envelope.limit, ==, sizes[i][1]);
      parse_bytes (query->data, query->len, TRUE, &request);
      g_assert_cmpuint (request.envelope.limit, ==, DOTLS_MESSAGE_MAX);
    }
}

/* Catches: two OPT records, one that is not at the root, options that overrun it (C2), a later
 * version answered as if it were ours (C3). */
static void
test_bad_opt (void)
{
  g_autoptr (GByteArray) two = query_with_option (100, "", 0);
  g_autoptr (GByteArray) named = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  g_autoptr (GByteArray) over = query_with_option (100, "abc", 3);
  g_autoptr (GByteArray) half = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  g_autoptr (GByteArray) later = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  g_autoptr (GByteArray) three = g_byte_array_new ();
  const DnsName name = dns_name ("example.com");
  DotlsRequest request;

  dns_message_add_opt (two, 1232, 0, 0, 0, NULL);
  g_assert_cmpint (judge (two), ==, DOTLS_VERDICT_FORMERR);
  dns_message_add (named, DNS_ADDITIONAL, &name, DOTLS_TYPE_OPT, 0, "", 0);
  g_assert_cmpint (judge (named), ==, DOTLS_VERDICT_FORMERR);
  dns_message_set (over, over->len - 5, 4);
  g_assert_cmpint (judge (over), ==, DOTLS_VERDICT_FORMERR);
  g_byte_array_append (three, (const guint8 *) "\0d\0", 3);
  dns_message_add_opt (half, 1232, 0, 0, 0, three);
  g_assert_cmpint (judge (half), ==, DOTLS_VERDICT_FORMERR);
  dns_message_add_opt (later, 1232, 0, 100, 0, NULL);
  g_assert_cmpint (parse (later, &request), ==, DOTLS_VERDICT_BADVERS);
  g_assert_true (request.envelope.edns);
}

/* Catches: an unknown option or flag that is an error (C4), a position or neighbours of OPT that
 * matter. */
static void
test_odd_opt (void)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);
  g_autoptr (GByteArray) options = g_byte_array_new ();
  const DnsName name = dns_name ("other.example");
  DotlsRequest request;

  for (guint code = 0; code < 100; code++)
    if (code != 8)
      dns_options_add (options, code * 655, "xyz", code % 4);
  dns_message_add_text (query, DNS_ADDITIONAL, &name, DOTLS_TYPE_A, 60, "192.0.2.1");
  dns_message_add_opt (query, 1232, 0, 0, 0x7fff, options);
  dns_message_add_text (query, DNS_ADDITIONAL, &name, DOTLS_TYPE_A, 60, "192.0.2.2");
  g_assert_cmpint (parse (query, &request), ==, DOTLS_VERDICT_OK);
  g_assert_true (request.envelope.edns);
  g_assert_false (request.envelope.dnssec_ok);
}

/* Catches: a client subnet that is wrong and accepted, or right and refused (C8, RFC 7871
 * section 6).  Length, then the option: family, source, scope, address. */
static void
test_ecs (void)
{
  static const struct
  {
    gsize length;
    const char *data;
    gboolean is_good;
  } cases[] = {
    { 4, "\0\1\0\0", TRUE },
    { 4, "\0\2\0\0", TRUE },
    { 4, "\0\0\0\0", TRUE }, /* dig +subnet=0 */
    { 7, "\0\1\30\0\xc0\0\2", TRUE },
    { 8, "\0\1\40\0\xc0\0\2\1", TRUE },
    { 7, "\0\1\24\0\xc0\0\x10", TRUE },
    { 7, "\0\1\24\0\xc0\0\x18", FALSE }, /* bits below /20 */
    { 20, "\0\2\x80\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", TRUE },
    { 21, "\0\2\x81\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0", FALSE },
    { 9, "\0\1\41\0\xc0\0\2\1\0", FALSE },
    { 4, "\0\3\0\0", FALSE },
    { 5, "\0\3\10\0\1", FALSE },
    { 5, "\0\0\10\0\1", FALSE },
    { 4, "\0\1\30\0", FALSE },           /* no address */
    { 8, "\0\1\30\0\xc0\0\2\1", FALSE }, /* too much of it */
    { 7, "\0\1\30\30\xc0\0\2", FALSE },  /* a scope, in a query */
    { 3, "\0\1\0", FALSE },
    { 0, "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) query = query_with_option (8, cases[i].data, cases[i].length);

      g_assert_cmpint (judge (query), ==,
                       cases[i].is_good ? DOTLS_VERDICT_OK : DOTLS_VERDICT_FORMERR);
    }
}

/* Catches: keepalive answered over UDP, or on a stream to who did not ask (C9). */
static void
test_keepalive (void)
{
  g_autoptr (GByteArray) asks = query_with_option (11, "", 0);
  g_autoptr (GByteArray) does_not = query_with_option (12, "", 0);
  DotlsRequest request;

  parse_bytes (asks->data, asks->len, FALSE, &request);
  g_assert_cmpuint (request.envelope.keepalive, ==, 0);
  parse_bytes (asks->data, asks->len, TRUE, &request);
  g_assert_cmpuint (request.envelope.keepalive, ==, 100);
  parse_bytes (does_not->data, does_not->len, TRUE, &request);
  g_assert_cmpuint (request.envelope.keepalive, ==, 0);
}

/* Catches: random damage that reads beyond the message (under sanitizers) or says OK to what
 * libknot does not take for one whole query. */
static void
test_random_damage (void)
{
  g_autoptr (GByteArray) good = query_with_option (8, "\0\1\30\0\xc0\0\2", 7);

  for (guint round = 0; round < 100000; round++)
    {
      g_autofree guint8 *damaged = g_memdup2 (good->data, good->len);
      DotlsRequest request;

      for (guint n = g_test_rand_int_range (1, 4); n > 0; n--)
        damaged[g_test_rand_int_range (0, good->len)] = g_test_rand_int_range (0, 256);
      if (parse_bytes (damaged, good->len, FALSE, &request) == DOTLS_VERDICT_OK)
        {
          g_autoptr (knot_pkt_t) packet = knot_pkt_new (damaged, good->len, NULL);

          /* the data of records beside OPT is nothing to us */
          g_assert_cmpint (knot_pkt_parse_question (packet), ==, KNOT_EOK);
          g_assert_cmpuint (knot_pkt_qtype (packet), ==, request.key.qtype);
          g_assert_cmpuint (knot_pkt_qclass (packet), ==, request.key.qclass);
          g_assert_cmpuint (knot_dname_size (knot_pkt_qname (packet)), ==, request.key.name_length);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/response", test_response);
  g_test_add_func ("/wire/every-prefix", test_every_prefix);
  g_test_add_func ("/wire/opcodes", test_opcodes);
  g_test_add_func ("/wire/question-counts", test_question_counts);
  g_test_add_func ("/wire/answers-in-query", test_answers_in_query);
  g_test_add_func ("/wire/lying-counts", test_lying_counts);
  g_test_add_func ("/wire/flags", test_flags);
  g_test_add_func ("/wire/keys", test_keys);
  g_test_add_func ("/wire/types", test_types);
  g_test_add_func ("/wire/signed", test_signed);
  g_test_add_func ("/wire/compressed-question", test_compressed_question);
  g_test_add_func ("/wire/sizes", test_sizes);
  g_test_add_func ("/wire/bad-opt", test_bad_opt);
  g_test_add_func ("/wire/odd-opt", test_odd_opt);
  g_test_add_func ("/wire/ecs", test_ecs);
  g_test_add_func ("/wire/keepalive", test_keepalive);
  g_test_add_func ("/wire/random-damage", test_random_damage);
  return g_test_run ();
}
