/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Runs a fuzz target without a fuzzer: every file of the directories given as arguments, and a few
 * thousand mutations of each, the same ones every time. */

#include <glib.h>
#include <string.h>

#include "fuzz.h"

#define MUTATIONS 2000
#define INPUT_MAX (1 << 20)
#define EDITS_MAX 8

/* A seed of its own for each file keeps the others' mutations when one is added. */
static GRand *
rand_for (const char *name)
{
  return g_rand_new_with_seed (g_str_hash (name));
}

static void
edit (GRand *rand, GByteArray *input)
{
  guint at = input->len > 0 ? g_rand_int_range (rand, 0, input->len) : 0;
  guint length = input->len > at ? g_rand_int_range (rand, 1, MIN (input->len - at, 32) + 1) : 0;
  guint8 byte = g_rand_int (rand);

  switch (g_rand_int_range (rand, 0, 6))
    {
    case 0: /* one bit */
      if (input->len > 0)
        input->data[at] ^= 1 << (byte & 7);
      break;
    case 1: /* one byte */
      if (input->len > 0)
        input->data[at] = byte;
      break;
    case 2: /* a piece less */
      if (length > 0)
        g_byte_array_remove_range (input, at, length);
      break;
    case 3: /* a piece twice, at the end */
      if (length > 0)
        {
          guint8 piece[32];

          memcpy (piece, input->data + at, length);
          g_byte_array_append (input, piece, length);
        }
      break;
    case 4: /* cut */
      g_byte_array_set_size (input, at);
      break;
    default: /* a byte more */
      g_byte_array_append (input, &byte, 1);
      if (input->len - at > 1)
        {
          memmove (input->data + at + 1, input->data + at, input->len - at - 1);
          input->data[at] = byte;
        }
    }
}

/* The target gets a copy of the very size, so that a sanitizer sees one byte too many. */
static void
run (const guint8 *data, gsize size)
{
  guint8 *copy = g_malloc (size > 0 ? size : 1);

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
  g_free (copy);
}

static void
replay_file (gconstpointer path)
{
  g_autofree char *name = g_path_get_basename (path), *content = NULL;
  g_autoptr (GRand) rand = rand_for (name);
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpuint (size, <=, INPUT_MAX);
  run ((const guint8 *) content, size);
  for (guint i = 0; i < MUTATIONS; i++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      guint edits = g_rand_int_range (rand, 1, EDITS_MAX + 1);

      g_byte_array_append (input, (const guint8 *) content, size);
      while (edits-- > 0)
        edit (rand, input);
      run (input->data, input->len);
    }
}

static guint
add_directory (const char *directory)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  const char *name;
  guint n = 0;

  g_assert_no_error (error);
  for (; (name = g_dir_read_name (dir)) != NULL; n++)
    {
      g_autofree char *path = g_strconcat ("/replay/", name, NULL);

      g_test_add_data_func_full (path, g_build_filename (directory, name, NULL),
                                 (GTestDataFunc) replay_file, g_free);
    }
  return n;
}

int
main (int argc, char **argv)
{
  guint n = 0;

  g_test_init (&argc, &argv, NULL);
  for (int i = 1; i < argc; i++)
    n += add_directory (argv[i]);
  /* A corpus that has gone missing must not look like one that passes. */
  g_assert_cmpuint (n, >, 0);
  return g_test_run ();
}
