/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "daemon/bus-objects.h"

#include "daemon/authority.h"
#include "dbus/dotls-dbus.h"
#include "dbus/names.h"

struct _DotlsBusObjects
{
  GPtrArray *connections; /* of GDBusConnection */
  GHashTable *children;   /* path -> GDBusInterfaceSkeleton */
  GDBusInterfaceSkeleton *root;
  DotlsDBusObjectManager *manager; /* lists the children */
};

/* The only call of this function of GDBus, so that nothing is shown unguarded. */
static void export(GDBusInterfaceSkeleton *skeleton, GDBusConnection *connection, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (!g_dbus_interface_skeleton_export (skeleton, connection, path, &error))
    g_warning ("the object %s cannot be shown on the bus: %s", path, error->message);
}

static GDBusInterfaceSkeleton *
adopt (gpointer skeleton)
{
  dotls_authority_guard (skeleton);
  return g_object_ref (skeleton);
}

static const char *
get_name (GDBusInterfaceSkeleton *skeleton)
{
  return g_dbus_interface_skeleton_get_info (skeleton)->name;
}

/* {interface: {property: value}} */
static GVariant *
describe (GDBusInterfaceSkeleton *skeleton)
{
  g_autoptr (GVariant) properties = g_dbus_interface_skeleton_get_properties (skeleton);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&builder, "{s@a{sv}}", get_name (skeleton), properties);
  return g_variant_builder_end (&builder);
}

static gboolean
handle_get_managed_objects_cb (DotlsDBusObjectManager *manager,
                               GDBusMethodInvocation *invocation,
                               gpointer data)
{
  DotlsBusObjects *self = data;
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer path, child;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  g_hash_table_iter_init (&iter, self->children);
  while (g_hash_table_iter_next (&iter, &path, &child))
    g_variant_builder_add (&builder, "{o@a{sa{sv}}}", path, describe (child));
  dotls_dbus_object_manager_complete_get_managed_objects (manager, invocation,
                                                          g_variant_builder_end (&builder));
  return TRUE;
}

DotlsBusObjects *
dotls_bus_objects_new (GDBusInterfaceSkeleton *root)
{
  DotlsBusObjects *self = g_new0 (DotlsBusObjects, 1);
  g_autoptr (DotlsDBusObjectManager) manager = dotls_dbus_object_manager_skeleton_new ();

  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->children = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->root = adopt (root);
  self->manager = DOTLS_DBUS_OBJECT_MANAGER (adopt (manager));
  g_signal_connect (self->manager, "handle-get-managed-objects",
                    G_CALLBACK (handle_get_managed_objects_cb), self);
  return self;
}

void
dotls_bus_objects_free (DotlsBusObjects *self)
{
  g_assert (self->connections->len == 0);
  g_ptr_array_unref (self->connections);
  g_hash_table_unref (self->children);
  /* a call under way in GDBus' thread may still hold it */
  g_signal_handlers_disconnect_by_data (self->manager, self);
  g_object_unref (self->manager);
  g_object_unref (self->root);
  g_free (self);
}

void
dotls_bus_objects_add (DotlsBusObjects *self, const char *path, GDBusInterfaceSkeleton *child)
{
  g_hash_table_insert (self->children, g_strdup (path), adopt (child));
  for (guint i = 0; i < self->connections->len; i++)
    export(child, g_ptr_array_index (self->connections, i), path);
  dotls_dbus_object_manager_emit_interfaces_added (self->manager, path, describe (child));
}

void
dotls_bus_objects_remove (DotlsBusObjects *self, const char *path)
{
  GDBusInterfaceSkeleton *child = g_hash_table_lookup (self->children, path);
  const char *const names[] = { get_name (child), NULL };

  if (self->connections->len > 0)
    g_dbus_interface_skeleton_unexport (child);
  dotls_dbus_object_manager_emit_interfaces_removed (self->manager, path, names);
  g_hash_table_remove (self->children, path);
}

void
dotls_bus_objects_connect (DotlsBusObjects *self, GDBusConnection *connection)
{
  GHashTableIter iter;
  gpointer path, child;

  g_ptr_array_add (self->connections, g_object_ref (connection));
  export(self->root, connection, DOTLS_BUS_PATH);
  export(G_DBUS_INTERFACE_SKELETON (self->manager), connection, DOTLS_BUS_PATH);
  g_hash_table_iter_init (&iter, self->children);
  while (g_hash_table_iter_next (&iter, &path, &child))
    export(child, connection, path);
}

void
dotls_bus_objects_disconnect (DotlsBusObjects *self, GDBusConnection *connection)
{
  GHashTableIter iter;
  gpointer child;

  g_dbus_interface_skeleton_unexport_from_connection (self->root, connection);
  g_dbus_interface_skeleton_unexport_from_connection (G_DBUS_INTERFACE_SKELETON (self->manager),
                                                      connection);
  g_hash_table_iter_init (&iter, self->children);
  while (g_hash_table_iter_next (&iter, NULL, &child))
    g_dbus_interface_skeleton_unexport_from_connection (child, connection);
  g_ptr_array_remove_fast (self->connections, connection);
}
