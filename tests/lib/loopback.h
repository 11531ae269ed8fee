/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Sockets on 127.0.0.1 and ::1, non-blocking and closed on exec. */

/* Listens (TCP) on *PORT; where that is 0 the kernel chooses and *PORT is set.  Returns -1 where
 * the machine has no such family or the port is taken. */
int loopback_listen (int family, guint16 *port);

/* A port on which nobody listens on 127.0.0.1 and ::1, neither TCP nor UDP, just now. */
guint16 loopback_free_port (void);

/* Connects to the listening FD until its queue is full, after which the kernel drops what knocks.
 * The sockets are appended to FILLERS (of int), the caller's to close. */
void loopback_fill_queue (int fd, GArray *fillers);

/* A blocking socket of KIND (SOCK_STREAM or SOCK_DGRAM) connected to PORT of ADDRESS, which is an
 * IPv4 or IPv6 address in text; -1 and errno on failure. */
int loopback_connect (const char *address, int kind, guint16 port);
