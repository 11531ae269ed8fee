/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "daemon/settings.h"

/* What the command line and the environment say. */
typedef struct
{
  char *config_file; /* absolute */
  char *data_dir;    /* the vendor's settings and the catalogue */
  char *runtime_dir; /* the private socket's */
  char *state_dir;   /* the history's */
  gboolean is_config_given;
  gboolean check_config;
  gboolean version;
} DotlsOptions;

/* Takes the options out of ARGUMENTS (with the program's name, NULL-terminated; changed) and fills
 * in the defaults.  FALSE and a G_OPTION_ERROR with a sentence where they are wrong.  --help prints
 * and exits. */
gboolean dotls_options_parse (DotlsOptions *options, char **arguments, GError **error);
void dotls_options_clear (DotlsOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DotlsOptions, dotls_options_clear)

/* Reads the settings that the options name; see dotls_settings_load(). */
DotlsSettings *dotls_options_load_settings (const DotlsOptions *options, char ***ret_mistakes);
