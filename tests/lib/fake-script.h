/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "tests/lib/certs.h"
#include "tests/lib/fake-dot.h"

/* The inside of the fake: what a script is made of.  Tests include only fake-dot.h. */

typedef enum
{
  FAKE_CLOSE_NEVER,
  FAKE_CLOSE_NOTIFY,      /* close_notify, then FIN */
  FAKE_CLOSE_NOTIFY_ONLY, /* close_notify, and TCP stays open */
  FAKE_CLOSE_FIN,         /* FIN without close_notify: a truncation attack looks like this */
  FAKE_CLOSE_RESET,
  FAKE_CLOSE_HALF_FIN, /* half an answer before it */
  FAKE_CLOSE_HALF_RESET,
} FakeClose;

/* How one connection behaves; all zero is a good server. */
typedef struct
{
  CertKind certificate;
  char *priority; /* of GnuTLS; NULL: TLS 1.3 and 1.2 */
  char *alpn;     /* "none", or three letters chosen instead of dot */
  int tickets;    /* how many are sent; -1: as GnuTLS likes */
  gboolean stalls, is_deaf, is_plain, has_banner;
  guint handshake_pace_ms, pace_ms; /* one byte each time */
  guint split;                      /* bytes a TLS record */
  gboolean split_writes;            /* one byte a TCP segment */
  guint batch;                      /* answers held back until there are so many */
  gboolean reverses, coalesces;
  FakeClose close;
  guint close_after_answers, close_after_queries;
  gboolean closes_unanswered; /* closes after queries, not after answers */
  guint idle_ms;
} FakeSettings;

void fake_settings_init (FakeSettings *settings);
void fake_settings_clear (FakeSettings *settings);

/* One answer on its way. */
typedef struct
{
  const FakeQuery *query;
  GRand *random;
  GByteArray *message;
  gboolean has_edns;
  GByteArray *options;
  guint16 rcode; /* with the extended bits */
  guint padding; /* block size, 0 none */
  GByteArray *frames;
  gboolean is_silent;
  guint delay_ms;
  guint empty_records, key_updates; /* to be sent before it */
} FakeReply;

/* When a rule acts: on a connection; instead of the zone; on the message before and after EDNS is
 * added; on the framed bytes. */
typedef enum
{
  FAKE_STAGE_CONNECTION,
  FAKE_STAGE_ZONE,
  FAKE_STAGE_MESSAGE,
  FAKE_STAGE_BYTES,
  FAKE_STAGE_FRAMES,
} FakeStage;

typedef struct _FakeVerb FakeVerb;

typedef struct
{
  const FakeVerb *verb;
  char *text; /* the argument, "" if there is none */
  int number; /* the same as a number */
  gboolean has_name;
  DnsName name;
  guint16 qtype;
  guint connection, after, count;
  guint seen; /* matches so far */
} FakeRule;

struct _FakeVerb
{
  const char *name;
  FakeStage stage;
  void (*set) (FakeSettings *settings, const FakeRule *rule); /* FAKE_STAGE_CONNECTION */
  void (*act) (FakeReply *reply, const FakeRule *rule);       /* the other stages */
};

/* Tables end with a row without name. */
extern const FakeVerb fake_connection_verbs[];
extern const FakeVerb fake_message_verbs[];

/* Returns an array of FakeRule; aborts where TEXT is wrong. */
GPtrArray *fake_script_parse (const char *text);

/* Applies the rules about connection number CONNECTION. */
void fake_script_set (GPtrArray *script, guint connection, FakeSettings *settings);

/* Applies the rules of STAGE that match the reply's query; returns how many did. */
guint fake_script_act (GPtrArray *script, FakeStage stage, FakeReply *reply);

/* The way of closing that a verb such as "close-fin" means. */
FakeClose fake_close_from_string (const char *text);
