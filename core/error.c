/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/error.h"

/* clang-format off */
G_DEFINE_QUARK (dotls-error-quark, dotls_error)
/* clang-format on */

static const struct
{
  const char *name;
  const char *nick;
} errors[DOTLS_N_ERRORS] = {
#define X(code, name, nick) [DOTLS_ERROR_##code] = { name, nick },
  DOTLS_ERROR_MAP (X)
#undef X
};

const char *
dotls_error_name (DotlsError code)
{
  return code >= 0 && code < DOTLS_N_ERRORS ? errors[code].name : "";
}

const char *
dotls_error_nick (DotlsError code)
{
  return code >= 0 && code < DOTLS_N_ERRORS ? errors[code].nick : "";
}

gboolean
dotls_error_is_authentication (DotlsError code)
{
  return code >= DOTLS_ERROR_UNVERIFIABLE && code <= DOTLS_ERROR_PIN_MISMATCH;
}
