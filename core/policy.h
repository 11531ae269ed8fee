/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/forward.h"
#include "core/spec.h"

/* Which upstream answers this question.  Reads health, decides; does no I/O, keeps nothing. */

/* The best of UPSTREAMS (of DotlsUpstream, in the order of the settings) that FETCH has not asked,
 * or NULL.  Upstreams in trouble come last, the one that may be retried soonest first. */
DotlsUpstream *dotls_policy_choose (DotlsPolicyKind kind,
                                    GPtrArray *upstreams,
                                    const DotlsFetch *fetch);

/* One that should get a copy of the question so that its health or round-trip time is known again,
 * or NULL; it is due again only after a while.  Never one that FETCH has asked. */
DotlsUpstream *dotls_policy_choose_probe (DotlsPolicyKind kind,
                                          GPtrArray *upstreams,
                                          const DotlsFetch *fetch);
