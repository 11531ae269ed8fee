/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What clients and upstreams are sent, read by libknot. */

#include <string.h>

#include "core/limits.h"
#include "core/wire.h"
#include "tests/lib/dns-message.h"

#define NAME "ExAmPlE.CoM"

/* A reply under way: the client's question, and what libknot makes of what became of it. */
typedef struct
{
  guint8 buffer[4096];
  gsize question_end;
  guint8 *bytes;
  knot_pkt_t *packet;
} Reply;

static void
reply_begin (Reply *reply)
{
  g_autoptr (GByteArray) query = dns_query_new (0xffff, NAME, DOTLS_TYPE_A);

  *reply = (Reply){ .question_end = query->len };
  memset (reply->buffer, 0xee, sizeof reply->buffer);
  memcpy (reply->buffer, query->data, query->len);
}

static void
reply_end (Reply *reply, gsize length)
{
  g_assert_cmpuint (length, <=, sizeof reply->buffer);
  reply->bytes = g_memdup2 (reply->buffer, length);
  reply->packet = dns_parse (reply->bytes, length);
  g_assert_nonnull (reply->packet);
}

static void
reply_clear (Reply *reply)
{
  knot_pkt_free (reply->packet);
  g_free (reply->bytes);
}

/* Two addresses that point at the question, as they are kept. */
static const guint8 records[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1,
                                  0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5,  0, 4, 192, 0, 2, 2 };
static const guint16 ttl_offsets[] = { 6, 22 };
static const DotlsBody addresses = { .bytes = records,
                                     .ttl_offsets = ttl_offsets,
                                     .length = sizeof records,
                                     .n_ttls = 2,
                                     .ancount = 2,
                                     .ede = DOTLS_EDE_NONE };

static DotlsEnvelope
envelope (guint16 limit, gboolean edns)
{
  return (
      DotlsEnvelope){ .id = 0x1234, .limit = limit, .edns_size = 1232, .rd = TRUE, .edns = edns };
}

/* Catches: id, question, letter case, flags or records that do not come out as they should (A7,
 * A9). */
static void
test_body (void)
{
  const DotlsEnvelope to = envelope (512, FALSE);
  const DnsName name = dns_name (NAME);
  Reply reply;

  reply_begin (&reply);
  reply_end (&reply, dotls_wire_reply_body (reply.buffer, sizeof reply.buffer, reply.question_end,
                                            &to, &addresses, 0));
  g_assert_cmphex (knot_wire_get_id (reply.bytes), ==, 0x1234);
  g_assert_cmphex (reply.bytes[2] << 8 | reply.bytes[3], ==, DNS_QR | DNS_RD | DNS_RA);
  g_assert_cmpmem (reply.bytes + 12, name.length, name.wire, name.length);
  g_assert_cmpuint (knot_pkt_section (reply.packet, KNOT_ANSWER)->count, ==, 2);
  g_assert_false (knot_pkt_has_edns (reply.packet));
  g_assert_false (dotls_wire_is_truncated (reply.bytes));
  reply_clear (&reply);
}

/* Catches: RD, CD or AD wrongly copied: AD is for who shows interest, with AD or DO (RFC 6840
 * section 5.8), and only where the answer has it. */
static void
test_flags (void)
{
  for (guint i = 0; i < 32; i++)
    {
      DotlsBody body = addresses;
      DotlsEnvelope to = envelope (512, TRUE);
      guint expected;
      Reply reply;

      to.rd = i & 1;
      to.cd = i >> 1 & 1;
      to.ad = i >> 2 & 1;
      to.dnssec_ok = i >> 3 & 1;
      body.ad = i >> 4 & 1;
      expected = DNS_QR | DNS_RA | (to.rd ? DNS_RD : 0) | (to.cd ? DNS_CD : 0)
                 | (body.ad && (to.ad || to.dnssec_ok) ? DNS_AD : 0);
      reply_begin (&reply);
      reply_end (&reply, dotls_wire_reply_body (reply.buffer, sizeof reply.buffer,
                                                reply.question_end, &to, &body, 0));
      g_assert_cmphex (reply.bytes[2] << 8 | reply.bytes[3], ==, expected);
      g_assert_cmpint (knot_pkt_has_dnssec (reply.packet), ==, to.dnssec_ok);
      reply_clear (&reply);
    }
}

/* Catches: an answer one octet too large that is sent, one that fits and is cut, records or counts
 * left in a cut one, an OPT that is lost with it, writing behind the limit (B1, B3). */
static void
test_truncation (void)
{
  for (guint edns = 0; edns < 2; edns++)
    {
      gsize fits;
      Reply reply;

      reply_begin (&reply);
      fits = reply.question_end + sizeof records + (edns ? 11 : 0);
      for (guint16 limit = fits - 3; limit < fits + 3; limit++)
        {
          const DotlsEnvelope to = envelope (limit, edns);
          gsize length;

          reply_begin (&reply);
          length = dotls_wire_reply_body (reply.buffer, sizeof reply.buffer, reply.question_end,
                                          &to, &addresses, 0);
          reply_end (&reply, length);
          g_assert_cmpint (dotls_wire_is_truncated (reply.bytes), ==, limit < fits);
          g_assert_cmpuint (knot_pkt_section (reply.packet, KNOT_ANSWER)->count, ==,
                            limit < fits ? 0 : 2);
          g_assert_cmpuint (length, <=, limit);
          g_assert_cmpint (knot_pkt_has_edns (reply.packet), ==, edns);
          g_assert_cmphex (reply.buffer[length], ==, 0xee);
          reply_clear (&reply);
        }
    }
}

/* Catches: the room of the buffer overrun where the client could take more. */
static void
test_capacity (void)
{
  const DotlsEnvelope to = envelope (DOTLS_MESSAGE_MAX, TRUE);
  Reply reply;
  gsize capacity;

  reply_begin (&reply);
  capacity = reply.question_end + sizeof records + 10;
  reply_end (&reply, dotls_wire_reply_body (reply.buffer, capacity, reply.question_end, &to,
                                            &addresses, 0));
  g_assert_true (dotls_wire_is_truncated (reply.bytes));
  reply_clear (&reply);
}

/* Catches: a TTL that grows, or wraps below zero (E3). */
static void
test_ageing (void)
{
  static const guint32 ages[] = { 0, 1, 4, 5, 6, 299, 300, 301, G_MAXUINT32 };

  for (guint i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      const DotlsEnvelope to = envelope (512, FALSE);
      const knot_pktsection_t *answers;
      Reply reply;

      reply_begin (&reply);
      reply_end (&reply, dotls_wire_reply_body (reply.buffer, sizeof reply.buffer,
                                                reply.question_end, &to, &addresses, ages[i]));
      answers = knot_pkt_section (reply.packet, KNOT_ANSWER);
      g_assert_cmpuint (knot_pkt_rr (answers, 0)->ttl, ==, ages[i] > 300 ? 0 : 300 - ages[i]);
      g_assert_cmpuint (knot_pkt_rr (answers, 1)->ttl, ==, ages[i] > 5 ? 0 : 5 - ages[i]);
      reply_clear (&reply);
    }
}

/* Catches: errors without OPT or with one that nobody sent (C1), an extended rcode cut to four bits
 * (C3), options or flags echoed (C4), a missing or second Extended DNS Error. */
static void
test_errors (void)
{
  static const guint16 rcodes[] = { DOTLS_RCODE_FORMERR, DOTLS_RCODE_SERVFAIL, DOTLS_RCODE_NOTIMP,
                                    DOTLS_RCODE_REFUSED, DOTLS_RCODE_BADVERS };

  for (guint i = 0; i < 4 * G_N_ELEMENTS (rcodes); i++)
    {
      guint16 rcode = rcodes[i / 4];
      gboolean edns = i & 1, has_ede = i & 2;
      const DotlsEnvelope to = envelope (512, edns);
      guint8 *option;
      Reply reply;

      if (rcode == DOTLS_RCODE_BADVERS && !edns)
        continue;
      reply_begin (&reply);
      reply_end (&reply, dotls_wire_reply_error (reply.buffer, reply.question_end, &to, rcode,
                                                 has_ede ? 22 : DOTLS_EDE_NONE));
      g_assert_cmpuint (knot_pkt_ext_rcode (reply.packet), ==, rcode);
      g_assert_cmpint (knot_pkt_has_edns (reply.packet), ==, edns);
      option = edns ? knot_pkt_edns_option (reply.packet, KNOT_EDNS_OPTION_EDE) : NULL;
      g_assert_cmpint (option != NULL, ==, edns && has_ede);
      if (option != NULL)
        g_assert_cmpuint (knot_wire_read_u16 (knot_edns_opt_get_data (option)), ==, 22);
      if (edns)
        {
          g_assert_cmpuint (knot_edns_get_version (reply.packet->opt_rr), ==, 0);
          g_assert_cmpuint (knot_edns_get_payload (reply.packet->opt_rr), ==, 1232);
          g_assert_null (knot_pkt_edns_option (reply.packet, KNOT_EDNS_OPTION_PADDING));
        }
      reply_clear (&reply);
    }
}

/* Catches: an error to a message without a readable question that claims to have one. */
static void
test_error_without_question (void)
{
  const DotlsEnvelope to = envelope (512, FALSE);
  Reply reply;

  reply_begin (&reply);
  reply_end (&reply, dotls_wire_reply_error (reply.buffer, DOTLS_HEADER_SIZE, &to,
                                             DOTLS_RCODE_FORMERR, DOTLS_EDE_NONE));
  g_assert_cmpuint (knot_wire_get_qdcount (reply.bytes), ==, 0);
  reply_clear (&reply);
}

/* Catches: our time-out not told to a stream client that asked (C9), or told in a wrong unit. */
static void
test_keepalive (void)
{
  DotlsEnvelope to = envelope (DOTLS_MESSAGE_MAX, TRUE);
  guint8 *option;
  Reply reply;

  to.keepalive = 100;
  reply_begin (&reply);
  reply_end (&reply, dotls_wire_reply_body (reply.buffer, sizeof reply.buffer, reply.question_end,
                                            &to, &addresses, 0));
  option = knot_pkt_edns_option (reply.packet, 11);
  g_assert_nonnull (option);
  g_assert_cmpuint (knot_edns_opt_get_length (option), ==, 2);
  g_assert_cmpuint (knot_wire_read_u16 (knot_edns_opt_get_data (option)), ==, 100);
  reply_clear (&reply);
}

/* A key whose name has just LENGTH octets. */
static DotlsKey
key_of_length (gsize length, guint8 bits)
{
  DotlsKey key = {
    .qtype = DOTLS_TYPE_AAAA, .qclass = DOTLS_CLASS_IN, .bits = bits, .name_length = length
  };
  guint8 *p = key.name;

  for (gsize left = length - 1; left > 0;)
    {
      gsize label = MIN (left - 1, 63) - (left == 65);

      *p++ = label;
      memset (p, 'x', label);
      p += label;
      left -= 1 + label;
    }
  *p = 0;
  return key;
}

/* Catches: a query in plain size for any length of name (D10), options that tell clients apart, a
 * client subnet that is not /0 (C7), cookies (C12), more room taken than promised. */
static void
test_query_padding (void)
{
  for (gsize length = 1; length <= DOTLS_NAME_MAX; length++)
    for (guint8 bits = 0; bits < 4 && length != 2; bits++)
      {
        const DotlsKey key = key_of_length (length, bits);
        guint8 *out = g_malloc (DOTLS_BUILT_QUERY_MAX), *option;
        gsize size = dotls_wire_build_query (out, 0xabcd, &key);
        g_autofree guint8 *bytes = g_memdup2 (out, size);
        g_autoptr (knot_pkt_t) packet = dns_parse (bytes, size);

        g_free (out);
        g_assert_nonnull (packet);
        g_assert_cmpuint (size % DOTLS_PADDING_BLOCK, ==, 0);
        g_assert_cmpuint (size, <=, DOTLS_BUILT_QUERY_MAX);
        g_assert_cmphex (knot_wire_get_id (bytes), ==, 0xabcd);
        g_assert_cmphex (bytes[2] << 8 | bytes[3], ==,
                         DNS_RD | DNS_AD | (bits & DOTLS_KEY_CD ? DNS_CD : 0));
        g_assert_cmpint (knot_pkt_has_dnssec (packet), ==, (bits & DOTLS_KEY_DO) != 0);
        g_assert_cmpuint (knot_edns_get_payload (packet->opt_rr), ==, DOTLS_UDP_PAYLOAD);
        g_assert_cmpuint (knot_pkt_qtype (packet), ==, DOTLS_TYPE_AAAA);
        g_assert_cmpmem (knot_pkt_qname (packet), length, key.name, length);
        option = knot_pkt_edns_option (packet, KNOT_EDNS_OPTION_CLIENT_SUBNET);
        g_assert_cmpmem (knot_edns_opt_get_data (option), knot_edns_opt_get_length (option),
                         "\0\1\0\0", 4);
        option = knot_pkt_edns_option (packet, 11);
        g_assert_cmpuint (knot_edns_opt_get_length (option), ==, 0);
        g_assert_nonnull (knot_pkt_edns_option (packet, KNOT_EDNS_OPTION_PADDING));
        g_assert_null (knot_pkt_edns_option (packet, KNOT_EDNS_OPTION_COOKIE));
      }
}

/* Catches: a query of the program itself that our own reader refuses, or flags lost on the way. */
static void
test_client_query (void)
{
  const DotlsWireContext context = { .udp_payload_max = 1232, .stream = TRUE };

  for (guint i = 0; i < 4; i++)
    {
      const DnsName name = dns_name (NAME);
      guint8 out[DOTLS_BUILT_QUERY_MAX];
      DotlsRequest request;
      gsize length = dotls_wire_build_client_query (out, 7, name.wire, name.length, DOTLS_TYPE_DS,
                                                    i & 1, i >> 1);

      g_assert_cmpint (dotls_wire_parse_request (out, length, &context, &request), ==,
                       DOTLS_VERDICT_OK);
      g_assert_cmpuint (request.key.bits, ==,
                        (i & 1 ? DOTLS_KEY_DO : 0) | (i >> 1 ? DOTLS_KEY_CD : 0));
      g_assert_cmpuint (request.key.qtype, ==, DOTLS_TYPE_DS);
      g_assert_true (request.envelope.rd && request.envelope.ad && request.envelope.edns);
      g_assert_cmpmem (out + DOTLS_HEADER_SIZE, name.length, name.wire, name.length);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-reply/body", test_body);
  g_test_add_func ("/wire-reply/flags", test_flags);
  g_test_add_func ("/wire-reply/truncation", test_truncation);
  g_test_add_func ("/wire-reply/capacity", test_capacity);
  g_test_add_func ("/wire-reply/ageing", test_ageing);
  g_test_add_func ("/wire-reply/errors", test_errors);
  g_test_add_func ("/wire-reply/error-without-question", test_error_without_question);
  g_test_add_func ("/wire-reply/keepalive", test_keepalive);
  g_test_add_func ("/wire-reply/query-padding", test_query_padding);
  g_test_add_func ("/wire-reply/client-query", test_client_query);
  return g_test_run ();
}
