/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/forward.h"
#include "core/limits.h"
#include "core/wire.h"

/* What an upstream answered: walked to the last octet before anything of it is believed, kept or
 * passed on.  Kept are the answer section, and the authority section where it proves something;
 * never OPT (RFC 6891 section 6.1.1) nor other additional records. */

typedef struct
{
  guint32 min_ttl; /* seconds */
  guint32 max_ttl;
  guint32 max_negative_ttl;
} DotlsTtlBounds;

typedef enum
{
  DOTLS_ANSWER_GOOD,      /* NOERROR, NXDOMAIN or YXDOMAIN with a sound body */
  DOTLS_ANSWER_FAILURE,   /* well-formed, and says that the upstream has no answer */
  DOTLS_ANSWER_TRUNCATED, /* TC over a stream: nonsense */
  DOTLS_ANSWER_MALFORMED,
} DotlsAnswerVerdict;

struct _DotlsAnswer
{
  DotlsBody body;
  guint32 ttl;       /* seconds that it may be kept; 0: not at all */
  gboolean negative; /* NXDOMAIN, or no record of the type asked for (RFC 2308) */
  int keepalive;     /* the server's idle time-out in 100 ms (RFC 7828), or -1 */
  guint16 ttl_offsets[DOTLS_RECORDS_MAX];
};

/* Whether MESSAGE answers KEY: a response whose question has its name (in any letter case), type
 * and class.  RET_IS_BARE says that there is no question at all, which FORMERR and NOTIMP may do.
 */
gboolean dotls_answer_matches (const guint8 *message,
                               gsize length,
                               const DotlsKey *key,
                               gboolean *ret_is_bare);

/* Reads a message that matches KEY.  TTLs in MESSAGE are brought within BOUNDS, equal within an
 * RRset (RFC 2181 section 5.2), a set top bit counts as 0 (section 8).  The body points into
 * MESSAGE, or into SCRATCH (DOTLS_MESSAGE_MAX octets) where records had to be left out: those that
 * are not about the name asked for or its aliases (RFC 2181 section 5.4.1), and signatures nobody
 * asked for (RFC 4035 section 3.2.1). */
DotlsAnswerVerdict dotls_answer_parse (guint8 *message,
                                       gsize length,
                                       const DotlsKey *key,
                                       const DotlsTtlBounds *bounds,
                                       guint8 *scratch,
                                       DotlsAnswer *ret_answer);
