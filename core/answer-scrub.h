/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/chain.h"
#include "core/wire.h"

/* One resource record inside a message; offsets from its start. */
typedef struct
{
  guint32 ttl;
  guint32 end;
  guint16 owner;
  guint16 type;
  guint16 klass;
  guint16 covered; /* of an RRSIG */
  guint16 ttl_offset;
  guint16 rdata;
} DotlsRecord;

/* FALSE where the record at OFFSET runs past the end or has a malformed owner. */
gboolean dotls_record_read (const guint8 *message,
                            gsize length,
                            gsize offset,
                            DotlsRecord *ret_record);

/* Whether a record of the answer or the authority section is about the names of CHAIN and wanted.
 */
gboolean dotls_record_belongs (const DotlsRecord *record,
                               gboolean in_answer,
                               const DotlsKey *key,
                               const DotlsChain *chain,
                               const guint8 *message,
                               gsize length);

/* The rare case: writes MESSAGE to RET_MESSAGE (DOTLS_MESSAGE_MAX octets) without the records that
 * do not belong and without the additional section; aliases may come in any order.  Returns the
 * length, or 0 where it can't be done. */
gsize dotls_answer_scrub (const guint8 *message,
                          gsize length,
                          const DotlsKey *key,
                          guint8 *ret_message);
