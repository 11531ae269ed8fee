/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/dns-text.h"

#include <libknot/libknot.h>
#include <libpsl.h>
#include <string.h>

G_STATIC_ASSERT (sizeof (knot_dname_txt_storage_t) <= DOTLS_DNS_TEXT_MAX);

void
dotls_dns_text_from_name (const guint8 *name, char ret_text[static DOTLS_DNS_TEXT_MAX])
{
  gsize length;

  if (!knot_dname_to_str (ret_text, name, DOTLS_DNS_TEXT_MAX))
    {
      ret_text[0] = '\0';
      return;
    }
  length = strlen (ret_text);
  if (length > 1)
    ret_text[length - 1] = '\0';
}

void
dotls_dns_text_from_type (guint16 type, char ret_text[static DOTLS_DNS_TYPE_MAX])
{
  if (knot_rrtype_to_string (type, ret_text, DOTLS_DNS_TYPE_MAX) < 0)
    g_snprintf (ret_text, DOTLS_DNS_TYPE_MAX, "TYPE%u", type);
}

gboolean
dotls_dns_text_to_type (const char *text, guint16 *ret_type)
{
  return knot_rrtype_from_string (text, ret_type) == 0;
}

void
dotls_dns_text_from_rcode (guint16 rcode, char ret_text[static DOTLS_DNS_RCODE_MAX])
{
  const knot_lookup_t *entry = knot_lookup_by_id (knot_rcode_names, rcode);

  if (entry)
    g_strlcpy (ret_text, entry->name, DOTLS_DNS_RCODE_MAX);
  else
    g_snprintf (ret_text, DOTLS_DNS_RCODE_MAX, "%u", rcode);
}

static guint
count_labels (const guint8 *name)
{
  guint n = 0;

  for (; *name; name += 1 + *name)
    n++;
  return n;
}

const guint8 *
dotls_dns_text_registrable (const guint8 *name)
{
  char text[DOTLS_DNS_TEXT_MAX];
  g_autofree char *lower = NULL;
  const char *domain;
  guint keep = 1;

  dotls_dns_text_from_name (name, text);
  lower = g_ascii_strdown (text, -1);
  domain = psl_registrable_domain (psl_builtin (), lower);
  if (!domain)
    return name;
  for (; *domain; domain++)
    keep += *domain == '.';
  for (guint n = count_labels (name); n > keep; n--)
    name += 1 + *name;
  return name;
}
