/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Listeners with a handler that answers as a test wants: at once, or later. */

#include "core/listener.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/spec.h"
#include "tests/lib/dns-client.h"
#include "tests/lib/loopback.h"

typedef struct
{
  DotlsLoop *loop;
  DotlsStats stats;
  DotlsConfig config;
  DotlsListeners shared;
  DotlsListener *listener;
  guint16 port;
  gsize reply_size;   /* of answers at once */
  gboolean is_slow;   /* answers only when told */
  GPtrArray *waiting; /* of DotlsQuery */
  guint handled;
} Fixture;

static gsize
handle_cb (gpointer data, const DotlsOrigin *origin, guint8 *buffer, gsize length, gsize capacity)
{
  Fixture *fixture = data;
  DotlsQuery *query;

  fixture->handled++;
  buffer[2] |= 0x80;
  if (!fixture->is_slow)
    {
      g_assert_cmpuint (fixture->reply_size, <=, capacity);
      memset (buffer + length, 0, MAX (fixture->reply_size, length) - length);
      return MAX (fixture->reply_size, length);
    }
  query = g_new0 (DotlsQuery, 1);
  query->origin = *origin;
  query->envelope.id = dotls_read_u16 (buffer);
  g_ptr_array_add (fixture->waiting, query);
  if (origin->ops->accept != NULL)
    origin->ops->accept (query);
  return 0;
}

/* Answers the newest query that waits, with SIZE octets. */
static void
answer_one (Fixture *fixture, gsize size)
{
  DotlsQuery *query = g_ptr_array_steal_index (fixture->waiting, fixture->waiting->len - 1);
  guint8 *room;

  dotls_loop_enter (fixture->loop);
  room = query->origin.ops->reserve (query, size);
  if (room != NULL)
    {
      memset (room, 0, size);
      dotls_write_u16 (room, query->envelope.id);
      room[2] = 0x80;
      query->origin.ops->commit (query, size);
    }
  query->origin.ops->release (query);
  dotls_loop_leave (fixture->loop);
  g_free (query);
}

static void
setup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  DotlsAddress address;

  fixture->loop = dotls_loop_new (NULL);
  dotls_config_init (&fixture->config);
  fixture->waiting = g_ptr_array_new ();
  fixture->shared = (DotlsListeners){ .loop = fixture->loop,
                                      .stats = &fixture->stats,
                                      .config = &fixture->config,
                                      .handle = handle_cb,
                                      .data = fixture };
  dotls_listeners_init (&fixture->shared);
  g_assert_true (dotls_address_parse ("127.0.0.1", 0, &address, NULL));
  fixture->listener = dotls_listener_open (&fixture->shared, &address,
                                           GPOINTER_TO_INT (data) == SOCK_STREAM, &error);
  g_assert_no_error (error);
  fixture->port = dotls_address_port (&fixture->listener->address);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->listener, dotls_listener_free);
  while (fixture->waiting->len > 0)
    answer_one (fixture, 12);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  g_ptr_array_unref (fixture->waiting);
  dotls_listeners_clear (&fixture->shared);
  dotls_loop_free (fixture->loop);
}

static gboolean
give_up_cb (gpointer data)
{
  g_error ("nothing happens any more");
  return G_SOURCE_REMOVE;
}

/* Runs until *COUNTER is N. */
static void
run_until (const guint *counter, guint n)
{
  guint source = g_timeout_add_seconds (20, give_up_cb, NULL);

  while (*counter != n)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

/* Runs until the kernel has nothing more for us. */
static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static DnsClient *
client_of (Fixture *fixture)
{
  int kind = fixture->listener->is_stream ? SOCK_STREAM : SOCK_DGRAM;

  return dns_client_new ("127.0.0.1", kind, fixture->port);
}

/* N queries as a piece of a stream. */
static GByteArray *
pipeline (guint n)
{
  GByteArray *stream = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GByteArray) query = dns_query_new (i, "a", DOTLS_TYPE_A);

      dns_message_append16 (stream, query->len);
      g_byte_array_append (stream, query->data, query->len);
    }
  return stream;
}

/* Catches: answers lost, doubled or given to another one, at once or later, in a batch or not. */
static void
test_answers (Fixture *fixture, gconstpointer data)
{
  enum
  {
    N = 200
  };
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autofree guint8 *seen = g_new0 (guint8, N);

  for (guint round = 0; round < 2; round++)
    {
      fixture->is_slow = round == 1;
      fixture->handled = 0;
      for (guint i = 0; i < N; i++)
        {
          g_autoptr (GByteArray) query = dns_query_new (i, "example.com", DOTLS_TYPE_A);

          dns_client_send (client, query);
        }
      run_until (&fixture->handled, N);
      while (fixture->waiting->len > 0)
        answer_one (fixture, 12);
      settle ();
      for (guint i = 0; i < N; i++)
        {
          g_autoptr (DnsReply) reply = dns_client_receive (client, 5000);

          g_assert_nonnull (reply);
          g_assert_cmpuint (reply->id, <, N);
          g_assert_cmpuint (seen[reply->id]++, ==, round);
        }
    }
}

/* Catches: a datagram longer than we have room for, or an empty one, that does harm. */
static void
test_udp_lengths (Fixture *fixture, gconstpointer data)
{
  static const gsize lengths[] = { 0, 1, 11, 12, 512, 4095, 4096, 4287, 4288, 4289, 9000, 65507 };
  g_autoptr (DnsClient) client = client_of (fixture);

  fixture->is_slow = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree guint8 *bytes = g_malloc0 (lengths[i] + 1);

      g_assert_cmpint (send (dns_client_get_fd (client), bytes, lengths[i], 0), ==, lengths[i]);
      run_until (&fixture->handled, i + 1);
    }
  while (fixture->waiting->len > 0)
    answer_one (fixture, 12);
}

/* Catches: an answer too large for a datagram's room written behind it. */
static void
test_udp_too_large (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) query = dns_query_new (1, "example.com", DOTLS_TYPE_A);

  fixture->is_slow = TRUE;
  dns_client_send (client, query);
  run_until (&fixture->handled, 1);
  answer_one (fixture, 60000);
  g_assert_null (dns_client_receive (client, 50));
}

/* Catches: a busy client closed as a slow one: every read ends within a message, but never within
 * the same. */
static void
test_busy_is_not_slow (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) stream = pipeline (3);
  gsize half = stream->len / 2;
  gint64 begun;

  dns_client_send_bytes (client, stream->data, half);
  run_until (&fixture->handled, 1);
  begun = fixture->loop->now;
  while (g_get_monotonic_time () < begun + 100000)
    ; /* the clock is all that is waited for */
  dns_client_send_bytes (client, stream->data + half, stream->len - half - 1);
  run_until (&fixture->handled, 2);
  g_assert_cmpint (fixture->loop->now, >=, begun + 100000);
  dotls_loop_enter (fixture->loop);
  dotls_deadlines_run (&fixture->loop->deadlines, begun + 1000 * DOTLS_TCP_MESSAGE_TIMEOUT + 50000);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 1);
  dotls_deadlines_run (&fixture->loop->deadlines,
                       fixture->loop->now + 1000 * DOTLS_TCP_MESSAGE_TIMEOUT + 50000);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  g_assert_cmpuint (fixture->stats.tcp_slow_closed, ==, 1);
  dotls_loop_leave (fixture->loop);
}

/* Catches: memory that grows with the answers of a client that does not read them (I4), given at
 * once: no more are made than it takes, and in the end it is closed. */
static void
test_unread (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) stream = pipeline (700);

  fixture->reply_size = 60000;
  g_assert_true (dns_client_send_bytes (client, stream->data, stream->len));
  run_until (&fixture->shared.tcp_clients, 1);
  settle ();
  g_assert_cmpuint (fixture->handled, >, 4);
  g_assert_cmpuint (fixture->handled, <, 300);
  dotls_loop_enter (fixture->loop);
  dotls_deadlines_run (&fixture->loop->deadlines,
                       fixture->loop->now + 1000 * (gint64) fixture->config.tcp_idle_ms + 50000);
  dotls_loop_leave (fixture->loop);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  g_assert_cmpuint (fixture->stats.tcp_slow_closed, ==, 1);
}

/* Catches: the same where the answers come later, and questions that pile up meanwhile. */
static void
test_unread_later (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) stream = pipeline (700);

  fixture->is_slow = TRUE;
  g_assert_true (dns_client_send_bytes (client, stream->data, stream->len));
  run_until (&fixture->handled, DOTLS_TCP_PIPELINE);
  settle ();
  g_assert_cmpuint (fixture->handled, ==, DOTLS_TCP_PIPELINE);
  while (fixture->waiting->len > 0)
    answer_one (fixture, 60000);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  g_assert_cmpuint (fixture->stats.tcp_slow_closed, ==, 1);
}

/* Catches: a client closed for a burst that it does read. */
static void
test_large_burst (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) stream = pipeline (200);
  int room = 8 << 20;

  setsockopt (dns_client_get_fd (client), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  fixture->reply_size = 4000;
  g_assert_true (dns_client_send_bytes (client, stream->data, stream->len));
  run_until (&fixture->handled, 200);
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (DnsReply) reply = NULL;

      settle ();
      reply = dns_client_receive (client, 5000);
      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->id, ==, i);
      g_assert_cmpuint (reply->message->len, ==, 4000);
    }
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 1);
}

/* Catches: a listener that was stopped and takes queries on: draining would never end; or one that
 * leaves those without answer that it has taken. */
static void
test_stop (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) busy = client_of (fixture), idle = client_of (fixture);
  g_autoptr (GByteArray) query = dns_query_new (7, "example.com", DOTLS_TYPE_A);

  fixture->is_slow = TRUE;
  dns_client_send (busy, query);
  run_until (&fixture->handled, 1);
  run_until (&fixture->shared.tcp_clients, fixture->listener->is_stream ? 2 : 0);
  dotls_loop_enter (fixture->loop);
  fixture->listener->stop (fixture->listener);
  dotls_loop_leave (fixture->loop);
  dns_client_send (busy, query);
  dns_client_send (idle, query);
  settle ();
  g_assert_cmpuint (fixture->handled, ==, 1);
  answer_one (fixture, 12);
  settle ();
  if (fixture->listener->is_stream)
    g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  else
    {
      g_autoptr (DnsReply) reply = dns_client_receive (busy, 5000);

      g_assert_cmpuint (reply->id, ==, 7);
    }
}

/* Catches: half a close taken for a whole one: the answers still go out (I2). */
static void
test_half_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = client_of (fixture);
  g_autoptr (GByteArray) stream = pipeline (3);

  fixture->is_slow = TRUE;
  dns_client_send_bytes (client, stream->data, stream->len);
  dns_client_half_close (client);
  run_until (&fixture->handled, 3);
  settle ();
  while (fixture->waiting->len > 0)
    answer_one (fixture, 12);
  settle ();
  for (guint i = 3; i-- > 0;)
    {
      g_autoptr (DnsReply) reply = dns_client_receive (client, 5000);

      g_assert_cmpuint (reply->id, ==, i);
    }
  g_assert_true (dns_client_wait_closed (client, 5000));
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
}

/* Catches: a client that goes away with questions under way, and is written to after its end; or
 * the same with the listener. */
static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) gone = client_of (fixture), stays = client_of (fixture);
  g_autoptr (GByteArray) query = dns_query_new (7, "example.com", DOTLS_TYPE_A);
  struct linger reset = { 1, 0 };

  fixture->is_slow = TRUE;
  dns_client_send (gone, query);
  dns_client_send (stays, query);
  run_until (&fixture->handled, 2);
  setsockopt (dns_client_get_fd (gone), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  g_clear_pointer (&gone, dns_client_free);
  run_until (&fixture->shared.tcp_clients, 1);
  g_clear_pointer (&fixture->listener, dotls_listener_free);
  g_assert_cmpuint (fixture->shared.tcp_clients, ==, 0);
  answer_one (fixture, 12);
  answer_one (fixture, 12);
}

/* Catches: more clients than allowed, the busy closed in favour of the idle, or no room made. */
static void
test_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) dns_client_free);
  g_autoptr (GByteArray) query = dns_query_new (7, "example.com", DOTLS_TYPE_A);

  fixture->config.tcp_clients_max = 5;
  fixture->is_slow = TRUE;
  for (guint i = 0; i < 20; i++)
    {
      DnsClient *client = client_of (fixture);

      g_ptr_array_add (clients, client);
      if (i < 4)
        dns_client_send (client, query);
      settle ();
      g_assert_cmpuint (fixture->shared.tcp_clients, <=, 5);
    }
  run_until (&fixture->handled, 4);
  settle ();
  g_assert_cmpuint (fixture->stats.tcp_accepted, ==, 20);
  g_assert_cmpuint (fixture->stats.tcp_idle_closed, ==, 15);
  dns_client_send (clients->pdata[19], query);
  run_until (&fixture->handled, 5);
  g_ptr_array_add (clients, client_of (fixture));
  settle ();
  g_assert_cmpuint (fixture->stats.tcp_rejected, ==, 1);
}

/* Catches: frames that cannot be queries kept open for (I5). */
static void
test_bad_frames (Fixture *fixture, gconstpointer data)
{
  for (guint length = 0; length < 12; length++)
    {
      g_autoptr (DnsClient) client = client_of (fixture);
      guint8 bytes[14] = { 0, length };

      dns_client_send_bytes (client, bytes, 2 + length);
      run_until (&fixture->shared.tcp_clients, 1);
      run_until (&fixture->shared.tcp_clients, 0);
      g_assert_cmpuint (fixture->stats.tcp_bad_frames, ==, length + 1);
    }
  g_assert_cmpuint (fixture->handled, ==, 0);
}

/* Catches: a passed descriptor that is no listening socket taken, or leaked; an address in use
 * without a sentence that says so. */
static void
test_open_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int pair[2], fd = socket (AF_INET, SOCK_STREAM, 0);

  g_assert_null (dotls_listener_take (&fixture->shared, fd, &error));
  g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
  g_assert_null (dotls_listener_take (&fixture->shared, pair[0], &error));
  g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpint (write (pair[0], "", 1), ==, -1); /* closed */
  close (pair[1]);
  g_assert_null (dotls_listener_open (&fixture->shared, &fixture->listener->address,
                                      fixture->listener->is_stream, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
}

#define UDP(path, test)                                                                            \
  g_test_add ("/listener/udp/" path, Fixture, GINT_TO_POINTER (SOCK_DGRAM), setup, test, teardown)
#define TCP(path, test)                                                                            \
  g_test_add ("/listener/tcp/" path, Fixture, GINT_TO_POINTER (SOCK_STREAM), setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  UDP ("answers", test_answers);
  UDP ("lengths", test_udp_lengths);
  UDP ("too-large", test_udp_too_large);
  UDP ("stop", test_stop);
  UDP ("open-errors", test_open_errors);
  TCP ("answers", test_answers);
  TCP ("busy-is-not-slow", test_busy_is_not_slow);
  TCP ("unread", test_unread);
  TCP ("unread-later", test_unread_later);
  TCP ("large-burst", test_large_burst);
  TCP ("stop", test_stop);
  TCP ("half-close", test_half_close);
  TCP ("gone", test_gone);
  TCP ("limit", test_limit);
  TCP ("bad-frames", test_bad_frames);
  TCP ("open-errors", test_open_errors);
  return g_test_run ();
}
