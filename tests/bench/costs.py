"""What requests cost the daemon: instructions, processor time, and how both grow with its sections.

Ratios only, so that the machine matters little: of one build to another (--against), of a daemon
with many sections to one with few, of fields to their bytes. Ends with 1 where a ratio is above its limit.
"""

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import field_costs
from servers import BODY_SIZE_BYTES, BenchError, create_section, start_daemon

INSTRUCTIONS_LIMIT = 1.0
PROCESSOR_LIMIT = 1.10
GROWTH_LIMIT = 1.25
FEW, MANY = 100, 9000


class Connection:
    """One kept connection, on which a request waits for the answer before it."""

    def __init__(self, daemon):
        self.socket = socket.create_connection(("127.0.0.1", daemon.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer_head = ""  # of the last answer
        self.head = f"Host: 127.0.0.1:{daemon.port}\r\nAuthorization: Bearer {daemon.token}\r\n"

    def request(self, method, path, body=b"", media="application/octet-stream", more=""):
        length = f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\n{self.head}{length}{more}\r\n"
        self.socket.sendall(head.encode() + body)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, content = received.partition(b"\r\n\r\n")
        self.answer_head = head.decode("latin1")
        if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 304")):
            raise BenchError(f"{method} {path} is answered: {received[:300]!r}")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if head.startswith(b"HTTP/1.1 304"):
            return b""
        while len(content) < int(length[1] if length else 0):
            content += self._more()
        return content

    def _more(self):
        received = self.socket.recv(65536)
        if not received:
            raise BenchError("the daemon closed the connection")
        return received

    def create(self, name=None):
        document = {"size": BODY_SIZE_BYTES, **({"name": name} if name else {})}
        made = self.request("POST", "/v1/sections", json.dumps(document).encode(),
                            "application/json")
        return json.loads(made)["id"]


class Daemon:
    """A daemon of a build, with 64 bytes to serve."""

    def __init__(self, build, tool=(), options=()):
        self.folder = Path(tempfile.mkdtemp(prefix="sectiond-bench-"))
        self.server = start_daemon(build, 1, self.folder, tool, options)
        create_section(self.server)
        self.connection = Connection(self.server)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        shutil.rmtree(self.folder)

    def processor_ns(self):
        """The time on a processor of all its threads."""
        tasks = Path(f"/proc/{self.server.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def cost_ns(self, do, count):
        before = self.processor_ns()
        for number in range(count):
            do(number)
        return (self.processor_ns() - before) / count

    def small(self, method):
        body = b"x" * BODY_SIZE_BYTES if method == "PUT" else b""
        return lambda _: self.connection.request(method, self.server.path, body)


def instructions(build, method, count):
    """All that a daemon executes in user mode while it serves so many requests, but for memset, of
    which valgrind takes each byte for an instruction."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        with Daemon(build, valgrind) as daemon:
            for number in range(count):
                daemon.small(method)(number)
        told = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", str(out)],
                              capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\s*([\d,]+) \([^)]*\)\s+(.*)$", told, re.MULTILINE)
    total = sum(int(number.replace(",", "")) for number, what in rows if "TOTALS" in what)
    memset = sum(int(number.replace(",", "")) for number, what in rows if "memset" in what)
    return total - memset


def instructions_of_request(build, method, count):
    return (instructions(build, method, count) - instructions(build, method, 0)) / count


def compare_instructions(build, against, count):
    for method in ("GET", "PUT"):
        ours = instructions_of_request(build, method, count)
        if against is None:
            print(f"{method} of 64 bytes: {ours:,.0f} instructions")
        else:
            theirs = instructions_of_request(against, method, count)
            yield f"instructions of a {method} ({ours:,.0f})", ours / theirs, INSTRUCTIONS_LIMIT


def compare_processor(build, against, count, rounds):
    for method in ("GET", "PUT"):
        builds = [build] + ([against] if against else [])
        daemons = [Daemon(each) for each in builds]
        costs = [[] for _ in daemons]
        for _ in range(rounds):
            for daemon, list_of_costs in zip(daemons, costs):
                list_of_costs.append(daemon.cost_ns(daemon.small(method), count))
        for daemon in daemons:
            daemon.__exit__()
        ours = statistics.median(costs[0])
        if against is None:
            print(f"{method} of 64 bytes: {ours / 1000:.2f} us of a processor")
        else:
            ratio = statistics.median(a / b for a, b in zip(*costs))
            yield f"processor time of a {method} ({ours / 1000:.2f} us)", ratio, PROCESSOR_LIMIT


def growth_costs(daemon, rounds):
    """ns of each kind of request, with the sections that the daemon has now; the least of some
    rounds, which what else the machine does disturbs least."""
    connection = daemon.connection
    name = f"sectiond-bench-{daemon.server.process.pid}"
    made = []
    kinds = {
        "create": lambda _: made.append(connection.create()),
        "close": lambda _: connection.request("DELETE", f"/v1/sections/{made.pop()}"),
        "@NAME": lambda _: connection.request("GET", f"/v1/sections/@{name}"),
        "GET data": daemon.small("GET"),
    }
    named = connection.create(name)
    costs = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, do in kinds.items():
            costs[kind].append(daemon.cost_ns(do, 100))
    connection.request("DELETE", f"/v1/sections/{named}")
    return {kind: min(list_of_costs) for kind, list_of_costs in costs.items()}


def compare_growth(build, rounds):
    with Daemon(build, options=("--max-sections", MANY + 1000)) as daemon:
        for _ in range(FEW):
            daemon.connection.create()
        few = growth_costs(daemon, rounds)
        for _ in range(MANY - FEW):
            daemon.connection.create()
        many = growth_costs(daemon, rounds)
    for kind, cost in many.items():
        yield f"{kind} at {MANY} sections to {FEW}", cost / few[kind], GROWTH_LIMIT


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--against", type=Path, help="another build, to compare with")
    parser.add_argument("--only", choices=["instructions", "processor", "growth", "fields", "events"])
    parser.add_argument("--requests", type=int, default=2000, help="in each measurement")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    parts = {
        "instructions": lambda: compare_instructions(
            options.build, options.against, options.requests),
        "processor": lambda: compare_processor(
            options.build, options.against, options.requests, options.rounds),
        "growth": lambda: compare_growth(options.build, options.rounds),
        "fields": lambda: field_costs.compare_reads(options.build, Daemon, options.rounds),
        "events": lambda: field_costs.compare_events(options.build, Daemon),
    }
    met = True
    for name, part in parts.items():
        if options.only in (None, name):
            for what, ratio, limit in part():
                met = met and ratio <= limit
                verdict = "ok" if ratio <= limit else "MISSED"
                print(f"{what}: {ratio:.3f}, at most {limit:.2f}: {verdict}", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        sys.exit(f"costs: {error}")
