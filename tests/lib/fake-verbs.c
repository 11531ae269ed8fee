/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/lib/fake-script.h"

#define TTL 3600
#define GOOD "192.0.2.1"
#define EVIL "192.0.2.66"

static const DnsName *
qname (const FakeReply *reply)
{
  return &reply->query->name;
}

static void
add_good (FakeReply *reply)
{
  dns_message_add_text (reply->message, DNS_ANSWER, qname (reply), KNOT_RRTYPE_A, TTL, GOOD);
}

/* --- instead of the zone ---------------------------------------------------------------------- */

static void
act_rcode (FakeReply *reply, const FakeRule *rule)
{
  reply->rcode = rule->number;
}

static void
act_negative (FakeReply *reply, const FakeRule *rule)
{
  reply->rcode = g_str_equal (rule->verb->name, "nxdomain-bare") ? KNOT_RCODE_NXDOMAIN : 0;
}

/* NXDOMAIN whose SOA is that of a zone which the name is not in. */
static void
act_foreign_soa (FakeReply *reply, const FakeRule *rule)
{
  DnsName zone = dns_name ("elsewhere.example");

  reply->rcode = KNOT_RCODE_NXDOMAIN;
  dns_message_add_text (reply->message, DNS_AUTHORITY, &zone, KNOT_RRTYPE_SOA, TTL, "300");
}

static void
act_alias_chain (FakeReply *reply, const FakeRule *rule)
{
  DnsName owner = *qname (reply);

  for (int i = 0; i < rule->number; i++)
    {
      g_autofree char *target = g_strdup_printf ("alias-%d.test", i);

      dns_message_add_text (reply->message, DNS_ANSWER, &owner, KNOT_RRTYPE_CNAME, TTL, target);
      owner = dns_name (target);
    }
  dns_message_add_text (reply->message, DNS_ANSWER, &owner, KNOT_RRTYPE_A, TTL, GOOD);
}

static void
act_alias_loop (FakeReply *reply, const FakeRule *rule)
{
  DnsName other = dns_name ("loop.test");

  dns_message_add_text (reply->message, DNS_ANSWER, qname (reply), KNOT_RRTYPE_CNAME, TTL,
                        "loop.test");
  dns_message_add (reply->message, DNS_ANSWER, &other, KNOT_RRTYPE_CNAME, TTL, qname (reply)->wire,
                   qname (reply)->length);
}

/* RFC 6672 section 3.1: the DNAME of the parent and the CNAME made from it. */
static void
act_dname (FakeReply *reply, const FakeRule *rule)
{
  const guint8 *wire = qname (reply)->wire;
  DnsName parent = dns_name_from_wire (wire + 1 + wire[0]), target = dns_name ("moved.test");
  DnsName made = { .length = 1 + wire[0] };

  memcpy (made.wire, wire, made.length);
  memcpy (made.wire + made.length, target.wire, target.length);
  made.length += target.length;
  dns_message_add (reply->message, DNS_ANSWER, &parent, KNOT_RRTYPE_DNAME, TTL, target.wire,
                   target.length);
  dns_message_add (reply->message, DNS_ANSWER, qname (reply), KNOT_RRTYPE_CNAME, TTL, made.wire,
                   made.length);
  dns_message_add_text (reply->message, DNS_ANSWER, &made, KNOT_RRTYPE_A, TTL, GOOD);
}

static void
act_unrelated (FakeReply *reply, const FakeRule *rule)
{
  static const DnsSection sections[] = { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL };
  DnsName evil = dns_name ("evil.test");

  add_good (reply);
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    dns_message_add_text (reply->message, sections[i], &evil, KNOT_RRTYPE_A, TTL, EVIL);
}

/* The answer section holds only what was not asked. */
static void
act_only_unrelated (FakeReply *reply, const FakeRule *rule)
{
  DnsName evil = dns_name ("evil.test");

  dns_message_add_text (reply->message, DNS_ANSWER, &evil, KNOT_RRTYPE_A, TTL, EVIL);
}

static void
act_huge (FakeReply *reply, const FakeRule *rule)
{
  g_autofree guint8 *data = NULL;
  gsize room = G_MAXUINT16 - reply->message->len - 12 - (reply->has_edns ? 11 : 0);

  data = g_malloc0 (room);
  dns_message_add (reply->message, DNS_ANSWER, qname (reply), 65280, TTL, data, room);
}

/* Random bytes as data of the type that was asked. */
static void
act_opaque (FakeReply *reply, const FakeRule *rule)
{
  g_autofree guint8 *data = g_malloc (rule->number + 1);

  for (int i = 0; i < rule->number; i++)
    data[i] = i * 7 + 1;
  dns_message_add (reply->message, DNS_ANSWER, qname (reply), reply->query->qtype, TTL, data,
                   rule->number);
}

/* A record whose owner is written by hand: OWNER, LENGTH bytes. */
static void
add_by_hand (FakeReply *reply, gconstpointer owner, gsize length, guint16 rdlength)
{
  static const guint8 address[4] = { 192, 0, 2, 1 };
  GByteArray *message = reply->message;

  g_byte_array_append (message, owner, length);
  dns_message_append16 (message, KNOT_RRTYPE_A);
  dns_message_append16 (message, KNOT_CLASS_IN);
  dns_message_append32 (message, TTL);
  dns_message_append16 (message, rdlength);
  g_byte_array_append (message, address, sizeof address);
  dns_message_set (message, DNS_ANSWER, dns_message_get (message, DNS_ANSWER) + 1);
}

static void
act_pointer (FakeReply *reply, const FakeRule *rule)
{
  guint16 here = reply->message->len;
  guint16 target = here + (g_str_equal (rule->verb->name, "pointer-forward") ? 16 : 0);
  guint8 owner[2] = { 0xc0 | target >> 8, target & 0xff };

  add_by_hand (reply, owner, sizeof owner, 4);
}

static void
act_long_name (FakeReply *reply, const FakeRule *rule)
{
  guint8 owner[5 * 64 + 1] = { 0 };

  for (guint i = 0; i < 5; i++)
    {
      owner[i * 64] = 63;
      memset (owner + i * 64 + 1, 'a' + i, 63);
    }
  add_by_hand (reply, owner, sizeof owner, 4);
}

static void
act_label_type (FakeReply *reply, const FakeRule *rule)
{
  static const guint8 owner[] = { 0x41, 'x', 0 };

  add_by_hand (reply, owner, sizeof owner, 4);
}

static void
act_overrun (FakeReply *reply, const FakeRule *rule)
{
  static const guint8 owner[] = { 0xc0, 12 };

  add_by_hand (reply, owner, sizeof owner, 4000);
}

static void
act_short_address (FakeReply *reply, const FakeRule *rule)
{
  dns_message_add (reply->message, DNS_ANSWER, qname (reply), KNOT_RRTYPE_A, TTL, "\300\0\2", 3);
}

/* --- the message, before EDNS ----------------------------------------------------------------- */

static void
act_keepalive (FakeReply *reply, const FakeRule *rule)
{
  guint8 value[2] = { rule->number >> 8, rule->number & 0xff };

  if (reply->has_edns)
    dns_options_add (reply->options, KNOT_EDNS_OPTION_TCP_KEEPALIVE, value, sizeof value);
}

static void
act_pad (FakeReply *reply, const FakeRule *rule)
{
  reply->padding = rule->number;
}

static void
act_ede (FakeReply *reply, const FakeRule *rule)
{
  guint8 value[2] = { rule->number >> 8, rule->number & 0xff };

  if (reply->has_edns)
    dns_options_add (reply->options, KNOT_EDNS_OPTION_EDE, value, sizeof value);
}

static void
act_no_edns (FakeReply *reply, const FakeRule *rule)
{
  reply->has_edns = FALSE;
}

/* FORMERR for whoever speaks EDNS, as servers of old did. */
static void
act_no_edns_known (FakeReply *reply, const FakeRule *rule)
{
  if (!reply->query->has_edns)
    return;
  g_byte_array_set_size (reply->message, 12 + reply->query->name.length + 4);
  memset (reply->message->data + 6, 0, 6);
  reply->rcode = KNOT_RCODE_FORMERR;
  reply->has_edns = FALSE;
}

static void
act_second_opt (FakeReply *reply, const FakeRule *rule)
{
  dns_message_add_opt (reply->message, 1232, 0, 0, 0, NULL);
}

/* --- the bytes -------------------------------------------------------------------------------- */

static void
act_wrong_id (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 0, ~reply->query->id);
}

static void
act_wrong_name (FakeReply *reply, const FakeRule *rule)
{
  if (qname (reply)->length > 1)
    reply->message->data[13] ^= 1;
}

static void
act_wrong_type (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 12 + qname (reply)->length, KNOT_RRTYPE_MX);
}

static void
act_wrong_class (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 12 + qname (reply)->length + 2, KNOT_CLASS_CH);
}

static void
act_other_case (FakeReply *reply, const FakeRule *rule)
{
  guint8 *name = reply->message->data + 12;

  for (gsize i = 0; i < qname (reply)->length; i++)
    if (g_ascii_isalpha (name[i]))
      name[i] ^= 0x20;
}

/* Turns over one bit of the header: =NUMBER, as in dns-message.h. */
static void
act_flip (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 2, dns_message_get (reply->message, 2) ^ rule->number);
}

static void
act_truncate (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 2, dns_message_get (reply->message, 2) | DNS_TC);
}

static void
act_query (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, 2, dns_message_get (reply->message, 2) & ~DNS_QR);
}

/* Nothing but a header, with =RCODE. */
static void
act_bare (FakeReply *reply, const FakeRule *rule)
{
  g_byte_array_set_size (reply->message, 12);
  memset (reply->message->data + 4, 0, 8);
  dns_message_set (reply->message, 2, DNS_QR | DNS_RA | (rule->number & 15));
}

static void
act_count (FakeReply *reply, const FakeRule *rule)
{
  dns_message_set (reply->message, DNS_ANSWER, rule->number);
}

static void
act_trailing (FakeReply *reply, const FakeRule *rule)
{
  for (int i = 0; i < rule->number; i++)
    g_byte_array_append (reply->message, (const guint8 *) "x", 1);
}

static void
act_cut (FakeReply *reply, const FakeRule *rule)
{
  g_byte_array_set_size (reply->message, MIN ((guint) rule->number, reply->message->len));
}

static void
act_garbage (FakeReply *reply, const FakeRule *rule)
{
  g_byte_array_set_size (reply->message, rule->number);
  for (int i = 0; i < rule->number; i++)
    reply->message->data[i] = g_rand_int (reply->random);
}

/* --- the frames ------------------------------------------------------------------------------- */

static void
act_silence (FakeReply *reply, const FakeRule *rule)
{
  reply->is_silent = TRUE;
}

static void
act_delay (FakeReply *reply, const FakeRule *rule)
{
  reply->delay_ms = rule->number;
}

static void
act_duplicate (FakeReply *reply, const FakeRule *rule)
{
  g_autoptr (GByteArray) copy = g_byte_array_new ();

  g_byte_array_append (copy, reply->frames->data, reply->frames->len);
  g_byte_array_append (reply->frames, copy->data, copy->len);
}

/* Answers to nothing go before: the same with ids that were not asked. */
static void
act_unsolicited (FakeReply *reply, const FakeRule *rule)
{
  g_autoptr (GByteArray) copy = g_byte_array_new ();

  g_byte_array_append (copy, reply->frames->data, 2 + dns_message_get (reply->frames, 0));
  for (int i = 1; i <= rule->number; i++)
    {
      dns_message_set (copy, 2, reply->query->id + i);
      g_byte_array_prepend (reply->frames, copy->data, copy->len);
    }
}

static void
act_length_zero (FakeReply *reply, const FakeRule *rule)
{
  g_byte_array_prepend (reply->frames, (const guint8 *) "\0\0", 2);
}

static void
act_empty_records (FakeReply *reply, const FakeRule *rule)
{
  reply->empty_records = rule->number;
}

static void
act_key_updates (FakeReply *reply, const FakeRule *rule)
{
  reply->key_updates = rule->number;
}

#define ZONE(name, function)                                                                       \
  {                                                                                                \
    name, FAKE_STAGE_ZONE, .act = function                                                         \
  }
#define MESSAGE(name, function)                                                                    \
  {                                                                                                \
    name, FAKE_STAGE_MESSAGE, .act = function                                                      \
  }
#define BYTES(name, function)                                                                      \
  {                                                                                                \
    name, FAKE_STAGE_BYTES, .act = function                                                        \
  }
#define FRAMES(name, function)                                                                     \
  {                                                                                                \
    name, FAKE_STAGE_FRAMES, .act = function                                                       \
  }

const FakeVerb fake_message_verbs[] = {
  ZONE ("rcode", act_rcode),             /* =N and nothing else, above 15 with EDNS */
  ZONE ("nxdomain-bare", act_negative),  /* without SOA */
  ZONE ("nodata-bare", act_negative),    /* without SOA */
  ZONE ("foreign-soa", act_foreign_soa), /* NXDOMAIN with another zone's SOA */
  ZONE ("alias-chain", act_alias_chain), /* =N aliases, then the address */
  ZONE ("dname", act_dname),
  ZONE ("alias-loop", act_alias_loop),
  ZONE ("unrelated", act_unrelated), /* the answer, and evil.test in every section */
  ZONE ("only-unrelated", act_only_unrelated),
  ZONE ("huge", act_huge),            /* 65,535 bytes */
  ZONE ("opaque", act_opaque),        /* =N bytes of data */
  ZONE ("pointer-loop", act_pointer), /* an owner that points at itself */
  ZONE ("pointer-forward", act_pointer),
  ZONE ("long-name", act_long_name),         /* 321 bytes */
  ZONE ("label-type", act_label_type),       /* 0x41 */
  ZONE ("overrun", act_overrun),             /* data past the end of the message */
  ZONE ("short-address", act_short_address), /* three bytes */

  MESSAGE ("keepalive", act_keepalive), /* =N units of 100 ms (RFC 7828) */
  MESSAGE ("pad", act_pad),             /* to a multiple of =N (RFC 8467: 468) */
  MESSAGE ("ede", act_ede),             /* =CODE (RFC 8914) */
  MESSAGE ("no-edns", act_no_edns),     /* leaves the OPT record out */
  MESSAGE ("edns-unknown", act_no_edns_known),
  MESSAGE ("second-opt", act_second_opt),

  BYTES ("wrong-id", act_wrong_id),
  BYTES ("wrong-name", act_wrong_name),
  BYTES ("wrong-type", act_wrong_type),
  BYTES ("wrong-class", act_wrong_class),
  BYTES ("other-case", act_other_case), /* of the question */
  BYTES ("flip", act_flip),             /* =NUMBER: header bits */
  BYTES ("truncate", act_truncate),     /* TC=1 */
  BYTES ("query", act_query),           /* QR=0 */
  BYTES ("bare", act_bare),             /* =RCODE: a header without question */
  BYTES ("count", act_count),           /* =N: what ANCOUNT claims */
  BYTES ("trailing", act_trailing),     /* =N bytes of junk */
  BYTES ("cut", act_cut),               /* the first =N bytes */
  BYTES ("garbage", act_garbage),       /* =N random bytes instead */

  FRAMES ("silence", act_silence),
  FRAMES ("delay", act_delay), /* =MS */
  FRAMES ("duplicate", act_duplicate),
  FRAMES ("unsolicited", act_unsolicited),     /* =N answers to nothing before it */
  FRAMES ("length-zero", act_length_zero),     /* an empty frame before it */
  FRAMES ("empty-records", act_empty_records), /* =N TLS records without content before it */
  FRAMES ("key-updates", act_key_updates),     /* =N before it, TLS 1.3 */
  { NULL },
};
