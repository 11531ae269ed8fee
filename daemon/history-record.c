/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/history-record.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "core/address.h"
#include "core/upstream.h"
#include "daemon/dns-text.h"

static void
set_name (DotlsHistoryRecord *self, const guint8 *name)
{
  gsize length = 1;

  for (const guint8 *label = name; *label; label += 1 + *label)
    length += 1 + *label;
  g_assert (length <= sizeof self->name);
  /* lengths of labels are below 64 and never letters */
  for (gsize i = 0; i < length; i++)
    self->name[i] = g_ascii_tolower (name[i]);
}

static void
set_client (DotlsHistoryRecord *self, const DotlsAddress *client)
{
  if (!client)
    return;
  self->family = client->sa.sa_family;
  if (self->family == AF_INET)
    memcpy (self->client, &client->in.sin_addr, sizeof client->in.sin_addr);
  else
    memcpy (self->client, &client->in6.sin6_addr, sizeof client->in6.sin6_addr);
}

void
dotls_history_record_fill (DotlsHistoryRecord *self,
                           DotlsHistoryLevel level,
                           guint64 id,
                           gint64 time_us,
                           const DotlsAnswerInfo *info)
{
  *self = (DotlsHistoryRecord){ .id = id, .time_us = time_us, .level = level };
  if (level == DOTLS_HISTORY_DOMAIN)
    {
      set_name (self, dotls_dns_text_registrable (info->qname));
      return;
    }
  set_name (self, info->qname);
  set_client (self, info->client);
  self->type = info->qtype;
  self->rcode = info->rcode;
  self->source = info->source;
  self->elapsed_us = info->elapsed_us;
  /* a handful of names from the settings: interning them leaks nothing that grows */
  if (info->upstream)
    self->upstream = g_intern_string (dotls_upstream_get_id (info->upstream));
}

static void
append_time (GString *json, gint64 time_us)
{
  time_t seconds = time_us / G_USEC_PER_SEC;
  struct tm tm;
  char text[32], offset[8];

  localtime_r (&seconds, &tm);
  strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  strftime (offset, sizeof offset, "%z", &tm);
  g_string_append_printf (json, "\"time\":\"%s.%03d%.3s:%s\"", text,
                          (int) (time_us % G_USEC_PER_SEC / 1000), offset, offset + 3);
}

/* Names come out of libknot as printable ASCII and identifiers are checked by the settings; this
 * holds even if one of them changes its mind. */
static void
append_string (GString *json, const char *key, const char *text)
{
  g_string_append_printf (json, ",\"%s\":\"", key);
  for (; *text; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (json, "\\%c", *text);
    else if (g_ascii_isprint (*text))
      g_string_append_c (json, *text);
    else
      g_string_append_printf (json, "\\u%04x", (guint8) *text);
  g_string_append_c (json, '"');
}

static void
append_client (GString *json, const DotlsHistoryRecord *self)
{
  char text[INET6_ADDRSTRLEN] = "bus";

  if (self->family)
    inet_ntop (self->family, self->client, text, sizeof text);
  append_string (json, "client", text);
}

void
dotls_history_record_append_json (const DotlsHistoryRecord *self, GString *json)
{
  char name[DOTLS_DNS_TEXT_MAX], type[DOTLS_DNS_TYPE_MAX], rcode[DOTLS_DNS_RCODE_MAX];

  dotls_dns_text_from_name (self->name, name);
  g_string_append_printf (json, "{\"id\":%" G_GUINT64_FORMAT ",", self->id);
  append_time (json, self->time_us);
  if (self->level == DOTLS_HISTORY_FULL)
    {
      dotls_dns_text_from_type (self->type, type);
      dotls_dns_text_from_rcode (self->rcode, rcode);
      append_client (json, self);
      append_string (json, "name", name);
      append_string (json, "type", type);
      append_string (json, "rcode", rcode);
      append_string (json, "source", dotls_source_to_string (self->source));
      append_string (json, "upstream", self->upstream ? self->upstream : "");
      g_string_append_printf (json, ",\"elapsed-usec\":%" G_GINT64_FORMAT, self->elapsed_us);
    }
  else
    append_string (json, "domain", name);
  g_string_append (json, "}\n");
}
