/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/cache.h"

#include <malloc.h>
#include <string.h>

#include "core/limits.h"
#include "tests/unit/parsed.h"

#define S ((gint64) G_USEC_PER_SEC)
#define START (1000 * S)

static const DotlsBody failure = { .rcode = DOTLS_RCODE_SERVFAIL, .ede = 22 };

/* Of what core keeps most: an answer with N octets and one TTL. */
static DotlsAnswer *
answer_of (gsize n, guint32 ttl, guint8 mark)
{
  static guint8 octets[DOTLS_MESSAGE_MAX];
  static DotlsAnswer answer;

  memset (octets, mark, n);
  answer.ttl = ttl;
  answer.ttl_offsets[0] = 6;
  answer.body = (DotlsBody){ .bytes = octets,
                             .ttl_offsets = answer.ttl_offsets,
                             .length = n,
                             .n_ttls = n >= 16,
                             .ancount = 1,
                             .ede = DOTLS_EDE_NONE };
  return &answer;
}

static DotlsKey
key_of (guint number)
{
  g_autofree char *name = g_strdup_printf ("host-%u.example.com", number);

  return parsed_key (name, DOTLS_TYPE_A, 0);
}

/* The first octet of what is kept for KEY, or -1. */
static int
mark_of (DotlsCache *cache, const DotlsKey *key, gint64 now)
{
  DotlsBody body;
  guint32 age;

  return dotls_cache_lookup (cache, key, now, &body, &age) ? body.bytes[0] : -1;
}

/* Catches: anything of an answer lost or changed on its way through. */
static void
test_round_trip (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DotlsKey key = key_of (1);
  DotlsAnswer *answer = answer_of (48, 300, 7);
  DotlsBody body;
  guint32 age;

  answer->body.nscount = 2;
  answer->body.rcode = DOTLS_RCODE_NXDOMAIN;
  answer->body.ede = 29;
  answer->body.ad = TRUE;
  dotls_cache_insert (cache, &key, answer, START);
  g_assert_true (dotls_cache_lookup (cache, &key, START + 3 * S, &body, &age));
  g_assert_cmpuint (age, ==, 3);
  g_assert_cmpmem (body.bytes, body.length, answer->body.bytes, 48);
  g_assert_cmpuint (body.n_ttls, ==, 1);
  g_assert_cmpuint (body.ttl_offsets[0], ==, 6);
  g_assert_cmpuint (body.ancount, ==, 1);
  g_assert_cmpuint (body.nscount, ==, 2);
  g_assert_cmpuint (body.rcode, ==, DOTLS_RCODE_NXDOMAIN);
  g_assert_cmpint (body.ede, ==, 29);
  g_assert_true (body.ad);
}

/* Catches: one key's answer given for another: name, type, class, DO, CD (E1). */
static void
test_keys (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  DotlsKey keys[32];

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      keys[i] = parsed_key (i & 1 ? "a.example" : "b.example", i & 2 ? 1 : 28, i >> 2 & 3);
      keys[i].qclass = i & 16 ? 1 : 3;
      dotls_key_seal (&keys[i], 1);
      dotls_cache_insert (cache, &keys[i], answer_of (20, 60, i), START);
    }
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_cmpint (mark_of (cache, &keys[i], START), ==, i);
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==, G_N_ELEMENTS (keys));
}

/* Catches: an answer used a moment too long, or one with TTL 0 used again (E5). */
static void
test_expiry (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DotlsKey key = key_of (1), never = key_of (2);

  dotls_cache_insert (cache, &key, answer_of (20, 5, 1), START);
  dotls_cache_insert (cache, &never, answer_of (20, 0, 1), START);
  g_assert_cmpint (mark_of (cache, &never, START), ==, -1);
  g_assert_cmpint (mark_of (cache, &key, START + 5 * S - 1), ==, 1);
  g_assert_cmpint (mark_of (cache, &key, START + 5 * S), ==, -1);
}

/* Catches: an old answer that stays beside the new one, is handed out, or is never freed. */
static void
test_replace (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DotlsKey key = key_of (1);
  guint64 bytes = 0;

  for (guint i = 0; i < 100; i++)
    {
      dotls_cache_insert (cache, &key, answer_of (20, 60, i), START);
      g_assert_cmpint (mark_of (cache, &key, START), ==, i);
      bytes = bytes ? bytes : dotls_cache_get_bytes (cache);
      g_assert_cmpuint (dotls_cache_get_bytes (cache), ==, bytes);
    }
  dotls_cache_flush (cache, key.name, key.name_length);
  dotls_cache_flush (cache, key.name, key.name_length);
  g_assert_cmpint (mark_of (cache, &key, START), ==, -1);
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==, 0);
}

/* Catches: a bound that is not kept, at any moment, or is one of our own sums only and not of the
 * allocator's memory. */
static void
test_bound (void)
{
  const gsize max = 8 << 20;
  gsize before = mallinfo2 ().uordblks + mallinfo2 ().hblkhd, after;
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (max, &stats);

  for (guint i = 0; i < 200000; i++)
    {
      const DotlsKey key = key_of (i);

      dotls_cache_insert (cache, &key, answer_of (16 + i % 300, 3600, 1), START + i);
      g_assert_cmpuint (dotls_cache_get_bytes (cache), <=, max);
    }
  after = mallinfo2 ().uordblks + mallinfo2 ().hblkhd;
  g_test_message ("%" G_GSIZE_FORMAT " bytes for %" G_GUINT64_FORMAT " answers", after - before,
                  dotls_cache_get_entries (cache));
  g_assert_cmpuint (stats.cache_evictions, >, 0);
  g_assert_cmpuint (stats.cache_insertions, ==, 200000);
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==,
                    stats.cache_insertions - stats.cache_evictions);
  if (after > before) /* sanitizers bring their own allocator, which this call does not see */
    g_assert_cmpuint (after - before, <, max + max / 50);
}

/* Catches: one huge answer that empties the cache, and a cache of nothing that keeps something. */
static void
test_shares (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) small = dotls_cache_new (DOTLS_CACHE_BYTES_MIN, &stats);
  g_autoptr (DotlsCache) none = dotls_cache_new (0, &stats);
  const DotlsKey key = key_of (1), huge = key_of (2);

  dotls_cache_insert (small, &key, answer_of (20, 60, 1), START);
  dotls_cache_insert (small, &huge, answer_of (60000, 60, 1), START);
  g_assert_cmpint (mark_of (small, &key, START), ==, 1);
  g_assert_cmpint (mark_of (small, &huge, START), ==, -1);
  dotls_cache_insert (none, &key, answer_of (20, 60, 1), START);
  dotls_cache_insert_failure (none, &key, &failure, FALSE, START);
  g_assert_cmpint (mark_of (none, &key, START), ==, -1);
  g_assert_cmpuint (dotls_cache_get_entries (none), ==, 0);
}

/* Catches: names in use pushed out by a flood of random ones (E17). */
static void
test_flood (void)
{
  enum
  {
    HOT = 200
  };
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  DotlsKey hot[HOT], random = key_of (HOT);
  guint lost = 0;

  for (guint i = 0; i < HOT; i++)
    {
      hot[i] = key_of (i);
      dotls_cache_insert (cache, &hot[i], answer_of (40, 86400, 1), START);
    }
  for (guint i = 0; i < 1000000; i++)
    {
      random.hash = g_test_rand_int ();
      memcpy (random.name + 1, &i, sizeof i);
      dotls_cache_insert (cache, &random, answer_of (40, 86400, 2), START);
      if (i % 5 == 0)
        lost += mark_of (cache, &hot[i / 5 % HOT], START) != 1;
    }
  g_assert_cmpuint (stats.cache_evictions, >, 900000);
  g_assert_cmpuint (lost, ==, 0);
}

/* Catches: stale answers that keep their place for having been asked for once. */
static void
test_stale_go_first (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (DOTLS_CACHE_BYTES_MIN, &stats);
  const DotlsKey stale = key_of (0), fresh = key_of (1);
  guint64 evictions;

  dotls_cache_insert (cache, &stale, answer_of (40, 1, 1), START);
  mark_of (cache, &stale, START);
  dotls_cache_insert (cache, &fresh, answer_of (40, 3600, 1), START);
  mark_of (cache, &fresh, START);
  for (guint i = 2; stats.cache_evictions == 0; i++)
    {
      const DotlsKey key = key_of (i);

      dotls_cache_insert (cache, &key, answer_of (40, 3600, 1), START + 2 * S);
    }
  evictions = stats.cache_evictions;
  dotls_cache_flush (cache, stale.name, stale.name_length);
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==, stats.cache_insertions - evictions);
  g_assert_cmpint (mark_of (cache, &fresh, START + 2 * S), ==, 1);
}

/* Catches: a table that loses entries while it grows, bucket after bucket, or while they go. */
static void
test_growth (void)
{
  enum
  {
    N = 20000
  };
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (64 << 20, &stats);

  for (guint i = 0; i < N; i++)
    {
      const DotlsKey key = key_of (i), before = key_of (i / 2);

      dotls_cache_insert (cache, &key, answer_of (20, 60, i), START);
      g_assert_cmpint (mark_of (cache, &before, START), ==, (guint8) (i / 2));
    }
  for (guint i = 0; i < N; i += 2)
    {
      const DotlsKey key = key_of (i);

      dotls_cache_flush (cache, key.name, key.name_length);
    }
  for (guint i = 0; i < N; i++)
    {
      const DotlsKey key = key_of (i);

      g_assert_cmpint (mark_of (cache, &key, START), ==, i % 2 ? (guint8) i : -1);
    }
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==, N / 2);
}

/* Catches: a flush that stops at the wrong label boundary (E19), or a count that is wrong. */
static void
test_flush (void)
{
  static const char *const names[] = {
    "example.com", "www.example.com", "a.b.example.com", "notexample.com", "com", "example.org"
  };
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DnsName domain = dns_name ("example.com");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const DotlsKey key = parsed_key (names[i], DOTLS_TYPE_A, 0);

      dotls_cache_insert (cache, &key, answer_of (20, 60, i), START);
    }
  g_assert_cmpuint (dotls_cache_flush (cache, domain.wire, domain.length), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const DotlsKey key = parsed_key (names[i], DOTLS_TYPE_A, 0);

      g_assert_cmpint (mark_of (cache, &key, START), ==, i < 3 ? -1 : (int) i);
    }
  g_assert_cmpuint (dotls_cache_flush (cache, NULL, 0), ==, 3);
  g_assert_cmpuint (dotls_cache_get_entries (cache), ==, 0);
}

/* Whether a failure is known at NOW; sets its rcode and Extended DNS Error. */
static gboolean
has_failed (DotlsCache *cache, const DotlsKey *key, gint64 now)
{
  DotlsBody body;
  guint32 age;

  if (!dotls_cache_lookup (cache, key, now, &body, &age))
    return FALSE;
  g_assert_cmpuint (body.rcode, ==, DOTLS_RCODE_SERVFAIL);
  g_assert_cmpint (body.ede, ==, 22);
  g_assert_cmpuint (body.length, ==, 0);
  return TRUE;
}

/* Catches: a failing name asked for more and more often, or one that is given up for longer than
 * five minutes (E10, RFC 9520 section 3.2), or an old failure that counts for ever. */
static void
test_failures (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DotlsKey key = key_of (1);
  gint64 now = START;

  for (guint expected = 1, i = 0; i < 12; i++, expected = MIN (2 * expected, 300))
    {
      dotls_cache_insert_failure (cache, &key, &failure, FALSE, now);
      g_assert_true (has_failed (cache, &key, now + expected * S - 1));
      now += expected * S;
      g_assert_false (has_failed (cache, &key, now));
    }
  now += 3600 * S;
  dotls_cache_insert_failure (cache, &key, &failure, FALSE, now);
  g_assert_false (has_failed (cache, &key, now + S));
  dotls_cache_insert (cache, &key, answer_of (20, 1, 9), now + S);
  dotls_cache_insert_failure (cache, &key, &failure, FALSE, now + 2 * S);
  g_assert_false (has_failed (cache, &key, now + 3 * S));
}

/* Catches: names punished for an upstream that could not be reached: longer than a second, or after
 * it can be reached again; and other failures forgotten with them. */
static void
test_unreachable (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = dotls_cache_new (1 << 20, &stats);
  const DotlsKey key = key_of (1), other = key_of (2);

  for (guint i = 0; i < 70000; i++) /* the count of recoveries goes round */
    {
      gint64 now = START + i * 10 * S;

      dotls_cache_insert_failure (cache, &key, &failure, TRUE, now);
      dotls_cache_insert_failure (cache, &other, &failure, FALSE, now);
      g_assert_true (has_failed (cache, &key, now + S / 2));
      g_assert_false (has_failed (cache, &key, now + S));
      dotls_cache_forget_unreachable (cache);
      g_assert_false (has_failed (cache, &key, now));
      g_assert_true (has_failed (cache, &other, now));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cache/round-trip", test_round_trip);
  g_test_add_func ("/cache/keys", test_keys);
  g_test_add_func ("/cache/expiry", test_expiry);
  g_test_add_func ("/cache/replace", test_replace);
  g_test_add_func ("/cache/bound", test_bound);
  g_test_add_func ("/cache/shares", test_shares);
  g_test_add_func ("/cache/flood", test_flood);
  g_test_add_func ("/cache/stale-go-first", test_stale_go_first);
  g_test_add_func ("/cache/growth", test_growth);
  g_test_add_func ("/cache/flush", test_flush);
  g_test_add_func ("/cache/failures", test_failures);
  g_test_add_func ("/cache/unreachable", test_unreachable);
  return g_test_run ();
}
