/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

/* A UDP socket on 127.0.0.1 whose datagrams come and go many at a time: what both floors do. */

#define BATCH_SIZE 64
#define BATCH_MESSAGE 1500

typedef struct
{
  unsigned char bytes[BATCH_SIZE][BATCH_MESSAGE];
  struct sockaddr_in peers[BATCH_SIZE];
  struct iovec parts[BATCH_SIZE];
  struct mmsghdr headers[BATCH_SIZE];
} Batch;

/* Points the headers at the buffers; once. */
void batch_init (Batch *self);

/* A bound socket, or -1 with a line on stderr. */
int batch_bind (const char *port);

/* What has come, without waiting.  Returns how many; lengths are in headers[i].msg_len. */
int batch_receive (Batch *self, int fd);

/* Sends the first N, each as long as parts[i].iov_len says. */
void batch_send (Batch *self, int fd, int n);

/* The length of header and question of the query at MESSAGE, or 0 where it is none. */
size_t batch_question_end (const unsigned char *message, size_t length);
