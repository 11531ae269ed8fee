/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "ctl/print.h"

/* What the command ends with (dotlsctl(1)). */
typedef enum
{
  DOTLS_EXIT_OK = 0,
  DOTLS_EXIT_FAILED = 1,
  DOTLS_EXIT_USAGE = 2,
  DOTLS_EXIT_AWAY = 3,
  DOTLS_EXIT_REFUSED = 4,
  DOTLS_EXIT_SERVFAIL = 5,
} DotlsExit;

/* The daemon's private socket, and what the command line says about it and about the output. */
typedef struct
{
  char *socket;      /* --socket */
  char *runtime_dir; /* --runtime-dir */
  gboolean json;
  gboolean no_color;
  DotlsPrint print;
  GDBusConnection *connection; /* NULL until something is called */
} DotlsClient;

void dotls_client_clear (DotlsClient *self);

/* The sockets that will be tried: what the command line says, else DOTLS_RUNTIME_DIR, else the
 * system's and the user's.  NULL-terminated; caller frees with g_strfreev(). */
char **dotls_client_get_paths (const DotlsClient *self);

/* Calls a method of the Manager, connecting first where needed, and waits for the reply.
 * PARAMETERS may be floating or NULL.  RET_FDS may be NULL. */
GVariant *dotls_client_call (DotlsClient *self,
                             const char *method,
                             GVariant *parameters,
                             GUnixFDList **ret_fds,
                             GError **error);

/* The properties of the Manager: a{sv}. */
GVariant *dotls_client_get_manager (DotlsClient *self, GError **error);

/* The properties of every upstream, in the daemon's order: of GVariant, a{sv}.  MANAGER is what
 * dotls_client_get_manager() gave. */
GPtrArray *dotls_client_get_upstreams (DotlsClient *self, GVariant *manager, GError **error);

/* The text NAME of a dictionary, or "".  Lives as long as DICT. */
const char *dotls_client_get_text (GVariant *dict, const char *name);

/* Tells why something failed, in one line on standard error, and what to exit with. */
DotlsExit dotls_client_fail (const GError *error);

/* Says in one line on standard error what was wrong with the command line. */
DotlsExit dotls_client_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);
