/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/unit/parsed.h"

#include <string.h>

#include "core/name.h"

DotlsKey
parsed_key (const char *name, guint16 qtype, guint8 bits)
{
  const DnsName wire = dns_name (name);
  DotlsKey key = { .qtype = qtype, .qclass = DOTLS_CLASS_IN, .bits = bits };

  key.name_length = wire.length;
  dotls_name_fold (key.name, wire.wire, wire.length);
  dotls_key_seal (&key, 1);
  return key;
}

GByteArray *
parsed_answer_new (const DotlsKey *key, guint16 rcode)
{
  const DnsName name = dns_name_from_wire (key->name);
  GByteArray *message = dns_message_new (1, DNS_QR | DNS_RD | DNS_RA | rcode);

  dns_message_add_question (message, &name, key->qtype, key->qclass);
  return message;
}

Parsed *
parsed_new (const guint8 *message, gsize length, const DotlsKey *key, const DotlsTtlBounds *bounds)
{
  const DotlsTtlBounds usual = { 0, DOTLS_TTL_MAX_S, DOTLS_NEGATIVE_TTL_MAX_S };
  Parsed *self = g_new0 (Parsed, 1);

  self->key = *key;
  self->message = g_memdup2 (message, length);
  self->scratch = g_malloc (DOTLS_MESSAGE_MAX);
  /* as dirty as it is when other messages were made there before */
  memset (self->scratch, 0x55, DOTLS_MESSAGE_MAX);
  self->answer = g_new (DotlsAnswer, 1);
  memset (self->answer, 0x55, sizeof *self->answer);
  self->verdict = dotls_answer_parse (self->message, length, key, bounds ? bounds : &usual,
                                      self->scratch, self->answer);
  return self;
}

void
parsed_free (Parsed *self)
{
  g_free (self->message);
  g_free (self->scratch);
  g_free (self->answer);
  g_free (self);
}

DotlsAnswerVerdict
parsed_judge (const GByteArray *message, const DotlsKey *key)
{
  g_autoptr (Parsed) parsed = parsed_new (message->data, message->len, key, NULL);

  return parsed->verdict;
}

knot_pkt_t *
parsed_reply (const Parsed *self, guint32 age, guint8 **ret_bytes)
{
  const DotlsEnvelope envelope = { .id = 7, .limit = DOTLS_MESSAGE_MAX, .rd = TRUE };
  gsize question_end = DOTLS_HEADER_SIZE + self->key.name_length + 4, length;
  g_autofree guint8 *buffer = g_malloc0 (DOTLS_MESSAGE_MAX);
  knot_pkt_t *packet;

  memcpy (buffer + DOTLS_HEADER_SIZE, self->key.name, self->key.name_length);
  dotls_write_u16 (buffer + question_end - 4, self->key.qtype);
  dotls_write_u16 (buffer + question_end - 2, self->key.qclass);
  length = dotls_wire_reply_body (buffer, DOTLS_MESSAGE_MAX, question_end, &envelope,
                                  &self->answer->body, age);
  *ret_bytes = g_memdup2 (buffer, length);
  packet = dns_parse (*ret_bytes, length);
  g_assert_nonnull (packet);
  return packet;
}

char *
parsed_list (const Parsed *self, knot_section_t section)
{
  g_autofree guint8 *bytes = NULL;
  g_autoptr (knot_pkt_t) packet = parsed_reply (self, 0, &bytes);
  const knot_pktsection_t *records = knot_pkt_section (packet, section);
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint16 i = 0; i < records->count; i++)
    {
      const knot_rrset_t *record = knot_pkt_rr (records, i);
      g_autofree char *owner = dns_name_to_string (record->owner);
      char type[16];

      knot_rrtype_to_string (record->type, type, sizeof type);
      g_string_append_printf (list, "%s%s %u %s", i > 0 ? "\n" : "", owner, record->ttl, type);
    }
  return g_string_free (g_steal_pointer (&list), FALSE);
}
