/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/authname.h"

#include <gio/gio.h>
#include <string.h>

#include "core/error.h"

#define NAME_LENGTH_MAX 253
#define LABEL_LENGTH_MAX 63

static gboolean
is_label (const char *label)
{
  gsize length = strlen (label);

  return length > 0 && length <= LABEL_LENGTH_MAX && label[0] != '-' && label[length - 1] != '-'
         && strspn (label, G_CSET_a_2_z G_CSET_DIGITS "-") == length;
}

static gboolean
is_host_name (const char *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);

  for (guint i = 0; labels[i] != NULL; i++)
    if (!is_label (labels[i]))
      return FALSE;
  return labels[0] != NULL && strlen (name) <= NAME_LENGTH_MAX;
}

char *
dotls_auth_name_parse (const char *text, GError **error)
{
  g_autofree char *ascii = NULL, *name = NULL;

  if (g_hostname_is_ip_address (text))
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT,
                   "'%s' is an address, not a name; leave it out where the certificate carries the "
                   "address",
                   text);
      return NULL;
    }
  /* Far longer texts only cost time in the conversion. */
  ascii = strlen (text) <= 4 * NAME_LENGTH_MAX ? g_hostname_to_ascii (text) : NULL;
  if (ascii != NULL)
    name = g_ascii_strdown (ascii, -1);
  if (name != NULL && g_str_has_suffix (name, "."))
    name[strlen (name) - 1] = '\0';
  if (name != NULL && is_host_name (name))
    return g_steal_pointer (&name);
  g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT,
               "'%s' is no host name; write one like dns.example.net", text);
  return NULL;
}
