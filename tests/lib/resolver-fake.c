/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/resolver-fake.h"

#include <libknot/libknot.h>
#include <string.h>

/* --- upstream -------------------------------------------------------------------------------- */

struct _DotlsUpstream
{
  GObject parent;
  DotlsUpstreamSpec *spec;
  DotlsUpstreamState state;
  gboolean is_selected;
  DotlsTlsFacts tls;
  DotlsUpstreamStats stats;
  DotlsError error;
  char *error_text;
};

G_DEFINE_FINAL_TYPE (DotlsUpstream, dotls_upstream, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  PROP_SELECTED,
};

static void
upstream_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DotlsUpstream *self = DOTLS_UPSTREAM (object);

  if (id == PROP_STATE)
    g_value_set_uint (value, self->state);
  else
    g_value_set_boolean (value, self->is_selected);
}

static void
upstream_finalize (GObject *object)
{
  DotlsUpstream *self = DOTLS_UPSTREAM (object);

  dotls_upstream_spec_unref (self->spec);
  g_free (self->error_text);
  G_OBJECT_CLASS (dotls_upstream_parent_class)->finalize (object);
}

static void
dotls_upstream_class_init (DotlsUpstreamClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = upstream_get_property;
  object_class->finalize = upstream_finalize;
  g_object_class_install_property (
      object_class, PROP_STATE,
      g_param_spec_uint ("state", NULL, NULL, 0, DOTLS_UPSTREAM_BACKOFF, 0, G_PARAM_READABLE));
  g_object_class_install_property (
      object_class, PROP_SELECTED,
      g_param_spec_boolean ("selected", NULL, NULL, TRUE, G_PARAM_READABLE));
}

static void
dotls_upstream_init (DotlsUpstream *self)
{
  self->is_selected = TRUE;
  self->error = DOTLS_ERROR_NONE;
  self->stats.queries = 7;
}

static DotlsUpstream *
upstream_new (const char *id)
{
  DotlsUpstream *self = g_object_new (DOTLS_TYPE_UPSTREAM, NULL);
  DotlsAddress address;
  DotlsPin pin = { { 1, 2, 3 } };

  g_assert_true (dotls_address_parse ("[2001:db8::53]:853", 853, &address, NULL));
  self->spec = dotls_upstream_spec_new (id);
  self->spec->provider = g_strdup ("An Operator");
  self->spec->auth_name = g_strdup ("dot.test");
  g_array_append_val (self->spec->addresses, address);
  g_array_append_val (self->spec->pins, pin);
  return self;
}

void
dotls_fake_set_state (DotlsUpstream *upstream,
                      DotlsUpstreamState state,
                      DotlsError code,
                      const char *text)
{
  static const DotlsTlsFacts facts = {
    .protocol = (char *) "TLS1.3",
    .cipher = (char *) "AES-256-GCM",
    .group = (char *) "X25519",
    .alpn = (char *) "dot",
    .verified_by = "name",
    .certificate_expires = 2000000000,
  };

  upstream->state = state;
  if (state == DOTLS_UPSTREAM_CONNECTED)
    upstream->tls = facts;
  if (text)
    {
      upstream->error = code;
      g_free (upstream->error_text);
      upstream->error_text = g_strdup (text);
    }
  g_object_notify (G_OBJECT (upstream), "state");
}

const char *
dotls_upstream_state_to_string (DotlsUpstreamState state)
{
  static const char *const names[] = { "idle", "connecting", "connected", "backoff" };

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
  return self->is_selected;
}

const DotlsTlsFacts *
dotls_upstream_get_tls (DotlsUpstream *self)
{
  return &self->tls;
}

const DotlsUpstreamStats *
dotls_upstream_get_stats (DotlsUpstream *self)
{
  return &self->stats;
}

guint32
dotls_upstream_get_rtt (DotlsUpstream *self)
{
  return 12345;
}

guint
dotls_upstream_get_in_flight (DotlsUpstream *self)
{
  return 2;
}

guint
dotls_upstream_get_open_connections (DotlsUpstream *self)
{
  return self->state == DOTLS_UPSTREAM_CONNECTED;
}

gint64
dotls_upstream_get_next_retry (DotlsUpstream *self)
{
  return self->state == DOTLS_UPSTREAM_BACKOFF ? g_get_monotonic_time () + 5 * G_USEC_PER_SEC : 0;
}

DotlsError
dotls_upstream_get_last_error (DotlsUpstream *self, const char **ret_text, gint64 *ret_time)
{
  if (ret_text)
    *ret_text = self->error_text;
  if (ret_time)
    *ret_time = self->error == DOTLS_ERROR_NONE ? 0 : 1000000000;
  return self->error;
}

/* --- resolver -------------------------------------------------------------------------------- */

struct _DotlsResolver
{
  GObject parent;
  GPtrArray *upstreams;
  DotlsConfig config;
  DotlsStats stats;
  DotlsObserver observer;
  gpointer observer_data;
  DotlsQueryFlags flags;
  GPtrArray *held; /* of Held */
};

typedef struct
{
  char *name;
  guint16 qtype;
  DotlsReplyFunc reply;
  gpointer data;
} Held;

G_DEFINE_FINAL_TYPE (DotlsResolver, dotls_resolver, G_TYPE_OBJECT)

static void
held_free (gpointer data)
{
  g_free (((Held *) data)->name);
  g_free (data);
}

static void
resolver_finalize (GObject *object)
{
  DotlsResolver *self = DOTLS_RESOLVER (object);

  g_assert_cmpuint (self->held->len, ==, 0);
  g_ptr_array_unref (self->held);
  g_ptr_array_unref (self->upstreams);
  G_OBJECT_CLASS (dotls_resolver_parent_class)->finalize (object);
}

static void
dotls_resolver_class_init (DotlsResolverClass *class)
{
  G_OBJECT_CLASS (class)->finalize = resolver_finalize;
  g_signal_new ("upstreams-changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                NULL, G_TYPE_NONE, 0);
}

static void
dotls_resolver_init (DotlsResolver *self)
{
  self->held = g_ptr_array_new_with_free_func (held_free);
  self->config.policy = DOTLS_POLICY_ORDERED;
  self->stats.queries = 42;
  self->stats.cache_hits = 21;
}

DotlsResolver *
dotls_fake_resolver_new (void)
{
  static const char *const ids[] = { "lab", "quad9", NULL };
  DotlsResolver *self = g_object_new (DOTLS_TYPE_RESOLVER, NULL);

  dotls_fake_set_upstreams (self, ids);
  return self;
}

void
dotls_fake_set_upstreams (DotlsResolver *self, const char *const *ids)
{
  g_autoptr (GPtrArray) old = self->upstreams;

  self->upstreams = g_ptr_array_new_with_free_func (g_object_unref);
  for (; *ids; ids++)
    g_ptr_array_add (self->upstreams, upstream_new (*ids));
  g_signal_emit_by_name (self, "upstreams-changed");
}

char **
dotls_resolver_get_listeners (DotlsResolver *self)
{
  return g_strsplit ("udp 127.0.0.1:5300,tcp 127.0.0.1:5300", ",", -1);
}

GPtrArray *
dotls_resolver_get_upstreams (DotlsResolver *self)
{
  return self->upstreams;
}

DotlsUpstream *
dotls_resolver_find_upstream (DotlsResolver *self, const char *id)
{
  for (guint i = 0; i < self->upstreams->len; i++)
    if (g_str_equal (dotls_upstream_get_id (g_ptr_array_index (self->upstreams, i)), id))
      return g_ptr_array_index (self->upstreams, i);
  return NULL;
}

gboolean
dotls_resolver_select (DotlsResolver *self, const char *const *ids, GError **error)
{
  for (guint i = 0; ids[i]; i++)
    if (!dotls_resolver_find_upstream (self, ids[i]))
      {
        g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_NO_SUCH_UPSTREAM,
                     "there is no upstream \"%s\"", ids[i]);
        return FALSE;
      }
  for (guint i = 0; i < self->upstreams->len; i++)
    {
      DotlsUpstream *upstream = g_ptr_array_index (self->upstreams, i);

      upstream->is_selected = !ids[0] || g_strv_contains (ids, upstream->spec->id);
      g_object_notify (G_OBJECT (upstream), "selected");
    }
  return TRUE;
}

const DotlsConfig *
dotls_resolver_get_config (DotlsResolver *self)
{
  return &self->config;
}

void
dotls_resolver_set_policy (DotlsResolver *self, DotlsPolicyKind policy)
{
  self->config.policy = policy;
}

const DotlsStats *
dotls_resolver_get_stats (DotlsResolver *self)
{
  return &self->stats;
}

void
dotls_resolver_get_cache_use (DotlsResolver *self, DotlsCacheUse *ret_use)
{
  *ret_use = (DotlsCacheUse){ .entries = 3, .bytes = 1000, .bytes_max = 1 << 20 };
}

guint64
dotls_resolver_flush_cache (DotlsResolver *self, const char *domain, GError **error)
{
  knot_dname_storage_t name;

  if (!domain)
    return 3;
  if (knot_dname_from_str (name, domain, sizeof name))
    return 1;
  g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "\"%s\" is no domain name",
               domain);
  return 0;
}

const char *
dotls_source_to_string (DotlsSource source)
{
  static const char *const names[] = { "upstream", "coalesced", "cache", "special", "failure" };

  return names[source];
}

void
dotls_resolver_set_observer (DotlsResolver *self,
                             DotlsObserver observer,
                             gpointer data,
                             GDestroyNotify destroy)
{
  g_assert_null (destroy);
  self->observer = observer;
  self->observer_data = data;
}

gboolean
dotls_fake_has_observer (DotlsResolver *self)
{
  return self->observer != NULL;
}

void
dotls_fake_observe (DotlsResolver *self, const DotlsAnswerInfo *info)
{
  if (self->observer)
    self->observer (info, self->observer_data);
}

/* --- answers --------------------------------------------------------------------------------- */

static void
put_record (knot_pkt_t *packet, guint16 type, const void *data, guint16 length)
{
  knot_rrset_t *record = knot_rrset_new (packet->wire + 12, type, KNOT_CLASS_IN, 300, NULL);

  knot_rrset_add_rdata (record, data, length, NULL);
  g_assert_cmpint (knot_pkt_put (packet, KNOT_COMPR_HINT_QNAME, record, KNOT_PF_FREE), ==, 0);
  /* the packet frees what hangs on the record, not the record */
  g_free (g_steal_pointer (&record));
}

static void
put_ede (knot_pkt_t *packet)
{
  static const struct
  {
    guint16 length;
    const guint8 *data;
  } options[] = {
    { 15, (const guint8 *) "\0\x16no \033[31mroute" },
    { 2, (const guint8 *) "\0\x1e" },
    { 7, (const guint8 *) "\xff\xfe"
                          "done\0" },
  };
  knot_rrset_t opt;

  knot_edns_init (&opt, 1232, 0, 0, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    knot_edns_add_option (&opt, KNOT_EDNS_OPTION_EDE, options[i].length, options[i].data, NULL);
  g_assert_cmpint (knot_pkt_put (packet, 0, &opt, KNOT_PF_FREE), ==, 0);
}

static void
fill_reply (knot_pkt_t *packet, const char *name)
{
  static const guint8 address[] = { 192, 0, 2, 1 };
  static const guint8 hostile[] = "\x09\033[31mred\x07";

  knot_wire_set_qr (packet->wire);
  knot_wire_set_ra (packet->wire);
  knot_wire_set_ad (packet->wire);
  knot_pkt_begin (packet, KNOT_ANSWER);
  if (g_str_has_prefix (name, "nxdomain."))
    knot_wire_set_rcode (packet->wire, KNOT_RCODE_NXDOMAIN);
  else if (g_str_has_prefix (name, "servfail."))
    knot_wire_set_rcode (packet->wire, KNOT_RCODE_SERVFAIL);
  else if (g_str_has_prefix (name, "formerr."))
    knot_wire_set_rcode (packet->wire, KNOT_RCODE_FORMERR);
  else if (g_str_has_prefix (name, "hostile."))
    put_record (packet, KNOT_RRTYPE_TXT, hostile, sizeof hostile - 1);
  else
    put_record (packet, KNOT_RRTYPE_A, address, sizeof address);
  knot_pkt_begin (packet, KNOT_ADDITIONAL);
  if (g_str_has_prefix (name, "servfail."))
    put_ede (packet);
}

static void
answer (DotlsResolver *self, const Held *held)
{
  knot_pkt_t *packet = knot_pkt_new (NULL, 4096, NULL);
  gboolean is_special = g_str_has_prefix (held->name, "special.");
  knot_dname_storage_t qname;
  DotlsAnswerInfo info;

  knot_dname_from_str (qname, held->name, sizeof qname);
  if (!g_str_has_prefix (held->name, "formerr."))
    knot_pkt_put_question (packet, qname, KNOT_CLASS_IN, held->qtype);
  fill_reply (packet, held->name);
  info = (DotlsAnswerInfo){
    .qname = qname,
    .qtype = held->qtype,
    .qclass = KNOT_CLASS_IN,
    .rcode = knot_wire_get_rcode (packet->wire),
    .source = is_special ? DOTLS_SOURCE_SPECIAL : DOTLS_SOURCE_UPSTREAM,
    .upstream = is_special ? NULL : g_ptr_array_index (self->upstreams, 0),
    .elapsed_us = 12345,
  };
  dotls_fake_observe (self, &info);
  held->reply (packet->wire, packet->size, &info, held->data);
  knot_pkt_free (packet);
}

gboolean
dotls_resolver_query (DotlsResolver *self,
                      const char *name,
                      guint16 qtype,
                      DotlsQueryFlags flags,
                      DotlsReplyFunc reply,
                      gpointer data,
                      GError **error)
{
  Held held = { .name = (char *) name, .qtype = qtype, .reply = reply, .data = data };
  knot_dname_storage_t qname;

  if (!knot_dname_from_str (qname, name, sizeof qname))
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "\"%s\" is no domain name",
                   name);
      return FALSE;
    }
  self->flags = flags;
  if (g_str_has_prefix (name, "hold."))
    {
      held.name = g_strdup (name);
      g_ptr_array_add (self->held, g_memdup2 (&held, sizeof held));
    }
  else
    answer (self, &held);
  return TRUE;
}

void
dotls_fake_release (DotlsResolver *self)
{
  g_autoptr (GPtrArray) held = self->held;

  g_object_ref (self);
  self->held = g_ptr_array_new_with_free_func (held_free);
  for (guint i = 0; i < held->len; i++)
    answer (self, g_ptr_array_index (held, i));
  g_object_unref (self);
}

guint
dotls_fake_get_held (DotlsResolver *self)
{
  return self->held->len;
}

DotlsQueryFlags
dotls_fake_get_flags (DotlsResolver *self)
{
  return self->flags;
}
