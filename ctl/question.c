/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/question.h"

#include <gio/gio.h>
#include <gnutls/gnutls.h>
#include <libknot/libknot.h>
#include <string.h>

static gboolean
set_error (GError **error, const char *text, const char *why)
{
  g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
               "\"%s\" is no domain name: %s", text, why);
  return FALSE;
}

static char *
to_ascii (const char *text, GError **error)
{
  gnutls_datum_t mapped;
  char *ascii;
  int code;

  if (g_str_is_ascii (text))
    return g_strdup (text);
  code = gnutls_idna_map (text, strlen (text), &mapped, 0);
  if (code < 0)
    {
      set_error (error, text, gnutls_strerror (code));
      return NULL;
    }
  ascii = g_strndup ((const char *) mapped.data, mapped.size);
  gnutls_free (mapped.data);
  return ascii;
}

char *
dotls_question_name (const char *text, GError **error)
{
  g_autofree char *utf8 = g_locale_to_utf8 (text, -1, NULL, NULL, NULL);
  g_autofree char *ascii = utf8 ? to_ascii (utf8, error) : NULL;
  knot_dname_storage_t name;

  if (!utf8)
    set_error (error, text, "it is not written in the encoding of the locale");
  if (!ascii)
    return NULL;
  if (!knot_dname_from_str (name, ascii, sizeof name))
    {
      set_error (error, text, "a label has 1 to 63 characters, a name up to 253");
      return NULL;
    }
  return g_steal_pointer (&ascii);
}

char *
dotls_question_reverse (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  GString *name;
  const guint8 *bytes;

  if (!address)
    return NULL;
  name = g_string_new (NULL);
  bytes = g_inet_address_to_bytes (address);
  for (gsize i = g_inet_address_get_native_size (address); i-- > 0;)
    if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
      g_string_append_printf (name, "%u.", bytes[i]);
    else
      g_string_append_printf (name, "%x.%x.", bytes[i] & 15, bytes[i] >> 4);
  g_string_append (name, g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4
                             ? "in-addr.arpa"
                             : "ip6.arpa");
  return g_string_free (name, FALSE);
}

gboolean
dotls_question_is_type (const char *text)
{
  guint16 type;

  return knot_rrtype_from_string (text, &type) == 0;
}
