/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>

#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

static void
add_rtt (DotlsTable *table, GVariant *upstream)
{
  guint32 rtt = 0;
  g_autofree char *text = NULL;

  g_variant_lookup (upstream, "RttUsec", "u", &rtt);
  text = rtt ? dotls_print_duration (rtt) : g_strdup ("-");
  dotls_table_add (table, DOTLS_STYLE_PLAIN, text);
}

static void
add_text (DotlsTable *table, GVariant *upstream, const char *name)
{
  const char *text = dotls_client_get_text (upstream, name);

  dotls_table_add (table, DOTLS_STYLE_PLAIN, *text ? text : "-");
}

void
dotls_print_upstreams (const DotlsClient *client, GPtrArray *upstreams)
{
  static const char *const headings[] = { "UPSTREAM", "STATE", "USED",   "RTT",
                                          "TLS",      "NAME",  "REASON", NULL };
  g_autoptr (DotlsTable) table = dotls_table_new (&client->print, headings);
  g_autofree char *text = NULL;

  for (guint i = 0; i < upstreams->len; i++)
    {
      GVariant *upstream = g_ptr_array_index (upstreams, i);
      const char *state = dotls_client_get_text (upstream, "State");
      gboolean is_selected = FALSE;

      g_variant_lookup (upstream, "Selected", "b", &is_selected);
      add_text (table, upstream, "Id");
      dotls_table_add (table, dotls_print_style_of_state (state), state);
      dotls_table_add (table, DOTLS_STYLE_PLAIN, is_selected ? "yes" : "no");
      add_rtt (table, upstream);
      add_text (table, upstream, "TlsVersion");
      add_text (table, upstream, "AuthName");
      add_text (table, upstream, "Reason");
    }
  text = dotls_table_format (table);
  fputs (text, stdout);
}

static DotlsExit
list (DotlsClient *client)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) manager = dotls_client_get_manager (client, &error);
  g_autoptr (GPtrArray) upstreams = NULL;
  JsonObject *object;
  JsonArray *array;

  if (manager)
    upstreams = dotls_client_get_upstreams (client, manager, &error);
  if (!upstreams)
    return dotls_client_fail (error);
  if (!client->json)
    {
      dotls_print_upstreams (client, upstreams);
      return DOTLS_EXIT_OK;
    }
  array = json_array_new ();
  for (guint i = 0; i < upstreams->len; i++)
    json_array_add_object_element (array, dotls_json_from_dict (g_ptr_array_index (upstreams, i)));
  object = json_object_new ();
  json_object_set_array_member (object, "upstreams", array);
  dotls_json_print (object, client->print.is_terminal);
  return DOTLS_EXIT_OK;
}

static void
print_selection (const DotlsClient *client, const char **ids)
{
  g_autofree char *joined = g_strjoinv (", ", (char **) ids);
  JsonObject *object;
  JsonArray *array;

  if (!client->json)
    {
      if (*ids)
        printf ("%s: asked from now on, until dotlsd ends\n", joined);
      else
        puts ("all upstreams of the settings are asked");
      return;
    }
  array = json_array_new ();
  for (; *ids; ids++)
    json_array_add_string_element (array, *ids);
  object = json_object_new ();
  json_object_set_array_member (object, "selected", array);
  dotls_json_print (object, client->print.is_terminal);
}

/* The identifiers of NAMED, each once. */
static const char **
collapse (char **named)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (; *named; named++)
    if (!g_ptr_array_find_with_equal_func (ids, *named, g_str_equal, NULL))
      g_ptr_array_add (ids, *named);
  g_ptr_array_add (ids, NULL);
  return (const char **) g_ptr_array_free (ids, FALSE);
}

/* Nobody named: all. */
static DotlsExit
use (DotlsClient *client, char **named)
{
  g_autofree const char **ids = collapse (named);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; ids[i]; i++)
    if (!g_utf8_validate (ids[i], -1, NULL))
      return dotls_client_usage ("there is no upstream \"%s\"", ids[i]);
  reply = dotls_client_call (client, "SelectUpstreams", g_variant_new ("(^asa{sv})", ids, NULL),
                             NULL, &error);
  if (!reply)
    return dotls_client_fail (error);
  print_selection (client, ids);
  return DOTLS_EXIT_OK;
}

DotlsExit
dotls_verb_upstream (DotlsClient *client, char **arguments)
{
  const char *what = arguments[0] ? arguments[0] : "list";
  char **rest = arguments[0] ? arguments + 1 : arguments;

  if (g_str_equal (what, "use"))
    return *rest ? use (client, rest) : dotls_client_usage ("'upstream use' wants an upstream");
  if (*rest)
    return dotls_client_usage ("'upstream %s' takes no '%s'", what, *rest);
  if (g_str_equal (what, "list"))
    return list (client);
  if (g_str_equal (what, "auto"))
    return use (client, rest);
  return dotls_client_usage ("'upstream' knows list, use and auto, not '%s'", what);
}
