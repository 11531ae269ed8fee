/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "ctl/table.h"
#include "ctl/verbs.h"

static int last = G_MAXINT;
static gboolean follow;

const GOptionEntry dotls_history_options[] = {
  { "last", 'n', 0, G_OPTION_ARG_INT, &last, "Only the newest N", "N" },
  { "follow", 'f', 0, G_OPTION_ARG_NONE, &follow, "Go on with what is asked from now on", NULL },
  { NULL },
};

static const char *const full_headings[] = { "TIME",     "CLIENT",  "ANSWER", "TYPE", "SOURCE",
                                             "UPSTREAM", "ELAPSED", "NAME",   NULL };
static const char *const domain_headings[] = { "TIME", "DOMAIN", NULL };

/* A stream of JSON lines from the daemon; NULL on failure. */
static GDataInputStream *
open_lines (DotlsClient *client, gboolean is_following, GError **error)
{
  g_autoptr (GUnixFDList) list = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GInputStream) stream = NULL;
  GVariantDict options;
  int fd;

  g_variant_dict_init (&options, NULL);
  if (is_following)
    g_variant_dict_insert (&options, "follow", "b", TRUE);
  else
    g_variant_dict_insert (&options, "last", "u", (guint32) last);
  reply =
      dotls_client_call (client, "GetHistory",
                         g_variant_new ("(@a{sv})", g_variant_dict_end (&options)), &list, error);
  if (!reply)
    return NULL;
  fd = list ? g_unix_fd_list_get (list, 0, error) : -1;
  if (fd < 0)
    {
      if (!list)
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                             "dotlsd sent no descriptor with the history");
      return NULL;
    }
  stream = g_unix_input_stream_new (fd, TRUE);
  return g_data_input_stream_new (stream);
}

static const char *
get_member (JsonObject *object, const char *name)
{
  return json_object_get_string_member_with_default (object, name, "");
}

/* "2026-01-31T12:00:00.123+01:00" -> "2026-01-31 12:00:00.123" */
static char *
shorten_time (const char *time)
{
  char *text = g_strndup (time, 23);

  return g_strdelimit (text, "T", ' ');
}

static void
add_full (DotlsTable *table, JsonObject *object)
{
  gint64 elapsed = json_object_get_int_member_with_default (object, "elapsed-usec", 0);
  g_autofree char *time_text = dotls_print_duration (MAX (elapsed, 0));
  const char *rcode = get_member (object, "rcode");
  const char *upstream = get_member (object, "upstream");

  dotls_table_add (table, DOTLS_STYLE_PLAIN, get_member (object, "client"));
  dotls_table_add (table, dotls_print_style_of_state (rcode), rcode);
  dotls_table_add (table, DOTLS_STYLE_PLAIN, get_member (object, "type"));
  dotls_table_add (table, DOTLS_STYLE_PLAIN, get_member (object, "source"));
  dotls_table_add (table, DOTLS_STYLE_PLAIN, *upstream ? upstream : "-");
  dotls_table_add (table, DOTLS_STYLE_PLAIN, time_text);
  dotls_table_add (table, DOTLS_STYLE_PLAIN, get_member (object, "name"));
}

static void
add_row (DotlsTable *table, JsonObject *object)
{
  g_autofree char *time = shorten_time (get_member (object, "time"));

  dotls_table_add (table, DOTLS_STYLE_DIM, time);
  if (json_object_has_member (object, "domain"))
    dotls_table_add (table, DOTLS_STYLE_PLAIN, get_member (object, "domain"));
  else
    add_full (table, object);
}

static JsonObject *
parse_line (JsonParser *parser, const char *line)
{
  JsonNode *root;

  if (!json_parser_load_from_data (parser, line, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

/* A name says much by its beginning, a time does not. */
static DotlsTable *
new_table (const DotlsPrint *print, const char *const *headings)
{
  DotlsTable *table = dotls_table_new (print, headings);

  dotls_table_keep (table, 0);
  return table;
}

static void
print_table (DotlsTable *table)
{
  g_autofree char *text = dotls_table_format (table);

  fputs (text, stdout);
}

/* Prints what LINES hold from after the entry AFTER; returns the last one's identifier.  A stream
 * that is followed is printed as it comes, row by row, and so without a heading. */
static gint64
print_lines (const DotlsClient *client,
             GDataInputStream *lines,
             const char *const *headings,
             gint64 after,
             gboolean is_following)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  DotlsPrint print = client->print;
  g_autoptr (DotlsTable) table = NULL;
  char *line;

  for (; !ferror (stdout) && (line = g_data_input_stream_read_line (lines, NULL, NULL, NULL));
       g_free (line))
    {
      JsonObject *object = parse_line (parser, line);
      gint64 id = object ? json_object_get_int_member_with_default (object, "id", -1) : -1;

      if (id <= after)
        continue;
      after = id;
      if (client->json)
        puts (line);
      else
        {
          if (!table)
            table = new_table (&print, headings);
          add_row (table, object);
        }
      if (!is_following)
        continue;
      if (table)
        print_table (table);
      g_clear_pointer (&table, dotls_table_free);
      fflush (stdout);
    }
  if (table)
    print_table (table);
  return after;
}

DotlsExit
dotls_verb_history (DotlsClient *client, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) manager = NULL;
  g_autoptr (GDataInputStream) until_now = NULL, from_now = NULL;
  const char *const *headings;
  gint64 newest;

  if (last < 0)
    return dotls_client_usage ("--last wants a number from 0 on, not %d", last);
  manager = dotls_client_get_manager (client, &error);
  /* the following first, so that nothing falls between the two */
  if (manager && follow)
    from_now = open_lines (client, TRUE, &error);
  if (manager && !error)
    until_now = open_lines (client, FALSE, &error);
  if (!until_now)
    return dotls_client_fail (error);
  headings = g_str_equal (dotls_client_get_text (manager, "HistoryLevel"), "domain")
                 ? domain_headings
                 : full_headings;
  newest = print_lines (client, until_now, headings, -1, FALSE);
  fflush (stdout);
  if (from_now)
    print_lines (client, from_now, headings, newest, TRUE);
  return DOTLS_EXIT_OK;
}
