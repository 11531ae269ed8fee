/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

/* Makes the process fit for a daemon: no death by SIGPIPE, enough descriptors, no core dumps unless
 * DOTLS_DEBUG is set.  Call once, at the start. */
void dotls_process_prepare (void);
