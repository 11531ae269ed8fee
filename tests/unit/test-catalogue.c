/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/catalogue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "core/address.h"
#include "core/error.h"

static char *providers;

static const char *const known_keys[] = {
  "name",      "operator",  "jurisdiction",       "filtering", "logging",  "ecs", "dnssec",
  "addresses", "auth-name", "personal-auth-name", "homepage",  "verified", NULL,
};

/* The parser takes what it knows; a key with a typing mistake in a file would go unseen. */
static void
check_keys (const char *id)
{
  g_autofree char *name = g_strconcat (id, ".conf", NULL);
  g_autofree char *path = g_build_filename (providers, name, NULL);
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_auto (GStrv) groups = NULL, keys = NULL;

  g_assert_true (g_key_file_load_from_file (keyfile, path, G_KEY_FILE_NONE, NULL));
  groups = g_key_file_get_groups (keyfile, NULL);
  g_assert_cmpuint (g_strv_length (groups), ==, 1);
  keys = g_key_file_get_keys (keyfile, "provider", NULL, NULL);
  for (guint i = 0; keys[i] != NULL; i++)
    if (!g_strv_contains (known_keys, keys[i]))
      g_error ("%s: unknown key %s", path, keys[i]);
}

static void
check_flag (const char *flag)
{
  if (flag != NULL)
    g_assert_true (g_str_equal (flag, "yes") || g_str_equal (flag, "no"));
}

/* Catches: a broken file, a private or mistyped address, two providers under one name, a provider
 * nobody could verify, and a `verified` that nobody earned by dialling. */
static void
test_files (void)
{
  g_auto (GStrv) ids = dotls_catalogue_list (providers);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpuint (g_strv_length (ids), ==, 36);
  for (guint i = 0; ids[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DotlsProvider) provider = dotls_provider_load (providers, ids[i], &error);

      g_assert_no_error (error);
      check_keys (ids[i]);
      g_assert_true (dotls_catalogue_is_id (ids[i]));
      g_assert_nonnull (provider->name);
      g_assert_nonnull (provider->operator_name);
      g_assert_nonnull (provider->jurisdiction);
      g_assert_true (g_str_has_prefix (provider->homepage, "https://"));
      g_assert_null (provider->verified);
      check_flag (provider->ecs);
      check_flag (provider->dnssec);
      g_assert_true ((provider->auth_name == NULL) == (provider->personal_auth_name != NULL));
      if (provider->auth_name != NULL)
        g_assert_true (g_hash_table_add (names, g_strdup (provider->auth_name)));
      for (guint j = 0; j < provider->addresses->len; j++)
        {
          const DotlsAddress *address = &g_array_index (provider->addresses, DotlsAddress, j);

          g_assert_true (dotls_address_is_global (address));
          g_assert_cmpint (dotls_address_port (address), ==, 853);
          g_assert_true (g_hash_table_add (seen, dotls_address_to_string (address)));
        }
    }
}

/* Catches: facts that moved between keys. */
static void
test_one (void)
{
  g_autoptr (DotlsProvider) quad9 = dotls_provider_load (providers, "quad9", NULL);
  g_autofree char *first = NULL;

  g_assert_cmpstr (quad9->id, ==, "quad9");
  g_assert_cmpstr (quad9->name, ==, "Quad9");
  g_assert_cmpstr (quad9->jurisdiction, ==, "CH");
  g_assert_cmpstr (quad9->filtering, ==, "malware");
  g_assert_cmpstr (quad9->ecs, ==, "no");
  g_assert_cmpstr (quad9->dnssec, ==, "yes");
  g_assert_cmpstr (quad9->auth_name, ==, "dns.quad9.net");
  g_assert_cmpuint (quad9->addresses->len, ==, 4);
  first = dotls_address_to_host_string (&g_array_index (quad9->addresses, DotlsAddress, 0));
  g_assert_cmpstr (first, ==, "9.9.9.9");
}

/* Catches: an id that leaves the directory, and a missing file that is not told from a bad one. */
static void
test_missing (void)
{
  static const char *const ids[] = {
    "nobody", "", ".", "..", "../providers/quad9", "a b", "quad9\n"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (dotls_provider_load (providers, ids[i], &error));
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    }
}

/* Catches: a broken file of a distribution that crashes, or an error that does not name it. */
static void
test_broken (void)
{
  static const char *const texts[] = {
    "",
    "[provider]\n",
    "nonsense",
    "[provider]\naddresses = 1.1.1.1\n",
    "[provider]\naddresses = ;\nauth-name = a.example\n",
    "[provider]\naddresses = 1.1.1\nauth-name = a.example\n",
    "[provider]\naddresses = 1.1.1.1\nauth-name = a b\n",
  };
  g_autofree char *directory = g_dir_make_tmp ("dotls-catalogue-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "bad.conf", NULL);
  g_auto (GStrv) ids = NULL, none = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (dotls_provider_load (directory, "bad", &error));
      g_assert_error (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, path));
    }
  g_assert_null (dotls_catalogue_find_by_auth_name (directory, "a.example"));
  ids = dotls_catalogue_list (directory);
  g_assert_cmpstr (ids[0], ==, "bad");
  g_remove (path);
  g_rmdir (directory);
  none = dotls_catalogue_list (directory);
  g_assert_null (none[0]);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  providers = g_test_build_filename (G_TEST_DIST, "data", "providers", NULL);
  g_test_add_func ("/catalogue/files", test_files);
  g_test_add_func ("/catalogue/one", test_one);
  g_test_add_func ("/catalogue/missing", test_missing);
  g_test_add_func ("/catalogue/broken", test_broken);
  result = g_test_run ();
  g_free (providers);
  return result;
}
