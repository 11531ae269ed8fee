/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/unit/pki.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)
#define MUST(call) g_assert_cmpint (call, >=, 0)

static gnutls_x509_privkey_t
make_key (const PkiShape *shape)
{
  gnutls_x509_privkey_t key;

  MUST (gnutls_x509_privkey_init (&key));
  if (shape->same_key_as != NULL)
    MUST (gnutls_x509_privkey_cpy (key, shape->same_key_as->key));
  else if (shape->rsa_bits > 0)
    MUST (gnutls_x509_privkey_generate (key, GNUTLS_PK_RSA, shape->rsa_bits, 0));
  else
    MUST (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                        GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  return key;
}

static void
add_name (gnutls_x509_crt_t crt, const char *name)
{
  guint8 bytes[16];

  if (g_str_has_prefix (name, "dns:"))
    MUST (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, name + 4,
                                                strlen (name + 4), GNUTLS_FSAN_APPEND));
  else if (inet_pton (AF_INET, name + 3, bytes) == 1)
    MUST (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, bytes, 4,
                                                GNUTLS_FSAN_APPEND));
  else if (inet_pton (AF_INET6, name + 3, bytes) == 1)
    MUST (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, bytes, 16,
                                                GNUTLS_FSAN_APPEND));
  else
    g_error ("no name: %s", name);
}

static void
add_extensions (gnutls_x509_crt_t crt, const PkiShape *shape)
{
  g_auto (GStrv) names = g_strsplit (shape->names != NULL ? shape->names : "", " ", -1);

  for (char **name = names; *name != NULL; name++)
    add_name (crt, *name);
  if (shape->purpose != NULL)
    MUST (gnutls_x509_crt_set_key_purpose_oid (crt, shape->purpose, 0));
  MUST (gnutls_x509_crt_set_basic_constraints (crt, shape->is_ca, -1));
  if (shape->is_ca)
    MUST (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_KEY_CERT_SIGN));
  if (shape->must_staple)
    {
      gnutls_x509_tlsfeatures_t features;

      MUST (gnutls_x509_tlsfeatures_init (&features));
      MUST (gnutls_x509_tlsfeatures_add (features, 5));
      MUST (gnutls_x509_crt_set_tlsfeatures (crt, features));
      gnutls_x509_tlsfeatures_deinit (features);
    }
  if (shape->permitted != NULL)
    {
      gnutls_datum_t name = { (guint8 *) shape->permitted, strlen (shape->permitted) };
      gnutls_x509_name_constraints_t constraints;

      MUST (gnutls_x509_name_constraints_init (&constraints));
      MUST (gnutls_x509_name_constraints_add_permitted (constraints, GNUTLS_SAN_DNSNAME, &name));
      MUST (gnutls_x509_crt_set_name_constraints (crt, constraints, TRUE));
      gnutls_x509_name_constraints_deinit (constraints);
    }
}

/* Written and read again: gnutls keeps some fields only of what it has read. */
static void
refresh (PkiCert *self)
{
  gnutls_datum_t der;

  MUST (gnutls_x509_crt_export2 (self->crt, GNUTLS_X509_FMT_DER, &der));
  gnutls_x509_crt_deinit (self->crt);
  MUST (gnutls_x509_crt_init (&self->crt));
  MUST (gnutls_x509_crt_import (self->crt, &der, GNUTLS_X509_FMT_DER));
  gnutls_free (der.data);
}

PkiCert *
pki_issue (const PkiShape *shape, const PkiCert *issuer)
{
  PkiCert *self = g_new0 (PkiCert, 1);
  gboolean usual = shape->from == 0 && shape->to == 0;
  guint32 serial = g_htonl (g_random_int () >> 1);
  const char *where;

  self->key = make_key (shape);
  MUST (gnutls_x509_crt_init (&self->crt));
  MUST (gnutls_x509_crt_set_version (self->crt, 3));
  MUST (gnutls_x509_crt_set_serial (self->crt, &serial, sizeof serial));
  MUST (gnutls_x509_crt_set_dn (self->crt, shape->subject, &where));
  MUST (gnutls_x509_crt_set_activation_time (self->crt,
                                             time (NULL) + (usual ? -1 : shape->from) * DAY));
  MUST (
      gnutls_x509_crt_set_expiration_time (self->crt, time (NULL) + (usual ? 1 : shape->to) * DAY));
  MUST (gnutls_x509_crt_set_key (self->crt, self->key));
  add_extensions (self->crt, shape);
  if (issuer == NULL)
    issuer = self;
  MUST (gnutls_x509_crt_sign2 (self->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
  refresh (self);
  return self;
}

void
pki_free (PkiCert *cert)
{
  gnutls_x509_crt_deinit (cert->crt);
  gnutls_x509_privkey_deinit (cert->key);
  g_free (cert);
}

void
pki_write (const char *path, const PkiCert *const *certs)
{
  g_autoptr (GString) text = g_string_new ("# a bundle\n");
  g_autoptr (GError) error = NULL;

  for (; *certs != NULL; certs++)
    {
      gnutls_datum_t pem;

      MUST (gnutls_x509_crt_export2 ((*certs)->crt, GNUTLS_X509_FMT_PEM, &pem));
      g_string_append_len (text, (char *) pem.data, pem.size);
      gnutls_free (pem.data);
    }
  g_file_set_contents (path, text->str, text->len, &error);
  g_assert_no_error (error);
}

gnutls_certificate_credentials_t
pki_credentials (const PkiCert *const *certs)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_pcert_st chain[16];
  gnutls_privkey_t key;
  guint n = 0;

  /* gnutls_certificate_set_x509_key() would sort the chain and leave strangers out */
  for (; certs[n] != NULL; n++)
    MUST (gnutls_pcert_import_x509 (&chain[n], certs[n]->crt, 0));
  MUST (gnutls_privkey_init (&key));
  MUST (gnutls_privkey_import_x509 (key, certs[0]->key, GNUTLS_PRIVKEY_IMPORT_COPY));
  MUST (gnutls_certificate_allocate_credentials (&credentials));
  gnutls_certificate_set_flags (credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
  MUST (gnutls_certificate_set_key (credentials, NULL, 0, chain, n, key));
  return credentials;
}

void
pki_pin (const PkiCert *cert, guint8 ret_pin[32])
{
  gsize size = 32;

  MUST (gnutls_x509_crt_get_key_id (cert->crt, GNUTLS_KEYID_USE_SHA256, ret_pin, &size));
}
