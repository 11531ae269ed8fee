/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <libknot/libknot.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/address.h"
#include "daemon/history-file.h"
#include "daemon/history.h"
#include "tests/lib/resolver-fake.h"

typedef struct
{
  DotlsResolver *resolver;
  DotlsHistory *history;
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->resolver = dotls_fake_resolver_new ();
  self->history = dotls_history_new ();
  dotls_history_attach (self->history, self->resolver);
  self->folder = g_dir_make_tmp ("dotls-history-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "history", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  dotls_history_free (self->history);
  g_assert_false (dotls_fake_has_observer (self->resolver));
  g_assert_finalize_object (self->resolver);
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static void
configure (Fixture *self, DotlsHistoryLevel level, guint entries, const char *file)
{
  g_autoptr (GError) error = NULL;

  dotls_history_configure (self->history, level, entries, file, &error);
  g_assert_no_error (error);
}

static void
observe (Fixture *self, const char *name)
{
  knot_dname_storage_t qname;
  DotlsAddress client;
  const DotlsAnswerInfo info = {
    .qname = knot_dname_from_str (qname, name, sizeof qname),
    .qtype = KNOT_RRTYPE_AAAA,
    .rcode = KNOT_RCODE_NXDOMAIN,
    .source = DOTLS_SOURCE_CACHE,
    .upstream = dotls_resolver_find_upstream (self->resolver, "lab"),
    .elapsed_us = 1500,
    .client = &client,
  };

  g_assert_nonnull (info.qname);
  g_assert_true (dotls_address_parse ("[2001:db8::7]:1234", 53, &client, NULL));
  dotls_fake_observe (self->resolver, &info);
}

static char *
read_fd (int fd)
{
  char buffer[65536];
  gssize n = read (fd, buffer, sizeof buffer);

  g_assert_cmpint (n, >=, 0);
  return g_strndup (buffer, n);
}

/* The history as an array of lines. */
static char **
dump (Fixture *self, guint last)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int fd = dotls_history_dump (self->history, last, &error);

  g_assert_no_error (error);
  text = read_fd (fd);
  close (fd);
  g_assert_true (*text == '\0' || g_str_has_suffix (text, "\n"));
  g_strchomp (text);
  return g_strsplit (text, "\n", -1);
}

static JsonObject *
parse (const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = json_from_string (line, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (root));
}

/* Would catch a record of what people ask that nobody turned on. */
static void
test_off (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL, same = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_false (dotls_fake_has_observer (self->resolver));
  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  g_assert_true (dotls_fake_has_observer (self->resolver));
  observe (self, "secret.example.com");
  configure (self, DOTLS_HISTORY_OFF, 10, NULL);
  g_assert_false (dotls_fake_has_observer (self->resolver));
  g_assert_cmpint (dotls_history_follow (self->history, &error), ==, -1);
  g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_REFUSED);
  g_assert_cmpint (dotls_history_dump (self->history, 10, &same), ==, -1);
  g_assert_error (same, error->domain, error->code);
  g_assert_cmpstr (same->message, ==, error->message);
  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  lines = dump (self, 10);
  g_assert_cmpuint (g_strv_length (lines), ==, 0);
}

/* Would catch a member that is missing or wrong. */
static void
test_full (Fixture *self, gconstpointer data)
{
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GDateTime) time = NULL;
  const char *text;

  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  observe (self, "wWw.Example.COM");
  lines = dump (self, 10);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  object = parse (lines[0]);
  g_assert_cmpuint (json_object_get_size (object), ==, 9);
  g_assert_cmpstr (json_object_get_string_member (object, "client"), ==, "2001:db8::7");
  g_assert_cmpstr (json_object_get_string_member (object, "name"), ==, "www.example.com");
  g_assert_cmpstr (json_object_get_string_member (object, "type"), ==, "AAAA");
  g_assert_cmpstr (json_object_get_string_member (object, "rcode"), ==, "NXDOMAIN");
  g_assert_cmpstr (json_object_get_string_member (object, "source"), ==, "cache");
  g_assert_cmpstr (json_object_get_string_member (object, "upstream"), ==, "lab");
  g_assert_cmpint (json_object_get_int_member (object, "elapsed-usec"), ==, 1500);
  text = json_object_get_string_member (object, "time");
  time = g_date_time_new_from_iso8601 (text, NULL);
  g_assert_nonnull (time);
  g_assert_cmpint (ABS (g_date_time_to_unix (time) - g_get_real_time () / G_USEC_PER_SEC), <, 60);
  /* the test runs in Kolkata: a half hour shows that minutes are kept */
  g_assert_true (g_str_has_suffix (text, "+05:30"));
}

/* Would catch a level that promises to know only the domain and keeps more, in memory or file. */
static void
test_domain (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *asked;
    const char *kept;
  } names[] = {
    { "very.secret.example.com", "example.com" },
    { "Private.Stuff.Example.CO.UK", "example.co.uk" },
    { "a.b.c.someone.github.io", "someone.github.io" },
    { "_dmarc.example.org", "example.org" },
    { "printer", "printer" },
    { "secret.printer.lan", "printer.lan" },
    { "com", "com" },
    { ".", "." },
    { "se\\.cret.example.com", "example.com" },
    { "1.1.168.192.in-addr.arpa", "192.in-addr.arpa" },
    { "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.example.com", "example.com" },
  };
  g_autofree char *text = NULL;

  configure (self, DOTLS_HISTORY_DOMAIN, 100, self->path);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (GStrv) lines = NULL;
      g_autoptr (JsonObject) object = NULL;

      observe (self, names[i].asked);
      lines = dump (self, 1);
      object = parse (lines[0]);
      g_assert_cmpstr (json_object_get_string_member (object, "domain"), ==, names[i].kept);
      g_assert_true (json_object_has_member (object, "time"));
      g_assert_true (json_object_has_member (object, "id"));
      g_assert_cmpuint (json_object_get_size (object), ==, 3);
    }
  configure (self, DOTLS_HISTORY_OFF, 0, NULL);
  g_assert_true (g_file_get_contents (self->path, &text, NULL, NULL));
  g_assert_null (strstr (text, "cret"));
  g_assert_null (strstr (text, "2001:db8"));
  g_assert_null (strstr (text, "AAAA"));
}

/* Would catch a ring that grows, loses its order, or shows more than was asked for. */
static void
test_ring (Fixture *self, gconstpointer data)
{
  configure (self, DOTLS_HISTORY_FULL, 3, NULL);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_auto (GStrv) lines = NULL;

      observe (self, name);
      lines = dump (self, G_MAXUINT);
      g_assert_cmpuint (g_strv_length (lines), ==, MIN (i + 1, 3));
      for (guint k = 0; lines[k]; k++)
        {
          g_autoptr (JsonObject) object = parse (lines[k]);

          g_assert_cmpint (json_object_get_int_member (object, "id"), ==,
                           i + 1 - MIN (i + 1, 3) + k);
        }
    }
}

/* Would catch a lower level that still shows what the higher one had kept. */
static void
test_lowering (Fixture *self, gconstpointer data)
{
  g_auto (GStrv) kept = NULL, lines = NULL;

  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  observe (self, "secret.example.com");
  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  kept = dump (self, 10);
  g_assert_cmpuint (g_strv_length (kept), ==, 1);
  configure (self, DOTLS_HISTORY_DOMAIN, 10, NULL);
  lines = dump (self, 10);
  g_assert_cmpuint (g_strv_length (lines), ==, 0);
}

/* Would catch bytes of a name that reach the file raw and forge a line or steer a terminal. */
static void
test_hostile (Fixture *self, gconstpointer data)
{
  static const char raw[] = "\003\n\"\033\002\\\377\004test";
  const DotlsAnswerInfo info = { .qname = (const guint8 *) raw, .qtype = 65280, .rcode = 3841 };
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) object = NULL;

  configure (self, DOTLS_HISTORY_FULL, 10, NULL);
  dotls_fake_observe (self->resolver, &info);
  lines = dump (self, 10);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  for (const char *c = lines[0]; *c; c++)
    g_assert_true (g_ascii_isprint (*c));
  object = parse (lines[0]);
  g_assert_cmpstr (json_object_get_string_member (object, "name"), ==,
                   "\\010\\\"\\027.\\\\\\255.test");
  g_assert_cmpstr (json_object_get_string_member (object, "type"), ==, "TYPE65280");
  g_assert_cmpstr (json_object_get_string_member (object, "rcode"), ==, "3841");
  g_assert_cmpstr (json_object_get_string_member (object, "client"), ==, "bus");
  g_assert_cmpstr (json_object_get_string_member (object, "upstream"), ==, "");
}

/* Would catch an overrun by the longest name there is, each byte of which is escaped. */
static void
test_longest (Fixture *self, gconstpointer data)
{
  guint8 name[255] = { 0 };
  const DotlsAnswerInfo info = { .qname = name };
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) object = NULL;

  for (guint at = 0; at < 254; at += 64)
    {
      name[at] = at < 192 ? 63 : 61;
      memset (name + at + 1, 0xff, name[at]);
    }
  configure (self, DOTLS_HISTORY_FULL, 1, NULL);
  dotls_fake_observe (self->resolver, &info);
  lines = dump (self, 1);
  object = parse (lines[0]);
  g_assert_cmpuint (strlen (json_object_get_string_member (object, "name")), ==,
                    4 * (3 * 63 + 61) + 3);
}

/* Would catch a file that others can read, lines that are lost on the way, and a file that is not
 * opened anew, so that log rotation loses everything. */
static void
test_file (Fixture *self, gconstpointer data)
{
  g_autofree char *moved = g_strconcat (self->path, ".1", NULL);
  g_autofree char *first = NULL, *second = NULL;
  struct stat st;

  configure (self, DOTLS_HISTORY_FULL, 0, self->path);
  g_assert_cmpint (g_stat (self->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  for (guint i = 0; i < 1000; i++)
    observe (self, "one.test");
  g_assert_cmpint (g_rename (self->path, moved), ==, 0);
  configure (self, DOTLS_HISTORY_FULL, 0, self->path);
  observe (self, "two.test");
  configure (self, DOTLS_HISTORY_OFF, 0, NULL);

  g_assert_true (g_file_get_contents (moved, &first, NULL, NULL));
  g_assert_true (g_file_get_contents (self->path, &second, NULL, NULL));
  g_unlink (moved);
  g_strchomp (first);
  {
    g_auto (GStrv) lines = g_strsplit (first, "\n", -1);
    g_autoptr (JsonObject) last = parse (lines[999]);

    g_assert_cmpuint (g_strv_length (lines), ==, 1000);
    g_assert_cmpint (json_object_get_int_member (last, "id"), ==, 999);
  }
  g_assert_nonnull (strstr (second, "\"id\":1000,"));
  g_assert_nonnull (strstr (second, "two.test"));
}

static gboolean
give_up_cb (gpointer data)
{
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

/* Would catch lines that wait for ever because nobody asks any more, and a timer that stays. */
static void
test_file_is_flushed (Fixture *self, gconstpointer data)
{
  guint patience = g_timeout_add_seconds (20, give_up_cb, NULL);
  struct stat st = { 0 };

  configure (self, DOTLS_HISTORY_FULL, 0, self->path);
  observe (self, "one.test");
  while (st.st_size == 0)
    {
      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpint (g_stat (self->path, &st), ==, 0);
    }
  g_source_remove (patience);
  g_assert_false (g_main_context_pending (NULL));
}

/* Would catch a bad file that takes the running settings down, and a daemon that hangs on a FIFO.
 */
static void
test_bad_file (Fixture *self, gconstpointer data)
{
  const char *bad[] = { "/proc/no/such", self->folder, self->path };
  g_autoptr (GError) huge = NULL;

  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  configure (self, DOTLS_HISTORY_FULL, 5, NULL);
  observe (self, "one.test");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) lines = NULL;

      g_assert_false (
          dotls_history_configure (self->history, DOTLS_HISTORY_DOMAIN, 5, bad[i], &error));
      g_assert_nonnull (strstr (error->message, bad[i]));
      g_assert_cmpint (dotls_history_get_level (self->history), ==, DOTLS_HISTORY_FULL);
      lines = dump (self, 5);
      g_assert_cmpuint (g_strv_length (lines), ==, 1);
    }
  g_assert_false (dotls_history_configure (self->history, DOTLS_HISTORY_FULL,
                                           DOTLS_HISTORY_ENTRIES_MAX + 1, NULL, &huge));
  g_assert_error (huge, DOTLS_ERROR, DOTLS_ERROR_CONFIG);
}

static GLogWriterOutput
count_cb (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    ++*(guint *) data;
  return G_LOG_WRITER_HANDLED;
}

static guint n_warnings;

static void
limit_file_size (rlim_t size)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* A limit on file sizes stands in for a full disk.  Would catch one that fills the journal too, or
 * goes unsaid, or is not said again after all had been well. */
static void
test_write_error (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DotlsHistoryFile) file = dotls_history_file_open (self->path, &error);

  g_assert_no_error (error);
  signal (SIGXFSZ, SIG_IGN);
  n_warnings = 0;
  for (guint round = 1; round <= 2; round++)
    {
      limit_file_size (2 * round);
      for (guint i = 0; i < 5; i++)
        {
          dotls_history_file_append (file, "four", 4);
          dotls_history_file_flush (file);
        }
      g_assert_cmpuint (n_warnings, ==, round);
      limit_file_size (RLIM_INFINITY);
      dotls_history_file_append (file, "four", 4);
      dotls_history_file_flush (file);
      g_assert_cmpuint (n_warnings, ==, round);
    }
}

/* Would catch a follower that misses or repeats lines, outlives its reader, or is without bound. */
static void
test_follow (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int fds[DOTLS_HISTORY_FOLLOWERS_MAX];
  g_autofree char *text = NULL;

  configure (self, DOTLS_HISTORY_FULL, 5, NULL);
  observe (self, "before.test");
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = dotls_history_follow (self->history, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpint (dotls_history_follow (self->history, &error), ==, -1);
  g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_BUSY);
  g_clear_error (&error);

  observe (self, "after.test");
  text = read_fd (fds[0]);
  g_assert_null (strstr (text, "before.test"));
  g_assert_nonnull (strstr (text, "after.test"));
  g_assert_true (strchr (text, '\n') == text + strlen (text) - 1);

  /* one leaves: its place is free at once, though nothing was written meanwhile */
  close (fds[0]);
  fds[0] = dotls_history_follow (self->history, &error);
  g_assert_no_error (error);
  close (fds[0]);
  observe (self, "nobody.test");

  /* off: who still reads comes to the end */
  configure (self, DOTLS_HISTORY_OFF, 0, NULL);
  for (guint i = 1; i < G_N_ELEMENTS (fds); i++)
    {
      g_autofree char *rest = read_fd (fds[i]), *end = read_fd (fds[i]);

      g_assert_nonnull (strstr (rest, "nobody.test"));
      g_assert_cmpstr (end, ==, "");
      close (fds[i]);
    }
}

/* Would catch a reader that does not read and blocks the daemon, or gets half a line. */
static void
test_slow_follower (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int fd;

  configure (self, DOTLS_HISTORY_FULL, 5, NULL);
  fd = dotls_history_follow (self->history, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 5000; i++)
    observe (self, "flood.test");
  text = read_fd (fd);
  g_strchomp (text);
  {
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 0; lines[i]; i++)
      json_object_unref (parse (lines[i]));
  }
  close (fd);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_cb, &n_warnings, NULL);
  signal (SIGPIPE, SIG_IGN);
  ADD ("/history/off", test_off);
  ADD ("/history/full", test_full);
  ADD ("/history/domain", test_domain);
  ADD ("/history/ring", test_ring);
  ADD ("/history/lowering", test_lowering);
  ADD ("/history/hostile", test_hostile);
  ADD ("/history/longest", test_longest);
  ADD ("/history/file", test_file);
  ADD ("/history/file-is-flushed", test_file_is_flushed);
  ADD ("/history/bad-file", test_bad_file);
  ADD ("/history/write-error", test_write_error);
  ADD ("/history/follow", test_follow);
  ADD ("/history/slow-follower", test_slow_follower);
  return g_test_run ();
}
