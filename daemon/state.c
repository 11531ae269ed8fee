/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/state.h"

#include <string.h>

static const char *const names[] = {
  [DOTLS_STATE_STARTING] = "starting",
  [DOTLS_STATE_PROTECTED] = "protected",
  [DOTLS_STATE_DEGRADED] = "degraded",
  [DOTLS_STATE_FAILED] = "failed",
};

const char *
dotls_state_to_string (DotlsState state)
{
  return names[state];
}

/* Without the full stop that some sentences bring along. */
static void
append_in_parentheses (GString *text, const char *sentence)
{
  gsize length = strlen (sentence);

  if (g_str_has_suffix (sentence, "."))
    length--;
  g_string_append_printf (text, " (%.*s)", (int) length, sentence);
}

/* "quad9 (connection refused), lab" */
static char *
describe_failing (const DotlsStateInput *inputs, guint n_inputs)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_inputs; i++)
    {
      if (!inputs[i].is_selected || !inputs[i].is_failing)
        continue;
      if (text->len > 0)
        g_string_append (text, ", ");
      g_string_append (text, inputs[i].id);
      if (inputs[i].error_text)
        append_in_parentheses (text, inputs[i].error_text);
    }
  return g_string_free (text, FALSE);
}

static char *
describe_protected (guint n)
{
  return n == 1 ? g_strdup ("The upstream is in order.")
                : g_strdup_printf ("All %u upstreams are in order.", n);
}

DotlsState
dotls_state_derive (const DotlsStateInput *inputs, guint n_inputs, char **ret_reason)
{
  g_autofree char *failing = describe_failing (inputs, n_inputs);
  guint n_selected = 0, n_failing = 0;

  for (guint i = 0; i < n_inputs; i++)
    {
      n_selected += inputs[i].is_selected;
      n_failing += inputs[i].is_selected && inputs[i].is_failing;
    }
  if (n_selected == 0)
    {
      *ret_reason = g_strdup ("No upstream is known yet.");
      return DOTLS_STATE_STARTING;
    }
  if (n_failing == 0)
    {
      *ret_reason = describe_protected (n_selected);
      return DOTLS_STATE_PROTECTED;
    }
  if (n_failing < n_selected)
    {
      *ret_reason = g_strdup_printf ("%u of %u upstreams %s: %s.", n_failing, n_selected,
                                     n_failing == 1 ? "fails" : "fail", failing);
      return DOTLS_STATE_DEGRADED;
    }
  *ret_reason = g_strdup_printf ("No upstream can be used: %s.", failing);
  return DOTLS_STATE_FAILED;
}
