/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/answer.h"
#include "tests/lib/dns-message.h"

/* An upstream's answer on its way through core, and what a client gets of it, read by libknot. */
typedef struct
{
  DotlsKey key;
  guint8 *message; /* in memory of just its length, so that sanitizers see one octet too many */
  guint8 *scratch;
  DotlsAnswer *answer;
  DotlsAnswerVerdict verdict;
} Parsed;

/* A question as the resolver keys it; NAME in any letter case. */
DotlsKey parsed_key (const char *name, guint16 qtype, guint8 bits);

/* An answer to KEY with RCODE and no records.  Caller frees. */
GByteArray *parsed_answer_new (const DotlsKey *key, guint16 rcode);

/* BOUNDS may be NULL: 0, a day, three hours. */
Parsed *parsed_new (const guint8 *message,
                    gsize length,
                    const DotlsKey *key,
                    const DotlsTtlBounds *bounds);
void parsed_free (Parsed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Parsed, parsed_free)

/* Only the verdict. */
DotlsAnswerVerdict parsed_judge (const GByteArray *message, const DotlsKey *key);

/* What a client without EDNS on a stream is sent AGE seconds later, parsed; aborts where libknot
 * does not take it for DNS.  RET_BYTES is the caller's and must outlive the packet. */
knot_pkt_t *parsed_reply (const Parsed *self, guint32 age, guint8 **ret_bytes);

/* The records of SECTION as lines "owner TTL type", in order.  Caller frees. */
char *parsed_list (const Parsed *self, knot_section_t section);
