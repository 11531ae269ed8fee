/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/inflight.h"

#include "core/fetch.h"
#include "core/limits.h"

typedef struct
{
  DotlsLoop *loop;
  DotlsInflight inflight;
  DotlsExchange *exchanges;
} Fixture;

static void
setup (Fixture *fixture, gconstpointer data)
{
  fixture->loop = dotls_loop_new (NULL);
  fixture->exchanges = g_new0 (DotlsExchange, G_MAXUINT16 + 1);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  dotls_inflight_clear (&fixture->inflight);
  g_free (fixture->exchanges);
  dotls_loop_free (fixture->loop);
}

static gboolean
add (Fixture *fixture, guint index)
{
  DotlsExchange *exchange = &fixture->exchanges[index];

  return dotls_inflight_add (&fixture->inflight, fixture->loop, exchange, &exchange->id);
}

static void
check (Fixture *fixture, guint index)
{
  DotlsInflightSlot *slot = dotls_inflight_find (&fixture->inflight, fixture->exchanges[index].id);

  g_assert_nonnull (slot);
  g_assert_true (slot->exchange == &fixture->exchanges[index]);
  g_assert_cmphex (slot->id, ==, fixture->exchanges[index].id);
}

/* Catches: an id given twice (D5), one lost when the table grows, or more given than there is room
 * for, where finding a free one would take for ever. */
static void
test_unique (Fixture *fixture, gconstpointer data)
{
  g_autofree guint8 *seen = g_new0 (guint8, G_MAXUINT16 + 1);

  for (guint i = 0; i < DOTLS_INFLIGHT_PER_CONNECTION; i++)
    {
      g_assert_true (add (fixture, i));
      g_assert_false (seen[fixture->exchanges[i].id]);
      seen[fixture->exchanges[i].id] = TRUE;
      check (fixture, i / 2);
    }
  g_assert_false (add (fixture, DOTLS_INFLIGHT_PER_CONNECTION));
  for (guint i = 0; i < DOTLS_INFLIGHT_PER_CONNECTION; i++)
    check (fixture, i);
  for (guint id = 0; id <= G_MAXUINT16; id++)
    g_assert_cmpint (dotls_inflight_find (&fixture->inflight, id) != NULL, ==, seen[id]);
}

/* Catches: ids that can be foretold: counted up, or always from one part of the range. */
static void
test_spread (Fixture *fixture, gconstpointer data)
{
  guint quarters[4] = { 0 }, steps = 0;

  for (guint i = 0; i < 4000; i++)
    {
      g_assert_true (add (fixture, 0));
      quarters[fixture->exchanges[0].id >> 14]++;
      steps += i > 0 && (guint16) (fixture->exchanges[0].id - fixture->exchanges[1].id) <= 2;
      fixture->exchanges[1] = fixture->exchanges[0];
      dotls_inflight_remove (&fixture->inflight,
                             dotls_inflight_find (&fixture->inflight, fixture->exchanges[0].id));
    }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (quarters[i], >, 700);
  g_assert_cmpuint (steps, <, 20);
}

/* Catches: an id reused while its answer may still come, or never given free; counts that drift. */
static void
test_orphans (Fixture *fixture, gconstpointer data)
{
  DotlsInflight *inflight = &fixture->inflight;
  guint16 id;

  add (fixture, 0);
  add (fixture, 1);
  id = fixture->exchanges[0].id;
  dotls_inflight_orphan (inflight, id);
  dotls_inflight_orphan (inflight, id);
  dotls_inflight_orphan (inflight, id ^ 1);
  g_assert_cmpuint (inflight->used, ==, 2);
  g_assert_cmpuint (inflight->waited, ==, 1);
  for (guint i = 2; i < 20000; i++)
    {
      add (fixture, i);
      g_assert_cmphex (fixture->exchanges[i].id, !=, id);
    }
  g_assert_nonnull (dotls_inflight_find (inflight, id));
  g_assert_null (dotls_inflight_find (inflight, id)->exchange);
  dotls_inflight_remove (inflight, dotls_inflight_find (inflight, id));
  g_assert_null (dotls_inflight_find (inflight, id));
  g_assert_cmpuint (inflight->used, ==, 19999);
  g_assert_cmpuint (inflight->waited, ==, 19999);
}

/* Catches: a waiting one forgotten when a connection ends, or an orphan handed out. */
static void
test_pop (Fixture *fixture, gconstpointer data)
{
  DotlsExchange *exchange;
  guint popped = 0;

  for (guint i = 0; i < 1000; i++)
    add (fixture, i);
  for (guint i = 0; i < 1000; i += 3)
    dotls_inflight_orphan (&fixture->inflight, fixture->exchanges[i].id);
  while ((exchange = dotls_inflight_pop (&fixture->inflight)) != NULL)
    {
      guint index = exchange - fixture->exchanges;

      g_assert_cmpuint (index % 3, !=, 0);
      g_assert_false (exchange->is_silent);
      exchange->is_silent = TRUE; /* a mark: once only */
      popped++;
    }
  g_assert_cmpuint (popped, ==, 666);
  g_assert_cmpuint (fixture->inflight.waited, ==, 0);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, setup, test, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/inflight/unique", test_unique);
  ADD ("/inflight/spread", test_spread);
  ADD ("/inflight/orphans", test_orphans);
  ADD ("/inflight/pop", test_pop);
  return g_test_run ();
}
