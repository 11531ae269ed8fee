/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/answer.h"

#include <string.h>

#include "core/answer-scrub.h"
#include "core/chain.h"

#define QR 0x80
#define TC 0x02
#define AD 0x20

#define OPTION_KEEPALIVE 11
#define OPTION_EDE 15

/* The walk of one message. */
typedef struct
{
  guint8 *message;
  gsize length;
  gsize offset;
  const DotlsKey *key;
  const DotlsTtlBounds *bounds;
  DotlsAnswer *answer;
  DotlsChain chain;
  gsize body_start;
  guint32 ttl;              /* lowest so far */
  guint extended_rcode;     /* from OPT */
  gboolean has_wanted_type; /* the answer section holds what was asked for */
  gboolean has_soa;
  gboolean has_opt;
  gboolean has_strangers; /* something must be left out */
  /* the RRset under way */
  DotlsRecord last;
  guint set_start;
} Walk;

gboolean
dotls_answer_matches (const guint8 *message,
                      gsize length,
                      const DotlsKey *key,
                      gboolean *ret_is_bare)
{
  const guint8 *name = message + DOTLS_HEADER_SIZE;
  guint8 folded[DOTLS_NAME_MAX + 1];

  *ret_is_bare = FALSE;
  if (length < DOTLS_HEADER_SIZE || !(message[2] & QR))
    return FALSE;
  if (dotls_read_u16 (message + 4) == 0)
    {
      guint rcode = message[3] & 0xf;

      *ret_is_bare = rcode == DOTLS_RCODE_FORMERR || rcode == DOTLS_RCODE_NOTIMP;
      return FALSE;
    }
  if (dotls_read_u16 (message + 4) != 1 || length < DOTLS_HEADER_SIZE + key->name_length + 4u)
    return FALSE;
  dotls_name_fold (folded, name, key->name_length);
  return memcmp (folded, key->name, key->name_length) == 0
         && dotls_read_u16 (name + key->name_length) == key->qtype
         && dotls_read_u16 (name + key->name_length + 2) == key->qclass;
}

gboolean
dotls_record_read (const guint8 *message, gsize length, gsize offset, DotlsRecord *ret_record)
{
  gsize fixed = dotls_name_skip (message, length, offset);

  if (fixed == 0 || fixed + 10 > length)
    return FALSE;
  *ret_record = (DotlsRecord){
    .owner = offset,
    .type = dotls_read_u16 (message + fixed),
    .klass = dotls_read_u16 (message + fixed + 2),
    .ttl = dotls_read_u32 (message + fixed + 4),
    .ttl_offset = fixed + 4,
    .rdata = fixed + 10,
    .end = fixed + 10 + dotls_read_u16 (message + fixed + 8),
  };
  if (ret_record->end > length)
    return FALSE;
  if (ret_record->type == DOTLS_TYPE_RRSIG && ret_record->end >= ret_record->rdata + 2u)
    ret_record->covered = dotls_read_u16 (message + ret_record->rdata);
  return TRUE;
}

static gboolean
is_dnssec_type (guint16 type)
{
  return type == DOTLS_TYPE_RRSIG || type == DOTLS_TYPE_NSEC || type == DOTLS_TYPE_NSEC3;
}

/* Signatures go only to who asked (RFC 4035 section 3.2.1). */
static gboolean
is_wanted (const DotlsKey *key, guint16 type)
{
  return (key->bits & DOTLS_KEY_DO) || !is_dnssec_type (type) || key->qtype == type
         || key->qtype == DOTLS_TYPE_ANY;
}

gboolean
dotls_record_belongs (const DotlsRecord *record,
                      gboolean in_answer,
                      const DotlsKey *key,
                      const DotlsChain *chain,
                      const guint8 *message,
                      gsize length)
{
  gboolean or_ancestor =
      !in_answer || record->type == DOTLS_TYPE_DNAME || record->covered == DOTLS_TYPE_DNAME;

  if (record->klass != key->qclass || !is_wanted (key, record->type))
    return FALSE;
  if (!in_answer && is_dnssec_type (record->type))
    return TRUE; /* proofs lie beside the name */
  if (!in_answer && record->type != DOTLS_TYPE_SOA && record->type != DOTLS_TYPE_NS
      && record->type != DOTLS_TYPE_DS)
    return FALSE;
  return dotls_chain_has (chain, message, length, record->owner, or_ancestor);
}

/* RFC 2181 section 8. */
static guint32
sane_ttl (guint32 ttl)
{
  return ttl & 0x80000000u ? 0 : ttl;
}

static void
set_ttl (Walk *walk, guint index, guint32 ttl)
{
  dotls_write_u32 (walk->message + walk->body_start + walk->answer->ttl_offsets[index], ttl);
  walk->ttl = MIN (walk->ttl, ttl);
}

static gboolean
is_same_owner (const Walk *walk, guint a, guint b)
{
  guint16 start = dotls_read_u16 (walk->message + a);
  guint8 name_a[DOTLS_NAME_MAX], name_b[DOTLS_NAME_MAX];
  gsize length;

  if (start >= 0xc000 && start == dotls_read_u16 (walk->message + b))
    return TRUE; /* nearly always: both point to the same place */
  length = dotls_name_expand (walk->message, walk->length, a, name_a);
  return length > 0 && length == dotls_name_expand (walk->message, walk->length, b, name_b)
         && memcmp (name_a, name_b, length) == 0;
}

/* RFC 2181 section 5.2: one TTL for one RRset, the lowest. */
static void
keep_ttl (Walk *walk, const DotlsRecord *record)
{
  DotlsBody *body = &walk->answer->body;
  guint index = body->n_ttls++;
  guint32 ttl = CLAMP (sane_ttl (record->ttl), walk->bounds->min_ttl, walk->bounds->max_ttl);
  gboolean same_set = index > 0 && record->type == walk->last.type
                      && record->covered == walk->last.covered
                      && is_same_owner (walk, record->owner, walk->last.owner);

  walk->answer->ttl_offsets[index] = record->ttl_offset - walk->body_start;
  if (!same_set)
    walk->set_start = index;
  else if (ttl > walk->last.ttl)
    ttl = walk->last.ttl;
  else if (ttl < walk->last.ttl)
    for (guint i = walk->set_start; i < index; i++)
      set_ttl (walk, i, ttl);
  set_ttl (walk, index, ttl);
  walk->last = *record;
  walk->last.ttl = ttl;
}

static gboolean
walk_answer_record (Walk *walk, const DotlsRecord *record)
{
  if (!dotls_record_belongs (record, TRUE, walk->key, &walk->chain, walk->message, walk->length))
    {
      walk->has_strangers = TRUE;
      return TRUE;
    }
  if (record->type == walk->key->qtype || walk->key->qtype == DOTLS_TYPE_ANY)
    walk->has_wanted_type = TRUE;
  else if (record->type == DOTLS_TYPE_CNAME
           && dotls_chain_is_last (&walk->chain, walk->message, walk->length, record->owner)
           && !dotls_chain_add (&walk->chain, walk->message, record->end, record->rdata))
    return FALSE;
  keep_ttl (walk, record);
  return TRUE;
}

/* RFC 2308 section 5: the SOA says how long there is nothing. */
static gboolean
take_soa (Walk *walk, DotlsRecord *record)
{
  if (record->end < record->rdata + 22u)
    return FALSE;
  walk->has_soa = TRUE;
  record->ttl =
      MIN (sane_ttl (record->ttl), sane_ttl (dotls_read_u32 (walk->message + record->end - 4)));
  record->ttl = MIN (record->ttl, walk->bounds->max_negative_ttl);
  return TRUE;
}

static gboolean
walk_authority_record (Walk *walk, DotlsRecord *record)
{
  if (!dotls_record_belongs (record, FALSE, walk->key, &walk->chain, walk->message, walk->length))
    {
      walk->has_strangers = TRUE;
      return TRUE;
    }
  if (record->type == DOTLS_TYPE_SOA && !take_soa (walk, record))
    return FALSE;
  keep_ttl (walk, record);
  return TRUE;
}

static gboolean
take_opt (Walk *walk, const DotlsRecord *record)
{
  const guint8 *p = walk->message + record->rdata, *end = walk->message + record->end;

  if (walk->has_opt || walk->message[record->owner] != 0)
    return FALSE;
  walk->has_opt = TRUE;
  walk->extended_rcode = record->ttl >> 24;
  while (end - p >= 4)
    {
      gsize length = dotls_read_u16 (p + 2);

      if ((gsize) (end - p - 4) < length)
        return FALSE;
      if (dotls_read_u16 (p) == OPTION_KEEPALIVE && length == 2)
        walk->answer->keepalive = dotls_read_u16 (p + 4);
      /* codes for private use are between others (RFC 8914 section 5.2) */
      if (dotls_read_u16 (p) == OPTION_EDE && length >= 2 && walk->answer->body.ede < 0
          && dotls_read_u16 (p + 4) <= G_MAXINT16)
        walk->answer->body.ede = dotls_read_u16 (p + 4);
      p += 4 + length;
    }
  return p == end;
}

/* Proofs of denial, or nothing: a plain positive answer needs no authority section. */
static gboolean
needs_authority (const Walk *walk)
{
  return (walk->key->bits & DOTLS_KEY_DO) || !walk->has_wanted_type;
}

static gboolean
walk_section (Walk *walk, guint section, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      DotlsRecord record;
      gboolean is_sound = TRUE;

      if (!dotls_record_read (walk->message, walk->length, walk->offset, &record)
          || !dotls_record_is_sound (&record, walk->message))
        return FALSE;
      walk->offset = record.end;
      if (section == 0)
        is_sound = walk_answer_record (walk, &record);
      else if (section == 1 && needs_authority (walk))
        is_sound = walk_authority_record (walk, &record);
      else if (section == 2 && record.type == DOTLS_TYPE_OPT)
        is_sound = take_opt (walk, &record);
      if (!is_sound)
        return FALSE;
    }
  return TRUE;
}

static gboolean
walk_message (Walk *walk)
{
  DotlsBody *body = &walk->answer->body;
  guint counts[3];
  gsize body_end;

  for (guint i = 0; i < 3; i++)
    counts[i] = dotls_read_u16 (walk->message + 6 + 2 * i);
  if (counts[0] + counts[1] + counts[2] > DOTLS_RECORDS_MAX)
    return FALSE;
  dotls_chain_begin (&walk->chain, walk->key->name, walk->key->name_length);
  walk->body_start = walk->offset = DOTLS_HEADER_SIZE + walk->key->name_length + 4;
  walk->ttl = walk->bounds->max_ttl;
  if (!walk_section (walk, 0, counts[0]))
    return FALSE;
  body_end = walk->offset;
  body->ancount = counts[0];
  if (!walk_section (walk, 1, counts[1]))
    return FALSE;
  if (needs_authority (walk))
    {
      body_end = walk->offset;
      body->nscount = counts[1];
    }
  body->bytes = walk->message + walk->body_start;
  body->length = body_end - walk->body_start;
  return walk_section (walk, 2, counts[2]) && walk->offset == walk->length;
}

static DotlsAnswerVerdict
judge (Walk *walk)
{
  DotlsAnswer *answer = walk->answer;
  DotlsBody *body = &answer->body;

  body->rcode = walk->extended_rcode << 4 | (walk->message[3] & 0xf);
  body->ad = (walk->message[3] & AD) != 0;
  body->ttl_offsets = answer->ttl_offsets;
  if (body->rcode != DOTLS_RCODE_NOERROR && body->rcode != DOTLS_RCODE_NXDOMAIN
      && body->rcode != DOTLS_RCODE_YXDOMAIN)
    return DOTLS_ANSWER_FAILURE;
  answer->negative = body->rcode == DOTLS_RCODE_NXDOMAIN || !walk->has_wanted_type;
  answer->ttl = answer->negative && !walk->has_soa ? 0 : walk->ttl;
  return DOTLS_ANSWER_GOOD;
}

static gboolean
walk_again (Walk *walk, guint8 *message, gsize length)
{
  int keepalive = walk->answer->keepalive, ede = walk->answer->body.ede;
  guint extended_rcode = walk->extended_rcode;

  *walk = (Walk){ .message = message,
                  .length = length,
                  .key = walk->key,
                  .bounds = walk->bounds,
                  .answer = walk->answer,
                  .extended_rcode = extended_rcode };
  walk->answer->body = (DotlsBody){ .ede = ede };
  walk->answer->keepalive = keepalive;
  return walk_message (walk) && !walk->has_strangers;
}

DotlsAnswerVerdict
dotls_answer_parse (guint8 *message,
                    gsize length,
                    const DotlsKey *key,
                    const DotlsTtlBounds *bounds,
                    guint8 *scratch,
                    DotlsAnswer *ret_answer)
{
  Walk walk = {
    .message = message, .length = length, .key = key, .bounds = bounds, .answer = ret_answer
  };

  ret_answer->body = (DotlsBody){ .ede = DOTLS_EDE_NONE };
  ret_answer->ttl = 0;
  ret_answer->negative = FALSE;
  ret_answer->keepalive = -1;
  if (message[2] & TC)
    return DOTLS_ANSWER_TRUNCATED;
  if (dotls_read_u16 (message + 4) == 0)
    {
      ret_answer->body.rcode = message[3] & 0xf;
      return DOTLS_ANSWER_FAILURE;
    }
  if (!walk_message (&walk))
    return DOTLS_ANSWER_MALFORMED;
  if (walk.has_strangers)
    {
      gsize kept = dotls_answer_scrub (message, length, key, scratch);

      if (kept == 0 || !walk_again (&walk, scratch, kept))
        return DOTLS_ANSWER_MALFORMED;
    }
  return judge (&walk);
}
