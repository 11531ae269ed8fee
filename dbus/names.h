/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

/* What both ends of the bus must spell alike. */

#define DOTLS_BUS_NAME "org.dotls.Dotls1"
#define DOTLS_BUS_PATH "/org/dotls/Dotls1"
#define DOTLS_BUS_PATH_UPSTREAM DOTLS_BUS_PATH "/upstream"

#define DOTLS_INTERFACE_MANAGER "org.dotls.Dotls1.Manager"
#define DOTLS_INTERFACE_UPSTREAM "org.dotls.Dotls1.Upstream"

/* Followed by a name of core/error.h. */
#define DOTLS_BUS_ERROR_PREFIX "org.dotls.Dotls1.Error."

/* Annotations of methods: the action that it needs, or that anybody may call it. */
#define DOTLS_ANNOTATION_POLKIT "org.dotls.Polkit"
#define DOTLS_ANNOTATION_PUBLIC "org.dotls.Public"

/* The private socket below the runtime directory. */
#define DOTLS_BUS_SOCKET "bus"
