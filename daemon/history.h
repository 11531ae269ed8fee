/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"

/* The record of what was asked: a ring in memory, and a file if wanted.  Off until somebody
 * configures it; then nothing is kept, allocated or observed. */
typedef struct _DotlsHistory DotlsHistory;

typedef enum
{
  DOTLS_HISTORY_OFF,
  DOTLS_HISTORY_DOMAIN, /* when, and which registrable domain; neither who nor what exactly */
  DOTLS_HISTORY_FULL,
} DotlsHistoryLevel;

/* Entries in memory, about 330 bytes each: the ring stays below 32 MiB. */
#define DOTLS_HISTORY_ENTRIES_MAX 100000
/* Readers that follow at once; each holds a descriptor and a pipe of 64 KiB. */
#define DOTLS_HISTORY_FOLLOWERS_MAX 8

/* "off", "domain" or "full". */
const char *dotls_history_level_to_string (DotlsHistoryLevel level);
gboolean dotls_history_level_from_string (const char *text, DotlsHistoryLevel *ret_level);

DotlsHistory *dotls_history_new (void);
void dotls_history_free (DotlsHistory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsHistory, dotls_history_free)

/* Keeps the newest ENTRIES answers in memory (0: none) and appends all to FILE (or NULL), which is
 * created with mode 0600 and opened anew by every call, so that it can be rotated.  A changed LEVEL
 * or number forgets what memory holds.  At DOTLS_HISTORY_OFF the rest is ignored.
 * DOTLS_ERROR_CONFIG or the errno's GFileError with a sentence; everything stays as it was then. */
gboolean dotls_history_configure (
    DotlsHistory *self, DotlsHistoryLevel level, guint entries, const char *file, GError **error);

/* Watches RESOLVER, which is referenced until dotls_history_free(). */
void dotls_history_attach (DotlsHistory *self, DotlsResolver *resolver);

DotlsHistoryLevel dotls_history_get_level (DotlsHistory *self);

/* The newest LAST entries as JSON lines (see the D-Bus interface), the oldest first, in an
 * anonymous file that stands at its beginning.  The caller closes it.  DOTLS_ERROR_REFUSED
 * while the history is off, or the errno's GFileError; -1 then. */
int dotls_history_dump (DotlsHistory *self, guint last, GError **error);

/* The reading end of a pipe that gets every later entry as a JSON line, except while it is full.
 * The caller closes it.  DOTLS_ERROR_BUSY where too many follow, DOTLS_ERROR_REFUSED while the
 * history is off; -1 then. */
int dotls_history_follow (DotlsHistory *self, GError **error);
