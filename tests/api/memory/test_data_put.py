"""PUT /v1/sections/{id}/data."""

import re
import socket

import pytest

from client import expect_problem, expect_status, status_count, status_of
from daemon import wait_until

SIZE = 4096


@pytest.fixture
def path(section):
    return f"/v1/sections/{section}/data"


def chunks(data, size=1000):
    return (data[start:start + size] for start in range(0, len(data), size))


def test_put_writes_at_the_beginning_by_default(client, section, path):
    reply = expect_status(client.put(path, b"hello"), 204)
    assert reply.body == b""
    assert client.read(section, 0, 6) == b"hello\0"


@pytest.mark.parametrize("offset", [0, 1, 100, 4091])
def test_put_writes_at_an_offset_and_nowhere_else(client, section, path, offset):
    expect_status(client.put(f"{path}?offset={offset}", b"hello"), 204)
    expected = bytearray(SIZE)
    expected[offset:offset + 5] = b"hello"
    assert client.read(section) == bytes(expected)


def test_put_fills_the_whole_view(client, section, path):
    data = bytes(index % 253 for index in range(SIZE))
    expect_status(client.put(path, data), 204)
    assert client.read(section) == data


def test_put_reaches_another_process(client, peer, name):
    peer.create("a", SIZE, name)
    client.write(client.open(name)["id"], b"over there", 77)
    assert peer.read("a", 10, 77) == b"over there"


@pytest.mark.parametrize("content_type", [
    None, "application/octet-stream", "text/plain", "application/x-www-form-urlencoded",
    "application/json", "nonsense"])
def test_a_raw_body_may_have_any_type_or_none(client, section, path, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    expect_status(client.put(path, b"a=b&c", headers), 204)
    assert client.read(section, 0, 5) == b"a=b&c"


def test_an_empty_put_writes_nothing(client, path, untouched):
    expect_status(client.put(path, b""), 204)
    expect_status(client.put(path + "?offset=4095", b""), 204)
    expect_status(client.put(path, iter(())), 204)


@pytest.mark.parametrize("offset, length", [
    (0, 4097), (1, 4096), (4095, 2), (4096, 1), (2**53 - 1, 1), (0, 100_000)])
def test_a_body_that_does_not_fit_is_refused_before_the_first_byte(
        client, path, untouched, offset, length):
    reply = client.put(f"{path}?offset={offset}", b"x" * length)
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("offset", ["18446744073709551615", "18446744073709551616",
    "9223372036854775807"])
def test_an_offset_that_overflows_is_refused(client, path, untouched, offset):
    reply = client.put(f"{path}?offset={offset}", b"xx")
    assert reply.status in (400, 416), reply


@pytest.mark.parametrize("query", [
    "ofset=16", "offset=1&offset=2", "offset=x", "offset=-1", "offset=", "format=hex",
    "encoding=utf-8",
    "length=0", "length=x"])
def test_a_query_that_makes_no_sense_is_refused_and_named(client, path, untouched, query):
    problem = expect_problem(
        client.put(f"{path}?{query}", b"data"), 400, "bad_query", "bad_offset", "bad_size")
    assert query.split("=")[0] in problem["detail"]


@pytest.mark.parametrize("value", ["bytes 0-3/4096", "bytes 0-3/*", "bytes */4", "x"])
def test_content_range_is_refused(client, path, untouched, value):
    problem = expect_problem(client.put(path, b"data", {"Content-Range": value}), 400,
    "bad_request")
    assert "Content-Range" in problem["detail"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x", "identity, gzip"])
def test_a_coded_body_is_refused(client, path, untouched, coding):
    reply = client.put(path, b"data", {"Content-Encoding": coding})
    expect_problem(reply, 415, "unsupported_media_type")


def test_the_identity_coding_is_no_coding(client, section, path):
    expect_status(client.put(path, b"data", {"Content-Encoding": "identity"}), 204)
    assert client.read(section, 0, 4) == b"data"


# Chunked bodies.

@pytest.mark.parametrize("length", [1, 1000, 4095, 4096])
def test_a_chunked_body_is_written(client, section, path, length):
    data = bytes(index % 253 for index in range(length))
    expect_status(client.put(path, chunks(data)), 204)
    assert client.read(section, 0, length) == data


@pytest.mark.parametrize("offset, length", [(0, 4097), (4000, 97), (4096, 1), (0, 65_536)])
def test_a_small_chunked_body_that_does_not_fit_is_refused_whole(
        client, path, untouched, offset, length):
    reply = client.put(f"{path}?offset={offset}", chunks(b"x" * length))
    expect_problem(reply, 416, "range_not_satisfiable")


def test_a_long_chunked_body_is_written(client):
    data = bytes(index * 11 % 251 for index in range(1_000_000))
    section = client.create(size=len(data))["id"]
    expect_status(client.put(f"/v1/sections/{section}/data", chunks(data, 60_001)), 204)
    assert client.read(section, 0, len(data)) == data


def test_a_long_chunked_body_that_does_not_fit_says_how_much_was_written(client):
    size = 200_704  # a whole number of pages
    section = client.create(size=size)["id"]
    body = bytes(index * 11 % 251 for index in range(size + 70_000))
    reply = client.put(f"/v1/sections/{section}/data?offset=704", chunks(body, 50_000))
    problem = expect_problem(reply, 416, "range_not_satisfiable")
    assert problem["written"] == size - 704
    assert reply.headers["Content-Range"] == f"bytes */{size}"
    assert client.read(section, 704) == body[:size - 704]
    assert client.read(section, 0, 704) == bytes(704)
    client.get("/healthz")  # the connection is still good


def test_a_torn_chunked_body_is_refused(client, section, daemon):
    head = f"PUT /v1/sections/{section}/data HTTP/1.1"
    status, received = client.raw_request(
        head, "Transfer-Encoding: chunked", body=b"zz\r\nxxx\r\n0\r\n\r\n")
    assert status in (400, None), received
    assert client.read(section, 0, 3) == bytes(3)


# Large ones.

@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 3_000_001])
def test_a_large_body_is_written_exactly(client, length):
    size = 3_100_000
    section = client.create(size=size)["id"]
    data = bytes(index * 13 % 251 for index in range(length))
    client.write(section, data, 99)
    everything = client.read(section)
    assert everything[:99] == bytes(99)
    assert everything[99:99 + length] == data
    assert everything[99 + length:].count(0) == len(everything) - 99 - length


def test_a_large_body_that_does_not_fit_is_refused_before_the_first_byte(client):
    section = client.create(size=1 << 20)["id"]
    reply = client.put(f"/v1/sections/{section}/data?offset=4096", b"x" * (1 << 20))
    expect_problem(reply, 416, "range_not_satisfiable")
    assert client.read(section).count(0) == 1 << 20


def break_off(daemon, section, length, sent):
    """An upload whose client goes away in the middle."""
    with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
        connection.sendall(
            f"PUT /v1/sections/{section}/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
            f"Authorization: Bearer {daemon.token}\r\nContent-Length: {length}\r\n\r\n".encode()
            + sent)


def test_a_short_body_that_breaks_off_writes_nothing(client, daemon, section):
    break_off(daemon, section, 4000, b"partial")
    assert client.get("/healthz").status == 200
    assert client.read(section).count(0) == SIZE


def test_a_long_body_that_breaks_off_leaves_what_arrived_and_the_log_says_how_much(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=1 << 20)["id"]
    break_off(daemon, section, 1 << 20, b"x" * 300_000)
    told = wait_until(lambda: re.search(r"broke off\D*(\d+) bytes", daemon.log()),
                      "the log says how much arrived")
    written = int(told[1])
    assert 0 < written <= 300_000
    data = client.read(section)
    assert data == b"x" * written + bytes((1 << 20) - written)


def test_expect_100_continue_is_answered(client, section):
    status, received = client.raw_request(
        f"PUT /v1/sections/{section}/data HTTP/1.1", "Content-Length: 5",
        "Expect: 100-continue", body=b"hello")
    assert b" 204 " in received, received
    assert client.read(section, 0, 5) == b"hello"


@pytest.mark.parametrize("lines, body", [
    (["Content-Length: 5", "Content-Length: 5"], b"hello"),
    (["Content-Length: 5", "Content-Length: 6"], b"hello!"),
    (["Content-Length: 5, 5"], b"hello"),
    (["Content-Length: +5"], b"hello"),
    (["Content-Length: -5"], b"hello"),
    (["Content-Length: 0x5"], b"hello"),
    (["Content-Length: 5 5"], b"hello"),
    (["Content-Length: 99999999999999999999999"], b"hello"),
    (["Content-Length: 5", "Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
    (["Transfer-Encoding: chunked", "Content-Length: 5"], b"5\r\nhello\r\n0\r\n\r\n"),
    (["Transfer-Encoding: gzip, chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
    (["Transfer-Encoding: identity"], b"hello"),
    (["Expect: something"], b"")])
def test_a_request_whose_length_is_doubtful_is_refused(client, section, lines, body, untouched):
    status, received = client.raw_request(
        f"PUT /v1/sections/{section}/data HTTP/1.1", *lines, body=body)
    assert status is None or 400 <= status < 500 or status == 501, received
    assert status_count(received) <= 1, received


@pytest.mark.parametrize("version, lines, body", [
    ("1.1", ["Content-Length: 5", "Content-Length: 50"], b"hello"),
    ("1.1", ["Content-Length: 50", "Content-Length: 5"], b"hello"),
    ("1.1", ["Content-Length: 5", "Content-Length: 5"], b"hello"),
    ("1.1", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
     b"5\r\nhello\r\n0\r\n\r\n"),
    ("1.1", ["Content-Length: 5", "Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
    ("1.0", ["Transfer-Encoding: chunked", "Connection: keep-alive"],
     b"5\r\nhello\r\n0\r\n\r\n")])
def test_after_a_doubtful_length_nothing_more_is_read(client, section, version, lines, body,
                                                      untouched):
    """Where the next request begins is not known: what follows may have been meant as a body."""
    own = [f"Host: 127.0.0.1:{client.port}", f"Authorization: Bearer {client.token}"]
    first = [f"PUT /v1/sections/{section}/data HTTP/{version}", *own, *lines, "", ""]
    second = ["GET /healthz HTTP/1.1", *own, "", ""]
    received = client.raw("\r\n".join(first).encode() + body + "\r\n".join(second).encode())
    assert received.startswith(b"HTTP/1.") and b" 400 " in received[:20], received
    assert status_count(received) == 1, received
    assert re.search(rb"(?i)\r\nConnection: close\r\n", received), received


# Conditions.

def test_if_match_writes_while_the_bytes_are_those(client, section, path):
    client.write(section, b"before")
    tag = client.get(path + "?offset=0&length=6").headers["ETag"]
    expect_status(client.put(path, b"after!", {"If-Match": tag}), 204)
    assert client.read(section, 0, 6) == b"after!"
    expect_problem(client.put(path, b"again!", {"If-Match": tag}), 412, "precondition_failed")
    assert client.read(section, 0, 6) == b"after!"


def test_if_match_looks_at_the_range_that_the_put_selects(client, section, path):
    whole = client.get(path).headers["ETag"]
    part = client.get(path + "?offset=100&length=3").headers["ETag"]
    where = path + "?offset=100"
    expect_problem(client.put(where, b"abc", {"If-Match": whole}), 412, "precondition_failed")
    client.write(section, b"elsewhere", 1000)
    expect_status(client.put(where, b"abc", {"If-Match": part}), 204)
    whole = client.get(path).headers["ETag"]
    expect_status(client.put(path + "?offset=0&length=4096", b"abc", {"If-Match": whole}), 204)
    assert client.read(section, 0, 3) == b"abc"


def test_if_match_star_and_lists(client, section, path):
    expect_status(client.put(path, b"one", {"If-Match": "*"}), 204)
    tag = client.get(path + "?offset=0&length=3").headers["ETag"]
    expect_status(client.put(path, b"two", {"If-Match": f'"x", {tag}'}), 204)
    tag = client.get(path + "?offset=0&length=3").headers["ETag"]
    weak = client.put(path, b"bad", {"If-Match": f"W/{tag}"})
    expect_problem(weak, 412, "precondition_failed")
    assert client.read(section, 0, 3) == b"two"


def test_if_match_sees_what_another_process_wrote(client, peer, name):
    peer.create("a", SIZE, name)
    path = f"/v1/sections/{client.open(name)['id']}/data"
    tag = client.get(path + "?length=4").headers["ETag"]
    peer.write("a", b"x", 3)
    expect_problem(client.put(path, b"abcd", {"If-Match": tag}), 412, "precondition_failed")
    assert peer.read("a", 4) == b"\0\0\0x"


def test_the_connection_is_good_after_a_refused_body(client, section, path):
    for length in (5000, 70_000):
        assert client.put(path, b"x" * length).status == 416
        assert client.put(path + "?bogus=1", b"x" * length).status == 400
        assert client.put("/v1/sections/999999/data", b"x" * length).status == 404
        assert client.read(section, 0, 1) == b"\0"


def test_pipelined_requests_are_answered_in_order(client, daemon, section):
    token = f"Host: 127.0.0.1:{daemon.port}\r\nAuthorization: Bearer {daemon.token}\r\n"
    received = client.raw((
        f"PUT /v1/sections/{section}/data HTTP/1.1\r\n{token}Content-Length: 3\r\n\r\nabc"
        f"GET /v1/sections/{section}/data?length=3 HTTP/1.1\r\n{token}Connection: close\r\n\r\n"
    ).encode())
    assert status_of(received) == 204
    assert received.endswith(b"\r\n\r\nabc")
    assert status_count(received) == 2
