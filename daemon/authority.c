/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/authority.h"

#include <unistd.h>

#include "core/error.h"
#include "dbus/names.h"

static const char *
find_annotation (const GDBusMethodInfo *method, const char *name)
{
  return g_dbus_annotation_info_lookup (method->annotations, name);
}

gboolean
dotls_authority_allows (const GDBusMethodInfo *method, uid_t caller, uid_t daemon)
{
  if (find_annotation (method, DOTLS_ANNOTATION_PUBLIC))
    return TRUE;
  return find_annotation (method, DOTLS_ANNOTATION_POLKIT) && (caller == 0 || caller == daemon);
}

static gboolean
authorize_cb (GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation, gpointer data)
{
  const GDBusMethodInfo *method = g_dbus_method_invocation_get_method_info (invocation);
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);
  GCredentials *peer = g_dbus_connection_get_peer_credentials (connection);
  uid_t caller = peer ? g_credentials_get_unix_user (peer, NULL) : (uid_t) -1;

  if (dotls_authority_allows (method, caller, geteuid ()))
    return TRUE;
  g_dbus_method_invocation_return_error (invocation, DOTLS_ERROR, DOTLS_ERROR_ACCESS_DENIED,
                                         "only root and the user of the daemon may call %s",
                                         method->name);
  return FALSE;
}

void
dotls_authority_guard (GDBusInterfaceSkeleton *skeleton)
{
  g_signal_connect (skeleton, "g-authorize-method", G_CALLBACK (authorize_cb), NULL);
}
