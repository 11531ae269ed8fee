/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-manager.h"

#include <gio/gunixfdlist.h>

#include "core/resolver.h"
#include "core/upstream.h"
#include "daemon/dns-text.h"

struct _DotlsBusManager
{
  DotlsDBusManagerSkeleton parent;
  DotlsResolver *resolver;
  DotlsHistory *history;
  const DotlsBusHooks *hooks;
  gpointer data;
};

static void manager_iface_init (DotlsDBusManagerIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DotlsBusManager,
                               dotls_bus_manager,
                               DOTLS_DBUS_TYPE_MANAGER_SKELETON,
                               G_IMPLEMENT_INTERFACE (DOTLS_DBUS_TYPE_MANAGER, manager_iface_init))

/* An option that a method understands, and where its value goes. */
typedef struct
{
  const char *name;
  const char *type;
  gpointer ret_value;
} Option;

static const Option *
find_option (const Option *known, const char *name)
{
  for (; known->name; known++)
    if (g_str_equal (known->name, name))
      return known;
  return NULL;
}

/* What is not in KNOWN, which ends with a row of NULL, is refused: a caller who believes that an
 * option works should learn when it does not. */
static gboolean
parse_options (GVariant *options, const Option *known, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      const Option *option = find_option (known, name);

      if (option && g_variant_is_of_type (value, G_VARIANT_TYPE (option->type)))
        {
          g_variant_get (value, option->type, option->ret_value);
          continue;
        }
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT,
                   option ? "the option \"%s\" has the wrong type" : "unknown option \"%s\"", name);
      g_variant_unref (value);
      return FALSE;
    }
  return TRUE;
}

/* Answers ERROR, which it takes. */
static gboolean
fail (GDBusMethodInvocation *invocation, GError *error)
{
  g_dbus_method_invocation_take_error (invocation, error);
  return TRUE;
}

static gboolean
is_in_service (DotlsBusManager *self, GError **error)
{
  if (self->hooks)
    return TRUE;
  g_set_error_literal (error, DOTLS_ERROR, DOTLS_ERROR_FAILED, "the daemon ends");
  return FALSE;
}

/* --- changes --------------------------------------------------------------------------------- */

static gboolean
handle_select_upstreams (DotlsDBusManager *manager,
                         GDBusMethodInvocation *invocation,
                         const char *const *ids,
                         GVariant *options)
{
  const Option known[] = { { NULL } };
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  GError *error = NULL;

  if (!parse_options (options, known, &error)
      || !dotls_resolver_select (self->resolver, ids, &error))
    return fail (invocation, error);
  dotls_dbus_manager_complete_select_upstreams (manager, invocation);
  return TRUE;
}

static gboolean
handle_set_policy (DotlsDBusManager *manager, GDBusMethodInvocation *invocation, const char *policy)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  DotlsPolicyKind kind;

  if (!dotls_policy_kind_from_string (policy, &kind))
    {
      g_dbus_method_invocation_return_error (
          invocation, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT,
          "\"%s\" is no policy; there are ordered, fastest and spread", policy);
      return TRUE;
    }
  dotls_resolver_set_policy (self->resolver, kind);
  dotls_dbus_manager_set_policy (manager, policy);
  dotls_dbus_manager_complete_set_policy (manager, invocation);
  return TRUE;
}

static gboolean
handle_flush_cache (DotlsDBusManager *manager,
                    GDBusMethodInvocation *invocation,
                    const char *domain)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  GError *error = NULL;
  guint64 removed = dotls_resolver_flush_cache (self->resolver, *domain ? domain : NULL, &error);

  if (error)
    return fail (invocation, error);
  dotls_dbus_manager_complete_flush_cache (manager, invocation, removed);
  return TRUE;
}

static gboolean
handle_reload (DotlsDBusManager *manager, GDBusMethodInvocation *invocation)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  GError *error = NULL;

  if (!is_in_service (self, &error) || !self->hooks->reload (self->data, &error))
    return fail (invocation, error);
  dotls_dbus_manager_complete_reload (manager, invocation);
  return TRUE;
}

/* --- queries --------------------------------------------------------------------------------- */

/* How many queries of a connection wait; hangs on the connection, which outlives the bus. */
static guint
get_pending (GDBusConnection *connection)
{
  return GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (connection), "dotls-pending"));
}

static void
set_pending (GDBusConnection *connection, guint n)
{
  g_object_set_data (G_OBJECT (connection), "dotls-pending", GUINT_TO_POINTER (n));
}

/* The flag AD of the header (RFC 4035 section 3.2.3). */
static gboolean
is_authenticated (const guint8 *message, gsize length)
{
  return length > 3 && (message[3] & 0x20);
}

static GVariant *
describe_answer (const guint8 *message, gsize length, const DotlsAnswerInfo *info)
{
  static const DotlsTlsFacts none = { 0 };
  const DotlsTlsFacts *tls = info->upstream ? dotls_upstream_get_tls (info->upstream) : &none;
  const char *upstream = info->upstream ? dotls_upstream_get_id (info->upstream) : "";
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "source", "s", dotls_source_to_string (info->source));
  g_variant_dict_insert (&dict, "authenticated", "b", is_authenticated (message, length));
  g_variant_dict_insert (&dict, "elapsed-usec", "t", (guint64) MAX (info->elapsed_us, 0));
  g_variant_dict_insert (&dict, "upstream", "s", upstream);
  g_variant_dict_insert (&dict, "tls-version", "s", tls->protocol ? tls->protocol : "");
  g_variant_dict_insert (&dict, "cipher", "s", tls->cipher ? tls->cipher : "");
  return g_variant_dict_end (&dict);
}

/* DATA is the invocation and nothing else: it is answered even where the peer or the bus is gone.
 */
static void
reply_cb (const guint8 *message, gsize length, const DotlsAnswerInfo *info, gpointer data)
{
  GDBusMethodInvocation *invocation = data;
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);

  set_pending (connection, get_pending (connection) - 1);
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(@ay@a{sv})",
                     g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, message, length, 1),
                     describe_answer (message, length, info)));
}

static gboolean
parse_question (const char *type,
                GVariant *options,
                guint16 *ret_type,
                DotlsQueryFlags *ret_flags,
                GError **error)
{
  gboolean dnssec = FALSE, checking_disabled = FALSE, no_cache = FALSE;
  const Option known[] = {
    { "dnssec", "b", &dnssec },
    { "checking-disabled", "b", &checking_disabled },
    { "no-cache", "b", &no_cache },
    { NULL },
  };

  if (!parse_options (options, known, error))
    return FALSE;
  if (!dotls_dns_text_to_type (type, ret_type))
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "\"%s\" is no record type",
                   type);
      return FALSE;
    }
  *ret_flags = (dnssec ? DOTLS_QUERY_DO : 0) | (checking_disabled ? DOTLS_QUERY_CD : 0)
               | (no_cache ? DOTLS_QUERY_NO_CACHE : 0);
  return TRUE;
}

static gboolean
handle_query (DotlsDBusManager *manager,
              GDBusMethodInvocation *invocation,
              const char *name,
              const char *type,
              GVariant *options)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);
  guint n_pending = get_pending (connection);
  DotlsQueryFlags flags;
  guint16 qtype;
  GError *error = NULL;

  /* who left does not want to know any more; the invocation is answered into the void */
  if (g_dbus_connection_is_closed (connection))
    return fail (invocation,
                 g_error_new_literal (DOTLS_ERROR, DOTLS_ERROR_CLOSED, "the caller hung up"));
  if (n_pending >= DOTLS_BUS_QUERIES_MAX)
    {
      g_dbus_method_invocation_return_error (invocation, DOTLS_ERROR, DOTLS_ERROR_BUSY,
                                             "%u queries of this connection wait already",
                                             n_pending);
      return TRUE;
    }
  if (!parse_question (type, options, &qtype, &flags, &error))
    return fail (invocation, error);
  set_pending (connection, n_pending + 1);
  if (!dotls_resolver_query (self->resolver, name, qtype, flags, reply_cb, invocation, &error))
    {
      set_pending (connection, n_pending);
      return fail (invocation, error);
    }
  return TRUE;
}

/* --- what can be read ------------------------------------------------------------------------ */

static void
add_counter_cb (const char *name, guint64 value, gpointer data)
{
  g_variant_builder_add (data, "{sv}", name, g_variant_new_uint64 (value));
}

/* In the order of the counters, which a GVariantDict would lose. */
static gboolean
handle_get_statistics (DotlsDBusManager *manager, GDBusMethodInvocation *invocation)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  DotlsCacheUse use;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  dotls_stats_foreach (dotls_resolver_get_stats (self->resolver), add_counter_cb, &builder);
  dotls_resolver_get_cache_use (self->resolver, &use);
  add_counter_cb ("cache-entries", use.entries, &builder);
  add_counter_cb ("cache-bytes", use.bytes, &builder);
  add_counter_cb ("cache-bytes-max", use.bytes_max, &builder);
  dotls_dbus_manager_complete_get_statistics (manager, invocation,
                                              g_variant_builder_end (&builder));
  return TRUE;
}

static gboolean
handle_get_history (DotlsDBusManager *manager,
                    GDBusMethodInvocation *invocation,
                    GUnixFDList *none,
                    GVariant *options)
{
  DotlsBusManager *self = DOTLS_BUS_MANAGER (manager);
  guint last = G_MAXUINT;
  gboolean follow = FALSE;
  const Option known[] = { { "last", "u", &last }, { "follow", "b", &follow }, { NULL } };
  g_autoptr (GUnixFDList) list = NULL;
  GError *error = NULL;
  int fd;

  if (!is_in_service (self, &error) || !parse_options (options, known, &error))
    return fail (invocation, error);
  fd = follow ? dotls_history_follow (self->history, &error)
              : dotls_history_dump (self->history, last, &error);
  if (fd < 0)
    return fail (invocation, error);
  list = g_unix_fd_list_new_from_array (&fd, 1);
  dotls_dbus_manager_complete_get_history (manager, invocation, list, g_variant_new_handle (0));
  return TRUE;
}

/* --- the object ------------------------------------------------------------------------------ */

static void
manager_iface_init (DotlsDBusManagerIface *iface)
{
  iface->handle_select_upstreams = handle_select_upstreams;
  iface->handle_set_policy = handle_set_policy;
  iface->handle_flush_cache = handle_flush_cache;
  iface->handle_reload = handle_reload;
  iface->handle_query = handle_query;
  iface->handle_get_statistics = handle_get_statistics;
  iface->handle_get_history = handle_get_history;
}

static void
finalize (GObject *object)
{
  g_clear_object (&DOTLS_BUS_MANAGER (object)->resolver);
  G_OBJECT_CLASS (dotls_bus_manager_parent_class)->finalize (object);
}

static void
dotls_bus_manager_class_init (DotlsBusManagerClass *class)
{
  G_OBJECT_CLASS (class)->finalize = finalize;
}

static void
dotls_bus_manager_init (DotlsBusManager *self)
{
}

DotlsBusManager *
dotls_bus_manager_new (DotlsResolver *resolver,
                       DotlsHistory *history,
                       const DotlsBusHooks *hooks,
                       gpointer data)
{
  DotlsBusManager *self = g_object_new (DOTLS_TYPE_BUS_MANAGER, NULL);

  self->resolver = g_object_ref (resolver);
  self->history = history;
  self->hooks = hooks;
  self->data = data;
  return self;
}

void
dotls_bus_manager_retire (DotlsBusManager *self)
{
  self->history = NULL;
  self->hooks = NULL;
}
