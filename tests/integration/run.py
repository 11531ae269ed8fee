# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""The first command of the README, as a newcomer types it. Argument: the tree.

It works on a copy of the tree and, where the test is run by root, as an ordinary user, so that
nothing can lean on a file that only we have.
"""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile

import harness

LEFT_OUT = shutil.ignore_patterns(".git", "build*", "_build*", "__pycache__")


def as_newcomer(copy):
    """Options of subprocess.run() for an ordinary user who owns COPY."""
    temporary = copy / "tmp"
    temporary.mkdir()
    environment = {
        "HOME": str(copy),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "TMPDIR": str(temporary),
    }
    options = {"cwd": copy, "env": environment, "capture_output": True, "text": True}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in [copy, *copy.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return options


def script_run(copy, options, *words):
    return subprocess.run([copy / "script/run", *words], check=False, timeout=500, **options)


def demo_once(copy, options):
    """script/run --demo --once builds, asks and shows an answer.
    Would catch a file that is missing from the tree, and a need for root or for the network."""
    port = str(harness.free_port())
    result = script_run(copy, options, "--demo", "--once", "--port", port)
    assert result.returncode == 0, result.stdout + result.stderr
    for expected in ("status: NOERROR", f"dig @127.0.0.1 -p {port}", "TLS1.3"):
        assert expected in result.stdout, f"no '{expected}' in:\n{result.stdout}{result.stderr}"
    assert "\x1b" not in result.stdout, "colours, and yet no terminal"


def nothing_left(copy, options):
    """Afterwards nothing of it is left below TMPDIR.
    Would catch a directory or a daemon that outlives the script."""
    left = list(pathlib.Path(options["env"]["TMPDIR"]).iterdir())
    assert not left, left


def port_taken(copy, options):
    """A port that is taken is one clear line and exit status 1.
    Would catch a script that talks to whoever has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])
        result = script_run(copy, options, "--demo", "--once", "--port", port)
    assert result.returncode == 1 and port in result.stderr, result.stdout + result.stderr


def wrong_use(copy, options):
    """Wrong arguments are one clear line and exit status 2.
    Would catch an argument that is silently ignored."""
    for words in (["--nonsense"], ["--port"], ["--port", "70000"], ["--port", "x"], ["extra"]):
        result = script_run(copy, options, *words)
        assert result.returncode == 2, (words, result)
        assert len(result.stderr.splitlines()) == 1 and words[-1] in result.stderr, result.stderr


TESTS = [wrong_use, demo_once, port_taken, nothing_left]


def main():
    with tempfile.TemporaryDirectory(prefix="dotls-copy-") as folder:
        copy = pathlib.Path(folder, "dotls")
        os.chmod(folder, 0o755)
        shutil.copytree(sys.argv[1], copy, ignore=LEFT_OUT, symlinks=True)
        sys.exit(1 if harness.run(TESTS, copy, as_newcomer(copy)) else 0)


main()
