/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* The name to ask for TEXT, which people typed: letters beyond ASCII become their ASCII form
 * (RFC 5891 section 4).  NULL with a GConvertError and a sentence where it is no domain name.
 * Caller frees. */
char *dotls_question_name (const char *text, GError **error);

/* The name below in-addr.arpa or ip6.arpa for an address (RFC 1035 section 3.5, RFC 3596 section
 * 2.5), or NULL where TEXT is none.  Caller frees. */
char *dotls_question_reverse (const char *text);

/* Whether TEXT names a record type, such as "AAAA" or "TYPE65". */
gboolean dotls_question_is_type (const char *text);
