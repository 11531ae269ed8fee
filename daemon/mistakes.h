/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Collects what is wrong with settings, each mistake a line that says where and what to do. */
typedef struct _DotlsMistakes DotlsMistakes;

/* Where a mistake is.  Each part may be missing: NULL, or line 0. */
typedef struct
{
  const char *file;
  guint line;
  const char *group;
  const char *key;
} DotlsPlace;

DotlsMistakes *dotls_mistakes_new (void);
void dotls_mistakes_free (DotlsMistakes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsMistakes, dotls_mistakes_free)

/* Adds "FILE:LINE: [group] key: TEXT", made safe for a terminal.  Of a hopeless file only the first
 * hundred are kept, the others counted. */
void dotls_mistakes_add (DotlsMistakes *self, const DotlsPlace *place, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

gboolean dotls_mistakes_is_empty (DotlsMistakes *self);

/* The lines, NULL-terminated; caller frees with g_strfreev(). */
char **dotls_mistakes_to_strv (DotlsMistakes *self);
