# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""A lower floor never includes a higher one (HACKING.md, Floors)."""

import re

import style

LAYERS = {
    "core": {"core"},
    "dbus": {"dbus"},
    "daemon": {"daemon", "dbus", "core"},
    "ctl": {"ctl", "dbus"},
    "agent": {"agent", "dbus"},
}

# From the ground up. A file may include its own floor and everything below. A name covers what
# begins with it: transport covers transport-dot. A new file of core/ needs its place here.
CORE = [
    "forward limits error octets",
    "address stats deadline",
    "spec name ticket facts",
    "wire chain certificate trust",
    "answer special",
    "cache query fetch verify",
    "loop",
    "stream tls inflight",
    "transport",
    "upstream",
    "policy",
    "listener tcp-client resolver journey resolution own-query",
]
FLOOR = {name: floor for floor, names in enumerate(CORE) for name in names.split()}

# These take the time as a parameter and touch no socket, so they are tested without a loop.
PURE = set("wire name chain answer special cache stats query policy deadline".split())
IMPURE = re.compile(
    r"\b(g_get_monotonic_time|g_get_real_time|clock_gettime|time|socket|sendmsg|recvmsg"
    r"|g_source_attach|g_timeout_add)\s*\("
)

# Who may know how libknot spells things: the daemon only in few files, so that a new release of it
# costs little; dotlsctl lays answers out with it.
KNOT = {"core": {"name", "answer"}, "daemon": {"dns-text"}}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
STATE = re.compile(
    r"^static (?!const\b|inline\b|.*\bconst\b.*=)[^()]*?(\w+)(\[\w*\])?( = .*)?;", re.M
)
# Written once, when a GObject class or a GSource is introduced to GLib, which wants them writable.
CUSTOM = re.compile(r"signals|props|properties|\w+_funcs")
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def module(path):
    """The known name that PATH's begins with, or None."""
    name = path.stem
    while name not in FLOOR and "-" in name:
        name = name.rpartition("-")[0]
    return name if name in FLOOR else None


def check_include(path, layer, header):
    head, _, rest = header.partition("/")
    if not rest:
        if header != "config.h" or layer == "core":
            yield f'{path}: #include "{header}" does not name its layer, or has none'
    elif head not in LAYERS[layer]:
        yield f'{path}: {layer}/ must not include "{header}"'
    elif layer == "core":
        below = module(path.__class__(header))
        if below is None:
            yield f"{header}: has no floor yet; give it one in tests/style/floors.py"
        elif FLOOR.get(module(path), 99) < FLOOR[below]:
            yield f'{path}: "{header}" lies on a higher floor'


def check_core(tree, path):
    name, text = module(path), COMMENT.sub("", tree.text(path))
    if name is None:
        yield f"{path}: has no floor yet; give it one in tests/style/floors.py"
    if name in PURE and (call := IMPURE.search(text)):
        yield f"{path}: calls {call[1]}(), but {name} does no I/O and reads no clock"
    for state in STATE.finditer(text):
        if not CUSTOM.fullmatch(state[1]):
            yield f"{path}: file-static mutable '{state[1]}'; state hangs off the resolver"


def check(tree):
    for path in tree.files("*.c", "*.h", under=[f"{layer}/" for layer in LAYERS]):
        layer = path.parts[0]
        for quote, header in INCLUDE.findall(tree.text(path)):
            if quote == '"':
                yield from check_include(path, layer, header)
            elif header.startswith(("libknot", "libdnssec")) and layer != "ctl":
                names = KNOT.get(layer, set())
                if not any(path.stem.startswith(name) for name in names):
                    yield f"{path}: <{header}> is for {sorted(names)} of {layer}/"
        if layer == "core":
            yield from check_core(tree, path)


style.run(
    check,
    [
        ("core that knows the daemon", {"core/wire.c": '#include "daemon/app.h"\n'}, "app.h"),
        ("ctl that knows core", {"ctl/main.c": '#include "core/error.h"\n'}, "core/error.h"),
        ("a nameless layer", {"daemon/app.c": '#include "app.h"\n'}, '"app.h"'),
        ("core that reads config.h", {"core/tls.c": '#include "config.h"\n'}, '"config.h"'),
        ("a floor that looks up", {"core/cache.h": '#include "core/upstream.h"\n'}, "higher floor"),
        ("a file without a floor", {"core/novelty.c": "\n"}, "core/novelty.c"),
        ("libknot everywhere", {"core/tls.c": "#include <libknot/libknot.h>\n"}, "<libknot/"),
        ("a clock in the cache", {"core/cache.c": "x = g_get_monotonic_time ();\n"}, "no clock"),
        ("a clock behind a comment", {"core/cache.c": "/* no */ x = time (NULL);\n"}, "no clock"),
        ("hidden state", {"core/tls.c": "static int counter;\n"}, "'counter'"),
        ("hidden state with a value", {"core/tls.c": "static Foo *foo = NULL;\n"}, "'foo'"),
    ],
)
