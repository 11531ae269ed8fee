/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* How the daemon fares as a whole: the one place that derives it from the upstreams. */
typedef enum
{
  DOTLS_STATE_STARTING,  /* no upstream is known */
  DOTLS_STATE_PROTECTED, /* nothing stands against any upstream that may be asked */
  DOTLS_STATE_DEGRADED,  /* some of them fail */
  DOTLS_STATE_FAILED,    /* all of them fail */
} DotlsState;

/* What matters of one upstream. */
typedef struct
{
  const char *id;
  const char *error_text; /* of the last failure, or NULL */
  gboolean is_selected;
  gboolean is_failing;
} DotlsStateInput;

/* "starting", "protected", "degraded" or "failed". */
const char *dotls_state_to_string (DotlsState state);

/* RET_REASON, freed by the caller, is one sentence for people. */
DotlsState dotls_state_derive (const DotlsStateInput *inputs, guint n_inputs, char **ret_reason);
