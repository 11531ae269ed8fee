/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/forward.h"
#include "daemon/bus.h"
#include "dbus/dotls-dbus.h"

/* The methods of the Manager interface.  Its properties are set by daemon/bus.c, but for those that
 * a method changes. */
#define DOTLS_TYPE_BUS_MANAGER (dotls_bus_manager_get_type ())
G_DECLARE_FINAL_TYPE (
    DotlsBusManager, dotls_bus_manager, DOTLS, BUS_MANAGER, DotlsDBusManagerSkeleton)

/* Queries of one connection that wait for an answer. */
#define DOTLS_BUS_QUERIES_MAX 32

/* References RESOLVER; HISTORY and HOOKS must live until dotls_bus_manager_retire(). */
DotlsBusManager *dotls_bus_manager_new (DotlsResolver *resolver,
                                        DotlsHistory *history,
                                        const DotlsBusHooks *hooks,
                                        gpointer data);

/* Before what it only borrows goes away: a call that GDBus' thread still checks may come later. */
void dotls_bus_manager_retire (DotlsBusManager *self);
