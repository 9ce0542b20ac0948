"""Memory that goes away under us: 410 on every operation, and nothing else suffers."""

import json
import os

import pytest

import build
from client import expect_problem, expect_status
from daemon import Daemon

SIZE = 200_704  # 49 pages


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vanish")


@pytest.fixture(scope="module")
def vanish_daemon(tmp_path_factory, folder):
    daemon = Daemon(tmp_path_factory.mktemp("vanish-daemon") / "state",
                    "--files", build.native_path(folder))
    yield daemon
    daemon.stop()


@pytest.fixture
def files(vanish_daemon):
    client = vanish_daemon.client()
    yield client
    assert vanish_daemon.process.poll() is None, vanish_daemon.log()[-8000:]
    for section in client.sections():
        client.close_section(section["id"])
    client.close()


class Cut:
    """A section of ours whose object is cut to so many bytes by somebody else."""

    def __init__(self, section, resize, size):
        self.id = section["id"]
        self.path = f"/v1/sections/{section['id']}"
        self.resize = resize
        self.size = size  # asks the system


@pytest.fixture(params=["file"] if build.ON_WINDOWS else ["file", "shm", "memfd"])
def cut(request, files, folder, start_peer, name):
    """Each kind of object that others can cut, with bytes in it."""
    peer = start_peer()
    if request.param == "file":
        path = folder / f"{name}.bin"
        path.write_bytes(b"k" * SIZE)
        section = files.post("/v1/sections", {"backing": {"file": path.name}}).json()
        yield Cut(section, lambda size: os.truncate(path, size), lambda: path.stat().st_size)
        files.delete(f"/v1/sections/{section['id']}")
        path.unlink()
        return
    made = peer.create("a", SIZE, name if request.param == "shm" else None)
    peer.fill("a", SIZE, ord("k"))
    section = files.open(name) if request.param == "shm" else files.duplicate(
        peer.pid, made["handle"])
    yield Cut(section, lambda size: peer.resize("a", size),
              lambda: os.stat(f"/proc/{peer.pid}/fd/{int(made['handle'], 16)}").st_size)


def operations(client, cut, other, offset):
    """Every operation on bytes from an offset on; name and how it is asked."""
    data = f"{cut.path}/data?offset={offset}"
    text = f"{cut.path}/text?encoding=utf-8&offset={offset}"
    yield "get", lambda: client.get(data + "&length=16")
    yield "get much", lambda: client.get(f"{cut.path}/data")
    yield "get a range", lambda: client.get(
        f"{cut.path}/data", {"Range": f"bytes={offset}-{offset + 9}"})
    yield "get several ranges", lambda: client.get(
        f"{cut.path}/data", {"Range": f"bytes={offset}-{offset + 9},{offset + 50}-{offset + 59}"})
    yield "get as hex", lambda: client.get(data + "&length=16&format=hex")
    yield "get as base64", lambda: client.get(data + "&length=16&format=base64")
    yield "head", lambda: client.head(data + "&length=16")
    yield "put", lambda: client.put(data, b"x")
    yield "put much", lambda: client.put(f"{cut.path}/data", b"x" * SIZE)
    yield "put and flush", lambda: client.put(data + "&flush=1", b"x")
    yield "put in chunks", lambda: client.put(data, iter([b"x" * 9]))
    yield "put if match", lambda: client.put(data, b"x", {"If-Match": '"x"'})
    yield "get text", lambda: client.get(text)
    yield "put text", lambda: client.put(text, "x")
    yield "put text without terminator", lambda: client.put(text + "&terminator=0", "x")
    yield "get values", lambda: client.get(
        f"{cut.path}/values?type=u8&offset={offset}&count=3&stride=7")
    yield "put values", lambda: client.json(
        "PUT", f"{cut.path}/values?type=u16&offset={offset}&stride=9", {"values": [1, 2]})
    yield "atomic load", lambda: client.post(
        cut.path + "/atomic", {"op": "load", "type": "u32", "offset": offset})
    yield "atomic add", lambda: client.post(
        cut.path + "/atomic", {"op": "add", "type": "u64", "offset": offset, "value": 1})
    yield "atomic cas", lambda: client.post(
        cut.path + "/atomic",
        {"op": "cas", "type": "i32", "offset": offset, "expected": 0, "value": 1})
    yield "flush", lambda: client.request("POST", f"{cut.path}/flush?offset={offset}&length=9")
    yield "fill", lambda: client.post(
        cut.path + "/fill", {"offset": offset, "length": 9, "byte": 1})
    yield "fill much", lambda: client.post(
        cut.path + "/fill", {"offset": 0, "length": SIZE, "byte": ord("k")})
    yield "copy from", lambda: client.post(
        f"/v1/sections/{other}/copy", {"from": cut.id, "from_offset": offset, "length": 9})
    yield "copy to", lambda: client.post(
        cut.path + "/copy", {"from": other, "offset": offset, "length": 9})
    yield "copy within", lambda: client.post(
        cut.path + "/copy", {"from": cut.id, "offset": offset, "length": 9})


@pytest.mark.parametrize("left, offset", [(4096, 8192), (100, 200), (0, 0)])
def test_every_operation_past_the_end_is_410(files, cut, left, offset):
    other = files.create(size=4096)["id"]
    cut.resize(left)
    for name, ask in operations(files, cut, other, offset):
        reply = ask()
        assert reply.status == 410, (name, reply)
        if reply.body:
            assert reply.json()["code"] == "section_gone", name
    assert files.read(other) == bytes(4096), "other sections are untouched"


def test_what_is_left_can_be_used_and_comes_back_whole(files, cut):
    cut.resize(8192)
    assert files.read(cut.id, 0, 8192) == b"k" * 8192
    files.write(cut.id, b"still", 8187)
    assert files.read(cut.id, 8187, 5) == b"still"
    expect_problem(files.get(f"{cut.path}/data?offset=8192&length=1"), 410, "section_gone")
    cut.resize(SIZE)
    assert files.read(cut.id, 8187, 5) == b"still"
    assert files.read(cut.id, 8192) == bytes(SIZE - 8192)
    files.write(cut.id, b"again", SIZE - 5)
    assert files.read(cut.id, SIZE - 5) == b"again"


def test_a_refused_write_past_the_end_does_not_show_up_later(files, cut):
    cut.resize(100)
    for offset in (200, 5000):
        reply = files.put(f"{cut.path}/data?offset={offset}", b"lost")
        expect_problem(reply, 410, "section_gone")
    cut.resize(SIZE)
    assert files.read(cut.id, 100).count(0) == SIZE - 100


def test_the_object_does_not_grow_by_our_writes(files, cut):
    cut.resize(4096)
    for _ in range(3):
        assert files.put(f"{cut.path}/data?offset=8192", b"x").status == 410
    assert cut.size() == 4096


def test_outside_the_view_stays_416(files, cut):
    cut.resize(4096)
    reply = files.get(f"{cut.path}/data?offset={SIZE}&length=1")
    expect_problem(reply, 416, "range_not_satisfiable")


def test_a_cut_section_is_described_and_closed(files, cut):
    cut.resize(0)
    described = files.section(cut.id)
    assert described["size"] == (SIZE if build.ON_WINDOWS else 0), "what the system says"
    assert described["view"] == {"offset": 0, "length": SIZE}
    assert cut.id in {section["id"] for section in files.sections()}
    assert files.delete(cut.path).status == 204


def test_what_reaches_over_the_cut_is_410(files, cut):
    cut.resize(4096)
    files.write(cut.id, b"keep", 4000)
    text = f"{cut.path}/text?encoding=utf-8"
    for name, reply in {
            "text whose terminator is past the cut":
                files.put(f"{text}&offset=4090", "sixsix"),
            "values, the last past the cut":
                files.json("PUT", f"{cut.path}/values?type=u32&offset=4088", {"values": [1, 2, 3]}),
            "values, apart": files.get(f"{cut.path}/values?type=u8&offset=4000&count=3&stride=90"),
            "one range here, one there":
                files.get(f"{cut.path}/data", {"Range": "bytes=0-9,8000-8009"}),
            "bytes": files.get(f"{cut.path}/data?offset=4090&length=16"),
            "base64": files.get(f"{cut.path}/data?offset=4090&length=16&format=base64"),
            "flush": files.request("POST", f"{cut.path}/flush?offset=4090&length=16")}.items():
        assert reply.status == 410, (name, reply)
    assert files.read(cut.id, 4000, 4) == b"keep"
    expect_status(files.put(f"{text}&offset=4090&terminator=0", "sixsix"), 204)
    assert files.request("POST", f"{cut.path}/flush?length=4096").status in (200, 204)
    assert files.read(cut.id, 4090, 6) == b"sixsix"


def test_values_atomics_and_batches_tell_it_too(files, cut):
    cut.resize(4096)
    offset = 8192
    for reply in (
            files.get(f"{cut.path}/values?type=u32&offset={offset}&count=2"),
            files.json("PUT", f"{cut.path}/values?type=u32&offset={offset}", {"values": [1]}),
            files.post(f"{cut.path}/atomic",
                       {"op": "add", "type": "u64", "offset": offset, "value": "1"}),
            files.post(f"{cut.path}/atomic", {"op": "load", "type": "u64", "offset": offset})):
        expect_problem(reply, 410, "section_gone")
    reply = files.post("/v1/batch", {"ops": [
        {"op": "read", "id": cut.id, "offset": offset, "length": 8},
        {"op": "read", "id": cut.id, "offset": 0, "length": 4}]})
    gone, whole = json.loads(reply.body)["results"]
    assert gone["status"] == 410 and gone["code"] == "section_gone"
    assert whole == {"data": "a2traw=="}
