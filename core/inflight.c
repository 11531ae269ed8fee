/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/inflight.h"

#include "core/limits.h"

/* Ids that differ in their low bits still do with one bit more: nothing collides. */
static void
grow (DotlsInflight *inflight)
{
  guint size = MAX (2 * inflight->size, DOTLS_INFLIGHT_TABLE_MIN);
  DotlsInflightSlot *slots = g_new0 (DotlsInflightSlot, size);

  for (guint i = 0; i < inflight->size; i++)
    if (inflight->slots[i].is_used)
      slots[inflight->slots[i].id & (size - 1)] = inflight->slots[i];
  g_free (inflight->slots);
  inflight->slots = slots;
  inflight->size = size;
}

gboolean
dotls_inflight_add (DotlsInflight *inflight,
                    DotlsLoop *loop,
                    DotlsExchange *exchange,
                    guint16 *ret_id)
{
  DotlsInflightSlot *slot;
  guint16 id;

  if (inflight->used >= DOTLS_INFLIGHT_PER_CONNECTION)
    return FALSE;
  if (2 * inflight->used >= inflight->size)
    grow (inflight);
  do
    {
      id = dotls_loop_random (loop);
      slot = &inflight->slots[id & (inflight->size - 1)];
    }
  while (slot->is_used);
  *slot = (DotlsInflightSlot){ exchange, loop->now, id, TRUE };
  inflight->used++;
  inflight->waited++;
  *ret_id = id;
  return TRUE;
}

DotlsInflightSlot *
dotls_inflight_find (DotlsInflight *inflight, guint16 id)
{
  DotlsInflightSlot *slot;

  if (inflight->size == 0)
    return NULL;
  slot = &inflight->slots[id & (inflight->size - 1)];
  return slot->is_used && slot->id == id ? slot : NULL;
}

void
dotls_inflight_remove (DotlsInflight *inflight, DotlsInflightSlot *slot)
{
  inflight->used--;
  inflight->waited -= slot->exchange != NULL;
  *slot = (DotlsInflightSlot){ 0 };
}

void
dotls_inflight_orphan (DotlsInflight *inflight, guint16 id)
{
  DotlsInflightSlot *slot = dotls_inflight_find (inflight, id);

  if (slot == NULL || slot->exchange == NULL)
    return;
  slot->exchange = NULL;
  inflight->waited--;
}

DotlsExchange *
dotls_inflight_pop (DotlsInflight *inflight)
{
  for (guint i = 0; inflight->waited > 0 && i < inflight->size; i++)
    {
      DotlsExchange *exchange = inflight->slots[i].exchange;

      if (exchange == NULL)
        continue;
      dotls_inflight_remove (inflight, &inflight->slots[i]);
      return exchange;
    }
  return NULL;
}

void
dotls_inflight_clear (DotlsInflight *inflight)
{
  g_free (inflight->slots);
  *inflight = (DotlsInflight){ 0 };
}
