# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Resolvers that people really run, as DNS-over-TLS servers on loopback.

unbound holds the zone. The other two ask it, so each shows its own TLS and its own time-outs.
"""

import harness

BIG = 40  # strings of 100 octets: too much for any UDP answer

# Owner, type, data. One of each kind that something in the path might treat specially.
RECORDS = [
    ("a", "A", "192.0.2.1"),
    ("aaaa", "AAAA", "2001:db8::1"),
    ("two", "A", "192.0.2.2"),
    ("two", "A", "192.0.2.3"),
    ("mx", "MX", "10 mail.zone.example."),
    ("txt", "TXT", '"plain" "with \\"quotes\\""'),
    ("srv", "SRV", "0 5 853 a.zone.example."),
    ("caa", "CAA", '0 issue "ca.example"'),
    ("naptr", "NAPTR", '100 10 "S" "SIP+D2U" "" _sip._udp.zone.example.'),
    ("tlsa", "TLSA", "3 1 1 " + "AB" * 32),
    ("sshfp", "SSHFP", "4 2 " + "CD" * 32),
    ("https", "TYPE65", "\\# 10 0001 00 0001 0003 026832"),
    ("own", "TYPE65280", "\\# 4 C0000201"),
    ("alias", "CNAME", "a.zone.example."),
]
RECORDS += [("big", "TXT", f'"{number:02}{"x" * 98}"') for number in range(BIG)]
RECORDS += [(f"many{number}", "A", f"198.51.100.{number % 254 + 1}") for number in range(200)]

# Each pair once, in order.
QUESTIONS = list(dict.fromkeys((f"{owner}.zone.example", kind) for owner, kind, _ in RECORDS))
TYPES = [question for question in QUESTIONS if not question[0].startswith(("many", "big"))]

UNBOUND = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  interface: 127.0.0.1@{port}
  {tls}
  do-not-query-localhost: no
  incoming-num-tcp: 100
  root-hints: ""
  # one order of records, or answers could not be compared
  rrset-roundrobin: no
  minimal-responses: no
  local-zone: "zone.example." static
  local-data: "zone.example. 3600 IN SOA ns.zone.example. hostmaster.zone.example. 1 2 3 4 300"
  local-data: "zone.example. 3600 IN NS ns.zone.example."
{records}
remote-control:
  control-enable: no
"""

UNBOUND_TLS = """interface: 127.0.0.1@{tls_port}
  tls-port: {tls_port}
  tls-service-key: "{folder}/server.key"
  tls-service-pem: "{folder}/server.pem"
"""

KRESD = """
net.listen('127.0.0.1', {tls_port}, {{ kind = 'tls' }})
net.tls('{folder}/server.pem', '{folder}/server.key')
net.ipv6 = false
modules.unload('priming')
modules.unload('detect_time_skew')
modules.unload('ta_update')
modules.unload('ta_signal_query')
trust_anchors.remove('.')
cache.size = 10 * MB
policy.add(policy.all(policy.STUB('127.0.0.1@{backend}')))
"""

DNSDIST = """
setSecurityPollSuffix('')
setACL({{'127.0.0.0/8'}})
addTLSLocal('127.0.0.1:{tls_port}', '{folder}/server.pem', '{folder}/server.key')
newServer('127.0.0.1:{backend}'):setUp()
"""


def _unbound(lab, port, tls_port=None):
    """unbound with the zone, in the clear on PORT and over TLS on TLS_PORT."""
    values = {"folder": lab.folder, "port": port, "tls_port": tls_port}
    records = "\n".join(
        f"  local-data: '{owner}.zone.example. 3600 IN {kind} {data}'"
        for owner, kind, data in RECORDS
    )
    tls = UNBOUND_TLS.format(**values) if tls_port else ""
    name = f"unbound-{tls_port or port}"
    config = lab.write(f"{name}.conf", UNBOUND.format(records=records, tls=tls, **values))
    return lab.start(name, "unbound", "-d", "-p", "-c", config)


class Peer:
    """One of them; can be stopped and started again on the same ports."""

    def __init__(self, lab, kind):
        self.lab = lab
        self.kind = kind
        self.tls_port = harness.free_port()
        self.backend = harness.free_port()
        if kind != "unbound":
            _unbound(lab, self.backend)
        self.start()

    def start(self):
        values = {"folder": self.lab.folder, "tls_port": self.tls_port, "backend": self.backend}
        if self.kind == "unbound":
            self.process = _unbound(self.lab, self.backend, self.tls_port)
        elif self.kind == "kresd":
            config = self.lab.write("kresd.conf", KRESD.format(**values))
            self.process = self.lab.start("kresd", "kresd", "-n", "-c", config, self.lab.folder)
        else:
            config = self.lab.write("dnsdist.conf", DNSDIST.format(**values))
            self.process = self.lab.start(
                "dnsdist", "dnsdist", "--supervised", "--disable-syslog", "-C", config
            )

    def stop(self):
        self.process.stop()
