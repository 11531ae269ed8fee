/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/upstream-private.h"

#include "core/address.h"
#include "core/limits.h"

enum
{
  PROP_STATE = 1,
  PROP_SELECTED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (DotlsUpstream, dotls_upstream, G_TYPE_OBJECT)

static void
dotls_upstream_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DotlsUpstream *self = DOTLS_UPSTREAM (object);

  if (id == PROP_STATE)
    g_value_set_uint (value, self->state);
  else if (id == PROP_SELECTED)
    g_value_set_boolean (value, self->selected);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dotls_upstream_finalize (GObject *object)
{
  DotlsUpstream *self = DOTLS_UPSTREAM (object);

  dotls_upstream_disconnect (self);
  g_ptr_array_unref (self->attempts);
  g_ptr_array_unref (self->retired);
  dotls_tls_facts_clear (&self->facts);
  g_clear_pointer (&self->tls, dotls_tls_free);
  g_free (self->last_error_text);
  g_free (self->attempt_text);
  dotls_upstream_spec_unref (self->spec);
  G_OBJECT_CLASS (dotls_upstream_parent_class)->finalize (object);
}

static void
dotls_upstream_class_init (DotlsUpstreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = dotls_upstream_get_property;
  object_class->finalize = dotls_upstream_finalize;
  props[PROP_STATE] = g_param_spec_uint ("state", NULL, NULL, 0, DOTLS_UPSTREAM_BACKOFF, 0, flags);
  props[PROP_SELECTED] = g_param_spec_boolean ("selected", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
dotls_upstream_init (DotlsUpstream *self)
{
  self->selected = TRUE;
  self->last_error = DOTLS_ERROR_NONE;
}

DotlsUpstream *
dotls_upstream_new (DotlsUpstreamSpec *spec,
                    DotlsLoop *loop,
                    guint idle_ms,
                    const DotlsUpstreamEvents *events,
                    gpointer owner)
{
  DotlsUpstream *self = g_object_new (DOTLS_TYPE_UPSTREAM, NULL);
  g_autoptr (GError) error = NULL;

  self->spec = dotls_upstream_spec_ref (spec);
  self->loop = loop;
  self->transport = dotls_transport_find ("dot");
  self->tls = dotls_tls_new (spec, &error);
  self->events = events;
  self->owner = owner;
  self->idle_ms = idle_ms;
  dotls_upstream_connect_init (self);
  if (self->tls == NULL)
    dotls_upstream_note_failure (self, error->code, error->message);
  return self;
}

void
dotls_upstream_update_state (DotlsUpstream *self)
{
  DotlsUpstreamState state = DOTLS_UPSTREAM_IDLE;

  /* A connection alone is no recovery: only an answer is. */
  if (self->failures > 0)
    state = DOTLS_UPSTREAM_BACKOFF;
  else if (self->connection != NULL)
    state = DOTLS_UPSTREAM_CONNECTED;
  else if (self->attempts->len > 0)
    state = DOTLS_UPSTREAM_CONNECTING;
  if (state == self->state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

void
dotls_upstream_set_selected (DotlsUpstream *self, gboolean selected)
{
  if (self->selected == selected)
    return;
  self->selected = selected;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED]);
}

/* RFC 6298 section 2: an eighth of what is new. */
void
dotls_upstream_note_answer (DotlsUpstream *self, gint64 elapsed)
{
  guint32 sample = CLAMP (elapsed, 1, G_MAXINT32);
  gboolean was_well = self->well_since != 0;

  self->rtt = self->rtt == 0 ? sample : self->rtt - self->rtt / 8 + sample / 8;
  self->rtt = MAX (self->rtt, 1);
  self->rtt_time = self->loop->now;
  self->silent = self->fruitless = self->failures = 0;
  self->next_retry = 0;
  if (was_well)
    return;
  self->well_since = self->loop->now;
  dotls_upstream_update_state (self);
  self->events->recovered (self, self->owner);
}

/* 1 s, doubled with every failure, at most 60 s, of which up to a fifth is chance, so that many
 * machines don't come back in one beat. */
static gint64
backoff_us (DotlsUpstream *self)
{
  gint64 ms = (gint64) DOTLS_BACKOFF_MIN << MIN (self->failures - 1, 6);

  ms = MIN (ms, DOTLS_BACKOFF_MAX / 5 * 4);
  return 1000 * (ms + ms * (dotls_loop_random (self->loop) % 1024) / 4096);
}

void
dotls_upstream_note_failure (DotlsUpstream *self, DotlsError error, const char *text)
{
  self->failures++;
  self->failed_at = self->loop->now;
  self->well_since = 0;
  self->silent = self->fruitless = 0;
  self->next_retry = self->loop->now + backoff_us (self);
  if (dotls_error_is_authentication (error))
    self->stats.authentication_failures++;
  self->last_error = error;
  self->last_error_time = g_get_real_time () / G_USEC_PER_SEC;
  g_free (self->last_error_text);
  self->last_error_text = g_strdup (text);
  g_debug ("upstream %s: %s", self->spec->id, text);
  dotls_upstream_update_state (self);
}

gboolean
dotls_upstream_is_healthy (DotlsUpstream *self)
{
  return self->failures == 0;
}

gboolean
dotls_upstream_is_silent (DotlsUpstream *self)
{
  return self->silent > 0;
}

gboolean
dotls_upstream_is_steady (DotlsUpstream *self)
{
  return self->failures == 0
         && (self->failed_at == 0
             || self->loop->now - self->well_since >= 1000 * (gint64) DOTLS_RETURN_AFTER);
}

/* Connected, sent a copy, and no answer to anything since. */
static gboolean
is_probe_unanswered (DotlsUpstream *self)
{
  return self->connection != NULL && self->last_probe > MAX (self->rtt_time, self->next_retry)
         && self->last_sent >= self->last_probe;
}

static gboolean
is_probe_due (DotlsUpstream *self, gboolean for_rtt)
{
  gint64 now = self->loop->now;

  if (now - self->last_probe < 1000 * (gint64) DOTLS_PROBE_INTERVAL)
    return FALSE;
  if (self->failures > 0)
    return now >= self->next_retry;
  return self->silent > 0
         || (for_rtt && (self->rtt == 0 || now - self->rtt_time > 1000 * (gint64) DOTLS_RTT_STALE));
}

gboolean
dotls_upstream_take_probe (DotlsUpstream *self, gboolean for_rtt)
{
  if (!is_probe_due (self, for_rtt))
    return FALSE;
  if ((self->failures > 0 || self->silent > 0) && is_probe_unanswered (self))
    {
      if (self->loop->now - self->last_sent >= 1000 * (gint64) DOTLS_PROBE_INTERVAL)
        dotls_upstream_note_failure (self, DOTLS_ERROR_TIMEOUT, "it does not answer");
      return FALSE;
    }
  self->last_probe = self->loop->now;
  return TRUE;
}

guint
dotls_upstream_hedge_ms (DotlsUpstream *self)
{
  return MAX (self->rtt / 500, DOTLS_HEDGE_MIN);
}

const char *
dotls_upstream_state_to_string (DotlsUpstreamState state)
{
  static const char *const names[] = {
    [DOTLS_UPSTREAM_IDLE] = "idle",
    [DOTLS_UPSTREAM_CONNECTING] = "connecting",
    [DOTLS_UPSTREAM_CONNECTED] = "connected",
    [DOTLS_UPSTREAM_BACKOFF] = "backoff",
  };

  return names[state];
}

const DotlsUpstreamSpec *
dotls_upstream_get_spec (DotlsUpstream *self)
{
  return self->spec;
}

const char *
dotls_upstream_get_id (DotlsUpstream *self)
{
  return self->spec->id;
}

DotlsUpstreamState
dotls_upstream_get_state (DotlsUpstream *self)
{
  return self->state;
}

gboolean
dotls_upstream_is_selected (DotlsUpstream *self)
{
  return self->selected;
}

const DotlsTlsFacts *
dotls_upstream_get_tls (DotlsUpstream *self)
{
  return &self->facts;
}

const DotlsUpstreamStats *
dotls_upstream_get_stats (DotlsUpstream *self)
{
  return &self->stats;
}

guint32
dotls_upstream_get_rtt (DotlsUpstream *self)
{
  return self->rtt;
}

gint64
dotls_upstream_get_next_retry (DotlsUpstream *self)
{
  return self->failures > 0 ? self->next_retry : 0;
}

DotlsError
dotls_upstream_get_last_error (DotlsUpstream *self, const char **ret_text, gint64 *ret_time)
{
  if (ret_text != NULL)
    *ret_text = self->last_error_text;
  if (ret_time != NULL)
    *ret_time = self->last_error_time;
  return self->last_error;
}
