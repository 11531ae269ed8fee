/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/settings.h"

#include <string.h>

#define PIN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static char *data_dir;

static DotlsSettings *
parse (const char *text, char ***ret_mistakes)
{
  return dotls_settings_parse ("t.conf", text, strlen (text), data_dir, ret_mistakes);
}

/* Each text has this one mistake and no other, said in this way (* stands for anything). */
static const struct
{
  const char *text;
  const char *mistake;
} mistakes_of_texts[] = {
  { "\n[dsn]\n", "t.conf:2: [dsn]: there is no such group; did you mean [[]dns]?" },
  { "[banana]\nx = y\n", "t.conf:1: [banana]: * known are *" },
  { "[upstream]\n", "t.conf:1: [upstream]: an upstream needs a name*" },
  { "[upstream a b]\n", "t.conf:1: *an upstream needs a name*" },
  { "[upstream ../x]\n", "t.conf:1: *an upstream needs a name*" },
  { "[dns\n", "t.conf:1: '[[]dns' is no group; *" },
  { "[]\nx\n", "t.conf:1: '[[]]' is no group; *" },
  { "[dns]\nlisten 1\n", "t.conf:2: [dns]: 'listen 1' is not understood; expected key = value*" },
  { "[dns]\n= 1\n", "t.conf:2: [dns]: '= 1' is not understood; *" },
  { "[dns]\n; old style comment\n", "t.conf:2: [dns]: '; old*# comment" },
  { "mode = strict\n", "t.conf:1: mode stands before the first group; *" },
  { "[dns]\ntrust-ad = no\n\ntrust-ad = yes\n", "t.conf:4: *given twice, first in line 2; *" },
  { "[dns]\n[history]\n[dns]\n", "t.conf:3: [dns]: *twice, first in line 1; *" },
  { "[dns]\n\xff\xfe\n", "t.conf:2: *not UTF-8*" },
  { "[dns]\nlog-level = \\x\n",
    "t.conf:2: [dns] log-level: '\\\\x' has a backslash that begins no escape; *write two" },
  { "[dns]\nlog-level = debug\\\n", "t.conf:2: [dns] log-level: *\\\\' has a backslash*" },
  { "Encoding = x\n", "t.conf:1: *before the first group*" },
  { "[dns]\nEncoding = x\n", "t.conf:2: [dns] Encoding: there is no such key; known are *" },
  { "[dns]\nlisen = 127.0.0.1\n",
    "t.conf:2: [dns] lisen: there is no such key; did you mean listen?" },
  { "[dns]\nbanana = 1\n", "t.conf:2: [dns] banana: there is no such key; known are listen, *" },
  { "[dns]\naddress = 1.1.1.1\n", "t.conf:2: [dns] address: there is no such key*" },
  { "[dns]\nlisten =\n", "t.conf:2: [dns] listen: the list is empty; *" },
  { "[dns]\nlisten = ; ;\n", "t.conf:2: [dns] listen: the list is empty; *" },
  { "[dns]\nlisten = localhost\n", "t.conf:2: [dns] listen: 'localhost' is no address*" },
  { "[dns]\nlisten = 127.0.0.1, ::1\n", "t.conf:2: [dns] listen: *is no address*" },
  { "[dns]\nlisten = ::1;[::1]:53\n", "t.conf:2: [dns] listen: *twice*" },
  { "[dns]\nlisten = 224.0.0.1\n", "t.conf:2: [dns] listen: *multicast*" },
  { "[dns]\nlisten = fe80::1\n", "t.conf:2: [dns] listen: *name the interface*" },
  { "[dns]\nmode = opportunistic\n", "t.conf:2: [dns] mode: this release knows strict only*" },
  { "[dns]\nmode = off\n", "t.conf:2: [dns] mode: 'off' does not do; write strict" },
  { "[dns]\npolicy = random\n", "t.conf:2: [dns] policy: *ordered, fastest or spread" },
  { "[dns]\ncache-size = 1K\n", "t.conf:2: [dns] cache-size: *write 0 (off) or from 64K to 4G" },
  { "[dns]\ncache-size = 5G\n", "t.conf:2: [dns] cache-size: *to 4G" },
  { "[dns]\ncache-size = 8MB\n", "t.conf:2: [dns] cache-size: *is no size*" },
  { "[dns]\ncache-size = -1\n", "t.conf:2: [dns] cache-size: *is no size*" },
  { "[dns]\ncache-size = 99999999999999999999\n", "t.conf:2: [dns] cache-size: *is no size*" },
  { "[dns]\ncache-size = 17179869185G\n", "t.conf:2: [dns] cache-size: *is no size*" },
  { "[dns]\ncache-min-ttl = 2h\n", "t.conf:2: [dns] cache-min-ttl: *from 0 to 1h" },
  { "[dns]\ncache-max-ttl = 0\n", "t.conf:2: [dns] cache-max-ttl: *from 1s to 168h" },
  { "[dns]\ncache-max-ttl = 1500ms\n", "t.conf:2: [dns] cache-max-ttl: *whole seconds" },
  { "[dns]\ncache-max-ttl = 9\ncache-min-ttl = 10\n", "t.conf:3: [dns] cache-min-ttl: *smaller*" },
  { "[dns]\ncache-max-negative-ttl = 4h\n", "t.conf:2: [dns] cache-max-negative-ttl: *" },
  { "[dns]\nudp-payload-max = 511\n", "t.conf:2: [dns] udp-payload-max: *from 512 to 4096" },
  { "[dns]\nudp-payload-max = 65537\n", "t.conf:2: [dns] udp-payload-max: *" },
  { "[dns]\ntcp-clients = 0\n", "t.conf:2: [dns] tcp-clients: *" },
  { "[dns]\ntcp-idle = soon\n", "t.conf:2: [dns] tcp-idle: 'soon' is no time*" },
  { "[dns]\ntcp-idle = 99ms\n", "t.conf:2: [dns] tcp-idle: *from 100ms to 1h" },
  { "[dns]\nupstream-idle = 2h\n", "t.conf:2: [dns] upstream-idle: *" },
  { "[dns]\ntrust-ad = maybe\n", "t.conf:2: [dns] trust-ad: *write yes or no" },
  { "[dns]\nlog-level = loud\n", "t.conf:2: [dns] log-level: *" },
  { "[dns]\nupstreams = quad8\n", "t.conf:2: [dns] upstreams: *did you mean quad9?*" },
  { "[dns]\nupstreams = banana\n", "t.conf:2: [dns] upstreams: there is no provider banana*" },
  { "[dns]\nupstreams = quad9;quad9\n", "t.conf:2: [dns] upstreams: *twice*" },
  { "[dns]\nupstreams = 9.9.9.9#dns.quad9.net\n", "t.conf:2: [dns] upstreams: *[upstream NAME]*" },
  { "[dns]\nupstreams = nextdns\n", "t.conf:2: *your own id; *auth-name = ID.dns.nextdns.io" },
  { "[history]\nlevel = all\n", "t.conf:2: [history] level: *off, domain or full" },
  { "[history]\nentries = 100001\n", "t.conf:2: [history] entries: *" },
  { "[history]\nfile = a/b\n", "t.conf:2: [history] file: *absolute path*" },
  { "[history]\nfile = ..\n", "t.conf:2: [history] file: *absolute path*" },
  { "[history]\nfile =\n", "t.conf:2: [history] file: *" },
  { "\n[upstream lab]\n", "t.conf:2: [upstream lab]: the address is missing; *" },
  { "[upstream lab]\naddress = 10.0.0.1\n", "t.conf:1: [upstream lab]: nothing could verify lab*" },
  { "[upstream lab]\naddress = x\n", "t.conf:2: [upstream lab] address: *" },
  { "[upstream lab]\naddress = 0.0.0.0#a.example\n", "t.conf:2: * address: *no server's address*" },
  { "[upstream lab]\naddress = [::]:853#a.example\n", "t.conf:2: * address: *no server's*" },
  { "[upstream lab]\naddress = 239.1.2.3#a.example\n", "t.conf:2: * address: *multicast*" },
  { "[upstream lab]\naddress = ff02::1%lo#a.example\n", "t.conf:2: * address: *multicast*" },
  { "[upstream lab]\naddress = 255.255.255.255#a.example\n", "t.conf:2: * address: *broadcast*" },
  { "[upstream lab]\naddress = fe80::1#a.example\n",
    "t.conf:2: [upstream lab] address: 'fe80::1#a.example' *name the interface too: fe80::1%eth0" },
  { "[upstream lab]\naddress = 10.0.0.1#a.example ; 10.0.0.1:853\n",
    "t.conf:2: [upstream lab] address: '10.0.0.1:853' is listed twice; *" },
  { "[upstream lab]\naddress = tls://dns.quad9.net ; 9.9.9.9\n", "t.conf:2: *'9.9.9.9' * twice*" },
  { "[upstream lab]\naddress = 1.2.3.4:53#a.example\n",
    "t.conf:2: [upstream lab] address: '1.2.3.4:53#a.example' has port 53, * 853, *" },
  { "[upstream lab]\naddress = tls://dns.quad9.net:53\n", "t.conf:2: * address: * has port 53, *" },
  { "[upstream lab]\naddress = 10.0.0.1#a.x ; 127.0.0.1:5310\n[dns]\nlisten = ::1 ; "
    "127.0.0.1:5310\n",
    "t.conf:2: [upstream lab] address: 127.0.0.1:5310 is where dotlsd itself listens; *" },
  { "[dns]\nlisten = [::]:5310\n[upstream lab]\naddress = [::1]:5310#a.example\n",
    "t.conf:4: [upstream lab] address: [[]::1]:5310 is where dotlsd itself listens; *" },
  { "[upstream lab]\nadress = 1.1.1.1\naddress = 1.1.1.1\n", "t.conf:2: *did you mean address?" },
  { "[upstream lab]\naddress = 1.1.1.1#a.example ; 1.0.0.1#b.example\n",
    "t.conf:2: [upstream lab] address: one upstream has one name*" },
  { "[upstream lab]\naddress = 1.1.1.1#a.example\nauth-name = b.example\n",
    "t.conf:1: [upstream lab]: auth-name says b.example and address says a.example; *" },
  { "[upstream quad9]\nauth-name = 9.9.9.9\n", "t.conf:2: [upstream quad9] auth-name: *" },
  { "[upstream quad9]\npin-sha256 = AAAA\n", "t.conf:2: [upstream quad9] pin-sha256: *is no pin*" },
  { "[upstream quad9]\npin-sha256 = " PIN "x\n", "t.conf:2: [upstream quad9] pin-sha256: *" },
  { "[upstream quad9]\npin-sha256 = !" PIN "\n", "t.conf:2: [upstream quad9] pin-sha256: *" },
  { "[upstream quad9]\npin-sha256 =\n", "t.conf:2: [upstream quad9] pin-sha256: *empty*" },
  { "[upstream quad9]\nca-file = ca.pem\n", "t.conf:2: [upstream quad9] ca-file: *absolute path" },
  { "[upstream quad9]\nca-file = /no/such.pem\n", "t.conf:2: * ca-file: *cannot be read: *" },
  { "[upstream quad9]\nca-file = /dev/zero\n", "t.conf:2: * ca-file: *not a regular file*" },
  { "[upstream quad9]\nca-file = /etc/passwd\n", "t.conf:2: * ca-file: *holds no certificate*" },
  { "[upstream quad9]\nprovider-name =\n", "t.conf:2: [upstream quad9] provider-name: *" },
  { "[upstream quad9]\nprovider-name = a\\nb\n", "t.conf:2: * provider-name: 'a\\\\u{a}b' *" },
  { "[dns]\nmode = \033[31m\n", "t.conf:2: [dns] mode: '\\\\u{1b}[[]31m' does not do*" },
};

/* GPatternSpec knows no escapes: * is anything, everything else itself. */
static gboolean
matches (const char *pattern, const char *text)
{
  g_autoptr (GString) plain = g_string_new (pattern);

  g_string_replace (plain, "[[]", "[", 0);
  g_string_replace (plain, "\\\\", "\\", 0);
  return g_pattern_match_simple (plain->str, text);
}

/* Catches: a mistake that is let through, put in the wrong place, doubled or hidden by another. */
static void
test_mistakes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mistakes_of_texts); i++)
    {
      g_auto (GStrv) mistakes = NULL;
      g_autoptr (DotlsSettings) settings = parse (mistakes_of_texts[i].text, &mistakes);

      g_assert_null (settings);
      if (mistakes[1] != NULL || !matches (mistakes_of_texts[i].mistake, mistakes[0]))
        g_error ("%s: %s", mistakes_of_texts[i].text, g_strjoinv ("\n", mistakes));
    }
}

/* Catches: a text that ends for us at its first NUL byte, as C's do, and advice on UTF-8 for it. */
static void
test_nul (void)
{
  static const char text[] = "[dns]\nmode = strict\0\npolicy = fastest\n";
  g_auto (GStrv) mistakes = NULL;

  g_assert_null (dotls_settings_parse ("t.conf", text, sizeof text - 1, data_dir, &mistakes));
  g_assert_cmpuint (g_strv_length (mistakes), ==, 1);
  g_assert_cmpstr (mistakes[0], ==,
                   "t.conf:2: [dns]: the line holds a NUL byte; save the file as plain UTF-8 text");
}

/* Catches: good addresses that look like those that cannot work. */
static void
test_near_mistakes (void)
{
  static const char *const texts[] = {
    "[upstream a]\naddress = 10.0.0.1:8853#a.example ; 10.0.0.1:853 ; [::1]:853\n",
    "[upstream a]\naddress = fe80::1%lo#a.example\n",
    "[dns]\nlisten = 0.0.0.0 ; [::] ; [fe80::1%lo]:53\n",
    "[dns]\nlisten = 0.0.0.0:853 ; 127.0.0.1:854\n[upstream a]\n"
    "address = 10.0.0.1:853#a.example ; [::1]:853 ; 127.0.0.1:855 ; 127.0.0.2:854\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_auto (GStrv) mistakes = NULL;
      g_autoptr (DotlsSettings) settings = parse (texts[i], &mistakes);

      if (settings == NULL)
        g_error ("%s: %s", texts[i], mistakes[0]);
    }
}

/* Catches: stopping at the first mistake. */
static void
test_all_mistakes (void)
{
  g_auto (GStrv) mistakes = NULL;
  g_autoptr (DotlsSettings) settings = parse ("[dns]\n"
                                              "listen = x\n"
                                              "what\n"
                                              "mode = off\n"
                                              "[hist]\n"
                                              "level = x\n"
                                              "[upstream a]\n"
                                              "address = y\n"
                                              "auth-name = -\n"
                                              "[upstream b]\n"
                                              "[upstream c]\n"
                                              "address = 192.168.0.1\n",
                                              &mistakes);
  static const char *const places[] = {
    "t.conf:3: ", "t.conf:2: ", "t.conf:4: ",  "t.conf:5: ",
    "t.conf:8: ", "t.conf:9: ", "t.conf:10: ", "t.conf:11: ",
  };

  g_assert_null (settings);
  g_assert_cmpuint (g_strv_length (mistakes), ==, G_N_ELEMENTS (places));
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    g_assert_true (g_str_has_prefix (mistakes[i], places[i]));
}

/* Catches: a file of junk that fills the journal. */
static void
test_flood (void)
{
  g_autoptr (GString) text = g_string_new ("[dns]\n");
  g_auto (GStrv) mistakes = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append (text, "junk\n");
  g_assert_null (parse (text->str, &mistakes));
  g_assert_cmpuint (g_strv_length (mistakes), ==, 101);
  g_assert_cmpstr (mistakes[100], ==, "and 4900 more mistakes");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  data_dir = g_test_build_filename (G_TEST_DIST, "data", NULL);
  g_test_add_func ("/settings-mistakes/mistakes", test_mistakes);
  g_test_add_func ("/settings-mistakes/nul", test_nul);
  g_test_add_func ("/settings-mistakes/near-mistakes", test_near_mistakes);
  g_test_add_func ("/settings-mistakes/all-mistakes", test_all_mistakes);
  g_test_add_func ("/settings-mistakes/flood", test_flood);
  result = g_test_run ();
  g_free (data_dir);
  return result;
}
