/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/ticket.h"

#include <string.h>

void
dotls_ticket_wipe (gnutls_datum_t *ticket)
{
  if (ticket->data != NULL)
    gnutls_memset (ticket->data, 0, ticket->size);
  gnutls_free (ticket->data);
  ticket->data = NULL;
  ticket->size = 0;
}

void
dotls_tickets_keep (DotlsTickets *self, gnutls_datum_t ticket, gint64 now)
{
  if (self->n == G_N_ELEMENTS (self->slots))
    {
      dotls_ticket_wipe (&self->slots[0].data);
      self->n--;
      memmove (self->slots, self->slots + 1, self->n * sizeof self->slots[0]);
    }
  self->slots[self->n].data = ticket;
  self->slots[self->n].kept_at = now;
  self->n++;
}

gboolean
dotls_tickets_take (DotlsTickets *self, gint64 now, gnutls_datum_t *ret_ticket)
{
  if (self->n == 0)
    return FALSE;
  if (now - self->slots[self->n - 1].kept_at > DOTLS_TICKET_LIFETIME_S)
    {
      /* the newest is too old, so all are */
      dotls_tickets_clear (self);
      return FALSE;
    }
  *ret_ticket = self->slots[--self->n].data;
  return TRUE;
}

void
dotls_tickets_clear (DotlsTickets *self)
{
  while (self->n > 0)
    dotls_ticket_wipe (&self->slots[--self->n].data);
}
