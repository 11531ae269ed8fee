/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/cache.h"

#include <string.h>

#include "core/limits.h"

typedef struct _Entry Entry;

struct _Entry
{
  Entry *chain; /* same bucket */
  Entry *newer; /* order of insertion */
  Entry *older;
  guint32 hash;
  guint32 inserted_s;
  guint32 ttl;
  guint16 epoch; /* of a failure to reach anybody; 0: not one */
  guint16 qtype;
  guint16 qclass;
  guint16 body_length;
  guint16 n_ttls;
  union
  {
    guint16 ancount;
    guint16 ede_text; /* of a failure, which has no records */
  };
  guint16 nscount;
  gint16 ede;
  guint8 rcode;
  guint8 key_bits;
  guint8 name_length;
  guint8 ad : 1;
  guint8 visited : 1;
  guint8 failure : 1;
  guint8 data[]; /* TTL offsets, name, body */
};

struct _DotlsCache
{
  Entry **buckets;
  guint32 n_buckets;
  guint32 round; /* a power of two; n_buckets lies between it and twice it */
  guint32 capacity;
  guint16 epoch;
  Entry *newest;
  Entry *oldest;
  Entry *hand;
  gsize bytes;
  gsize bytes_max;
  guint64 entries;
  DotlsStats *stats;
};

#define BUCKETS_MIN 256

DotlsCache *
dotls_cache_new (gsize bytes_max, DotlsStats *stats)
{
  DotlsCache *cache = g_new0 (DotlsCache, 1);

  cache->buckets = g_new0 (Entry *, BUCKETS_MIN);
  cache->capacity = cache->n_buckets = cache->round = BUCKETS_MIN;
  cache->bytes_max = bytes_max;
  cache->epoch = 1;
  cache->stats = stats;
  return cache;
}

void
dotls_cache_free (DotlsCache *cache)
{
  dotls_cache_flush (cache, NULL, 0);
  g_free (cache->buckets);
  g_free (cache);
}

static const guint8 *
entry_name (const Entry *entry)
{
  return entry->data + 2 * entry->n_ttls;
}

/* As the allocator rounds it, so that the bound is one of real memory. */
static gsize
entry_size (gsize n_ttls, gsize name_length, gsize body_length)
{
  gsize size = sizeof (Entry) + 2 * n_ttls + name_length + body_length;

  return (size + sizeof (void *) + 15) & ~(gsize) 15;
}

static gsize
size_of (const Entry *entry)
{
  return entry_size (entry->n_ttls, entry->name_length, entry->body_length);
}

static guint32
seconds (gint64 now)
{
  return now / G_USEC_PER_SEC;
}

static gboolean
is_fresh (const DotlsCache *cache, const Entry *entry, guint32 now_s)
{
  return now_s - entry->inserted_s < entry->ttl
         && (entry->epoch == 0 || entry->epoch == cache->epoch);
}

static gboolean
entry_is (const Entry *entry, const DotlsKey *key)
{
  return entry->hash == key->hash && entry->qtype == key->qtype && entry->qclass == key->qclass
         && entry->key_bits == key->bits && entry->name_length == key->name_length
         && memcmp (entry_name (entry), key->name, key->name_length) == 0;
}

/* Linear hashing: the table grows a bucket at a time, so no client waits for a table to be rebuilt.
 */
static Entry **
bucket_of (const DotlsCache *cache, guint32 hash)
{
  guint32 index = hash & (2 * cache->round - 1);

  return &cache->buckets[index < cache->n_buckets ? index : hash & (cache->round - 1)];
}

static void
grow (DotlsCache *cache)
{
  Entry **from = &cache->buckets[cache->n_buckets - cache->round], *entry;
  Entry **to;

  if (cache->n_buckets == cache->capacity)
    {
      gsize index = from - cache->buckets;

      cache->capacity *= 2;
      cache->buckets = g_renew (Entry *, cache->buckets, cache->capacity);
      cache->bytes += cache->capacity / 2 * sizeof (Entry *);
      from = &cache->buckets[index];
    }
  to = &cache->buckets[cache->n_buckets++];
  *to = NULL;
  while ((entry = *from) != NULL)
    if (entry->hash & cache->round)
      {
        *from = entry->chain;
        entry->chain = *to;
        *to = entry;
      }
    else
      from = &entry->chain;
  if (cache->n_buckets == 2 * cache->round)
    cache->round *= 2;
}

static Entry *
find (DotlsCache *cache, const DotlsKey *key)
{
  Entry *entry = *bucket_of (cache, key->hash);

  while (entry != NULL && !entry_is (entry, key))
    entry = entry->chain;
  return entry;
}

static void
drop (DotlsCache *cache, Entry *entry)
{
  Entry **link = bucket_of (cache, entry->hash);

  while (*link != entry)
    link = &(*link)->chain;
  *link = entry->chain;
  if (cache->hand == entry)
    cache->hand = entry->newer;
  if (entry->newer != NULL)
    entry->newer->older = entry->older;
  else
    cache->newest = entry->older;
  if (entry->older != NULL)
    entry->older->newer = entry->newer;
  else
    cache->oldest = entry->newer;
  cache->bytes -= size_of (entry);
  cache->entries--;
  g_free (entry);
}

/* SIEVE: the hand goes from the oldest to the newest, spares once what was hit. */
static void
evict_one (DotlsCache *cache, guint32 now_s)
{
  Entry *entry = cache->hand != NULL ? cache->hand : cache->oldest;

  while (entry->visited && is_fresh (cache, entry, now_s))
    {
      entry->visited = FALSE;
      entry = entry->newer != NULL ? entry->newer : cache->oldest;
    }
  cache->hand = entry;
  drop (cache, entry);
  cache->stats->cache_evictions++;
}

gboolean
dotls_cache_lookup (
    DotlsCache *cache, const DotlsKey *key, gint64 now, DotlsBody *ret_body, guint32 *ret_age)
{
  Entry *entry = find (cache, key);
  guint32 now_s = seconds (now);

  if (entry == NULL || !is_fresh (cache, entry, now_s))
    return FALSE;
  entry->visited = TRUE;
  *ret_age = now_s - entry->inserted_s;
  *ret_body = (DotlsBody){
    .bytes = entry_name (entry) + entry->name_length,
    .ttl_offsets = (const guint16 *) (const void *) entry->data,
    .length = entry->body_length,
    .n_ttls = entry->n_ttls,
    .ancount = entry->failure ? 0 : entry->ancount,
    .ede_text = entry->failure ? entry->ede_text : 0,
    .nscount = entry->nscount,
    .rcode = entry->rcode,
    .ede = entry->ede,
    .ad = entry->ad,
  };
  return TRUE;
}

/* Makes room, then a new newest entry with name and body copied. */
static Entry *
add (DotlsCache *cache, const DotlsKey *key, const DotlsBody *body, gint64 now)
{
  gsize size = entry_size (body->n_ttls, key->name_length, body->length);
  Entry *entry = find (cache, key), **bucket;

  if (entry != NULL)
    drop (cache, entry);
  if (size > cache->bytes_max / DOTLS_CACHE_SHARE)
    return NULL;
  while (cache->oldest != NULL && cache->bytes + size > cache->bytes_max)
    evict_one (cache, seconds (now));
  if (cache->bytes + size > cache->bytes_max)
    return NULL;
  if (cache->entries >= cache->n_buckets)
    grow (cache);
  bucket = bucket_of (cache, key->hash);
  entry = g_malloc (sizeof (Entry) + 2 * body->n_ttls + key->name_length + body->length);
  *entry = (Entry){
    .chain = *bucket,
    .older = cache->newest,
    .hash = key->hash,
    .inserted_s = seconds (now),
    .qtype = key->qtype,
    .qclass = key->qclass,
    .key_bits = key->bits,
    .name_length = key->name_length,
    .body_length = body->length,
    .n_ttls = body->n_ttls,
    .ancount = body->ancount,
    .nscount = body->nscount,
    .rcode = body->rcode,
    .ede = body->ede,
    .ad = body->ad,
  };
  memcpy (entry->data, body->ttl_offsets, 2 * body->n_ttls);
  memcpy (entry->data + 2 * body->n_ttls, key->name, key->name_length);
  memcpy (entry->data + 2 * body->n_ttls + key->name_length, body->bytes, body->length);
  *bucket = entry;
  *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
  cache->newest = entry;
  cache->bytes += size;
  cache->entries++;
  cache->stats->cache_insertions++;
  return entry;
}

void
dotls_cache_insert (DotlsCache *cache, const DotlsKey *key, const DotlsAnswer *answer, gint64 now)
{
  Entry *entry;

  if (answer->ttl == 0)
    return;
  entry = add (cache, key, &answer->body, now);
  if (entry != NULL)
    entry->ttl = answer->ttl;
}

void
dotls_cache_insert_failure (DotlsCache *cache,
                            const DotlsKey *key,
                            const DotlsBody *failure,
                            gboolean is_unreachable,
                            gint64 now)
{
  static const guint16 no_ttls[1];
  static const guint8 no_bytes[1];
  const DotlsBody body = {
    .bytes = no_bytes, .ttl_offsets = no_ttls, .rcode = failure->rcode, .ede = failure->ede
  };
  Entry *before = find (cache, key);
  guint32 ttl = DOTLS_FAILURE_TTL_MIN_S;
  Entry *entry;

  if (before != NULL && !before->failure && is_fresh (cache, before, seconds (now)))
    return;
  /* A failure that comes soon after the last one is the same trouble. */
  if (before != NULL && before->failure && !is_unreachable
      && seconds (now) - before->inserted_s < 4 * before->ttl)
    ttl = MIN (2 * before->ttl, DOTLS_FAILURE_TTL_MAX_S);
  entry = add (cache, key, &body, now);
  if (entry == NULL)
    return;
  entry->ttl = ttl;
  entry->failure = TRUE;
  entry->ede_text = failure->ede_text;
  entry->epoch = is_unreachable ? cache->epoch : 0;
}

void
dotls_cache_forget_unreachable (DotlsCache *cache)
{
  if (++cache->epoch == 0)
    cache->epoch = 1;
}

guint64
dotls_cache_flush (DotlsCache *cache, const guint8 *domain, gsize length)
{
  guint64 dropped = 0;

  for (Entry *entry = cache->oldest, *next; entry != NULL; entry = next)
    {
      next = entry->newer;
      if (domain != NULL
          && !dotls_name_is_below (entry_name (entry), entry->name_length, domain, length))
        continue;
      drop (cache, entry);
      dropped++;
    }
  return dropped;
}

guint64
dotls_cache_get_entries (const DotlsCache *cache)
{
  return cache->entries;
}

guint64
dotls_cache_get_bytes (const DotlsCache *cache)
{
  return cache->bytes;
}
