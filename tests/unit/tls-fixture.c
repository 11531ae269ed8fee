/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/unit/tls-fixture.h"

#include <glib/gstdio.h>

const PkiShape tls_fixture_root = { "CN=Root", .is_ca = TRUE };
const PkiShape tls_fixture_leaf = { "CN=irrelevant", .names = "dns:dot.test ip:127.0.0.1 ip:::1",
                                    .purpose = GNUTLS_KP_TLS_WWW_SERVER };

void
tls_fixture_set_up (TlsFixture *self, gconstpointer data)
{
  static const PkiShape middle_shape = { "CN=Middle", .is_ca = TRUE };

  self->directory = g_dir_make_tmp ("dotls-tls-XXXXXX", NULL);
  self->ca_file = g_build_filename (self->directory, "ca.pem", NULL);
  self->root = pki_issue (&tls_fixture_root, NULL);
  self->middle = pki_issue (&middle_shape, self->root);
  self->leaf = pki_issue (&tls_fixture_leaf, self->root);
  pki_write (self->ca_file, CHAIN (self->root));
  self->spec = dotls_upstream_spec_new ("lab");
  self->spec->ca_file = g_strdup (self->ca_file);
  self->spec->auth_name = g_strdup ("dot.test");
  g_assert_true (dotls_address_parse ("127.0.0.1", 853, &self->peer, NULL));
}

void
tls_fixture_tear_down (TlsFixture *self, gconstpointer data)
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

void
tls_fixture_set_name (TlsFixture *self, const char *name)
{
  g_free (self->spec->auth_name);
  self->spec->auth_name = g_strdup (name);
}

void
tls_fixture_add_pin (TlsFixture *self, const PkiCert *cert)
{
  DotlsPin pin = { { 0 } };

  if (cert != NULL)
    pki_pin (cert, pin.sha256);
  g_array_append_val (self->spec->pins, pin);
}

DotlsTls *
tls_fixture_new_tls (TlsFixture *self)
{
  g_autoptr (GError) error = NULL;
  DotlsTls *tls = dotls_tls_new (self->spec, &error);

  g_assert_no_error (error);
  return tls;
}

DotlsError
tls_fixture_connect (TlsFixture *self, DotlsTls *tls, TlsPair **ret_pair)
{
  g_autoptr (TlsPair) pair = tls_pair_new (tls, &self->server);
  DotlsError fault;

  g_assert_cmpint (tls_pair_handshake (pair), ==, 0);
  g_clear_pointer (&self->text, g_free);
  fault = dotls_tls_verify (tls, tls_pair_client (pair), &self->peer, &self->facts, &self->text);
  /* a refusal is told in words, an acceptance says nothing */
  g_assert_cmpint (fault == DOTLS_ERROR_NONE, ==, self->text == NULL);
  if (self->text != NULL)
    g_test_message ("%s", self->text);
  if (ret_pair != NULL)
    *ret_pair = g_steal_pointer (&pair);
  return fault;
}

DotlsError
tls_fixture_judge (TlsFixture *self, const PkiCert *const *chain)
{
  g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
  DotlsError fault;

  self->server.credentials = pki_credentials (chain);
  fault = tls_fixture_connect (self, tls, NULL);
  gnutls_certificate_free_credentials (self->server.credentials);
  return fault;
}

DotlsError
tls_fixture_judge_shape (TlsFixture *self, const PkiShape *shape)
{
  g_autoptr (PkiCert) leaf = pki_issue (shape, self->root);

  return tls_fixture_judge (self, CHAIN (leaf));
}
