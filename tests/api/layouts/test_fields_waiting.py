"""Whoever waits for a consistent copy holds up nobody else: he has no lock meanwhile, and no thread."""

import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import fields
from client import expect_problem, expect_status
from events import EventStream
from layouts import clear, made, of_fields

THREADS = 2    # of the pool for reads and writes of fields
ENOUGH = 10    # requests that were answered while others waited
ATTEMPTS = 20  # a busy machine may answer nothing else for as long as a read waits
FREE = 64      # an offset that no layout has
STOPPED, DONE = 1, 2
LAYOUT = of_fields({"name": "sequence", "type": "u32"}, {"name": "v", "type": "u32"},
                   consistency={"by": "seqlock", "field": "sequence", "timeout_ms": 1000})


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, LAYOUT, "waiting-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def stopped(client, layout):
    """A section whose writer stopped in the middle."""
    section = client.create(size=4096)["id"]
    client.write(section, struct.pack("<II", STOPPED, 7))
    return section


def patch(client, section, document, headers=None, layout="waiting-test"):
    return client.json("PATCH", fields.path(section, layout=layout), document, headers)


def count_meanwhile(daemon, waiting, ask):
    """How often something else is answered while all of these wait: the most of several attempts."""
    most = 0
    for _ in range(ATTEMPTS):
        count = 0
        with ThreadPoolExecutor(len(waiting)) as pool:
            clients = [daemon.client() for _ in waiting]
            replies = [pool.submit(each, client) for each, client in zip(waiting, clients)]
            while not any(reply.done() for reply in replies):
                ask()
                count += not any(reply.done() for reply in replies)
            for reply in replies:
                expect_problem(reply.result(), 503, "torn")
        most = max(most, count)
        if most >= ENOUGH:
            break
    return most


def test_a_patch_under_if_match_that_waits_holds_up_nobody(daemon, client, layout, stopped):
    def wait(other):
        return patch(other, stopped, {"v": 1}, {"If-Match": "*"})

    def use_the_memory():
        client.write(stopped, b"x", FREE)
        assert client.read(stopped, FREE, 1) == b"x"

    assert count_meanwhile(daemon, [wait], use_the_memory) >= ENOUGH


def test_nor_the_events_of_the_section(daemon, client, layout, stopped):
    stream = EventStream(daemon, f"/v1/sections/{stopped}/events?offset={FREE}&length=4&interval_ms=1").start()
    assert stream.next().event == "snapshot"
    number = 0

    def wait(other):
        return patch(other, stopped, {"v": 1}, {"If-Match": "*"})

    def see_a_change():
        nonlocal number
        number += 1
        client.write(stopped, struct.pack("<I", number), FREE)
        assert stream.next().event == "change"

    assert count_meanwhile(daemon, [wait], see_a_change) >= ENOUGH
    stream.close()


def waiters(section, layout):
    def read(other):
        return fields.get(other, section, layout=layout)

    def store(other):
        return patch(other, section, {"v": 1}, layout=layout)

    def resolve(other):
        return other.get(f"/v1/sections/{section}/layout?layout={layout}")

    return [read, store, resolve]


def test_more_that_wait_than_there_are_threads_hold_up_no_other_read(daemon, client, layout, stopped):
    other = client.create(size=4096)["id"]
    client.write(other, struct.pack("<II", DONE, 7))
    assert count_meanwhile(daemon, waiters(stopped, layout) * THREADS,
                           lambda: fields.read(client, other, layout)) >= ENOUGH


def test_who_waits_is_answered_when_the_writer_has_gone_on(daemon, client, layout, stopped):
    with ThreadPoolExecutor(4) as pool:
        read = pool.submit(fields.get, daemon.client(), stopped, layout=layout)
        batch = pool.submit(daemon.client().post, "/v1/batch", {"ops": [
            {"op": "write", "id": stopped, "offset": FREE, "data": "AQ=="},
            {"op": "read", "id": stopped, "layout": layout},
            {"op": "read", "id": stopped, "offset": FREE, "length": 1}]})
        store = pool.submit(patch, daemon.client(), stopped, {"v": 9}, {"If-Match": "*"})
        while not client.read(stopped, FREE, 1) == b"\1":
            pass
        client.write(stopped, struct.pack("<I", DONE))
        statuses = [read.result().status, store.result().status]
        results = expect_status(batch.result(), 200).json()["results"]
    # On a machine that stood still for a second time may have been up.
    assert set(statuses) <= {200, 204, 503}
    assert results[0] == {} and results[2] == {"data": "AQ=="}
    assert results[1].get("code") == "torn" or results[1]["consistent"] is True
    assert fields.read(client, stopped, layout)["fields"]["v"] == (9 if statuses[1] == 204 else 7)


def test_tries_of_all_calls_are_told(daemon, client, layout, stopped):
    reply = expect_status(fields.get(client, stopped, layout=layout, allow_torn=1), 200)
    assert reply.headers["Sectiond-Tries"] == "1" and reply.json()["consistent"] is False
    stop = threading.Event()

    def write_on():
        other, number = daemon.client(), DONE
        while not stop.is_set():
            number += 2
            other.write(stopped, struct.pack("<II", number, number))

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        for _ in range(20):
            reply = fields.get(client, stopped, layout=layout)
            assert reply.status == 200 and int(reply.headers["Sectiond-Tries"]) >= 1
    finally:
        stop.set()
        thread.join()


def test_a_read_with_wait_looks_again_with_all_of_its_time(daemon, client, layout, stopped):
    client.write(stopped, struct.pack("<I", DONE))
    tag = fields.get(client, stopped, layout=layout).headers["ETag"]
    with ThreadPoolExecutor(1) as pool:
        path = fields.path(stopped, layout=layout, wait="300s")
        waiting = pool.submit(daemon.client().get, path, {"If-None-Match": tag})
        client.write(stopped, struct.pack("<II", DONE + 2, 8))
        reply = expect_status(waiting.result(), 200)
    assert reply.json()["fields"] == {"sequence": DONE + 2, "v": 8}
