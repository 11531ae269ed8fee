/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Answers that are damaged, that lie, or that are large. */

#include <string.h>

#include "tests/unit/parsed.h"

#define WWW "www.example.com"

/* An answer with all that answers have: an alias, addresses, signatures, a SOA, additional records
 * and an OPT with options. */
static GByteArray *
real_answer (const DotlsKey *key)
{
  static const guint8 signature[] = { 0, 1, 13, 3, 0, 0, 1, 44, 0, 0, 0, 0, 0, 0,
                                      0, 0, 0,  1, 0, 9, 9, 9,  9, 9, 9, 9, 9, 9 };
  const DnsName www = dns_name (WWW), web = dns_name ("web.example.net");
  const DnsName zone = dns_name ("example.net");
  GByteArray *message = parsed_answer_new (key, 0);
  g_autoptr (GByteArray) options = g_byte_array_new ();

  dns_message_add_text (message, DNS_ANSWER, &www, DOTLS_TYPE_CNAME, 300, "web.example.net");
  dns_message_add_text (message, DNS_ANSWER, &web, DOTLS_TYPE_A, 60, "192.0.2.1");
  dns_message_add_text (message, DNS_ANSWER, &web, DOTLS_TYPE_A, 60, "192.0.2.2");
  dns_message_add (message, DNS_ANSWER, &web, DOTLS_TYPE_RRSIG, 60, signature, sizeof signature);
  dns_message_add_text (message, DNS_AUTHORITY, &zone, DOTLS_TYPE_SOA, 600, "60");
  dns_message_add (message, DNS_AUTHORITY, &zone, DOTLS_TYPE_RRSIG, 60, signature,
                   sizeof signature);
  dns_message_add_text (message, DNS_ADDITIONAL, &zone, DOTLS_TYPE_AAAA, 60, "2001:db8::53");
  dns_options_add (options, 11, "\0\144", 2);
  dns_options_add (options, 12, "\0\0\0\0\0", 5);
  dns_message_add_opt (message, 1232, 0, 0, 0x8000, options);
  return message;
}

/* Catches: a part of an answer taken for the whole, and reading beyond what came (sanitizers see
 * the octet after the end). */
static void
test_every_prefix (void)
{
  for (guint8 bits = 0; bits <= DOTLS_KEY_DO; bits++)
    {
      const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, bits);
      g_autoptr (GByteArray) message = real_answer (&key);
      g_autoptr (Parsed) whole = parsed_new (message->data, message->len, &key, NULL);

      g_assert_cmpint (whole->verdict, ==, DOTLS_ANSWER_GOOD);
      for (gsize length = DOTLS_HEADER_SIZE + key.name_length + 4; length < message->len; length++)
        {
          g_autoptr (Parsed) part = parsed_new (message->data, length, &key, NULL);

          g_assert_cmpint (part->verdict, ==, DOTLS_ANSWER_MALFORMED);
        }
    }
}

/* Catches: octets after the last record, where counts say less than there is. */
static void
test_trailing (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = real_answer (&key);

  g_byte_array_append (message, (const guint8 *) "", 1);
  g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
}

/* Catches: counts believed, one more or less, or so large that their sum overflows. */
static void
test_lying_counts (void)
{
  static const int changes[] = { -1, 1, 1000, 0xff00 };

  for (guint i = 0; i < 4 * G_N_ELEMENTS (changes); i++)
    {
      const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, DOTLS_KEY_DO);
      g_autoptr (GByteArray) message = real_answer (&key);
      guint section = DNS_QUESTION + 2 * (i % 4);

      if (section == DNS_QUESTION)
        continue; /* matched before */
      dns_message_set (message, section, dns_message_get (message, section) + changes[i / 4]);
      g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
    }
}

/* Catches: damage anywhere that crashes, reads beyond the end, or leaves places of TTLs that lie
 * outside of what is kept. */
static void
test_random_damage (void)
{
  guint good = 0;

  for (guint round = 0; round < 30000; round++)
    {
      const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, round % 2 ? DOTLS_KEY_DO : 0);
      g_autoptr (GByteArray) message = real_answer (&key);
      gsize start = DOTLS_HEADER_SIZE + key.name_length + 4;
      g_autoptr (Parsed) parsed = NULL;

      for (guint n = g_test_rand_int_range (0, 4); n > 0; n--)
        message->data[g_test_rand_int_range (start, message->len)] = g_test_rand_int_range (0, 256);
      parsed = parsed_new (message->data, message->len, &key, NULL);
      if (parsed->verdict != DOTLS_ANSWER_GOOD)
        continue;
      good++;
      for (guint i = 0; i < parsed->answer->body.n_ttls; i++)
        g_assert_cmpuint (parsed->answer->ttl_offsets[i] + 4u, <=, parsed->answer->body.length);
    }
  g_assert_cmpuint (good, >, 1000);
}

/* Catches: a circle of pointers in any name of an answer: the owner, the target of an alias, and
 * data that only clients read (A11). */
static void
test_pointers (void)
{
  static const struct
  {
    guint16 type;
    guint before;
  } kinds[] = {
    { DOTLS_TYPE_CNAME, 0 }, { DOTLS_TYPE_NS, 0 }, { DOTLS_TYPE_PTR, 0 }, { 15, 2 }, { 33, 6 },
    { DOTLS_TYPE_DNAME, 0 }
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (guint shift = 0; shift <= 2; shift++)
      {
        const DotlsKey key = parsed_key (WWW, kinds[i].type, 0);
        const DnsName www = dns_name (WWW);
        g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
        guint8 data[8] = { 0 };
        gsize at = message->len + 12 + kinds[i].before, target = at + shift;

        data[kinds[i].before] = 0xc0 | target >> 8;
        data[kinds[i].before + 1] = target;
        dns_message_add (message, DNS_ANSWER, &www, kinds[i].type, 60, data, kinds[i].before + 2);
        g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
      }
}

/* Catches: names that end before or behind their data, and addresses of another length, which
 * clients would read from the next record. */
static void
test_data_lengths (void)
{
  static const guint16 types[] = { DOTLS_TYPE_A, DOTLS_TYPE_AAAA, DOTLS_TYPE_NS, DOTLS_TYPE_CNAME,
                                   DOTLS_TYPE_PTR };
  static const guint lengths[] = { 4, 16, 3, 3, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint length = 0; length < 20; length++)
      {
        const DotlsKey key = parsed_key (WWW, types[i], 0);
        const DnsName www = dns_name (WWW);
        g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

        dns_message_add (message, DNS_ANSWER, &www, types[i], 60,
                         "\1x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", length);
        g_assert_cmpint (parsed_judge (message, &key), ==,
                         length == lengths[i] ? DOTLS_ANSWER_GOOD : DOTLS_ANSWER_MALFORMED);
      }
}

/* Catches: data of unknown types looked into or changed (A12, RFC 3597): every octet, up to 64 kB.
 */
static void
test_opaque (void)
{
  static const gsize lengths[] = { 0, 1, 255, 65535 - 12 - 21 - 12 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      const DotlsKey key = parsed_key (WWW, 65280, 0);
      const DnsName www = dns_name (WWW);
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
      g_autofree guint8 *data = g_malloc (lengths[i] + 1), *bytes = NULL;
      g_autoptr (Parsed) parsed = NULL;
      g_autoptr (knot_pkt_t) packet = NULL;
      const knot_rdata_t *kept;

      for (gsize j = 0; j < lengths[i]; j++)
        data[j] = j * 7 + j / 256;
      dns_message_add (message, DNS_ANSWER, &www, 65280, 60, data, lengths[i]);
      parsed = parsed_new (message->data, message->len, &key, NULL);
      g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
      packet = parsed_reply (parsed, 1, &bytes);
      kept = knot_pkt_rr (knot_pkt_section (packet, KNOT_ANSWER), 0)->rrs.rdata;
      g_assert_cmpmem (kept->data, kept->len, data, lengths[i]);
    }
}

/* Catches: an answer of 64 kB with thousands of records refused, cut, or with TTLs that miss the
 * last of them. */
static void
test_thousands (void)
{
  const DotlsKey key = parsed_key ("x", DOTLS_TYPE_A, 0);
  const DnsName name = dns_name ("x");
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree guint8 *bytes = NULL;
  g_autoptr (knot_pkt_t) packet = NULL;
  const knot_pktsection_t *answers;
  guint count = 0;

  while (message->len + 16 <= DOTLS_MESSAGE_MAX)
    {
      guint8 address[4] = { 10, count >> 16, count >> 8, count };

      dns_message_add (message, DNS_ANSWER, &name, DOTLS_TYPE_A, 10000 - count++, address, 4);
    }
  g_assert_cmpuint (count, >, 4000);
  parsed = parsed_new (message->data, message->len, &key, NULL);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  packet = parsed_reply (parsed, 5, &bytes);
  answers = knot_pkt_section (packet, KNOT_ANSWER);
  g_assert_cmpuint (answers->count, ==, count);
  for (guint i = 0; i < count; i++)
    g_assert_cmpuint (knot_pkt_rr (answers, i)->ttl, ==, 10000 - (count - 1) - 5);
}

/* Catches: more records than we have room for. */
static void
test_too_many (void)
{
  const DotlsKey key = parsed_key (".", DOTLS_TYPE_NS, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  guint count = 0;

  /* a root owner and the root as data: twelve octets a record */
  while (message->len + 12 <= DOTLS_MESSAGE_MAX)
    {
      g_byte_array_append (message, (const guint8 *) "\0\0\2\0\1\0\0\0\1\0\1\0", 12);
      count++;
    }
  g_assert_cmpuint (count, >, DOTLS_RECORDS_MAX);
  dns_message_set (message, DNS_ANSWER, count);
  g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer-hostile/every-prefix", test_every_prefix);
  g_test_add_func ("/answer-hostile/trailing", test_trailing);
  g_test_add_func ("/answer-hostile/lying-counts", test_lying_counts);
  g_test_add_func ("/answer-hostile/random-damage", test_random_damage);
  g_test_add_func ("/answer-hostile/pointers", test_pointers);
  g_test_add_func ("/answer-hostile/data-lengths", test_data_lengths);
  g_test_add_func ("/answer-hostile/opaque", test_opaque);
  g_test_add_func ("/answer-hostile/thousands", test_thousands);
  g_test_add_func ("/answer-hostile/too-many", test_too_many);
  return g_test_run ();
}
