/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/deadline.h"
#include "core/forward.h"

/* What everything in core that does I/O shares: the main context, the clock, the deadlines, scratch
 * memory, random numbers, and the end of the batch.  Whatever is woken, by a descriptor or by a
 * deadline, runs as one batch: what it wants to send it appends, and when it returns each dirty
 * listener and connection is flushed once. */

typedef struct _DotlsLoop DotlsLoop;
typedef struct _DotlsWatch DotlsWatch;

/* Embedded in what has something to flush. */
typedef struct _DotlsFlush DotlsFlush;
struct _DotlsFlush
{
  DotlsFlush *next;
  void (*func) (DotlsFlush *flush);
  gboolean is_queued;
};

#define DOTLS_RAW_SIZE 65536

struct _DotlsLoop
{
  GMainContext *context;
  DotlsDeadlines deadlines;
  gint64 now;      /* monotonic microseconds, taken at the start of the batch */
  guint8 *raw;     /* DOTLS_RAW_SIZE octets: as they come from a socket; not across a batch */
  guint8 *plain;   /* the same, decrypted */
  guint8 *scratch; /* the same, for a message being made */
  DotlsFlush *dirty;
  GSource *timer;
  gint64 armed; /* when the timer goes off; -1: never */
  guint depth;
  guint n_random;
  guint16 random[256];
};

DotlsLoop *dotls_loop_new (GMainContext *context);

/* Every watch, deadline and flush must be gone. */
void dotls_loop_free (DotlsLoop *loop);

/* Around anything that is not called from a watch or a deadline.  Nests. */
void dotls_loop_enter (DotlsLoop *loop);
void dotls_loop_leave (DotlsLoop *loop);

/* FUNC is called at the end of this batch. */
void dotls_loop_flush_later (DotlsLoop *loop, DotlsFlush *flush);
void dotls_loop_flush_cancel (DotlsLoop *loop, DotlsFlush *flush);

/* Unpredictable (RFC 5452 section 9.2). */
guint16 dotls_loop_random (DotlsLoop *loop);

/* MILLISECONDS from the batch's start. */
void dotls_loop_set_deadline (DotlsLoop *loop,
                              DotlsDeadline *deadline,
                              DotlsDeadlineFunc func,
                              guint milliseconds);
void dotls_loop_cancel_deadline (DotlsLoop *loop, DotlsDeadline *deadline);

typedef void (*DotlsWatchFunc) (GIOCondition ready, gpointer data);

/* Calls FUNC while FD is ready for CONDITION (G_IO_ERR and G_IO_HUP always count).  Does not own
 * FD. */
DotlsWatch *dotls_watch_new (
    DotlsLoop *loop, int fd, GIOCondition condition, DotlsWatchFunc func, gpointer data);
void dotls_watch_set (DotlsWatch *watch, GIOCondition condition);

/* May be called from FUNC. */
void dotls_watch_free (DotlsWatch *watch);
