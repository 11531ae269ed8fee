/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/answer.h"

#include <gio/gio.h>
#include <libknot/libknot.h>

#include "ctl/ede.h"

/* Text of one record: each byte of its data may become four characters, and then some. */
#define RECORD_TEXT (5 * 65536)

struct _DotlsAnswerView
{
  knot_pkt_t *packet;
  char *text; /* RECORD_TEXT, for libknot to write to */
};

static const struct
{
  knot_section_t id;
  const char *title;
  const char *key;
} sections[] = {
  { KNOT_ANSWER, "ANSWER", "answer" },
  { KNOT_AUTHORITY, "AUTHORITY", "authority" },
  { KNOT_ADDITIONAL, "ADDITIONAL", "additional" },
};

DotlsAnswerView *
dotls_answer_view_new (const guint8 *message, gsize length, GError **error)
{
  DotlsAnswerView *self = g_new0 (DotlsAnswerView, 1);
  int code = length <= G_MAXUINT16 ? KNOT_EOK : KNOT_EMALF;

  if (code == KNOT_EOK)
    {
      self->packet = knot_pkt_new ((void *) message, length, NULL);
      code = knot_pkt_parse (self->packet, KNOT_PF_NOCANON);
    }
  if (code != KNOT_EOK)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the answer is malformed: %s",
                   knot_strerror (code));
      dotls_answer_view_free (self);
      return NULL;
    }
  self->text = g_malloc (RECORD_TEXT);
  return self;
}

void
dotls_answer_view_free (DotlsAnswerView *self)
{
  if (self->packet)
    knot_pkt_free (self->packet);
  g_free (self->text);
  g_free (self);
}

gboolean
dotls_answer_view_is_servfail (DotlsAnswerView *self)
{
  return knot_pkt_ext_rcode (self->packet) == KNOT_RCODE_SERVFAIL;
}

/* --- the header ------------------------------------------------------------------------------ */

static char *
lookup (const knot_lookup_t *table, guint id)
{
  const knot_lookup_t *entry = knot_lookup_by_id (table, id);

  return entry ? g_strdup (entry->name) : g_strdup_printf ("%u", id);
}

static char **
get_flags (const guint8 *wire)
{
  g_autoptr (GStrvBuilder) flags = g_strv_builder_new ();
  const struct
  {
    gboolean is_set;
    const char *name;
  } known[] = {
    { knot_wire_get_qr (wire) != 0, "qr" }, { knot_wire_get_aa (wire) != 0, "aa" },
    { knot_wire_get_tc (wire) != 0, "tc" }, { knot_wire_get_rd (wire) != 0, "rd" },
    { knot_wire_get_ra (wire) != 0, "ra" }, { knot_wire_get_ad (wire) != 0, "ad" },
    { knot_wire_get_cd (wire) != 0, "cd" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].is_set)
      g_strv_builder_add (flags, known[i].name);
  return g_strv_builder_end (flags);
}

static void
append_header (DotlsAnswerView *self, const DotlsPrint *print, GString *out)
{
  const guint8 *wire = self->packet->wire;
  g_autofree char *opcode = lookup (knot_opcode_names, knot_wire_get_opcode (wire));
  g_autofree char *status = lookup (knot_rcode_names, knot_pkt_ext_rcode (self->packet));
  g_autofree char *painted = dotls_print_paint (print, dotls_print_style_of_state (status), status);
  g_auto (GStrv) names = get_flags (wire);
  g_autofree char *flags = g_strjoinv (" ", names);

  g_string_append_printf (out, ";; ->>HEADER<<- opcode: %s, status: %s, id: %u\n", opcode, painted,
                          knot_wire_get_id (wire));
  g_string_append_printf (out,
                          ";; flags: %s; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n",
                          flags, knot_wire_get_qdcount (wire), knot_wire_get_ancount (wire),
                          knot_wire_get_nscount (wire), knot_wire_get_arcount (wire));
}

/* --- EDNS ------------------------------------------------------------------------------------ */

typedef void (*OptionFunc) (guint16 code, const guint8 *data, guint16 length, gpointer user);

/* libknot keeps one option of each code; there may be several errors. */
static void
foreach_option (const knot_rrset_t *opt, OptionFunc func, gpointer user)
{
  const knot_rdata_t *rdata = knot_rdataset_at (&opt->rrs, 0);
  const guint8 *at = rdata->data, *end = at + rdata->len;

  while (end - at >= 4)
    {
      guint16 code = knot_wire_read_u16 (at), length = knot_wire_read_u16 (at + 2);

      at += 4;
      if (length > end - at)
        return;
      func (code, at, length, user);
      at += length;
    }
}

/* It may end with a NUL, which is no part of it (RFC 8914 section 2). */
static char *
get_extra_text (const guint8 *data, guint16 length)
{
  while (length > 2 && data[length - 1] == '\0')
    length--;
  return g_utf8_make_valid ((const char *) data + 2, length - 2);
}

typedef struct
{
  const DotlsPrint *print;
  GString *out;
} TextTarget;

static void
append_ede (const TextTarget *target, const guint8 *data, guint16 length)
{
  guint16 code = knot_wire_read_u16 (data);
  const char *name = dotls_ede_to_string (code);
  g_autofree char *extra = get_extra_text (data, length);
  g_autofree char *escaped = dotls_print_escape (target->print, extra);

  g_string_append_printf (target->out, "; EDE: %u", code);
  if (*name)
    g_string_append_printf (target->out, " (%s)", name);
  if (*escaped)
    g_string_append_printf (target->out, ": (%s)", escaped);
  g_string_append_c (target->out, '\n');
}

static void
append_option_cb (guint16 code, const guint8 *data, guint16 length, gpointer user)
{
  TextTarget *target = user;

  if (code == KNOT_EDNS_OPTION_EDE && length >= 2)
    append_ede (target, data, length);
  else if (code == KNOT_EDNS_OPTION_PADDING)
    g_string_append_printf (target->out, "; PADDING: %u octets\n", length);
  else
    g_string_append_printf (target->out, "; OPTION %u: %u octets\n", code, length);
}

static void
append_opt (DotlsAnswerView *self, const DotlsPrint *print, GString *out)
{
  const knot_rrset_t *opt = self->packet->opt_rr;
  TextTarget target = { print, out };

  if (!opt)
    return;
  g_string_append_printf (out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n",
                          knot_edns_get_version (opt), knot_edns_do (opt) ? " do" : "",
                          knot_edns_get_payload (opt));
  foreach_option (opt, append_option_cb, &target);
}

static void
add_option_cb (guint16 code, const guint8 *data, guint16 length, gpointer user)
{
  g_autofree char *extra = NULL;
  JsonObject *object;

  if (code != KNOT_EDNS_OPTION_EDE || length < 2)
    return;
  extra = get_extra_text (data, length);
  object = json_object_new ();
  json_object_set_int_member (object, "code", knot_wire_read_u16 (data));
  json_object_set_string_member (object, "name", dotls_ede_to_string (knot_wire_read_u16 (data)));
  json_object_set_string_member (object, "text", extra);
  json_array_add_object_element (user, object);
}

/* OPT may be NULL: the members stay. */
static JsonObject *
opt_to_json (const knot_rrset_t *opt)
{
  JsonObject *object = json_object_new ();
  JsonArray *errors = json_array_new ();

  if (opt)
    foreach_option (opt, add_option_cb, errors);
  json_object_set_int_member (object, "version", opt ? knot_edns_get_version (opt) : 0);
  json_object_set_boolean_member (object, "dnssec-ok", opt && knot_edns_do (opt));
  json_object_set_int_member (object, "udp", opt ? knot_edns_get_payload (opt) : 0);
  json_object_set_array_member (object, "errors", errors);
  return object;
}

/* --- records --------------------------------------------------------------------------------- */

/* The data of the record at INDEX of RRSET in presentation form, or in the generic one of RFC 3597
 * section 5 where libknot cannot read it.  Lives until the next call. */
static const char *
dump_data (DotlsAnswerView *self, const knot_rrset_t *rrset, guint index)
{
  knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;

  if (knot_rrset_txt_dump_data (rrset, index, self->text, RECORD_TEXT, &style) >= 0)
    return self->text;
  style.generic = TRUE;
  if (knot_rrset_txt_dump_data (rrset, index, self->text, RECORD_TEXT, &style) >= 0)
    return self->text;
  return "";
}

static void
append_name (GString *out, const knot_dname_t *name)
{
  knot_dname_txt_storage_t text;
  gssize pad;

  knot_dname_to_str (text, name, sizeof text);
  pad = 23 - (gssize) strlen (text);
  g_string_append_printf (out, "%s%*s ", text, (int) MAX (pad, 0), "");
}

static void
append_record (DotlsAnswerView *self,
               const DotlsPrint *print,
               const knot_rrset_t *rrset,
               GString *out)
{
  char type[32], class[32];

  knot_rrtype_to_string (rrset->type, type, sizeof type);
  knot_rrclass_to_string (rrset->rclass, class, sizeof class);
  for (guint i = 0; i < rrset->rrs.count; i++)
    {
      g_autofree char *data = dotls_print_escape (print, dump_data (self, rrset, i));
      g_autofree char *painted = dotls_print_paint (print, DOTLS_STYLE_STRONG, data);

      append_name (out, rrset->owner);
      g_string_append_printf (out, "%-7u %-3s %-7s %s\n", rrset->ttl, class, type, painted);
    }
}

static void
append_question (DotlsAnswerView *self, GString *out)
{
  char type[32], class[32];
  const knot_dname_t *name = knot_pkt_qname (self->packet);

  if (!name)
    return;
  knot_rrtype_to_string (knot_pkt_qtype (self->packet), type, sizeof type);
  knot_rrclass_to_string (knot_pkt_qclass (self->packet), class, sizeof class);
  g_string_append (out, "\n;; QUESTION SECTION:\n;");
  append_name (out, name);
  g_string_append_printf (out, "%-6s %-3s %s\n", "", class, type);
}

static gboolean
is_opt (const knot_rrset_t *rrset)
{
  return rrset->type == KNOT_RRTYPE_OPT;
}

static void
append_section (DotlsAnswerView *self, const DotlsPrint *print, guint index, GString *out)
{
  const knot_pktsection_t *section = knot_pkt_section (self->packet, sections[index].id);
  g_autoptr (GString) records = g_string_new (NULL);

  for (guint i = 0; i < section->count; i++)
    if (!is_opt (knot_pkt_rr (section, i)))
      append_record (self, print, knot_pkt_rr (section, i), records);
  if (records->len > 0)
    g_string_append_printf (out, "\n;; %s SECTION:\n%s", sections[index].title, records->str);
}

char *
dotls_answer_view_format (DotlsAnswerView *self, const DotlsPrint *print)
{
  GString *out = g_string_new (NULL);

  append_header (self, print, out);
  append_opt (self, print, out);
  append_question (self, out);
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    append_section (self, print, i, out);
  return g_string_free (out, FALSE);
}

char *
dotls_answer_view_format_short (DotlsAnswerView *self, const DotlsPrint *print)
{
  const knot_pktsection_t *section = knot_pkt_section (self->packet, KNOT_ANSWER);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < section->count; i++)
    for (guint k = 0; k < knot_pkt_rr (section, i)->rrs.count; k++)
      {
        g_autofree char *data =
            dotls_print_escape (print, dump_data (self, knot_pkt_rr (section, i), k));

        g_string_append_printf (out, "%s\n", data);
      }
  return g_string_free (out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static JsonObject *
key_to_json (const knot_dname_t *name, guint16 type, guint16 class)
{
  JsonObject *object = json_object_new ();
  knot_dname_txt_storage_t text;

  knot_dname_to_str (text, name, sizeof text);
  json_object_set_string_member (object, "name", text);
  knot_rrtype_to_string (type, text, sizeof text);
  json_object_set_string_member (object, "type", text);
  knot_rrclass_to_string (class, text, sizeof text);
  json_object_set_string_member (object, "class", text);
  return object;
}

/* The members are there, and empty, even if the answer repeats no question. */
static JsonObject *
question_to_json (const knot_pkt_t *packet)
{
  static const char *const members[] = { "name", "type", "class" };
  JsonObject *object;

  if (knot_pkt_qname (packet))
    return key_to_json (knot_pkt_qname (packet), knot_pkt_qtype (packet), knot_pkt_qclass (packet));
  object = json_object_new ();
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    json_object_set_string_member (object, members[i], "");
  return object;
}

static JsonArray *
section_to_json (DotlsAnswerView *self, const knot_pktsection_t *section)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < section->count; i++)
    {
      const knot_rrset_t *rrset = knot_pkt_rr (section, i);

      for (guint k = 0; k < rrset->rrs.count && !is_opt (rrset); k++)
        {
          JsonObject *record = key_to_json (rrset->owner, rrset->type, rrset->rclass);

          json_object_set_int_member (record, "ttl", rrset->ttl);
          json_object_set_string_member (record, "data", dump_data (self, rrset, k));
          json_array_add_object_element (array, record);
        }
    }
  return array;
}

void
dotls_answer_view_to_json (DotlsAnswerView *self, JsonObject *object)
{
  g_autofree char *status = lookup (knot_rcode_names, knot_pkt_ext_rcode (self->packet));
  g_auto (GStrv) flags = get_flags (self->packet->wire);
  JsonArray *array = json_array_new ();

  for (guint i = 0; flags[i]; i++)
    json_array_add_string_element (array, flags[i]);
  json_object_set_string_member (object, "status", status);
  json_object_set_array_member (object, "flags", array);
  json_object_set_object_member (object, "question", question_to_json (self->packet));
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    json_object_set_array_member (
        object, sections[i].key,
        section_to_json (self, knot_pkt_section (self->packet, sections[i].id)));
  json_object_set_object_member (object, "edns", opt_to_json (self->packet->opt_rr));
}
