/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
fail (GError **error, int code)
{
  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code), g_strerror (code));
  return NULL;
}

static char *
read_all (int fd, gsize max, gsize *ret_length, GError **error)
{
  g_autofree char *text = g_malloc (max + 1);
  gsize length = 0;

  while (length <= max)
    {
      gssize n = read (fd, text + length, max + 1 - length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (error, errno);
      if (n == 0)
        break;
      length += n;
    }
  if (length > max)
    return fail (error, EFBIG);
  text[length] = '\0';
  *ret_length = length;
  return g_steal_pointer (&text);
}

char *
dotls_file_read (const char *path, gsize max, gsize *ret_length, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  char *text = NULL;

  if (fd < 0)
    return fail (error, errno);
  if (fstat (fd, &status) < 0)
    fail (error, errno);
  else if (!S_ISREG (status.st_mode))
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
  else if ((guint64) status.st_size > max)
    fail (error, EFBIG);
  else
    text = read_all (fd, status.st_size, ret_length, error);
  close (fd);
  return text;
}
