/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "daemon/authority.h"
#include "dbus/dotls-dbus.h"
#include "dbus/names.h"

enum
{
  DAEMON = 990,
  SOMEBODY = 1000,
};

typedef void (*MethodFunc) (const GDBusMethodInfo *method, gpointer data);

static void
foreach_method (MethodFunc func, gpointer data)
{
  GDBusInterfaceInfo *interfaces[] = { dotls_dbus_manager_interface_info (),
                                       dotls_dbus_upstream_interface_info () };
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (GDBusMethodInfo **method = interfaces[i]->methods; method && *method; method++, n++)
      func (*method, data);
  g_assert_cmpuint (n, >, 0);
}

static const char *
get_action (const GDBusMethodInfo *method)
{
  return g_dbus_annotation_info_lookup (method->annotations, DOTLS_ANNOTATION_POLKIT);
}

static void
check_method_cb (const GDBusMethodInfo *method, gpointer data)
{
  gboolean is_public =
      g_dbus_annotation_info_lookup (method->annotations, DOTLS_ANNOTATION_PUBLIC) != NULL;

  g_test_message ("%s", method->name);
  g_assert_true (is_public != (get_action (method) != NULL));
  g_assert_true (dotls_authority_allows (method, 0, DAEMON));
  g_assert_true (dotls_authority_allows (method, DAEMON, DAEMON));
  g_assert_cmpint (dotls_authority_allows (method, SOMEBODY, DAEMON), ==, is_public);
  g_assert_cmpint (dotls_authority_allows (method, (uid_t) -1, DAEMON), ==, is_public);
}

/* Would catch a method that was added without saying who may call it, or with both annotations, and
 * a decision that lets a stranger in. */
static void
test_methods (void)
{
  foreach_method (check_method_cb, NULL);
}

/* Would catch a decision that takes silence for consent. */
static void
test_unannotated (void)
{
  GDBusMethodInfo method = { .ref_count = -1, .name = (char *) "Forgotten" };

  g_assert_false (dotls_authority_allows (&method, 0, DAEMON));
  g_assert_false (dotls_authority_allows (&method, DAEMON, DAEMON));
  g_assert_false (dotls_authority_allows (&method, SOMEBODY, DAEMON));
}

/* Would catch a property that anybody could write: no authorisation is asked for these. */
static void
test_properties (void)
{
  GDBusInterfaceInfo *interfaces[] = { dotls_dbus_manager_interface_info (),
                                       dotls_dbus_upstream_interface_info () };

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (GDBusPropertyInfo **property = interfaces[i]->properties; property && *property;
         property++)
      g_assert_cmpint ((*property)->flags, ==, G_DBUS_PROPERTY_INFO_FLAGS_READABLE);
}

/* Which actions the policy file has, and which of them a method asks for. */
typedef struct
{
  GHashTable *unused;
  GHashTable *declared;
  guint n_owners;
} Policy;

static void
start_element_cb (GMarkupParseContext *context,
                  const char *element,
                  const char **names,
                  const char **values,
                  gpointer data,
                  GError **error)
{
  Policy *policy = data;
  const char *text;

  if (g_str_equal (element, "action")
      && g_markup_collect_attributes (element, names, values, error, G_MARKUP_COLLECT_STRING, "id",
                                      &text, G_MARKUP_COLLECT_INVALID))
    {
      g_hash_table_add (policy->declared, g_strdup (text));
      g_hash_table_add (policy->unused, g_strdup (text));
    }
  if (g_str_equal (element, "annotate")
      && g_str_equal (values[0], "org.freedesktop.policykit.owner"))
    policy->n_owners++;
}

static void
check_action_cb (const GDBusMethodInfo *method, gpointer data)
{
  Policy *policy = data;
  const char *action = get_action (method);

  if (!action)
    return;
  g_test_message ("%s", action);
  g_assert_true (g_hash_table_contains (policy->declared, action));
  g_hash_table_remove (policy->unused, action);
}

/* Would catch an action that polkit does not know, one that no method uses any more, and one
 * without the owner that lets a daemon which is not root ask about it. */
static void
test_policy (void)
{
  const GMarkupParser parser = { .start_element = start_element_cb };
  g_autoptr (GHashTable) declared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) unused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Policy policy = { .declared = declared, .unused = unused };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &policy, NULL);
  g_autofree char *path =
      g_build_filename (g_getenv ("DOTLS_SOURCE"), "polkit", "org.dotls.Dotls1.policy", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  g_markup_parse_context_parse (context, text, length, &error);
  g_assert_no_error (error);
  foreach_method (check_action_cb, &policy);
  g_assert_cmpuint (g_hash_table_size (unused), ==, 0);
  g_assert_cmpuint (policy.n_owners, ==, g_hash_table_size (declared));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/authority/methods", test_methods);
  g_test_add_func ("/authority/unannotated", test_unannotated);
  g_test_add_func ("/authority/properties", test_properties);
  g_test_add_func ("/authority/policy", test_policy);
  return g_test_run ();
}
