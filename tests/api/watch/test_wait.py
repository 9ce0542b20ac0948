"""Reads that wait until the bytes are others than those that the reader knows."""

import http.client
import socket
import struct
import threading
import time

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from metrics import read_metrics
from slow_clients import head
from waiters import Waiter


def watchers(client, section):
    return client.section(section)["stats"]["watchers"]


def wait_for_watchers(client, section, count):
    wait_until(lambda: watchers(client, section) == count, f"{count} wait")


@pytest.fixture
def section(client):
    return client.create(size=65536)["id"]


READS = [
    "data?length=64&wait=60s",
    "data?length=1&wait=60",
    "data?offset=3&length=61&format=hex&wait=60000ms",
    "data?length=64&format=base64&wait=60s",
    "data?wait=60s",
    "values?type=u32&count=4&wait=60s",
    "values?type=u8&count=9&stride=7000&wait=60s",
    "values?type=u16&count=20000&wait=60s",
    "text?encoding=utf-8&wait=60s",
    "text?encoding=utf-16le&length=32&wait=60s",
    "text?encoding=cp1252&wait=60s",
]


@pytest.mark.parametrize("read", READS)
def test_a_store_is_what_ends_the_wait(client, daemon, section, read):
    path = f"/v1/sections/{section}/{read}"
    plain = path.split("wait=")[0].rstrip("&?")
    before = expect_status(client.get(plain), 200)
    waiter = Waiter(daemon, path, before.headers["ETag"])
    wait_for_watchers(client, section, 1)
    client.write(section, b"AAAA", 0 if "offset" not in read else 4)
    status, headers, body = waiter.answer()
    assert status == 200 and body != before.body
    after = client.get(plain)
    assert body == after.body and headers["ETag"] == after.headers["ETag"]
    assert watchers(client, section) == 0


def test_a_native_store_ends_it(client, daemon, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    for turn in range(10):
        waiter = Waiter(daemon, path + "&wait=60s", tag)
        wait_for_watchers(client, section, 1)
        peer.write("a", bytes([turn + 1]) * 8)
        status, headers, body = waiter.answer()
        assert (status, body) == (200, bytes([turn + 1]) * 8)
        tag = headers["ETag"]


def test_what_differs_already_is_answered_at_once(client, section):
    reply = client.get(f"/v1/sections/{section}/data?length=8&wait=300s",
                       {"If-None-Match": '"another"'})
    assert reply.status == 200
    assert watchers(client, section) == 0


def test_what_is_stored_outside_of_the_range_ends_nothing(client, daemon, section):
    path = f"/v1/sections/{section}/data?offset=16&length=16"
    tag = client.get(path).headers["ETag"]
    waiter = Waiter(daemon, path + "&wait=60s", tag)
    wait_for_watchers(client, section, 1)
    client.write(section, b"x" * 16, 0)
    client.write(section, b"x" * 16, 32)
    assert watchers(client, section) == 1
    client.write(section, b"x", 31)
    assert waiter.answer()[0] == 200


@pytest.mark.parametrize("read", ["data?length=8", "values?type=u32&count=2", "text?encoding=utf-8"])
@pytest.mark.parametrize("wait", ["1ms", "50ms", "0s", "1"])
def test_304_when_the_time_is_up(client, section, read, wait):
    path = f"/v1/sections/{section}/{read}"
    tag = client.get(path).headers["ETag"]
    started = time.monotonic()
    reply = client.get(f"{path}&wait={wait}", {"If-None-Match": tag})
    assert reply.status == 304 and reply.headers["ETag"] == tag and reply.body == b""
    least = {"1ms": 0.001, "50ms": 0.05, "0s": 0, "1": 1}[wait]
    assert time.monotonic() - started >= least * 0.99
    assert watchers(client, section) == 0


def test_closing_the_section_is_404(client, daemon, section):
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    waiters = [Waiter(daemon, path + "&wait=60s", tag) for _ in range(3)]
    wait_for_watchers(client, section, 3)
    client.close_section(section)
    for waiter in waiters:
        status, headers, _ = waiter.answer()
        assert status == 404 and headers["Content-Type"] == "application/problem+json"


def test_memory_that_vanishes_is_410(start_daemon, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    daemon = start_daemon("--files", build.native_path(files))
    client = daemon.client()
    section = client.create(size=65536, backing={"file": "vanishing"})["id"]
    path = f"/v1/sections/{section}/data?offset=32768&length=8"
    waiter = Waiter(daemon, path + "&wait=60s", client.get(path).headers["ETag"])
    wait_for_watchers(client, section, 1)
    with open(files / "vanishing", "r+b") as file:
        file.truncate(100)
    assert waiter.answer()[0] == 410
    client.close()


def test_stopping_the_daemon_is_503(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=64)["id"]
    waiters = []
    for read in ("data?length=8", "values?type=u8&count=8", "text?encoding=cp1252&length=8"):
        path = f"/v1/sections/{section}/{read}"
        waiters.append(Waiter(daemon, path + "&wait=300s", client.get(path).headers["ETag"]))
    wait_for_watchers(client, section, len(waiters))
    client.close()
    daemon.stop()
    for waiter in waiters:
        assert waiter.answer()[0] == 503


def test_head_does_not_wait(client, section):
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    assert client.head(path + "&wait=300s", {"If-None-Match": tag}).status == 304


def test_several_tags_are_all_waited_for(client, daemon, section):
    path = f"/v1/sections/{section}/data?length=8"
    first = client.get(path).headers["ETag"]
    client.write(section, b"second")
    second = client.get(path).headers["ETag"]
    waiter = Waiter(daemon, path + "&wait=60s", f"{first}, {second}")
    wait_for_watchers(client, section, 1)
    client.write(section, bytes(6))  # the first again: no news for this reader
    client.write(section, b"third")
    status, _, body = waiter.answer()
    assert status == 200 and body.startswith(b"third")


def test_ranges_and_conditions_hold_after_the_wait(client, daemon, section):
    path = f"/v1/sections/{section}/data?length=8&wait=60s"
    tag = client.get(f"/v1/sections/{section}/data?length=8").headers["ETag"]
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    connection.request("GET", path, headers={
        "Authorization": f"Bearer {daemon.token}", "If-None-Match": tag, "Range": "bytes=2-3"})
    wait_for_watchers(client, section, 1)
    client.write(section, b"abcdefgh")
    response = connection.getresponse()
    assert response.status == 206 and response.read() == b"cd"
    assert response.headers["Content-Range"] == "bytes 2-3/8"
    connection.close()


@pytest.mark.parametrize("wait", ["", "x", "-1", "1.5s", "1m", "301s", "301", "300001ms", "s",
                                  "1s ", "99999999999999999999s", "1S"])
def test_a_bad_wait_is_named(client, section, wait):
    for read in ("data?length=8", "values?type=u8&count=1", "text?encoding=utf-8"):
        reply = client.get(f"/v1/sections/{section}/{read}&wait={wait.replace(' ', '%20')}",
                           {"If-None-Match": '"x"'})
        problem = expect_problem(reply, 400, "bad_query")
        assert "wait" in problem["detail"]


def test_wait_needs_a_tag_to_wait_for(client, section):
    for read in ("data?length=8", "values?type=u8&count=1", "text?encoding=utf-8"):
        problem = expect_problem(client.get(f"/v1/sections/{section}/{read}&wait=1s"), 400,
                                 "bad_query")
        assert "If-None-Match" in problem["detail"]


def test_only_64_kib_can_be_waited_for(client):
    section = client.create(size=300_000)["id"]
    client.write(section, b"x" * 299_999)
    for read in ("data?length=65537", "data?length=65537&format=hex",
                 "values?type=u8&count=2&stride=65536", "values?type=f64&count=8193",
                 "text?encoding=utf-8", "text?encoding=utf-8&length=65537"):
        reply = client.get(f"/v1/sections/{section}/{read}&wait=1s", {"If-None-Match": '"x"'})
        expect_problem(reply, 400, "bad_size")
    for read in ("data?length=65536", "values?type=u8&count=2&stride=65535",
                 "text?encoding=utf-8&length=65536"):
        path = f"/v1/sections/{section}/{read}"
        tag = client.get(path).headers["ETag"]
        expect_status(client.get(path + "&wait=1ms", {"If-None-Match": tag}), 304)


def test_put_does_not_wait(client, section):
    expect_problem(client.put(f"/v1/sections/{section}/data?wait=1s", b"x"), 400, "bad_query")


@pytest.mark.parametrize("size", [1, 7, 8, 64, 4096, 65535, 65536])
def test_every_size_can_be_waited_for(client, daemon, section, size):
    path = f"/v1/sections/{section}/data?length={size}"
    waiter = Waiter(daemon, path + "&wait=60s", client.get(path).headers["ETag"])
    wait_for_watchers(client, section, 1)
    client.write(section, b"!", size - 1)
    status, _, body = waiter.answer()
    assert status == 200 and body == bytes(size - 1) + b"!"


def test_one_store_answers_all(client, daemon, section):
    path = f"/v1/sections/{section}/data?length=64"
    tag = client.get(path).headers["ETag"]
    waiters = [Waiter(daemon, path + "&wait=60s", tag) for _ in range(20)]
    wait_for_watchers(client, section, 20)
    client.write(section, b"for all")
    for waiter in waiters:
        status, _, body = waiter.answer()
        assert status == 200 and body.startswith(b"for all")


def test_a_reader_in_a_loop_misses_no_state_that_lasts(client, daemon, section):
    """Each state is held until the reader has told it, so none may be skipped."""
    path = f"/v1/sections/{section}/data?length=8"
    seen = []
    turns = 50

    def read():
        own = daemon.client()
        tag = own.get(path).headers["ETag"]
        while len(seen) < turns:
            reply = own.get(path + "&wait=60s", {"If-None-Match": tag})
            assert reply.status == 200
            tag = reply.headers["ETag"]
            seen.append(int.from_bytes(reply.body, "little"))
        own.close()

    thread = threading.Thread(target=read)
    thread.start()
    wait_for_watchers(client, section, 1)
    for turn in range(1, turns + 1):
        client.write(section, turn.to_bytes(8, "little"))
        wait_until(lambda: len(seen) == turn, f"state {turn} was seen")
    thread.join()
    assert seen == list(range(1, turns + 1))


def test_who_hangs_up_while_waiting_harms_nobody(client, daemon, section):
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    gone = [Waiter(daemon, path + "&wait=60s", tag) for _ in range(10)]
    stays = Waiter(daemon, path + "&wait=60s", tag)
    wait_for_watchers(client, section, 11)
    for waiter in gone:
        waiter.connection.sock.shutdown(socket.SHUT_RDWR)
        waiter.close()
    client.write(section, b"news")
    assert stays.answer()[0] == 200
    wait_for_watchers(client, section, 0)


def test_who_is_gone_gives_back_what_it_held_though_nobody_stores(start_daemon):
    """Twice, so that what came back is good for use."""
    daemon = start_daemon("--max-watchers", "8")
    client = daemon.client()
    section = client.create(size=64)["id"]
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    for is_reset in (False, True):
        waiters = [Waiter(daemon, path + "&wait=300s", tag) for _ in range(8)]
        wait_for_watchers(client, section, 8)
        expect_problem(client.get(path + "&wait=1s", {"If-None-Match": tag}), 507, "quota_exceeded")
        for waiter in waiters:
            if is_reset:
                waiter.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                  struct.pack("ii", 1, 0))
            waiter.close()
        wait_until(lambda: read_metrics(client).get("watchers") == 0, "their slots are free")
        wait_until(lambda: read_metrics(client).get("connections") == 1, "they are closed")
    client.close()


def test_who_only_ends_its_own_side_is_gone_too(client, daemon, section):
    """libmicrohttpd answers such a client, or ends the connection: it does not wait in any case."""
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    waiter = Waiter(daemon, path + "&wait=300s", tag)
    wait_for_watchers(client, section, 1)
    waiter.connection.sock.shutdown(socket.SHUT_WR)
    answer = waiter.connection.sock.recv(65536)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 304 "), answer
    waiter.close()


def test_who_has_sent_its_next_request_already_waits_on(client, daemon, section):
    """Two others go, one after the other: when the second is noticed, all have been looked at."""
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    stays = Waiter(daemon, path + "&wait=300s", tag)
    wait_for_watchers(client, section, 1)
    stays.connection.sock.sendall(head(daemon, f"GET {path} HTTP/1.1"))
    for _ in range(2):
        goes = Waiter(daemon, path + "&wait=300s", tag)
        wait_for_watchers(client, section, 2)
        goes.close()
        wait_for_watchers(client, section, 1)
    client.write(section, b"the news")
    expected = b"HTTP/1.1 200 OK"
    answers = b""
    while answers.count(b"the news") < 2:
        received = stays.connection.sock.recv(65536)
        assert received, answers
        answers += received
    assert answers.startswith(expected) and answers.count(expected) == 2
    stays.close()


def test_values_and_text_have_tags_and_conditions(client, section):
    for read in ("values?type=u32&count=4", "text?encoding=utf-8"):
        path = f"/v1/sections/{section}/{read}"
        client.write(section, bytes(16))
        reply = expect_status(client.get(path), 200)
        tag = reply.headers["ETag"]
        expect_status(client.get(path, {"If-None-Match": tag}), 304)
        expect_status(client.head(path, {"If-None-Match": tag}), 304)
        expect_status(client.get(path, {"If-Match": tag}), 200)
        client.write(section, b"other")
        assert expect_status(client.get(path, {"If-None-Match": tag}), 200).headers["ETag"] != tag
        expect_problem(client.get(path, {"If-Match": tag}), 412, "precondition_failed")
