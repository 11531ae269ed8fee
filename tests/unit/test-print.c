/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "ctl/print.h"
#include "ctl/table.h"

static const DotlsPrint utf8 = { .is_utf8 = TRUE };
static const DotlsPrint ascii = { .is_utf8 = FALSE };

/* Would catch text from the network that steers the terminal, hides, or turns the line around. */
static void
test_escape (void)
{
  static const struct
  {
    const char *text;
    const char *utf8;
    const char *ascii;
  } cases[] = {
    { "plain \\ text", "plain \\ text", "plain \\ text" },
    { "\033[2J\a\n\t\r\177", "\\x1b[2J\\x07\\x0a\\x09\\x0d\\x7f",
      "\\x1b[2J\\x07\\x0a\\x09\\x0d\\x7f" },
    { "m\303\274nchen", "m\303\274nchen", "m\\xfcnchen" },
    { "\302\233[31m", "\\x9b[31m", "\\x9b[31m" },
    { "a\342\200\256b", "a\\u202eb", "a\\u202eb" },
    { "a\342\201\246b", "a\\u2066b", "a\\u2066b" },
    { "a\342\200\250b", "a\\u2028b", "a\\u2028b" },
    { "\377\303", "\\xff\\xc3", "\\xff\\xc3" },
    { "\355\240\200", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *one = dotls_print_escape (&utf8, cases[i].text);
      g_autofree char *two = dotls_print_escape (&ascii, cases[i].text);

      g_assert_cmpstr (one, ==, cases[i].utf8);
      g_assert_cmpstr (two, ==, cases[i].ascii);
    }
}

/* Would catch colour where it is not wanted. */
static void
test_paint (void)
{
  DotlsPrint print = { .has_color = TRUE };
  g_autofree char *painted = dotls_print_paint (&print, DOTLS_STYLE_BAD, "x");
  g_autofree char *plain = dotls_print_paint (&print, DOTLS_STYLE_PLAIN, "x");
  g_autofree char *colorless = dotls_print_paint (&utf8, DOTLS_STYLE_BAD, "x");

  g_assert_cmpstr (painted, ==, "\033[31mx\033[0m");
  g_assert_cmpstr (plain, ==, "x");
  g_assert_cmpstr (colorless, ==, "x");
}

/* Would catch an answer from the cache that seems to take no time at all. */
static void
test_duration (void)
{
  g_autofree char *none = dotls_print_duration (0);
  g_autofree char *little = dotls_print_duration (999);
  g_autofree char *more = dotls_print_duration (1000);
  g_autofree char *much = dotls_print_duration (4567890);

  g_assert_cmpstr (none, ==, "0 us");
  g_assert_cmpstr (little, ==, "999 us");
  g_assert_cmpstr (more, ==, "1.0 ms");
  g_assert_cmpstr (much, ==, "4567.9 ms");
}

static char *
format (const DotlsPrint *print, const char *const *cells)
{
  static const char *const headings[] = { "A", "B", NULL };
  g_autoptr (DotlsTable) table = dotls_table_new (print, headings);

  for (; *cells; cells++)
    dotls_table_add (table, DOTLS_STYLE_PLAIN, *cells);
  return dotls_table_format (table);
}

/* Would catch columns that are aligned by bytes instead of by what is seen: two letters of two
 * bytes, a letter with a mark, one of two columns. */
static void
test_alignment (void)
{
  static const char *const cells[] = { "\303\244\303\266", "1", "e\314\201", "2",
                                       "\346\227\245",     "3", NULL };
  const DotlsPrint print = { .is_terminal = TRUE, .is_utf8 = TRUE, .width = 80 };
  g_autofree char *text = format (&print, cells);

  g_assert_cmpstr (text, ==, "A   B\n\303\244\303\266  1\ne\314\201   2\n\346\227\245  3\n");
}

/* Would catch a line that is broken by the terminal's edge. */
static void
test_fit (void)
{
  static const char *const cells[] = { "short", "a very long text that cannot fit into it", NULL };
  DotlsPrint print = { .is_terminal = TRUE, .is_utf8 = TRUE, .width = 24 };
  g_autofree char *text = format (&print, cells);
  g_autofree char *plain = NULL;

  g_assert_cmpstr (text, ==, "A      B\nshort  a very long text\342\200\246\n");
  print.is_utf8 = FALSE;
  plain = format (&print, cells);
  g_assert_cmpstr (plain, ==, "A      B\nshort  a very long text~\n");
}

/* Would catch a time of which nothing but the year is left. */
static void
test_kept (void)
{
  static const char *const headings[] = { "TIME", "NAME", NULL };
  const DotlsPrint print = { .is_terminal = TRUE, .width = 40 };
  g_autoptr (DotlsTable) table = dotls_table_new (&print, headings);
  g_autofree char *text = NULL;

  dotls_table_keep (table, 0);
  dotls_table_add (table, DOTLS_STYLE_PLAIN, "2026-01-31 12:00:00.123");
  dotls_table_add (table, DOTLS_STYLE_PLAIN, "a-long-name.example.com");
  text = dotls_table_format (table);
  g_assert_cmpstr (text, ==,
                   "TIME                     NAME\n2026-01-31 12:00:00.123  a-long-name.ex~\n");
}

/* Would catch a pipe that gets a heading, padding or a shortened text, and a cell that forges
 * another with a tab. */
static void
test_pipe (void)
{
  static const char *const cells[] = { "short", "a\tvery long text that cannot fit", NULL };
  static const char *const none[] = { NULL };
  const DotlsPrint print = { .is_utf8 = TRUE, .width = 20 };
  const DotlsPrint terminal = { .is_terminal = TRUE, .width = 20 };
  g_autofree char *text = format (&print, cells);
  g_autofree char *empty = format (&print, none);
  g_autofree char *headless = format (&terminal, none);

  g_assert_cmpstr (text, ==, "short\ta\\x09very long text that cannot fit\n");
  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpstr (headless, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/print/escape", test_escape);
  g_test_add_func ("/print/paint", test_paint);
  g_test_add_func ("/print/duration", test_duration);
  g_test_add_func ("/table/alignment", test_alignment);
  g_test_add_func ("/table/fit", test_fit);
  g_test_add_func ("/table/kept", test_kept);
  g_test_add_func ("/table/pipe", test_pipe);
  return g_test_run ();
}
