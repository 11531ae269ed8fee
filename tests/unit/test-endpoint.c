/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/endpoint.h"

#include <string.h>

#include "core/error.h"
#include "daemon/authname.h"

static char *providers;

static char *
parse (const char *text, GError **error)
{
  g_autoptr (GArray) addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  g_autoptr (GString) shown = g_string_new (NULL);
  g_autofree char *name = NULL;

  if (!dotls_endpoint_parse (text, providers, addresses, &name, error))
    {
      g_assert_cmpuint (addresses->len, ==, 0);
      g_assert_null (name);
      return NULL;
    }
  for (guint i = 0; i < addresses->len; i++)
    {
      g_autofree char *address =
          dotls_address_to_string (&g_array_index (addresses, DotlsAddress, i));

      g_string_append_printf (shown, "%s%s", i > 0 ? " " : "", address);
    }
  g_string_append_printf (shown, "#%s", name != NULL ? name : "");
  return g_string_free (g_steal_pointer (&shown), FALSE);
}

/* Catches: a form of another program's configuration that is no longer understood, or is understood
 * as another port, interface or name. */
static void
test_forms (void)
{
  static const char *const cases[][2] = {
    { "192.0.2.1", "192.0.2.1:853#" },
    { " 192.0.2.1:8853 ", "192.0.2.1:8853#" },
    { "2001:db8::1", "[2001:db8::1]:853#" },
    { "[2001:db8::1]:8853", "[2001:db8::1]:8853#" },
    { "fe80::1%lo", "[fe80::1%lo]:853#" },
    /* systemd-resolved */
    { "192.0.2.1#dns.example", "192.0.2.1:853#dns.example" },
    { "192.0.2.1:8853#dns.example", "192.0.2.1:8853#dns.example" },
    { "[fe80::1]:8853%lo#dns.example", "[fe80::1%lo]:8853#dns.example" },
    { "[fe80::1]%lo#dns.example", "[fe80::1%lo]:853#dns.example" },
    { "fe80::1%lo#dns.example", "[fe80::1%lo]:853#dns.example" },
    { "192.0.2.1#DNS.Example.", "192.0.2.1:853#dns.example" },
    { "192.0.2.1#b\303\274cher.example", "192.0.2.1:853#xn--bcher-kva.example" },
    /* unbound */
    { "192.0.2.1@853#dns.example", "192.0.2.1:853#dns.example" },
    { "2001:db8::1@8853#dns.example", "[2001:db8::1]:8853#dns.example" },
    { "fe80::1%lo@8853", "[fe80::1%lo]:8853#" },
    /* NetworkManager, dnsconfd */
    { "dns+tls://192.0.2.1", "192.0.2.1:853#" },
    { "dns+tls://192.0.2.1:8853#dns.example", "192.0.2.1:8853#dns.example" },
    { "dns+tls://[2001:db8::1]:8853?name=dns.example", "[2001:db8::1]:8853#dns.example" },
    { "dns+tls://[fe80::1%25lo]#dns.example", "[fe80::1%lo]:853#dns.example" },
    { "DNS+TLS://192.0.2.1", "192.0.2.1:853#" },
    { "tls://192.0.2.1:8853", "192.0.2.1:8853#" },
    { "tls://[2001:db8::1]", "[2001:db8::1]:853#" },
    { "tls://2001:db8::1", "[2001:db8::1]:853#" },
    { "tls://192.0.2.1/", "192.0.2.1:853#" },
    /* a name of the catalogue */
    { "tls://dns.google",
      "8.8.8.8:853 8.8.4.4:853 [2001:4860:4860::8888]:853 [2001:4860:4860::8844]:853#dns.google" },
    { "tls://DOT.libredns.gr:443", "116.202.176.26:443#dot.libredns.gr" },
    { "tls://a1b2c3.dns.nextdns.io",
      "45.90.28.0:853 45.90.30.0:853 [2a07:a8c0::]:853 [2a07:a8c1::]:853#a1b2c3.dns.nextdns.io" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = parse (cases[i][0], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (shown, ==, cases[i][1]);
    }
}

/* Catches: a wrong form that is guessed at, and an error that does not help. */
static void
test_refused (void)
{
  static const char *const cases[][2] = {
    { "", "is no address" },
    { "dns.example", "is no address" },
    { "192.0.2.1#", "is no host name" },
    { "192.0.2.1#a..b", "is no host name" },
    { "192.0.2.1#-a.example", "is no host name" },
    { "192.0.2.1#a_b.example", "is no host name" },
    { "192.0.2.1#192.0.2.1", "is an address, not a name" },
    { "192.0.2.1:0", "the port" },
    { "192.0.2.1@", "the port" },
    { "192.0.2.1@x", "the port" },
    { "192.0.2.1:53@853", "is no address" },
    { "192.0.2.1%lo", "IPv6 addresses only" },
    { "192.0.2.1:853%lo", "IPv6 addresses only" },
    { "[fe80::1]:853%nosuchlink", "no such network interface" },
    { "https://dns.google/dns-query", "not DNS over TLS" },
    { "dns+udp://192.0.2.1", "not DNS over TLS" },
    { "quic://192.0.2.1", "not DNS over TLS" },
    { "://", "not DNS over TLS" },
    { "tls://", "is no host name" },
    { "tls://unknown.example", "ADDRESS#unknown.example" },
    { "tls://dns.nextdns.io", "ADDRESS#dns.nextdns.io" },
    { "tls://dns.google:0", "is no port" },
    { "tls://dns.google#dns.quad9.net", "two names" },
    { "dns+tls://192.0.2.1?nam=dns.example", "is no host name" },
    { "dns+tls://192.0.2.1?name=", "is no host name" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = parse (cases[i][0], &error);

      g_assert_cmpstr (shown, ==, NULL);
      g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT);
      if (strstr (error->message, cases[i][1]) == NULL)
        g_error ("'%s' says: %s", cases[i][0], error->message);
    }
}

/* Catches: lengths off by one (RFC 1035 section 2.3.4), and long texts that take long. */
static void
test_auth_name_lengths (void)
{
  g_autofree char *label63 = g_strnfill (63, 'a'), *label64 = g_strnfill (64, 'a');
  g_autofree char *label61 = g_strnfill (61, 'a'), *label62 = g_strnfill (62, 'a');
  g_autofree char *name253 = g_strjoin (".", label63, label63, label63, label61, NULL);
  g_autofree char *name254 = g_strjoin (".", label63, label63, label63, label62, NULL);
  g_autofree char *endless = g_strnfill (1 << 20, 'a');
  g_autofree char *good = dotls_auth_name_parse (name253, NULL);
  g_autofree char *good_label = dotls_auth_name_parse (label63, NULL);

  g_assert_cmpstr (good, ==, name253);
  g_assert_cmpstr (good_label, ==, label63);
  g_assert_null (dotls_auth_name_parse (name254, NULL));
  g_assert_null (dotls_auth_name_parse (label64, NULL));
  g_assert_null (dotls_auth_name_parse (endless, NULL));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  providers = g_test_build_filename (G_TEST_DIST, "data", "providers", NULL);
  g_test_add_func ("/endpoint/forms", test_forms);
  g_test_add_func ("/endpoint/refused", test_refused);
  g_test_add_func ("/endpoint/auth-name-lengths", test_auth_name_lengths);
  result = g_test_run ();
  g_free (providers);
  return result;
}
