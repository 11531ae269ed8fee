/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The resolution of one question for all who wait for it: which upstream is asked, when another one
 * is asked too, and what everybody gets in the end. */

#include <string.h>

#include "core/limits.h"
#include "core/policy.h"
#include "core/resolver-private.h"
#include "core/wire.h"

static void ask_next (DotlsFetch *fetch, DotlsUpstream *again);

/* --- the end of a fetch -------------------------------------------------------------------------
 */

/* INFO has what is the same for all who wait; the rest is filled in. */
static void
reply_to (DotlsResolver *self, DotlsQuery *query, const DotlsBody *body, DotlsAnswerInfo *info)
{
  gsize question_end = DOTLS_HEADER_SIZE + query->name_length + 4;
  gsize size =
      MIN (question_end + body->length + 64u, MAX (query->envelope.limit, question_end + 64u));
  guint8 *buffer = query->origin.ops->reserve (query, size);

  if (buffer == NULL)
    return;
  info->qname = query->name;
  info->elapsed_us = self->loop->now - query->arrived;
  info->client = NULL;
  memcpy (buffer + DOTLS_HEADER_SIZE, query->name, query->name_length);
  dotls_write_u16 (buffer + question_end - 4, info->qtype);
  dotls_write_u16 (buffer + question_end - 2, info->qclass);
  size = dotls_wire_reply_body (buffer, size, question_end, &query->envelope, body, 0);
  if (dotls_wire_is_truncated (buffer))
    self->stats.truncated++;
  dotls_journey_tell (self, &query->origin, info);
  query->origin.ops->commit (query, size);
}

static void
release_query (DotlsResolver *self, DotlsQuery *query)
{
  query->origin.ops->release (query);
  dotls_query_pool_give (&self->queries, query);
}

static void
end_fetch (DotlsFetch *fetch)
{
  DotlsResolver *self = fetch->resolver;

  dotls_loop_cancel_deadline (self->loop, &fetch->deadline);
  for (guint i = 0; i < fetch->n_exchanges; i++)
    {
      DotlsExchange *exchange = &fetch->exchanges[i];

      if (!exchange->is_open)
        continue;
      if (!exchange->is_silent && exchange->connection != NULL
          && self->loop->now - exchange->began >= 1000 * (gint64) DOTLS_SILENT_AFTER)
        dotls_upstream_note_silence (exchange->upstream, exchange);
      dotls_upstream_cancel (exchange->upstream, exchange);
    }
  dotls_fetch_table_remove (&self->fetches, fetch);
}

/* Everybody who waits gets BODY; the fetch is over.  It ends first: who asks the same again from
 * within a reply must not join what has been answered. */
static void
finish (DotlsFetch *fetch, const DotlsBody *body, DotlsUpstream *upstream, DotlsSource source)
{
  DotlsResolver *self = fetch->resolver;
  DotlsQuery *query = g_steal_pointer (&fetch->waiting);
  DotlsAnswerInfo info = { .qtype = fetch->key.qtype,
                           .qclass = fetch->key.qclass,
                           .rcode = body->rcode,
                           .upstream = upstream };

  end_fetch (fetch);
  while (query != NULL)
    {
      DotlsQuery *next = query->next;
      /* The list has the first asker last. */
      gboolean is_first = next == NULL;

      info.source = source == DOTLS_SOURCE_UPSTREAM && !is_first ? DOTLS_SOURCE_COALESCED : source;
      reply_to (self, query, body, &info);
      release_query (self, query);
      query = next;
    }
}

/* RFC 8914: why there is nothing. */
static int
ede_for (DotlsError error)
{
  switch (error)
    {
    case DOTLS_ERROR_TIMEOUT:
    case DOTLS_ERROR_UNREACHABLE:
    case DOTLS_ERROR_OFFLINE:
      return DOTLS_EDE_NO_REACHABLE_AUTHORITY;
    case DOTLS_ERROR_PROTOCOL:
      return DOTLS_EDE_INVALID_DATA;
    default:
      return DOTLS_EDE_NETWORK_ERROR;
    }
}

/* An upstream that answers others and not this one: the trouble is the name's (RFC 9520
 * section 3.2). */
static gboolean
is_fault_of_name (const DotlsFetch *fetch)
{
  GPtrArray *selected = fetch->resolver->selected;

  if (fetch->last_error != DOTLS_ERROR_TIMEOUT && fetch->last_error != DOTLS_ERROR_PROTOCOL)
    return FALSE;
  for (guint i = 0; i < selected->len; i++)
    if (dotls_upstream_is_healthy (g_ptr_array_index (selected, i)))
      return TRUE;
  return FALSE;
}

/* SERVFAIL with the reason: what an upstream gave as its own, that it refused, or why none could be
 * asked. */
static DotlsBody
failure_of (const DotlsFetch *fetch)
{
  DotlsBody body = { .rcode = DOTLS_RCODE_SERVFAIL, .ede = fetch->failure_ede };

  if (!fetch->was_refused)
    {
      body.ede = ede_for (fetch->last_error);
      body.ede_text = fetch->last_error + 1;
    }
  else if (body.ede < 0)
    body.ede = DOTLS_EDE_NO_REACHABLE_AUTHORITY;
  return body;
}

static void
give_up (DotlsFetch *fetch)
{
  DotlsResolver *self = fetch->resolver;
  const DotlsBody body = failure_of (fetch);
  DotlsBody kept = body;

  if (fetch->failure_ede < 0)
    kept.ede = DOTLS_EDE_CACHED_ERROR;
  dotls_cache_insert_failure (self->cache, &fetch->key, &kept,
                              !fetch->was_refused && !is_fault_of_name (fetch), self->loop->now);
  finish (fetch, &body, NULL, DOTLS_SOURCE_FAILURE);
}

/* --- asking upstreams ---------------------------------------------------------------------------
 */

static gboolean
ask (DotlsFetch *fetch, DotlsUpstream *upstream)
{
  DotlsExchange *exchange =
      dotls_fetch_begin_exchange (fetch, upstream, fetch->resolver->loop->now);

  if (exchange == NULL)
    return FALSE;
  if (dotls_upstream_send (upstream, exchange))
    return TRUE;
  exchange->is_open = FALSE;
  fetch->last_error = dotls_upstream_get_last_error (upstream, NULL, NULL);
  return FALSE;
}

static gboolean
ask_untried (DotlsFetch *fetch)
{
  DotlsResolver *self = fetch->resolver;
  DotlsUpstream *upstream;

  while (fetch->n_exchanges < DOTLS_SENDS_PER_QUERY
         && (upstream = dotls_policy_choose (self->config.policy, self->selected, fetch)) != NULL)
    if (ask (fetch, upstream))
      return TRUE;
  return FALSE;
}

static void deadline_cb (DotlsDeadline *deadline, gint64 now);

/* UPSTREAM is the one asked last, or NULL where the settings have taken it away since. */
static void
set_deadline (DotlsFetch *fetch, DotlsUpstream *upstream)
{
  DotlsResolver *self = fetch->resolver;
  guint wait = upstream != NULL ? dotls_upstream_hedge_ms (upstream) : DOTLS_HEDGE_MIN;
  gint64 hedge = self->loop->now + 1000 * (gint64) wait;

  dotls_deadlines_set (&self->loop->deadlines, &fetch->deadline, deadline_cb,
                       MIN (hedge, fetch->ends));
}

/* The next upstream, or AGAIN once more where there is no other; what is still open is waited for;
 * or it is over. */
static void
ask_next (DotlsFetch *fetch, DotlsUpstream *again)
{
  if (ask_untried (fetch) || (again != NULL && ask (fetch, again)))
    {
      fetch->resolver->stats.retried++;
      set_deadline (fetch, fetch->exchanges[fetch->n_exchanges - 1].upstream);
    }
  else if (!dotls_fetch_is_open (fetch))
    give_up (fetch);
}

/* A silent upstream does not cost the client its patience: after a while another one is asked too.
 */
static void
deadline_cb (DotlsDeadline *deadline, gint64 now)
{
  DotlsFetch *fetch = (DotlsFetch *) ((guint8 *) deadline - G_STRUCT_OFFSET (DotlsFetch, deadline));
  DotlsUpstream *again = NULL, *last = fetch->exchanges[fetch->n_exchanges - 1].upstream;

  for (guint i = 0; i < fetch->n_exchanges; i++)
    {
      DotlsExchange *exchange = &fetch->exchanges[i];

      if (exchange->is_open && !exchange->is_silent && exchange->connection != NULL
          && now - exchange->began >= 1000 * DOTLS_HEDGE_MIN
          && dotls_upstream_note_silence (exchange->upstream, exchange))
        again = exchange->upstream;
    }
  if (now >= fetch->ends)
    {
      fetch->resolver->stats.timeouts++;
      fetch->last_error = DOTLS_ERROR_TIMEOUT;
      give_up (fetch);
      return;
    }
  if (ask_untried (fetch) || (again != NULL && ask (fetch, again)))
    {
      fetch->resolver->stats.hedged++;
      last = fetch->exchanges[fetch->n_exchanges - 1].upstream;
    }
  if (!dotls_fetch_is_open (fetch))
    give_up (fetch);
  else
    set_deadline (fetch, last);
}

void
dotls_resolution_begin (DotlsFetch *fetch)
{
  DotlsResolver *self = fetch->resolver;
  DotlsUpstream *probed;

  self->stats.forwarded++;
  if (!ask_untried (fetch))
    {
      give_up (fetch);
      return;
    }
  set_deadline (fetch, fetch->exchanges[fetch->n_exchanges - 1].upstream);
  if (self->selected->len == 1)
    return;
  probed = dotls_policy_choose_probe (self->config.policy, self->selected, fetch);
  if (probed != NULL)
    ask (fetch, probed);
}

/* --- what upstreams tell ------------------------------------------------------------------------
 */

static void
lost_cb (DotlsExchange *exchange, DotlsError reason, gpointer owner)
{
  DotlsFetch *fetch = exchange->fetch;
  /* An upstream that can't be connected to is not asked again for this question. */
  gboolean was_sent = exchange->connection != NULL;

  exchange->is_open = FALSE;
  fetch->last_error = reason;
  /* A connection that closed under us says nothing against the upstream: first the same again. */
  if (reason == DOTLS_ERROR_CLOSED && dotls_fetch_count_tries (fetch, exchange->upstream) == 1
      && ask (fetch, exchange->upstream))
    {
      fetch->resolver->stats.retried++;
      return;
    }
  ask_next (fetch, was_sent ? exchange->upstream : NULL);
}

/* SERVFAIL or REFUSED from one is tried once at another. */
static void
take_refusal (DotlsFetch *fetch, DotlsExchange *exchange, const DotlsAnswer *answer)
{
  DotlsUpstream *upstream = exchange->upstream;

  if (answer->body.rcode == DOTLS_RCODE_REFUSED)
    upstream->stats.answers_refused++;
  else
    upstream->stats.answers_servfail++;
  fetch->was_refused = TRUE;
  fetch->failure_ede = answer->body.ede;
  if (fetch->may_repeat)
    {
      fetch->may_repeat = FALSE;
      ask_next (fetch, NULL);
    }
  else if (!dotls_fetch_is_open (fetch))
    give_up (fetch);
}

static void
answered_cb (DotlsExchange *exchange, guint8 *message, gsize length, gpointer owner)
{
  DotlsResolver *self = owner;
  DotlsFetch *fetch = exchange->fetch;
  DotlsAnswer *answer = self->answer;
  const DotlsTtlBounds bounds = { self->config.min_ttl, self->config.max_ttl,
                                  self->config.max_negative_ttl };
  DotlsAnswerVerdict verdict =
      dotls_answer_parse (message, length, &fetch->key, &bounds, self->loop->scratch, answer);

  if (answer->keepalive >= 0)
    dotls_upstream_note_keepalive (exchange->upstream, exchange, answer->keepalive);
  switch (verdict)
    {
    case DOTLS_ANSWER_GOOD:
      if (!self->config.trust_ad)
        answer->body.ad = FALSE;
      dotls_cache_insert (self->cache, &fetch->key, answer, self->loop->now);
      finish (fetch, &answer->body, exchange->upstream, DOTLS_SOURCE_UPSTREAM);
      break;
    case DOTLS_ANSWER_FAILURE:
      take_refusal (fetch, exchange, answer);
      break;
    case DOTLS_ANSWER_TRUNCATED:
      exchange->upstream->stats.answers_truncated++;
      fetch->last_error = DOTLS_ERROR_PROTOCOL;
      ask_next (fetch, NULL);
      break;
    case DOTLS_ANSWER_MALFORMED:
      exchange->upstream->stats.answers_malformed++;
      fetch->last_error = DOTLS_ERROR_PROTOCOL;
      ask_next (fetch, NULL);
      break;
    }
}

static void
recovered_cb (DotlsUpstream *upstream, gpointer owner)
{
  DotlsResolver *self = owner;

  dotls_cache_forget_unreachable (self->cache);
}

const DotlsUpstreamEvents dotls_resolution_events = {
  .answered = answered_cb,
  .lost = lost_cb,
  .recovered = recovered_cb,
};

/* --- all that is under way ----------------------------------------------------------------------
 */

/* The fetches as they are now.  Dealing with one may end others: is_under_way() tells. */
static GPtrArray *
list_fetches (DotlsResolver *self)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < DOTLS_FETCH_BUCKETS; i++)
    for (DotlsFetch *fetch = self->fetches.buckets[i]; fetch != NULL; fetch = fetch->chain)
      g_ptr_array_add (list, fetch);
  return list;
}

static gboolean
is_under_way (DotlsResolver *self, const DotlsFetch *fetch)
{
  return dotls_fetch_table_find (&self->fetches, &fetch->key) == fetch;
}

void
dotls_resolution_redirect (DotlsResolver *self)
{
  g_autoptr (GPtrArray) fetches = list_fetches (self);

  for (guint i = 0; i < fetches->len; i++)
    {
      DotlsFetch *fetch = g_ptr_array_index (fetches, i);

      if (!is_under_way (self, fetch))
        continue;
      for (guint j = 0; j < fetch->n_exchanges; j++)
        if (!g_ptr_array_find (self->upstreams, fetch->exchanges[j].upstream, NULL))
          fetch->exchanges[j] = (DotlsExchange){ .fetch = fetch };
      if (!dotls_fetch_is_open (fetch))
        ask_next (fetch, NULL);
    }
}

void
dotls_resolution_forget (DotlsResolver *self, gconstpointer owner)
{
  g_autoptr (GPtrArray) fetches = list_fetches (self);

  for (guint i = 0; i < fetches->len; i++)
    {
      DotlsFetch *fetch = g_ptr_array_index (fetches, i);
      DotlsQuery **link = &fetch->waiting;

      while (*link != NULL)
        {
          DotlsQuery *query = *link;

          if (query->origin.owner != owner)
            {
              link = &query->next;
              continue;
            }
          *link = query->next;
          fetch->n_waiting--;
          release_query (self, query);
        }
    }
}

void
dotls_resolution_abandon (DotlsResolver *self)
{
  g_autoptr (GPtrArray) fetches = list_fetches (self);
  const DotlsBody body = { .rcode = DOTLS_RCODE_SERVFAIL, .ede = DOTLS_EDE_NOT_READY };

  /* who asks again from within a reply is answered at once */
  g_ptr_array_set_size (self->selected, 0);
  for (guint i = 0; i < fetches->len; i++)
    finish (g_ptr_array_index (fetches, i), &body, NULL, DOTLS_SOURCE_FAILURE);
}
