/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>
#include <netinet/in.h>

#include "core/forward.h"

/* An IPv4 or IPv6 address with its port, and for link-local ones the scope. */
union _DotlsAddress
{
  struct sockaddr sa;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
};

/* The length that bind() and sendto() want. */
socklen_t dotls_address_length (const DotlsAddress *address);

/* The port in host order. */
guint16 dotls_address_port (const DotlsAddress *address);

/* Understands 192.0.2.1, 192.0.2.1:53, 2001:db8::1, [2001:db8::1]:53 and fe80::1%eth0 (also inside
 * the brackets).  DEFAULT_PORT is used where the text has none.  An address without brackets and
 * more than one colon has no port.  Fails with DOTLS_ERROR_INVALID_ARGUMENT and a text that quotes
 * what was wrong. */
gboolean dotls_address_parse (const char *text,
                              guint16 default_port,
                              DotlsAddress *ret_address,
                              GError **error);

/* The text form, always with the port: 192.0.2.1:53 or [fe80::1%eth0]:53.  Caller frees. */
char *dotls_address_to_string (const DotlsAddress *address);

/* The same without the port and brackets.  Caller frees. */
char *dotls_address_to_host_string (const DotlsAddress *address);

gboolean dotls_address_equal (const DotlsAddress *a, const DotlsAddress *b);

/* Whether a public certificate authority could have certified this address: not loopback, private
 * (RFC 1918, RFC 4193), link-local, shared (RFC 6598), documentation, multicast or unspecified. */
gboolean dotls_address_is_global (const DotlsAddress *address);

/* Whether this is 0.0.0.0 or ::. */
gboolean dotls_address_is_wildcard (const DotlsAddress *address);
