/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/forward.h"
#include "core/loop.h"

/* The questions in flight on one connection, by message id.  Ids are drawn at random (RFC 5452
 * section 9.2); the low bits choose the slot, so that looking one up is one access.  A question
 * that nobody waits for any more keeps its id until its answer has come. */

typedef struct
{
  DotlsExchange *exchange; /* NULL with is_used: nobody waits */
  gint64 sent;             /* monotonic microseconds */
  guint16 id;
  guint8 is_used;
} DotlsInflightSlot;

typedef struct
{
  DotlsInflightSlot *slots;
  guint size;   /* a power of two, or 0 */
  guint used;   /* ids taken */
  guint waited; /* of which somebody waits for */
} DotlsInflight;

/* Takes an id for EXCHANGE, sent at the loop's now.  FALSE where too many are taken. */
gboolean dotls_inflight_add (DotlsInflight *inflight,
                             DotlsLoop *loop,
                             DotlsExchange *exchange,
                             guint16 *ret_id);

/* The slot of ID, or NULL where it is not taken. */
DotlsInflightSlot *dotls_inflight_find (DotlsInflight *inflight, guint16 id);

/* Gives the id free. */
void dotls_inflight_remove (DotlsInflight *inflight, DotlsInflightSlot *slot);

/* Nobody waits for ID any more; it stays taken. */
void dotls_inflight_orphan (DotlsInflight *inflight, guint16 id);

/* Any exchange that is waited for, taken out; NULL when there is none left. */
DotlsExchange *dotls_inflight_pop (DotlsInflight *inflight);

void dotls_inflight_clear (DotlsInflight *inflight);
