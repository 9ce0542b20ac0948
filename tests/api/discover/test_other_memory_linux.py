"""Memory that is no object on our /dev/shm: of another mount namespace, of shmget, of mmap, huge pages."""

import ctypes
import mmap
import os
import re
import subprocess
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status
from search import by_handle, found, search

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs a mount namespace, or map_files")



def with_mounts(command):
    """A start within mounts of its own. Those of a chroot cannot all be made private, this one can."""
    script = f'mount --make-private /dev/shm && {command} && exec "$@"'
    return ["unshare", "-m", "--propagation", "unchanged", "sh", "-c", script, "sh"]


ELSEWHERE = with_mounts("mount -t tmpfs none /dev/shm")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]


def duplicate(client, pid, **members):
    return expect_status(client.post("/v1/sections/duplicate", {"pid": pid, **members}), 201).json()


# ---- another /dev/shm ----


@as_root
def test_sections_of_another_dev_shm_are_listed_and_taken(client, start_peer, name):
    stranger = start_peer(prefix=ELSEWHERE)
    handle = stranger.create("a", 8192, name)["handle"]
    stranger.write("a", b"from there")
    answer = search(client, stranger.pid)
    assert not answer["partial"]
    [section] = answer["sections"]
    assert (section["handle"], section["size"], section["name"]) == (handle, 8192, name)
    assert section["backing"] == {"kind": "shm", "file": None}
    assert section["namespace"] == "other"
    for wanted in ({"handle": handle}, {"index": 0}, {"name": name}):
        taken = duplicate(client, stranger.pid, **wanted)
        assert taken["backing"]["kind"] == "shm" and taken["namespace"] == "other"
        assert (taken["name"], taken["label"]) == (None, name), "the name leads nowhere here"
        assert client.read(taken["id"], 0, 10) == b"from there"
        client.write(taken["id"], b"and back", 4000)
        assert stranger.read("a", 8, 4000) == b"and back"
    expect_problem(client.get(f"/v1/sections/@{name}"), 404, "not_found")
    [section] = found(client, stranger.pid)
    assert section["id"] is not None


@as_root
def test_a_dev_shm_below_the_root_of_a_chroot_is_another_one(client, tmp_path, name):
    """Seen from outside its mounts, such an object has the path from their root, not from the chroot's."""
    folder = tmp_path / "dev" / "shm"
    folder.mkdir(parents=True)
    holder = ("import os, sys; d = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600);"
              "os.truncate(d, 4096); os.write(d, b'below'); print(d, flush=True); sys.stdin.read()")
    script = f'mount --make-private -t tmpfs none {folder} && exec "$@"'
    with subprocess.Popen(
            ["unshare", "-m", "--propagation", "unchanged", "sh", "-c", script, "sh",
             "/usr/bin/python3", "-c", holder, f"{folder}/{name}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
        handle = hex(int(stranger.stdout.readline()))
        [section] = found(client, stranger.pid)
        assert (section["handle"], section["name"]) == (handle, name)
        assert section["namespace"] == "other" and section["backing"]["kind"] == "shm"
        taken = duplicate(client, stranger.pid, handle=handle)
        assert client.read(taken["id"], 0, 5) == b"below"
        stranger.stdin.close()


@as_root
def test_a_mapping_of_another_dev_shm_is_taken_by_its_address(client, start_peer, name):
    stranger = start_peer(prefix=ELSEWHERE)
    stranger.create("a", 4096, name)
    stranger.write("a", b"mapped")
    address = stranger.drop_handle("a")
    [section] = found(client, stranger.pid)
    assert (section["handle"], section["address"]) == (None, address)
    assert section["namespace"] == "other" and section["backing"]["kind"] == "shm"
    taken = duplicate(client, stranger.pid, address=address)
    assert client.read(taken["id"], 0, 6) == b"mapped"


@as_root
def test_the_same_name_here_and_there_is_two_sections(client, start_peer, name):
    stranger = start_peer(prefix=ELSEWHERE)
    here = client.create(name, size=4096)
    handle = stranger.create("a", 4096, name)["handle"]
    stranger.write("a", b"there")
    taken = duplicate(client, stranger.pid, handle=handle)
    assert client.read(here["id"], 0, 5) == bytes(5)
    assert client.read(taken["id"], 0, 5) == b"there"
    assert client.get(f"/v1/sections/@{name}").json()["id"] == here["id"]
    assert here["namespace"] is None


@as_root
def test_a_file_of_a_mount_that_we_have_too_is_no_section(client, start_peer, tmp_path, name):
    """A process may mount what it likes on its /dev/shm: only what is mounted nowhere here counts."""
    shared = tmp_path / "shared"
    shared.mkdir()
    stranger = start_peer(prefix=with_mounts(f"mount --bind {shared} /dev/shm"))
    handle = stranger.create("a", 4096, name)["handle"]
    assert found(client, stranger.pid) == []
    reply = client.post("/v1/sections/duplicate", {"pid": stranger.pid, "handle": handle})
    expect_problem(reply, 409, "not_a_section")


# ---- System V, anonymous ----


@pytest.fixture
def segment():
    """A System V segment that we have attached: (its key, where)."""
    key = 0x5EC70000 | os.getpid() & 0xFFFF
    number = libc.shmget(key, 5000, 0o1600)
    assert number >= 0
    address = libc.shmat(number, None, 0)
    yield key, address
    libc.shmdt(address)
    libc.shmctl(number, 0, None)


def mapped(client, address):
    [section] = [each for each in found(client, os.getpid()) if each["address"] == hex(address)]
    return section


@as_root
def test_a_system_v_segment_is_listed_and_taken(client, segment):
    key, address = segment
    ctypes.memmove(address, b"system v", 8)
    section = mapped(client, address)
    assert section["backing"] == {"kind": "sysv", "file": None}
    assert (section["name"], section["size"], section["size_exact"]) == (f"SYSV{key:08x}", 5000, True)
    taken = duplicate(client, os.getpid(), address=hex(address))
    assert taken["backing"]["kind"] == "sysv" and taken["label"] == f"SYSV{key:08x}"
    assert client.read(taken["id"], 0, 8) == b"system v"
    client.write(taken["id"], b"SYSTEM")
    assert ctypes.string_at(address, 8) == b"SYSTEM v"
    assert mapped(client, address)["id"] is not None


@as_root
def test_an_anonymous_shared_mapping_is_listed_and_taken(client):
    memory = mmap.mmap(-1, 8192, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    memory[:5] = b"words"
    section = mapped(client, address)
    assert section["backing"] == {"kind": "anonymous", "file": None}
    assert (section["name"], section["size"]) == (None, 8192)
    taken = duplicate(client, os.getpid(), address=hex(address))
    assert client.read(taken["id"], 0, 5) == b"words"
    client.write(taken["id"], b"W")
    assert memory[:5] == b"Words"


@as_root
def test_without_the_right_to_follow_mappings_they_are_said_to_be_there(
        copies, start_daemon, start_peer):
    state = copies / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    daemon = start_daemon(state=state, prefix=NOBODY, program=copies / build.SECTIOND.name)
    script = ("import ctypes, mmap, time\n"
              "m = mmap.mmap(-1, 8192, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)\n"
              "c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p\n"
              "i = c.shmget(0, 5000, 0o1600); c.shmat(i, None, 0); c.shmctl(i, 0, None)\n"
              "print('ready', flush=True); input()\n")
    holder = subprocess.Popen([*NOBODY, "/usr/bin/python3", "-c", script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"ready\n"
        answer = search(daemon.client(), holder.pid)
        assert answer["partial"]
        kinds = {each["backing"]["kind"]: each for each in answer["sections"]}
        assert set(kinds) == {"sysv", "anonymous"}
        assert (kinds["anonymous"]["size"], kinds["sysv"]["size"]) == (8192, 5000)
        assert not kinds["anonymous"]["size_exact"]
        assert kinds["sysv"]["size_exact"], "its id is enough to ask"
        reply = daemon.client().post("/v1/sections/duplicate", {
            "pid": holder.pid, "address": kinds["anonymous"]["address"]})
        expect_problem(reply, 403, "access_denied")
    finally:
        holder.communicate(b"\n", timeout=60)


# ---- huge pages ----


@pytest.fixture
def huge_pages():
    """Two of them, for as long as the test runs."""
    setting = Path("/proc/sys/vm/nr_hugepages")
    before = setting.read_text()
    try:
        setting.write_text(str(int(before) + 2))
    except OSError:
        pytest.skip("huge pages cannot be set aside here")
    if int(setting.read_text()) < int(before) + 2:
        setting.write_text(before)
        pytest.skip("there is no memory for huge pages")
    yield int(re.search(r"Hugepagesize: *(\d+) kB", Path("/proc/meminfo").read_text())[1]) * 1024
    setting.write_text(before)


def test_a_memfd_of_huge_pages_is_listed_and_taken(client, huge_pages):
    number = os.memfd_create("frames", os.MFD_CLOEXEC | os.MFD_HUGETLB)
    os.ftruncate(number, huge_pages)
    memory = mmap.mmap(number, huge_pages)
    memory[:4] = b"huge"
    section = by_handle(found(client, os.getpid()))[hex(number)]
    assert section["backing"] == {"kind": "hugetlb", "file": None}
    assert (section["name"], section["size"]) == ("frames", huge_pages)
    taken = duplicate(client, os.getpid(), handle=number)
    assert (taken["label"], taken["view"]["length"]) == ("frames", huge_pages)
    assert client.read(taken["id"], 0, 4) == b"huge"
    client.write(taken["id"], b"page", huge_pages - 4)
    assert memory[-4:] == b"page"
    part = duplicate(client, os.getpid(), handle=number, view={"offset": 0, "length": 4096})
    assert client.read(part["id"], 0, 4) == b"huge"
    client.close_section(part["id"])
    client.close_section(taken["id"])
    memory.close()
    os.close(number)


def test_a_memfd_of_huge_pages_that_are_not_there_is_listed(client):
    try:
        number = os.memfd_create("none", os.MFD_CLOEXEC | os.MFD_HUGETLB)
    except OSError:
        pytest.skip("this kernel has no huge pages")
    section = by_handle(found(client, os.getpid()))[hex(number)]
    assert (section["backing"]["kind"], section["name"], section["size"]) == ("hugetlb", "none", 0)
    os.close(number)


# ---- labels ----


def test_a_duplicated_memfd_keeps_its_name_as_label(client):
    number = os.memfd_create("camera \u00e9")
    os.ftruncate(number, 4096)
    assert duplicate(client, os.getpid(), handle=number)["label"] == "camera \u00e9"
    assert duplicate(client, os.getpid(), handle=number, label="mine")["label"] == "mine"
    os.close(number)
    number = os.memfd_create("")
    os.ftruncate(number, 4096)
    assert duplicate(client, os.getpid(), handle=number)["label"] is None
    os.close(number)


def test_an_object_of_our_dev_shm_has_no_label_of_its_own(client, peer, name):
    handle = peer.create("a", 4096, name)["handle"]
    taken = duplicate(client, peer.pid, handle=handle)
    assert (taken["name"], taken["label"], taken["namespace"]) == (name, None, None)
