/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/unit/fake-transport.h"

#include <string.h>

#include "tests/unit/parsed.h"

struct _DotlsConnection
{
  DotlsConnectionSetup setup;
  DotlsAddress address;
  gboolean is_open, is_retiring, is_closed;
  guint depth;
  GPtrArray *sent; /* of DotlsExchange; NULL: nobody waits */
  GPtrArray *keys; /* of DotlsKey, with it */
  gint64 last_read;
};

static struct
{
  GPtrArray *connections;
  gboolean refuses;
  guint sent;
} fake;

/* --- for the upstream --------------------------------------------------------------------------
 */

static void
free_if_unused (DotlsConnection *self)
{
  if (!self->is_closed || self->depth > 0)
    return;
  g_ptr_array_unref (self->sent);
  g_ptr_array_unref (self->keys);
  g_free (self);
}

static DotlsConnection *
fake_open (const DotlsConnectionSetup *setup,
           const DotlsAddress *address,
           DotlsError *ret_error,
           char **ret_text)
{
  DotlsConnection *self;

  if (fake.refuses)
    {
      *ret_error = DOTLS_ERROR_UNREACHABLE;
      *ret_text = g_strdup ("cannot be reached");
      return NULL;
    }
  self = g_new0 (DotlsConnection, 1);
  self->setup = *setup;
  self->address = *address;
  self->sent = g_ptr_array_new ();
  self->keys = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (fake_connections (), self);
  return self;
}

static gboolean
fake_send (DotlsConnection *self, DotlsExchange *exchange)
{
  g_assert_true (self->is_open && !self->is_closed);
  if (self->is_retiring)
    return FALSE;
  g_ptr_array_add (self->sent, exchange);
  g_ptr_array_add (self->keys, g_memdup2 (&exchange->fetch->key, sizeof (DotlsKey)));
  exchange->connection = self;
  fake.sent++;
  return TRUE;
}

static void
fake_cancel (DotlsConnection *self, DotlsExchange *exchange)
{
  guint index;

  g_assert_false (self->is_closed);
  if (g_ptr_array_find (self->sent, exchange, &index))
    self->sent->pdata[index] = NULL;
}

static void
fake_close (DotlsConnection *self)
{
  g_assert_false (self->is_closed);
  g_assert_true (g_ptr_array_remove (fake_connections (), self));
  self->is_closed = TRUE;
  free_if_unused (self);
}

static guint
fake_in_flight (DotlsConnection *self)
{
  guint count = 0;

  for (guint i = 0; i < self->sent->len; i++)
    count += self->sent->pdata[i] != NULL;
  return count;
}

static void
fake_retire (DotlsConnection *self)
{
  self->is_retiring = TRUE;
  if (fake_in_flight (self) == 0 && self->depth == 0)
    fake_connection_fail (self, DOTLS_ERROR_NONE);
}

static void
fake_keepalive (DotlsConnection *self, guint timeout)
{
  self->is_retiring = self->is_retiring || timeout == 0;
}

static gboolean
fake_is_silent (DotlsConnection *self, gint64 since)
{
  return self->last_read < since;
}

static const DotlsAddress *
fake_address (DotlsConnection *self)
{
  return &self->address;
}

const DotlsTransport fake_transport = {
  .name = "fake",
  .open = fake_open,
  .send = fake_send,
  .cancel = fake_cancel,
  .retire = fake_retire,
  .close = fake_close,
  .keepalive = fake_keepalive,
  .in_flight = fake_in_flight,
  .is_silent = fake_is_silent,
  .address = fake_address,
};

/* The linker takes this one before core's own. */
const DotlsTransport *
dotls_transport_find (const char *name)
{
  return &fake_transport;
}

/* --- for the test ------------------------------------------------------------------------------
 */

void
fake_transport_refuse (gboolean refuses)
{
  fake.refuses = refuses;
}

GPtrArray *
fake_connections (void)
{
  if (fake.connections == NULL)
    fake.connections = g_ptr_array_new ();
  return fake.connections;
}

DotlsConnection *
fake_connection (void)
{
  g_assert_cmpuint (fake_connections ()->len, >, 0);
  return g_ptr_array_index (fake.connections, fake.connections->len - 1);
}

const char *
fake_connection_upstream (DotlsConnection *connection)
{
  return dotls_upstream_get_id (connection->setup.owner);
}

guint
fake_sent (void)
{
  return fake.sent;
}

gboolean
fake_connection_is_open (DotlsConnection *connection)
{
  return connection->is_open;
}

guint
fake_connection_count (DotlsConnection *connection)
{
  return connection->sent->len;
}

void
fake_connection_open (DotlsConnection *self)
{
  DotlsTlsFacts facts = { .protocol = g_strdup ("TLS1.3") };

  g_assert_false (self->is_open);
  self->depth++;
  self->is_open = TRUE;
  self->setup.events->opened (self, &facts, self->setup.owner);
  g_free (facts.protocol);
  self->depth--;
  free_if_unused (self);
}

/* The oldest question in flight, taken out. */
static DotlsExchange *
take (DotlsConnection *self, DotlsKey *ret_key)
{
  DotlsExchange *exchange;

  g_assert_cmpuint (self->sent->len, >, 0);
  exchange = g_ptr_array_steal_index (self->sent, 0);
  *ret_key = *(DotlsKey *) self->keys->pdata[0];
  g_ptr_array_remove_index (self->keys, 0);
  self->last_read = self->setup.loop->now;
  return exchange;
}

static void
close_if_done (DotlsConnection *self)
{
  if (self->is_retiring && !self->is_closed && fake_in_flight (self) == 0)
    fake_connection_fail (self, DOTLS_ERROR_NONE);
}

void
fake_connection_answer (DotlsConnection *self, guint16 rcode, guint32 ttl)
{
  DotlsKey key;
  DotlsExchange *exchange = take (self, &key);
  const DnsName name = dns_name_from_wire (key.name);
  g_autoptr (GByteArray) message = parsed_answer_new (&key, rcode);
  gint64 elapsed = 10000;

  if (rcode == 0)
    dns_message_add_text (message, DNS_ANSWER, &name, DOTLS_TYPE_A, ttl, "192.0.2.1");
  self->depth++;
  if (exchange != NULL)
    self->setup.events->answered (self, exchange, message->data, message->len, elapsed,
                                  self->setup.owner);
  else
    self->setup.events->late (self, elapsed, self->setup.owner);
  close_if_done (self);
  self->depth--;
  free_if_unused (self);
}

void
fake_connection_confuse (DotlsConnection *self)
{
  DotlsKey key;
  DotlsExchange *exchange = take (self, &key);

  self->depth++;
  self->setup.events->lost (self, exchange, DOTLS_ERROR_PROTOCOL, self->setup.owner);
  close_if_done (self);
  self->depth--;
  free_if_unused (self);
}

void
fake_connection_fail (DotlsConnection *self, DotlsError reason)
{
  self->depth++;
  self->is_retiring = TRUE;
  while (self->sent->len > 0)
    {
      DotlsExchange *exchange = g_ptr_array_steal_index (self->sent, 0);

      if (exchange != NULL)
        self->setup.events->lost (self, exchange,
                                  reason == DOTLS_ERROR_NONE ? DOTLS_ERROR_CLOSED : reason,
                                  self->setup.owner);
    }
  if (!self->is_closed)
    {
      self->setup.events->closed (self, reason, "ends as the test says", self->setup.owner);
      if (!self->is_closed)
        fake_close (self);
    }
  self->depth--;
  free_if_unused (self);
}

/* --- the resolver -------------------------------------------------------------------------------
 */

static GPtrArray *
specs_of (const char *ids)
{
  GPtrArray *specs = g_ptr_array_new_with_free_func ((GDestroyNotify) dotls_upstream_spec_unref);
  DotlsAddress address;

  g_assert_true (dotls_address_parse ("127.0.0.1:1", 853, &address, NULL));
  for (; *ids != '\0'; ids++)
    {
      const char id[] = { *ids, '\0' };
      DotlsUpstreamSpec *spec = dotls_upstream_spec_new (id);

      spec->auth_name = g_strdup ("dot.test");
      g_array_append_val (spec->addresses, address);
      g_ptr_array_add (specs, spec);
    }
  return specs;
}

void
fake_resolver_configure (DotlsResolver *self, const char *text)
{
  g_autoptr (GPtrArray) specs = specs_of (text);
  const DotlsConfig config = self->config;

  dotls_resolver_configure (self, &config, specs);
}

DotlsResolver *
fake_resolver_new (guint n, DotlsPolicyKind policy)
{
  DotlsResolver *self = dotls_resolver_new (NULL);
  char ids[] = "abcdefghijklmnopqrstuvwxyz";

  fake.sent = 0;
  fake.refuses = FALSE;
  self->config.policy = policy;
  self->config.cache_bytes = 1 << 20;
  ids[n] = '\0';
  fake_resolver_configure (self, ids);
  /* within one batch, so that the clock is ours */
  dotls_loop_enter (self->loop);
  return self;
}

void
fake_resolver_free (DotlsResolver *self)
{
  g_object_unref (self);
  g_assert_cmpuint (fake_connections ()->len, ==, 0);
}

void
fake_resolver_advance (DotlsResolver *self, guint ms)
{
  for (; ms > 0; ms -= MIN (ms, 20))
    {
      self->loop->now += 1000 * MIN (ms, 20);
      dotls_deadlines_run (&self->loop->deadlines, self->loop->now);
    }
}
