/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/table.h"

/* Between columns, and what is left of a column that is made to fit. */
#define GAP 2
#define SHRUNK_MIN 12

typedef struct
{
  DotlsStyle style;
  char *text; /* escaped */
  guint width;
} Cell;

struct _DotlsTable
{
  const DotlsPrint *print;
  guint n_columns;
  guint kept;       /* a column that is not shortened, or N_COLUMNS */
  guint n_headings; /* cells of the heading, which come first */
  GArray *cells;
};

static void
clear_cell_cb (gpointer data)
{
  g_free (((Cell *) data)->text);
}

DotlsTable *
dotls_table_new (const DotlsPrint *print, const char *const *headings)
{
  DotlsTable *self = g_new0 (DotlsTable, 1);

  self->print = print;
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  g_array_set_clear_func (self->cells, clear_cell_cb);
  self->n_columns = g_strv_length ((char **) headings);
  self->kept = self->n_columns;
  if (print->is_terminal)
    for (; *headings; headings++)
      dotls_table_add (self, DOTLS_STYLE_STRONG, *headings);
  self->n_headings = self->cells->len;
  return self;
}

void
dotls_table_free (DotlsTable *self)
{
  g_array_unref (self->cells);
  g_free (self);
}

void
dotls_table_keep (DotlsTable *self, guint column)
{
  self->kept = column;
}

void
dotls_table_add (DotlsTable *self, DotlsStyle style, const char *text)
{
  Cell cell = { .style = style, .text = dotls_print_escape (self->print, text) };

  cell.width = dotls_print_width (cell.text);
  g_array_append_val (self->cells, cell);
}

/* Takes from the widest column but the KEPT one, again and again, until a row fits into the
 * terminal. */
static void
shrink (guint *widths, guint n, guint kept, guint available)
{
  for (;;)
    {
      guint sum = GAP * (n - 1), widest = kept == 0 ? n - 1 : 0;

      for (guint i = 0; i < n; i++)
        {
          sum += widths[i];
          if (i != kept && widths[i] > widths[widest])
            widest = i;
        }
      if (sum <= available || widths[widest] <= SHRUNK_MIN)
        return;
      widths[widest] = MAX (SHRUNK_MIN, widths[widest] - MIN (widths[widest], sum - available));
    }
}

static guint *
measure (DotlsTable *self)
{
  guint *widths = g_new0 (guint, self->n_columns);

  for (guint i = 0; i < self->cells->len; i++)
    {
      guint *width = &widths[i % self->n_columns];

      *width = MAX (*width, g_array_index (self->cells, Cell, i).width);
    }
  shrink (widths, self->n_columns, self->kept, self->print->width);
  return widths;
}

/* The beginning of TEXT with a sign that it goes on, WIDTH columns in all. */
static char *
cut (const DotlsPrint *print, const char *text, guint width)
{
  const char *sign = print->is_utf8 ? "\342\200\246" : "~";
  GString *kept = g_string_new (NULL);

  for (guint used = 1; *text; text = g_utf8_next_char (text))
    {
      g_autofree char *one = g_strndup (text, g_utf8_next_char (text) - text);

      used += dotls_print_width (one);
      if (used > width)
        break;
      g_string_append (kept, one);
    }
  g_string_append (kept, sign);
  return g_string_free (kept, FALSE);
}

static void
append_aligned (DotlsTable *self, const Cell *cell, guint width, gboolean is_last, GString *out)
{
  gboolean is_cut = cell->width > width;
  g_autofree char *text = is_cut ? cut (self->print, cell->text, width) : g_strdup (cell->text);
  g_autofree char *painted = dotls_print_paint (self->print, cell->style, text);
  guint used = is_cut ? dotls_print_width (text) : cell->width;

  g_string_append (out, painted);
  if (is_last)
    g_string_append_c (out, '\n');
  else
    g_string_append_printf (out, "%*s", (int) (width - used + GAP), "");
}

char *
dotls_table_format (DotlsTable *self)
{
  GString *out = g_string_new (NULL);
  g_autofree guint *widths = measure (self);

  if (self->cells->len == self->n_headings)
    return g_string_free (out, FALSE);
  for (guint i = 0; i < self->cells->len; i++)
    {
      const Cell *cell = &g_array_index (self->cells, Cell, i);
      gboolean is_last = (i + 1) % self->n_columns == 0;

      if (self->print->is_terminal)
        append_aligned (self, cell, widths[i % self->n_columns], is_last, out);
      else
        g_string_append_printf (out, "%s%c", cell->text, is_last ? '\n' : '\t');
    }
  return g_string_free (out, FALSE);
}
