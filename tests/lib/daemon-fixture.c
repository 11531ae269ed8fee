/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/daemon-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/loopback.h"

#define PATIENCE_MS 10000

struct _Daemon
{
  char *directory;
  char *listen;
  const char *const *wrapper;
  GString *dns;
  GString *upstreams;
  guint16 port;
  GPid pid;      /* 0: not running */
  int pid_fd;    /* readable at its end */
  int notify_fd; /* sd_notify(3) */
};

char *
daemon_get_path (Daemon *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

static void
make_directory (Daemon *self, const char *name)
{
  g_autofree char *path = daemon_get_path (self, name);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
open_notify_socket (Daemon *self)
{
  g_autofree char *path = daemon_get_path (self, "notify");
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path), <,
                    sizeof address.sun_path);
  self->notify_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->notify_fd, (struct sockaddr *) &address, sizeof address), ==, 0);
}

Daemon *
daemon_new (void)
{
  Daemon *self = g_new0 (Daemon, 1);
  g_autoptr (GError) error = NULL;

  self->directory = g_dir_make_tmp ("dotls-XXXXXX", &error);
  g_assert_no_error (error);
  self->listen = g_strdup ("127.0.0.1:%u ; [::1]:%u");
  self->dns = g_string_new (NULL);
  self->upstreams = g_string_new (NULL);
  make_directory (self, "run");
  make_directory (self, "state");
  open_notify_socket (self);
  return self;
}

static int
remove_cb (const char *path, const struct stat *facts, int kind, struct FTW *where)
{
  return remove (path);
}

void
daemon_free (Daemon *self)
{
  if (self->pid != 0)
    daemon_stop (self);
  close (self->notify_fd);
  nftw (self->directory, remove_cb, 16, FTW_DEPTH | FTW_PHYS);
  g_string_free (self->dns, TRUE);
  g_string_free (self->upstreams, TRUE);
  g_free (self->listen);
  g_free (self->directory);
  g_free (self);
}

/* --- the configuration ------------------------------------------------------------------------ */

void
daemon_set_listen (Daemon *self, const char *addresses)
{
  g_free (self->listen);
  self->listen = g_strdup (addresses);
}

void
daemon_set_wrapper (Daemon *self, const char *const *wrapper)
{
  self->wrapper = wrapper;
}

void
daemon_set (Daemon *self, const char *lines)
{
  g_string_append_printf (self->dns, "%s\n", lines);
}

void
daemon_set_upstreams (Daemon *self, const char *text)
{
  g_string_assign (self->upstreams, text);
}

void
daemon_add_upstream (Daemon *self, const char *id, FakeDot *fake, const char *lines)
{
  g_string_append_printf (self->upstreams, "[upstream %s]\naddress = 127.0.0.1:%u\n%s\n", id,
                          fake_dot_get_port (fake), lines);
}

void
daemon_add_good_upstream (Daemon *self, const char *id, FakeDot *fake, Certs *certs)
{
  g_autofree char *ca = daemon_get_path (self, "ca.pem");
  g_autofree char *lines = g_strdup_printf ("auth-name = dot.test\nca-file = %s\n", ca);

  certs_write_ca (certs, ca);
  daemon_add_upstream (self, id, fake, lines);
}

static void
write_configuration (Daemon *self)
{
  g_autofree char *path = daemon_get_path (self, "dotlsd.conf");
  g_autofree char *port = g_strdup_printf ("%u", self->port);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_string_printf (text, "[dns]\nlisten = %s\nmode = strict\n%s\n", self->listen, self->dns->str);
  g_string_replace (text, "%u", port, 0);
  g_string_append (text, self->upstreams->str);
  g_file_set_contents (path, text->str, text->len, &error);
  g_assert_no_error (error);
}

/* --- the process ------------------------------------------------------------------------------ */

char *
daemon_read_log (Daemon *self)
{
  g_autofree char *path = daemon_get_path (self, "log");
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text != NULL ? text : g_strdup ("");
}

static void
fail (Daemon *self, const char *what)
{
  g_autofree char *log = daemon_read_log (self);

  if (self->pid != 0)
    kill (self->pid, SIGKILL);
  g_error ("dotlsd %s; it wrote:\n%s", what, log);
}

static void
child_setup_cb (gpointer data)
{
  /* a test that aborts must not leave its daemon behind */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static int
open_log (Daemon *self)
{
  g_autofree char *path = daemon_get_path (self, "log");

  return open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static char **
make_environment (Daemon *self)
{
  g_autofree char *notify = daemon_get_path (self, "notify");
  char **environment = g_get_environ ();

  environment = g_environ_setenv (environment, "NOTIFY_SOCKET", notify, TRUE);
  return g_environ_unsetenv (environment, "LISTEN_FDS");
}

static char **
make_arguments (Daemon *self, const char *program)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *config = daemon_get_path (self, "dotlsd.conf");
  g_autofree char *run = daemon_get_path (self, "run"), *state = daemon_get_path (self, "state");

  for (guint i = 0; self->wrapper != NULL && self->wrapper[i] != NULL; i++)
    g_strv_builder_add (builder, self->wrapper[i]);
  g_strv_builder_add_many (builder, program, "--config", config, "--runtime-dir", run,
                           "--state-dir", state, NULL);
  return g_strv_builder_end (builder);
}

static void
spawn (Daemon *self)
{
  const char *program = g_getenv ("DOTLSD");
  g_auto (GStrv) arguments = make_arguments (self, program);
  g_auto (GStrv) environment = make_environment (self);
  g_autoptr (GError) error = NULL;
  int log = open_log (self);

  if (program == NULL)
    g_error ("DOTLSD does not say where dotlsd is");
  g_spawn_async_with_fds (NULL, arguments, environment,
                          G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, child_setup_cb, NULL,
                          &self->pid, -1, log, log, &error);
  g_assert_no_error (error);
  close (log);
  self->pid_fd = pidfd_open (self->pid, 0);
  g_assert_cmpint (self->pid_fd, >=, 0);
}

/* The daemon itself where a wrapper is the process that was started, for signals. */
static GPid
find_daemon (Daemon *self)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%d/task/%d/children", (int) self->pid, (int) self->pid);
  g_autofree char *text = NULL;

  if (self->wrapper == NULL || !g_file_get_contents (path, &text, NULL, NULL))
    return self->pid;
  return text[0] != '\0' ? (GPid) atoi (text) : self->pid;
}

/* Reaps the process, which has ended; returns its wait status. */
static int
reap (Daemon *self)
{
  int status;

  g_assert_cmpint (waitpid (self->pid, &status, 0), ==, self->pid);
  close (self->pid_fd);
  self->pid = 0;
  return status;
}

static gboolean
says_ready (Daemon *self)
{
  char message[1024];
  ssize_t n = recv (self->notify_fd, message, sizeof message - 1, MSG_DONTWAIT);
  g_auto (GStrv) lines = NULL;

  if (n <= 0)
    return FALSE;
  message[n] = '\0';
  lines = g_strsplit (message, "\n", -1);
  return g_strv_contains ((const char *const *) lines, "READY=1");
}

/* Returns FALSE where the process ends instead. */
static gboolean
wait_ready (Daemon *self)
{
  struct pollfd pollers[] = { { self->notify_fd, POLLIN, 0 }, { self->pid_fd, POLLIN, 0 } };
  gint64 deadline = g_get_monotonic_time () + PATIENCE_MS * (gint64) 1000;

  while (g_get_monotonic_time () < deadline)
    {
      poll (pollers, G_N_ELEMENTS (pollers), PATIENCE_MS);
      if (pollers[0].revents != 0 && says_ready (self))
        return TRUE;
      if (pollers[1].revents != 0)
        return FALSE;
    }
  fail (self, "does not become ready");
  return FALSE;
}

/* Somebody else may take the port between the moment it is found free and the daemon's bind. */
static gboolean
is_port_taken (Daemon *self)
{
  int fd = loopback_connect ("127.0.0.1", SOCK_STREAM, self->port);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

void
daemon_start (Daemon *self)
{
  for (guint attempt = 0; attempt < 5; attempt++)
    {
      self->port = loopback_free_port ();
      write_configuration (self);
      spawn (self);
      if (wait_ready (self))
        return;
      reap (self);
      if (!is_port_taken (self))
        break;
    }
  fail (self, "does not start");
}

void
daemon_reload (Daemon *self)
{
  write_configuration (self);
  g_assert_cmpint (kill (find_daemon (self), SIGHUP), ==, 0);
  if (!wait_ready (self))
    fail (self, "ended on SIGHUP");
}

static void
check_log (Daemon *self)
{
  g_autofree char *log = daemon_read_log (self);

  if (strstr (log, "Sanitizer") != NULL || strstr (log, "runtime error:") != NULL
      || strstr (log, "CRITICAL") != NULL)
    fail (self, "broke a rule");
}

void
daemon_stop (Daemon *self)
{
  struct pollfd poller = { self->pid_fd, POLLIN, 0 };
  int status;

  kill (find_daemon (self), SIGTERM);
  if (poll (&poller, 1, PATIENCE_MS) != 1)
    fail (self, "does not end on SIGTERM");
  status = reap (self);
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    fail (self, "did not end well");
  check_log (self);
}

GPid
daemon_get_pid (Daemon *self)
{
  return self->pid;
}

guint16
daemon_get_port (Daemon *self)
{
  return self->port;
}

DnsClient *
daemon_connect_udp (Daemon *self)
{
  DnsClient *client = dns_client_new ("127.0.0.1", SOCK_DGRAM, self->port);

  g_assert_nonnull (client);
  return client;
}

DnsClient *
daemon_connect_tcp (Daemon *self)
{
  DnsClient *client = dns_client_new ("127.0.0.1", SOCK_STREAM, self->port);

  g_assert_nonnull (client);
  return client;
}
