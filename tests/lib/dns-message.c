/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/dns-message.h"

#include <arpa/inet.h>
#include <string.h>

DnsName
dns_name (const char *text)
{
  DnsName name = { .length = 0 };

  if (knot_dname_from_str (name.wire, text, sizeof name.wire) == NULL)
    g_error ("'%s' is no domain name", text);
  name.length = knot_dname_size (name.wire);
  return name;
}

DnsName
dns_name_from_wire (const guint8 *wire)
{
  DnsName name = { .length = knot_dname_size (wire) };

  memcpy (name.wire, wire, name.length);
  return name;
}

char *
dns_name_to_string (const guint8 *wire)
{
  char text[KNOT_DNAME_TXT_MAXLEN + 1];
  gsize length;

  if (knot_dname_to_str (text, wire, sizeof text) == NULL)
    return g_strdup ("?");
  length = strlen (text);
  if (length > 1 && text[length - 1] == '.')
    text[length - 1] = '\0';
  return g_strdup (text);
}

guint16
dns_message_get (const GByteArray *message, gsize offset)
{
  g_assert_cmpuint (offset + 2, <=, message->len);
  return message->data[offset] << 8 | message->data[offset + 1];
}

void
dns_message_set (GByteArray *message, gsize offset, guint16 value)
{
  g_assert_cmpuint (offset + 2, <=, message->len);
  message->data[offset] = value >> 8;
  message->data[offset + 1] = value & 0xff;
}

void
dns_message_append16 (GByteArray *message, guint16 value)
{
  guint16 wire = htons (value);

  g_byte_array_append (message, (const guint8 *) &wire, sizeof wire);
}

void
dns_message_append32 (GByteArray *message, guint32 value)
{
  guint32 wire = htonl (value);

  g_byte_array_append (message, (const guint8 *) &wire, sizeof wire);
}

GByteArray *
dns_message_new (guint16 id, guint16 flags)
{
  GByteArray *message = g_byte_array_new ();

  dns_message_append16 (message, id);
  dns_message_append16 (message, flags);
  dns_message_append32 (message, 0);
  dns_message_append32 (message, 0);
  return message;
}

static void
count (GByteArray *message, DnsSection section)
{
  dns_message_set (message, section, dns_message_get (message, section) + 1);
}

void
dns_message_add_question (GByteArray *message, const DnsName *name, guint16 qtype, guint16 qclass)
{
  g_byte_array_append (message, name->wire, name->length);
  dns_message_append16 (message, qtype);
  dns_message_append16 (message, qclass);
  count (message, DNS_QUESTION);
}

static gboolean
is_question (const GByteArray *message, const DnsName *name)
{
  return message->len >= 12 + name->length && dns_message_get (message, DNS_QUESTION) == 1
         && memcmp (message->data + 12, name->wire, name->length) == 0;
}

static void
append_record (GByteArray *message,
               guint16 rrtype,
               guint16 rrclass,
               guint32 ttl,
               gconstpointer rdata,
               gsize length)
{
  dns_message_append16 (message, rrtype);
  dns_message_append16 (message, rrclass);
  dns_message_append32 (message, ttl);
  dns_message_append16 (message, length);
  g_byte_array_append (message, rdata, length);
}

/* The class of the question, which is that of the records too. */
static guint16
get_class (const GByteArray *message)
{
  gsize at = 12;

  if (message->len < 12 || dns_message_get (message, DNS_QUESTION) != 1)
    return KNOT_CLASS_IN;
  while (at < message->len && message->data[at] != 0)
    at += 1 + message->data[at];
  return at + 5 <= message->len ? dns_message_get (message, at + 3) : KNOT_CLASS_IN;
}

void
dns_message_add (GByteArray *message,
                 DnsSection section,
                 const DnsName *owner,
                 guint16 rrtype,
                 guint32 ttl,
                 gconstpointer rdata,
                 gsize length)
{
  if (is_question (message, owner))
    dns_message_append16 (message, 0xc00c);
  else
    g_byte_array_append (message, owner->wire, owner->length);
  append_record (message, rrtype, get_class (message), ttl, rdata, length);
  count (message, section);
}

static void
add_address (GByteArray *message,
             DnsSection section,
             const DnsName *owner,
             guint16 rrtype,
             guint32 ttl,
             const char *text)
{
  guint8 raw[16];
  gboolean is_v6 = rrtype == KNOT_RRTYPE_AAAA;

  g_assert_cmpint (inet_pton (is_v6 ? AF_INET6 : AF_INET, text, raw), ==, 1);
  dns_message_add (message, section, owner, rrtype, ttl, raw, is_v6 ? 16 : 4);
}

static void
add_soa (
    GByteArray *message, DnsSection section, const DnsName *owner, guint32 ttl, guint32 minimum)
{
  g_autoptr (GByteArray) rdata = g_byte_array_new ();
  DnsName mname = dns_name ("ns.test"), rname = dns_name ("hostmaster.test");

  g_byte_array_append (rdata, mname.wire, mname.length);
  g_byte_array_append (rdata, rname.wire, rname.length);
  dns_message_append32 (rdata, 1);
  dns_message_append32 (rdata, 7200);
  dns_message_append32 (rdata, 900);
  dns_message_append32 (rdata, 1209600);
  dns_message_append32 (rdata, minimum);
  dns_message_add (message, section, owner, KNOT_RRTYPE_SOA, ttl, rdata->data, rdata->len);
}

static void
add_string (
    GByteArray *message, DnsSection section, const DnsName *owner, guint32 ttl, const char *text)
{
  guint8 rdata[256];
  gsize length = strlen (text);

  g_assert_cmpuint (length, <, sizeof rdata);
  rdata[0] = length;
  memcpy (rdata + 1, text, length);
  dns_message_add (message, section, owner, KNOT_RRTYPE_TXT, ttl, rdata, length + 1);
}

void
dns_message_add_text (GByteArray *message,
                      DnsSection section,
                      const DnsName *owner,
                      guint16 rrtype,
                      guint32 ttl,
                      const char *data)
{
  DnsName name;

  switch (rrtype)
    {
    case KNOT_RRTYPE_A:
    case KNOT_RRTYPE_AAAA:
      add_address (message, section, owner, rrtype, ttl, data);
      break;
    case KNOT_RRTYPE_CNAME:
    case KNOT_RRTYPE_NS:
    case KNOT_RRTYPE_PTR:
    case KNOT_RRTYPE_DNAME:
      name = dns_name (data);
      dns_message_add (message, section, owner, rrtype, ttl, name.wire, name.length);
      break;
    case KNOT_RRTYPE_SOA:
      add_soa (message, section, owner, ttl, g_ascii_strtoull (data, NULL, 10));
      break;
    case KNOT_RRTYPE_TXT:
      add_string (message, section, owner, ttl, data);
      break;
    default:
      g_error ("no text form for type %u", rrtype);
    }
}

void
dns_message_add_opt (GByteArray *message,
                     guint16 udp_size,
                     guint8 extended_rcode,
                     guint8 version,
                     guint16 flags,
                     const GByteArray *options)
{
  static const guint8 root = 0;

  g_byte_array_append (message, &root, 1);
  append_record (message, KNOT_RRTYPE_OPT, udp_size,
                 (guint32) extended_rcode << 24 | (guint32) version << 16 | flags,
                 options != NULL ? options->data : &root, options != NULL ? options->len : 0);
  count (message, DNS_ADDITIONAL);
}

void
dns_options_add (GByteArray *options, guint16 code, gconstpointer data, gsize length)
{
  dns_message_append16 (options, code);
  dns_message_append16 (options, length);
  g_byte_array_append (options, data, length);
}

GByteArray *
dns_query_new (guint16 id, const char *name, guint16 qtype)
{
  GByteArray *message = dns_message_new (id, DNS_RD);
  DnsName wire = dns_name (name);

  dns_message_add_question (message, &wire, qtype, KNOT_CLASS_IN);
  return message;
}

knot_pkt_t *
dns_parse (const guint8 *bytes, gsize length)
{
  knot_pkt_t *packet = knot_pkt_new ((guint8 *) bytes, length, NULL);

  if (packet != NULL && knot_pkt_parse (packet, 0) == KNOT_EOK)
    return packet;
  knot_pkt_free (packet);
  return NULL;
}
