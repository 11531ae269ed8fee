/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* The floor of a cache hit, the least that any DNS server over UDP does: receive a batch, append
 * one address to each, send the batch.  Usage: echo PORT */

#include <poll.h>
#include <string.h>

#include "tests/bench/batch.h"

static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1 };

/* Returns the length of the answer, 0 where there is none. */
static size_t
answer (unsigned char *message, size_t length)
{
  size_t end = batch_question_end (message, length);

  if (end == 0 || end + sizeof record > BATCH_MESSAGE)
    return 0;
  message[2] |= 0x80;
  message[3] |= 0x80;
  message[6] = 0;
  message[7] = 1;
  message[10] = message[11] = 0;
  memcpy (message + end, record, sizeof record);
  return end + sizeof record;
}

int
main (int argc, char **argv)
{
  static Batch batch;
  struct pollfd wanted = { -1, POLLIN, 0 };

  if (argc != 2 || (wanted.fd = batch_bind (argv[1])) < 0)
    return 1;
  batch_init (&batch);
  for (;;)
    {
      poll (&wanted, 1, -1);

      int n = batch_receive (&batch, wanted.fd);

      for (int i = 0; i < n; i++)
        batch.parts[i].iov_len = answer (batch.bytes[i], batch.headers[i].msg_len);
      batch_send (&batch, wanted.fd, n);
    }
}
