/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gnutls/x509.h>

#include "core/spec.h"

/* What one certificate says, compared with what was expected.  Certificates are hostile until the
 * end of this, so every text made from one is short and printable. */

/* Whether a SAN dNSName of CERTIFICATE is NAME (RFC 9525 section 6.3): letter case aside; `*` only
 * as the whole first label, for exactly one label; never by CN, and never where NAME is an
 * address. */
gboolean dotls_certificate_has_name (gnutls_x509_crt_t certificate, const char *name);

/* Whether a SAN iPAddress of CERTIFICATE is the host of ADDRESS (RFC 8310 section 8.1). */
gboolean dotls_certificate_has_address (gnutls_x509_crt_t certificate, const DotlsAddress *address);

/* Whether the key of CERTIFICATE is one of PINS, of DotlsPin (RFC 7858 section 4.2).  RET_PIN gets
 * the pin of the key. */
gboolean dotls_certificate_has_pin (gnutls_x509_crt_t certificate, GArray *pins, DotlsPin *ret_pin);

/* The SANs, "a.test, b.test and 9 more".  Caller frees. */
char *dotls_certificate_describe_names (gnutls_x509_crt_t certificate);

/* Who signed it, as a distinguished name.  Caller frees. */
char *dotls_certificate_describe_issuer (gnutls_x509_crt_t certificate);

/* Whether the key in the Certificate message MESSAGE (RFC 8446 section 4.4.2 if IS_TLS13, else RFC
 * 5246 section 7.4.2) is of a size that may be computed with, see DOTLS_RSA_BITS_MAX. */
gboolean dotls_certificate_is_key_bearable (const gnutls_datum_t *message, gboolean is_tls13);
