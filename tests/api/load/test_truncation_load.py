"""Somebody cuts and extends an object while many read and write it: 410 at worst, and no harm."""

import collections
import http.client
import os
import random
import threading

import pytest

import build
from amounts import amount
from client import expect_status
from daemon import wait_until

SIZE = 300_000
WHOLE = 65_536
CUT_COUNT = amount(10_000)
BURST_COUNT = 9

READER_COUNT = 10
WRITER_COUNT = 10

# The sizes that it is cut to: nothing, amid a page, amid the view, and almost all.
CUT_SIZES = [0, 1, 100, 4096, 70_000, SIZE - 1]

WRITTEN = [0x41, 0x42, 0x43]
EXPECTED_BYTES = bytes([0, *WRITTEN])  # zeros where it was extended


class Load:
    """Clients that go on until they are told to stop; counts what they were answered."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.stop = threading.Event()
        self.failures = []
        self.statuses = collections.Counter()
        self.answer_count = 0
        self.threads = []

    def start(self, work, seed):
        def run():
            client = self.daemon.client()
            choices = random.Random(seed)
            try:
                while not self.stop.is_set():
                    work(client, choices)
            except BaseException as failure:  # noqa: BLE001 - told by the main thread
                self.failures.append(failure)
            client.close()

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def note(self, reply, *good):
        assert reply.status in (*good, 410), reply
        if reply.status == 410:
            assert reply.json()["code"] == "section_gone", reply
        self.statuses[reply.status] += 1
        self.answer_count += 1
        return reply

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


def some_range(choices):
    length = choices.choice([1, 8, 5000, WHOLE, 100_000])
    return choices.choice([0, SIZE - length, choices.randrange(SIZE - length)]), length


def read_bytes(load, section):
    def work(client, choices):
        offset, length = some_range(choices)
        try:
            reply = client.get(f"/v1/sections/{section}/data?offset={offset}&length={length}")
        except (http.client.IncompleteRead, ConnectionResetError):
            # Its head was out when the bytes went away: all that is left is to break off.
            assert length > WHOLE
            load.answer_count += 1
            client.close()
            return
        load.note(reply, 200)
        if reply.status == 200:
            assert len(reply.body) == length
            assert reply.body.strip(EXPECTED_BYTES) == b""
    return work


def read_otherwise(load, section):
    path = f"/v1/sections/{section}"

    def work(client, choices):
        offset, length = some_range(choices)
        kind = choices.randrange(5)
        if kind == 0:
            load.note(client.get(f"{path}/values?type=u8&offset={offset}&count={min(length, 99)}"),
                      200)
        elif kind == 1:
            load.note(client.get(f"{path}/text?encoding=utf-8&offset={offset}&length=1"), 200)
        elif kind == 2:
            load.note(client.get(f"{path}/data?offset={offset}&length=1&format=hex"), 200)
        elif kind == 3:
            load.note(client.post(f"{path}/atomic", {
                "op": "load", "type": "u64", "offset": offset // 8 * 8}), 200)
        else:
            reply = client.post("/v1/batch", {"ops": [
                {"op": "read", "id": section, "offset": offset, "length": min(length, 1000)}]})
            result = expect_status(reply, 200).json()["results"][0]
            assert "data" in result or result["code"] == "section_gone", result
            load.answer_count += 1
    return work


def write_bytes(load, section):
    def work(client, choices):
        offset, length = some_range(choices)
        data = bytes([choices.choice(WRITTEN)]) * length
        path = f"/v1/sections/{section}/data?offset={offset}"
        in_chunks = choices.random() < 0.2
        body = [data[:length // 2 + 1], data[length // 2 + 1:] or b"A"][:1 + (length > 1)]
        try:
            load.note(client.put(path, body if in_chunks else data), 204)
        except (ConnectionResetError, BrokenPipeError):
            # The answer to a long body may come, and the connection end, before all of it is out.
            assert in_chunks
            client.close()
    return work


def write_otherwise(load, section):
    path = f"/v1/sections/{section}"

    def work(client, choices):
        offset, length = some_range(choices)
        kind = choices.randrange(6)
        byte = choices.choice(WRITTEN)
        if kind == 0:
            load.note(client.post(f"{path}/fill", {
                "offset": offset, "length": length, "byte": byte}), 204)
        elif kind == 1:
            load.note(client.post(f"{path}/copy", {
                "from": section, "from_offset": 0, "offset": offset, "length": length}), 204)
        elif kind == 2:
            load.note(client.put(
                f"{path}/text?encoding=utf-8&terminator=0&offset={offset}", chr(byte)), 204)
        elif kind == 3:
            load.note(client.json(
                "PUT", f"{path}/values?type=u8&offset={offset}", {"values": [byte]}), 204)
        elif kind == 4:
            load.note(client.post(f"{path}/atomic", {
                "op": "store", "type": "u32", "offset": offset // 4 * 4,
                "value": byte * 0x01010101}), 200)
        else:
            load.note(client.request(
                "POST", f"{path}/flush?offset={offset}&length={length}"), 200, 204)
    return work


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def loaded_daemon(start_daemon, folder):
    return start_daemon("--files", build.native_path(folder), "--threads", "4")


class PeersObject:
    """What a peer made and cuts, and our id of it."""

    def __init__(self, kind, client, peer, folder, name):
        self.peer = peer
        if kind == "file":
            peer.map_file("cut", folder / "cut.bin", SIZE)
            self.id = open_file(client)
        elif kind == "named":
            peer.create("cut", SIZE, name)
            self.id = client.open(name)["id"]
        else:
            self.id = client.duplicate(peer.pid, peer.create("cut", SIZE)["handle"])["id"]

    def resize(self, sizes):
        for size in sizes:
            self.peer.send("resize", "cut", size)
        for _ in sizes:
            self.peer.receive()

    def read(self, offset, length):
        return self.peer.read("cut", length, offset)


class OurFile:
    """Windows, and Wine for its programs, refuse to cut a file that is mapped; Linux does not."""

    def __init__(self, client, folder):
        self.path = folder / "cut.bin"
        self.path.write_bytes(bytes(SIZE))
        self.id = open_file(client)

    def resize(self, sizes):
        for size in sizes:
            os.truncate(self.path, size)

    def read(self, offset, length):
        return self.path.read_bytes()[offset:offset + length]


def open_file(client):
    return expect_status(client.post("/v1/sections", {
        "backing": {"file": "cut.bin", "open": "open_existing"}}), 201).json()["id"]


def cut_and_extend(target, choices, load):
    """Many times as fast as it can be done, then once so that it shows in the answers."""
    target.resize([size for _ in range(BURST_COUNT)
                   for size in (choices.choice(CUT_SIZES), SIZE)])
    for size in (choices.choice(CUT_SIZES), SIZE):
        target.resize([size])
        wanted = load.answer_count + 1
        wait_until(lambda: load.answer_count >= wanted or load.failures, "somebody was answered")


@pytest.mark.parametrize("kind", [
    "file",
    pytest.param("named", marks=pytest.mark.linux),
    pytest.param("anonymous", marks=pytest.mark.linux)])
def test_an_object_is_cut_and_extended_under_load(loaded_daemon, peer, folder, name, kind):
    client = loaded_daemon.client()
    target = (OurFile(client, folder) if build.ON_WINDOWS
              else PeersObject(kind, client, peer, folder, name))
    section = target.id
    bystanders = [
        client.create(size=WHOLE)["id"],
        client.create(size=WHOLE, backing={"file": "bystander.bin"})["id"]]
    content = random.Random(7).randbytes(WHOLE)
    for bystander in bystanders:
        client.write(bystander, content)

    load = Load(loaded_daemon)
    for number in range(READER_COUNT):
        work = read_otherwise if number % 3 == 2 else read_bytes
        load.start(work(load, section), seed=number)
    for number in range(WRITER_COUNT):
        work = write_otherwise if number % 2 else write_bytes
        load.start(work(load, section), seed=100 + number)
    choices = random.Random(1)
    try:
        for number in range(CUT_COUNT // (BURST_COUNT + 1) // (1 if kind == "file" else 2)):
            cut_and_extend(target, choices, load)
            assert client.read(bystanders[number % 2]) == content
            if load.failures:
                break
    finally:
        load.end()

    assert loaded_daemon.process.poll() is None
    assert load.statuses[410] and load.statuses[200] and load.statuses[204], load.statuses
    for bystander in bystanders:
        assert client.read(bystander) == content
    assert (folder / "bystander.bin").read_bytes() == content

    # All there again: it can be used as before.
    data = random.Random(8).randbytes(SIZE)
    client.write(section, data)
    assert client.read(section) == data
    assert target.read(SIZE - 1000, 1000) == data[-1000:]
    client.close()
