/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <libknot/libknot.h>

/* Writes DNS messages (RFC 1035 section 4) byte by byte.  A library that writes only what is right
 * is of no use for making what is wrong, hence own code; reading is left to libknot. */

typedef enum
{
  DNS_QUESTION = 4, /* the offset of the section's count in the header */
  DNS_ANSWER = 6,
  DNS_AUTHORITY = 8,
  DNS_ADDITIONAL = 10,
} DnsSection;

enum
{
  DNS_QR = 0x8000,
  DNS_AA = 0x0400,
  DNS_TC = 0x0200,
  DNS_RD = 0x0100,
  DNS_RA = 0x0080,
  DNS_Z = 0x0040,
  DNS_AD = 0x0020,
  DNS_CD = 0x0010,
};

typedef struct
{
  guint8 wire[KNOT_DNAME_MAXLEN];
  gsize length;
} DnsName;

/* TEXT in the form of RFC 1035 section 5.1; aborts where it is no name. */
DnsName dns_name (const char *text);

/* A name in wire form, copied. */
DnsName dns_name_from_wire (const guint8 *wire);

/* The text of a wire name without the last dot ("." for the root).  Caller frees. */
char *dns_name_to_string (const guint8 *wire);

/* A header with empty sections.  Caller frees. */
GByteArray *dns_message_new (guint16 id, guint16 flags);

guint16 dns_message_get (const GByteArray *message, gsize offset);
void dns_message_set (GByteArray *message, gsize offset, guint16 value);
void dns_message_append16 (GByteArray *message, guint16 value);
void dns_message_append32 (GByteArray *message, guint32 value);

void dns_message_add_question (GByteArray *message,
                               const DnsName *name,
                               guint16 qtype,
                               guint16 qclass);

/* Appends a record in the class of the question and counts it.  An owner that equals the question's
 * name becomes a pointer to it. */
void dns_message_add (GByteArray *message,
                      DnsSection section,
                      const DnsName *owner,
                      guint16 rrtype,
                      guint32 ttl,
                      gconstpointer rdata,
                      gsize length);

/* The same with the data in a form easy to write: an address (A, AAAA), a name (CNAME, NS, PTR,
 * DNAME), up to 255 bytes of text (TXT), or the SOA's minimum in seconds in digits (SOA). */
void dns_message_add_text (GByteArray *message,
                           DnsSection section,
                           const DnsName *owner,
                           guint16 rrtype,
                           guint32 ttl,
                           const char *data);

/* Appends an OPT record (RFC 6891 section 6.1.2); OPTIONS is its data, or NULL. */
void dns_message_add_opt (GByteArray *message,
                          guint16 udp_size,
                          guint8 extended_rcode,
                          guint8 version,
                          guint16 flags,
                          const GByteArray *options);

/* Appends one EDNS option to OPTIONS. */
void dns_options_add (GByteArray *options, guint16 code, gconstpointer data, gsize length);

/* A query for NAME with RD set, class IN and without EDNS.  Caller frees. */
GByteArray *dns_query_new (guint16 id, const char *name, guint16 qtype);

/* Parses LENGTH bytes, which must outlive the packet; NULL where they are no message.  Free with
 * knot_pkt_free(). */
knot_pkt_t *dns_parse (const guint8 *bytes, gsize length);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (knot_pkt_t, knot_pkt_free)
