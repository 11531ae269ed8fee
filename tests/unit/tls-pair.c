/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/unit/tls-pair.h"

#include <errno.h>
#include <string.h>

typedef struct
{
  gnutls_session_t session;
  GByteArray *incoming;
  GByteArray *outgoing; /* the other's incoming */
} Side;

struct _TlsPair
{
  Side client;
  Side server;
  TlsPairHello hello;
  char *alpn;
};

static ssize_t
pull_cb (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  Side *side = data;
  gsize n = MIN (size, side->incoming->len);

  if (n == 0)
    {
      gnutls_transport_set_errno (side->session, EAGAIN);
      return -1;
    }
  memcpy (buffer, side->incoming->data, n);
  g_byte_array_remove_range (side->incoming, 0, n);
  return n;
}

static ssize_t
push_cb (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  Side *side = data;

  g_byte_array_append (side->outgoing, buffer, size);
  return size;
}

static void
connect_side (Side *side)
{
  gnutls_transport_set_ptr (side->session, side);
  gnutls_transport_set_pull_function (side->session, pull_cb);
  gnutls_transport_set_push_function (side->session, push_cb);
}

/* gnutls chooses only what was offered, so its choice is written over. */
static int
choose_alpn_cb (gnutls_session_t session)
{
  TlsPair *self = gnutls_session_get_ptr (session);
  gnutls_datum_t chosen;

  g_assert_cmpint (gnutls_alpn_get_selected_protocol (session, &chosen), ==, 0);
  memcpy (chosen.data, self->alpn, chosen.size);
  return 0;
}

/* Extension ids from the IANA registry of TLS extensions */
static int
extension_cb (void *context, unsigned id, const unsigned char *data, unsigned size)
{
  TlsPairHello *hello = context;

  if (id == 0 && size > 5)
    {
      hello->has_sni = TRUE;
      memcpy (hello->sni, data + 5, MIN (size - 5, sizeof hello->sni - 1));
    }
  if (id == 16)
    hello->has_alpn_dot = size == 6 && memcmp (data, "\0\4\3dot", 6) == 0;
  if (id == 42)
    hello->has_early_data = TRUE;
  if (id == 41 || (id == 35 && size > 0))
    hello->has_ticket = TRUE;
  return 0;
}

static int
hello_cb (gnutls_session_t session,
          unsigned int type,
          unsigned int when,
          unsigned int incoming,
          const gnutls_datum_t *message)
{
  TlsPair *self = gnutls_session_get_ptr (session);

  return gnutls_ext_raw_parse (&self->hello, extension_cb, message,
                               GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
}

static void
set_up_server (TlsPair *self, const TlsPairServer *server)
{
  static const gnutls_datum_t dot = { (guint8 *) "dot", 3 };
  gnutls_session_t session;
  const char *priority = server->priority != NULL ? server->priority : "NORMAL";

  g_assert_cmpint (gnutls_init (&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), ==,
                   0);
  self->server.session = session;
  gnutls_session_set_ptr (session, self);
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                      hello_cb);
  g_assert_cmpint (gnutls_priority_set_direct (session, priority, NULL), ==, 0);
  gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, server->credentials);
  self->alpn = g_strdup (server->alpn);
  if (self->alpn != NULL)
    {
      g_assert_cmpuint (strlen (self->alpn), ==, dot.size);
      gnutls_alpn_set_protocols (session, &dot, 1, 0);
      gnutls_handshake_set_post_client_hello_function (session, choose_alpn_cb);
    }
  if (server->ticket_key != NULL)
    gnutls_session_ticket_enable_server (session, server->ticket_key);
}

TlsPair *
tls_pair_new (DotlsTls *tls, const TlsPairServer *server)
{
  TlsPair *self = g_new0 (TlsPair, 1);
  g_autoptr (GError) error = NULL;

  self->client.incoming = self->server.outgoing = g_byte_array_new ();
  self->server.incoming = self->client.outgoing = g_byte_array_new ();
  self->client.session = dotls_tls_session_new (tls, &error);
  g_assert_no_error (error);
  set_up_server (self, server);
  connect_side (&self->client);
  connect_side (&self->server);
  return self;
}

void
tls_pair_free (TlsPair *self)
{
  gnutls_deinit (self->client.session);
  gnutls_deinit (self->server.session);
  g_byte_array_unref (self->client.incoming);
  g_byte_array_unref (self->server.incoming);
  g_free (self->alpn);
  g_free (self);
}

int
tls_pair_handshake (TlsPair *self)
{
  int client = GNUTLS_E_AGAIN, server = GNUTLS_E_AGAIN;

  for (int turns = 0; turns < 100; turns++)
    {
      if (client == GNUTLS_E_AGAIN)
        client = gnutls_handshake (self->client.session);
      if (server == GNUTLS_E_AGAIN)
        {
          server = gnutls_handshake (self->server.session);
          if (gnutls_error_is_fatal (server))
            gnutls_alert_send_appropriate (self->server.session, server);
        }
      if (client != GNUTLS_E_AGAIN && (client < 0 || server != GNUTLS_E_AGAIN))
        return client;
    }
  g_error ("the handshake goes round in circles");
}

void
tls_pair_exchange (TlsPair *self)
{
  char byte;
  ssize_t n;

  g_assert_cmpint (gnutls_record_send (self->server.session, "x", 1), ==, 1);
  do
    n = gnutls_record_recv (self->client.session, &byte, 1);
  while (n == GNUTLS_E_AGAIN);
  g_assert_cmpint (n, ==, 1);
}

gnutls_session_t
tls_pair_client (TlsPair *self)
{
  return self->client.session;
}

const TlsPairHello *
tls_pair_hello (TlsPair *self)
{
  return &self->hello;
}
