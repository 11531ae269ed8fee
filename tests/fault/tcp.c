/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>
#include <unistd.h>

#include "tests/fault/fault.h"

/* Clients over TCP: I1 to I8. */

static void
send_query (DnsClient *tcp, guint16 id, const char *name, guint16 qtype)
{
  g_autoptr (GByteArray) query = dns_query_new (id, name, qtype);

  dns_client_send (tcp, query);
}

static void
expect_id (DnsClient *tcp, guint16 id)
{
  g_autoptr (DnsReply) reply = dns_client_receive (tcp, 5000);

  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->id, ==, id);
  g_assert_cmpuint (reply->rcode, ==, 0);
}

/* I1: answers come as they are ready: a slow one does not hold up the next. */
static void
run_pipeline (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

  send_query (tcp, 1, "slow.test", KNOT_RRTYPE_A);
  send_query (tcp, 2, "fast.test", KNOT_RRTYPE_A);
  expect_id (tcp, 2);
  send_query (tcp, 3, "fast.test", KNOT_RRTYPE_A);
  expect_id (tcp, 3);
  expect_id (tcp, 1);
}

/* I1: hundreds at once in one segment; each gets its answer, none twice. */
static void
run_burst (Fault *f)
{
  enum
  {
    N = 250
  };
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  gboolean is_seen[N] = { FALSE };

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autoptr (GByteArray) query = dns_query_new (i, name, KNOT_RRTYPE_A);

      dns_message_append16 (all, query->len);
      g_byte_array_append (all, query->data, query->len);
    }
  g_assert_true (dns_client_send_bytes (tcp, all->data, all->len));
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (tcp, 5000);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->id, <, N);
      g_assert_false (is_seen[reply->id]);
      is_seen[reply->id] = TRUE;
    }
}

/* I2: a message may come byte by byte. */
static void
run_dribble (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  g_autoptr (GByteArray) query = dns_query_new (7, "a.test", KNOT_RRTYPE_A);
  guint8 length[2] = { 0, query->len };

  dns_client_send_bytes (tcp, length, 1);
  dns_client_send_bytes (tcp, length + 1, 1);
  for (guint i = 0; i < query->len; i++)
    dns_client_send_bytes (tcp, query->data + i, 1);
  expect_id (tcp, 7);
}

/* I2: who has said all still wants to hear. */
static void
run_half_close (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

  send_query (tcp, 1, "slow.test", KNOT_RRTYPE_A);
  send_query (tcp, 2, "fast.test", KNOT_RRTYPE_A);
  dns_client_half_close (tcp);
  expect_id (tcp, 2);
  expect_id (tcp, 1);
  g_assert_true (dns_client_wait_closed (tcp, 2000));
}

/* I2: a client that leaves in the middle of a message leaves nothing behind. */
static void
run_partial (Fault *f)
{
  guint before;

  fault_expect_good (f, "first.test");
  before = daemon_count_descriptors (f->daemon);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

      dns_client_send_bytes (tcp, "\0\100half a message", i % 17);
      if (i % 2 == 0)
        dns_client_half_close (tcp);
      g_assert_true (i % 2 != 0 || dns_client_wait_closed (tcp, 2000));
    }
  fault_expect_good (f, "second.test");
  while (daemon_count_descriptors (f->daemon) > before)
    fault_expect_good (f, "first.test");
}

/* I3: more clients than allowed: the first ones are served, or make room, but a new one is either
 * served or closed, never left hanging, and UDP goes on. */
static void
run_too_many (Fault *f)
{
  DnsClient *clients[12];
  guint n_served = 0, n_closed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = daemon_connect_tcp (f->daemon);
      send_query (clients[i], i, "a.test", KNOT_RRTYPE_A);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (clients[i], 3000);

      n_served += reply != NULL;
      n_closed += reply == NULL && dns_client_wait_closed (clients[i], 1000);
    }
  g_assert_cmpuint (n_served, >=, 4);
  g_assert_cmpuint (n_served + n_closed, ==, G_N_ELEMENTS (clients));
  fault_expect_good (f, "b.test");
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    dns_client_free (clients[i]);
}

/* I3: an idle connection is closed after the time of the settings, not before. */
static void
run_idle (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  gint64 start;

  send_query (tcp, 1, "a.test", KNOT_RRTYPE_A);
  expect_id (tcp, 1);
  start = g_get_monotonic_time ();
  g_assert_true (dns_client_wait_closed (tcp, 5000));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 900 * 1000);
}

/* I3: a connection on which somebody waits for an answer is not idle. */
static void
run_busy_is_not_idle (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

  send_query (tcp, 1, "slow.test", KNOT_RRTYPE_A);
  expect_id (tcp, 1);
}

/* I3: slow lorises hold their own connection only, and not for ever. */
static void
run_slow_loris (Fault *f)
{
  DnsClient *lorises[20];

  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    {
      lorises[i] = daemon_connect_tcp (f->daemon);
      dns_client_send_bytes (lorises[i], "\0", 1);
    }
  fault_expect_good (f, "a.test");
  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    {
      g_assert_true (dns_client_wait_closed (lorises[i], 8000));
      dns_client_free (lorises[i]);
    }
}

/* I4: a client that asks for megabytes and reads nothing: it is not fed without bound, and others
 * are served meanwhile. */
static void
run_deaf (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  gsize before;

  fault_expect_good (f, "a.test");
  before = daemon_get_memory (f->daemon);
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (i, "size60000.test", KNOT_RRTYPE_TXT);
      guint8 frame[2] = { 0, query->len };

      g_byte_array_prepend (query, frame, 2);
      if (send (dns_client_get_fd (tcp), query->data, query->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        break;
    }
  for (guint i = 0; i < 20; i++)
    fault_expect_good (f, "a.test");
  fault_expect_memory (f, before + (8 << 20));
}

/* I5: a length that no message has ends the connection, and only it. */
static void
run_short_length (Fault *f)
{
  for (guint8 length = 0; length < 12; length++)
    {
      g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
      guint8 bytes[16] = { 0, length };

      dns_client_send_bytes (tcp, bytes, sizeof bytes);
      g_assert_true (dns_client_wait_closed (tcp, 2000));
    }
  fault_expect_good (f, "a.test");
}

/* I6: clients that are gone when their answer comes, by a reset at that, do no harm. */
static void
run_gone (Fault *f)
{
  static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
      g_autofree char *name = g_strdup_printf ("n%u.slow.test", i);

      send_query (tcp, 1, name, KNOT_RRTYPE_A);
      if (i % 2 == 0)
        setsockopt (dns_client_get_fd (tcp), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
  fault_expect_good (f, "last.slow.test");
}

/* I7: DSO (RFC 8490) is not spoken; the connection stays. */
static void
run_dso (Fault *f)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);
  g_autoptr (GByteArray) dso = dns_message_new (9, 6 << 11);
  g_autoptr (DnsReply) reply = NULL;

  dns_message_append32 (dso, 1 << 16 | 8); /* a keepalive TLV */
  dns_message_append32 (dso, 15000);
  dns_message_append32 (dso, 15000);
  dns_client_send (tcp, dso);
  reply = dns_client_receive (tcp, 2000);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NOTIMPL);
  send_query (tcp, 1, "a.test", KNOT_RRTYPE_A);
  expect_id (tcp, 1);
}

/* I8: the same question has the same answer over both. */
static void
run_parity (Fault *f)
{
  static const char *const names[] = { "a.test", "nx.test", "nodata.test", "alias.test" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (1, names[i], KNOT_RRTYPE_A);
      g_autoptr (DnsReply) first = fault_exchange (f, query);
      g_autoptr (DnsReply) udp = fault_exchange (f, query), tcp = fault_exchange_tcp (f, query);

      if (udp->ttl == tcp->ttl)
        g_assert_cmpmem (udp->message->data, udp->message->len, tcp->message->data,
                         tcp->message->len);
      g_assert_cmpuint (first->message->len, ==, tcp->message->len);
      g_assert_cmphex (udp->flags, ==, tcp->flags);
    }
}

const FaultScenario fault_tcp[] = {
  { "tcp/pipeline", run_pipeline, "delay=200 name=slow.test" },
  { "tcp/burst", run_burst },
  { "tcp/dribble", run_dribble },
  { "tcp/half-close", run_half_close, "delay=200 name=slow.test" },
  { "tcp/partial", run_partial },
  { "tcp/too-many", run_too_many, .settings = "tcp-clients = 4" },
  { "tcp/idle", run_idle, .settings = "tcp-idle = 1s" },
  { "tcp/busy-is-not-idle", run_busy_is_not_idle, "delay=1500", .settings = "tcp-idle = 1s" },
  { "tcp/slow-loris", run_slow_loris },
  { "tcp/deaf", run_deaf },
  { "tcp/short-length", run_short_length },
  { "tcp/gone", run_gone, "delay=100 name=slow.test" },
  { "tcp/dso", run_dso },
  { "tcp/parity", run_parity },
  { NULL },
};
