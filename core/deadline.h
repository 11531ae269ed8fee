/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"

/* All points in time that anything in core waits for: one hashed wheel, no timer and no allocation
 * a query.  Setting and cancelling take constant time; a deadline is met at most
 * DOTLS_DEADLINE_TICK late.  Times are monotonic microseconds and always passed in. */

#define DOTLS_DEADLINE_TICK (1 << 13)
#define DOTLS_DEADLINE_SLOTS 4096 /* one turn is 33 s: idle time-outs wake nobody before */

typedef void (*DotlsDeadlineFunc) (DotlsDeadline *deadline, gint64 now);

/* Embedded in what waits; zero-initialised means not set. */
struct _DotlsDeadline
{
  DotlsDeadline *next;
  DotlsDeadline **link; /* what points to us; NULL: not set */
  DotlsDeadlineFunc func;
  gint64 due;
};

struct _DotlsDeadlines
{
  DotlsDeadline *slots[DOTLS_DEADLINE_SLOTS];
  guint64 used[DOTLS_DEADLINE_SLOTS / 64];
  gint64 tick; /* every earlier tick has been run */
  guint count;
};

void dotls_deadlines_init (DotlsDeadlines *deadlines, gint64 now);

/* Calls FUNC once when DUE has passed; moves DEADLINE if it was set. */
void dotls_deadlines_set (DotlsDeadlines *deadlines,
                          DotlsDeadline *deadline,
                          DotlsDeadlineFunc func,
                          gint64 due);

void dotls_deadlines_cancel (DotlsDeadlines *deadlines, DotlsDeadline *deadline);

/* When dotls_deadlines_run() has something to look at; -1: never. */
gint64 dotls_deadlines_next (const DotlsDeadlines *deadlines);

/* Calls what is due.  The functions may set and cancel any deadline. */
void dotls_deadlines_run (DotlsDeadlines *deadlines, gint64 now);
