/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/forward.h"
#include "dbus/dotls-dbus.h"

/* One upstream as the bus shows it: follows a DotlsUpstream. */
#define DOTLS_TYPE_BUS_UPSTREAM (dotls_bus_upstream_get_type ())
G_DECLARE_FINAL_TYPE (
    DotlsBusUpstream, dotls_bus_upstream, DOTLS, BUS_UPSTREAM, DotlsDBusUpstreamSkeleton)

/* References UPSTREAM. */
DotlsBusUpstream *dotls_bus_upstream_new (DotlsUpstream *upstream);

DotlsUpstream *dotls_bus_upstream_get_upstream (DotlsBusUpstream *self);

/* Whether something stands against it: from a failure until it is well again.  While it connects,
 * what was known before holds.  Current when the upstream's `state` is notified, for those who
 * connect to that after this object was made. */
gboolean dotls_bus_upstream_is_failing (DotlsBusUpstream *self);

/* The object path for an upstream of this identifier.  Caller frees. */
char *dotls_bus_upstream_path (const char *id);
