"""Clients of each role that go away in the middle: what their requests held is given back."""

import pytest

import build
from client import expect_status, status_of
from daemon import wait_until
from memory_bounds import private_bytes
from slow_clients import connect

COUNT = 40 if build.LONG else 16  # of one kind alone, what they hold is more than is tolerated
TOLERANCE_BYTES = 10 << 20
SIZE = 1 << 20
SENT_BYTES = 600 << 10
TOKENS = {role: f"{role}-token-of-those-who-go" for role in ("read", "write", "admin")}
ROLES = ["none", *TOKENS]


@pytest.fixture
def daemon(start_daemon, tmp_path):
    path = tmp_path / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    path.chmod(0o600)
    return start_daemon("--token-file", build.native_path(path), "--threads", "2")


def head(daemon, role, request_line, *lines):
    if role in TOKENS:
        lines = (f"Authorization: Bearer {TOKENS[role]}", *lines)
    return "\r\n".join([request_line, f"Host: 127.0.0.1:{daemon.port}", *lines, "", ""]).encode()


def half_sent(daemon, role, framing):
    """A batch, of which the half comes."""
    connection = connect(daemon)
    connection.sendall(head(daemon, role, "POST /v1/batch HTTP/1.1",
                            "Content-Type: application/json", framing))
    begin = b'{"ops":['.ljust(SENT_BYTES)
    try:
        connection.sendall(begin if "Length" in framing else b"%x;a=b\r\n" % (2 * SENT_BYTES) + begin)
    except (BrokenPipeError, ConnectionResetError):
        assert role == "none"  # it is refused before the body
    return connection


def half_read(daemon, role, path):
    """An answer, of which the first bytes are taken."""
    connection = connect(daemon, 4096)
    connection.sendall(head(daemon, role, f"GET {path} HTTP/1.1"))
    assert status_of(connection.recv(16)) == (401 if role == "none" else 200)
    return connection


def half_done(daemon, role, section):
    at = f"/v1/sections/{section}"
    return {
        "length": lambda: half_sent(daemon, role, f"Content-Length: {2 * SENT_BYTES}"),
        "chunks": lambda: half_sent(daemon, role, "Transfer-Encoding: chunked"),
        "view": lambda: half_read(daemon, role, f"{at}/data"),
        "text": lambda: half_read(daemon, role, f"{at}/values?type=u64&count=30000"),
    }


@pytest.mark.parametrize("role", ROLES)
def test_what_clients_leave_half_done_is_given_back(daemon, role):
    """The first round takes what an allocator, and a sanitizer, keep for the next one."""
    client = daemon.client(token=TOKENS["admin"])
    section = client.create(size=SIZE)["id"]

    def usage():
        return expect_status(client.get("/v1/info"), 200).json()

    def leave_all_half_done():
        held = [begin() for begin in half_done(daemon, role, section).values() for _ in range(COUNT)]
        for connection in held:
            connection.close()
        wait_until(lambda: usage()["buffer_bytes"] == 0 and usage()["connections"] == 1,
                   "all that they held is given back", 60)

    leave_all_half_done()
    before = private_bytes(daemon)
    leave_all_half_done()
    wait_until(lambda: private_bytes(daemon) <= before + TOLERANCE_BYTES,
               "the memory is given back", 60)
    client.close_section(section)
    wait_until(lambda: usage()["usage"]["sections"] == 0, "nobody holds the section", 60)
