/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

/* Every time-out, size and cap of core/, with its reason.  Times in milliseconds unless the name
 * says otherwise. */

/* --- the client's patience ------------------------------------------------------------------- */
/* glibc asks again after 5 s: an answer or SERVFAIL must be out before. */
#define DOTLS_QUERY_DEADLINE 4500
/* A silent upstream is hedged after max (this, twice its usual round trip). */
#define DOTLS_HEDGE_MIN 300
/* A question that ends otherwise counts as unanswered by whom it was asked this long ago. */
#define DOTLS_SILENT_AFTER 2000
/* RFC 9520 section 3.1 allows three sends to one address; over all upstreams this is enough. */
#define DOTLS_SENDS_PER_QUERY 6
#define DOTLS_SENDS_PER_UPSTREAM 3

/* --- upstream connections -------------------------------------------------------------------- */
#define DOTLS_CONNECT_TIMEOUT 2000
/* Happy Eyeballs: the next address joins in after this (RFC 8305 section 5). */
#define DOTLS_CONNECT_STAGGER 250
#define DOTLS_BACKOFF_MIN 1000
#define DOTLS_BACKOFF_MAX 60000
/* While every upstream is backing off, queries still try one, but not more often than this. */
#define DOTLS_DESPAIR_INTERVAL 400
/* `ordered` returns to an earlier upstream after it has been well for this long. */
#define DOTLS_RETURN_AFTER 10000
/* An upstream that leaves this many queries in a row unanswered is taken for silent. */
#define DOTLS_SILENT_QUERIES 4
/* Connections that end before a single answer, in a row. */
#define DOTLS_FRUITLESS_CONNECTIONS 3
/* A copy of a live question proves an upstream that failed, or measures one: not more often than
 * this, and it must have been answered by the next time. */
#define DOTLS_PROBE_INTERVAL 2000
/* `fastest` measures again what it has not heard from for this long. */
#define DOTLS_RTT_STALE 60000
/* Public servers close after 2 to 60 s; an idle connection costs us nothing, and a new one a
 * handshake (RFC 7766 section 6.2.3). */
#define DOTLS_CONNECTION_IDLE 20000
#define DOTLS_TICKETS_PER_UPSTREAM 4
/* RFC 8446 section 4.6.1 allows a week; an hour bounds what a stolen ticket can link. */
#define DOTLS_TICKET_LIFETIME_S 3600
/* Ids are drawn at random; at half load a free one is found in two draws. */
#define DOTLS_INFLIGHT_PER_CONNECTION 32768
#define DOTLS_INFLIGHT_TABLE_MIN 64
/* A TLS record holds at most this much (RFC 8446 section 5.1). */
#define DOTLS_TLS_RECORD_MAX 16384
/* Ids that wait for an answer nobody needs; then a fresh connection is better. */
#define DOTLS_ORPHANS_MAX 1024
/* A peer whose kernel acknowledges nothing for this long is gone. */
#define DOTLS_TCP_USER_TIMEOUT 5000
/* Reads of one wake-up, so that a busy connection does not starve the others. */
#define DOTLS_READS_PER_WAKE 4
/* Plain bytes waiting for a peer that does not read; then the connection counts as dead. */
#define DOTLS_UPSTREAM_BACKLOG_MAX (4u << 20)
/* A chain longer than this is an attack on our time, not a certificate. */
#define DOTLS_CHAIN_MAX 8
/* Bytes of one certificate; with two thousand names it has 40,000. */
#define DOTLS_CERTIFICATE_MAX (64u << 10)
/* Bytes of a whole handshake.  A chain of three post-quantum certificates has 20,000. */
#define DOTLS_HANDSHAKE_MAX (64u << 10)
/* The server signs with its own key before anybody has vouched for it: an RSA key of 65,536 bits
 * would stop us for 17 seconds, one of 4,096 with a usual exponent takes 60 microseconds. */
#define DOTLS_RSA_BITS_MAX 8192
#define DOTLS_RSA_EXPONENT_BITS_MAX 32

/* --- clients --------------------------------------------------------------------------------- */
/* Queries waiting for an upstream; more are answered SERVFAIL at once. */
#define DOTLS_QUERIES_MAX 8192
#define DOTLS_QUERIES_CHUNK 64
/* Waiters on one question; a flood of one name stays one upstream query and bounded work. */
#define DOTLS_WAITERS_MAX 2048
#define DOTLS_UDP_BATCH 64
/* DNS flag day 2020; RFC 9715 section 3 allows up to 1400. */
#define DOTLS_UDP_PAYLOAD 1232
#define DOTLS_UDP_PAYLOAD_MAX 4096
#define DOTLS_UDP_PAYLOAD_MIN 512
/* Asked of the kernel, so that a burst waits instead of being lost. */
#define DOTLS_UDP_SOCKET_BUFFER (4 << 20)
#define DOTLS_TCP_CLIENTS 512
#define DOTLS_TCP_IDLE 10000
/* A started message must be complete within this, or it is a slow loris. */
#define DOTLS_TCP_MESSAGE_TIMEOUT 5000
#define DOTLS_TCP_PIPELINE 256
#define DOTLS_TCP_BACKLOG_MAX (256u << 10)
/* What one read has asked for may be far more; who leaves this unread is closed. */
#define DOTLS_TCP_UNREAD_MAX (1u << 20)
#define DOTLS_TCP_LISTEN_QUEUE 256
/* Of one address that is not our own machine. */
#define DOTLS_TCP_CLIENTS_PER_ADDRESS 64
/* Connections taken in one wake-up. */
#define DOTLS_TCP_ACCEPT_BATCH 16
/* Without free descriptors, asking again sooner only burns the processor. */
#define DOTLS_TCP_ACCEPT_PAUSE 200

/* How often a stopping resolver looks whether the last query has been answered. */
#define DOTLS_DRAIN_CHECK 10

/* --- cache ------------------------------------------------------------------------------------ */
#define DOTLS_CACHE_BYTES (16u << 20)
#define DOTLS_CACHE_BYTES_MIN (64u << 10)
#define DOTLS_CACHE_BYTES_MAX (4096ull << 20)
/* One answer may take this share of the cache at most. */
#define DOTLS_CACHE_SHARE 8
#define DOTLS_TTL_MAX_S 86400
/* RFC 2308 section 5: one to three hours work well. */
#define DOTLS_NEGATIVE_TTL_MAX_S 10800
/* RFC 9520 section 3.2: at least 1 s, at most 5 min, growing with repeated failure. */
#define DOTLS_FAILURE_TTL_MIN_S 1
#define DOTLS_FAILURE_TTL_MAX_S 300
/* TTL of answers for special names. */
#define DOTLS_SPECIAL_TTL_S 300

/* --- messages --------------------------------------------------------------------------------- */
/* RFC 8467 section 4.1. */
#define DOTLS_PADDING_BLOCK 128
/* Records of one message that we walk; more is hostile. */
#define DOTLS_RECORDS_MAX 4096
/* RFC 1034 section 3.6.2: a chain of aliases longer than this is a loop. */
#define DOTLS_CNAME_MAX 16
