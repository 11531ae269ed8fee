/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/settings-reader.h"

/* What opening the file would say, without making it. */

static gboolean
is_allowed (const char *path, int mode)
{
  return faccessat (AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* NULL, or why no file can be made in DIRECTORY; where IS_OURS it is itself made when needed. */
static const char *
find_directory_fault (const char *directory, gboolean is_ours)
{
  g_autofree char *parent = NULL;

  if (is_allowed (directory, W_OK | X_OK))
    return g_file_test (directory, G_FILE_TEST_IS_DIR) ? NULL : g_strerror (ENOTDIR);
  if (errno != ENOENT || !is_ours)
    return g_strerror (errno);
  parent = g_path_get_dirname (directory);
  return g_str_equal (parent, directory) ? g_strerror (ENOENT)
                                         : find_directory_fault (parent, TRUE);
}

/* NULL, or why the existing file at PATH is not to be written; sets RET_EXISTS. */
static const char *
find_file_fault (const char *path, gboolean *ret_exists)
{
  struct stat status;

  *ret_exists = lstat (path, &status) == 0 || errno != ENOENT;
  if (!*ret_exists)
    return NULL;
  if (lstat (path, &status) != 0)
    return g_strerror (errno);
  if (!S_ISREG (status.st_mode))
    return S_ISLNK (status.st_mode) ? "it is a symbolic link" : "it is not a regular file";
  return is_allowed (path, W_OK) ? NULL : g_strerror (errno);
}

void
dotls_reader_check_history (DotlsReader *reader, const char *state_dir)
{
  const char *file = reader->settings->history_file, *fault;
  g_autofree char *path = NULL, *directory = NULL;
  gboolean exists, is_ours;

  if (file == NULL || reader->settings->history_level == DOTLS_HISTORY_OFF)
    return;
  is_ours = !g_path_is_absolute (file);
  path = g_canonicalize_filename (file, state_dir);
  directory = g_path_get_dirname (path);
  fault = find_file_fault (path, &exists);
  if (fault != NULL)
    dotls_mistakes_add (reader->mistakes, &reader->history_place,
                        "'%s' cannot be written: %s; allow it, or name another file", path, fault);
  else if (!exists && (fault = find_directory_fault (directory, is_ours)) != NULL)
    dotls_mistakes_add (reader->mistakes, &reader->history_place,
                        "no file can be made in '%s': %s; make that directory, allow it, or name "
                        "another place",
                        directory, fault);
}
