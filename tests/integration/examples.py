# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Every example of settings in the documents is one that dotlsd accepts. Arguments: tree, dotlsd.

Would catch a key that was renamed, or that never existed.
"""

import os
import pathlib
import re
import subprocess
import sys

import harness

EXAMPLE = re.compile(r"^```ini\n(.*?)^```", re.M | re.S)


def check(dotlsd, lab, text):
    """Runs dotlsd --check-config over TEXT, with an authority that exists."""
    text = re.sub(r"(?m)^ca-file *=.*", f"ca-file = {lab.folder}/ca.pem", text)
    config = lab.write("example.conf", text)
    command = [os.path.abspath(dotlsd), "--check-config", "--config", config]
    # the catalogue of this tree, not of what is installed
    environment = {**os.environ, "DOTLS_DATA_DIR": str(pathlib.Path(sys.argv[1], "data"))}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def example(dotlsd, lab, number, text):
    def test():
        result = check(dotlsd, lab, text)
        assert result.returncode == 0, f"{text}\n{result.stdout}{result.stderr}"

    test.__doc__ = f"example {number}"
    return test


def main():
    tree, dotlsd = sys.argv[1:]
    harness.need("openssl")
    texts = EXAMPLE.findall(pathlib.Path(tree, "README.md").read_text(encoding="utf-8"))
    with harness.Lab() as lab:

        def mistake():
            """A mistake in an example is noticed."""
            result = check(dotlsd, lab, texts[0] + "no-such-key = 1\n")
            assert result.returncode == 1 and "no-such-key" in result.stdout + result.stderr, result

        tests = [example(dotlsd, lab, number, text) for number, text in enumerate(texts, 1)]
        sys.exit(1 if harness.run([mistake, *tests]) else 0)


main()
