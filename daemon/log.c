/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/text.h"

#define IDENTIFIER "dotlsd"
#define MESSAGE_MAX 1000

/* NAME for the settings, PRIORITY as syslog(3) numbers them. */
static const struct
{
  const char *name;
  const char *priority;
} levels[] = {
  [DOTLS_LOG_ERROR] = { "error", "3" },   [DOTLS_LOG_WARNING] = { "warning", "4" },
  [DOTLS_LOG_NOTICE] = { "notice", "5" }, [DOTLS_LOG_INFO] = { "info", "6" },
  [DOTLS_LOG_DEBUG] = { "debug", "7" },
};

/* GLib's log has one writer in a process, so its threshold is the process's too. */
static int threshold = DOTLS_LOG_NOTICE;

const char *
dotls_log_level_to_string (DotlsLogLevel level)
{
  return levels[level].name;
}

gboolean
dotls_log_level_from_string (const char *text, DotlsLogLevel *ret_level)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_str_equal (text, levels[i].name))
      {
        *ret_level = i;
        return TRUE;
      }
  return FALSE;
}

void
dotls_log_set_level (DotlsLogLevel level)
{
  g_atomic_int_set (&threshold, level);
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].length == -1)
      return fields[i].value;
  return NULL;
}

static void
write_line (GLogLevelFlags flags, DotlsLogLevel level, const char *message)
{
  /* GLib's word for a mistake in a program; tests look for it. */
  if (flags & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR))
    fprintf (stderr, IDENTIFIER ": CRITICAL: %s\n", message);
  /* A good line needs no word before it. */
  else if (level <= DOTLS_LOG_WARNING || level == DOTLS_LOG_DEBUG)
    fprintf (stderr, IDENTIFIER ": %s: %s\n", levels[level].name, message);
  else
    fprintf (stderr, IDENTIFIER ": %s\n", message);
}

/* GLib and dotls_log() number the priorities as syslog(3) does. */
static DotlsLogLevel
find_level (const GLogField *fields, gsize n_fields)
{
  const char *priority = find_field (fields, n_fields, "PRIORITY");

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_strcmp0 (priority, levels[i].priority) == 0)
      return i;
  return DOTLS_LOG_ERROR;
}

/* DATA is not NULL where standard error is the journal. */
static GLogWriterOutput
write_cb (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer data)
{
  const char *domain = find_field (fields, n_fields, "GLIB_DOMAIN");
  const char *message = find_field (fields, n_fields, "MESSAGE");
  DotlsLogLevel level = find_level (fields, n_fields);

  if ((int) level > g_atomic_int_get (&threshold) || message == NULL)
    return G_LOG_WRITER_HANDLED;
  /* The libraries' own chatter is for those who debug the libraries. */
  if (level >= DOTLS_LOG_INFO && domain != NULL && !g_str_has_prefix (domain, "dotls"))
    return G_LOG_WRITER_HANDLED;
  if (data != NULL && g_log_writer_journald (flags, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  write_line (flags, level, message);
  return G_LOG_WRITER_HANDLED;
}

void
dotls_log_init (void)
{
  gboolean is_journal = !isatty (STDERR_FILENO) && g_log_writer_is_journald (STDERR_FILENO);

  g_log_set_writer_func (write_cb, GINT_TO_POINTER (is_journal), NULL);
}

void
dotls_log (DotlsLogLevel level, const char *format, ...)
{
  /* GLib's warnings are a programmer's, and fatal where G_DEBUG says so: ours are told from each
   * other by PRIORITY alone. */
  GLogLevelFlags flags = level == DOTLS_LOG_DEBUG ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_MESSAGE;
  g_autofree char *text = NULL, *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  message = dotls_text_escape (text, MESSAGE_MAX);
  {
    const GLogField fields[] = {
      { "MESSAGE", message, -1 },
      { "PRIORITY", levels[level].priority, -1 },
      { "SYSLOG_IDENTIFIER", IDENTIFIER, -1 },
      { "GLIB_DOMAIN", "dotlsd", -1 },
    };

    g_log_structured_array (flags, fields, G_N_ELEMENTS (fields));
  }
}
