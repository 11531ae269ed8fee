/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The way of a hit: read the query, look it up, make the reply in place.  It allocates nothing. */

#include <string.h>

#include "core/cache.h"
#include "tests/unit/parsed.h"

#if defined(__SANITIZE_ADDRESS__)
#define COUNTS FALSE /* that allocator must not be replaced */
static guint64 allocations;
#else
#define COUNTS TRUE

static guint64 allocations;

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);
void *malloc (size_t size);
void *calloc (size_t n, size_t size);
void *realloc (void *old, size_t size);

void *
malloc (size_t size)
{
  allocations++;
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  allocations++;
  return __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  allocations++;
  return __libc_realloc (old, size);
}
#endif

#define NAME "WwW.eXaMpLe.CoM"

static const DotlsWireContext context = { .udp_payload_max = 1232, .seed = 1 };

static DotlsCache *
filled_cache (DotlsStats *stats)
{
  const DotlsKey key = parsed_key (NAME, DOTLS_TYPE_A, 0);
  const DnsName name = dns_name_from_wire (key.name);
  DotlsCache *cache = dotls_cache_new (1 << 20, stats);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, 0);
  g_autoptr (Parsed) parsed = NULL;

  for (guint i = 0; i < 4; i++)
    dns_message_add_text (message, DNS_ANSWER, &name, DOTLS_TYPE_A, 300, "192.0.2.1");
  parsed = parsed_new (message->data, message->len, &key, NULL);
  dotls_cache_insert (cache, &key, parsed->answer, 0);
  return cache;
}

/* One hit: the reply in BUFFER, which holds QUERY of LENGTH octets with its room. */
static gsize
hit (DotlsCache *cache, guint8 *buffer, gsize length, gint64 now)
{
  DotlsRequest request;
  DotlsBody body;
  guint32 age;

  if (dotls_wire_parse_request (buffer, length, &context, &request) != DOTLS_VERDICT_OK
      || !dotls_cache_lookup (cache, &request.key, now, &body, &age))
    return 0;
  return dotls_wire_reply_body (buffer, 1232, request.question_end, &request.envelope, &body, age);
}

/* Catches: an allocation on the way of a hit. */
static void
test_allocations (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = filled_cache (&stats);
  g_autoptr (GByteArray) query = dns_query_new (1, NAME, DOTLS_TYPE_A);
  guint8 buffer[1232];
  guint64 before;
  guint hits = 0;

  g_free (g_malloc (1));
  if (!COUNTS)
    {
      g_test_skip ("the sanitizer's allocator is not ours to count");
      return;
    }
  g_assert_cmpuint (allocations, >, 0);
  before = allocations;
  for (guint i = 0; i < 10000; i++)
    {
      memcpy (buffer, query->data, query->len);
      hits += hit (cache, buffer, query->len, i * 10000) > 0;
    }
  g_assert_cmpuint (allocations, ==, before);
  g_assert_cmpuint (hits, ==, 10000);
}

/* Catches: a kept answer that comes with the letter case of who asked first (A9), with an old TTL,
 * or that is changed by handing it out. */
static void
test_own_case (void)
{
  DotlsStats stats = { 0 };
  g_autoptr (DotlsCache) cache = filled_cache (&stats);

  for (guint round = 0; round < 100; round++)
    {
      g_autoptr (GByteArray) query = dns_query_new (round, NAME, DOTLS_TYPE_A);
      guint8 buffer[1232];
      gsize length;
      g_autoptr (knot_pkt_t) packet = NULL;
      const knot_rrset_t *first;

      for (guint i = DOTLS_HEADER_SIZE; i < query->len - 4; i++)
        if (g_ascii_isalpha (query->data[i]) && g_test_rand_bit ())
          query->data[i] ^= 0x20;
      memcpy (buffer, query->data, query->len);
      length = hit (cache, buffer, query->len, (gint64) round * G_USEC_PER_SEC);
      g_assert_cmpmem (buffer + 12, query->len - 12, query->data + 12, query->len - 12);
      g_assert_cmpuint (buffer[1], ==, round);
      packet = dns_parse (buffer, length);
      g_assert_nonnull (packet);
      first = knot_pkt_rr (knot_pkt_section (packet, KNOT_ANSWER), 0);
      g_assert_cmpuint (first->ttl, ==, 300 - round);
      g_assert_true (knot_dname_is_case_equal (first->owner, knot_pkt_qname (packet)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cache-hit/allocations", test_allocations);
  g_test_add_func ("/cache-hit/own-case", test_own_case);
  return g_test_run ();
}
