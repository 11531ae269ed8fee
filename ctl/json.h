/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <json-glib/json-glib.h>

/* The properties or options of DICT (a{sv}) as members: "StateReason" becomes "state-reason".
 * Caller owns it. */
JsonObject *dotls_json_from_dict (GVariant *dict);

/* Prints OBJECT, which it takes, as one document: indented for people at a terminal, else one line.
 */
void dotls_json_print (JsonObject *object, gboolean is_indented);
