/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

/* Whether the user CALLER may call METHOD of a daemon that runs as the user DAEMON.  The interface
 * description decides: root and the daemon's own user may call whatever has one of the annotations
 * of dbus/names.h, others what is public; a method without any is for nobody. */
gboolean dotls_authority_allows (const GDBusMethodInfo *method, uid_t caller, uid_t daemon);

/* Checks every call of SKELETON's methods by the kernel's word about the peer and answers
 * DOTLS_ERROR_ACCESS_DENIED to who may not.  The check runs in a thread of its own. */
void dotls_authority_guard (GDBusInterfaceSkeleton *skeleton);
