/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <locale.h>
#include <string.h>

#include "ctl/question.h"

/* Would catch international names that are asked for as they were typed, or as another name; and
 * ASCII that is tampered with. */
static void
test_names (void)
{
  static const struct
  {
    const char *typed;
    const char *asked;
  } cases[] = {
    { "example.com", "example.com" },
    { "_dmarc.Example.COM.", "_dmarc.Example.COM." },
    { ".", "." },
    { "m\303\274nchen.de", "xn--mnchen-3ya.de" },
    { "M\303\234NCHEN.de", "xn--mnchen-3ya.de" },
    { "fa\303\237.de", "xn--fa-hia.de" },
    { "\346\227\245\346\234\254\350\252\236.jp", "xn--wgv71a119e.jp" },
    { "a\\.b.example", "a\\.b.example" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *name = dotls_question_name (cases[i].typed, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (name, ==, cases[i].asked);
    }
}

/* Would catch nonsense that is sent to the daemon instead of being explained. */
static void
test_bad_names (void)
{
  g_autofree char *label = g_strnfill (64, 'a');
  g_autofree char *part = g_strnfill (60, 'a');
  g_autofree char *name = g_strjoin (".", part, part, part, part, part, NULL);
  const char *bad[] = { "", "a..b", ".a", label, name, "\377\376" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (dotls_question_name (bad[i], &error));
      g_assert_nonnull (error);
    }
}

/* Would catch a reverse name with its parts in the wrong order. */
static void
test_reverse (void)
{
  static const struct
  {
    const char *address;
    const char *name;
  } cases[] = {
    { "192.0.2.53", "53.2.0.192.in-addr.arpa" },
    { "2001:db8::53", "3.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
    { "192.0.2", NULL },
    { "example.com", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = dotls_question_reverse (cases[i].address);

      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

/* Would catch a type that is refused though it exists, or the reverse. */
static void
test_types (void)
{
  g_assert_true (dotls_question_is_type ("AAAA"));
  g_assert_true (dotls_question_is_type ("https"));
  g_assert_true (dotls_question_is_type ("TYPE65280"));
  g_assert_false (dotls_question_is_type ("TYPE65536"));
  g_assert_false (dotls_question_is_type ("AAAAA"));
  g_assert_false (dotls_question_is_type (""));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/question/names", test_names);
  g_test_add_func ("/question/bad-names", test_bad_names);
  g_test_add_func ("/question/reverse", test_reverse);
  g_test_add_func ("/question/types", test_types);
  return g_test_run ();
}
