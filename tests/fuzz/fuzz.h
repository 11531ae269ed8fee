/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a target looks like to libFuzzer and to replay.c. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
