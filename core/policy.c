/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/policy.h"

#include "core/fetch.h"
#include "core/name.h"
#include "core/upstream-private.h"

/* Lower is better.  The upper half says how it is, the lower half is the policy's own. */
typedef guint64 Rank;

enum
{
  WELL,
  DOUBTED, /* silent just now; or `ordered` does not trust it again yet */
  TROUBLED,
};

static guint
order_rank (DotlsUpstream *upstream, guint index, const DotlsFetch *fetch)
{
  return index;
}

/* Not yet measured ranks after measured, in the order of the settings: copies measure them. */
static guint
speed_rank (DotlsUpstream *upstream, guint index, const DotlsFetch *fetch)
{
  guint32 rtt = dotls_upstream_get_rtt (upstream);

  return rtt != 0 ? rtt : G_MAXINT32 + index;
}

/* Highest random weight: each name has its own order of upstreams, the same at every start, so each
 * upstream sees only its share of the names; when one fails only its names move. */
static guint
spread_rank (DotlsUpstream *upstream, guint index, const DotlsFetch *fetch)
{
  return dotls_name_hash (fetch->key.name, fetch->key.name_length, 0,
                          g_str_hash (dotls_upstream_get_id (upstream)) * 0x9e3779b97f4a7c15u);
}

static guint (*const policy_ranks[]) (DotlsUpstream *, guint, const DotlsFetch *) = {
  [DOTLS_POLICY_ORDERED] = order_rank,
  [DOTLS_POLICY_FASTEST] = speed_rank,
  [DOTLS_POLICY_SPREAD] = spread_rank,
};

static Rank
rank (DotlsPolicyKind kind, DotlsUpstream *upstream, guint index, const DotlsFetch *fetch)
{
  if (!dotls_upstream_is_healthy (upstream))
    return (Rank) TROUBLED << 62 | dotls_upstream_get_next_retry (upstream);
  if (dotls_upstream_is_silent (upstream)
      || (kind == DOTLS_POLICY_ORDERED && !dotls_upstream_is_steady (upstream)))
    return (Rank) DOUBTED << 62 | policy_ranks[kind](upstream, index, fetch);
  return (Rank) WELL << 62 | policy_ranks[kind](upstream, index, fetch);
}

DotlsUpstream *
dotls_policy_choose (DotlsPolicyKind kind, GPtrArray *upstreams, const DotlsFetch *fetch)
{
  DotlsUpstream *best = NULL;
  Rank best_rank = G_MAXUINT64;

  for (guint i = 0; i < upstreams->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (upstreams, i);
      Rank own;

      if (dotls_fetch_count_tries (fetch, upstream) > 0)
        continue;
      own = rank (kind, upstream, i, fetch);
      if (best != NULL && own >= best_rank)
        continue;
      best = upstream;
      best_rank = own;
    }
  return best;
}

DotlsUpstream *
dotls_policy_choose_probe (DotlsPolicyKind kind, GPtrArray *upstreams, const DotlsFetch *fetch)
{
  for (guint i = 0; i < upstreams->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (upstreams, i);

      if (dotls_fetch_count_tries (fetch, upstream) == 0
          && dotls_upstream_take_probe (upstream, kind == DOTLS_POLICY_FASTEST))
        return upstream;
    }
  return NULL;
}
