/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/mistakes.h"

#include "daemon/text.h"

#define KEPT_MAX 100
#define LINE_MAX_CHARACTERS 600

struct _DotlsMistakes
{
  GPtrArray *lines;
  guint more;
};

DotlsMistakes *
dotls_mistakes_new (void)
{
  DotlsMistakes *self = g_new0 (DotlsMistakes, 1);

  self->lines = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
dotls_mistakes_free (DotlsMistakes *self)
{
  g_ptr_array_unref (self->lines);
  g_free (self);
}

static void
append_place (GString *line, const DotlsPlace *place)
{
  if (place->file != NULL)
    g_string_append (line, place->file);
  if (place->file != NULL && place->line > 0)
    g_string_append_printf (line, ":%u", place->line);
  if (place->file != NULL)
    g_string_append (line, ": ");
  if (place->group != NULL)
    g_string_append_printf (line, "[%s]%s", place->group, place->key != NULL ? " " : ": ");
  if (place->key != NULL)
    g_string_append_printf (line, "%s: ", place->key);
}

void
dotls_mistakes_add (DotlsMistakes *self, const DotlsPlace *place, const char *format, ...)
{
  g_autoptr (GString) line = g_string_new (NULL);
  va_list arguments;

  if (self->lines->len == KEPT_MAX)
    {
      self->more++;
      return;
    }
  append_place (line, place);
  va_start (arguments, format);
  g_string_append_vprintf (line, format, arguments);
  va_end (arguments);
  g_ptr_array_add (self->lines, dotls_text_escape (line->str, LINE_MAX_CHARACTERS));
}

gboolean
dotls_mistakes_is_empty (DotlsMistakes *self)
{
  return self->lines->len == 0;
}

char **
dotls_mistakes_to_strv (DotlsMistakes *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < self->lines->len; i++)
    g_strv_builder_add (builder, g_ptr_array_index (self->lines, i));
  if (self->more > 0)
    {
      g_autofree char *more = g_strdup_printf ("and %u more mistakes", self->more);

      g_strv_builder_add (builder, more);
    }
  return g_strv_builder_end (builder);
}
