/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/spec.h"
#include "daemon/history.h"
#include "daemon/log.h"

/* Everything that the files say, checked; immutable and counted. */
typedef struct
{
  gatomicrefcount references;
  DotlsConfig config;
  GPtrArray *upstreams;     /* of DotlsUpstreamSpec, in order of preference, at least one */
  GArray *listen;           /* of DotlsAddress */
  gboolean is_listen_given; /* FALSE: the built-in default, which passed sockets replace */
  const char *mode;         /* "strict" */
  DotlsLogLevel log_level;
  DotlsHistoryLevel history_level;
  guint32 history_entries;
  char *history_file; /* absolute, or a name in the state directory; NULL: in memory */
  char **files;       /* those that were read, in order */
} DotlsSettings;

/* Where settings come from. */
typedef struct
{
  const char *data_dir;  /* holds dotlsd.conf, the vendor's, and providers/ */
  const char *state_dir; /* where a history file goes that has no path; may not exist yet */
  const char *file;      /* the administrator's; those in FILE.d are read after it, sorted */
  gboolean must_exist;   /* a missing FILE is a mistake */
} DotlsSettingsSources;

/* Reads the vendor's file, FILE and its drop-ins; later ones win, key by key.  Where anything is
 * wrong returns NULL and every mistake as a line for people (NULL-terminated; caller frees with
 * g_strfreev()). */
DotlsSettings *dotls_settings_load (const DotlsSettingsSources *sources, char ***ret_mistakes);

/* The same for one text of LENGTH bytes, called FILE in messages. */
DotlsSettings *dotls_settings_parse (
    const char *file, const char *text, gsize length, const char *data_dir, char ***ret_mistakes);

DotlsSettings *dotls_settings_ref (DotlsSettings *self);
void dotls_settings_unref (DotlsSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsSettings, dotls_settings_unref)

/* "Cloudflare, Quad9": who is asked, in words.  Caller frees. */
char *dotls_settings_describe_upstreams (const DotlsSettings *self);

/* Calls VISIT for every key there is, GROUP "dns", "history" or "upstream". */
typedef void (*DotlsKeyVisitor) (const char *group, const char *key, gpointer data);
void dotls_settings_foreach_key (DotlsKeyVisitor visit, gpointer data);
