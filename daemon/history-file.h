/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* A file that lines are appended to.  They are gathered for a second or some kilobytes, so that the
 * loop makes few system calls and wakes for nothing while there are none. */
typedef struct _DotlsHistoryFile DotlsHistoryFile;

/* Opens PATH for appending, creates it with mode 0600.  Fails with the errno's GFileError, also for
 * what is no regular file, and a sentence that names PATH. */
DotlsHistoryFile *dotls_history_file_open (const char *path, GError **error);

/* Never fails: what cannot be written is dropped, and the first time of a row is logged. */
void dotls_history_file_append (DotlsHistoryFile *self, const char *line, gsize length);

/* Writes what was gathered. */
void dotls_history_file_flush (DotlsHistoryFile *self);

/* Flushes and closes. */
void dotls_history_file_close (DotlsHistoryFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsHistoryFile, dotls_history_file_close)

/* Writes all of BYTES to FD, which blocks.  FALSE with errno set on failure. */
gboolean dotls_history_file_write (int fd, const char *bytes, gsize length);
