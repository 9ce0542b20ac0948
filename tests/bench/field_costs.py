"""What fields cost: a read of many, one that is known already, and events."""

import json
import mmap
import os
import re
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "api/support"))

from events import EventStream  # noqa: E402

READINGS = 300
READING_BYTES = 460
FIRST_READING = 4096
READ_LIMIT = 1.5  # of the same bytes, and cJSON's printing of the same JSON
KNOWN_LIMIT = 0.5  # a 304 of the answer
REQUESTS = 200
WATCHERS, WATCHED_FIELDS, HZ, WATCHED_S = 20, 50, 100, 10
EVENTS_LIMIT = 0.1  # of a core

# What is read of each; the limits hold for the second.
SELECTIONS = {"labels and values": "readings[*].user_label,readings[*].value,readings[*].unit",
              "whole readings": "readings[*]"}


def hwinfo_image():
    """As version 2 of HWiNFO has it."""
    head = struct.pack("<III", 0x53695748, 2, 1) + struct.pack("<q", 1_700_000_000)
    head += struct.pack("<6I", 1024, 392, 1, FIRST_READING, READING_BYTES, READINGS)
    rows = []
    for i in range(READINGS):
        label = f"CPU Package {i} °C".encode()
        value = 40 + i * 0.1
        rows.append(struct.pack("<3I128s128s16s4d128s16s", 1 + i % 8, 0, i, label, label, b"C", value,
                                value - 10.5, value + 31.25, value + 1 / 3, label, "°C".encode()))
    return head.ljust(FIRST_READING, b"\0") + b"".join(rows)


def made_section(connection, size, **more):
    document = json.dumps({"size": size, **more}).encode()
    return json.loads(connection.request("POST", "/v1/sections", document, "application/json"))["id"]


def cjson_ns(build, text):
    tool = build / "tests/bench/bench_json_print"
    return float(subprocess.run([tool, str(REQUESTS)], input=text, stdout=subprocess.PIPE,
                                check=True).stdout)


def compare_reads(build, new_daemon, rounds):
    image = hwinfo_image()
    with new_daemon(build) as daemon:
        connection = daemon.connection
        section = made_section(connection, len(image))
        connection.request("PUT", f"/v1/sections/{section}/data", image)
        data = f"/v1/sections/{section}/data?offset={FIRST_READING}&length={READINGS * READING_BYTES}"
        for what, select in SELECTIONS.items():
            path = f"/v1/sections/{section}/fields?" + urllib.parse.urlencode(
                {"layout": "hwinfo", "select": select})
            answer = connection.request("GET", path)
            tag = re.search(r"(?i)etag: (\S+)", connection.answer_head)[1]
            assert len(json.loads(answer)["values"]) >= READINGS
            costs = []
            for _ in range(rounds):
                costs.append((
                    daemon.cost_ns(lambda _: connection.request("GET", path), REQUESTS),
                    daemon.cost_ns(lambda _: connection.request("GET", data), REQUESTS),
                    cjson_ns(build, answer),
                    daemon.cost_ns(lambda _: connection.request(
                        "GET", path, more=f"If-None-Match: {tag}\r\n"), REQUESTS)))
            fields, raw, printing, known = (statistics.median(each) / 1000 for each in zip(*costs))
            print(f"{what}: fields {fields:.0f} us, bytes {raw:.0f} us, cJSON {printing:.0f} us, "
                  f"304 {known:.0f} us, {len(answer)} bytes of JSON")
            if "whole" not in what:
                continue
            yield (f"{READINGS} {what} to their bytes and cJSON's printing",
                   statistics.median(f / (r + p) for f, r, p, _ in costs), READ_LIMIT)
            yield (f"304 to the answer: {what}",
                   statistics.median(k / f for f, _, _, k in costs), KNOWN_LIMIT)


def drain(stream):
    try:
        while stream.socket.recv(1 << 20):
            pass
    except OSError:
        pass


def write_fields(memory, until):
    """All fields, a hundred times a second."""
    count, at = 0, time.monotonic()
    while at < until:
        count += 1
        memory[:8 * WATCHED_FIELDS] = struct.pack(f"<{WATCHED_FIELDS}d", *(
            count + i * 0.01 for i in range(WATCHED_FIELDS)))
        at += 1 / HZ
        time.sleep(max(0, at - time.monotonic()))
    return count


def compare_events(build, new_daemon):
    name = f"sectiond-bench-{os.getpid()}"
    layout = {"fields": [{"name": f"value_{i}", "type": "f64"} for i in range(WATCHED_FIELDS)]}
    with new_daemon(build) as daemon:
        connection = daemon.connection
        connection.request("PUT", "/v1/layouts/bench", json.dumps(layout).encode(), "application/json")
        section = made_section(connection, 4096, name=name, layout="bench")
        streams = [EventStream(daemon.server, f"/v1/sections/{section}/events?layout=bench&interval_ms=5")
                   .start() for _ in range(WATCHERS)]
        for stream in streams:
            stream.expect("snapshot")
        readers = [threading.Thread(target=drain, args=(stream,)) for stream in streams[1:]]
        for reader in readers:
            reader.start()
        seen = []
        counter = threading.Thread(target=lambda: count_events(streams[0], seen))
        counter.start()
        with open(f"/dev/shm/{name}", "r+b") as file, mmap.mmap(file.fileno(), 4096) as memory:
            before, since = daemon.processor_ns(), time.monotonic()
            written = write_fields(memory, since + WATCHED_S)
            share = (daemon.processor_ns() - before) / 1e9 / (time.monotonic() - since)
        for stream in streams:
            stream.socket.shutdown(2)
        for thread in [*readers, counter]:
            thread.join()
        print(f"{written} states in {WATCHED_S} s, {len(seen)} events to each watcher, "
              f"{seen[-1] if seen else 0} fields in the last")
        yield (f"events of {WATCHED_FIELDS} fields at {HZ} Hz for {WATCHERS} watchers, in cores", share,
               EVENTS_LIMIT)


def count_events(stream, seen):
    try:
        while event := stream.next():
            seen.append(len(event.data["values"]))
    except (OSError, AssertionError):
        pass
