"""The budget of bodies and answers: its last quarter is for the role admin."""

import json
import re

import pytest

import build
from client import expect_problem, expect_status, status_of
from daemon import wait_until
from slow_clients import connect, head

MOST_BYTES = 80_000
OVER_THREE_QUARTERS = 61_000
TOKENS = {role: f"{role}-token-of-the-budget" for role in ("read", "write", "admin")}


@pytest.fixture
def tight(start_daemon, tmp_path):
    """A daemon with little room for bodies and answers, and a section of 64 KiB."""
    path = tmp_path / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    path.chmod(0o600)
    daemon = start_daemon("--max-buffer-bytes", MOST_BYTES, "--token-file", build.native_path(path))
    daemon.client(token=TOKENS["admin"]).create(size=65536)
    return daemon


@pytest.mark.parametrize("role", ["read", "write"])
def test_an_answer_of_the_last_quarter_is_not_for_lower_roles(tight, role):
    client = tight.client(token=TOKENS[role])
    path = f"/v1/sections/1/data?length={OVER_THREE_QUARTERS}"
    expect_problem(client.get(path), 507, "quota_exceeded")
    expect_status(client.get("/v1/sections/1/data?length=50000"), 200)


def test_a_body_of_the_last_quarter_is_not_for_lower_roles(tight):
    client = tight.client(token=TOKENS["write"])
    body = bytes(OVER_THREE_QUARTERS)
    expect_problem(client.put("/v1/sections/1/data", body), 507, "quota_exceeded")
    expect_status(client.put("/v1/sections/1/data", body[:50000]), 204)


def test_the_role_admin_has_all_of_it(tight):
    client = tight.client(token=TOKENS["admin"])
    expect_status(client.get(f"/v1/sections/1/data?length={OVER_THREE_QUARTERS}"), 200)
    expect_status(client.put("/v1/sections/1/data", bytes(OVER_THREE_QUARTERS)), 204)
    path = "/v1/sections/1/values?type=u8&count=4096"  # whose text is estimated over all of it
    expect_problem(client.get(path), 507, "quota_exceeded")


# What a tag under If-Match is made of, each larger than all of the budget.
LARGE_TAGS = {
    "values": ("PUT", "/v1/sections/1/values?type=u8", {"values": [1] * 4096}),
    "a field": ("PUT", "/v1/sections/1/text?encoding=latin1&field=1&length=30000", b"text"),
    "text without a length": ("PUT", "/v1/sections/1/text?encoding=latin1", b"text"),
    "text of a length": ("PUT", "/v1/sections/1/text?encoding=latin1&length=30000", b"text"),
    "a copy": ("POST", "/v1/sections/1/copy", {"from": 1, "from_offset": 0, "offset": 0,
                                               "length": 65536}),
}


@pytest.mark.parametrize("kind", LARGE_TAGS)
def test_the_tag_under_if_match_counts_as_the_answer_that_has_it(tight, kind):
    client = tight.client(token=TOKENS["admin"])
    method, path, body = LARGE_TAGS[kind]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    media = "text/plain" if isinstance(body, bytes) else "application/json"
    headers = {"Content-Type": media}
    expect_status(client.request(method, path, content, headers), 204)
    expect_problem(client.request(method, path, content, {**headers, "If-Match": "*"}), 507,
                   "quota_exceeded")
    assert client.get("/v1/info").json()["buffer_bytes"] == 0


def test_a_small_tag_under_if_match_is_made_however_small_the_budget(tight):
    client = tight.client(token=TOKENS["admin"])
    small = {"values?type=u8": b'{"values":[1]}', "text?encoding=latin1&field=1&length=20": b"text"}
    for path, body in small.items():
        media = "application/json" if body.startswith(b"{") else "text/plain"
        expect_status(client.request("PUT", f"/v1/sections/1/{path}", body,
                                     {"Content-Type": media, "If-Match": "*"}), 204)


def begin_answer(daemon, method, path, body=b"", *lines):
    """Asks, takes the head of the answer and no more: its connection, and its length."""
    connection = connect(daemon, receive_bytes=4096)
    connection.sendall(head(daemon, f"{method} {path} HTTP/1.1", f"Content-Length: {len(body)}",
                            *lines) + body)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(64)
    assert status_of(received) in (200, 206), received
    return connection, int(re.search(rb"Content-Length: (\d+)", received)[1])


def buffered(daemon):
    return daemon.client().get("/v1/info").json()["buffer_bytes"]


def test_an_answer_counts_with_its_own_length_until_it_is_read(start_daemon):
    """More may have been set aside before it was made; that is given back then."""
    daemon = start_daemon()
    section = daemon.client().create(size=8 << 20)["id"]
    batch = json.dumps({"ops": [{"op": "read", "id": section}]}).encode()
    connection, length = begin_answer(daemon, "POST", "/v1/batch", batch,
                                      "Content-Type: application/json")
    assert length > 8 << 20
    assert buffered(daemon) == length
    connection.close()
    wait_until(lambda: buffered(daemon) == 0, "it is given back")


def test_what_is_small_counts_once_it_is_too_much_together(start_daemon):
    """A document counts as what was received and as what it is parsed to, 3000 bytes each."""
    client = start_daemon("--max-buffer-bytes", "0").client()
    path = f"/v1/sections/{client.create(size=64)['id']}/fill"
    body = b'{"offset":0,"length":64,"byte":1}'
    headers = {"Content-Type": "application/json"}
    expect_status(client.request("POST", path, body.ljust(1000), headers), 204)
    expect_problem(client.request("POST", path, body.ljust(3000), headers), 507, "quota_exceeded")
