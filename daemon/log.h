/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* What the daemon says, to a terminal or the journal.  Only daemon/ logs; names that people ask for
 * are never part of it. */
typedef enum
{
  DOTLS_LOG_ERROR,   /* something does not work until somebody acts */
  DOTLS_LOG_WARNING, /* something is not as it should be */
  DOTLS_LOG_NOTICE,  /* a state changed */
  DOTLS_LOG_INFO,
  DOTLS_LOG_DEBUG, /* also what core/ has to say */
} DotlsLogLevel;

/* "error", "warning", "notice", "info" or "debug". */
const char *dotls_log_level_to_string (DotlsLogLevel level);
gboolean dotls_log_level_from_string (const char *text, DotlsLogLevel *ret_level);

/* Takes over GLib's log: plain lines on standard error, structured ones where that is the journal.
 * Call once, before any thread is there. */
void dotls_log_init (void);

/* Says only what is at least as grave as LEVEL; at first that is DOTLS_LOG_NOTICE. */
void dotls_log_set_level (DotlsLogLevel level);

/* One line, without newline; what is not printable in it is escaped. */
void dotls_log (DotlsLogLevel level, const char *format, ...) G_GNUC_PRINTF (2, 3);
