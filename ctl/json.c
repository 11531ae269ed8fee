/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/json.h"

#include <stdio.h>

static char *
to_kebab (const char *name)
{
  GString *key = g_string_new (NULL);

  for (const char *c = name; *c; c++)
    {
      if (g_ascii_isupper (*c) && c != name)
        g_string_append_c (key, '-');
      g_string_append_c (key, g_ascii_tolower (*c));
    }
  return g_string_free (key, FALSE);
}

JsonObject *
dotls_json_from_dict (GVariant *dict)
{
  JsonObject *object = json_object_new ();
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autofree char *key = to_kebab (name);

      json_object_set_member (object, key, json_gvariant_serialize (value));
    }
  return object;
}

void
dotls_json_print (JsonObject *object, gboolean is_indented)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = NULL;

  json_object_unref (object);
  json_generator_set_pretty (generator, is_indented);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  puts (text);
}
