/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/fault/fault.h"

#include <string.h>

/* 4.5 s, and what a loaded machine under a sanitizer needs to notice. */
#define ANSWER_TIME (5 * G_TIME_SPAN_SECOND)
/* How long an answer that must not come is waited for after a later one has come. */
#define SILENCE_MS 20

static const FaultScenario *const tables[] = {
  fault_answer, fault_bad_query, fault_cache,  fault_edns, fault_failover, fault_leak,
  fault_size,   fault_stream,    fault_strict, fault_tcp,  fault_tls,
};

/* --- what scenarios use ----------------------------------------------------------------------- */

DnsClient *
fault_udp (Fault *f)
{
  if (f->udp == NULL)
    f->udp = daemon_connect_udp (f->daemon);
  return f->udp;
}

DnsReply *
fault_ask (Fault *f, const char *name, guint16 qtype)
{
  gint64 start = g_get_monotonic_time ();
  DnsReply *reply = dns_client_ask (fault_udp (f), name, qtype);

  g_assert_cmpint (g_get_monotonic_time () - start, <, ANSWER_TIME);
  g_assert_nonnull (reply->packet);
  return reply;
}

void
fault_expect_address (Fault *f, const char *name, const char *address)
{
  g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);
  g_autofree char *text = dns_reply_get_text (reply, KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_NOERROR);
  g_assert_cmpstr (text, ==, address);
}

void
fault_expect_good (Fault *f, const char *name)
{
  fault_expect_address (f, name, "192.0.2.1");
}

void
fault_expect_servfail (Fault *f, const char *name)
{
  g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);

  g_assert_cmpuint (reply->rcode, ==, KNOT_RCODE_SERVFAIL);
  g_assert_cmpint (reply->ede, >=, 0);
  g_assert_cmpuint (reply->n_answers, ==, 0);
}

/* A status request (RFC 1035 section 4.1.1) is answered NOTIMP at once, after all that was sent
 * before it. */
static void
send_barrier (DnsClient *client, guint16 id)
{
  g_autoptr (GByteArray) query = dns_message_new (id, 2 << 11);

  dns_client_send (client, query);
}

/* The answer with the id of QUERY. */
static DnsReply *
receive_answer (DnsClient *client, const GByteArray *query)
{
  DnsReply *reply;

  while ((reply = dns_client_receive (client, 6000)) != NULL)
    {
      if (reply->id == dns_message_get (query, 0))
        return reply;
      dns_reply_free (reply);
    }
  return NULL;
}

DnsReply *
fault_exchange (Fault *f, const GByteArray *query)
{
  dns_client_send (fault_udp (f), query);
  return receive_answer (fault_udp (f), query);
}

DnsReply *
fault_exchange_tcp (Fault *f, const GByteArray *query)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

  dns_client_send (tcp, query);
  return receive_answer (tcp, query);
}

static void
expect_dropped (DnsClient *client, const GByteArray *query)
{
  guint16 barrier = ~dns_message_get (query, 0);
  DnsReply *reply;

  dns_client_send (client, query);
  send_barrier (client, barrier);
  while ((reply = dns_client_receive (client, 1000)) != NULL)
    {
      gboolean is_barrier = reply->id == barrier;

      g_assert_cmpuint (reply->id, !=, dns_message_get (query, 0));
      dns_reply_free (reply);
      if (is_barrier)
        break;
    }
  g_assert_null (dns_client_receive (client, SILENCE_MS));
}

void
fault_expect_dropped (Fault *f, const GByteArray *query)
{
  g_autoptr (DnsClient) tcp = daemon_connect_tcp (f->daemon);

  expect_dropped (fault_udp (f), query);
  expect_dropped (tcp, query);
}

guint
fault_count_queries (Fault *f)
{
  return fake_dot_get (f->one, FAKE_QUERIES)
         + (f->two != NULL ? fake_dot_get (f->two, FAKE_QUERIES) : 0);
}

void
fault_expect_memory (Fault *f, gsize limit)
{
  if (!IS_SANITIZED)
    g_assert_cmpuint (daemon_get_memory (f->daemon), <, limit);
}

/* --- the fixture ------------------------------------------------------------------------------ */

char *
fault_verify_lines (Fault *f, const char *template)
{
  g_autofree char *ca = daemon_get_path (f->daemon, "ca.pem");
  g_autofree char *pin = certs_pin (f->certs, CERT_VALID, NULL);
  g_autoptr (GString) lines = g_string_new (template);

  g_string_replace (lines, "$CA", ca, 0);
  g_string_replace (lines, "$PIN", pin, 0);
  return g_strconcat (lines->str, "\n", NULL);
}

static FakeDot *
make_upstream (Fault *f, const char *id, const char *script)
{
  const char *verify =
      f->scenario->verify != NULL ? f->scenario->verify : "auth-name = dot.test\nca-file = $CA";
  g_autofree char *lines = fault_verify_lines (f, verify);
  FakeDot *fake = fake_dot_new (f->certs);

  fake_dot_script (fake, script);
  daemon_add_upstream (f->daemon, id, fake, lines);
  return fake;
}

static void
set_up (Fault *f, gconstpointer data)
{
  const FaultScenario *scenario = data;
  g_autofree char *ca = NULL;

  f->scenario = scenario;
  f->certs = certs_new ();
  f->daemon = daemon_new ();
  ca = daemon_get_path (f->daemon, "ca.pem");
  certs_write_ca (f->certs, ca);
  daemon_set (f->daemon, scenario->settings != NULL ? scenario->settings : "policy = ordered");
  f->one = make_upstream (f, "one", scenario->one);
  if (scenario->two != NULL)
    {
      f->two = make_upstream (f, "two", scenario->two);
      fake_dot_set_zone (f->two, fake_zone_answer, (gpointer) "192.0.2.2");
    }
  if (!scenario->is_delayed)
    daemon_start (f->daemon);
}

static void
run (Fault *f, gconstpointer data)
{
  f->scenario->run (f);
}

static void
tear_down (Fault *f, gconstpointer data)
{
  g_clear_pointer (&f->udp, dns_client_free);
  daemon_free (f->daemon);
  fake_dot_free (f->one);
  g_clear_pointer (&f->two, fake_dot_free);
  certs_free (f->certs);
}

/* Catches a scenario that no test of the build runs: the arguments are those that it does. */
static int
check_complete (int argc, char **argv)
{
  int status = 0;

  g_print ("1..1\n");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const FaultScenario *scenario = tables[i]; scenario->path != NULL; scenario++)
      if (!g_strv_contains ((const char *const *) argv, scenario->path))
        {
          g_print ("# meson.build does not list %s\n", scenario->path);
          status = 1;
        }
  g_print ("%s 1 /fault/complete\n", status == 0 ? "ok" : "not ok");
  return status;
}

int
main (int argc, char **argv)
{
  if (argc > 1 && g_str_equal (argv[1], "--complete"))
    return check_complete (argc, argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const FaultScenario *scenario = tables[i]; scenario->path != NULL; scenario++)
      {
        g_autofree char *path = g_strconcat ("/fault/", scenario->path, NULL);

        g_test_add (path, Fault, scenario, set_up, run, tear_down);
      }
  return g_test_run ();
}
