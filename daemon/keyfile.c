/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/keyfile.h"

#include <string.h>

#define KEY_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"

typedef struct
{
  DotlsKeyfile *keyfile;
  DotlsMistakes *mistakes;
  GString *clean;       /* the good lines, for GKeyFile; as many lines as the original has */
  GHashTable *seen;     /* "group" or "group\nkey" -> its line */
  char *group;          /* the current one; NULL before the first and after a bad header */
  gboolean is_skipping; /* below a bad header, which has been reported once */
  guint line;
} Scan;

static void
clear_entry (gpointer data)
{
  DotlsKeyfileEntry *entry = data;

  g_free (entry->group);
  g_free (entry->key);
}

static void G_GNUC_PRINTF (2, 3) report (Scan *scan, const char *format, ...)
{
  g_autofree char *text = NULL;
  DotlsPlace place = { .file = scan->keyfile->file, .line = scan->line, .group = scan->group };
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  dotls_mistakes_add (scan->mistakes, &place, "%s", text);
}

/* Whether GROUP and KEY are new; otherwise says where they were first. */
static gboolean
remember (Scan *scan, const char *group, const char *key)
{
  g_autofree char *name = key != NULL ? g_strdup_printf ("%s\n%s", group, key) : g_strdup (group);
  guint first = GPOINTER_TO_UINT (g_hash_table_lookup (scan->seen, name));

  if (first == 0)
    {
      DotlsKeyfileEntry entry = { scan->line, g_strdup (group), g_strdup (key) };

      g_array_append_val (scan->keyfile->entries, entry);
      g_hash_table_insert (scan->seen, g_steal_pointer (&name), GUINT_TO_POINTER (scan->line));
      return TRUE;
    }
  if (key != NULL)
    report (scan, "%s is given twice, first in line %u; keep one of them", key, first);
  else
    report (scan, "the group is there twice, first in line %u; put its keys together", first);
  return FALSE;
}

static gboolean
is_header (const char *line)
{
  gsize length = strlen (line);

  for (const char *c = line; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;
  return length > 2 && line[length - 1] == ']' && strcspn (line + 1, "[]") == length - 2;
}

static void
scan_header (Scan *scan, const char *line)
{
  g_clear_pointer (&scan->group, g_free);
  scan->is_skipping = !is_header (line);
  if (scan->is_skipping)
    {
      report (scan, "'%s' is no group; expected [dns], [history] or [upstream NAME]", line);
      return;
    }
  g_string_append (scan->clean, line);
  scan->group = g_strndup (line + 1, strlen (line) - 2);
  /* Twice is a mistake, but its keys are looked at all the same. */
  remember (scan, scan->group, NULL);
}

static void
scan_pair (Scan *scan, const char *line)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = equals != NULL ? g_strchomp (g_strndup (line, equals - line)) : NULL;

  if (scan->is_skipping)
    return;
  if (key == NULL || *key == '\0' || key[strspn (key, KEY_CHARACTERS)] != '\0')
    report (scan, "'%s' is not understood; expected key = value, [group] or a # comment", line);
  else if (scan->group == NULL)
    report (scan, "%s stands before the first group; put it below [dns]", key);
  /* GKeyFile takes Encoding in a first group for its own; to us it is unknown like any other. */
  else if (remember (scan, scan->group, key) && !g_str_equal (key, "Encoding"))
    g_string_append (scan->clean, line);
}

static void
scan_line (Scan *scan, const char *start, gsize length)
{
  g_autofree char *line = g_strstrip (g_strndup (start, length));

  if (memchr (start, '\0', length) != NULL)
    report (scan, "the line holds a NUL byte; save the file as plain UTF-8 text");
  else if (!g_utf8_validate (start, length, NULL))
    report (scan, "'%s' is not UTF-8 text; save the file as UTF-8", line);
  else if (line[0] == '[')
    scan_header (scan, line);
  else if (line[0] != '\0' && line[0] != '#')
    scan_pair (scan, line);
  g_string_append_c (scan->clean, '\n');
}

static void
scan_text (Scan *scan, const char *text, gsize length)
{
  const char *end = text + length;

  /* Some editors begin a file with a byte order mark. */
  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    text += 3;
  while (text < end)
    {
      const char *newline = memchr (text, '\n', end - text);
      gsize size = (newline != NULL ? newline : end) - text;

      scan->line++;
      scan_line (scan, text, size);
      text += size + 1;
    }
}

DotlsKeyfile *
dotls_keyfile_parse (const char *file, const char *text, gsize length, DotlsMistakes *mistakes)
{
  DotlsKeyfile *self = g_new0 (DotlsKeyfile, 1);
  g_autoptr (GString) clean = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  Scan scan = { self, mistakes, clean, seen };

  self->file = g_strdup (file);
  self->values = g_key_file_new ();
  self->entries = g_array_new (FALSE, FALSE, sizeof (DotlsKeyfileEntry));
  g_array_set_clear_func (self->entries, clear_entry);
  scan_text (&scan, text, length);
  g_free (scan.group);
  if (clean->len > 0
      && !g_key_file_load_from_data (self->values, clean->str, clean->len, G_KEY_FILE_NONE, &error))
    {
      dotls_mistakes_add (mistakes, &(DotlsPlace){ .file = file }, "%s", error->message);
      g_array_set_size (self->entries, 0);
    }
  return self;
}

void
dotls_keyfile_free (DotlsKeyfile *self)
{
  g_free (self->file);
  g_key_file_unref (self->values);
  g_array_unref (self->entries);
  g_free (self);
}
