/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* Numbers in network order at any address. */

static inline guint16
dotls_read_u16 (const guint8 *p)
{
  return p[0] << 8 | p[1];
}

static inline guint32
dotls_read_u32 (const guint8 *p)
{
  return (guint32) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void
dotls_write_u16 (guint8 *p, guint16 value)
{
  p[0] = value >> 8;
  p[1] = value;
}

static inline void
dotls_write_u32 (guint8 *p, guint32 value)
{
  dotls_write_u16 (p, value >> 16);
  dotls_write_u16 (p + 2, value);
}
