/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "tests/lib/dns-message.h"

/* A small blocking client of plain DNS over UDP or TCP on loopback, which can also misbehave. */
typedef struct _DnsClient DnsClient;

/* ADDRESS is IPv4 or IPv6 in text, KIND is SOCK_DGRAM or SOCK_STREAM.  NULL where it is refused. */
DnsClient *dns_client_new (const char *address, int kind, guint16 port);
void dns_client_free (DnsClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DnsClient, dns_client_free)

int dns_client_get_fd (DnsClient *self);

/* Sends a datagram, or a message with its length before it. */
void dns_client_send (DnsClient *self, const GByteArray *message);

/* Sends bytes as they are; FALSE where the peer has closed. */
gboolean dns_client_send_bytes (DnsClient *self, gconstpointer bytes, gsize length);

/* Says that no more is going to be sent (shutdown (SHUT_WR)). */
void dns_client_half_close (DnsClient *self);

/* An answer, parsed as far as it can be. */
typedef struct
{
  GByteArray *message;
  knot_pkt_t *packet; /* NULL: libknot does not take it for DNS */
  guint16 id, flags;
  guint16 rcode; /* with the extended bits */
  guint n_answers, n_authority;
  guint32 ttl; /* of the first answer, or of the SOA; 0 if there is none */
  gboolean has_edns;
  int ede;        /* the first code (RFC 8914), -1 none */
  char *ede_text; /* with it, or NULL */
} DnsReply;

/* The next answer, or NULL where none comes for MS milliseconds or the peer closes. */
DnsReply *dns_client_receive (DnsClient *self, guint ms);
void dns_reply_free (DnsReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DnsReply, dns_reply_free)

/* Whether the peer closes within MS milliseconds; what it sends meanwhile is thrown away. */
gboolean dns_client_wait_closed (DnsClient *self, guint ms);

/* Sends a query for NAME with EDNS and a random id, waits at most six seconds for the answer with
 * that id and aborts without one. */
DnsReply *dns_client_ask (DnsClient *self, const char *name, guint16 qtype);

/* The text of the first record of type RRTYPE in the answer section (A, AAAA: the address); NULL
 * if there is none.  Caller frees. */
char *dns_reply_get_text (const DnsReply *reply, guint16 rrtype);

/* Whether the question of REPLY is byte by byte that of QUERY. */
gboolean dns_reply_echoes (const DnsReply *reply, const GByteArray *query);

/* The length of the EDNS option CODE; -1 if there is none. */
int dns_reply_get_option (const DnsReply *reply, guint16 code);
