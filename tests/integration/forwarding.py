# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""dotlsd in front of a resolver that people really run. Arguments: PEER, dotlsd, dotlsctl.

Each test says in its second sentence what it would catch.
"""

import json
import os
import subprocess
import sys

import harness
import peers

CONFIG = """
[dns]
listen = {listen}
mode = strict
cache-size = 8M
[upstream peer]
address = 127.0.0.1:{port}
auth-name = {name}
ca-file = {folder}/ca.pem
"""


class Forwarder:
    """A running dotlsd, and the ways to ask it."""

    def __init__(self, lab, port, name="dot.test"):
        # meson gives paths relative to the build
        dotlsd, self.dotlsctl = map(os.path.abspath, sys.argv[2:])
        self.lab = lab
        self.port = harness.free_port()
        self.folder = lab.folder / name
        listen = f"127.0.0.1:{self.port}"
        if harness.has_ipv6():
            listen += f" ; [::1]:{self.port}"
        text = CONFIG.format(listen=listen, port=port, name=name, folder=lab.folder)
        config = lab.write(f"{name}.conf", text)
        arguments = ["--config", config, "--runtime-dir", self.folder / "run"]
        arguments += ["--state-dir", self.folder / "state"]
        self.process = lab.start(f"dotlsd-{name}", dotlsd, *arguments)

    def dig(self, *words, host="127.0.0.1"):
        """Asks once, without asking again, and returns what dig prints."""
        command = ["dig", f"@{host}", "-p", str(self.port), "+tries=1", "+timeout=5", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def kdig(self, *words):
        command = ["kdig", "@127.0.0.1", "-p", str(self.port), "+retry=0", "+timeout=5", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def ctl(self, *words):
        command = [self.dotlsctl, "--runtime-dir", self.folder / "run", "--json", *words]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def answers(text):
    """The records of an answer, without what may differ: their order and their TTL."""
    records = set()
    for line in text.splitlines():
        if line and not line.startswith(";"):
            owner, _, rest = line.split(None, 2)
            records.add((owner, rest))
    return records


def directly(peer, lab, name, kind):
    """What the peer itself says over TLS."""
    command = ["kdig", "@127.0.0.1", "-p", str(peer.tls_port), f"+tls-ca={lab.folder}/ca.pem"]
    command += ["+tls-host=dot.test", "+retry=0", "+noall", "+answer", name, kind]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_types(peer, forwarder, ask):
    for name, kind in peers.TYPES:
        expected = answers(directly(peer, forwarder.lab, name, kind))
        assert expected, f"the peer knows no {kind} of {name}"
        found = answers(ask("+noall", "+answer", name, kind))
        assert found == expected, f"{name} {kind}: {found} instead of {expected}"


def every_type_over_udp(peer, forwarder):
    """Every type of record arrives over UDP as the peer gave it.
    Would catch an answer damaged by id mapping, padding, or the ageing of TTLs."""
    check_types(peer, forwarder, lambda *words: forwarder.kdig("+notcp", *words))


def every_type_over_tcp(peer, forwarder):
    """Every type of record arrives over TCP, now from the cache.
    Would catch a cache that keeps something else than what it was given."""
    check_types(peer, forwarder, lambda *words: forwarder.kdig("+tcp", *words))


def nothing_there(peer, forwarder):
    """A missing name is NXDOMAIN, a missing type NODATA, both with their SOA, twice.
    Would catch a negative answer that loses its authority section or its code in the cache."""
    for _ in range(2):
        text = forwarder.dig("missing.zone.example", "A")
        assert "status: NXDOMAIN" in text and "SOA" in text, text
        text = forwarder.dig("a.zone.example", "MX")
        assert "status: NOERROR" in text and "ANSWER: 0" in text and "SOA" in text, text


def big_answer(peer, forwarder):
    """An answer of 4,600 octets is truncated over UDP and whole over TCP.
    Would catch a datagram above the client's size, and a cut answer kept as a whole one."""
    text = forwarder.dig("big.zone.example", "TXT", "+ignore", "+bufsize=1232")
    assert "flags: qr tc" in text, text
    text = forwarder.dig("big.zone.example", "TXT", "+bufsize=1232")
    assert f"ANSWER: {peers.BIG}," in text and "(TCP)" in text, text


def many_on_one_connection(peer, forwarder):
    """200 names asked on one client connection all get their own answer.
    Would catch answers handed to the wrong question, and a pipeline that stalls."""
    batch = forwarder.lab.write(
        "batch", "".join(f"many{number}.zone.example A\n" for number in range(200))
    )
    found = answers(forwarder.dig("+tcp", "+keepopen", "+noall", "+answer", "-f", str(batch)))
    expected = {
        (f"many{number}.zone.example.", f"IN\tA\t198.51.100.{number % 254 + 1}")
        for number in range(200)
    }
    assert found == expected, f"wrong or missing: {found ^ expected}"


def over_ipv6(peer, forwarder):
    """A client that comes over IPv6 is answered from the address it asked.
    Would catch an answer that leaves from another address, which dig refuses."""
    if harness.has_ipv6():
        text = forwarder.dig("aaaa.zone.example", "AAAA", host="::1")
        assert "2001:db8::1" in text, text


def one_connection(peer, forwarder):
    """All of it took few connections, each over authenticated TLS 1.3.
    Would catch a connection for each query."""
    (upstream,) = forwarder.ctl("upstream", "list")["upstreams"]
    assert upstream["tls-version"] == "TLS1.3", upstream
    assert upstream["verified-by"] == "name", upstream
    assert upstream["statistics"]["connections"] <= 5, upstream


def other_name(peer, forwarder):
    """A peer whose certificate is for another name is not asked anything.
    Would catch a strict mode that is not strict."""
    stranger = Forwarder(forwarder.lab, peer.tls_port, name="other.test")
    text = stranger.dig("a.zone.example", "A")
    assert "status: SERVFAIL" in text and "EDE: " in text, text
    assert stranger.process.stop() == 0


def peer_away(peer, forwarder):
    """With the peer gone, kept answers still come and others fail in time with a reason.
    Would catch a forwarder that hangs, or forgets, when its upstream goes away."""
    peer.stop()
    text = forwarder.dig("a.zone.example", "A")
    assert "status: NOERROR" in text, text
    text = forwarder.dig("away.zone.example", "A")
    assert "status: SERVFAIL" in text and "EDE: " in text, text


def peer_back(peer, forwarder):
    """With the peer back, names are answered again without a restart of ours.
    Would catch a back-off without end, and a failure kept for too long."""
    peer.start()
    # Each question waits for its answer, and a failed name is kept back for a while, so each asks
    # for a new one.
    for number in range(40):
        text = forwarder.dig(f"back{number}.zone.example", "A")
        if "status: NXDOMAIN" in text:
            return
    raise AssertionError(f"still no answer: {text}")


def clean_end(peer, forwarder):
    """SIGTERM ends it with status 0.
    Would catch a leak or a fault that a sanitizer saw."""
    status = forwarder.process.stop()
    log = forwarder.process.log.read_text(errors="replace")
    assert status == 0 and "Sanitizer" not in log, f"exit status {status}; {log}"


TESTS = [
    every_type_over_udp,
    every_type_over_tcp,
    nothing_there,
    big_answer,
    many_on_one_connection,
    over_ipv6,
    one_connection,
    other_name,
    peer_away,
    peer_back,
    clean_end,
]


def main():
    kind = sys.argv[1]
    harness.need("openssl", "dig", "kdig", "unbound", kind)
    with harness.Lab() as lab:
        peer = peers.Peer(lab, kind)
        sys.exit(1 if harness.run(TESTS, peer, Forwarder(lab, peer.tls_port)) else 0)


main()
