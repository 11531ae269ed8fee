/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/wire.h"

/* Names and classes that are answered here and never told to an upstream:
 *
 *   localhost and below    127.0.0.1 and ::1, else no data (RFC 6761 section 6.3)
 *   invalid                does not exist (RFC 6761 section 6.4)
 *   onion, alt             does not exist (RFC 7686 section 2, RFC 9476)
 *   local                  does not exist: it is multicast DNS (RFC 6762 section 22.1)
 *   home.arpa              does not exist, no data at its top; DS goes up (RFC 8375 section 4)
 *   resolver.arpa          no data: we designate nobody (RFC 9462 section 6.4)
 *   reverse names of private, loopback, link-local and documentation addresses
 *                          do not exist, no data at the top of each zone (RFC 6303, RFC 7793);
 *                          127.0.0.1 and ::1 are localhost
 *   one label, A AAAA SVCB HTTPS
 *                          no data: it is meant for the local network.  Other types are how
 *                          programs ask about top-level domains, and go up
 *   class CH, HS, NONE, ANY
 *                          refused (RFC 4892: version.bind would tell upstreams who asks what);
 *                          unknown classes are opaque and go up (RFC 3597)
 *
 * `test` (RFC 6761 section 6.2), ipv4only.arpa (RFC 8880) and use-application-dns.net go up.
 * What is denied carries Extended DNS Error 20, Not Authoritative (RFC 8914): the answer is ours
 * and nobody's who could sign it; a class carries 21, Not Supported. */

typedef enum
{
  DOTLS_SPECIAL_NODATA,
  DOTLS_SPECIAL_ADDRESS,   /* of the loopback interface */
  DOTLS_SPECIAL_LOCALHOST, /* PTR localhost */
  DOTLS_SPECIAL_AUTHORITY, /* the SOA of a zone that lives here */
  DOTLS_SPECIAL_NXDOMAIN,
  DOTLS_SPECIAL_REFUSED,
} DotlsSpecialKind;

typedef struct
{
  DotlsSpecialKind kind;
  guint8 length;
  guint8 records[64]; /* as they follow the question of a message, whose name they point into */
} DotlsSpecial;

/* Whether KEY, whose name is folded, is to be answered here, and with what.  For a usual name a few
 * comparisons. */
gboolean dotls_special_find (const DotlsKey *key, DotlsSpecial *ret_special);

/* The same as an answer that needs no ageing.  RET_BODY points into SPECIAL. */
void dotls_special_body (const DotlsSpecial *special, DotlsBody *ret_body);
