/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "tests/lib/fake-dot.h"

/* A zone read from a file in master format (RFC 1035 section 5), whole in memory. */
typedef struct _DemoZone DemoZone;

/* NULL and an error that names file and line where it cannot be read. */
DemoZone *demo_zone_load (const char *path, GError **error);
void demo_zone_free (DemoZone *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DemoZone, demo_zone_free)

/* How many records it holds. */
guint demo_zone_get_size (DemoZone *self);

/* A FakeZoneFunc; DATA is the DemoZone.  Follows aliases; a name without records and without names
 * below it does not exist; both ways of having no data carry the SOA of the root. */
void demo_zone_answer (const FakeQuery *query, GByteArray *answer, gpointer data);
