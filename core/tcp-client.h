/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/listener.h"

/* The connections of TCP clients (RFC 7766, RFC 9210): pipelined, answered in whatever order
 * answers come, bounded in number, time and memory. */

typedef struct _DotlsTcpClient DotlsTcpClient;

/* Those of one listener, the longest idle first; zero-initialised but for SHARED. */
typedef struct
{
  DotlsListeners *shared;
  GQueue open;
  gboolean is_stopped;
} DotlsTcpClients;

/* Owns FD.  Where there are too many, the longest idle one makes room, or else the new one is
 * closed. */
void dotls_tcp_clients_add (DotlsTcpClients *clients, int fd, const DotlsAddress *peer);

/* Closes the longest idle one that waits for nothing.  FALSE if there is none. */
gboolean dotls_tcp_clients_evict (DotlsTcpClients *clients);

/* Reads no more; each is closed when it has its answers. */
void dotls_tcp_clients_stop (DotlsTcpClients *clients);

void dotls_tcp_clients_close_all (DotlsTcpClients *clients);
