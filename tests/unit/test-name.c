/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/name.h"

#include <libknot/libknot.h>
#include <string.h>

/* Catches: folding eight octets at once that touches a neighbour, an octet above 0x7f, or '[' and
 * '@' beside the letters; at every place in the word and for every rest. */
static void
test_fold (void)
{
  guint8 source[40], target[40];

  for (guint length = 0; length <= 24; length++)
    for (guint octet = 0; octet < 256; octet++)
      for (guint place = 0; place < length; place++)
        {
          for (guint i = 0; i < sizeof source; i++)
            source[i] = octet ^ (i * 37);
          source[place] = octet;
          memset (target, 0xee, sizeof target);
          dotls_name_fold (target, source, length);
          for (guint i = 0; i < length; i++)
            g_assert_cmphex (target[i], ==, (guint8) g_ascii_tolower (source[i]));
          g_assert_cmphex (target[length], ==, 0xee);
        }
}

/* Writes a name of just LENGTH octets with the root. */
static void
make_name (guint8 *name, gsize length)
{
  while (length > 1)
    {
      gsize label = MIN (length - 2, 63);

      /* not one octet that no label could fill */
      if (length - 1 - (1 + label) == 1)
        label--;
      *name++ = label;
      memset (name, 'a', label);
      name += label;
      length -= 1 + label;
    }
  *name = 0;
}

/* Catches: a limit that is one off: 255 octets are a name, 256 are none. */
static void
test_length_limits (void)
{
  guint8 name[300];

  for (gsize length = 1; length <= 257; length++)
    {
      if (length == 2)
        continue; /* a label of no octets: there is no such name */
      make_name (name, length);
      g_assert_cmpuint (dotls_name_length (name, name + sizeof name), ==,
                        length <= DOTLS_NAME_MAX ? length : 0);
      for (gsize cut = 0; cut < length; cut++)
        {
          g_autofree guint8 *exact = g_memdup2 (name, MAX (cut, 1));

          g_assert_cmpuint (dotls_name_length (exact, exact + cut), ==, 0);
        }
    }
}

/* Catches: pointers and the reserved label types 01 and 10 taken for lengths in a question. */
static void
test_label_types (void)
{
  guint8 name[300] = { 0 };

  for (guint octet = 64; octet < 256; octet++)
    {
      name[0] = octet;
      g_assert_cmpuint (dotls_name_length (name, name + sizeof name), ==, 0);
      g_assert_cmpuint (dotls_name_skip (name, sizeof name, 0), ==, 0);
    }
}

/* Catches: pointers to themselves, forwards, in circles, or into their own name. */
static void
test_loops (void)
{
  static const struct
  {
    guint8 bytes[12];
    gsize length, offset;
  } bad[] = {
    { { 0xc0, 0x00 }, 2, 0 },                        /* itself */
    { { 0xc0, 0x02, 0x00 }, 3, 0 },                  /* forwards */
    { { 0xc0, 0x02, 0xc0, 0x00 }, 4, 2 },            /* each other */
    { { 0x01, 'a', 0xc0, 0x00 }, 4, 0 },             /* its own beginning */
    { { 0x01, 'a', 0x01, 'b', 0xc0, 0x02 }, 6, 0 },  /* its own middle */
    { { 0x01, 'a', 0x00, 0xc0 }, 4, 3 },             /* half a pointer */
    { { 0xc0, 0xff }, 2, 0 },                        /* behind the end */
    { { 0x00, 0x05, 'a', 'b' }, 4, 1 },              /* a label behind the end */
    { { 0x00 }, 1, 1 },                              /* nothing there at all */
    { { 0x01, 'a', 0xc0, 0x00, 0xc0, 0x02 }, 6, 4 }, /* a pointer to a loop */
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree guint8 *exact = g_memdup2 (bad[i].bytes, bad[i].length);
      guint8 name[DOTLS_NAME_MAX];

      g_assert_cmpuint (dotls_name_expand (exact, bad[i].length, bad[i].offset, name), ==, 0);
    }
}

/* Catches: a chain of pointers that costs the square of its length, or is refused though every
 * step goes backwards. */
static void
test_long_chain (void)
{
  guint8 message[16384] = { 1, 'a', 0 }, name[DOTLS_NAME_MAX];
  gsize end = 3;

  for (; end + 2 <= sizeof message; end += 2)
    {
      gsize target = end == 3 ? 0 : end - 2;

      message[end] = 0xc0 | target >> 8;
      message[end + 1] = target;
    }
  g_assert_cmpuint (dotls_name_expand (message, end, end - 2, name), ==, 3);
  g_assert_cmpmem (name, 3, "\1a", 3);
}

/* Catches: anything that libknot reads otherwise: a name that we accept and it doesn't, other
 * octets, another end.  Random octets, mostly small lengths and pointers. */
static void
test_random_against_libknot (void)
{
  for (guint round = 0; round < 200000; round++)
    {
      gsize length = g_test_rand_int_range (1, 40);
      gsize offset = g_test_rand_int_range (0, length);
      g_autofree guint8 *message = g_malloc (length);
      guint8 name[DOTLS_NAME_MAX], theirs[KNOT_DNAME_MAXLEN];
      gsize ours, end;

      for (gsize i = 0; i < length; i++)
        switch (g_test_rand_int_range (0, 4))
          {
          case 0:
            message[i] = 0;
            break;
          case 1:
            message[i] = 0xc0;
            break;
          case 2:
            message[i] = g_test_rand_int_range (0, 256);
            break;
          default:
            message[i] = g_test_rand_int_range (1, 5);
          }
      ours = dotls_name_expand (message, length, offset, name);
      end = dotls_name_skip (message, length, offset);
      if (ours == 0)
        continue;
      g_assert_cmpuint (end, >, offset);
      g_assert_cmpint (knot_dname_wire_check (message + offset, message + length, message), ==,
                       end - offset);
      g_assert_cmpint (knot_dname_unpack (theirs, message + offset, sizeof theirs, message), >, 0);
      knot_dname_to_lower (theirs);
      g_assert_cmpmem (name, ours, theirs, knot_dname_size (theirs));
    }
}

/* Catches: domains compared as text: "notexample.com" is not below "example.com", and a dot or a
 * length within a label is none between labels. */
static void
test_below (void)
{
  static const struct
  {
    const char *name, *domain;
    gboolean is_below;
  } cases[] = {
    { "example.com", "example.com", TRUE },
    { "www.example.com", "example.com", TRUE },
    { "a.b.example.com", "example.com", TRUE },
    { "notexample.com", "example.com", FALSE },
    { "com", "example.com", FALSE },
    { "example.com", ".", TRUE },
    { "x\\007example.com", "example.com", FALSE },
    { "x\\.example.com", "example.com", FALSE },
    { "example.com.net", "example.com", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint8 name[DOTLS_NAME_MAX], domain[DOTLS_NAME_MAX];
      gsize name_length = dotls_name_from_text (cases[i].name, name);
      gsize domain_length = dotls_name_from_text (cases[i].domain, domain);

      g_assert_cmpuint (name_length, >, 0);
      g_assert_cmpint (dotls_name_is_below (name, name_length, domain, domain_length), ==,
                       cases[i].is_below);
    }
}

/* Catches: a text that is no name accepted, or the escapes of RFC 1035 section 5.1 not read. */
static void
test_from_text (void)
{
  static const char *const bad[] = {
    "",    "..",    "a..b",   ".a",
    "a\\", "a\\25", "a\\256", "0123456789012345678901234567890123456789012345678901234567890123.x",
  };
  g_autofree char *label = g_strnfill (63, 'a');
  g_autofree char *fits = g_strdup_printf ("%s.%s.%s.%.61s", label, label, label, label);
  g_autofree char *longer = g_strdup_printf ("%sa", fits);
  guint8 name[DOTLS_NAME_MAX];

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpuint (dotls_name_from_text (bad[i], name), ==, 0);
  g_assert_cmpuint (dotls_name_from_text (".", name), ==, 1);
  g_assert_cmpuint (dotls_name_from_text ("a.b", name), ==, 5);
  g_assert_cmpuint (dotls_name_from_text ("a.b.", name), ==, 5);
  g_assert_cmpuint (dotls_name_from_text ("\\000\\046\\200", name), ==, 5);
  g_assert_cmpmem (name, 5, "\3\0.\310", 5);
  g_assert_cmpuint (dotls_name_from_text (fits, name), ==, 255);
  g_assert_cmpuint (dotls_name_from_text (longer, name), ==, 0);
}

/* Catches: a hash that ignores an octet, the type, or the seed, so that others could choose names
 * that all fall into one bucket. */
static void
test_hash (void)
{
  guint8 name[DOTLS_NAME_MAX + 1];

  for (gsize length = 1; length <= DOTLS_NAME_MAX; length += 7)
    {
      guint32 before;

      memset (name, 'x', sizeof name);
      before = dotls_name_hash (name, length, 1, 1);
      g_assert_cmphex (before, !=, dotls_name_hash (name, length, 2, 1));
      g_assert_cmphex (before, !=, dotls_name_hash (name, length, 1, 2));
      g_assert_cmphex (before, !=, dotls_name_hash (name, length + 1, 1, 1));
      name[length] = 'y';
      g_assert_cmphex (before, ==, dotls_name_hash (name, length, 1, 1));
      for (gsize i = 0; i < length; i++)
        {
          name[i] = 'y';
          g_assert_cmphex (before, !=, dotls_name_hash (name, length, 1, 1));
          name[i] = 'x';
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/name/fold", test_fold);
  g_test_add_func ("/name/length-limits", test_length_limits);
  g_test_add_func ("/name/label-types", test_label_types);
  g_test_add_func ("/name/loops", test_loops);
  g_test_add_func ("/name/long-chain", test_long_chain);
  g_test_add_func ("/name/random-against-libknot", test_random_against_libknot);
  g_test_add_func ("/name/below", test_below);
  g_test_add_func ("/name/from-text", test_from_text);
  g_test_add_func ("/name/hash", test_hash);
  return g_test_run ();
}
