/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* A throw-away authority and the certificates it could be asked for, good and bad.  Keys are ECDSA
 * P-256 and a certificate is made when it is first asked for, so that all of it costs milliseconds.
 * May be used from several threads.
 * The names are dot.test, 127.0.0.1 and ::1 unless the kind says otherwise. */
typedef struct _Certs Certs;

/* kind, nick as scripts and command lines spell it */
#define CERT_MAP(X)                                                                                \
  X (VALID, "valid")                                                                               \
  X (WRONG_NAME, "wrong-name")             /* other.test and 192.0.2.99 */                         \
  X (UNKNOWN_ISSUER, "unknown-issuer")     /* by an authority that ca.pem does not hold */         \
  X (SELF_SIGNED, "self-signed")           /* by its own key */                                    \
  X (EXPIRED, "expired")                   /* ten days ago */                                      \
  X (NOT_YET_VALID, "not-yet-valid")       /* valid in ten days */                                 \
  X (ADDRESS_ONLY, "address-only")         /* SAN iPAddress, no name */                            \
  X (ADDRESS_AS_NAME, "address-as-name")   /* the address as text in a SAN dNSName */              \
  X (COMMON_NAME, "common-name")           /* CN=dot.test and no SAN */                            \
  X (WRONG_PURPOSE, "wrong-purpose")       /* clientAuth only */                                   \
  X (WILDCARD, "wildcard")                 /* *.dot.test, which lab.dot.test matches */            \
  X (PARTIAL_WILDCARD, "partial-wildcard") /* l*.dot.test, forbidden by RFC 9525 section 6.3 */    \
  X (INTERMEDIATE, "intermediate")         /* through an intermediate authority, which is sent */  \
  X (MISSING_INTERMEDIATE, "missing-intermediate") /* the same, but it is not sent */              \
  X (WRONG_ORDER, "wrong-order") /* unrelated certificates between leaf and issuer */              \
  X (LONG_CHAIN, "long-chain")   /* a dozen certificates, most of them padding */                  \
  X (MANY_NAMES, "many-names")   /* two thousand SANs, the right one last */

typedef enum
{
#define X(kind, nick) CERT_##kind,
  CERT_MAP (X)
#undef X
      CERT_N_KINDS
} CertKind;

/* The nick of KIND. */
const char *cert_kind_to_string (CertKind kind);
gboolean cert_kind_from_string (const char *text, CertKind *ret_kind);

Certs *certs_new (void);
void certs_free (Certs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Certs, certs_free)

/* Writes the authority (not the one of CERT_UNKNOWN_ISSUER) to PATH as PEM; aborts on failure. */
void certs_write_ca (Certs *self, const char *path);

/* Writes the leaf of KIND to PATH as PEM, for settings that trust it directly. */
void certs_write_leaf (Certs *self, CertKind kind, const char *path);

/* Writes the chain and the key of KIND as PEM, for servers that want files. */
void certs_write_server (Certs *self, CertKind kind, const char *chain, const char *key);

/* Server credentials with the chain of KIND, owned by SELF. */
gnutls_certificate_credentials_t certs_credentials (Certs *self, CertKind kind);

/* The SHA-256 of the SubjectPublicKeyInfo of KIND's leaf (RFC 7858 section 4.2) in base64.  RET_RAW
 * may be NULL.  Caller frees. */
char *certs_pin (Certs *self, CertKind kind, guint8 ret_raw[32]);

/* The pin of the intermediate authority: a pin on it must not open anything. */
char *certs_intermediate_pin (Certs *self);
