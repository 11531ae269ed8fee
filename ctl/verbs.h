/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "ctl/client.h"

/* What a row of the table in ctl/main.c calls: ARGUMENTS are those after the verb, as many as the
 * row allows, and NULL at the end.  The command line's options have been read. */
typedef DotlsExit (*DotlsVerbFunc) (DotlsClient *client, char **arguments);

DotlsExit dotls_verb_status (DotlsClient *client, char **arguments);
DotlsExit dotls_verb_query (DotlsClient *client, char **arguments);
DotlsExit dotls_verb_upstream (DotlsClient *client, char **arguments);
DotlsExit dotls_verb_statistics (DotlsClient *client, char **arguments);
DotlsExit dotls_verb_flush (DotlsClient *client, char **arguments);
DotlsExit dotls_verb_history (DotlsClient *client, char **arguments);

/* Options of their own. */
extern const GOptionEntry dotls_query_options[];
extern const GOptionEntry dotls_history_options[];

/* The upstreams (GVariant, a{sv}) as a table; used by more than one verb. */
void dotls_print_upstreams (const DotlsClient *client, GPtrArray *upstreams);
