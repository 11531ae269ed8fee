/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/limits.h"
#include "core/name.h"

/* The names that an answer is about: the one asked for, and where its aliases lead (RFC 1034
 * section 3.6.2). */
typedef struct
{
  guint16 offsets[DOTLS_CNAME_MAX + 2]; /* where the name was seen: its first compressed place */
  guint8 names[DOTLS_CNAME_MAX + 2][DOTLS_NAME_MAX + 1];
  guint8 lengths[DOTLS_CNAME_MAX + 2];
  guint count;
} DotlsChain;

/* Starts with the folded, uncompressed name asked for, which stands at offset 12. */
void dotls_chain_begin (DotlsChain *chain, const guint8 *name, gsize length);

/* Whether the name at OFFSET is one of the chain, or with BELOW an ancestor of one. */
gboolean dotls_chain_has (const DotlsChain *chain,
                          const guint8 *message,
                          gsize length,
                          gsize offset,
                          gboolean or_ancestor);

/* Whether the name at OFFSET is the newest of the chain: an alias there leads on. */
gboolean dotls_chain_is_last (const DotlsChain *chain,
                              const guint8 *message,
                              gsize length,
                              gsize offset);

/* Adds the alias target at OFFSET.  FALSE where it is malformed, closes a loop or is one too many.
 */
gboolean dotls_chain_add (DotlsChain *chain, const guint8 *message, gsize length, gsize offset);
