/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The way of one query, in one direction: read, special name, cache, fetch, upstream, answer,
 * cache, client.  Everything happens within a batch of the loop. */

#include <string.h>

#include "core/limits.h"
#include "core/resolver-private.h"
#include "core/special.h"
#include "core/wire.h"

/* --- telling ------------------------------------------------------------------------------------
 */

void
dotls_journey_tell (DotlsResolver *self, const DotlsOrigin *origin, DotlsAnswerInfo *info)
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
  dotls_journey_tell (self, origin, &info);
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

  dotls_journey_tell (self, origin, &info);
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
    dotls_resolution_begin (fetch);
  return TRUE;
}

gsize
dotls_journey_handle (
    gpointer resolver, const DotlsOrigin *origin, guint8 *buffer, gsize length, gsize capacity)
{
  DotlsResolver *self = resolver;
  DotlsRequest request;
  const DotlsWireContext context = { .udp_payload_max = self->config.udp_payload_max,
                                     .keepalive = MAX (self->config.tcp_idle_ms / 100, 1),
                                     .stream = origin->is_stream,
                                     .seed = self->seed };
  DotlsVerdict verdict = dotls_wire_parse_request (buffer, length, &context, &request);

  self->stats.queries++;
  if (verdict != DOTLS_VERDICT_OK)
    return answer_verdict (self, origin, &request, buffer, verdict);
  if (answer_special (self, origin, &request, buffer, capacity, &length)
      || (!origin->wants_fresh
          && answer_cached (self, origin, &request, buffer, capacity, &length)))
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
