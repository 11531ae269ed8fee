/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/settings.h"

#include <string.h>

#include "core/limits.h"
#include "daemon/catalogue.h"
#include "daemon/file.h"
#include "daemon/settings-reader.h"
#include "daemon/text.h"
#include "daemon/value.h"

/* Nobody writes more; a file by mistake may be more. */
#define FILE_MAX (1 << 20)
#define HISTORY_ENTRIES 1000
#define UPSTREAM_PREFIX "upstream "
/* The socket unit's address: of no other program, and not one that containers take for theirs. */
#define DEFAULT_LISTEN "127.0.0.55:53"

static DotlsSettings *
settings_new (void)
{
  DotlsSettings *self = g_new0 (DotlsSettings, 1);

  g_atomic_ref_count_init (&self->references);
  dotls_config_init (&self->config);
  self->upstreams = g_ptr_array_new_with_free_func ((GDestroyNotify) dotls_upstream_spec_unref);
  self->listen = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  g_array_set_size (self->listen, 1);
  dotls_address_parse (DEFAULT_LISTEN, 0, &g_array_index (self->listen, DotlsAddress, 0), NULL);
  self->mode = "strict";
  self->log_level = DOTLS_LOG_NOTICE;
  self->history_level = DOTLS_HISTORY_OFF;
  self->history_entries = HISTORY_ENTRIES;
  return self;
}

DotlsSettings *
dotls_settings_ref (DotlsSettings *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
dotls_settings_unref (DotlsSettings *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_ptr_array_unref (self->upstreams);
  g_array_unref (self->listen);
  g_free (self->history_file);
  g_strfreev (self->files);
  g_free (self);
}

char *
dotls_settings_describe_upstreams (const DotlsSettings *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->upstreams->len; i++)
    {
      const DotlsUpstreamSpec *spec = g_ptr_array_index (self->upstreams, i);

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                              spec->provider != NULL ? spec->provider : spec->id);
    }
  return g_string_free (text, FALSE);
}

static void
visit_keys (const char *group, const DotlsSettingsKey *keys, DotlsKeyVisitor visit, gpointer data)
{
  for (; keys->name != NULL; keys++)
    visit (group, keys->name, data);
}

void
dotls_settings_foreach_key (DotlsKeyVisitor visit, gpointer data)
{
  visit_keys ("dns", dotls_dns_keys, visit, data);
  visit_keys ("history", dotls_history_keys, visit, data);
  visit_keys ("upstream", dotls_upstream_keys, visit, data);
}

/* --- one file --------------------------------------------------------------------------------- */

static void
report_unknown_key (DotlsReader *reader, const DotlsSettingsKey *keys)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *all = NULL;
  const char *nearest;

  for (; keys->name != NULL; keys++)
    g_ptr_array_add (names, (char *) keys->name);
  g_ptr_array_add (names, NULL);
  nearest = dotls_text_nearest (reader->place.key, (const char *const *) names->pdata);
  all = g_strjoinv (", ", (char **) names->pdata);
  if (nearest != NULL)
    dotls_mistakes_add (reader->mistakes, &reader->place, "there is no such key; did you mean %s?",
                        nearest);
  else
    dotls_mistakes_add (reader->mistakes, &reader->place, "there is no such key; known are %s",
                        all);
}

/* The value at PLACE without its escapes. */
static char *
get_text (GKeyFile *values, const DotlsPlace *place, GError **error)
{
  g_autoptr (GError) inner = NULL;
  g_autofree char *text = g_key_file_get_string (values, place->group, place->key, &inner);
  g_autofree char *raw = NULL;

  /* A bad escape gives both a text and an error. */
  if (inner == NULL)
    return g_steal_pointer (&text);
  raw = g_key_file_get_value (values, place->group, place->key, NULL);
  dotls_value_fail (error,
                    "'%s' has a backslash that begins no escape; for the backslash itself write "
                    "two",
                    raw);
  return NULL;
}

static void
read_key (DotlsReader *reader, GKeyFile *values, const DotlsSettingsKey *keys, DotlsDraft *draft)
{
  const DotlsPlace *place = &reader->place;
  char *base = draft != NULL ? (char *) draft : (char *) reader->settings;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const DotlsSettingsKey *key = keys;

  while (key->name != NULL && !g_str_equal (key->name, place->key))
    key++;
  if (key->name == NULL)
    {
      report_unknown_key (reader, keys);
      return;
    }
  text = get_text (values, place, &error);
  if (text != NULL && key->parse (reader, key, text, base + key->offset, &error))
    return;
  dotls_mistakes_add (reader->mistakes, place, "%s", error->message);
  if (draft != NULL)
    draft->is_faulty = TRUE;
}

/* The keys that GROUP may have, and the draft of an [upstream ID]; NULL where there is no such
 * group, which has been reported. */
static const DotlsSettingsKey *
open_group (DotlsReader *reader, const char *group, DotlsDraft **ret_draft)
{
  static const char *const groups[] = { "dns", "history", "upstream", NULL };
  const char *id = group + strlen (UPSTREAM_PREFIX), *nearest;

  *ret_draft = NULL;
  if (g_str_equal (group, "dns"))
    return dotls_dns_keys;
  if (g_str_equal (group, "history"))
    return dotls_history_keys;
  if (g_str_has_prefix (group, UPSTREAM_PREFIX) && dotls_catalogue_is_id (id))
    {
      *ret_draft = dotls_reader_get_draft (reader, id);
      (*ret_draft)->layer = MAX ((*ret_draft)->layer, reader->layer);
      (*ret_draft)->place = reader->place;
      return dotls_upstream_keys;
    }
  nearest = dotls_text_nearest (group, groups);
  if (g_str_has_prefix (group, "upstream"))
    dotls_mistakes_add (reader->mistakes, &reader->place,
                        "an upstream needs a name of letters, digits, '.', '-' or '_'; write "
                        "[upstream NAME]");
  else if (nearest != NULL)
    dotls_mistakes_add (reader->mistakes, &reader->place,
                        "there is no such group; did you mean [%s]?", nearest);
  else
    dotls_mistakes_add (reader->mistakes, &reader->place,
                        "there is no such group; known are [dns], [history] and [upstream NAME]");
  return NULL;
}

static void
read_text (DotlsReader *reader, const char *file, const char *text, gsize length)
{
  DotlsKeyfile *keyfile = dotls_keyfile_parse (file, text, length, reader->mistakes);
  const DotlsSettingsKey *keys = NULL;
  DotlsDraft *draft = NULL;

  g_ptr_array_add (reader->files, g_strdup (file));
  g_ptr_array_add (reader->keyfiles, keyfile);
  for (guint i = 0; i < keyfile->entries->len; i++)
    {
      const DotlsKeyfileEntry *entry = &g_array_index (keyfile->entries, DotlsKeyfileEntry, i);

      reader->place = (DotlsPlace){ keyfile->file, entry->line, entry->group, entry->key };
      if (entry->key == NULL)
        keys = open_group (reader, entry->group, &draft);
      else if (keys != NULL)
        read_key (reader, keyfile->values, keys, draft);
    }
}

/* FALSE where something has been reported of the file as a whole. */
static gboolean
read_file (DotlsReader *reader, const char *file, gboolean must_exist)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = dotls_file_read (file, FILE_MAX, &length, &error);

  if (text != NULL)
    read_text (reader, file, text, length);
  else if (must_exist || !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      dotls_mistakes_add (reader->mistakes, &(DotlsPlace){ .file = file },
                          "cannot be read: %s; name a readable file", error->message);
      return FALSE;
    }
  return TRUE;
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
read_drop_ins (DotlsReader *reader, const char *file)
{
  g_autofree char *directory = g_strconcat (file, ".d", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    dotls_mistakes_add (reader->mistakes, &(DotlsPlace){ .file = directory }, "cannot be read: %s",
                        error->message);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (paths, compare_texts);
  for (guint i = 0; i < paths->len; i++)
    read_file (reader, g_ptr_array_index (paths, i), TRUE);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
reader_init (DotlsReader *reader, const char *data_dir)
{
  *reader = (DotlsReader){
    .settings = settings_new (),
    .mistakes = dotls_mistakes_new (),
    .providers = g_build_filename (data_dir, "providers", NULL),
    .files = g_ptr_array_new (),
    .keyfiles = g_ptr_array_new_with_free_func ((GDestroyNotify) dotls_keyfile_free),
    .drafts = g_ptr_array_new_with_free_func ((GDestroyNotify) dotls_draft_free),
  };
}

/* Returns the settings, or NULL and the mistakes. */
static DotlsSettings *
reader_finish (DotlsReader *reader, char ***ret_mistakes)
{
  g_autoptr (DotlsSettings) settings = reader->settings;

  /* Whom a file that nobody could read would have chosen is anybody's guess. */
  if (!reader->is_partial)
    dotls_reader_choose_upstreams (reader);
  if (settings->config.min_ttl > settings->config.max_ttl)
    dotls_mistakes_add (reader->mistakes, &reader->ttl_place,
                        "cache-min-ttl is %u and cache-max-ttl %u; make the first the smaller one",
                        settings->config.min_ttl, settings->config.max_ttl);
  g_ptr_array_add (reader->files, NULL);
  settings->files = (char **) g_ptr_array_free (reader->files, FALSE);
  *ret_mistakes = NULL;
  if (!dotls_mistakes_is_empty (reader->mistakes))
    *ret_mistakes = dotls_mistakes_to_strv (reader->mistakes);
  for (guint layer = 0; layer < DOTLS_N_LAYERS; layer++)
    g_strfreev (reader->chosen[layer]);
  g_ptr_array_unref (reader->drafts);
  g_ptr_array_unref (reader->keyfiles);
  g_free (reader->providers);
  dotls_mistakes_free (reader->mistakes);
  return *ret_mistakes == NULL ? g_steal_pointer (&settings) : NULL;
}

DotlsSettings *
dotls_settings_load (const DotlsSettingsSources *sources, char ***ret_mistakes)
{
  g_autofree char *vendor_file = g_build_filename (sources->data_dir, "dotlsd.conf", NULL);
  DotlsReader reader;

  reader_init (&reader, sources->data_dir);
  read_file (&reader, vendor_file, FALSE);
  reader.layer = DOTLS_LAYER_OWN;
  reader.is_partial = !read_file (&reader, sources->file, sources->must_exist);
  read_drop_ins (&reader, sources->file);
  dotls_reader_check_history (&reader, sources->state_dir);
  return reader_finish (&reader, ret_mistakes);
}

DotlsSettings *
dotls_settings_parse (
    const char *file, const char *text, gsize length, const char *data_dir, char ***ret_mistakes)
{
  DotlsReader reader;

  reader_init (&reader, data_dir);
  reader.layer = DOTLS_LAYER_OWN;
  read_text (&reader, file, text, length);
  return reader_finish (&reader, ret_mistakes);
}
