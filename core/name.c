/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/name.h"

#include <libknot/dname.h>
#include <string.h>

#define POINTER 0xc0

gsize
dotls_name_length (const guint8 *name, const guint8 *end)
{
  const guint8 *p = name;

  while (p < end && *p != 0)
    {
      if (*p >= 64)
        return 0;
      p += 1 + *p;
    }
  return p < end && p - name < DOTLS_NAME_MAX ? p - name + 1 : 0;
}

/* Eight octets at once: sets bit 5 of every octet between 'A' and 'Z'. */
static guint64
fold_word (guint64 word)
{
  const guint64 ones = 0x0101010101010101u, high = ones * 0x80;
  guint64 low = word & ~high;
  guint64 from_a = low + ones * (0x80 - 'A');
  guint64 after_z = low + ones * (0x80 - 'Z' - 1);

  return word | (((from_a & ~after_z & ~word & high)) >> 2);
}

void
dotls_name_fold (guint8 *dst, const guint8 *src, gsize length)
{
  gsize i = 0;

  for (; i + 8 <= length; i += 8)
    {
      guint64 word;

      memcpy (&word, src + i, 8);
      word = fold_word (word);
      memcpy (dst + i, &word, 8);
    }
  for (; i < length; i++)
    dst[i] = g_ascii_tolower (src[i]);
}

static guint64
mix (guint64 a, guint64 b)
{
  unsigned __int128 product = (unsigned __int128) a * b;

  return (guint64) product ^ (guint64) (product >> 64);
}

guint32
dotls_name_hash (const guint8 *name, gsize length, guint64 extra, guint64 seed)
{
  const guint64 odd1 = 0x9e3779b97f4a7c15u, odd2 = 0xe7037ed1a0b428dbu;
  guint64 hash = mix (seed ^ odd1, extra ^ odd2 ^ (guint64) length << 56);
  guint64 word;

  for (; length >= 8; length -= 8, name += 8)
    {
      memcpy (&word, name, 8);
      hash = mix (hash ^ odd1, word ^ seed);
    }
  word = 0;
  memcpy (&word, name, length);
  hash = mix (hash ^ odd2, word ^ seed);
  return hash ^ hash >> 32;
}

gsize
dotls_name_skip (const guint8 *message, gsize length, gsize offset)
{
  while (offset < length)
    {
      guint8 octet = message[offset];

      if (octet == 0)
        return offset + 1;
      if ((octet & POINTER) == POINTER)
        {
          if (offset + 2 > length)
            return 0;
          return ((octet & 0x3f) << 8 | message[offset + 1]) < (int) offset ? offset + 2 : 0;
        }
      if (octet >= 64)
        return 0;
      offset += 1 + octet;
    }
  return 0;
}

gsize
dotls_name_expand (const guint8 *message, gsize length, gsize offset, guint8 *ret_name)
{
  gsize written = 0, limit = offset;

  /* Every pointer goes below the one before, so this ends. */
  while (offset < length)
    {
      guint8 octet = message[offset];

      if ((octet & POINTER) == POINTER)
        {
          gsize target;

          if (offset + 2 > length)
            return 0;
          target = (octet & 0x3f) << 8 | message[offset + 1];
          if (target >= limit)
            return 0;
          offset = limit = target;
          continue;
        }
      if (octet >= 64 || offset + 1 + octet > length || written + 1 + octet > DOTLS_NAME_MAX)
        return 0;
      memcpy (ret_name + written, message + offset, 1 + octet);
      written += 1 + octet;
      offset += 1 + octet;
      if (octet == 0)
        {
          dotls_name_fold (ret_name, ret_name, written);
          return written;
        }
    }
  return 0;
}

gboolean
dotls_name_is_below (const guint8 *name,
                     gsize name_length,
                     const guint8 *domain,
                     gsize domain_length)
{
  while (name_length > domain_length && *name != 0)
    {
      name_length -= 1 + *name;
      name += 1 + *name;
    }
  return name_length == domain_length && memcmp (name, domain, domain_length) == 0;
}

gsize
dotls_name_from_text (const char *text, guint8 *ret_name)
{
  if (*text == '\0' || knot_dname_from_str (ret_name, text, DOTLS_NAME_MAX) == NULL)
    return 0;
  return dotls_name_length (ret_name, ret_name + DOTLS_NAME_MAX);
}
