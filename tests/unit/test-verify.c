/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Who may be believed: real handshakes in memory against certificates of every shape. */

#include <glib/gstdio.h>
#include <string.h>

#include "core/limits.h"
#include "tests/unit/tls-fixture.h"

/* Catches: the good case refused, or what it achieved told wrongly. */
static void
test_valid (TlsFixture *self, gconstpointer data)
{
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), NONE);
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
test_names (TlsFixture *self, gconstpointer data)
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
      tls_fixture_set_name (self, cases[i].auth_name);
      g_assert_cmpint (tls_fixture_judge_shape (self, &shape), ==, cases[i].expected);
    }
}

/* A certificate with one SAN dNSName of any bytes, which gnutls itself would not write. */
static PkiCert *
issue_raw_name (TlsFixture *self, const char *name, gsize length)
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
test_nul_in_name (TlsFixture *self, gconstpointer data)
{
  static const char name[] = "dot.test\0.evil.test";
  g_autoptr (PkiCert) leaf = issue_raw_name (self, name, sizeof name - 1);
  g_autoptr (PkiCert) control = issue_raw_name (self, name, strlen (name));

  assert_fault (tls_fixture_judge (self, CHAIN (control)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf)), NAME_MISMATCH);
}

/* Catches: an upstream known by its address alone taken for any other (RFC 8310 section 8.1). */
static void
test_addresses (TlsFixture *self, gconstpointer data)
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

  tls_fixture_set_name (self, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PkiShape shape = { "CN=127.0.0.1", .names = cases[i].names };
      g_autoptr (PkiCert) leaf = pki_issue (&shape, self->root);
      g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
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
test_dates (TlsFixture *self, gconstpointer data)
{
  PkiShape shape = tls_fixture_leaf;

  shape.from = -20;
  shape.to = -10;
  assert_fault (tls_fixture_judge_shape (self, &shape), CERTIFICATE_EXPIRED);
  g_assert_nonnull (strstr (self->text, "its certificate expired on 2"));
  shape.from = 10;
  shape.to = 20;
  assert_fault (tls_fixture_judge_shape (self, &shape), CERTIFICATE_NOT_YET_VALID);
  g_assert_nonnull (strstr (self->text, "clock"));
}

/* Catches: an expired authority that still vouches. */
static void
test_expired_authority (TlsFixture *self, gconstpointer data)
{
  PkiShape shape = { "CN=Old", .is_ca = TRUE, .from = -20, .to = -10 };
  g_autoptr (PkiCert) old = pki_issue (&shape, self->root);
  g_autoptr (PkiCert) leaf = pki_issue (&tls_fixture_leaf, old);

  assert_fault (tls_fixture_judge (self, CHAIN (leaf, old)), CERTIFICATE_EXPIRED);
  g_assert_nonnull (strstr (self->text, "rests on expired"));
}

/* Catches: anybody's certificate believed; also one whose issuer only bears the right name. */
static void
test_unknown_issuer (TlsFixture *self, gconstpointer data)
{
  static const PkiShape stranger = { "CN=Stranger", .is_ca = TRUE };
  g_autoptr (PkiCert) other = pki_issue (&stranger, NULL);
  g_autoptr (PkiCert) namesake = pki_issue (&tls_fixture_root, NULL);
  g_autoptr (PkiCert) by_other = pki_issue (&tls_fixture_leaf, other);
  g_autoptr (PkiCert) by_namesake = pki_issue (&tls_fixture_leaf, namesake);
  g_autoptr (PkiCert) by_itself = pki_issue (&tls_fixture_leaf, NULL);

  assert_fault (tls_fixture_judge (self, CHAIN (by_other)), UNKNOWN_ISSUER);
  g_assert_nonnull (strstr (self->text, "CN=Stranger"));
  assert_fault (tls_fixture_judge (self, CHAIN (by_other, other)), UNKNOWN_ISSUER);
  assert_fault (tls_fixture_judge (self, CHAIN (by_itself)), UNKNOWN_ISSUER);
  /* found by its name, and then the signature is not its own */
  g_assert_cmpint (tls_fixture_judge (self, CHAIN (by_namesake)), !=, DOTLS_ERROR_NONE);
  g_assert_cmpint (tls_fixture_judge (self, CHAIN (by_namesake, namesake)), !=, DOTLS_ERROR_NONE);
}

/* Catches: a certificate for clients, mail or code let in; a leaf that plays the authority. */
static void
test_wrong_role (TlsFixture *self, gconstpointer data)
{
  PkiShape shape = tls_fixture_leaf;
  g_autoptr (PkiCert) by_leaf = pki_issue (&tls_fixture_leaf, self->leaf);

  shape.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  assert_fault (tls_fixture_judge_shape (self, &shape), BAD_CERTIFICATE);
  g_assert_nonnull (strstr (self->text, "not meant for servers"));
  g_assert_cmpint (tls_fixture_judge (self, CHAIN (by_leaf, self->leaf)), !=, DOTLS_ERROR_NONE);
}

/* Catches: keys too small for our days let in (RFC 9325 section 4.2). */
static void
test_weak_key (TlsFixture *self, gconstpointer data)
{
  PkiShape shape = tls_fixture_leaf;

  shape.rsa_bits = 1024;
  assert_fault (tls_fixture_judge_shape (self, &shape), BAD_CERTIFICATE);
  shape.rsa_bits = 2048;
  assert_fault (tls_fixture_judge_shape (self, &shape), NONE);
}

/* Catches: an authority that may only speak for example.test speaking for dot.test. */
static void
test_name_constraints (TlsFixture *self, gconstpointer data)
{
  static const PkiShape shape = { "CN=Confined", .is_ca = TRUE, .permitted = "example.test" };
  g_autoptr (PkiCert) confined = pki_issue (&shape, self->root);
  g_autoptr (PkiCert) leaf = pki_issue (&tls_fixture_leaf, confined);

  g_assert_cmpint (tls_fixture_judge (self, CHAIN (leaf, confined)), !=, DOTLS_ERROR_NONE);
}

/* Catches: a certificate that demands a stapled OCSP answer believed without (RFC 7633). */
static void
test_must_staple (TlsFixture *self, gconstpointer data)
{
  PkiShape shape = tls_fixture_leaf;

  shape.must_staple = TRUE;
  assert_fault (tls_fixture_judge_shape (self, &shape), BAD_CERTIFICATE);
  g_assert_nonnull (strstr (self->text, "revoked is missing"));
}

/* Catches: chains refused that others accept (RFC 8446 section 4.4.2: any order after the leaf), a
 * gap in one overlooked. */
static void
test_intermediates (TlsFixture *self, gconstpointer data)
{
  static const PkiShape second = { "CN=Second", .is_ca = TRUE };
  g_autoptr (PkiCert) lower = pki_issue (&second, self->middle);
  g_autoptr (PkiCert) leaf = pki_issue (&tls_fixture_leaf, lower);

  assert_fault (tls_fixture_judge (self, CHAIN (leaf, lower, self->middle)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, lower, self->middle, self->root)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle, lower)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->leaf, lower, self->middle)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle)), UNKNOWN_ISSUER);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, lower)), UNKNOWN_ISSUER);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf)), UNKNOWN_ISSUER);
}

/* Catches: an endless chain that costs us endless time. */
static void
test_long_chain (TlsFixture *self, gconstpointer data)
{
  const PkiCert *const chain[] = { self->leaf,   self->middle, self->middle, self->middle,
                                   self->middle, self->middle, self->middle, self->middle,
                                   self->middle, NULL };

  G_STATIC_ASSERT (G_N_ELEMENTS (chain) - 1 == DOTLS_CHAIN_MAX + 1);
  assert_fault (tls_fixture_judge (self, chain), BAD_CERTIFICATE);
}

/* Catches: the candidates from the bundle chosen too narrowly: authorities of the same name, the
 * cross-signed path of a new one, an intermediate that is trusted itself. */
static void
test_bundle (TlsFixture *self, gconstpointer data)
{
  static const PkiShape new_shape = { "CN=New", .is_ca = TRUE };
  PkiShape old_shape = { "CN=Old", .is_ca = TRUE, .from = -20, .to = -10 };
  g_autoptr (PkiCert) namesake = pki_issue (&tls_fixture_root, NULL);
  g_autoptr (PkiCert) old = pki_issue (&old_shape, NULL);
  g_autoptr (PkiCert) new = pki_issue (&new_shape, NULL);
  PkiShape cross_shape = { "CN=New", .is_ca = TRUE, .same_key_as = new };
  g_autoptr (PkiCert) cross = pki_issue (&cross_shape, old);
  g_autoptr (PkiCert) leaf = pki_issue (&tls_fixture_leaf, new);
  g_autoptr (PkiCert) by_middle = pki_issue (&tls_fixture_leaf, self->middle);

  pki_write (self->ca_file, CHAIN (namesake, self->root, new));
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), NONE);
  /* the server still sends the path to the old root, which is long gone */
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, cross)), NONE);
  pki_write (self->ca_file, CHAIN (old, self->root));
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, cross)), CERTIFICATE_EXPIRED);
  pki_write (self->ca_file, CHAIN (self->middle));
  assert_fault (tls_fixture_judge (self, CHAIN (by_middle)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (by_middle, self->middle)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
}

/* Catches: a server's own certificate, named in ca-file, refused, or believed for another name,
 * after its time, or as an authority. */
static void
test_trusted_leaf (TlsFixture *self, gconstpointer data)
{
  PkiShape old_shape = tls_fixture_leaf;
  g_autoptr (PkiCert) own = pki_issue (&tls_fixture_leaf, NULL);
  g_autoptr (PkiCert) by_own = pki_issue (&tls_fixture_leaf, own);
  g_autoptr (PkiCert) old = NULL;

  old_shape.from = -20;
  old_shape.to = -10;
  old = pki_issue (&old_shape, NULL);
  pki_write (self->ca_file, CHAIN (own, self->leaf, old));
  assert_fault (tls_fixture_judge (self, CHAIN (own)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (old)), CERTIFICATE_EXPIRED);
  g_assert_cmpint (tls_fixture_judge (self, CHAIN (by_own)), !=, DOTLS_ERROR_NONE);
  g_assert_cmpint (tls_fixture_judge (self, CHAIN (by_own, own)), !=, DOTLS_ERROR_NONE);
  tls_fixture_set_name (self, "other.test");
  assert_fault (tls_fixture_judge (self, CHAIN (own)), NAME_MISMATCH);
}

/* Catches: no bundle, an empty or a broken one read as "trust everybody". */
static void
test_no_bundle (TlsFixture *self, gconstpointer data)
{
  g_assert_true (g_file_set_contents (self->ca_file, "", 0, NULL));
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
  g_assert_true (g_file_set_contents (self->ca_file,
                                      "-----BEGIN CERTIFICATE-----\nMA==\n"
                                      "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMI",
                                      -1, NULL));
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), UNKNOWN_ISSUER);
  g_assert_cmpint (g_remove (self->ca_file), ==, 0);
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), UNVERIFIABLE);
  g_assert_nonnull (strstr (self->text, self->ca_file));
  g_assert_cmpint (g_mkdir (self->ca_file, 0700), ==, 0);
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), UNVERIFIABLE);
}

/* Catches: a pin on anything but the server's own key (RFC 7858 section 4.2), a pin that does not
 * stand alone, one of two that is forgotten, name+pin where one is enough. */
static void
test_pins (TlsFixture *self, gconstpointer data)
{
  PkiShape old_shape = tls_fixture_leaf;
  g_autoptr (PkiCert) leaf = pki_issue (&tls_fixture_leaf, self->middle);
  g_autoptr (PkiCert) stranger = NULL;

  old_shape.from = -20;
  old_shape.to = -10;
  stranger = pki_issue (&old_shape, NULL);
  tls_fixture_add_pin (self, NULL);
  tls_fixture_add_pin (self, leaf);
  /* both */
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle)), NONE);
  g_assert_cmpstr (self->facts.verified_by, ==, "name+pin");
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), PIN_MISMATCH);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf)), UNKNOWN_ISSUER);
  tls_fixture_set_name (self, "other.test");
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle)), NAME_MISMATCH);
  /* with an authority of its own: chain and address must hold as well */
  tls_fixture_set_name (self, NULL);
  tls_fixture_add_pin (self, stranger);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle)), NONE);
  g_assert_cmpstr (self->facts.verified_by, ==, "address+pin");
  assert_fault (tls_fixture_judge (self, CHAIN (stranger)), UNKNOWN_ISSUER);
  /* the pin alone: nobody has to know the issuer, nor does a date count */
  g_clear_pointer (&self->spec->ca_file, g_free);
  assert_fault (tls_fixture_judge (self, CHAIN (stranger)), NONE);
  g_assert_cmpstr (self->facts.verified_by, ==, "pin");
  assert_fault (tls_fixture_judge (self, CHAIN (leaf)), NONE);
  assert_fault (tls_fixture_judge (self, CHAIN (self->leaf)), PIN_MISMATCH);
  /* only the leaf's own key counts */
  g_array_set_size (self->spec->pins, 0);
  tls_fixture_add_pin (self, self->middle);
  tls_fixture_add_pin (self, self->root);
  assert_fault (tls_fixture_judge (self, CHAIN (leaf, self->middle)), PIN_MISMATCH);
}

/* Catches: terminal escapes and endless texts from a certificate in what people read. */
static void
test_text_is_clean (TlsFixture *self, gconstpointer data)
{
  static const char escape[] = "\033[31m\n'\xff.test";
  g_autofree char *label = g_strnfill (60, 'a');
  g_autofree char *names =
      g_strdup_printf ("dns:%s.%s.%s.test dns:b dns:c dns:d", label, label, label);
  PkiShape shape = { "CN=x", .names = names };
  g_autoptr (PkiCert) leaf = issue_raw_name (self, escape, sizeof escape - 1);

  assert_fault (tls_fixture_judge (self, CHAIN (leaf)), NAME_MISMATCH);
  g_assert_nonnull (strstr (self->text, "?[31m???.test"));
  assert_fault (tls_fixture_judge_shape (self, &shape), NAME_MISMATCH);
  g_assert_nonnull (strstr (self->text, "and 1 more"));
  g_assert_cmpuint (strlen (self->text), <, 250);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function)                                                                        \
  g_test_add ("/verify/" path, TlsFixture, NULL, tls_fixture_set_up, function,                     \
              tls_fixture_tear_down)
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
  ADD ("text-is-clean", test_text_is_clean);
  return g_test_run ();
}
