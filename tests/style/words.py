# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Nothing unfinished, and nothing that points at the machine on which it was written."""

import re

import style

# Spelled apart, so that this file may pass itself.
WORDS = re.compile(
    r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"
    r"|(?<![\w$.}>])/wo" r"rk(?![\w-])"
    r"|\.\./sha" r"red\b"
    r"|(?<!\w)\.libr" r"ary\b"
)
EXEMPT = ("LICENSES/*",)


def check(tree):
    for path in tree.files():
        if any(path.match(pattern) for pattern in EXEMPT):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if found := WORDS.search(line):
                yield f"{path}:{number}: '{found[0]}'"


style.run(
    check,
    [
        ("an unfinished thing", {"a.c": "/* TO" "DO: later */\n"}, "a.c:1"),
        ("a path of one machine", {"a.py": "open('/wo" "rk/x')\n"}, "a.py:1"),
        ("a neighbour of the tree", {"a.md": "see ../sha" "red/design\n"}, "a.md:1"),
    ],
)
