"""Many who watch, and stores that come fast: each gets what it should, and nobody pays twice."""

import socket
import time

import pytest

import build
from amounts import amount
from client import expect_status
from daemon import wait_until
from events import EventStream, Picture
from memory_bounds import MEMORY_TOLERANCE_BYTES, expect_growth_within, private_bytes
from metrics import read_metrics

INTERVAL_MS = 10
# The longest range; the thread sanitizer's build takes long for so much.
LONG_RANGE = 1 << (18 if build.UNDER_TSAN else 20)


def crowd(full, under_wine):
    """Connections at once: Wine's server falls over where Linux does not notice."""
    most = under_wine if build.ON_WINDOWS else full
    return most if build.LONG else most // 10


@pytest.fixture
def own(start_daemon):
    """A daemon of the test's own, and a client of it."""
    daemon = start_daemon()
    client = daemon.client()
    yield daemon, client
    client.close()


def test_native_stores_are_told_in_order_and_the_last_one_always(own, peer, name):
    daemon, client = own
    count = amount(4000)
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    stream = EventStream(daemon, f"/v1/sections/{section}/events?offset=8&length=8"
                                 "&format=values&type=u64&interval_ms=1").start()
    seen = [int(stream.expect("snapshot").data["values"][0])]
    peer.start_count("a", count, 5000, 8)
    while seen[-1] != count:
        [run] = stream.expect("change").data["ranges"]
        seen.append(int(run["values"][0]))
    peer.receive()
    assert seen == sorted(set(seen)), "in order, none twice"
    assert seen[0] == 0 and seen[-1] == count, "none that was not written"
    assert len(seen) > 2, "and not only the last"
    stream.close()


def all_told(streams, client, peer, ranges, changes):
    """Stores natively, change after change; each stream tells each. Gives the comparisons made."""
    started = time.monotonic()
    before = read_metrics(client).get("comparisons_total")
    for turn in range(1, changes + 1):
        for offset in sorted({offset for offset, _ in ranges}):
            peer.write("a", bytes([turn]) * 4, offset)
        for stream, (offset, picture) in zip(streams, ranges):
            while picture.bytes()[:4] != bytes([turn]) * 4:
                picture.apply(stream.next())
    made = read_metrics(client).get("comparisons_total") - before
    return made, (time.monotonic() - started) * 1000


@pytest.mark.parametrize("distinct", [False, True], ids=["one range", "different ranges"])
def test_a_range_is_compared_once_for_all_who_watch_it(own, peer, name, distinct):
    daemon, client = own
    watcher_count = crowd(200 if distinct else 2000, 200)
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    ranges = []
    streams = []
    for index in range(watcher_count):
        offset = index * 16 if distinct else 0
        length = 16 if distinct else 4096
        streams.append(EventStream(daemon, f"/v1/sections/{section}/events?offset={offset}"
                                           f"&length={length}&interval_ms={INTERVAL_MS}").start())
        ranges.append((offset, Picture()))
    for stream, (_, picture) in zip(streams, ranges):
        picture.apply(stream.expect("snapshot"))
    metrics = read_metrics(client)
    assert metrics.get("watchers") == watcher_count
    range_count = metrics.get("watched_ranges")
    assert range_count == (watcher_count if distinct else 1)
    comparisons, elapsed_ms = all_told(streams, client, peer, ranges, 5)
    # At every interval, and no store here is through the daemon: a bound that only a
    # comparison more than once can break, however slow the machine.
    assert 5 * range_count <= comparisons <= range_count * (elapsed_ms / INTERVAL_MS + 2)
    client.close_section(section)
    for stream in streams:
        while stream.next().event != "gone":
            pass
        stream.close()


def open_waiter(daemon, path, tag):
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=60)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
                       f"Authorization: Bearer {daemon.token}\r\nIf-None-Match: {tag}\r\n"
                       "Connection: close\r\n\r\n".encode())
    return connection


def answer_of(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    connection.close()
    return data


def test_one_store_answers_all_who_wait(own):
    daemon, client = own
    waiter_count = crowd(1000, 100)
    section = client.create(size=4096)["id"]
    path = f"/v1/sections/{section}/data?length=64"
    for turn in range(1, 4):
        tag = client.get(path).headers["ETag"]
        waiters = [open_waiter(daemon, path + "&wait=300s", tag) for _ in range(waiter_count)]
        wait_until(lambda: client.section(section)["stats"]["watchers"] == waiter_count, "all wait")
        client.write(section, bytes([turn]) * 64)
        for waiter in waiters:
            answer = answer_of(waiter)
            assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(bytes([turn]) * 64)
        assert client.section(section)["stats"]["watchers"] == 0


def slow_stream(daemon, path):
    """One whose client has room for little and reads nothing yet."""
    return EventStream(daemon, path, receive_bytes=4096)


def test_a_slow_reader_gets_changes_together_and_costs_two_pictures(own):
    daemon, client = own
    section = client.create(size=LONG_RANGE)["id"]
    path = f"/v1/sections/{section}/events?length={LONG_RANGE}&interval_ms=1"
    streams = [slow_stream(daemon, path) for _ in range(4)]
    wait_until(lambda: client.section(section)["stats"]["watchers"] == len(streams), "all watch")
    stored = 40 << 20  # many times what the kernel keeps for a connection
    client.write(section, b"first" * 1000)
    before = private_bytes(daemon)
    for turn in range(stored // LONG_RANGE):
        client.write(section, bytes([turn + 1]) * LONG_RANGE)
    expect_growth_within(MEMORY_TOLERANCE_BYTES + 3 * len(streams) * LONG_RANGE,
                         before, private_bytes(daemon))
    content = client.read(section, 0, LONG_RANGE)
    for stream in streams:
        stream.start()
        picture = Picture()
        told = 0
        while not picture.ranges or picture.bytes() != content:
            event = stream.next()
            picture.apply(event)
            told += sum(len(run["data"]) * 3 // 4 for run in event.data.get("ranges", []))
        assert told < stored / 2, "changes are told together"
        stream.close()


def test_a_slow_reader_keeps_nobody_else_waiting(own):
    daemon, client = own
    section = client.create(size=LONG_RANGE)["id"]
    path = f"/v1/sections/{section}/events?length={LONG_RANGE}"
    slow = [slow_stream(daemon, path) for _ in range(5)]
    quick = EventStream(daemon, f"/v1/sections/{section}/events?length=8&interval_ms=60000").start()
    quick.expect("snapshot")
    for turn in range(1, 30):
        client.write(section, bytes([turn]) * LONG_RANGE)
        quick.expect("change")
    for stream in slow + [quick]:
        stream.close()


def test_the_slots_of_streams_that_end_come_back(start_daemon):
    daemon = start_daemon("--max-watchers", "8")
    client = daemon.client()
    for turn in range(amount(300)):
        section = client.create(size=64)["id"]
        streams = [EventStream(daemon, f"/v1/sections/{section}/events?length=8").start()
                   for _ in range(8)]
        for stream in streams:
            stream.expect("snapshot")
        client.close_section(section)
        for stream in streams:
            assert stream.expect("gone").data == {"reason": "closed"}
            assert stream.next() is None
            stream.close()
    metrics = read_metrics(client)
    assert metrics.get("watchers") == 0 and metrics.get("watched_bytes") == 0
    expect_status(client.get("/healthz"), 200)
    client.close()
