/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"

/* What a handshake achieved; all empty before the first. */
struct _DotlsTlsFacts
{
  char *protocol;          /* "TLS1.3" */
  char *cipher;            /* "AES-256-GCM" */
  char *group;             /* "X25519" */
  char *alpn;              /* "dot" or "" */
  const char *verified_by; /* "name", "address", "pin", "name+pin" or "address+pin" */
  gboolean resumed;
  gint64 certificate_expires; /* Unix time in seconds; 0 unknown */
};
