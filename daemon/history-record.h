/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/resolver.h"
#include "daemon/history.h"

/* One entry of the history, of fixed size so that a ring of them is one block. */
typedef struct
{
  guint64 id;     /* grows by one */
  gint64 time_us; /* Unix time in microseconds */
  gint64 elapsed_us;
  const char *upstream; /* interned, or NULL */
  guint16 type;
  guint16 rcode;
  guint8 level;      /* DotlsHistoryLevel: what was allowed to be kept */
  guint8 source;     /* DotlsSource */
  guint8 family;     /* AF_INET, AF_INET6 or 0 */
  guint8 client[16]; /* address of the FAMILY */
  guint8 name[255];  /* uncompressed wire form in lower case */
} DotlsHistoryRecord;

/* Takes from INFO what LEVEL allows and nothing else. */
void dotls_history_record_fill (DotlsHistoryRecord *self,
                                DotlsHistoryLevel level,
                                guint64 id,
                                gint64 time_us,
                                const DotlsAnswerInfo *info);

/* Appends one JSON object and a line feed; the time is local and carries its offset from UTC. */
void dotls_history_record_append_json (const DotlsHistoryRecord *self, GString *json);
