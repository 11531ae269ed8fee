/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <sys/socket.h>

#include "tests/lib/daemon-fixture.h"

/* One scenario a test: dotlsd as a process of its own, one or two fake upstreams, and clients.  The
 * letters with numbers in the comments (A1, D10) are the rows of the checklist of requirements. */

typedef struct _FaultScenario FaultScenario;

typedef struct
{
  const FaultScenario *scenario;
  Certs *certs;
  FakeDot *one;
  FakeDot *two;   /* NULL unless the scenario has one; its addresses are 192.0.2.2 */
  Daemon *daemon; /* started before the scenario runs, unless it is delayed */
  DnsClient *udp;
} Fault;

struct _FaultScenario
{
  const char *path; /* below /fault/ */
  void (*run) (Fault *f);
  const char *one;      /* script of the first upstream; NULL: a good one */
  const char *two;      /* script of the second; NULL: there is none */
  const char *settings; /* further lines of [dns] */
  const char *verify;   /* NULL: name and authority.  $CA and $PIN are filled in */
  gconstpointer data;   /* the scenario's own */
  gboolean is_delayed;  /* the scenario starts the daemon itself */
};

/* Each ends with an entry without path. */
extern const FaultScenario fault_answer[];
extern const FaultScenario fault_bad_query[];
extern const FaultScenario fault_cache[];
extern const FaultScenario fault_edns[];
extern const FaultScenario fault_failover[];
extern const FaultScenario fault_leak[];
extern const FaultScenario fault_size[];
extern const FaultScenario fault_stream[];
extern const FaultScenario fault_strict[];
extern const FaultScenario fault_tcp[];
extern const FaultScenario fault_tls[];

/* The client of most scenarios: UDP on 127.0.0.1. */
DnsClient *fault_udp (Fault *f);

/* Asks over UDP with EDNS; the answer must come within the 4.5 s that dotls promises. */
DnsReply *fault_ask (Fault *f, const char *name, guint16 qtype);

/* The same where the answer must be NOERROR with ADDRESS for type A. */
void fault_expect_address (Fault *f, const char *name, const char *address);

/* The same with the address of the first upstream. */
void fault_expect_good (Fault *f, const char *name);

/* The answer must be SERVFAIL with an Extended DNS Error (RFC 8914). */
void fault_expect_servfail (Fault *f, const char *name);

/* Sends QUERY over UDP and returns the answer with its id, or NULL where none comes. */
DnsReply *fault_exchange (Fault *f, const GByteArray *query);

/* The same over a TCP connection of its own, which may be closed instead. */
DnsReply *fault_exchange_tcp (Fault *f, const GByteArray *query);

/* Sends QUERY over UDP and over TCP; neither may bring an answer, though what is sent after it is
 * answered (or the connection closed). */
void fault_expect_dropped (Fault *f, const GByteArray *query);

/* How many queries both upstreams have seen together. */
guint fault_count_queries (Fault *f);

/* The daemon's memory must be below LIMIT bytes.  A sanitizer keeps what was freed: then nothing is
 * said. */
void fault_expect_memory (Fault *f, gsize limit);

/* TEMPLATE with $CA and $PIN filled in, for settings that a scenario writes itself. */
char *fault_verify_lines (Fault *f, const char *template);
