/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <stdlib.h>

#include "tests/lib/fake-script.h"

#define VERSIONS "NORMAL:-VERS-ALL:"

void
fake_settings_init (FakeSettings *settings)
{
  *settings = (FakeSettings){ .tickets = -1 };
}

void
fake_settings_clear (FakeSettings *settings)
{
  g_clear_pointer (&settings->priority, g_free);
  g_clear_pointer (&settings->alpn, g_free);
}

static void
set_certificate (FakeSettings *settings, const FakeRule *rule)
{
  if (!cert_kind_from_string (rule->text, &settings->certificate))
    g_error ("no certificate '%s'", rule->text);
}

static void
set_tls (FakeSettings *settings, const FakeRule *rule)
{
  g_free (settings->priority);
  settings->priority = g_strdup_printf (VERSIONS "+VERS-TLS%s", rule->text);
}

static void
set_group (FakeSettings *settings, const FakeRule *rule)
{
  g_free (settings->priority);
  settings->priority =
      g_strdup_printf (VERSIONS "+VERS-TLS1.3:+VERS-TLS1.2:-GROUP-ALL:+GROUP-%s", rule->text);
}

static void
set_alpn (FakeSettings *settings, const FakeRule *rule)
{
  g_free (settings->alpn);
  settings->alpn = g_strdup (rule->text);
}

static void
set_tickets (FakeSettings *settings, const FakeRule *rule)
{
  settings->tickets = rule->number;
}

static void
set_stall (FakeSettings *settings, const FakeRule *rule)
{
  settings->stalls = TRUE;
}

static void
set_deaf (FakeSettings *settings, const FakeRule *rule)
{
  settings->stalls = settings->is_deaf = TRUE;
}

static void
set_plain (FakeSettings *settings, const FakeRule *rule)
{
  settings->stalls = settings->is_plain = TRUE;
}

static void
set_banner (FakeSettings *settings, const FakeRule *rule)
{
  settings->stalls = settings->has_banner = TRUE;
}

static void
set_slow_handshake (FakeSettings *settings, const FakeRule *rule)
{
  settings->handshake_pace_ms = rule->number;
}

static void
set_pace (FakeSettings *settings, const FakeRule *rule)
{
  settings->pace_ms = rule->number;
}

static void
set_split (FakeSettings *settings, const FakeRule *rule)
{
  settings->split = rule->number;
}

static void
set_split_writes (FakeSettings *settings, const FakeRule *rule)
{
  settings->split_writes = TRUE;
}

static void
set_batch (FakeSettings *settings, const FakeRule *rule)
{
  settings->batch = rule->number;
}

static void
set_reverse (FakeSettings *settings, const FakeRule *rule)
{
  settings->batch = rule->number;
  settings->reverses = TRUE;
}

static void
set_coalesce (FakeSettings *settings, const FakeRule *rule)
{
  settings->batch = rule->number;
  settings->coalesces = TRUE;
}

static void
set_close (FakeSettings *settings, const FakeRule *rule)
{
  settings->close = fake_close_from_string (rule->verb->name);
  settings->close_after_answers = rule->number;
  settings->closes_unanswered = FALSE;
}

static void
set_lose (FakeSettings *settings, const FakeRule *rule)
{
  g_autofree char *name = g_strconcat ("close-", rule->verb->name + strlen ("lose-"), NULL);

  settings->close = fake_close_from_string (name);
  settings->close_after_queries = rule->number;
  settings->closes_unanswered = TRUE;
}

static void
set_idle (FakeSettings *settings, const FakeRule *rule)
{
  settings->idle_ms = rule->number;
}

static const struct
{
  const char *name;
  FakeClose how;
} closes[] = {
  { "close-notify", FAKE_CLOSE_NOTIFY },     { "close-notify-only", FAKE_CLOSE_NOTIFY_ONLY },
  { "close-fin", FAKE_CLOSE_FIN },           { "close-reset", FAKE_CLOSE_RESET },
  { "close-half-fin", FAKE_CLOSE_HALF_FIN }, { "close-half-reset", FAKE_CLOSE_HALF_RESET },
};

FakeClose
fake_close_from_string (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (closes); i++)
    if (g_str_equal (closes[i].name, text))
      return closes[i].how;
  g_error ("no way to close '%s'", text);
}

#define ROW(name, function)                                                                        \
  {                                                                                                \
    name, FAKE_STAGE_CONNECTION, .set = function                                                   \
  }

const FakeVerb fake_connection_verbs[] = {
  /* the handshake */
  ROW ("certificate", set_certificate), /* =KIND, the nicks of certs.h */
  ROW ("tls", set_tls),                 /* =1.1, 1.2 or 1.3 and nothing else */
  ROW ("group", set_group),             /* =SECP384R1: asks for another key share */
  ROW ("alpn", set_alpn),               /* =none, or three letters chosen although not offered */
  ROW ("tickets", set_tickets),         /* =N are sent after the handshake */
  ROW ("stall", set_stall),             /* reads, never answers the ClientHello */
  ROW ("deaf", set_deaf),               /* does not even read */
  ROW ("plain", set_plain),             /* speaks DNS over TCP without TLS */
  ROW ("banner", set_banner),           /* answers the ClientHello as a web server would */
  ROW ("slow-handshake", set_slow_handshake), /* =MS: a byte each time */
  /* the stream */
  ROW ("pace", set_pace),                 /* =MS: after the handshake a byte each time */
  ROW ("split", set_split),               /* =N bytes in each TLS record */
  ROW ("split-writes", set_split_writes), /* a TCP segment for each byte */
  ROW ("batch", set_batch),               /* =N answers are held back, then sent one by one */
  ROW ("reverse", set_reverse),           /* the same, last one first */
  ROW ("coalesce", set_coalesce),         /* the same, all in one record */
  /* the end: after N answers on the connection, 0 being the moment after the handshake */
  ROW ("close-notify", set_close),
  ROW ("close-notify-only", set_close),
  ROW ("close-fin", set_close),
  ROW ("close-reset", set_close),
  ROW ("close-half-fin", set_close), /* N answers are whole, half of another one follows */
  ROW ("close-half-reset", set_close),
  /* the same after N queries, none of which is answered */
  ROW ("lose-notify", set_lose),
  ROW ("lose-fin", set_lose),
  ROW ("lose-reset", set_lose),
  ROW ("idle-close", set_idle), /* =MS without a query: close_notify */
  { NULL },
};
