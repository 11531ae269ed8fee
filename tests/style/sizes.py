# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Nothing outgrows one reading: files, headers, functions."""

import re
import statistics

import style

FILE_MAX = 800
HEADER_MAX = 150
FUNCTION_MAX = 100

COMMENT = re.compile(r"/\*.*?\*/", re.S)
NAME = re.compile(r"^(\w+) \(")


def functions(lines):
    """Name and length of each function, from the line with its name to its last brace. GNU style,
    which clang-format keeps, puts both at column 0."""
    name = start = None
    for number, line in enumerate(lines):
        if found := NAME.match(line):
            name, start = found[1], number
        elif line == "}" and name:
            yield name, number - start + 1
            name = None
        elif line.endswith(";") and not line.startswith((" ", "\t")):
            name = None  # a prototype, or a table


def header_length(text):
    """Without comments, which a header should have many of, and without the rows of an X-macro
    table, which end in a backslash and grow with the matter."""
    lines = COMMENT.sub("", text).splitlines()
    return sum(bool(line.strip()) and not line.endswith("\\") for line in lines)


def check(tree):
    files, lengths = [], []
    for path in tree.files("*.c", "*.h", "*.py"):
        lines = tree.lines(path)
        files.append(len(lines))
        if len(lines) > FILE_MAX:
            yield f"{path}: {len(lines)} lines, at most {FILE_MAX}"
        if path.suffix == ".h" and (length := header_length(tree.text(path))) > HEADER_MAX:
            yield f"{path}: {length} lines of declarations, at most {HEADER_MAX}"
        if path.suffix != ".c":
            continue
        for name, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION_MAX:
                yield f"{path}: {name}() has {length} lines, at most {FUNCTION_MAX}"
    if len(lengths) > 1:
        print(
            f"# {len(files)} files: median {statistics.median(files):.0f} lines,"
            f" longest {max(files)}; {len(lengths)} functions:"
            f" median {statistics.median(lengths):.0f},"
            f" 9 of 10 up to {statistics.quantiles(lengths, n=10)[8]:.0f}, longest {max(lengths)}"
        )


LONG = "int\nlong_one (void)\n{\n" + "  x ();\n" * 99 + "}\n"
style.run(
    check,
    [
        ("a long file", {"core/a.c": "\n" * 801}, "801 lines"),
        ("a long header", {"core/a.h": "int a;\n" * 151}, "151 lines"),
        ("a long function", {"core/a.c": LONG}, "long_one()"),
        ("a long function after a short one", {"a.c": "int\nb (void)\n{\n}\n" + LONG}, "long_one"),
    ],
)
