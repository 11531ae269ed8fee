/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/dns-client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/loopback.h"

/* Above the 4.5 s within which dotls promises an answer. */
#define PATIENCE_MS 6000

struct _DnsClient
{
  int fd;
  int kind;
  GByteArray *in; /* of TCP */
};

DnsClient *
dns_client_new (const char *address, int kind, guint16 port)
{
  static const int one = 1;
  int fd = loopback_connect (address, kind, port);
  DnsClient *self;

  if (fd < 0)
    return NULL;
  if (kind == SOCK_STREAM)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  self = g_new0 (DnsClient, 1);
  self->fd = fd;
  self->kind = kind;
  self->in = g_byte_array_new ();
  return self;
}

void
dns_client_free (DnsClient *self)
{
  close (self->fd);
  g_byte_array_unref (self->in);
  g_free (self);
}

int
dns_client_get_fd (DnsClient *self)
{
  return self->fd;
}

gboolean
dns_client_send_bytes (DnsClient *self, gconstpointer bytes, gsize length)
{
  return send (self->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t) length;
}

void
dns_client_send (DnsClient *self, const GByteArray *message)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  if (self->kind == SOCK_STREAM)
    dns_message_append16 (frame, message->len);
  g_byte_array_append (frame, message->data, message->len);
  dns_client_send_bytes (self, frame->data, frame->len);
}

void
dns_client_half_close (DnsClient *self)
{
  shutdown (self->fd, SHUT_WR);
}

/* --- receiving -------------------------------------------------------------------------------- */

static gboolean
wait_readable (DnsClient *self, gint64 deadline)
{
  struct pollfd poller = { .fd = self->fd, .events = POLLIN };
  gint64 left;

  do
    {
      left = MAX (0, deadline - g_get_monotonic_time ());
      if (poll (&poller, 1, (left + 999) / 1000) > 0)
        return TRUE;
    }
  while (left > 0);
  return FALSE;
}

/* One read, whatever comes; 0 at the end, at the deadline or after a reset. */
static gsize
read_some (DnsClient *self, guint8 *buffer, gsize size, gint64 deadline)
{
  ssize_t n;

  do
    {
      if (!wait_readable (self, deadline))
        return 0;
      n = recv (self->fd, buffer, size, 0);
    }
  while (n < 0 && (errno == EINTR || (self->kind == SOCK_DGRAM && errno == ECONNREFUSED)));
  return MAX (n, 0);
}

static GByteArray *
receive_datagram (DnsClient *self, gint64 deadline)
{
  guint8 buffer[65535];
  gsize n = read_some (self, buffer, sizeof buffer, deadline);

  return n > 0 ? g_byte_array_append (g_byte_array_new (), buffer, n) : NULL;
}

/* Reads until LENGTH bytes are there. */
static gboolean
fill (DnsClient *self, gsize length, gint64 deadline)
{
  guint8 buffer[16384];

  while (self->in->len < length)
    {
      gsize n = read_some (self, buffer, sizeof buffer, deadline);

      if (n == 0)
        return FALSE;
      g_byte_array_append (self->in, buffer, n);
    }
  return TRUE;
}

static GByteArray *
receive_frame (DnsClient *self, gint64 deadline)
{
  GByteArray *message;
  gsize length;

  if (!fill (self, 2, deadline))
    return NULL;
  length = dns_message_get (self->in, 0);
  if (!fill (self, 2 + length, deadline))
    return NULL;
  message = g_byte_array_append (g_byte_array_new (), self->in->data + 2, length);
  g_byte_array_remove_range (self->in, 0, 2 + length);
  return message;
}

/* --- reading answers -------------------------------------------------------------------------- */

/* The data of option CODE in REPLY's OPT record. */
static const guint8 *
find_option (const DnsReply *reply, guint16 code, guint16 *ret_length)
{
  const knot_rdata_t *rdata;
  gsize at = 0;

  if (!reply->has_edns)
    return NULL;
  rdata = knot_rdataset_at (&reply->packet->opt_rr->rrs, 0);
  while (rdata != NULL && at + 4 <= rdata->len)
    {
      const guint8 *option = rdata->data + at;

      *ret_length = option[2] << 8 | option[3];
      if ((option[0] << 8 | option[1]) == code)
        return option + 4;
      at += 4 + *ret_length;
    }
  return NULL;
}

int
dns_reply_get_option (const DnsReply *reply, guint16 code)
{
  guint16 length;

  return find_option (reply, code, &length) != NULL ? length : -1;
}

static void
read_ede (DnsReply *reply)
{
  guint16 length;
  const guint8 *data = find_option (reply, KNOT_EDNS_OPTION_EDE, &length);

  reply->ede = -1;
  if (data == NULL || length < 2)
    return;
  reply->ede = data[0] << 8 | data[1];
  reply->ede_text = g_strndup ((const char *) data + 2, length - 2);
}

static guint32
get_ttl (const DnsReply *reply)
{
  const knot_pktsection_t *answer = knot_pkt_section (reply->packet, KNOT_ANSWER);
  const knot_pktsection_t *authority = knot_pkt_section (reply->packet, KNOT_AUTHORITY);

  if (answer->count > 0)
    return knot_pkt_rr (answer, 0)->ttl;
  return authority->count > 0 ? knot_pkt_rr (authority, 0)->ttl : 0;
}

static DnsReply *
read_reply (GByteArray *message)
{
  DnsReply *reply = g_new0 (DnsReply, 1);

  reply->message = message;
  reply->ede = -1;
  if (message->len < 12)
    return reply;
  reply->id = dns_message_get (message, 0);
  reply->flags = dns_message_get (message, 2);
  reply->rcode = reply->flags & 15;
  reply->n_answers = dns_message_get (message, DNS_ANSWER);
  reply->n_authority = dns_message_get (message, DNS_AUTHORITY);
  reply->packet = dns_parse (message->data, message->len);
  if (reply->packet == NULL)
    return reply;
  reply->ttl = get_ttl (reply);
  reply->has_edns = reply->packet->opt_rr != NULL;
  if (reply->has_edns)
    reply->rcode |= knot_edns_get_ext_rcode (reply->packet->opt_rr) << 4;
  read_ede (reply);
  return reply;
}

DnsReply *
dns_client_receive (DnsClient *self, guint ms)
{
  gint64 deadline = g_get_monotonic_time () + ms * (gint64) 1000;
  GByteArray *message = self->kind == SOCK_STREAM ? receive_frame (self, deadline)
                                                  : receive_datagram (self, deadline);

  return message != NULL ? read_reply (message) : NULL;
}

void
dns_reply_free (DnsReply *reply)
{
  knot_pkt_free (reply->packet);
  g_byte_array_unref (reply->message);
  g_free (reply->ede_text);
  g_free (reply);
}

gboolean
dns_client_wait_closed (DnsClient *self, guint ms)
{
  gint64 deadline = g_get_monotonic_time () + ms * (gint64) 1000;
  guint8 buffer[4096];

  while (read_some (self, buffer, sizeof buffer, deadline) > 0)
    ;
  return g_get_monotonic_time () < deadline;
}

DnsReply *
dns_client_ask (DnsClient *self, const char *name, guint16 qtype)
{
  guint16 id = g_random_int ();
  g_autoptr (GByteArray) query = dns_query_new (id, name, qtype);
  DnsReply *reply;

  dns_message_add_opt (query, 1232, 0, 0, 0, NULL);
  dns_client_send (self, query);
  while ((reply = dns_client_receive (self, PATIENCE_MS)) != NULL && reply->id != id)
    dns_reply_free (reply);
  if (reply == NULL)
    g_error ("no answer about %s", name);
  return reply;
}

char *
dns_reply_get_text (const DnsReply *reply, guint16 rrtype)
{
  const knot_pktsection_t *answer;
  char text[1024];

  if (reply->packet == NULL)
    return NULL;
  answer = knot_pkt_section (reply->packet, KNOT_ANSWER);
  for (guint i = 0; i < answer->count; i++)
    {
      const knot_rrset_t *record = knot_pkt_rr (answer, i);

      if (record->type != rrtype)
        continue;
      if (knot_rrset_txt_dump_data (record, 0, text, sizeof text, &KNOT_DUMP_STYLE_DEFAULT) > 0)
        return g_strdup (text);
    }
  return NULL;
}

gboolean
dns_reply_echoes (const DnsReply *reply, const GByteArray *query)
{
  gsize length = knot_dname_size (query->data + 12) + 4;

  return reply->message->len >= 12 + length && dns_message_get (reply->message, DNS_QUESTION) == 1
         && memcmp (reply->message->data + 12, query->data + 12, length) == 0;
}
