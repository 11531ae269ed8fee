/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Input: type and class, two octets each, then a name in wire form.
 * Catches: a name that is answered here though no rule names it, or asked of the world though one
 * does, compared with a slow look at its text; an answer that no parser would take. */

#include <libknot/libknot.h>
#include <string.h>

#include "core/special.h"
#include "fuzz.h"

static const char *const zones[] = {
  "localhost",
  "invalid",
  "onion",
  "local",
  "alt",
  "home.arpa",
  "resolver.arpa",
  "0.in-addr.arpa",
  "10.in-addr.arpa",
  "127.in-addr.arpa",
  "254.169.in-addr.arpa",
  "168.192.in-addr.arpa",
  "2.0.192.in-addr.arpa",
  "100.51.198.in-addr.arpa",
  "113.0.203.in-addr.arpa",
  "255.255.255.255.in-addr.arpa",
  "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
  "d.f.ip6.arpa",
  "8.e.f.ip6.arpa",
  "9.e.f.ip6.arpa",
  "a.e.f.ip6.arpa",
  "b.e.f.ip6.arpa",
  "8.b.d.0.1.0.0.2.ip6.arpa",
};

/* The labels, each followed by a dot, with a question mark for each octet that no zone here has. */
static char *
to_text (const DotlsKey *key)
{
  GString *text = g_string_new (NULL);

  for (const guint8 *label = key->name; *label != 0; label += 1 + *label)
    {
      for (guint i = 1; i <= label[0]; i++)
        g_string_append_c (text, g_ascii_isalnum (label[i]) || label[i] == '-' ? label[i] : '?');
      g_string_append_c (text, '.');
    }
  return g_string_free (text, FALSE);
}

/* Both end in a dot. */
static gboolean
is_below (const char *name, const char *zone)
{
  g_autofree char *suffix = g_strconcat (".", zone, ".", NULL);

  return g_str_equal (name, suffix + 1) || g_str_has_suffix (name, suffix);
}

static gboolean
is_in_range (const char *name, const char *parent, int first, int last)
{
  for (int i = first; i <= last; i++)
    {
      g_autofree char *zone = g_strdup_printf ("%d.%s.in-addr.arpa", i, parent);

      if (is_below (name, zone))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_special (const char *name, guint16 qtype)
{
  if (g_str_equal (name, "home.arpa.") && qtype == KNOT_RRTYPE_DS)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (zones); i++)
    if (is_below (name, zones[i]))
      return TRUE;
  if (is_in_range (name, "172", 16, 31) || is_in_range (name, "100", 64, 127))
    return TRUE;
  return name[0] != '\0' && strchr (name, '.') == name + strlen (name) - 1
         && (qtype == KNOT_RRTYPE_A || qtype == KNOT_RRTYPE_AAAA || qtype == 64 || qtype == 65);
}

static void
check_answer (const DotlsKey *key, const DotlsSpecial *special)
{
  DotlsEnvelope envelope = { .limit = 512, .edns = 1 };
  guint8 buffer[512] = { [5] = 1 };
  gsize end = DOTLS_HEADER_SIZE + key->name_length + 4u, length;
  DotlsBody body;
  knot_pkt_t *packet;

  memcpy (buffer + DOTLS_HEADER_SIZE, key->name, key->name_length);
  dotls_write_u16 (buffer + end - 4, key->qtype);
  dotls_write_u16 (buffer + end - 2, key->qclass);
  dotls_special_body (special, &body);
  length = dotls_wire_reply_body (buffer, sizeof buffer, end, &envelope, &body, 0);
  packet = knot_pkt_new (buffer, length, NULL);
  g_assert_cmpint (knot_pkt_parse (packet, 0), ==, KNOT_EOK);
  g_assert_cmpuint (knot_pkt_section (packet, KNOT_ANSWER)->count, ==, body.ancount);
  g_assert_cmpuint (knot_pkt_section (packet, KNOT_AUTHORITY)->count, ==, body.nscount);
  g_assert_false (dotls_wire_is_truncated (buffer));
  knot_pkt_free (packet);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  DotlsKey key = { 0 };
  DotlsSpecial special;
  gboolean found;
  gsize length;

  if (size < 5)
    return 0;
  length = dotls_name_length (data + 4, data + size);
  if (length == 0)
    return 0;
  key.qtype = dotls_read_u16 (data);
  key.qclass = dotls_read_u16 (data + 2);
  key.name_length = length;
  dotls_name_fold (key.name, data + 4, length);
  found = dotls_special_find (&key, &special);
  if (found)
    check_answer (&key, &special);
  if (key.qclass == DOTLS_CLASS_IN)
    {
      g_autofree char *text = to_text (&key);

      g_assert_cmpint (found, ==, is_special (text, key.qtype));
    }
  return 0;
}
