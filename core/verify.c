/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/verify.h"

#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "core/certificate.h"
#include "core/limits.h"
#include "core/spec.h"
#include "core/trust.h"

/* One verification under way. */
typedef struct
{
  const DotlsUpstreamSpec *spec;
  gnutls_session_t session;
  const DotlsAddress *peer;
  gnutls_x509_crt_t leaf;
  char *text; /* what is wrong, a clause */
} Check;

static DotlsError
check_session (Check *check)
{
  gnutls_protocol_t version = gnutls_protocol_get_version (check->session);
  gnutls_datum_t alpn;

  if (version != GNUTLS_TLS1_3 && version != GNUTLS_TLS1_2)
    check->text = g_strdup ("it speaks no version of TLS that is safe; TLS 1.2 is the least");
  else if (version == GNUTLS_TLS1_2 && !gnutls_session_ext_master_secret_status (check->session))
    check->text = g_strdup ("its TLS 1.2 lacks the extended master secret (RFC 7627); the server "
                            "needs an update");
  else if (gnutls_alpn_get_selected_protocol (check->session, &alpn) == 0
           && (alpn.size != 3 || memcmp (alpn.data, "dot", 3) != 0))
    check->text = g_strdup ("it speaks another protocol than DNS over TLS there; check the port");
  else
    return DOTLS_ERROR_NONE;
  return DOTLS_ERROR_PROTOCOL;
}

static DotlsError
check_leaf (Check *check, const gnutls_datum_t *chain, guint n)
{
  if (chain == NULL || n == 0)
    check->text = g_strdup ("it showed no certificate");
  else if (n > DOTLS_CHAIN_MAX)
    check->text = g_strdup_printf ("it sent a chain of %u certificates, %d are the most we look at",
                                   n, DOTLS_CHAIN_MAX);
  else if (gnutls_x509_crt_import (check->leaf, &chain[0], GNUTLS_X509_FMT_DER) < 0)
    check->text = g_strdup ("its certificate is garbled");
  else
    return DOTLS_ERROR_NONE;
  return DOTLS_ERROR_BAD_CERTIFICATE;
}

static DotlsError
check_pins (Check *check)
{
  g_autofree char *shown = NULL;
  DotlsPin pin;

  if (dotls_certificate_has_pin (check->leaf, check->spec->pins, &pin))
    return DOTLS_ERROR_NONE;
  shown = g_base64_encode (pin.sha256, sizeof pin.sha256);
  check->text = g_strdup_printf ("its key is none of pin-sha256 but %s; ask the operator whether "
                                 "the key was changed",
                                 shown);
  return DOTLS_ERROR_PIN_MISMATCH;
}

static DotlsError
judge_status (guint status)
{
  if (status == 0)
    return DOTLS_ERROR_NONE;
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return DOTLS_ERROR_UNKNOWN_ISSUER;
  if (status & (GNUTLS_CERT_REVOKED | GNUTLS_CERT_SIGNATURE_FAILURE))
    return DOTLS_ERROR_BAD_CERTIFICATE;
  if (status & GNUTLS_CERT_NOT_ACTIVATED)
    return DOTLS_ERROR_CERTIFICATE_NOT_YET_VALID;
  if (status & GNUTLS_CERT_EXPIRED)
    return DOTLS_ERROR_CERTIFICATE_EXPIRED;
  return DOTLS_ERROR_BAD_CERTIFICATE;
}

static char *
describe_date (gnutls_x509_crt_t leaf, gboolean is_end)
{
  time_t date = is_end ? gnutls_x509_crt_get_expiration_time (leaf)
                       : gnutls_x509_crt_get_activation_time (leaf);
  g_autoptr (GDateTime) shown = g_date_time_new_from_unix_utc (date);
  g_autofree char *text = shown != NULL ? g_date_time_format (shown, "%F") : NULL;

  if (text == NULL || (date > time (NULL)) == is_end)
    return g_strdup_printf ("a certificate that its own rests on %s",
                            is_end ? "expired" : "is not valid yet");
  return g_strdup_printf ("its certificate %s %s", is_end ? "expired on" : "is not valid before",
                          text);
}

static char *
describe_defect (guint status)
{
  if (status & GNUTLS_CERT_PURPOSE_MISMATCH)
    return g_strdup ("its certificate is not meant for servers; the operator needs another");
  if (status & GNUTLS_CERT_REVOKED)
    return g_strdup ("its certificate was revoked; do not use it until the operator has another");
  if (status
      & (GNUTLS_CERT_INVALID_OCSP_STATUS | GNUTLS_CERT_MISSING_OCSP_STATUS
         | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED))
    return g_strdup ("the proof that its certificate was not revoked is missing, stale or wrong");
  if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
    return g_strdup ("its certificate rests on a key or signature too weak to trust");
  if (status & GNUTLS_CERT_SIGNATURE_FAILURE)
    return g_strdup ("its certificate was not signed by the authority that it names, as ca-file or "
                     "the system has it; was that authority renewed?");
  return g_strdup ("its certificate or one it rests on was wrongly made");
}

static char *
describe_fault (Check *check, DotlsError fault, guint status, const char *bundle)
{
  g_autofree char *issuer = dotls_certificate_describe_issuer (check->leaf);
  g_autofree char *date = describe_date (check->leaf, fault == DOTLS_ERROR_CERTIFICATE_EXPIRED);

  switch (fault)
    {
    case DOTLS_ERROR_UNKNOWN_ISSUER:
      return g_strdup_printf ("its certificate was issued by '%s', to whom no authority in %s "
                              "leads; name yours in ca-file if it is your own",
                              issuer, bundle);
    case DOTLS_ERROR_CERTIFICATE_EXPIRED:
      return g_strdup_printf ("%s; if this machine's clock is right, the operator must renew it",
                              date);
    case DOTLS_ERROR_CERTIFICATE_NOT_YET_VALID:
      return g_strdup_printf ("%s; check this machine's clock", date);
    default:
      return describe_defect (status);
    }
}

static DotlsError
check_chain (Check *check, const gnutls_datum_t *chain, guint n)
{
  gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID,
                                    (guint8 *) GNUTLS_KP_TLS_WWW_SERVER };
  const char *bundle = check->spec->ca_file;
  g_autoptr (GError) problem = NULL;
  gnutls_certificate_credentials_t credentials;
  gnutls_x509_trust_list_t list;
  DotlsError fault;
  guint status;

  if (bundle == NULL)
    bundle = dotls_trust_system_bundle ();
  if (bundle == NULL)
    {
      check->text = g_strdup ("this system has no list of authorities; install the package "
                              "ca-certificates or set ca-file");
      return DOTLS_ERROR_UNVERIFIABLE;
    }
  gnutls_x509_trust_list_init (&list, 0);
  if (!dotls_trust_search (bundle, chain, n, list, &problem))
    {
      gnutls_x509_trust_list_deinit (list, TRUE);
      check->text = g_steal_pointer (&problem->message);
      return DOTLS_ERROR_UNVERIFIABLE;
    }
  gnutls_credentials_get (check->session, GNUTLS_CRD_CERTIFICATE, (void **) &credentials);
  /* which own it until the next chain */
  gnutls_certificate_set_trust_list (credentials, list, 0);
  if (gnutls_certificate_verify_peers (check->session, &purpose, 1, &status) < 0)
    status = GNUTLS_CERT_INVALID;
  fault = judge_status (status);
  if (fault != DOTLS_ERROR_NONE)
    check->text = describe_fault (check, fault, status, bundle);
  return fault;
}

static DotlsError
check_identity (Check *check)
{
  const char *name = check->spec->auth_name;
  g_autofree char *names = NULL, *address = NULL;

  if (name != NULL ? dotls_certificate_has_name (check->leaf, name)
                   : dotls_certificate_has_address (check->leaf, check->peer))
    return DOTLS_ERROR_NONE;
  names = dotls_certificate_describe_names (check->leaf);
  address = dotls_address_to_host_string (check->peer);
  check->text = g_strdup_printf ("its certificate is for %s, not for %s; check %s", names,
                                 name != NULL ? name : address,
                                 name != NULL ? "auth-name" : "the address, or set auth-name");
  return DOTLS_ERROR_NAME_MISMATCH;
}

/* A pin is enough by itself; whoever also names an authority wants it heard. */
static gboolean
is_pinned_only (const DotlsUpstreamSpec *spec)
{
  return spec->pins->len > 0 && spec->auth_name == NULL && spec->ca_file == NULL;
}

static DotlsError
check_all (Check *check)
{
  const DotlsUpstreamSpec *spec = check->spec;
  const gnutls_datum_t *chain;
  DotlsError fault;
  guint n = 0;

  fault = check_session (check);
  if (fault != DOTLS_ERROR_NONE)
    return fault;
  chain = gnutls_certificate_get_peers (check->session, &n);
  fault = check_leaf (check, chain, n);
  if (fault == DOTLS_ERROR_NONE && spec->pins->len > 0)
    fault = check_pins (check);
  if (fault != DOTLS_ERROR_NONE || is_pinned_only (spec))
    return fault;
  fault = check_chain (check, chain, n);
  return fault != DOTLS_ERROR_NONE ? fault : check_identity (check);
}

static const char *
verified_by (const DotlsUpstreamSpec *spec)
{
  if (spec->pins->len == 0)
    return spec->auth_name != NULL ? "name" : "address";
  if (is_pinned_only (spec))
    return "pin";
  return spec->auth_name != NULL ? "name+pin" : "address+pin";
}

DotlsError
dotls_verify_peer (gnutls_session_t session,
                   const DotlsUpstreamSpec *spec,
                   const DotlsAddress *peer,
                   DotlsTlsFacts *facts,
                   char **ret_text)
{
  Check check = { spec, session, peer };
  DotlsError fault;

  gnutls_x509_crt_init (&check.leaf);
  fault = check_all (&check);
  if (fault == DOTLS_ERROR_NONE)
    {
      facts->verified_by = verified_by (spec);
      facts->certificate_expires = gnutls_x509_crt_get_expiration_time (check.leaf);
    }
  gnutls_x509_crt_deinit (check.leaf);
  *ret_text = check.text;
  return fault;
}
