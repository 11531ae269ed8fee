/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/ticket.h"

#include <string.h>

static gnutls_datum_t
make_ticket (guint8 mark)
{
  gnutls_datum_t ticket = { gnutls_malloc (100), 100 };

  memset (ticket.data, mark, ticket.size);
  return ticket;
}

static int
take (DotlsTickets *tickets, gint64 now)
{
  gnutls_datum_t ticket;
  int mark;

  if (!dotls_tickets_take (tickets, now, &ticket))
    return -1;
  mark = ticket.data[0];
  dotls_ticket_wipe (&ticket);
  g_assert_null (ticket.data);
  return mark;
}

/* Catches: an old ticket preferred to a new one, or one handed out twice. */
static void
test_order (void)
{
  DotlsTickets tickets = { 0 };

  g_assert_cmpint (take (&tickets, 0), ==, -1);
  dotls_tickets_keep (&tickets, make_ticket (1), 0);
  dotls_tickets_keep (&tickets, make_ticket (2), 1);
  g_assert_cmpint (take (&tickets, 2), ==, 2);
  dotls_tickets_keep (&tickets, make_ticket (3), 2);
  g_assert_cmpint (take (&tickets, 2), ==, 3);
  g_assert_cmpint (take (&tickets, 2), ==, 1);
  g_assert_cmpint (take (&tickets, 2), ==, -1);
}

/* Catches: a store that grows with every ticket a server sends, or that drops the new ones. */
static void
test_bound (void)
{
  DotlsTickets tickets = { 0 };

  for (int i = 0; i < 100; i++)
    dotls_tickets_keep (&tickets, make_ticket (i), i);
  g_assert_cmpint (tickets.n, ==, DOTLS_TICKETS_PER_UPSTREAM);
  for (int i = 0; i < DOTLS_TICKETS_PER_UPSTREAM; i++)
    g_assert_cmpint (take (&tickets, 100), ==, 99 - i);
  g_assert_cmpint (tickets.n, ==, 0);
}

/* Catches: a ticket that outlives its hour, by a second or over a sleep. */
static void
test_lifetime (void)
{
  DotlsTickets tickets = { 0 };

  dotls_tickets_keep (&tickets, make_ticket (1), 1000);
  dotls_tickets_keep (&tickets, make_ticket (2), 2000);
  g_assert_cmpint (take (&tickets, 2000 + DOTLS_TICKET_LIFETIME_S), ==, 2);
  g_assert_cmpint (take (&tickets, 1000 + DOTLS_TICKET_LIFETIME_S + 1), ==, -1);
  g_assert_cmpint (tickets.n, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ticket/order", test_order);
  g_test_add_func ("/ticket/bound", test_bound);
  g_test_add_func ("/ticket/lifetime", test_lifetime);
  return g_test_run ();
}
