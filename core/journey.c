/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The way of one query, in one direction: read, special name, cache, fetch, upstream, answer,
 * cache, client.  Everything happens within a batch of the loop. */

#include <string.h>

#include "core/limits.h"
#include "core/policy.h"
#include "core/resolver-private.h"
#include "core/special.h"
#include "core/wire.h"

/* Header, question and OPT with all its options around a body. */
#define AROUND_BODY (DOTLS_HEADER_SIZE + DOTLS_NAME_MAX + 4 + 64)

static void ask_next (DotlsFetch *fetch, DotlsUpstream *again);

/* --- telling ------------------------------------------------------------------------------------
 */

static void
tell (DotlsResolver *self, const DotlsOrigin *origin, DotlsAnswerInfo *info)
{
  self->stats.answers++;
  if (info->rcode == DOTLS_RCODE_SERVFAIL)
    self->stats.servfail++;
  if (origin->ops->inform != NULL)
    origin->ops->inform (origin, info);
  if (self->observer == NULL)
    return;
  info->client = origin->peer.sa.sa_family != AF_UNSPEC ? &origin->peer : NULL;
  self->observer (info, self->observer_data);
}

/* --- answers made at once, in the client's own buffer -------------------------------------------
 */

static gsize
answer_body (DotlsResolver *self,
             const DotlsOrigin *origin,
             const DotlsRequest *request,
             guint8 *buffer,
             gsize capacity,
             const DotlsBody *body,
             guint32 age,
             DotlsSource source)
{
  DotlsAnswerInfo info = { .qname = buffer + DOTLS_HEADER_SIZE,
                           .qtype = request->key.qtype,
                           .qclass = request->key.qclass,
                           .rcode = body->rcode,
                           .source = source };
  gsize length = dotls_wire_reply_body (buffer, capacity, request->question_end, &request->envelope,
                                        body, age);

  if (dotls_wire_is_truncated (buffer))
    self->stats.truncated++;
  tell (self, origin, &info);
  return length;
}

static gsize
answer_error (DotlsResolver *self,
              const DotlsOrigin *origin,
              const DotlsRequest *request,
              guint8 *buffer,
              guint16 rcode,
              int ede,
              DotlsSource source)
{
  gboolean has_question = request->question_end > DOTLS_HEADER_SIZE;
  DotlsAnswerInfo info = { .qname = has_question ? buffer + DOTLS_HEADER_SIZE : (guint8 *) "",
                           .qtype = has_question ? request->key.qtype : 0,
                           .qclass = has_question ? request->key.qclass : 0,
                           .rcode = rcode,
                           .source = source };

  tell (self, origin, &info);
  return dotls_wire_reply_error (buffer, request->question_end, &request->envelope, rcode, ede);
}

static gsize
answer_verdict (DotlsResolver *self,
                const DotlsOrigin *origin,
                const DotlsRequest *request,
                guint8 *buffer,
                DotlsVerdict verdict)
{
  guint16 rcode;

  switch (verdict)
    {
    case DOTLS_VERDICT_DROP_SHORT:
      self->stats.dropped_short++;
      return 0;
    case DOTLS_VERDICT_DROP_RESPONSE:
      self->stats.dropped_response++;
      return 0;
    case DOTLS_VERDICT_NOTIMP:
      self->stats.not_implemented++;
      rcode = DOTLS_RCODE_NOTIMP;
      break;
    case DOTLS_VERDICT_REFUSED:
      self->stats.refused++;
      rcode = DOTLS_RCODE_REFUSED;
      break;
    case DOTLS_VERDICT_BADVERS:
      self->stats.bad_version++;
      rcode = DOTLS_RCODE_BADVERS;
      break;
    default:
      self->stats.bad_format++;
      rcode = DOTLS_RCODE_FORMERR;
    }
  return answer_error (self, origin, request, buffer, rcode, request->ede, DOTLS_SOURCE_SPECIAL);
}

static gboolean
answer_special (DotlsResolver *self,
                const DotlsOrigin *origin,
                const DotlsRequest *request,
                guint8 *buffer,
                gsize capacity,
                gsize *ret_length)
{
  DotlsSpecial special;
  DotlsBody body;

  if (!dotls_special_find (&request->key, &special))
    return FALSE;
  self->stats.special++;
  dotls_special_body (&special, &body);
  *ret_length =
      answer_body (self, origin, request, buffer, capacity, &body, 0, DOTLS_SOURCE_SPECIAL);
  return TRUE;
}

static gboolean
answer_cached (DotlsResolver *self,
               const DotlsOrigin *origin,
               const DotlsRequest *request,
               guint8 *buffer,
               gsize capacity,
               gsize *ret_length)
{
  DotlsBody body;
  guint32 age;

  if (!dotls_cache_lookup (self->cache, &request->key, self->loop->now, &body, &age))
    return FALSE;
  self->stats.cache_hits++;
  if (body.rcode == DOTLS_RCODE_SERVFAIL)
    self->stats.cache_failures++;
  *ret_length =
      answer_body (self, origin, request, buffer, capacity, &body, age, DOTLS_SOURCE_CACHE);
  return TRUE;
}

/* --- the end of a fetch -------------------------------------------------------------------------
 */

static void
reply_to (DotlsFetch *fetch,
          DotlsQuery *query,
          const DotlsBody *body,
          DotlsUpstream *upstream,
          DotlsSource source)
{
  DotlsResolver *self = fetch->resolver;
  gsize question_end = DOTLS_HEADER_SIZE + query->name_length + 4;
  gsize size =
      MIN (question_end + body->length + 64u, MAX (query->envelope.limit, question_end + 64u));
  DotlsAnswerInfo info = { .qname = query->name,
                           .qtype = fetch->key.qtype,
                           .qclass = fetch->key.qclass,
                           .rcode = body->rcode,
                           .source = source,
                           .upstream = upstream,
                           .elapsed_us = self->loop->now - query->arrived };
  guint8 *buffer = query->origin.ops->reserve (query, size);

  if (buffer == NULL)
    return;
  memcpy (buffer + DOTLS_HEADER_SIZE, query->name, query->name_length);
  dotls_write_u16 (buffer + question_end - 4, fetch->key.qtype);
  dotls_write_u16 (buffer + question_end - 2, fetch->key.qclass);
  size = dotls_wire_reply_body (buffer, size, question_end, &query->envelope, body, 0);
  if (dotls_wire_is_truncated (buffer))
    self->stats.truncated++;
  tell (self, &query->origin, &info);
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
          && self->loop->now - exchange->began >= 1000 * (gint64) DOTLS_HEDGE_MAX)
        dotls_upstream_note_silence (exchange->upstream, exchange);
      dotls_upstream_cancel (exchange->upstream, exchange);
    }
  dotls_fetch_table_remove (&self->fetches, fetch);
}

/* Everybody who waits gets BODY; the fetch is over. */
static void
finish (DotlsFetch *fetch, const DotlsBody *body, DotlsUpstream *upstream, DotlsSource source)
{
  DotlsResolver *self = fetch->resolver;
  DotlsQuery *query = g_steal_pointer (&fetch->waiting);

  while (query != NULL)
    {
      DotlsQuery *next = query->next;
      /* The list has the first asker last. */
      gboolean is_first = next == NULL;

      reply_to (fetch, query, body, upstream,
                source == DOTLS_SOURCE_UPSTREAM && !is_first ? DOTLS_SOURCE_COALESCED : source);
      release_query (self, query);
      query = next;
    }
  end_fetch (fetch);
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

/* Nobody could answer: SERVFAIL, or the refusal that an upstream gave. */
static void
give_up (DotlsFetch *fetch)
{
  DotlsResolver *self = fetch->resolver;
  gboolean was_refused = fetch->failure_rcode >= 0;
  const DotlsBody body = {
    .rcode = DOTLS_RCODE_SERVFAIL,
    .ede = was_refused ? fetch->failure_ede : ede_for (fetch->last_error),
  };

  dotls_cache_insert_failure (self->cache, &fetch->key, DOTLS_RCODE_SERVFAIL,
                              was_refused && body.ede >= 0 ? body.ede : DOTLS_EDE_CACHED_ERROR,
                              !was_refused && !is_fault_of_name (fetch), self->loop->now);
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

  while ((upstream = dotls_policy_choose (self->config.policy, self->selected, fetch)) != NULL)
    if (ask (fetch, upstream))
      return TRUE;
  return FALSE;
}

static void deadline_cb (DotlsDeadline *deadline, gint64 now);

static void
set_deadline (DotlsFetch *fetch, DotlsUpstream *upstream)
{
  DotlsResolver *self = fetch->resolver;
  gint64 hedge = self->loop->now + 1000 * (gint64) dotls_upstream_hedge_ms (upstream);

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

static void
begin (DotlsFetch *fetch)
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
  gboolean is_worth_it =
      reason == DOTLS_ERROR_CLOSED || reason == DOTLS_ERROR_PROTOCOL || reason == DOTLS_ERROR_TLS;

  exchange->is_open = FALSE;
  fetch->last_error = reason;
  /* A connection that closed under us says nothing against the upstream: first the same again. */
  if (reason == DOTLS_ERROR_CLOSED && dotls_fetch_count_tries (fetch, exchange->upstream) == 1
      && ask (fetch, exchange->upstream))
    {
      fetch->resolver->stats.retried++;
      return;
    }
  ask_next (fetch, is_worth_it ? exchange->upstream : NULL);
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
  fetch->failure_rcode = answer->body.rcode;
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

const DotlsUpstreamEvents dotls_journey_events = {
  .answered = answered_cb,
  .lost = lost_cb,
  .recovered = recovered_cb,
};

/* --- waiting ------------------------------------------------------------------------------------
 */

static DotlsFetch *
fetch_for (DotlsResolver *self, const DotlsKey *key, gboolean *ret_is_new)
{
  DotlsFetch *fetch = dotls_fetch_table_find (&self->fetches, key);

  *ret_is_new = fetch == NULL;
  if (fetch != NULL)
    {
      self->stats.coalesced++;
      return fetch;
    }
  fetch = dotls_fetch_table_add (&self->fetches, key);
  fetch->resolver = self;
  fetch->started = self->loop->now;
  fetch->ends = self->loop->now + 1000 * (gint64) DOTLS_QUERY_DEADLINE;
  fetch->last_error = DOTLS_ERROR_UNREACHABLE;
  fetch->failure_rcode = -1;
  fetch->failure_ede = DOTLS_EDE_NONE;
  fetch->may_repeat = TRUE;
  return fetch;
}

static void
fill_query (DotlsResolver *self,
            DotlsQuery *query,
            const DotlsOrigin *origin,
            const DotlsRequest *request,
            const guint8 *name)
{
  query->origin = *origin;
  query->envelope = request->envelope;
  query->arrived = self->loop->now;
  query->name_length = request->key.name_length;
  memcpy (query->name, name, query->name_length);
}

/* The query joins those who wait for the same, or is the first. */
static gboolean
wait_for_answer (DotlsResolver *self,
                 const DotlsOrigin *origin,
                 const DotlsRequest *request,
                 const guint8 *name)
{
  DotlsQuery *query = dotls_query_pool_take (&self->queries);
  DotlsFetch *fetch;
  gboolean is_new;

  if (query == NULL)
    return FALSE;
  fetch = fetch_for (self, &request->key, &is_new);
  if (fetch->n_waiting >= DOTLS_WAITERS_MAX)
    {
      dotls_query_pool_give (&self->queries, query);
      return FALSE;
    }
  fill_query (self, query, origin, request, name);
  query->fetch = fetch;
  query->next = fetch->waiting;
  fetch->waiting = query;
  fetch->n_waiting++;
  if (origin->ops->accept != NULL)
    origin->ops->accept (query);
  if (is_new)
    begin (fetch);
  return TRUE;
}

static DotlsVerdict
read_request (DotlsResolver *self,
              const guint8 *message,
              gsize length,
              gboolean is_stream,
              DotlsRequest *ret_request)
{
  const DotlsWireContext context = { .udp_payload_max = self->config.udp_payload_max,
                                     .keepalive = MAX (self->config.tcp_idle_ms / 100, 1),
                                     .stream = is_stream,
                                     .seed = self->seed };

  return dotls_wire_parse_request (message, length, &context, ret_request);
}

void
dotls_journey_forget_answer (DotlsResolver *self, const guint8 *message, gsize length)
{
  DotlsRequest request;

  if (read_request (self, message, length, TRUE, &request) == DOTLS_VERDICT_OK)
    dotls_cache_remove (self->cache, &request.key);
}

gsize
dotls_journey_handle (
    gpointer resolver, const DotlsOrigin *origin, guint8 *buffer, gsize length, gsize capacity)
{
  DotlsResolver *self = resolver;
  DotlsRequest request;
  DotlsVerdict verdict = read_request (self, buffer, length, origin->is_stream, &request);

  self->stats.queries++;
  if (verdict != DOTLS_VERDICT_OK)
    return answer_verdict (self, origin, &request, buffer, verdict);
  if (answer_special (self, origin, &request, buffer, capacity, &length)
      || answer_cached (self, origin, &request, buffer, capacity, &length))
    return length;
  if (!request.envelope.rd)
    {
      /* Whoever wants no recursion wants none for others to see. */
      self->stats.refused++;
      return answer_error (self, origin, &request, buffer, DOTLS_RCODE_REFUSED,
                           DOTLS_EDE_NOT_AUTHORITATIVE, DOTLS_SOURCE_SPECIAL);
    }
  self->stats.cache_misses++;
  if (wait_for_answer (self, origin, &request, buffer + DOTLS_HEADER_SIZE))
    return 0;
  self->stats.shed++;
  return answer_error (self, origin, &request, buffer, DOTLS_RCODE_SERVFAIL,
                       DOTLS_EDE_NO_REACHABLE_AUTHORITY, DOTLS_SOURCE_FAILURE);
}

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
dotls_journey_redirect (DotlsResolver *self)
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
dotls_journey_forget (DotlsResolver *self, gconstpointer owner)
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
dotls_journey_abandon (DotlsResolver *self)
{
  g_autoptr (GPtrArray) fetches = list_fetches (self);
  const DotlsBody body = { .rcode = DOTLS_RCODE_SERVFAIL, .ede = DOTLS_EDE_NOT_READY };

  for (guint i = 0; i < fetches->len; i++)
    finish (g_ptr_array_index (fetches, i), &body, NULL, DOTLS_SOURCE_FAILURE);
}
