/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/notify.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The first passed descriptor, sd_listen_fds(3). */
#define FIRST_FD 3
#define FDS_MAX 256

/* FALSE where nobody wants to know.  A name that starts with @ is an abstract one. */
static gboolean
get_address (struct sockaddr_un *address, socklen_t *size)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  gsize length = path != NULL ? strlen (path) : 0;

  if (length < 2 || length >= sizeof address->sun_path || (path[0] != '/' && path[0] != '@'))
    return FALSE;
  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  memcpy (address->sun_path, path, length);
  if (path[0] == '@')
    address->sun_path[0] = '\0';
  *size = G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + length;
  return TRUE;
}

static void
notify (const char *message)
{
  struct sockaddr_un address;
  socklen_t size;
  int fd;

  if (!get_address (&address, &size))
    return;
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || sendto (fd, message, strlen (message), MSG_NOSIGNAL, (void *) &address, size) < 0)
    g_debug ("the service manager can't be told: %m");
  if (fd >= 0)
    close (fd);
}

void
dotls_notify_ready (const char *status)
{
  g_autofree char *message = g_strdup_printf ("READY=1\nSTATUS=%s", status);

  notify (message);
}

void
dotls_notify_reloading (void)
{
  /* Type=notify-reload wants the time, on the clock that GLib reads too. */
  g_autofree char *message =
      g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reading settings",
                       g_get_monotonic_time ());

  notify (message);
}

void
dotls_notify_stopping (void)
{
  notify ("STOPPING=1\nSTATUS=Answering what is in flight");
}

static guint
count_sockets (void)
{
  const char *pid = g_getenv ("LISTEN_PID"), *fds = g_getenv ("LISTEN_FDS");
  guint64 number, n = 0;

  if (pid == NULL || fds == NULL
      || !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &number, NULL)
      || (pid_t) number != getpid () || !g_ascii_string_to_unsigned (fds, 10, 0, FDS_MAX, &n, NULL))
    return 0;
  return n;
}

guint
dotls_notify_take_sockets (int **ret_fds)
{
  guint n = count_sockets ();

  /* Not for children, and not twice. */
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  *ret_fds = n > 0 ? g_new (int, n) : NULL;
  for (guint i = 0; i < n; i++)
    {
      (*ret_fds)[i] = FIRST_FD + i;
      fcntl (FIRST_FD + i, F_SETFD, FD_CLOEXEC);
    }
  return n;
}
