"""Reads and writes of up to 64 KiB are whole: one never sees a part of the other."""

import base64
import itertools
import threading

import pytest

from amounts import amount
from client import expect_status

WHOLE = 65_536
READ_COUNT = amount(50_000)

# What one 64 KiB of doubles is made of: repeated, both halves of it differ between the two values.
DOUBLES = [float.fromhex("0x1.1111111111111p+1"), float.fromhex("0x1.eeeeeeeeeeeeep-3")]


@pytest.fixture
def threaded_daemon(start_daemon):
    """Threads enough for reads and writes to really happen at once."""
    return start_daemon("--threads", "4")


def expect_whole_reads(daemon, write, read, count):
    """`write(client, turn)` alternates until `read(client)`, which says what it saw, is done."""
    done = threading.Event()
    failures = []
    seen = {}

    def guarded(work):
        client = daemon.client()
        try:
            work(client)
        except BaseException as failure:  # noqa: BLE001 - told by the main thread
            failures.append(failure)
        done.set()
        client.close()

    def keep_writing(client):
        for turn in itertools.count():
            if done.is_set():
                break
            write(client, turn % 2)

    def keep_reading(client):
        for _ in range(count):
            value = read(client)
            seen[value] = seen.get(value, 0) + 1
            if failures:
                break
        # The last look may have been the first at the second value.
        while len(seen) < 2 and not failures:
            value = read(client)
            seen[value] = seen.get(value, 0) + 1

    threads = [threading.Thread(target=guarded, args=(work,))
               for work in (keep_writing, keep_reading)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    assert len(seen) == 2, seen


def one_value(data):
    assert len(data) == WHOLE
    assert data.count(data[0]) == WHOLE, f"a mixture: {sorted(set(data))}"
    return data[0]


BYTES = [bytes([0x11]) * WHOLE, bytes([0xEE]) * WHOLE]


def open_ids(client, peer, name, same_id):
    """The ids through which is written and read: one, or two of one object."""
    peer.create("a", WHOLE, name)
    peer.fill("a", WHOLE, 0x11)
    first = client.open(name)["id"]
    return (first, first) if same_id else (first, client.open(name)["id"])


@pytest.mark.parametrize("same_id", [True, False], ids=["one id", "two ids of one object"])
def test_a_read_sees_the_whole_of_a_write(threaded_daemon, peer, name, same_id):
    client = threaded_daemon.client()
    written, read = open_ids(client, peer, name, same_id)
    client.close()
    expect_whole_reads(
        threaded_daemon,
        lambda client, turn: client.write(written, BYTES[turn]),
        lambda client: one_value(client.read(read, 0, WHOLE)),
        READ_COUNT // 2)


# Others write and read whole bytes, too.

def put_in_chunks(client, section, turn):
    half = BYTES[turn][:WHOLE // 2]
    expect_status(client.put(f"/v1/sections/{section}/data", [half, half]), 204)


def fill(client, section, turn):
    expect_status(client.post(f"/v1/sections/{section}/fill", {
        "offset": 0, "length": WHOLE, "byte": BYTES[turn][0]}), 204)


def write_in_a_batch(client, section, turn):
    reply = client.post("/v1/batch", {"ops": [
        {"op": "write", "id": section, "offset": 0,
         "data": base64.b64encode(BYTES[turn]).decode()}]})
    assert expect_status(reply, 200).json()["results"] == [{}]


def get_a_range(client, section):
    reply = client.get(f"/v1/sections/{section}/data", {"Range": f"bytes=0-{WHOLE - 1}"})
    return one_value(expect_status(reply, 206).body)


def get_base64(client, section):
    reply = client.get(f"/v1/sections/{section}/data?length={WHOLE}&format=base64")
    return one_value(base64.b64decode(expect_status(reply, 200).body))


def read_in_a_batch(client, section):
    reply = client.post("/v1/batch", {"ops": [
        {"op": "read", "id": section, "offset": 0, "length": WHOLE}]})
    return one_value(base64.b64decode(expect_status(reply, 200).json()["results"][0]["data"]))


@pytest.mark.parametrize("write, read", [
    (put_in_chunks, get_a_range), (fill, get_base64), (write_in_a_batch, read_in_a_batch)])
def test_other_ways_of_reading_see_the_whole_of_other_ways_of_writing(
        threaded_daemon, peer, name, write, read):
    client = threaded_daemon.client()
    written, watched = open_ids(client, peer, name, same_id=False)
    client.close()
    expect_whole_reads(
        threaded_daemon,
        lambda client, turn: write(client, written, turn),
        lambda client: read(client, watched),
        READ_COUNT // 25)


def test_a_copy_is_seen_whole(threaded_daemon):
    client = threaded_daemon.client()
    sources = [client.create(size=WHOLE)["id"] for _ in range(2)]
    for source, data in zip(sources, BYTES):
        client.write(source, data)
    target = client.create(size=WHOLE)["id"]
    client.write(target, BYTES[0])
    client.close()

    def copy(client, turn):
        expect_status(client.post(f"/v1/sections/{target}/copy", {
            "from": sources[turn], "from_offset": 0, "offset": 0, "length": WHOLE}), 204)

    expect_whole_reads(threaded_daemon, copy,
                       lambda client: one_value(client.read(target, 0, WHOLE)), READ_COUNT // 25)


def test_values_are_read_and_written_whole(threaded_daemon):
    client = threaded_daemon.client()
    section = client.create(size=WHOLE)["id"]
    path = f"/v1/sections/{section}/values?type=f64"
    bodies = [{"values": [value] * (WHOLE // 8)} for value in DOUBLES]
    expect_status(client.json("PUT", path, bodies[0]), 204)
    client.close()

    def write(client, turn):
        expect_status(client.json("PUT", path, bodies[turn]), 204)

    def read(client):
        values = expect_status(client.get(path), 200).json()["values"]
        assert len(values) == WHOLE // 8
        assert values.count(values[0]) == len(values), f"a mixture: {sorted(set(values))}"
        return values[0]

    expect_whole_reads(threaded_daemon, write, read, READ_COUNT // 250)
