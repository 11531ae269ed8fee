/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Which names never leave this machine, and what is said about them instead. */

#include <libknot/libknot.h>
#include <string.h>

#include "core/limits.h"
#include "core/special.h"

typedef struct
{
  guint8 bytes[600];
  gsize length;
} Message;

static void
make_key (DotlsKey *ret_key, const char *name, guint16 qtype, guint16 qclass)
{
  memset (ret_key, 0, sizeof *ret_key);
  ret_key->name_length = dotls_name_from_text (name, ret_key->name);
  g_assert_cmpuint (ret_key->name_length, >, 0);
  dotls_name_fold (ret_key->name, ret_key->name, ret_key->name_length);
  ret_key->qtype = qtype;
  ret_key->qclass = qclass;
}

/* The whole reply, as the resolver makes it. */
static void
reply (const DotlsKey *key, const DotlsBody *body, Message *ret_message)
{
  DotlsEnvelope envelope = { .id = 1, .limit = 512, .edns_size = 1232, .edns = 1 };
  guint8 *question = ret_message->bytes + DOTLS_HEADER_SIZE;
  gsize end = DOTLS_HEADER_SIZE + key->name_length + 4;

  memset (ret_message->bytes, 0, sizeof ret_message->bytes);
  ret_message->bytes[5] = 1;
  memcpy (question, key->name, key->name_length);
  dotls_write_u16 (question + key->name_length, key->qtype);
  dotls_write_u16 (question + key->name_length + 2, key->qclass);
  ret_message->length = dotls_wire_reply_body (ret_message->bytes, sizeof ret_message->bytes, end,
                                               &envelope, body, 0);
}

/* "NXDOMAIN", or the records as a zone file has them, without TTL and class. */
static char *
describe (knot_pkt_t *packet)
{
  const knot_pktsection_t *answer = knot_pkt_section (packet, KNOT_ANSWER);
  const knot_pktsection_t *authority = knot_pkt_section (packet, KNOT_AUTHORITY);
  char data[300], owner[300];
  const knot_rrset_t *rrset;

  if (knot_pkt_ext_rcode (packet) == KNOT_RCODE_REFUSED)
    return g_strdup ("REFUSED");
  rrset = answer->count > 0 ? knot_pkt_rr (answer, 0) : knot_pkt_rr (authority, 0);
  g_assert_cmpuint (answer->count + authority->count, ==, 1);
  g_assert_cmpuint (rrset->ttl, ==, DOTLS_SPECIAL_TTL_S);
  knot_dname_to_str (owner, rrset->owner, sizeof owner);
  knot_rrset_txt_dump_data (rrset, 0, data, sizeof data, &KNOT_DUMP_STYLE_DEFAULT);
  if (rrset->type == KNOT_RRTYPE_SOA)
    {
      g_autofree char *soa =
          g_strdup_printf ("%s nobody.invalid. 1 3600 1200 604800 %d", owner, DOTLS_SPECIAL_TTL_S);

      g_assert_cmpstr (data, ==, soa);
    }
  if (knot_pkt_ext_rcode (packet) == KNOT_RCODE_NXDOMAIN)
    return g_strdup_printf ("NXDOMAIN %s", owner);
  g_assert_cmpint (knot_pkt_ext_rcode (packet), ==, KNOT_RCODE_NOERROR);
  if (answer->count == 0)
    return g_strdup_printf ("NODATA %s", owner);
  return rrset->type == KNOT_RRTYPE_SOA ? g_strdup_printf ("SOA %s", owner) : g_strdup (data);
}

static void
check (const char *name, const char *type, guint16 qclass, const char *expected)
{
  DotlsSpecial special;
  DotlsBody body;
  DotlsKey key;
  Message message;
  guint16 qtype;
  knot_pkt_t *packet;
  g_autofree char *got = NULL;

  g_assert_cmpint (knot_rrtype_from_string (type, &qtype), ==, 0);
  make_key (&key, name, qtype, qclass);
  if (!dotls_special_find (&key, &special))
    {
      g_test_message ("%s %s goes up", name, type);
      g_assert_null (expected);
      return;
    }
  dotls_special_body (&special, &body);
  reply (&key, &body, &message);
  packet = knot_pkt_new (message.bytes, message.length, NULL);
  g_assert_cmpint (knot_pkt_parse (packet, 0), ==, KNOT_EOK);
  got = describe (packet);
  g_test_message ("%s %s: %s", name, type, got);
  g_assert_cmpstr (got, ==, expected);
  g_assert_cmpint (body.ede == DOTLS_EDE_NONE, ==, knot_pkt_section (packet, KNOT_ANSWER)->count);
  knot_pkt_free (packet);
}

typedef struct
{
  const char *name, *type, *expected; /* NULL: goes up */
} Case;

static void
check_cases (const Case *cases, gsize n)
{
  for (gsize i = 0; i < n; i++)
    check (cases[i].name, cases[i].type, DOTLS_CLASS_IN, cases[i].expected);
}

/* Catches: localhost asked of the world, or answered with somebody else's address. */
static void
test_localhost (void)
{
  static const Case cases[] = {
    { "localhost", "A", "127.0.0.1" },
    { "LocalHost.", "AAAA", "::1" },
    { "a.b.localhost", "A", "127.0.0.1" },
    { "localhost", "ANY", "127.0.0.1" },
    { "localhost", "MX", "NODATA localhost." },
    { "a.localhost", "NS", "NODATA localhost." },
    { "localhost", "DS", "NODATA localhost." },
    { "localhost.example", "A", NULL },
    { "xlocalhost.example", "A", NULL },
    { "ghost.example.host", "A", NULL },
    { "x.xlocalhost", "A", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Catches: names of other systems told to an upstream; look-alikes held back. */
static void
test_absent (void)
{
  static const Case cases[] = {
    { "invalid", "A", "NXDOMAIN ." },
    { "a.INVALID", "MX", "NXDOMAIN ." },
    { "expyuzz4wqqyqhjn.onion", "AAAA", "NXDOMAIN ." },
    { "onion", "SOA", "NXDOMAIN ." },
    { "printer.local", "A", "NXDOMAIN ." },
    { "_ipp._tcp.printer.local", "SRV", "NXDOMAIN ." },
    { "local", "SOA", "NXDOMAIN ." },
    { "x.y.alt", "TXT", "NXDOMAIN ." },
    { "alt", "NS", "NXDOMAIN ." },
    { "onion.example", "A", NULL },
    { "x.minion", "A", NULL },
    { "x.vocal", "A", NULL },
    { "x.salt", "A", NULL },
    { "x\\003alt", "TXT", NULL },
    { "www.x\\005local", "A", NULL },
    { "a.test", "A", NULL },
    { "use-application-dns.net", "A", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Catches: the zones below arpa taken too wide or too narrow; DS of home.arpa held back. */
static void
test_arpa (void)
{
  static const Case cases[] = {
    { "home.arpa", "A", "NODATA home.arpa." },
    { "home.arpa", "SOA", "SOA home.arpa." },
    { "home.arpa", "DS", NULL },
    { "router.home.arpa", "A", "NXDOMAIN home.arpa." },
    { "router.home.arpa", "DS", "NXDOMAIN home.arpa." },
    { "resolver.arpa", "SOA", "NODATA resolver.arpa." },
    { "_dns.resolver.arpa", "SVCB", "NODATA resolver.arpa." },
    { "arpa", "NS", NULL },
    { "arpa", "A", "NODATA ." },
    { "in-addr.arpa", "SOA", NULL },
    { "ipv4only.arpa", "AAAA", NULL },
    { "xhome.arpa", "A", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Catches: who is behind which private address told to an upstream (RFC 6303 section 1); a public
 * address that cannot be looked up any more. */
static void
test_reverse4 (void)
{
  static const Case cases[] = {
    { "1.0.0.127.in-addr.arpa", "PTR", "localhost." },
    { "1.0.0.127.in-addr.arpa", "A", "NODATA 127.in-addr.arpa." },
    { "0.127.in-addr.arpa", "PTR", "NODATA 127.in-addr.arpa." },
    { "2.0.0.127.in-addr.arpa", "PTR", "NXDOMAIN 127.in-addr.arpa." },
    { "x.1.0.0.127.in-addr.arpa", "PTR", "NXDOMAIN 127.in-addr.arpa." },
    { "127.in-addr.arpa", "SOA", "SOA 127.in-addr.arpa." },
    { "4.3.2.10.in-addr.arpa", "PTR", "NXDOMAIN 10.in-addr.arpa." },
    { "10.in-addr.arpa", "NS", "NODATA 10.in-addr.arpa." },
    { "b._dns-sd._udp.0.0.168.192.in-addr.arpa", "PTR", "NXDOMAIN 168.192.in-addr.arpa." },
    { "1.0.254.169.in-addr.arpa", "PTR", "NXDOMAIN 254.169.in-addr.arpa." },
    { "1.2.0.192.in-addr.arpa", "PTR", "NXDOMAIN 2.0.192.in-addr.arpa." },
    { "1.100.51.198.in-addr.arpa", "PTR", "NXDOMAIN 100.51.198.in-addr.arpa." },
    { "1.113.0.203.in-addr.arpa", "PTR", "NXDOMAIN 113.0.203.in-addr.arpa." },
    { "255.255.255.255.in-addr.arpa", "PTR", "NODATA 255.255.255.255.in-addr.arpa." },
    { "1.2.3.0.in-addr.arpa", "PTR", "NXDOMAIN 0.in-addr.arpa." },
    { "1.1.15.172.in-addr.arpa", "PTR", NULL },
    { "1.1.16.172.in-addr.arpa", "PTR", "NXDOMAIN 16.172.in-addr.arpa." },
    { "31.172.in-addr.arpa", "SOA", "SOA 31.172.in-addr.arpa." },
    { "1.1.32.172.in-addr.arpa", "PTR", NULL },
    { "172.in-addr.arpa", "NS", NULL },
    { "1.016.172.in-addr.arpa", "PTR", NULL },
    { "1.16x.172.in-addr.arpa", "PTR", NULL },
    { "1.1.63.100.in-addr.arpa", "PTR", NULL },
    { "1.1.64.100.in-addr.arpa", "PTR", "NXDOMAIN 64.100.in-addr.arpa." },
    { "1.1.127.100.in-addr.arpa", "PTR", "NXDOMAIN 127.100.in-addr.arpa." },
    { "1.1.128.100.in-addr.arpa", "PTR", NULL },
    { "8.8.8.8.in-addr.arpa", "PTR", NULL },
    { "1.110.in-addr.arpa", "PTR", NULL },
    { "192.in-addr.arpa", "NS", NULL },
    { "10.in-addr.arpa.example", "PTR", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

#define Z7 "0.0.0.0.0.0.0."
#define Z23 "0." Z7 "0." Z7 Z7
/* The same for IPv6. */
static void
test_reverse6 (void)
{
  static const Case cases[] = {
    { "1." Z7 "0." Z23 "ip6.arpa", "PTR", "localhost." },
    { Z7 "0.0." Z23 "ip6.arpa", "PTR", "NODATA " Z7 "0.0." Z23 "ip6.arpa." },
    { "2." Z7 "0." Z23 "ip6.arpa", "PTR", NULL },
    { "0.ip6.arpa", "NS", NULL },
    { "1.2.d.f.ip6.arpa", "PTR", "NXDOMAIN d.f.ip6.arpa." },
    { "1.8.e.f.ip6.arpa", "PTR", "NXDOMAIN 8.e.f.ip6.arpa." },
    { "1.B.E.F.ip6.arpa", "PTR", "NXDOMAIN b.e.f.ip6.arpa." },
    { "1.c.e.f.ip6.arpa", "PTR", NULL },
    { "1.8.b.d.0.1.0.0.2.ip6.arpa", "PTR", "NXDOMAIN 8.b.d.0.1.0.0.2.ip6.arpa." },
    { "1.0.0.2.ip6.arpa", "PTR", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Catches: the names of a local network told to the world; top-level domains that cannot be
 * examined. */
static void
test_single_label (void)
{
  static const Case cases[] = {
    { "fileserver", "A", "NODATA ." },
    { "fileserver", "AAAA", "NODATA ." },
    { "fileserver", "TYPE65", "NODATA ." },
    { "fileserver", "TYPE64", "NODATA ." },
    { "com", "NS", NULL },
    { "com", "SOA", NULL },
    { "com", "DS", NULL },
    { "com", "DNSKEY", NULL },
    { ".", "A", NULL },
    { ".", "NS", NULL },
    { "a.b", "A", NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Catches: version.bind asked of an upstream (RFC 4892), unknown classes refused (RFC 3597). */
static void
test_classes (void)
{
  static const struct
  {
    guint16 qclass;
    const char *expected;
  } cases[] = { { 3, "REFUSED" }, { 4, "REFUSED" }, { 254, "REFUSED" }, { 255, "REFUSED" },
                { 2, NULL },      { 32, NULL },     { 65280, NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      check ("version.bind", "TXT", cases[i].qclass, cases[i].expected);
      check ("localhost", "A", cases[i].qclass, cases[i].expected);
    }
}

/* Catches: an answer that does not fit the longest name, or a pointer past 14 bits. */
static void
test_long_names (void)
{
  g_autofree char *label = g_strnfill (63, 'x');
  g_autofree char *local = g_strdup_printf ("%s.%s.%s.%.55s.local", label, label, label, label);
  g_autofree char *host = g_strdup_printf ("%s.%s.%s.%.51s.localhost", label, label, label, label);

  check (local, "A", DOTLS_CLASS_IN, "NXDOMAIN .");
  check (host, "A", DOTLS_CLASS_IN, "127.0.0.1");
  check (host, "TXT", DOTLS_CLASS_IN, "NODATA localhost.");
}

/* Catches: a slow look at every usual name; this runs before each cache hit. */
static void
test_speed (void)
{
  static const char *const names[] = { "www.example.com", "a.b.c.d.example.net", "static.host" };
  DotlsKey keys[G_N_ELEMENTS (names)];
  DotlsSpecial special;
  const int n = 3000000;
  int found = 0;
  gint64 start;
  double each;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    make_key (&keys[i], names[i], DOTLS_TYPE_A, DOTLS_CLASS_IN);
  start = g_get_monotonic_time ();
  for (int i = 0; i < n; i++)
    found += dotls_special_find (&keys[i % G_N_ELEMENTS (names)], &special);
  g_assert_cmpint (found, ==, 0);
  each = (g_get_monotonic_time () - start) * 1000. / n;
  g_test_minimized_result (each, "%.1f ns a name", each);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/special/localhost", test_localhost);
  g_test_add_func ("/special/absent", test_absent);
  g_test_add_func ("/special/arpa", test_arpa);
  g_test_add_func ("/special/reverse4", test_reverse4);
  g_test_add_func ("/special/reverse6", test_reverse6);
  g_test_add_func ("/special/single-label", test_single_label);
  g_test_add_func ("/special/classes", test_classes);
  g_test_add_func ("/special/long-names", test_long_names);
  if (g_test_perf ())
    g_test_add_func ("/special/speed", test_speed);
  return g_test_run ();
}
