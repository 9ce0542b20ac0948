#!/usr/bin/python3
"""How long the search of a process takes that holds 20,000 handles of other kinds.

Measured against the same process without them, and against the bare walk: one pass of the peer over
the same table by what the OS itself has for it (NtQuerySystemInformation; on Linux, which has no
call that tells what descriptors are, a stat of each). `SECTIOND_BUILD=build/windows
tests/bench/search.py` measures the Windows build under Wine; tests/bench/run the release build.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api/support"))

HANDLES = 20000
ROUNDS = 5
SEARCHES = 8
WARM_UP = 3
RATIO_TARGET = 3.0
MEMORY_TARGET_KIB = 1024


def least_us(action, count=SEARCHES):
    """The least: what else the machine does only adds to it."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1e6)
    return min(times)


def private_kib(daemon):
    status = Path(f"/proc/{daemon.unix_pid()}/status").read_text("ascii")
    return int(status.split("RssAnon:")[1].split()[0])


def hold_others(peer):
    """So many events, less what the machine's limit of descriptors takes away."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    peer.crowd("event", HANDLES if most == resource.RLIM_INFINITY else min(HANDLES, most - 100))
    return peer.handle_count(peer.pid)


def measure():
    """What the build that SECTIOND_BUILD names does."""
    import build
    from daemon import Daemon
    from peers import Peer

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the peer inherits it
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(Path(folder) / "state")
        peer = Peer()
        for slot in "abcd":
            peer.create(slot, 4096)
        client = daemon.client()

        def search():
            answer = client.get(f"/v1/processes/{peer.pid}/sections").json()
            assert len(answer["sections"]) >= 4 and not answer["partial"], answer

        def walk():
            peer.command("walk", peer.pid)

        none, many, bare, memory = [], [], [], []
        for _ in range(ROUNDS):  # in turns, so that what else the machine does meets both
            least_us(search, WARM_UP)
            none.append(least_us(search))
            held = hold_others(peer)
            least_us(search, WARM_UP)
            many.append(least_us(search))
            memory.append(private_kib(daemon))
            bare.append(least_us(walk, WARM_UP))
            peer.disperse()
        none, many, bare = min(none), min(many), min(bare)
        grown = memory[-1] - memory[0]
        peer.exit()
        daemon.stop()
    on_windows = build.ON_WINDOWS
    ratio = many / (none if on_windows else bare)
    return {
        "handles": held,
        "none_us": round(none),
        "many_us": round(many),
        "walk_us": round(bare),
        "to_none": round(many / none, 2),
        "to_walk": round(many / bare, 2),
        "judged_by": "to_none" if on_windows else "to_walk",
        "target": RATIO_TARGET,
        "grown_kib": grown,
        "grown_target_kib": MEMORY_TARGET_KIB,
        "met": ratio <= RATIO_TARGET and grown <= MEMORY_TARGET_KIB,
    }


def as_text(row):
    verdict = "ok" if row["met"] else "MISSED"
    return (
        f"search of a process with {row['handles']} handles: {row['many_us']:,} us, without the "
        f"others {row['none_us']:,} us (ratio {row['to_none']}), the bare walk over them "
        f"{row['walk_us']:,} us (ratio {row['to_walk']}); memory grew by {row['grown_kib']} KiB; "
        f"{row['judged_by']} at most {row['target']}: {verdict}"
    )


def main():
    row = measure()
    print(json.dumps(row, indent=2) if "--json" in sys.argv[1:] else as_text(row))
    return 0 if row["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
