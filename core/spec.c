/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/spec.h"

#include <string.h>

#include "core/address.h"
#include "core/error.h"
#include "core/limits.h"

DotlsUpstreamSpec *
dotls_upstream_spec_new (const char *id)
{
  DotlsUpstreamSpec *spec = g_new0 (DotlsUpstreamSpec, 1);

  g_atomic_ref_count_init (&spec->references);
  spec->id = g_strdup (id);
  spec->addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  spec->pins = g_array_new (FALSE, TRUE, sizeof (DotlsPin));
  return spec;
}

DotlsUpstreamSpec *
dotls_upstream_spec_ref (DotlsUpstreamSpec *spec)
{
  g_atomic_ref_count_inc (&spec->references);
  return spec;
}

void
dotls_upstream_spec_unref (DotlsUpstreamSpec *spec)
{
  if (!g_atomic_ref_count_dec (&spec->references))
    return;
  g_free (spec->id);
  g_free (spec->provider);
  g_array_unref (spec->addresses);
  g_free (spec->auth_name);
  g_array_unref (spec->pins);
  g_free (spec->ca_file);
  g_free (spec);
}

static gboolean
addresses_equal (GArray *a, GArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!dotls_address_equal (&g_array_index (a, DotlsAddress, i),
                              &g_array_index (b, DotlsAddress, i)))
      return FALSE;
  return TRUE;
}

gboolean
dotls_upstream_spec_equal (const DotlsUpstreamSpec *a, const DotlsUpstreamSpec *b)
{
  return g_str_equal (a->id, b->id) && g_strcmp0 (a->provider, b->provider) == 0
         && g_strcmp0 (a->auth_name, b->auth_name) == 0 && g_strcmp0 (a->ca_file, b->ca_file) == 0
         && a->pins->len == b->pins->len
         && (a->pins->len == 0
             || memcmp (a->pins->data, b->pins->data, a->pins->len * sizeof (DotlsPin)) == 0)
         && addresses_equal (a->addresses, b->addresses);
}

gboolean
dotls_upstream_spec_check (const DotlsUpstreamSpec *spec, GError **error)
{
  if (spec->auth_name != NULL || spec->pins->len > 0 || spec->ca_file != NULL)
    return TRUE;
  for (guint i = 0; i < spec->addresses->len; i++)
    {
      const DotlsAddress *address = &g_array_index (spec->addresses, DotlsAddress, i);
      g_autofree char *text = NULL;

      if (dotls_address_is_global (address))
        continue;
      text = dotls_address_to_host_string (address);
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_UNVERIFIABLE,
                   "nothing could verify %s at %s: no public authority certifies that address; "
                   "give auth-name, pin-sha256 or ca-file",
                   spec->id, text);
      return FALSE;
    }
  return TRUE;
}

static const char *const policy_names[] = {
  [DOTLS_POLICY_ORDERED] = "ordered",
  [DOTLS_POLICY_FASTEST] = "fastest",
  [DOTLS_POLICY_SPREAD] = "spread",
};

const char *
dotls_policy_kind_to_string (DotlsPolicyKind kind)
{
  return policy_names[kind];
}

gboolean
dotls_policy_kind_from_string (const char *text, DotlsPolicyKind *ret_kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (policy_names); i++)
    if (g_strcmp0 (text, policy_names[i]) == 0)
      {
        *ret_kind = i;
        return TRUE;
      }
  return FALSE;
}

void
dotls_config_init (DotlsConfig *config)
{
  *config = (DotlsConfig){
    .policy = DOTLS_POLICY_ORDERED,
    .cache_bytes = DOTLS_CACHE_BYTES,
    .min_ttl = 0,
    .max_ttl = DOTLS_TTL_MAX_S,
    .max_negative_ttl = DOTLS_NEGATIVE_TTL_MAX_S,
    .udp_payload_max = DOTLS_UDP_PAYLOAD,
    .tcp_clients_max = DOTLS_TCP_CLIENTS,
    .tcp_idle_ms = DOTLS_TCP_IDLE,
    .upstream_idle_ms = DOTLS_CONNECTION_IDLE,
  };
}
