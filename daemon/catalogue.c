/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/catalogue.h"

#include <gio/gio.h>
#include <string.h>

#include "core/address.h"
#include "core/error.h"
#include "daemon/authname.h"
#include "daemon/value.h"

#define GROUP "provider"
#define SUFFIX ".conf"
#define ID_MAX 64
#define ID_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-"

gboolean
dotls_catalogue_is_id (const char *text)
{
  gsize length = strlen (text);

  return length > 0 && length <= ID_MAX && text[0] != '.' && strspn (text, ID_CHARACTERS) == length;
}

void
dotls_provider_free (DotlsProvider *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self->operator_name);
  g_free (self->jurisdiction);
  g_free (self->filtering);
  g_free (self->logging);
  g_free (self->ecs);
  g_free (self->dnssec);
  g_free (self->homepage);
  g_free (self->verified);
  g_array_unref (self->addresses);
  g_free (self->auth_name);
  g_free (self->personal_auth_name);
  g_free (self);
}

/* NULL where the key is missing or empty. */
static char *
get_text (GKeyFile *keyfile, const char *key)
{
  g_autofree char *text = g_key_file_get_string (keyfile, GROUP, key, NULL);

  return text != NULL && *text != '\0' ? g_steal_pointer (&text) : NULL;
}

static void
read_texts (DotlsProvider *self, GKeyFile *keyfile)
{
  self->name = get_text (keyfile, "name");
  self->operator_name = get_text (keyfile, "operator");
  self->jurisdiction = get_text (keyfile, "jurisdiction");
  self->filtering = get_text (keyfile, "filtering");
  self->logging = get_text (keyfile, "logging");
  self->ecs = get_text (keyfile, "ecs");
  self->dnssec = get_text (keyfile, "dnssec");
  self->homepage = get_text (keyfile, "homepage");
  self->verified = get_text (keyfile, "verified");
  self->personal_auth_name = get_text (keyfile, "personal-auth-name");
}

static gboolean
read_addresses (DotlsProvider *self, GKeyFile *keyfile, GError **error)
{
  g_autofree char *text = g_key_file_get_string (keyfile, GROUP, "addresses", error);
  g_auto (GStrv) elements = text != NULL ? dotls_value_parse_list (text, error) : NULL;

  for (guint i = 0; elements != NULL && elements[i] != NULL; i++)
    {
      DotlsAddress address;

      if (!dotls_address_parse (elements[i], DOTLS_PROVIDER_PORT, &address, error))
        return FALSE;
      g_array_append_val (self->addresses, address);
    }
  return elements != NULL;
}

static gboolean
read_auth_name (DotlsProvider *self, GKeyFile *keyfile, GError **error)
{
  g_autofree char *text = get_text (keyfile, "auth-name");

  if (text == NULL && self->personal_auth_name != NULL)
    return TRUE;
  self->auth_name = dotls_auth_name_parse (text != NULL ? text : "", error);
  return self->auth_name != NULL;
}

static GKeyFile *
load_keyfile (const char *path, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error)
      || !g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, error))
    return NULL;
  return g_steal_pointer (&keyfile);
}

DotlsProvider *
dotls_provider_load (const char *directory, const char *id, GError **error)
{
  g_autofree char *path = g_strconcat (directory, "/", id, SUFFIX, NULL);
  g_autoptr (GKeyFile) keyfile = NULL;
  g_autoptr (DotlsProvider) self = NULL;
  GError *inner = NULL;

  if (!dotls_catalogue_is_id (id))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "'%s' is no provider", id);
      return NULL;
    }
  keyfile = load_keyfile (path, &inner);
  if (g_error_matches (inner, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_propagate_error (error, inner);
      return NULL;
    }
  self = g_new0 (DotlsProvider, 1);
  self->id = g_strdup (id);
  self->addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  if (keyfile != NULL)
    read_texts (self, keyfile);
  if (keyfile == NULL || !read_addresses (self, keyfile, &inner)
      || !read_auth_name (self, keyfile, &inner))
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG, "%s: %s", path, inner->message);
      g_error_free (inner);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
dotls_catalogue_list (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, SUFFIX))
      g_ptr_array_add (ids, g_strndup (name, strlen (name) - strlen (SUFFIX)));
  g_ptr_array_sort (ids, compare_texts);
  g_ptr_array_add (ids, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&ids), FALSE);
}

/* ID.example.net stands for any one label before .example.net. */
static gboolean
has_auth_name (const DotlsProvider *self, const char *auth_name)
{
  const char *dot = strchr (auth_name, '.');

  if (self->auth_name != NULL)
    return g_str_equal (self->auth_name, auth_name);
  return dot != NULL && g_strcmp0 (strchr (self->personal_auth_name, '.'), dot) == 0;
}

DotlsProvider *
dotls_catalogue_find_by_auth_name (const char *directory, const char *auth_name)
{
  g_auto (GStrv) ids = dotls_catalogue_list (directory);

  for (guint i = 0; ids[i] != NULL; i++)
    {
      g_autoptr (DotlsProvider) provider = dotls_provider_load (directory, ids[i], NULL);

      if (provider != NULL && has_auth_name (provider, auth_name))
        return g_steal_pointer (&provider);
    }
  return NULL;
}
