/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/check.h"

#include <stdio.h>
#include <stdlib.h>

static char *
join_addresses (GArray *addresses)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < addresses->len; i++)
    {
      g_autofree char *address =
          dotls_address_to_string (&g_array_index (addresses, DotlsAddress, i));

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", address);
    }
  return g_string_free (text, FALSE);
}

int
dotls_check_config (const DotlsOptions *options)
{
  g_auto (GStrv) mistakes = NULL;
  g_autoptr (DotlsSettings) settings = dotls_options_load_settings (options, &mistakes);
  g_autofree char *listen = NULL, *upstreams = NULL, *files = NULL;

  for (guint i = 0; mistakes != NULL && mistakes[i] != NULL; i++)
    fprintf (stderr, "%s\n", mistakes[i]);
  if (settings == NULL)
    return EXIT_FAILURE;
  listen = join_addresses (settings->listen);
  upstreams = dotls_settings_describe_upstreams (settings);
  files = g_strjoinv (", ", settings->files);
  printf ("OK: listen on %s; ask %s (%s, %s); from %s\n", listen, upstreams, settings->mode,
          dotls_policy_kind_to_string (settings->config.policy),
          *files != '\0' ? files : "built-in defaults");
  return EXIT_SUCCESS;
}
