/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <gnutls/x509.h>
#include <string.h>

#include "daemon/authname.h"
#include "daemon/catalogue.h"
#include "daemon/endpoint.h"
#include "daemon/file.h"
#include "daemon/settings-reader.h"
#include "daemon/text.h"
#include "daemon/value.h"

/* The system's own bundle is a quarter of this. */
#define CA_FILE_MAX (1 << 20)
#define PROVIDER_NAME_MAX 80

static const char *const default_upstreams[] = { "cloudflare", "quad9", NULL };

/* --- the keys of [upstream ID] ---------------------------------------------------------------- */

#define PARSER(name)                                                                               \
  static gboolean name (DotlsReader *reader, const DotlsSettingsKey *key, const char *text,        \
                        gpointer field, GError **error)

static void
replace_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

PARSER (parse_address)
{
  DotlsDraft *draft = field;
  g_auto (GStrv) elements = dotls_value_parse_list (text, error);
  g_autoptr (GArray) addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  g_autofree char *name = NULL;

  if (elements == NULL)
    return FALSE;
  for (guint i = 0; elements[i] != NULL; i++)
    {
      g_autofree char *next = NULL;
      guint known = addresses->len;

      if (!dotls_endpoint_parse (elements[i], reader->providers, addresses, &next, error)
          || !dotls_addresses_check_server (addresses, known, elements[i], error))
        return FALSE;
      if (name != NULL && next != NULL && !g_str_equal (name, next))
        return dotls_value_fail (error,
                                 "one upstream has one name, not %s and %s; make an [upstream "
                                 "NAME] of each",
                                 name, next);
      if (next != NULL)
        replace_text (&name, next);
    }
  g_array_unref (draft->addresses);
  draft->addresses = g_steal_pointer (&addresses);
  draft->address_place = reader->place;
  replace_text (&draft->endpoint_name, name);
  return TRUE;
}

PARSER (parse_auth_name)
{
  char **name = field;
  char *parsed = dotls_auth_name_parse (text, error);

  if (parsed == NULL)
    return FALSE;
  g_free (*name);
  *name = parsed;
  return TRUE;
}

PARSER (parse_pins)
{
  GArray **pins = field;
  g_auto (GStrv) elements = dotls_value_parse_list (text, error);
  g_autoptr (GArray) parsed = g_array_new (FALSE, TRUE, sizeof (DotlsPin));

  if (elements == NULL)
    return FALSE;
  for (guint i = 0; elements[i] != NULL; i++)
    {
      DotlsPin pin;

      if (!dotls_value_parse_pin (elements[i], &pin, error))
        return FALSE;
      g_array_append_val (parsed, pin);
    }
  g_array_unref (*pins);
  *pins = g_steal_pointer (&parsed);
  return TRUE;
}

static gboolean
has_certificate (const char *text, gsize length)
{
  gnutls_datum_t pem = { (guint8 *) text, length };
  gnutls_x509_crt_t *certificates = NULL;
  guint n = 0;

  if (gnutls_x509_crt_list_import2 (&certificates, &n, &pem, GNUTLS_X509_FMT_PEM, 0) < 0)
    return FALSE;
  for (guint i = 0; i < n; i++)
    gnutls_x509_crt_deinit (certificates[i]);
  gnutls_free (certificates);
  return n > 0;
}

PARSER (parse_ca_file)
{
  char **file = field;
  g_autofree char *content = NULL;
  g_autoptr (GError) inner = NULL;
  gsize length;

  if (!g_path_is_absolute (text))
    return dotls_value_fail (error, "'%s' does not do; write an absolute path", text);
  content = dotls_file_read (text, CA_FILE_MAX, &length, &inner);
  if (content == NULL)
    return dotls_value_fail (error, "'%s' cannot be read: %s; name a readable PEM file", text,
                             inner->message);
  if (!has_certificate (content, length))
    return dotls_value_fail (error, "'%s' holds no certificate; name a PEM file with one or more",
                             text);
  replace_text (file, text);
  return TRUE;
}

PARSER (parse_provider_name)
{
  g_autofree char *shown = dotls_text_escape (text, PROVIDER_NAME_MAX);

  if (*text == '\0' || !g_str_equal (shown, text))
    return dotls_value_fail (error,
                             "'%s' does not do; write a name of 1 to %d printable characters",
                             shown, PROVIDER_NAME_MAX);
  replace_text (field, text);
  return TRUE;
}

#define FIELD(name) G_STRUCT_OFFSET (DotlsDraft, name)

const DotlsSettingsKey dotls_upstream_keys[] = {
  { "address", parse_address, 0 },
  { "auth-name", parse_auth_name, FIELD (auth_name) },
  { "pin-sha256", parse_pins, FIELD (pins) },
  { "ca-file", parse_ca_file, FIELD (ca_file) },
  { "provider-name", parse_provider_name, FIELD (provider_name) },
  { NULL },
};

/* --- drafts ----------------------------------------------------------------------------------- */

static DotlsDraft *
find_draft (DotlsReader *reader, const char *id)
{
  for (guint i = 0; i < reader->drafts->len; i++)
    {
      DotlsDraft *draft = g_ptr_array_index (reader->drafts, i);

      if (g_str_equal (draft->id, id))
        return draft;
    }
  return NULL;
}

DotlsDraft *
dotls_reader_get_draft (DotlsReader *reader, const char *id)
{
  DotlsDraft *draft = find_draft (reader, id);

  if (draft != NULL)
    return draft;
  draft = g_new0 (DotlsDraft, 1);
  draft->id = g_strdup (id);
  draft->addresses = g_array_new (FALSE, TRUE, sizeof (DotlsAddress));
  draft->pins = g_array_new (FALSE, TRUE, sizeof (DotlsPin));
  g_ptr_array_add (reader->drafts, draft);
  return draft;
}

void
dotls_draft_free (DotlsDraft *draft)
{
  g_free (draft->id);
  g_array_unref (draft->addresses);
  g_free (draft->endpoint_name);
  g_free (draft->auth_name);
  g_array_unref (draft->pins);
  g_free (draft->ca_file);
  g_free (draft->provider_name);
  g_clear_pointer (&draft->spec, dotls_upstream_spec_unref);
  g_free (draft);
}

/* What the settings leave open the catalogue says, if it knows the id. */
static DotlsUpstreamSpec *
build_spec (const DotlsDraft *draft, const DotlsProvider *provider)
{
  DotlsUpstreamSpec *spec = dotls_upstream_spec_new (draft->id);
  const char *name = draft->auth_name != NULL ? draft->auth_name : draft->endpoint_name;
  const char *provider_name = draft->provider_name;
  GArray *addresses = draft->addresses;

  if (provider != NULL)
    {
      name = name != NULL ? name : provider->auth_name;
      provider_name = provider_name != NULL ? provider_name : provider->name;
      addresses = addresses->len > 0 ? addresses : provider->addresses;
    }
  g_array_append_vals (spec->addresses, addresses->data, addresses->len);
  g_array_append_vals (spec->pins, draft->pins->data, draft->pins->len);
  spec->auth_name = g_strdup (name);
  spec->ca_file = g_strdup (draft->ca_file);
  spec->provider = g_strdup (provider_name);
  return spec;
}

/* ID has no address, not even in the catalogue: says so, and who may have been meant. */
static void
report_unknown (DotlsReader *reader, const DotlsPlace *place, const char *id)
{
  g_auto (GStrv) ids = dotls_catalogue_list (reader->providers);
  const char *nearest = dotls_text_nearest (id, (const char *const *) ids);

  if (place->group != NULL && g_str_has_prefix (place->group, "upstream"))
    dotls_mistakes_add (reader->mistakes, place,
                        "the address is missing; add address = ADDRESS, or ADDRESS#NAME");
  else if (ids[0] == NULL)
    dotls_mistakes_add (reader->mistakes, place,
                        "no provider is known, for there is no catalogue in %s; install it, name "
                        "its place in DOTLS_DATA_DIR, or write [upstream %s] with address = ...",
                        reader->providers, id);
  else if (nearest != NULL)
    dotls_mistakes_add (reader->mistakes, place,
                        "there is no provider %s; did you mean %s? Otherwise write [upstream %s] "
                        "with address = ...",
                        id, nearest, id);
  else
    dotls_mistakes_add (reader->mistakes, place,
                        "there is no provider %s; write [upstream %s] with address = ...", id, id);
}

/* Whether something is missing that only a person can add. */
static gboolean
is_complete (DotlsReader *reader,
             const DotlsPlace *place,
             const DotlsUpstreamSpec *spec,
             const DotlsProvider *provider)
{
  g_autoptr (GError) error = NULL;

  if (spec->addresses->len == 0)
    report_unknown (reader, place, spec->id);
  else if (provider != NULL && provider->personal_auth_name != NULL && spec->auth_name == NULL)
    dotls_mistakes_add (reader->mistakes, place,
                        "%s needs your own id; write [upstream %s] with auth-name = %s", spec->id,
                        spec->id, provider->personal_auth_name);
  else if (!dotls_upstream_spec_check (spec, &error))
    dotls_mistakes_add (reader->mistakes, place, "%s", error->message);
  else
    return TRUE;
  return FALSE;
}

/* Fills in draft->spec, or reports why not. */
static void
complete (DotlsReader *reader, DotlsDraft *draft, const DotlsPlace *place)
{
  g_autoptr (DotlsUpstreamSpec) spec = NULL;
  g_autoptr (DotlsProvider) provider = NULL;
  g_autoptr (GError) error = NULL;

  if (draft->is_faulty || draft->spec != NULL)
    return;
  draft->is_faulty = TRUE;
  provider = dotls_provider_load (reader->providers, draft->id, &error);
  if (provider == NULL && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      dotls_mistakes_add (reader->mistakes, place, "%s", error->message);
      return;
    }
  if (draft->auth_name != NULL && draft->endpoint_name != NULL
      && !g_str_equal (draft->auth_name, draft->endpoint_name))
    {
      dotls_mistakes_add (reader->mistakes, place,
                          "auth-name says %s and address says %s; leave one out", draft->auth_name,
                          draft->endpoint_name);
      return;
    }
  spec = build_spec (draft, provider);
  if (is_complete (reader, place, spec, provider))
    draft->spec = g_steal_pointer (&spec);
  draft->is_faulty = draft->spec == NULL;
}

/* --- the choice ------------------------------------------------------------------------------- */

static void
choose (DotlsReader *reader, const char *id, const DotlsPlace *place)
{
  DotlsDraft *draft = dotls_reader_get_draft (reader, id);

  complete (reader, draft, place);
  if (draft->spec != NULL)
    g_ptr_array_add (reader->settings->upstreams, dotls_upstream_spec_ref (draft->spec));
}

static void
choose_list (DotlsReader *reader, const char *const *ids, const DotlsPlace *place)
{
  for (guint i = 0; ids[i] != NULL; i++)
    choose (reader, ids[i], place);
}

/* Whether LAYER has groups of its own; chooses them. */
static gboolean
choose_groups (DotlsReader *reader, DotlsLayer layer)
{
  gboolean has_any = FALSE;

  for (guint i = 0; i < reader->drafts->len; i++)
    {
      DotlsDraft *draft = g_ptr_array_index (reader->drafts, i);

      if (draft->layer != layer)
        continue;
      has_any = TRUE;
      choose (reader, draft->id, &draft->place);
    }
  return has_any;
}

void
dotls_reader_choose_upstreams (DotlsReader *reader)
{
  /* Those that nobody chose are looked at too. */
  for (guint i = 0; i < reader->drafts->len; i++)
    {
      DotlsDraft *draft = g_ptr_array_index (reader->drafts, i);

      complete (reader, draft, &draft->place);
      dotls_reader_check_loop (reader, &draft->address_place, draft->addresses);
    }
  for (int layer = DOTLS_LAYER_OWN; layer >= DOTLS_LAYER_VENDOR; layer--)
    {
      if (reader->chosen[layer] != NULL)
        {
          choose_list (reader, (const char *const *) reader->chosen[layer],
                       &reader->chosen_place[layer]);
          return;
        }
      if (choose_groups (reader, layer))
        return;
    }
  choose_list (reader, default_upstreams, &(DotlsPlace){ NULL });
}
