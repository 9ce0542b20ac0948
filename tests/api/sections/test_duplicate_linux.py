"""Descriptors of every kind that Linux has: only sections are taken, with the access they give.

The tests' own process is the one that holds them.
"""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from client import expect_problem, expect_status
from footprint import expect_no_more, footprint

pytestmark = pytest.mark.linux

SHM = Path("/dev/shm")


@pytest.fixture
def descriptor():
    """Keeps descriptors open for a test: call it with what os.open and others gave."""
    kept = []

    def keep(number):
        kept.append(number)
        return number

    yield keep
    for number in kept:
        os.close(number)


@pytest.fixture
def shm_file(name):
    path = SHM / name
    path.write_bytes(b"shared".ljust(4096, b"\0"))
    yield path
    path.unlink(missing_ok=True)


def duplicate(client, number, **members):
    return client.post(
        "/v1/sections/duplicate", {"pid": os.getpid(), "handle": number, **members})


def memfd(size=4096, seals=0):
    number = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(number, size)
    if seals:
        fcntl.fcntl(number, fcntl.F_ADD_SEALS, seals)
    return number


def test_a_memfd_is_taken_and_shared(client, descriptor):
    number = descriptor(memfd())
    section = expect_status(duplicate(client, number), 201).json()
    assert section["backing"]["kind"] == "memfd"
    assert section["name"] is None
    client.write(section["id"], b"hello")
    assert os.pread(number, 5, 0) == b"hello"


def test_a_memfd_sealed_against_writing_is_taken_for_reading(client, descriptor):
    number = descriptor(memfd())
    os.pwrite(number, b"fixed", 0)
    fcntl.fcntl(number, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    section = expect_status(duplicate(client, number), 201).json()
    assert section["access"] == "read"
    assert client.read(section["id"], 0, 5) == b"fixed"
    expect_problem(client.put(f"/v1/sections/{section['id']}/data", b"x"), 403, "read_only")
    expect_problem(duplicate(client, number, access="readwrite"), 403, "access_denied")


def test_a_memfd_sealed_against_shrinking_is_taken(client, descriptor):
    number = descriptor(memfd(seals=fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW))
    section = expect_status(duplicate(client, number), 201).json()
    client.write(section["id"], b"last", 4092)
    assert os.pread(number, 4, 4092) == b"last"


def test_a_section_without_bytes_is_refused(client, descriptor):
    expect_problem(duplicate(client, descriptor(memfd(size=0))), 409, "empty_section")


@pytest.mark.parametrize("mode, access", [(os.O_RDWR, "readwrite"), (os.O_RDONLY, "read")])
def test_the_mode_of_a_descriptor_is_the_most_that_is_granted(
        client, descriptor, shm_file, mode, access):
    section = expect_status(duplicate(client, descriptor(os.open(shm_file, mode))), 201).json()
    assert section["access"] == access
    assert section["backing"]["kind"] == "shm"
    assert section["name"] == shm_file.name
    assert client.read(section["id"], 0, 6) == b"shared"


def test_a_descriptor_for_writing_only_is_refused(client, descriptor, shm_file):
    number = descriptor(os.open(shm_file, os.O_WRONLY))
    expect_problem(duplicate(client, number), 403, "access_denied")


def test_a_descriptor_without_rights_is_refused(client, descriptor, shm_file):
    number = descriptor(os.open(shm_file, os.O_PATH))
    reply = duplicate(client, number)
    assert reply.status in (403, 404, 409), reply


def test_an_unlinked_object_is_taken_without_a_name(client, descriptor, shm_file):
    number = descriptor(os.open(shm_file, os.O_RDWR))
    shm_file.unlink()
    section = expect_status(duplicate(client, number), 201).json()
    assert section["name"] is None
    assert client.read(section["id"], 0, 6) == b"shared"


def descriptors_of_other_kinds(folder):
    """What a process may hold that is no section."""
    first, second = socket.socketpair()
    reading, writing = os.pipe()
    data = folder / "data"
    data.write_bytes(b"x" * 4096)
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    return {
        "socket": first.detach(), "other socket": second.detach(), "pipe": reading,
        "other end of it": writing, "file": os.open(data, os.O_RDWR),
        "file of the system": os.open("/etc/passwd", os.O_RDONLY),
        "folder": os.open(folder, os.O_RDONLY), "folder of sections": os.open(SHM, os.O_RDONLY),
        "null device": os.open("/dev/null", os.O_RDWR),
        "zero device": os.open("/dev/zero", os.O_RDWR),
        "fifo": os.open(fifo, os.O_RDWR), "proc": os.open("/proc/self/maps", os.O_RDONLY),
        "nameless file": os.open(folder, os.O_TMPFILE | os.O_RDWR),
        "process": os.pidfd_open(os.getpid())}


def test_other_kinds_are_refused_and_leave_nothing(client, daemon, peer, tmp_path):
    client.get("/healthz")  # our connection is one of its descriptors
    before = footprint(daemon, peer)
    kinds = descriptors_of_other_kinds(tmp_path)
    try:
        for kind, number in kinds.items():
            reply = duplicate(client, number)
            assert reply.status == 409 and reply.json()["code"] == "not_a_section", (kind, reply)
    finally:
        for number in kinds.values():
            os.close(number)
    assert client.sections() == []
    expect_no_more(footprint(daemon, peer), before)


def test_a_file_that_is_called_like_a_memfd_is_refused(client, descriptor, tmp_path):
    path = tmp_path / "memfd:fake (deleted)"
    path.write_bytes(b"x" * 4096)
    expect_problem(duplicate(client, descriptor(os.open(path, os.O_RDWR))), 409, "not_a_section")


LOCKER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
print(file.fileno(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locker():
    """Starts processes that hold a locked file; gives the process and its descriptor."""
    started = []

    def start(path):
        process = subprocess.Popen([sys.executable, "-c", LOCKER, path], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_locked(path):
    with open(path, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize("wanted", ["handle", "index"])
def test_a_lock_dies_with_the_process_that_took_it(client, shm_file, locker, wanted):
    process, number = locker(shm_file)
    members = {"handle": number} if wanted == "handle" else {"index": 0}
    section = expect_status(
        client.post("/v1/sections/duplicate", {"pid": process.pid, **members}), 201).json()
    assert section["name"] == shm_file.name
    assert is_locked(shm_file)
    process.kill()
    process.wait()
    assert not is_locked(shm_file)
    client.write(section["id"], b"still ours")
    assert shm_file.read_bytes()[:10] == b"still ours"


def test_a_lock_on_a_data_file_dies_with_its_process(start_daemon, locker, tmp_path):
    path = tmp_path / "locked.bin"
    path.write_bytes(b"x" * 4096)
    client = start_daemon("--files", str(tmp_path)).client()
    process, number = locker(path)
    section = client.duplicate(process.pid, number)
    assert section["backing"]["kind"] == "file" and section["access"] == "readwrite"
    process.kill()
    process.wait()
    assert not is_locked(path)


def test_a_lock_is_not_ended_by_our_closing(client, shm_file, locker):
    process, number = locker(shm_file)
    client.close_section(client.duplicate(process.pid, number)["id"])
    assert is_locked(shm_file)
