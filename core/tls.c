/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/tls.h"

#include <string.h>
#include <time.h>

#include "core/certificate.h"
#include "core/limits.h"
#include "core/spec.h"
#include "core/ticket.h"
#include "core/verify.h"

/* RFC 9325: 1.2 only with ephemeral elliptic keys and authenticated encryption.  An RSA key or a
 * signature weaker than 112 bits is refused anywhere in a chain. */
#define PRIORITY_HEAD                                                                              \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"                     \
  ":-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-GROUP-ALL"
#define PRIORITY_HYBRID ":+GROUP-X25519-MLKEM768"
#define PRIORITY_TAIL                                                                              \
  ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%PROFILE_MEDIUM:%SAFE_RENEGOTIATION"

struct _DotlsTls
{
  DotlsUpstreamSpec *spec;
  gnutls_certificate_credentials_t credentials; /* without authorities, see core/trust.h */
  gnutls_priority_t priority;
  DotlsTickets tickets;
};

static gint64
now_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

DotlsTls *
dotls_tls_new (DotlsUpstreamSpec *spec, GError **error)
{
  g_autoptr (DotlsTls) self = g_new0 (DotlsTls, 1);
  int code;

  self->spec = dotls_upstream_spec_ref (spec);
  /* the hybrid group exists from gnutls 3.8.8 on, and only in some builds */
  code = gnutls_priority_init (&self->priority, PRIORITY_HEAD PRIORITY_HYBRID PRIORITY_TAIL, NULL);
  if (code < 0)
    code = gnutls_priority_init (&self->priority, PRIORITY_HEAD PRIORITY_TAIL, NULL);
  if (code == 0)
    code = gnutls_certificate_allocate_credentials (&self->credentials);
  if (code < 0)
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_TLS, "%s: TLS cannot be set up: %s", spec->id,
                   gnutls_strerror (code));
      return NULL;
    }
  gnutls_certificate_set_verify_limits (self->credentials, DOTLS_RSA_BITS_MAX, DOTLS_CHAIN_MAX);
  return g_steal_pointer (&self);
}

void
dotls_tls_free (DotlsTls *self)
{
  dotls_tickets_clear (&self->tickets);
  g_clear_pointer (&self->credentials, gnutls_certificate_free_credentials);
  g_clear_pointer (&self->priority, gnutls_priority_deinit);
  dotls_upstream_spec_unref (self->spec);
  g_free (self);
}

static void
keep_ticket (DotlsTls *self, gnutls_session_t session)
{
  gnutls_datum_t data;

  if (gnutls_session_get_data2 (session, &data) == 0)
    dotls_tickets_keep (&self->tickets, data, now_s ());
}

static int
handshake_cb (gnutls_session_t session,
              unsigned int type,
              unsigned int when,
              unsigned int incoming,
              const gnutls_datum_t *message)
{
  DotlsTls *self = gnutls_session_get_ptr (session);
  gboolean is_tls13 = gnutls_protocol_get_version (session) == GNUTLS_TLS1_3;

  if (!incoming)
    return 0;
  if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT && when == GNUTLS_HOOK_PRE
      && !dotls_certificate_is_key_bearable (message, is_tls13))
    return GNUTLS_E_CONSTRAINT_ERROR;
  /* in TLS 1.2 it comes before the keys are proven; dotls_tls_verify() keeps it */
  if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && when == GNUTLS_HOOK_POST && is_tls13)
    keep_ticket (self, session);
  return 0;
}

static int
set_up_session (DotlsTls *self, gnutls_session_t session)
{
  static const gnutls_datum_t alpn = { (guint8 *) "dot", 3 };
  const char *name = self->spec->auth_name;
  int code;

  gnutls_session_set_ptr (session, self);
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                      handshake_cb);
  gnutls_handshake_set_max_packet_length (session, DOTLS_HANDSHAKE_MAX);
  gnutls_handshake_set_timeout (session, GNUTLS_INDEFINITE_TIMEOUT);
  code = gnutls_priority_set (session, self->priority);
  if (code == 0)
    code = gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, self->credentials);
  /* mandatory: may be left out of the answer, but must not be another */
  if (code == 0)
    code = gnutls_alpn_set_protocols (session, &alpn, 1, GNUTLS_ALPN_MANDATORY);
  if (code == 0 && name != NULL && !g_hostname_is_ip_address (name))
    code = gnutls_server_name_set (session, GNUTLS_NAME_DNS, name, strlen (name));
  return code;
}

gnutls_session_t
dotls_tls_session_new (DotlsTls *self, GError **error)
{
  gnutls_session_t session = NULL;
  gnutls_datum_t ticket;
  int code;

  code = gnutls_init (&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  if (code == 0)
    code = set_up_session (self, session);
  if (code < 0)
    {
      g_clear_pointer (&session, gnutls_deinit);
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_TLS, "%s: no TLS session: %s", self->spec->id,
                   gnutls_strerror (code));
      return NULL;
    }
  if (dotls_tickets_take (&self->tickets, now_s (), &ticket))
    {
      /* where gnutls thinks it stale the handshake is simply a full one */
      gnutls_session_set_data (session, ticket.data, ticket.size);
      dotls_ticket_wipe (&ticket);
    }
  return session;
}

static void
read_facts (gnutls_session_t session, DotlsTlsFacts *ret_facts)
{
  gnutls_datum_t alpn;

  dotls_tls_facts_clear (ret_facts);
  ret_facts->protocol = g_strdup (gnutls_protocol_get_name (gnutls_protocol_get_version (session)));
  ret_facts->cipher = g_strdup (gnutls_cipher_get_name (gnutls_cipher_get (session)));
  ret_facts->group = g_strdup (gnutls_group_get_name (gnutls_group_get (session)));
  ret_facts->resumed = gnutls_session_is_resumed (session);
  if (gnutls_alpn_get_selected_protocol (session, &alpn) == 0)
    ret_facts->alpn = g_strndup ((char *) alpn.data, alpn.size);
  else
    ret_facts->alpn = g_strdup ("");
}

DotlsError
dotls_tls_verify (DotlsTls *self,
                  gnutls_session_t session,
                  const DotlsAddress *peer,
                  DotlsTlsFacts *ret_facts,
                  char **ret_text)
{
  DotlsError fault;

  *ret_text = NULL;
  read_facts (session, ret_facts);
  fault = dotls_verify_peer (session, self->spec, peer, ret_facts, ret_text);
  if (fault == DOTLS_ERROR_NONE)
    {
      if (gnutls_protocol_get_version (session) == GNUTLS_TLS1_2
          && (gnutls_session_get_flags (session) & GNUTLS_SFLAGS_SESSION_TICKET))
        keep_ticket (self, session);
      return fault;
    }
  if (!gnutls_session_is_resumed (session))
    return fault;
  dotls_tls_forget_tickets (self);
  return DOTLS_ERROR_CLOSED;
}

DotlsError
dotls_tls_explain (gnutls_session_t session, int code, char **ret_text)
{
  const char *alert;

  switch (code)
    {
    case GNUTLS_E_PREMATURE_TERMINATION:
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR:
    case GNUTLS_E_SESSION_EOF:
      *ret_text = g_strdup ("the connection was closed");
      return DOTLS_ERROR_CLOSED;
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
    case GNUTLS_E_WARNING_ALERT_RECEIVED:
      alert = gnutls_alert_get_name (gnutls_alert_get (session));
      *ret_text = g_strdup_printf ("it refused TLS: %s", alert != NULL ? alert : "unknown alert");
      return DOTLS_ERROR_TLS;
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
    case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
    case GNUTLS_E_UNEXPECTED_PACKET:
      *ret_text = g_strdup_printf ("it speaks no TLS that we do (1.2 or 1.3): %s; check the port",
                                   gnutls_strerror (code));
      return DOTLS_ERROR_TLS;
    case GNUTLS_E_NO_APPLICATION_PROTOCOL:
      *ret_text = g_strdup ("it speaks another protocol than DNS over TLS there; check the port");
      return DOTLS_ERROR_PROTOCOL;
    case GNUTLS_E_REHANDSHAKE:
    case GNUTLS_E_REAUTH_REQUEST:
      *ret_text = g_strdup ("it asked for another handshake, which is refused");
      return DOTLS_ERROR_PROTOCOL;
    case GNUTLS_E_CONSTRAINT_ERROR:
      *ret_text = g_strdup ("its certificate or key is garbled or too large to look at");
      return DOTLS_ERROR_BAD_CERTIFICATE;
    default:
      *ret_text = g_strdup_printf ("TLS failed: %s", gnutls_strerror (code));
      return DOTLS_ERROR_TLS;
    }
}

guint
dotls_tls_count_tickets (DotlsTls *self)
{
  return self->tickets.n;
}

void
dotls_tls_forget_tickets (DotlsTls *self)
{
  dotls_tickets_clear (&self->tickets);
}

void
dotls_tls_facts_clear (DotlsTlsFacts *facts)
{
  g_free (facts->protocol);
  g_free (facts->cipher);
  g_free (facts->group);
  g_free (facts->alpn);
  *facts = (DotlsTlsFacts){ 0 };
}
