/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus-socket.h"
#include "tests/lib/bus-fixture.h"

/* Who may do nothing: "nobody", by number, as the name need not exist. */
#define NOBODY 65534

/* What a run of dotlsctl left behind. */
typedef struct
{
  int code;
  char *out;
  char *err;
} Run;

static void
run_clear (Run *run)
{
  g_free (run->out);
  g_free (run->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
become_nobody_cb (gpointer data)
{
  if (setgroups (0, NULL) < 0 || setgid (NOBODY) < 0 || setuid (NOBODY) < 0)
    _exit (126);
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GSubprocessLauncher *
new_launcher (DotlsBusFixture *self)
{
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

  g_subprocess_launcher_setenv (launcher, "DOTLS_RUNTIME_DIR", self->folder, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "NO_COLOR");
  return launcher;
}

/* The main loop runs meanwhile: it is the daemon's. */
static void
finish (GSubprocessLauncher *launcher, const char *arguments, Run *ret_run)
{
  g_autofree char *command = g_strconcat (g_getenv ("DOTLSCTL"), " ", arguments, NULL);
  g_autofree char *shown = g_strescape (arguments, NULL);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("dotlsctl %s", shown);
  g_shell_parse_argv (command, NULL, &argv, &error);
  g_assert_no_error (error);
  child = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (child, NULL, NULL, finished_cb, &result);
  while (!result)
    g_main_context_iteration (NULL, TRUE);
  g_subprocess_communicate_utf8_finish (child, result, &ret_run->out, &ret_run->err, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (child));
  ret_run->code = g_subprocess_get_exit_status (child);
}

static void
run (DotlsBusFixture *self, const char *arguments, Run *ret_run)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (self);

  finish (launcher, arguments, ret_run);
}

static void
assert_contains (const char *text, const char *part)
{
  if (!strstr (text, part))
    g_error ("\"%s\" is not in: %s", part, text);
}

/* Expects success, and every one of the PARTS, which NULL ends, in the output. */
static void G_GNUC_NULL_TERMINATED
expect (DotlsBusFixture *self, const char *arguments, ...)
{
  g_auto (Run) ran = { 0 };
  va_list parts;
  const char *part;

  run (self, arguments, &ran);
  g_assert_cmpstr (ran.err, ==, "");
  g_assert_cmpint (ran.code, ==, 0);
  va_start (parts, arguments);
  while ((part = va_arg (parts, const char *)))
    assert_contains (ran.out, part);
  va_end (parts);
}

/* Expects failure: CODE, no output, and one line of complaint with PART in it. */
static void
expect_failure (DotlsBusFixture *self, const char *arguments, int code, const char *part)
{
  g_auto (Run) ran = { 0 };

  run (self, arguments, &ran);
  g_assert_cmpstr (ran.out, ==, "");
  g_assert_true (g_str_has_prefix (ran.err, "dotlsctl: "));
  g_assert_true (strchr (ran.err, '\n') == ran.err + strlen (ran.err) - 1);
  assert_contains (ran.err, part);
  g_assert_cmpint (ran.code, ==, code);
}

static void
connect_lab (DotlsBusFixture *self)
{
  dotls_fake_set_state (dotls_resolver_find_upstream (self->resolver, "lab"),
                        DOTLS_UPSTREAM_CONNECTED, DOTLS_ERROR_NONE, NULL);
}

/* Would catch a wrong command line that does something, is explained in a page of text, or is not
 * noticed before the daemon is asked. */
static void
test_usage (DotlsBusFixture *self, gconstpointer data)
{
  static const struct
  {
    const char *arguments;
    const char *complaint;
  } cases[] = {
    { "", "a command is missing" },
    { "statsu", "did you mean 'status'?" },
    { "hist", "did you mean 'history'?" },
    { "frobnicate", "there is no command 'frobnicate'" },
    { "--frobnicate", "--frobnicate" },
    { "status --frobnicate", "--frobnicate" },
    { "status now", "'now'" },
    { "query", "'query' wants NAME [TYPE]" },
    { "query a.test A IN", "'IN'" },
    { "query a.test AAAAA", "is no record type" },
    { "query a..test", "is no domain name" },
    { "query -x a.test", "is no IP address" },
    { "query 'a\033[2J..test'", "a\\x1b[2J..test" },
    { "flush a..test", "is no domain name" },
    { "upstream drop", "list, use and auto" },
    { "upstream use", "wants an upstream" },
    { "upstream auto lab", "'lab'" },
    { "history --last -3", "--last" },
    { "history --last x", "x" },
    { "history -n1x", "1x" },
    { "query '\377.test'", "\"\\xff.test\" is no domain name" },
    { "flush '\377.test'", "\"\\xff.test\" is no domain name" },
    { "status --socket=", "--socket wants a path" },
    { "status --runtime-dir=", "--runtime-dir wants a folder" },
    { "query -- a.test --json", "--json" },
    { "query -- a.test A --", "'--'" },
    { "query --", "'query' wants NAME [TYPE]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *away = g_strconcat ("--socket /nowhere ", cases[i].arguments, NULL);

      expect_failure (self, away, 2, cases[i].complaint);
    }
  expect (self, "--help", "query NAME [TYPE]", "history", NULL);
  expect (self, "query --help", "--no-cache", "--json", NULL);
  expect (self, "--version", "dotlsctl ", NULL);
}

/* Would catch a missing daemon that is not named, or a search in the wrong places. */
static void
test_away (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (self);
  g_auto (Run) ran = { 0 };
  g_autofree char *other = g_build_filename (self->folder, "other", NULL);
  g_autofree char *by_folder = g_strconcat ("status --runtime-dir ", other, NULL);
  g_autofree char *by_socket = g_strconcat ("--socket ", self->socket, " status", NULL);

  expect_failure (self, "--socket /nowhere/bus status", 3, "/nowhere/bus");
  expect_failure (self, by_folder, 3, "other/bus");
  expect_failure (self, "--socket /dev/null status", 3, "/dev/null");
  expect (self, by_socket, "protected", NULL);
  g_subprocess_launcher_unsetenv (launcher, "DOTLS_RUNTIME_DIR");
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", self->folder, TRUE);
  finish (launcher, "status", &ran);
  if (ran.code == 0)
    g_test_skip ("a dotlsd of the system is running");
  else
    {
      assert_contains (ran.err, "/run/dotls/bus, ");
      assert_contains (ran.err, "/dotls/bus\n");
      g_assert_cmpint (ran.code, ==, 3);
    }
}

/* Would catch a daemon that has no room for one more, and of whom it is only told that a connection
 * was reset. */
static void
test_crowded (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < DOTLS_BUS_CONNECTIONS_MAX; i++)
    g_ptr_array_add (crowd, dotls_bus_fixture_connect (self));
  for (guint i = 0; i < 5; i++)
    expect_failure (self, "status", 3, "probably because too many are open");
}

/* Would catch a refusal that does not carry the daemon's own words. */
static void
test_refused (DotlsBusFixture *self, gconstpointer data)
{
  expect_failure (self, "upstream use nobody", 4, "there is no upstream \"nobody\"\n");
}

/* Would catch a stranger who may change or see what only the administrator may, and one who may
 * not even look at the state. */
static void
test_nobody (DotlsBusFixture *self, gconstpointer data)
{
  static const char *const denied[] = { "flush", "upstream use lab", "upstream auto", "history" };
  static const char *const allowed[] = { "status", "statistics", "upstream", "query a.test" };

  if (geteuid () != 0)
    {
      g_test_skip ("only root can become somebody else");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (denied) + G_N_ELEMENTS (allowed); i++)
    {
      g_autoptr (GSubprocessLauncher) launcher = new_launcher (self);
      g_auto (Run) ran = { 0 };
      gboolean is_denied = i < G_N_ELEMENTS (denied);

      g_subprocess_launcher_set_child_setup (launcher, become_nobody_cb, NULL, NULL);
      finish (launcher, is_denied ? denied[i] : allowed[i - G_N_ELEMENTS (denied)], &ran);
      g_assert_cmpint (ran.code, ==, is_denied ? 4 : 0);
      if (is_denied)
        assert_contains (ran.err, "only root and the user of the daemon");
    }
}

/* Would catch a fact that is missing in the overview. */
static void
test_status (DotlsBusFixture *self, gconstpointer data)
{
  connect_lab (self);
  expect (self, "status", "state\tprotected\n", "reason\tAll 2 upstreams are in order.\n",
          "mode\tstrict\n", "policy\tordered\n",
          "listening\tudp 127.0.0.1:5300, tcp 127.0.0.1:5300\n",
          "settings\t/etc/dotls/dotlsd.conf\n", "history\toff\n",
          "lab\tconnected\tyes\t12.3 ms\tTLS1.3\tdot.test\t", NULL);
  expect (self, "status --json", "\"state\":\"protected\"",
          "\"state-reason\":", "\"active-upstreams\":[\"/org", "\"upstreams\":[{\"id\":\"lab\"",
          "\"tls-version\":\"TLS1.3\"", NULL);
}

/* Would catch an answer that is laid out wrongly. */
static void
test_query (DotlsBusFixture *self, gconstpointer data)
{
  connect_lab (self);
  expect (self, "query a.test", ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 0\n",
          ";; flags: qr ra ad; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n",
          "\n;; QUESTION SECTION:\n;a.test.                        IN  A\n",
          "\n;; ANSWER SECTION:\na.test.                 300     IN  A       192.0.2.1\n",
          ";; Upstream: lab (TLS1.3, AES-256-GCM)\n",
          ";; Source: upstream, validated by the upstream\n", ";; Query time: 12.3 ms\n", NULL);
  expect (self, "query m\303\274nchen.test aaaa", ";xn--mnchen-3ya.test. ", "AAAA\n", NULL);
  expect (self, "query 192.0.2.7", ";7.2.0.192.in-addr.arpa. ", "PTR\n", NULL);
  expect (self, "query 192.0.2.7 A", ";192.0.2.7. ", NULL);
  expect (self, "query -x 2001:db8::1", ".8.b.d.0.1.0.0.2.ip6.arpa.", "PTR\n", NULL);
  expect (self, "query nxdomain.test", "status: NXDOMAIN", NULL);
  expect (self, "--json query a.test", "\"status\":\"NOERROR\"", "\"flags\":[\"qr\",\"ra\",\"ad\"]",
          "\"question\":{\"name\":\"a.test.\",\"type\":\"A\",\"class\":\"IN\"}",
          "\"answer\":[{\"name\":\"a.test.\",\"type\":\"A\",\"class\":\"IN\",\"ttl\":300,"
          "\"data\":\"192.0.2.1\"}]",
          "\"upstream\":\"lab\"", "\"source\":\"upstream\"", "\"authenticated\":true",
          "\"elapsed-usec\":12345", NULL);
}

/* Would catch a key that is missing where there is nothing to say: a script that asks for it would
 * fail, or see "null". */
static void
test_stable_keys (DotlsBusFixture *self, gconstpointer data)
{
  expect (self, "--json query special.test", "\"source\":\"special\"", "\"upstream\":\"\"",
          "\"tls-version\":\"\"", "\"cipher\":\"\"",
          "\"edns\":{\"version\":0,\"dnssec-ok\":false,\"udp\":0,\"errors\":[]}", NULL);
  expect (self, "--json query formerr.test", "\"status\":\"FORMERR\"",
          "\"question\":{\"name\":\"\",\"type\":\"\",\"class\":\"\"}", "\"answer\":[]",
          "\"authority\":[]", "\"additional\":[]", NULL);
  expect (self, "--json upstream", "\"provider\":", "\"addresses\":[",
          "\"auth-name\":", "\"pins\":[",
          "\"state\":", "\"reason\":", "\"selected\":", "\"last-error\":", "\"last-error-text\":",
          "\"last-error-time\":", "\"next-retry\":", "\"tls-version\":", "\"cipher\":",
          "\"group\":", "\"alpn\":", "\"resumed\":", "\"verified-by\":", "\"certificate-expires\":",
          "\"rtt-usec\":", "\"in-flight\":", "\"open-connections\":", "\"statistics\":{", NULL);
  dotls_bus_set_settings (self->bus, NULL, "strict");
  expect (self, "--json status", "\"version\":", "\"state\":", "\"state-reason\":", "\"mode\":",
          "\"policy\":", "\"listeners\":[", "\"config-files\":[]", "\"history-level\":\"off\"",
          "\"active-upstreams\":[", "\"upstreams\":[{", NULL);
}

/* Would catch an option of the command line that does not arrive. */
static void
test_query_options (DotlsBusFixture *self, gconstpointer data)
{
  g_auto (Run) ran = { 0 };

  expect (self, "query a.test", "", NULL);
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, 0);
  expect (self, "query --dnssec a.test", "", NULL);
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, DOTLS_QUERY_DO);
  expect (self, "query a.test --cd", "", NULL);
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, DOTLS_QUERY_CD);
  expect (self, "query --no-cache a.test", "", NULL);
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, DOTLS_QUERY_NO_CACHE);
  run (self, "query --short a.test", &ran);
  g_assert_cmpstr (ran.out, ==, "192.0.2.1\n");
  expect (self, "query -- -a.test", ";-a.test. ", " A\n", NULL);
  expect (self, "query --dnssec -- --cd.test MX", ";--cd.test. ", " MX\n", NULL);
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, DOTLS_QUERY_DO);
  expect (self, "-- query -- a.test", ";a.test. ", NULL);
  expect (self, "query -- -1.test", ";-1.test. ", NULL);
}

/* Would catch a failure that looks like an answer to a script, and the reason that is not told, or
 * told with the control characters that a hostile upstream put into it, or by a number alone. */
static void
test_servfail (DotlsBusFixture *self, gconstpointer data)
{
  g_auto (Run) ran = { 0 }, json = { 0 };

  run (self, "query servfail.test", &ran);
  g_assert_cmpint (ran.code, ==, 5);
  assert_contains (ran.out, "status: SERVFAIL");
  assert_contains (ran.out, "; EDE: 22 (No Reachable Authority): (no \\x1b[31mroute)\n");
  assert_contains (ran.out, "; EDE: 30 (Invalid Query Type)\n; EDE: 65534: (done)\n");
  g_assert_null (strchr (ran.out, '\033'));
  run (self, "query servfail.test --json", &json);
  g_assert_cmpint (json.code, ==, 5);
  assert_contains (json.out, "{\"code\":30,\"name\":\"Invalid Query Type\",\"text\":\"\"},"
                             "{\"code\":65534,\"name\":\"\",\"text\":\"done\"}");
}

/* Would catch a record that steers the terminal, in any form of output. */
static void
test_hostile (DotlsBusFixture *self, gconstpointer data)
{
  static const char *const forms[] = { "", "--short", "--json" };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *arguments = g_strconcat ("query hostile.test TXT ", forms[i], NULL);
      g_auto (Run) ran = { 0 };

      run (self, arguments, &ran);
      assert_contains (ran.out, "027[31mred");
      g_assert_null (strchr (ran.out, '\033'));
      g_assert_null (strchr (ran.out, '\007'));
    }
}

/* Would catch a change that is not made, or not told. */
static void
test_changes (DotlsBusFixture *self, gconstpointer data)
{
  DotlsUpstream *lab = dotls_resolver_find_upstream (self->resolver, "lab");

  expect (self, "upstream use quad9", "quad9: asked from now on", NULL);
  g_assert_false (dotls_upstream_is_selected (lab));
  expect (self, "upstream list", "lab\tidle\tno\t", "quad9\tidle\tyes\t", NULL);
  expect (self, "upstream auto --json", "{\"selected\":[]}", NULL);
  g_assert_true (dotls_upstream_is_selected (lab));
  expect (self, "upstream use quad9 lab --json", "{\"selected\":[\"quad9\",\"lab\"]}", NULL);
  expect (self, "upstream use lab quad9 lab --json", "{\"selected\":[\"lab\",\"quad9\"]}", NULL);
  expect (self, "upstream --json", "{\"upstreams\":[{", "\"statistics\":{\"queries\":7", NULL);
  expect (self, "flush", "3 answers forgotten\n", NULL);
  expect (self, "flush a.test", "1 answer forgotten\n", NULL);
  expect (self, "flush --json", "{\"removed\":3}\n", NULL);
}

/* Would catch a counter that is not shown, or shown in whatever order a hash has. */
static void
test_statistics (DotlsBusFixture *self, gconstpointer data)
{
  expect (self, "statistics", "queries\t42\n", "cache-hits\t21\n", "cache-bytes-max\t1048576\n",
          "lab/queries\t7\n", NULL);
  expect (self, "statistics --json", "\"queries\":42", "\"cache-entries\":3",
          "\"upstreams\":{\"lab\":{\"queries\":7", NULL);
}

static void
configure_history (DotlsBusFixture *self, DotlsHistoryLevel level)
{
  g_autoptr (GError) error = NULL;

  dotls_history_configure (self->history, level, 10, NULL, &error);
  g_assert_no_error (error);
  dotls_bus_set_settings (self->bus, NULL, "strict");
}

/* Would catch a history that shows nothing, too much, or does not say that it is off. */
static void
test_history (DotlsBusFixture *self, gconstpointer data)
{
  static const char *const forms[] = { "history", "history -f", "history --json" };
  g_auto (Run) last = { 0 }, short_last = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    expect_failure (self, forms[i], 4, "the history is off; level = domain or level = full in");
  configure_history (self, DOTLS_HISTORY_FULL);
  expect (self, "query one.test", "", NULL);
  expect (self, "query nxdomain.test mx", "", NULL);
  expect (self, "history", "\tbus\tNOERROR\tA\tupstream\tlab\t12.3 ms\tone.test\n",
          "\tbus\tNXDOMAIN\tMX\tupstream\tlab\t12.3 ms\tnxdomain.test\n", NULL);
  expect (self, "history --json", "\"name\":\"one.test\"", "\"rcode\":\"NXDOMAIN\"", NULL);
  run (self, "history -n 1", &last);
  g_assert_null (strstr (last.out, "one.test"));
  assert_contains (last.out, "nxdomain.test");
  run (self, "history -n1", &short_last);
  g_assert_cmpstr (short_last.out, ==, last.out);

  configure_history (self, DOTLS_HISTORY_DOMAIN);
  expect (self, "query very.secret.one.test", "", NULL);
  expect (self, "history", "\tone.test\n", NULL);
}

/* Reads from CHILD until TEXT has come. */
static void
wait_for_output (GSubprocess *child, GString *seen, const char *text)
{
  GInputStream *stream = g_subprocess_get_stdout_pipe (child);

  while (!strstr (seen->str, text))
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) bytes = NULL;

      g_input_stream_read_bytes_async (stream, 4096, G_PRIORITY_DEFAULT, NULL, finished_cb,
                                       &result);
      while (!result)
        g_main_context_iteration (NULL, TRUE);
      bytes = g_input_stream_read_bytes_finish (stream, result, NULL);
      g_assert_nonnull (bytes);
      g_assert_cmpuint (g_bytes_get_size (bytes), >, 0);
      g_string_append_len (seen, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
}

/* Would catch a follower that loses what was, or waits with what is. */
static void
test_follow (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (self);
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GString) seen = g_string_new (NULL);

  configure_history (self, DOTLS_HISTORY_FULL);
  expect (self, "query before.test", "", NULL);
  child = g_subprocess_launcher_spawn (launcher, NULL, g_getenv ("DOTLSCTL"), "history", "--follow",
                                       NULL);
  g_assert_nonnull (child);
  wait_for_output (child, seen, "before.test\n");
  expect (self, "query after.test", "", NULL);
  wait_for_output (child, seen, "after.test\n");
  expect (self, "query more.test", "", NULL);
  wait_for_output (child, seen, "more.test\n");
  g_assert_true (strstr (seen->str, "before.test") < strstr (seen->str, "after.test"));
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);
}

/* Runs with a terminal as standard output and returns what came out of it. */
static char *
run_at_terminal (DotlsBusFixture *self, const char *arguments, const char *no_color)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_auto (Run) ran = { 0 };
  char buffer[16384];
  int terminal = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  int end;
  gssize n;

  g_assert_cmpint (terminal, >=, 0);
  g_assert_cmpint (grantpt (terminal), ==, 0);
  g_assert_cmpint (unlockpt (terminal), ==, 0);
  end = open (ptsname (terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_subprocess_launcher_setenv (launcher, "DOTLS_RUNTIME_DIR", self->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "TERM", "xterm", TRUE);
  g_subprocess_launcher_setenv (launcher, "COLUMNS", "60", TRUE);
  if (no_color)
    g_subprocess_launcher_setenv (launcher, "NO_COLOR", no_color, TRUE);
  else
    g_subprocess_launcher_unsetenv (launcher, "NO_COLOR");
  g_subprocess_launcher_take_stdout_fd (launcher, end);
  finish (launcher, arguments, &ran);
  g_assert_cmpint (ran.code, ==, 0);
  n = read (terminal, buffer, sizeof buffer);
  g_assert_cmpint (n, >, 0);
  close (terminal);
  return g_strndup (buffer, n);
}

/* Would catch a terminal without table or colour, colour against the user's wish, and lines that
 * are longer than the terminal is wide. */
static void
test_terminal (DotlsBusFixture *self, gconstpointer data)
{
  g_autofree char *colored = run_at_terminal (self, "status", NULL);
  g_autofree char *wished = run_at_terminal (self, "status", "1");
  g_autofree char *optional = run_at_terminal (self, "status --no-color", NULL);
  g_autofree char *list = run_at_terminal (self, "upstream", "1");
  g_auto (GStrv) lines = g_strsplit (list, "\r\n", -1);

  assert_contains (colored, "\033[32mprotected\033[0m");
  assert_contains (wished, "UPSTREAM");
  g_assert_null (strchr (wished, '\033'));
  g_assert_null (strchr (optional, '\033'));
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  for (guint i = 0; lines[i]; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, 60);
}

/* Would catch output that is lost and called a success. */
static void
test_full_device (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_auto (Run) ran = { 0 };

  g_subprocess_launcher_setenv (launcher, "DOTLS_RUNTIME_DIR", self->folder, TRUE);
  g_subprocess_launcher_set_stdout_file_path (launcher, "/dev/full");
  finish (launcher, "status", &ran);
  g_assert_cmpint (ran.code, ==, 1);
  assert_contains (ran.err, "standard output");
}

#define ADD(path, func)                                                                            \
  g_test_add (path, DotlsBusFixture, NULL, dotls_bus_fixture_set_up, func,                         \
              dotls_bus_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/dotlsctl/usage", test_usage);
  ADD ("/dotlsctl/away", test_away);
  ADD ("/dotlsctl/crowded", test_crowded);
  ADD ("/dotlsctl/refused", test_refused);
  ADD ("/dotlsctl/nobody", test_nobody);
  ADD ("/dotlsctl/status", test_status);
  ADD ("/dotlsctl/query", test_query);
  ADD ("/dotlsctl/stable-keys", test_stable_keys);
  ADD ("/dotlsctl/query-options", test_query_options);
  ADD ("/dotlsctl/servfail", test_servfail);
  ADD ("/dotlsctl/hostile", test_hostile);
  ADD ("/dotlsctl/changes", test_changes);
  ADD ("/dotlsctl/statistics", test_statistics);
  ADD ("/dotlsctl/history", test_history);
  ADD ("/dotlsctl/follow", test_follow);
  ADD ("/dotlsctl/terminal", test_terminal);
  ADD ("/dotlsctl/full-device", test_full_device);
  return g_test_run ();
}
