/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "core/limits.h"
#include "daemon/catalogue.h"
#include "daemon/settings-reader.h"
#include "daemon/value.h"

#define DNS_PORT 53
#define DAY_S 86400
/* Long floors keep what its owner has changed. */
#define MIN_TTL_MAX_S 3600
/* RFC 8767 section 4: a week is the longest that makes sense. */
#define MAX_TTL_MAX_S (7 * DAY_S)
#define IDLE_MIN_MS 100
#define IDLE_MAX_MS 3600000
#define TCP_CLIENTS_MAX 16384

#define PARSER(name)                                                                               \
  static gboolean name (DotlsReader *reader, const DotlsSettingsKey *key, const char *text,        \
                        gpointer field, GError **error)

PARSER (parse_listen)
{
  GArray **listen = field;
  g_auto (GStrv) elements = dotls_value_parse_list (text, error);
  g_autoptr (GArray) addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));

  if (elements == NULL)
    return FALSE;
  for (guint i = 0; elements[i] != NULL; i++)
    {
      DotlsAddress address;

      if (!dotls_address_parse (elements[i], DNS_PORT, &address, error))
        return FALSE;
      g_array_append_val (addresses, address);
      if (!dotls_addresses_check (addresses, i, elements[i], error))
        return FALSE;
    }
  g_array_unref (*listen);
  *listen = g_steal_pointer (&addresses);
  reader->settings->is_listen_given = TRUE;
  return TRUE;
}

PARSER (parse_mode)
{
  if (g_str_equal (text, "strict"))
    return TRUE;
  if (g_str_equal (text, "opportunistic"))
    return dotls_value_fail (
        error, "this release knows strict only, which never falls back to plain DNS; write "
               "mode = strict");
  return dotls_value_fail (error, "'%s' does not do; write strict", text);
}

PARSER (parse_policy)
{
  if (dotls_policy_kind_from_string (text, field))
    return TRUE;
  return dotls_value_fail (error, "'%s' does not do; write ordered, fastest or spread", text);
}

PARSER (parse_upstreams)
{
  g_auto (GStrv) ids = dotls_value_parse_list (text, error);

  if (ids == NULL)
    return FALSE;
  for (guint i = 0; ids[i] != NULL; i++)
    {
      for (guint j = 0; j < i; j++)
        if (g_str_equal (ids[i], ids[j]))
          return dotls_value_fail (error, "'%s' is listed twice; keep one of them", ids[i]);
      if (!dotls_catalogue_is_id (ids[i]))
        return dotls_value_fail (error,
                                 "'%s' is no name of an upstream; give an address a name first: "
                                 "[upstream NAME] with address = %s",
                                 ids[i], ids[i]);
    }
  g_strfreev (reader->chosen[reader->layer]);
  reader->chosen[reader->layer] = g_steal_pointer (&ids);
  reader->chosen_place[reader->layer] = reader->place;
  return TRUE;
}

PARSER (parse_size)
{
  guint64 bytes;

  if (!dotls_value_parse_size (text, key->min, key->max, &bytes, error))
    return FALSE;
  *(gsize *) field = bytes;
  return TRUE;
}

PARSER (parse_number)
{
  guint64 number;

  if (!dotls_value_parse_number (text, key->min, key->max, &number, error))
    return FALSE;
  *(guint32 *) field = number;
  return TRUE;
}

PARSER (parse_number16)
{
  guint64 number;

  if (!dotls_value_parse_number (text, key->min, key->max, &number, error))
    return FALSE;
  *(guint16 *) field = number;
  return TRUE;
}

/* MIN and MAX are milliseconds. */
PARSER (parse_milliseconds)
{
  guint64 milliseconds;

  if (!dotls_value_parse_time (text, key->min, key->max, &milliseconds, error))
    return FALSE;
  *(guint32 *) field = milliseconds;
  return TRUE;
}

/* Whole seconds; MIN and MAX are milliseconds all the same. */
PARSER (parse_ttl)
{
  guint64 milliseconds;

  if (!dotls_value_parse_time (text, key->min, key->max, &milliseconds, error))
    return FALSE;
  if (milliseconds % 1000 != 0)
    return dotls_value_fail (error, "'%s' does not do; TTLs are whole seconds", text);
  *(guint32 *) field = milliseconds / 1000;
  reader->ttl_place = reader->place;
  return TRUE;
}

PARSER (parse_boolean)
{
  return dotls_value_parse_boolean (text, field, error);
}

PARSER (parse_log_level)
{
  if (dotls_log_level_from_string (text, field))
    return TRUE;
  return dotls_value_fail (error, "'%s' does not do; write error, warning, notice, info or debug",
                           text);
}

PARSER (parse_history_level)
{
  static const char *const names[] = { "off", "domain", "full" };
  DotlsHistoryLevel *level = field;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (text, names[i]))
      {
        *level = DOTLS_HISTORY_OFF + i;
        return TRUE;
      }
  return dotls_value_fail (error, "'%s' does not do; write off, domain or full", text);
}

PARSER (parse_history_file)
{
  char **file = field;
  gboolean is_plain_name = strchr (text, '/') == NULL && text[0] != '.' && text[0] != '\0';

  if (!is_plain_name && !g_path_is_absolute (text))
    return dotls_value_fail (
        error,
        "'%s' does not do; write an absolute path, or a name without / for a file "
        "in the state directory",
        text);
  g_free (*file);
  *file = g_strdup (text);
  reader->history_place = reader->place;
  return TRUE;
}

#define FIELD(name) G_STRUCT_OFFSET (DotlsSettings, name)

const DotlsSettingsKey dotls_dns_keys[] = {
  { "listen", parse_listen, FIELD (listen) },
  { "mode", parse_mode, FIELD (mode) },
  { "policy", parse_policy, FIELD (config.policy) },
  { "upstreams", parse_upstreams, FIELD (upstreams) },
  { "cache-size", parse_size, FIELD (config.cache_bytes), DOTLS_CACHE_BYTES_MIN,
    DOTLS_CACHE_BYTES_MAX },
  { "cache-min-ttl", parse_ttl, FIELD (config.min_ttl), 0, MIN_TTL_MAX_S * 1000 },
  { "cache-max-ttl", parse_ttl, FIELD (config.max_ttl), 1000, MAX_TTL_MAX_S * 1000ull },
  { "cache-max-negative-ttl", parse_ttl, FIELD (config.max_negative_ttl), 0,
    DOTLS_NEGATIVE_TTL_MAX_S * 1000 },
  { "udp-payload-max", parse_number16, FIELD (config.udp_payload_max), DOTLS_UDP_PAYLOAD_MIN,
    DOTLS_UDP_PAYLOAD_MAX },
  { "tcp-clients", parse_number, FIELD (config.tcp_clients_max), 1, TCP_CLIENTS_MAX },
  { "tcp-idle", parse_milliseconds, FIELD (config.tcp_idle_ms), IDLE_MIN_MS, IDLE_MAX_MS },
  { "upstream-idle", parse_milliseconds, FIELD (config.upstream_idle_ms), IDLE_MIN_MS,
    IDLE_MAX_MS },
  { "trust-ad", parse_boolean, FIELD (config.trust_ad) },
  { "log-level", parse_log_level, FIELD (log_level) },
  { NULL },
};

const DotlsSettingsKey dotls_history_keys[] = {
  { "level", parse_history_level, FIELD (history_level) },
  { "entries", parse_number, FIELD (history_entries), 0, DOTLS_HISTORY_ENTRIES_MAX },
  { "file", parse_history_file, FIELD (history_file) },
  { NULL },
};
