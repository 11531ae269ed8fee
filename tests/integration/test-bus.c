/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <gio/gunixconnection.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus-manager.h"
#include "daemon/bus-socket.h"
#include "daemon/bus-upstream.h"
#include "dbus/names.h"
#include "tests/lib/bus-fixture.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

static GVariant *
call (GDBusConnection *connection, const char *interface, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = dotls_bus_fixture_call (connection, interface, method, parameters, &error);

  g_assert_no_error (error);
  return reply;
}

/* Expects the error NAME of this service. */
static void
assert_refused (GDBusConnection *connection,
                const char *method,
                GVariant *parameters,
                const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      dotls_bus_fixture_call (connection, DOTLS_INTERFACE_MANAGER, method, parameters, &error);
  g_autofree char *remote = NULL;
  g_autofree char *expected = g_strconcat (DOTLS_BUS_ERROR_PREFIX, name, NULL);

  g_assert_null (reply);
  /* both ends are in this process, which knows the names */
  remote = g_dbus_error_encode_gerror (error);
  g_assert_cmpstr (remote, ==, expected);
}

static GVariant *
get_property (GDBusConnection *connection, const char *name)
{
  g_autoptr (GVariant) reply =
      call (connection, PROPERTIES, "Get", g_variant_new ("(ss)", DOTLS_INTERFACE_MANAGER, name));
  GVariant *value;

  g_variant_get (reply, "(v)", &value);
  return value;
}

static void
assert_property (GDBusConnection *connection, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = get_property (connection, name);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

/* --- what is shown --------------------------------------------------------------------------- */

/* Would catch a property that nobody fills in. */
static void
test_properties (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  const char *paths = "['/org/dotls/Dotls1/upstream/lab', '/org/dotls/Dotls1/upstream/quad9']";

  assert_property (connection, "State", "'protected'");
  assert_property (connection, "StateReason", "'All 2 upstreams are in order.'");
  assert_property (connection, "Mode", "'strict'");
  assert_property (connection, "Policy", "'ordered'");
  assert_property (connection, "Listeners", "['udp 127.0.0.1:5300', 'tcp 127.0.0.1:5300']");
  assert_property (connection, "ConfigFiles", "['/etc/dotls/dotlsd.conf']");
  assert_property (connection, "HistoryLevel", "'off'");
  assert_property (connection, "Upstreams", paths);
  assert_property (connection, "ActiveUpstreams", paths);
}

static GVariant *
get_upstream (GDBusConnection *connection, const char *id)
{
  g_autofree char *path = dotls_bus_upstream_path (id);
  g_autoptr (GVariant) reply = call (connection, OBJECT_MANAGER, "GetManagedObjects", NULL);
  g_autoptr (GVariant) objects = g_variant_get_child_value (reply, 0);
  g_autoptr (GVariant) object = g_variant_lookup_value (objects, path, NULL);

  return object ? g_variant_lookup_value (object, DOTLS_INTERFACE_UPSTREAM, NULL) : NULL;
}

static void
assert_member (GVariant *dict, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dict, name, NULL);
  g_autofree char *text = NULL;

  g_assert_nonnull (value);
  text = g_variant_print (value, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

/* Would catch a fact that is lost between core and bus, and counters that are stored, not read. */
static void
test_upstream (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  DotlsUpstream *lab = dotls_resolver_find_upstream (self->resolver, "lab");
  g_autoptr (GVariant) before = get_upstream (connection, "lab"), after = NULL, counters = NULL;
  guint64 n;

  assert_member (before, "State", "'idle'");
  assert_member (before, "TlsVersion", "''");
  assert_member (before, "LastErrorTime", "0");
  assert_member (before, "OpenConnections", "0");
  dotls_fake_set_state (lab, DOTLS_UPSTREAM_BACKOFF, DOTLS_ERROR_NAME_MISMATCH, "wrong name");
  dotls_fake_set_state (lab, DOTLS_UPSTREAM_CONNECTED, DOTLS_ERROR_NONE, NULL);
  after = get_upstream (connection, "lab");
  assert_member (after, "Id", "'lab'");
  assert_member (after, "Provider", "'An Operator'");
  assert_member (after, "Addresses", "['[2001:db8::53]:853']");
  assert_member (after, "AuthName", "'dot.test'");
  assert_member (after, "Pins", "['AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']");
  assert_member (after, "State", "'connected'");
  assert_member (after, "Reason", "'Connected with TLS1.3, verified by name.'");
  assert_member (after, "Selected", "true");
  assert_member (after, "LastError", "'NameMismatch'");
  assert_member (after, "LastErrorText", "'wrong name'");
  assert_member (after, "LastErrorTime", "1000000000");
  assert_member (after, "NextRetry", "0");
  assert_member (after, "TlsVersion", "'TLS1.3'");
  assert_member (after, "Cipher", "'AES-256-GCM'");
  assert_member (after, "Group", "'X25519'");
  assert_member (after, "Alpn", "'dot'");
  assert_member (after, "Resumed", "false");
  assert_member (after, "VerifiedBy", "'name'");
  assert_member (after, "CertificateExpires", "2000000000");
  assert_member (after, "RttUsec", "12345");
  assert_member (after, "InFlight", "2");
  assert_member (after, "OpenConnections", "1");
  counters = g_variant_lookup_value (after, "Statistics", G_VARIANT_TYPE ("a{st}"));
  g_assert_true (g_variant_lookup (counters, "queries", "t", &n));
  g_assert_cmpuint (n, ==, 7);
}

/* Would catch a state that forgets a failure while it is tried again, or never recovers. */
static void
test_state (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  DotlsUpstream *lab = dotls_resolver_find_upstream (self->resolver, "lab");
  DotlsUpstream *quad9 = dotls_resolver_find_upstream (self->resolver, "quad9");

  dotls_fake_set_state (lab, DOTLS_UPSTREAM_CONNECTING, DOTLS_ERROR_NONE, NULL);
  assert_property (connection, "State", "'protected'");
  dotls_fake_set_state (lab, DOTLS_UPSTREAM_BACKOFF, DOTLS_ERROR_REFUSED, "connection refused");
  assert_property (connection, "State", "'degraded'");
  assert_property (connection, "ActiveUpstreams", "['/org/dotls/Dotls1/upstream/quad9']");
  dotls_fake_set_state (lab, DOTLS_UPSTREAM_CONNECTING, DOTLS_ERROR_NONE, NULL);
  assert_property (connection, "State", "'degraded'");
  dotls_fake_set_state (quad9, DOTLS_UPSTREAM_BACKOFF, DOTLS_ERROR_TIMEOUT, "no answer");
  assert_property (connection, "State", "'failed'");
  assert_property (connection, "StateReason",
                   "'No upstream can be used: lab (connection refused), quad9 (no answer).'");
  assert_property (connection, "ActiveUpstreams", "[]");
  dotls_fake_set_state (lab, DOTLS_UPSTREAM_CONNECTED, DOTLS_ERROR_NONE, NULL);
  dotls_fake_set_state (quad9, DOTLS_UPSTREAM_IDLE, DOTLS_ERROR_NONE, NULL);
  assert_property (connection, "State", "'protected'");
}

static void
signal_cb (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *name,
           GVariant *parameters,
           gpointer data)
{
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (data, g_strdup_printf ("%s %s %s", path, name, text));
}

static gboolean
has_signal (GPtrArray *signals, const char *a, const char *b)
{
  for (guint i = 0; i < signals->len; i++)
    if (strstr (g_ptr_array_index (signals, i), a) && strstr (g_ptr_array_index (signals, i), b))
      return TRUE;
  return FALSE;
}

/* Would catch changes that a watcher never learns of, and objects that stay after their upstream
 * went, or that a new upstream of the same name cannot replace. */
static void
test_signals (DotlsBusFixture *self, gconstpointer data)
{
  static const char *const ids[] = { "lab", "my-own.one", NULL };
  g_autoptr (GPtrArray) signals = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  guint subscription = g_dbus_connection_signal_subscribe (
      connection, NULL, NULL, NULL, NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, signal_cb, signals, NULL);
  g_autoptr (GVariant) gone = NULL;

  assert_property (connection, "State", "'protected'");
  dotls_fake_set_state (dotls_resolver_find_upstream (self->resolver, "lab"),
                        DOTLS_UPSTREAM_BACKOFF, DOTLS_ERROR_REFUSED, "refused");
  while (!has_signal (signals, "/upstream/lab PropertiesChanged", "'State': <'backoff'>")
         || !has_signal (signals, "/Dotls1 PropertiesChanged", "'State': <'degraded'>"))
    g_main_context_iteration (NULL, TRUE);

  dotls_fake_set_upstreams (self->resolver, ids);
  while (!has_signal (signals, "InterfacesRemoved", "/upstream/quad9")
         || !has_signal (signals, "InterfacesAdded", "/upstream/my_2down_2eone")
         || !has_signal (signals, "/Dotls1 PropertiesChanged", "'State': <'protected'>"))
    g_main_context_iteration (NULL, TRUE);
  /* no counter is announced */
  g_assert_false (has_signal (signals, "PropertiesChanged", "Statistics"));
  gone = get_upstream (connection, "quad9");
  g_assert_null (gone);
  g_dbus_connection_signal_unsubscribe (connection, subscription);
}

/* --- what can be done ------------------------------------------------------------------------ */

static GVariant *
query (const char *name, const char *type, const char *options)
{
  return g_variant_new ("(ss@a{sv})", name, type, g_variant_new_parsed (options));
}

/* Would catch a reply without its message or its facts, and options that do nothing. */
static void
test_query (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  g_autoptr (GVariant) plain = NULL, reply = NULL, bytes = NULL, info = NULL;

  dotls_fake_set_state (dotls_resolver_find_upstream (self->resolver, "lab"),
                        DOTLS_UPSTREAM_CONNECTED, DOTLS_ERROR_NONE, NULL);
  plain = call (connection, DOTLS_INTERFACE_MANAGER, "Query", query ("a.test", "A", "@a{sv} {}"));
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==, 0);
  reply = call (connection, DOTLS_INTERFACE_MANAGER, "Query",
                query ("a.test", "AAAA",
                       "{'dnssec': <true>, 'checking-disabled': <true>, 'no-cache': <true>}"));
  g_assert_cmpint (dotls_fake_get_flags (self->resolver), ==,
                   DOTLS_QUERY_DO | DOTLS_QUERY_CD | DOTLS_QUERY_NO_CACHE);
  g_variant_get (reply, "(@ay@a{sv})", &bytes, &info);
  g_assert_cmpuint (g_variant_n_children (bytes), >, 12);
  assert_member (info, "source", "'upstream'");
  assert_member (info, "upstream", "'lab'");
  assert_member (info, "tls-version", "'TLS1.3'");
  assert_member (info, "cipher", "'AES-256-GCM'");
  assert_member (info, "authenticated", "true");
  assert_member (info, "elapsed-usec", "12345");
}

/* Would catch an argument that is ignored where it should be refused. */
static void
test_refusals (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  const char *none = "@a{sv} {}";

  assert_refused (connection, "Query", query ("a..b", "A", none), "InvalidArgument");
  assert_refused (connection, "Query", query ("a.test", "AAAAA", none), "InvalidArgument");
  assert_refused (connection, "Query", query ("a.test", "A", "{'x': <1>}"), "InvalidArgument");
  assert_refused (connection, "Query", query ("a.test", "A", "{'dnssec': <1>}"), "InvalidArgument");
  assert_refused (connection, "SetPolicy", g_variant_new ("(s)", "best"), "InvalidArgument");
  assert_refused (connection, "FlushCache", g_variant_new ("(s)", "a..b"), "InvalidArgument");
  assert_refused (connection, "SelectUpstreams", g_variant_new_parsed ("(['nobody'], @a{sv} {})"),
                  "NoSuchUpstream");
  assert_refused (connection, "SelectUpstreams",
                  g_variant_new_parsed ("(['lab'], {'persist': <true>})"), "InvalidArgument");
  assert_refused (connection, "GetHistory", g_variant_new_parsed ("({'last': <'x'>},)"),
                  "InvalidArgument");
  assert_refused (connection, "GetHistory", g_variant_new_parsed ("({'follow': <true>},)"),
                  "Refused");
}

/* Would catch a change that is acknowledged and not made. */
static void
test_changes (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  g_autoptr (GVariant) policy = NULL, one = NULL, all = NULL, some = NULL, automatic = NULL;
  guint64 removed;

  policy =
      call (connection, DOTLS_INTERFACE_MANAGER, "SetPolicy", g_variant_new ("(s)", "fastest"));
  g_assert_cmpint (dotls_resolver_get_config (self->resolver)->policy, ==, DOTLS_POLICY_FASTEST);
  assert_property (connection, "Policy", "'fastest'");

  one = call (connection, DOTLS_INTERFACE_MANAGER, "FlushCache", g_variant_new ("(s)", "a.test"));
  all = call (connection, DOTLS_INTERFACE_MANAGER, "FlushCache", g_variant_new ("(s)", ""));
  g_variant_get (one, "(t)", &removed);
  g_assert_cmpuint (removed, ==, 1);
  g_variant_get (all, "(t)", &removed);
  g_assert_cmpuint (removed, ==, 3);

  some = call (connection, DOTLS_INTERFACE_MANAGER, "SelectUpstreams",
               g_variant_new_parsed ("(['quad9'], @a{sv} {})"));
  assert_property (connection, "ActiveUpstreams", "['/org/dotls/Dotls1/upstream/quad9']");
  automatic = call (connection, DOTLS_INTERFACE_MANAGER, "SelectUpstreams",
                    g_variant_new_parsed ("(@as [], @a{sv} {})"));
  g_assert_true (dotls_upstream_is_selected (dotls_resolver_find_upstream (self->resolver, "lab")));
}

/* Would catch a mistake in the settings that is reported as success, or loses its place. */
static void
test_reload (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  g_autoptr (GVariant) reply = call (connection, DOTLS_INTERFACE_MANAGER, "Reload", NULL);

  self->is_reload_refused = TRUE;
  assert_refused (connection, "Reload", NULL, "Config");
  g_assert_cmpuint (self->n_reloads, ==, 2);
}

/* Would catch settings that the bus shows as they were. */
static void
test_settings (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  static const char *const files[] = { "/a", "/b", NULL };

  assert_property (connection, "HistoryLevel", "'off'");
  g_assert_true (dotls_history_configure (self->history, DOTLS_HISTORY_DOMAIN, 5, NULL, NULL));
  dotls_bus_set_settings (self->bus, (char **) files, "opportunistic");
  assert_property (connection, "HistoryLevel", "'domain'");
  assert_property (connection, "ConfigFiles", "['/a', '/b']");
  assert_property (connection, "Mode", "'opportunistic'");
}

/* --- bounds ---------------------------------------------------------------------------------- */

static void
count_reply_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *counts = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply)
    counts[0]++;
  else if (g_error_matches (error, DOTLS_ERROR, DOTLS_ERROR_BUSY))
    counts[1]++;
  else
    counts[2]++;
}

static void
start_query (GDBusConnection *connection, const char *name, guint *counts)
{
  g_dbus_connection_call (connection, NULL, DOTLS_BUS_PATH, DOTLS_INTERFACE_MANAGER, "Query",
                          query (name, "A", "@a{sv} {}"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          count_reply_cb, counts);
}

/* Would catch a client that makes the daemon hold any number of queries, and a count that never
 * goes down again. */
static void
test_busy (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  guint counts[3] = { 0 };

  for (guint round = 1; round <= 2; round++)
    {
      for (guint i = 0; i < DOTLS_BUS_QUERIES_MAX + 5; i++)
        start_query (connection, "hold.test", counts);
      while (counts[1] < 5 * round)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (dotls_fake_get_held (self->resolver), ==, DOTLS_BUS_QUERIES_MAX);
      dotls_fake_release (self->resolver);
      while (counts[0] < DOTLS_BUS_QUERIES_MAX * round)
        g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpuint (counts[2], ==, 0);
}

/* Would catch a query whose client, and then whose bus, is gone when it is answered. */
static void
test_orphans (DotlsBusFixture *self, gconstpointer data)
{
  GDBusConnection *connection = dotls_bus_fixture_connect (self);
  guint counts[3] = { 0 };

  start_query (connection, "hold.test", counts);
  while (dotls_fake_get_held (self->resolver) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
  while (counts[2] == 0)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (connection);
  dotls_fake_release (self->resolver);

  connection = dotls_bus_fixture_connect (self);
  start_query (connection, "hold.test", counts);
  while (dotls_fake_get_held (self->resolver) == 0)
    g_main_context_iteration (NULL, TRUE);
  dotls_bus_free (self->bus);
  dotls_fake_release (self->resolver);
  while (counts[2] < 2)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (connection);
  self->bus = dotls_bus_new (self->resolver, self->history, NULL, NULL);
}

static GSocketConnection *
open_raw (DotlsBusFixture *self)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->socket);
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static gboolean
has_hung_up (GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);

  return (g_socket_condition_check (socket, G_IO_IN | G_IO_HUP) & (G_IO_IN | G_IO_HUP)) != 0;
}

static guint
count_hung_up (GPtrArray *connections)
{
  guint n = 0;

  for (guint i = 0; i < connections->len; i++)
    n += has_hung_up (g_ptr_array_index (connections, i));
  return n;
}

static gboolean
hung_up_cb (GSocket *socket, GIOCondition condition, gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* GDBus may close its end in a thread of its own: only the socket tells when. */
static void
wake_at_hang_up (GSocketConnection *connection)
{
  g_autoptr (GSource) source = g_socket_create_source (g_socket_connection_get_socket (connection),
                                                       G_IO_IN | G_IO_HUP, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (hung_up_cb), NULL, NULL);
  g_source_attach (source, NULL);
}

/* Would catch silent peers that take all the room there is, and for ever: those beyond the bound
 * are hung up on at once, the others when their time is over, and then there is room again. */
static void
test_silent_peers (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) silent = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GDBusConnection) connection = NULL;

  for (guint i = 0; i < DOTLS_BUS_CONNECTIONS_MAX + 3; i++)
    {
      g_ptr_array_add (silent, open_raw (self));
      wake_at_hang_up (g_ptr_array_index (silent, i));
      g_main_context_iteration (NULL, FALSE);
    }
  while (count_hung_up (silent) < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count_hung_up (silent), ==, 3);
  while (count_hung_up (silent) < silent->len)
    g_main_context_iteration (NULL, TRUE);
  connection = dotls_bus_fixture_connect (self);
  assert_property (connection, "Mode", "'strict'");
}

static void
closed_cb (GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
  *(gboolean *) data = TRUE;
}

/* Would catch a client that heaps up calls without reading the replies: held queries stand for
 * those, and calls that want no reply must count like others. */
static void
test_flood (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);
  g_autoptr (GDBusConnection) other = NULL;
  gboolean is_closed = FALSE;

  g_signal_connect (connection, "closed", G_CALLBACK (closed_cb), &is_closed);
  for (guint i = 0; i < 100 * DOTLS_BUS_CALLS_MAX && !is_closed; i++)
    g_dbus_connection_call (connection, NULL, DOTLS_BUS_PATH, DOTLS_INTERFACE_MANAGER, "Query",
                            query ("hold.test", "A", "@a{sv} {}"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                            NULL, NULL, NULL);
  while (!is_closed)
    g_main_context_iteration (NULL, TRUE);
  dotls_fake_release (self->resolver);
  other = dotls_bus_fixture_connect (self);
  assert_property (other, "Mode", "'strict'");
}

/* Would catch calls that want no reply and are counted for ever. */
static void
test_no_reply (DotlsBusFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = dotls_bus_fixture_connect (self);

  for (guint i = 0; i < 2 * DOTLS_BUS_CALLS_MAX; i++)
    {
      g_dbus_connection_call (connection, NULL, DOTLS_BUS_PATH, DOTLS_INTERFACE_MANAGER,
                              "SetPolicy", g_variant_new ("(s)", "spread"), NULL,
                              G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
      assert_property (connection, "Mode", "'strict'");
    }
  while (dotls_resolver_get_config (self->resolver)->policy != DOTLS_POLICY_SPREAD)
    g_main_context_iteration (NULL, TRUE);
}

/* Occupies as many connections as there may be, tells so through PIPE, and stays until killed.
 * Runs after fork() in a process with threads: system calls only. */
static void G_GNUC_NORETURN
crowd (const struct sockaddr_un *address, int pipe_fd)
{
  if (setgroups (0, NULL) < 0 || setgid (65534) < 0 || setuid (65534) < 0
      || prctl (PR_SET_PDEATHSIG, SIGKILL) < 0)
    _exit (1);
  for (guint i = 0; i < DOTLS_BUS_CONNECTIONS_MAX; i++)
    {
      int fd = socket (AF_UNIX, SOCK_STREAM, 0);

      if (fd < 0 || connect (fd, (const struct sockaddr *) address, sizeof *address) < 0)
        _exit (1);
    }
  if (write (pipe_fd, "", 1) != 1)
    _exit (1);
  for (;;)
    pause ();
}

static gboolean
readable_cb (int fd, GIOCondition condition, gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Would catch a stranger who locks the administrator out by taking all the connections. */
static void
test_reserve (DotlsBusFixture *self, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr (GDBusConnection) connection = NULL;
  gboolean is_crowded = FALSE;
  int ends[2];
  char byte;
  pid_t child;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can become somebody else");
      return;
    }
  g_strlcpy (address.sun_path, self->socket, sizeof address.sun_path);
  g_assert_cmpint (pipe (ends), ==, 0);
  child = fork ();
  if (child == 0)
    crowd (&address, ends[1]);
  close (ends[1]);
  g_unix_fd_add (ends[0], G_IO_IN | G_IO_HUP, readable_cb, &is_crowded);
  while (!is_crowded)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
  connection = dotls_bus_fixture_connect (self);
  assert_property (connection, "Mode", "'strict'");
  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  close (ends[0]);
}

/* Would catch a descriptor that every connection leaves behind.  Some of the last ones may still be
 * on their way out. */
static void
test_no_leak (DotlsBusFixture *self, gconstpointer data)
{
  guint before = 0;

  for (guint i = 0; i < 100; i++)
    {
      GDBusConnection *connection = dotls_bus_fixture_connect (self);

      assert_property (connection, "State", "'protected'");
      g_dbus_connection_close_sync (connection, NULL, NULL);
      g_object_unref (connection);
      if (i == 20)
        before = count_fds ();
    }
  g_assert_cmpuint (count_fds (), <, before + 40);
}

/* --- the socket ------------------------------------------------------------------------------ */

static DotlsBusSocket *
open_socket (const char *path, GError **error)
{
  return dotls_bus_socket_new (path, NULL, NULL, NULL, error);
}

/* Would catch a daemon that takes the socket of a living one away, or that cannot start because a
 * dead one left its own, or that removes what is no socket, or another's. */
static void
test_socket (DotlsBusFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "other", NULL);
  g_autofree char *hidden = g_build_filename (self->folder, "hidden", NULL);
  g_autoptr (GError) live = NULL, file = NULL, error = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  DotlsBusSocket *first, *second;
  struct stat st;

  g_assert_null (open_socket (self->socket, &live));
  g_assert_error (live, DOTLS_ERROR, DOTLS_ERROR_BUSY);
  g_assert_nonnull (strstr (live->message, self->socket));
  connection = dotls_bus_fixture_connect (self);

  g_assert_true (g_file_set_contents (path, "precious", -1, NULL));
  g_assert_null (open_socket (path, &file));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  g_unlink (path);

  /* moved aside while it is closed: what a dead daemon leaves */
  first = open_socket (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0666);
  g_rename (path, hidden);
  dotls_bus_socket_free (first);
  g_rename (hidden, path);
  second = open_socket (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  dotls_bus_socket_free (second);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Would catch a path that is cut where the kernel's limit is, and a folder that cannot be. */
static void
test_bad_path (DotlsBusFixture *self, gconstpointer data)
{
  g_autofree char *name = g_strnfill (120, 'x');
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  g_autoptr (DotlsBus) bus = dotls_bus_new (self->resolver, self->history, NULL, NULL);
  g_autoptr (GError) long_error = NULL, folder_error = NULL;

  g_assert_null (open_socket (path, &long_error));
  g_assert_nonnull (strstr (long_error->message, "longer than"));
  g_assert_false (dotls_bus_listen (bus, "/proc/no/such", &folder_error));
  g_assert_nonnull (strstr (folder_error->message, "/proc/no/such"));
}

#define ADD(path, func)                                                                            \
  g_test_add (path, DotlsBusFixture, NULL, dotls_bus_fixture_set_up, func,                         \
              dotls_bus_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/bus/properties", test_properties);
  ADD ("/bus/upstream", test_upstream);
  ADD ("/bus/state", test_state);
  ADD ("/bus/signals", test_signals);
  ADD ("/bus/query", test_query);
  ADD ("/bus/refusals", test_refusals);
  ADD ("/bus/changes", test_changes);
  ADD ("/bus/reload", test_reload);
  ADD ("/bus/settings", test_settings);
  ADD ("/bus/busy", test_busy);
  ADD ("/bus/orphans", test_orphans);
  ADD ("/bus/silent-peers", test_silent_peers);
  ADD ("/bus/flood", test_flood);
  ADD ("/bus/no-reply", test_no_reply);
  ADD ("/bus/reserve", test_reserve);
  ADD ("/bus/no-leak", test_no_leak);
  ADD ("/bus/socket", test_socket);
  ADD ("/bus/bad-path", test_bad_path);
  return g_test_run ();
}
