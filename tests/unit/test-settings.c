/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/settings.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

#include "core/limits.h"

#define PIN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static char *data_dir;

static DotlsSettings *
parse (const char *text, char ***ret_mistakes)
{
  return dotls_settings_parse ("t.conf", text, strlen (text), data_dir, ret_mistakes);
}

/* The settings of a good text. */
static DotlsSettings *
parse_good (const char *text)
{
  g_auto (GStrv) mistakes = NULL;
  DotlsSettings *settings = parse (text, &mistakes);

  if (mistakes != NULL)
    g_error ("%s", mistakes[0]);
  return settings;
}

static const DotlsUpstreamSpec *
get_upstream (DotlsSettings *settings, guint i)
{
  g_assert_cmpuint (i, <, settings->upstreams->len);
  return g_ptr_array_index (settings->upstreams, i);
}

static void
assert_upstreams (DotlsSettings *settings, const char *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < settings->upstreams->len; i++)
    g_string_append_printf (ids, "%s%s", i > 0 ? " " : "", get_upstream (settings, i)->id);
  g_assert_cmpstr (ids->str, ==, expected);
}

/* A self-signed certificate and its file, made at test time. */
static char *
write_certificate (const char *directory)
{
  char *path = g_build_filename (directory, "ca.pem", NULL);
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, "\1", 1);
  gnutls_x509_crt_set_activation_time (certificate, 0);
  gnutls_x509_crt_set_expiration_time (certificate, G_MAXINT32);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==,
                   0);
  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  g_assert_true (g_file_set_contents (path, (char *) pem.data, pem.size, NULL));
  gnutls_free (pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return path;
}

/* Catches: defaults other than cloudflare and quad9, strict, on the daemon's own address. */
static void
test_defaults (void)
{
  g_autoptr (DotlsSettings) settings = parse_good ("");
  g_autofree char *listen =
      dotls_address_to_string (&g_array_index (settings->listen, DotlsAddress, 0));

  assert_upstreams (settings, "cloudflare quad9");
  g_assert_cmpstr (get_upstream (settings, 1)->auth_name, ==, "dns.quad9.net");
  g_assert_cmpstr (get_upstream (settings, 1)->provider, ==, "Quad9");
  g_assert_cmpuint (get_upstream (settings, 1)->addresses->len, ==, 4);
  g_assert_cmpstr (listen, ==, "127.0.0.55:53");
  g_assert_false (settings->is_listen_given);
  g_assert_cmpstr (settings->mode, ==, "strict");
  g_assert_cmpint (settings->history_level, ==, DOTLS_HISTORY_OFF);
  g_assert_cmpuint (settings->config.cache_bytes, ==, DOTLS_CACHE_BYTES);
}

/* Catches: the example that the README gives not working as it stands. */
static void
test_sample (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dotls-settings-XXXXXX", NULL);
  g_autofree char *ca_file = write_certificate (directory);
  g_autofree char *text = g_strdup_printf ("[dns]\n"
                                           "listen = 127.0.0.1:5310 ; [::1]:5310\n"
                                           "mode = strict\n"
                                           "policy = fastest\n"
                                           "cache-size = 8M\n"
                                           "[upstream lab]\n"
                                           "address = 127.0.0.1:8853 ; 127.0.0.1:8854\n"
                                           "auth-name = dot.test\n"
                                           "ca-file = %s\n"
                                           "pin-sha256 = " PIN "\n",
                                           ca_file);
  g_autoptr (DotlsSettings) settings = parse_good (text);
  const DotlsUpstreamSpec *lab = get_upstream (settings, 0);

  assert_upstreams (settings, "lab");
  g_assert_cmpuint (settings->listen->len, ==, 2);
  g_assert_true (settings->is_listen_given);
  g_assert_cmpint (settings->config.policy, ==, DOTLS_POLICY_FASTEST);
  g_assert_cmpuint (settings->config.cache_bytes, ==, 8 << 20);
  g_assert_cmpuint (lab->addresses->len, ==, 2);
  g_assert_cmpint (dotls_address_port (&g_array_index (lab->addresses, DotlsAddress, 1)), ==, 8854);
  g_assert_cmpstr (lab->auth_name, ==, "dot.test");
  g_assert_cmpstr (lab->ca_file, ==, ca_file);
  g_assert_cmpuint (lab->pins->len, ==, 1);
  g_assert_cmpint (g_array_index (lab->pins, DotlsPin, 0).sha256[31], ==, 31);
  g_remove (ca_file);
  g_rmdir (directory);
}

/* Catches: a key that sets the wrong field, the wrong unit, or spends a narrower type. */
static void
test_every_key (void)
{
  g_autoptr (DotlsSettings) settings = parse_good ("\xef\xbb\xbf# with everything\r\n"
                                                   "  [dns]  \r\n"
                                                   "listen=127.0.0.1;\r\n"
                                                   "policy = spread\n"
                                                   "cache-size = 0\n"
                                                   "cache-min-ttl = 5\n"
                                                   "cache-max-ttl = 2h\n"
                                                   "cache-max-negative-ttl = 60s\n"
                                                   "udp-payload-max = 1400\n"
                                                   "tcp-clients = 7\n"
                                                   "tcp-idle = 3\n"
                                                   "upstream-idle = 500ms\n"
                                                   "trust-ad = yes\n"
                                                   "log-level = debug\n"
                                                   "\n"
                                                   "[history]\n"
                                                   "level = full\n"
                                                   "entries = 50\n"
                                                   "file = history.jsonl");

  g_assert_cmpuint (settings->listen->len, ==, 1);
  g_assert_cmpint (settings->config.policy, ==, DOTLS_POLICY_SPREAD);
  g_assert_cmpuint (settings->config.cache_bytes, ==, 0);
  g_assert_cmpuint (settings->config.min_ttl, ==, 5);
  g_assert_cmpuint (settings->config.max_ttl, ==, 7200);
  g_assert_cmpuint (settings->config.max_negative_ttl, ==, 60);
  g_assert_cmpuint (settings->config.udp_payload_max, ==, 1400);
  g_assert_cmpuint (settings->config.tcp_clients_max, ==, 7);
  g_assert_cmpuint (settings->config.tcp_idle_ms, ==, 3000);
  g_assert_cmpuint (settings->config.upstream_idle_ms, ==, 500);
  g_assert_true (settings->config.trust_ad);
  g_assert_cmpint (settings->log_level, ==, DOTLS_LOG_DEBUG);
  g_assert_cmpint (settings->history_level, ==, DOTLS_HISTORY_FULL);
  g_assert_cmpuint (settings->history_entries, ==, 50);
  g_assert_cmpstr (settings->history_file, ==, "history.jsonl");
}

/* Catches: asking somebody whom nobody chose. */
static void
test_choice (void)
{
  static const char *const cases[][2] = {
    { "[dns]\nupstreams = google\n", "google" },
    { "[dns]\nupstreams = quad9 ; lab\n[upstream lab]\naddress = 10.0.0.1#a.example\n",
      "quad9 lab" },
    { "[upstream lab]\naddress = 10.0.0.1#a.example\n", "lab" },
    { "[upstream b]\naddress=10.0.0.1#a.example\n[upstream a]\naddress=10.0.0.2#a.example\n",
      "b a" },
    { "[dns]\nupstreams = quad9\n[upstream lab]\naddress = 10.0.0.1#a.example\n", "quad9" },
    { "[upstream quad9]\npin-sha256 = " PIN "\n", "quad9" },
    { "[upstream quad9]\n", "quad9" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DotlsSettings) settings = parse_good (cases[i][0]);

      assert_upstreams (settings, cases[i][1]);
    }
}

/* Catches: an extension of a provider that loses the provider's name or addresses. */
static void
test_extended_provider (void)
{
  g_autoptr (DotlsSettings) pinned =
      parse_good ("[upstream quad9]\npin-sha256 = sha256/" PIN " ; " PIN "\n");
  g_autoptr (DotlsSettings) own =
      parse_good ("[upstream nextdns]\nauth-name = abc.dns.nextdns.io\nprovider-name = Mine\n");

  g_assert_cmpstr (get_upstream (pinned, 0)->auth_name, ==, "dns.quad9.net");
  g_assert_cmpuint (get_upstream (pinned, 0)->addresses->len, ==, 4);
  g_assert_cmpuint (get_upstream (pinned, 0)->pins->len, ==, 2);
  g_assert_cmpstr (get_upstream (own, 0)->auth_name, ==, "abc.dns.nextdns.io");
  g_assert_cmpstr (get_upstream (own, 0)->provider, ==, "Mine");
  g_assert_cmpuint (get_upstream (own, 0)->addresses->len, ==, 4);
}

typedef struct
{
  char *directory;
  char *vendor;
  char *file;
  char *drop_ins;
} Tree;

static void
tree_write (const Tree *tree, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (tree->directory, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
tree_init (Tree *tree)
{
  g_autofree char *providers = g_build_filename (data_dir, "providers", NULL);
  g_autofree char *link = NULL;

  tree->directory = g_dir_make_tmp ("dotls-settings-XXXXXX", NULL);
  tree->vendor = g_build_filename (tree->directory, "dotlsd.conf", NULL);
  tree->file = g_build_filename (tree->directory, "own.conf", NULL);
  tree->drop_ins = g_build_filename (tree->directory, "own.conf.d", NULL);
  link = g_build_filename (tree->directory, "providers", NULL);
  g_assert_cmpint (symlink (providers, link), ==, 0);
  g_assert_cmpint (g_mkdir (tree->drop_ins, 0700), ==, 0);
}

static void
remove_files (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
}

static void
tree_clear (Tree *tree)
{
  remove_files (tree->drop_ins);
  remove_files (tree->directory);
  g_assert_cmpint (g_rmdir (tree->directory), ==, 0);
  g_free (tree->directory);
  g_free (tree->vendor);
  g_free (tree->file);
  g_free (tree->drop_ins);
}

static DotlsSettings *
tree_load (const Tree *tree, char ***ret_mistakes)
{
  DotlsSettingsSources sources = {
    .data_dir = tree->directory,
    .state_dir = tree->drop_ins,
    .file = tree->file,
    .must_exist = TRUE,
  };

  return dotls_settings_load (&sources, ret_mistakes);
}

/* Catches: files read in another order than their names', a later key that does not win, an earlier
 * one that is lost, and files that are no settings being read. */
static void
test_order (void)
{
  g_auto (GStrv) mistakes = NULL;
  g_autoptr (DotlsSettings) settings = NULL;
  Tree tree;

  tree_init (&tree);
  tree_write (&tree, "dotlsd.conf", "[dns]\npolicy=spread\ntcp-clients=1\nudp-payload-max=600\n");
  tree_write (&tree, "own.conf",
              "[dns]\ntcp-clients=2\ncache-size=1M\n[upstream l]\naddress=10.0.0.1#a.example\n");
  tree_write (&tree, "own.conf.d/20-b.conf", "[dns]\ncache-size=3M\n[upstream l]\nauth-name=b.x\n");
  tree_write (&tree, "own.conf.d/10-a.conf",
              "[dns]\ncache-size=2M\n[upstream l]\nauth-name=a.x\naddress=10.0.0.2\n");
  tree_write (&tree, "own.conf.d/30-c.conf.bak", "junk");
  tree_write (&tree, "own.conf.d/.hidden.conf", "junk");
  settings = tree_load (&tree, &mistakes);
  g_assert_null (mistakes);
  g_assert_cmpuint (g_strv_length (settings->files), ==, 4);
  g_assert_cmpstr (settings->files[0], ==, tree.vendor);
  g_assert_cmpstr (settings->files[1], ==, tree.file);
  g_assert_true (g_str_has_suffix (settings->files[3], "/20-b.conf"));
  g_assert_cmpint (settings->config.policy, ==, DOTLS_POLICY_SPREAD);
  g_assert_cmpuint (settings->config.udp_payload_max, ==, 600);
  g_assert_cmpuint (settings->config.tcp_clients_max, ==, 2);
  g_assert_cmpuint (settings->config.cache_bytes, ==, 3 << 20);
  assert_upstreams (settings, "l");
  g_assert_cmpstr (get_upstream (settings, 0)->auth_name, ==, "b.x");
  g_assert_cmpuint (get_upstream (settings, 0)->addresses->len, ==, 1);
  tree_clear (&tree);
}

/* Catches: a vendor's list that goes on being asked after the administrator chose. */
static void
test_vendor (void)
{
  static const char *const cases[][3] = {
    { "[dns]\nupstreams = google\n", "", "google" },
    { "[dns]\nupstreams = google\n", "[upstream lab]\naddress = 10.0.0.1#a.example\n", "lab" },
    { "[dns]\nupstreams = google\n", "[dns]\nupstreams = quad9\n", "quad9" },
    { "[upstream corp]\naddress = 10.0.0.1#a.example\n", "", "corp" },
    { "[upstream corp]\naddress = 10.0.0.1#a.example\n", "[upstream lab]\naddress = 10.0.0.2#b.c\n",
      "lab" },
    { "[upstream corp]\naddress = 10.0.0.1#a.example\n", "[dns]\nupstreams = corp ; quad9\n",
      "corp quad9" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) mistakes = NULL;
      g_autoptr (DotlsSettings) settings = NULL;
      Tree tree;

      tree_init (&tree);
      tree_write (&tree, "dotlsd.conf", cases[i][0]);
      tree_write (&tree, "own.conf", cases[i][1]);
      settings = tree_load (&tree, &mistakes);
      g_assert_null (mistakes);
      assert_upstreams (settings, cases[i][2]);
      tree_clear (&tree);
    }
}

/* Catches: a file named by hand that is missing unnoticed, a directory or a pipe that hangs or is
 * passed over, and a mistake laid at the wrong file. */
static void
test_unreadable (void)
{
  g_auto (GStrv) mistakes = NULL, drop_in_mistakes = NULL;
  g_autofree char *pipe = NULL, *large = g_strnfill (2 << 20, '\n');
  Tree tree;

  tree_init (&tree);
  g_assert_null (tree_load (&tree, &mistakes));
  g_assert_cmpuint (g_strv_length (mistakes), ==, 1);
  g_assert_true (g_str_has_prefix (mistakes[0], tree.file));
  g_assert_nonnull (strstr (mistakes[0], "cannot be read"));

  tree_write (&tree, "own.conf", "");
  tree_write (&tree, "own.conf.d/1.conf", "[dns]\nmode = x\n");
  tree_write (&tree, "own.conf.d/3.conf", large);
  pipe = g_build_filename (tree.drop_ins, "2.conf", NULL);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_null (tree_load (&tree, &drop_in_mistakes));
  g_assert_cmpuint (g_strv_length (drop_in_mistakes), ==, 3);
  g_assert_nonnull (strstr (drop_in_mistakes[0], "1.conf:2: [dns] mode: "));
  g_assert_nonnull (strstr (drop_in_mistakes[1], "2.conf: cannot be read: not a regular file"));
  g_assert_nonnull (strstr (drop_in_mistakes[2], "3.conf: cannot be read: "));
  tree_clear (&tree);
}

/* The mistake of a history at LEVEL with FILE, or NULL. */
static char *
find_history_mistake (const Tree *tree, const char *level, const char *file, const char *state_dir)
{
  g_autofree char *text = g_strdup_printf ("[history]\nlevel = %s\nfile = %s\n", level, file);
  DotlsSettingsSources sources = {
    .data_dir = tree->directory,
    .state_dir = state_dir,
    .file = tree->file,
    .must_exist = TRUE,
  };
  g_auto (GStrv) mistakes = NULL;
  g_autoptr (DotlsSettings) settings = NULL;

  tree_write (tree, "own.conf", text);
  settings = dotls_settings_load (&sources, &mistakes);
  g_assert_true ((settings == NULL) == (mistakes != NULL));
  if (mistakes == NULL)
    return NULL;
  g_assert_cmpuint (g_strv_length (mistakes), ==, 1);
  return g_strdup (mistakes[0]);
}

/* Catches: a history that passes the check and cannot be written, a good one that does not pass,
 * and a check that makes files. */
static void
test_history_file (void)
{
  static const struct
  {
    const char *file, *state_dir, *mistake;
  } cases[] = {
    { "/nonexistent/x", "",
      ": no file can be made in '/nonexistent': No such file or directory; " },
    { "/", "", ": '/' cannot be written: it is not a regular file; " },
    { "/dev/null", "", ": '/dev/null' cannot be written: it is not a regular file; " },
    { "T/pipe", "", "pipe' cannot be written: it is not a regular file; " },
    { "T/providers", "", "providers' cannot be written: it is a symbolic link; " },
    { "T/old/x", "", "old/x' cannot be written: Not a directory; " },
    { "T/old", "", NULL },
    { "T/new", "", NULL },
    { "new", "", NULL },
    { "new", "/not/yet", NULL },
    { "new", "/old", "new' cannot be written: Not a directory; " },
    { "new", "/old/yet", "new' cannot be written: Not a directory; " },
  };
  g_autofree char *pipe = NULL, *new_file = NULL, *mistake = NULL;
  Tree tree;

  tree_init (&tree);
  tree_write (&tree, "old", "");
  pipe = g_build_filename (tree.directory, "pipe", NULL);
  new_file = g_build_filename (tree.directory, "new", NULL);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *state_dir = g_strconcat (tree.directory, cases[i].state_dir, NULL);
      g_autofree char *file = g_strconcat (cases[i].file[0] == 'T' ? tree.directory : "",
                                           cases[i].file + (cases[i].file[0] == 'T'), NULL);
      g_autofree char *found = find_history_mistake (&tree, "full", file, state_dir);

      if ((found == NULL) != (cases[i].mistake == NULL)
          || (found != NULL
              && (strstr (found, cases[i].mistake) == NULL
                  || strstr (found, "own.conf:3: [history] file: ") == NULL)))
        g_error ("%s in %s: %s", file, state_dir, found);
    }
  g_assert_false (g_file_test (new_file, G_FILE_TEST_EXISTS));
  mistake = find_history_mistake (&tree, "off", "/nonexistent/x", tree.directory);
  g_assert_null (mistake);
  tree_clear (&tree);
}

/* Catches: upstreams that are missed only because the file that names them could not be read. */
static void
test_only_unreadable (void)
{
  g_autofree char *directory = g_dir_make_tmp ("dotls-settings-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (directory, "own.conf", NULL);
  DotlsSettingsSources sources = {
    .data_dir = directory,
    .state_dir = directory,
    .file = file,
    .must_exist = TRUE,
  };
  g_auto (GStrv) mistakes = NULL;

  g_assert_null (dotls_settings_load (&sources, &mistakes));
  g_assert_cmpuint (g_strv_length (mistakes), ==, 1);
  g_assert_true (g_str_has_prefix (mistakes[0], file));
  g_rmdir (directory);
}

/* Catches: a missing catalogue that leaves the daemon without upstreams silently. */
static void
test_no_catalogue (void)
{
  g_auto (GStrv) mistakes = NULL;

  g_assert_null (dotls_settings_parse ("t.conf", "", 0, "/nonexistent", &mistakes));
  g_assert_cmpuint (g_strv_length (mistakes), ==, 2);
  g_assert_nonnull (strstr (mistakes[0], "there is no catalogue in /nonexistent/providers"));
}

/* The defaults that the shipped file shows, as settings: comments of the form #key = value, without
 * the example of a group at the end. */
static char *
uncomment (const char *text)
{
  g_autofree char *start = g_strndup (text, strstr (text, "\n#[") - text);
  g_auto (GStrv) lines = g_strsplit (start, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] == '#' && g_ascii_islower (lines[i][1])
        && !g_str_has_prefix (lines[i], "#file"))
      lines[i][0] = ' ';
  return g_strjoinv ("\n", lines);
}

/* Catches: a shipped file that shows other defaults than the built-in ones, or that is itself a
 * mistake. */
static void
test_shipped_file (void)
{
  g_autofree char *path = g_build_filename (data_dir, "dotlsd.conf", NULL), *text = NULL;
  g_autofree char *shown = NULL;
  g_autoptr (DotlsSettings) built_in = parse_good (""), shipped = NULL, uncommented = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  shown = uncomment (text);
  g_assert_nonnull (strstr (shown, " policy = "));
  shipped = parse_good (text);
  uncommented = parse_good (shown);
  assert_upstreams (shipped, "cloudflare quad9");
  assert_upstreams (uncommented, "cloudflare quad9");
  g_assert_cmpmem (&built_in->config, sizeof (DotlsConfig), &uncommented->config,
                   sizeof (DotlsConfig));
  g_assert_true (dotls_address_equal (&g_array_index (built_in->listen, DotlsAddress, 0),
                                      &g_array_index (uncommented->listen, DotlsAddress, 0)));
  g_assert_cmpint (built_in->log_level, ==, uncommented->log_level);
  g_assert_cmpint (built_in->history_level, ==, uncommented->history_level);
  g_assert_cmpuint (built_in->history_entries, ==, uncommented->history_entries);
}

static void
check_documented_cb (const char *group, const char *key, gpointer data)
{
  char **texts = data;
  g_autofree char *term = g_strdup_printf ("\n%s\n  ", key);
  g_autofree char *sample = g_strdup_printf ("\n#%s = ", key);

  if (strstr (texts[0], term) == NULL)
    g_error ("[%s] %s is not in dotlsd.conf(5)", group, key);
  if (strstr (texts[1], sample) == NULL)
    g_error ("[%s] %s is not in data/dotlsd.conf", group, key);
}

/* Catches: a key that nobody is told of. */
static void
test_documented (void)
{
  g_autofree char *page = g_test_build_filename (G_TEST_DIST, "man", "dotlsd.conf.5.rst", NULL);
  g_autofree char *sample = g_build_filename (data_dir, "dotlsd.conf", NULL);
  g_auto (GStrv) texts = g_new0 (char *, 3);

  g_assert_true (g_file_get_contents (page, &texts[0], NULL, NULL));
  g_assert_true (g_file_get_contents (sample, &texts[1], NULL, NULL));
  dotls_settings_foreach_key (check_documented_cb, texts);
}

/* Catches: a count that is off, so that the settings go away under somebody. */
static void
test_references (void)
{
  DotlsSettings *settings = parse_good ("");

  g_assert_true (dotls_settings_ref (settings) == settings);
  dotls_settings_unref (settings);
  g_assert_cmpstr (settings->files[0], ==, "t.conf");
  dotls_settings_unref (settings);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  data_dir = g_test_build_filename (G_TEST_DIST, "data", NULL);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/sample", test_sample);
  g_test_add_func ("/settings/every-key", test_every_key);
  g_test_add_func ("/settings/choice", test_choice);
  g_test_add_func ("/settings/extended-provider", test_extended_provider);
  g_test_add_func ("/settings/order", test_order);
  g_test_add_func ("/settings/vendor", test_vendor);
  g_test_add_func ("/settings/unreadable", test_unreadable);
  g_test_add_func ("/settings/history-file", test_history_file);
  g_test_add_func ("/settings/only-unreadable", test_only_unreadable);
  g_test_add_func ("/settings/no-catalogue", test_no_catalogue);
  g_test_add_func ("/settings/shipped-file", test_shipped_file);
  g_test_add_func ("/settings/documented", test_documented);
  g_test_add_func ("/settings/references", test_references);
  result = g_test_run ();
  g_free (data_dir);
  return result;
}
