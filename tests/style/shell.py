# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Shell scripts pass shellcheck."""

import shutil
import subprocess

import style

if not shutil.which("shellcheck"):
    style.skip("there is no shellcheck")


def check(tree):
    scripts = [str(path) for path in tree.scripts()]
    if not scripts:
        yield "no script found"
        return
    result = subprocess.run(
        ["shellcheck", "--external-sources", "--format=gcc", *scripts],
        cwd=tree.root,
        capture_output=True,
        text=True,
        check=False,
    )
    yield from (result.stdout + result.stderr).splitlines()


style.run(
    check,
    [
        ("a word that splits", {"script/a": "#!/bin/bash\nrm $1\n"}, "script/a:2"),
        ("a tree without scripts", {"a.c": ""}, "no script"),
    ],
)
