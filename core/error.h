/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Every way in which something can fail towards a person or a program: one row a code, CamelCase
 * for the bus (org.dotls.Dotls1.Error.X) and the nick for texts and statistics. */
#define DOTLS_ERROR_MAP(X)                                                                         \
  X (NO_SUCH_UPSTREAM, "NoSuchUpstream", "no-such-upstream")                                       \
  X (INVALID_ARGUMENT, "InvalidArgument", "invalid-argument")                                      \
  X (UNVERIFIABLE, "Unverifiable", "unverifiable")                                                 \
  X (CERTIFICATE_EXPIRED, "CertificateExpired", "certificate-expired")                             \
  X (CERTIFICATE_NOT_YET_VALID, "CertificateNotYetValid", "certificate-not-yet-valid")             \
  X (NAME_MISMATCH, "NameMismatch", "name-mismatch")                                               \
  X (UNKNOWN_ISSUER, "UnknownIssuer", "unknown-issuer")                                            \
  X (BAD_CERTIFICATE, "BadCertificate", "bad-certificate")                                         \
  X (PIN_MISMATCH, "PinMismatch", "pin-mismatch")                                                  \
  X (TLS, "Tls", "tls")                                                                            \
  X (REFUSED, "Refused", "refused")                                                                \
  X (UNREACHABLE, "Unreachable", "unreachable")                                                    \
  X (CLOSED, "Closed", "closed")                                                                   \
  X (TIMEOUT, "Timeout", "timeout")                                                                \
  X (PROTOCOL, "Protocol", "protocol")                                                             \
  X (PORTAL, "Portal", "portal")                                                                   \
  X (OFFLINE, "Offline", "offline")                                                                \
  X (BUSY, "Busy", "busy")                                                                         \
  X (CONFIG, "Config", "config")                                                                   \
  X (ACCESS_DENIED, "AccessDenied", "access-denied")                                               \
  X (FAILED, "Failed", "failed")

typedef enum
{
  DOTLS_ERROR_NONE = -1,
#define X(code, name, nick) DOTLS_ERROR_##code,
  DOTLS_ERROR_MAP (X)
#undef X
      DOTLS_N_ERRORS
} DotlsError;

#define DOTLS_ERROR (dotls_error_quark ())
GQuark dotls_error_quark (void);

/* "NameMismatch", as the bus spells it; "" for DOTLS_ERROR_NONE. */
const char *dotls_error_name (DotlsError code);

/* "name-mismatch", as statistics and JSON spell it; "" for DOTLS_ERROR_NONE. */
const char *dotls_error_nick (DotlsError code);

/* Whether the code says that the peer was reached and is not who it should be.  Such a fault is
 * never excused by trying again in another way. */
gboolean dotls_error_is_authentication (DotlsError code);
