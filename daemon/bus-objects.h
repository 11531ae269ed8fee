/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>

/* The objects that every connection sees: one at the root and its children, which an
 * org.freedesktop.DBus.ObjectManager beside it lists.  Nothing gets onto the bus but through here,
 * and here it gets its guard (daemon/authority.h). */
typedef struct _DotlsBusObjects DotlsBusObjects;

/* References ROOT, which is shown at DOTLS_BUS_PATH. */
DotlsBusObjects *dotls_bus_objects_new (GDBusInterfaceSkeleton *root);

/* Every connection must have been disconnected before. */
void dotls_bus_objects_free (DotlsBusObjects *self);

/* References CHILD and announces it.  PATH must be free. */
void dotls_bus_objects_add (DotlsBusObjects *self, const char *path, GDBusInterfaceSkeleton *child);
void dotls_bus_objects_remove (DotlsBusObjects *self, const char *path);

/* References CONNECTION until it is disconnected. */
void dotls_bus_objects_connect (DotlsBusObjects *self, GDBusConnection *connection);
void dotls_bus_objects_disconnect (DotlsBusObjects *self, GDBusConnection *connection);
