"""System V segments that the daemon attaches by their id, as it does without the right to follow mappings.

The daemon is an ordinary user here: under root it is nobody, and so is who holds the segments.
"""

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream
from search import found, search

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can be two users")
ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if ROOT else []
PAGE = os.sysconf("SC_PAGESIZE")

HOLDER = r"""
import ctypes, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]

def checked(result):
    if result in (-1, 2 ** 64 - 1):
        raise OSError(ctypes.get_errno(), "shm")
    return result

def make(size, mode=0o600, key=0, flags=0):
    return checked(libc.shmget(key, size, 0o1000 | mode | flags))

def attach(number, flags=0):
    return checked(libc.shmat(number, None, flags))

def detach(address):
    return checked(libc.shmdt(address))

def remove(number):
    return checked(libc.shmctl(number, 0, None))

def set_mode(number, mode):
    room = ctypes.create_string_buffer(256)
    checked(libc.shmctl(number, 2, room))
    ctypes.c_uint32.from_buffer(room, 20).value = mode
    return checked(libc.shmctl(number, 1, room))

def become_nobody():
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
    return libc.prctl(4, 1, 0, 0, 0)

def anonymous(size):
    global memory
    memory = mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))

def poke(address, text):
    ctypes.memmove(address, text, len(text))

def peek(address, length):
    return ctypes.string_at(address, length)

print("ready", flush=True)
for line in sys.stdin:
    print(repr(eval(line)), flush=True)
"""


class Holder:
    """A program that holds segments: it evaluates one expression a line."""

    def __init__(self, prefix):
        self.process = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", HOLDER], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n"
        self.pid = self.process.pid
        self.made = []

    def do(self, expression):
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return eval(self.process.stdout.readline())

    def segment(self, size, *arguments, flags=0):
        """Makes a segment and attaches it: its id, and where."""
        number = self.do(f"make({', '.join(map(str, (size, *arguments)))})")
        self.made.append(number)
        return number, self.do(f"attach({number}, {flags})")

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def remove(number):
    ctypes.CDLL(None).shmctl(number, 0, None)


@pytest.fixture
def start_holder():
    holders = []

    def start(prefix=ORDINARY):
        holders.append(Holder(prefix))
        return holders[-1]

    yield start
    for holder in holders:
        holder.end()
        for number in holder.made:
            remove(number)


@pytest.fixture
def holder(start_holder):
    return start_holder()


@pytest.fixture
def ordinary(copies, start_daemon):
    """A daemon without any right."""
    state = copies / "state"
    state.mkdir()
    if ROOT:
        os.chown(state, 65534, 65534)
    return start_daemon(state=state, prefix=ORDINARY, program=copies / build.SECTIOND.name)


@pytest.fixture
def client(ordinary):
    return ordinary.client()


def ask(client, holder, address, **members):
    return client.post("/v1/sections/duplicate",
                       {"pid": holder.pid, "address": hex(address), **members})


def take(client, holder, address, **members):
    return expect_status(ask(client, holder, address, **members), 201).json()


def row(number):
    """The segment's numbers, as the system tells them; None: there is no such segment any more."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()
    for line in lines[1:]:
        fields = dict(zip(lines[0].split(), line.split()))
        if int(fields["shmid"]) == number:
            return fields
    return None


def attached(number):
    return int(row(number)["nattch"])


def memory(number):
    return int(row(number)["rss"]) + int(row(number)["swap"])


# ---- what is taken ----


def test_a_segment_is_listed_whole_and_taken_without_any_right(client, holder):
    key = 0x5EC80000 | os.getpid() & 0xFFFF
    number, address = holder.segment(5000, 0o600, key)
    holder.do(f"poke({address}, b'system v')")
    [section] = found(client, holder.pid)
    assert section["backing"] == {"kind": "sysv", "file": None}
    assert (section["name"], section["size"], section["size_exact"]) == (
        f"SYSV{key:08x}", 5000, True)
    assert (section["handle"], section["address"]) == (None, hex(address))
    taken = take(client, holder, address)
    assert taken["backing"]["kind"] == "sysv" and taken["label"] == f"SYSV{key:08x}"
    assert (taken["handle"], taken["access"]) == (None, "readwrite")
    assert (taken["size"], taken["size_exact"]) == (5000, True)
    assert taken["view"] == {"offset": 0, "length": 5000}
    assert taken["source"] == {"pid": holder.pid, "handle": None, "address": hex(address)}
    assert client.read(taken["id"], 0, 8) == b"system v"
    client.write(taken["id"], b"SYSTEM")
    assert holder.do(f"peek({address}, 8)") == b"SYSTEM v"
    client.write(taken["id"], b"!", 4999)
    assert client.read(taken["id"]) == b"SYSTEM v" + bytes(4991) + b"!"
    expect_problem(client.get(f"/v1/sections/{taken['id']}/data?offset=5000&length=1"), 416,
                   "range_not_satisfiable")
    now = client.section(taken["id"])
    changes = ("stats", "last_used_at")
    assert {**now, **dict.fromkeys(changes)} == {**taken, **dict.fromkeys(changes)}


def test_it_is_taken_by_index_and_known_by_its_id_and_its_holders(client, holder):
    _, address = holder.segment(8192)
    taken = expect_status(client.post("/v1/sections/duplicate", {
        "pid": holder.pid, "index": 0, "address": hex(address), "size": 8192}), 201).json()
    [section] = found(client, holder.pid)
    assert section["id"] == taken["id"]
    answer = expect_status(client.get(f"/v1/sections/{taken['id']}/holders"), 200).json()
    assert [(each["pid"], each["address"]) for each in answer["holders"]] == [
        (holder.pid, hex(address))]
    again = take(client, holder, address)
    assert again["id"] != taken["id"], "another section of the same object"
    client.write(taken["id"], b"seen")
    assert client.read(again["id"], 0, 4) == b"seen"


def test_closing_it_detaches_it(client, holder):
    number, address = holder.segment(4096)
    for _ in range(20):
        client.close_section(take(client, holder, address)["id"])
        assert attached(number) == 1
    first, second = take(client, holder, address), take(client, holder, address)
    assert attached(number) == 3
    client.close_section(first["id"])
    assert attached(number) == 2
    client.write(second["id"], b"still")
    assert holder.do(f"peek({address}, 5)") == b"still"


def test_what_cannot_be_viewed_is_detached(client, holder):
    number, address = holder.segment(5000)
    for view in ({"offset": 5000, "length": 1}, {"offset": 0, "length": 5001},
                 {"offset": 4999, "length": 2}):
        assert ask(client, holder, address, view=view).status in (400, 416)
        assert attached(number) == 1


def test_a_part_of_it_is_a_view(client, holder):
    _, address = holder.segment(20000)
    holder.do(f"poke({address + 10001}, b'part')")
    taken = take(client, holder, address, view={"offset": 10001, "length": 4})
    assert taken["view"] == {"offset": 10001, "length": 4} and taken["size"] == 20000
    assert client.read(taken["id"]) == b"part"
    client.write(taken["id"], b"PART")
    assert holder.do(f"peek({address + 10000}, 6)") == b"\0PART\0"


def test_it_outlives_its_holder_and_its_id(ordinary, client, start_holder):
    holder = start_holder()
    number, address = holder.segment(PAGE)
    holder.do(f"poke({address}, b'last words')")
    holder.do(f"remove({number})")
    taken = take(client, holder, address)
    assert (taken["size"], taken["access"]) == (PAGE, "readwrite")
    stream = EventStream(ordinary, f"/v1/sections/{taken['id']}/events?offset=0&length=16").start()
    stream.expect("snapshot")
    holder.end()
    assert client.read(taken["id"], 0, 10) == b"last words"
    client.write(taken["id"], b"first")
    stream.expect("change")
    stream.close()
    client.close_section(taken["id"])
    wait_until(lambda: row(number) is None, "the segment to go with who had it last")


def test_values_texts_and_atomics_work_in_it(client, holder):
    _, address = holder.segment(65536)
    path = f"/v1/sections/{take(client, holder, address)['id']}"
    expect_status(client.json("PUT", f"{path}/values?type=u32&offset=40000&stride=4096",
                              {"values": [7, 8, 9]}), 204)
    values = client.get(f"{path}/values?type=u32&offset=40000&stride=4096&count=4").json()
    assert values["values"] == [7, 8, 9, 0]
    expect_status(client.post(f"{path}/atomic", {
        "op": "add", "type": "u32", "offset": 40000, "value": 5}), 200)
    assert holder.do(f"peek({address + 40000}, 4)") == bytes([12, 0, 0, 0])
    expect_status(client.post(f"{path}/fill", {"offset": 0, "length": 10, "byte": 97}), 204)
    assert client.get(f"{path}/text?offset=0&encoding=utf-8").text == "a" * 10


def test_reading_gives_its_pages_no_memory(ordinary, client, holder):
    size = 64 << 20
    number, address = holder.segment(size)
    holder.do(f"poke({address + (20 << 20)}, b'here is something')")
    taken = take(client, holder, address)
    path = f"/v1/sections/{taken['id']}"
    before = memory(number)
    assert before <= 2 << 20, "a page, of whatever size"
    data = client.read(taken["id"])
    assert data.strip(b"\0") == b"here is something" and data.index(b"here") == 20 << 20
    assert client.read(taken["id"], (20 << 20) - 5000, 65536)[5000:5017] == b"here is something"
    matches = client.get(f"{path}/find?bytes={b'here'.hex()}").json()["matches"]
    assert [match["offset"] for match in matches] == [20 << 20]
    assert client.get(f"{path}/values?type=u32&offset=1000000&count=4").json()["values"] == [0] * 4
    stream = EventStream(ordinary, f"{path}/events?offset={40 << 20}&length=65536").start()
    stream.expect("snapshot")
    assert memory(number) == before
    holder.do(f"poke({address + (40 << 20)}, b'later')")
    stream.expect("change")
    stream.close()
    assert client.read(taken["id"], 40 << 20, 5) == b"later"


# ---- access ----


def test_no_more_access_is_taken_than_the_process_has(client, holder):
    shm_rdonly = 0o10000
    _, address = holder.segment(4096, flags=shm_rdonly)
    [section] = found(client, holder.pid)
    assert "write" not in section["access"]
    taken = take(client, holder, address)
    assert taken["access"] == "read"
    expect_problem(client.put(f"/v1/sections/{taken['id']}/data?offset=0", b"x"), 403, "read_only")
    expect_problem(ask(client, holder, address, access="readwrite"), 403, "access_denied")


def test_its_mode_bounds_what_is_granted(client, holder):
    number, address = holder.segment(4096)
    holder.do(f"poke({address}, b'old')")
    holder.do(f"set_mode({number}, 0o400)")
    taken = take(client, holder, address)
    assert taken["access"] == "read" and client.read(taken["id"], 0, 3) == b"old"
    expect_problem(client.put(f"/v1/sections/{taken['id']}/data?offset=0", b"x"), 403, "read_only")
    problem = expect_problem(ask(client, holder, address, access="readwrite"), 403, "access_denied")
    assert problem["call"] == "shmat" and problem["os"]["name"] == "EACCES"


def test_read_is_what_is_asked_for(client, holder):
    _, address = holder.segment(4096)
    taken = take(client, holder, address, access="read")
    assert taken["access"] == "read"
    expect_problem(client.put(f"/v1/sections/{taken['id']}/data?offset=0", b"x"), 403, "read_only")


def expect_refusal_with_help(reply):
    problem = expect_problem(reply, 403, "access_denied")
    assert problem["call"] == "shmat" and problem["os"]["name"] == "EACCES"
    assert "mode" in problem["detail"] and "CAP_IPC_OWNER" in problem["detail"]


def test_a_segment_that_lets_nobody_is_refused_and_says_what_helps(client, holder):
    number, address = holder.segment(4096)
    holder.do(f"set_mode({number}, 0)")
    answer = search(client, holder.pid)
    [section] = answer["sections"]
    assert answer["partial"] and not section["size_exact"]
    expect_refusal_with_help(ask(client, holder, address))
    expect_refusal_with_help(ask(client, holder, address, access="read"))
    assert attached(number) == 1


@as_root
def test_a_segment_of_another_user_is_refused_and_says_what_helps(client, start_holder):
    """Of a program that has attached it as root, and has become an ordinary user since."""
    holder = start_holder(prefix=[])
    number, address = holder.segment(4096)
    assert holder.do("become_nobody()") == 0
    expect_refusal_with_help(ask(client, holder, address))
    assert attached(number) == 1


def test_what_needs_a_descriptor_is_not_supported(client, holder):
    number, address = holder.segment(4096)
    expect_problem(ask(client, holder, address, access="writecopy"), 501, "unsupported_here")
    assert attached(number) == 1
    path = f"/v1/sections/{take(client, holder, address)['id']}"
    expect_problem(client.json("PATCH", path, {
        "inherit": True, "protected": True, "label": "changed"}), 501, "unsupported_here")
    section = client.get(path).json()
    assert section["label"] != "changed" and not section["protected"]
    after = expect_status(client.json("PATCH", path, {"inherit": False, "protected": True}), 200)
    assert after.json()["protected"] and not after.json()["inherit"]
    expect_status(client.json("PATCH", path, {"protected": False}), 200)


# ---- what is gone, or is another ----


def test_what_was_detached_or_removed_meanwhile_is_not_found(client, holder):
    number, address = holder.segment(4096)
    holder.do(f"detach({address})")
    expect_problem(ask(client, holder, address), 404, "not_found")
    holder.do(f"remove({number})")
    expect_problem(ask(client, holder, address), 404, "not_found")
    expect_problem(client.post("/v1/sections/duplicate", {
        "pid": holder.pid, "index": 0, "address": hex(address)}), 409, "changed")


def test_an_address_inside_of_it_is_not_found(client, holder):
    _, address = holder.segment(4 * PAGE)
    for wrong in (address + PAGE, address - PAGE, address + 1, 1, (1 << 47) - PAGE):
        expect_problem(ask(client, holder, wrong), 404, "not_found")


@as_root
def test_a_segment_of_another_ipc_namespace_is_not_mistaken_for_ours(client, holder, start_holder):
    """The same id means another segment there."""
    number, _ = holder.segment(4096)
    other = start_holder(prefix=["unshare", "--ipc"])
    next_id = Path(f"/proc/{other.pid}/root/proc/sys/kernel/shm_next_id")
    if not next_id.exists():
        pytest.skip("this kernel gives no id that is asked for")
    other.do(f"open('/proc/sys/kernel/shm_next_id', 'w').write('{number}')")
    twin = other.do("make(4096)")
    assert twin == number
    address = other.do(f"attach({twin})")
    other.do(f"poke({address}, b'theirs')")
    other.do(f"set_mode({twin}, 0o666)")
    assert other.do("become_nobody()") == 0
    answer = search(client, other.pid)
    assert answer["partial"] and [each["size_exact"] for each in answer["sections"]] == [False]
    problem = expect_problem(ask(client, other, address), 403, "access_denied")
    assert "IPC namespace" in problem["detail"] and "root" in problem["detail"]
    assert attached(number) == 1


@as_root
def test_the_same_id_in_two_ipc_namespaces_is_two_segments(start_daemon, start_holder):
    """The first segment of each new namespace has the same id."""
    client = start_daemon().client()
    holders = [start_holder(prefix=["unshare", "--ipc"]) for _ in range(2)]
    numbers = [holder.do("make(4096)") for holder in holders]
    assert numbers[0] == numbers[1]
    addresses = [holder.do(f"attach({number})") for holder, number in zip(holders, numbers)]
    for number, holder in enumerate(holders):
        holder.do(f"poke({addresses[number]}, b'holder {number}')")
    first = take(client, holders[0], addresses[0])
    assert [section["id"] for section in found(client, holders[0].pid)] == [first["id"]]
    assert [section["id"] for section in found(client, holders[1].pid)] == [None]
    second = take(client, holders[1], addresses[1])
    assert [section["id"] for section in found(client, holders[1].pid)] == [second["id"]]
    for taken, holder in ((first, holders[0]), (second, holders[1])):
        answer = expect_status(client.get(f"/v1/sections/{taken['id']}/holders"), 200).json()
        assert [each["pid"] for each in answer["holders"]] == [holder.pid]
    assert client.read(first["id"], 0, 8) == b"holder 0"
    assert client.read(second["id"], 0, 8) == b"holder 1"


@as_root
def test_a_segment_that_two_ways_lead_to_is_one(client, holder, start_daemon):
    """By its id, and by a descriptor, as root takes it: the same identity, which the holders show."""
    _, address = holder.segment(4096)
    root = start_daemon().client()
    by_descriptor = take(root, holder, address)
    assert by_descriptor["handle"] is not None
    by_id = take(client, holder, address)
    assert by_id["handle"] is None
    assert [section["id"] for section in found(root, holder.pid)] == [by_descriptor["id"]]
    assert [section["id"] for section in found(client, holder.pid)] == [by_id["id"]]
    answer = expect_status(root.get(f"/v1/sections/{by_descriptor['id']}/holders"), 200).json()
    pids = {each["pid"] for each in answer["holders"]}
    assert holder.pid in pids and len(pids) == 2, "the other daemon holds it as well"


def test_shared_memory_without_a_name_says_why_it_is_not_taken(client, holder):
    address = holder.do("anonymous(8192)")
    answer = search(client, holder.pid)
    assert answer["partial"] and [each["backing"]["kind"] for each in answer["sections"]] == [
        "anonymous"]
    problem = expect_problem(ask(client, holder, address), 403, "access_denied")
    assert problem["call"] == "open /proc/PID/map_files"
    for word in ("map_files", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "root"):
        assert word in problem["detail"], problem


# ---- huge pages ----


@as_root
def test_a_segment_of_huge_pages_is_taken(client, start_holder):
    setting = Path("/proc/sys/vm/nr_hugepages")
    before = setting.read_text()
    size = int(re.search(r"Hugepagesize: *(\d+) kB", Path("/proc/meminfo").read_text())[1]) * 1024
    try:
        setting.write_text(str(int(before) + 1))
        if int(setting.read_text()) <= int(before):
            pytest.skip("there is no memory for huge pages")
        holder = start_holder(prefix=[])
        shm_hugetlb = 0o4000
        _, address = holder.segment(size, 0o666, 0, shm_hugetlb)
        holder.do(f"poke({address + 5000}, b'huge')")
        assert holder.do("become_nobody()") == 0
        taken = take(client, holder, address)
        assert taken["backing"]["kind"] == "hugetlb" and taken["size"] == size
        assert client.read(taken["id"], 5000, 4) == b"huge", "and not a hole"
        client.write(taken["id"], b"page", size - 4)
        assert holder.do(f"peek({address + size - 4}, 4)") == b"page"
    except OSError:
        pytest.skip("huge pages cannot be set aside here")
    finally:
        setting.write_text(before)
