/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* The service manager, if there is one: the two protocols of sd_notify(3) and sd_listen_fds(3),
 * spoken by hand.  libsystemd would bring seven libraries and a mebibyte for them; its manual calls
 * them stable and free to implement. */

/* Up, and STATUS in words. */
void dotls_notify_ready (const char *status);

/* Reading the settings again; dotls_notify_ready() ends it. */
void dotls_notify_reloading (void);

void dotls_notify_stopping (void);

/* The sockets that it passed, once: *RET_FDS has as many as returned, the caller's to close and
 * free. */
guint dotls_notify_take_sockets (int **ret_fds);
