/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"
#include "daemon/history.h"

/* The D-Bus face of the daemon: what people and programs may see and do. */
typedef struct _DotlsBus DotlsBus;

/* What the bus asks of the rest of the daemon. */
typedef struct
{
  /* Reads the settings again; dotls_bus_set_settings() follows from within on success. */
  gboolean (*reload) (gpointer data, GError **error);
} DotlsBusHooks;

/* References RESOLVER; HISTORY and HOOKS must outlive it.  Costs nothing until somebody connects.
 */
DotlsBus *dotls_bus_new (DotlsResolver *resolver,
                         DotlsHistory *history,
                         const DotlsBusHooks *hooks,
                         gpointer data);

/* Queries that were asked over the bus and wait may still be answered to the resolver after this.
 */
void dotls_bus_free (DotlsBus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsBus, dotls_bus_free)

/* Serves on the socket `bus` in RUNTIME_DIR, which is made (0755) if missing.  Any local user may
 * connect; see daemon/authority.h for what each may do.  What a dead daemon left there is replaced;
 * DOTLS_ERROR_BUSY where a live one serves, else a GIOError, with a sentence that names the path.
 * SIGPIPE is ignored from then on. */
gboolean dotls_bus_listen (DotlsBus *self, const char *runtime_dir, GError **error);

/* To be called after every change of settings, of the resolver's and the history's too.  Strings
 * are copied. */
void dotls_bus_set_settings (DotlsBus *self, char **config_files, const char *mode);
