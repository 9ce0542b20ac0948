"""Measures the daemon against a bare libmicrohttpd handler and against nginx."""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import guessing
import load
import machine
import memory
import report
import search
import servers
import slow
import watching

METHODS = ("GET", "PUT")
CONNECTIONS = (1, 32)
DESCRIPTION = """
Measures the release build of sectiond: wrk on the loopback, GET and PUT of 64 bytes, with one
connection and with 32, against a bare libmicrohttpd handler (the control) and against nginx, which
serves a file on tmpfs and takes PUT through its WebDAV module. All get the same request. Servers
take turns, in alternating order; figures are medians of the rounds, ratios are medians of the
ratios within each round. It ends with 1 where a target is missed.

One connection: wrk and the server share a processor. With two, the figure would be the time that a
sleeping processor takes to wake up, the same for every server. 32 connections: wrk has one half
of the processors, the server the other. Threads of the daemon, of the control and workers of nginx
are equal in number.
"""


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--build", type=Path, default=Path("build/release"), help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    parser.add_argument(
        "--seconds", type=int, default=2, help="length of a run of wrk (default 2)"
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 second")
    parser.add_argument(
        "--threads",
        type=int,
        help="threads of each server (default: half of the processors, 1 to 4)",
    )
    parser.add_argument(
        "--no-pin", action="store_true", help="let the kernel choose the processors"
    )
    parser.add_argument(
        "--watching", action="store_true", help="measure event streams and waiting reads instead"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds = 3, 1
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds must be at least 1")
    if options.threads is not None and not 1 <= options.threads <= 64:
        parser.error("--threads must be 1 to 64")
    return options


class Processors:
    """Which processors a server and wrk get."""

    def __init__(self, pin, threads):
        self.all = sorted(os.sched_getaffinity(0))
        self.pin = pin
        self.threads = threads or max(1, min(4, len(self.all) // 2))

    def split(self, connections):
        if not self.pin:
            return set(self.all), set()
        if connections == 1 or len(self.all) == 1:
            return {self.all[-1]}, {self.all[-1]}
        half = max(1, len(self.all) // 2)
        return set(self.all[:half][: self.threads]), set(self.all[half:])


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(contestants, options, processors, folder):
    results = {}
    runs = len(METHODS) * len(CONNECTIONS) * options.rounds
    started = time.monotonic()
    bystanders = machine.Bystanders(contestants)
    for connections in CONNECTIONS:
        server_cpus, load_cpus = processors.split(connections)
        for server in contestants:
            server.pin(server_cpus)
        for method in METHODS:
            for number in range(options.rounds):
                order = contestants if number % 2 == 0 else contestants[::-1]
                rates = []
                for server in order:
                    one = load.run(
                        server, method, connections, options.seconds, load_cpus, folder
                    )
                    results.setdefault((method, connections, server.name), []).append(one)
                    rates.append(f"{server.name} {one.requests_per_s:,.0f}")
                runs -= 1
                per_run = options.seconds * len(contestants) + 0.5
                say(
                    f"{method}, {connections} conn., round {number + 1} of {options.rounds}: "
                    f"{', '.join(rates)} requests/s; about {runs * per_run:.0f} s to go"
                )
    elapsed_s = time.monotonic() - started
    say(f"measured in {elapsed_s:.0f} s")
    return results, bystanders.share(elapsed_s)


def run_all(options, folder):
    processors = Processors(not options.no_pin, options.threads)
    started = []
    try:
        daemon = servers.start_daemon(options.build, processors.threads, folder)
        started.append(daemon)
        idle = memory.private_kib(daemon.process.pid)
        servers.create_section(daemon)
        started.append(servers.start_control(options.build, processors.threads, folder, daemon))
        started.append(servers.start_nginx(processors.threads, folder, daemon))
        for server in started:
            server.check(keeps_what_is_put=server.name != "control")
        results, others = measure(started, options, processors, folder)
        loaded = memory.private_kib(daemon.process.pid)
        say("measuring a valid client while others guess tokens")
        daemon.pin(set(processors.all))
        guessed = guessing.measure(daemon)
    finally:
        for server in started:
            server.stop()
    say("measuring the search of a process with many handles")
    os.environ["SECTIOND_BUILD"] = str(options.build)
    found = search.measure()
    say("measuring fresh clients beside slow ones")
    waits = slow.measure()
    settings = {
        "rounds": options.rounds,
        "seconds": options.seconds,
        "threads": processors.threads,
        "pinned": processors.pin,
        "processors": len(processors.all),
        "used_by_others": round(others, 3),
        "machine": platform.machine(),
        "kernel": platform.release(),
    }
    return report.build_report(settings, results, idle, loaded, found, guessed, waits)


def main():
    options = parse_arguments(sys.argv[1:])
    # Everything lies on tmpfs: nginx's file has to, and the rest is small.
    folder = Path(tempfile.mkdtemp(prefix="sectiond-bench-", dir="/dev/shm"))
    try:
        if options.watching:
            processors = Processors(not options.no_pin, options.threads)
            result = watching.measure(options, processors, folder)
            text = watching.as_text(result)
        else:
            result = run_all(options, folder)
            text = report.as_text(result)
    except servers.BenchError as failure:
        say(str(failure))
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2) if options.json else text)
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
