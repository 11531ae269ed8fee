/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/address.h"

#define DOTLS_PIN_SIZE 32

/* The SHA-256 of a SubjectPublicKeyInfo (RFC 7858 section 4.2). */
typedef struct
{
  guint8 sha256[DOTLS_PIN_SIZE];
} DotlsPin;

/* What the settings say of one upstream resolver.  Immutable once built, counted, shared freely.
 * Verification (RFC 8310 section 8): with auth_name the chain and the name are verified; with pins
 * the key of the server's own certificate must match one of them; with both, both must hold; with
 * neither, the chain and the address (SAN iPAddress). */
struct _DotlsUpstreamSpec
{
  gatomicrefcount references;
  char *id;          /* as the settings name it: [A-Za-z0-9._-]+ */
  char *provider;    /* readable name of the operator, or NULL */
  GArray *addresses; /* of DotlsAddress, in order of preference, at least one */
  char *auth_name;   /* authentication domain name in A-label form, lower case, or NULL */
  GArray *pins;      /* of DotlsPin; may be empty */
  char *ca_file;     /* PEM bundle that replaces the system's, or NULL */
};

/* ID is copied; the other fields start empty and are the caller's to fill until it is shared. */
DotlsUpstreamSpec *dotls_upstream_spec_new (const char *id);
DotlsUpstreamSpec *dotls_upstream_spec_ref (DotlsUpstreamSpec *spec);
void dotls_upstream_spec_unref (DotlsUpstreamSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsUpstreamSpec, dotls_upstream_spec_unref)

gboolean dotls_upstream_spec_equal (const DotlsUpstreamSpec *a, const DotlsUpstreamSpec *b);

/* Whether any means of verification is left: a name, a pin, or an address that the chosen
 * authorities could have certified (its own ca_file, or a public address and the system's).
 * DOTLS_ERROR_UNVERIFIABLE with what to do otherwise. */
gboolean dotls_upstream_spec_check (const DotlsUpstreamSpec *spec, GError **error);

typedef enum
{
  DOTLS_POLICY_ORDERED, /* the first healthy one, back to the first when it is well again */
  DOTLS_POLICY_FASTEST, /* the lowest smoothed round-trip time */
  DOTLS_POLICY_SPREAD,  /* each name always at the same one, names spread over all */
} DotlsPolicyKind;

/* "ordered", "fastest" or "spread". */
const char *dotls_policy_kind_to_string (DotlsPolicyKind kind);
gboolean dotls_policy_kind_from_string (const char *text, DotlsPolicyKind *ret_kind);

/* The knobs of a resolver, a plain value.  dotls_config_init() fills in the defaults of limits.h.
 */
struct _DotlsConfig
{
  DotlsPolicyKind policy;
  gsize cache_bytes;        /* bound on everything the cache holds; 0: no cache */
  guint32 min_ttl;          /* seconds: floor of what is kept and handed out */
  guint32 max_ttl;          /* seconds: ceiling */
  guint32 max_negative_ttl; /* seconds: ceiling of NXDOMAIN and NODATA (RFC 2308 section 5) */
  guint16 udp_payload_max;  /* bytes: largest UDP answer (RFC 9715) */
  guint32 tcp_clients_max;  /* client connections at once */
  guint32 tcp_idle_ms;      /* an idle client connection is closed after this (RFC 7766 6.2.3) */
  guint32 upstream_idle_ms; /* an idle connection to an upstream is closed after this */
  gboolean trust_ad;        /* pass the upstream's AD flag on (RFC 6840 section 5.8) */
};
void dotls_config_init (DotlsConfig *config);
