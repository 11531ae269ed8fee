/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

/* Questions that the program itself asks, for dotlsctl say: an origin like a listener, so that they
 * take the same way as everybody's. */

#include <string.h>

#include "core/resolver-private.h"
#include "core/wire.h"

typedef struct
{
  DotlsReplyFunc reply;
  gpointer data;
  guint8 *buffer;
  DotlsAnswerInfo info;
} OwnQuery;

static void
own_inform (const DotlsOrigin *origin, const DotlsAnswerInfo *info)
{
  ((OwnQuery *) origin->owner)->info = *info;
}

static guint8 *
own_reserve (DotlsQuery *query, gsize size)
{
  OwnQuery *own = query->origin.owner;

  own->buffer = g_realloc (own->buffer, size);
  return own->buffer;
}

static void
own_commit (DotlsQuery *query, gsize length)
{
  OwnQuery *own = query->origin.owner;

  own->reply (own->buffer, length, &own->info, own->data);
}

static void
own_free (OwnQuery *own)
{
  g_free (own->buffer);
  g_free (own);
}

static void
own_release (DotlsQuery *query)
{
  own_free (query->origin.owner);
}

static const DotlsOriginOps own_ops = {
  .inform = own_inform,
  .reserve = own_reserve,
  .commit = own_commit,
  .release = own_release,
};

gboolean
dotls_resolver_query (DotlsResolver *self,
                      const char *name,
                      guint16 qtype,
                      DotlsQueryFlags flags,
                      DotlsReplyFunc reply,
                      gpointer data,
                      GError **error)
{
  OwnQuery *own;
  DotlsOrigin origin = { .ops = &own_ops,
                         .is_stream = TRUE,
                         .wants_fresh = (flags & DOTLS_QUERY_NO_CACHE) != 0 };
  guint8 wire[DOTLS_NAME_MAX + 1];
  gsize name_length = dotls_name_from_text (name, wire), length;

  if (name_length == 0)
    {
      g_autofree char *shown = g_strescape (name, NULL);

      g_set_error (error, DOTLS_ERROR, DOTLS_ERROR_INVALID_ARGUMENT, "'%s' is no domain name",
                   shown);
      return FALSE;
    }
  own = g_new0 (OwnQuery, 1);
  own->reply = reply;
  own->data = data;
  own->buffer = g_malloc (DOTLS_MESSAGE_MAX);
  origin.owner = own;
  dotls_loop_enter (self->loop);
  self->stats.queries_bus++;
  length = dotls_wire_build_client_query (own->buffer, dotls_loop_random (self->loop), wire,
                                          name_length, qtype, (flags & DOTLS_QUERY_DO) != 0,
                                          (flags & DOTLS_QUERY_CD) != 0);
  length = dotls_journey_handle (self, &origin, own->buffer, length, DOTLS_MESSAGE_MAX);
  if (length > 0)
    {
      own->reply (own->buffer, length, &own->info, own->data);
      own_free (own);
    }
  dotls_loop_leave (self->loop);
  return TRUE;
}
