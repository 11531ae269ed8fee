/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/stream.h"

#include <string.h>

#include "core/octets.h"

/* What came out: the messages one after the other, each after its length. */
typedef struct
{
  GByteArray *out;
  guint stop_after; /* messages; 0: never */
  guint count;
} Collector;

static gboolean
collect_cb (guint8 *message, gsize length, gpointer data)
{
  Collector *collector = data;
  guint8 size[2];

  dotls_write_u16 (size, length);
  g_byte_array_append (collector->out, size, 2);
  g_byte_array_append (collector->out, message, length);
  memset (message, 0xee, length); /* it is ours to change */
  return ++collector->count != collector->stop_after;
}

static GByteArray *
stream_of (const guint *lengths, guint n)
{
  GByteArray *stream = g_byte_array_new ();
  guint8 octet = 0;

  for (guint i = 0; i < n; i++)
    {
      guint8 size[2];

      dotls_write_u16 (size, lengths[i]);
      g_byte_array_append (stream, size, 2);
      for (guint j = 0; j < lengths[i]; j++, octet++)
        g_byte_array_append (stream, &octet, 1);
    }
  return stream;
}

/* A part of the stream in memory of just its length. */
static gboolean
feed (DotlsFrames *frames, const GByteArray *stream, gsize from, gsize to, Collector *collector)
{
  g_autofree guint8 *part = g_memdup2 (stream->data + from, to - from);

  return dotls_frames_feed (frames, part, to - from, collect_cb, collector);
}

static const guint some[] = { 12, 1, 0, 300, 0, 0, 17, 255, 256, 2 };

/* Catches: a split at any one or two places that loses, doubles or joins messages (D2). */
static void
test_every_split (void)
{
  g_autoptr (GByteArray) stream = stream_of (some, G_N_ELEMENTS (some));

  for (gsize a = 0; a <= stream->len; a++)
    for (gsize b = a; b <= stream->len; b += 7)
      {
        DotlsFrames frames = { 0 };
        Collector collector = { .out = g_byte_array_new () };

        g_assert_true (feed (&frames, stream, 0, a, &collector));
        g_assert_true (feed (&frames, stream, a, b, &collector));
        g_assert_true (feed (&frames, stream, b, stream->len, &collector));
        g_assert_cmpmem (collector.out->data, collector.out->len, stream->data, stream->len);
        g_assert_false (dotls_frames_is_partial (&frames));
        g_assert_null (frames.partial);
        g_byte_array_unref (collector.out);
      }
}

/* Catches: the same octet by octet, and a message of the largest size. */
static void
test_dribble (void)
{
  static const guint lengths[] = { 65535, 3, 65535 };
  g_autoptr (GByteArray) stream = stream_of (lengths, G_N_ELEMENTS (lengths));
  DotlsFrames frames = { 0 };
  Collector collector = { .out = g_byte_array_new () };

  for (gsize i = 0; i < stream->len; i++)
    {
      g_assert_true (feed (&frames, stream, i, i + 1, &collector));
      g_assert_cmpuint (frames.capacity, <=, 2 + 65535);
    }
  g_assert_cmpmem (collector.out->data, collector.out->len, stream->data, stream->len);
  g_byte_array_unref (collector.out);
}

/* Catches: random parts of a long random stream. */
static void
test_random (void)
{
  for (guint round = 0; round < 200; round++)
    {
      DotlsFrames frames = { 0 };
      Collector collector = { .out = g_byte_array_new () };
      g_autoptr (GByteArray) stream = NULL;
      guint lengths[50];

      for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
        lengths[i] = g_test_rand_int_range (0, 1 << g_test_rand_int_range (1, 12));
      stream = stream_of (lengths, G_N_ELEMENTS (lengths));
      for (gsize at = 0; at < stream->len;)
        {
          gsize step = g_test_rand_int_range (1, 3000), to = MIN (stream->len, at + step);

          g_assert_true (feed (&frames, stream, at, to, &collector));
          at = to;
        }
      g_assert_cmpmem (collector.out->data, collector.out->len, stream->data, stream->len);
      g_byte_array_unref (collector.out);
    }
}

/* Catches: messages handed on after the owner said that it is gone, or a leak then. */
static void
test_stop (void)
{
  g_autoptr (GByteArray) stream = stream_of (some, G_N_ELEMENTS (some));

  for (guint stop = 1; stop <= G_N_ELEMENTS (some); stop++)
    for (gsize split = 0; split < stream->len; split += 3)
      {
        DotlsFrames frames = { 0 };
        Collector collector = { .out = g_byte_array_new (), .stop_after = stop };
        gboolean goes_on = feed (&frames, stream, 0, split, &collector);

        if (goes_on)
          goes_on = feed (&frames, stream, split, stream->len, &collector);
        g_assert_false (goes_on);
        g_assert_cmpuint (collector.count, ==, stop);
        dotls_frames_clear (&frames);
        g_byte_array_unref (collector.out);
      }
}

/* Catches: a message that has begun not known as such: the slow are closed by that. */
static void
test_partial (void)
{
  static const guint lengths[] = { 4, 4 };
  g_autoptr (GByteArray) stream = stream_of (lengths, 2);
  DotlsFrames frames = { 0 };
  Collector collector = { .out = g_byte_array_new () };

  for (gsize i = 0; i < stream->len; i++)
    {
      g_assert_cmpint (dotls_frames_is_partial (&frames), ==, i % 6 != 0);
      feed (&frames, stream, i, i + 1, &collector);
    }
  g_assert_false (dotls_frames_is_partial (&frames));
  g_byte_array_unref (collector.out);
}

/* Catches: octets lost or changed between what is queued and what is taken, in random steps: rooms
 * larger than the message, rooms reserved and not used, parts taken. */
static void
test_outbox (void)
{
  g_autoptr (GByteArray) in = g_byte_array_new (), out = g_byte_array_new ();
  DotlsOutbox outbox = { 0 };

  for (guint round = 0; round < 5000; round++)
    {
      gsize size = g_test_rand_int_range (1, 600), length = g_test_rand_int_range (0, size + 1);
      guint8 *room = dotls_outbox_reserve (&outbox, size), head[2];

      memset (room, round, size);
      if (round % 3 > 0)
        {
          dotls_outbox_commit (&outbox, length);
          dotls_write_u16 (head, length);
          g_byte_array_append (in, head, 2);
          g_byte_array_append (in, room, length);
        }
      g_assert_cmpuint (dotls_outbox_pending (&outbox), ==, in->len - out->len);
      if (round % 100 == 0)
        length = dotls_outbox_pending (&outbox);
      else
        length = g_test_rand_int_range (0, MIN (dotls_outbox_pending (&outbox), 500) + 1);
      if (length > 0)
        g_byte_array_append (out, outbox.bytes + outbox.start, length);
      dotls_outbox_consume (&outbox, length);
    }
  g_byte_array_append (out, outbox.bytes + outbox.start, dotls_outbox_pending (&outbox));
  g_assert_cmpmem (in->data, in->len, out->data, out->len);
  dotls_outbox_clear (&outbox);
}

/* Catches: the memory of one burst kept for ever. */
static void
test_outbox_shrinks (void)
{
  DotlsOutbox outbox = { 0 };

  for (guint i = 0; i < 100; i++)
    {
      dotls_outbox_reserve (&outbox, 1000);
      dotls_outbox_commit (&outbox, 1000);
    }
  dotls_outbox_consume (&outbox, dotls_outbox_pending (&outbox));
  g_assert_cmpuint (outbox.capacity, ==, 0);
  g_assert_null (outbox.bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream/every-split", test_every_split);
  g_test_add_func ("/stream/dribble", test_dribble);
  g_test_add_func ("/stream/random", test_random);
  g_test_add_func ("/stream/stop", test_stop);
  g_test_add_func ("/stream/partial", test_partial);
  g_test_add_func ("/stream/outbox", test_outbox);
  g_test_add_func ("/stream/outbox-shrinks", test_outbox_shrinks);
  return g_test_run ();
}
