/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <sys/stat.h>

/* The file of a listening socket, for as long as it is ours. */
typedef struct
{
  char *path;
  struct stat identity;
} DotlsSocketFile;

/* Listens on PATH, where any local user may connect, and returns the descriptor, which blocks
 * nobody and is the caller's.  What a dead daemon left behind there is replaced.  -1 with
 * DOTLS_ERROR_BUSY where a live one answers, else a GIOError; both with a sentence that names PATH.
 */
int dotls_socket_file_listen (DotlsSocketFile *self, const char *path, int backlog, GError **error);

/* Removes the file unless another has put its own there since, and forgets it. */
void dotls_socket_file_clear (DotlsSocketFile *self);
