/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>

#include "core/address.h"
#include "core/forward.h"
#include "core/loop.h"
#include "core/query.h"
#include "core/stats.h"

/* Where clients' questions come in.  A listener reads, hands each message on, and sends what comes
 * back: in place at once, or later through the origin's functions. */

/* The message of LENGTH octets in BUFFER, which has room for CAPACITY.  Returns the length of the
 * reply made in its place, or 0: none, or later. */
typedef gsize (*DotlsHandleFunc) (
    gpointer data, const DotlsOrigin *origin, guint8 *buffer, gsize length, gsize capacity);

typedef struct _DotlsUdpBatch DotlsUdpBatch;

/* What listeners share; must outlive them. */
typedef struct
{
  DotlsLoop *loop;
  DotlsStats *stats;
  const DotlsConfig *config; /* may change its values */
  DotlsHandleFunc handle;
  gpointer data;
  DotlsUdpBatch *batch; /* received datagrams, used by one listener at a time */
  guint tcp_clients;    /* open, over all listeners */
} DotlsListeners;

/* The base of both kinds. */
struct _DotlsListener
{
  DotlsListeners *shared;
  DotlsAddress address; /* as bound */
  gboolean is_passed;   /* by systemd: not ours to close at a reload */
  gboolean is_stream;
  void (*stop) (DotlsListener *self); /* reads no more; what waits is still answered */
  void (*free) (DotlsListener *self);
};

void dotls_listeners_init (DotlsListeners *shared);
void dotls_listeners_clear (DotlsListeners *shared);

/* Binds ADDRESS.  GIOError of the errno; the sentence names the address and what to do. */
DotlsListener *dotls_listener_open (DotlsListeners *shared,
                                    const DotlsAddress *address,
                                    gboolean is_stream,
                                    GError **error);

/* Takes over FD, a bound datagram or listening stream socket, also on failure. */
DotlsListener *dotls_listener_take (DotlsListeners *shared, int fd, GError **error);

void dotls_listener_free (DotlsListener *self);

/* "udp 127.0.0.1:53"; caller frees. */
char *dotls_listener_to_string (const DotlsListener *self);

/* --- for the two kinds --- */

DotlsListener *dotls_listener_udp_new (DotlsListeners *shared, int fd);
DotlsListener *dotls_listener_tcp_new (DotlsListeners *shared, int fd);
DotlsUdpBatch *dotls_udp_batch_new (void);
void dotls_udp_batch_free (DotlsUdpBatch *batch);
