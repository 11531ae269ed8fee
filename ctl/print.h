/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* What the output is: people at a terminal, or a program at a pipe. */
typedef struct
{
  gboolean is_terminal;
  gboolean has_color;
  gboolean is_utf8;
  guint width; /* columns of the terminal */
} DotlsPrint;

typedef enum
{
  DOTLS_STYLE_PLAIN,
  DOTLS_STYLE_STRONG,
  DOTLS_STYLE_DIM,
  DOTLS_STYLE_GOOD,
  DOTLS_STYLE_WARN,
  DOTLS_STYLE_BAD,
} DotlsStyle;

/* Looks at standard output and the environment: NO_COLOR (see no-color.org), TERM and COLUMNS. */
void dotls_print_init (DotlsPrint *ret_print, gboolean no_color);

/* TEXT with everything escaped that could steer a terminal or turn the line around: control and
 * format characters, line separators, and what is no UTF-8.  Where the terminal does not know
 * UTF-8, all that is not ASCII.  Caller frees. */
char *dotls_print_escape (const DotlsPrint *print, const char *text);

/* TEXT, which is escaped already, between the codes for STYLE where there is colour.  Caller frees.
 */
char *dotls_print_paint (const DotlsPrint *print, DotlsStyle style, const char *text);

/* How TEXT is usually painted if it is the state of something: "connected" is good. */
DotlsStyle dotls_print_style_of_state (const char *text);

/* "12.3 ms", or "45 us" where it is shorter than a millisecond.  Caller frees. */
char *dotls_print_duration (guint64 microseconds);

/* Columns that escaped TEXT takes. */
guint dotls_print_width (const char *text);
