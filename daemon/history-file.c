/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/history-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written at once when so much has been gathered, or after FLUSH_SECONDS. */
#define FLUSH_BYTES (16 << 10)
#define FLUSH_SECONDS 1

struct _DotlsHistoryFile
{
  char *path;
  int fd;
  GString *gathered;
  guint flush_source;
  gboolean failing;
};

static int
open_regular (const char *path)
{
  struct stat st;
  /* O_NONBLOCK: a FIFO without a reader must not hold the daemon up */
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

  if (fd < 0 || (fstat (fd, &st) == 0 && S_ISREG (st.st_mode)))
    return fd;
  close (fd);
  errno = EINVAL;
  return -1;
}

DotlsHistoryFile *
dotls_history_file_open (const char *path, GError **error)
{
  DotlsHistoryFile *self;
  int fd = open_regular (path);

  if (fd < 0)
    {
      int code = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
                   "the history cannot be written to %s: %s", path,
                   code == EINVAL ? "not a regular file" : g_strerror (code));
      return NULL;
    }
  self = g_new0 (DotlsHistoryFile, 1);
  self->path = g_strdup (path);
  self->fd = fd;
  self->gathered = g_string_sized_new (FLUSH_BYTES);
  return self;
}

gboolean
dotls_history_file_write (int fd, const char *bytes, gsize length)
{
  while (length > 0)
    {
      gssize n = write (fd, bytes, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      bytes += n;
      length -= n;
    }
  return TRUE;
}

void
dotls_history_file_flush (DotlsHistoryFile *self)
{
  g_clear_handle_id (&self->flush_source, g_source_remove);
  if (self->gathered->len == 0)
    return;
  if (dotls_history_file_write (self->fd, self->gathered->str, self->gathered->len))
    self->failing = FALSE;
  else if (!self->failing)
    {
      self->failing = TRUE;
      g_warning ("the history cannot be written to %s: %s; entries are lost until it can",
                 self->path, g_strerror (errno));
    }
  g_string_truncate (self->gathered, 0);
}

static gboolean
flush_cb (gpointer data)
{
  DotlsHistoryFile *self = data;

  self->flush_source = 0;
  dotls_history_file_flush (self);
  return G_SOURCE_REMOVE;
}

void
dotls_history_file_append (DotlsHistoryFile *self, const char *line, gsize length)
{
  g_string_append_len (self->gathered, line, length);
  if (self->gathered->len >= FLUSH_BYTES)
    dotls_history_file_flush (self);
  else if (self->flush_source == 0)
    self->flush_source = g_timeout_add_seconds (FLUSH_SECONDS, flush_cb, self);
}

void
dotls_history_file_close (DotlsHistoryFile *self)
{
  dotls_history_file_flush (self);
  close (self->fd);
  g_string_free (self->gathered, TRUE);
  g_free (self->path);
  g_free (self);
}
