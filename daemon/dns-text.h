/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Room for every domain name in text form: each of 255 bytes may need four characters. */
#define DOTLS_DNS_TEXT_MAX 1024

/* Writes the uncompressed NAME in presentation form (RFC 1035 section 5.1), without the dot at the
 * end unless it is the root; only printable ASCII comes out. */
void dotls_dns_text_from_name (const guint8 *name, char ret_text[static DOTLS_DNS_TEXT_MAX]);

/* "AAAA"; "TYPE65280" for one without a name (RFC 3597 section 5). */
#define DOTLS_DNS_TYPE_MAX 16
void dotls_dns_text_from_type (guint16 type, char ret_text[static DOTLS_DNS_TYPE_MAX]);

/* Understands both spellings, in any letter case. */
gboolean dotls_dns_text_to_type (const char *text, guint16 *ret_type);

/* "NXDOMAIN", or the number of a code without a name. */
#define DOTLS_DNS_RCODE_MAX 16
void dotls_dns_text_from_rcode (guint16 rcode, char ret_text[static DOTLS_DNS_RCODE_MAX]);

/* The part of NAME below which a registry lets anybody register, by the public suffix list: the
 * suffix and one label.  NAME itself where there is no such.  Points into NAME; both are
 * uncompressed. */
const guint8 *dotls_dns_text_registrable (const guint8 *name);
