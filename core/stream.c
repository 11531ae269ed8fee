/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/stream.h"

#include <string.h>

#include "core/wire.h"

/* Kept for the next burst; what is larger goes back. */
#define OUTBOX_KEEP 16384

static void
keep (DotlsFrames *frames, const guint8 *bytes, gsize length)
{
  if (frames->length + length > frames->capacity)
    {
      frames->capacity = MAX (frames->length + length, 512);
      if (frames->length + length >= 2 && frames->length >= 2)
        frames->capacity = MAX (frames->capacity, 2u + dotls_read_u16 (frames->partial));
      frames->partial = g_realloc (frames->partial, frames->capacity);
    }
  memcpy (frames->partial + frames->length, bytes, length);
  frames->length += length;
}

/* Completes the message that had begun.  Returns how many of BYTES it took. */
static gsize
complete (DotlsFrames *frames, const guint8 *bytes, gsize length)
{
  gsize taken = 0, missing;

  if (frames->length < 2)
    {
      taken = MIN (2 - frames->length, length);
      keep (frames, bytes, taken);
      if (frames->length < 2)
        return taken;
    }
  missing = 2 + dotls_read_u16 (frames->partial) - frames->length;
  missing = MIN (missing, length - taken);
  keep (frames, bytes + taken, missing);
  return taken + missing;
}

static gboolean
is_complete (const DotlsFrames *frames)
{
  return frames->length >= 2 && frames->length == 2u + dotls_read_u16 (frames->partial);
}

/* Hands on what is whole in BYTES, keeps the rest. */
static gboolean
run (DotlsFrames *frames, guint8 *bytes, gsize length, DotlsFrameFunc func, gpointer data)
{
  while (length >= 2 && length >= 2u + dotls_read_u16 (bytes) && !frames->is_paused)
    {
      gsize size = dotls_read_u16 (bytes);

      if (!func (bytes + 2, size, data))
        return FALSE;
      bytes += 2 + size;
      length -= 2 + size;
    }
  if (length > 0)
    keep (frames, bytes, length);
  return TRUE;
}

/* Hands on what has been kept. */
static gboolean
run_kept (DotlsFrames *frames, DotlsFrameFunc func, gpointer data)
{
  g_autofree guint8 *kept = g_steal_pointer (&frames->partial);
  gsize length = frames->length;

  frames->length = frames->capacity = 0;
  return run (frames, kept, length, func, data);
}

gboolean
dotls_frames_feed (
    DotlsFrames *frames, guint8 *bytes, gsize length, DotlsFrameFunc func, gpointer data)
{
  if (frames->is_paused)
    {
      frames->is_paused = FALSE;
      if (!run_kept (frames, func, data))
        return FALSE;
    }
  while (length > 0 && frames->length > 0 && !frames->is_paused)
    {
      gsize taken = complete (frames, bytes, length);

      bytes += taken;
      length -= taken;
      if (is_complete (frames) && !run_kept (frames, func, data))
        return FALSE;
    }
  return length == 0 || run (frames, bytes, length, func, data);
}

void
dotls_frames_pause (DotlsFrames *frames)
{
  frames->is_paused = TRUE;
}

gboolean
dotls_frames_is_partial (const DotlsFrames *frames)
{
  return frames->length > 0 && !frames->is_paused;
}

void
dotls_frames_clear (DotlsFrames *frames)
{
  g_free (frames->partial);
  *frames = (DotlsFrames){ 0 };
}

guint8 *
dotls_outbox_reserve (DotlsOutbox *outbox, gsize size)
{
  if (outbox->end + 2 + size > outbox->capacity)
    {
      if (outbox->start > 0)
        {
          memmove (outbox->bytes, outbox->bytes + outbox->start, dotls_outbox_pending (outbox));
          outbox->end -= outbox->start;
          outbox->start = 0;
        }
      if (outbox->end + 2 + size > outbox->capacity)
        {
          outbox->capacity = MAX (outbox->end + 2 + size, 2 * outbox->capacity);
          outbox->bytes = g_realloc (outbox->bytes, outbox->capacity);
        }
    }
  return outbox->bytes + outbox->end + 2;
}

void
dotls_outbox_commit (DotlsOutbox *outbox, gsize length)
{
  dotls_write_u16 (outbox->bytes + outbox->end, length);
  outbox->end += 2 + length;
}

void
dotls_outbox_consume (DotlsOutbox *outbox, gsize length)
{
  outbox->start += length;
  if (outbox->start < outbox->end)
    return;
  outbox->start = outbox->end = 0;
  if (outbox->capacity > OUTBOX_KEEP)
    dotls_outbox_clear (outbox);
}

void
dotls_outbox_clear (DotlsOutbox *outbox)
{
  g_free (outbox->bytes);
  *outbox = (DotlsOutbox){ 0 };
}
