/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/answer-scrub.h"

/* What the data of a record is made of: octets, names, octets. */
typedef struct
{
  guint8 is_known;
  guint8 before;
  guint8 names;
  guint8 after;
} Shape;

/* All types whose names may be compressed (RFC 1035 section 3.3, RFC 3597 section 4), those that
 * older servers compress all the same, and addresses; NAPTR has no such simple shape. */
static const Shape shapes[] = {
  [1] = { TRUE, 4, 0, 0 },   /* A */
  [2] = { TRUE, 0, 1, 0 },   /* NS */
  [3] = { TRUE, 0, 1, 0 },   /* MD */
  [4] = { TRUE, 0, 1, 0 },   /* MF */
  [5] = { TRUE, 0, 1, 0 },   /* CNAME */
  [6] = { TRUE, 0, 2, 20 },  /* SOA */
  [7] = { TRUE, 0, 1, 0 },   /* MB */
  [8] = { TRUE, 0, 1, 0 },   /* MG */
  [9] = { TRUE, 0, 1, 0 },   /* MR */
  [12] = { TRUE, 0, 1, 0 },  /* PTR */
  [14] = { TRUE, 0, 2, 0 },  /* MINFO */
  [15] = { TRUE, 2, 1, 0 },  /* MX */
  [17] = { TRUE, 0, 2, 0 },  /* RP */
  [18] = { TRUE, 2, 1, 0 },  /* AFSDB */
  [21] = { TRUE, 2, 1, 0 },  /* RT */
  [26] = { TRUE, 2, 2, 0 },  /* PX */
  [28] = { TRUE, 16, 0, 0 }, /* AAAA */
  [33] = { TRUE, 6, 1, 0 },  /* SRV */
  [36] = { TRUE, 2, 1, 0 },  /* KX */
  [39] = { TRUE, 0, 1, 0 },  /* DNAME */
};

gboolean
dotls_record_is_sound (const DotlsRecord *record, const guint8 *message)
{
  const Shape *shape = record->type < G_N_ELEMENTS (shapes) ? &shapes[record->type] : &shapes[0];
  gsize offset;
  guint8 name[DOTLS_NAME_MAX];

  if (!shape->is_known || record->klass != DOTLS_CLASS_IN)
    return TRUE;
  offset = record->rdata + shape->before;
  for (guint i = 0; i < shape->names; i++)
    {
      if (dotls_name_expand (message, record->end, offset, name) == 0)
        return FALSE;
      offset = dotls_name_skip (message, record->end, offset);
    }
  return offset + shape->after == record->end;
}
