/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

#include "core/limits.h"

/* The session tickets of one upstream, newest last.  Each is handed out once, so that an observer
 * cannot link two connections by it (RFC 8446 appendix C.4); none is older than
 * DOTLS_TICKET_LIFETIME_S, none ever leaves memory, and each is wiped when dropped.  A plain value,
 * empty when zeroed.  Reads no clock: NOW is in seconds, of a clock that runs during sleep. */
typedef struct
{
  struct
  {
    gnutls_datum_t data; /* as gnutls_session_get_data2() made it */
    gint64 kept_at;
  } slots[DOTLS_TICKETS_PER_UPSTREAM];
  guint n;
} DotlsTickets;

/* Takes TICKET over, drops the oldest one where the store is full. */
void dotls_tickets_keep (DotlsTickets *self, gnutls_datum_t ticket, gint64 now);

/* Takes the newest ticket out of the store; the caller ends it with dotls_ticket_wipe().  FALSE
 * where there is none young enough. */
gboolean dotls_tickets_take (DotlsTickets *self, gint64 now, gnutls_datum_t *ret_ticket);

/* Wipes all. */
void dotls_tickets_clear (DotlsTickets *self);

/* Overwrites and frees what gnutls allocated. */
void dotls_ticket_wipe (gnutls_datum_t *ticket);
