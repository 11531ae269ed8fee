/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/loop.h"

#include <gnutls/crypto.h>

struct _DotlsWatch
{
  GSource source;
  DotlsLoop *loop;
  gpointer tag;
  GIOCondition condition;
  DotlsWatchFunc func;
  gpointer data;
};

typedef struct
{
  GSource source;
  DotlsLoop *loop;
} Timer;

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  DotlsLoop *loop = ((Timer *) source)->loop;

  dotls_loop_enter (loop);
  loop->armed = -1;
  g_source_set_ready_time (source, -1);
  dotls_deadlines_run (&loop->deadlines, loop->now);
  dotls_loop_leave (loop);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

DotlsLoop *
dotls_loop_new (GMainContext *context)
{
  DotlsLoop *loop = g_new0 (DotlsLoop, 1);

  loop->context = context != NULL ? context : g_main_context_default ();
  g_main_context_ref (loop->context);
  loop->now = g_get_monotonic_time ();
  loop->armed = -1;
  dotls_deadlines_init (&loop->deadlines, loop->now);
  /* Untouched pages cost nothing. */
  loop->raw = g_malloc (DOTLS_RAW_SIZE);
  loop->plain = g_malloc (DOTLS_RAW_SIZE);
  loop->scratch = g_malloc (DOTLS_RAW_SIZE);
  loop->timer = g_source_new (&timer_funcs, sizeof (Timer));
  ((Timer *) loop->timer)->loop = loop;
  g_source_set_static_name (loop->timer, "dotls deadlines");
  g_source_attach (loop->timer, loop->context);
  return loop;
}

void
dotls_loop_free (DotlsLoop *loop)
{
  g_source_destroy (loop->timer);
  g_source_unref (loop->timer);
  g_main_context_unref (loop->context);
  g_free (loop->raw);
  g_free (loop->plain);
  g_free (loop->scratch);
  g_free (loop);
}

void
dotls_loop_enter (DotlsLoop *loop)
{
  if (loop->depth++ == 0)
    loop->now = g_get_monotonic_time ();
}

static void
flush_all (DotlsLoop *loop)
{
  DotlsFlush *flush;

  while ((flush = loop->dirty) != NULL)
    {
      loop->dirty = flush->next;
      flush->is_queued = FALSE;
      flush->func (flush);
    }
}

/* Moving a source's ready time wakes the context, which costs a system call: only ever earlier, or
 * when nothing is left to wait for.  When it goes off too early, nothing is due and it is set anew.
 */
static void
arm (DotlsLoop *loop)
{
  gint64 next = dotls_deadlines_next (&loop->deadlines);

  if (next == loop->armed || (next >= 0 && loop->armed >= 0 && loop->armed < next))
    return;
  loop->armed = next;
  g_source_set_ready_time (loop->timer, next);
}

void
dotls_loop_leave (DotlsLoop *loop)
{
  if (loop->depth == 1)
    {
      flush_all (loop);
      arm (loop);
    }
  loop->depth--;
}

void
dotls_loop_flush_later (DotlsLoop *loop, DotlsFlush *flush)
{
  if (flush->is_queued)
    return;
  flush->is_queued = TRUE;
  flush->next = loop->dirty;
  loop->dirty = flush;
}

void
dotls_loop_flush_cancel (DotlsLoop *loop, DotlsFlush *flush)
{
  DotlsFlush **link = &loop->dirty;

  if (!flush->is_queued)
    return;
  while (*link != flush)
    link = &(*link)->next;
  *link = flush->next;
  flush->is_queued = FALSE;
}

guint16
dotls_loop_random (DotlsLoop *loop)
{
  if (loop->n_random == 0)
    {
      if (gnutls_rnd (GNUTLS_RND_NONCE, loop->random, sizeof loop->random) < 0)
        g_error ("the system has no random numbers");
      loop->n_random = G_N_ELEMENTS (loop->random);
    }
  return loop->random[--loop->n_random];
}

void
dotls_loop_set_deadline (DotlsLoop *loop,
                         DotlsDeadline *deadline,
                         DotlsDeadlineFunc func,
                         guint milliseconds)
{
  dotls_deadlines_set (&loop->deadlines, deadline, func, loop->now + 1000 * (gint64) milliseconds);
}

void
dotls_loop_cancel_deadline (DotlsLoop *loop, DotlsDeadline *deadline)
{
  dotls_deadlines_cancel (&loop->deadlines, deadline);
}

static gboolean
watch_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  DotlsWatch *watch = (DotlsWatch *) source;
  DotlsLoop *loop = watch->loop;

  dotls_loop_enter (loop);
  watch->func (g_source_query_unix_fd (source, watch->tag), watch->data);
  dotls_loop_leave (loop);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = { .dispatch = watch_dispatch };

DotlsWatch *
dotls_watch_new (
    DotlsLoop *loop, int fd, GIOCondition condition, DotlsWatchFunc func, gpointer data)
{
  GSource *source = g_source_new (&watch_funcs, sizeof (DotlsWatch));
  DotlsWatch *watch = (DotlsWatch *) source;

  watch->loop = loop;
  watch->func = func;
  watch->data = data;
  watch->condition = condition;
  watch->tag = g_source_add_unix_fd (source, fd, condition | G_IO_ERR | G_IO_HUP);
  g_source_set_static_name (source, "dotls watch");
  g_source_attach (source, loop->context);
  return watch;
}

void
dotls_watch_set (DotlsWatch *watch, GIOCondition condition)
{
  if (condition == watch->condition)
    return;
  watch->condition = condition;
  g_source_modify_unix_fd (&watch->source, watch->tag, condition | G_IO_ERR | G_IO_HUP);
}

void
dotls_watch_free (DotlsWatch *watch)
{
  g_source_destroy (&watch->source);
  g_source_unref (&watch->source);
}
