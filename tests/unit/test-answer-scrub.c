/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What does not belong in an answer, and what must not go with it. */

#include "tests/unit/parsed.h"

#define WWW "www.example.com"

/* A message written as lines "section owner ttl type data". */
typedef struct
{
  DnsSection section;
  const char *owner;
  guint16 type;
  const char *data;
} Line;

static GByteArray *
message_of (const DotlsKey *key, guint16 rcode, const Line *lines)
{
  GByteArray *message = parsed_answer_new (key, rcode);

  for (; lines->owner != NULL; lines++)
    {
      const DnsName owner = dns_name (lines->owner);
      const guint8 covered[27] = { g_strcmp0 (lines->data, "DNAME") == 0 ? 0 : lines->type >> 8,
                                   g_strcmp0 (lines->data, "DNAME") == 0 ? 39 : 1 };

      if (lines->type == DOTLS_TYPE_RRSIG)
        dns_message_add (message, lines->section, &owner, lines->type, 60, covered, sizeof covered);
      else if (lines->type == DOTLS_TYPE_NSEC)
        dns_message_add (message, lines->section, &owner, lines->type, 60, "\0\0\1\100", 4);
      else
        dns_message_add_text (message, lines->section, &owner, lines->type, 60, lines->data);
    }
  return message;
}

/* What is left of LINES for a question: "answer | authority", or the name of the verdict. */
static char *
left_of (const DotlsKey *key, guint16 rcode, const Line *lines)
{
  g_autoptr (GByteArray) message = message_of (key, rcode, lines);
  g_autoptr (Parsed) parsed = parsed_new (message->data, message->len, key, NULL);
  g_autofree char *answer = NULL, *authority = NULL;
  g_auto (GStrv) parts = NULL;

  if (parsed->verdict != DOTLS_ANSWER_GOOD)
    return g_strdup (parsed->verdict == DOTLS_ANSWER_MALFORMED ? "malformed" : "?");
  answer = parsed_list (parsed, KNOT_ANSWER);
  authority = parsed_list (parsed, KNOT_AUTHORITY);
  parts = g_strsplit (answer, "\n", -1);
  g_free (answer);
  answer = g_strjoinv (", ", parts);
  return g_strdup_printf ("%s | %s", answer, authority);
}

static void
check (guint16 qtype, guint8 bits, guint16 rcode, const Line *lines, const char *expected)
{
  const DotlsKey key = parsed_key (WWW, qtype, bits);
  g_autofree char *left = left_of (&key, rcode, lines);

  g_assert_cmpstr (left, ==, expected);
}

#define AN DNS_ANSWER
#define NS DNS_AUTHORITY
#define AR DNS_ADDITIONAL
#define A DOTLS_TYPE_A
#define CNAME DOTLS_TYPE_CNAME
#define DNAME DOTLS_TYPE_DNAME
#define RRSIG DOTLS_TYPE_RRSIG
#define SOA DOTLS_TYPE_SOA

/* Catches: records about other names kept or passed on (E14), in any place and section. */
static void
test_strangers (void)
{
  const Line lines[] = {
    { AN, "evil.example", A, "192.0.2.66" },
    { AN, WWW, A, "192.0.2.1" },
    { AN, "example.com", A, "192.0.2.66" },
    { AN, "sub.www.example.com", A, "192.0.2.66" },
    { NS, "evil.example", A, "192.0.2.66" },
    { AR, "evil.example", A, "192.0.2.66" },
    { 0 },
  };

  check (A, 0, 0, lines, WWW " 60 A | ");
}

/* Catches: an answer only of strangers taken for an answer, or kept as "there is nothing". */
static void
test_only_strangers (void)
{
  const Line lines[] = { { AN, "evil.example", A, "192.0.2.66" }, { 0 } };
  const DotlsKey key = parsed_key (WWW, A, 0);
  g_autoptr (GByteArray) message = message_of (&key, 0, lines);
  g_autoptr (Parsed) parsed = parsed_new (message->data, message->len, &key, NULL);

  check (A, 0, 0, lines, " | ");
  g_assert_cmpuint (parsed->answer->ttl, ==, 0);
}

/* Catches: records of another class than the question's kept. */
static void
test_other_class (void)
{
  const Line lines[] = { { AN, WWW, A, "192.0.2.1" }, { 0 } };
  const DotlsKey key = parsed_key (WWW, A, 0);
  g_autoptr (GByteArray) message = message_of (&key, 0, lines);
  g_autoptr (Parsed) parsed = NULL;

  message->data[message->len - 11] = 3;
  parsed = parsed_new (message->data, message->len, &key, NULL);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  g_assert_cmpuint (parsed->answer->body.ancount, ==, 0);
  g_assert_cmpuint (parsed->answer->ttl, ==, 0);
}

/* Catches: signatures and proofs given to who did not ask (E2, RFC 4035 section 3.2.1), kept from
 * who did, or from who asks for the type itself. */
static void
test_signatures (void)
{
  const Line lines[] = {
    { AN, WWW, A, "192.0.2.1" }, { AN, WWW, RRSIG, "A" }, { NS, "x.example.com", 47, "" }, { 0 }
  };

  check (A, 0, 0, lines, WWW " 60 A | ");
  check (A, DOTLS_KEY_DO, 0, lines, WWW " 60 A, " WWW " 60 RRSIG | x.example.com 60 NSEC");
  check (RRSIG, 0, 0, lines, WWW " 60 A, " WWW " 60 RRSIG | ");
  check (DOTLS_TYPE_ANY, 0, 0, lines, WWW " 60 A, " WWW " 60 RRSIG | ");
}

/* Catches: aliases not followed, or only where they come in order. */
static void
test_alias_order (void)
{
  const Line in_order[] = { { AN, WWW, CNAME, "b.example" },
                            { AN, "b.example", CNAME, "c.example" },
                            { AN, "c.example", A, "192.0.2.1" },
                            { 0 } };
  const Line backwards[] = { { AN, "c.example", A, "192.0.2.1" },
                             { AN, "b.example", CNAME, "c.example" },
                             { AN, WWW, CNAME, "b.example" },
                             { 0 } };

  check (A, 0, 0, in_order, WWW " 60 CNAME, b.example 60 CNAME, c.example 60 A | ");
  check (A, 0, 0, backwards, WWW " 60 CNAME, b.example 60 CNAME, c.example 60 A | ");
}

/* Catches: an alias followed where the alias itself was asked for, or everything was. */
static void
test_alias_asked_for (void)
{
  const Line lines[] = { { AN, WWW, CNAME, "b.example" },
                         { AN, "b.example", A, "192.0.2.1" },
                         { 0 } };

  check (CNAME, 0, 0, lines, WWW " 60 CNAME | ");
  check (DOTLS_TYPE_ANY, 0, 0, lines, WWW " 60 CNAME | ");
}

/* Catches: circles of aliases followed for ever, or passed on (E16). */
static void
test_alias_loops (void)
{
  const Line itself[] = { { AN, WWW, CNAME, WWW }, { 0 } };
  const Line circle[] = { { AN, WWW, CNAME, "b.example" }, { AN, "b.example", CNAME, WWW }, { 0 } };
  const Line backwards[] = { { AN, "b.example", CNAME, WWW },
                             { AN, WWW, CNAME, "b.example" },
                             { 0 } };

  check (A, 0, 0, itself, "malformed");
  check (A, 0, 0, circle, "malformed");
  check (A, 0, 0, backwards, "malformed");
}

/* Catches: 16 hops refused, or 17 followed; in order and backwards. */
static void
test_alias_hops (void)
{
  for (guint hops = 15; hops <= 18; hops++)
    for (guint backwards = 0; backwards < 2; backwards++)
      {
        const DotlsKey key = parsed_key (WWW, A, 0);
        g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
        g_autoptr (Parsed) parsed = NULL;

        for (guint i = 0; i < hops; i++)
          {
            guint hop = backwards ? hops - 1 - i : i;
            g_autofree char *owner = g_strdup_printf ("h%u.example", hop);
            g_autofree char *target = g_strdup_printf ("h%u.example", hop + 1);
            const DnsName name = dns_name (hop == 0 ? WWW : owner);

            dns_message_add_text (message, AN, &name, CNAME, 60, target);
          }
        parsed = parsed_new (message->data, message->len, &key, NULL);
        g_assert_cmpint (parsed->verdict, ==,
                         hops <= DOTLS_CNAME_MAX ? DOTLS_ANSWER_GOOD : DOTLS_ANSWER_MALFORMED);
        if (parsed->verdict == DOTLS_ANSWER_GOOD)
          g_assert_cmpuint (parsed->answer->body.ancount, ==, hops);
      }
}

/* Catches: a DNAME above the name, or its signature, taken for a stranger (E15), or one that is not
 * above it kept. */
static void
test_dname (void)
{
  const Line lines[] = { { AN, "example.com", DNAME, "example.net" },
                         { AN, "example.com", RRSIG, "DNAME" },
                         { AN, WWW, CNAME, "www.example.net" },
                         { AN, "www.example.net", A, "192.0.2.1" },
                         { 0 } };
  const Line elsewhere[] = { { AN, "evil.example", DNAME, "example.net" },
                             { AN, WWW, A, "192.0.2.1" },
                             { 0 } };

  check (A, DOTLS_KEY_DO, 0, lines,
         "example.com 60 DNAME, example.com 60 RRSIG, " WWW " 60 CNAME, www.example.net 60 A | ");
  check (A, 0, 0, elsewhere, WWW " 60 A | ");
}

/* Catches: YXDOMAIN, the answer to a DNAME that makes names too long, not relayed (E15). */
static void
test_yxdomain (void)
{
  const Line lines[] = { { AN, "example.com", DNAME, "example.net" }, { 0 } };

  check (A, 0, DOTLS_RCODE_YXDOMAIN, lines, "example.com 60 DNAME | ");
}

/* Catches: a SOA of another zone that says for how long there is nothing (E6). */
static void
test_foreign_soa (void)
{
  const Line lines[] = { { NS, "example.net", SOA, "300" }, { 0 } };
  const DotlsKey key = parsed_key (WWW, A, 0);
  g_autoptr (GByteArray) message = message_of (&key, DOTLS_RCODE_NXDOMAIN, lines);
  g_autoptr (Parsed) parsed = parsed_new (message->data, message->len, &key, NULL);

  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  g_assert_cmpuint (parsed->answer->ttl, ==, 0);
  g_assert_cmpuint (parsed->answer->body.nscount, ==, 0);
}

/* Catches: what OPT said lost where records had to be left out. */
static void
test_opt_survives (void)
{
  const Line lines[] = { { AN, WWW, A, "192.0.2.1" },
                         { AN, "evil.example", A, "192.0.2.66" },
                         { 0 } };
  const DotlsKey key = parsed_key (WWW, A, 0);
  g_autoptr (GByteArray) message = message_of (&key, 0, lines);
  g_autoptr (GByteArray) options = g_byte_array_new ();
  g_autoptr (Parsed) parsed = NULL;

  dns_options_add (options, 11, "\0\7", 2);
  dns_options_add (options, 15, "\0\3", 2);
  dns_message_add_opt (message, 1232, 0, 0, 0, options);
  message->data[3] |= DNS_AD;
  parsed = parsed_new (message->data, message->len, &key, NULL);
  g_assert_cmpint (parsed->verdict, ==, DOTLS_ANSWER_GOOD);
  g_assert_cmpint (parsed->answer->keepalive, ==, 7);
  g_assert_cmpint (parsed->answer->body.ede, ==, 3);
  g_assert_true (parsed->answer->body.ad);
}

/* Catches: time wasted on hundreds of strangers. */
static void
test_many_strangers (void)
{
  const DotlsKey key = parsed_key (WWW, A, 0);
  const DnsName name = dns_name ("evil.example");
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);

  for (guint i = 0; i < 300; i++)
    dns_message_add_text (message, AN, &name, A, 60, "192.0.2.66");
  g_assert_cmpint (parsed_judge (message, &key), ==, DOTLS_ANSWER_MALFORMED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer-scrub/strangers", test_strangers);
  g_test_add_func ("/answer-scrub/only-strangers", test_only_strangers);
  g_test_add_func ("/answer-scrub/other-class", test_other_class);
  g_test_add_func ("/answer-scrub/signatures", test_signatures);
  g_test_add_func ("/answer-scrub/alias-order", test_alias_order);
  g_test_add_func ("/answer-scrub/alias-asked-for", test_alias_asked_for);
  g_test_add_func ("/answer-scrub/alias-loops", test_alias_loops);
  g_test_add_func ("/answer-scrub/alias-hops", test_alias_hops);
  g_test_add_func ("/answer-scrub/dname", test_dname);
  g_test_add_func ("/answer-scrub/yxdomain", test_yxdomain);
  g_test_add_func ("/answer-scrub/foreign-soa", test_foreign_soa);
  g_test_add_func ("/answer-scrub/opt-survives", test_opt_survives);
  g_test_add_func ("/answer-scrub/many-strangers", test_many_strangers);
  return g_test_run ();
}
