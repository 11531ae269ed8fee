# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""What the documents point at is there."""

import re

import style

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# `core/wire.c` or `tests/fault/`: a path in code quotes below one of our folders
PATH = re.compile(r"`((?:core|dbus|daemon|ctl|data|man|polkit|script|tests)/[\w./*-]*)`")


def anchors(tree, path):
    """How a forge names the headings of PATH."""
    for heading in re.findall(r"^#+ (.+)$", tree.text(path), re.M):
        yield re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def check(tree):
    for path in tree.files("*.md"):
        text = tree.text(path)
        for target in LINK.findall(text):
            if "://" in target or target.startswith("mailto:"):
                continue
            file, _, anchor = target.partition("#")
            goal = path.parent / file if file else path
            if not tree.has(goal):
                yield f"{path}: there is no {target}"
            elif anchor and anchor not in anchors(tree, goal):
                yield f"{path}: {goal} has no heading for #{anchor}"
        for target in PATH.findall(text):
            if not any(tree.root.glob(target.rstrip("/"))):
                yield f"{path}: there is no {target}"


style.run(
    check,
    [
        ("a link into the void", {"A.md": "[b](B.md)"}, "B.md"),
        ("a heading that is gone", {"A.md": "[b](B.md#c)", "B.md": "# d\n"}, "#c"),
        ("a file that moved", {"A.md": "see `core/wire.c`"}, "core/wire.c"),
    ],
)
