/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/options.h"

#include <string.h>
#include <unistd.h>

#include "config.h"

#define DATA_DIR_VARIABLE "DOTLS_DATA_DIR"

/* The first directory of what systemd passes for RuntimeDirectory= and the like. */
static char *
get_systemd_directory (const char *variable)
{
  const char *text = g_getenv (variable);

  return text != NULL && *text == '/' ? g_strndup (text, strcspn (text, ":")) : NULL;
}

/* GIVEN, systemd's, root's or the user's. */
static char *
choose_directory (const char *given,
                  const char *variable,
                  const char *system_dir,
                  const char *user_dir)
{
  char *passed;

  if (given != NULL)
    return g_canonicalize_filename (given, NULL);
  passed = get_systemd_directory (variable);
  if (passed != NULL)
    return passed;
  /* The XDG base directory specification: what is not absolute counts as not set. */
  if (geteuid () == 0 || user_dir == NULL || !g_path_is_absolute (user_dir))
    return g_strdup (system_dir);
  return g_build_filename (user_dir, "dotls", NULL);
}

static void
fill_in (DotlsOptions *options, const char *config, const char *runtime, const char *state)
{
  const char *data_dir = g_getenv (DATA_DIR_VARIABLE);

  options->is_config_given = config != NULL;
  options->config_file =
      g_canonicalize_filename (config != NULL ? config : DOTLS_SYSCONFDIR "/dotlsd.conf", NULL);
  options->data_dir =
      g_strdup (data_dir != NULL && *data_dir != '\0' ? data_dir : DOTLS_PKGDATADIR);
  options->runtime_dir = choose_directory (runtime, "RUNTIME_DIRECTORY", DOTLS_RUNTIMEDIR,
                                           g_getenv ("XDG_RUNTIME_DIR"));
  options->state_dir =
      choose_directory (state, "STATE_DIRECTORY", DOTLS_STATEDIR, g_get_user_state_dir ());
}

/* An empty name would become the current directory; in scripts it is a variable not set. */
static gboolean
check_not_empty (const char *option, const char *value, GError **error)
{
  if (value == NULL || *value != '\0')
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s has an empty name; give one or leave the option out", option);
  return FALSE;
}

gboolean
dotls_options_parse (DotlsOptions *options, char **arguments, GError **error)
{
  g_autofree char *config = NULL, *runtime = NULL, *state = NULL;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config,
      "Read FILE and FILE.d/*.conf in place of " DOTLS_SYSCONFDIR "/dotlsd.conf", "FILE" },
    { "runtime-dir", 0, 0, G_OPTION_ARG_FILENAME, &runtime, "Where the socket for dotlsctl goes",
      "DIR" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state,
      "Where a history file goes that the settings name without a path", "DIR" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &options->check_config,
      "Say what is wrong with the settings and exit", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Answers DNS questions over authenticated TLS.");
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments[0] != NULL && arguments[1] != NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'%s' is one argument too many",
                   arguments[1]);
      return FALSE;
    }
  if (!check_not_empty ("--config", config, error)
      || !check_not_empty ("--runtime-dir", runtime, error)
      || !check_not_empty ("--state-dir", state, error))
    return FALSE;
  fill_in (options, config, runtime, state);
  return TRUE;
}

void
dotls_options_clear (DotlsOptions *options)
{
  g_free (options->config_file);
  g_free (options->data_dir);
  g_free (options->runtime_dir);
  g_free (options->state_dir);
}

DotlsSettings *
dotls_options_load_settings (const DotlsOptions *options, char ***ret_mistakes)
{
  DotlsSettingsSources sources = {
    .data_dir = options->data_dir,
    .state_dir = options->state_dir,
    .file = options->config_file,
    .must_exist = options->is_config_given,
  };

  return dotls_settings_load (&sources, ret_mistakes);
}
