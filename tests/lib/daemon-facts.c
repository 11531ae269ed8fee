/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What can be learned of a running daemon: through dotlsctl, and from /proc. */

#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/daemon-fixture.h"

/* --- dotlsctl --------------------------------------------------------------------------------- */

/* The object that `dotlsctl --json` prints for the words of COMMAND. */
static JsonObject *
ask_ctl (Daemon *self, const char *const *command)
{
  g_autofree char *run = daemon_get_path (self, "run"), *text = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) arguments = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_strv_builder_add_many (builder, g_getenv ("DOTLSCTL"), "--runtime-dir", run, "--json", NULL);
  g_strv_builder_addv (builder, (const char **) command);
  arguments = g_strv_builder_end (builder);
  g_spawn_sync (NULL, arguments, NULL, 0, NULL, NULL, &text, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (node));
}

gint64
daemon_get_counter (Daemon *self, const char *name)
{
  static const char *const command[] = { "statistics", NULL };
  g_autoptr (JsonObject) all = ask_ctl (self, command);
  JsonObject *counters = json_object_get_object_member (all, "counters");

  g_assert_true (json_object_has_member (counters, name));
  return json_object_get_int_member (counters, name);
}

/* What is said of upstream ID; ALL must outlive it. */
static JsonObject *
find_upstream (JsonObject *all, const char *id)
{
  JsonArray *list = json_object_get_array_member (all, "upstreams");

  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      JsonObject *upstream = json_array_get_object_element (list, i);

      if (g_str_equal (json_object_get_string_member (upstream, "id"), id))
        return upstream;
    }
  g_error ("dotlsctl knows no upstream '%s'", id);
}

static const char *const upstream_list[] = { "upstream", "list", NULL };

gint64
daemon_get_upstream_number (Daemon *self, const char *id, const char *name)
{
  g_autoptr (JsonObject) all = ask_ctl (self, upstream_list);
  JsonObject *upstream = find_upstream (all, id);

  if (!json_object_has_member (upstream, name))
    upstream = json_object_get_object_member (upstream, "statistics");
  g_assert_true (json_object_has_member (upstream, name));
  return json_object_get_int_member (upstream, name);
}

char *
daemon_get_upstream_text (Daemon *self, const char *id, const char *name)
{
  g_autoptr (JsonObject) all = ask_ctl (self, upstream_list);

  return g_strdup (json_object_get_string_member (find_upstream (all, id), name));
}

/* --- /proc ------------------------------------------------------------------------------------ */

guint
daemon_count_descriptors (Daemon *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) daemon_get_pid (self));
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (path, 0, &error);
  guint n = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (directory) != NULL)
    n++;
  return n;
}

/* The fields of /proc/PID/stat after the name, which may hold blanks. */
static char **
read_stat (Daemon *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) daemon_get_pid (self));
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return g_strsplit (strrchr (text, ')') + 2, " ", -1);
}

gsize
daemon_get_memory (Daemon *self)
{
  g_auto (GStrv) fields = read_stat (self);

  return g_ascii_strtoull (fields[21], NULL, 10) * sysconf (_SC_PAGESIZE);
}

guint64
daemon_get_cpu_ms (Daemon *self)
{
  g_auto (GStrv) fields = read_stat (self);
  guint64 ticks = g_ascii_strtoull (fields[11], NULL, 10) + g_ascii_strtoull (fields[12], NULL, 10);

  return ticks * 1000 / sysconf (_SC_CLK_TCK);
}
