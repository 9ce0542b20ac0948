"""The end under load, and names whose sections close while somebody still reads them."""

import json
import signal
import socket
import time

import pytest

from client import expect_status, rest_of, status_of
from daemon import wait_until
from layouts import made, of_fields
from peers import PeerError
from slow_clients import head

BODY = b'{"size":4096}'
CLIENT_COUNT = 40
LONG_FILL_BYTES = 4 << 30
LARGE_BYTES = 64 << 20


def start_create(daemon):
    """A request whose headers have come, and whose body is still to come."""
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
    connection.sendall(head(daemon, "POST /v1/sections HTTP/1.1", "Content-Type: application/json",
                            f"Content-Length: {len(BODY)}") + BODY[:5])
    return connection


def send_rest(connection):
    try:
        connection.sendall(BODY[5:])
    except OSError:
        pass  # closed already, which is the end that we wait for


@pytest.mark.parametrize("grace", [0, 1])
@pytest.mark.parametrize("late_ms", [0, 1, 3, 10])
def test_bodies_that_end_during_the_stop_do_not_hurt(start_daemon, grace, late_ms):
    daemon = start_daemon("--grace", str(grace))
    expect_status(daemon.client().get("/v1/sections"), 200)
    connections = [start_create(daemon) for _ in range(CLIENT_COUNT)]
    daemon.signal(signal.SIGINT)
    for connection in connections[:CLIENT_COUNT // 2]:
        send_rest(connection)
    time.sleep(late_ms / 1000)  # not to wait for anything: to meet the stop at several moments
    for connection in connections[CLIENT_COUNT // 2:]:
        send_rest(connection)
    assert daemon.wait(60) == 0
    daemon.check_log()
    for connection in connections:
        connection.close()


def post(daemon, connection, path, body):
    """Sends JSON, and waits for no answer."""
    connection.sendall(head(daemon, f"POST {path} HTTP/1.1", "Content-Type: application/json",
                            f"Content-Length: {len(body)}") + body)


def test_a_long_fill_does_not_hold_up_a_stop(start_daemon):
    daemon = start_daemon("--grace", "0")
    client = daemon.client()
    section = client.create(size=LONG_FILL_BYTES, reserve=True)["id"]
    body = f'{{"length":{LONG_FILL_BYTES},"byte":7}}'.encode()
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as connection:
        post(daemon, connection, f"/v1/sections/{section}/fill", body)
        wait_until(lambda: client.read(section, 0, 1) == b"\7", "the fill has begun")
        daemon.signal(signal.SIGINT)
        assert daemon.wait(60) == 0
        assert status_of(rest_of(connection)) in (None, 503), "it was not waited for"
    daemon.check_log()


def test_a_batch_that_has_written_is_told_so_by_a_stop(start_daemon):
    """Amid it fields are waited for, of a writer that stopped; what follows is done all the same."""
    daemon = start_daemon("--grace", "0")
    client = daemon.client()
    layout = made(client, of_fields({"name": "s", "type": "u32"},
                                    consistency={"by": "seqlock", "field": "s", "timeout_ms": 1000}), "stop-test")
    section = client.create(size=4096)["id"]
    client.write(section, b"\1")
    write = {"op": "write", "id": section, "data": "AQ=="}
    body = json.dumps({"ops": [{**write, "offset": 8}, {"op": "read", "id": section, "layout": layout},
                               {**write, "offset": 9}]}).encode()
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as connection:
        post(daemon, connection, "/v1/batch", body)
        wait_until(lambda: client.read(section, 8, 1) == b"\1", "the batch has begun")
        daemon.signal(signal.SIGINT)
        assert daemon.wait(60) == 0
        answer = rest_of(connection)
    if status_of(answer) is not None:
        written, read, last = json.loads(answer.partition(b"\r\n\r\n")[2])["results"]
        assert (written, last) == ({}, {}) and read["code"] in ("stopping", "torn")
    daemon.check_log()


def start_read(daemon, section):
    """A connection that has got the beginning of a large answer, and reads no more of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", daemon.port))
    connection.sendall(
        f"GET /v1/sections/{section}/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
        f"Authorization: Bearer {daemon.token}\r\n\r\n".encode())
    assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")
    return connection


def test_a_name_passes_to_an_id_opened_while_the_first_one_is_read(client, daemon, peer, name):
    """The first id closes when its last reader is done; by then the name is the second one's."""
    first = client.create(name, size=LARGE_BYTES)
    connection = start_read(daemon, first["id"])
    client.close_section(first["id"])
    assert usage(client) == 1, "it is still being read"
    second = client.open(name)
    connection.close()
    wait_until(lambda: usage(client) == 1, "the first one is closed")
    assert client.open(name)["name"] == name
    peer.open("a", name)
    peer.close_slot("a")
    client.write(second["id"], b"still there")
    for section in client.sections():
        client.close_section(section["id"])
    with pytest.raises(PeerError):
        peer.open("a", name)


def usage(client):
    return client.get("/v1/info").json()["usage"]["sections"]


def test_a_second_signal_ends_it_at_once_and_its_names_with_it(start_daemon, name, peer):
    daemon = start_daemon("--grace", "3600", "--body-timeout", "3600")
    section = daemon.client().create(name, size=LARGE_BYTES)["id"]
    with start_read(daemon, section):  # whose end would be waited for
        daemon.signal(signal.SIGINT)
        wait_until(lambda: "stopping" in daemon.log(), "it has begun to stop")
        daemon.signal(signal.SIGINT)
        assert daemon.wait() == 0
    assert peer.create("a", 4096, name)["created"], "the name is free"
    daemon.check_log()
