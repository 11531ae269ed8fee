/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/bench/batch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

void
batch_init (Batch *self)
{
  for (int i = 0; i < BATCH_SIZE; i++)
    {
      self->parts[i].iov_base = self->bytes[i];
      self->headers[i].msg_hdr.msg_name = &self->peers[i];
      self->headers[i].msg_hdr.msg_iov = &self->parts[i];
      self->headers[i].msg_hdr.msg_iovlen = 1;
    }
}

int
batch_bind (const char *port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (atoi (port)),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
    {
      perror (port);
      return -1;
    }
  return fd;
}

int
batch_receive (Batch *self, int fd)
{
  for (int i = 0; i < BATCH_SIZE; i++)
    {
      self->parts[i].iov_len = BATCH_MESSAGE;
      self->headers[i].msg_hdr.msg_namelen = sizeof self->peers[i];
    }
  return recvmmsg (fd, self->headers, BATCH_SIZE, MSG_DONTWAIT, NULL);
}

void
batch_send (Batch *self, int fd, int n)
{
  if (n > 0)
    sendmmsg (fd, self->headers, n, 0);
}

size_t
batch_question_end (const unsigned char *message, size_t length)
{
  size_t at = 12;

  while (at < length && message[at] != 0)
    at += 1 + message[at];
  return at + 5 <= length ? at + 5 : 0;
}
