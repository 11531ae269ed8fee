/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/notify.h"

#include "config.h"

#if HAVE_LIBSYSTEMD

#include <systemd/sd-daemon.h>

void
dotls_notify_ready (const char *status)
{
  sd_notifyf (FALSE, "READY=1\nSTATUS=%s", status);
}

void
dotls_notify_reloading (void)
{
  /* Type=notify-reload wants the time, on the clock that GLib reads too. */
  sd_notifyf (FALSE, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reading settings",
              g_get_monotonic_time ());
}

void
dotls_notify_stopping (void)
{
  sd_notify (FALSE, "STOPPING=1\nSTATUS=Answering what is in flight");
}

guint
dotls_notify_take_sockets (int **ret_fds)
{
  int n = sd_listen_fds (TRUE);

  *ret_fds = NULL;
  if (n <= 0)
    return 0;
  *ret_fds = g_new (int, n);
  for (int i = 0; i < n; i++)
    (*ret_fds)[i] = SD_LISTEN_FDS_START + i;
  return n;
}

#else

void
dotls_notify_ready (const char *status)
{
}

void
dotls_notify_reloading (void)
{
}

void
dotls_notify_stopping (void)
{
}

guint
dotls_notify_take_sockets (int **ret_fds)
{
  *ret_fds = NULL;
  return 0;
}

#endif
