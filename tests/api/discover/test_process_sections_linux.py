"""The search on Linux: descriptors, mappings without one, seals, and what may not be seen."""

import fcntl
import mmap
import os
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status
from search import by_handle, found, search

SHM = Path("/dev/shm")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
ONLY_PTRACE = [*NOBODY, "--inh-caps=+sys_ptrace", "--ambient-caps=+sys_ptrace"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def me():
    return os.getpid()


@pytest.fixture
def memfd():
    made = []

    def make(name="test", size=4096, seals=0):
        number = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(number, size)
        fcntl.fcntl(number, fcntl.F_ADD_SEALS, seals)
        made.append(number)
        return number

    yield make
    for number in made:
        os.close(number)


def of_descriptor(client, number):
    return by_handle(found(client, os.getpid()))[hex(number)]


def test_a_memfd_is_found_by_its_own_name(client, memfd):
    section = of_descriptor(client, memfd("frames of the camera"))
    assert section["name"] == "frames of the camera"
    assert section["scope"] is None
    assert section["backing"] == {"kind": "memfd", "file": None}


def test_a_memfd_without_a_name_has_none(client, memfd):
    assert of_descriptor(client, memfd(""))["name"] is None


def test_a_memfd_called_deleted_keeps_its_name(client, memfd):
    assert of_descriptor(client, memfd("x (deleted)"))["name"] == "x (deleted)"


def test_a_name_that_is_no_utf_8_is_mended(client, memfd):
    number = os.memfd_create(os.fsdecode(b"bad\xff\"\\name"), os.MFD_CLOEXEC)
    os.ftruncate(number, 4096)
    try:
        assert of_descriptor(client, number)["name"] == "bad\ufffd\"\\name"
    finally:
        os.close(number)


def test_seals_are_told_and_take_the_right_to_write(client, memfd):
    section = of_descriptor(client, memfd(seals=fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW))
    assert section["attributes"] == ["sealed_shrink", "sealed_grow"]
    assert section["access"] == ["read", "write", "query"]
    section = of_descriptor(client, memfd(seals=fcntl.F_SEAL_WRITE))
    assert section["attributes"] == ["sealed_write"]
    assert section["access"] == ["read", "query"]


@pytest.mark.parametrize("mode, access", [(os.O_RDWR, ["read", "write", "query"]),
                                          (os.O_RDONLY, ["read", "query"]),
                                          (os.O_WRONLY, ["write", "query"])])
def test_the_mode_of_a_descriptor_is_its_access(client, name, mode, access):
    path = SHM / name
    path.write_bytes(b"shared")
    number = os.open(path, mode)
    try:
        section = of_descriptor(client, number)
        assert section["access"] == access
        assert (section["name"], section["size"]) == (name, 6)
        path.unlink()
        assert of_descriptor(client, number)["name"] is None, "it has none any more"
        assert of_descriptor(client, number)["backing"]["kind"] == "shm"
    finally:
        os.close(number)
        path.unlink(missing_ok=True)


def test_a_section_of_no_bytes_is_found(client, memfd):
    assert of_descriptor(client, memfd(size=0))["size"] == 0


def test_a_mapping_whose_descriptor_was_closed_is_found_and_taken(client, peer):
    peer.create("a", 8192)
    peer.write("a", b"still here")
    address = peer.drop_handle("a")
    [section] = found(client, peer.pid)
    assert section["handle"] is None
    assert section["address"] == address
    assert section["size"] == 8192 and section["size_exact"]
    assert section["backing"]["kind"] == "memfd"
    for wanted in ({"index": 0}, {"address": address}, {"name": section["name"]}):
        reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, **wanted})
        taken = expect_status(reply, 201).json()
        assert taken["source"] == {"pid": peer.pid, "handle": None, "address": address}
        assert client.read(taken["id"], 0, 10) == b"still here"
        client.write(taken["id"], b"and", 4000)
        assert peer.read("a", 3, 4000) == b"and"
    assert found(client, peer.pid)[0]["id"] is not None


def test_an_object_is_shown_once_however_often_it_is_mapped(client, peer):
    handle = peer.create("a", 4096)["handle"]
    peer.duplicate("b", peer.pid, handle)
    peer.create("c", 4096)
    peer.drop_handle("c")
    sections = found(client, peer.pid)
    assert [each["handle"] is None for each in sections] == [False, False, True]


def test_private_mappings_are_no_sections(client, me):
    number = os.memfd_create("private")
    os.ftruncate(number, 4096)
    private = mmap.mmap(number, 4096, mmap.MAP_PRIVATE)
    os.close(number)
    try:
        # mmap objects keep a descriptor of their own: it is what is found.
        mapped = [each for each in found(client, me) if each["handle"] is None]
        assert mapped == []
    finally:
        private.close()


@pytest.mark.parametrize("address, status", [("0x1000", 404), (1, 404), ("0x7fffffffffffffff", 404),
                                             (0, 400), (-1, 400), ("zero", 400)])
def test_an_address_without_a_mapping_is_refused(client, peer, address, status):
    reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, "address": address})
    assert reply.status == status, reply


def test_a_private_mapping_is_not_taken(client, me):
    line = next(line for line in open("/proc/self/maps") if "libc.so" in line)
    address = "0x" + line.split("-")[0]
    reply = client.post("/v1/sections/duplicate", {"pid": me, "address": address})
    expect_problem(reply, 409, "not_a_section")


def test_files_count_where_they_lie_inside_the_folder_of_the_daemon(start_daemon, peer, tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "data.bin").write_bytes(b"x" * 4096)
    peer.map_file("a", outside / "data.bin")
    handle = peer.map_file("b", inside / "data.bin")["handle"]
    client = start_daemon("--files", inside).client()
    [section] = found(client, peer.pid)
    assert section["handle"] == handle
    assert section["backing"] == {"kind": "file", "file": str(inside / "data.bin")}
    assert found(start_daemon().client(), peer.pid) == []


def daemon_of(start_daemon, copies, prefix, *options):
    state = copies / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    return start_daemon(*options, state=state, prefix=prefix, program=copies / build.SECTIOND.name)


@as_root
def test_a_process_of_another_user_is_403_with_the_words_of_linux(copies, start_daemon, peer):
    peer.create("a", 4096)
    client = daemon_of(start_daemon, copies, NOBODY).client()
    for reply in (client.get(f"/v1/processes/{peer.pid}/sections"),
                  client.post("/v1/sections/duplicate", {"pid": peer.pid, "index": 0})):
        problem = expect_problem(reply, 403, "access_denied")
        assert problem["os"]["name"] in ("EACCES", "EPERM")
        assert problem["call"] == "open /proc/PID/fd"


@as_root
def test_the_same_users_process_is_searched_without_any_right(copies, start_daemon, start_peer):
    client = daemon_of(start_daemon, copies, NOBODY).client()
    friend = start_peer(prefix=NOBODY, program=copies / build.PEER.name)
    handle = friend.create("a", 8192)["handle"]
    [section] = found(client, friend.pid)
    assert (section["handle"], section["size"]) == (handle, 8192)
    friend.harden()
    expect_problem(client.get(f"/v1/processes/{friend.pid}/sections"), 403, "access_denied")


@as_root
def test_what_map_files_may_not_show_is_a_partial_answer(copies, start_daemon, start_peer):
    client = daemon_of(start_daemon, copies, NOBODY).client()
    friend = start_peer(prefix=NOBODY, program=copies / build.PEER.name)
    handle = friend.create("a", 8192)["handle"]
    friend.create("b", 5000)
    address = friend.drop_handle("b")
    answer = search(client, friend.pid)
    assert answer["partial"] and answer["reason"].startswith("1 of its descriptors and mappings")
    exact, mapped = answer["sections"]
    assert exact["handle"] == handle and exact["size_exact"]
    assert mapped["address"] == address
    assert mapped["size"] == 8192 and not mapped["size_exact"], "as far as it is mapped"
    assert mapped["backing"]["kind"] == "memfd"
    reply = client.post("/v1/sections/duplicate", {"pid": friend.pid, "address": address})
    assert expect_problem(reply, 403, "access_denied")["call"] == "open /proc/PID/map_files"


@as_root
def test_mapped_files_outside_the_folder_are_no_loss(copies, start_daemon, start_peer):
    """Without the right to follow map_files, too: programs map files of the system shared."""
    inside, outside = copies / "inside", copies / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        os.chown(folder, 65534, 65534)
    client = daemon_of(start_daemon, copies, NOBODY, "--files", inside).client()
    friend = start_peer(prefix=NOBODY, program=copies / build.PEER.name)
    friend.map_file("a", outside / "x.bin", 4096)
    friend.drop_handle("a")
    assert found(client, friend.pid) == []
    friend.map_file("b", inside / "y.bin", 4096)
    assert len(found(client, friend.pid)) == 1
    friend.drop_handle("b")
    assert search(client, friend.pid)["partial"], "that one may not be looked at"


@as_root
def test_the_right_to_trace_alone_searches_other_users_processes(
        copies, start_daemon, peer, name, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    peer.crowd("event", 10)
    peer.crowd("blocked-pipe", 10)
    peer.crowd("file", 10, tmp_path / "file")
    made = {peer.create("a", 4096)["handle"], peer.create("b", 8192, name)["handle"]}
    client = daemon_of(start_daemon, copies, ONLY_PTRACE).client()
    answer = search(client, peer.pid)
    assert set(by_handle(answer["sections"])) == made
    section = client.duplicate(peer.pid, answer["sections"][0]["handle"])
    client.write(section["id"], b"hello")
    assert peer.read("a", 5) == b"hello"
