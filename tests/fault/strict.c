/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdlib.h>
#include <string.h>

#include "tests/fault/fault.h"

/* Strict means strict: whatever fails, no DNS leaves in clear.  strace writes down every address
 * that the daemon connects or sends to; nothing can hide from it. */

/* What is traced outlives strace otherwise, if a test aborts. */
#define DIE_TOGETHER "setpriv", "--pdeathsig", "KILL"

static gboolean
can_trace (void)
{
  g_autofree char *strace = g_find_program_in_path ("strace");
  const char *arguments[] = { strace, "-f", "-o", "/dev/null", "true", NULL };
  int status;

  return strace != NULL
         && g_spawn_sync (NULL, (char **) arguments, NULL,
                          G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL
                              | G_SPAWN_SEARCH_PATH,
                          NULL, NULL, NULL, NULL, &status, NULL)
         && status == 0;
}

/* The port in LINE of strace, 0 where there is none. */
static guint
get_port (const char *line)
{
  const char *at = strstr (line, "htons(");

  return at != NULL ? strtoul (at + strlen ("htons("), NULL, 10) : 0;
}

/* Every line is a call with an address: connect() may go to the upstreams only; what is sent with
 * an address is an answer, and those leave for the client's port. */
static void
check_line (Fault *f, const char *line, guint client_port, guint *n_connects)
{
  guint port = get_port (line);

  g_assert_cmpuint (port, !=, 53);
  if (strstr (line, "connect(") != NULL && port != 0)
    {
      g_assert_true (port == fake_dot_get_port (f->one)
                     || (f->two != NULL && port == fake_dot_get_port (f->two)));
      g_assert_nonnull (strstr (line, "127.0.0.1"));
      (*n_connects)++;
    }
  else if (strstr (line, "send") != NULL && port != 0)
    g_assert_cmpuint (port, ==, client_port);
}

static guint
own_port (DnsClient *client)
{
  struct
  {
    guint16 family, port;
    guint8 rest[28];
  } address;
  socklen_t length = sizeof address;

  g_assert_cmpint (getsockname (dns_client_get_fd (client), (struct sockaddr *) &address, &length),
                   ==, 0);
  return GUINT16_FROM_BE (address.port);
}

static void
check_trace (Fault *f, const char *path, guint client_port)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  guint n_connects = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    check_line (f, lines[i], client_port, &n_connects);
  g_assert_cmpuint (n_connects, >, 0);
}

/* Asks while the upstreams fail as the script says, then reads the trace. */
static void
run_traced (Fault *f)
{
  g_autofree char *trace = daemon_get_path (f->daemon, "trace");
  const char *wrapper[] = {
    "strace", "-f", "-qq", "-o", trace, "-e", "trace=connect,sendto,sendmsg,sendmmsg", NULL
  };
  guint port;

  if (!can_trace ())
    {
      g_test_skip ("strace cannot trace here");
      return;
    }
  /* LeakSanitizer cannot work in a traced process */
  g_setenv ("ASAN_OPTIONS", "detect_leaks=0", TRUE);
  daemon_set_wrapper (f->daemon, wrapper);
  daemon_start (f->daemon);
  port = own_port (fault_udp (f));
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("secret%u.test", i);
      g_autoptr (DnsReply) reply = fault_ask (f, name, KNOT_RRTYPE_A);
    }
  daemon_stop (f->daemon);
  check_trace (f, trace, port);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_STRAYS), ==, 0);
  g_assert_false (fake_dot_saw_plaintext (f->one, "secret"));
}

/* B5, RFC 9715 section 3.1: a UDP answer is not fragmented on its way. */
static void
run_no_fragments (Fault *f)
{
  g_autofree char *trace = daemon_get_path (f->daemon, "trace");
  const char *wrapper[] = { "strace",           "-f",         "-qq", "-o", trace, "-e",
                            "trace=setsockopt", DIE_TOGETHER, NULL };
  g_autofree char *text = NULL;

  if (!can_trace ())
    {
      g_test_skip ("strace cannot trace here");
      return;
    }
  g_setenv ("ASAN_OPTIONS", "detect_leaks=0", TRUE);
  daemon_set_wrapper (f->daemon, wrapper);
  daemon_start (f->daemon);
  daemon_stop (f->daemon);
  g_assert_true (g_file_get_contents (trace, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "IP_MTU_DISCOVER"));
  g_assert_nonnull (strstr (text, "IPV6_MTU_DISCOVER"));
  g_assert_null (strstr (text, "TCP_FASTOPEN"));
}

#define TRACED(path, ...)                                                                          \
  {                                                                                                \
    "strict/" path, run_traced, __VA_ARGS__, .is_delayed = TRUE                                    \
  }

const FaultScenario fault_strict[] = {
  TRACED ("good", ""),
  TRACED ("plain", "plain"),
  TRACED ("expired", "certificate=expired"),
  TRACED ("wrong-name", "certificate=wrong-name", "certificate=unknown-issuer"),
  TRACED ("old-version", "tls=1.1"),
  TRACED ("close", "close-reset"),
  TRACED ("servfail", "rcode=2", "rcode=5"),
  TRACED ("stall", "stall"),
  { "strict/no-fragments", run_no_fragments, .is_delayed = TRUE },
  { NULL },
};
