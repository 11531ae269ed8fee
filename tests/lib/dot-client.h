/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* A blocking DNS-over-TLS client on 127.0.0.1, for testing servers.  It verifies nothing unless
 * asked; what a real client must verify is tested elsewhere. */
typedef struct _DotClient DotClient;

typedef struct
{
  guint16 port;
  const char *priority;  /* of GnuTLS; NULL: its default */
  const char *sni;       /* NULL: none */
  const char *alpn;      /* NULL: none */
  gnutls_datum_t ticket; /* empty: a full handshake */
  guint patience_ms;     /* with every step; 0: ten seconds */
} DotClientOptions;

/* Connects and shakes hands.  RET_CODE is 0 or a GnuTLS error; the client is never NULL, except
 * where TCP is refused. */
DotClient *dot_client_new (const DotClientOptions *options, int *ret_code);
void dot_client_free (DotClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotClient, dot_client_free)

gnutls_session_t dot_client_get_session (DotClient *self);

/* Sends MESSAGE with its length in one record. */
void dot_client_send (DotClient *self, const GByteArray *message);

/* Sends the messages in one record. */
void dot_client_send_together (DotClient *self, GByteArray *const *messages, guint n);

/* The next message, the caller's to free; NULL when patience ends without one or at the end, with
 * what GnuTLS said of it in RET_CODE: GNUTLS_E_AGAIN (silence), 0 (close_notify) or an error. */
GByteArray *dot_client_receive (DotClient *self, int *ret_code);

/* How many TLS records with data have come. */
guint dot_client_get_records (DotClient *self);

/* What the server chose, offered or not; "" for nothing, or a name that has not three letters. */
const char *dot_client_get_alpn (DotClient *self);
