/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/text.h"

#include <string.h>

/* Longer words are not typing mistakes; it also bounds the work. */
#define WORD_MAX 64

char *
dotls_text_escape (const char *text, guint max)
{
  GString *shown = g_string_new (NULL);

  for (guint n = 0; *text != '\0'; n++)
    {
      gunichar character = g_utf8_get_char_validated (text, -1);

      if (n == max)
        {
          g_string_append (shown, "...");
          break;
        }
      if (character == (gunichar) -1 || character == (gunichar) -2)
        {
          g_string_append_printf (shown, "\\x%02x", (guint8) *text++);
          continue;
        }
      if (g_unichar_isprint (character))
        g_string_append_unichar (shown, character);
      else
        g_string_append_printf (shown, "\\u{%x}", character);
      text = g_utf8_next_char (text);
    }
  return g_string_free (shown, FALSE);
}

/* Insertions, deletions, changes and swaps of neighbours that turn A into B. */
static guint
edit_distance (const char *a, const char *b)
{
  guint rows[3][WORD_MAX + 1];
  guint length_a = strlen (a), length_b = strlen (b);

  for (guint j = 0; j <= length_b; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= length_a; i++)
    {
      guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

      row[0] = i;
      for (guint j = 1; j <= length_b; j++)
        {
          row[j] = MIN (MIN (row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], above2[j - 2] + 1);
        }
    }
  return rows[length_a % 3][length_b];
}

const char *
dotls_text_nearest (const char *text, const char *const *candidates)
{
  const char *nearest = NULL;
  guint best = MAX (1, strlen (text) / 3) + 1;

  if (strlen (text) > WORD_MAX)
    return NULL;
  for (; *candidates != NULL; candidates++)
    {
      guint distance = strlen (*candidates) > WORD_MAX ? best : edit_distance (text, *candidates);

      if (distance >= best)
        continue;
      best = distance;
      nearest = *candidates;
    }
  return nearest;
}
