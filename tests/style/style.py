# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""What the style tests share: the files of the tree, and a report that proves each check can fail.

A style test is a function that takes a Tree and yields violations, and a list of plants: little
trees with one violation each. A check that misses a plant is worth nothing, so that is a failure.
"""

import pathlib
import sys
import tempfile

SKIPPED = {".git", "__pycache__", "corpus", "subprojects"}


class Tree:
    """The files below ROOT that are written by hand."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def _walk(self, folder):
        for path in sorted(folder.iterdir()):
            if path.name in SKIPPED or path.is_symlink():
                continue
            if path.is_dir():
                # what .gitignore leaves out
                if folder == self.root and path.name.startswith(("build", "_build")):
                    continue
                yield from self._walk(path)
            else:
                yield path

    def files(self, *patterns, under=("",)):
        """Paths, relative to the root, that match a pattern and lie below one of UNDER."""
        for path in self._walk(self.root):
            relative = path.relative_to(self.root)
            if any(relative.match(pattern) for pattern in patterns or ("*",)) and any(
                relative.as_posix().startswith(folder) for folder in under
            ):
                yield relative

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).splitlines()

    def has(self, path):
        return (self.root / path).exists()

    def scripts(self):
        """Shell scripts: by their first line, as they carry no suffix."""
        for path in self.files():
            first = self.text(path)[:60].splitlines()[:1]
            if first and first[0].startswith("#!") and first[0].endswith(("bash", "/sh")):
                yield path


def _plant(folder, files):
    for path, text in files.items():
        target = pathlib.Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _finds(check, files, expected):
    with tempfile.TemporaryDirectory() as folder:
        _plant(folder, files)
        return any(expected in violation for violation in check(Tree(folder)))


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def run(check, plants):
    """PLANTS: tuples of what is wrong, the files, and a part of the violation they must raise."""
    print(f"1..{len(plants) + 1}")
    failed = False
    for number, (what, files, expected) in enumerate(plants, 1):
        found = _finds(check, files, expected)
        failed |= not found
        print(f"{'ok' if found else 'not ok'} {number} - notices {what}")
    violations = list(check(Tree(sys.argv[1])))
    for violation in violations:
        print(violation, file=sys.stderr)
    print(f"{'not ok' if violations else 'ok'} {len(plants) + 1} - the tree")
    sys.exit(1 if failed or violations else 0)
