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

/* Whether the names in the data of a record that dotls_record_read() read end where they should and
 * their pointers go backwards (RFC 1035 section 4.1.4).  TRUE for types that we do not know. */
gboolean dotls_record_is_sound (const DotlsRecord *record, const guint8 *message);

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
