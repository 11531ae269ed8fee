/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "daemon/app.h"
#include "daemon/check.h"
#include "daemon/process.h"
#include "daemon/text.h"

/* Wrong usage, as opposed to something that went wrong. */
#define EXIT_USAGE 2
#define USAGE_MAX 300

static int
complain (const GError *error)
{
  g_autofree char *text = dotls_text_escape (error->message, USAGE_MAX);

  fprintf (stderr, "dotlsd: %s; see dotlsd --help\n", text);
  return EXIT_USAGE;
}

static int
serve (const DotlsOptions *options)
{
  g_autoptr (DotlsApp) app = NULL;

  dotls_log_init ();
  dotls_process_prepare ();
  app = dotls_app_new (options);
  return dotls_app_start (app) ? dotls_app_run (app) : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) arguments = g_strdupv (argv);
  g_auto (DotlsOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  if (!dotls_options_parse (&options, arguments, &error))
    return complain (error);
  if (options.version)
    return printf ("dotlsd %s\n", DOTLS_VERSION) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  return options.check_config ? dotls_check_config (&options) : serve (&options);
}
