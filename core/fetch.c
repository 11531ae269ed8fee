/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/fetch.h"

#include <string.h>

#define CHUNK 32

void
dotls_fetch_table_init (DotlsFetchTable *table)
{
  *table = (DotlsFetchTable){ .chunks = g_ptr_array_new_with_free_func (g_free) };
}

void
dotls_fetch_table_clear (DotlsFetchTable *table)
{
  g_ptr_array_unref (table->chunks);
}

static DotlsFetch **
bucket_of (DotlsFetchTable *table, const DotlsKey *key)
{
  return &table->buckets[key->hash & (DOTLS_FETCH_BUCKETS - 1)];
}

DotlsFetch *
dotls_fetch_table_find (DotlsFetchTable *table, const DotlsKey *key)
{
  DotlsFetch *fetch = *bucket_of (table, key);

  while (fetch != NULL && !dotls_key_equal (&fetch->key, key))
    fetch = fetch->chain;
  return fetch;
}

static void
grow (DotlsFetchTable *table)
{
  DotlsFetch *chunk = g_new (DotlsFetch, CHUNK);

  g_ptr_array_add (table->chunks, chunk);
  for (guint i = 0; i < CHUNK; i++)
    {
      chunk[i].chain = table->free;
      table->free = &chunk[i];
    }
}

DotlsFetch *
dotls_fetch_table_add (DotlsFetchTable *table, const DotlsKey *key)
{
  DotlsFetch **bucket = bucket_of (table, key), *fetch;

  if (table->free == NULL)
    grow (table);
  fetch = table->free;
  table->free = fetch->chain;
  memset (fetch, 0, G_STRUCT_OFFSET (DotlsFetch, key));
  memcpy (&fetch->key, key, G_STRUCT_OFFSET (DotlsKey, name) + key->name_length);
  fetch->chain = *bucket;
  *bucket = fetch;
  table->in_use++;
  return fetch;
}

void
dotls_fetch_table_remove (DotlsFetchTable *table, DotlsFetch *fetch)
{
  DotlsFetch **link = bucket_of (table, &fetch->key);

  while (*link != fetch)
    link = &(*link)->chain;
  *link = fetch->chain;
  fetch->chain = table->free;
  table->free = fetch;
  table->in_use--;
}

guint
dotls_fetch_count_tries (const DotlsFetch *fetch, const DotlsUpstream *upstream)
{
  guint count = 0;

  for (guint i = 0; i < fetch->n_exchanges; i++)
    count += fetch->exchanges[i].upstream == upstream;
  return count;
}

DotlsExchange *
dotls_fetch_begin_exchange (DotlsFetch *fetch, DotlsUpstream *upstream, gint64 now)
{
  DotlsExchange *exchange;

  if (fetch->n_exchanges == DOTLS_SENDS_PER_QUERY
      || dotls_fetch_count_tries (fetch, upstream) >= DOTLS_SENDS_PER_UPSTREAM)
    return NULL;
  exchange = &fetch->exchanges[fetch->n_exchanges++];
  exchange->fetch = fetch;
  exchange->upstream = upstream;
  exchange->began = now;
  exchange->is_open = TRUE;
  return exchange;
}

gboolean
dotls_fetch_is_open (const DotlsFetch *fetch)
{
  for (guint i = 0; i < fetch->n_exchanges; i++)
    if (fetch->exchanges[i].is_open)
      return TRUE;
  return FALSE;
}
