"""Reading changes nothing: what has no memory reads as zeros, and whoever reads gives it none."""

import base64
import os
import struct

import pytest

from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream
from roles import with_roles
from waiters import Waiter

pytestmark = pytest.mark.linux

SIZE = 64 << 20
PLACE = 20 << 20  # where the one page is that has memory
MARK = b"here is something"
KINDS = ["shm", "memfd", "reserved", "reserved name", "file"]


class Sparse:
    """A section of an object that has nearly no memory, and the object as the system tells of it."""

    def __init__(self, section, descriptor):
        self.id = section["id"]
        self.path = f"/v1/sections/{section['id']}"
        self.descriptor = descriptor
        os.pwrite(descriptor, MARK, PLACE)
        os.fsync(descriptor)

    def blocks(self):
        return os.fstat(self.descriptor).st_blocks


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def clients(start_daemon, tmp_path, folder):
    return with_roles(lambda *options: start_daemon(
        *options, "--files", str(folder), "--max-total-bytes", "16M"), tmp_path)


@pytest.fixture
def reader(clients):
    return clients["read"]


def make(kind, admin, folder, name):
    """The section object, and a descriptor of the object."""
    if kind.startswith("reserved"):
        section = admin.create(name if kind == "reserved name" else None, size=SIZE, reserve=True)
        handle = int(section["handle"], 16)
        return section, os.open(f"/proc/{section['pid']}/fd/{handle}", os.O_RDWR)
    if kind == "file":
        path = folder / "sparse.bin"
        path.touch()
        os.truncate(path, SIZE)
        section = expect_status(
            admin.post("/v1/sections", {"backing": {"file": path.name}}), 201).json()
        return section, os.open(path, os.O_RDWR)
    if kind == "shm":
        descriptor = os.open(f"/dev/shm/{name}", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.truncate(descriptor, SIZE)
        return admin.open(name), descriptor
    descriptor = os.memfd_create(name)
    os.truncate(descriptor, SIZE)
    return admin.duplicate(os.getpid(), hex(descriptor)), descriptor


@pytest.fixture(params=KINDS)
def sparse(request, clients, folder, name):
    section, descriptor = make(request.param, clients["admin"], folder, name)
    sparse = Sparse(section, descriptor)
    assert sparse.blocks() < SIZE // 512 // 100
    yield sparse
    os.close(descriptor)
    clients["admin"].close_section(sparse.id)
    if request.param == "shm":
        os.unlink(f"/dev/shm/{name}")


def expect_untouched(sparse, before):
    assert sparse.blocks() == before, "reading gave it memory"


def zeros_but_mark(first, length):
    expected = bytearray(length)
    at = PLACE - first
    if 0 <= at < length:
        expected[at:at + len(MARK)] = MARK
    return bytes(expected)


def batch(client, ops):
    return expect_status(client.post("/v1/batch", {"ops": ops}), 200).json()["results"]


def test_getting_all_of_it_sends_zeros_and_takes_no_memory(reader, sparse):
    before = sparse.blocks()
    assert reader.read(sparse.id) == zeros_but_mark(0, SIZE)
    expect_untouched(sparse, before)


def test_no_way_of_getting_bytes_takes_memory(reader, sparse):
    before = sparse.blocks()
    data = sparse.path + "/data"
    part = f"{data}?offset={PLACE - 4096}&length=200000"
    assert reader.read(sparse.id, PLACE - 5000, 64) == bytes(64)
    assert reader.read(sparse.id, PLACE - 30000, 65536) == zeros_but_mark(PLACE - 30000, 65536)
    assert bytes.fromhex(reader.get(part + "&format=hex").text) == zeros_but_mark(
        PLACE - 4096, 200000)
    assert base64.b64decode(reader.get(part + "&format=base64").body) == zeros_but_mark(
        PLACE - 4096, 200000)
    small = f"{data}?offset={1 << 20}&length=16"
    assert reader.get(small + "&format=hex").text == "00" * 16
    assert reader.get(data, {"Range": f"bytes={SIZE - 9}-"}).body == bytes(9)
    assert reader.get(data, {"Range": f"bytes=0-{(1 << 20) - 1}"}).body == bytes(1 << 20)
    several = reader.get(data, {"Range": f"bytes=0-9,{PLACE}-{PLACE + 16},-100000"})
    assert several.status == 206 and MARK in several.body and len(several.body) > 100000
    expect_status(reader.head(data), 200)
    expect_untouched(sparse, before)


def test_a_search_skips_holes_and_takes_no_memory(reader, sparse):
    before = sparse.blocks()
    find = f"{sparse.path}/find?limit=10000&bytes="
    answer = expect_status(reader.get(find + MARK.hex()), 200).json()
    assert [match["offset"] for match in answer["matches"]] == [PLACE] and answer["next"] is None
    begins_in_a_hole = expect_status(
        reader.get(f"{find}0000{MARK.hex()}0000"), 200).json()["matches"]
    assert [match["offset"] for match in begins_in_a_hole] == [PLACE - 2]
    zeros = expect_status(reader.get(find + "0000"), 200).json()
    assert len(zeros["matches"]) < 5000 and zeros["next"] is None
    expect_untouched(sparse, before)


def test_no_way_of_getting_values_and_text_takes_memory(reader, sparse):
    before = sparse.blocks()
    values = sparse.path + "/values"
    some = reader.get(f"{values}?type=u64&offset={3 << 20}&count=4").json()["values"]
    assert [int(value) for value in some] == [0] * 4
    spread = reader.get(f"{values}?type=u8&count=60&stride={1 << 20}").json()["values"]
    assert spread == [MARK[0] if at == PLACE >> 20 else 0 for at in range(60)]
    many = reader.get(f"{values}?type=u32&count=20000&offset={PLACE - 40000}").json()["values"]
    assert struct.pack("<20000I", *many) == zeros_but_mark(PLACE - 40000, 80000)
    text = sparse.path + "/text?encoding=utf-8"
    assert reader.get(text).text == ""
    assert reader.get(f"{text}&offset={PLACE}").text == MARK.decode()
    expect_untouched(sparse, before)


def test_comparisons_and_refused_writes_take_no_memory(clients, sparse):
    before = sparse.blocks()
    reader, writer = clients["read"], clients["write"]
    part = f"{sparse.path}/data?offset=8192&length=40000"
    tag = reader.get(part).headers["ETag"]
    expect_status(reader.get(part, {"If-None-Match": tag}), 304)
    expect_status(reader.get(part, {"If-None-Match": '"another"'}), 200)
    expect_problem(writer.put(f"{sparse.path}/data?offset=4096", b"x" * 5000,
                              {"If-Match": '"another"'}), 412, "precondition_failed")
    expect_status(reader.get(part + "&wait=20ms", {"If-None-Match": tag}), 304)
    expect_untouched(sparse, before)


def test_a_batch_and_loads_take_no_memory(reader, sparse):
    before = sparse.blocks()
    place = {"id": sparse.id}
    reads = batch(reader, [{"op": "read", **place, "offset": at << 16, "length": 1}
                           for at in range(500)])
    assert [base64.b64decode(read["data"]) for read in reads] == [
        MARK[:1] if at == PLACE >> 16 else b"\0" for at in range(500)]
    loads = batch(reader, [{"op": "atomic", **place, "atomic": "load", "type": "u32",
                            "offset": at << 20} for at in range(50)])
    assert [load["current"] for load in loads] == [
        struct.unpack("<I", MARK[:4])[0] if at == PLACE >> 20 else 0 for at in range(50)], loads
    load = expect_status(reader.post(
        f"{sparse.path}/atomic", {"op": "load", "type": "u64", "offset": 5 << 20}), 200).json()
    assert int(load["current"]) == 0
    expect_untouched(sparse, before)


def test_watching_takes_no_memory_and_sees_what_is_stored_into_a_hole(clients, sparse):
    reader = clients["read"]
    before = sparse.blocks()
    offset = PLACE - (100 << 10)
    path = f"{sparse.path}/events?offset={offset}&length={1 << 20}&interval_ms=10"
    stream = EventStream(reader, path).start()
    snapshot = base64.b64decode(stream.expect("snapshot").data["data"])
    assert snapshot == zeros_but_mark(offset, 1 << 20)
    part = f"{sparse.path}/data?offset={1 << 20}&length=64"
    waiter = Waiter(reader, part + "&wait=60s", reader.get(part).headers["ETag"])
    wait_until(lambda: reader.section(sparse.id)["stats"]["watchers"] == 2, "both watch")
    expect_untouched(sparse, before)
    os.pwrite(sparse.descriptor, b"new", PLACE + 8192)
    event = stream.expect("change")
    assert event.data["ranges"] == [
        {"offset": PLACE + 8192, "data": base64.b64encode(b"new").decode()}]
    os.pwrite(sparse.descriptor, b"new", 1 << 20)
    status, _, body = waiter.answer()
    assert status == 200 and body == b"new" + bytes(61)
    os.fsync(sparse.descriptor)
    assert sparse.blocks() <= before + 2 * 8 + 8
    stream.close()


def test_copying_out_of_a_hole_takes_memory_only_where_it_is_written(clients, sparse):
    admin = clients["admin"]
    before = sparse.blocks()
    target = admin.create(size=1 << 20)["id"]
    admin.write(target, b"x" * (1 << 20))
    expect_status(admin.post(f"/v1/sections/{target}/copy", {
        "from": sparse.id, "from_offset": 1 << 20, "length": 1 << 20}), 204)
    assert admin.read(target) == bytes(1 << 20)
    admin.close_section(target)
    expect_untouched(sparse, before)


def test_a_private_view_reads_its_own_pages_and_leaves_the_holes(clients, name):
    admin = clients["admin"]
    descriptor = os.memfd_create(name)
    os.truncate(descriptor, 1 << 20)
    os.pwrite(descriptor, b"shared", 8192)
    section = admin.duplicate(os.getpid(), hex(descriptor), access="writecopy")["id"]
    admin.write(section, b"own", 8192)
    before = os.fstat(descriptor).st_blocks
    whole = bytearray(1 << 20)
    whole[8192:8198] = b"ownred"
    assert clients["read"].read(section) == whole
    values = clients["read"].get(f"/v1/sections/{section}/values?type=u8&count=256&stride=4096")
    assert values.json()["values"] == [ord("o") if at == 2 else 0 for at in range(256)]
    assert os.fstat(descriptor).st_blocks == before
    assert os.pread(descriptor, 6, 8192) == b"shared"
    admin.close_section(section)
    os.close(descriptor)


def test_the_position_of_a_descriptor_that_is_shared_stays(clients, name):
    """A descriptor that was taken from a process shares its position with it."""
    descriptor = os.memfd_create(name)
    os.truncate(descriptor, 1 << 20)
    os.pwrite(descriptor, b"x", 300000)
    os.lseek(descriptor, 777, os.SEEK_SET)
    section = clients["admin"].duplicate(os.getpid(), hex(descriptor))["id"]
    reader = clients["read"]
    reader.read(section)
    expect_status(reader.get(f"/v1/sections/{section}/values?type=u64&count=100&stride=8192"), 200)
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 777
    clients["admin"].close_section(section)
    os.close(descriptor)
