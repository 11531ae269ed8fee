/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/chain.h"

#include "tests/lib/dns-message.h"

/* A message that is only names, one after the other, behind a question for NAME. */
typedef struct
{
  GByteArray *message;
  DotlsChain chain;
} Fixture;

static void
setup (Fixture *fixture, gconstpointer data)
{
  const DnsName name = dns_name ("www.example.com");

  fixture->message = dns_query_new (1, "www.example.com", 1);
  dotls_chain_begin (&fixture->chain, name.wire, name.length);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_byte_array_unref (fixture->message);
}

/* Appends a name and returns where it stands. */
static gsize
append (Fixture *fixture, const char *text)
{
  const DnsName name = dns_name (text);

  g_byte_array_append (fixture->message, name.wire, name.length);
  return fixture->message->len - name.length;
}

static gsize
append_pointer (Fixture *fixture, gsize target)
{
  dns_message_append16 (fixture->message, 0xc000 | target);
  return fixture->message->len - 2;
}

static gboolean
has (Fixture *fixture, gsize offset, gboolean or_ancestor)
{
  return dotls_chain_has (&fixture->chain, fixture->message->data, fixture->message->len, offset,
                          or_ancestor);
}

static gboolean
add (Fixture *fixture, gsize offset)
{
  return dotls_chain_add (&fixture->chain, fixture->message->data, fixture->message->len, offset);
}

/* Catches: the name asked for found only as the pointer that servers usually send, or only when it
 * is spelled out, or only in one letter case; pointers to pointers. */
static void
test_spellings (Fixture *fixture, gconstpointer data)
{
  gsize spelled = append (fixture, "WWW.Example.COM"), pointer = append_pointer (fixture, 12);
  gsize twice = append_pointer (fixture, pointer), part = append_pointer (fixture, 16);

  g_assert_true (has (fixture, 12, FALSE));
  g_assert_true (has (fixture, spelled, FALSE));
  g_assert_true (has (fixture, pointer, FALSE));
  g_assert_true (has (fixture, twice, FALSE));
  g_assert_false (has (fixture, part, FALSE));
  g_assert_true (has (fixture, part, TRUE));
}

/* Catches: siblings and children taken for ancestors, or the root for none. */
static void
test_ancestors (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *name;
    gboolean is_ancestor;
  } cases[] = { { "example.com", TRUE },       { "com", TRUE },         { ".", TRUE },
                { "ww.example.com", FALSE },   { "xample.com", FALSE }, { "www.example", FALSE },
                { "a.www.example.com", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize offset = append (fixture, cases[i].name);

      g_assert_false (has (fixture, offset, FALSE));
      g_assert_cmpint (has (fixture, offset, TRUE), ==, cases[i].is_ancestor);
    }
}

/* Catches: names of the chain forgotten when it grows, or the newest one not known as such. */
static void
test_growth (Fixture *fixture, gconstpointer data)
{
  gsize first = append (fixture, "a.example"), second = append (fixture, "b.example");
  gsize again = append (fixture, "A.example");

  g_assert_false (has (fixture, first, FALSE));
  g_assert_true (add (fixture, first));
  g_assert_true (
      dotls_chain_is_last (&fixture->chain, fixture->message->data, fixture->message->len, again));
  g_assert_true (add (fixture, second));
  g_assert_true (has (fixture, 12, FALSE) && has (fixture, again, FALSE)
                 && has (fixture, second, FALSE));
  g_assert_false (
      dotls_chain_is_last (&fixture->chain, fixture->message->data, fixture->message->len, again));
  g_assert_true (
      dotls_chain_is_last (&fixture->chain, fixture->message->data, fixture->message->len, second));
}

/* Catches: a circle, in whatever spelling, or a malformed target added. */
static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  gsize other = append (fixture, "a.example"), again = append (fixture, "A.EXAMPLE");
  gsize home = append (fixture, "WWW.example.com");
  gsize loop = append_pointer (fixture, fixture->message->len);

  g_assert_true (add (fixture, other));
  g_assert_false (add (fixture, again));
  g_assert_false (add (fixture, home));
  g_assert_false (add (fixture, append_pointer (fixture, 12)));
  g_assert_false (add (fixture, loop));
  g_assert_false (has (fixture, loop, TRUE));
  g_assert_cmpuint (fixture->chain.count, ==, 2);
}

/* Catches: writing behind the room for 16 aliases. */
static void
test_limit (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2 * DOTLS_CNAME_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("a%u.example", i);

      g_assert_cmpint (add (fixture, append (fixture, name)), ==, i < DOTLS_CNAME_MAX);
    }
  g_assert_cmpuint (fixture->chain.count, ==, DOTLS_CNAME_MAX + 1);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/chain/spellings", test_spellings);
  ADD ("/chain/ancestors", test_ancestors);
  ADD ("/chain/growth", test_growth);
  ADD ("/chain/refusals", test_refusals);
  ADD ("/chain/limit", test_limit);
  return g_test_run ();
}
