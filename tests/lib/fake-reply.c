/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/fake-private.h"

#define PADDING_HEAD 4
#define OPT_HEAD 11

/* So that the whole message, with the OPT record still to come, ends on a block. */
static void
add_padding (FakeReply *reply)
{
  g_autofree guint8 *zeros = NULL;
  guint length = reply->message->len + OPT_HEAD + reply->options->len + PADDING_HEAD;
  guint missing = (reply->padding - length % reply->padding) % reply->padding;

  zeros = g_malloc0 (missing + 1);
  dns_options_add (reply->options, KNOT_EDNS_OPTION_PADDING, zeros, missing);
}

static void
add_edns (FakeReply *reply)
{
  guint16 flags = reply->query->edns_flags & KNOT_EDNS_DO_MASK;

  if (reply->padding != 0)
    add_padding (reply);
  dns_message_add_opt (reply->message, 1232, reply->rcode >> 4, 0, flags, reply->options);
}

static void
frame (FakeReply *reply)
{
  dns_message_append16 (reply->frames, reply->message->len);
  g_byte_array_append (reply->frames, reply->message->data, reply->message->len);
}

static void
write_message (FakeReply *reply, FakeDot *fake)
{
  const FakeQuery *query = reply->query;

  reply->message = dns_message_new (query->id, DNS_QR | DNS_RA | (query->flags & DNS_RD)
                                                   | (query->flags & DNS_CD));
  dns_message_add_question (reply->message, &query->name, query->qtype, query->qclass);
  if (fake_script_act (fake->script, FAKE_STAGE_ZONE, reply) == 0)
    fake->zone (query, reply->message, fake->zone_data);
  fake_script_act (fake->script, FAKE_STAGE_MESSAGE, reply);
  dns_message_set (reply->message, 2, dns_message_get (reply->message, 2) | (reply->rcode & 15));
  if (reply->has_edns)
    add_edns (reply);
  fake_script_act (fake->script, FAKE_STAGE_BYTES, reply);
}

void
fake_reply_init (FakeReply *reply, FakeDot *fake, const FakeQuery *query)
{
  *reply = (FakeReply){
    .query = query,
    .random = fake->random,
    .has_edns = query->has_edns,
    .options = g_byte_array_new (),
    .frames = g_byte_array_new (),
  };
  fake_dot_lock (fake);
  write_message (reply, fake);
  frame (reply);
  fake_script_act (fake->script, FAKE_STAGE_FRAMES, reply);
  fake_dot_unlock (fake);
}

void
fake_reply_clear (FakeReply *reply)
{
  g_byte_array_unref (reply->message);
  g_byte_array_unref (reply->options);
  g_byte_array_unref (reply->frames);
}
