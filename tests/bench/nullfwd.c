/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The floor of a cache miss, the least that a DNS-over-TLS forwarder does: one UDP socket, one
 * GnuTLS connection, ids mapped, every query padded to 128, a batch of queries in one record,
 * answers passed on.  No parsing, no cache, no checks, no time-outs. Usage: nullfwd PORT
 * UPSTREAM_PORT CA_FILE      (the upstream is dot.test on 127.0.0.1) */

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/batch.h"

#define PADDED 128
#define FRAME (2 + PADDED)
#define OPTION 15 /* an OPT record and the head of its padding */

typedef struct
{
  int tcp;
  int udp;
  gnutls_session_t session;
  unsigned char raw[1 << 18]; /* what the kernel had, before decryption */
  size_t raw_length, raw_offset;
  unsigned char plain[1 << 17]; /* answers, with their length before each */
  size_t plain_length;
  unsigned short id; /* of the last query sent */
  struct sockaddr_in clients[65536];
  unsigned char client_ids[65536][2];
  Batch queries, answers;
} Forwarder;

/* One read of the kernel for many records. */
static ssize_t
pull_cb (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  Forwarder *self = data;

  if (self->raw_offset == self->raw_length)
    {
      ssize_t n = recv (self->tcp, self->raw, sizeof self->raw, 0);

      if (n <= 0)
        return n;
      self->raw_length = n;
      self->raw_offset = 0;
    }
  if (size > self->raw_length - self->raw_offset)
    size = self->raw_length - self->raw_offset;
  memcpy (buffer, self->raw + self->raw_offset, size);
  self->raw_offset += size;
  return size;
}

static ssize_t
push_cb (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  return send (((Forwarder *) data)->tcp, buffer, size, MSG_NOSIGNAL);
}

static int
dial (Forwarder *self, const char *port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (atoi (port)),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  int one = 1;

  self->tcp = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect (self->tcp, (struct sockaddr *) &address, sizeof address) != 0)
    return -1;
  return setsockopt (self->tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static int
shake_hands (Forwarder *self, const char *ca_file)
{
  gnutls_certificate_credentials_t credentials;

  gnutls_certificate_allocate_credentials (&credentials);
  gnutls_certificate_set_x509_trust_file (credentials, ca_file, GNUTLS_X509_FMT_PEM);
  gnutls_init (&self->session, GNUTLS_CLIENT);
  gnutls_set_default_priority (self->session);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, "dot.test", 8);
  gnutls_session_set_verify_cert (self->session, "dot.test", 0);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_push_function (self->session, push_cb);
  return gnutls_handshake (self->session);
}

/* Writes the frame of one query: header, question, OPT, padding. */
static void
put_query (Forwarder *self, unsigned char *frame, int i, size_t end)
{
  const unsigned char *query = self->queries.bytes[i];
  unsigned char *message = frame + 2, *opt = message + end;
  size_t padding = PADDED - end - OPTION;

  self->id++;
  self->clients[self->id] = self->queries.peers[i];
  memcpy (self->client_ids[self->id], query, 2);
  memset (frame, 0, FRAME);
  frame[1] = PADDED;
  memcpy (message, query, end);
  message[0] = self->id >> 8;
  message[1] = self->id;
  message[10] = 0;
  message[11] = 1;
  opt[2] = 41;        /* the root's OPT */
  opt[3] = 1232 >> 8; /* UDP size */
  opt[4] = 1232 & 255;
  opt[10] = padding + 4; /* length of the options */
  opt[12] = 12;          /* padding (RFC 7830) */
  opt[14] = padding;
}

static void
forward_queries (Forwarder *self)
{
  unsigned char out[BATCH_SIZE * FRAME], *frame = out;
  int n = batch_receive (&self->queries, self->udp);

  for (int i = 0; i < n; i++)
    {
      size_t end = batch_question_end (self->queries.bytes[i], self->queries.headers[i].msg_len);

      if (end == 0 || end + OPTION > PADDED)
        continue;
      put_query (self, frame, i, end);
      frame += FRAME;
    }
  if (frame > out)
    gnutls_record_send (self->session, out, frame - out);
}

/* Queues the answers that are whole; returns how many wait to be sent. */
static int
take_frames (Forwarder *self, int n)
{
  unsigned char *frame = self->plain;
  size_t left = self->plain_length;

  while (left >= 2 && left - 2 >= (size_t) (frame[0] << 8 | frame[1]))
    {
      size_t length = frame[0] << 8 | frame[1];
      unsigned short id = frame[2] << 8 | frame[3];

      if (length >= 12 && length <= BATCH_MESSAGE)
        {
          memcpy (self->answers.bytes[n], frame + 2, length);
          memcpy (self->answers.bytes[n], self->client_ids[id], 2);
          self->answers.peers[n] = self->clients[id];
          self->answers.headers[n].msg_hdr.msg_namelen = sizeof self->clients[id];
          self->answers.parts[n].iov_len = length;
          n++;
        }
      if (n == BATCH_SIZE)
        {
          batch_send (&self->answers, self->udp, n);
          n = 0;
        }
      frame += 2 + length;
      left -= 2 + length;
    }
  memmove (self->plain, frame, left);
  self->plain_length = left;
  return n;
}

/* 0, or -1 when the upstream is gone. */
static int
forward_answers (Forwarder *self)
{
  int n = 0;

  do
    {
      ssize_t got = gnutls_record_recv (self->session, self->plain + self->plain_length,
                                        sizeof self->plain - self->plain_length);

      if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
        continue;
      if (got <= 0)
        return -1;
      self->plain_length += got;
      n = take_frames (self, n);
    }
  while (self->raw_offset < self->raw_length || gnutls_record_check_pending (self->session) > 0);
  batch_send (&self->answers, self->udp, n);
  return 0;
}

int
main (int argc, char **argv)
{
  static Forwarder self;

  if (argc != 4 || dial (&self, argv[2]) != 0 || shake_hands (&self, argv[3]) < 0
      || (self.udp = batch_bind (argv[1])) < 0)
    return 1;
  batch_init (&self.queries);
  batch_init (&self.answers);

  struct pollfd wanted[] = { { self.udp, POLLIN, 0 }, { self.tcp, POLLIN, 0 } };

  for (;;)
    {
      poll (wanted, 2, -1);
      if (wanted[0].revents != 0)
        forward_queries (&self);
      if (wanted[1].revents != 0 && forward_answers (&self) != 0)
        return 1;
    }
}
