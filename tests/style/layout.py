# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""C files look as clang-format leaves them."""

import re
import shutil
import subprocess

import style

# Releases differ in small things; the one of our floor, Debian 12, decides.
RELEASE = 14

tool = shutil.which(f"clang-format-{RELEASE}") or shutil.which("clang-format")
if not tool:
    style.skip("there is no clang-format")
version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
if f" {RELEASE}." not in version:
    style.skip(f"clang-format {RELEASE} decides, and this is {version.strip()}")


def check(tree):
    files = [str(tree.root / path) for path in tree.files("*.c", "*.h")]
    result = subprocess.run(
        [tool, "--dry-run", "--Werror", "--ferror-limit=1", "--style=file", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(rf"^{re.escape(str(tree.root))}/(\S+?):(\d+):", result.stderr, re.M)
    for path, line in found:
        yield f"{path}:{line}: not as clang-format leaves it (clang-format -i {path})"
    if result.returncode and not found:
        yield f"clang-format failed: {result.stderr.strip()}"


style.run(
    check,
    [
        (
            "a cramped line",
            {".clang-format": "BasedOnStyle: GNU\n", "a.c": "int f(){return 1;}\n"},
            "a.c:1",
        )
    ],
)
