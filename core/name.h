/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Domain names in wire form (RFC 1035 section 3.1).  Labels are binary; only ASCII letters fold
 * (RFC 4343).  Length octets are below 64 and 'A' is 65, so a whole name folds as one string. */

#define DOTLS_NAME_MAX 255

/* The length in octets, with the root, of the uncompressed name at NAME, or 0 if it runs past END,
 * is longer than 255 octets or holds a pointer. */
gsize dotls_name_length (const guint8 *name, const guint8 *end);

/* Copies LENGTH octets of an uncompressed name and folds them.  DST may be SRC. */
void dotls_name_fold (guint8 *dst, const guint8 *src, gsize length);

/* Spreads LENGTH octets and EXTRA over 32 bits; SEED keeps others from choosing collisions. */
guint32 dotls_name_hash (const guint8 *name, gsize length, guint64 extra, guint64 seed);

/* The offset after the possibly compressed name at OFFSET, or 0 where it is malformed: a pointer
 * that does not point strictly backwards, a reserved label type, or the end of the message. */
gsize dotls_name_skip (const guint8 *message, gsize length, gsize offset);

/* Writes the possibly compressed name at OFFSET, folded, to RET_NAME (DOTLS_NAME_MAX octets) and
 * returns its length, or 0 where it is malformed (as above, or longer than 255 octets). */
gsize dotls_name_expand (const guint8 *message, gsize length, gsize offset, guint8 *ret_name);

/* Whether folded NAME is DOMAIN or below it; both uncompressed. */
gboolean dotls_name_is_below (const guint8 *name,
                              gsize name_length,
                              const guint8 *domain,
                              gsize domain_length);

/* Text form with RFC 1035 section 5.1 escapes -> wire form of at most DOTLS_NAME_MAX octets.
 * Returns the length, or 0 where TEXT is no domain name. */
gsize dotls_name_from_text (const char *text, guint8 *ret_name);
