/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Input: an octet of circumstances, then a client's message.
 * Catches: a reply that no parser takes, that answers another question, or that brings an OPT to
 * somebody who sent none; a query for the upstream that is not padded, or asks something else than
 * the client did. */

#include <libknot/libknot.h>
#include <string.h>

#include "core/wire.h"
#include "fuzz.h"

static void
check_reply (const guint8 *query, const DotlsRequest *request)
{
  guint8 buffer[DOTLS_HEADER_SIZE + DOTLS_NAME_MAX + 5 + 64];
  gsize question_end = request->question_end, length;
  knot_pkt_t *packet;

  g_assert_cmpuint (question_end, <=, sizeof buffer - 64);
  memcpy (buffer, query, question_end);
  length = dotls_wire_reply_error (buffer, question_end, &request->envelope, DOTLS_RCODE_BADVERS,
                                   DOTLS_EDE_NOT_READY);
  g_assert_cmpuint (length, <=, sizeof buffer);
  packet = knot_pkt_new (buffer, length, NULL);
  g_assert_cmpint (knot_pkt_parse (packet, 0), ==, KNOT_EOK);
  g_assert_true (knot_wire_get_qr (buffer));
  g_assert_cmpuint (knot_wire_get_id (buffer), ==, knot_wire_get_id (query));
  g_assert_cmpuint (knot_wire_get_opcode (buffer), ==, knot_wire_get_opcode (query));
  g_assert_cmpint (knot_pkt_has_edns (packet), ==, request->envelope.edns);
  g_assert_cmpmem (buffer + DOTLS_HEADER_SIZE, question_end - DOTLS_HEADER_SIZE,
                   query + DOTLS_HEADER_SIZE, question_end - DOTLS_HEADER_SIZE);
  knot_pkt_free (packet);
}

static void
check_query (const DotlsRequest *request, const DotlsWireContext *context)
{
  const DotlsKey *key = &request->key;
  guint8 out[DOTLS_BUILT_QUERY_MAX];
  gsize length = dotls_wire_build_query (out, 1234, key);
  DotlsWireContext stream = *context;
  DotlsRequest again = { 0 };
  knot_pkt_t *packet = knot_pkt_new (out, length, NULL);

  g_assert_cmpuint (length % 128, ==, 0);
  g_assert_cmpint (knot_pkt_parse (packet, 0), ==, KNOT_EOK);
  g_assert_cmpuint (knot_wire_get_id (out), ==, 1234);
  g_assert_true (knot_wire_get_rd (out));
  g_assert_true (knot_pkt_has_edns (packet));
  g_assert_cmpmem (knot_pkt_qname (packet), knot_dname_size (knot_pkt_qname (packet)), key->name,
                   key->name_length);
  knot_pkt_free (packet);
  /* we would understand it ourselves, as the same question */
  stream.stream = TRUE;
  g_assert_cmpint (dotls_wire_parse_request (out, length, &stream, &again), ==, DOTLS_VERDICT_OK);
  g_assert_cmpuint (again.key.qtype, ==, key->qtype);
  g_assert_cmpuint (again.key.qclass, ==, key->qclass);
  g_assert_cmpmem (again.key.name, again.key.name_length, key->name, key->name_length);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  DotlsWireContext context = { .keepalive = 100, .seed = 7 };
  DotlsRequest request = { 0 };
  DotlsVerdict verdict;

  if (size < 1)
    return 0;
  context.stream = data[0] & 1;
  context.udp_payload_max = data[0] & 2 ? 1232 : 4096;
  verdict = dotls_wire_parse_request (data + 1, size - 1, &context, &request);
  if (verdict == DOTLS_VERDICT_DROP_SHORT || verdict == DOTLS_VERDICT_DROP_RESPONSE)
    return 0;
  g_assert_cmpuint (request.question_end, <=, size - 1);
  g_assert_cmpuint (request.envelope.limit, >=, 512);
  g_assert_cmpuint (request.envelope.limit, <=, context.stream ? 65535 : context.udp_payload_max);
  check_reply (data + 1, &request);
  if (verdict == DOTLS_VERDICT_OK)
    check_query (&request, &context);
  return 0;
}
