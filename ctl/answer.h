/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <json-glib/json-glib.h>

#include "ctl/print.h"

/* A DNS message for people and programs to read. */
typedef struct _DotlsAnswerView DotlsAnswerView;

/* Parses MESSAGE, which must outlive it.  NULL with a GIOError where it is malformed. */
DotlsAnswerView *dotls_answer_view_new (const guint8 *message, gsize length, GError **error);
void dotls_answer_view_free (DotlsAnswerView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsAnswerView, dotls_answer_view_free)

gboolean dotls_answer_view_is_servfail (DotlsAnswerView *self);

/* As dig lays it out: header, OPT pseudo section, and the sections that are not empty.  Caller
 * frees. */
char *dotls_answer_view_format (DotlsAnswerView *self, const DotlsPrint *print);

/* Only the data of the answer section, one record a line.  Caller frees. */
char *dotls_answer_view_format_short (DotlsAnswerView *self, const DotlsPrint *print);

/* Adds the members that dotlsctl(1) documents to OBJECT. */
void dotls_answer_view_to_json (DotlsAnswerView *self, JsonObject *object);
