/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Reads a regular file of at most MAX bytes; never waits for a pipe, never swallows a device.  The
 * text ends in NUL, RET_LENGTH does not count it.  Caller frees.  G_FILE_ERROR with a sentence that
 * does not name PATH. */
char *dotls_file_read (const char *path, gsize max, gsize *ret_length, GError **error);
