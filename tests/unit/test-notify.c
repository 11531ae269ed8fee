/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/notify.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that listens at PATH, which begins with @ where it is abstract. */
static int
open_manager (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t size = G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + strlen (path);

  memcpy (address.sun_path, path, strlen (path));
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, size), ==, 0);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);
  return fd;
}

/* A datagram that was sent is there at once. */
static void
assert_said (int fd, const char *expected)
{
  char message[200];
  gssize n = recv (fd, message, sizeof message - 1, 0);

  g_assert_cmpint (n, >, 0);
  message[n] = '\0';
  g_assert_true (g_pattern_match_simple (expected, message));
}

static void
check_manager (const char *path)
{
  int fd = open_manager (path);

  dotls_notify_ready ("well");
  assert_said (fd, "READY=1\nSTATUS=well");
  dotls_notify_reloading ();
  assert_said (fd, "RELOADING=1\nMONOTONIC_USEC=?*\nSTATUS=*");
  dotls_notify_stopping ();
  assert_said (fd, "STOPPING=1\nSTATUS=*");
  close (fd);
}

/* Catches: a service that systemd takes for dead because it never hears READY=1; containers and
 * user sessions use both kinds of address. */
static void
test_notify (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dotls-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "notify", NULL);
  g_autofree char *abstract = g_strdup_printf ("@dotls-test-notify-%d", (int) getpid ());

  check_manager (path);
  check_manager (abstract);
  g_remove (path);
  g_rmdir (directory);
}

/* Catches: a manager that has gone, or a variable that is nonsense, stopping the daemon. */
static void
test_nobody (void)
{
  g_autofree char *endless = g_strnfill (500, '/');
  const char *const cases[] = { "", "/", "@", "relative", "/nonexistent/notify", endless };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_setenv ("NOTIFY_SOCKET", cases[i], TRUE);
      dotls_notify_ready ("well");
    }
  g_unsetenv ("NOTIFY_SOCKET");
  dotls_notify_ready ("well");
}

static void
set_passed (int pid, const char *n)
{
  g_autofree char *text = g_strdup_printf ("%d", pid);

  g_setenv ("LISTEN_PID", text, TRUE);
  g_setenv ("LISTEN_FDS", n, TRUE);
}

/* Catches: sockets of another process being taken, numbers that are nonsense, and sockets that are
 * taken twice or handed on to children. */
static void
test_sockets (void)
{
  static const char *const nonsense[] = { "", "0", "-1", "x", "99999999999" };
  g_autofree int *fds = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (nonsense); i++)
    {
      set_passed (getpid (), nonsense[i]);
      g_assert_cmpuint (dotls_notify_take_sockets (&fds), ==, 0);
      g_assert_null (fds);
    }
  set_passed (getppid (), "1");
  g_assert_cmpuint (dotls_notify_take_sockets (&fds), ==, 0);

  g_assert_cmpint (dup2 (STDIN_FILENO, 3), ==, 3);
  g_assert_cmpint (dup2 (STDIN_FILENO, 4), ==, 4);
  set_passed (getpid (), "2");
  g_assert_cmpuint (dotls_notify_take_sockets (&fds), ==, 2);
  g_assert_cmpint (fds[0], ==, 3);
  g_assert_cmpint (fds[1], ==, 4);
  g_assert_cmpint (fcntl (3, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (fcntl (4, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_free (g_steal_pointer (&fds));
  g_assert_cmpuint (dotls_notify_take_sockets (&fds), ==, 0);
}

/* GLib may keep a descriptor of its own at 3 or 4. */
static void
test_sockets_in_child (void)
{
  if (g_test_subprocess ())
    {
      test_sockets ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notify/notify", test_notify);
  g_test_add_func ("/notify/nobody", test_nobody);
  g_test_add_func ("/notify/sockets", test_sockets_in_child);
  return g_test_run ();
}
