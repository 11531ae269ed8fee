/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/fault/fault.h"

/* The stream to an upstream: D2, D3, D5 to D11, T13, T14. */

/* Sends N queries n0.test, n1.test… with their number as id. */
static void
send_many (Fault *f, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (GByteArray) query = dns_query_new (i, name, KNOT_RRTYPE_A);

      dns_client_send (fault_udp (f), query);
    }
}

/* Every one of N must have exactly one good answer. */
static void
expect_many (Fault *f, guint n)
{
  g_autofree gboolean *is_seen = g_new0 (gboolean, n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 5000);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->rcode, ==, 0);
      g_assert_cmpuint (reply->n_answers, ==, 1);
      g_assert_cmpuint (reply->id, <, n);
      g_assert_false (is_seen[reply->id]);
      is_seen[reply->id] = TRUE;
    }
}

/* Ten questions at once, whatever the script does to the stream. */
static void
run_ten (Fault *f)
{
  send_many (f, 10);
  expect_many (f, 10);
}

/* D3: hundreds in flight share one connection, and many share a TLS record. */
static void
run_pipeline (Fault *f)
{
  enum
  {
    N = 200
  };

  fault_expect_good (f, "first.test");
  send_many (f, N);
  expect_many (f, N);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), ==, 1);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_HANDSHAKES), ==, 1);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_RECORDS), <, N);
}

/* D4, D5: ids in flight are unique and cannot be guessed from the one before. */
static void
run_ids (Fault *f)
{
  enum
  {
    N = 100
  };
  g_autoptr (GHashTable) ids = g_hash_table_new (NULL, NULL);
  guint n_steps = 0;
  guint16 last = 0;

  send_many (f, N);
  fake_dot_wait (f->one, FAKE_QUERIES, N);
  for (guint i = 0; i < N; i++)
    {
      guint16 id = fake_dot_get_query (f->one, i)->id;

      g_assert_true (g_hash_table_add (ids, GUINT_TO_POINTER (id + 1)));
      n_steps += (guint16) (id - last + 4) <= 8;
      last = id;
    }
  g_assert_cmpuint (n_steps, <, N / 10);
}

/* D6: the upstream closes while questions are in flight: each is asked again on a new connection,
 * and nobody waits for it. */
static void
run_retry (Fault *f)
{
  gint64 start = g_get_monotonic_time ();

  send_many (f, 5);
  expect_many (f, 5);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), >=, 2);
}

/* D6: an upstream that always closes: few attempts, SERVFAIL, and well again once it is. */
static void
run_always_closes (Fault *f)
{
  fault_expect_servfail (f, "bad.test");
  g_assert_cmpuint (fake_dot_count_queries (f->one, "bad.test", 0), <=, 3);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), <=, 6);
}

/* An upstream that breaks the framing with each answer: what comes of the question is not said, but
 * it ends in time, and the upstream is not stormed. */
static void
run_no_harm (Fault *f)
{
  g_autoptr (DnsReply) reply = fault_ask (f, "a.test", KNOT_RRTYPE_A);

  g_assert_true (reply->rcode == KNOT_RCODE_SERVFAIL || reply->n_answers == 1);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), <=, 6);
}

/* D7: the upstream closes an idle connection: that is no failure, and the next question is not
 * slower for it. */
static void
run_idle_close (Fault *f)
{
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      gint64 start = g_get_monotonic_time ();

      fault_expect_good (f, name);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 500 * 1000);
      fake_dot_wait (f->one, FAKE_CLOSED, i);
    }
  g_assert_cmpint (daemon_get_upstream_number (f->daemon, "one", "connection-failures"), ==, 0);
  g_assert_cmpint (daemon_get_upstream_number (f->daemon, "one", "closed-busy"), ==, 0);
}

/* D7, RFC 7828 section 3.4: a timeout of 0 means: close once everything is answered. */
static void
run_keepalive_zero (Fault *f)
{
  fault_expect_good (f, "a.test");
  fake_dot_wait (f->one, FAKE_CLOSED, 1);
  fault_expect_good (f, "b.test");
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), ==, 2);
}

/* D7: a short timeout is kept before the server has to. */
static void
run_keepalive_short (Fault *f)
{
  fault_expect_good (f, "a.test");
  fake_dot_wait (f->one, FAKE_CLOSED, 1);
  g_assert_true (fake_dot_get_peer (f->one, 1).has_close_notify);
}

/* D7: the settings' own idle time. */
static void
run_own_idle (Fault *f)
{
  gint64 start = g_get_monotonic_time ();

  fault_expect_good (f, "a.test");
  fake_dot_wait (f->one, FAKE_CLOSED, 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 900 * 1000);
  g_assert_true (fake_dot_get_peer (f->one, 1).has_close_notify);
}

/* D8: one name is never answered: SERVFAIL in time with a reason, and others do not wait behind it.
 */
static void
run_black_hole (Fault *f)
{
  g_autoptr (GByteArray) query = dns_query_new (1, "hole.test", KNOT_RRTYPE_A);
  g_autoptr (DnsClient) patient = daemon_connect_udp (f->daemon);
  g_autoptr (DnsReply) reply = NULL;
  gint64 start = g_get_monotonic_time ();

  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
  dns_client_send (patient, query);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      gint64 began = g_get_monotonic_time ();

      fault_expect_good (f, name);
      g_assert_cmpint (g_get_monotonic_time () - began, <, 500 * 1000);
    }
  reply = dns_client_receive (patient, 6000);
  g_assert_nonnull (reply);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_SERVFAIL);
  g_assert_true (reply->ede == 22 || reply->ede == 23);
  g_assert_cmpuint (fake_dot_count_queries (f->one, "hole.test", 0), <=, 3);
}

/* D10, D11: every query has the same outside: a multiple of 128, one EDNS size, one set of flags
 * and options, whatever the client asked and how. */
static void
run_fingerprint (Fault *f)
{
  static const guint16 types[] = { KNOT_RRTYPE_A,  KNOT_RRTYPE_AAAA,   KNOT_RRTYPE_TXT,
                                   KNOT_RRTYPE_DS, KNOT_RRTYPE_DNSKEY, KNOT_RRTYPE_HTTPS };
  const FakeQuery *first;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint size = 0; size < 3; size++, n++)
      {
        g_autofree char *label = g_strnfill (size * 30 + 1, 'a' + i);
        g_autofree char *name = g_strconcat (label, ".", label, ".test", NULL);
        g_autoptr (GByteArray) query = dns_query_new (n, name, types[i]);
        g_autoptr (DnsReply) reply = NULL;

        if (size > 0)
          dns_message_add_opt (query, size * 700, 0, 0, 0, NULL);
        reply = fault_exchange (f, query);
        g_assert_nonnull (reply);
      }
  first = fake_dot_get_query (f->one, 0);
  for (guint i = 0; i < n; i++)
    {
      const FakeQuery *query = fake_dot_get_query (f->one, i);

      g_assert_cmpuint (query->message->len % 128, ==, 0);
      g_assert_true (query->has_edns);
      g_assert_cmpuint (query->udp_size, ==, first->udp_size);
      g_assert_cmphex (query->flags, ==, first->flags);
      g_assert_cmpuint (query->options->len, ==, first->options->len);
      for (guint k = 0; k < query->options->len; k++)
        g_assert_cmpuint (g_array_index (query->options, FakeOption, k).code, ==,
                          g_array_index (first->options, FakeOption, k).code);
      g_assert_true (fake_query_has_option (query, KNOT_EDNS_OPTION_PADDING, NULL));
    }
}

/* T13: close_notify while TCP stays open ends the connection for us. */
static void
run_notify_only (Fault *f)
{
  fault_expect_good (f, "a.test");
  fake_dot_wait (f->one, FAKE_CLOSED, 1);
  fault_expect_good (f, "b.test");
}

/* T14: what costs the server nothing must not cost us much: processor time stays small. */
static void
run_flood (Fault *f)
{
  guint64 before;

  fault_expect_good (f, "first.test");
  before = daemon_get_cpu_ms (f->daemon);
  send_many (f, 10);
  expect_many (f, 10);
  g_assert_cmpuint (daemon_get_cpu_ms (f->daemon) - before, <, 2000);
}

/* A peer that stops reading: what waits for it is bounded, and clients are answered. */
static void
run_silent_for_all (Fault *f)
{
  send_many (f, 50);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (fault_udp (f), 6000);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_SERVFAIL);
    }
}

/* A client that goes away while its question waits leaves nothing that answers somebody else. */
static void
run_client_gone (Fault *f)
{
  DnsClient *gone = daemon_connect_udp (f->daemon);
  g_autoptr (GByteArray) query = dns_query_new (1, "a.test", KNOT_RRTYPE_A);

  dns_client_send (gone, query);
  fake_dot_wait (f->one, FAKE_QUERIES, 1);
  dns_client_free (gone);
  fault_expect_good (f, "a.test");
  g_assert_cmpuint (fault_count_queries (f), ==, 1);
}

const FaultScenario fault_stream[] = {
  { "stream/split-records", run_ten, "split=1" }, /* D2 */
  { "stream/split-writes", run_ten, "split-writes" },
  { "stream/split-both", run_ten, "split=1; split-writes" },
  { "stream/pace", run_ten, "pace=1" },
  { "stream/coalesce", run_ten, "coalesce=10" },
  { "stream/reverse", run_ten, "reverse=10" }, /* D4 */
  { "stream/delays", run_ten, "delay=100 name=n0.test; delay=50 name=n1.test" },
  { "stream/length-zero", run_ten, "length-zero count=1" },
  { "stream/always-length-zero", run_no_harm, "length-zero" },
  { "stream/pipeline", run_pipeline },
  { "stream/ids", run_ids, "silence" },
  { "stream/close-notify", run_retry, "close-notify=2 count=1" }, /* D6 */
  { "stream/close-fin", run_retry, "close-fin=2 count=1" },
  { "stream/close-reset", run_retry, "close-reset=2 count=1" },
  { "stream/close-half-fin", run_retry, "close-half-fin=2 count=1" },
  { "stream/close-half-reset", run_retry, "close-half-reset=2 count=1" },
  { "stream/lose-notify", run_retry, "lose-notify=3 count=1" },
  { "stream/lose-fin", run_retry, "lose-fin=3 count=1" },
  { "stream/lose-reset", run_retry, "lose-reset=3 count=1" },
  { "stream/close-at-once", run_retry, "close-notify count=1" },
  { "stream/always-notify", run_always_closes, "lose-notify=1" },
  { "stream/always-fin", run_always_closes, "lose-fin=1" },
  { "stream/always-reset", run_always_closes, "lose-reset=1" },
  { "stream/always-half", run_always_closes, "close-half-reset=0" },
  { "stream/always-at-once", run_always_closes, "close-notify" },
  { "stream/idle-close", run_idle_close, "idle-close=50" }, /* D7 */
  { "stream/keepalive-zero", run_keepalive_zero, "keepalive=0" },
  { "stream/keepalive-short", run_keepalive_short, "keepalive=10" },
  { "stream/keepalive-long", run_own_idle, "keepalive=65535", .settings = "upstream-idle = 1s" },
  { "stream/own-idle", run_own_idle, .settings = "upstream-idle = 1s" },
  { "stream/black-hole", run_black_hole, "silence name=hole.test" }, /* D8, D9 */
  { "stream/fingerprint", run_fingerprint },                         /* D10, D11 */
  { "stream/notify-only", run_notify_only, "close-notify-only=1" },  /* T13 */
  { "stream/empty-records", run_flood, "empty-records=10000" },      /* T14 */
  { "stream/key-updates", run_flood, "key-updates=5 count=1" },
  { "stream/key-update-flood", run_no_harm, "key-updates=200" },
  { "stream/tickets", run_flood, "tickets=1000" },
  { "stream/silent", run_silent_for_all, "silence" },
  { "stream/client-gone", run_client_gone, "delay=200" },
  { NULL },
};
