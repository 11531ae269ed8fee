/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

/* The built-in providers: one small keyfile each, read when it is asked for. */

/* RFC 7858 section 3.1; holds where an address says nothing else. */
#define DOTLS_PROVIDER_PORT 853

/* What a file says.  Texts are NULL where it says nothing; filtering, logging, ecs and dnssec are
 * the operator's own claims. */
typedef struct
{
  char *id; /* the file's name without .conf */
  char *name;
  char *operator_name;
  char *jurisdiction; /* ISO 3166 code, or EU */
  char *filtering;    /* "none" or a list: malware ; ads ; adult ... */
  char *logging;
  char *ecs;    /* "yes" where the client's network is passed on (RFC 7871) */
  char *dnssec; /* "yes" where answers are validated */
  char *homepage;
  char *verified;           /* the day somebody dialled it */
  GArray *addresses;        /* of DotlsAddress */
  char *auth_name;          /* NULL where every user has one of their own */
  char *personal_auth_name; /* then its pattern, ID.example.net */
} DotlsProvider;

/* DIRECTORY holds the files.  G_FILE_ERROR_NOENT where there is no provider ID; DOTLS_ERROR_CONFIG
 * where its file is broken. */
DotlsProvider *dotls_provider_load (const char *directory, const char *id, GError **error);
void dotls_provider_free (DotlsProvider *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsProvider, dotls_provider_free)

/* The ids of all, sorted; empty where DIRECTORY cannot be read.  Caller frees with g_strfreev(). */
char **dotls_catalogue_list (const char *directory);

/* The provider that answers under AUTH_NAME (A-labels, lower case), also a personal one, or NULL.
 * Reads every file. */
DotlsProvider *dotls_catalogue_find_by_auth_name (const char *directory, const char *auth_name);

/* Whether TEXT may name an upstream: letters, digits, dot, dash and underscore, at most 64. */
gboolean dotls_catalogue_is_id (const char *text);
