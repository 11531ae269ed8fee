/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/address.h"

/* Understands the ways in which people write where a DNS-over-TLS server is:
 *   192.0.2.1  192.0.2.1:853  2001:db8::1  [2001:db8::1]:853  fe80::1%eth0
 *   192.0.2.1:853#dns.example  [fe80::1]:853%eth0#dns.example         systemd-resolved
 *   192.0.2.1@853#dns.example                                         unbound
 *   dns+tls://192.0.2.1:853#dns.example  dns+tls://192.0.2.1?name=dns.example   NetworkManager
 *   tls://192.0.2.1:853  tls://dns.example:853
 * The last form names no address: those are taken from the catalogue in PROVIDERS (a directory),
 * as a name is never looked up in clear.
 *
 * Appends what it found, at least one DotlsAddress, to ADDRESSES and returns the name to
 * authenticate (see authname.h), or NULL.  DOTLS_ERROR_INVALID_ARGUMENT with a text that
 * says what to write; nothing is appended then. */
gboolean dotls_endpoint_parse (const char *text,
                               const char *providers,
                               GArray *addresses,
                               char **ret_auth_name,
                               GError **error);
