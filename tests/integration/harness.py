# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Real programs in a directory of their own: certificates, processes, and a TAP report."""

import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

# Long enough for a sanitized build on a busy machine; only a failure ever waits for it.
PATIENCE = 30

OPENSSL = """
[req]
distinguished_name = name
prompt = no
[name]
CN = dotls test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:dot.test, IP:127.0.0.1
"""


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def need(*programs):
    """Skips the test, saying why, unless all PROGRAMS are installed."""
    # Debian keeps servers out of a user's PATH
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def free_port(host="127.0.0.1"):
    """A port that nobody has, for UDP and TCP, at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as tcp:
            tcp.bind((host, 0))
            port = tcp.getsockname()[1]
            with socket.socket(family, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind((host, port))
                    return port
                except OSError:
                    continue


def has_ipv6():
    try:
        free_port("::1")
        return True
    except OSError:
        return False


class Process:
    """A running server; its output is kept in LOG."""

    def __init__(self, command, folder, log):
        self.name = pathlib.Path(command[0]).name
        self.log = log
        notify = folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(log, "ab") as output:
            notify.unlink(missing_ok=True)
            ready.bind(str(notify))
            self.child = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "NOTIFY_SOCKET": str(notify)},
            )
            self._wait_ready(ready)

    def _wait_ready(self, ready):
        """All servers here tell their supervisor when they serve, by the protocol of sd_notify."""
        child = os.pidfd_open(self.child.pid)
        try:
            while True:
                events = select.select([ready, child], [], [], PATIENCE)[0]
                if ready in events:
                    if b"READY=1" in ready.recv(4096).split(b"\n"):
                        return
                else:
                    self._fail("did not start" if events else f"was not ready in {PATIENCE} s")
        finally:
            os.close(child)

    def _fail(self, what):
        self.child.kill()
        self.child.wait()
        log = self.log.read_text(errors="replace")
        raise AssertionError(f"{self.name} {what}; its log:\n{log}")

    def stop(self):
        """Ends it in an orderly way and returns its exit status."""
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._fail(f"did not end within {PATIENCE} s of SIGTERM")


class Lab:
    """A directory that goes away with everything started in it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dotls-test-"))
        self.processes = []
        self._certificates()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.child.poll() is None:
                process.child.kill()
                process.child.wait()
        shutil.rmtree(self.folder)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, name, *command):
        process = Process([str(word) for word in command], self.folder, self.folder / f"{name}.log")
        self.processes.append(process)
        return process

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def _certificates(self):
        """ca.pem, and server.pem with server.key for dot.test."""
        self.write("openssl.cnf", OPENSSL)
        common = ["req", "-x509", "-config", "openssl.cnf", "-days", "2", "-nodes", "-sha256"]
        common += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self._openssl(*common, "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
        issued = ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=server"]
        issued += ["-extensions", "server", "-keyout", "server.key", "-out", "server.pem"]
        self._openssl(*common, *issued)


def run(tests, *arguments):
    """Runs TESTS in their order, each with ARGUMENTS, and reports by the first line of its text."""
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        title = test.__doc__.strip().splitlines()[0].rstrip(".")
        try:
            test(*arguments)
            print(f"ok {number} - {title}", flush=True)
        except Exception:  # whatever it is, the next test may still tell something
            failed += 1
            traceback.print_exc()
            print(f"not ok {number} - {title}", flush=True)
    return failed
