/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdio.h>

#include "ctl/json.h"
#include "ctl/question.h"
#include "ctl/verbs.h"

DotlsExit
dotls_verb_flush (DotlsClient *client, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *name = arguments[0] ? dotls_question_name (arguments[0], &error) : g_strdup ("");
  guint64 removed;
  JsonObject *object;

  if (!name)
    return dotls_client_usage ("%s", error->message);
  reply = dotls_client_call (client, "FlushCache", g_variant_new ("(s)", name), NULL, &error);
  if (!reply)
    return dotls_client_fail (error);
  g_variant_get (reply, "(t)", &removed);
  if (client->json)
    {
      object = json_object_new ();
      json_object_set_int_member (object, "removed", removed);
      dotls_json_print (object, client->print.is_terminal);
    }
  else
    printf (removed == 1 ? "%" G_GUINT64_FORMAT " answer forgotten\n"
                         : "%" G_GUINT64_FORMAT " answers forgotten\n",
            removed);
  return DOTLS_EXIT_OK;
}
