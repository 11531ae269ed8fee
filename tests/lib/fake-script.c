/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/fake-script.h"

#include <stdlib.h>

static const FakeVerb *
find_verb (const char *name)
{
  const FakeVerb *const tables[] = { fake_connection_verbs, fake_message_verbs };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const FakeVerb *verb = tables[i]; verb->name != NULL; verb++)
      if (g_str_equal (verb->name, name))
        return verb;
  g_error ("no verb '%s' in the script of the fake", name);
}

static void
free_rule (gpointer data)
{
  FakeRule *rule = data;

  g_free (rule->text);
  g_free (rule);
}

static void
parse_limit (FakeRule *rule, const char *word)
{
  g_auto (GStrv) pair = g_strsplit (word, "=", 2);
  const char *value = pair[1] != NULL ? pair[1] : "";

  if (g_str_equal (pair[0], "name"))
    {
      rule->has_name = TRUE;
      rule->name = dns_name (value);
      knot_dname_to_lower (rule->name.wire);
    }
  else if (g_str_equal (pair[0], "type"))
    g_assert_cmpint (knot_rrtype_from_string (value, &rule->qtype), ==, 0);
  else if (g_str_equal (pair[0], "connection"))
    rule->connection = atoi (value);
  else if (g_str_equal (pair[0], "after"))
    rule->after = atoi (value);
  else if (g_str_equal (pair[0], "count"))
    rule->count = atoi (value);
  else
    g_error ("no limit '%s' in the script of the fake", word);
}

static FakeRule *
parse_rule (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_auto (GStrv) head = g_strsplit (words[0], "=", 2);
  FakeRule *rule = g_new0 (FakeRule, 1);

  rule->verb = find_verb (head[0]);
  rule->text = g_strdup (head[1] != NULL ? head[1] : "");
  rule->number = strtol (rule->text, NULL, 0);
  for (guint i = 1; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      parse_limit (rule, words[i]);
  return rule;
}

GPtrArray *
fake_script_parse (const char *text)
{
  g_autoptr (GPtrArray) script = g_ptr_array_new_with_free_func (free_rule);
  g_auto (GStrv) rules = g_strsplit (text != NULL ? text : "", ";", -1);

  for (guint i = 0; rules[i] != NULL; i++)
    if (g_strstrip (rules[i])[0] != '\0')
      g_ptr_array_add (script, parse_rule (rules[i]));
  return g_steal_pointer (&script);
}

/* Counts a match and says whether it is one of those on which the rule acts. */
static gboolean
is_due (FakeRule *rule)
{
  rule->seen++;
  return rule->seen > rule->after && (rule->count == 0 || rule->seen <= rule->after + rule->count);
}

void
fake_script_set (GPtrArray *script, guint connection, FakeSettings *settings)
{
  for (guint i = 0; i < script->len; i++)
    {
      FakeRule *rule = script->pdata[i];

      if (rule->verb->stage != FAKE_STAGE_CONNECTION)
        continue;
      if (rule->connection != 0 && rule->connection != connection)
        continue;
      if (is_due (rule))
        rule->verb->set (settings, rule);
    }
}

static gboolean
matches (const FakeRule *rule, const FakeQuery *query)
{
  DnsName lower = query->name;

  if (rule->connection != 0 && rule->connection != query->connection)
    return FALSE;
  if (rule->qtype != 0 && rule->qtype != query->qtype)
    return FALSE;
  knot_dname_to_lower (lower.wire);
  return !rule->has_name || knot_dname_in_bailiwick (lower.wire, rule->name.wire) >= 0;
}

guint
fake_script_act (GPtrArray *script, FakeStage stage, FakeReply *reply)
{
  guint n = 0;

  for (guint i = 0; i < script->len; i++)
    {
      FakeRule *rule = script->pdata[i];

      if (rule->verb->stage != stage || !matches (rule, reply->query) || !is_due (rule))
        continue;
      rule->verb->act (reply, rule);
      n++;
    }
  return n;
}
