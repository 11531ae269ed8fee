/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Words on their way to a person. */

/* TEXT as a terminal or a log may show it: whatever is not printable (control characters, bytes
 * that are no UTF-8, marks that turn the direction of writing) becomes \u{...} or \x..., and what
 * goes beyond MAX characters becomes "...".  Caller frees. */
char *dotls_text_escape (const char *text, guint max);

/* The one of CANDIDATES (NULL-terminated) that TEXT most likely meant, by edit distance, or NULL
 * where none is near. */
const char *dotls_text_nearest (const char *text, const char *const *candidates);
