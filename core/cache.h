/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/answer.h"
#include "core/forward.h"
#include "core/stats.h"

/* Answers by question, bounded in bytes.  Positive, negative (RFC 2308) and failed (RFC 9520) ones
 * lie side by side.  Eviction is SIEVE: a hit sets one bit and moves nothing; what was not hit
 * since the hand came by goes first, so a flood of random names does not push out the names in use.
 * Knows no clock: NOW is monotonic time in microseconds. */

/* BYTES_MAX bounds everything, the table included; 0 keeps nothing.  Evictions and insertions are
 * counted in STATS, which must outlive the cache. */
DotlsCache *dotls_cache_new (gsize bytes_max, DotlsStats *stats);
void dotls_cache_free (DotlsCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsCache, dotls_cache_free)

/* The kept answer as RET_BODY, which points into the cache and is good until the next call that
 * changes it, and the seconds since it came.  FALSE where there is none or it has expired.
 * Allocates nothing. */
gboolean dotls_cache_lookup (
    DotlsCache *cache, const DotlsKey *key, gint64 now, DotlsBody *ret_body, guint32 *ret_age);

/* Keeps ANSWER for its own ttl; replaces what was there.  Nothing happens with a ttl of 0 or with
 * an answer larger than its share. */
void dotls_cache_insert (DotlsCache *cache,
                         const DotlsKey *key,
                         const DotlsAnswer *answer,
                         gint64 now);

/* Keeps the fact that KEY failed, with code and reason of FAILURE, which has no records: for a
 * second, then twice as long each time (RFC 9520 section 3.2).  IS_UNREACHABLE marks a failure to
 * reach anybody: one second, and forgotten by dotls_cache_forget_unreachable(). */
void dotls_cache_insert_failure (DotlsCache *cache,
                                 const DotlsKey *key,
                                 const DotlsBody *failure,
                                 gboolean is_unreachable,
                                 gint64 now);

/* An upstream can be reached again: failures to reach anybody are no longer true. */
void dotls_cache_forget_unreachable (DotlsCache *cache);

/* Forgets the folded wire name DOMAIN and what is below it; NULL forgets all.  Returns how many. */
guint64 dotls_cache_flush (DotlsCache *cache, const guint8 *domain, gsize length);

guint64 dotls_cache_get_entries (const DotlsCache *cache);
guint64 dotls_cache_get_bytes (const DotlsCache *cache);
