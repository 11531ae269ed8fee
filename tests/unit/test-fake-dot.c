/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/dot-client.h"
#include "tests/lib/fake-dot.h"

/* The fake is what the fault suite stands on: a verb that does not do what it says would let those
 * tests pass for the wrong reason.  So every verb is looked at here with a plain client. */

static Certs *certs;

typedef struct
{
  FakeDot *fake;
  DotClient *client;
  int code;
} Fixture;

static void
open_client (Fixture *f)
{
  DotClientOptions options = { .port = fake_dot_get_port (f->fake),
                               .sni = "dot.test",
                               .alpn = "dot" };

  g_clear_pointer (&f->client, dot_client_free);
  f->client = dot_client_new (&options, &f->code);
}

static void
set_up (Fixture *f, gconstpointer script)
{
  f->fake = fake_dot_new (certs);
  fake_dot_script (f->fake, script);
}

static void
tear_down (Fixture *f, gconstpointer script)
{
  g_clear_pointer (&f->client, dot_client_free);
  fake_dot_free (f->fake);
}

static GByteArray *
make_query (guint16 id, const char *name, guint16 qtype)
{
  GByteArray *query = dns_query_new (id, name, qtype);

  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
  return query;
}

static void
ask (Fixture *f, guint16 id, const char *name, guint16 qtype)
{
  g_autoptr (GByteArray) query = make_query (id, name, qtype);

  if (f->client == NULL)
    open_client (f);
  g_assert_cmpint (f->code, ==, 0);
  dot_client_send (f->client, query);
}

static GByteArray *
receive (Fixture *f)
{
  return dot_client_receive (f->client, &f->code);
}

static GByteArray *
exchange (Fixture *f, const char *name, guint16 qtype)
{
  GByteArray *answer;

  ask (f, 4711, name, qtype);
  answer = receive (f);
  g_assert_nonnull (answer);
  return answer;
}

static guint
rcode (const GByteArray *answer)
{
  return dns_message_get (answer, 2) & 15;
}

/* --- a good server ---------------------------------------------------------------------------- */

/* Catches a server that does not answer rightly when nothing is wrong. */
static void
test_good (Fixture *f, gconstpointer script)
{
  static const guint8 address[] = { 192, 0, 2, 1 };
  g_autoptr (GByteArray) answer = exchange (f, "Www.Example.test", KNOT_RRTYPE_A);
  g_autoptr (knot_pkt_t) packet = dns_parse (answer->data, answer->len);
  const FakeQuery *query = fake_dot_get_query (f->fake, 0);
  FakePeer peer = fake_dot_get_peer (f->fake, 1);
  const knot_rrset_t *record;

  g_assert_nonnull (packet);
  g_assert_cmpuint (knot_wire_get_id (packet->wire), ==, 4711);
  g_assert_cmpuint (knot_pkt_section (packet, KNOT_ANSWER)->count, ==, 1);
  record = knot_pkt_rr (knot_pkt_section (packet, KNOT_ANSWER), 0);
  g_assert_cmpuint (record->ttl, ==, 3600);
  g_assert_cmpmem (knot_rdataset_at (&record->rrs, 0)->data, 4, address, 4);
  g_assert_nonnull (packet->opt_rr);
  g_assert_cmpstr (query->text, ==, "Www.Example.test");
  g_assert_cmpuint (query->qtype, ==, KNOT_RRTYPE_A);
  g_assert_true (query->has_edns);
  g_assert_cmpuint (query->udp_size, ==, 1232);
  g_assert_cmpuint (fake_dot_count_queries (f->fake, "www.example.TEST", 0), ==, 1);
  g_assert_true (peer.has_hello && peer.has_handshake);
  g_assert_false (peer.is_resumed || peer.is_closed || peer.offers_early_data);
  g_assert_cmpstr (peer.sni, ==, "dot.test");
  g_assert_cmpstr (peer.alpn, ==, "dot");
}

/* Catches a label of the zone that does not do what fake-dot.h says. */
static void
test_zone (Fixture *f, gconstpointer script)
{
  static const struct
  {
    const char *name;
    guint16 qtype, rcode, answers, authority;
    guint32 ttl;
  } cases[] = {
    { "a.test", KNOT_RRTYPE_AAAA, 0, 1, 0, 3600 },   { "a.test", KNOT_RRTYPE_TXT, 0, 1, 0, 3600 },
    { "a.test", KNOT_RRTYPE_MX, 0, 0, 1, 3600 },     { "a.nx.test", KNOT_RRTYPE_A, 3, 0, 1, 3600 },
    { "nodata.test", KNOT_RRTYPE_A, 0, 0, 1, 3600 }, { "alias.test", KNOT_RRTYPE_A, 0, 2, 0, 3600 },
    { "ttl7.test", KNOT_RRTYPE_A, 0, 1, 0, 7 },      { "nx.ttl9.test", KNOT_RRTYPE_A, 3, 0, 1, 9 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) answer = exchange (f, cases[i].name, cases[i].qtype);
      g_autoptr (knot_pkt_t) packet = dns_parse (answer->data, answer->len);
      gboolean is_positive = cases[i].answers > 0;
      const knot_pktsection_t *section;

      g_test_message ("%s", cases[i].name);
      g_assert_nonnull (packet);
      g_assert_cmpuint (rcode (answer), ==, cases[i].rcode);
      g_assert_cmpuint (dns_message_get (answer, DNS_ANSWER), ==, cases[i].answers);
      g_assert_cmpuint (dns_message_get (answer, DNS_AUTHORITY), ==, cases[i].authority);
      section = knot_pkt_section (packet, is_positive ? KNOT_ANSWER : KNOT_AUTHORITY);
      g_assert_cmpuint (knot_pkt_rr (section, 0)->ttl, ==, cases[i].ttl);
    }
}

/* Catches sizes that are not near what was asked for. */
static void
test_sizes (Fixture *f, gconstpointer script)
{
  static const guint sizes[] = { 512, 513, 600, 4000, 60000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = g_strdup_printf ("size%u.test", sizes[i]);
      g_autoptr (GByteArray) answer = exchange (f, name, KNOT_RRTYPE_TXT);
      g_autoptr (knot_pkt_t) packet = dns_parse (answer->data, answer->len);

      g_assert_nonnull (packet);
      g_assert_cmpuint (answer->len, ==, sizes[i] + 11); /* with OPT */
    }
}

/* --- messages --------------------------------------------------------------------------------- */

typedef struct
{
  const char *script;
  gboolean is_message; /* libknot can read it */
  guint rcode;
} MessageCase;

static const MessageCase message_cases[] = {
  { "rcode=2", TRUE, 2 },        { "rcode=5", TRUE, 5 },
  { "rcode=4", TRUE, 4 },        { "rcode=16", TRUE, 0 },
  { "bare=1", TRUE, 1 },         { "nxdomain-bare", TRUE, 3 },
  { "nodata-bare", TRUE, 0 },    { "foreign-soa", TRUE, 3 },
  { "alias-chain=20", TRUE, 0 }, { "alias-loop", TRUE, 0 },
  { "unrelated", TRUE, 0 },      { "only-unrelated", TRUE, 0 },
  { "huge", TRUE, 0 },           { "opaque=300", TRUE, 0 },
  { "pointer-loop", FALSE, 0 },  { "pointer-forward", FALSE, 0 },
  { "long-name", FALSE, 0 },     { "label-type", FALSE, 0 },
  { "overrun", FALSE, 0 },       { "count=200", FALSE, 0 },
  { "trailing=7", FALSE, 0 },    { "cut=20", FALSE, 0 },
  { "truncate", TRUE, 0 },       { "edns-unknown", TRUE, 1 },
  { "no-edns", TRUE, 0 },        { "second-opt", FALSE, 0 },
  { "keepalive=50", TRUE, 0 },   { "pad=468", TRUE, 0 },
  { "ede=22", TRUE, 0 },         { "other-case", TRUE, 0 },
};

/* Catches hostile answers that a careful reader accepts, and others that it does not. */
static void
test_messages (Fixture *f, gconstpointer script)
{
  for (guint i = 0; i < G_N_ELEMENTS (message_cases); i++)
    {
      const MessageCase *wanted = &message_cases[i];
      guint16 qtype = g_str_has_prefix (wanted->script, "opaque") ? 65280 : KNOT_RRTYPE_A;
      g_autoptr (GByteArray) answer = NULL;
      g_autoptr (knot_pkt_t) packet = NULL;

      g_test_message ("%s", wanted->script);
      fake_dot_script (f->fake, wanted->script);
      answer = exchange (f, "www.example.test", qtype);
      packet = dns_parse (answer->data, answer->len);
      g_assert_cmpint (packet != NULL, ==, wanted->is_message);
      g_assert_cmpuint (rcode (answer), ==, wanted->rcode);
      g_assert_cmpuint (dns_message_get (answer, 0), ==, 4711);
    }
}

/* Catches fields that the verb of their name does not set. */
static void
test_fields (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = NULL;

  fake_dot_script (f->fake, "wrong-id");
  ask (f, 1, "a.test", KNOT_RRTYPE_A);
  answer = receive (f);
  g_assert_cmpuint (dns_message_get (answer, 0), ==, 0xfffe);
  g_byte_array_unref (answer);

  fake_dot_script (f->fake, "wrong-name; wrong-type; wrong-class; truncate; flip=0x20");
  answer = exchange (f, "a.test", KNOT_RRTYPE_A);
  g_assert_cmpmem (answer->data + 12, 8, "\1`\4test\0", 8);
  g_assert_cmpuint (dns_message_get (answer, 20), ==, KNOT_RRTYPE_MX);
  g_assert_cmpuint (dns_message_get (answer, 22), ==, KNOT_CLASS_CH);
  g_assert_cmphex (dns_message_get (answer, 2), ==, DNS_QR | DNS_TC | DNS_RD | DNS_RA | DNS_AD);
  g_byte_array_unref (answer);

  fake_dot_script (f->fake, "other-case; query");
  answer = exchange (f, "aB.test", KNOT_RRTYPE_A);
  g_assert_cmpmem (answer->data + 12, 9, "\2Ab\4TEST\0", 9);
  g_assert_cmphex (dns_message_get (answer, 2) & DNS_QR, ==, 0);
  g_byte_array_unref (answer);

  fake_dot_script (f->fake, "pad=468");
  answer = exchange (f, "a.test", KNOT_RRTYPE_A);
  g_assert_cmpuint (answer->len, ==, 468);
  g_byte_array_unref (answer);

  fake_dot_script (f->fake, "huge");
  answer = exchange (f, "a.test", KNOT_RRTYPE_A);
  g_assert_cmpuint (answer->len, ==, 65535);
}

/* Catches limits of a rule that do not limit. */
static void
test_limits (Fixture *f, gconstpointer script)
{
  static const guint wanted[] = { 0, 2, 2, 0 };

  fake_dot_script (f->fake,
                   "rcode=2 name=bad.test type=A after=1 count=2; rcode=5 name=worse.test");
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autoptr (GByteArray) bad = exchange (f, "x.BAD.test", KNOT_RRTYPE_A);
      g_autoptr (GByteArray) other = exchange (f, "x.bad.test", KNOT_RRTYPE_AAAA);
      g_autoptr (GByteArray) good = exchange (f, "notbad.test", KNOT_RRTYPE_A);

      g_assert_cmpuint (rcode (bad), ==, wanted[i]);
      g_assert_cmpuint (rcode (other), ==, 0);
      g_assert_cmpuint (rcode (good), ==, 0);
    }
}

/* --- the stream ------------------------------------------------------------------------------- */

static void
ask_three (Fixture *f)
{
  GByteArray *queries[] = { make_query (1, "one.test", KNOT_RRTYPE_A),
                            make_query (2, "two.test", KNOT_RRTYPE_A),
                            make_query (3, "three.test", KNOT_RRTYPE_A) };

  if (f->client == NULL)
    open_client (f);
  g_assert_cmpint (f->code, ==, 0);
  dot_client_send_together (f->client, queries, 3);
  for (guint i = 0; i < 3; i++)
    g_byte_array_unref (queries[i]);
}

static void
expect_ids (Fixture *f, const guint *ids, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GByteArray) answer = receive (f);

      g_assert_nonnull (answer);
      g_assert_cmpuint (dns_message_get (answer, 0), ==, ids[i]);
    }
}

/* Catches queries of one record that are not counted as such, and answers of several records that
 * come in one. */
static void
test_records (Fixture *f, gconstpointer script)
{
  static const guint ids[] = { 1, 2, 3 };

  ask_three (f);
  expect_ids (f, ids, 3);
  g_assert_cmpuint (fake_dot_get (f->fake, FAKE_RECORDS), ==, 1);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (fake_dot_get_query (f->fake, i)->record, ==, 1);
  g_assert_cmpuint (dot_client_get_records (f->client), ==, 3);
  fake_dot_wait (f->fake, FAKE_ANSWERS, 3);
}

/* Catches a batch that goes out in order. */
static void
test_reverse (Fixture *f, gconstpointer script)
{
  static const guint ids[] = { 3, 2, 1 };

  ask_three (f);
  expect_ids (f, ids, 3);
}

/* Catches answers that do not share a record. */
static void
test_coalesce (Fixture *f, gconstpointer script)
{
  static const guint ids[] = { 1, 2, 3 };

  ask_three (f);
  expect_ids (f, ids, 3);
  g_assert_cmpuint (dot_client_get_records (f->client), ==, 1);
}

/* Catches a split that is none: one record a byte. */
static void
test_split (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (dot_client_get_records (f->client), ==, answer->len + 2);
}

/* Catches answers that get lost when they are written byte by byte. */
static void
test_trickle (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (rcode (answer), ==, 0);
}

/* Catches a delay that is none, and one that holds up other answers. */
static void
test_delay (Fixture *f, gconstpointer script)
{
  static const guint ids[] = { 2, 3, 1 };
  gint64 start = g_get_monotonic_time ();

  ask_three (f);
  expect_ids (f, ids, 3);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50 * 1000);
}

/* Catches frames that are missing around the good answer. */
static void
test_frames (Fixture *f, gconstpointer script)
{
  static const guint ids[] = { 12, 11, 10, 12, 11, 10 };
  g_autoptr (GByteArray) empty = NULL;

  ask (f, 10, "a.test", KNOT_RRTYPE_A);
  empty = receive (f);
  g_assert_cmpuint (empty->len, ==, 0);
  expect_ids (f, ids, G_N_ELEMENTS (ids));
}

/* Catches noise in the TLS stream that disturbs it. */
static void
test_noise (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpuint (rcode (answer), ==, 0);
}

/* --- the end ---------------------------------------------------------------------------------- */

typedef struct
{
  const char *script;
  guint answers;
  int code; /* of GnuTLS at the end */
} EndCase;

static const EndCase end_cases[] = {
  { "close-notify=2", 2, 0 },
  { "close-notify-only=2", 2, 0 },
  { "close-fin=2", 2, GNUTLS_E_PREMATURE_TERMINATION },
  { "close-reset=2", 2, GNUTLS_E_PULL_ERROR },
  { "close-half-fin=1", 1, GNUTLS_E_PREMATURE_TERMINATION },
  { "close-half-reset=1", 1, GNUTLS_E_PULL_ERROR },
  { "lose-notify=3", 0, 0 },
  { "lose-fin=3", 0, GNUTLS_E_PREMATURE_TERMINATION },
  { "lose-reset=3", 0, GNUTLS_E_PULL_ERROR },
  { "close-notify", 0, 0 },
};

/* Catches connections that end in another way or at another time than the script says. */
static void
test_ends (Fixture *f, gconstpointer script)
{
  for (guint i = 0; i < G_N_ELEMENTS (end_cases); i++)
    {
      const EndCase *wanted = &end_cases[i];
      GByteArray *answer;
      guint n = 0;

      g_test_message ("%s", wanted->script);
      fake_dot_script (f->fake, wanted->script);
      open_client (f);
      ask_three (f);
      while ((answer = receive (f)) != NULL)
        {
          g_byte_array_unref (answer);
          n++;
        }
      g_assert_cmpuint (n, ==, wanted->answers);
      g_assert_cmpint (f->code, ==, wanted->code);
    }
  g_clear_pointer (&f->client, dot_client_free);
  fake_dot_wait_all_closed (f->fake);
}

/* Catches an idle connection that stays open. */
static void
test_idle_close (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_null (receive (f));
  g_assert_cmpint (f->code, ==, 0);
}

/* Catches silence that is broken, and a goodbye of the client that is not written down. */
static void
test_silence (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = NULL;

  ask (f, 1, "a.test", KNOT_RRTYPE_A);
  fake_dot_wait (f->fake, FAKE_QUERIES, 1);
  ask (f, 2, "b.test", KNOT_RRTYPE_A);
  answer = receive (f);
  g_assert_nonnull (answer);
  g_assert_cmpuint (dns_message_get (answer, 0), ==, 2);
  g_clear_pointer (&f->client, dot_client_free);
  fake_dot_wait (f->fake, FAKE_CLOSED, 1);
  g_assert_true (fake_dot_get_peer (f->fake, 1).has_close_notify);
}

/* --- the handshake ---------------------------------------------------------------------------- */

static guint
chain_length (CertKind kind)
{
  switch (kind)
    {
    case CERT_INTERMEDIATE:
      return 2;
    case CERT_WRONG_ORDER:
      return 4;
    case CERT_LONG_CHAIN:
      return 12;
    default:
      return 1;
    }
}

/* Catches certificates that are not the scripted ones, and chains that are not sent whole. */
static void
test_certificate (Fixture *f, gconstpointer script)
{
  for (guint i = 0; i < CERT_N_KINDS; i++)
    {
      g_autofree char *rule = g_strdup_printf ("certificate=%s", cert_kind_to_string (i));
      const gnutls_datum_t *wanted, *sent;
      gnutls_datum_t der;
      gnutls_x509_crt_t *chain;
      unsigned n, n_sent;

      g_test_message ("%s", rule);
      fake_dot_script (f->fake, rule);
      open_client (f);
      g_assert_cmpint (f->code, ==, 0);
      sent = gnutls_certificate_get_peers (dot_client_get_session (f->client), &n_sent);
      g_assert_cmpint (
          gnutls_certificate_get_x509_crt (certs_credentials (certs, i), 0, &chain, &n), ==, 0);
      gnutls_x509_crt_export2 (chain[0], GNUTLS_X509_FMT_DER, &der);
      wanted = &der;
      g_assert_cmpmem (sent->data, sent->size, wanted->data, wanted->size);
      g_assert_cmpuint (n_sent, ==, chain_length (i));
      gnutls_free (der.data);
      for (guint k = 0; k < n; k++)
        gnutls_x509_crt_deinit (chain[k]);
      gnutls_free (chain);
    }
}

/* Catches versions that are not the only ones. */
static void
test_versions (Fixture *f, gconstpointer script)
{
  fake_dot_script (f->fake, "tls=1.2");
  open_client (f);
  g_assert_cmpint (gnutls_protocol_get_version (dot_client_get_session (f->client)), ==,
                   GNUTLS_TLS1_2);
  fake_dot_script (f->fake, "tls=1.3");
  open_client (f);
  g_assert_cmpint (gnutls_protocol_get_version (dot_client_get_session (f->client)), ==,
                   GNUTLS_TLS1_3);
  fake_dot_script (f->fake, "tls=1.1");
  {
    DotClientOptions options = { .port = fake_dot_get_port (f->fake),
                                 .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" };

    dot_client_free (f->client);
    f->client = dot_client_new (&options, &f->code);
  }
  g_assert_cmpint (f->code, <, 0);
  g_clear_pointer (&f->client, dot_client_free);
  fake_dot_wait (f->fake, FAKE_HANDSHAKE_FAILURES, 1);
  g_assert_true (fake_dot_get_peer (f->fake, 3).offers_tls12);
  g_assert_false (fake_dot_get_peer (f->fake, 3).offers_older);
}

/* Catches an old client that is taken for a modern one, and weak suites that are not seen. */
static void
test_old_client (Fixture *f, gconstpointer script)
{
  DotClientOptions options = { .port = fake_dot_get_port (f->fake),
                               .priority =
                                   "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1:+RSA" };
  FakePeer peer;

  f->client = dot_client_new (&options, &f->code);
  peer = fake_dot_get_peer (f->fake, 1);
  g_assert_true (peer.offers_older && peer.offers_tls12 && peer.offers_weak_cipher);
  g_assert_null (peer.sni);
  g_assert_null (peer.alpn);
}

/* Catches ALPN that is not as scripted: none, and one that was not offered. */
static void
test_alpn (Fixture *f, gconstpointer script)
{
  static const struct
  {
    const char *script, *alpn;
  } cases[] = { { "", "dot" },
                { "tls=1.2", "dot" },
                { "alpn=none", "" },
                { "alpn=doq", "doq" },
                { "alpn=doq; tls=1.2", "doq" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      fake_dot_script (f->fake, cases[i].script);
      open_client (f);
      g_assert_cmpint (f->code, ==, 0);
      g_assert_cmpstr (dot_client_get_alpn (f->client), ==, cases[i].alpn);
    }
}

/* Catches another key share that is not asked for (a HelloRetryRequest that does not happen). */
static void
test_group (Fixture *f, gconstpointer script)
{
  open_client (f);
  g_assert_cmpint (f->code, ==, 0);
  g_assert_cmpint (gnutls_group_get (dot_client_get_session (f->client)), ==,
                   GNUTLS_GROUP_SECP521R1);
}

/* Catches tickets that do not resume, that are there although turned off, or that resume after
 * the server forgot its keys. */
static void
test_tickets (Fixture *f, gconstpointer script)
{
  DotClientOptions options = { .port = fake_dot_get_port (f->fake), .alpn = "dot" };
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_cmpint (gnutls_session_get_data2 (dot_client_get_session (f->client), &options.ticket),
                   ==, 0);
  dot_client_free (f->client);
  f->client = dot_client_new (&options, &f->code);
  g_assert_cmpint (f->code, ==, 0);
  g_assert_true (gnutls_session_is_resumed (dot_client_get_session (f->client)));
  fake_dot_wait (f->fake, FAKE_RESUMED, 1);
  g_assert_true (fake_dot_get_peer (f->fake, 2).offers_ticket);
  g_assert_false (fake_dot_get_peer (f->fake, 1).offers_ticket);
  fake_dot_forget_tickets (f->fake);
  dot_client_free (f->client);
  f->client = dot_client_new (&options, &f->code);
  g_assert_cmpint (f->code, ==, 0);
  g_assert_false (gnutls_session_is_resumed (dot_client_get_session (f->client)));
  gnutls_free (options.ticket.data);
  fake_dot_wait (f->fake, FAKE_HANDSHAKES, 3);
  g_assert_cmpuint (fake_dot_get (f->fake, FAKE_RESUMED), ==, 1);
}

/* Catches tickets sent although there must be none. */
static void
test_no_tickets (Fixture *f, gconstpointer script)
{
  g_autoptr (GByteArray) answer = exchange (f, "a.test", KNOT_RRTYPE_A);

  g_assert_false (gnutls_session_get_flags (dot_client_get_session (f->client))
                  & GNUTLS_SFLAGS_SESSION_TICKET);
}

/* Catches a server that answers the ClientHello although it must not. */
static void
test_stall (Fixture *f, gconstpointer script)
{
  DotClientOptions options = { .port = fake_dot_get_port (f->fake), .patience_ms = 100 };

  f->client = dot_client_new (&options, &f->code);
  g_assert_cmpint (f->code, ==, GNUTLS_E_TIMEDOUT);
  g_assert_cmpuint (fake_dot_get (f->fake, FAKE_HANDSHAKES), ==, 0);
}

/* Catches a slow handshake that is not slow or does not end. */
static void
test_slow_handshake (Fixture *f, gconstpointer script)
{
  gint64 start = g_get_monotonic_time ();

  open_client (f);
  g_assert_cmpint (f->code, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, >, 200 * 1000);
}

/* Catches plain text that is not told from TLS. */
static void
test_plain (Fixture *f, gconstpointer script)
{
  DotClientOptions options = { .port = fake_dot_get_port (f->fake), .patience_ms = 100 };

  f->client = dot_client_new (&options, &f->code);
  g_assert_cmpint (f->code, <, 0);
  g_clear_pointer (&f->client, dot_client_free);
  fake_dot_wait_all_closed (f->fake);
  g_assert_cmpuint (fake_dot_get (f->fake, FAKE_STRAYS), ==, 0);
  g_assert_true (fake_dot_get_peer (f->fake, 1).has_hello);
  g_assert_false (fake_dot_saw_plaintext (f->fake, "\4test"));
}

/* Catches a banner that does not come, or that passes for TLS. */
static void
test_banner (Fixture *f, gconstpointer script)
{
  open_client (f);
  g_assert_cmpint (f->code, <, 0);
  g_assert_cmpint (f->code, !=, GNUTLS_E_TIMEDOUT);
}

/* --- listening -------------------------------------------------------------------------------- */

/* Catches a port that still answers, or does not come back. */
static void
test_listening (Fixture *f, gconstpointer script)
{
  open_client (f);
  g_assert_cmpint (f->code, ==, 0);
  fake_dot_stop_listening (f->fake);
  open_client (f);
  g_assert_null (f->client);
  fake_dot_listen_again (f->fake);
  open_client (f);
  g_assert_nonnull (f->client);
  g_assert_cmpint (f->code, ==, 0);
}

/* Catches a frozen server with which a connection still comes about. */
static void
test_freeze (Fixture *f, gconstpointer script)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = g_htons (fake_dot_get_port (f->fake)),
                                 .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct pollfd poller = { .events = POLLOUT };

  fake_dot_freeze (f->fake);
  poller.fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (connect (poller.fd, (struct sockaddr *) &address, sizeof address), ==, -1);
  g_assert_cmpint (poll (&poller, 1, 200), ==, 0);
  close (poller.fd);
  g_assert_cmpuint (fake_dot_get (f->fake, FAKE_CONNECTIONS), ==, 0);
}

/* Catches connections that outlive close_all. */
static void
test_close_all (Fixture *f, gconstpointer script)
{
  open_client (f);
  fake_dot_wait (f->fake, FAKE_HANDSHAKES, 1);
  fake_dot_close_all (f->fake, "close-reset");
  fake_dot_wait (f->fake, FAKE_CLOSED, 1);
  g_assert_null (receive (f));
  g_assert_cmpint (f->code, ==, GNUTLS_E_PULL_ERROR);
}

#define ADD(path, script, function)                                                                \
  g_test_add ("/fake-dot/" path, Fixture, script, set_up, function, tear_down)

static void
add_tests (void)
{
  ADD ("good", "", test_good);
  ADD ("zone", "", test_zone);
  ADD ("sizes", "", test_sizes);
  ADD ("messages", "", test_messages);
  ADD ("fields", "", test_fields);
  ADD ("limits", "", test_limits);
  ADD ("records", "", test_records);
  ADD ("reverse", "reverse=3", test_reverse);
  ADD ("coalesce", "coalesce=3", test_coalesce);
  ADD ("split", "split=1", test_split);
  ADD ("split-writes", "split-writes", test_trickle);
  ADD ("pace", "pace=1", test_trickle);
  ADD ("delay", "delay=60 name=one.test", test_delay);
  ADD ("frames", "unsolicited=2; duplicate; length-zero", test_frames);
  ADD ("empty-records", "empty-records=100", test_noise);
  ADD ("key-updates", "key-updates=5", test_noise);
  ADD ("ends", "", test_ends);
  ADD ("idle-close", "idle-close=50", test_idle_close);
  ADD ("silence", "silence name=a.test", test_silence);
  ADD ("certificate", "", test_certificate);
  ADD ("versions", "", test_versions);
  ADD ("old-client", "", test_old_client);
  ADD ("alpn", "", test_alpn);
  ADD ("group", "group=SECP521R1", test_group);
  ADD ("tickets", "", test_tickets);
  ADD ("no-tickets", "tickets=0", test_no_tickets);
  ADD ("many-tickets", "tickets=20", test_noise);
  ADD ("stall", "stall", test_stall);
  ADD ("deaf", "deaf", test_stall);
  ADD ("slow-handshake", "slow-handshake=1", test_slow_handshake);
  ADD ("plain", "plain", test_plain);
  ADD ("banner", "banner", test_banner);
  ADD ("listening", "", test_listening);
  ADD ("freeze", "", test_freeze);
  ADD ("close-all", "", test_close_all);
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  certs = certs_new ();
  add_tests ();
  code = g_test_run ();
  certs_free (certs);
  return code;
}
