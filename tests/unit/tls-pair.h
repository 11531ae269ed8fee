/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/tls.h"

/* A client of core/tls.h and a gnutls server that talk through memory. */
typedef struct _TlsPair TlsPair;

typedef struct
{
  gnutls_certificate_credentials_t credentials;
  const char *priority;             /* NULL: NORMAL */
  const char *alpn;                 /* three letters, chosen whatever is offered; NULL: none */
  const gnutls_datum_t *ticket_key; /* NULL: no tickets */
} TlsPairServer;

/* What the server read in the ClientHello. */
typedef struct
{
  char sni[256];
  gboolean has_sni, has_alpn_dot, has_early_data, has_ticket;
} TlsPairHello;

TlsPair *tls_pair_new (DotlsTls *tls, const TlsPairServer *server);
void tls_pair_free (TlsPair *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsPair, tls_pair_free)

/* Runs both sides until the client is done; what its gnutls_handshake() said. */
int tls_pair_handshake (TlsPair *self);

/* Lets the server say "x" and the client read it, and with it the tickets sent before. */
void tls_pair_exchange (TlsPair *self);

gnutls_session_t tls_pair_client (TlsPair *self);
const TlsPairHello *tls_pair_hello (TlsPair *self);
