"""More connections than there is room for: who has to go, who is told so, and what stays."""

import resource
import socket
import time
from pathlib import Path

import pytest

import build
import slow_clients
from amounts import amount
from client import expect_problem, expect_status, status_of
from daemon import wait_until
from slow_clients import connect, head

LIMIT = 20


@pytest.fixture
def small(start_daemon):
    """A daemon with little room; its deadlines are beyond every test's end."""
    return start_daemon("--max-connections", str(LIMIT), "--header-timeout", "3600",
                        "--body-timeout", "3600", "--grace", "0")


def connections(client):
    return client.get("/v1/info").json()["connections"]


def is_closed(connection):
    """Whether the other end has closed it, as far as is known now."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    finally:
        connection.settimeout(60)


def close_all(held):
    for connection in held:
        connection.close()


def hold_busy(daemon, section, count):
    """Connections that are busy for as long as they like: they do not take their answers."""
    held = []
    for _ in range(count):
        held.append(connect(daemon, 4096))
        held[-1].sendall(head(daemon, f"GET /v1/sections/{section}/data HTTP/1.1"))
        assert status_of(held[-1].recv(16)) == 200
    return held


def fill_with_busy(daemon):
    """All the room there is: the last of these connections finds none."""
    client = daemon.client()
    section = client.create(size=8 << 20)["id"]
    client.close()  # which the daemon may see a little later
    held = []
    while len(held) < LIMIT:
        try:
            held += hold_busy(daemon, section, 1)
        except AssertionError:
            pass
    return held


def test_info_tells_the_limit_and_how_many_there_are(small):
    client = small.client()
    info = client.get("/v1/info").json()
    assert info["limits"]["max_connections"] == LIMIT
    assert info["connections"] == 1
    other = connect(small)
    wait_until(lambda: connections(client) == 2, "the other one is counted")
    other.close()
    wait_until(lambda: connections(client) == 1, "and no more")


def test_a_fresh_client_is_served_while_silent_ones_fill_the_room(small):
    held = [connect(small) for _ in range(3 * LIMIT)]
    for _ in range(5):
        expect_status(small.client().get("/v1/info"), 200)
    client = small.client()
    assert connections(client) <= LIMIT
    wait_until(lambda: sum(map(is_closed, held)) >= 2 * LIMIT, "the others were closed")
    close_all(held)


def test_the_oldest_unfinished_one_has_to_go_first(small):
    client = small.client()
    expect_status(client.get("/healthz"), 200)
    held = []
    for number in range(1, LIMIT):
        held.append(connect(small))
        held[-1].sendall(b"GET /healthz HTTP/1.1\r\n")
        wait_until(lambda: connections(client) == number + 1, "it was accepted")
    fresh = connect(small)
    fresh.sendall(head(small, "GET /healthz HTTP/1.1"))
    assert status_of(fresh.recv(4096)) == 200
    wait_until(lambda: is_closed(held[0]), "the oldest one was closed")
    assert not any(map(is_closed, held[1:]))
    close_all(held + [fresh])


def test_idle_ones_go_before_unfinished_ones(small):
    """Idle for a second, that is: who has just been answered is about to ask again."""
    client = small.client()
    unfinished = connect(small)
    unfinished.sendall(b"GET /healthz HTTP/1.1\r\n")
    idle = connect(small)
    idle.sendall(head(small, "GET /healthz HTTP/1.1"))
    assert status_of(idle.recv(4096)) == 200
    expect_status(client.get("/healthz"), 200)
    stop = time.monotonic() + 1.5  # it is what makes it idle
    while time.monotonic() < stop:
        expect_status(client.get("/healthz"), 200)
    busy = hold_busy(small, client.create(size=8 << 20)["id"], LIMIT - 3)
    fresh = connect(small)
    fresh.sendall(head(small, "GET /healthz HTTP/1.1"))
    assert status_of(fresh.recv(4096)) == 200
    wait_until(lambda: is_closed(idle), "the idle one was closed")
    assert not is_closed(unfinished)
    close_all(busy + [fresh, unfinished])


def test_an_upload_that_goes_on_is_not_given_up_for_newcomers(start_daemon):
    daemon = start_daemon("--max-connections", str(LIMIT), "--header-timeout", "3600",
                          "--min-rate", "1")
    client = daemon.client()
    section = client.create(size=100_000)["id"]
    upload = connect(daemon)
    upload.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                        "Content-Length: 100000") + b"x" * 99_999)
    wait_until(lambda: client.read(section, 99_998, 1) == b"x", "most of it has arrived")
    held = [connect(daemon) for _ in range(3 * LIMIT)]
    expect_status(daemon.client().get("/v1/info"), 200)
    upload.sendall(b"y")
    assert status_of(upload.recv(4096)) == 204
    assert daemon.client().read(section, 99_998, 2) == b"xy"
    close_all(held + [upload])


def test_when_all_are_busy_a_newcomer_is_told_503_and_when_to_come_again(small):
    busy = fill_with_busy(small)
    for method, path in (("GET", "/v1/info"), ("POST", "/v1/sections"), ("GET", "/healthz"),
                         ("GET", "/no/such/path")):
        reply = small.client().request(method, path, b"{}" if method == "POST" else None)
        expect_problem(reply, 503, "too_many_connections")
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.headers["Connection"].lower() == "close"
    busy.pop().close()
    wait_until(lambda: small.client().get("/v1/info").status == 200, "there is room again")
    assert all(connection.recv(1) for connection in busy), "none of them was given up"
    close_all(busy)


@pytest.mark.parametrize("line, status", [("Host: evil.test", 403), ("Host: 127.0.0.1", 403),
                                          ("Bad Name: 1", 400)])
def test_what_is_refused_at_any_time_is_refused_so_when_all_are_busy(small, line, status):
    busy = fill_with_busy(small)
    with connect(small) as newcomer:
        host = "" if line.startswith("Host:") else f"Host: 127.0.0.1:{small.port}\r\n"
        newcomer.sendall(f"GET /v1/info HTTP/1.1\r\n{host}{line}\r\n\r\n".encode())
        assert status_of(newcomer.recv(16)) == status
    close_all(busy)


def test_newcomers_that_are_not_served_do_not_keep_others_from_being_told(small):
    busy = fill_with_busy(small)
    silent = [connect(small) for _ in range(200)]
    for _ in range(5):
        expect_problem(small.client().get("/v1/info"), 503, "too_many_connections")
    close_all(silent + busy)
    wait_until(lambda: small.client().get("/v1/info").status == 200, "there is room again")


def pipeline_without_a_token(daemon):
    """Asks for far more than it ever reads, of what needs no token."""
    connection = connect(daemon, 4096)
    ask = f"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n\r\n".encode()
    connection.setblocking(False)
    try:
        connection.send(ask * 400)
    except (BlockingIOError, ConnectionError):
        pass
    return connection


def drip_a_refused_body(daemon):
    connection = connect(daemon)
    connection.sendall(f"PUT /v1/sections/1/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
                       "Content-Length: 1000000\r\n\r\n".encode() + b"x" * 200_000)
    return connection


@pytest.mark.parametrize("begin", [pipeline_without_a_token, drip_a_refused_body])
def test_those_without_a_token_never_keep_out_one_that_has_it(small, begin):
    kept = small.client()
    expect_status(kept.get("/v1/info"), 200)
    mine = kept._connection.sock
    held = [begin(small) for _ in range(3 * LIMIT)]
    for _ in range(100):
        expect_status(small.client().get("/v1/info"), 200)
        expect_status(kept.get("/v1/info"), 200)
    assert kept._connection.sock is mine, "it was given up for them"
    close_all(held)


def test_a_stop_is_clean_when_the_room_is_full(small):
    client = small.client()
    section = client.create(size=8 << 20)["id"]
    held = hold_busy(small, section, LIMIT // 2) + [connect(small) for _ in range(LIMIT)]
    small.stop()
    close_all(held)


# Descriptors.

@pytest.mark.linux
def test_5000_connects_with_256_descriptors_end_nothing(start_daemon):
    """The clients' own limit is what the machine gives them, so they come in rounds."""
    daemon = start_daemon(prefix=("prlimit", "--nofile=256:256"))
    client = daemon.client()
    limits = client.get("/v1/info").json()["limits"]
    assert limits["max_connections"] + limits["max_sections"] <= 256 - 64
    section = client.create(size=64)["id"]
    left = amount(5000)
    while left > 0:
        held = []
        for _ in range(min(left, 500)):
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex(("127.0.0.1", daemon.port))
        left -= len(held)
        expect_status(daemon.client().get("/v1/info"), 200)
        close_all(held)
    assert daemon.process.poll() is None
    assert daemon.client().read(section, 0, 1) == b"\0"
    fresh = daemon.client()
    wait_until(lambda: connections(fresh) <= 3, "those that are gone are not counted")


@pytest.mark.linux
def test_sections_leave_descriptors_for_connections(start_daemon):
    daemon = start_daemon("--max-sections", "1000000", prefix=("prlimit", "--nofile=256:256"))
    client = daemon.client()
    most = client.get("/v1/info").json()["limits"]["max_sections"]
    assert 0 < most < 256
    for _ in range(most):
        client.create(size=1)
    expect_problem(client.post("/v1/sections", {"size": 1}), 507, "quota_exceeded")
    held = [connect(daemon) for _ in range(300)]
    expect_status(daemon.client().get("/v1/info"), 200)
    close_all(held)


# Many slow clients at once.

def raise_own_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def queued_bytes(daemon, connection):
    """What the system holds of an answer that its reader has not acknowledged."""
    ports = (daemon.port, connection.getsockname()[1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues = line.split()[:5]
        if tuple(int(end.split(":")[1], 16) for end in (local, remote)) == ports:
            return int(queues.split(":")[0], 16)
    raise AssertionError("the connection is not there")


@pytest.mark.linux
def test_the_system_takes_little_of_an_answer_whose_reader_has_no_room(start_daemon):
    """Else it takes megabytes of each at once, and everybody else waits for that."""
    daemon = start_daemon("--threads", "1")
    client = daemon.client()
    section = client.create(size=8 << 20)["id"]
    with connect(daemon, 4096) as reader:
        reader.sendall(head(daemon, f"GET /v1/sections/{section}/data HTTP/1.1"))
        wait_until(lambda: queued_bytes(daemon, reader) > 0, "some of it is on its way")
        expect_status(client.get("/healthz"), 200)  # by the one thread, when it has sent that
        assert queued_bytes(daemon, reader) < 1 << 20


SLOW_COUNT = 900
SLOW_S = 60


@pytest.mark.parametrize("kind", slow_clients.KINDS)
def test_fresh_clients_are_answered_while_there_are_many_slow_ones(start_daemon, kind):
    raise_own_limit(4096)
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=8 << 20)["id"]
    slow = slow_clients.make(kind, daemon, section)
    count = amount(SLOW_COUNT)
    rounds = amount(SLOW_S)
    for _ in range(max(rounds, 3)):
        slow.fill(count)
        slow.go_on()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            expect_status(daemon.client().get("/v1/info"), 200)
            expect_status(client.get(f"/v1/sections/{section}/data?length=64"), 200)
    slow.close()
    if build.LONG and kind != "readers":  # what those have taken already lasts them for a while
        assert slow.opened > count, "none was ever closed"
    wait_until(lambda: connections(client) <= 2, "they are gone", 60)
