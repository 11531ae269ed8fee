/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/chain.h"

#include <string.h>

void
dotls_chain_begin (DotlsChain *chain, const guint8 *name, gsize length)
{
  chain->count = 1;
  chain->offsets[0] = 12;
  chain->lengths[0] = length;
  memcpy (chain->names[0], name, length);
}

/* Where the first label of the name stands: servers compress nearly always, so two names are mostly
 * the same place. */
static gsize
place (const guint8 *message, gsize length, gsize offset)
{
  while (offset + 1 < length && (message[offset] & 0xc0) == 0xc0)
    {
      gsize target = (message[offset] & 0x3f) << 8 | message[offset + 1];

      if (target >= offset)
        return 0;
      offset = target;
    }
  return offset;
}

gboolean
dotls_chain_has (const DotlsChain *chain,
                 const guint8 *message,
                 gsize length,
                 gsize offset,
                 gboolean or_ancestor)
{
  gsize at = place (message, length, offset), name_length;
  guint8 name[DOTLS_NAME_MAX];

  for (guint i = chain->count; i-- > 0;)
    if (chain->offsets[i] == at)
      return TRUE;
  name_length = dotls_name_expand (message, length, offset, name);
  if (name_length == 0)
    return FALSE;
  for (guint i = 0; i < chain->count; i++)
    if ((chain->lengths[i] == name_length && memcmp (chain->names[i], name, name_length) == 0)
        || (or_ancestor
            && dotls_name_is_below (chain->names[i], chain->lengths[i], name, name_length)))
      return TRUE;
  return FALSE;
}

gboolean
dotls_chain_is_last (const DotlsChain *chain, const guint8 *message, gsize length, gsize offset)
{
  guint last = chain->count - 1;
  guint8 name[DOTLS_NAME_MAX];

  if (chain->offsets[last] == place (message, length, offset))
    return TRUE;
  return dotls_name_expand (message, length, offset, name) == chain->lengths[last]
         && memcmp (name, chain->names[last], chain->lengths[last]) == 0;
}

gboolean
dotls_chain_add (DotlsChain *chain, const guint8 *message, gsize length, gsize offset)
{
  guint8 *name = chain->names[chain->count];
  gsize name_length;

  if (chain->count > DOTLS_CNAME_MAX)
    return FALSE;
  name_length = dotls_name_expand (message, length, offset, name);
  if (name_length == 0)
    return FALSE;
  for (guint i = 0; i < chain->count; i++)
    if (chain->lengths[i] == name_length && memcmp (chain->names[i], name, name_length) == 0)
      return FALSE;
  chain->lengths[chain->count] = name_length;
  chain->offsets[chain->count++] = place (message, length, offset);
  return TRUE;
}
