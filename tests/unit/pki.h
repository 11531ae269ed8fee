/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* Certificates of every shape, made in a millisecond: what tests/lib/certs.h has no kind for. */
typedef struct _PkiCert
{
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t key;
} PkiCert;

typedef struct
{
  const char *subject;        /* distinguished name, "CN=Root" */
  const char *names;          /* "dns:a.test ip:127.0.0.1", may be NULL */
  const char *purpose;        /* extended key usage, may be NULL */
  int from, to;               /* days from now; both 0: yesterday to tomorrow */
  gboolean is_ca;             /* an authority */
  const PkiCert *same_key_as; /* NULL: a new P-256 key */
  guint rsa_bits;             /* 0: P-256 */
  gboolean must_staple;       /* RFC 7633 */
  const char *permitted;      /* name constraint: dNSName, may be NULL */
} PkiShape;

/* ISSUER NULL: self-signed.  Aborts on failure. */
PkiCert *pki_issue (const PkiShape *shape, const PkiCert *issuer);
void pki_free (PkiCert *cert);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PkiCert, pki_free)

/* Writes CERTS, ended by NULL, to PATH as PEM. */
void pki_write (const char *path, const PkiCert *const *certs);

/* Server credentials with the chain CERTS, ended by NULL, and the key of its first. */
gnutls_certificate_credentials_t pki_credentials (const PkiCert *const *certs);

/* The SHA-256 of CERT's SubjectPublicKeyInfo. */
void pki_pin (const PkiCert *cert, guint8 ret_pin[32]);
