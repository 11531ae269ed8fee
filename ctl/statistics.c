/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>

#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

static void
add_row (DotlsTable *table, const char *group, const char *name, guint64 value)
{
  g_autofree char *label = group ? g_strconcat (group, "/", name, NULL) : g_strdup (name);
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  dotls_table_add (table, DOTLS_STYLE_PLAIN, label);
  dotls_table_add (table, value ? DOTLS_STYLE_STRONG : DOTLS_STYLE_DIM, text);
}

static void
add_counters (DotlsTable *table, GVariant *counters)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, counters);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
      add_row (table, NULL, name, g_variant_get_uint64 (value));
}

static void
add_upstream (DotlsTable *table, GVariant *upstream)
{
  g_autoptr (GVariant) counters =
      g_variant_lookup_value (upstream, "Statistics", G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *name;
  guint64 value;

  if (!counters)
    return;
  g_variant_iter_init (&iter, counters);
  while (g_variant_iter_next (&iter, "{&st}", &name, &value))
    add_row (table, dotls_client_get_text (upstream, "Id"), name, value);
}

static void
print_text (const DotlsClient *client, GVariant *counters, GPtrArray *upstreams)
{
  static const char *const headings[] = { "COUNTER", "VALUE", NULL };
  g_autoptr (DotlsTable) table = dotls_table_new (&client->print, headings);
  g_autofree char *text = NULL;

  add_counters (table, counters);
  for (guint i = 0; i < upstreams->len; i++)
    add_upstream (table, g_ptr_array_index (upstreams, i));
  text = dotls_table_format (table);
  fputs (text, stdout);
}

static void
print_json (const DotlsClient *client, GVariant *counters, GPtrArray *upstreams)
{
  JsonObject *object = json_object_new (), *by_id = json_object_new ();

  for (guint i = 0; i < upstreams->len; i++)
    {
      GVariant *upstream = g_ptr_array_index (upstreams, i);
      g_autoptr (GVariant) statistics = g_variant_lookup_value (upstream, "Statistics", NULL);

      if (statistics)
        json_object_set_member (by_id, dotls_client_get_text (upstream, "Id"),
                                json_gvariant_serialize (statistics));
    }
  json_object_set_object_member (object, "counters", dotls_json_from_dict (counters));
  json_object_set_object_member (object, "upstreams", by_id);
  dotls_json_print (object, client->print.is_terminal);
}

DotlsExit
dotls_verb_statistics (DotlsClient *client, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL, counters = NULL, manager = NULL;
  g_autoptr (GPtrArray) upstreams = NULL;

  reply = dotls_client_call (client, "GetStatistics", NULL, NULL, &error);
  if (reply)
    manager = dotls_client_get_manager (client, &error);
  if (manager)
    upstreams = dotls_client_get_upstreams (client, manager, &error);
  if (!upstreams)
    return dotls_client_fail (error);
  counters = g_variant_get_child_value (reply, 0);
  if (client->json)
    print_json (client, counters, upstreams);
  else
    print_text (client, counters, upstreams);
  return DOTLS_EXIT_OK;
}
