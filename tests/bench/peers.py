# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""How each forwarder is started: one upstream over TLS by name, one thread, a cache that holds all
that is asked, no validation, answers to 127.0.0.1."""

import os
import pathlib
import re
import shutil
import subprocess

import lab

# Debian keeps servers out of a user's PATH
os.environ["PATH"] += ":/usr/sbin:/sbin"

UPSTREAM = """
setLocal('127.0.0.1:{plain_port}')
setSecurityPollSuffix('')
addTLSLocal('127.0.0.1:{port}', '{folder}/server.pem', '{folder}/server.key',
            {{provider = 'openssl', maxInFlight = 1000}})
setMaxTCPClientThreads(1)
addAction(QTypeRule(DNSQType.A), SpoofAction({{'{address}'}}, {{ttl = 3600}}))
addAction(AllRule(), RCodeAction(DNSRCode.NXDOMAIN))
"""

DOTLSD = """
[dns]
listen = 127.0.0.1:{port}
cache-size = 64M
[upstream bench]
address = 127.0.0.1:{upstream}
auth-name = {name}
ca-file = {folder}/ca.pem
"""

STUBBY = """
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 128
edns_client_subnet_private : 1
idle_timeout: 10000
tls_ca_file: "{folder}/ca.pem"
listen_addresses:
  - 127.0.0.1@{port}
upstream_recursive_servers:
  - address_data: 127.0.0.1
    tls_port: {upstream}
    tls_auth_name: "{name}"
"""

UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  tls-cert-bundle: "{folder}/ca.pem"
  msg-cache-size: 256m
  rrset-cache-size: 512m
  outgoing-range: 4096
  num-queries-per-thread: 4096
  outgoing-num-tcp: 10
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: 127.0.0.1@{upstream}#{name}
"""

DNSDIST = """
setLocal('127.0.0.1:{port}')
setSecurityPollSuffix('')
newServer({{address = '127.0.0.1:{upstream}', tls = 'gnutls', subjectName = '{name}',
            caStore = '{folder}/ca.pem', validateCertificates = true, healthCheckMode = 'up',
            tcpOnly = true, maxInFlight = 1000}})
setMaxTCPClientThreads(1)
setOutgoingDoHWorkerThreads(1)
getPool(''):setCache(newPacketCache(2000000, {{maxTTL = 86400}}))
"""

KRESD = """
net.listen('127.0.0.1', {port}, {{kind = 'dns'}})
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
trust_anchors.remove('.')
cache.size = 500 * MB
policy.add(policy.all(policy.TLS_FORWARD({{
  {{'127.0.0.1@{upstream}', hostname = '{name}', ca_file = '{folder}/ca.pem'}}}})))
"""

# settings and where they go (stubby goes by the name), arguments, how it tells its version
PEERS = {
    "stubby": (STUBBY, "stubby.yml", ["-C", "{config}"], ["-V"]),
    "unbound": (UNBOUND, "unbound.conf", ["-d", "-p", "-c", "{config}"], ["-V"]),
    "dnsdist": (
        DNSDIST,
        "dnsdist.conf",
        ["--supervised", "--disable-syslog", "-C", "{config}"],
        ["--version"],
    ),
    "kresd": (KRESD, "kresd.conf", ["-n", "-c", "{config}", "{folder}/kresd"], ["--version"]),
    "dotlsd": (
        DOTLSD,
        "dotlsd.conf",
        ["--config", "{config}", "--runtime-dir", "{folder}", "--state-dir", "{folder}"],
        ["--version"],
    ),
}
FLOORS = {"echo": ["{port}"], "nullfwd": ["{port}", "{upstream}", "{folder}/ca.pem"]}
ALL = [*FLOORS, *PEERS]


class Bench:
    """The upstream, and whatever forwarder is asked for."""

    def __init__(self, room, build):
        self.lab = room
        self.build = pathlib.Path(build)
        self.upstream = lab.free_port()
        values = {"port": self.upstream, "plain_port": lab.free_port(), "address": lab.ADDRESS}
        config = room.write("upstream.conf", UPSTREAM.format(folder=room.folder, **values))
        command = ["dnsdist", "--supervised", "--disable-syslog", "-C", config]
        program = room.start("upstream", command, room.load_cores)
        with lab.Client(values["plain_port"]) as client:
            if not client.wait("up.example", 10):
                raise RuntimeError(f"the upstream does not start: {program.log.read_text()}")

    def path(self, name):
        """The program, or None where it is not to be had."""
        if name in FLOORS:
            return shutil.which(self.build / "tests/bench" / f"floor-{name}")
        if name == "dotlsd":
            return shutil.which(self.build / "daemon/dotlsd")
        return shutil.which(name)

    def start(self, name):
        """The running forwarder NAME and its port."""
        values = {"folder": self.lab.folder, "upstream": self.upstream, "name": lab.NAME}
        values["port"] = lab.free_port()
        if name in FLOORS:
            arguments = FLOORS[name]
        else:
            settings, file, arguments, _ = PEERS[name]
            values["config"] = self.lab.write(file, settings.lstrip().format(**values))
        (self.lab.folder / "kresd").mkdir(exist_ok=True)
        shutil.rmtree(self.lab.folder / "kresd/data.mdb", ignore_errors=True)
        for file in (self.lab.folder / "kresd").glob("*.mdb"):
            file.unlink()
        command = [self.path(name)] + [word.format(**values) for word in arguments]
        return self.lab.start(name, command, self.lab.cores), values["port"]

    def version(self, name):
        command = [self.path(name), *PEERS[name][3]]
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+\.\d+(\.\d+)?", output.stdout + output.stderr)
        return f"{name} {found[0]}" if found else name
