/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#include "tests/lib/certs.h"

/* The certificates are what the tests of authentication stand on: a certificate that is bad in
 * another way than its name says would let those tests pass for the wrong reason.  So each kind is
 * verified here by GnuTLS itself. */

typedef struct
{
  CertKind kind;
  unsigned name_status, address_status; /* what GnuTLS must say for dot.test and for 127.0.0.1 */
} Case;

#define OWNER GNUTLS_CERT_UNEXPECTED_OWNER
#define ISSUER GNUTLS_CERT_SIGNER_NOT_FOUND

static const Case cases[] = {
  { CERT_VALID, 0, 0 },
  { CERT_WRONG_NAME, OWNER, OWNER },
  { CERT_UNKNOWN_ISSUER, ISSUER, ISSUER },
  { CERT_SELF_SIGNED, ISSUER, ISSUER },
  { CERT_EXPIRED, GNUTLS_CERT_EXPIRED, GNUTLS_CERT_EXPIRED },
  { CERT_NOT_YET_VALID, GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_CERT_NOT_ACTIVATED },
  { CERT_ADDRESS_ONLY, OWNER, 0 },
  { CERT_ADDRESS_AS_NAME, OWNER, OWNER },
  { CERT_WRONG_PURPOSE, GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_CERT_PURPOSE_MISMATCH },
  { CERT_INTERMEDIATE, 0, 0 },
  { CERT_MISSING_INTERMEDIATE, ISSUER, ISSUER },
  { CERT_WRONG_ORDER, 0, 0 },
  { CERT_LONG_CHAIN, 0, 0 },
  { CERT_MANY_NAMES, 0, 0 },
};

static char *directory;

static char *
path_of (const char *name)
{
  return g_build_filename (directory, name, NULL);
}

static gnutls_datum_t
load (const char *path)
{
  gnutls_datum_t data;

  g_assert_cmpint (gnutls_load_file (path, &data), ==, 0);
  return data;
}

static guint
load_chain (Certs *certs, CertKind kind, gnutls_x509_crt_t **ret_chain)
{
  g_autofree char *chain = path_of ("chain.pem"), *key = path_of ("key.pem");
  gnutls_datum_t pem;
  guint n;

  certs_write_server (certs, kind, chain, key);
  pem = load (chain);
  g_assert_cmpint (gnutls_x509_crt_list_import2 (ret_chain, &n, &pem, GNUTLS_X509_FMT_PEM, 0), ==,
                   0);
  gnutls_free (pem.data);
  return n;
}

static void
free_chain (gnutls_x509_crt_t *chain, guint n)
{
  for (guint i = 0; i < n; i++)
    gnutls_x509_crt_deinit (chain[i]);
  gnutls_free (chain);
}

static unsigned
verify (gnutls_x509_trust_list_t list,
        gnutls_x509_crt_t *chain,
        guint n,
        gnutls_vdata_types_t type,
        const void *data,
        unsigned size)
{
  gnutls_typed_vdata_st what[] = { { type, (unsigned char *) data, size },
                                   { GNUTLS_DT_KEY_PURPOSE_OID,
                                     (unsigned char *) GNUTLS_KP_TLS_WWW_SERVER, 0 } };
  unsigned status;

  g_assert_cmpint (gnutls_x509_trust_list_verify_crt2 (list, chain, n, what, 2, 0, &status, NULL),
                   ==, 0);
  return status & ~GNUTLS_CERT_INVALID;
}

/* Catches a kind of certificate that is not bad, or bad in another way than it says. */
static void
test_kinds (void)
{
  static const guint8 address[] = { 127, 0, 0, 1 };
  g_autoptr (Certs) certs = certs_new ();
  g_autofree char *ca = path_of ("ca.pem");
  gnutls_x509_trust_list_t list;

  certs_write_ca (certs, ca);
  gnutls_x509_trust_list_init (&list, 0);
  g_assert_cmpint (
      gnutls_x509_trust_list_add_trust_file (list, ca, NULL, GNUTLS_X509_FMT_PEM, 0, 0), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gnutls_x509_crt_t *chain;
      guint n = load_chain (certs, cases[i].kind, &chain);

      g_test_message ("%s", cert_kind_to_string (cases[i].kind));
      g_assert_cmphex (verify (list, chain, n, GNUTLS_DT_DNS_HOSTNAME, "dot.test", 0), ==,
                       cases[i].name_status);
      g_assert_cmphex (verify (list, chain, n, GNUTLS_DT_IP_ADDRESS, address, 4), ==,
                       cases[i].address_status);
      free_chain (chain, n);
    }
  gnutls_x509_trust_list_deinit (list, 1);
}

/* Catches wildcards that do not match what they should. */
static void
test_wildcards (void)
{
  static const struct
  {
    CertKind kind;
    const char *name;
    gboolean matches;
  } wanted[] = { { CERT_WILDCARD, "lab.dot.test", TRUE },
                 { CERT_WILDCARD, "dot.test", FALSE },
                 { CERT_WILDCARD, "a.lab.dot.test", FALSE },
                 { CERT_PARTIAL_WILDCARD, "lab.dot.test", FALSE } };
  g_autoptr (Certs) certs = certs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      gnutls_x509_crt_t *chain;
      guint n = load_chain (certs, wanted[i].kind, &chain);

      g_assert_cmpint (gnutls_x509_crt_check_hostname (chain[0], wanted[i].name) != 0, ==,
                       wanted[i].matches);
      free_chain (chain, n);
    }
}

/* Catches chains that are not as long as what is tested with them wants. */
static void
test_chains (void)
{
  static const struct
  {
    CertKind kind;
    guint n;
  } wanted[] = { { CERT_VALID, 1 },
                 { CERT_INTERMEDIATE, 2 },
                 { CERT_MISSING_INTERMEDIATE, 1 },
                 { CERT_WRONG_ORDER, 4 },
                 { CERT_LONG_CHAIN, 12 } };
  g_autoptr (Certs) certs = certs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      gnutls_x509_crt_t *chain;
      guint n = load_chain (certs, wanted[i].kind, &chain);

      g_assert_cmpuint (n, ==, wanted[i].n);
      free_chain (chain, n);
    }
}

/* Catches a common name or a SAN that must not be there. */
static void
test_common_name (void)
{
  g_autoptr (Certs) certs = certs_new ();
  gnutls_x509_crt_t *chain;
  guint n = load_chain (certs, CERT_COMMON_NAME, &chain);
  char name[64];
  gsize size = sizeof name;

  g_assert_cmpint (
      gnutls_x509_crt_get_dn_by_oid (chain[0], GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), ==,
      0);
  g_assert_cmpmem (name, size, "dot.test", strlen ("dot.test"));
  size = sizeof name;
  g_assert_cmpint (gnutls_x509_crt_get_subject_alt_name (chain[0], 0, name, &size, NULL), ==,
                   GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
  free_chain (chain, n);
}

/* Catches a pin that is not the digest of the SubjectPublicKeyInfo, computed here in another way.
 */
static void
test_pin (void)
{
  g_autoptr (Certs) certs = certs_new ();
  gnutls_x509_crt_t *chain;
  guint n = load_chain (certs, CERT_VALID, &chain);
  guint8 raw[32], wanted[32];
  g_autofree char *pin = certs_pin (certs, CERT_VALID, raw);
  g_autofree char *other = certs_pin (certs, CERT_EXPIRED, NULL);
  g_autofree char *encoded = NULL;
  gnutls_pubkey_t key;
  gnutls_datum_t spki;

  gnutls_pubkey_init (&key);
  gnutls_pubkey_import_x509 (key, chain[0], 0);
  g_assert_cmpint (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &spki), ==, 0);
  gnutls_hash_fast (GNUTLS_DIG_SHA256, spki.data, spki.size, wanted);
  g_assert_cmpmem (raw, sizeof raw, wanted, sizeof wanted);
  encoded = g_base64_encode (wanted, sizeof wanted);
  g_assert_cmpstr (pin, ==, encoded);
  g_assert_cmpstr (pin, !=, other);
  gnutls_free (spki.data);
  gnutls_pubkey_deinit (key);
  free_chain (chain, n);
}

/* Catches a nick that does not lead back to its kind. */
static void
test_nicks (void)
{
  CertKind kind;

  for (guint i = 0; i < CERT_N_KINDS; i++)
    {
      g_assert_true (cert_kind_from_string (cert_kind_to_string (i), &kind));
      g_assert_cmpint (kind, ==, (int) i);
    }
  g_assert_false (cert_kind_from_string ("perfect", &kind));
}

static void
remove_directory (void)
{
  static const char *const names[] = { "ca.pem", "chain.pem", "key.pem" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = path_of (names[i]);

      g_unlink (path);
    }
  g_rmdir (directory);
  g_free (directory);
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  directory = g_dir_make_tmp ("dotls-certs-XXXXXX", NULL);
  g_test_add_func ("/certs/kinds", test_kinds);
  g_test_add_func ("/certs/wildcards", test_wildcards);
  g_test_add_func ("/certs/chains", test_chains);
  g_test_add_func ("/certs/common-name", test_common_name);
  g_test_add_func ("/certs/pin", test_pin);
  g_test_add_func ("/certs/nicks", test_nicks);
  code = g_test_run ();
  remove_directory ();
  return code;
}
