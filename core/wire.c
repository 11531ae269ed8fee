/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/wire.h"

#include <string.h>

#include "core/error.h"
#include "core/limits.h"

#define QR 0x80
#define TC 0x02
#define RD 0x01
#define RA 0x80
#define AD 0x20
#define CD 0x10
#define DO 0x80

#define OPTION_ECS 8
#define OPTION_KEEPALIVE 11
#define OPTION_PADDING 12
#define OPTION_EDE 15

#define OPT_SIZE 11
#define EDE_SIZE 6
#define KEEPALIVE_SIZE 6

gboolean
dotls_key_equal (const DotlsKey *a, const DotlsKey *b)
{
  return a->hash == b->hash && a->qtype == b->qtype && a->qclass == b->qclass && a->bits == b->bits
         && a->name_length == b->name_length && memcmp (a->name, b->name, a->name_length) == 0;
}

void
dotls_key_seal (DotlsKey *key, guint64 seed)
{
  guint64 extra = (guint64) key->qtype << 32 | key->qclass << 8 | key->bits;

  key->hash = dotls_name_hash (key->name, key->name_length, extra, seed);
}

/* RFC 7871 section 7.1.1: a wrong option is answered FORMERR. */
static gboolean
is_valid_ecs (const guint8 *option, gsize length)
{
  guint family, source, octets;

  if (length < 4)
    return FALSE;
  family = dotls_read_u16 (option);
  source = option[2];
  octets = (source + 7) / 8;
  if (option[3] != 0 || length != 4 + octets)
    return FALSE;
  if (source == 0)
    return family <= 2;
  if (!(family == 1 && source <= 32) && !(family == 2 && source <= 128))
    return FALSE;
  return source % 8 == 0 || (option[3 + octets] & (0xff >> source % 8)) == 0;
}

static gboolean
parse_options (const guint8 *p, const guint8 *end, DotlsEnvelope *envelope)
{
  while (p < end)
    {
      gsize length;

      if (end - p < 4)
        return FALSE;
      length = dotls_read_u16 (p + 2);
      if ((gsize) (end - p - 4) < length)
        return FALSE;
      if (dotls_read_u16 (p) == OPTION_ECS && !is_valid_ecs (p + 4, length))
        return FALSE;
      if (dotls_read_u16 (p) == OPTION_KEEPALIVE && length == 0)
        envelope->keepalive = 1;
      p += 4 + length;
    }
  return TRUE;
}

typedef struct
{
  gboolean is_signed; /* TSIG or SIG(0): rewriting would break it */
  guint8 version;
} Additional;

/* The record at OFFSET; OPT is taken into ENVELOPE.  Returns the offset after it, or 0. */
static gsize
parse_record (const guint8 *message,
              gsize length,
              gsize offset,
              DotlsEnvelope *envelope,
              Additional *additional)
{
  gsize fixed = dotls_name_skip (message, length, offset), end;
  guint16 type;

  if (fixed == 0 || fixed + 10 > length)
    return 0;
  type = dotls_read_u16 (message + fixed);
  end = fixed + 10 + dotls_read_u16 (message + fixed + 8);
  if (end > length)
    return 0;
  if (type == DOTLS_TYPE_TSIG || type == 24)
    additional->is_signed = TRUE;
  if (type != DOTLS_TYPE_OPT)
    return end;
  if (envelope->edns || message[offset] != 0)
    return 0; /* two of them, or not at the root: RFC 6891 section 6.1.1 */
  envelope->edns = TRUE;
  envelope->limit = MAX (dotls_read_u16 (message + fixed + 2), DOTLS_UDP_PAYLOAD_MIN);
  envelope->dnssec_ok = (message[fixed + 6] & DO) != 0;
  additional->version = message[fixed + 5];
  return parse_options (message + fixed + 10, message + end, envelope) ? end : 0;
}

static gboolean
parse_question (const guint8 *message, gsize length, DotlsRequest *request)
{
  const guint8 *name = message + DOTLS_HEADER_SIZE, *end = message + length;
  gsize name_length = dotls_name_length (name, end);
  DotlsKey *key = &request->key;

  if (name_length == 0 || end - name < (gssize) name_length + 4)
    return FALSE;
  key->name_length = name_length;
  dotls_name_fold (key->name, name, name_length);
  key->qtype = dotls_read_u16 (name + name_length);
  key->qclass = dotls_read_u16 (name + name_length + 2);
  request->question_end = DOTLS_HEADER_SIZE + name_length + 4;
  return TRUE;
}

static gboolean
parse_records (const guint8 *message, gsize length, DotlsRequest *request, Additional *additional)
{
  guint count =
      dotls_read_u16 (message + 6) + dotls_read_u16 (message + 8) + dotls_read_u16 (message + 10);
  gsize offset = request->question_end;

  for (guint i = 0; i < count; i++)
    {
      offset = parse_record (message, length, offset, &request->envelope, additional);
      if (offset == 0)
        return FALSE;
    }
  return offset == length;
}

/* Types that no recursive service answers. */
static DotlsVerdict
judge_type (DotlsRequest *request)
{
  switch (request->key.qtype)
    {
    case 0:
    case DOTLS_TYPE_OPT:
    case DOTLS_TYPE_TKEY:
    case DOTLS_TYPE_TSIG:
    case DOTLS_TYPE_NXNAME:
      request->ede = DOTLS_EDE_INVALID_QUERY_TYPE;
      return DOTLS_VERDICT_FORMERR;
    case DOTLS_TYPE_AXFR:
    case DOTLS_TYPE_IXFR:
      request->ede = DOTLS_EDE_NOT_SUPPORTED;
      return DOTLS_VERDICT_REFUSED;
    case DOTLS_TYPE_MAILA:
    case DOTLS_TYPE_MAILB:
      request->ede = DOTLS_EDE_NOT_SUPPORTED;
      return DOTLS_VERDICT_NOTIMP;
    default:
      return DOTLS_VERDICT_OK;
    }
}

static void
read_header (const guint8 *message, DotlsRequest *request)
{
  request->envelope = (DotlsEnvelope){
    .id = dotls_read_u16 (message),
    .limit = DOTLS_UDP_PAYLOAD_MIN,
    .opcode = message[2] >> 3 & 0xf,
    .rd = (message[2] & RD) != 0,
    .ad = (message[3] & AD) != 0,
    .cd = (message[3] & CD) != 0,
  };
  request->question_end = DOTLS_HEADER_SIZE;
  request->ede = DOTLS_EDE_NONE;
}

static void
settle_envelope (DotlsEnvelope *envelope, const DotlsWireContext *context)
{
  envelope->edns_size = context->udp_payload_max;
  if (context->stream)
    {
      envelope->limit = DOTLS_MESSAGE_MAX;
      envelope->keepalive = envelope->keepalive ? context->keepalive : 0;
    }
  else
    {
      envelope->limit = MIN (envelope->limit, context->udp_payload_max);
      envelope->keepalive = 0;
    }
}

DotlsVerdict
dotls_wire_parse_request (const guint8 *message,
                          gsize length,
                          const DotlsWireContext *context,
                          DotlsRequest *ret_request)
{
  Additional additional = { 0 };
  gboolean is_whole, has_question;
  DotlsVerdict verdict;

  if (length < DOTLS_HEADER_SIZE)
    return DOTLS_VERDICT_DROP_SHORT;
  if (message[2] & QR)
    return DOTLS_VERDICT_DROP_RESPONSE;
  read_header (message, ret_request);
  has_question = dotls_read_u16 (message + 4) == 1 && parse_question (message, length, ret_request);
  is_whole = (has_question || dotls_read_u16 (message + 4) == 0)
             && parse_records (message, length, ret_request, &additional);
  settle_envelope (&ret_request->envelope, context);

  if (ret_request->envelope.opcode != 0)
    return DOTLS_VERDICT_NOTIMP;
  if (!has_question)
    return DOTLS_VERDICT_FORMERR; /* RFC 9619 section 4 */
  if (is_whole && additional.version != 0)
    return DOTLS_VERDICT_BADVERS;
  verdict = judge_type (ret_request);
  if (!is_whole)
    return DOTLS_VERDICT_FORMERR;
  if (verdict != DOTLS_VERDICT_OK)
    return verdict;
  if (dotls_read_u32 (message + 6) != 0)
    return DOTLS_VERDICT_FORMERR; /* a query brings no answers */
  if (additional.is_signed)
    return DOTLS_VERDICT_NOTIMP;
  ret_request->key.bits = (ret_request->envelope.dnssec_ok ? DOTLS_KEY_DO : 0)
                          | (ret_request->envelope.cd ? DOTLS_KEY_CD : 0);
  dotls_key_seal (&ret_request->key, context->seed);
  return DOTLS_VERDICT_OK;
}

/* An Extended DNS Error (RFC 8914): its code, or DOTLS_EDE_NONE, and a word to it, never NULL. */
typedef struct
{
  int code;
  const char *text;
} Ede;

static gsize
ede_size (const Ede *ede)
{
  return ede->code >= 0 ? EDE_SIZE + strlen (ede->text) : 0;
}

static gsize
opt_size (const DotlsEnvelope *envelope, const Ede *ede)
{
  if (!envelope->edns)
    return 0;
  return OPT_SIZE + ede_size (ede) + (envelope->keepalive ? KEEPALIVE_SIZE : 0);
}

static guint8 *
put_ede (guint8 *p, const Ede *ede)
{
  gsize length = strlen (ede->text);

  dotls_write_u16 (p, OPTION_EDE);
  dotls_write_u16 (p + 2, 2 + length);
  dotls_write_u16 (p + 4, ede->code);
  memcpy (p + 6, ede->text, length);
  return p + 6 + length;
}

static guint8 *
put_keepalive (guint8 *p, guint16 timeout)
{
  dotls_write_u16 (p, OPTION_KEEPALIVE);
  dotls_write_u16 (p + 2, 2);
  dotls_write_u16 (p + 4, timeout);
  return p + KEEPALIVE_SIZE;
}

/* RFC 6891 section 6.1: an OPT for whoever sent one, and for nobody else. */
static gsize
put_opt (guint8 *start, const DotlsEnvelope *envelope, guint16 rcode, const Ede *ede)
{
  guint8 *p = start + OPT_SIZE;

  if (!envelope->edns)
    return 0;
  if (ede->code >= 0)
    p = put_ede (p, ede);
  if (envelope->keepalive)
    p = put_keepalive (p, envelope->keepalive);
  start[0] = 0;
  dotls_write_u16 (start + 1, DOTLS_TYPE_OPT);
  dotls_write_u16 (start + 3, envelope->edns_size);
  start[5] = rcode >> 4;
  start[6] = 0;
  dotls_write_u16 (start + 7, envelope->dnssec_ok ? DO << 8 : 0);
  dotls_write_u16 (start + 9, p - start - OPT_SIZE);
  return p - start;
}

static void
put_header (guint8 *buffer, gsize question_end, const DotlsEnvelope *envelope, guint16 rcode)
{
  dotls_write_u16 (buffer, envelope->id);
  buffer[2] = QR | envelope->opcode << 3 | (envelope->rd ? RD : 0);
  buffer[3] = RA | (envelope->cd ? CD : 0) | (rcode & 0xf);
  dotls_write_u16 (buffer + 4, question_end > DOTLS_HEADER_SIZE);
  dotls_write_u32 (buffer + 6, 0);
  dotls_write_u16 (buffer + 10, envelope->edns);
}

gsize
dotls_wire_reply_error (
    guint8 *buffer, gsize question_end, const DotlsEnvelope *envelope, guint16 rcode, int ede)
{
  const Ede why = { ede, "" };

  put_header (buffer, question_end, envelope, rcode);
  return question_end + put_opt (buffer + question_end, envelope, rcode, &why);
}

static void
age_ttls (guint8 *bytes, const DotlsBody *body, guint32 age)
{
  for (guint i = 0; i < body->n_ttls; i++)
    {
      guint8 *p = bytes + body->ttl_offsets[i];
      guint32 ttl = dotls_read_u32 (p);

      dotls_write_u32 (p, ttl > age ? ttl - age : 0);
    }
}

gsize
dotls_wire_reply_body (guint8 *buffer,
                       gsize capacity,
                       gsize question_end,
                       const DotlsEnvelope *envelope,
                       const DotlsBody *body,
                       guint32 age)
{
  const Ede ede = { body->ede, dotls_error_nick ((DotlsError) body->ede_text - 1) };
  gsize end = question_end + body->length;

  put_header (buffer, question_end, envelope, body->rcode);
  /* RFC 6840 section 5.8: only who shows interest is told. */
  if (body->ad && (envelope->ad || envelope->dnssec_ok))
    buffer[3] |= AD;
  if (end + opt_size (envelope, &ede) > MIN (capacity, envelope->limit))
    {
      buffer[2] |= TC;
      return question_end + put_opt (buffer + question_end, envelope, body->rcode, &ede);
    }
  if (body->length > 0)
    memcpy (buffer + question_end, body->bytes, body->length);
  if (age > 0)
    age_ttls (buffer + question_end, body, age);
  dotls_write_u16 (buffer + 6, body->ancount);
  dotls_write_u16 (buffer + 8, body->nscount);
  return end + put_opt (buffer + end, envelope, body->rcode, &ede);
}

gboolean
dotls_wire_is_truncated (const guint8 *message)
{
  return (message[2] & TC) != 0;
}

gsize
dotls_wire_build_query (guint8 *out, guint16 id, const DotlsKey *key)
{
  /* Root, OPT, 1232, ext rcode 0, version 0, flags, rdlength; ECS family 1 /0 scope 0; keepalive;
   * padding. */
  static const guint8 opt[] = { 0,
                                0,
                                DOTLS_TYPE_OPT,
                                DOTLS_UDP_PAYLOAD >> 8,
                                DOTLS_UDP_PAYLOAD & 0xff,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                OPTION_ECS,
                                0,
                                4,
                                0,
                                1,
                                0,
                                0,
                                0,
                                OPTION_KEEPALIVE,
                                0,
                                0,
                                0,
                                OPTION_PADDING,
                                0,
                                0 };
  static const guint8 header[] = { 0, 0, RD, AD, 0, 1, 0, 0, 0, 0, 0, 1 };
  gsize question_end = DOTLS_HEADER_SIZE + key->name_length + 4;
  gsize bare = question_end + sizeof opt;
  gsize padding = -bare & (DOTLS_PADDING_BLOCK - 1);
  guint8 *p = out + DOTLS_HEADER_SIZE;

  memcpy (out, header, sizeof header);
  dotls_write_u16 (out, id);
  if (key->bits & DOTLS_KEY_CD)
    out[3] |= CD;
  memcpy (p, key->name, key->name_length);
  p += key->name_length;
  dotls_write_u16 (p, key->qtype);
  dotls_write_u16 (p + 2, key->qclass);
  p += 4;
  memcpy (p, opt, sizeof opt);
  if (key->bits & DOTLS_KEY_DO)
    p[7] = DO;
  dotls_write_u16 (p + 9, sizeof opt - OPT_SIZE + padding);
  dotls_write_u16 (p + sizeof opt - 2, padding);
  memset (p + sizeof opt, 0, padding);
  return bare + padding;
}

gsize
dotls_wire_build_client_query (guint8 *out,
                               guint16 id,
                               const guint8 *name,
                               gsize name_length,
                               guint16 qtype,
                               gboolean dnssec_ok,
                               gboolean cd)
{
  const Ede none = { DOTLS_EDE_NONE, "" };
  const DotlsEnvelope envelope = {
    .id = id, .rd = TRUE, .cd = cd, .edns = TRUE, .dnssec_ok = dnssec_ok, .edns_size = 0xffff
  };
  gsize question_end = DOTLS_HEADER_SIZE + name_length + 4;

  put_header (out, question_end, &envelope, DOTLS_RCODE_NOERROR);
  out[2] &= ~QR;
  out[3] = AD | (cd ? CD : 0);
  memcpy (out + DOTLS_HEADER_SIZE, name, name_length);
  dotls_write_u16 (out + question_end - 4, qtype);
  dotls_write_u16 (out + question_end - 2, DOTLS_CLASS_IN);
  return question_end + put_opt (out + question_end, &envelope, DOTLS_RCODE_NOERROR, &none);
}
