# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Every file says on its first lines under which licence it stands and whose it is."""

import style

TAGS = ("SPDX-" "License-Identifier: GPL-3.0-or-later", "SPDX-" "FileCopyrightText: ")
# The licence itself, and formats without comments.
EXEMPT = ("LICENSES/*", ".gitignore", "*.json", "*.png", "*.svg")


def check(tree):
    for path in tree.files():
        if any(path.match(pattern) for pattern in EXEMPT):
            continue
        head = "\n".join(tree.lines(path)[:6])
        for tag in TAGS:
            if tag not in head:
                yield f"{path}: no '{tag.strip()}' in its first lines"


style.run(
    check,
    [
        ("a file without licence", {"core/a.c": "int a;\n"}, "core/a.c"),
        ("a script without owner", {"script/a": f"#!/bin/sh\n# {TAGS[0]}\n"}, TAGS[1].strip()),
        ("a licence too far down", {"a.h": "\n" * 9 + "\n".join(TAGS)}, "a.h"),
    ],
)
