# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""A limit that nobody reads limits nothing."""

import re

import style

DEFINE = re.compile(r"^#define (DOTLS_\w+)", re.M)


def check(tree):
    text = "\n".join(
        tree.text(path)
        for path in tree.files("*.c", "*.h", under=("core/", "daemon/", "ctl/"))
        if path.as_posix() != "core/limits.h"
    )
    used = set(re.findall(r"\bDOTLS_\w+", text))
    limits = DEFINE.findall(tree.text("core/limits.h"))
    for limit in limits:
        if limit not in used:
            yield f"core/limits.h: {limit} is used nowhere"
    if not limits:
        yield "core/limits.h: no limit found"


style.run(
    check,
    [
        (
            "a forgotten limit",
            {"core/limits.h": "#define DOTLS_A 1\n#define DOTLS_B 2\n", "core/a.c": "DOTLS_A;\n"},
            "DOTLS_B",
        ),
        (
            "one limit in another's name",
            {"core/limits.h": "#define DOTLS_A 1\n", "core/a.c": "DOTLS_AB;\n"},
            "DOTLS_A",
        ),
    ],
)
