/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Messages in a byte stream, each after its length in two octets (RFC 1035 section 4.2.2, RFC 7766
 * section 8).  Used by the TCP listener and by DoT alike; does no I/O itself. */

/* What has come and not been handed on: a message that has begun but not ended, or all that came
 * behind a pause; zero-initialised is empty. */
typedef struct
{
  guint8 *partial; /* with its length octets */
  guint32 length;
  guint32 capacity;
  gboolean is_paused;
} DotlsFrames;

/* MESSAGE may be changed.  FALSE stops the feeding: the owner is gone, or the stream is to end. */
typedef gboolean (*DotlsFrameFunc) (guint8 *message, gsize length, gpointer data);

/* Hands every complete message of what came so far and BYTES to FUNC, keeps the rest.  Returns
 * FALSE if FUNC did; FRAMES may be gone then. */
gboolean dotls_frames_feed (
    DotlsFrames *frames, guint8 *bytes, gsize length, DotlsFrameFunc func, gpointer data);

/* From within FUNC: hands on no further message.  What is left waits for the next
 * dotls_frames_feed(), which may bring nothing new. */
void dotls_frames_pause (DotlsFrames *frames);

/* Whether a message has begun and not ended. */
gboolean dotls_frames_is_partial (const DotlsFrames *frames);

void dotls_frames_clear (DotlsFrames *frames);

/* Octets on their way out; zero-initialised is empty. */
typedef struct
{
  guint8 *bytes;
  gsize start;
  gsize end;
  gsize capacity;
} DotlsOutbox;

/* Room for a message of at most SIZE octets; the two length octets are ours. */
guint8 *dotls_outbox_reserve (DotlsOutbox *outbox, gsize size);

/* The message in the last reserved room is LENGTH octets long; it is queued. */
void dotls_outbox_commit (DotlsOutbox *outbox, gsize length);

/* LENGTH octets have gone. */
void dotls_outbox_consume (DotlsOutbox *outbox, gsize length);

static inline gsize
dotls_outbox_pending (const DotlsOutbox *outbox)
{
  return outbox->end - outbox->start;
}

void dotls_outbox_clear (DotlsOutbox *outbox);
