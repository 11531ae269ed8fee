/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/app.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/resolver.h"
#include "daemon/bus.h"
#include "daemon/notify.h"
#include "daemon/watcher.h"

struct _DotlsApp
{
  const DotlsOptions *options;
  GMainLoop *loop;
  DotlsSettings *settings; /* in force; NULL before the first */
  DotlsResolver *resolver;
  DotlsWatcher *watcher;
  DotlsHistory *history;
  DotlsBus *bus;
  gboolean has_passed_sockets;
  gboolean is_stopping;
  int status; /* to exit with */
};

/* --- settings --------------------------------------------------------------------------------- */

static DotlsSettings *
load_settings (DotlsApp *self, GError **error)
{
  g_auto (GStrv) mistakes = NULL;
  DotlsSettings *settings = dotls_options_load_settings (self->options, &mistakes);
  guint n;

  if (settings != NULL)
    return settings;
  n = g_strv_length (mistakes);
  for (guint i = 0; i < n; i++)
    dotls_log (DOTLS_LOG_ERROR, "%s", mistakes[i]);
  if (n == 1)
    g_set_error_literal (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG, mistakes[0]);
  else
    g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_CONFIG, "%s (and %u more)", mistakes[0], n - 1);
  return NULL;
}

/* Sockets that were passed stand for the built-in address, not for those that somebody wrote. */
static gboolean
set_listeners (DotlsApp *self, const DotlsSettings *settings, GError **error)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (DotlsAddress));
  gboolean is_passed = self->has_passed_sockets && !settings->is_listen_given;

  return dotls_resolver_set_listeners (self->resolver, is_passed ? none : settings->listen, error);
}

static gboolean
set_history (DotlsApp *self, const DotlsSettings *settings, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) inner = NULL;

  if (settings->history_file != NULL && settings->history_level != DOTLS_HISTORY_OFF)
    {
      /* An absolute name stays what it is. */
      path = g_canonicalize_filename (settings->history_file, self->options->state_dir);
      if (!g_path_is_absolute (settings->history_file))
        g_mkdir_with_parents (self->options->state_dir, 0700);
    }
  if (dotls_history_configure (self->history, settings->history_level, settings->history_entries,
                               path, &inner))
    return TRUE;
  g_set_error (error, inner->domain, inner->code, "%s; name another file in [history]",
               inner->message);
  return FALSE;
}

/* Puts SETTINGS in force as a whole, or leaves everything as it was. */
static gboolean
apply (DotlsApp *self, DotlsSettings *settings, GError **error)
{
  /* The listeners last: they change all at once or not at all, and an old one that was closed might
   * not open again. */
  if (!set_history (self, settings, error))
    return FALSE;
  if (!set_listeners (self, settings, error))
    {
      if (self->settings != NULL)
        set_history (self, self->settings, NULL);
      return FALSE;
    }
  dotls_resolver_configure (self->resolver, &settings->config, settings->upstreams);
  dotls_log_set_level (settings->log_level);
  dotls_bus_set_settings (self->bus, settings->files, settings->mode);
  g_clear_pointer (&self->settings, dotls_settings_unref);
  self->settings = dotls_settings_ref (settings);
  return TRUE;
}

/* One line on what the daemon does, for the log and systemctl status. */
static char *
describe (DotlsApp *self)
{
  g_auto (GStrv) listeners = dotls_resolver_get_listeners (self->resolver);
  g_autofree char *addresses = g_strjoinv (", ", listeners);
  g_autofree char *upstreams = dotls_settings_describe_upstreams (self->settings);

  return g_strdup_printf ("answering on %s; asking %s", addresses, upstreams);
}

static void
say_ready (DotlsApp *self)
{
  g_autofree char *status = describe (self);

  dotls_log (DOTLS_LOG_NOTICE, "%s", status);
  dotls_notify_ready (status);
}

static gboolean
reload_cb (gpointer data, GError **error)
{
  DotlsApp *self = data;
  g_autoptr (DotlsSettings) settings = NULL;
  g_autoptr (GError) inner = NULL;

  dotls_notify_reloading ();
  settings = load_settings (self, &inner);
  if (settings != NULL && !apply (self, settings, &inner))
    dotls_log (DOTLS_LOG_ERROR, "%s", inner->message);
  if (inner != NULL)
    dotls_log (DOTLS_LOG_WARNING, "the settings before stay in force");
  say_ready (self);
  if (inner == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&inner));
  return FALSE;
}

/* --- signals ---------------------------------------------------------------------------------- */

static gboolean
hangup_cb (gpointer data)
{
  DotlsApp *self = data;

  if (!self->is_stopping)
    reload_cb (self, NULL);
  return G_SOURCE_CONTINUE;
}

static gboolean
drained_cb (gpointer data)
{
  DotlsApp *self = data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
stop_cb (gpointer data)
{
  DotlsApp *self = data;

  if (self->is_stopping)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_CONTINUE;
    }
  self->is_stopping = TRUE;
  dotls_notify_stopping ();
  dotls_resolver_drain (self->resolver, drained_cb, self);
  return G_SOURCE_CONTINUE;
}

/* --- life ------------------------------------------------------------------------------------- */

DotlsApp *
dotls_app_new (const DotlsOptions *options)
{
  static const DotlsBusHooks hooks = { reload_cb };
  DotlsApp *self = g_new0 (DotlsApp, 1);

  self->options = options;
  self->loop = g_main_loop_new (NULL, FALSE);
  self->resolver = dotls_resolver_new (NULL);
  self->watcher = dotls_watcher_new (self->resolver);
  self->history = dotls_history_new ();
  self->bus = dotls_bus_new (self->resolver, self->history, &hooks, self);
  return self;
}

void
dotls_app_free (DotlsApp *self)
{
  dotls_bus_free (self->bus);
  dotls_history_free (self->history);
  dotls_watcher_free (self->watcher);
  g_object_unref (self->resolver);
  g_clear_pointer (&self->settings, dotls_settings_unref);
  g_main_loop_unref (self->loop);
  g_free (self);
}

static gboolean
take_sockets (DotlsApp *self, GError **error)
{
  g_autofree int *fds = NULL;
  guint n = dotls_notify_take_sockets (&fds);

  self->has_passed_sockets = n > 0;
  for (guint i = 0; i < n; i++)
    if (!dotls_resolver_listen_fd (self->resolver, fds[i], error))
      return FALSE;
  return TRUE;
}

gboolean
dotls_app_start (DotlsApp *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DotlsSettings) settings = load_settings (self, &error);

  /* Each mistake has been logged already. */
  if (settings == NULL)
    return FALSE;
  if (take_sockets (self, &error) && apply (self, settings, &error))
    {
      dotls_history_attach (self->history, self->resolver);
      return TRUE;
    }
  dotls_log (DOTLS_LOG_ERROR, "%s", error->message);
  return FALSE;
}

/* After the listeners: the first question must not wait for what only people use. */
static gboolean
open_bus_cb (gpointer data)
{
  DotlsApp *self = data;
  g_autoptr (GError) error = NULL;

  if (dotls_bus_listen (self->bus, self->options->runtime_dir, &error))
    {
      say_ready (self);
      return G_SOURCE_REMOVE;
    }
  /* Who finds another daemon there is told so already. */
  if (g_error_matches (error, DOTLS_ERROR, DOTLS_ERROR_BUSY))
    dotls_log (DOTLS_LOG_ERROR, "%s", error->message);
  else
    dotls_log (DOTLS_LOG_ERROR, "%s; choose a writable place with --runtime-dir", error->message);
  self->status = EXIT_FAILURE;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

int
dotls_app_run (DotlsApp *self)
{
  guint sources[] = {
    g_unix_signal_add (SIGHUP, hangup_cb, self),
    g_unix_signal_add (SIGTERM, stop_cb, self),
    g_unix_signal_add (SIGINT, stop_cb, self),
  };

  g_idle_add_full (G_PRIORITY_DEFAULT, open_bus_cb, self, NULL);
  g_main_loop_run (self->loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  return self->status;
}
