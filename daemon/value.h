/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "core/spec.h"

/* The texts that stand for values in settings.  Every function fails with
 * DOTLS_ERROR_INVALID_ARGUMENT and a sentence that quotes the text and says what to write. */

/* Sets such an error; returns FALSE, for the sake of `return dotls_value_fail (...)`. */
gboolean dotls_value_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A decimal number from MIN to MAX. */
gboolean dotls_value_parse_number (
    const char *text, guint64 min, guint64 max, guint64 *ret_number, GError **error);

/* Bytes, with K, M or G for the powers of 1024: 512K.  0, or from MIN to MAX. */
gboolean dotls_value_parse_size (
    const char *text, guint64 min, guint64 max, guint64 *ret_bytes, GError **error);

/* A time: 10 and 10s are seconds, also ms, m and h.  MIN, MAX and the result in milliseconds. */
gboolean dotls_value_parse_time (
    const char *text, guint64 min, guint64 max, guint64 *ret_milliseconds, GError **error);

/* yes, true, on, 1 or no, false, off, 0. */
gboolean dotls_value_parse_boolean (const char *text, gboolean *ret_boolean, GError **error);

/* The base64 of a SHA-256, as RFC 7858 section 4.2 has it, with or without "sha256/" before. */
gboolean dotls_value_parse_pin (const char *text, DotlsPin *ret_pin, GError **error);

/* The elements of "a ; b", without the spaces around them and without empty ones; fails where
 * there is none.  Caller frees with g_strfreev(). */
char **dotls_value_parse_list (const char *text, GError **error);
