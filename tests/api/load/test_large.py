"""Amounts and offsets past what fits into memory, or into 32 bits, move without being kept."""

import hashlib
import http.client
import os
import random

import pytest

import build
from amounts import amount
from client import TIMEOUT_S, expect_status
from memory_bounds import expect_growth_within, private_bytes

MIB = 1 << 20
GIB = 1 << 30
TIB = 1 << 40

# The sanitizers have a shadow of every byte that was sent: an eighth of it, or several times it.
SIZE = (64 if build.SANITIZED else amount(1024)) * MIB

# What a daemon may take while bytes move through it.
FLAT_BYTES = 16 * MIB


def pieces(size=SIZE, seed=1):
    """`size` bytes in pieces of 1 MiB, no two of which are the same."""
    source = memoryview(random.Random(seed).randbytes(2 * MIB))
    for number in range(-(-size // MIB)):
        start = number * 7919 % MIB
        yield source[start:start + min(MIB, size - number * MIB)]


def hash_of(blocks):
    digest = hashlib.sha1()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


class Mover:
    """Sends and receives piece by piece, and sees how much memory the daemon takes meanwhile."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.idle_bytes = private_bytes(daemon)
        self.peak_bytes = self.idle_bytes
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", daemon.port, timeout=10 * TIMEOUT_S)
        self.headers = {"Authorization": f"Bearer {daemon.token}"}

    def close(self):
        self.connection.close()

    def watch(self, blocks):
        for block in blocks:
            yield block
            self.peak_bytes = max(self.peak_bytes, private_bytes(self.daemon))

    def put(self, path, blocks, size=None):
        """With a Content-Length, where `size` tells it, or else chunked."""
        headers = dict(self.headers)
        if size is not None:
            headers["Content-Length"] = str(size)
        self.connection.request(
            "PUT", path, self.watch(blocks), headers, encode_chunked=size is None)
        response = self.connection.getresponse()
        assert (response.status, response.read()) == (204, b"")

    def get_hash(self, path, size, headers=None, status=200):
        self.connection.request("GET", path, headers={**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        assert response.status == status
        assert int(response.headers["Content-Length"]) == size
        assert "ETag" not in response.headers  # nobody has seen all of it
        return hash_of(self.watch(iter(lambda: response.read(MIB), b"")))

    def expect_flat(self):
        expect_growth_within(FLAT_BYTES, self.idle_bytes, self.peak_bytes)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()  # pytest would keep gigabytes of them


@pytest.fixture
def large_daemon(start_daemon, folder):
    daemon = start_daemon("--files", build.native_path(folder))
    # The first large transfer makes threads and buffers that stay.
    client = daemon.client()
    section = client.create(size=MIB)["id"]
    for _ in range(4):
        client.write(section, bytes(MIB))
        client.read(section)
    client.close_section(section)
    client.close()
    return daemon


@pytest.fixture
def mover(large_daemon):
    mover = Mover(large_daemon)
    yield mover
    mover.close()


def file_hash(path, offset, size):
    with open(path, "rb") as file:
        file.seek(offset)
        blocks = (file.read(min(MIB, size - at)) for at in range(0, size, MIB))
        return hash_of(blocks)


def create(daemon, file=None, **members):
    if file is not None:
        members["backing"] = {"file": file}
    client = daemon.client(timeout_s=5 * TIMEOUT_S)
    made = client.create(**members)
    client.close()
    return made["id"]


@pytest.mark.parametrize("file, chunked", [(None, False), ("large.bin", True)],
                         ids=["memory", "file, chunked"])
def test_a_large_put_and_get_take_no_memory(large_daemon, mover, folder, file, chunked):
    section = create(large_daemon, file, size=SIZE)
    path = f"/v1/sections/{section}/data"
    wanted = hash_of(pieces())

    mover.put(path, pieces(), None if chunked else SIZE)
    assert mover.get_hash(path, SIZE) == wanted
    mover.expect_flat()
    if file:
        assert file_hash(folder / file, 0, SIZE) == wanted


def test_a_large_range_takes_no_memory(large_daemon, mover):
    section = create(large_daemon, size=SIZE)
    path = f"/v1/sections/{section}/data"
    size = SIZE // 2
    mover.put(f"{path}?offset=12345", pieces(size), size)
    wanted = hash_of(pieces(size))
    range_header = {"Range": f"bytes=12345-{12345 + size - 1}"}
    assert mover.get_hash(path, size, range_header, status=206) == wanted
    assert mover.get_hash(f"{path}?offset=12345&length={size}", size) == wanted
    mover.expect_flat()


@pytest.mark.parametrize("offset", [4 * GIB - 70_001, 4 * GIB + GIB // 2 + 1],
                         ids=["across 4 GiB", "beyond 4 GiB"])
def test_bytes_past_4_gib_of_a_sparse_file(large_daemon, mover, folder, offset):
    section = create(large_daemon, "sparse.bin", size=6 * GIB)
    file = folder / "sparse.bin"
    assert file.stat().st_size == 6 * GIB
    mover.put(f"/v1/sections/{section}/data?offset={offset}", pieces(), SIZE)
    got = mover.get_hash(f"/v1/sections/{section}/data?offset={offset}&length={SIZE}", SIZE)
    mover.expect_flat()
    assert got == hash_of(pieces())
    assert file_hash(file, offset, SIZE) == hash_of(pieces())
    # Nothing went to where 32 bits would lead, or to the sides.
    zeros = hash_of([bytes(MIB)])
    for start in (0, offset % (4 * GIB), offset - MIB, offset + SIZE, 6 * GIB - MIB):
        if start + MIB <= offset or start >= offset + SIZE:
            assert file_hash(file, start, MIB) == zeros, start
    assert os.stat(file).st_blocks * 512 <= SIZE + 64 * MIB, "the file is not sparse any more"


def test_a_view_past_4_gib_reaches_the_same_bytes(large_daemon, folder):
    (folder / "sparse.bin").write_bytes(b"")
    os.truncate(folder / "sparse.bin", 6 * GIB)
    client = large_daemon.client()
    backing = {"file": "sparse.bin", "open": "open_existing"}
    start = 5 * GIB + 12_345
    whole = client.post("/v1/sections", {"backing": backing}).json()
    part = client.post("/v1/sections", {
        "backing": backing, "view": {"offset": start, "length": 100_000}}).json()
    assert (whole["size"], part["size"]) == (6 * GIB, 6 * GIB)
    assert part["view"] == {"offset": start, "length": 100_000}

    client.write(part["id"], b"through the view", 99_000)
    client.write(whole["id"], b"through the whole", start + 1000)
    assert client.read(whole["id"], start + 99_000, 16) == b"through the view"
    assert client.read(part["id"], 1000, 17) == b"through the whole"
    expect_status(client.post(f"/v1/sections/{whole['id']}/fill", {
        "offset": 6 * GIB - 200_000, "length": 200_000, "byte": 0x5A}), 204)
    expect_status(client.post(f"/v1/sections/{part['id']}/copy", {
        "from": whole["id"], "from_offset": 6 * GIB - 100_000, "offset": 0, "length": 50_000}),
        204)
    client.close()
    with open(folder / "sparse.bin", "rb") as file:
        file.seek(start)
        assert file.read(50_000) == b"\x5a" * 50_000
        file.seek(start + 99_000)
        assert file.read(16) == b"through the view"
        file.seek(6 * GIB - 200_001)
        assert file.read() == b"\0" + b"\x5a" * 200_000


def test_a_reserve_of_1_tib_is_read_and_written_at_its_end(large_daemon):
    client = large_daemon.client()
    reply = client.post("/v1/sections", {"size": TIB, "reserve": True})
    if reply.status != 201:
        # It is for the OS to say no, with a name for why; nothing of it stays.
        problem = reply.json()
        assert reply.status == 507 and "call" in problem, reply
        assert client.sections() == []
        assert build.ON_WINDOWS, f"Linux gives it: {problem}"
        return
    section = reply.json()
    assert section["size"] == TIB
    idle = private_bytes(large_daemon)
    assert client.read(section["id"], TIB - 70_000) == bytes(70_000)
    client.write(section["id"], b"the end", TIB - 7)
    assert client.read(section["id"], TIB - 8) == b"\0the end"
    assert client.read(section["id"], TIB // 2 - 4, 8) == bytes(8)
    expect_growth_within(FLAT_BYTES, idle, private_bytes(large_daemon))
    assert client.get(f"/v1/sections/{section['id']}/data?offset={TIB - 1}&length=2").status == 416
    client.close()
