/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "ctl/verbs.h"

/* Every command: a new one is a row here, its file, and a paragraph of dotlsctl(1). */
static const struct
{
  const char *name;
  guint min, max; /* arguments */
  const char *synopsis;
  const char *help;
  DotlsVerbFunc run;
  const GOptionEntry *options;
} verbs[] = {
  { "status", 0, 0, "", "How the daemon fares", dotls_verb_status, NULL },
  { "query", 1, 2, "NAME [TYPE]", "Ask one question", dotls_verb_query, dotls_query_options },
  { "upstream", 0, G_MAXUINT, "[list|use ID...|auto]", "Who is asked", dotls_verb_upstream, NULL },
  { "statistics", 0, 0, "", "What was counted", dotls_verb_statistics, NULL },
  { "flush", 0, 1, "[NAME]", "Forget kept answers", dotls_verb_flush, NULL },
  { "history", 0, 0, "", "What was asked", dotls_verb_history, dotls_history_options },
};

static gboolean
print_version_cb (const char *option, const char *value, gpointer data, GError **error)
{
  puts ("dotlsctl " DOTLS_VERSION);
  exit (DOTLS_EXIT_OK);
}

static char *
describe_verbs (void)
{
  GString *text = g_string_new ("Commands:\n");

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_autofree char *usage = g_strjoin (" ", verbs[i].name, verbs[i].synopsis, NULL);

      g_string_append_printf (text, "  %-34s %s\n", usage, verbs[i].help);
    }
  g_string_append (text, "\nOptions of a command: dotlsctl COMMAND --help");
  return g_string_free (text, FALSE);
}

/* The later one of two counts: before the verb and behind it. */
static void
keep (char **option, char **given)
{
  if (*given == NULL)
    return;
  g_free (*option);
  *option = g_steal_pointer (given);
}

/* Reads the options that stand in *ARGUMENTS out of it.  Where VERB is -1, only those before the
 * first argument, which is the verb. */
static gboolean
parse_options (DotlsClient *client, int verb, char ***arguments, GError **error)
{
  g_autofree char *socket = NULL, *runtime_dir = NULL;
  const GOptionEntry entries[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &client->json, "Print JSON", NULL },
    { "no-color", 0, 0, G_OPTION_ARG_NONE, &client->no_color, "Print without colour", NULL },
    { "socket", 0, 0, G_OPTION_ARG_FILENAME, &socket, "The daemon's socket", "PATH" },
    { "runtime-dir", 0, 0, G_OPTION_ARG_FILENAME, &runtime_dir, "Its folder", "DIR" },
    { "version", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, print_version_cb,
      "Print the version", NULL },
    { NULL },
  };
  g_autofree char *usage = verb < 0 ? g_strdup ("COMMAND")
                                    : g_strjoin (" ", verbs[verb].name, verbs[verb].synopsis, NULL);
  g_autofree char *summary =
      verb < 0 ? describe_verbs () : g_strconcat (verbs[verb].help, ".", NULL);
  g_autoptr (GOptionContext) context = g_option_context_new (usage);

  g_option_context_set_summary (context, summary);
  g_option_context_set_strict_posix (context, verb < 0);
  if (verb >= 0 && verbs[verb].options)
    g_option_context_add_main_entries (context, verbs[verb].options, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, arguments, error))
    return FALSE;
  keep (&client->socket, &socket);
  keep (&client->runtime_dir, &runtime_dir);
  return TRUE;
}

/* "-n1" as "-n" and "1", which GLib does not do itself. */
static void
split_number (const GOptionEntry *options, const char *argument, GStrvBuilder *ret_arguments)
{
  const char option[] = { argument[0], argument[0] ? argument[1] : '\0', '\0' };

  if (option[0] == '-' && g_ascii_isdigit (option[1] ? argument[2] : '\0'))
    for (; options && options->long_name; options++)
      if (options->short_name == option[1] && options->arg == G_OPTION_ARG_INT)
        {
          g_strv_builder_add_many (ret_arguments, option, argument + 2, NULL);
          return;
        }
  g_strv_builder_add (ret_arguments, argument);
}

/* Reads the options of VERB out of *ARGUMENTS; what stands behind "--" is none, and GLib's own
 * handling would leave it to us to find out where that stood. */
static gboolean
parse_verb_options (DotlsClient *client, int verb, char ***arguments, GError **error)
{
  g_autoptr (GStrvBuilder) before = g_strv_builder_new (), all = g_strv_builder_new ();
  g_auto (GStrv) options = NULL;
  char **rest = *arguments;

  for (; *rest && !g_str_equal (*rest, "--"); rest++)
    split_number (verbs[verb].options, *rest, before);
  options = g_strv_builder_end (before);
  if (!parse_options (client, verb, &options, error))
    return FALSE;
  g_strv_builder_addv (all, (const char **) options);
  if (*rest)
    g_strv_builder_addv (all, (const char **) rest + 1);
  g_strfreev (*arguments);
  *arguments = g_strv_builder_end (all);
  return TRUE;
}

/* How many letters must change to make B of A (Levenshtein). */
static guint
distance (const char *a, const char *b)
{
  guint row[32];
  guint n = MIN (strlen (b), G_N_ELEMENTS (row) - 1);

  for (guint i = 0; i <= n; i++)
    row[i] = i;
  for (guint k = 0; a[k]; k++)
    {
      guint diagonal = row[0];

      row[0] = k + 1;
      for (guint i = 1; i <= n; i++)
        {
          guint above = row[i];

          row[i] = MIN (MIN (above, row[i - 1]) + 1, diagonal + (a[k] != b[i - 1]));
          diagonal = above;
        }
    }
  return row[n];
}

static DotlsExit
suggest (const char *wrong)
{
  guint nearest = 0, best = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      guint d = g_str_has_prefix (verbs[i].name, wrong) ? 0 : distance (wrong, verbs[i].name);

      if (d < best)
        {
          best = d;
          nearest = i;
        }
    }
  if (*wrong && best <= 3)
    return dotls_client_usage ("there is no command '%s', did you mean '%s'?", wrong,
                               verbs[nearest].name);
  return dotls_client_usage ("there is no command '%s'", wrong);
}

static int
find_verb (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name))
      return i;
  return -1;
}

/* GLib leaves a "--" before the verb if anything behind it looks like an option. */
static void
drop_dashes (char **arguments)
{
  if (g_strcmp0 (arguments[1], "--") != 0)
    return;
  g_free (arguments[1]);
  for (guint i = 1; arguments[i]; i++)
    arguments[i] = arguments[i + 1];
}

/* ARGUMENTS begins with the program's name. */
static DotlsExit
run (DotlsClient *client, char ***arguments)
{
  g_autoptr (GError) error = NULL;
  guint n;
  int verb;

  if (!parse_options (client, -1, arguments, &error))
    return dotls_client_usage ("%s", error->message);
  drop_dashes (*arguments);
  if (!(*arguments)[1])
    return dotls_client_usage ("a command is missing");
  verb = find_verb ((*arguments)[1]);
  if (verb < 0)
    return suggest ((*arguments)[1]);
  if (!parse_verb_options (client, verb, arguments, &error))
    return dotls_client_usage ("%s", error->message);
  if (client->socket && !*client->socket)
    return dotls_client_usage ("--socket wants a path");
  if (client->runtime_dir && !*client->runtime_dir)
    return dotls_client_usage ("--runtime-dir wants a folder");
  n = g_strv_length (*arguments) - 2;
  if (n < verbs[verb].min)
    return dotls_client_usage ("'%s' wants %s", verbs[verb].name, verbs[verb].synopsis);
  if (n > verbs[verb].max)
    return dotls_client_usage ("'%s' does not know what to do with '%s'", verbs[verb].name,
                               (*arguments)[n + 1]);
  dotls_print_init (&client->print, client->no_color);
  return verbs[verb].run (client, *arguments + 2);
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) arguments = g_strdupv (argv);
  DotlsClient client = { 0 };
  DotlsExit code;

  setlocale (LC_ALL, "");
  g_set_prgname ("dotlsctl");
  code = run (&client, &arguments);
  dotls_client_clear (&client);
  if (fflush (stdout) != 0 || ferror (stdout))
    {
      perror ("dotlsctl: standard output");
      return code == DOTLS_EXIT_OK ? DOTLS_EXIT_FAILED : code;
    }
  return code;
}
