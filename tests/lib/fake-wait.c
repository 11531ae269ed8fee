/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/lib/fake-private.h"

/* Far above what any step takes on a loaded machine under a sanitizer. */
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

static const char *const counter_names[] = {
#define X(counter, name) name,
  FAKE_COUNTER_MAP (X)
#undef X
};

typedef guint (*ReadFunc) (FakeDot *self, gconstpointer what);

static void
give_up (FakeDot *self, const char *what, guint is, guint wanted)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < FAKE_N_COUNTERS; i++)
    g_string_append_printf (text, " %s=%u", counter_names[i], self->counters[i]);
  g_error ("the fake waited in vain for %s: %u of %u; all:%s", what, is, wanted, text->str);
}

/* READ is called with the lock held, each time something has changed. */
static void
wait_for (FakeDot *self, ReadFunc read, gconstpointer what, const char *text, guint n)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  guint is;

  g_mutex_lock (&self->lock);
  while ((is = read (self, what)) < n)
    if (!g_cond_wait_until (&self->changed, &self->lock, deadline))
      give_up (self, text, is, n);
  g_mutex_unlock (&self->lock);
}

static guint
read_counter (FakeDot *self, gconstpointer what)
{
  return self->counters[GPOINTER_TO_UINT (what)];
}

void
fake_dot_wait (FakeDot *self, FakeCounter counter, guint n)
{
  wait_for (self, read_counter, GUINT_TO_POINTER (counter), counter_names[counter], n);
}

static guint
read_all_closed (FakeDot *self, gconstpointer what)
{
  return self->counters[FAKE_CLOSED] == self->counters[FAKE_CONNECTIONS];
}

void
fake_dot_wait_all_closed (FakeDot *self)
{
  wait_for (self, read_all_closed, NULL, "all connections to close", 1);
}

guint
fake_dot_get (FakeDot *self, FakeCounter counter)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->counters[counter];
  g_mutex_unlock (&self->lock);
  return n;
}

const FakeQuery *
fake_dot_get_query (FakeDot *self, guint index)
{
  const FakeQuery *query;

  g_mutex_lock (&self->lock);
  if (index >= self->queries->len)
    give_up (self, "query", self->queries->len, index + 1);
  query = self->queries->pdata[index];
  g_mutex_unlock (&self->lock);
  return query;
}

typedef struct
{
  const char *name;
  guint16 qtype;
} Wanted;

static guint
read_name (FakeDot *self, gconstpointer what)
{
  const Wanted *wanted = what;
  guint n = 0;

  for (guint i = 0; i < self->queries->len; i++)
    {
      const FakeQuery *query = self->queries->pdata[i];

      n += g_ascii_strcasecmp (query->text, wanted->name) == 0
           && (wanted->qtype == 0 || wanted->qtype == query->qtype);
    }
  return n;
}

guint
fake_dot_count_queries (FakeDot *self, const char *name, guint16 qtype)
{
  Wanted wanted = { name, qtype };
  guint n;

  g_mutex_lock (&self->lock);
  n = read_name (self, &wanted);
  g_mutex_unlock (&self->lock);
  return n;
}

void
fake_dot_wait_for_name (FakeDot *self, const char *name, guint n)
{
  Wanted wanted = { name, 0 };

  wait_for (self, read_name, &wanted, name, n);
}

FakePeer
fake_dot_get_peer (FakeDot *self, guint number)
{
  FakePeer peer;

  g_mutex_lock (&self->lock);
  if (number == 0 || number > self->traces->len)
    give_up (self, "connection", self->traces->len, number);
  peer = ((FakeTrace *) self->traces->pdata[number - 1])->peer;
  g_mutex_unlock (&self->lock);
  return peer;
}

static gboolean
contains (const GByteArray *bytes, const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i + length <= bytes->len; i++)
    if (g_ascii_strncasecmp ((const char *) bytes->data + i, text, length) == 0)
      return TRUE;
  return FALSE;
}

gboolean
fake_dot_saw_plaintext (FakeDot *self, const char *text)
{
  gboolean is_found = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->traces->len && !is_found; i++)
    is_found = contains (((FakeTrace *) self->traces->pdata[i])->opening, text);
  g_mutex_unlock (&self->lock);
  return is_found;
}
