"""Python's multiprocessing.shared_memory and we use the same objects, and leave each other's names.

Python's resource tracker unlinks what a process only attached to when that process ends; programs
that share with others switch that off (track=False, from Python 3.13 on), and so does the one here.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from client import expect_problem
from daemon import Daemon

pytestmark = pytest.mark.linux

PROGRAM = """
import inspect, sys
from multiprocessing import resource_tracker, shared_memory

def attach(name):
    if "track" in inspect.signature(shared_memory.SharedMemory).parameters:
        return shared_memory.SharedMemory(name, track=False)
    shm = shared_memory.SharedMemory(name)
    resource_tracker.unregister(shm._name, "shared_memory")
    return shm

names = {"SharedMemory": shared_memory.SharedMemory, "ShareableList": shared_memory.ShareableList,
         "attach": attach}
for line in sys.stdin:
    try:
        names["_"] = None
        exec(line, names)
        print("ok", repr(names["_"]), flush=True)
    except Exception as problem:
        print("error", type(problem).__name__, flush=True)
"""


class Python:
    """Another Python, which does what it is told."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def do(self, statement):
        """Gives what the statement has put into `_`, as Python writes it, or the error's name."""
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline().split(maxsplit=1)
        assert reply, self.process.stderr.read()
        return reply[1].rstrip("\n")

    def end(self):
        """Ends it as programs end; its tracker, which complains of what was forgotten, with it."""
        _, complaints = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, complaints
        return complaints


@pytest.fixture
def python():
    python = Python()
    yield python
    if python.process.poll() is None:
        python.end()


@pytest.fixture
def shm_path(name):
    return Path("/dev/shm") / name


def test_python_opens_what_we_created(client, python, name, shm_path):
    section = client.create(name, size=5000)["id"]
    client.write(section, b"from us", 4000)
    assert python.do(f"shm = attach('{name}'); _ = shm.size") == "5000"
    assert python.do("_ = bytes(shm.buf[4000:4007])") == "b'from us'"
    python.do("shm.buf[0:11] = b'from Python'")
    assert client.read(section, 0, 11) == b"from Python"
    python.do("shm.close()")
    assert python.end() == ""
    # Its end took nothing away.
    assert shm_path.exists()
    assert client.open(name)["size"] == 5000
    assert client.read(section, 0, 11) == b"from Python"


def test_we_open_what_python_created(client, python, name, shm_path):
    python.do(f"shm = SharedMemory('{name}', create=True, size=5000)")
    python.do("shm.buf[4000:4011] = b'from Python'")
    section = client.open(name)
    assert (section["size"], section["created"]) == (5000, False)
    assert client.read(section["id"], 4000, 11) == b"from Python"
    client.write(section["id"], b"from us", 100)
    assert python.do("_ = bytes(shm.buf[100:107])") == "b'from us'"

    client.close_section(section["id"])
    assert shm_path.exists(), "the name is Python's"
    assert python.do("_ = bytes(shm.buf[100:107])") == "b'from us'"
    python.do("shm.close(); shm.unlink()")
    assert python.end() == "", "the tracker found nothing missing, and nothing left"
    expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")


def test_creating_a_name_that_python_has_opens_it_and_leaves_it(client, python, name, shm_path):
    python.do(f"shm = SharedMemory('{name}', create=True, size=5000)")
    python.do("shm.buf[0] = 77")
    section = client.create(name, size=9000)
    assert (section["size"], section["created"]) == (5000, False)
    assert client.read(section["id"], 0, 1) == b"M"
    client.close_section(section["id"])
    assert shm_path.exists()
    python.do("shm.close(); shm.unlink()")
    assert python.end() == ""


def test_python_cannot_create_a_name_that_we_have(client, python, name):
    client.create(name, size=4096)
    assert python.do(f"SharedMemory('{name}', create=True, size=100)") == "FileExistsError"


def test_python_keeps_memory_that_we_have_closed(client, python, name, shm_path):
    section = client.create(name, size=4096)["id"]
    client.write(section, b"stays")
    python.do(f"shm = attach('{name}')")
    client.close_section(section)
    assert not shm_path.exists(), "the name was ours"
    assert python.do("_ = bytes(shm.buf[:5])") == "b'stays'"
    assert python.do(f"attach('{name}')") == "FileNotFoundError"
    python.do("shm.close()")


def test_we_keep_memory_that_python_has_unlinked(client, python, name, shm_path):
    python.do(f"shm = SharedMemory('{name}', create=True, size=4096)")
    section = client.open(name)["id"]
    python.do("shm.buf[:5] = b'stays'; shm.close(); shm.unlink()")
    python.end()
    assert client.read(section, 0, 5) == b"stays"
    client.write(section, b"still")
    assert client.read(section, 0, 5) == b"still"
    assert not shm_path.exists()


def test_a_name_that_python_took_from_us_and_made_again_stays_its_own(
        client, python, name, shm_path):
    """A Python that tracks what it attaches to unlinks our name; what comes next is not ours."""
    section = client.create(name, size=4096)["id"]
    client.write(section, b"ours")
    python.do(f"shm = SharedMemory('{name}'); shm.unlink(); shm.close()")
    python.do(f"shm = SharedMemory('{name}', create=True, size=100); shm.buf[:4] = b'new!'")
    assert client.read(section, 0, 4) == b"ours"
    client.close_section(section)
    assert shm_path.read_bytes()[:4] == b"new!"
    python.do("shm.close(); shm.unlink()")
    assert python.end() == ""


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_our_end_leaves_what_python_created(tmp_path, python, name, shm_path, killed):
    python.do(f"shm = SharedMemory('{name}', create=True, size=4096)")
    state = tmp_path / "state"
    daemon = Daemon(state)
    client = daemon.client()
    client.write(client.open(name)["id"], b"noted")
    client.create(name, size=4096)
    client.close()
    if killed:
        daemon.kill()
        Daemon(state).stop()  # which clears away the names of a dead one
    else:
        daemon.stop()
    assert shm_path.exists()
    assert python.do("_ = bytes(shm.buf[:5])") == "b'noted'"
    python.do("shm.close(); shm.unlink()")
    assert python.end() == ""


def test_a_list_of_python_is_read_and_changed(client, python, name):
    python.do(f"one = ShareableList([7, 2.5, 'text'], name='{name}')")
    section = client.open(name)["id"]
    values = client.read(section)
    # Item count, then one offset an item and the end, then the items themselves.
    assert int.from_bytes(values[:8], "little") == 3
    at = values.index((7).to_bytes(8, "little"), 40)
    client.write(section, (-9).to_bytes(8, "little", signed=True), at)
    assert python.do("_ = list(one)") == "[-9, 2.5, 'text']"
    python.do("one.shm.close(); one.shm.unlink()")
