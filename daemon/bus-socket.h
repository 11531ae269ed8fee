/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>

/* The private socket: D-Bus connections without a bus between.  Not GDBusServer, which keeps a
 * thread for every peer that connects and says nothing, without any bound; nor GSocketService,
 * which starts one before anybody connects. */
typedef struct _DotlsBusSocket DotlsBusSocket;

/* Connections at once.  Each costs a descriptor and some 20 KiB; people's commands use one for
 * milliseconds. */
#define DOTLS_BUS_CONNECTIONS_MAX 64
/* Of these, kept free for root and the daemon's own user, so that nobody else can lock them out. */
#define DOTLS_BUS_CONNECTIONS_RESERVED 16
/* Seconds that a peer has to say who it is. */
#define DOTLS_BUS_AUTHENTICATION_TIMEOUT 5
/* Strangers that are asked at once who they are: fewer than GLib's common pool has threads, ten. */
#define DOTLS_BUS_AUTHENTICATIONS_MAX 4
/* Calls of one connection without a reply, which includes replies that it does not read.  A peer
 * that goes beyond is hung up on. */
#define DOTLS_BUS_CALLS_MAX 64

typedef void (*DotlsBusSocketFunc) (GDBusConnection *connection, gpointer data);

/* Listens on PATH, where any local user may connect.  What a dead daemon left behind there is
 * replaced; DOTLS_ERROR_BUSY where a live one answers, else a GIOError, both with a sentence that
 * names PATH.  OPENED is called with every authenticated connection before its first message is
 * handled, CLOSED once for each of these. */
DotlsBusSocket *dotls_bus_socket_new (const char *path,
                                      DotlsBusSocketFunc opened,
                                      DotlsBusSocketFunc closed,
                                      gpointer data,
                                      GError **error);

/* Hangs up on everybody, calls CLOSED for each, and removes the socket from the file system. */
void dotls_bus_socket_free (DotlsBusSocket *self);
