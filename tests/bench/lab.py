# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""A directory with certificates and the programs that are measured, on processors of their own."""

import glob
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

ADDRESS = "192.0.2.1"  # what the upstream answers to everything
NAME = "dot.test"  # what it is called

OPENSSL = f"""
[req]
distinguished_name = name
prompt = no
[name]
CN = dotls bench
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:{NAME}, IP:127.0.0.1
"""


def free_port():
    """A port of 127.0.0.1 that nobody has at this moment, for UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                continue


def _cores():
    """What is measured has a processor of its own, where there are two: that one, the others."""
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[0]}, {cores[1]}) if len(cores) > 1 else (set(cores), set(cores))


class Program:
    """A running program; everything about it comes from /proc."""

    def __init__(self, command, log, cores):
        ours = os.sched_getaffinity(0)
        self.log = pathlib.Path(log)
        with open(log, "wb") as output:
            os.sched_setaffinity(0, cores)  # is inherited, and costs the start nothing
            try:
                self.child = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            finally:
                os.sched_setaffinity(0, ours)

    def _tasks(self, file):
        for path in glob.glob(f"/proc/{self.child.pid}/task/*/{file}"):
            try:
                yield pathlib.Path(path).read_text()
            except OSError:
                continue  # the thread has ended

    def cpu(self):
        """Seconds of processor time so far."""
        return sum(int(text.split()[0]) for text in self._tasks("schedstat")) / 1e9

    def wakeups(self):
        """How often any thread waited for something so far."""
        return sum(
            int(number)
            for text in self._tasks("status")
            for number in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)
        )

    def memory(self):
        """Resident MiB."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def is_running(self):
        return self.child.poll() is None

    def stop(self):
        if self.is_running():
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
        self.child.wait()


class Lab:
    """Goes away with everything in it that was started."""

    def __init__(self):
        # servers that drop their privileges read what is in it
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dotls-bench-"))
        self.folder.chmod(0o755)
        self.programs = []
        self.cores, self.load_cores = _cores()
        os.sched_setaffinity(0, self.load_cores)

    def __enter__(self):
        self._certificates()
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, name, command, cores):
        program = Program(command, self.folder / f"{name}.log", cores)
        self.programs.append(program)
        return program

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def _certificates(self):
        """ca.pem, and server.pem with server.key."""
        self.write("openssl.cnf", OPENSSL)
        common = ["req", "-x509", "-config", "openssl.cnf", "-days", "2", "-nodes", "-sha256"]
        common += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self._openssl(*common, "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
        issued = ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=server"]
        issued += ["-extensions", "server", "-keyout", "server.key", "-out", "server.pem"]
        self._openssl(*common, *issued)
        (self.folder / "server.key").chmod(0o644)

    def names(self, file, n, zone):
        """N questions for dnsperf, none of them asked before."""
        salt = random.getrandbits(32)
        text = "".join(f"n{number}-{salt:x}.{zone} A\n" for number in range(n))
        return self.write(file, text)

    def load(self, port, questions, seconds=None):
        """Asks QUESTIONS as fast as they are answered, for SECONDS, or each once."""
        command = ["dnsperf", "-s", "127.0.0.1", "-p", port, "-d", questions]
        command += ["-q", 100, "-c", 10, "-t", 2]
        command += ["-l", seconds] if seconds else ["-n", 1]
        program = self.start("dnsperf", command, self.load_cores)
        program.child.wait()
        report = program.log.read_text()

        def number(pattern):
            found = re.search(pattern, report)
            if not found:
                raise RuntimeError(f"dnsperf said: {report[-300:]}")
            return float(found[1])

        return {
            "rate": number(r"Queries per second:\s+([\d.]+)"),
            "done": number(r"Queries completed:\s+(\d+)"),
            "lost": number(r"Queries lost:\s+(\d+)"),
            "latency": number(r"Average Latency \(s\):\s+([\d.]+)") * 1e6,
        }


class Client:
    """Asks one question after the other."""

    def __init__(self, port):
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, name, timeout):
        """Seconds until the right answer came, or None."""
        number = random.getrandbits(16)
        wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        head = struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0)
        self.socket.settimeout(timeout)
        start = time.perf_counter()
        try:
            self.socket.send(head + wire + b"\0\0\1\0\1")
            while True:
                answer = self.socket.recv(2048)
                if answer[:2] == head[:2]:
                    elapsed = time.perf_counter() - start
                    return elapsed if socket.inet_aton(ADDRESS) in answer else None
        except OSError:
            return None

    def wait(self, zone, patience):
        """Asks until an answer comes.  FALSE if that takes more than PATIENCE seconds."""
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            if self.ask(f"w{random.getrandbits(40):x}.{zone}", 0.25):
                return True
            time.sleep(0.0005)  # refused: nobody listens yet, and nothing could tell
        return False
