/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/dot-client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/dns-message.h"
#include "tests/lib/loopback.h"

/* Only a failure waits so long; a loaded machine under a sanitizer may need some of it. */
#define PATIENCE_MS 10000

struct _DotClient
{
  int fd;
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  GByteArray *in;
  guint n_records;
  char alpn[4];
};

/* GnuTLS does not tell a protocol that was not offered from none: it has to be read off the wire.
 * The extension (RFC 7301 section 3.1) with one name of three letters: */
static int
note_alpn_cb (gnutls_session_t session,
              unsigned htype,
              unsigned post,
              unsigned incoming,
              const gnutls_datum_t *message)
{
  static const guint8 head[] = { 0, 16, 0, 6, 0, 4, 3 };
  DotClient *self = gnutls_session_get_ptr (session);
  const guint8 *found;
  gboolean is_answer =
      htype == GNUTLS_HANDSHAKE_SERVER_HELLO || htype == GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS;

  if (!incoming || !is_answer || message->size == 0)
    return 0;
  found = memmem (message->data, message->size, head, sizeof head);
  if (found != NULL)
    memcpy (self->alpn, found + sizeof head, 3);
  return 0;
}

static void
apply (DotClient *self, const DotClientOptions *options)
{
  const char *priority = options->priority != NULL ? options->priority : "NORMAL";

  g_assert_cmpint (gnutls_priority_set_direct (self->session, priority, NULL), ==, 0);
  if (options->sni != NULL)
    gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, options->sni, strlen (options->sni));
  if (options->alpn != NULL)
    {
      gnutls_datum_t alpn = { (guint8 *) options->alpn, strlen (options->alpn) };

      gnutls_alpn_set_protocols (self->session, &alpn, 1, 0);
    }
  if (options->ticket.size > 0)
    gnutls_session_set_data (self->session, options->ticket.data, options->ticket.size);
}

DotClient *
dot_client_new (const DotClientOptions *options, int *ret_code)
{
  static const int one = 1;
  int fd = loopback_connect ("127.0.0.1", SOCK_STREAM, options->port);
  guint patience = options->patience_ms != 0 ? options->patience_ms : PATIENCE_MS;
  DotClient *self;

  if (fd < 0)
    return NULL;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  self = g_new0 (DotClient, 1);
  self->fd = fd;
  self->in = g_byte_array_new ();
  gnutls_certificate_allocate_credentials (&self->credentials);
  gnutls_init (&self->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials);
  apply (self, options);
  gnutls_session_set_ptr (self->session, self);
  gnutls_handshake_set_hook_function (self->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                      note_alpn_cb);
  gnutls_transport_set_int (self->session, fd);
  gnutls_handshake_set_timeout (self->session, patience);
  gnutls_record_set_timeout (self->session, patience);
  do
    *ret_code = gnutls_handshake (self->session);
  while (*ret_code < 0 && !gnutls_error_is_fatal (*ret_code));
  return self;
}

void
dot_client_free (DotClient *self)
{
  gnutls_bye (self->session, GNUTLS_SHUT_WR);
  gnutls_deinit (self->session);
  gnutls_certificate_free_credentials (self->credentials);
  close (self->fd);
  g_byte_array_unref (self->in);
  g_free (self);
}

gnutls_session_t
dot_client_get_session (DotClient *self)
{
  return self->session;
}

void
dot_client_send_together (DotClient *self, GByteArray *const *messages, guint n)
{
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      dns_message_append16 (frames, messages[i]->len);
      g_byte_array_append (frames, messages[i]->data, messages[i]->len);
    }
  g_assert_cmpint (gnutls_record_send (self->session, frames->data, frames->len), ==, frames->len);
}

void
dot_client_send (DotClient *self, const GByteArray *message)
{
  GByteArray *messages[] = { (GByteArray *) message };

  dot_client_send_together (self, messages, 1);
}

static GByteArray *
take_frame (GByteArray *in)
{
  GByteArray *message;
  guint length;

  if (in->len < 2)
    return NULL;
  length = dns_message_get (in, 0);
  if (in->len < 2 + length)
    return NULL;
  message = g_byte_array_append (g_byte_array_new (), in->data + 2, length);
  g_byte_array_remove_range (in, 0, 2 + length);
  return message;
}

GByteArray *
dot_client_receive (DotClient *self, int *ret_code)
{
  guint8 buffer[16384];
  GByteArray *message;
  ssize_t n;

  while ((message = take_frame (self->in)) == NULL)
    {
      do
        n = gnutls_record_recv (self->session, buffer, sizeof buffer);
      while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN);
      if (n <= 0)
        {
          if (ret_code != NULL)
            *ret_code = n == GNUTLS_E_TIMEDOUT ? GNUTLS_E_AGAIN : n;
          return NULL;
        }
      self->n_records++;
      g_byte_array_append (self->in, buffer, n);
    }
  return message;
}

guint
dot_client_get_records (DotClient *self)
{
  return self->n_records;
}

const char *
dot_client_get_alpn (DotClient *self)
{
  return self->alpn;
}
