/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/query.h"

#include "core/limits.h"

void
dotls_query_pool_init (DotlsQueryPool *pool)
{
  *pool = (DotlsQueryPool){ .chunks = g_ptr_array_new_with_free_func (g_free) };
}

void
dotls_query_pool_clear (DotlsQueryPool *pool)
{
  g_ptr_array_unref (pool->chunks);
}

static void
grow (DotlsQueryPool *pool)
{
  DotlsQuery *chunk = g_new (DotlsQuery, DOTLS_QUERIES_CHUNK);

  g_ptr_array_add (pool->chunks, chunk);
  for (guint i = 0; i < DOTLS_QUERIES_CHUNK; i++)
    {
      chunk[i].next = pool->free;
      pool->free = &chunk[i];
    }
}

DotlsQuery *
dotls_query_pool_take (DotlsQueryPool *pool)
{
  DotlsQuery *query;

  if (pool->in_use >= DOTLS_QUERIES_MAX)
    return NULL;
  if (pool->free == NULL)
    grow (pool);
  query = pool->free;
  pool->free = query->next;
  pool->in_use++;
  return query;
}

void
dotls_query_pool_give (DotlsQueryPool *pool, DotlsQuery *query)
{
  query->next = pool->free;
  pool->free = query;
  pool->in_use--;
}
