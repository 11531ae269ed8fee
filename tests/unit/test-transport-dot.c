/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* What a connection does to others that share the loop's memory with it; tests/fault has the rest.
 */

#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/resolver-private.h"
#include "tests/lib/dns-client.h"
#include "tests/lib/fake-dot.h"

typedef struct
{
  Certs *certs;
  FakeDot *fakes[2];
  char *ca_file;
  DotlsResolver *resolver;
  guint16 port;
  guint replies;
  DotlsSource source;
} Fixture;

static void
add_upstream (GPtrArray *specs, const char *id, guint16 port, const char *ca_file)
{
  g_autofree char *text = g_strdup_printf ("127.0.0.1:%u", port);
  DotlsUpstreamSpec *spec = dotls_upstream_spec_new (id);
  DotlsAddress address;

  g_assert_true (dotls_address_parse (text, 853, &address, NULL));
  g_array_append_val (spec->addresses, address);
  spec->auth_name = g_strdup ("dot.test");
  spec->ca_file = g_strdup (ca_file);
  g_ptr_array_add (specs, spec);
}

/* The port of our TCP listener. */
static guint16
listen_somewhere (DotlsResolver *resolver)
{
  g_autoptr (GError) error = NULL;
  DotlsAddress address;

  g_assert_true (dotls_address_parse ("127.0.0.1", 0, &address, NULL));
  dotls_resolver_listen (resolver, &address, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < resolver->listeners->len; i++)
    {
      const DotlsListener *listener = g_ptr_array_index (resolver->listeners, i);

      if (listener->is_stream)
        return dotls_address_port (&listener->address);
    }
  return 0;
}

static void
setup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) specs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dotls_upstream_spec_unref);
  DotlsConfig config;
  int fd = g_file_open_tmp ("dotls-XXXXXX", &fixture->ca_file, NULL);

  close (fd);
  fixture->certs = certs_new ();
  certs_write_ca (fixture->certs, fixture->ca_file);
  for (guint i = 0; i < 2; i++)
    {
      const char id[] = { 'a' + i, '\0' };

      fixture->fakes[i] = fake_dot_new (fixture->certs);
      add_upstream (specs, id, fake_dot_get_port (fixture->fakes[i]), fixture->ca_file);
    }
  fixture->resolver = dotls_resolver_new (NULL);
  dotls_config_init (&config);
  dotls_resolver_configure (fixture->resolver, &config, specs);
  fixture->port = listen_somewhere (fixture->resolver);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->resolver);
  for (guint i = 0; i < 2; i++)
    fake_dot_free (fixture->fakes[i]);
  certs_free (fixture->certs);
  g_unlink (fixture->ca_file);
  g_free (fixture->ca_file);
}

static gboolean
give_up_cb (gpointer data)
{
  g_error ("nothing happens any more");
  return G_SOURCE_REMOVE;
}

/* Runs until COUNTER is at least N. */
static void
run_until (const guint64 *counter, guint64 n)
{
  guint source = g_timeout_add_seconds (20, give_up_cb, NULL);

  while (*counter < n)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static void
reply_cb (const guint8 *message, gsize length, const DotlsAnswerInfo *info, gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpuint (info->rcode, ==, DOTLS_RCODE_NOERROR);
  fixture->replies++;
}

static void
ask (Fixture *fixture, const char *name)
{
  guint64 answers = fixture->resolver->stats.answers;

  g_assert_true (dotls_resolver_query (fixture->resolver, name, 16, 0, reply_cb, fixture, NULL));
  run_until (&fixture->resolver->stats.answers, answers + 1);
}

/* N queries for names of one letter from FIRST on, as one piece of a stream. */
static GByteArray *
pipeline (char first, guint n)
{
  GByteArray *stream = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      const char name[] = { first + i, '\0' };
      g_autoptr (GByteArray) query = dns_query_new (i, name, 16);

      dns_message_append16 (stream, query->len);
      g_byte_array_append (stream, query->data, query->len);
    }
  return stream;
}

/* Catches: a connection that reads what came while it rested into memory from which a client's
 * messages are just being taken: the rest of them is garbage then. */
static void
test_rest_and_client (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) stream = pipeline ('a', 10);
  g_autoptr (DnsClient) client = NULL;

  ask (fixture, "first.example.com");
  fake_dot_close_all (fixture->fakes[0], "close-notify");
  client = dns_client_new ("127.0.0.1", SOCK_STREAM, fixture->port);
  g_assert_true (dns_client_send_bytes (client, stream->data, stream->len));
  run_until (&fixture->resolver->stats.answers, 11);
  g_assert_cmpuint (fixture->resolver->stats.queries_tcp, ==, 10);
  g_assert_cmpuint (fixture->resolver->stats.servfail, ==, 0);
  g_assert_cmpuint (fixture->resolver->stats.bad_format, ==, 0);
  /* the server closed while nobody asked: that is no failure, and nothing was sent into it */
  g_assert_cmpuint (dotls_upstream_get_stats (fixture->resolver->upstreams->pdata[0])->closed_busy,
                    ==, 0);
  g_assert_true (dotls_upstream_is_steady (fixture->resolver->upstreams->pdata[0]));
}

/* Catches: questions lost between an upstream that refuses them and one that rested and has closed
 * meanwhile. */
static void
test_rest_and_answers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DnsClient) client = dns_client_new ("127.0.0.1", SOCK_STREAM, fixture->port);

  fake_dot_script (fixture->fakes[0], "rcode=2; batch=10");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GByteArray) stream = pipeline ('a' + 10 * i, 10);

      g_assert_true (dns_client_send_bytes (client, stream->data, stream->len));
      run_until (&fixture->resolver->stats.answers, 10 * (i + 1));
      g_assert_cmpuint (fixture->resolver->stats.servfail, ==, 0);
      if (i > 0)
        break;
      fake_dot_close_all (fixture->fakes[1], "close-notify");
    }
  g_assert_cmpuint (fake_dot_get (fixture->fakes[0], FAKE_CONNECTIONS), ==, 1);
  g_assert_cmpuint (fake_dot_get (fixture->fakes[1], FAKE_CONNECTIONS), ==, 2);
  g_assert_true (dotls_upstream_is_healthy (fixture->resolver->upstreams->pdata[0]));
  g_assert_true (dotls_upstream_is_healthy (fixture->resolver->upstreams->pdata[1]));
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/transport-dot/rest-and-client", test_rest_and_client);
  ADD ("/transport-dot/rest-and-answers", test_rest_and_answers);
  return g_test_run ();
}
