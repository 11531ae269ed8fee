#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""Compares DNS-over-TLS forwarders: the same upstream, the same load, one run, one machine.

Two floors say what the machine can do at all: "echo" answers from UDP with nothing in between, the
least a cache hit can cost; "nullfwd" maps ids, pads and encrypts, the least a miss can cost. The
upstream is dnsdist, which answers everything itself. What is measured has a processor of its own;
upstream and load share another, so queries a second are limited by them where a forwarder is fast,
and the processor time of the forwarder for one query is the figure to trust.

Prints Markdown. A report: it fails where something does not run, never because of a figure.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import sys
import time

import lab
import peers

FILL = 100_000


def note(text):
    print(text, file=sys.stderr, flush=True)


class Plan:
    """How long to look."""

    def __init__(self, quick):
        self.rounds = 1 if quick else 3
        self.seconds = 1 if quick else 5
        self.warm = 1 if quick else 2
        self.starts = 3 if quick else 9
        self.idle = 2 if quick else 10
        self.fill = FILL // 10 if quick else FILL
        self.singles = 1000 if quick else 5000


def median(values):
    return statistics.median(values) if values else None


def loaded(bench, name, plan):
    """One round of NAME under load: {"hit": {...}, "miss": {...}, "memory": MiB}."""
    room = bench.lab
    program, port = bench.start(name)
    result = {}
    try:
        with lab.Client(port) as client:
            if not client.wait("wait.example", 10):
                raise RuntimeError(f"{name} does not answer: {program.log.read_text()[-500:]}")
        for kind in ["hit", "miss"]:
            if (name, kind) in [("echo", "miss"), ("nullfwd", "hit")]:
                continue
            questions = room.folder / f"{kind}.txt"
            if kind == "hit":
                room.load(port, questions, plan.warm)
            before = program.cpu()
            figures = room.load(port, questions, plan.seconds)
            figures["cpu"] = (program.cpu() - before) / max(figures["done"], 1) * 1e6
            result[kind] = figures
        result["memory"] = program.memory()
    finally:
        program.stop()
    return result


def first_answer(bench, name):
    """Milliseconds from the start of NAME to its first answer; stops it again."""
    start = time.perf_counter()
    program, port = bench.start(name)
    try:
        with lab.Client(port) as client:
            if not client.wait("first.example", 10):
                raise RuntimeError(f"{name} does not answer: {program.log.read_text()[-500:]}")
        return (time.perf_counter() - start) * 1e3
    finally:
        program.stop()


def unloaded(bench, name, plan):
    """What NAME costs when little happens."""
    result = {"first": median([first_answer(bench, name) for _ in range(plan.starts)])}
    program, port = bench.start(name)
    try:
        with lab.Client(port) as client:
            client.wait("idle.example", 10)
            time.sleep(3)  # the upstream closes idle connections after two: let that pass
            result["idle"] = program.memory()
            before = program.wakeups()
            time.sleep(plan.idle)
            result["wakeups"] = (program.wakeups() - before) / plan.idle
            client.ask("single.example", 2)
            singles = [client.ask("single.example", 1) for _ in range(plan.singles)]
            result["single"] = median([value * 1e6 for value in singles if value])
        if name != "echo":
            bench.lab.load(port, bench.lab.names("fill.txt", plan.fill, "fill.example"))
            result["fill"] = program.memory() - result["idle"]
    finally:
        program.stop()
    return result


def merge(rounds):
    """The median of each figure over the rounds."""
    merged = {}
    for key in rounds[0]:
        values = [one[key] for one in rounds]
        merged[key] = merge(values) if isinstance(values[0], dict) else median(values)
    return merged


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    name = model[1] if model else platform.machine()
    return f"{name}, {os.cpu_count()} processors, Linux {platform.release()}"


def cell(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(head, rows):
    lines = [" | ".join(head), " | ".join(["---"] + ["---:"] * (len(head) - 1))]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def loaded_table(results):
    floors = {
        "hit": results.get("echo", {}).get("hit", {}).get("cpu"),
        "miss": results.get("nullfwd", {}).get("miss", {}).get("cpu"),
    }
    head = ["under load"]
    for kind, floor in [("hit", "echo"), ("miss", "nullfwd")]:
        head += [f"{kind}: CPU µs", f"x {floor}", "queries/s", "latency µs", "lost"]
    rows = []
    for name, result in results.items():
        row = [name]
        for kind, floor in floors.items():
            one = result.get(kind, {})
            ratio = one["cpu"] / floor if one and floor else None
            row += [cell(one.get("cpu"), 1), cell(ratio, 2)]
            row += [cell(one.get(key)) for key in ["rate", "latency", "lost"]]
        rows.append(row + [cell(result["memory"], 1)])
    return table(head + ["memory MiB"], rows)


def unloaded_table(results, plan):
    head = ["unloaded", "first answer ms", "idle MiB", "wake-ups/s", "single hit µs"]
    rows = [
        [name]
        + [cell(one.get(key), 1) for key in ["first", "idle", "wakeups"]]
        + [cell(one.get("single")), cell(one.get("fill"), 1)]
        for name, one in results.items()
    ]
    return table(head + [f"{plan.fill:,} answers MiB"], rows)


def measure_load(bench, names, plan):
    rounds = {name: [] for name in names}
    bench.lab.names("hit.txt", 10_000, "hit.example")
    bench.lab.names("miss.txt", 150_000 * plan.seconds, "miss.example")
    for number in range(plan.rounds):
        for name in names:  # round by round, so that a change of the machine's mood meets all
            note(f"load, round {number + 1} of {plan.rounds}: {name}")
            rounds[name].append(loaded(bench, name, plan))
    return {name: merge(some) for name, some in rounds.items()}


def measure_calm(bench, names, plan):
    results = {}
    for name in names:
        if name != "nullfwd":
            note(f"unloaded: {name}")
            results[name] = unloaded(bench, name, plan)
    return results


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="a minute instead of ten")
    parser.add_argument("--peers", help=f"only these, of {','.join(peers.ALL)}")
    parser.add_argument("--only", choices=["load", "calm"], help="half of the tables")
    parser.add_argument("--rounds", type=int, help="under load, the median of so many")
    parser.add_argument("--seconds", type=int, help="of each load")
    parser.add_argument("--json", metavar="FILE", help="the figures for a program, too")
    parser.add_argument("build", help="meson's build directory")
    chosen = parser.parse_args()
    chosen.names = chosen.peers.split(",") if chosen.peers else peers.ALL
    if unknown := set(chosen.names) - set(peers.ALL):
        parser.error(f"unknown peer {', '.join(sorted(unknown))}; there are {','.join(peers.ALL)}")
    return chosen


def run(chosen, room):
    plan = Plan(chosen.quick)
    plan.rounds = chosen.rounds or plan.rounds
    plan.seconds = chosen.seconds or plan.seconds
    bench = peers.Bench(room, chosen.build)
    names = [name for name in chosen.names if bench.path(name)]
    missing = sorted(set(chosen.names) - set(names))
    if ours := set(missing) - {"stubby", "unbound", "dnsdist", "kresd"}:
        raise RuntimeError(f"{chosen.build} holds no {' and no '.join(sorted(ours))}; build it first")
    figures = {}
    if chosen.only != "calm":
        figures["load"] = measure_load(bench, names, plan)
    if chosen.only != "load":
        figures["calm"] = measure_calm(bench, names, plan)
    versions = ", ".join(bench.version(name) for name in names if name in peers.PEERS)
    print(f"{machine()}; {versions}.\n")
    if "load" in figures:
        print(loaded_table(figures["load"]) + "\n")
    if "calm" in figures:
        print(unloaded_table(figures["calm"], plan) + "\n")
    if missing:
        print(f"Not installed here: {', '.join(missing)}.")
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(figures, indent=1))


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    try:
        with lab.Lab() as room:
            run(chosen, room)
    except FileNotFoundError as problem:
        sys.exit(f"bench: {problem.filename} is not installed; script/setup --test installs it")
    except RuntimeError as problem:
        sys.exit(f"bench: {problem}")


if __name__ == "__main__":
    main()
