# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Every C file is built: one that meson does not name rots unseen."""

import re

import style

FOLDERS = ("core/", "dbus/", "daemon/", "ctl/", "agent/", "tests/")


def listed(tree, folder):
    """What stands between quotes in FOLDER's meson.build."""
    build = folder / "meson.build"
    code = re.sub(r"(?m)^\s*#.*", "", tree.text(build)) if tree.has(build) else ""
    return set(re.findall(r"'([^']+)'", code))


def check(tree):
    for path in tree.files("*.c", under=FOLDERS):
        names = listed(tree, path.parent)
        # tests are listed in tables, by what comes after test- or fuzz-
        short = re.sub(r"^(test|fuzz)-", "", path.stem)
        if not names & {path.name, path.stem, short}:
            yield f"{path}: not named in {path.parent}/meson.build"


style.run(
    check,
    [
        (
            "a file that meson does not know",
            {"core/a.c": "", "core/meson.build": "files('b.c')"},
            "core/a.c",
        ),
        (
            "a file that only a comment knows",
            {"core/a.c": "", "core/meson.build": "# 'a.c'"},
            "core/a.c",
        ),
        (
            "a test that never runs",
            {"tests/unit/test-a.c": "", "tests/unit/meson.build": "'b'"},
            "test-a.c",
        ),
    ],
)
