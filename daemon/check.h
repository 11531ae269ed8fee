/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "daemon/options.h"

/* --check-config: prints every mistake to standard error and returns 1, or one line on what is used
 * to standard output and returns 0. */
int dotls_check_config (const DotlsOptions *options);
