/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"

typedef enum
{
  DOTLS_HISTORY_OFF,
  DOTLS_HISTORY_DOMAIN,
  DOTLS_HISTORY_FULL,
} DotlsHistoryLevel;

typedef struct _DotlsHistory DotlsHistory;

DotlsHistory *dotls_history_new (void);
gboolean dotls_history_configure (
    DotlsHistory *self, DotlsHistoryLevel level, guint entries, const char *file, GError **error);
void dotls_history_attach (DotlsHistory *self, DotlsResolver *resolver);
void dotls_history_free (DotlsHistory *self);
