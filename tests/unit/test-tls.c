/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Who may be believed: real handshakes in memory against certificates of every shape. */

#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <string.h>

#include "core/certificate.h"
#include "core/limits.h"
#include "core/spec.h"
#include "core/tls.h"
#include "tests/unit/pki.h"
#include "tests/unit/tls-pair.h"

#define CHAIN(...)                                                                                 \
  (const PkiCert *const[])                                                                         \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

typedef struct
{
  char *directory;
  char *ca_file;
  PkiCert *root;
  PkiCert *middle; /* by root */
  PkiCert *leaf;   /* by root, dot.test 127.0.0.1 ::1 */
  DotlsUpstreamSpec *spec;
  DotlsAddress peer;
  TlsPairServer server;
  DotlsTlsFacts facts;
  char *text; /* of the last failure */
} Fixture;

static const PkiShape root_shape = { "CN=Root", .is_ca = TRUE };
static const PkiShape leaf_shape = { "CN=irrelevant", .names = "dns:dot.test ip:127.0.0.1 ip:::1",
                                     .purpose = GNUTLS_KP_TLS_WWW_SERVER };

static void
set_up (Fixture *self, gconstpointer data)
{
  static const PkiShape middle_shape = { "CN=Middle", .is_ca = TRUE };

  self->directory = g_dir_make_tmp ("dotls-tls-XXXXXX", NULL);
  self->ca_file = g_build_filename (self->directory, "ca.pem", NULL);
  self->root = pki_issue (&root_shape, NULL);
  self->middle = pki_issue (&middle_shape, self->root);
  self->leaf = pki_issue (&leaf_shape, self->root);
  pki_write (self->ca_file, CHAIN (self->root));
  self->spec = dotls_upstream_spec_new ("lab");
  self->spec->ca_file = g_strdup (self->ca_file);
  self->spec->auth_name = g_strdup ("dot.test");
  g_assert_true (dotls_address_parse ("127.0.0.1", 853, &self->peer, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  dotls_tls_facts_clear (&self->facts);
  dotls_upstream_spec_unref (self->spec);
  pki_free (self->leaf);
  pki_free (self->middle);
  pki_free (self->root);
  g_remove (self->ca_file);
  g_rmdir (self->directory);
  g_free (self->ca_file);
  g_free (self->directory);
  g_free (self->text);
}

static void
set_name (Fixture *self, const char *name)
{
  g_free (self->spec->auth_name);
  self->spec->auth_name = g_strdup (name);
}

static void
add_pin (Fixture *self, const PkiCert *cert)
{
  DotlsPin pin = { { 0 } };

  if (cert != NULL)
    pki_pin (cert, pin.sha256);
  g_array_append_val (self->spec->pins, pin);
}

static DotlsTls *
new_tls (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  DotlsTls *tls = dotls_tls_new (self->spec, &error);

  g_assert_no_error (error);
  return tls;
}

/* One connection through TLS; the handshake must succeed. */
static DotlsError
connect_with (Fixture *self, DotlsTls *tls, TlsPair **ret_pair)
{
  g_autoptr (TlsPair) pair = tls_pair_new (tls, &self->server);
  DotlsError fault;

  g_assert_cmpint (tls_pair_handshake (pair), ==, 0);
  g_clear_pointer (&self->text, g_free);
  fault = dotls_tls_verify (tls, tls_pair_client (pair), &self->peer, &self->facts, &self->text);
  /* a refusal is one sentence that names the upstream, an acceptance says nothing */
  g_assert_cmpint (fault == DOTLS_ERROR_NONE, ==, self->text == NULL);
  if (self->text != NULL)
    {
      g_assert_true (g_str_has_prefix (self->text, "lab at 127.0.0.1:853: "));
      g_test_message ("%s", self->text);
    }
  if (ret_pair != NULL)
    *ret_pair = g_steal_pointer (&pair);
  return fault;
}

/* What comes of a server that shows CHAIN. */
static DotlsError
judge (Fixture *self, const PkiCert *const *chain)
{
  g_autoptr (DotlsTls) tls = new_tls (self);
  DotlsError fault;

  self->server.credentials = pki_credentials (chain);
  fault = connect_with (self, tls, NULL);
  gnutls_certificate_free_credentials (self->server.credentials);
  return fault;
}

/* The same for a fresh leaf of SHAPE, issued by the root. */
static DotlsError
judge_shape (Fixture *self, const PkiShape *shape)
{
  g_autoptr (PkiCert) leaf = pki_issue (shape, self->root);

  return judge (self, CHAIN (leaf));
}

#define assert_fault(fault, expected)                                                              \
  g_assert_cmpstr (dotls_error_nick (fault), ==, dotls_error_nick (DOTLS_ERROR_##expected))

/* Catches: the good case refused, or what it achieved told wrongly. */
static void
test_valid (Fixture *self, gconstpointer data)
{
  assert_fault (judge (self, CHAIN (self->leaf)), NONE);
  g_assert_cmpstr (self->facts.protocol, ==, "TLS1.3");
  g_assert_cmpstr (self->facts.cipher, ==, "AES-256-GCM");
  g_assert_nonnull (self->facts.group);
  g_assert_cmpstr (self->facts.verified_by, ==, "name");
  g_assert_cmpstr (self->facts.alpn, ==, "");
  g_assert_false (self->facts.resumed);
  g_assert_cmpint (self->facts.certificate_expires, ==,
                   gnutls_x509_crt_get_expiration_time (self->leaf->crt));
}

/* Catches: a name taken from anywhere but a SAN dNSName, or matched too loosely (RFC 9525). */
static void
test_names (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *subject, *names, *auth_name;
    DotlsError expected;
  } cases[] = {
    { "CN=x", "dns:other.test dns:DOT.Test", "dot.test", DOTLS_ERROR_NONE },
    { "CN=x", "dns:other.test", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=dot.test", NULL, "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=dot.test", "ip:127.0.0.1", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:*.test", "dot.test", DOTLS_ERROR_NONE },
    { "CN=x", "dns:*.test", "a.dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:*.dot.test", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:d*.test", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:*t.test", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:dot.*", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:*", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:*.*", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:dot.test.evil.test", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    { "CN=x", "dns:dot.tes", "dot.test", DOTLS_ERROR_NAME_MISMATCH },
    /* an address as the name is no name, whatever a dNSName says */
    { "CN=x", "dns:127.0.0.1", "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PkiShape shape = { cases[i].subject, .names = cases[i].names };

      g_test_message ("%s for %s", cases[i].names, cases[i].auth_name);
      set_name (self, cases[i].auth_name);
      g_assert_cmpint (judge_shape (self, &shape), ==, cases[i].expected);
    }
}

/* A certificate with one SAN dNSName of any bytes, which gnutls itself would not write. */
static PkiCert *
issue_raw_name (Fixture *self, const char *name, gsize length)
{
  static const PkiShape shape = { "CN=x" };
  guint8 der[256] = { 0x30, length + 2, 0x82, length };
  PkiCert *leaf = pki_issue (&shape, self->root);

  g_assert_cmpuint (length, <, 0x80 - 2);
  memcpy (der + 4, name, length);
  g_assert_cmpint (
      gnutls_x509_crt_set_extension_by_oid (leaf->crt, "2.5.29.17", der, length + 4, 0), ==, 0);
  g_assert_cmpint (
      gnutls_x509_crt_sign2 (leaf->crt, self->root->crt, self->root->key, GNUTLS_DIG_SHA256, 0), ==,
      0);
  return leaf;
}

/* Catches: "dot.test\0.evil.test" read as dot.test. */
static void
test_nul_in_name (Fixture *self, gconstpointer data)
{
  static const char name[] = "dot.test\0.evil.test";
  g_autoptr (PkiCert) leaf = issue_raw_name (self, name, sizeof name - 1);
  g_autoptr (PkiCert) control = issue_raw_name (self, name, strlen (name));

  assert_fault (judge (self, CHAIN (control)), NONE);
  assert_fault (judge (self, CHAIN (leaf)), NAME_MISMATCH);
}

/* Catches: an upstream known by its address alone taken for any other (RFC 8310 section 8.1). */
static void
test_addresses (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *names, *peer;
    DotlsError expected;
  } cases[] = {
    { "ip:127.0.0.1", "127.0.0.1", DOTLS_ERROR_NONE },
    { "dns:x.test ip:192.0.2.1 ip:2001:db8::1", "2001:db8::1", DOTLS_ERROR_NONE },
    { "ip:192.0.2.1", "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
    { "ip:::ffff:127.0.0.1", "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
    { "dns:127.0.0.1", "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
    { "dns:dot.test", "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
    { NULL, "127.0.0.1", DOTLS_ERROR_NAME_MISMATCH },
  };

  set_name (self, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PkiShape shape = { "CN=127.0.0.1", .names = cases[i].names };
      g_autoptr (PkiCert) leaf = pki_issue (&shape, self->root);
      g_autoptr (DotlsTls) tls = new_tls (self);
      g_autoptr (TlsPair) pair = NULL;

      g_assert_true (dotls_address_parse (cases[i].peer, 853, &self->peer, NULL));
      self->server.credentials = pki_credentials (CHAIN (leaf));
      pair = tls_pair_new (tls, &self->server);
      g_assert_cmpint (tls_pair_handshake (pair), ==, 0);
      g_clear_pointer (&self->text, g_free);
      g_assert_cmpint (
          dotls_tls_verify (tls, tls_pair_client (pair), &self->peer, &self->facts, &self->text),
          ==, cases[i].expected);
      if (cases[i].expected == DOTLS_ERROR_NONE)
        g_assert_cmpstr (self->facts.verified_by, ==, "address");
      gnutls_certificate_free_credentials (self->server.credentials);
    }
}

/* Catches: a certificate believed outside its dates, or the two confused. */
static void
test_dates (Fixture *self, gconstpointer data)
{
  PkiShape shape = leaf_shape;

  shape.from = -20;
  shape.to = -10;
  assert_fault (judge_shape (self, &shape), CERTIFICATE_EXPIRED);
  g_assert_nonnull (strstr (self->text, "its certificate expired on 2"));
  shape.from = 10;
  shape.to = 20;
  assert_fault (judge_shape (self, &shape), CERTIFICATE_NOT_YET_VALID);
  g_assert_nonnull (strstr (self->text, "clock"));
}

/* Catches: an expired authority that still vouches. */
static void
test_expired_authority (Fixture *self, gconstpointer data)
{
  PkiShape shape = { "CN=Old", .is_ca = TRUE, .from = -20, .to = -10 };
  g_autoptr (PkiCert) old = pki_issue (&shape, self->root);
  g_autoptr (PkiCert) leaf = pki_issue (&leaf_shape, old);

  assert_fault (judge (self, CHAIN (leaf, old)), CERTIFICATE_EXPIRED);
  g_assert_nonnull (strstr (self->text, "rests on expired"));
}

/* Catches: anybody's certificate believed; also one whose issuer only bears the right name. */
static void
test_unknown_issuer (Fixture *self, gconstpointer data)
{
  static const PkiShape stranger = { "CN=Stranger", .is_ca = TRUE };
  g_autoptr (PkiCert) other = pki_issue (&stranger, NULL);
  g_autoptr (PkiCert) namesake = pki_issue (&root_shape, NULL);
  g_autoptr (PkiCert) by_other = pki_issue (&leaf_shape, other);
  g_autoptr (PkiCert) by_namesake = pki_issue (&leaf_shape, namesake);
  g_autoptr (PkiCert) by_itself = pki_issue (&leaf_shape, NULL);

  assert_fault (judge (self, CHAIN (by_other)), UNKNOWN_ISSUER);
  g_assert_nonnull (strstr (self->text, "CN=Stranger"));
  assert_fault (judge (self, CHAIN (by_other, other)), UNKNOWN_ISSUER);
  assert_fault (judge (self, CHAIN (by_itself)), UNKNOWN_ISSUER);
  /* found by its name, and then the signature is not its own */
  g_assert_cmpint (judge (self, CHAIN (by_namesake)), !=, DOTLS_ERROR_NONE);
  g_assert_cmpint (judge (self, CHAIN (by_namesake, namesake)), !=, DOTLS_ERROR_NONE);
}

/* Catches: a certificate for clients, mail or code let in; a leaf that plays the authority. */
static void
test_wrong_role (Fixture *self, gconstpointer data)
{
  PkiShape shape = leaf_shape;
  g_autoptr (PkiCert) by_leaf = pki_issue (&leaf_shape, self->leaf);

  shape.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  assert_fault (judge_shape (self, &shape), BAD_CERTIFICATE);
  g_assert_nonnull (strstr (self->text, "not meant for servers"));
  g_assert_cmpint (judge (self, CHAIN (by_leaf, self->leaf)), !=, DOTLS_ERROR_NONE);
}

/* Catches: keys too small for our days let in (RFC 9325 section 4.2). */
static void
test_weak_key (Fixture *self, gconstpointer data)
{
  PkiShape shape = leaf_shape;

  shape.rsa_bits = 1024;
  assert_fault (judge_shape (self, &shape), BAD_CERTIFICATE);
  shape.rsa_bits = 2048;
  assert_fault (judge_shape (self, &shape), NONE);
}

/* Catches: an authority that may only speak for example.test speaking for dot.test. */
static void
test_name_constraints (Fixture *self, gconstpointer data)
{
  static const PkiShape shape = { "CN=Confined", .is_ca = TRUE, .permitted = "example.test" };
  g_autoptr (PkiCert) confined = pki_issue (&shape, self->root);
  g_autoptr (PkiCert) leaf = pki_issue (&leaf_shape, confined);

  g_assert_cmpint (judge (self, CHAIN (leaf, confined)), !=, DOTLS_ERROR_NONE);
}

/* Catches: a certificate that demands a stapled OCSP answer believed without (RFC 7633). */
static void
test_must_staple (Fixture *self, gconstpointer data)
{
  PkiShape shape = leaf_shape;

  shape.must_staple = TRUE;
  assert_fault (judge_shape (self, &shape), BAD_CERTIFICATE);
  g_assert_nonnull (strstr (self->text, "revoked is missing"));
}

/* Catches: chains refused that others accept (RFC 8446 section 4.4.2: any order after the leaf), a
 * gap in one overlooked. */
static void
test_intermediates (Fixture *self, gconstpointer data)
{
  static const PkiShape second = { "CN=Second", .is_ca = TRUE };
  g_autoptr (PkiCert) lower = pki_issue (&second, self->middle);
  g_autoptr (PkiCert) leaf = pki_issue (&leaf_shape, lower);

  assert_fault (judge (self, CHAIN (leaf, lower, self->middle)), NONE);
  assert_fault (judge (self, CHAIN (leaf, lower, self->middle, self->root)), NONE);
  assert_fault (judge (self, CHAIN (leaf, self->middle, lower)), NONE);
  assert_fault (judge (self, CHAIN (leaf, self->leaf, lower, self->middle)), NONE);
  assert_fault (judge (self, CHAIN (leaf, self->middle)), UNKNOWN_ISSUER);
  assert_fault (judge (self, CHAIN (leaf, lower)), UNKNOWN_ISSUER);
  assert_fault (judge (self, CHAIN (leaf)), UNKNOWN_ISSUER);
}

/* Catches: an endless chain that costs us endless time. */
static void
test_long_chain (Fixture *self, gconstpointer data)
{
  const PkiCert *const chain[] = { self->leaf,   self->middle, self->middle, self->middle,
                                   self->middle, self->middle, self->middle, self->middle,
                                   self->middle, NULL };

  G_STATIC_ASSERT (G_N_ELEMENTS (chain) - 1 == DOTLS_CHAIN_MAX + 1);
  assert_fault (judge (self, chain), BAD_CERTIFICATE);
}

/* Catches: the candidates from the bundle chosen too narrowly: authorities of the same name, the
 * cross-signed path of a new one, an intermediate that is trusted itself. */
static void
test_bundle (Fixture *self, gconstpointer data)
{
  static const PkiShape new_shape = { "CN=New", .is_ca = TRUE };
  PkiShape old_shape = { "CN=Old", .is_ca = TRUE, .from = -20, .to = -10 };
  g_autoptr (PkiCert) namesake = pki_issue (&root_shape, NULL);
  g_autoptr (PkiCert) old = pki_issue (&old_shape, NULL);
  g_autoptr (PkiCert) new = pki_issue (&new_shape, NULL);
  PkiShape cross_shape = { "CN=New", .is_ca = TRUE, .same_key_as = new };
  g_autoptr (PkiCert) cross = pki_issue (&cross_shape, old);
  g_autoptr (PkiCert) leaf = pki_issue (&leaf_shape, new);
  g_autoptr (PkiCert) by_middle = pki_issue (&leaf_shape, self->middle);

  pki_write (self->ca_file, CHAIN (namesake, self->root, new));
  assert_fault (judge (self, CHAIN (self->leaf)), NONE);
  /* the server still sends the path to the old root, which is long gone */
  assert_fault (judge (self, CHAIN (leaf, cross)), NONE);
  pki_write (self->ca_file, CHAIN (old, self->root));
  assert_fault (judge (self, CHAIN (leaf, cross)), CERTIFICATE_EXPIRED);
  pki_write (self->ca_file, CHAIN (self->middle));
  assert_fault (judge (self, CHAIN (by_middle)), NONE);
  assert_fault (judge (self, CHAIN (by_middle, self->middle)), NONE);
  assert_fault (judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
}

/* Catches: a server's own certificate, named in ca-file, refused, or believed for another name,
 * after its time, or as an authority. */
static void
test_trusted_leaf (Fixture *self, gconstpointer data)
{
  PkiShape old_shape = leaf_shape;
  g_autoptr (PkiCert) own = pki_issue (&leaf_shape, NULL);
  g_autoptr (PkiCert) by_own = pki_issue (&leaf_shape, own);
  g_autoptr (PkiCert) old = NULL;

  old_shape.from = -20;
  old_shape.to = -10;
  old = pki_issue (&old_shape, NULL);
  pki_write (self->ca_file, CHAIN (own, self->leaf, old));
  assert_fault (judge (self, CHAIN (own)), NONE);
  assert_fault (judge (self, CHAIN (self->leaf)), NONE);
  assert_fault (judge (self, CHAIN (old)), CERTIFICATE_EXPIRED);
  g_assert_cmpint (judge (self, CHAIN (by_own)), !=, DOTLS_ERROR_NONE);
  g_assert_cmpint (judge (self, CHAIN (by_own, own)), !=, DOTLS_ERROR_NONE);
  set_name (self, "other.test");
  assert_fault (judge (self, CHAIN (own)), NAME_MISMATCH);
}

/* Catches: no bundle, an empty or a broken one read as "trust everybody". */
static void
test_no_bundle (Fixture *self, gconstpointer data)
{
  g_assert_true (g_file_set_contents (self->ca_file, "", 0, NULL));
  assert_fault (judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
  g_assert_true (g_file_set_contents (self->ca_file,
                                      "-----BEGIN CERTIFICATE-----\nMA==\n"
                                      "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMI",
                                      -1, NULL));
  assert_fault (judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
  g_assert_cmpint (g_remove (self->ca_file), ==, 0);
  assert_fault (judge (self, CHAIN (self->leaf)), UNVERIFIABLE);
  g_assert_nonnull (strstr (self->text, self->ca_file));
  g_assert_cmpint (g_mkdir (self->ca_file, 0700), ==, 0);
  assert_fault (judge (self, CHAIN (self->leaf)), UNVERIFIABLE);
}

/* Catches: a pin on anything but the server's own key (RFC 7858 section 4.2), a pin that does not
 * stand alone, one of two that is forgotten, name+pin where one is enough. */
static void
test_pins (Fixture *self, gconstpointer data)
{
  PkiShape old_shape = leaf_shape;
  g_autoptr (PkiCert) leaf = pki_issue (&leaf_shape, self->middle);
  g_autoptr (PkiCert) stranger = NULL;

  old_shape.from = -20;
  old_shape.to = -10;
  stranger = pki_issue (&old_shape, NULL);
  add_pin (self, NULL);
  add_pin (self, leaf);
  /* both */
  assert_fault (judge (self, CHAIN (leaf, self->middle)), NONE);
  g_assert_cmpstr (self->facts.verified_by, ==, "name+pin");
  assert_fault (judge (self, CHAIN (self->leaf)), PIN_MISMATCH);
  assert_fault (judge (self, CHAIN (leaf)), UNKNOWN_ISSUER);
  set_name (self, "other.test");
  assert_fault (judge (self, CHAIN (leaf, self->middle)), NAME_MISMATCH);
  /* the pin alone: nobody has to know the issuer, nor does a date count */
  set_name (self, NULL);
  add_pin (self, stranger);
  assert_fault (judge (self, CHAIN (stranger)), NONE);
  g_assert_cmpstr (self->facts.verified_by, ==, "pin");
  assert_fault (judge (self, CHAIN (leaf)), NONE);
  assert_fault (judge (self, CHAIN (self->leaf)), PIN_MISMATCH);
  /* only the leaf's own key counts */
  g_array_set_size (self->spec->pins, 0);
  add_pin (self, self->middle);
  add_pin (self, self->root);
  assert_fault (judge (self, CHAIN (leaf, self->middle)), PIN_MISMATCH);
}

/* Catches: SNI without a name, SNI with an address (RFC 6066 section 3), no ALPN, early data. */
static void
test_hello (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *auth_name, *sni;
  } cases[] = { { "dot.test", "dot.test" }, { NULL, NULL }, { "127.0.0.1", NULL } };

  self->server.credentials = pki_credentials (CHAIN (self->leaf));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DotlsTls) tls = NULL;
      g_autoptr (TlsPair) pair = NULL;
      const TlsPairHello *hello;

      set_name (self, cases[i].auth_name);
      tls = new_tls (self);
      pair = tls_pair_new (tls, &self->server);
      tls_pair_handshake (pair);
      hello = tls_pair_hello (pair);
      g_assert_cmpint (hello->has_sni, ==, cases[i].sni != NULL);
      if (cases[i].sni != NULL)
        g_assert_cmpstr (hello->sni, ==, cases[i].sni);
      g_assert_true (hello->has_alpn_dot);
      g_assert_false (hello->has_early_data);
      g_assert_false (hello->has_ticket);
    }
  gnutls_certificate_free_credentials (self->server.credentials);
}

/* Catches: old TLS, weak TLS 1.2, or a peer that chose HTTP let in; a server without ALPN, or with
 * good TLS 1.2 only, left out. */
static void
test_protocols (Fixture *self, gconstpointer data)
{
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
  static const struct
  {
    const char *priority, *alpn;
    DotlsError expected; /* of dotls_tls_explain() where the handshake fails */
  } cases[] = {
    { "NORMAL", "dot", DOTLS_ERROR_NONE },
    { "NORMAL", "web", DOTLS_ERROR_PROTOCOL },
    { TLS12, NULL, DOTLS_ERROR_NONE },
    { TLS12, "dot", DOTLS_ERROR_NONE },
    { TLS12, "web", DOTLS_ERROR_PROTOCOL },
    { TLS12 ":%NO_SESSION_HASH", NULL, DOTLS_ERROR_PROTOCOL },
    { TLS12 ":-CIPHER-ALL:+AES-128-CBC", NULL, DOTLS_ERROR_TLS },
    { TLS12 ":-KX-ALL:+DHE-RSA:+RSA", NULL, DOTLS_ERROR_TLS },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL, DOTLS_ERROR_TLS },
  };

  self->server.credentials = pki_credentials (CHAIN (self->leaf));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DotlsTls) tls = new_tls (self);
      g_autoptr (TlsPair) pair = NULL;
      DotlsError fault;
      int code;

      self->server.priority = cases[i].priority;
      self->server.alpn = cases[i].alpn;
      pair = tls_pair_new (tls, &self->server);
      code = tls_pair_handshake (pair);
      g_clear_pointer (&self->text, g_free);
      if (code == 0)
        fault =
            dotls_tls_verify (tls, tls_pair_client (pair), &self->peer, &self->facts, &self->text);
      else
        fault = dotls_tls_explain (tls, tls_pair_client (pair), code, &self->peer, &self->text);
      g_test_message ("%s %s: %s", cases[i].priority, cases[i].alpn, self->text);
      g_assert_cmpstr (dotls_error_nick (fault), ==, dotls_error_nick (cases[i].expected));
      if (fault == DOTLS_ERROR_NONE)
        g_assert_cmpstr (self->facts.alpn, ==, cases[i].alpn != NULL ? cases[i].alpn : "");
    }
  gnutls_certificate_free_credentials (self->server.credentials);
}

static void
enable_tickets (Fixture *self, const char *priority, gnutls_datum_t *ret_key)
{
  g_assert_cmpint (gnutls_session_ticket_key_generate (ret_key), ==, 0);
  self->server.credentials = pki_credentials (CHAIN (self->leaf));
  self->server.ticket_key = ret_key;
  self->server.priority = priority;
}

static void
disable_tickets (Fixture *self, gnutls_datum_t *key)
{
  gnutls_free (key->data);
  gnutls_certificate_free_credentials (self->server.credentials);
}

/* Catches: a ticket used twice, more kept than the store may hold, or none at all. */
static void
test_resumption (Fixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = new_tls (self);
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  for (int round = 0; round < 5; round++)
    {
      g_autoptr (TlsPair) pair = NULL;
      guint before = dotls_tls_count_tickets (tls);

      assert_fault (connect_with (self, tls, &pair), NONE);
      g_assert_cmpint (self->facts.resumed, ==, round > 0);
      g_assert_cmpint (tls_pair_hello (pair)->has_ticket, ==, round > 0);
      g_assert_false (tls_pair_hello (pair)->has_early_data);
      g_assert_cmpstr (self->facts.verified_by, ==, "name");
      g_assert_cmpint (self->facts.certificate_expires, >, 0);
      if (round > 0)
        g_assert_cmpuint (dotls_tls_count_tickets (tls), ==, before - 1);
      tls_pair_exchange (pair);
      g_assert_cmpuint (dotls_tls_count_tickets (tls), >, before > 0 ? before - 1 : 0);
      g_assert_cmpuint (dotls_tls_count_tickets (tls), <=, DOTLS_TICKETS_PER_UPSTREAM);
    }
  /* as many resumed connections as tickets, then full ones */
  for (guint left = dotls_tls_count_tickets (tls); left > 0; left--)
    {
      assert_fault (connect_with (self, tls, NULL), NONE);
      g_assert_true (self->facts.resumed);
    }
  assert_fault (connect_with (self, tls, NULL), NONE);
  g_assert_false (self->facts.resumed);
  disable_tickets (self, &key);
}

/* Catches: the same in TLS 1.2, whose tickets come within the handshake and, from gnutls, only with
 * a full one: so every other is full, and none is used twice. */
static void
test_resumption12 (Fixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = new_tls (self);
  gnutls_datum_t key;

  enable_tickets (self, TLS12, &key);
  for (int round = 0; round < 4; round++)
    {
      assert_fault (connect_with (self, tls, NULL), NONE);
      g_assert_cmpint (self->facts.resumed, ==, round % 2);
      g_assert_cmpuint (dotls_tls_count_tickets (tls), ==, 1 - round % 2);
    }
  disable_tickets (self, &key);
}

/* Catches: tickets that survive a change of network. */
static void
test_forget (Fixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = new_tls (self);
  g_autoptr (TlsPair) first = NULL, second = NULL;
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  assert_fault (connect_with (self, tls, &first), NONE);
  tls_pair_exchange (first);
  g_assert_cmpuint (dotls_tls_count_tickets (tls), >, 0);
  dotls_tls_forget_tickets (tls);
  assert_fault (connect_with (self, tls, &second), NONE);
  g_assert_false (self->facts.resumed);
  g_assert_false (tls_pair_hello (second)->has_ticket);
  disable_tickets (self, &key);
}

/* Catches: a resumed session believed although its certificate would not be now; or held against
 * the upstream, which may have renewed it long since. */
static void
test_resumed_is_verified (Fixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = new_tls (self);
  g_autoptr (TlsPair) pair = NULL;
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  assert_fault (connect_with (self, tls, &pair), NONE);
  tls_pair_exchange (pair);
  g_assert_cmpint (dotls_tls_count_tickets (tls), >, 0);
  /* the authority is struck off the list */
  pki_write (self->ca_file, CHAIN (self->middle));
  assert_fault (connect_with (self, tls, NULL), CLOSED);
  g_assert_true (self->facts.resumed);
  g_assert_cmpint (dotls_tls_count_tickets (tls), ==, 0);
  assert_fault (connect_with (self, tls, NULL), UNKNOWN_ISSUER);
  g_assert_false (self->facts.resumed);
  disable_tickets (self, &key);
}

/* Catches: terminal escapes and endless texts from a certificate in what people read. */
static void
test_text_is_clean (Fixture *self, gconstpointer data)
{
  static const char escape[] = "\033[31m\n'\xff.test";
  g_autofree char *label = g_strnfill (60, 'a');
  g_autofree char *names =
      g_strdup_printf ("dns:%s.%s.%s.test dns:b dns:c dns:d", label, label, label);
  PkiShape shape = { "CN=x", .names = names };
  g_autoptr (PkiCert) leaf = issue_raw_name (self, escape, sizeof escape - 1);

  assert_fault (judge (self, CHAIN (leaf)), NAME_MISMATCH);
  g_assert_nonnull (strstr (self->text, "?[31m???.test"));
  assert_fault (judge_shape (self, &shape), NAME_MISMATCH);
  g_assert_nonnull (strstr (self->text, "and 1 more"));
  g_assert_cmpuint (strlen (self->text), <, 250);
}

/* A leaf that claims an RSA key of these sizes; its private key is another one. */
static PkiCert *
issue_giant_key (Fixture *self, guint bits, guint exponent_bytes)
{
  g_autofree guint8 *modulus = g_malloc (bits / 8);
  guint8 exponent[8] = { 1 };
  gnutls_datum_t m = { modulus, bits / 8 }, e = { exponent, exponent_bytes };
  PkiShape shape = leaf_shape;
  PkiCert *leaf;
  gnutls_pubkey_t key;

  memset (modulus, 0xff, bits / 8);
  exponent[exponent_bytes - 1] = 1;
  shape.rsa_bits = 2048;
  leaf = pki_issue (&shape, self->root);
  gnutls_pubkey_init (&key);
  g_assert_cmpint (gnutls_pubkey_import_rsa_raw (key, &m, &e), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_pubkey (leaf->crt, key), ==, 0);
  g_assert_cmpint (
      gnutls_x509_crt_sign2 (leaf->crt, self->root->crt, self->root->key, GNUTLS_DIG_SHA256, 0), ==,
      0);
  gnutls_pubkey_deinit (key);
  return leaf;
}

/* Catches: minutes of computing with the key of a server that nobody has vouched for yet. */
static void
test_giant_key (Fixture *self, gconstpointer data)
{
  static const struct
  {
    guint bits, exponent_bytes;
    const char *priority;
    DotlsError expected; /* TLS: looked at, and found that the signature is by another key */
  } cases[] = {
    { 8192, 4, NULL, DOTLS_ERROR_TLS },
    { 8200, 3, NULL, DOTLS_ERROR_BAD_CERTIFICATE },
    { 2048, 5, NULL, DOTLS_ERROR_BAD_CERTIFICATE },
    { 2048, 5, TLS12, DOTLS_ERROR_BAD_CERTIFICATE },
    { 8192, 4, TLS12, DOTLS_ERROR_TLS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PkiCert) leaf = issue_giant_key (self, cases[i].bits, cases[i].exponent_bytes);
      g_autoptr (DotlsTls) tls = new_tls (self);
      g_autoptr (TlsPair) pair = NULL;
      int code;

      self->server.credentials = pki_credentials (CHAIN (leaf));
      self->server.priority = cases[i].priority;
      pair = tls_pair_new (tls, &self->server);
      code = tls_pair_handshake (pair);
      g_assert_cmpint (code, <, 0);
      g_clear_pointer (&self->text, g_free);
      g_assert_cmpstr (dotls_error_nick (dotls_tls_explain (tls, tls_pair_client (pair), code,
                                                            &self->peer, &self->text)),
                       ==, dotls_error_nick (cases[i].expected));
      gnutls_certificate_free_credentials (self->server.credentials);
    }
}

/* Catches: a Certificate message cut short that is read past its end; sanitizers look on. */
static void
test_cut_message (Fixture *self, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gnutls_datum_t der, message;

  g_assert_cmpint (gnutls_x509_crt_export2 (self->leaf->crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
  g_byte_array_set_size (bytes, 6);
  memset (bytes->data, 0, 6);
  bytes->data[1] = (der.size + 3) >> 8;
  bytes->data[2] = (der.size + 3) & 255;
  bytes->data[4] = der.size >> 8;
  bytes->data[5] = der.size & 255;
  g_byte_array_append (bytes, der.data, der.size);
  gnutls_free (der.data);
  message = (gnutls_datum_t){ bytes->data, bytes->len };
  g_assert_true (dotls_certificate_is_key_bearable (&message, FALSE));
  for (message.size = 0; message.size < bytes->len; message.size++)
    {
      g_autofree guint8 *copy = g_memdup2 (bytes->data, message.size);
      gnutls_datum_t cut = { copy, message.size };

      g_assert_false (dotls_certificate_is_key_bearable (&cut, FALSE));
      g_assert_false (dotls_certificate_is_key_bearable (&cut, TRUE));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/tls/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("valid", test_valid);
  ADD ("names", test_names);
  ADD ("nul-in-name", test_nul_in_name);
  ADD ("addresses", test_addresses);
  ADD ("dates", test_dates);
  ADD ("expired-authority", test_expired_authority);
  ADD ("unknown-issuer", test_unknown_issuer);
  ADD ("wrong-role", test_wrong_role);
  ADD ("weak-key", test_weak_key);
  ADD ("name-constraints", test_name_constraints);
  ADD ("must-staple", test_must_staple);
  ADD ("intermediates", test_intermediates);
  ADD ("long-chain", test_long_chain);
  ADD ("bundle", test_bundle);
  ADD ("trusted-leaf", test_trusted_leaf);
  ADD ("no-bundle", test_no_bundle);
  ADD ("pins", test_pins);
  ADD ("hello", test_hello);
  ADD ("protocols", test_protocols);
  ADD ("resumption", test_resumption);
  ADD ("resumption12", test_resumption12);
  ADD ("forget", test_forget);
  ADD ("resumed-is-verified", test_resumed_is_verified);
  ADD ("text-is-clean", test_text_is_clean);
  ADD ("giant-key", test_giant_key);
  ADD ("cut-message", test_cut_message);
  return g_test_run ();
}
