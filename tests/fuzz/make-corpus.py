#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Writes the seeds of the binary fuzz targets to corpus/. Run it after a change of a target's input;
what a fuzzer finds goes beside them under a name of its own."""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
TYPES |= {"SRV": 33, "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47, "HTTPS": 65}
TYPES |= {"TSIG": 250, "AXFR": 252, "ANY": 255, "OWN": 65280}
QUESTION = b"\xc0\x0c"  # a pointer to the name asked for


def name(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(text, kind="A", klass=1):
    return name(text) + struct.pack(">HH", TYPES[kind], klass)


def record(owner, kind, data, ttl=300, klass=1):
    return owner + struct.pack(">HHIH", TYPES[kind], klass, ttl, len(data)) + data


def soa(owner, ttl=600, minimum=60):
    numbers = struct.pack(">IIIII", 1, 2, 3, 4, minimum)
    return record(owner, "SOA", name("ns.example") + name("mail.example") + numbers, ttl)


def rrsig(owner, covered):
    head = struct.pack(">HBBIIIH", TYPES[covered], 13, 2, 300, 2**31, 2**30, 1)
    return record(owner, "RRSIG", head + name("example") + bytes(64))


def opt(options=(), size=1232, ttl=0):
    data = b"".join(struct.pack(">HH", code, len(value)) + value for code, value in options)
    return b"\0" + struct.pack(">HHIH", TYPES["OPT"], size, ttl, len(data)) + data


def message(asked, answer=(), authority=(), additional=(), flags=0x8180):
    counts = (1, len(answer), len(authority), len(additional))
    head = struct.pack(">HHHHHH", 0x1234, flags, *counts)
    return head + asked + b"".join([*answer, *authority, *additional])


def query(asked, additional=(), flags=0x0120):
    return message(asked, additional=additional, flags=flags)


def requests():
    """An octet of circumstances before each: 1 for a stream, 2 for a small payload."""
    www = question("www.example.com")
    ecs = (8, b"\0\1\x18\0\xc0\0\2")
    yield "plain", b"\2" + query(www)
    yield "mixed-case", b"\0" + query(question("wWw.ExAmPlE.cOm", "AAAA"))
    yield "edns", b"\2" + query(www, [opt(ttl=0x8000)])
    options = [ecs, (10, bytes(8)), (11, b""), (12, bytes(20)), (3, b""), (100, b"x")]
    yield "options", b"\1" + query(www, [opt(options)])
    yield "two-opts", b"\2" + query(www, [opt(), opt()])
    yield "version-1", b"\2" + query(www, [opt(ttl=0x10000)])
    yield "bad-option", b"\2" + query(www, [opt([ecs])[:-1]])
    yield "signed", b"\2" + query(www, [record(name("key"), "TSIG", bytes(30), klass=255)])
    yield "notify", b"\2" + query(www, flags=0x2000)
    yield "transfer", b"\1" + query(question("example.com", "AXFR"))
    yield "chaos", b"\2" + query(question("version.bind", "TXT", 3))
    yield "root", b"\2" + query(question("", "NS"))
    yield "longest", b"\2" + query(question(".".join(["x" * 63] * 3 + ["y" * 61])), [opt()])
    yield "trailing", b"\2" + query(www) + b"junk"
    yield "response", b"\2" + message(www)
    yield "no-question", b"\2" + query(b"")


def answers():
    """Before each: an octet, 1 for DO and 2 for CD, and an age in seconds in two."""
    young, old = b"\0\0\5", b"\0\1\0"
    www = question("www.example.com")
    address = record(QUESTION, "A", bytes([192, 0, 2, 1]))
    yield "address", young + message(www, [address], additional=[opt()])
    yield "old", old + message(www, [address])
    two = record(QUESTION, "A", bytes([192, 0, 2, 2]), 200)
    yield "two-ttls", young + message(www, [address, two])
    yield "huge-ttl", young + message(www, [record(QUESTION, "A", bytes(4), 2**31 + 5)])
    yield "zero-ttl", young + message(www, [record(QUESTION, "A", bytes(4), 0)])
    alias = record(QUESTION, "CNAME", name("a.example"))
    second = record(name("a.example"), "CNAME", name("b.example"), 100)
    target = record(name("b.example"), "A", bytes(4))
    yield "aliases", young + message(www, [alias, second, target])
    yield "aliases-unordered", young + message(www, [target, second, alias])
    yield "alias-loop", young + message(www, [alias, record(name("a.example"), "CNAME", QUESTION)])
    stranger = record(name("evil.example"), "A", bytes(4))
    yield "stranger", young + message(www, [address, stranger], [stranger], [stranger, opt()])
    zone = b"\xc0\x10"
    yield "nodata", young + message(www, [], [soa(zone)])
    yield "nxdomain", young + message(www, [], [soa(zone), stranger], [opt()], 0x8183)
    yield "nxdomain-alias", young + message(www, [alias], [soa(name("example"))], [], 0x8183)
    yield "no-soa", young + message(www, [], [record(zone, "NS", name("ns.example"))])
    signed = [address, rrsig(QUESTION, "A")]
    yield "signed", b"\1\0\5" + message(www, signed, [], [opt(ttl=0x8000)], 0x81A0)
    yield "signed-unasked", young + message(www, signed)
    nsec = record(zone, "NSEC", name("z.example.com") + b"\0\1\x40")
    yield "denial", b"\1\0\5" + message(www, [], [soa(zone), nsec, rrsig(zone, "NSEC")], [opt()])
    dname = record(zone, "DNAME", name("other.example"))
    synthesised = record(QUESTION, "CNAME", name("www.other.example"))
    yield "dname", young + message(www, [dname, synthesised])
    mx = record(QUESTION, "MX", b"\0\x0a\4mail" + zone)
    yield "mx", young + message(question("www.example.com", "MX"), [mx])
    svcb = record(QUESTION, "HTTPS", b"\0\1\0\0\1\0\3\2h2")
    yield "https", young + message(question("www.example.com", "HTTPS"), [svcb])
    own = record(QUESTION, "OWN", bytes(range(40)))
    yield "own-type", young + message(question("www.example.com", "OWN"), [own])
    many = [record(QUESTION, "TXT", b"\xff" + bytes([i]) * 255) for i in range(40)]
    yield "long", young + message(question("www.example.com", "TXT"), many)
    yield "any", young + message(question("www.example.com", "ANY"), [address, mx, svcb])
    ede = [(15, b"\0\x06bogus"), (11, b"\0\x64"), (12, bytes(30))]
    yield "servfail", young + message(www, [], [], [opt(ede)], 0x8182)
    yield "badvers", young + message(www, [], [], [opt(ttl=0x1000000)])
    yield "truncated", young + message(www, [address], flags=0x8380)
    yield "root", young + message(question("", "NS"), [record(b"\0", "NS", name("a.root"))])
    yield "counts-lie", young + message(www, [address])[:-3]


def streams():
    """A seed octet before each."""
    parts = [b"", b"x", bytes(12), b"abc" * 100, bytes(16384)]
    frames = [struct.pack(">H", len(part)) + part for part in parts]
    yield "frames", b"\1" + b"".join(frames[1:4])
    yield "empty-ones", b"\2" + frames[0] * 3 + frames[2]
    yield "large", b"\3" + frames[4] + frames[1]
    yield "unfinished", b"\4" + frames[3] + frames[3][:50]
    yield "half-a-length", b"\5" + frames[2] + b"\1"
    yield "largest", b"\6" + b"\xff\xff" + bytes(65535)


def specials():
    """Type and class before each name."""
    zeroes = "0." * 31
    names = ["localhost", "a.localhost", "x.invalid", "x.onion", "printer.local", "a.b.alt"]
    names += ["home.arpa", "r.home.arpa", "_dns.resolver.arpa", "ipv4only.arpa", "test", "com"]
    names += ["1.0.0.127.in-addr.arpa", "0.127.in-addr.arpa", "1.2.3.10.in-addr.arpa"]
    names += [f"1.{number}.172.in-addr.arpa" for number in (15, 16, 31, 32)]
    names += [f"1.{number}.100.in-addr.arpa" for number in (63, 64, 127, 128)]
    names += ["1.1.168.192.in-addr.arpa", "1.254.169.in-addr.arpa", "8.8.8.8.in-addr.arpa"]
    names += [f"1.{zeroes}ip6.arpa", f"{zeroes}ip6.arpa", "1.d.f.ip6.arpa", "8.e.f.ip6.arpa"]
    names += ["1.8.b.d.0.1.0.0.2.ip6.arpa", "www.example.com", "fileserver", ""]
    for number, text in enumerate(names):
        kind = ["A", "PTR", "SOA", "DS", "ANY"][number % 5]
        for klass in (1, 3) if number == 0 else (1,):
            head = struct.pack(">HH", TYPES[kind], klass)
            yield f"{number:02}-{(text or 'root')[:30]}-{klass}", head + name(text)


def main():
    seeds = {"answer": answers, "frames": streams, "request": requests, "special": specials}
    for target, make in seeds.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for title, content in make():
            (folder / title).write_bytes(content)


if __name__ == "__main__":
    main()
