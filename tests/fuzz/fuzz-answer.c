/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Input: an octet of circumstances, an age in seconds in two, then an upstream's message, to the
 * question that it holds.
 * Catches: an accepted answer whose reply from the cache no parser takes, holds a record that the
 * upstream did not send, or lives longer than the upstream said; one that is found by another
 * question, or after its time. */

#include <libknot/libknot.h>
#include <string.h>

#include "core/answer.h"
#include "core/cache.h"
#include "fuzz.h"

#define MAX_TTL 86400
#define COMPARED_MAX 64 /* records; more make the fuzzer slow and find nothing */

static gboolean
read_key (const guint8 *message, gsize size, guint8 bits, DotlsKey *ret_key)
{
  const guint8 *name = message + DOTLS_HEADER_SIZE, *end = message + size;
  gsize length;

  memset (ret_key, 0, sizeof *ret_key);
  if (size < DOTLS_HEADER_SIZE || size > DOTLS_MESSAGE_MAX)
    return FALSE;
  length = dotls_name_length (name, end);
  if (length == 0 || (gsize) (end - name) < length + 4)
    return FALSE;
  ret_key->name_length = length;
  dotls_name_fold (ret_key->name, name, length);
  ret_key->qtype = dotls_read_u16 (name + length);
  ret_key->qclass = dotls_read_u16 (name + length + 2);
  ret_key->bits = bits;
  dotls_key_seal (ret_key, 7);
  return TRUE;
}

/* The octets are records and nothing else, whatever is in them; TTLs within bounds. */
static void
check_structure (const guint8 *reply, gsize length, gsize offset)
{
  guint count =
      dotls_read_u16 (reply + 6) + dotls_read_u16 (reply + 8) + dotls_read_u16 (reply + 10);

  for (guint i = 0; i < count; i++)
    {
      gsize fixed = dotls_name_skip (reply, length, offset);

      g_assert_cmpuint (fixed, >, 0);
      g_assert_cmpuint (fixed + 10, <=, length);
      if (dotls_read_u16 (reply + fixed) != DOTLS_TYPE_OPT)
        g_assert_cmpuint (dotls_read_u32 (reply + fixed + 4), <=, MAX_TTL);
      offset = fixed + 10 + dotls_read_u16 (reply + fixed + 8);
    }
  g_assert_cmpuint (offset, ==, length);
}

/* As the daemon reads a TTL: RFC 2181 section 8. */
static guint32
ttl_of (const knot_rrset_t *record)
{
  return record->ttl & 0x80000000u ? 0 : record->ttl;
}

static gboolean
has_source (const knot_rrset_t *record, const knot_pktsection_t *section, guint32 age)
{
  for (guint16 i = 0; i < section->count; i++)
    {
      const knot_rrset_t *source = knot_pkt_rr (section, i);

      if (knot_rrset_equal (record, source, FALSE)
          && record->ttl <= (ttl_of (source) > age ? ttl_of (source) - age : 0))
        return TRUE;
    }
  return FALSE;
}

static void
check_records (knot_pkt_t *reply, knot_pkt_t *source, guint32 age)
{
  for (int id = KNOT_ANSWER; id <= KNOT_AUTHORITY; id++)
    {
      const knot_pktsection_t *ours = knot_pkt_section (reply, id);
      const knot_pktsection_t *theirs = knot_pkt_section (source, id);

      if (theirs->count > COMPARED_MAX)
        continue;
      for (guint16 i = 0; i < ours->count; i++)
        g_assert_true (has_source (knot_pkt_rr (ours, i), theirs, age));
    }
}

/* MESSAGE is as it came. */
static void
check_reply (
    const guint8 *message, gsize size, const DotlsKey *key, const DotlsBody *body, guint32 age)
{
  DotlsEnvelope envelope = { .limit = DOTLS_MESSAGE_MAX, .edns = 1 };
  gsize question_end = DOTLS_HEADER_SIZE + key->name_length + 4u, length;
  g_autofree guint8 *buffer = g_malloc (DOTLS_MESSAGE_MAX);
  g_autofree guint8 *copy = g_memdup2 (message, size);
  knot_pkt_t *reply, *source = knot_pkt_new (copy, size, NULL);

  memcpy (buffer, message, question_end);
  length = dotls_wire_reply_body (buffer, DOTLS_MESSAGE_MAX, question_end, &envelope, body, age);
  check_structure (buffer, length, question_end);
  reply = knot_pkt_new (buffer, length, NULL);
  /* what is inside a record of a type that libknot knows and we do not look at may be garbage */
  if (knot_pkt_parse (source, 0) == KNOT_EOK)
    {
      g_assert_cmpint (knot_pkt_parse (reply, 0), ==, KNOT_EOK);
      check_records (reply, source, age);
    }
  knot_pkt_free (reply);
  knot_pkt_free (source);
}

static void
check_cache (
    const guint8 *message, gsize size, const DotlsKey *key, const DotlsAnswer *answer, guint32 age)
{
  const gint64 now = 1000 * G_USEC_PER_SEC;
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  DotlsKey other = *key;
  DotlsBody body;
  guint32 found_age;
  gboolean found;

  dotls_cache_insert (cache, key, answer, now);
  found = dotls_cache_lookup (cache, key, now + age * (gint64) G_USEC_PER_SEC, &body, &found_age);
  g_assert_cmpint (found, ==, answer->ttl > age);
  if (found)
    {
      g_assert_cmpuint (found_age, ==, age);
      check_reply (message, size, key, &body, found_age);
    }
  other.bits ^= DOTLS_KEY_CD;
  dotls_key_seal (&other, 7);
  g_assert_false (dotls_cache_lookup (cache, &other, now, &body, &found_age));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const DotlsTtlBounds bounds = { .max_ttl = MAX_TTL, .max_negative_ttl = 10800 };
  g_autofree DotlsAnswer *answer = g_new0 (DotlsAnswer, 1);
  g_autofree guint8 *message = NULL, *scratch = g_malloc (DOTLS_MESSAGE_MAX);
  gboolean is_bare;
  DotlsKey key;

  if (size < 3 || !read_key (data + 3, size - 3, data[0] & 3, &key))
    return 0;
  message = g_memdup2 (data + 3, size - 3);
  /* nothing but the question decides */
  g_assert_cmpint (dotls_answer_matches (message, size - 3, &key, &is_bare), ==,
                   (message[2] & 0x80) != 0 && dotls_read_u16 (message + 4) == 1);
  if (!(message[2] & 0x80) || dotls_read_u16 (message + 4) != 1)
    return 0;
  if (dotls_answer_parse (message, size - 3, &key, &bounds, scratch, answer) != DOTLS_ANSWER_GOOD)
    return 0;
  g_assert_cmpuint (answer->ttl, <=, MAX_TTL);
  check_reply (data + 3, size - 3, &key, &answer->body, 0);
  check_cache (data + 3, size - 3, &key, answer, dotls_read_u16 (data + 1));
  return 0;
}
