"""Measures watching: how late a store is told, how many states are missed, and what those who wait
cost those who do not."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import load
import servers

sys.path.insert(0, str(Path(__file__).parents[1] / "api/support"))

from events import EventStream  # noqa: E402

STORES = 600
STORE_INTERVAL_US = 7300  # in no step with the comparisons
MISS_STORES = 1000
MISS_INTERVAL_US = 5000
WAITERS = 1000
MEDIAN_TARGET_US = 2000
WAITING_TARGET = 1.2


def native(build, *arguments):
    return subprocess.Popen([build / "tests/bench/bench_watch", *map(str, arguments)],
                            stdout=subprocess.PIPE, text=True)


def create(daemon, name):
    status, body = daemon.request(
        "POST", json.dumps({"name": name, "size": 4096}), "/v1/sections",
        {"Content-Type": "application/json"})
    if status != 201:
        raise servers.BenchError(f"POST /v1/sections answers {status}: {body!r}")
    return json.loads(body)["id"]


def watch(daemon, section, interval_ms):
    return EventStream(daemon, f"/v1/sections/{section}/events?length=8&format=values&type=u64"
                               f"&interval_ms={interval_ms}").start()


def spinning_delays(build, name):
    spinner = native(build, "spin", name, STORES, STORES * STORE_INTERVAL_US + 1_000_000)
    spinner.stdout.readline()
    native(build, "store", name, STORES, STORE_INTERVAL_US).communicate()
    p50, p99 = spinner.communicate()[0].split()
    return float(p50), float(p99)


def read_values(stream, on_value):
    """Takes values until the stream is closed."""
    try:
        while event := stream.next():
            if event.event == "change":
                on_value(int(event.data["ranges"][0]["values"][0]))
    except (OSError, AssertionError):
        pass


def stream_values(daemon, build, section, name, count, interval_us, interval_ms):
    """(value, when it was told) of each change while so many are stored."""
    told = []
    stream = watch(daemon, section, interval_ms)
    stream.expect("snapshot")
    reader = threading.Thread(
        target=read_values,
        args=(stream, lambda value: told.append((value, time.clock_gettime_ns(
            time.CLOCK_MONOTONIC)))))
    reader.start()
    native(build, "store", name, count, interval_us).communicate()
    deadline = time.monotonic() + 5
    _, body = daemon.request("GET", path=f"/v1/sections/{section}/data?length=8")
    last = int.from_bytes(body, "little")
    while (not told or told[-1][0] != last) and time.monotonic() < deadline:
        time.sleep(0.01)
    stream.socket.shutdown(socket.SHUT_RDWR)
    reader.join()
    stream.close()
    if not told or told[-1][0] != last:
        raise servers.BenchError("the last state was not told")
    return told


def delays_us(told):
    delays = sorted((when - value) / 1000 for value, when in told)
    return delays[len(delays) // 2], delays[len(delays) * 99 // 100]


def open_waiters(daemon, section, count):
    connection_path = f"/v1/sections/{section}/data?offset=64&length=64"
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    connection.request("GET", connection_path,
                       headers={"Authorization": f"Bearer {daemon.token}"})
    response = connection.getresponse()
    response.read()
    tag = response.headers["ETag"]
    connection.close()
    waiters = []
    for _ in range(count):
        waiter = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
        waiter.sendall(f"GET {connection_path}&wait=300s HTTP/1.1\r\n"
                       f"Host: 127.0.0.1:{daemon.port}\r\n"
                       f"Authorization: Bearer {daemon.token}\r\n"
                       f"If-None-Match: {tag}\r\n\r\n".encode())
        waiters.append(waiter)
    while json.loads(daemon.request("GET", path=f"/v1/sections/{section}")[1])[
            "stats"]["watchers"] < count:
        time.sleep(0.01)
    return waiters


def waiting_cost(daemon, section, options, processors, folder):
    """Plain GETs without and with so many that wait, round by round: median of the ratios."""
    daemon.path = f"/v1/sections/{section}/data?length=64"
    ratios = {}
    for connections in (1, 32):
        server_cpus, load_cpus = processors.split(connections)
        daemon.pin(server_cpus)
        ratios[connections] = []
        for _ in range(options.rounds):
            rates = []
            for count in (0, WAITERS):
                waiters = open_waiters(daemon, section, count)
                rates.append(load.run(daemon, "GET", connections, options.seconds, load_cpus,
                                      folder).requests_per_s)
                daemon.request("PUT", os.urandom(8), f"/v1/sections/{section}/data?offset=64")
                for waiter in waiters:
                    waiter.recv(65536)
                    waiter.close()
            ratios[connections].append(rates[0] / rates[1])
    daemon.pin(set(processors.all))
    return {connections: statistics.median(rows) for connections, rows in ratios.items()}


def measure(options, processors, folder):
    name = f"sectiond-bench-{os.getpid()}"
    daemon = servers.start_daemon(options.build, processors.threads, folder)
    try:
        section = create(daemon, name)
        spinning = spinning_delays(options.build, name)
        result = {"spinning_poller_us": spinning, "streams": []}
        for interval_ms in (1, 10):
            told = stream_values(daemon, options.build, section, name, STORES, STORE_INTERVAL_US,
                                 interval_ms)
            p50, p99 = delays_us(told)
            missed = stream_values(daemon, options.build, section, name, MISS_STORES,
                                   MISS_INTERVAL_US, interval_ms)
            result["streams"].append({
                "interval_ms": interval_ms, "p50_us": round(p50), "p99_us": round(p99),
                "missed_of_stores_5_ms_apart": round(1 - len(missed) / MISS_STORES, 4)})
        result["waiting_ratio"] = waiting_cost(daemon, section, options, processors, folder)
    finally:
        daemon.stop()
    result["met"] = (result["streams"][0]["p50_us"] < MEDIAN_TARGET_US and
                     max(result["waiting_ratio"].values()) <= WAITING_TARGET)
    return result


def as_text(result):
    lines = [f"from store to its being known, us: spinning native poller p50 "
             f"{result['spinning_poller_us'][0]:.1f}, p99 {result['spinning_poller_us'][1]:.1f}"]
    for row in result["streams"]:
        lines.append(
            f"  event stream at {row['interval_ms']} ms: p50 {row['p50_us']}, p99 {row['p99_us']}; "
            f"stores 5 ms apart that are missed: {row['missed_of_stores_5_ms_apart']:.1%}")
    lines.append(f"  the median at 1 ms is to be under {MEDIAN_TARGET_US}")
    for connections, ratio in result["waiting_ratio"].items():
        lines.append(f"plain GET, {connections} conn., without and with {WAITERS} that wait: ratio "
                     f"{ratio:.3f}, at most {WAITING_TARGET}")
    lines.append("ok" if result["met"] else "MISSED")
    return "\n".join(lines)
