/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/error.h"
#include "core/limits.h"
#include "core/spec.h"

static void
add_address (DotlsUpstreamSpec *spec, const char *text)
{
  DotlsAddress address;

  g_assert_true (dotls_address_parse (text, 853, &address, NULL));
  g_array_append_val (spec->addresses, address);
}

static DotlsUpstreamSpec *
make_spec (void)
{
  DotlsUpstreamSpec *spec = dotls_upstream_spec_new ("lab");
  DotlsPin pin = { { 1, 2, 3 } };

  add_address (spec, "192.0.2.1");
  g_array_append_val (spec->pins, pin);
  spec->auth_name = g_strdup ("dot.test");
  spec->ca_file = g_strdup ("/ca.pem");
  spec->provider = g_strdup ("Lab");
  return spec;
}

/* Catches: an upstream that keeps its connections although a setting of it changed. */
static void
test_equal (void)
{
  for (guint change = 0; change < 7; change++)
    {
      g_autoptr (DotlsUpstreamSpec) a = make_spec (), b = make_spec ();

      g_assert_true (dotls_upstream_spec_equal (a, b));
      switch (change)
        {
        case 0:
          add_address (b, "192.0.2.2");
          break;
        case 1:
          g_array_index (b->addresses, DotlsAddress, 0).in.sin_port++;
          break;
        case 2:
          g_array_index (b->pins, DotlsPin, 0).sha256[31] ^= 1;
          break;
        case 3:
          g_array_set_size (b->pins, 0);
          break;
        case 4:
          g_clear_pointer (&b->auth_name, g_free);
          break;
        case 5:
          g_clear_pointer (&b->ca_file, g_free);
          break;
        default:
          g_clear_pointer (&b->provider, g_free);
        }
      g_assert_false (dotls_upstream_spec_equal (a, b));
    }
}

/* Catches: a TLS upstream that nothing could verify being let through: the heart of strict. */
static void
test_check (void)
{
  g_autoptr (DotlsUpstreamSpec) spec = dotls_upstream_spec_new ("lab");
  g_autoptr (GError) error = NULL;
  DotlsPin pin = { { 0 } };

  add_address (spec, "1.1.1.1");
  g_assert_true (dotls_upstream_spec_check (spec, NULL));
  add_address (spec, "10.1.2.3");
  g_assert_false (dotls_upstream_spec_check (spec, &error));
  g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_UNVERIFIABLE);
  g_assert_nonnull (strstr (error->message, "10.1.2.3"));

  g_array_append_val (spec->pins, pin);
  g_assert_true (dotls_upstream_spec_check (spec, NULL));
  g_array_set_size (spec->pins, 0);
  spec->ca_file = g_strdup ("/ca.pem");
  g_assert_true (dotls_upstream_spec_check (spec, NULL));
  g_clear_pointer (&spec->ca_file, g_free);
  spec->auth_name = g_strdup ("dot.test");
  g_assert_true (dotls_upstream_spec_check (spec, NULL));
}

/* Catches: a policy whose name does not lead back to it. */
static void
test_policy (void)
{
  for (DotlsPolicyKind kind = DOTLS_POLICY_ORDERED; kind <= DOTLS_POLICY_SPREAD; kind++)
    {
      DotlsPolicyKind again;

      g_assert_true (dotls_policy_kind_from_string (dotls_policy_kind_to_string (kind), &again));
      g_assert_cmpint (again, ==, kind);
    }
  g_assert_false (dotls_policy_kind_from_string ("Ordered", &(DotlsPolicyKind){ 0 }));
}

/* Catches: defaults that the settings themselves would refuse. */
static void
test_defaults (void)
{
  DotlsConfig config;

  dotls_config_init (&config);
  g_assert_cmpuint (config.cache_bytes, >=, DOTLS_CACHE_BYTES_MIN);
  g_assert_cmpuint (config.min_ttl, <=, config.max_ttl);
  g_assert_cmpuint (config.udp_payload_max, >=, DOTLS_UDP_PAYLOAD_MIN);
  g_assert_cmpuint (config.udp_payload_max, <=, DOTLS_UDP_PAYLOAD_MAX);
  g_assert_cmpuint (config.tcp_clients_max, >, 0);
  g_assert_false (config.trust_ad);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spec/equal", test_equal);
  g_test_add_func ("/spec/check", test_check);
  g_test_add_func ("/spec/policy", test_policy);
  g_test_add_func ("/spec/defaults", test_defaults);
  return g_test_run ();
}
