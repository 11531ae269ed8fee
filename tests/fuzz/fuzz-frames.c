/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Input: a seed octet, then a stream.
 * Catches: messages that depend on how the stream was cut into reads, that get lost or run
 * together, or that differ from what the outbox of the other end was given. */

#include <string.h>

#include "core/stream.h"
#include "fuzz.h"

/* Each message after its length, as the stream had it. */
static gboolean
collect_cb (guint8 *message, gsize length, gpointer data)
{
  GByteArray *all = data;
  guint8 head[] = { length >> 8, length };

  g_byte_array_append (all, head, sizeof head);
  g_byte_array_append (all, message, length);
  return TRUE;
}

static gboolean
send_cb (guint8 *message, gsize length, gpointer data)
{
  DotlsOutbox *outbox = data;

  memcpy (dotls_outbox_reserve (outbox, length + 7), message, length);
  dotls_outbox_commit (outbox, length);
  return TRUE;
}

/* Feeds COPY in pieces of random length; TRUE if an unfinished message is left. */
static gboolean
feed (const guint8 *bytes, gsize length, GRand *rand, DotlsFrameFunc func, gpointer data)
{
  DotlsFrames frames = { 0 };
  gboolean is_partial;

  while (length > 0)
    {
      gsize piece = rand != NULL ? (gsize) g_rand_int_range (rand, 1, 40) : length;
      g_autofree guint8 *copy = NULL;

      piece = MIN (piece, length);
      copy = g_memdup2 (bytes, piece);
      g_assert_true (dotls_frames_feed (&frames, copy, piece, func, data));
      bytes += piece;
      length -= piece;
    }
  is_partial = dotls_frames_is_partial (&frames);
  dotls_frames_clear (&frames);
  return is_partial;
}

static void
check_outbox (const guint8 *stream, const GByteArray *messages)
{
  DotlsOutbox outbox = { 0 };

  feed (stream, messages->len, NULL, send_cb, &outbox);
  g_assert_cmpmem (outbox.bytes + outbox.start, dotls_outbox_pending (&outbox), messages->data,
                   messages->len);
  dotls_outbox_consume (&outbox, messages->len / 2);
  g_assert_cmpuint (dotls_outbox_pending (&outbox), ==, messages->len - messages->len / 2);
  dotls_outbox_clear (&outbox);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) whole = g_byte_array_new (), cut = g_byte_array_new ();
  g_autoptr (GRand) rand = NULL;
  gboolean is_partial;

  if (size < 1)
    return 0;
  rand = g_rand_new_with_seed (data[0]);
  data++;
  size--;
  is_partial = feed (data, size, NULL, collect_cb, whole);
  g_assert_cmpint (feed (data, size, rand, collect_cb, cut), ==, is_partial);
  g_assert_cmpmem (whole->data, whole->len, cut->data, cut->len);
  /* what came is the beginning of the stream, and only an unfinished message is missing */
  g_assert_cmpmem (data, whole->len, whole->data, whole->len);
  g_assert_cmpint (whole->len < size, ==, is_partial);
  if (size - whole->len >= 2)
    g_assert_cmpuint (size - whole->len - 2, <, data[whole->len] << 8 | data[whole->len + 1]);
  check_outbox (data, whole);
  return 0;
}
