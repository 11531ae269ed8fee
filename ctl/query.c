/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>

#include "ctl/answer.h"
#include "ctl/json.h"
#include "ctl/question.h"
#include "ctl/verbs.h"

static gboolean dnssec, checking_disabled, no_cache, only_data, reverse;

const GOptionEntry dotls_query_options[] = {
  { "reverse", 'x', 0, G_OPTION_ARG_NONE, &reverse, "NAME is an address: ask for its name", NULL },
  { "short", 's', 0, G_OPTION_ARG_NONE, &only_data, "Print only the data of the answer", NULL },
  { "dnssec", 0, 0, G_OPTION_ARG_NONE, &dnssec, "Ask for DNSSEC records too", NULL },
  { "cd", 0, 0, G_OPTION_ARG_NONE, &checking_disabled, "Take answers that fail validation", NULL },
  { "no-cache", 0, 0, G_OPTION_ARG_NONE, &no_cache, "Ask an upstream in any case", NULL },
  { NULL },
};

/* Fills name and type of the question from what was typed. */
static gboolean
read_question (char **arguments, char **ret_name, const char **ret_type, GError **error)
{
  g_autofree char *address_name = dotls_question_reverse (arguments[0]);
  const char *type = arguments[1];

  if (reverse && !address_name)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is no IP address",
                   arguments[0]);
      return FALSE;
    }
  if (type && !dotls_question_is_type (type))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is no record type",
                   type);
      return FALSE;
    }
  if (address_name && (reverse || !type || g_ascii_strcasecmp (type, "PTR") == 0))
    {
      *ret_name = g_steal_pointer (&address_name);
      *ret_type = type ? type : "PTR";
      return TRUE;
    }
  *ret_type = type ? type : "A";
  *ret_name = dotls_question_name (arguments[0], error);
  return *ret_name != NULL;
}

static GVariant *
ask (DotlsClient *client, const char *name, const char *type, GError **error)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (dnssec)
    g_variant_dict_insert (&options, "dnssec", "b", TRUE);
  if (checking_disabled)
    g_variant_dict_insert (&options, "checking-disabled", "b", TRUE);
  if (no_cache)
    g_variant_dict_insert (&options, "no-cache", "b", TRUE);
  return dotls_client_call (client, "Query",
                            g_variant_new ("(ss@a{sv})", name, type, g_variant_dict_end (&options)),
                            NULL, error);
}

static void
print_info (GVariant *info, gsize length)
{
  const char *upstream = dotls_client_get_text (info, "upstream");
  gboolean is_authenticated = FALSE;
  g_autofree char *time = NULL;
  guint64 elapsed = 0;

  g_variant_lookup (info, "authenticated", "b", &is_authenticated);
  g_variant_lookup (info, "elapsed-usec", "t", &elapsed);
  time = dotls_print_duration (elapsed);
  putchar ('\n');
  if (*upstream)
    printf (";; Upstream: %s (%s, %s)\n", upstream, dotls_client_get_text (info, "tls-version"),
            dotls_client_get_text (info, "cipher"));
  printf (";; Source: %s%s\n", dotls_client_get_text (info, "source"),
          is_authenticated ? ", validated by the upstream" : "");
  printf (";; Query time: %s\n", time);
  printf (";; Message size: %zu\n", length);
}

static void
print_answer (const DotlsClient *client, DotlsAnswerView *view, GVariant *info, gsize length)
{
  g_autofree char *text = NULL;
  JsonObject *object;

  if (client->json)
    {
      object = dotls_json_from_dict (info);
      dotls_answer_view_to_json (view, object);
      dotls_json_print (object, client->print.is_terminal);
      return;
    }
  text = only_data ? dotls_answer_view_format_short (view, &client->print)
                   : dotls_answer_view_format (view, &client->print);
  fputs (text, stdout);
  if (!only_data)
    print_info (info, length);
}

DotlsExit
dotls_verb_query (DotlsClient *client, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL, bytes = NULL, info = NULL;
  g_autoptr (DotlsAnswerView) view = NULL;
  g_autofree char *name = NULL;
  const char *type;
  const guint8 *message;
  gsize length;

  if (!read_question (arguments, &name, &type, &error))
    return dotls_client_usage ("%s", error->message);
  reply = ask (client, name, type, &error);
  if (!reply)
    return dotls_client_fail (error);
  g_variant_get (reply, "(@ay@a{sv})", &bytes, &info);
  message = g_variant_get_fixed_array (bytes, &length, 1);
  view = dotls_answer_view_new (message, length, &error);
  if (!view)
    return dotls_client_fail (error);
  print_answer (client, view, info, length);
  return dotls_answer_view_is_servfail (view) ? DOTLS_EXIT_SERVFAIL : DOTLS_EXIT_OK;
}
