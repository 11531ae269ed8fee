/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-upstream.h"

#include "core/spec.h"
#include "core/upstream.h"
#include "dbus/names.h"

struct _DotlsBusUpstream
{
  DotlsDBusUpstreamSkeleton parent;
  DotlsUpstream *upstream;
  gboolean is_failing;
};

G_DEFINE_FINAL_TYPE (DotlsBusUpstream, dotls_bus_upstream, DOTLS_DBUS_TYPE_UPSTREAM_SKELETON)

static const char *
or_empty (const char *text)
{
  return text ? text : "";
}

static void
add_counter_cb (const char *name, guint64 value, gpointer data)
{
  g_variant_builder_add (data, "{st}", name, value);
}

/* What changes with every query is read when somebody asks, and never announced. */
static void
refresh_counters (DotlsBusUpstream *self)
{
  DotlsDBusUpstream *bus = DOTLS_DBUS_UPSTREAM (self);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  dotls_upstream_stats_foreach (dotls_upstream_get_stats (self->upstream), add_counter_cb,
                                &builder);
  dotls_dbus_upstream_set_statistics (bus, g_variant_builder_end (&builder));
  dotls_dbus_upstream_set_rtt_usec (bus, dotls_upstream_get_rtt (self->upstream));
  dotls_dbus_upstream_set_in_flight (bus, dotls_upstream_get_in_flight (self->upstream));
  dotls_dbus_upstream_set_open_connections (bus,
                                            dotls_upstream_get_open_connections (self->upstream));
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  refresh_counters (DOTLS_BUS_UPSTREAM (object));
  G_OBJECT_CLASS (dotls_bus_upstream_parent_class)->get_property (object, id, value, pspec);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  G_OBJECT_CLASS (dotls_bus_upstream_parent_class)->set_property (object, id, value, pspec);
}

static void
finalize (GObject *object)
{
  DotlsBusUpstream *self = DOTLS_BUS_UPSTREAM (object);

  g_signal_handlers_disconnect_by_data (self->upstream, self);
  g_object_unref (self->upstream);
  G_OBJECT_CLASS (dotls_bus_upstream_parent_class)->finalize (object);
}

static void
dotls_bus_upstream_class_init (DotlsBusUpstreamClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->finalize = finalize;
  /* From 1, as the parent: its own functions get and set what has these numbers. */
  dotls_dbus_upstream_override_properties (object_class, 1);
}

static void
dotls_bus_upstream_init (DotlsBusUpstream *self)
{
}

static void
set_specification (DotlsBusUpstream *self, const DotlsUpstreamSpec *spec)
{
  DotlsDBusUpstream *bus = DOTLS_DBUS_UPSTREAM (self);
  g_autoptr (GStrvBuilder) addresses = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) pins = g_strv_builder_new ();
  g_auto (GStrv) address_texts = NULL, pin_texts = NULL;

  for (guint i = 0; i < spec->addresses->len; i++)
    {
      g_autofree char *text =
          dotls_address_to_string (&g_array_index (spec->addresses, DotlsAddress, i));
      g_strv_builder_add (addresses, text);
    }
  for (guint i = 0; i < spec->pins->len; i++)
    {
      g_autofree char *text =
          g_base64_encode (g_array_index (spec->pins, DotlsPin, i).sha256, DOTLS_PIN_SIZE);
      g_strv_builder_add (pins, text);
    }
  address_texts = g_strv_builder_end (addresses);
  pin_texts = g_strv_builder_end (pins);
  dotls_dbus_upstream_set_id (bus, spec->id);
  dotls_dbus_upstream_set_provider (bus, or_empty (spec->provider));
  dotls_dbus_upstream_set_addresses (bus, (const char *const *) address_texts);
  dotls_dbus_upstream_set_auth_name (bus, or_empty (spec->auth_name));
  dotls_dbus_upstream_set_pins (bus, (const char *const *) pin_texts);
}

static void
update_tls (DotlsBusUpstream *self)
{
  DotlsDBusUpstream *bus = DOTLS_DBUS_UPSTREAM (self);
  const DotlsTlsFacts *tls = dotls_upstream_get_tls (self->upstream);

  dotls_dbus_upstream_set_tls_version (bus, or_empty (tls->protocol));
  dotls_dbus_upstream_set_cipher (bus, or_empty (tls->cipher));
  dotls_dbus_upstream_set_group (bus, or_empty (tls->group));
  dotls_dbus_upstream_set_alpn (bus, or_empty (tls->alpn));
  dotls_dbus_upstream_set_verified_by (bus, or_empty (tls->verified_by));
  dotls_dbus_upstream_set_resumed (bus, tls->resumed);
  dotls_dbus_upstream_set_certificate_expires (bus, tls->certificate_expires);
}

/* The core's clock for waiting is monotonic; people have another. */
static gint64
to_unix_time (gint64 monotonic_us)
{
  if (monotonic_us == 0)
    return 0;
  return (g_get_real_time () + monotonic_us - g_get_monotonic_time ()) / G_USEC_PER_SEC;
}

/* WHAT: WHY, with one full stop. */
static char *
blame (const char *what, const char *why)
{
  return g_strconcat (what, ": ", why, g_str_has_suffix (why, ".") ? "" : ".", NULL);
}

static char *
describe (DotlsBusUpstream *self, const char *error_text)
{
  const DotlsTlsFacts *tls = dotls_upstream_get_tls (self->upstream);

  if (!dotls_upstream_is_selected (self->upstream))
    return g_strdup ("Not selected.");
  switch (dotls_upstream_get_state (self->upstream))
    {
    case DOTLS_UPSTREAM_CONNECTED:
      return g_strdup_printf ("Connected with %s, verified by %s.", or_empty (tls->protocol),
                              or_empty (tls->verified_by));
    case DOTLS_UPSTREAM_CONNECTING:
      if (self->is_failing && error_text)
        return blame ("Tried again after a failure", error_text);
      return g_strdup ("A connection is being made.");
    case DOTLS_UPSTREAM_BACKOFF:
      return blame ("It failed", error_text ? error_text : "no answer");
    case DOTLS_UPSTREAM_IDLE:
      break;
    }
  return g_strdup ("Ready; a connection is made when there is something to ask.");
}

static void
update_failing (DotlsBusUpstream *self)
{
  DotlsUpstreamState state = dotls_upstream_get_state (self->upstream);

  if (state != DOTLS_UPSTREAM_CONNECTING)
    self->is_failing = state == DOTLS_UPSTREAM_BACKOFF;
}

static void
update_cb (DotlsUpstream *upstream, GParamSpec *pspec, gpointer data)
{
  DotlsBusUpstream *self = DOTLS_BUS_UPSTREAM (data);
  DotlsDBusUpstream *bus = DOTLS_DBUS_UPSTREAM (self);
  g_autofree char *reason = NULL;
  const char *text = NULL;
  gint64 time = 0;
  DotlsError code = dotls_upstream_get_last_error (upstream, &text, &time);

  update_failing (self);
  update_tls (self);
  reason = describe (self, text);
  dotls_dbus_upstream_set_last_error (bus, dotls_error_name (code));
  dotls_dbus_upstream_set_last_error_text (bus, or_empty (text));
  dotls_dbus_upstream_set_last_error_time (bus, time);
  dotls_dbus_upstream_set_next_retry (bus, to_unix_time (dotls_upstream_get_next_retry (upstream)));
  dotls_dbus_upstream_set_selected (bus, dotls_upstream_is_selected (upstream));
  dotls_dbus_upstream_set_reason (bus, reason);
  dotls_dbus_upstream_set_state (
      bus, dotls_upstream_state_to_string (dotls_upstream_get_state (upstream)));
}

DotlsBusUpstream *
dotls_bus_upstream_new (DotlsUpstream *upstream)
{
  DotlsBusUpstream *self = g_object_new (DOTLS_TYPE_BUS_UPSTREAM, NULL);

  self->upstream = g_object_ref (upstream);
  self->is_failing = dotls_upstream_get_next_retry (upstream) != 0;
  set_specification (self, dotls_upstream_get_spec (upstream));
  update_cb (upstream, NULL, self);
  g_signal_connect (upstream, "notify::state", G_CALLBACK (update_cb), self);
  g_signal_connect (upstream, "notify::selected", G_CALLBACK (update_cb), self);
  return self;
}

DotlsUpstream *
dotls_bus_upstream_get_upstream (DotlsBusUpstream *self)
{
  return self->upstream;
}

gboolean
dotls_bus_upstream_is_failing (DotlsBusUpstream *self)
{
  return self->is_failing;
}

char *
dotls_bus_upstream_path (const char *id)
{
  GString *path = g_string_new (DOTLS_BUS_PATH_UPSTREAM "/");

  for (; *id; id++)
    if (g_ascii_isalnum (*id))
      g_string_append_c (path, *id);
    else
      g_string_append_printf (path, "_%02x", (guint8) *id);
  return g_string_free (path, FALSE);
}
