/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/certificate.h"

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>
#include <string.h>

#include "core/limits.h"

#define OID_SUBJECT_ALT_NAME "2.5.29.17"
#define SHOWN_NAMES 3
#define SHOWN_BYTES 80

/* Parsed once as a whole: asking the certificate for one SAN after the other takes quadratic time,
 * and an attacker chooses how many there are.  NULL where there is none; caller deinits. */
static gnutls_subject_alt_names_t
read_names (gnutls_x509_crt_t certificate)
{
  gnutls_subject_alt_names_t names = NULL;
  gnutls_datum_t extension;

  if (gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_SUBJECT_ALT_NAME, 0, &extension, NULL)
      < 0)
    return NULL;
  gnutls_subject_alt_names_init (&names);
  if (gnutls_x509_ext_import_subject_alt_names (&extension, names, 0) < 0)
    g_clear_pointer (&names, gnutls_subject_alt_names_deinit);
  gnutls_free (extension.data);
  return names;
}

typedef gboolean (*NameFunc) (guint type, const gnutls_datum_t *san, const void *data);

static gboolean
any_name (gnutls_x509_crt_t certificate, NameFunc matches, const void *data)
{
  gnutls_subject_alt_names_t names = read_names (certificate);
  gboolean found = FALSE;
  gnutls_datum_t san;
  guint type;

  for (guint i = 0;
       names != NULL && !found && gnutls_subject_alt_names_get (names, i, &type, &san, NULL) == 0;
       i++)
    found = matches (type, &san, data);
  if (names != NULL)
    gnutls_subject_alt_names_deinit (names);
  return found;
}

static gboolean
matches_name (guint type, const gnutls_datum_t *san, const void *data)
{
  const char *name = data, *text = (const char *) san->data;
  gsize length = san->size;

  if (type != GNUTLS_SAN_DNSNAME)
    return FALSE;
  if (length > 2 && text[0] == '*' && text[1] == '.')
    {
      name = strchr (name, '.');
      if (name == NULL || name == data)
        return FALSE;
      text++;
      length--;
    }
  /* by length, so that a NUL inside the SAN ends nothing */
  return length == strlen (name) && g_ascii_strncasecmp (text, name, length) == 0;
}

gboolean
dotls_certificate_has_name (gnutls_x509_crt_t certificate, const char *name)
{
  return !g_hostname_is_ip_address (name) && any_name (certificate, matches_name, name);
}

static gboolean
matches_address (guint type, const gnutls_datum_t *san, const void *data)
{
  const DotlsAddress *address = data;
  const void *bytes = &address->in.sin_addr;
  gsize length = sizeof address->in.sin_addr;

  if (address->sa.sa_family == AF_INET6)
    {
      bytes = &address->in6.sin6_addr;
      length = sizeof address->in6.sin6_addr;
    }
  return type == GNUTLS_SAN_IPADDRESS && san->size == length
         && memcmp (san->data, bytes, length) == 0;
}

gboolean
dotls_certificate_has_address (gnutls_x509_crt_t certificate, const DotlsAddress *address)
{
  return any_name (certificate, matches_address, address);
}

gboolean
dotls_certificate_has_pin (gnutls_x509_crt_t certificate, GArray *pins, DotlsPin *ret_pin)
{
  gsize size = sizeof ret_pin->sha256;

  if (gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, ret_pin->sha256, &size) < 0)
    {
      memset (ret_pin, 0, sizeof *ret_pin);
      return FALSE;
    }
  for (guint i = 0; i < pins->len; i++)
    if (memcmp (&g_array_index (pins, DotlsPin, i), ret_pin, sizeof *ret_pin) == 0)
      return TRUE;
  return FALSE;
}

/* A certificate may hold escape sequences for the terminal it is shown on. */
static char *
make_printable (const void *data, gsize length)
{
  char *text;

  length = MIN (length, SHOWN_BYTES);
  text = g_malloc (length + 1);
  memcpy (text, data, length);
  text[length] = '\0';
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isprint (text[i]) || text[i] == '\'')
      text[i] = '?';
  return text;
}

static char *
describe_name (guint type, const gnutls_datum_t *san)
{
  if (type == GNUTLS_SAN_DNSNAME)
    return make_printable (san->data, san->size);
  if (type == GNUTLS_SAN_IPADDRESS && (san->size == 4 || san->size == 16))
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_bytes (
          san->data, san->size == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);

      return g_inet_address_to_string (address);
    }
  return NULL;
}

char *
dotls_certificate_describe_names (gnutls_x509_crt_t certificate)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gnutls_subject_alt_names_t names = read_names (certificate);
  gnutls_datum_t san;
  guint type, shown = 0, more = 0;

  for (guint i = 0;
       names != NULL && gnutls_subject_alt_names_get (names, i, &type, &san, NULL) == 0; i++)
    {
      g_autofree char *name = shown < SHOWN_NAMES ? describe_name (type, &san) : NULL;

      if (name != NULL)
        g_string_append_printf (text, "%s%s", shown++ > 0 ? ", " : "", name);
      else
        more++;
    }
  if (names != NULL)
    gnutls_subject_alt_names_deinit (names);
  if (shown == 0)
    return g_strdup ("no name at all");
  if (more > 0)
    g_string_append_printf (text, " and %u more", more);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
dotls_certificate_describe_issuer (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t name = { NULL, 0 };
  char *text;

  if (gnutls_x509_crt_get_issuer_dn3 (certificate, &name, 0) < 0)
    return g_strdup ("an authority without a name");
  text = make_printable (name.data, name.size);
  gnutls_free (name.data);
  return text;
}

/* Takes a block with a length of BYTES bytes before it off REST. */
static gboolean
take_block (gnutls_datum_t *rest, guint bytes, gnutls_datum_t *ret_block)
{
  gsize length = 0;

  if (rest->size < bytes)
    return FALSE;
  for (guint i = 0; i < bytes; i++)
    length = length << 8 | rest->data[i];
  if (length > rest->size - bytes)
    return FALSE;
  *ret_block = (gnutls_datum_t){ rest->data + bytes, length };
  *rest = (gnutls_datum_t){ rest->data + bytes + length, rest->size - bytes - length };
  return TRUE;
}

static guint
count_bits (const gnutls_datum_t *number)
{
  guint skip = 0;

  while (skip < number->size && number->data[skip] == 0)
    skip++;
  return (number->size - skip) * 8;
}

static gboolean
is_certificate_bearable (const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate;
  gnutls_pubkey_t key;
  gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
  gboolean bearable;

  gnutls_x509_crt_init (&certificate);
  gnutls_pubkey_init (&key);
  bearable = gnutls_x509_crt_import (certificate, der, GNUTLS_X509_FMT_DER) == 0
             && gnutls_pubkey_import_x509 (key, certificate, 0) == 0;
  /* only RSA leaves the sizes to whoever makes the key */
  if (bearable && gnutls_pubkey_export_rsa_raw2 (key, &modulus, &exponent, 0) == 0)
    bearable = count_bits (&modulus) <= DOTLS_RSA_BITS_MAX
               && count_bits (&exponent) <= DOTLS_RSA_EXPONENT_BITS_MAX;
  gnutls_free (modulus.data);
  gnutls_free (exponent.data);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (certificate);
  return bearable;
}

gboolean
dotls_certificate_is_key_bearable (const gnutls_datum_t *message, gboolean is_tls13)
{
  gnutls_datum_t rest = *message, context, list, leaf;

  if (is_tls13 && !take_block (&rest, 1, &context))
    return FALSE;
  return take_block (&rest, 3, &list) && take_block (&list, 3, &leaf)
         && is_certificate_bearable (&leaf);
}
