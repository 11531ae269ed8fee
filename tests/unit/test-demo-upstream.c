/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/demo-zone.h"
#include "tests/lib/dot-client.h"

static GByteArray *
exchange (DotClient *client, const char *name, guint16 qtype)
{
  g_autoptr (GByteArray) query = dns_query_new (1, name, qtype);
  GByteArray *answer;

  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
  dot_client_send (client, query);
  answer = dot_client_receive (client, NULL);
  g_assert_nonnull (answer);
  return answer;
}

static void
check_answers (guint16 port)
{
  static const struct
  {
    const char *name;
    guint16 qtype, rcode, answers, authority;
  } cases[] = {
    { "example.com", KNOT_RRTYPE_A, 0, 1, 0 },
    { "EXAMPLE.org", KNOT_RRTYPE_A, 0, 2, 0 },
    { "www.example.org", KNOT_RRTYPE_A, 0, 3, 0 },
    { "www.example.org", KNOT_RRTYPE_CNAME, 0, 1, 0 },
    { "example.org", KNOT_RRTYPE_HTTPS, 0, 1, 0 },
    { "example.org", KNOT_RRTYPE_SRV, 0, 0, 1 },
    { "under.example.net", KNOT_RRTYPE_A, 0, 0, 1 },
    { "nothing.example.org", KNOT_RRTYPE_A, 3, 0, 1 },
  };
  DotClientOptions options = { .port = port, .sni = "dot.test", .alpn = "dot" };
  int code;
  g_autoptr (DotClient) client = dot_client_new (&options, &code);

  g_assert_cmpint (code, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) answer = exchange (client, cases[i].name, cases[i].qtype);

      g_test_message ("%s", cases[i].name);
      g_assert_cmpuint (answer->len, ==, 468);
      g_assert_cmpuint (dns_message_get (answer, 2) & 15, ==, cases[i].rcode);
      g_assert_cmpuint (dns_message_get (answer, DNS_ANSWER), ==, cases[i].answers);
      g_assert_cmpuint (dns_message_get (answer, DNS_AUTHORITY), ==, cases[i].authority);
    }
}

/* "ready port=N name=NAME pin=PIN records=N" */
static guint16
parse_ready (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  g_assert_cmpuint (g_strv_length (words), ==, 5);
  g_assert_cmpstr (words[0], ==, "ready");
  g_assert_true (g_str_has_prefix (words[1], "port="));
  g_assert_cmpstr (words[2], ==, "name=dot.test");
  g_assert_cmpuint (strlen (words[3]), ==, strlen ("pin=") + 44);
  return atoi (words[1] + strlen ("port="));
}

/* Catches a demo that does not say that it is ready, does not leave its authority where it was
 * told, answers wrongly from the zone that comes with it, or outlives who started it. */
static void
test_program (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("dotls-demo-XXXXXX", NULL);
  g_autofree char *ca = g_build_filename (directory, "ca.pem", NULL);
  g_autofree char *line = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                        g_getenv ("DEMO_UPSTREAM"), "--directory", directory, NULL);
  g_autoptr (GDataInputStream) out = NULL;

  g_assert_no_error (error);
  out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  line = g_data_input_stream_read_line (out, NULL, NULL, &error);
  g_assert_no_error (error);
  check_answers (parse_ready (line));
  g_assert_true (g_file_test (ca, G_FILE_TEST_EXISTS));
  g_output_stream_close (g_subprocess_get_stdin_pipe (process), NULL, NULL);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
  g_unlink (ca);
  g_rmdir (directory);
}

/* Catches a mistake in a zone that is not named with its line, and a zone without SOA. */
static void
test_mistakes (void)
{
  static const struct
  {
    const char *text, *complaint;
  } cases[] = { { ". 1 SOA a. b. 1 2 3 4 5\nx A 192.0.2.300\n", ":2: " },
                { "x.test. A 192.0.2.1\n", "no SOA" } };
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("dotls-zone-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
      g_assert_null (demo_zone_load (path, &error));
      g_assert_nonnull (strstr (error->message, cases[i].complaint));
    }
  g_unlink (path);
}

/* Catches wrong usage that is not refused with status 2 and one line. */
static void
test_usage (void)
{
  static const char *const arguments[][4] = { { "--directory", "/nonexistent" },
                                              { "--port", "99999", "--directory", "/" },
                                              { "x" } };

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    {
      const char *command[] = { g_getenv ("DEMO_UPSTREAM"),
                                arguments[i][0],
                                arguments[i][1],
                                arguments[i][2],
                                arguments[i][3],
                                NULL };
      g_autofree char *text = NULL;
      int status;

      g_assert_true (
          g_spawn_sync (NULL, (char **) command, NULL, 0, NULL, NULL, NULL, &text, &status, NULL));
      g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 2);
      g_assert_cmpstr (strchr (text, '\n'), ==, "\n");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/demo-upstream/program", test_program);
  g_test_add_func ("/demo-upstream/mistakes", test_mistakes);
  g_test_add_func ("/demo-upstream/usage", test_usage);
  return g_test_run ();
}
