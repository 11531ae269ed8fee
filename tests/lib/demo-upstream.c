/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Stands in for a public resolver where none can be reached: a DNS-over-TLS server on loopback with
 * an authority of its own and a zone of examples. */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/demo-zone.h"

#define CONNECTIONS_MAX 100
/* What public servers do: answers in blocks of 468 (RFC 8467 section 4.1), twenty idle seconds, of
 * which clients are told (RFC 7828; in units of 100 ms). */
#define SCRIPT "pad=468; keepalive=200; idle-close=20000"

typedef struct
{
  char *directory;
  char *zone;
  int port;
} Options;

static gboolean
parse_options (int *argc, char ***argv, Options *ret_options, GError **error)
{
  const GOptionEntry entries[] = {
    { "directory", 0, 0, G_OPTION_ARG_FILENAME, &ret_options->directory, "Where ca.pem is written",
      "DIR" },
    { "port", 0, 0, G_OPTION_ARG_INT, &ret_options->port, "Port (0: any that is free)", "N" },
    { "zone", 0, 0, G_OPTION_ARG_FILENAME, &ret_options->zone, "Answers, in master format",
      "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
                                "A DNS-over-TLS server on 127.0.0.1 for trying out dotls.");
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'%s' is not understood",
                 (*argv)[1]);
  else if (ret_options->directory == NULL
           || !g_file_test (ret_options->directory, G_FILE_TEST_IS_DIR))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                 "--directory must name a directory for ca.pem");
  else if (ret_options->port < 0 || ret_options->port > G_MAXUINT16)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--port must be 0 to 65535");
  else
    return TRUE;
  return FALSE;
}

static gboolean
quit_cb (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static gboolean
stdin_cb (int fd, GIOCondition condition, gpointer data)
{
  char buffer[256];

  if (read (fd, buffer, sizeof buffer) > 0)
    return G_SOURCE_CONTINUE;
  return quit_cb (data);
}

/* Nobody must have to clean up after a script that was killed: the end of the parent is the end,
 * and so is the end of a pipe on standard input.  A file or /dev/null there says nothing. */
static void
end_with_parent (GMainLoop *loop)
{
  struct stat facts;

  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (fstat (STDIN_FILENO, &facts) == 0 && (S_ISFIFO (facts.st_mode) || S_ISSOCK (facts.st_mode)))
    g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, stdin_cb, loop);
}

static void
say_ready (FakeDot *fake, Certs *certs, DemoZone *zone)
{
  g_autofree char *pin = certs_pin (certs, CERT_VALID, NULL);

  printf ("ready port=%u name=dot.test pin=%s records=%u\n", fake_dot_get_port (fake), pin,
          demo_zone_get_size (zone));
  fflush (stdout);
}

/* Returns the exit status. */
static int
serve (const Options *options, DemoZone *zone)
{
  g_autoptr (Certs) certs = certs_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree char *ca = g_build_filename (options->directory, "ca.pem", NULL);
  g_autoptr (FakeDot) fake = fake_dot_new_full (certs, options->port, 0, CONNECTIONS_MAX);

  if (fake == NULL)
    {
      fprintf (stderr, "demo-upstream: port %d is taken\n", options->port);
      return 1;
    }
  certs_write_ca (certs, ca);
  fake_dot_set_zone (fake, demo_zone_answer, zone);
  fake_dot_script (fake, SCRIPT);
  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  end_with_parent (loop);
  say_ready (fake, certs, zone);
  g_main_loop_run (loop);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DemoZone) zone = NULL;
  Options options = { NULL };
  int status = 2;

  if (parse_options (&argc, &argv, &options, &error))
    {
      zone = demo_zone_load (options.zone != NULL ? options.zone : DEMO_ZONE, &error);
      status = zone != NULL ? serve (&options, zone) : 1;
    }
  if (error != NULL)
    fprintf (stderr, "demo-upstream: %s\n", error->message);
  g_free (options.directory);
  g_free (options.zone);
  return status;
}
