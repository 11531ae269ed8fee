/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdlib.h>
#include <string.h>

#include "tests/lib/fake-dot.h"

/* What the labels of the name ask for. */
typedef struct
{
  const char *address;
  gboolean nx, nodata, alias, is_signed;
  guint32 ttl;
  guint size;
} Wishes;

static gboolean
is_number (const char *text)
{
  return text[0] != '\0' && strspn (text, "0123456789") == strlen (text);
}

static Wishes
read_wishes (const char *name)
{
  Wishes wishes = { .ttl = 3600 };
  g_autofree char *lower = g_ascii_strdown (name, -1);
  g_auto (GStrv) labels = g_strsplit (lower, ".", -1);

  for (guint i = 0; labels[i] != NULL; i++)
    if (g_str_equal (labels[i], "nx"))
      wishes.nx = TRUE;
    else if (g_str_equal (labels[i], "nodata"))
      wishes.nodata = TRUE;
    else if (g_str_equal (labels[i], "alias"))
      wishes.alias = TRUE;
    else if (g_str_equal (labels[i], "signed"))
      wishes.is_signed = TRUE;
    else if (g_str_has_prefix (labels[i], "ttl") && is_number (labels[i] + 3))
      wishes.ttl = strtoul (labels[i] + 3, NULL, 10);
    else if (g_str_has_prefix (labels[i], "size") && is_number (labels[i] + 4))
      wishes.size = strtoul (labels[i] + 4, NULL, 10);
  return wishes;
}

static void
add_soa (GByteArray *answer, const Wishes *wishes)
{
  DnsName zone = dns_name ("test");
  g_autofree char *minimum = g_strdup_printf ("%u", wishes->ttl);

  dns_message_add_text (answer, DNS_AUTHORITY, &zone, KNOT_RRTYPE_SOA, wishes->ttl, minimum);
}

/* Not a signature that anybody could verify; the layout is right (RFC 4034 section 3.1). */
static void
add_signature (GByteArray *answer, const DnsName *owner, guint16 covered, guint32 ttl)
{
  g_autoptr (GByteArray) rdata = g_byte_array_new ();
  static const guint8 signature[64] = { 1, 2, 3 };
  DnsName signer = dns_name ("test");

  dns_message_append16 (rdata, covered);
  dns_message_append16 (rdata, 13 << 8 | 2); /* ECDSA P-256, two labels */
  dns_message_append32 (rdata, ttl);
  dns_message_append32 (rdata, G_MAXINT32);
  dns_message_append32 (rdata, 0);
  dns_message_append16 (rdata, 4711);
  g_byte_array_append (rdata, signer.wire, signer.length);
  g_byte_array_append (rdata, signature, sizeof signature);
  dns_message_add (answer, DNS_ANSWER, owner, KNOT_RRTYPE_RRSIG, ttl, rdata->data, rdata->len);
}

/* A record is 13 bytes and its text; the last one fills what is left. */
static void
add_bulk (GByteArray *answer, const DnsName *owner, const Wishes *wishes)
{
  while (answer->len + 14 <= wishes->size)
    {
      guint left = wishes->size - answer->len - 13;
      g_autofree char *text = g_strnfill (left > 200 + 14 ? 200 : MIN (left, 200), 'x');

      dns_message_add_text (answer, DNS_ANSWER, owner, KNOT_RRTYPE_TXT, wishes->ttl, text);
    }
}

static gboolean
add_data (GByteArray *answer, const DnsName *owner, guint16 qtype, const Wishes *wishes)
{
  const char *data = NULL;

  if (qtype == KNOT_RRTYPE_A)
    data = wishes->address;
  else if (qtype == KNOT_RRTYPE_AAAA)
    data = "2001:db8::1";
  else if (qtype == KNOT_RRTYPE_TXT && wishes->size == 0)
    data = "text";
  if (data != NULL)
    dns_message_add_text (answer, DNS_ANSWER, owner, qtype, wishes->ttl, data);
  else if (qtype == KNOT_RRTYPE_TXT)
    add_bulk (answer, owner, wishes);
  else
    return FALSE;
  return TRUE;
}

static void
set_flag (GByteArray *answer, guint16 flag)
{
  dns_message_set (answer, 2, dns_message_get (answer, 2) | flag);
}

void
fake_zone_answer (const FakeQuery *query, GByteArray *answer, gpointer data)
{
  Wishes wishes = read_wishes (query->text);
  DnsName owner = query->name;

  wishes.address = data != NULL ? data : "192.0.2.1";
  if (wishes.alias)
    {
      dns_message_add_text (answer, DNS_ANSWER, &owner, KNOT_RRTYPE_CNAME, wishes.ttl,
                            "target.test");
      owner = dns_name ("target.test");
    }
  if (wishes.nx)
    set_flag (answer, KNOT_RCODE_NXDOMAIN);
  if (wishes.nx || wishes.nodata || !add_data (answer, &owner, query->qtype, &wishes))
    {
      add_soa (answer, &wishes);
      return;
    }
  if (wishes.is_signed)
    set_flag (answer, DNS_AD);
  if (wishes.is_signed && (query->edns_flags & KNOT_EDNS_DO_MASK) != 0)
    add_signature (answer, &owner, query->qtype, wishes.ttl);
}
