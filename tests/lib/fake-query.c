/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/fake-private.h"

static void
read_options (FakeQuery *query, const knot_rrset_t *opt)
{
  const knot_rdata_t *rdata = knot_rdataset_at (&opt->rrs, 0);
  gsize offset = 0;

  while (rdata != NULL && offset + 4 <= rdata->len)
    {
      FakeOption option = { .code = rdata->data[offset] << 8 | rdata->data[offset + 1],
                            .length = rdata->data[offset + 2] << 8 | rdata->data[offset + 3] };

      g_array_append_val (query->options, option);
      offset += 4 + option.length;
    }
}

FakeQuery *
fake_query_parse (const guint8 *bytes, gsize length)
{
  g_autoptr (knot_pkt_t) packet = dns_parse (bytes, length);
  FakeQuery *query;

  if (packet == NULL || knot_wire_get_qdcount (packet->wire) != 1
      || knot_wire_get_qr (packet->wire))
    return NULL;
  query = g_new0 (FakeQuery, 1);
  query->time_us = g_get_monotonic_time ();
  query->message = g_byte_array_append (g_byte_array_sized_new (length), bytes, length);
  query->name = dns_name_from_wire (knot_pkt_wire_qname (packet));
  query->text = dns_name_to_string (query->name.wire);
  query->id = knot_wire_get_id (packet->wire);
  query->flags = dns_message_get (query->message, 2);
  query->qtype = knot_pkt_qtype (packet);
  query->qclass = knot_pkt_qclass (packet);
  query->options = g_array_new (FALSE, FALSE, sizeof (FakeOption));
  if (packet->opt_rr != NULL)
    {
      query->has_edns = TRUE;
      query->udp_size = packet->opt_rr->rclass;
      query->edns_flags = packet->opt_rr->ttl & G_MAXUINT16;
      read_options (query, packet->opt_rr);
    }
  return query;
}

void
fake_query_free (FakeQuery *query)
{
  g_byte_array_unref (query->message);
  g_array_unref (query->options);
  g_free (query->text);
  g_free (query);
}

gboolean
fake_query_has_option (const FakeQuery *query, guint16 code, guint16 *ret_length)
{
  for (guint i = 0; i < query->options->len; i++)
    {
      const FakeOption *option = &g_array_index (query->options, FakeOption, i);

      if (option->code != code)
        continue;
      if (ret_length != NULL)
        *ret_length = option->length;
      return TRUE;
    }
  return FALSE;
}
