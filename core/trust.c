/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"

/* What the build was told (option ca-file), then where distributions keep it. */
static const char *const bundles[] = {
  DOTLS_SYSTEM_BUNDLE,
  "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Alpine */
  "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora until 42 */
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora */
  "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
  "/var/lib/ca-certificates/ca-bundle.pem",
};

const char *
dotls_trust_system_bundle (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bundles); i++)
    if (bundles[i][0] != '\0' && access (bundles[i], R_OK) == 0)
      return bundles[i];
  return NULL;
}

static gboolean
equal (const gnutls_datum_t *a, const gnutls_datum_t *b)
{
  return a->size == b->size && memcmp (a->data, b->data, a->size) == 0;
}

/* Takes the element that REST begins with off it, header included, if it has this TAG. */
static gboolean
take_element (gnutls_datum_t *rest, guint8 tag, gnutls_datum_t *ret_whole, gnutls_datum_t *ret_body)
{
  gsize header = 2, length;

  if (rest->size < 2 || rest->data[0] != tag)
    return FALSE;
  length = rest->data[1];
  if (length >= 0x80)
    {
      guint bytes = length & 0x7f;

      if (bytes == 0 || bytes > 3 || rest->size < 2 + bytes)
        return FALSE;
      for (length = 0; header < 2 + bytes; header++)
        length = length << 8 | rest->data[header];
    }
  if (length > rest->size - header)
    return FALSE;
  *ret_whole = (gnutls_datum_t){ rest->data, header + length };
  *ret_body = (gnutls_datum_t){ rest->data + header, length };
  rest->data += header + length;
  rest->size -= header + length;
  return TRUE;
}

/* Finds the names in a certificate (RFC 5280 section 4.1) without parsing the rest: this only picks
 * candidates, gnutls reads them properly. */
static gboolean
find_names (gnutls_datum_t der, gnutls_datum_t *ret_issuer, gnutls_datum_t *ret_subject)
{
  gnutls_datum_t whole, tbs, body;

  if (!take_element (&der, 0x30, &whole, &body))
    return FALSE;
  if (!take_element (&body, 0x30, &whole, &tbs))
    return FALSE;
  take_element (&tbs, 0xa0, &whole, &body);          /* version, absent in v1 */
  return take_element (&tbs, 0x02, &whole, &body)    /* serial number */
         && take_element (&tbs, 0x30, &whole, &body) /* algorithm */
         && take_element (&tbs, 0x30, ret_issuer, &body)
         && take_element (&tbs, 0x30, &whole, &body) /* validity */
         && take_element (&tbs, 0x30, ret_subject, &body);
}

typedef struct
{
  const gnutls_datum_t *chain;
  guint n;
  gnutls_datum_t issuers[DOTLS_CHAIN_MAX];
} Needle;

static gboolean
could_anchor (gnutls_datum_t der, const Needle *needle)
{
  gnutls_datum_t issuer, subject;

  if (!find_names (der, &issuer, &subject))
    return FALSE;
  for (guint i = 0; i < needle->n; i++)
    if (equal (&subject, &needle->issuers[i]) || equal (&der, &needle->chain[i]))
      return TRUE;
  return FALSE;
}

static void
add_anchor (gnutls_x509_trust_list_t list, gnutls_datum_t der)
{
  gnutls_x509_crt_t certificate;

  gnutls_x509_crt_init (&certificate);
  if (gnutls_x509_crt_import (certificate, &der, GNUTLS_X509_FMT_DER) < 0
      || gnutls_x509_trust_list_add_cas (list, &certificate, 1, 0) != 1)
    gnutls_x509_crt_deinit (certificate);
}

/* Reads PEM (RFC 7468) line by line: no copy of the file in memory, and no mapping that would kill
 * us if somebody truncated it meanwhile. */
static void
search_stream (FILE *stream, const Needle *needle, gnutls_x509_trust_list_t list)
{
  g_autoptr (GByteArray) der = g_byte_array_new ();
  char line[256];
  int state = 0;
  guint save = 0;
  gboolean inside = FALSE;

  while (fgets (line, sizeof line, stream) != NULL)
    {
      gsize have = der->len, length = strlen (line);

      if (g_str_has_prefix (line, "-----BEGIN CERTIFICATE-----"))
        {
          inside = TRUE;
          state = save = 0;
          g_byte_array_set_size (der, 0);
        }
      else if (g_str_has_prefix (line, "-----END"))
        {
          if (inside && could_anchor ((gnutls_datum_t){ der->data, der->len }, needle))
            add_anchor (list, (gnutls_datum_t){ der->data, der->len });
          inside = FALSE;
        }
      else if (inside && have < DOTLS_CERTIFICATE_MAX)
        {
          g_byte_array_set_size (der, have + length);
          have += g_base64_decode_step (line, length, der->data + have, &state, &save);
          g_byte_array_set_size (der, have);
        }
    }
}

gboolean
dotls_trust_search (const char *bundle,
                    const gnutls_datum_t *chain,
                    guint n,
                    gnutls_x509_trust_list_t list,
                    GError **error)
{
  Needle needle = { chain, MIN (n, DOTLS_CHAIN_MAX) };
  FILE *stream = fopen (bundle, "re");
  gnutls_datum_t subject;
  int problem;

  for (guint i = 0; i < needle.n; i++)
    find_names (chain[i], &needle.issuers[i], &subject);
  if (stream != NULL)
    {
      search_stream (stream, &needle, list);
      problem = ferror (stream) ? EIO : 0;
      fclose (stream);
    }
  else
    problem = errno;
  if (problem != 0)
    g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_UNVERIFIABLE,
                 "the authorities in %s cannot be read: %s", bundle, g_strerror (problem));
  return problem == 0;
}
