/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/certs.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)
#define CHAIN_MAX 16

typedef enum
{
  ISSUER_ROOT,
  ISSUER_OTHER,
  ISSUER_SELF,
  ISSUER_INTERMEDIATE,
  N_ISSUERS
} Issuer;

typedef struct
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;
} Identity;

typedef struct
{
  Identity identity;
  gnutls_certificate_credentials_t credentials;
  gnutls_x509_crt_t chain[CHAIN_MAX]; /* borrowed */
  guint n_chain;
} Leaf;

struct _Certs
{
  GRecMutex lock;
  Identity issuers[N_ISSUERS];
  Leaf leaves[CERT_N_KINDS];
  guint64 serial;
};

/* What differs between the kinds. */
typedef struct
{
  const char *common_name;
  const char *names[3];
  const char *addresses[3];
  Issuer issuer;
  int from, until; /* days from now */
  const char *purpose;
  gboolean send_issuer;
  guint n_filler_names;
  guint n_filler_certificates;
} Recipe;

#define USUAL_NAMES .names = { "dot.test" }, .addresses = { "127.0.0.1", "::1" }
#define USUAL_DATES .from = -1, .until = 30

static const Recipe recipes[CERT_N_KINDS] = {
  [CERT_VALID] = { USUAL_NAMES, USUAL_DATES },
  [CERT_WRONG_NAME] = { .names = { "other.test" }, .addresses = { "192.0.2.99" }, USUAL_DATES },
  [CERT_UNKNOWN_ISSUER] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_OTHER },
  [CERT_SELF_SIGNED] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_SELF },
  [CERT_EXPIRED] = { USUAL_NAMES, .from = -20, .until = -10 },
  [CERT_NOT_YET_VALID] = { USUAL_NAMES, .from = 10, .until = 20 },
  [CERT_ADDRESS_ONLY] = { .addresses = { "127.0.0.1", "::1" }, USUAL_DATES },
  [CERT_ADDRESS_AS_NAME] = { .names = { "127.0.0.1", "::1" }, USUAL_DATES },
  [CERT_COMMON_NAME] = { .common_name = "dot.test", USUAL_DATES },
  [CERT_WRONG_PURPOSE] = { USUAL_NAMES, USUAL_DATES, .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
  [CERT_WILDCARD] = { .names = { "*.dot.test" }, USUAL_DATES },
  [CERT_PARTIAL_WILDCARD] = { .names = { "l*.dot.test" }, USUAL_DATES },
  [CERT_INTERMEDIATE] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_INTERMEDIATE,
                          .send_issuer = TRUE },
  [CERT_MISSING_INTERMEDIATE] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_INTERMEDIATE },
  [CERT_WRONG_ORDER] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_INTERMEDIATE,
                         .send_issuer = TRUE, .n_filler_certificates = 2 },
  [CERT_LONG_CHAIN] = { USUAL_NAMES, USUAL_DATES, .issuer = ISSUER_INTERMEDIATE,
                        .send_issuer = TRUE, .n_filler_certificates = 10 },
  [CERT_MANY_NAMES] = { USUAL_NAMES, USUAL_DATES, .n_filler_names = 2000 },
};

static const char *const nicks[] = {
#define X(kind, nick) nick,
  CERT_MAP (X)
#undef X
};

const char *
cert_kind_to_string (CertKind kind)
{
  return nicks[kind];
}

gboolean
cert_kind_from_string (const char *text, CertKind *ret_kind)
{
  for (guint i = 0; i < CERT_N_KINDS; i++)
    if (g_str_equal (text, nicks[i]))
      {
        *ret_kind = i;
        return TRUE;
      }
  return FALSE;
}

/* Making certificates of constants cannot fail in a way a test could handle. */
static void
must (int code)
{
  if (code < 0)
    g_error ("GnuTLS: %s", gnutls_strerror (code));
}

static void
add_name (gnutls_subject_alt_names_t names, const char *name)
{
  gnutls_datum_t datum = { (guint8 *) name, strlen (name) };

  must (gnutls_subject_alt_names_set (names, GNUTLS_SAN_DNSNAME, &datum, NULL));
}

static void
add_address (gnutls_subject_alt_names_t names, const char *text)
{
  guint8 raw[16];
  gboolean is_v6 = strchr (text, ':') != NULL;
  gnutls_datum_t datum = { raw, is_v6 ? 16 : 4 };

  g_assert_cmpint (inet_pton (is_v6 ? AF_INET6 : AF_INET, text, raw), ==, 1);
  must (gnutls_subject_alt_names_set (names, GNUTLS_SAN_IPADDRESS, &datum, NULL));
}

static void
set_common_name (gnutls_x509_crt_t crt, const char *name)
{
  must (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen (name)));
}

/* A key and a certificate for it that lacks only what differs, and the signature. */
static Identity
start_identity (Certs *self, int from, int until)
{
  Identity identity;
  guint64 serial = GUINT64_TO_BE (++self->serial);
  time_t now = time (NULL);

  must (gnutls_x509_privkey_init (&identity.key));
  must (gnutls_x509_privkey_generate (identity.key, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  must (gnutls_x509_crt_init (&identity.crt));
  must (gnutls_x509_crt_set_version (identity.crt, 3));
  must (gnutls_x509_crt_set_serial (identity.crt, &serial, sizeof serial));
  must (gnutls_x509_crt_set_key (identity.crt, identity.key));
  must (gnutls_x509_crt_set_activation_time (identity.crt, now + (time_t) from * DAY));
  must (gnutls_x509_crt_set_expiration_time (identity.crt, now + (time_t) until * DAY));
  return identity;
}

/* Read back at once: GnuTLS finds the issuer of a certificate only by what import has noted. */
static void
sign (Identity *identity, const Identity *issuer)
{
  gnutls_datum_t der;

  must (gnutls_x509_crt_sign2 (identity->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
  must (gnutls_x509_crt_export2 (identity->crt, GNUTLS_X509_FMT_DER, &der));
  gnutls_x509_crt_deinit (identity->crt);
  must (gnutls_x509_crt_init (&identity->crt));
  must (gnutls_x509_crt_import (identity->crt, &der, GNUTLS_X509_FMT_DER));
  gnutls_free (der.data);
}

static const Identity *
get_issuer (Certs *self, Issuer which)
{
  static const char *const names[] = { "dotls test authority", "another authority", NULL,
                                       "dotls test intermediate" };
  Identity *issuer = &self->issuers[which];

  if (issuer->crt != NULL)
    return issuer;
  *issuer = start_identity (self, -30, 60);
  set_common_name (issuer->crt, names[which]);
  must (gnutls_x509_crt_set_ca_status (issuer->crt, 1));
  must (
      gnutls_x509_crt_set_key_usage (issuer->crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
  sign (issuer, which == ISSUER_INTERMEDIATE ? get_issuer (self, ISSUER_ROOT) : issuer);
  return issuer;
}

/* All at once: GnuTLS decodes and encodes the whole list for each name that is appended to a
 * certificate. */
static void
add_names (gnutls_x509_crt_t crt, const Recipe *recipe)
{
  gnutls_subject_alt_names_t names;
  gnutls_datum_t der;

  if (recipe->names[0] == NULL && recipe->addresses[0] == NULL)
    return;
  must (gnutls_subject_alt_names_init (&names));
  for (guint i = 0; i < recipe->n_filler_names; i++)
    {
      g_autofree char *name = g_strdup_printf ("filler-%u.test", i);

      add_name (names, name);
    }
  for (guint i = 0; recipe->names[i] != NULL; i++)
    add_name (names, recipe->names[i]);
  for (guint i = 0; recipe->addresses[i] != NULL; i++)
    add_address (names, recipe->addresses[i]);
  must (gnutls_x509_ext_export_subject_alt_names (names, &der));
  must (gnutls_x509_crt_set_extension_by_oid (crt, GNUTLS_X509EXT_OID_SAN, der.data, der.size, 0));
  gnutls_free (der.data);
  gnutls_subject_alt_names_deinit (names);
}

static Leaf *get_leaf (Certs *self, CertKind kind);

/* The filler are leaves of other kinds: real certificates that have no business in this chain. */
static void
fill_chain (Certs *self, Leaf *leaf, const Recipe *recipe)
{
  leaf->chain[leaf->n_chain++] = leaf->identity.crt;
  for (guint i = 0; i < recipe->n_filler_certificates; i++)
    {
      leaf->chain[leaf->n_chain++] = get_leaf (self, i % CERT_WILDCARD)->identity.crt;
    }
  if (recipe->send_issuer)
    leaf->chain[leaf->n_chain++] = get_issuer (self, recipe->issuer)->crt;
}

/* One by one: GnuTLS would put a list in order and leave out what does not belong. */
static void
load_chain (Leaf *leaf)
{
  gnutls_pcert_st *chain = g_new0 (gnutls_pcert_st, leaf->n_chain);
  gnutls_privkey_t key;

  must (gnutls_privkey_init (&key));
  must (gnutls_privkey_import_x509 (key, leaf->identity.key, GNUTLS_PRIVKEY_IMPORT_COPY));
  for (guint i = 0; i < leaf->n_chain; i++)
    must (gnutls_pcert_import_x509 (&chain[i], leaf->chain[i], 0));
  must (gnutls_certificate_allocate_credentials (&leaf->credentials));
  must (gnutls_certificate_set_key (leaf->credentials, NULL, 0, chain, leaf->n_chain, key));
  g_free (chain); /* what is in it and the key belong to the credentials now */
}

static void
make_leaf (Certs *self, CertKind kind)
{
  const Recipe *recipe = &recipes[kind];
  Leaf *leaf = &self->leaves[kind];
  const char *purpose = recipe->purpose != NULL ? recipe->purpose : GNUTLS_KP_TLS_WWW_SERVER;

  leaf->identity = start_identity (self, recipe->from, recipe->until);
  set_common_name (leaf->identity.crt,
                   recipe->common_name != NULL ? recipe->common_name : nicks[kind]);
  add_names (leaf->identity.crt, recipe);
  must (gnutls_x509_crt_set_key_usage (leaf->identity.crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
  must (gnutls_x509_crt_set_key_purpose_oid (leaf->identity.crt, purpose, 0));
  sign (&leaf->identity,
        recipe->issuer == ISSUER_SELF ? &leaf->identity : get_issuer (self, recipe->issuer));
  fill_chain (self, leaf, recipe);
  load_chain (leaf);
}

static Leaf *
get_leaf (Certs *self, CertKind kind)
{
  g_rec_mutex_lock (&self->lock);
  if (self->leaves[kind].credentials == NULL)
    make_leaf (self, kind);
  g_rec_mutex_unlock (&self->lock);
  return &self->leaves[kind];
}

Certs *
certs_new (void)
{
  Certs *self = g_new0 (Certs, 1);

  g_rec_mutex_init (&self->lock);
  /* serials must differ between two runs that share a trust store */
  must (gnutls_rnd (GNUTLS_RND_NONCE, &self->serial, sizeof self->serial));
  self->serial >>= 2;
  for (guint i = 0; i < N_ISSUERS; i++)
    if (i != ISSUER_SELF)
      get_issuer (self, i);
  return self;
}

static void
clear_identity (Identity *identity)
{
  if (identity->crt == NULL)
    return;
  gnutls_x509_crt_deinit (identity->crt);
  gnutls_x509_privkey_deinit (identity->key);
}

void
certs_free (Certs *self)
{
  for (guint i = 0; i < CERT_N_KINDS; i++)
    {
      if (self->leaves[i].credentials != NULL)
        gnutls_certificate_free_credentials (self->leaves[i].credentials);
      clear_identity (&self->leaves[i].identity);
    }
  for (guint i = 0; i < N_ISSUERS; i++)
    clear_identity (&self->issuers[i]);
  g_rec_mutex_clear (&self->lock);
  g_free (self);
}

static void
write_pem (const char *path, const char *pem, gsize length)
{
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents_full (path, pem, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_error ("%s", error->message);
}

static void
write_chain (const char *path, const gnutls_x509_crt_t *chain, guint n_chain)
{
  g_autoptr (GString) pem = g_string_new (NULL);

  for (guint i = 0; i < n_chain; i++)
    {
      gnutls_datum_t one;

      must (gnutls_x509_crt_export2 (chain[i], GNUTLS_X509_FMT_PEM, &one));
      g_string_append_len (pem, (const char *) one.data, one.size);
      gnutls_free (one.data);
    }
  write_pem (path, pem->str, pem->len);
}

void
certs_write_ca (Certs *self, const char *path)
{
  write_chain (path, &get_issuer (self, ISSUER_ROOT)->crt, 1);
}

void
certs_write_leaf (Certs *self, CertKind kind, const char *path)
{
  write_chain (path, &get_leaf (self, kind)->identity.crt, 1);
}

void
certs_write_server (Certs *self, CertKind kind, const char *chain, const char *key)
{
  Leaf *leaf = get_leaf (self, kind);
  gnutls_datum_t pem;

  write_chain (chain, leaf->chain, leaf->n_chain);
  must (gnutls_x509_privkey_export2 (leaf->identity.key, GNUTLS_X509_FMT_PEM, &pem));
  write_pem (key, (const char *) pem.data, pem.size);
  gnutls_free (pem.data);
}

gnutls_certificate_credentials_t
certs_credentials (Certs *self, CertKind kind)
{
  return get_leaf (self, kind)->credentials;
}

static char *
get_pin (gnutls_x509_crt_t crt, guint8 ret_raw[32])
{
  guint8 raw[32];
  gsize size = sizeof raw;

  must (gnutls_x509_crt_get_key_id (crt, GNUTLS_KEYID_USE_SHA256, raw, &size));
  if (ret_raw != NULL)
    memcpy (ret_raw, raw, sizeof raw);
  return g_base64_encode (raw, sizeof raw);
}

char *
certs_pin (Certs *self, CertKind kind, guint8 ret_raw[32])
{
  return get_pin (get_leaf (self, kind)->identity.crt, ret_raw);
}

char *
certs_intermediate_pin (Certs *self)
{
  return get_pin (get_issuer (self, ISSUER_INTERMEDIATE)->crt, NULL);
}
