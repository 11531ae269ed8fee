/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* TEXT as certificates carry host names (RFC 9525): A-labels, lower case, without the dot at the
 * end.  Caller frees.  NULL and DOTLS_ERROR_INVALID_ARGUMENT where it is none. */
char *dotls_auth_name_parse (const char *text, GError **error);
