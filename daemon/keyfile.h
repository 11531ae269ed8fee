/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "daemon/mistakes.h"

/* A GKeyFile that knows its line numbers and goes on after a bad line. */
typedef struct
{
  char *file; /* its name, for messages */
  GKeyFile *values;
  GArray *entries; /* of DotlsKeyfileEntry, in the order of the file */
} DotlsKeyfile;

typedef struct
{
  guint line;
  char *group;
  char *key; /* NULL: the line that opens the group */
} DotlsKeyfileEntry;

/* Reads TEXT, LENGTH bytes.  Lines that are neither comment, [group] nor key = value, and groups or
 * keys given twice, go to MISTAKES and are left out.  FILE is copied.  Never NULL. */
DotlsKeyfile *dotls_keyfile_parse (const char *file,
                                   const char *text,
                                   gsize length,
                                   DotlsMistakes *mistakes);
void dotls_keyfile_free (DotlsKeyfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsKeyfile, dotls_keyfile_free)
