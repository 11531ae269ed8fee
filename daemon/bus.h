/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"
#include "daemon/history.h"

typedef struct _DotlsBus DotlsBus;

typedef struct
{
  gboolean (*reload) (gpointer data, GError **error);
} DotlsBusHooks;

DotlsBus *dotls_bus_new (DotlsResolver *resolver,
                         DotlsHistory *history,
                         const DotlsBusHooks *hooks,
                         gpointer data);
gboolean dotls_bus_listen (DotlsBus *self, const char *runtime_dir, GError **error);
void dotls_bus_set_settings (DotlsBus *self, char **config_files, const char *mode);
void dotls_bus_free (DotlsBus *self);
