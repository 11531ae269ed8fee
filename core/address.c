/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "core/error.h"

socklen_t
dotls_address_length (const DotlsAddress *address)
{
  return address->sa.sa_family == AF_INET6 ? sizeof address->in6 : sizeof address->in;
}

guint16
dotls_address_port (const DotlsAddress *address)
{
  return g_ntohs (address->sa.sa_family == AF_INET6 ? address->in6.sin6_port
                                                    : address->in.sin_port);
}

static gboolean
fail (GError **error, const char *text, const char *why)
{
  g_autofree char *shown = g_strescape (text, NULL);

  g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "'%s' is no address: %s", shown,
               why);
  return FALSE;
}

/* Splits TEXT into a host, a scope and a port without looking at what they mean. */
static gboolean
split (const char *text, char **ret_host, char **ret_scope, const char **ret_port)
{
  const char *colon = strchr (text, ':'), *end = text + strlen (text);
  char *percent;

  *ret_port = NULL;
  *ret_scope = NULL;
  if (text[0] == '[')
    {
      end = strchr (++text, ']');
      if (end == NULL || (end[1] != '\0' && end[1] != ':'))
        return FALSE;
      if (end[1] == ':')
        *ret_port = end + 2;
    }
  else if (colon != NULL && strchr (colon + 1, ':') == NULL)
    {
      end = colon;
      *ret_port = colon + 1;
    }
  *ret_host = g_strndup (text, end - text);
  percent = strchr (*ret_host, '%');
  if (percent != NULL)
    {
      *ret_scope = g_strdup (percent + 1);
      *percent = '\0';
    }
  return TRUE;
}

static guint32
parse_scope (const char *scope)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (scope, 10, 1, G_MAXUINT32, &number, NULL))
    return number;
  return if_nametoindex (scope);
}

gboolean
dotls_address_parse (const char *text,
                     guint16 default_port,
                     DotlsAddress *ret_address,
                     GError **error)
{
  g_autofree char *host = NULL, *scope = NULL;
  const char *port_text;
  guint64 port = default_port;
  DotlsAddress address = { 0 };

  if (!split (text, &host, &scope, &port_text))
    return fail (error, text, "the bracket is not closed");
  if (port_text != NULL && !g_ascii_string_to_unsigned (port_text, 10, 1, G_MAXUINT16, &port, NULL))
    return fail (error, text, "the port must be a number from 1 to 65535");
  if (inet_pton (AF_INET, host, &address.in.sin_addr) == 1 && scope == NULL && text[0] != '[')
    {
      address.in.sin_family = AF_INET;
      address.in.sin_port = g_htons (port);
    }
  else if (inet_pton (AF_INET6, host, &address.in6.sin6_addr) == 1)
    {
      address.in6.sin6_family = AF_INET6;
      address.in6.sin6_port = g_htons (port);
      if (scope != NULL && (address.in6.sin6_scope_id = parse_scope (scope)) == 0)
        return fail (error, text, "there is no such network interface");
    }
  else
    return fail (error, text, "expected 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53");
  *ret_address = address;
  return TRUE;
}

char *
dotls_address_to_host_string (const DotlsAddress *address)
{
  char host[INET6_ADDRSTRLEN], scope[IF_NAMESIZE];

  if (address->sa.sa_family == AF_INET)
    return g_strdup (inet_ntop (AF_INET, &address->in.sin_addr, host, sizeof host));
  inet_ntop (AF_INET6, &address->in6.sin6_addr, host, sizeof host);
  if (address->in6.sin6_scope_id == 0)
    return g_strdup (host);
  if (if_indextoname (address->in6.sin6_scope_id, scope) != NULL)
    return g_strdup_printf ("%s%%%s", host, scope);
  return g_strdup_printf ("%s%%%u", host, address->in6.sin6_scope_id);
}

char *
dotls_address_to_string (const DotlsAddress *address)
{
  g_autofree char *host = dotls_address_to_host_string (address);

  return g_strdup_printf (address->sa.sa_family == AF_INET ? "%s:%u" : "[%s]:%u", host,
                          dotls_address_port (address));
}

gboolean
dotls_address_equal (const DotlsAddress *a, const DotlsAddress *b)
{
  if (a->sa.sa_family != b->sa.sa_family || dotls_address_port (a) != dotls_address_port (b))
    return FALSE;
  if (a->sa.sa_family == AF_INET)
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  return memcmp (&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0
         && a->in6.sin6_scope_id == b->in6.sin6_scope_id;
}

typedef struct
{
  const char *network;
  guint bits;
} Block;

/* Not globally reachable, from the IANA special-purpose registries (RFC 6890). */
static const Block blocks4[] = {
  { "0.0.0.0", 8 },      { "10.0.0.0", 8 },    { "100.64.0.0", 10 },   { "127.0.0.0", 8 },
  { "169.254.0.0", 16 }, { "172.16.0.0", 12 }, { "192.0.0.0", 24 },    { "192.0.2.0", 24 },
  { "192.168.0.0", 16 }, { "198.18.0.0", 15 }, { "198.51.100.0", 24 }, { "203.0.113.0", 24 },
  { "224.0.0.0", 3 },
};
static const Block blocks6[] = {
  { "::", 127 },   { "::ffff:0:0", 96 }, { "100::", 64 }, { "2001:db8::", 32 },
  { "fc00::", 7 }, { "fe80::", 10 },     { "ff00::", 8 },
};

static gboolean
has_prefix (const guint8 *address, const guint8 *network, guint bits)
{
  guint whole = bits / 8, rest = bits % 8;

  return memcmp (address, network, whole) == 0
         && (rest == 0 || ((address[whole] ^ network[whole]) >> (8 - rest)) == 0);
}

gboolean
dotls_address_is_global (const DotlsAddress *address)
{
  gboolean is_v6 = address->sa.sa_family == AF_INET6;
  const Block *blocks = is_v6 ? blocks6 : blocks4;
  gsize n = is_v6 ? G_N_ELEMENTS (blocks6) : G_N_ELEMENTS (blocks4);
  const void *bytes =
      is_v6 ? (const void *) &address->in6.sin6_addr : (const void *) &address->in.sin_addr;

  for (gsize i = 0; i < n; i++)
    {
      guint8 network[16];

      inet_pton (address->sa.sa_family, blocks[i].network, network);
      if (has_prefix (bytes, network, blocks[i].bits))
        return FALSE;
    }
  return TRUE;
}

gboolean
dotls_address_is_wildcard (const DotlsAddress *address)
{
  if (address->sa.sa_family == AF_INET)
    return address->in.sin_addr.s_addr == INADDR_ANY;
  return IN6_IS_ADDR_UNSPECIFIED (&address->in6.sin6_addr);
}
