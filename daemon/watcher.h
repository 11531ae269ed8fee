/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/resolver.h"

/* Tells the log, once each time, that an upstream can't be used any more, why, and that it can
 * be used again.  An administrator who reads nothing but the journal knows what happened and when.
 */
typedef struct _DotlsWatcher DotlsWatcher;

/* Watches the upstreams of RESOLVER, also those that come later; references it. */
DotlsWatcher *dotls_watcher_new (DotlsResolver *resolver);
void dotls_watcher_free (DotlsWatcher *watcher);
