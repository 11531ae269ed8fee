/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/text.h"

/* Catches: bytes of a file that steer a terminal, turn the direction of writing or break a line. */
static void
test_escape (void)
{
  static const char *const cases[][2] = {
    { "plain", "plain" },
    { "b\303\274cher", "b\303\274cher" },
    { "\033[31m", "\\u{1b}[31m" },
    { "a\nb\tc\177", "a\\u{a}b\\u{9}c\\u{7f}" },
    { "\302\233", "\\u{9b}" },             /* the C1 form of ESC [ */
    { "\342\200\256txt", "\\u{202e}txt" }, /* right-to-left override */
    { "\377\300", "\\xff\\xc0" },
    { "\342\202", "\\xe2\\x82" }, /* cut short */
    { "12345678901234567890", "1234567890123456..." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *shown = dotls_text_escape (cases[i][0], 16);

      g_assert_cmpstr (shown, ==, cases[i][1]);
    }
}

/* Catches: a suggestion that is missing, far-fetched, or not the nearest. */
static void
test_nearest (void)
{
  static const char *const words[] = { "listen", "policy", "upstreams", "cache-size", NULL };
  g_autofree char *endless = g_strnfill (10000, 'a');

  g_assert_cmpstr (dotls_text_nearest ("lisetn", words), ==, "listen");
  g_assert_cmpstr (dotls_text_nearest ("listens", words), ==, "listen");
  g_assert_cmpstr (dotls_text_nearest ("upstream", words), ==, "upstreams");
  g_assert_cmpstr (dotls_text_nearest ("cachesize", words), ==, "cache-size");
  g_assert_cmpstr (dotls_text_nearest ("polcy", words), ==, "policy");
  g_assert_null (dotls_text_nearest ("banana", words));
  g_assert_null (dotls_text_nearest ("", words));
  g_assert_null (dotls_text_nearest (endless, words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/escape", test_escape);
  g_test_add_func ("/text/nearest", test_nearest);
  return g_test_run ();
}
