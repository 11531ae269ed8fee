/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What an upstream's answer means, and for how long. */

#include <string.h>

#include "core/name.h"
#include "tests/unit/parsed.h"

#define WWW "www.example.com"

static void
add (GByteArray *message,
     DnsSection section,
     const char *owner,
     guint16 type,
     guint32 ttl,
     const char *data)
{
  const DnsName name = dns_name (owner);

  dns_message_add_text (message, section, &name, type, ttl, data);
}

/* A signature over TYPE; nobody looks at what it signs with. */
static void
add_signature (
    GByteArray *message, DnsSection section, const char *owner, guint16 type, guint32 ttl)
{
  const DnsName name = dns_name (owner);
  guint8 data[18 + 1 + 8] = { type >> 8, type, 13, 3 };

  dns_message_add (message, section, &name, DOTLS_TYPE_RRSIG, ttl, data, sizeof data);
}

static Parsed *
parse_within (const GByteArray *message,
              const DotlsKey *key,
              guint32 min_ttl,
              guint32 max_ttl,
              guint32 max_negative_ttl)
{
  const DotlsTtlBounds bounds = { min_ttl, max_ttl, max_negative_ttl };

  return parsed_new (message->data, message->len, key, &bounds);
}

static Parsed *
parse (const GByteArray *message, const DotlsKey *key)
{
  return parsed_new (message->data, message->len, key, NULL);
}

/* Catches: an answer matched by its id alone (D4): another name, type, class, direction or number
 * of questions; and one in another letter case refused. */
static void
test_matches (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  const char *const others[] = { "wwx.example.com", "www.example.co", "example.com", "." };
  gboolean is_bare;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      const DotlsKey other = parsed_key (others[i], DOTLS_TYPE_A, 0);
      g_autoptr (GByteArray) message = parsed_answer_new (&other, 0);

      g_assert_false (dotls_answer_matches (message->data, message->len, &key, &is_bare));
    }
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

      if (i == 1)
        message->data[message->len - 3]++; /* type */
      else if (i == 2)
        message->data[message->len - 1]++; /* class */
      else if (i == 3)
        message->data[2] &= ~0x80; /* a query */
      else if (i == 4)
        message->data[5]++; /* two questions */
      else if (i == 5)
        for (guint j = 12; j < message->len - 4; j++)
          message->data[j] = g_ascii_toupper (message->data[j]);
      g_assert_cmpint (dotls_answer_matches (message->data, message->len, &key, &is_bare), ==,
                       i == 0 || i == 5);
      g_assert_false (is_bare);
    }
}

/* Catches: reading behind an answer that ends within its question. */
static void
test_matches_prefix (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

  for (gsize length = 0; length < message->len; length++)
    {
      g_autofree guint8 *exact = g_memdup2 (message->data, MAX (length, 1));
      gboolean is_bare;

      g_assert_false (dotls_answer_matches (exact, length, &key, &is_bare));
    }
}

/* Catches: an answer without question believed: only a server that could not read ours, or cannot
 * do it, may leave it out. */
static void
test_bare (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);

  for (guint16 rcode = 0; rcode < 16; rcode++)
    {
      g_autoptr (GByteArray) message = dns_message_new (1, DNS_QR | rcode);
      gboolean is_bare;

      g_assert_false (dotls_answer_matches (message->data, message->len, &key, &is_bare));
      g_assert_cmpint (is_bare, ==, rcode == DOTLS_RCODE_FORMERR || rcode == DOTLS_RCODE_NOTIMP);
      if (!is_bare)
        continue;
      g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_FAILURE);
      dns_message_add_opt (message, 1232, 0, 0, 0, NULL);
      g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_FAILURE);
    }
}

/* Catches: a plain answer that is not passed on as it came. */
static void
test_positive (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree char *list = NULL;

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.1");
  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.2");
  parsed = parse (message, &key);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  g_assert_false (parsed->answer->negative);
  g_assert_cmpuint (parsed->answer->ttl, ==, 300);
  g_assert_cmpint (parsed->answer->keepalive, ==, -1);
  g_assert_cmpint (parsed->answer->body.ede, ==, DOTLS_EDE_NONE);
  g_assert_false (parsed->answer->body.ad);
  g_assert_true (parsed->answer->body.bytes < parsed->scratch
                 || parsed->answer->body.bytes >= parsed->scratch + DOTLS_MESSAGE_MAX);
  list = parsed_list (parsed, KNOT_ANSWER);
  g_assert_cmpstr (list, ==, WWW " 300 A\n" WWW " 300 A");
}

/* Catches: an rcode taken for another; only the first kind is an answer about the name. */
static void
test_rcodes (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);

  for (guint16 rcode = 0; rcode < 16; rcode++)
    {
      g_autoptr (GByteArray) message = parsed_answer_new (&key, rcode);
      g_autoptr (Parsed) parsed = parse (message, &key);
      gboolean is_answer =
          rcode == 0 || rcode == DOTLS_RCODE_NXDOMAIN || rcode == DOTLS_RCODE_YXDOMAIN;

      g_assert_cmpint (parsed->verdict, ==, is_answer ? DOTLS_ANSWER_GOOD : DOTLS_ANSWER_FAILURE);
      g_assert_cmpuint (parsed->answer->body.rcode, ==, rcode);
    }
}

/* Catches: the upper bits of an rcode ignored, so that BADVERS (16) looks like success (D15). */
static void
test_extended_rcode (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.1");
  dns_message_add_opt (message, 1232, 1, 0, 0, NULL);
  parsed = parse (message, &key);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_FAILURE);
  g_assert_cmpuint (parsed->answer->body.rcode, ==, DOTLS_RCODE_BADVERS);
}

/* Catches: TC over a stream believed (B6). */
static void
test_truncated (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.1");
  message->data[2] |= DNS_TC >> 8;
  g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_TRUNCATED);
}

/* Catches: the server's time-out or its Extended DNS Error not read, or read from an option of
 * another length; AD not read. */
static void
test_opt (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (GByteArray) options = g_byte_array_new ();
  g_autoptr (Parsed) parsed = NULL;

  dns_options_add (options, 11, "", 0);
  dns_options_add (options, 11, "\1\2", 2);
  dns_options_add (options, 15, "\0", 1);
  dns_options_add (options, 15, "\0\3stale", 7);
  dns_options_add (options, 15, "\0\4", 2);
  dns_options_add (options, 12, "\0\0\0", 3);
  dns_message_add_opt (message, 1232, 0, 0, 0x8000, options);
  message->data[3] |= DNS_AD;
  parsed = parse (message, &key);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  g_assert_cmpint (parsed->answer->keepalive, ==, 0x102);
  g_assert_cmpint (parsed->answer->body.ede, ==, 3);
  g_assert_true (parsed->answer->body.ad);
}

/* Catches: an OPT that is not the last record overlooked (then its rcode is lost), two of them, one
 * that is not at the root, options that overrun it. */
static void
test_opt_places (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) first = parsed_answer_new (&key, 0);
  g_autoptr (GByteArray) named = parsed_answer_new (&key, 0);
  const DnsName name = dns_name (WWW);

  dns_message_add_opt (first, 1232, 1, 0, 0, NULL);
  add (first, DNS_ADDITIONAL, "ns.example.com", DOTLS_TYPE_A, 300, "192.0.2.53");
  g_assert_cmpint (parsed_judge (first, &key), ==, DOTLS_ANSWER_FAILURE);
  dns_message_add_opt (first, 1232, 0, 0, 0, NULL);
  g_assert_cmpint (parsed_judge (first, &key), ==, DOTLS_ANSWER_MALFORMED);
  dns_message_add (named, DNS_ADDITIONAL, &name, DOTLS_TYPE_OPT, 0, "", 0);
  g_assert_cmpint (parsed_judge (named, &key), ==, DOTLS_ANSWER_MALFORMED);
  for (guint length = 1; length < 8; length++)
    {
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
      g_autoptr (GByteArray) options = g_byte_array_new ();

      g_byte_array_append (options, (const guint8 *) "\0\14\0\4\0\0\0", length);
      dns_message_add_opt (message, 1232, 0, 0, 0, options);
      g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
    }
}

/* Catches: OPT, or any additional record, kept and handed to clients (B7, E14). */
static void
test_additional_dropped (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, DOTLS_KEY_DO);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree char *list = NULL;

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.1");
  add (message, DNS_ADDITIONAL, WWW, DOTLS_TYPE_A, 7, "192.0.2.66");
  dns_message_add_opt (message, 1232, 0, 0, 0, NULL);
  parsed = parse (message, &key);
  list = parsed_list (parsed, KNOT_ADDITIONAL);
  g_assert_cmpstr (list, ==, "");
  g_assert_cmpuint (parsed->answer->ttl, ==, 300);
}

/* Catches: a TTL with the top bit set taken for 136 years (E4), or the bounds not kept, in what is
 * kept or in what is handed out. */
static void
test_ttl_bounds (void)
{
  static const guint32 cases[][2] = {
    { 0, 10 },          { 9, 10 },      { 10, 10 },           { 500, 500 },
    { 1000, 1000 },     { 1001, 1000 }, { 0x7fffffff, 1000 }, { 0x80000000, 10 },
    { 0xffffffff, 10 },
  };
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
      g_autoptr (Parsed) parsed = NULL;
      g_autofree char *list = NULL, *expected = g_strdup_printf (WWW " %u A", cases[i][1]);

      add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, cases[i][0], "192.0.2.1");
      parsed = parse_within (message, &key, 10, 1000, 1000);
      g_assert_cmpuint (parsed->answer->ttl, ==, cases[i][1]);
      list = parsed_list (parsed, KNOT_ANSWER);
      g_assert_cmpstr (list, ==, expected);
    }
}

/* Catches: different TTLs within one RRset (E3), whether the owner is a pointer or spelled out, or
 * neighbouring sets that only look alike made equal. */
static void
test_ttl_of_set (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_ANY, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree char *list = NULL;
  const DnsName spelled = dns_name ("WWW.example.com"); /* no pointer: it is not the question's */

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 30, "192.0.2.1");
  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 20, "192.0.2.2");
  dns_message_add_text (message, DNS_ANSWER, &spelled, DOTLS_TYPE_A, 25, "192.0.2.3");
  dns_message_add_text (message, DNS_ANSWER, &spelled, DOTLS_TYPE_A, 10, "192.0.2.4");
  add_signature (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 40);
  add_signature (message, DNS_ANSWER, WWW, DOTLS_TYPE_AAAA, 50);
  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_AAAA, 60, "2001:db8::1");
  parsed = parse (message, &key);
  list = parsed_list (parsed, KNOT_ANSWER);
  g_assert_cmpstr (list, ==,
                   WWW " 10 A\n" WWW " 10 A\n" WWW " 10 A\n" WWW " 10 A\n" WWW " 40 RRSIG\n" WWW
                       " 50 RRSIG\n" WWW " 60 AAAA");
  g_assert_cmpuint (parsed->answer->ttl, ==, 10);
}

/* Catches: two names that begin alike taken for one RRset. */
static void
test_ttl_of_neighbours (void)
{
  const DotlsKey key = parsed_key ("aa.example.com", DOTLS_TYPE_A, DOTLS_KEY_DO);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, DOTLS_RCODE_NXDOMAIN);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree char *list = NULL;
  const char *const owners[] = { "ab.example.com", "ac.example.com" };

  for (guint i = 0; i < 2; i++)
    {
      const DnsName name = dns_name (owners[i]);

      dns_message_add (message, DNS_AUTHORITY, &name, DOTLS_TYPE_NSEC, 100 + 100 * i, "\0\0\1\100",
                       4);
    }
  parsed = parse (message, &key);
  list = parsed_list (parsed, KNOT_AUTHORITY);
  g_assert_cmpstr (list, ==, "ab.example.com 100 NSEC\nac.example.com 200 NSEC");
}

/* Catches: RFC 2308 read wrongly: the lower of the SOA's TTL and its minimum, within a ceiling;
 * nothing kept without SOA, or with that of another zone (E6); a top bit that counts as large. */
static void
test_negative_ttl (void)
{
  static const struct
  {
    const char *zone; /* NULL: no SOA */
    guint32 ttl;
    const char *minimum;
    guint32 expected;
  } cases[] = {
    { "example.com", 600, "300", 300 },
    { "example.com", 300, "600", 300 },
    { "com", 600, "300", 300 },
    { ".", 600, "300", 300 },
    { WWW, 600, "300", 300 },
    { "example.com", 100000, "100000", 10800 },
    { NULL, 0, NULL, 0 },
    { "example.net", 600, "300", 0 },
    { "sub.www.example.com", 600, "300", 0 },
    { "example.com", 0x80000001, "300", 0 },
    { "example.com", 600, "2147483648", 0 },
    { "example.com", 0, "300", 0 },
  };
  static const guint16 rcodes[] = { DOTLS_RCODE_NOERROR, DOTLS_RCODE_NXDOMAIN };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
      g_autoptr (GByteArray) message = parsed_answer_new (&key, rcodes[i % 2]);
      g_autoptr (Parsed) parsed = NULL;
      guint at = i / 2;

      if (cases[at].zone != NULL)
        add (message, DNS_AUTHORITY, cases[at].zone, DOTLS_TYPE_SOA, cases[at].ttl,
             cases[at].minimum);
      parsed = parse (message, &key);
      g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
      g_assert_true (parsed->answer->negative);
      g_assert_cmpuint (parsed->answer->ttl, ==, cases[at].expected);
    }
}

/* Catches: NODATA behind an alias kept for the alias' own time (E7), or taken for a positive
 * answer. */
static void
test_negative_behind_alias (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, DOTLS_RCODE_NXDOMAIN);
  g_autoptr (Parsed) parsed = NULL;
  g_autofree char *answer = NULL, *authority = NULL;

  add (message, DNS_ANSWER, WWW, DOTLS_TYPE_CNAME, 3600, "gone.example.net");
  add (message, DNS_AUTHORITY, "example.net", DOTLS_TYPE_SOA, 600, "60");
  parsed = parse (message, &key);
  g_assert_true (parsed->answer->negative);
  g_assert_cmpuint (parsed->answer->ttl, ==, 60);
  answer = parsed_list (parsed, KNOT_ANSWER);
  authority = parsed_list (parsed, KNOT_AUTHORITY);
  g_assert_cmpstr (answer, ==, WWW " 3600 CNAME");
  g_assert_cmpstr (authority, ==, "example.net 60 SOA");
}

/* Catches: a SOA too short for its minimum read beyond its end. */
static void
test_short_soa (void)
{
  const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, 0);
  const DnsName zone = dns_name ("example.com");

  for (gsize length = 0; length < 22; length++)
    {
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

      dns_message_add (message, DNS_AUTHORITY, &zone, DOTLS_TYPE_SOA, 60,
                       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", length);
      g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
    }
}

/* Catches: the authority section of a positive answer kept for nothing, or thrown away where it
 * proves something to a client that validates. */
static void
test_authority (void)
{
  for (guint8 bits = 0; bits <= DOTLS_KEY_DO; bits += DOTLS_KEY_DO)
    {
      const DotlsKey key = parsed_key (WWW, DOTLS_TYPE_A, bits);
      g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
      g_autoptr (Parsed) parsed = NULL;
      g_autofree char *list = NULL;

      add (message, DNS_ANSWER, WWW, DOTLS_TYPE_A, 300, "192.0.2.1");
      add (message, DNS_AUTHORITY, "example.com", DOTLS_TYPE_NS, 30, "ns.example.com");
      parsed = parse (message, &key);
      list = parsed_list (parsed, KNOT_AUTHORITY);
      g_assert_cmpstr (list, ==, bits ? "example.com 30 NS" : "");
      g_assert_cmpuint (parsed->answer->ttl, ==, bits ? 30 : 300);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer/matches", test_matches);
  g_test_add_func ("/answer/matches-prefix", test_matches_prefix);
  g_test_add_func ("/answer/bare", test_bare);
  g_test_add_func ("/answer/positive", test_positive);
  g_test_add_func ("/answer/rcodes", test_rcodes);
  g_test_add_func ("/answer/extended-rcode", test_extended_rcode);
  g_test_add_func ("/answer/truncated", test_truncated);
  g_test_add_func ("/answer/opt", test_opt);
  g_test_add_func ("/answer/opt-places", test_opt_places);
  g_test_add_func ("/answer/additional-dropped", test_additional_dropped);
  g_test_add_func ("/answer/ttl-bounds", test_ttl_bounds);
  g_test_add_func ("/answer/ttl-of-set", test_ttl_of_set);
  g_test_add_func ("/answer/ttl-of-neighbours", test_ttl_of_neighbours);
  g_test_add_func ("/answer/negative-ttl", test_negative_ttl);
  g_test_add_func ("/answer/negative-behind-alias", test_negative_behind_alias);
  g_test_add_func ("/answer/short-soa", test_short_soa);
  g_test_add_func ("/answer/authority", test_authority);
  return g_test_run ();
}
