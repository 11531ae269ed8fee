/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* The registered name of an Extended DNS Error (RFC 8914 section 5.2), or "" for one that is not
 * known here. */
const char *dotls_ede_to_string (guint16 code);
