/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/lib/fake-private.h"

/* Extension numbers of the registry of RFC 8447. */
enum
{
  EXTENSION_SNI = 0,
  EXTENSION_ALPN = 16,
  EXTENSION_MASTER_SECRET = 23,
  EXTENSION_TICKET = 35,
  EXTENSION_PSK = 41,
  EXTENSION_EARLY_DATA = 42,
  EXTENSION_VERSIONS = 43,
};

static guint16
get16 (const guint8 *bytes)
{
  return bytes[0] << 8 | bytes[1];
}

static void
note_version (FakePeer *peer, guint16 version)
{
  if ((version & 0x0f0f) == 0x0a0a)
    return; /* RFC 8701 */
  peer->offers_tls13 |= version == 0x0304;
  peer->offers_tls12 |= version == 0x0303;
  peer->offers_older |= version < 0x0303;
}

static void
note_versions (FakePeer *peer, const guint8 *data, unsigned size)
{
  peer->offers_tls12 = peer->offers_older = FALSE; /* the list replaces the old field */
  for (unsigned i = 1; i + 2 <= size; i += 2)
    note_version (peer, get16 (data + i));
}

static int
note_extension_cb (void *data, unsigned id, const unsigned char *bytes, unsigned size)
{
  FakeTrace *trace = data;
  FakePeer *peer = &trace->peer;

  switch (id)
    {
    case EXTENSION_SNI: /* RFC 6066 section 3: list length, type, length, name */
      if (size > 5 && trace->sni == NULL)
        peer->sni = trace->sni = g_strndup ((const char *) bytes + 5, size - 5);
      break;
    case EXTENSION_ALPN: /* RFC 7301 section 3.1: list length, length, name */
      if (size > 3 && trace->alpn == NULL)
        peer->alpn = trace->alpn = g_strndup ((const char *) bytes + 3, MIN (bytes[2], size - 3));
      break;
    case EXTENSION_MASTER_SECRET:
      peer->offers_extended_master_secret = TRUE;
      break;
    case EXTENSION_TICKET:
      peer->offers_ticket |= size > 0;
      break;
    case EXTENSION_PSK:
      peer->offers_ticket = TRUE;
      break;
    case EXTENSION_EARLY_DATA:
      peer->offers_early_data = TRUE;
      break;
    case EXTENSION_VERSIONS:
      note_versions (peer, bytes, size);
      break;
    }
  return 0;
}

/* Cipher suites of TLS 1.3, ECDHE with AEAD, and numbers that are only signals. */
static gboolean
is_strong (guint16 suite)
{
  static const guint16 suites[] = {
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc0ac, 0xc0ad,
    0xc0ae, 0xc0af, 0xc086, 0xc087, 0xc08a, 0xc08b, 0x00ff, 0x5600
  };

  if (suite >> 8 == 0x13 || (suite & 0x0f0f) == 0x0a0a)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (suites); i++)
    if (suites[i] == suite)
      return TRUE;
  return FALSE;
}

/* RFC 8446 section 4.1.2: version, random, session id, cipher suites. */
static void
note_suites (FakePeer *peer, const gnutls_datum_t *hello)
{
  guint at = 2 + 32;
  guint end;

  if (hello->size < at + 1)
    return;
  at += 1 + hello->data[at];
  if (hello->size < at + 2)
    return;
  end = MIN (at + 2 + get16 (hello->data + at), hello->size);
  for (at += 2; at + 2 <= end; at += 2)
    if (!is_strong (get16 (hello->data + at)))
      peer->offers_weak_cipher = TRUE;
}

static void
note_hello (FakeTrace *trace, const gnutls_datum_t *message)
{
  if (message->size < 2)
    return;
  fake_dot_lock (trace->fake);
  note_version (&trace->peer, get16 (message->data));
  trace->peer.offers_older = TRUE; /* without a list of versions there is no telling */
  note_suites (&trace->peer, message);
  gnutls_ext_raw_parse (trace, note_extension_cb, message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
  fake_dot_unlock (trace->fake);
}

static int
note_hello_cb (gnutls_session_t session,
               unsigned htype,
               unsigned post,
               unsigned incoming,
               const gnutls_datum_t *message)
{
  if (incoming)
    note_hello (gnutls_session_get_ptr (session), message);
  return 0;
}

/* Chooses a protocol that nobody offered.  GnuTLS would not, so its own choice of dot is
 * overwritten where it keeps it, before it writes its answer. */
static int
overwrite_alpn_cb (gnutls_session_t session)
{
  FakeTrace *trace = gnutls_session_get_ptr (session);
  gnutls_datum_t chosen;

  if (gnutls_alpn_get_selected_protocol (session, &chosen) == 0)
    memcpy (chosen.data, trace->wrong_alpn, chosen.size);
  return 0;
}

static void
choose_alpn (gnutls_session_t session, FakeTrace *trace, const char *alpn)
{
  static const gnutls_datum_t dot = { (guint8 *) "dot", 3 };

  if (alpn != NULL && g_str_equal (alpn, "none"))
    return;
  gnutls_alpn_set_protocols (session, &dot, 1, 0);
  if (alpn == NULL)
    return;
  g_assert_cmpuint (strlen (alpn), ==, 3);
  trace->wrong_alpn = g_strdup (alpn);
  gnutls_handshake_set_post_client_hello_function (session, overwrite_alpn_cb);
}

gnutls_session_t
fake_tls_new (FakeDot *fake, FakeTrace *trace, const FakeSettings *settings)
{
  unsigned flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
  const char *priority = settings->priority != NULL ? settings->priority
                                                    : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  gnutls_session_t session;

  if (settings->tickets >= 0)
    flags |= GNUTLS_NO_AUTO_SEND_TICKET;
  g_assert_cmpint (gnutls_init (&session, flags), ==, 0);
  if (gnutls_priority_set_direct (session, priority, NULL) != 0)
    g_error ("GnuTLS does not take the priority '%s'", priority);
  gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE,
                          certs_credentials (fake->certs, settings->certificate));
  if (settings->tickets != 0)
    gnutls_session_ticket_enable_server (session, &fake->ticket_key);
  choose_alpn (session, trace, settings->alpn);
  gnutls_session_set_ptr (session, trace);
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                      note_hello_cb);
  return session;
}
