/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/transport.h"

static const DotlsTransport *const transports[] = {
  &dotls_transport_dot,
};

const DotlsTransport *
dotls_transport_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (transports); i++)
    if (g_str_equal (transports[i]->name, name))
      return transports[i];
  return NULL;
}
