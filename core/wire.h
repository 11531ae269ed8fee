/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/forward.h"
#include "core/name.h"
#include "core/octets.h"

/* DNS messages of clients and towards them (RFC 1035 section 4, RFC 6891), and the query that goes
 * upstream.  A reply is made in the buffer that holds the query: header and question stay where
 * they are, so the client sees its own letter case, and compression pointers of a kept answer still
 * fit because the question is as long as the one it answered. */

#define DOTLS_HEADER_SIZE 12
#define DOTLS_MESSAGE_MAX 65535
/* The largest query that dotls_wire_build_query() makes, with a name of 255 octets, padded. */
#define DOTLS_BUILT_QUERY_MAX 384

enum
{
  DOTLS_RCODE_NOERROR = 0,
  DOTLS_RCODE_FORMERR = 1,
  DOTLS_RCODE_SERVFAIL = 2,
  DOTLS_RCODE_NXDOMAIN = 3,
  DOTLS_RCODE_NOTIMP = 4,
  DOTLS_RCODE_REFUSED = 5,
  DOTLS_RCODE_YXDOMAIN = 6,
  DOTLS_RCODE_BADVERS = 16,
};

/* Extended DNS Errors (RFC 8914 section 4). */
enum
{
  DOTLS_EDE_NONE = -1,
  DOTLS_EDE_CACHED_ERROR = 13,
  DOTLS_EDE_NOT_READY = 14,
  DOTLS_EDE_NOT_AUTHORITATIVE = 20,
  DOTLS_EDE_NOT_SUPPORTED = 21,
  DOTLS_EDE_NO_REACHABLE_AUTHORITY = 22,
  DOTLS_EDE_NETWORK_ERROR = 23,
  DOTLS_EDE_INVALID_DATA = 24,
  DOTLS_EDE_INVALID_QUERY_TYPE = 30,
};

enum
{
  DOTLS_TYPE_A = 1,
  DOTLS_TYPE_NS = 2,
  DOTLS_TYPE_CNAME = 5,
  DOTLS_TYPE_SOA = 6,
  DOTLS_TYPE_PTR = 12,
  DOTLS_TYPE_AAAA = 28,
  DOTLS_TYPE_DNAME = 39,
  DOTLS_TYPE_OPT = 41,
  DOTLS_TYPE_DS = 43,
  DOTLS_TYPE_RRSIG = 46,
  DOTLS_TYPE_NSEC = 47,
  DOTLS_TYPE_NSEC3 = 50,
  DOTLS_TYPE_NXNAME = 128,
  DOTLS_TYPE_TKEY = 249,
  DOTLS_TYPE_TSIG = 250,
  DOTLS_TYPE_IXFR = 251,
  DOTLS_TYPE_AXFR = 252,
  DOTLS_TYPE_MAILB = 253,
  DOTLS_TYPE_MAILA = 254,
  DOTLS_TYPE_ANY = 255,
  DOTLS_CLASS_IN = 1,
};

enum
{
  DOTLS_KEY_DO = 1 << 0,
  DOTLS_KEY_CD = 1 << 1,
};

/* What makes two questions the same question: folded name, type, class, and the bits that change
 * the answer (RFC 4035 section 4.7). */
struct _DotlsKey
{
  guint32 hash;
  guint16 qtype;
  guint16 qclass;
  guint8 bits;
  guint8 name_length;
  guint8 name[DOTLS_NAME_MAX + 1];
};

gboolean dotls_key_equal (const DotlsKey *a, const DotlsKey *b);

/* Fills the hash from the other fields. */
void dotls_key_seal (DotlsKey *key, guint64 seed);

/* What a reply takes over from its query. */
typedef struct
{
  guint16 id;
  guint16 limit;     /* octets that the client can take */
  guint16 edns_size; /* what we announce in our own OPT */
  guint16 keepalive; /* 100 ms; 0: the client did not ask (RFC 7828) */
  guint8 opcode;
  guint rd : 1;
  guint ad : 1;
  guint cd : 1;
  guint dnssec_ok : 1;
  guint edns : 1;
} DotlsEnvelope;

struct _DotlsRequest
{
  DotlsKey key;
  DotlsEnvelope envelope;
  guint16 question_end; /* offset after the question; DOTLS_HEADER_SIZE where none could be read */
  gint16 ede;           /* what a refusal should say, or DOTLS_EDE_NONE */
};

typedef enum
{
  DOTLS_VERDICT_OK,
  DOTLS_VERDICT_DROP_SHORT,    /* no header: nothing to answer to */
  DOTLS_VERDICT_DROP_RESPONSE, /* answering answers makes loops */
  DOTLS_VERDICT_FORMERR,
  DOTLS_VERDICT_NOTIMP,
  DOTLS_VERDICT_REFUSED,
  DOTLS_VERDICT_BADVERS,
} DotlsVerdict;

/* Where a query came in, as far as its meaning depends on it. */
typedef struct
{
  guint16 udp_payload_max; /* the settings' */
  guint16 keepalive;       /* 100 ms: what a stream client is told */
  gboolean stream;
  guint64 seed;
} DotlsWireContext;

/* Reads a client's message.  Except for the DROP verdicts, RET_REQUEST is good for a reply. */
DotlsVerdict dotls_wire_parse_request (const guint8 *message,
                                       gsize length,
                                       const DotlsWireContext *context,
                                       DotlsRequest *ret_request);

/* The part of an answer after the question, as it is kept. */
typedef struct
{
  const guint8 *bytes;
  const guint16 *ttl_offsets; /* from the start of BYTES */
  guint16 length;
  guint16 n_ttls;
  guint16 ancount;
  guint16 nscount;
  guint16 rcode;
  gint16 ede;
  guint8 ede_text; /* DotlsError + 1 of what went wrong, for EXTRA-TEXT; 0: none */
  guint ad : 1;
} DotlsBody;

/* Completes the reply in BUFFER, which holds header and question up to QUESTION_END.  AGE seconds
 * are taken off every TTL.  What is larger than the client's limit becomes an empty answer with TC
 * (RFC 2181 section 9).  CAPACITY is at least QUESTION_END + 64.  Returns the length. */
gsize dotls_wire_reply_body (guint8 *buffer,
                             gsize capacity,
                             gsize question_end,
                             const DotlsEnvelope *envelope,
                             const DotlsBody *body,
                             guint32 age);

/* The same without any record. */
gsize dotls_wire_reply_error (
    guint8 *buffer, gsize question_end, const DotlsEnvelope *envelope, guint16 rcode, int ede);

/* Whether a reply of dotls_wire_reply_body() was cut. */
gboolean dotls_wire_is_truncated (const guint8 *message);

/* The query for an upstream: RD, AD and OPT always alike, so that clients cannot be told apart: no
 * client subnet (RFC 7871 section 7.1.2), keepalive (RFC 7828), padded to 128 (RFC 8467).  OUT has
 * room for DOTLS_BUILT_QUERY_MAX octets.  Returns the length. */
gsize dotls_wire_build_query (guint8 *out, guint16 id, const DotlsKey *key);

/* A client's query as a program would send it: RD, AD and OPT.  NAME is uncompressed.  OUT has room
 * for DOTLS_BUILT_QUERY_MAX octets.  Returns the length. */
gsize dotls_wire_build_client_query (guint8 *out,
                                     guint16 id,
                                     const guint8 *name,
                                     gsize name_length,
                                     guint16 qtype,
                                     gboolean dnssec_ok,
                                     gboolean cd);
