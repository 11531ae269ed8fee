/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/state.h"

static void
assert_state (const DotlsStateInput *inputs, guint n, const char *state, const char *reason)
{
  g_autofree char *found = NULL;

  g_assert_cmpstr (dotls_state_to_string (dotls_state_derive (inputs, n, &found)), ==, state);
  g_assert_cmpstr (found, ==, reason);
}

/* Would catch a daemon without upstreams that calls itself protected. */
static void
test_nothing (void)
{
  const DotlsStateInput unselected = { .id = "a" };

  assert_state (NULL, 0, "starting", "No upstream is known yet.");
  assert_state (&unselected, 1, "starting", "No upstream is known yet.");
}

/* Would catch an unselected upstream that counts, for better or worse. */
static void
test_selection (void)
{
  const DotlsStateInput inputs[] = {
    { .id = "a", .is_selected = TRUE },
    { .id = "b", .is_selected = FALSE, .is_failing = TRUE, .error_text = "down" },
  };
  const DotlsStateInput worse[] = {
    { .id = "a", .is_selected = TRUE, .is_failing = TRUE, .error_text = "down" },
    { .id = "b", .is_selected = FALSE },
  };

  assert_state (inputs, 2, "protected", "The upstream is in order.");
  assert_state (worse, 2, "failed", "No upstream can be used: a (down).");
}

/* Would catch a failure that is hidden, blamed on the wrong one, or called total when it is not. */
static void
test_failures (void)
{
  DotlsStateInput inputs[] = {
    { .id = "a", .is_selected = TRUE },
    { .id = "b", .is_selected = TRUE },
    { .id = "c", .is_selected = TRUE },
  };

  assert_state (inputs, 3, "protected", "All 3 upstreams are in order.");
  inputs[1].is_failing = TRUE;
  inputs[1].error_text = "the certificate expired.";
  assert_state (inputs, 3, "degraded", "1 of 3 upstreams fails: b (the certificate expired).");
  inputs[0].is_failing = TRUE;
  assert_state (inputs, 3, "degraded", "2 of 3 upstreams fail: a, b (the certificate expired).");
  inputs[2].is_failing = TRUE;
  inputs[2].error_text = "no route";
  assert_state (inputs, 3, "failed",
                "No upstream can be used: a, b (the certificate expired), c (no route).");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/nothing", test_nothing);
  g_test_add_func ("/state/selection", test_selection);
  g_test_add_func ("/state/failures", test_failures);
  return g_test_run ();
}
