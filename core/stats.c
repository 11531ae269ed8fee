/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/stats.h"

void
dotls_stats_foreach (const DotlsStats *stats, DotlsStatsVisitor visitor, gpointer data)
{
#define X(field, name) visitor (name, stats->field, data);
  DOTLS_STATS_MAP (X)
#undef X
}

void
dotls_upstream_stats_foreach (const DotlsUpstreamStats *stats,
                              DotlsStatsVisitor visitor,
                              gpointer data)
{
#define X(field, name) visitor (name, stats->field, data);
  DOTLS_UPSTREAM_STATS_MAP (X)
#undef X
}
