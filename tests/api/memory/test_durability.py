"""What was answered is in the file; with a flush it is on the disk before the answer."""

import http.client
import re
import subprocess
import threading

import pytest

import build
from amounts import amount
from client import expect_status
from daemon import Daemon, wait_until

SIZE = 300_000
LARGE = 100_000  # more than one copy's worth: written as it arrives


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def mortal_daemon(tmp_path, folder):
    """One that may be killed."""
    daemon = Daemon(tmp_path / "state", "--files", build.native_path(folder), "--threads", "2")
    yield daemon
    if daemon.process.poll() is None:
        daemon.kill()


@pytest.fixture
def files_daemon(start_daemon, folder):
    return start_daemon("--files", build.native_path(folder))


@pytest.fixture
def client(files_daemon):
    client = files_daemon.client()
    yield client
    client.close()


def create(client, file="durable.bin", size=SIZE, **members):
    return client.create(size=size, backing={"file": file}, **members)["id"]


# ---- kill -9 ----

def write_data(client, path):
    expect_status(client.put(f"{path}/data?offset=1000", b"whole"), 204)
    return 1000, b"whole"


def write_large_data(client, path):
    expect_status(client.put(f"{path}/data?offset=1000", b"l" * LARGE), 204)
    return 1000, b"l" * LARGE


def write_chunks(client, path):
    expect_status(client.put(f"{path}/data?offset=7", [b"c" * LARGE, b"d" * LARGE]), 204)
    return 7, b"c" * LARGE + b"d" * LARGE


def write_text(client, path):
    expect_status(client.put(f"{path}/text?encoding=utf-16le&offset=50", "为人民服务"), 204)
    return 50, "为人民服务\0".encode("utf-16le")


def write_values(client, path):
    expect_status(
        client.json("PUT", f"{path}/values?type=u32&offset=64", {"values": [1, 2**32 - 1]}), 204)
    return 64, b"\1\0\0\0\xff\xff\xff\xff"


def add_atomically(client, path):
    expect_status(client.post(f"{path}/atomic", {
        "op": "add", "type": "u64", "offset": 8, "value": "258"}), 200)
    return 8, b"\2\1\0\0\0\0\0\0"


def fill(client, path):
    expect_status(
        client.post(f"{path}/fill", {"offset": 3, "length": LARGE, "byte": 0xEE}), 204)
    return 3, b"\xee" * LARGE


def copy(client, path):
    client.write(path.rsplit("/", 1)[1], b"to be copied")
    expect_status(client.post(f"{path}/copy", {
        "from": int(path.rsplit("/", 1)[1]), "from_offset": 0, "offset": SIZE - 12, "length": 12}),
        204)
    return SIZE - 12, b"to be copied"


@pytest.mark.parametrize("write", [
    write_data, write_large_data, write_chunks, write_text, write_values, add_atomically, fill,
    copy])
def test_what_was_answered_is_in_the_file_after_kill_9(mortal_daemon, folder, write):
    client = mortal_daemon.client()
    section = create(client)
    offset, data = write(client, f"/v1/sections/{section}")
    mortal_daemon.kill()
    content = (folder / "durable.bin").read_bytes()
    assert len(content) == SIZE
    assert content[offset:offset + len(data)] == data


def test_kill_9_amid_writes_loses_none_that_was_answered(mortal_daemon, folder):
    """Four clients write numbered records, each into a part of its own, until the daemon dies."""
    record_bytes = 64
    client_count = 4
    count = amount(20_000)  # a client's
    client = mortal_daemon.client()
    section = create(client, size=client_count * count * record_bytes)
    client.close()
    answered = [0] * client_count

    def record(number):
        return f"{number:x};".encode() * 8

    def write(part):
        own = mortal_daemon.client()
        try:
            for number in range(count):
                place = part * count + number
                data = record(place)
                own.write(section, data, place * record_bytes)
                answered[part] = number + 1
        except (OSError, http.client.HTTPException):
            pass  # it is dead
        own.close()

    threads = [threading.Thread(target=write, args=(part,)) for part in range(client_count)]
    for thread in threads:
        thread.start()
    wait_until(lambda: min(answered) > count // 4, "every client has written", timeout_s=600)
    mortal_daemon.process.kill()
    for thread in threads:
        thread.join()
    mortal_daemon.kill()
    content = (folder / "durable.bin").read_bytes()
    for part, number_count in enumerate(answered):
        for number in range(number_count):
            place = part * count + number
            data = record(place)
            at = place * record_bytes
            assert content[at:at + len(data)] == data, f"record {number} of {number_count}"


def test_the_next_daemon_reads_what_a_killed_one_was_told(tmp_path, folder):
    options = ["--files", build.native_path(folder)]
    first = Daemon(tmp_path / "state", *options)
    client = first.client()
    client.write(create(client), b"remembered", 12_345)
    first.kill()
    second = Daemon(tmp_path / "state", *options)
    client = second.client()
    backing = {"file": "durable.bin", "open": "open_existing"}
    section = expect_status(client.post("/v1/sections", {"backing": backing}), 201).json()
    assert section["size"] == SIZE
    assert client.read(section["id"], 12_345, 10) == b"remembered"
    client.close()
    second.stop()


# ---- what a flush says ----

FLUSH_TO_DISK = (204, b"")
FLUSH_OF_VIEW = (200, b'{"flushed":"view"}')


def flush(client, section, query=""):
    reply = client.request("POST", f"/v1/sections/{section}/flush{query}")
    return reply.status, reply.body.rstrip(b"\n")


def test_a_flush_of_a_file_that_we_opened_goes_to_the_disk(client):
    section = create(client)
    client.write(section, b"x" * SIZE)
    assert flush(client, section) == FLUSH_TO_DISK
    assert flush(client, section, f"?offset=5000&length={SIZE - 5000}") == FLUSH_TO_DISK
    assert flush(client, section, f"?offset={SIZE - 1}") == FLUSH_TO_DISK


def test_a_flush_of_a_view_that_starts_amid_a_page(client, folder):
    section = create(client, view={"offset": 70_001, "length": 100})
    client.write(section, b"y" * 100)
    assert flush(client, section, "?offset=99&length=1") == FLUSH_TO_DISK
    assert (folder / "durable.bin").read_bytes()[70_000:70_102] == b"\0" + b"y" * 100 + b"\0"


def test_a_flush_of_memory_is_done_at_once(client, peer, name):
    peer.create("a", 4096, name)
    anonymous = client.create(size=4096)["id"]
    opened = client.open(name)["id"]
    for section in (anonymous, opened):
        assert flush(client, section) == FLUSH_TO_DISK
        client.close_section(section)


def test_a_flush_of_a_duplicated_file_section_goes_as_far_as_it_can(client, peer, folder):
    """Windows gives us the section without its file, so the disk is its owner's matter."""
    mapped = peer.map_file("f", folder / "theirs.bin", SIZE)
    section = client.duplicate(peer.pid, mapped["handle"])
    assert section["backing"]["kind"] == "file"
    client.write(section["id"], b"through the duplicate", 70_000)
    wanted = FLUSH_OF_VIEW if build.ON_WINDOWS else FLUSH_TO_DISK
    assert flush(client, section["id"]) == wanted
    assert (folder / "theirs.bin").read_bytes()[70_000:70_021] == b"through the duplicate"
    # What goes with a PUT is as much; its answer is the same everywhere.
    expect_status(client.put(f"/v1/sections/{section['id']}/data?flush=1", b"again"), 204)
    assert (folder / "theirs.bin").read_bytes()[:5] == b"again"


@pytest.mark.windows
def test_a_flush_of_a_file_section_opened_by_name_is_of_the_view(client, folder, name):
    made = create(client, name=name)
    opened = client.open(name)["id"]
    client.write(opened, b"by name")
    assert flush(client, opened) == FLUSH_OF_VIEW
    assert flush(client, made) == FLUSH_TO_DISK
    assert (folder / "durable.bin").read_bytes()[:7] == b"by name"


def test_a_flush_past_the_end_is_refused(client):
    section = create(client)
    assert flush(client, section, f"?offset={SIZE - 1}&length=2")[0] == 416
    assert flush(client, 999_999)[0] == 404
    reply = client.put(f"/v1/sections/{section}/data?flush=2", b"x")
    assert reply.status == 400 and "flush" in reply.json()["detail"], reply


# ---- that it was flushed before the answer ----

class Trace:
    """The system calls of a daemon that flush and send, in the order in which they ended."""

    def __init__(self, daemon, folder):
        self.path = folder / "trace"
        self.messages = folder / "strace.log"
        with open(self.messages, "wb") as log:
            self.process = subprocess.Popen(
                ["strace", "-f", "-s", "64", "-o", self.path, "-p", str(daemon.unix_pid()), "-e",
                 "trace=msync,fdatasync,fsync,send,sendto,sendmsg,write,writev,sendfile"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: "attached" in self.messages.read_text()
                   or self.process.poll() is not None, "strace has attached")
        assert self.process.poll() is None, self.messages.read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def lines(self):
        return self.path.read_text().splitlines()

    def until_answers(self, count):
        """What was called up to the end of so many answers; they are cut off for the next time."""

        def answered():
            lines = self.lines()
            ends = [at for at, line in enumerate(lines) if "HTTP/1.1 " in line]
            return lines[:ends[count - 1] + 1] if len(ends) >= count else None

        return wait_until(answered, f"{count} answers are in the trace")


@pytest.fixture
def trace(files_daemon, tmp_path):
    trace = Trace(files_daemon, tmp_path)
    yield trace
    trace.stop()  # before the daemon's own end: the leak sanitizer traces it then


MSYNC = re.compile(r"msync\((0x[0-9a-f]+), (\d+), MS_SYNC(\)\s+= 0| <unfinished)")


def calls(lines):
    """`msync` and `fdatasync` where they have ended well, `answer` where sending it began."""
    found = []
    for line in lines:
        if re.search(r"msync\(.*= 0$|msync resumed.*= 0$", line):
            found.append("msync")
        elif re.search(r"fdatasync\(.*= 0$|fdatasync resumed.*= 0$", line):
            found.append("fdatasync")
        elif "HTTP/1.1 " in line:
            found.append("answer")
    return found


def msync_lengths(lines):
    return [int(match[2]) for line in lines if (match := MSYNC.search(line))]


@pytest.mark.linux
@pytest.mark.parametrize("length", [5, LARGE])
def test_a_put_with_flush_is_flushed_before_its_answer(client, trace, length):
    section = create(client)  # an answer, too
    expect_status(client.put(f"/v1/sections/{section}/data?offset=9000&flush=1", b"f" * length),
                  204)
    lines = trace.until_answers(2)
    assert calls(lines) == ["answer", "msync", "fdatasync", "answer"], lines
    assert "HTTP/1.1 204" in lines[-1]
    [flushed] = msync_lengths(lines)
    assert flushed >= length


@pytest.mark.linux
def test_a_flush_is_done_before_its_answer(client, trace):
    section = create(client)
    client.write(section, b"w" * LARGE)
    assert flush(client, section) == FLUSH_TO_DISK
    lines = trace.until_answers(3)
    assert calls(lines) == ["answer", "answer", "msync", "fdatasync", "answer"], lines
    assert msync_lengths(lines)[0] >= SIZE


@pytest.mark.linux
def test_without_flush_nothing_waits_for_the_disk(client, trace):
    section = create(client)
    client.write(section, b"w" * LARGE)
    expect_status(client.put(f"/v1/sections/{section}/data?flush=0", b"x"), 204)
    memory = client.create(size=4096)["id"]
    expect_status(client.put(f"/v1/sections/{memory}/data?flush=1", b"x"), 204)
    lines = trace.until_answers(5)
    assert calls(lines) == ["answer"] * 5, lines
