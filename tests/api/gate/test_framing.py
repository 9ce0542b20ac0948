"""Malformed and ambiguous requests: one refusal at most, the end of the connection, no handler."""

import socket

import pytest

from client import rest_of, status_count, status_of
from malformed import OTHER_VERSIONS, PATH, REQUESTS, filled_in, request

GOOD = request(b"PUT " + PATH + b"?offset=100 HTTP/1.1", body=b"GOOD")
NAMES = sorted(REQUESTS)


def exchange(port, data):
    """Sends everything, and gives what comes back until the other end closes: it has to."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed before we were through
        return rest_of(connection)


def expect_refusal(name, received, token):
    assert status_count(received) <= 1, received
    assert token not in received.decode("latin-1"), "a refusal echoes nothing"
    if received:
        status = status_of(received)
        if name in OTHER_VERSIONS:
            assert status == 505, received
        else:  # 501: a transfer coding that we do not have (RFC 9112 section 6.1)
            assert 400 <= status < 500 or status == 501, received


@pytest.fixture
def section(client):
    """A section that nobody may have read or written in the end."""
    section = client.create(size=4096)
    yield section["id"]
    assert client.section(section["id"])["stats"] == section["stats"], "a handler was reached"
    assert client.read(section["id"]) == bytes(4096)
    assert [held["id"] for held in client.sections()] == [section["id"]]


def test_there_are_enough_of_them():
    assert len(REQUESTS) >= 150


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_request_is_refused_once_and_ends_the_connection(daemon, section, name):
    data = filled_in(REQUESTS[name], daemon.port, daemon.token, section)
    expect_refusal(name, exchange(daemon.port, data), daemon.token)


@pytest.mark.parametrize("name", NAMES)
def test_what_follows_a_malformed_request_is_not_answered(daemon, section, name):
    data = filled_in(REQUESTS[name] + GOOD + GOOD, daemon.port, daemon.token, section)
    expect_refusal(name, exchange(daemon.port, data), daemon.token)


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_request_after_a_good_one_is_refused_all_the_same(daemon, client, name):
    section = client.create(size=4096)["id"]
    data = filled_in(GOOD + REQUESTS[name], daemon.port, daemon.token, section)
    received = exchange(daemon.port, data)
    assert received.startswith(b"HTTP/1.1 204 "), received
    expect_refusal(name, received[received.index(b"\r\n\r\n") + 4:], daemon.token)
    stats = client.section(section)["stats"]
    assert (stats["reads"], stats["writes"], stats["bytes_written"]) == (0, 1, 4)
    assert client.read(section, 0, 200) == bytes(100) + b"GOOD" + bytes(96)


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_request_in_two_pieces_is_refused_as_well(daemon, section, name):
    """The second half comes when the first has been looked at."""
    data = filled_in(REQUESTS[name], daemon.port, daemon.token, section)
    half = len(data) // 2
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.sendall(data[:half])
            daemon.client().get("/healthz")  # so much time has passed
            connection.sendall(data[half:])
        except (ConnectionResetError, BrokenPipeError):
            pass
        expect_refusal(name, rest_of(connection), daemon.token)


# The other side: what looks unusual but has one meaning only is answered.

UNUSUAL = {
    "a length with zeros before it": request(length=b"Content-Length: 0004"),
    "names in capitals": request(host=b"HOST: 127.0.0.1:{port}", length=b"CONTENT-LENGTH: 4"),
    "no blank after the colons": request(host=b"Host:127.0.0.1:{port}",
                                         length=b"Content-Length:4"),
    "blanks around the values": request(host=b"Host: \t 127.0.0.1:{port} \t ",
                                        length=b"Content-Length:   4  "),
    "HTTP/1.0": request(b"PUT " + PATH + b" HTTP/1.0"),
    "HTTP/1.2": request(b"PUT " + PATH + b" HTTP/1.2"),
    "HTTP/1.9": request(b"PUT " + PATH + b" HTTP/1.9"),
    "chunks of HTTP/1.2": request(b"PUT " + PATH + b" HTTP/1.2",
                                  length=b"Transfer-Encoding: chunked",
                                  body=b"4\r\nEVIL\r\n0\r\n\r\n"),
    "the absolute form": request(b"PUT http://127.0.0.1:{port}" + PATH + b" HTTP/1.1"),
    "the absolute form in capitals": request(b"PUT HTTP://LocalHost:{port}" + PATH + b" HTTP/1.1"),
    "a list in two fields": request(b"PUT " + PATH + b" HTTP/1.1", b"Accept-Encoding: gzip",
                                    b"accept-encoding: br, identity", b"Accept-Encoding:"),
    "several trailers": request(length=b"Transfer-Encoding: chunked",
                                body=b"4\r\nEVIL\r\n0\r\nX-Any: y\tz\r\nX-More:\r\n\r\n"),
    "one empty line first": b"\r\n" + request(),
    "chunks": request(length=b"Transfer-Encoding: chunked", body=b"2\r\nEV\r\n2\r\nIL\r\n0\r\n\r\n"),
    "chunks with zeros before their lengths": request(
        length=b"Transfer-Encoding: CHUNKED", body=b"0004\r\nEVIL\r\n000\r\n\r\n"),
    "a trailer": request(length=b"Transfer-Encoding: chunked",
                         body=b"4\r\nEVIL\r\n0\r\nX-Any: y\r\n\r\n"),
    "an empty value": request(b"PUT " + PATH + b" HTTP/1.1", b"X-Any:"),
    "a tab in a value": request(b"PUT " + PATH + b" HTTP/1.1", b"X-Any: a\tb"),
    "a value that is not ASCII": request(b"PUT " + PATH + b" HTTP/1.1", b"X-Any: \xc3\xa9"),
    "fields that we do not read, twice": request(b"PUT " + PATH + b" HTTP/1.1", b"Accept: */*",
                                                 b"Accept: text/html"),
    "an encoded id": request(b"PUT /v1/%73ections/{id}/data HTTP/1.1"),
}


@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_what_has_one_meaning_only_is_answered(daemon, client, name):
    section = client.create(size=4096)["id"]
    data = filled_in(UNUSUAL[name], daemon.port, daemon.token, section)
    end = filled_in(request(b"GET " + PATH + b"?length=4 HTTP/1.1", b"Connection: close",
                            length=None, body=b""), daemon.port, daemon.token, section)
    if name == "HTTP/1.0":
        end = b""
    received = exchange(daemon.port, data + end)
    assert received.startswith((b"HTTP/1.1 204 ", b"HTTP/1.0 204 ")), received
    assert status_count(received) == (2 if end else 1), received
    assert client.read(section, 0, 4) == b"EVIL"


def answer_to(daemon, data):
    """The one answer to a request that asks for the end of its connection."""
    return exchange(daemon.port, filled_in(data, daemon.port, daemon.token, 1))


@pytest.mark.parametrize("target", [b"http://127.0.0.1:{port}/healthz",
                                    b"http://localhost:{port}/healthz?"])
def test_health_is_told_to_whoever_writes_the_whole_address(daemon, target):
    received = answer_to(daemon, b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                 b"Connection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 "), received
    assert received.endswith(b"ok\n")


@pytest.mark.parametrize("target", [b"http://127.0.0.1:{port}", b"http://127.0.0.1:{port}?"])
def test_an_address_without_a_path_is_the_root(daemon, target):
    received = answer_to(daemon, b"HEAD " + target + b" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                 b"Connection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 "), received


def test_the_asterisk_of_options_is_the_daemon_as_a_whole(daemon):
    received = answer_to(daemon, b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                 b"Connection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 "), received
    assert b"\r\nAllow: GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS\r\n" in received


@pytest.mark.parametrize("tags, status", [
    (('"other"', "{tag}"), 304), (("{tag}", '"other"'), 304), (('"a"', '"b"', "{tag}"), 304),
    (('"a"', '"b"'), 200)])
def test_several_if_none_match_are_one_list(client, tags, status):
    path = f"/v1/sections/{client.create(size=4096)['id']}/data?length=4"
    tag = client.get(path).headers["ETag"]
    fields = [f"If-None-Match: {each.format(tag=tag)}" for each in tags]
    assert client.raw_request(f"GET {path} HTTP/1.1", *fields)[0] == status
