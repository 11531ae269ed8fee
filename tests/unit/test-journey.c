/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The way of one query, with upstreams that do as they are told. */

#include <string.h>

#include "tests/unit/fake-transport.h"

/* What came of one question. */
typedef struct
{
  guint replies;
  guint16 rcode;
  int ede;
  DotlsSource source;
  char upstream[8];
  DotlsResolver *ask_again; /* from within the reply, once */
} Asked;

static void ask (DotlsResolver *resolver, const char *name, DotlsQueryFlags flags, Asked *asked);

static void
reply_cb (const guint8 *message, gsize length, const DotlsAnswerInfo *info, gpointer data)
{
  Asked *asked = data;
  gsize opt = dotls_name_skip (message, length, DOTLS_HEADER_SIZE) + 4;

  asked->replies++;
  asked->rcode = info->rcode;
  asked->source = info->source;
  g_assert_cmpuint (message[3] & 0xf, ==, info->rcode);
  g_strlcpy (asked->upstream, info->upstream != NULL ? dotls_upstream_get_id (info->upstream) : "",
             sizeof asked->upstream);
  asked->ede = DOTLS_EDE_NONE;
  /* the first option of an OPT that follows the question: RFC 8914, maybe with a text */
  if (dotls_read_u16 (message + 6) == 0 && length >= opt + 17
      && dotls_read_u16 (message + opt + 11) == 15)
    asked->ede = dotls_read_u16 (message + opt + 15);
  if (asked->ask_again != NULL)
    ask (g_steal_pointer (&asked->ask_again), "a.example.com", 0, asked + 1);
}

static void
ask (DotlsResolver *resolver, const char *name, DotlsQueryFlags flags, Asked *asked)
{
  g_autoptr (GError) error = NULL;

  dotls_resolver_query (resolver, name, DOTLS_TYPE_A, flags, reply_cb, asked, &error);
  g_assert_no_error (error);
}

#define NAME "a.example.com"

/* Catches: the usual way blocked: an upstream's answer, then the same from the cache. */
static void
test_answer (void)
{
  DotlsResolver *resolver = fake_resolver_new (1, DOTLS_POLICY_ORDERED);
  Asked asked[3] = { 0 };

  ask (resolver, NAME, 0, &asked[0]);
  g_assert_cmpuint (asked[0].replies, ==, 0);
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpuint (asked[0].replies, ==, 1);
  g_assert_cmpint (asked[0].source, ==, DOTLS_SOURCE_UPSTREAM);
  g_assert_cmpstr (asked[0].upstream, ==, "a");
  ask (resolver, "A.Example.COM", 0, &asked[1]);
  g_assert_cmpint (asked[1].source, ==, DOTLS_SOURCE_CACHE);
  g_assert_cmpuint (asked[1].replies, ==, 1);
  ask (resolver, NAME, DOTLS_QUERY_NO_CACHE, &asked[2]);
  g_assert_cmpuint (asked[2].replies, ==, 0);
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpint (asked[2].source, ==, DOTLS_SOURCE_UPSTREAM);
  fake_resolver_free (resolver);
}

/* Catches: one question sent for each who asks (E12), DO and CD mixed up with others, or somebody
 * forgotten. */
static void
test_coalescing (void)
{
  DotlsResolver *resolver = fake_resolver_new (1, DOTLS_POLICY_ORDERED);
  Asked asked[40] = { 0 };

  for (guint i = 0; i < 40; i++)
    ask (resolver, i % 2 ? NAME : "A.EXAMPLE.com", i / 2 % 4, &asked[i]);
  fake_connection_open (fake_connection ());
  g_assert_cmpuint (fake_sent (), ==, 4);
  for (guint i = 0; i < 4; i++)
    fake_connection_answer (fake_connection (), 0, 0);
  for (guint i = 0; i < 40; i++)
    {
      g_assert_cmpuint (asked[i].replies, ==, 1);
      g_assert_cmpint (asked[i].source, ==,
                       i < 8 && i % 2 == 0 ? DOTLS_SOURCE_UPSTREAM : DOTLS_SOURCE_COALESCED);
    }
  fake_resolver_free (resolver);
}

/* Catches: a silent upstream that costs the client its patience: another one is asked after 300 ms,
 * and whose answer comes late is told so. */
static void
test_hedge (void)
{
  DotlsResolver *resolver = fake_resolver_new (2, DOTLS_POLICY_ORDERED);
  DotlsConnection *a;
  Asked asked = { 0 };

  ask (resolver, NAME, 0, &asked);
  a = fake_connection ();
  fake_connection_open (a);
  fake_resolver_advance (resolver, 290);
  g_assert_cmpuint (fake_connections ()->len, ==, 1);
  fake_resolver_advance (resolver, 40);
  g_assert_cmpuint (fake_connections ()->len, ==, 2);
  g_assert_cmpstr (fake_connection_upstream (fake_connection ()), ==, "b");
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpuint (asked.replies, ==, 1);
  g_assert_cmpstr (asked.upstream, ==, "b");
  g_assert_cmpuint (resolver->stats.hedged, ==, 1);
  fake_connection_answer (a, 0, 300);
  g_assert_cmpuint (asked.replies, ==, 1);
  fake_resolver_free (resolver);
}

/* Catches: a client that waits longer than 4.5 s, whatever upstreams do or do not. */
static void
test_patience (void)
{
  for (guint how = 0; how < 4; how++)
    {
      DotlsResolver *resolver = fake_resolver_new (3, DOTLS_POLICY_ORDERED);
      Asked asked = { 0 };
      guint waited = 0;

      ask (resolver, NAME, 0, &asked);
      for (; asked.replies == 0; waited += 20)
        {
          fake_resolver_advance (resolver, 20);
          /* 0: nobody opens; 1: open and silent; 2: close; 3: confused */
          for (guint i = fake_connections ()->len; how > 0 && i-- > 0;)
            {
              DotlsConnection *connection = g_ptr_array_index (fake_connections (), i);

              if (!fake_connection_is_open (connection))
                fake_connection_open (connection);
              else if (fake_connection_count (connection) == 0)
                continue;
              else if (how == 2)
                {
                  fake_connection_fail (connection, DOTLS_ERROR_CLOSED);
                  break;
                }
              else if (how == 3)
                {
                  fake_connection_confuse (connection);
                  break;
                }
            }
        }
      g_assert_cmpuint (waited, <=, DOTLS_QUERY_DEADLINE + 20);
      g_assert_cmpuint (asked.replies, ==, 1);
      g_assert_cmpuint (asked.rcode, ==, DOTLS_RCODE_SERVFAIL);
      g_assert_cmpint (asked.ede, >=, 22);
      g_assert_cmpuint (fake_sent (), <=, DOTLS_SENDS_PER_QUERY);
      fake_resolver_free (resolver);
    }
}

/* Catches: SERVFAIL or REFUSED believed at once, asked around for ever, or not kept (E10). */
static void
test_refusals (void)
{
  DotlsResolver *resolver = fake_resolver_new (4, DOTLS_POLICY_ORDERED);
  Asked asked[2] = { 0 };

  ask (resolver, NAME, 0, &asked[0]);
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), DOTLS_RCODE_SERVFAIL, 0);
  g_assert_cmpuint (asked[0].replies, ==, 0);
  g_assert_cmpstr (fake_connection_upstream (fake_connection ()), ==, "b");
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), DOTLS_RCODE_REFUSED, 0);
  g_assert_cmpuint (asked[0].replies, ==, 1);
  g_assert_cmpuint (asked[0].rcode, ==, DOTLS_RCODE_SERVFAIL);
  ask (resolver, NAME, 0, &asked[1]);
  g_assert_cmpuint (asked[1].replies, ==, 1);
  g_assert_cmpint (asked[1].source, ==, DOTLS_SOURCE_CACHE);
  g_assert_cmpint (asked[1].ede, ==, DOTLS_EDE_CACHED_ERROR);
  g_assert_cmpuint (fake_sent (), ==, 2);
  fake_resolver_free (resolver);
}

/* Catches: a close with questions in flight that costs their answers (D6): they are asked again at
 * the same upstream on a new connection, at once. */
static void
test_closed_in_flight (void)
{
  DotlsResolver *resolver = fake_resolver_new (2, DOTLS_POLICY_ORDERED);
  Asked asked[50] = { 0 };

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%u.example.com", i);

      ask (resolver, name, 0, &asked[i]);
    }
  fake_connection_open (fake_connection ());
  fake_connection_fail (fake_connection (), DOTLS_ERROR_CLOSED);
  g_assert_cmpuint (fake_connections ()->len, ==, 1);
  g_assert_cmpstr (fake_connection_upstream (fake_connection ()), ==, "a");
  fake_connection_open (fake_connection ());
  for (guint i = 0; i < 50; i++)
    fake_connection_answer (fake_connection (), 0, 300);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpuint (asked[i].replies, ==, 1);
  g_assert_cmpuint (resolver->stats.retried, ==, 50);
  fake_resolver_free (resolver);
}

/* Catches: a search among upstreams that never ends when more of them fail at once than one
 * question may be sent. */
static void
test_many_unreachable (void)
{
  DotlsResolver *resolver = fake_resolver_new (20, DOTLS_POLICY_ORDERED);
  Asked asked = { 0 };

  fake_transport_refuse (TRUE);
  ask (resolver, NAME, 0, &asked);
  g_assert_cmpuint (asked.replies, ==, 1);
  g_assert_cmpuint (asked.rcode, ==, DOTLS_RCODE_SERVFAIL);
  g_assert_cmpint (asked.ede, ==, DOTLS_EDE_NO_REACHABLE_AUTHORITY);
  fake_resolver_free (resolver);
}

/* Catches: a reload that takes away the upstream asked last, while another one is still waited for,
 * or the one that all wait for. */
static void
test_reload (void)
{
  DotlsResolver *resolver = fake_resolver_new (2, DOTLS_POLICY_ORDERED);
  Asked asked = { 0 };

  ask (resolver, NAME, 0, &asked);
  fake_resolver_advance (resolver, 320); /* now both are asked */
  fake_resolver_configure (resolver, "a");
  fake_resolver_advance (resolver, 1000);
  g_assert_cmpuint (asked.replies, ==, 0);
  fake_resolver_configure (resolver, "c");
  fake_connection_open (fake_connection ());
  g_assert_cmpstr (fake_connection_upstream (fake_connection ()), ==, "c");
  fake_connection_answer (fake_connection (), 0, 300);
  g_assert_cmpuint (asked.replies, ==, 1);
  g_assert_cmpstr (asked.upstream, ==, "c");
  fake_resolver_free (resolver);
}

/* Catches: a question asked from within the reply to the same one that joins what has just ended,
 * and is never answered. */
static void
test_ask_from_reply (void)
{
  DotlsResolver *resolver = fake_resolver_new (1, DOTLS_POLICY_ORDERED);
  Asked asked[2] = { { .ask_again = resolver } };

  ask (resolver, NAME, 0, &asked[0]);
  fake_connection_open (fake_connection ());
  fake_connection_answer (fake_connection (), 0, 0); /* TTL 0: not from the cache */
  g_assert_cmpuint (asked[0].replies, ==, 1);
  g_assert_cmpuint (asked[1].replies, ==, 0);
  g_assert_cmpuint (fake_connection_count (fake_connection ()), ==, 1);
  fake_connection_answer (fake_connection (), 0, 0);
  g_assert_cmpuint (asked[1].replies, ==, 1);
  g_assert_cmpuint (resolver->queries.in_use, ==, 0);
  g_assert_cmpuint (resolver->fetches.in_use, ==, 0);
  fake_resolver_free (resolver);
}

/* Catches: a question without any answer when the resolver goes away, also one that is asked then.
 */
static void
test_end (void)
{
  DotlsResolver *resolver = fake_resolver_new (1, DOTLS_POLICY_ORDERED);
  Asked asked[2] = { { .ask_again = resolver } };

  ask (resolver, "b.example.com", 0, &asked[0]);
  fake_resolver_free (resolver);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (asked[i].replies, ==, 1);
      g_assert_cmpuint (asked[i].rcode, ==, DOTLS_RCODE_SERVFAIL);
    }
}

/* Catches: no bound on those who wait, for one name or in all, or one of them without answer. */
static void
test_shedding (void)
{
  enum
  {
    N = DOTLS_QUERIES_MAX + 100
  };
  DotlsResolver *resolver = fake_resolver_new (1, DOTLS_POLICY_ORDERED);
  g_autofree Asked *asked = g_new0 (Asked, N);
  guint answered = 0;

  for (guint i = 0; i < DOTLS_WAITERS_MAX + 5; i++)
    ask (resolver, NAME, 0, &asked[i]);
  g_assert_cmpuint (resolver->stats.shed, ==, 5);
  for (guint i = DOTLS_WAITERS_MAX + 5; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%u.example.com", i);

      ask (resolver, name, 0, &asked[i]);
    }
  g_assert_cmpuint (resolver->stats.shed, ==, 100);
  fake_resolver_advance (resolver, DOTLS_QUERY_DEADLINE + 20);
  for (guint i = 0; i < N; i++)
    answered += asked[i].replies == 1 && asked[i].rcode == DOTLS_RCODE_SERVFAIL;
  g_assert_cmpuint (answered, ==, N);
  g_assert_cmpuint (resolver->queries.in_use, ==, 0);
  g_assert_cmpuint (resolver->fetches.in_use, ==, 0);
  fake_resolver_free (resolver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journey/answer", test_answer);
  g_test_add_func ("/journey/coalescing", test_coalescing);
  g_test_add_func ("/journey/hedge", test_hedge);
  g_test_add_func ("/journey/patience", test_patience);
  g_test_add_func ("/journey/refusals", test_refusals);
  g_test_add_func ("/journey/closed-in-flight", test_closed_in_flight);
  g_test_add_func ("/journey/many-unreachable", test_many_unreachable);
  g_test_add_func ("/journey/reload", test_reload);
  g_test_add_func ("/journey/ask-from-reply", test_ask_from_reply);
  g_test_add_func ("/journey/end", test_end);
  g_test_add_func ("/journey/shedding", test_shedding);
  return g_test_run ();
}
