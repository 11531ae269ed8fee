/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "tests/lib/certs.h"
#include "tests/lib/dns-message.h"

/* A DNS-over-TLS server (RFC 7858) in a thread of its own, on loopback, which does what a script
 * tells it, writes down all it sees and lets a test wait for what it has seen. */
typedef struct _FakeDot FakeDot;

/* --- what it saw ------------------------------------------------------------------------------ */

#define FAKE_COUNTER_MAP(X)                                                                        \
  X (CONNECTIONS, "connections")               /* accepted */                                      \
  X (CLOSED, "closed")                         /* of those, gone again */                          \
  X (HANDSHAKES, "handshakes")                 /* completed, full or resumed */                    \
  X (RESUMED, "resumed")                       /* completed, resumed */                            \
  X (HANDSHAKE_FAILURES, "handshake-failures") /* ended before completion */                       \
  X (STRAYS, "strays")   /* connections whose first bytes were no ClientHello */                   \
  X (RECORDS, "records") /* TLS records with DNS in them */                                        \
  X (QUERIES, "queries")                                                                           \
  X (ANSWERS, "answers")     /* handed to the kernel or held back by the peer */                   \
  X (MALFORMED, "malformed") /* frames that are no query */

typedef enum
{
#define X(counter, name) FAKE_##counter,
  FAKE_COUNTER_MAP (X)
#undef X
      FAKE_N_COUNTERS
} FakeCounter;

typedef struct
{
  guint16 code;
  guint16 length;
} FakeOption;

/* One query as it came.  Owned by the fake, never changed, valid until it is freed. */
typedef struct
{
  guint connection; /* counted from 1 */
  guint record;     /* queries with the same number came in one TLS record */
  gint64 time_us;   /* monotonic */
  GByteArray *message;
  DnsName name;
  char *text; /* the name */
  guint16 id, flags, qtype, qclass;
  gboolean has_edns;
  guint16 udp_size, edns_flags;
  GArray *options; /* of FakeOption */
} FakeQuery;

/* One connection as it is now; the strings live as long as the fake. */
typedef struct
{
  guint number;
  gboolean has_hello; /* the first bytes were a ClientHello */
  const char *sni;    /* NULL: none */
  const char *alpn;   /* the first one offered; NULL: none */
  gboolean offers_early_data, offers_ticket, offers_tls12, offers_tls13;
  gboolean offers_older; /* or gives no list of versions */
  gboolean offers_extended_master_secret;
  gboolean offers_weak_cipher; /* anything for TLS 1.2 that is not ECDHE with AEAD */
  gboolean has_handshake, is_resumed, is_closed;
  gboolean has_close_notify; /* said goodbye before it closed */
  gboolean is_reset;
  int alert; /* that ended the handshake, or -1 */
  guint queries, answers;
} FakePeer;

/* --- life ------------------------------------------------------------------------------------- */

/* Listens on a port that the kernel chooses, on 127.0.0.1 and, where there is one, on ::1.
 * CERTS must outlive it. */
FakeDot *fake_dot_new (Certs *certs);

/* The same on PORT (0: any); NULL where that is taken.  At most RECORD_MAX queries are written down
 * and CONNECTIONS_MAX are open at once: further ones are closed. */
FakeDot *fake_dot_new_full (Certs *certs, guint16 port, guint record_max, guint connections_max);

/* Closes everything and joins the thread. */
void fake_dot_free (FakeDot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeDot, fake_dot_free)

guint16 fake_dot_get_port (FakeDot *self);

/* No longer listens, so that connecting is refused; fake_dot_listen_again() takes the same port.
 * Open connections stay. */
void fake_dot_stop_listening (FakeDot *self);
void fake_dot_listen_again (FakeDot *self);

/* Lets no further connection come about: the listen queue is filled, so that the kernel drops what
 * knocks and connecting hangs.  For good. */
void fake_dot_freeze (FakeDot *self);

/* Closes all connections in the way of the verbs close-notify, close-fin or close-reset. */
void fake_dot_close_all (FakeDot *self, const char *how);

/* New ticket keys: no ticket handed out so far resumes anything. */
void fake_dot_forget_tickets (FakeDot *self);

/* --- what it does ----------------------------------------------------------------------------- */

/* Replaces the script; NULL or "" is a good server.  Rules are separated by `;`, a rule is a verb
 * and its limits, for example
 *   "delay=300 name=slow.test; close-reset=2 count=1; certificate=expired connection=1"
 * Limits: name=N (the question is N or below), type=T, connection=N (counted from 1), after=N
 * (spare the first N matches), count=N (then at most N).  All matching rules act.  The verbs are in
 * fake-verbs.c, with what they do.  Rules about connections look at the script when a connection is
 * accepted, the others when a query comes.  A script that is wrong aborts. */
void fake_dot_script (FakeDot *self, const char *script);

/* Adds records or flags to ANSWER, which has the header (QR, RA, RD as asked) and the question.
 * Called in the fake's thread with its lock held: it must not ask the fake anything. */
typedef void (*FakeZoneFunc) (const FakeQuery *query, GByteArray *answer, gpointer data);

/* Replaces fake_zone_answer() as the source of answers.  To be set before the first query. */
void fake_dot_set_zone (FakeDot *self, FakeZoneFunc zone, gpointer data);

/* The default zone: A is DATA as text or, where that is NULL, 192.0.2.1; AAAA is 2001:db8::1, TXT
 * "text", other types have no data; TTL 3600.  Labels of the name change that: nx (NXDOMAIN),
 * nodata, alias (a CNAME before the answer), signed (AD, and an RRSIG where DO was set), ttlN (TTL,
 * for negative answers also the minimum of the SOA), sizeN (TXT records until the message has about
 * N bytes). */
void fake_zone_answer (const FakeQuery *query, GByteArray *answer, gpointer data);

/* --- what it saw, asked and waited for -------------------------------------------------------- */

guint fake_dot_get (FakeDot *self, FakeCounter counter);

/* Returns as soon as COUNTER is at least N; aborts with all counters after ten seconds. */
void fake_dot_wait (FakeDot *self, FakeCounter counter, guint n);

/* Waits until every accepted connection is closed. */
void fake_dot_wait_all_closed (FakeDot *self);

/* The query number INDEX, counted from 0; aborts where it was not seen (or not written down). */
const FakeQuery *fake_dot_get_query (FakeDot *self, guint index);

/* How many queries for NAME (in any letter case) of type QTYPE (0: any) were seen. */
guint fake_dot_count_queries (FakeDot *self, const char *name, guint16 qtype);

/* Waits for that; aborts after ten seconds. */
void fake_dot_wait_for_name (FakeDot *self, const char *name, guint n);

/* Connection NUMBER, counted from 1; aborts where there was none. */
FakePeer fake_dot_get_peer (FakeDot *self, guint number);

/* Whether any connection was ever sent TEXT outside TLS: the first 512 bytes of each are searched
 * without regard to letter case. */
gboolean fake_dot_saw_plaintext (FakeDot *self, const char *text);

gboolean fake_query_has_option (const FakeQuery *query, guint16 code, guint16 *ret_length);
