/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/address.h"
#include "daemon/settings-reader.h"
#include "daemon/value.h"

/* Addresses that can be written and cannot work. */

#define PLAIN_DNS_PORT 53

static gboolean
contains (GArray *addresses, guint n, const DotlsAddress *address)
{
  for (guint i = 0; i < n; i++)
    if (dotls_address_equal (&g_array_index (addresses, DotlsAddress, i), address))
      return TRUE;
  return FALSE;
}

static gboolean
is_of_many (const DotlsAddress *address)
{
  guint32 v4;

  if (address->sa.sa_family == AF_INET6)
    return IN6_IS_ADDR_MULTICAST (&address->in6.sin6_addr);
  v4 = g_ntohl (address->in.sin_addr.s_addr);
  return IN_MULTICAST (v4) || v4 == INADDR_BROADCAST;
}

static gboolean
lacks_interface (const DotlsAddress *address)
{
  return address->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL (&address->in6.sin6_addr)
         && address->in6.sin6_scope_id == 0;
}

static gboolean
is_loopback (const DotlsAddress *address)
{
  if (address->sa.sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK (&address->in6.sin6_addr);
  return g_ntohl (address->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

gboolean
dotls_addresses_check (GArray *addresses, guint from, const char *text, GError **error)
{
  for (guint i = from; i < addresses->len; i++)
    {
      const DotlsAddress *address = &g_array_index (addresses, DotlsAddress, i);

      if (contains (addresses, i, address))
        return dotls_value_fail (error, "'%s' is listed twice; keep one of them", text);
      if (is_of_many (address))
        return dotls_value_fail (
            error, "'%s' is a multicast or broadcast address; write that of one host", text);
      if (lacks_interface (address))
        return dotls_value_fail (
            error, "'%s' is another host on every link; name the interface too: fe80::1%%eth0",
            text);
    }
  return TRUE;
}

gboolean
dotls_addresses_check_server (GArray *addresses, guint from, const char *text, GError **error)
{
  for (guint i = from; i < addresses->len; i++)
    {
      const DotlsAddress *address = &g_array_index (addresses, DotlsAddress, i);

      if (dotls_address_is_wildcard (address))
        return dotls_value_fail (error, "'%s' is no server's address; write that of a resolver",
                                 text);
      /* RFC 7858 section 3.1 */
      if (dotls_address_port (address) == PLAIN_DNS_PORT)
        return dotls_value_fail (error,
                                 "'%s' has port 53, which is for plain DNS only; leave the port "
                                 "out for 853, that of DNS over TLS, or write another one",
                                 text);
    }
  return dotls_addresses_check (addresses, from, text, error);
}

/* Whether questions to SERVER come back to LISTEN. */
static gboolean
is_own (const DotlsAddress *server, const DotlsAddress *listen)
{
  if (dotls_address_equal (server, listen))
    return TRUE;
  return dotls_address_is_wildcard (listen) && is_loopback (server)
         && server->sa.sa_family == listen->sa.sa_family
         && dotls_address_port (server) == dotls_address_port (listen);
}

void
dotls_reader_check_loop (DotlsReader *reader, const DotlsPlace *place, GArray *servers)
{
  GArray *listen = reader->settings->listen;

  for (guint i = 0; i < servers->len; i++)
    for (guint j = 0; j < listen->len; j++)
      {
        const DotlsAddress *server = &g_array_index (servers, DotlsAddress, i);
        g_autofree char *text = NULL;

        if (!is_own (server, &g_array_index (listen, DotlsAddress, j)))
          continue;
        text = dotls_address_to_string (server);
        dotls_mistakes_add (reader->mistakes, place,
                            "%s is where dotlsd itself listens; write the address of a resolver, "
                            "or change listen",
                            text);
        return;
      }
}
