/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* The trust store is searched, not loaded: parsing a distribution's 150 authorities costs a dozen
 * milliseconds and as many megabytes, and a server's chain needs one or two of them. */

/* The bundle of authorities that the build or the distribution chose, or NULL where none of the
 * usual places has one. */
const char *dotls_trust_system_bundle (void);

/* Adds to LIST every certificate of the PEM file BUNDLE that could anchor the chain of N
 * certificates in DER form: those whose subject is the issuer of one in the chain (so that several
 * authorities of one name and cross-signed ones are all there to choose from), and those that are
 * themselves in the chain (a server's own certificate, trusted directly).  Signatures, dates and
 * purposes are the caller's to check, against LIST.
 * Fails with DOTLS_ERROR_UNVERIFIABLE where BUNDLE cannot be read. */
gboolean dotls_trust_search (const char *bundle,
                             const gnutls_datum_t *chain,
                             guint n,
                             gnutls_x509_trust_list_t list,
                             GError **error);
