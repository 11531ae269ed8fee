/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

#include "tests/lib/fake-dot.h"
#include "tests/lib/fake-script.h"

/* The inside of the fake: what its files share.  Tests include only fake-dot.h. */

typedef struct _FakeConnection FakeConnection;

#define FAKE_OPENING_MAX 512

/* What is remembered of a connection after it is gone. */
typedef struct
{
  FakeDot *fake;
  FakePeer peer;
  char *sni, *alpn;
  char *wrong_alpn;    /* to be chosen; NULL: the right one */
  GByteArray *opening; /* the first bytes as they came from the wire */
} FakeTrace;

typedef struct
{
  int fd; /* -1: not listening */
  GSource *source;
} FakeSocket;

struct _FakeDot
{
  Certs *certs;
  guint16 port;
  guint record_max, connections_max;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  FakeSocket sockets[2];

  GMutex lock; /* over everything down to the next blank line */
  GCond changed;
  guint counters[FAKE_N_COUNTERS];
  GPtrArray *traces;  /* of FakeTrace */
  GPtrArray *queries; /* of FakeQuery */
  GPtrArray *script;  /* of FakeRule */
  FakeZoneFunc zone;
  gpointer zone_data;

  /* only in the thread */
  GPtrArray *connections;
  GRand *random;
  gnutls_datum_t ticket_key;
  GArray *fillers; /* of int: sockets that fill the listen queue */
};

/* fake-dot.c: bookkeeping, with the lock taken inside. */
void fake_dot_count (FakeDot *self, FakeCounter counter);
void fake_dot_lock (FakeDot *self);
void fake_dot_unlock (FakeDot *self); /* wakes who waits */
void fake_dot_forget_connection (FakeDot *self, FakeConnection *connection);

/* fake-query.c: NULL where BYTES are no query with one question. */
FakeQuery *fake_query_parse (const guint8 *bytes, gsize length);
void fake_query_free (FakeQuery *query);

/* fake-reply.c: the frames that answer QUERY, and what else the script wants; free with clear. */
void fake_reply_init (FakeReply *reply, FakeDot *fake, const FakeQuery *query);
void fake_reply_clear (FakeReply *reply);

/* fake-tls.c: a server session whose ClientHello is written down in TRACE. */
gnutls_session_t fake_tls_new (FakeDot *fake, FakeTrace *trace, const FakeSettings *settings);

/* fake-connection.c: takes FD and SETTINGS' contents. */
FakeConnection *fake_connection_new (FakeDot *fake,
                                     int fd,
                                     FakeTrace *trace,
                                     FakeSettings *settings);
void fake_connection_close (FakeConnection *self, FakeClose how);
void fake_connection_free (FakeConnection *self);
