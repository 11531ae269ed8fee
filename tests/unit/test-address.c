/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "core/address.h"
#include "core/error.h"

/* Catches: a form that is no longer understood, a lost port, a text form that does not parse
 * again. */
static void
test_round_trip (void)
{
  static const struct
  {
    const char *text;
    const char *shown;
    const char *host;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1:853", "192.0.2.1" },
    { "192.0.2.1:53", "192.0.2.1:53", "192.0.2.1" },
    { "2001:db8::1", "[2001:db8::1]:853", "2001:db8::1" },
    { "[2001:db8::1]", "[2001:db8::1]:853", "2001:db8::1" },
    { "[2001:DB8:0::1]:65535", "[2001:db8::1]:65535", "2001:db8::1" },
    { "fe80::1%lo", "[fe80::1%lo]:853", "fe80::1%lo" },
    { "[fe80::1%1]:5", "[fe80::1%lo]:5", "fe80::1%lo" },
    { "::", "[::]:853", "::" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = NULL, *host = NULL;
      DotlsAddress address, again;

      dotls_address_parse (cases[i].text, 853, &address, &error);
      g_assert_no_error (error);
      shown = dotls_address_to_string (&address);
      host = dotls_address_to_host_string (&address);
      g_assert_cmpstr (shown, ==, cases[i].shown);
      g_assert_cmpstr (host, ==, cases[i].host);
      g_assert_true (dotls_address_parse (shown, 1, &again, NULL));
      g_assert_true (dotls_address_equal (&address, &again));
    }
}

/* Catches: anything that is no address being taken for one, and bytes that reach a terminal raw. */
static void
test_refused (void)
{
  static const char *const cases[] = {
    "",
    "localhost",
    "192.0.2",
    "192.0.2.1:",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "192.0.2.256",
    "[::1",
    "[::1]x",
    "[192.0.2.1]:53",
    "::1::",
    "fe80::1%nosuchlink",
    "192.0.2.1:+53",
    "192.0.2.1 ",
    "192.0.2.1%lo",
    "\033[31m",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      DotlsAddress address;

      g_assert_false (dotls_address_parse (cases[i], 853, &address, &error));
      g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT);
      g_assert_null (strchr (error->message, '\033'));
    }
}

/* Catches: an edge of a special block taken for public, or the other way round: it decides whether
 * a certificate for the bare address can exist. */
static void
test_is_global (void)
{
  static const struct
  {
    const char *text;
    gboolean is_global;
  } cases[] = {
    { "1.1.1.1", TRUE },
    { "9.255.255.255", TRUE },
    { "10.0.0.0", FALSE },
    { "10.255.255.255", FALSE },
    { "11.0.0.0", TRUE },
    { "100.63.255.255", TRUE },
    { "100.64.0.0", FALSE },
    { "100.127.255.255", FALSE },
    { "100.128.0.0", TRUE },
    { "127.0.0.1", FALSE },
    { "169.254.1.1", FALSE },
    { "172.15.255.255", TRUE },
    { "172.16.0.0", FALSE },
    { "172.31.255.255", FALSE },
    { "172.32.0.0", TRUE },
    { "192.168.0.1", FALSE },
    { "0.0.0.0", FALSE },
    { "224.0.0.1", FALSE },
    { "255.255.255.255", FALSE },
    { "2606:4700::1111", TRUE },
    { "::1", FALSE },
    { "::", FALSE },
    { "fc00::1", FALSE },
    { "fdff::1", FALSE },
    { "fe00::1", TRUE },
    { "fe80::1", FALSE },
    { "febf::1", FALSE },
    { "ff02::1", FALSE },
    { "2001:db8::1", FALSE },
    { "2001:db9::1", TRUE },
    { "::ffff:1.1.1.1", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      DotlsAddress address;

      g_assert_true (dotls_address_parse (cases[i].text, 853, &address, NULL));
      if (dotls_address_is_global (&address) != cases[i].is_global)
        g_error ("%s must %sbe global", cases[i].text, cases[i].is_global ? "" : "not ");
    }
}

/* Catches: equality that forgets the port, the scope or the family. */
static void
test_equal (void)
{
  static const char *const cases[] = {
    "192.0.2.1:1", "192.0.2.1:2",   "192.0.2.2:1", "[::1]:1",
    "[::1]:2",     "[fe80::1%1]:1", "[fe80::1]:1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (cases); j++)
      {
        DotlsAddress a, b;

        g_assert_true (dotls_address_parse (cases[i], 0, &a, NULL));
        g_assert_true (dotls_address_parse (cases[j], 0, &b, NULL));
        g_assert_cmpint (dotls_address_equal (&a, &b), ==, i == j);
      }
}

/* Catches: a wildcard that is missed, so that a listener is open to the world unnoticed. */
static void
test_wildcard (void)
{
  static const char *const cases[] = { "0.0.0.0", "::", "0.0.0.1", "::1" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      DotlsAddress address;

      g_assert_true (dotls_address_parse (cases[i], 53, &address, NULL));
      g_assert_cmpint (dotls_address_is_wildcard (&address), ==, i < 2);
      g_assert_cmpint (dotls_address_port (&address), ==, 53);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/round-trip", test_round_trip);
  g_test_add_func ("/address/refused", test_refused);
  g_test_add_func ("/address/is-global", test_is_global);
  g_test_add_func ("/address/equal", test_equal);
  g_test_add_func ("/address/wildcard", test_wildcard);
  return g_test_run ();
}
