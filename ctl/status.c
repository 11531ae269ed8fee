/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>

#include "ctl/json.h"
#include "ctl/verbs.h"

static char *
join (GVariant *dict, const char *name)
{
  g_autofree const char **texts = NULL;

  if (!g_variant_lookup (dict, name, "^a&s", &texts))
    return g_strdup ("");
  return g_strjoinv (", ", (char **) texts);
}

static void
print_field (const DotlsClient *client, const char *label, const char *text)
{
  g_autofree char *escaped = dotls_print_escape (&client->print, text);

  if (client->print.is_terminal)
    printf ("  %-10s %s\n", label, *escaped ? escaped : "none");
  else
    printf ("%s\t%s\n", label, escaped);
}

static void
print_manager (const DotlsClient *client, GVariant *manager)
{
  const char *state = dotls_client_get_text (manager, "State");
  g_autofree char *listeners = join (manager, "Listeners");
  g_autofree char *files = join (manager, "ConfigFiles");
  g_autofree char *painted =
      dotls_print_paint (&client->print, dotls_print_style_of_state (state), state);

  if (client->print.is_terminal)
    printf ("dotlsd %s: %s\n", dotls_client_get_text (manager, "Version"), painted);
  else
    printf ("version\t%s\nstate\t%s\n", dotls_client_get_text (manager, "Version"), state);
  print_field (client, "reason", dotls_client_get_text (manager, "StateReason"));
  print_field (client, "mode", dotls_client_get_text (manager, "Mode"));
  print_field (client, "policy", dotls_client_get_text (manager, "Policy"));
  print_field (client, "listening", listeners);
  print_field (client, "settings", files);
  print_field (client, "history", dotls_client_get_text (manager, "HistoryLevel"));
}

static void
print_json (const DotlsClient *client, GVariant *manager, GPtrArray *upstreams)
{
  JsonObject *object = dotls_json_from_dict (manager);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < upstreams->len; i++)
    json_array_add_object_element (array, dotls_json_from_dict (g_ptr_array_index (upstreams, i)));
  /* whole objects instead of their paths */
  json_object_set_array_member (object, "upstreams", array);
  dotls_json_print (object, client->print.is_terminal);
}

DotlsExit
dotls_verb_status (DotlsClient *client, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) manager = dotls_client_get_manager (client, &error);
  g_autoptr (GPtrArray) upstreams = NULL;

  if (manager)
    upstreams = dotls_client_get_upstreams (client, manager, &error);
  if (!upstreams)
    return dotls_client_fail (error);
  if (client->json)
    print_json (client, manager, upstreams);
  else
    {
      print_manager (client, manager);
      putchar ('\n');
      dotls_print_upstreams (client, upstreams);
    }
  return DOTLS_EXIT_OK;
}
