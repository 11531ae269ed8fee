/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The program as its user meets it: options, mistakes, signals, passed sockets. */

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/daemon-fixture.h"
#include "tests/lib/dns-client.h"
#include "tests/lib/fake-dot.h"
#include "tests/lib/loopback.h"

#define TYPE_A 1

typedef struct
{
  char *directory;
  int status; /* exit status */
  char *output;
  char *errors;
} Run;

static void
run_init (Run *run)
{
  *run = (Run){ .directory = g_dir_make_tmp ("dotls-XXXXXX", NULL) };
}

static char *
run_get_path (const Run *run, const char *name)
{
  return g_build_filename (run->directory, name, NULL);
}

static char *
run_write (const Run *run, const char *name, const char *text)
{
  char *path = run_get_path (run, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

/* Runs dotlsd with ARGUMENTS, separated by blanks, until it ends. */
static void
run_dotlsd (Run *run, const char *arguments)
{
  g_autofree char *line = g_strdup_printf ("%s %s", g_getenv ("DOTLSD"), arguments);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  int status;

  g_clear_pointer (&run->output, g_free);
  g_clear_pointer (&run->errors, g_free);
  g_spawn_sync (run->directory, words, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run->output,
                &run->errors, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  run->status = WEXITSTATUS (status);
}

static void
run_clear (Run *run)
{
  g_autoptr (GDir) dir = g_dir_open (run->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = run_get_path (run, name);

      g_remove (path);
    }
  g_rmdir (run->directory);
  g_free (run->directory);
  g_free (run->output);
  g_free (run->errors);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

/* Catches: wrong usage that starts a daemon, prints a page, or looks like another failure. */
static void
test_usage (void)
{
  static const char *const cases[][2] = {
    { "--bogus", "--bogus" },
    { "extra", "extra" },
    { "--config", "--config" },
    { "-x", "-x" },
    { "--check-config y", "'y'" },
    { "\033[31m", "\\u{1b}[31m" },
    { "--config ", "--config has an empty name" },
    { "--check-config --config=", "--config has an empty name" },
    { "--runtime-dir=", "--runtime-dir has an empty name" },
    { "--state-dir=", "--state-dir has an empty name" },
  };
  Run run;

  run_init (&run);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      run_dotlsd (&run, cases[i][0]);
      g_assert_cmpint (run.status, ==, 2);
      g_assert_cmpstr (run.output, ==, "");
      g_assert_cmpuint (count_lines (run.errors), ==, 1);
      g_assert_nonnull (strstr (run.errors, cases[i][1]));
    }
  run_dotlsd (&run, "--version");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_true (g_str_has_prefix (run.output, "dotlsd "));
  run_dotlsd (&run, "--help");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_nonnull (strstr (run.output, "--check-config"));
  run_clear (&run);
}

/* Catches: a check that says less than everything, says it in the wrong place or status, or leaves
 * something behind. */
static void
test_check_config (void)
{
  g_autofree char *good = NULL, *bad = NULL, *history = NULL, *file = NULL, *state = NULL;
  Run run;

  run_init (&run);
  good = run_write (&run, "good.conf",
                    "[dns]\nlisten = 127.0.0.1:5399\n[upstream lab]\naddress=10.0.0.1#a.example\n");
  bad = run_write (&run, "bad.conf", "[dns]\nlisen = x\nmode = off\n[upstream lab]\n");
  run_dotlsd (&run, "--check-config --config good.conf");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_cmpstr (run.errors, ==, "");
  g_assert_cmpuint (count_lines (run.output), ==, 1);
  g_assert_nonnull (strstr (run.output, "127.0.0.1:5399"));
  g_assert_nonnull (strstr (run.output, "lab"));
  g_assert_nonnull (strstr (run.output, good));

  run_dotlsd (&run, "--check-config --config bad.conf");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_cmpstr (run.output, ==, "");
  g_assert_cmpuint (count_lines (run.errors), ==, 3);
  g_assert_true (g_str_has_prefix (run.errors, bad));
  g_assert_nonnull (strstr (run.errors, "bad.conf:2: [dns] lisen: "));
  g_assert_nonnull (strstr (run.errors, "bad.conf:3: [dns] mode: "));
  g_assert_nonnull (strstr (run.errors, "bad.conf:4: [upstream lab]: "));

  history = run_write (&run, "history.conf",
                       "[dns]\nlisten = 127.0.0.1:5399\n[upstream a]\naddress=1.1.1.1\n"
                       "[history]\nlevel = full\nfile = h.jsonl\n");
  file = run_write (&run, "file", "");
  run_dotlsd (&run, "--check-config --config history.conf --state-dir state");
  g_assert_cmpint (run.status, ==, 0);
  state = run_get_path (&run, "state");
  g_assert_false (g_file_test (state, G_FILE_TEST_EXISTS));
  run_dotlsd (&run, "--check-config --config history.conf --state-dir file");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_cmpuint (count_lines (run.errors), ==, 1);
  g_assert_nonnull (strstr (run.errors, "history.conf:7: [history] file: "));

  run_dotlsd (&run, "--check-config --config missing.conf");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_nonnull (strstr (run.errors, "missing.conf: cannot be read"));
  run_clear (&run);
}

/* Catches: a start that fails without saying where and what to do, or does not fail. */
static void
test_failing_start (void)
{
  static const char *const text =
      "[dns]\nlisten = 127.0.0.1:%u\n[upstream lab]\naddress = 10.0.0.1#a.example\n";
  g_autofree char *taken = NULL, *free_one = NULL, *taken_text = NULL, *free_text = NULL;
  g_autofree char *file = NULL, *address = NULL, *bad = NULL;
  guint16 port = 0;
  int fd = loopback_listen (AF_INET, &port);
  Run run;

  run_init (&run);
  taken_text = g_strdup_printf (text, port);
  free_text = g_strdup_printf (text, loopback_free_port ());
  taken = run_write (&run, "taken.conf", taken_text);
  free_one = run_write (&run, "free.conf", free_text);
  bad = run_write (&run, "bad.conf", "[dns]\nmode = off\n[upstream a]\naddress=1.1.1.1\n");
  file = run_write (&run, "file", "");

  run_dotlsd (&run, "--config taken.conf --runtime-dir .");
  address = g_strdup_printf ("127.0.0.1:%u", port);
  g_assert_cmpint (run.status, ==, 1);
  g_assert_cmpuint (count_lines (run.errors), ==, 1);
  g_assert_nonnull (strstr (run.errors, address));
  g_assert_nonnull (strstr (run.errors, "another program"));

  run_dotlsd (&run, "--config free.conf --runtime-dir file/run");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_cmpuint (count_lines (run.errors), ==, 1);
  g_assert_nonnull (strstr (run.errors, file));
  g_assert_nonnull (strstr (run.errors, "--runtime-dir"));

  run_dotlsd (&run, "--config bad.conf --runtime-dir .");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_cmpuint (count_lines (run.errors), ==, 1);
  g_assert_nonnull (strstr (run.errors, "bad.conf:2: [dns] mode: "));
  close (fd);
  run_clear (&run);
}

static void
ask (Daemon *daemon, const char *name)
{
  g_autoptr (DnsClient) client = daemon_connect_udp (daemon);
  g_autoptr (DnsReply) reply = dns_client_ask (client, name, TYPE_A);

  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_cmpuint (reply->n_answers, ==, 1);
}

/* Catches: a second daemon that takes the first one's socket away. */
static void
test_second (void)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (FakeDot) fake = fake_dot_new (certs);
  g_autoptr (Daemon) daemon = daemon_new ();
  g_autofree char *text = g_strdup_printf ("[dns]\nlisten = 127.0.0.1:%u\n[upstream a]\n"
                                           "address = 10.0.0.1#a.example\n",
                                           loopback_free_port ());
  g_autofree char *directory = daemon_get_path (daemon, "run"), *file = NULL;
  g_autofree char *arguments = g_strdup_printf ("--config c.conf --runtime-dir %s", directory);
  Run run;

  daemon_add_good_upstream (daemon, "lab", fake, certs);
  daemon_start (daemon);
  run_init (&run);
  file = run_write (&run, "c.conf", text);
  run_dotlsd (&run, arguments);
  g_assert_cmpint (run.status, ==, 1);
  g_assert_nonnull (strstr (run.errors, "another dotlsd"));
  ask (daemon, "a.test");
  run_clear (&run);
}

/* Catches: a reload that changes nothing, loses who is asked or in flight, or ends the daemon; and
 * a bad file that changes anything. */
static void
test_reload (void)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (FakeDot) before = fake_dot_new (certs), after = fake_dot_new (certs);
  g_autoptr (Daemon) daemon = daemon_new ();
  g_autofree char *log = NULL;

  daemon_add_good_upstream (daemon, "before", before, certs);
  daemon_start (daemon);
  ask (daemon, "one.test");
  g_assert_cmpuint (fake_dot_count_queries (before, "one.test", 0), ==, 1);

  daemon_set_upstreams (daemon, "");
  daemon_add_good_upstream (daemon, "after", after, certs);
  daemon_reload (daemon);
  ask (daemon, "two.test");
  g_assert_cmpuint (fake_dot_count_queries (before, "two.test", 0), ==, 0);
  g_assert_cmpuint (fake_dot_count_queries (after, "two.test", 0), ==, 1);

  daemon_set (daemon, "banana = 1");
  daemon_set_upstreams (daemon, "");
  daemon_add_good_upstream (daemon, "before", before, certs);
  daemon_reload (daemon);
  log = daemon_read_log (daemon);
  g_assert_nonnull (strstr (log, "[dns] banana: there is no such key"));
  g_assert_nonnull (strstr (log, "stay in force"));
  ask (daemon, "three.test");
  g_assert_cmpuint (fake_dot_count_queries (before, "three.test", 0), ==, 0);
  g_assert_cmpuint (fake_dot_count_queries (after, "three.test", 0), ==, 1);
  daemon_stop (daemon);
}

/* A program that runs is a file that passes for writable and cannot be opened for it. */
static GPid
run_program (Daemon *daemon, char **ret_path)
{
  g_autofree char *program = g_find_program_in_path ("sleep"), *content = NULL;
  char *path = daemon_get_path (daemon, "busy"), *arguments[] = { path, (char *) "60", NULL };
  g_autoptr (GError) error = NULL;
  gsize length;
  GPid pid;

  g_assert_true (g_file_get_contents (program, &content, &length, NULL));
  g_assert_true (
      g_file_set_contents_full (path, content, length, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
  g_spawn_async (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  *ret_path = path;
  return pid;
}

/* Catches: a history file that a reload cannot open taking the listeners down, or being passed over
 * in silence. */
static void
test_reload_history (void)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (FakeDot) fake = fake_dot_new (certs);
  g_autoptr (Daemon) daemon = daemon_new ();
  g_autofree char *path = daemon_get_path (daemon, "state/h.jsonl"), *text = NULL, *log = NULL;
  g_autofree char *busy = NULL, *group = NULL;
  GPid pid = run_program (daemon, &busy);

  daemon_set_upstreams (daemon, "[history]\nlevel = full\nfile = h.jsonl\n");
  daemon_add_good_upstream (daemon, "lab", fake, certs);
  daemon_start (daemon);
  ask (daemon, "kept.test");

  group = g_strdup_printf ("[history]\nlevel = full\nfile = %s\n", busy);
  daemon_set_upstreams (daemon, group);
  daemon_add_good_upstream (daemon, "lab", fake, certs);
  daemon_reload (daemon);
  log = daemon_read_log (daemon);
  g_assert_nonnull (strstr (log, "error: the history cannot be written to /"));
  g_assert_nonnull (strstr (log, "/busy: Text file busy; name another file in [history]"));
  g_assert_nonnull (strstr (log, "stay in force"));
  ask (daemon, "kept2.test");
  daemon_stop (daemon);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"kept.test\""));
  g_assert_nonnull (strstr (text, "\"kept2.test\""));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

/* Catches: names that people ask for in the log. */
static void
test_log (void)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (FakeDot) fake = fake_dot_new (certs);
  g_autoptr (Daemon) daemon = daemon_new ();
  g_autofree char *log = NULL;

  daemon_set (daemon, "log-level = debug");
  daemon_add_good_upstream (daemon, "lab", fake, certs);
  daemon_start (daemon);
  ask (daemon, "secret-name.test");
  daemon_stop (daemon);
  log = daemon_read_log (daemon);
  g_assert_nonnull (strstr (log, "answering on udp 127.0.0.1:"));
  g_assert_null (strstr (log, "secret-name"));
}

/* Catches: what core says at the level debug being lost on its way, or said to those who did not
 * ask for it. */
static void
test_log_levels (void)
{
  for (guint is_debug = 0; is_debug <= 1; is_debug++)
    {
      g_autoptr (Daemon) daemon = daemon_new ();
      g_autoptr (DnsClient) client = NULL;
      g_autoptr (DnsReply) reply = NULL;
      g_autofree char *upstream = g_strdup_printf (
          "[upstream gone]\naddress = 127.0.0.1:%u#a.example\n", loopback_free_port ());
      g_autofree char *log = NULL;

      daemon_set (daemon, is_debug ? "log-level = debug" : "log-level = info");
      daemon_set_upstreams (daemon, upstream);
      daemon_start (daemon);
      client = daemon_connect_udp (daemon);
      reply = dns_client_ask (client, "a.test", TYPE_A);
      g_assert_cmpuint (reply->rcode, ==, 2);
      daemon_stop (daemon);
      log = daemon_read_log (daemon);
      g_assert_nonnull (strstr (log, "warning: upstream gone"));
      g_assert_true ((strstr (log, "debug: upstream gone: 127.0.0.1:") != NULL) == is_debug);
    }
}

/* Catches: an end that leaves a question unanswered that was in flight. */
static void
test_drain (void)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (FakeDot) fake = fake_dot_new (certs);
  g_autoptr (Daemon) daemon = daemon_new ();
  g_autoptr (DnsClient) client = NULL;
  g_autoptr (DnsReply) reply = NULL;
  g_autoptr (GByteArray) query = dns_query_new (7, "late.test", TYPE_A);

  daemon_add_good_upstream (daemon, "lab", fake, certs);
  fake_dot_script (fake, "delay=200");
  daemon_start (daemon);
  client = daemon_connect_udp (daemon);
  dns_client_send (client, query);
  fake_dot_wait_for_name (fake, "late.test", 1);
  g_assert_cmpint (kill (daemon_get_pid (daemon), SIGTERM), ==, 0);
  reply = dns_client_receive (client, 5000);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_cmpuint (reply->n_answers, ==, 1);
  daemon_stop (daemon);
}

/* An unconnected UDP socket on a port of 127.0.0.1 that the kernel chooses. */
static int
open_udp (guint16 *ret_port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = g_htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &size), ==, 0);
  *ret_port = g_ntohs (address.sin_port);
  return fd;
}

/* Catches: passed sockets that are passed over, a built-in address that is opened although somebody
 * passed sockets, and the first question being lost during the start. */
static void
test_passed_socket (void)
{
  g_autofree char *file = NULL, *log_file = NULL, *log = NULL;
  g_autoptr (DnsClient) client = NULL;
  g_autoptr (DnsReply) reply = NULL;
  g_autoptr (GByteArray) query = dns_query_new (7, "localhost", TYPE_A);
  g_autoptr (GError) error = NULL;
  const char *arguments[] = { "/bin/sh", "-c",
                              "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$DOTLSD\" --config c.conf "
                              "--runtime-dir . 2>log",
                              NULL };
  guint16 port;
  int passed = open_udp (&port), target = 3, status;
  GPid pid;
  Run run;

  run_init (&run);
  file = run_write (&run, "c.conf", "[upstream a]\naddress = 10.0.0.1#a.example\n");
  client = dns_client_new ("127.0.0.1", SOCK_DGRAM, port);
  dns_client_send (client, query);
  g_assert_true (g_spawn_async_with_pipes_and_fds (
      run.directory, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1, &passed,
      &target, 1, &pid, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  reply = dns_client_receive (client, 10000);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, 0);
  g_assert_cmpuint (reply->n_answers, ==, 1);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  log_file = run_get_path (&run, "log");
  g_assert_true (g_file_get_contents (log_file, &log, NULL, NULL));
  g_assert_nonnull (strstr (log, "answering on udp 127.0.0.1:"));
  g_assert_null (strstr (log, "127.0.0.55"));
  close (passed);
  run_clear (&run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dotlsd/usage", test_usage);
  g_test_add_func ("/dotlsd/check-config", test_check_config);
  g_test_add_func ("/dotlsd/failing-start", test_failing_start);
  g_test_add_func ("/dotlsd/second", test_second);
  g_test_add_func ("/dotlsd/reload", test_reload);
  g_test_add_func ("/dotlsd/reload-history", test_reload_history);
  g_test_add_func ("/dotlsd/log", test_log);
  g_test_add_func ("/dotlsd/log-levels", test_log_levels);
  g_test_add_func ("/dotlsd/drain", test_drain);
  g_test_add_func ("/dotlsd/passed-socket", test_passed_socket);
  return g_test_run ();
}
