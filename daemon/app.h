/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "daemon/options.h"

/* The running daemon: reads the settings, builds the resolver, the history and the bus from them,
 * and keeps them in step until a signal ends it. */
typedef struct _DotlsApp DotlsApp;

/* OPTIONS must outlive it. */
DotlsApp *dotls_app_new (const DotlsOptions *options);
void dotls_app_free (DotlsApp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsApp, dotls_app_free)

/* Opens the listeners, so that questions are taken from then on.  What is wrong has been logged
 * where it returns FALSE. */
gboolean dotls_app_start (DotlsApp *self);

/* Serves until SIGTERM or SIGINT, then lets what is in flight finish; a second signal ends that
 * too.  SIGHUP reads the settings again.  Returns the exit status. */
int dotls_app_run (DotlsApp *self);
