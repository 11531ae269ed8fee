/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/settings.h"
#include "fuzz.h"

/* Catches: a text that crashes, leaks or hangs the parser, that is refused without a word, or whose
 * complaint could steer a terminal. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (GStrv) mistakes = NULL;
  g_autoptr (DotlsSettings) settings =
      dotls_settings_parse ("fuzz.conf", (const char *) data, size, FUZZ_DATA_DIR, &mistakes);

  g_assert_true ((settings == NULL) == (mistakes != NULL));
  for (guint i = 0; mistakes != NULL && mistakes[i] != NULL; i++)
    for (const char *c = mistakes[i]; *c != '\0'; c = g_utf8_next_char (c))
      g_assert_true (g_unichar_isprint (g_utf8_get_char (c)));
  if (settings != NULL)
    {
      g_assert_cmpuint (settings->upstreams->len, >, 0);
      g_assert_cmpuint (settings->listen->len, >, 0);
      for (guint i = 0; i < settings->upstreams->len; i++)
        g_assert_true (
            dotls_upstream_spec_check (g_ptr_array_index (settings->upstreams, i), NULL));
    }
  return 0;
}
