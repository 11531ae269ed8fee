/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "tests/lib/demo-zone.h"

#include <gio/gio.h>
#include <libzscanner/scanner.h>

/* RFC 1034 section 3.6.2 leaves it open; more than this is a loop. */
#define ALIASES_MAX 8

typedef struct
{
  DnsName owner;
  guint16 rrtype;
  guint32 ttl;
  GBytes *rdata;
} Record;

struct _DemoZone
{
  GHashTable *names; /* text in lower case -> GPtrArray of Record; empty for names in between */
  guint n_records;
  guint64 bad_line;
  const char *complaint;
};

static void
free_record (gpointer data)
{
  Record *record = data;

  g_bytes_unref (record->rdata);
  g_free (record);
}

/* The records of NAME, in wire form and lower case. */
static GPtrArray *
find (DemoZone *self, const guint8 *name)
{
  g_autofree char *text = dns_name_to_string (name);

  return g_hash_table_lookup (self->names, text);
}

static GPtrArray *
find_or_add (DemoZone *self, const guint8 *name)
{
  GPtrArray *records = find (self, name);

  if (records != NULL)
    return records;
  records = g_ptr_array_new_with_free_func (free_record);
  g_hash_table_insert (self->names, dns_name_to_string (name), records);
  return records;
}

static void
record_cb (zs_scanner_t *scanner)
{
  DemoZone *self = scanner->process.data;
  Record *record = g_new0 (Record, 1);

  record->owner = dns_name_from_wire (scanner->r_owner);
  knot_dname_to_lower (record->owner.wire);
  record->rrtype = scanner->r_type;
  record->ttl = scanner->r_ttl;
  record->rdata = g_bytes_new (scanner->r_data, scanner->r_data_length);
  g_ptr_array_add (find_or_add (self, record->owner.wire), record);
  /* names in between exist, without data (RFC 8020 section 2) */
  for (const guint8 *name = record->owner.wire; *name != 0; name += 1 + *name)
    find_or_add (self, name);
  self->n_records++;
}

static void
error_cb (zs_scanner_t *scanner)
{
  DemoZone *self = scanner->process.data;

  if (self->complaint != NULL)
    return;
  self->bad_line = scanner->line_counter;
  self->complaint = zs_strerror (scanner->error.code);
}

/* Returns FALSE where PATH cannot be opened. */
static gboolean
scan (DemoZone *self, const char *path)
{
  zs_scanner_t *scanner = g_new0 (zs_scanner_t, 1);
  gboolean is_open = zs_init (scanner, ".", KNOT_CLASS_IN, 3600) == 0
                     && zs_set_input_file (scanner, path) == 0
                     && zs_set_processing (scanner, record_cb, error_cb, self) == 0;

  if (is_open && zs_parse_all (scanner) != 0)
    error_cb (scanner);
  zs_deinit (scanner);
  g_free (scanner);
  return is_open;
}

static gboolean
has_soa (DemoZone *self)
{
  GPtrArray *records = find (self, (const guint8 *) "");

  for (guint i = 0; records != NULL && i < records->len; i++)
    if (((Record *) records->pdata[i])->rrtype == KNOT_RRTYPE_SOA)
      return TRUE;
  return FALSE;
}

DemoZone *
demo_zone_load (const char *path, GError **error)
{
  g_autoptr (DemoZone) self = g_new0 (DemoZone, 1);

  self->names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  if (!scan (self, path))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be read", path);
  else if (self->complaint != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%" G_GUINT64_FORMAT ": %s", path,
                 self->bad_line, self->complaint);
  else if (!has_soa (self))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: no SOA for the root", path);
  else
    return g_steal_pointer (&self);
  return NULL;
}

void
demo_zone_free (DemoZone *self)
{
  g_hash_table_unref (self->names);
  g_free (self);
}

guint
demo_zone_get_size (DemoZone *self)
{
  return self->n_records;
}

static guint
add_records (GByteArray *answer,
             DnsSection section,
             const DnsName *owner,
             GPtrArray *records,
             guint16 rrtype)
{
  guint n = 0;

  for (guint i = 0; i < records->len; i++)
    {
      const Record *record = records->pdata[i];
      gsize length;
      gconstpointer rdata = g_bytes_get_data (record->rdata, &length);

      if (record->rrtype != rrtype)
        continue;
      dns_message_add (answer, section, owner, rrtype, record->ttl, rdata, length);
      n++;
    }
  return n;
}

static const Record *
find_alias (GPtrArray *records)
{
  for (guint i = 0; i < records->len; i++)
    if (((Record *) records->pdata[i])->rrtype == KNOT_RRTYPE_CNAME)
      return records->pdata[i];
  return NULL;
}

static void
add_absence (DemoZone *self, GByteArray *answer, gboolean exists)
{
  DnsName root = dns_name (".");

  if (!exists)
    dns_message_set (answer, 2, dns_message_get (answer, 2) | KNOT_RCODE_NXDOMAIN);
  add_records (answer, DNS_AUTHORITY, &root, find (self, root.wire), KNOT_RRTYPE_SOA);
}

void
demo_zone_answer (const FakeQuery *query, GByteArray *answer, gpointer data)
{
  DemoZone *self = data;
  DnsName owner = query->name, name = query->name;
  GPtrArray *records;

  for (guint i = 0; i < ALIASES_MAX; i++)
    {
      const Record *alias;

      knot_dname_to_lower (name.wire);
      records = find (self, name.wire);
      alias = records != NULL ? find_alias (records) : NULL;
      if (alias == NULL || query->qtype == KNOT_RRTYPE_CNAME)
        break;
      add_records (answer, DNS_ANSWER, &owner, records, KNOT_RRTYPE_CNAME);
      owner = name = dns_name_from_wire (g_bytes_get_data (alias->rdata, NULL));
    }
  if (records == NULL || query->qclass != KNOT_CLASS_IN
      || add_records (answer, DNS_ANSWER, &owner, records, query->qtype) == 0)
    add_absence (self, answer, records != NULL);
}
