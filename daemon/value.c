/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/value.h"

#include <string.h>

#include "core/error.h"

typedef struct
{
  const char *name;
  guint64 factor;
} Unit;

static const Unit size_units[] = {
  { "", 1 },          { "K", 1 << 10 },   { "M", 1 << 20 },   { "G", 1 << 30 },
  { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL },
};
static const Unit time_units[] = {
  { "ms", 1 }, { "s", 1000 }, { "", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL },
};

gboolean
dotls_value_fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, format, arguments);
  va_end (arguments);
  return FALSE;
}

gboolean
dotls_value_parse_number (
    const char *text, guint64 min, guint64 max, guint64 *ret_number, GError **error)
{
  if (g_ascii_string_to_unsigned (text, 10, min, max, ret_number, NULL))
    return TRUE;
  return dotls_value_fail (
      error, "'%s' does not do; write a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
      text, min, max);
}

/* A number and one of UNITS.  FALSE too where the product is too large for anything. */
static gboolean
parse_with_unit (const char *text, const Unit *units, guint64 *ret_value)
{
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  guint64 count;

  text += digits;
  while (*text == ' ')
    text++;
  for (; units->name != NULL; units++)
    if (g_ascii_strcasecmp (text, units->name) == 0)
      return g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT64, &count, NULL)
             && g_uint64_checked_mul (ret_value, count, units->factor);
  return FALSE;
}

/* In the largest unit that leaves no fraction; of two names for one unit the first. */
static char *
format_with_unit (guint64 value, const Unit *units)
{
  const Unit *best = units;

  if (value == 0)
    return g_strdup ("0");
  for (; units->name != NULL; units++)
    if (units->factor > best->factor && value % units->factor == 0)
      best = units;
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", value / best->factor, best->name);
}

static gboolean
fail_range (GError **error,
            const char *text,
            const char *or_off,
            guint64 min,
            guint64 max,
            const Unit *units)
{
  g_autofree char *from = format_with_unit (min, units), *to = format_with_unit (max, units);

  return dotls_value_fail (error, "'%s' does not do; write %sfrom %s to %s", text, or_off, from,
                           to);
}

gboolean
dotls_value_parse_size (
    const char *text, guint64 min, guint64 max, guint64 *ret_bytes, GError **error)
{
  guint64 bytes;

  if (!parse_with_unit (text, size_units, &bytes))
    return dotls_value_fail (error, "'%s' is no size; write bytes or 512K, 8M, 1G", text);
  if (bytes != 0 && (bytes < min || bytes > max))
    return fail_range (error, text, "0 (off) or ", min, max, size_units);
  *ret_bytes = bytes;
  return TRUE;
}

gboolean
dotls_value_parse_time (
    const char *text, guint64 min, guint64 max, guint64 *ret_milliseconds, GError **error)
{
  guint64 milliseconds;

  if (!parse_with_unit (text, time_units, &milliseconds))
    return dotls_value_fail (error, "'%s' is no time; write seconds, or 500ms, 10s, 2m", text);
  if (milliseconds < min || milliseconds > max)
    return fail_range (error, text, "", min, max, time_units);
  *ret_milliseconds = milliseconds;
  return TRUE;
}

gboolean
dotls_value_parse_boolean (const char *text, gboolean *ret_boolean, GError **error)
{
  static const char *const yes[] = { "yes", "true", "on", "1", NULL };
  static const char *const no[] = { "no", "false", "off", "0", NULL };
  g_autofree char *folded = g_ascii_strdown (text, -1);

  *ret_boolean = g_strv_contains (yes, folded);
  if (*ret_boolean || g_strv_contains (no, folded))
    return TRUE;
  return dotls_value_fail (error, "'%s' does not do; write yes or no", text);
}

gboolean
dotls_value_parse_pin (const char *text, DotlsPin *ret_pin, GError **error)
{
  const char *base64 = g_str_has_prefix (text, "sha256/") ? text + strlen ("sha256/") : text;
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;
  gsize size = 0;

  /* GLib's decoder skips what it does not know: only what encodes to the same text is base64. */
  bytes = g_base64_decode (base64, &size);
  again = g_base64_encode (bytes, size);
  if (size != DOTLS_PIN_SIZE || strcmp (again, base64) != 0)
    return dotls_value_fail (
        error,
        "'%s' is no pin; write the base64 of a SHA-256, 44 characters with = at "
        "the end",
        text);
  memcpy (ret_pin->sha256, bytes, DOTLS_PIN_SIZE);
  return TRUE;
}

char **
dotls_value_parse_list (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) elements = NULL;

  for (guint i = 0; parts[i] != NULL; i++)
    if (*g_strstrip (parts[i]) != '\0')
      g_strv_builder_add (builder, parts[i]);
  elements = g_strv_builder_end (builder);
  if (elements[0] == NULL)
    {
      dotls_value_fail (
          error, "the list is empty; write one or more elements with ; between, or leave the "
                 "key out");
      return NULL;
    }
  return g_steal_pointer (&elements);
}
