/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "ctl/print.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN 80

static guint
find_width (void)
{
  const char *columns = g_getenv ("COLUMNS");
  struct winsize size;
  guint64 n;

  if (columns && g_ascii_string_to_unsigned (columns, 10, 20, 10000, &n, NULL))
    return n;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return WIDTH_UNKNOWN;
}

void
dotls_print_init (DotlsPrint *ret_print, gboolean no_color)
{
  const char *refusal = g_getenv ("NO_COLOR");
  const char *term = g_getenv ("TERM");

  ret_print->is_terminal = isatty (STDOUT_FILENO);
  ret_print->has_color = ret_print->is_terminal && !no_color && !(refusal && *refusal) && term
                         && !g_str_equal (term, "dumb");
  ret_print->is_utf8 = g_get_charset (NULL);
  ret_print->width = find_width ();
}

static gboolean
is_harmless (const DotlsPrint *print, gunichar c)
{
  if (c < 0x80)
    return c >= ' ' && c != 0x7f;
  if (!print->is_utf8)
    return FALSE;
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
      return FALSE;
    default:
      return TRUE;
    }
}

char *
dotls_print_escape (const DotlsPrint *print, const char *text)
{
  GString *escaped = g_string_new (NULL);

  while (*text)
    {
      gunichar c = g_utf8_get_char_validated (text, -1);

      if (c >= (gunichar) -2)
        g_string_append_printf (escaped, "\\x%02x", (guint8) *text++);
      else
        {
          const char *next = g_utf8_next_char (text);

          if (is_harmless (print, c))
            g_string_append_len (escaped, text, next - text);
          else
            g_string_append_printf (escaped, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
          text = next;
        }
    }
  return g_string_free (escaped, FALSE);
}

char *
dotls_print_paint (const DotlsPrint *print, DotlsStyle style, const char *text)
{
  static const char *const codes[] = {
    [DOTLS_STYLE_PLAIN] = "",  [DOTLS_STYLE_STRONG] = "1", [DOTLS_STYLE_DIM] = "2",
    [DOTLS_STYLE_GOOD] = "32", [DOTLS_STYLE_WARN] = "33",  [DOTLS_STYLE_BAD] = "31",
  };

  if (!print->has_color || style == DOTLS_STYLE_PLAIN || !*text)
    return g_strdup (text);
  return g_strdup_printf ("\033[%sm%s\033[0m", codes[style], text);
}

DotlsStyle
dotls_print_style_of_state (const char *text)
{
  static const char *const good[] = { "protected", "connected", "NOERROR", NULL };
  static const char *const warn[] = { "starting", "degraded", "connecting", "NXDOMAIN", NULL };
  static const char *const bad[] = { "failed", "backoff", "SERVFAIL", "REFUSED", NULL };

  if (g_strv_contains (good, text))
    return DOTLS_STYLE_GOOD;
  if (g_strv_contains (warn, text))
    return DOTLS_STYLE_WARN;
  return g_strv_contains (bad, text) ? DOTLS_STYLE_BAD : DOTLS_STYLE_PLAIN;
}

char *
dotls_print_duration (guint64 microseconds)
{
  if (microseconds < 1000)
    return g_strdup_printf ("%u us", (guint) microseconds);
  return g_strdup_printf ("%.1f ms", microseconds / 1000.0);
}

guint
dotls_print_width (const char *text)
{
  guint width = 0;

  for (; *text; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}
