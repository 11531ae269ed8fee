/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "ctl/print.h"

/* Rows and columns.  At a terminal they are aligned below a heading and made to fit; at a pipe a
 * row is a line, cells are separated by one tab each, and there is no heading. */
typedef struct _DotlsTable DotlsTable;

/* HEADINGS is NULL-terminated; their number is that of the columns.  PRINT must outlive it. */
DotlsTable *dotls_table_new (const DotlsPrint *print, const char *const *headings);
void dotls_table_free (DotlsTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsTable, dotls_table_free)

/* Never shorten COLUMN, even if a row is too long for the terminal then. */
void dotls_table_keep (DotlsTable *self, guint column);

/* Fills the next cell, row by row from the left; TEXT is escaped here. */
void dotls_table_add (DotlsTable *self, DotlsStyle style, const char *text);

/* What is to be printed; empty where there are no rows.  Caller frees. */
char *dotls_table_format (DotlsTable *self);
