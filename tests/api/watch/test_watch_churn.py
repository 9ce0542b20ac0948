"""Sections that close, daemons that stop, clients that come and go, with watchers in every state."""

import threading

import build
from amounts import amount
from at_once import run_all
from daemon import wait_until
from events import EventStream
from metrics import read_metrics
from waiters import Waiter


def open_watchers(daemon, client, section):
    """Some that wait, some that have just been asked for, some that do not read."""
    path = f"/v1/sections/{section}"
    tag = client.get(f"{path}/data?length=64").headers["ETag"]
    streams = [EventStream(daemon, f"{path}/events?length=64&interval_ms=1").start(),
               EventStream(daemon, f"{path}/events?length=64&interval_ms=60000").start(),
               EventStream(daemon, f"/v1/events?watch={section}:0:64&watch={section}:64:8").start(),
               EventStream(daemon, f"{path}/events?length=4096", receive_bytes=4096),
               EventStream(daemon, f"{path}/events?length=64")]
    waiters = [Waiter(daemon, f"{path}/data?length=64&wait=60s", tag) for _ in range(2)]
    return streams, waiters


def read_to_the_end(stream, reason):
    if not hasattr(stream, "headers"):
        stream.start()
    last = None
    while event := stream.next():
        last = event
    assert last.event == "gone" and last.data["reason"] == reason, last
    stream.close()


def test_sections_close_with_watchers(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    for turn in range(amount(500)):
        section = client.create(size=4096)["id"]
        streams, waiters = open_watchers(daemon, client, section)
        if turn % 2:
            client.write(section, bytes([turn % 255 + 1]) * 8)
        streams[turn % 3].close()
        client.close_section(section)
        for stream in streams[:turn % 3] + streams[turn % 3 + 1:3]:
            read_to_the_end(stream, "closed")
        for stream in streams[3:]:
            stream.close()
        for waiter in waiters:
            assert waiter.answer()[0] in (200, 404)
    wait_until(lambda: read_metrics(client).get("watchers") == 0, "all are over")
    assert client.sections() == []
    client.close()


def test_daemons_stop_with_watchers(start_daemon):
    for turn in range(amount(500) // (5 if build.ON_WINDOWS or build.SANITIZED else 2)
                      if not build.LONG else 500):
        daemon = start_daemon("--grace", "1")
        client = daemon.client()
        section = client.create(size=4096)["id"]
        streams, waiters = open_watchers(daemon, client, section)
        client.write(section, bytes([turn % 255 + 1]))
        client.close()
        daemon.stop()
        for stream in streams[:3]:
            read_to_the_end(stream, "shutdown")
        for stream in streams[3:]:
            stream.close()
        for waiter in waiters:
            try:
                assert waiter.answer()[0] in (200, 503)
            except (ConnectionError, OSError):
                pass  # asked for so late that nobody was there any more


def test_clients_come_and_go_while_others_store_and_close(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    sections = [client.create(size=4096)["id"] for _ in range(4)]
    turns = amount(600)
    done = threading.Event()

    def watch(number):
        for turn in range(turns):
            section = sections[(number + turn) % 3]
            interval = (1, 10, 60000)[turn % 3]
            stream = EventStream(
                daemon, f"/v1/sections/{section}/events?length={64 << turn % 7}"
                        f"&interval_ms={interval}").start()
            stream.expect("snapshot")
            if turn % 2:
                stream.expect("change")
            stream.close()

    def wait():
        own = daemon.client()
        for turn in range(turns):
            path = f"/v1/sections/{sections[turn % 3]}/data?length=64"
            tag = own.get(path).headers["ETag"]
            reply = own.get(path + f"&wait={turn % 5}ms", {"If-None-Match": tag})
            assert reply.status in (200, 304)
        own.close()

    def store():
        own = daemon.client()
        turn = 0
        while not done.is_set():
            turn += 1
            own.write(sections[turn % 3], turn.to_bytes(8, "little"))
        own.close()

    def open_and_close():
        own = daemon.client()
        while not done.is_set():
            section = own.create(size=64)["id"]
            stream = EventStream(daemon, f"/v1/sections/{section}/events?length=64").start()
            own.close_section(section)
            while stream.next() is not None:
                pass
            stream.close()
        own.close()

    def all_watchers():
        try:
            run_all(lambda: watch(0), lambda: watch(1), wait)
        finally:
            done.set()

    run_all(all_watchers, store, open_and_close)
    turn = iter(range(1, 10**6))

    def nobody_is_left():
        for section in sections:
            client.write(section, next(turn).to_bytes(8, "little"))
        return read_metrics(client).get("watchers") == 0

    wait_until(nobody_is_left, "the closed streams are noticed")
    client.close()
