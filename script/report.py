#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Reads what meson logged of several runs: shows what failing tests said, and counts over all.

meson itself shows only the standard error of a test that speaks TAP, and counts each run apart.
"""

import json
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
TAIL = 120  # lines; the rest is in meson's own log


def show(test):
    print(f"\n---- {test['name']}: {test['result']}, exit status {test['returncode']}")
    lines = test.get("stdout", "").splitlines() + test.get("stderr", "").splitlines()
    lines = [line for line in lines if not line.startswith("ok ")]
    print("\n".join(lines[-TAIL:]))


def main():
    tests = []
    for log in sys.argv[1:]:
        with open(log, encoding="utf-8") as file:
            tests += [json.loads(line) for line in file]
    skipped = [test for test in tests if test["result"] == "SKIP"]
    failed = [test for test in tests if test["result"] not in PASSED | {"SKIP"}]
    for test in failed:
        show(test)
    for test in skipped:
        reason = test.get("stdout", "").strip().partition("SKIP")[2].strip()
        print(f"skipped: {test['name']}: {reason}")
    passed = len(tests) - len(failed) - len(skipped)
    print(f"\n{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    sys.exit(1 if failed or not passed else 0)


main()
