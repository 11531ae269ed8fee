/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/history.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/resolver.h"
#include "daemon/history-file.h"
#include "daemon/history-record.h"

/* Lines are handed to the kernel in pieces of this many bytes. */
#define DUMP_BYTES (64 << 10)

struct _DotlsHistory
{
  DotlsHistoryLevel level;
  DotlsResolver *resolver;
  DotlsHistoryRecord *records; /* a ring: the entry ID is at ID modulo N_RECORDS */
  guint n_records;
  guint64 first_id; /* the oldest that the ring may hold */
  guint64 next_id;
  DotlsHistoryFile *file;
  GArray *followers; /* of int: writing ends of pipes */
  GString *line;     /* reused by every answer */
};

static const char *const level_names[] = {
  [DOTLS_HISTORY_OFF] = "off",
  [DOTLS_HISTORY_DOMAIN] = "domain",
  [DOTLS_HISTORY_FULL] = "full",
};

const char *
dotls_history_level_to_string (DotlsHistoryLevel level)
{
  return level_names[level];
}

gboolean
dotls_history_level_from_string (const char *text, DotlsHistoryLevel *ret_level)
{
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (g_str_equal (text, level_names[i]))
      {
        *ret_level = i;
        return TRUE;
      }
  return FALSE;
}

static void
close_cb (gpointer data)
{
  close (*(int *) data);
}

DotlsHistory *
dotls_history_new (void)
{
  DotlsHistory *self = g_new0 (DotlsHistory, 1);

  self->followers = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_set_clear_func (self->followers, close_cb);
  return self;
}

/* --- what comes in --------------------------------------------------------------------------- */

static void
tell_followers (DotlsHistory *self)
{
  for (guint i = self->followers->len; i-- > 0;)
    {
      int fd = g_array_index (self->followers, int, i);

      /* a line is shorter than PIPE_BUF: it goes whole or not at all */
      if (write (fd, self->line->str, self->line->len) < 0 && errno != EAGAIN && errno != EINTR)
        g_array_remove_index_fast (self->followers, i);
    }
}

static void
observe_cb (const DotlsAnswerInfo *info, gpointer data)
{
  DotlsHistory *self = data;
  DotlsHistoryRecord record;
  guint64 id = self->next_id++;

  dotls_history_record_fill (&record, self->level, id, g_get_real_time (), info);
  if (self->n_records > 0)
    self->records[id % self->n_records] = record;
  if (!self->file && self->followers->len == 0)
    return;
  g_string_truncate (self->line, 0);
  dotls_history_record_append_json (&record, self->line);
  if (self->file)
    dotls_history_file_append (self->file, self->line->str, self->line->len);
  tell_followers (self);
}

static void
update_observer (DotlsHistory *self)
{
  gboolean is_on = self->level != DOTLS_HISTORY_OFF;

  if (self->resolver)
    dotls_resolver_set_observer (self->resolver, is_on ? observe_cb : NULL, is_on ? self : NULL,
                                 NULL);
}

void
dotls_history_attach (DotlsHistory *self, DotlsResolver *resolver)
{
  g_set_object (&self->resolver, resolver);
  update_observer (self);
}

/* --- settings -------------------------------------------------------------------------------- */

static void
forget (DotlsHistory *self)
{
  g_clear_pointer (&self->records, g_free);
  self->n_records = 0;
  self->first_id = self->next_id;
  if (self->line)
    g_string_free (g_steal_pointer (&self->line), TRUE);
}

static void
turn_off (DotlsHistory *self)
{
  forget (self);
  g_array_set_size (self->followers, 0);
  self->level = DOTLS_HISTORY_OFF;
}

static void
turn_on (DotlsHistory *self, DotlsHistoryLevel level, guint entries)
{
  if (level == self->level && entries == self->n_records)
    return;
  forget (self);
  self->level = level;
  self->n_records = entries;
  self->records = g_new0 (DotlsHistoryRecord, entries);
  self->line = g_string_sized_new (512);
}

gboolean
dotls_history_configure (
    DotlsHistory *self, DotlsHistoryLevel level, guint entries, const char *file, GError **error)
{
  g_autoptr (DotlsHistoryFile) opened = NULL;

  if (level == DOTLS_HISTORY_OFF)
    file = NULL;
  else if (entries > DOTLS_HISTORY_ENTRIES_MAX)
    {
      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG,
                   "the history can keep at most %u entries in memory, not %u",
                   DOTLS_HISTORY_ENTRIES_MAX, entries);
      return FALSE;
    }
  if (file)
    {
      opened = dotls_history_file_open (file, error);
      if (!opened)
        return FALSE;
    }
  g_clear_pointer (&self->file, dotls_history_file_close);
  self->file = g_steal_pointer (&opened);
  if (level == DOTLS_HISTORY_OFF)
    turn_off (self);
  else
    turn_on (self, level, entries);
  update_observer (self);
  return TRUE;
}

DotlsHistoryLevel
dotls_history_get_level (DotlsHistory *self)
{
  return self->level;
}

void
dotls_history_free (DotlsHistory *self)
{
  g_clear_pointer (&self->file, dotls_history_file_close);
  turn_off (self);
  update_observer (self);
  g_clear_object (&self->resolver);
  g_array_unref (self->followers);
  g_free (self);
}

/* --- what goes out --------------------------------------------------------------------------- */

static gboolean
write_lines (int fd, GString *lines)
{
  gboolean is_written = dotls_history_file_write (fd, lines->str, lines->len);

  g_string_truncate (lines, 0);
  return is_written;
}

static gboolean
write_records (DotlsHistory *self, int fd, guint last)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  guint64 held = MIN (self->next_id - self->first_id, self->n_records);

  for (guint64 id = self->next_id - MIN (held, last); id < self->next_id; id++)
    {
      dotls_history_record_append_json (&self->records[id % self->n_records], lines);
      if (lines->len >= DUMP_BYTES && !write_lines (fd, lines))
        return FALSE;
    }
  return write_lines (fd, lines) && lseek (fd, 0, SEEK_SET) == 0;
}

static int
set_off_error (GError **error)
{
  g_set_error_literal (error, DOTLS_ERROR, DOTLS_ERROR_REFUSED,
                       "the history is off; level = domain or level = full in the group [history] "
                       "of dotlsd.conf(5) turns it on");
  return -1;
}

static int
set_file_error (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return -1;
}

int
dotls_history_dump (DotlsHistory *self, guint last, GError **error)
{
  int fd;

  if (self->level == DOTLS_HISTORY_OFF)
    return set_off_error (error);
  fd = memfd_create ("dotls-history", MFD_CLOEXEC);
  if (fd < 0 || !write_records (self, fd, last))
    {
      set_file_error (error, "the history cannot be handed over");
      if (fd >= 0)
        close (fd);
      return -1;
    }
  return fd;
}

/* A reader that left is noticed when something is written; make room for new ones before that. */
static void
drop_dead_followers (DotlsHistory *self)
{
  for (guint i = self->followers->len; i-- > 0;)
    {
      struct pollfd poller = { .fd = g_array_index (self->followers, int, i) };

      if (poll (&poller, 1, 0) > 0 && (poller.revents & POLLERR))
        g_array_remove_index_fast (self->followers, i);
    }
}

int
dotls_history_follow (DotlsHistory *self, GError **error)
{
  int ends[2];

  drop_dead_followers (self);
  if (self->level == DOTLS_HISTORY_OFF)
    return set_off_error (error);
  if (self->followers->len >= DOTLS_HISTORY_FOLLOWERS_MAX)
    g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_BUSY, "%u readers follow the history already",
                 self->followers->len);
  else if (pipe2 (ends, O_CLOEXEC) < 0)
    set_file_error (error, "the history cannot be followed");
  else
    {
      /* only our end: the reader's own flags are its business */
      fcntl (ends[1], F_SETFL, O_NONBLOCK);
      g_array_append_val (self->followers, ends[1]);
      return ends[0];
    }
  return -1;
}
