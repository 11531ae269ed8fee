/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/fetch.h"

#include <string.h>

#include "core/query.h"

static DotlsKey
key_of (guint32 number)
{
  DotlsKey key = { .hash = number * 7, .qtype = 1, .qclass = 1, .name_length = 6, .name = "\4" };

  memcpy (key.name + 1, &number, 4);
  return key;
}

/* Never looked into, only told apart. */
static DotlsUpstream *
upstream_of (guint number)
{
  return GUINT_TO_POINTER (8 * (number + 1));
}

/* Catches: a question under way that is not found, found after its end, or found for another one in
 * the same bucket (E12). */
static void
test_table (void)
{
  enum
  {
    N = 5000
  };
  DotlsFetchTable table;
  g_autofree DotlsFetch **fetches = g_new (DotlsFetch *, N);

  dotls_fetch_table_init (&table);
  for (guint i = 0; i < N; i++)
    {
      const DotlsKey key = key_of (i);

      g_assert_null (dotls_fetch_table_find (&table, &key));
      fetches[i] = dotls_fetch_table_add (&table, &key);
      g_assert_true (dotls_fetch_table_find (&table, &key) == fetches[i]);
      g_assert_cmpuint (fetches[i]->n_exchanges, ==, 0);
      g_assert_null (fetches[i]->waiting);
    }
  for (guint i = 0; i < N; i += 2)
    dotls_fetch_table_remove (&table, fetches[i]);
  for (guint i = 0; i < N; i++)
    {
      const DotlsKey key = key_of (i);

      g_assert_true (dotls_fetch_table_find (&table, &key) == (i % 2 ? fetches[i] : NULL));
    }
  g_assert_cmpuint (table.in_use, ==, N / 2);
  dotls_fetch_table_clear (&table);
}

/* Catches: memory that grows with every question instead of being used again, or that comes back
 * with traces of the one before. */
static void
test_reuse (void)
{
  DotlsFetchTable table;
  guint chunks = 0;

  dotls_fetch_table_init (&table);
  for (guint i = 0; i < 10000; i++)
    {
      const DotlsKey key = key_of (i);
      DotlsFetch *fetch = dotls_fetch_table_add (&table, &key);

      g_assert_cmpuint (fetch->n_exchanges, ==, 0);
      g_assert_null (fetch->exchanges[0].upstream);
      g_assert_null (fetch->deadline.link);
      dotls_fetch_begin_exchange (fetch, upstream_of (0), 1);
      chunks = chunks ? chunks : table.chunks->len;
      dotls_fetch_table_remove (&table, fetch);
    }
  g_assert_cmpuint (table.chunks->len, ==, chunks);
  dotls_fetch_table_clear (&table);
}

/* Catches: one address asked more than three times (D9, RFC 9520 section 3.1), or more sendings of
 * one question than there is room for. */
static void
test_tries (void)
{
  DotlsFetchTable table;
  const DotlsKey key = key_of (1);
  DotlsFetch *fetch;

  dotls_fetch_table_init (&table);
  fetch = dotls_fetch_table_add (&table, &key);
  for (guint i = 0; i < 10; i++)
    {
      DotlsExchange *exchange = dotls_fetch_begin_exchange (fetch, upstream_of (0), i);

      g_assert_cmpint (exchange != NULL, ==, i < DOTLS_SENDS_PER_UPSTREAM);
      g_assert_cmpuint (dotls_fetch_count_tries (fetch, upstream_of (0)), ==,
                        MIN (i + 1, DOTLS_SENDS_PER_UPSTREAM));
    }
  for (guint i = DOTLS_SENDS_PER_UPSTREAM; i < 10; i++)
    {
      DotlsExchange *exchange = dotls_fetch_begin_exchange (fetch, upstream_of (i), i);

      g_assert_cmpint (exchange != NULL, ==, i < DOTLS_SENDS_PER_QUERY);
      if (exchange == NULL)
        continue;
      g_assert_true (exchange->fetch == fetch && exchange->upstream == upstream_of (i));
      g_assert_cmpint (exchange->began, ==, i);
    }
  dotls_fetch_table_clear (&table);
}

/* Catches: a question given up while an answer may still come, or waited for in vain. */
static void
test_open (void)
{
  DotlsFetchTable table;
  const DotlsKey key = key_of (1);
  DotlsFetch *fetch;
  DotlsExchange *first, *second;

  dotls_fetch_table_init (&table);
  fetch = dotls_fetch_table_add (&table, &key);
  g_assert_false (dotls_fetch_is_open (fetch));
  first = dotls_fetch_begin_exchange (fetch, upstream_of (0), 0);
  second = dotls_fetch_begin_exchange (fetch, upstream_of (1), 0);
  first->is_open = FALSE;
  g_assert_true (dotls_fetch_is_open (fetch));
  second->is_open = FALSE;
  g_assert_false (dotls_fetch_is_open (fetch));
  dotls_fetch_table_clear (&table);
}

/* Catches: a slot given to two questions at once, more slots than allowed, slots that do not come
 * back. */
static void
test_query_pool (void)
{
  DotlsQueryPool pool;
  g_autofree DotlsQuery **queries = g_new (DotlsQuery *, DOTLS_QUERIES_MAX);
  guint chunks = 0;

  dotls_query_pool_init (&pool);
  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < DOTLS_QUERIES_MAX; i++)
        {
          queries[i] = dotls_query_pool_take (&pool);
          g_assert_nonnull (queries[i]);
          memset (queries[i], 0, sizeof *queries[i]);
          queries[i]->arrived = i;
        }
      g_assert_null (dotls_query_pool_take (&pool));
      for (guint i = 0; i < DOTLS_QUERIES_MAX; i++)
        {
          g_assert_cmpint (queries[i]->arrived, ==, i);
          dotls_query_pool_give (&pool, queries[i]);
        }
      g_assert_cmpuint (pool.in_use, ==, 0);
      chunks = chunks ? chunks : pool.chunks->len;
      g_assert_cmpuint (pool.chunks->len, ==, chunks);
    }
  dotls_query_pool_clear (&pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fetch/table", test_table);
  g_test_add_func ("/fetch/reuse", test_reuse);
  g_test_add_func ("/fetch/tries", test_tries);
  g_test_add_func ("/fetch/open", test_open);
  g_test_add_func ("/query/pool", test_query_pool);
  return g_test_run ();
}
