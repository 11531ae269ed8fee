/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/deadline.h"

#include <string.h>

static guint
slot_of (gint64 tick)
{
  return tick & (DOTLS_DEADLINE_SLOTS - 1);
}

void
dotls_deadlines_init (DotlsDeadlines *deadlines, gint64 now)
{
  memset (deadlines, 0, sizeof *deadlines);
  deadlines->tick = now / DOTLS_DEADLINE_TICK;
}

static void
push (DotlsDeadline **head, DotlsDeadline *deadline)
{
  deadline->next = *head;
  deadline->link = head;
  if (*head != NULL)
    (*head)->link = &deadline->next;
  *head = deadline;
}

static void
unlink_deadline (DotlsDeadline *deadline)
{
  *deadline->link = deadline->next;
  if (deadline->next != NULL)
    deadline->next->link = deadline->link;
  deadline->next = NULL;
  deadline->link = NULL;
}

void
dotls_deadlines_set (DotlsDeadlines *deadlines,
                     DotlsDeadline *deadline,
                     DotlsDeadlineFunc func,
                     gint64 due)
{
  gint64 tick = due / DOTLS_DEADLINE_TICK + 1;
  guint slot;

  dotls_deadlines_cancel (deadlines, deadline);
  /* What lies beyond one turn waits in the last slot and is put again from there. */
  tick = CLAMP (tick, deadlines->tick + 1, deadlines->tick + DOTLS_DEADLINE_SLOTS - 1);
  slot = slot_of (tick);
  deadline->func = func;
  deadline->due = due;
  push (&deadlines->slots[slot], deadline);
  deadlines->used[slot / 64] |= 1ull << slot % 64;
  deadlines->count++;
}

void
dotls_deadlines_cancel (DotlsDeadlines *deadlines, DotlsDeadline *deadline)
{
  if (deadline->link == NULL)
    return;
  unlink_deadline (deadline);
  deadlines->count--;
}

gint64
dotls_deadlines_next (const DotlsDeadlines *deadlines)
{
  if (deadlines->count == 0)
    return -1;
  for (guint ahead = 1; ahead < DOTLS_DEADLINE_SLOTS; ahead++)
    {
      guint slot = slot_of (deadlines->tick + ahead);

      if (slot % 64 == 0 && deadlines->used[slot / 64] == 0)
        {
          ahead += 63;
          continue;
        }
      if (deadlines->slots[slot] != NULL)
        return (deadlines->tick + ahead) * DOTLS_DEADLINE_TICK;
    }
  return -1;
}

static void
run_slot (DotlsDeadlines *deadlines, guint slot, gint64 now)
{
  DotlsDeadline *batch = NULL, *deadline;

  /* Moved aside first: a function may set deadlines that land in this very slot. */
  while ((deadline = deadlines->slots[slot]) != NULL)
    {
      unlink_deadline (deadline);
      push (&batch, deadline);
    }
  deadlines->used[slot / 64] &= ~(1ull << slot % 64);
  while ((deadline = batch) != NULL)
    {
      unlink_deadline (deadline);
      deadlines->count--;
      if (deadline->due > now)
        dotls_deadlines_set (deadlines, deadline, deadline->func, deadline->due);
      else
        deadline->func (deadline, now);
    }
}

void
dotls_deadlines_run (DotlsDeadlines *deadlines, gint64 now)
{
  gint64 last = now / DOTLS_DEADLINE_TICK;
  /* After a long sleep one turn meets every slot. */
  gint64 first = MAX (deadlines->tick + 1, last - DOTLS_DEADLINE_SLOTS + 1);

  for (gint64 tick = first; tick <= last; tick++)
    {
      deadlines->tick = tick;
      if (deadlines->used[slot_of (tick) / 64] >> slot_of (tick) % 64 & 1)
        run_slot (deadlines, slot_of (tick), now);
    }
}
