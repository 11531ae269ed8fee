/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/endpoint.h"

#include <string.h>

#include "daemon/authname.h"
#include "daemon/catalogue.h"
#include "daemon/value.h"

/* [HOST]:PORT%IF and [HOST]%IF become [HOST%IF]:PORT, HOST@PORT becomes [HOST]:PORT or HOST:PORT:
 * the forms that dotls_address_parse() knows. */
static char *
normalise (const char *text)
{
  const char *bracket = strchr (text, ']'), *at = strchr (text, '@'), *percent;

  if (at != NULL)
    {
      g_autofree char *host = g_strndup (text, at - text);
      gboolean is_bare_v6 = strchr (host, ':') != NULL && bracket == NULL;

      return g_strdup_printf (is_bare_v6 ? "[%s]:%s" : "%s:%s", host, at + 1);
    }
  percent = bracket != NULL ? strchr (bracket, '%') : NULL;
  if (percent == NULL)
    return g_strdup (text);
  return g_strdup_printf ("%.*s%s%.*s", (int) (bracket - text), text, percent,
                          (int) (percent - bracket), bracket);
}

static gboolean
is_v4 (const char *text)
{
  g_autofree char *start = g_strndup (text, strspn (text, G_CSET_DIGITS "."));

  return strchr (start, '.') != NULL && g_hostname_is_ip_address (start);
}

static gboolean
parse_address (const char *text, GArray *addresses, GError **error)
{
  g_autofree char *plain = normalise (text);
  DotlsAddress address;

  if (is_v4 (plain) && strchr (plain, '%') != NULL)
    return dotls_value_fail (error,
                             "'%s': an interface goes with IPv6 addresses only; leave out '%s'",
                             text, strchr (text, '%'));
  if (!dotls_address_parse (plain, DOTLS_PROVIDER_PORT, &address, error))
    return FALSE;
  g_array_append_val (addresses, address);
  return TRUE;
}

/* The addresses of the server called NAME are those of the catalogue. */
static gboolean
find_name (const char *name, guint16 port, const char *providers, GArray *addresses, GError **error)
{
  g_autoptr (DotlsProvider) provider = dotls_catalogue_find_by_auth_name (providers, name);

  if (provider == NULL)
    return dotls_value_fail (
        error,
        "the addresses of %s are not known, and its name is never looked up in clear; "
        "write ADDRESS#%s",
        name, name);
  for (guint i = 0; i < provider->addresses->len; i++)
    {
      DotlsAddress address = g_array_index (provider->addresses, DotlsAddress, i);

      /* The port lies at the same place in both. */
      address.in.sin_port = g_htons (port);
      g_array_append_val (addresses, address);
    }
  return TRUE;
}

/* HOST of tls://HOST or tls://HOST:PORT where HOST is no address; FALSE where it is one. */
static gboolean
split_name (const char *authority, char **ret_name, const char **ret_port)
{
  const char *colon = strchr (authority, ':');
  g_autofree char *host = NULL;

  if (authority[0] == '[' || (colon != NULL && strchr (colon + 1, ':') != NULL))
    return FALSE;
  host = colon != NULL ? g_strndup (authority, colon - authority) : g_strdup (authority);
  if (strpbrk (host, "%@") != NULL || g_hostname_is_ip_address (host))
    return FALSE;
  *ret_name = g_steal_pointer (&host);
  *ret_port = colon != NULL ? colon + 1 : NULL;
  return TRUE;
}

static gboolean
parse_name (const char *host,
            const char *port_text,
            const char *providers,
            GArray *addresses,
            char **auth_name,
            GError **error)
{
  g_autofree char *name = dotls_auth_name_parse (host, error);
  guint64 port = DOTLS_PROVIDER_PORT;

  if (name == NULL)
    return FALSE;
  if (port_text != NULL && !g_ascii_string_to_unsigned (port_text, 10, 1, G_MAXUINT16, &port, NULL))
    return dotls_value_fail (error, "'%s' is no port; write a number from 1 to 65535", port_text);
  if (*auth_name != NULL && !g_str_equal (*auth_name, name))
    return dotls_value_fail (error, "%s and %s are two names for one server; leave one out", name,
                             *auth_name);
  if (!find_name (name, port, providers, addresses, error))
    return FALSE;
  g_free (*auth_name);
  *auth_name = g_steal_pointer (&name);
  return TRUE;
}

/* Cuts the scheme off *TEXT. */
static gboolean
cut_scheme (char **text, gboolean *ret_is_uri, GError **error)
{
  static const char *const schemes[] = { "tls://", "dns+tls://" };
  char *separator = strstr (*text, "://");

  *ret_is_uri = separator != NULL;
  if (separator == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (*text, schemes[i], strlen (schemes[i])) == 0)
      {
        *text += strlen (schemes[i]);
        return TRUE;
      }
  return dotls_value_fail (error, "'%s' is not DNS over TLS; write tls://HOST or ADDRESS#NAME",
                           *text);
}

/* Cuts what follows the host off TEXT and returns the name in it: #NAME, or ?name=NAME of a URI. */
static const char *
cut_name (char *text, gboolean is_uri)
{
  char *mark = strpbrk (text, is_uri ? "#?" : "#");
  const char *name = NULL;

  if (mark != NULL && *mark == '?' && !g_str_has_prefix (mark, "?name="))
    return NULL;
  if (mark != NULL)
    {
      name = *mark == '#' ? mark + 1 : mark + strlen ("?name=");
      *mark = '\0';
    }
  if (is_uri && g_str_has_suffix (text, "/"))
    text[strlen (text) - 1] = '\0';
  return name;
}

/* RFC 6874 writes the percent sign of a zone as %25. */
static void
decode_zone (char *text)
{
  char *zone = strstr (text, "%25");

  if (zone != NULL && zone[3] != '\0' && zone[3] != ']')
    memmove (zone + 1, zone + 3, strlen (zone + 3) + 1);
}

gboolean
dotls_endpoint_parse (const char *text,
                      const char *providers,
                      GArray *addresses,
                      char **ret_auth_name,
                      GError **error)
{
  g_autofree char *copy = g_strstrip (g_strdup (text)), *host = NULL, *auth_name = NULL;
  char *rest = copy;
  const char *name, *port;
  gboolean is_uri, is_good;

  if (!cut_scheme (&rest, &is_uri, error))
    return FALSE;
  name = cut_name (rest, is_uri);
  if (name != NULL && (auth_name = dotls_auth_name_parse (name, error)) == NULL)
    return FALSE;
  if (is_uri)
    decode_zone (rest);
  if (is_uri && split_name (rest, &host, &port))
    is_good = parse_name (host, port, providers, addresses, &auth_name, error);
  else
    is_good = parse_address (rest, addresses, error);
  if (is_good)
    *ret_auth_name = g_steal_pointer (&auth_name);
  return is_good;
}
