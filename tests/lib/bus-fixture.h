/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>

#include "daemon/bus.h"
#include "tests/lib/resolver-fake.h"

/* The private bus of a daemon without network, in a folder of its own. */
typedef struct
{
  char *folder;
  char *socket;
  DotlsResolver *resolver;
  DotlsHistory *history;
  DotlsBus *bus;
  guint n_reloads;
  gboolean is_reload_refused;
} DotlsBusFixture;

void dotls_bus_fixture_set_up (DotlsBusFixture *self, gconstpointer data);

/* Fails the test if anything keeps the resolver. */
void dotls_bus_fixture_tear_down (DotlsBusFixture *self, gconstpointer data);

/* A client in this process; fails the test where it cannot connect. */
GDBusConnection *dotls_bus_fixture_connect (DotlsBusFixture *self);

/* Calls a method of INTERFACE at the root object and runs the main loop until it is answered. */
GVariant *dotls_bus_fixture_call (GDBusConnection *connection,
                                  const char *interface,
                                  const char *method,
                                  GVariant *parameters,
                                  GError **error);
