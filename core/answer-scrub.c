/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/answer-scrub.h"

#include <libknot/libknot.h>
#include <string.h>

/* More than this in a message with strangers in it is not worth the work. */
#define RECORDS_MAX 256

typedef struct
{
  const guint8 *message;
  gsize length;
  const DotlsKey *key;
  DotlsChain chain;
  DotlsRecord records[RECORDS_MAX];
  guint n_answer;
  guint n_records; /* answer and authority */
  gboolean is_put[RECORDS_MAX];
  guint
      aliases[DOTLS_CNAME_MAX]; /* the record that leads from each name of the chain to the next */
} Scrub;

static gboolean
read_records (Scrub *scrub)
{
  gsize offset = DOTLS_HEADER_SIZE + scrub->key->name_length + 4;

  scrub->n_answer = dotls_read_u16 (scrub->message + 6);
  scrub->n_records = scrub->n_answer + dotls_read_u16 (scrub->message + 8);
  if (scrub->n_records > RECORDS_MAX)
    return FALSE;
  for (guint i = 0; i < scrub->n_records; i++)
    {
      if (!dotls_record_read (scrub->message, scrub->length, offset, &scrub->records[i]))
        return FALSE;
      offset = scrub->records[i].end;
    }
  return TRUE;
}

/* Aliases in any order: goes round until the chain grows no more, at most once for each alias. */
static gboolean
find_chain (Scrub *scrub)
{
  guint before;

  dotls_chain_begin (&scrub->chain, scrub->key->name, scrub->key->name_length);
  if (scrub->key->qtype == DOTLS_TYPE_CNAME || scrub->key->qtype == DOTLS_TYPE_ANY)
    return TRUE;
  do
    {
      before = scrub->chain.count;
      for (guint i = 0; i < scrub->n_answer; i++)
        {
          const DotlsRecord *record = &scrub->records[i];

          if (record->type != DOTLS_TYPE_CNAME
              || !dotls_chain_is_last (&scrub->chain, scrub->message, scrub->length, record->owner))
            continue;
          if (!dotls_chain_add (&scrub->chain, scrub->message, record->end, record->rdata))
            return FALSE;
          scrub->aliases[scrub->chain.count - 2] = i;
        }
    }
  while (scrub->chain.count != before);
  return TRUE;
}

static gboolean
belongs (const Scrub *scrub, guint index)
{
  return dotls_record_belongs (&scrub->records[index], index < scrub->n_answer, scrub->key,
                               &scrub->chain, scrub->message, scrub->length);
}

static gboolean
put (Scrub *scrub, const knot_pktsection_t *from, guint first, guint index, knot_pkt_t *to)
{
  if (scrub->is_put[index] || !belongs (scrub, index))
    return TRUE;
  scrub->is_put[index] = TRUE;
  return knot_pkt_put (to, KNOT_COMPR_HINT_NONE, knot_pkt_rr (from, index - first), 0) == KNOT_EOK;
}

/* Aliases go before what they lead to, so that the next walk sees them in order. */
static gboolean
put_answer (Scrub *scrub, const knot_pktsection_t *from, knot_pkt_t *to)
{
  for (guint i = 0; i + 1 < scrub->chain.count; i++)
    if (!put (scrub, from, 0, scrub->aliases[i], to))
      return FALSE;
  for (guint i = 0; i < scrub->n_answer; i++)
    if (!put (scrub, from, 0, i, to))
      return FALSE;
  return TRUE;
}

static gboolean
put_authority (Scrub *scrub, const knot_pktsection_t *from, knot_pkt_t *to)
{
  for (guint i = scrub->n_answer; i < scrub->n_records; i++)
    if (!put (scrub, from, scrub->n_answer, i, to))
      return FALSE;
  return TRUE;
}

static gboolean
rebuild (Scrub *scrub, knot_pkt_t *from, knot_pkt_t *to)
{
  const knot_pktsection_t *answer = knot_pkt_section (from, KNOT_ANSWER);
  const knot_pktsection_t *authority = knot_pkt_section (from, KNOT_AUTHORITY);

  if (answer->count != scrub->n_answer || answer->count + authority->count != scrub->n_records)
    return FALSE;
  if (knot_pkt_put_question (to, knot_pkt_qname (from), knot_pkt_qclass (from),
                             knot_pkt_qtype (from))
      != KNOT_EOK)
    return FALSE;
  memcpy (to->wire + 2, from->wire + 2, 2);
  return knot_pkt_begin (to, KNOT_ANSWER) == KNOT_EOK && put_answer (scrub, answer, to)
         && knot_pkt_begin (to, KNOT_AUTHORITY) == KNOT_EOK && put_authority (scrub, authority, to);
}

gsize
dotls_answer_scrub (const guint8 *message, gsize length, const DotlsKey *key, guint8 *ret_message)
{
  g_autofree Scrub *scrub = g_new0 (Scrub, 1);
  g_autofree guint8 *copy = g_memdup2 (message, length);
  knot_pkt_t *from = knot_pkt_new (copy, length, NULL);
  knot_pkt_t *to = knot_pkt_new (ret_message, DOTLS_MESSAGE_MAX, NULL);
  gsize size = 0;

  memset (ret_message, 0, DOTLS_HEADER_SIZE); /* the counts are added to */
  scrub->message = message;
  scrub->length = length;
  scrub->key = key;
  if (read_records (scrub) && find_chain (scrub) && knot_pkt_parse (from, 0) == KNOT_EOK
      && rebuild (scrub, from, to))
    size = to->size;
  knot_pkt_free (to);
  knot_pkt_free (from);
  return size;
}
