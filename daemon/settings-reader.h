/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "daemon/keyfile.h"
#include "daemon/mistakes.h"
#include "daemon/settings.h"

/* What the files of settings.c share while settings are being read; nobody else includes this. */

/* Whose word it is: an own upstream of the administrator outweighs the vendor's list. */
typedef enum
{
  DOTLS_LAYER_VENDOR,
  DOTLS_LAYER_OWN,
  DOTLS_N_LAYERS,
} DotlsLayer;

/* An [upstream ID], put together from all files that speak of it. */
typedef struct
{
  char *id;
  DotlsLayer layer; /* the highest that speaks of it */
  DotlsPlace place; /* of the last header */
  GArray *addresses;
  DotlsPlace address_place; /* of the last `address` */
  char *endpoint_name;      /* the name that came with an address */
  char *auth_name;
  GArray *pins;
  char *ca_file;
  char *provider_name;
  gboolean is_faulty;      /* a mistake has been reported, more would only confuse */
  DotlsUpstreamSpec *spec; /* once complete */
} DotlsDraft;

typedef struct
{
  DotlsSettings *settings;
  DotlsMistakes *mistakes;
  char *providers;               /* the catalogue's directory */
  GPtrArray *files;              /* names of those that were read */
  GPtrArray *keyfiles;           /* they own the texts of all places */
  gboolean is_partial;           /* the administrator's file could not be read */
  DotlsLayer layer;              /* of the file being read */
  DotlsPlace place;              /* being read */
  DotlsPlace ttl_place;          /* of the last cache-min-ttl or cache-max-ttl */
  DotlsPlace history_place;      /* of the last history file */
  GPtrArray *drafts;             /* in the order of their first header */
  char **chosen[DOTLS_N_LAYERS]; /* `upstreams`, or NULL */
  DotlsPlace chosen_place[DOTLS_N_LAYERS];
} DotlsReader;

/* Returns FALSE and sets ERROR where TEXT is no value of the key.  DRAFT is NULL outside of
 * [upstream ID].  FIELD lies at the key's offset in DotlsSettings or DotlsDraft. */
typedef struct _DotlsSettingsKey DotlsSettingsKey;
struct _DotlsSettingsKey
{
  const char *name;
  gboolean (*parse) (DotlsReader *reader,
                     const DotlsSettingsKey *key,
                     const char *text,
                     gpointer field,
                     GError **error);
  gsize offset;
  guint64 min, max;
};

/* Whether those of ADDRESSES from the index FROM on, which TEXT stands for, can be one host's, and
 * are not there twice. */
gboolean dotls_addresses_check (GArray *addresses, guint from, const char *text, GError **error);

/* The same of a server that speaks TLS. */
gboolean dotls_addresses_check_server (GArray *addresses,
                                       guint from,
                                       const char *text,
                                       GError **error);

/* Reports at PLACE where SERVERS hold an address that the settings, all read, listen on. */
void dotls_reader_check_loop (DotlsReader *reader, const DotlsPlace *place, GArray *servers);

/* Reports where the history that the settings ask for cannot be written, making nothing.  A name
 * without a path is one in STATE_DIR, which the daemon makes. */
void dotls_reader_check_history (DotlsReader *reader, const char *state_dir);

/* Ended by a NULL name. */
extern const DotlsSettingsKey dotls_dns_keys[];
extern const DotlsSettingsKey dotls_history_keys[];
extern const DotlsSettingsKey dotls_upstream_keys[];

/* The draft called ID, made where there is none. */
DotlsDraft *dotls_reader_get_draft (DotlsReader *reader, const char *id);
void dotls_draft_free (DotlsDraft *draft);

/* Once all files are read: completes the drafts and fills in settings->upstreams. */
void dotls_reader_choose_upstreams (DotlsReader *reader);
