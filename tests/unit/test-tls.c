/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What is offered, what is refused before anybody is believed, and what is kept for the next time.
 */

#include <gnutls/abstract.h>
#include <string.h>

#include "core/certificate.h"
#include "core/limits.h"
#include "tests/unit/tls-fixture.h"

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/* Catches: SNI without a name, SNI with an address (RFC 6066 section 3), no ALPN, early data. */
static void
test_hello (TlsFixture *self, gconstpointer data)
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

      tls_fixture_set_name (self, cases[i].auth_name);
      tls = tls_fixture_new_tls (self);
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
test_protocols (TlsFixture *self, gconstpointer data)
{
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
      g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
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
        fault = dotls_tls_explain (tls_pair_client (pair), code, &self->text);
      g_test_message ("%s %s: %s", cases[i].priority, cases[i].alpn, self->text);
      g_assert_cmpstr (dotls_error_nick (fault), ==, dotls_error_nick (cases[i].expected));
      if (fault == DOTLS_ERROR_NONE)
        g_assert_cmpstr (self->facts.alpn, ==, cases[i].alpn != NULL ? cases[i].alpn : "");
    }
  gnutls_certificate_free_credentials (self->server.credentials);
}

static void
enable_tickets (TlsFixture *self, const char *priority, gnutls_datum_t *ret_key)
{
  g_assert_cmpint (gnutls_session_ticket_key_generate (ret_key), ==, 0);
  self->server.credentials = pki_credentials (CHAIN (self->leaf));
  self->server.ticket_key = ret_key;
  self->server.priority = priority;
}

static void
disable_tickets (TlsFixture *self, gnutls_datum_t *key)
{
  gnutls_free (key->data);
  gnutls_certificate_free_credentials (self->server.credentials);
}

/* Catches: a ticket used twice, more kept than the store may hold, or none at all. */
static void
test_resumption (TlsFixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  for (int round = 0; round < 5; round++)
    {
      g_autoptr (TlsPair) pair = NULL;
      guint before = dotls_tls_count_tickets (tls);

      assert_fault (tls_fixture_connect (self, tls, &pair), NONE);
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
      assert_fault (tls_fixture_connect (self, tls, NULL), NONE);
      g_assert_true (self->facts.resumed);
    }
  assert_fault (tls_fixture_connect (self, tls, NULL), NONE);
  g_assert_false (self->facts.resumed);
  disable_tickets (self, &key);
}

/* Catches: the same in TLS 1.2, whose tickets come within the handshake and, from gnutls, only with
 * a full one: so every other is full, and none is used twice. */
static void
test_resumption12 (TlsFixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
  gnutls_datum_t key;

  enable_tickets (self, TLS12, &key);
  for (int round = 0; round < 4; round++)
    {
      assert_fault (tls_fixture_connect (self, tls, NULL), NONE);
      g_assert_cmpint (self->facts.resumed, ==, round % 2);
      g_assert_cmpuint (dotls_tls_count_tickets (tls), ==, 1 - round % 2);
    }
  disable_tickets (self, &key);
}

/* Catches: tickets that survive a change of network. */
static void
test_forget (TlsFixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
  g_autoptr (TlsPair) first = NULL, second = NULL;
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  assert_fault (tls_fixture_connect (self, tls, &first), NONE);
  tls_pair_exchange (first);
  g_assert_cmpuint (dotls_tls_count_tickets (tls), >, 0);
  dotls_tls_forget_tickets (tls);
  assert_fault (tls_fixture_connect (self, tls, &second), NONE);
  g_assert_false (self->facts.resumed);
  g_assert_false (tls_pair_hello (second)->has_ticket);
  disable_tickets (self, &key);
}

/* Catches: a resumed session believed although its certificate would not be now; or held against
 * the upstream, which may have renewed it long since. */
static void
test_resumed_is_verified (TlsFixture *self, gconstpointer data)
{
  g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
  g_autoptr (TlsPair) pair = NULL;
  gnutls_datum_t key;

  enable_tickets (self, NULL, &key);
  assert_fault (tls_fixture_connect (self, tls, &pair), NONE);
  tls_pair_exchange (pair);
  g_assert_cmpint (dotls_tls_count_tickets (tls), >, 0);
  /* the authority is struck off the list */
  pki_write (self->ca_file, CHAIN (self->middle));
  assert_fault (tls_fixture_connect (self, tls, NULL), CLOSED);
  g_assert_true (self->facts.resumed);
  g_assert_cmpint (dotls_tls_count_tickets (tls), ==, 0);
  assert_fault (tls_fixture_connect (self, tls, NULL), UNKNOWN_ISSUER);
  g_assert_false (self->facts.resumed);
  disable_tickets (self, &key);
}

/* A leaf that claims an RSA key of these sizes; its private key is another one. */
static PkiCert *
issue_giant_key (TlsFixture *self, guint bits, guint exponent_bytes)
{
  g_autofree guint8 *modulus = g_malloc (bits / 8);
  guint8 exponent[8] = { 1 };
  gnutls_datum_t m = { modulus, bits / 8 }, e = { exponent, exponent_bytes };
  PkiShape shape = tls_fixture_leaf;
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
test_giant_key (TlsFixture *self, gconstpointer data)
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
      g_autoptr (DotlsTls) tls = tls_fixture_new_tls (self);
      g_autoptr (TlsPair) pair = NULL;
      int code;

      self->server.credentials = pki_credentials (CHAIN (leaf));
      self->server.priority = cases[i].priority;
      pair = tls_pair_new (tls, &self->server);
      code = tls_pair_handshake (pair);
      g_assert_cmpint (code, <, 0);
      g_clear_pointer (&self->text, g_free);
      g_assert_cmpstr (
          dotls_error_nick (dotls_tls_explain (tls_pair_client (pair), code, &self->text)), ==,
          dotls_error_nick (cases[i].expected));
      gnutls_certificate_free_credentials (self->server.credentials);
    }
}

/* Catches: a Certificate message cut short that is read past its end; sanitizers look on. */
static void
test_cut_message (TlsFixture *self, gconstpointer data)
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
#define ADD(path, function)                                                                        \
  g_test_add ("/tls/" path, TlsFixture, NULL, tls_fixture_set_up, function, tls_fixture_tear_down)
  ADD ("hello", test_hello);
  ADD ("protocols", test_protocols);
  ADD ("resumption", test_resumption);
  ADD ("resumption12", test_resumption12);
  ADD ("forget", test_forget);
  ADD ("resumed-is-verified", test_resumed_is_verified);
  ADD ("giant-key", test_giant_key);
  ADD ("cut-message", test_cut_message);
  return g_test_run ();
}
