#!/usr/bin/python3
"""How long a fresh client waits for an answer while 900 others are slow.

A fresh client connects, asks with its token, and takes the answer. Measured without others, and while
900 connections send a head, or a body, byte by byte, or hardly take an answer; those that the daemon
closes come back. `SECTIOND_BUILD=build/release tests/bench/slow.py` measures by itself.
"""

import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api/support"))

COUNT = 900
REQUESTS = 500
KINDS = ("heads", "bodies", "readers")


def percentiles(daemon):
    """Median and 99th percentile of fresh clients' waits, in microseconds."""
    waits = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        client = daemon.client()
        status = client.get("/v1/info").status
        waits.append((time.perf_counter() - started) * 1e6)
        client.close()
        if status != 200:
            raise RuntimeError(f"a fresh client was answered {status}")
    waits.sort()
    return {"p50_us": round(statistics.median(waits)), "p99_us": round(waits[len(waits) * 99 // 100])}


def measure_one(daemon, slow):
    """With the slow ones kept going by a thread of their own."""
    done = threading.Event()

    def keep_going():
        while not done.is_set():
            slow.fill(COUNT)
            slow.go_on()
            done.wait(0.2)

    slow.fill(COUNT)
    thread = threading.Thread(target=keep_going)
    thread.start()
    try:
        return percentiles(daemon)
    finally:
        done.set()
        thread.join()
        slow.close()


def measure():
    """What the build that SECTIOND_BUILD names does."""
    from daemon import Daemon
    import slow_clients

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    results = {"connections": COUNT}
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(Path(folder) / "state")
        client = daemon.client()
        section = client.create(size=8 << 20)["id"]
        results["none"] = percentiles(daemon)
        for kind in KINDS:
            results[kind] = measure_one(daemon, slow_clients.make(kind, daemon, section))
        daemon.kill()
    return results


def as_text(results):
    parts = [f"{kind} {results[kind]['p50_us']}/{results[kind]['p99_us']}"
             for kind in ("none",) + KINDS]
    return (f"wait of a fresh client in us (p50/p99) beside {results['connections']} slow "
            f"connections: {', '.join(parts)}")


if __name__ == "__main__":
    print(json.dumps(measure()) if "--json" in sys.argv else as_text(measure()))
