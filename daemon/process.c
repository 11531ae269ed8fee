/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/process.h"

#include <glib.h>
#include <signal.h>
#include <sys/resource.h>

/* Shells and systemd leave 1,024 for the sake of select(), which we do not use. */
static void
raise_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* Memory holds what people asked.  systemd-coredump and its like heed this limit too.
 * PR_SET_DUMPABLE would do more, but it also closes /proc/PID to the daemon's own user, and in a
 * container without CAP_SYS_PTRACE to root: no descriptor count, no memory map, no debugger. */
static void
forbid_core_dumps (void)
{
  const struct rlimit none = { 0, 0 };

  if (g_getenv ("DOTLS_DEBUG") == NULL)
    setrlimit (RLIMIT_CORE, &none);
}

void
dotls_process_prepare (void)
{
  signal (SIGPIPE, SIG_IGN);
  raise_descriptors ();
  forbid_core_dumps ();
}
