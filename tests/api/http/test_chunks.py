"""Chunked bodies: extensions change nothing, lengths are exact, and no broken one is kept."""

import socket
import struct

import pytest

import build
from client import expect_status, rest_of, status_count, status_of
from daemon import wait_until
from memory_bounds import MEMORY_TOLERANCE_BYTES, expect_growth_within, private_bytes
from metrics import read_metrics
from slow_clients import connect, head

WHOLE = b"AAAAA"
LAST = b"0\r\n\r\n"
CONNECTION_BYTES = 16384  # what a connection has for its head, and for a line of a chunk

EXTENSIONS = {
    "none": b"",
    "a name": b";a",
    "a value": b";a=b",
    "no name": b";",
    "a value without a name": b";=b",
    "a name and no value": b";a=",
    "two": b";a=b;c=d",
    "two with blanks": b"; a=b ; c=d",
    "a value in quotes": b';a="b"',
    "nothing in quotes": b';a=""',
    "a semicolon in quotes": b';a="b;c=d"',
    "a blank in quotes": b';a="b c"',
    "a quote in quotes": b';a="b\\"c"',
    "an open quote": b';a="b',
    "a length": b";5",
    "a longer length": b";a=FFFFFFFF",
    "a tab": b";\ta=b",
    "a byte that is not ASCII": b";a=\xc3\xa9",
    "a NUL": b";a=\x00",
    "a hundred bytes": b";a=" + b"b" * 97,
    "a thousand bytes": b";a=" + b"b" * 997,
    "eight thousand bytes": b";a=" + b"b" * 7997,
}
NAMES = sorted(EXTENSIONS)


def chunk(data, extension=b"", length=None):
    return b"%x%s\r\n%s\r\n" % (len(data) if length is None else length, extension, data)


def put_head(daemon, section, *lines):
    return head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1", "Transfer-Encoding: chunked",
                *lines)


def send(connection, data):
    try:
        connection.sendall(data)
    except (ConnectionResetError, BrokenPipeError):
        pass  # refused before all of it was out


def put(daemon, section, body, pieces=None):
    """The answers to a PUT of this raw body, the connection's last request. `pieces` are the places
    where the sending pauses until the daemon has had the time to look."""
    with connect(daemon) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send(connection, put_head(daemon, section, "Connection: close"))
        client = daemon.client()
        begin = 0
        for end in pieces or ():
            send(connection, body[begin:end])
            client.get("/healthz")  # so much time has passed
            begin = end
        send(connection, body[begin:])
        client.close()
        return rest_of(connection)


def expect_stored(received, client, section, data=WHOLE):
    assert received.startswith(b"HTTP/1.1 204 "), received
    assert status_count(received) == 1, received
    assert client.read(section) == data + bytes(4096 - len(data))


def expect_refused(received, client, section):
    """One refusal at most, or only the end of the connection; nothing is stored."""
    assert status_count(received) <= 1, received
    if received:
        assert 400 <= status_of(received) < 500, received
    assert client.read(section) == bytes(4096)
    assert client.section(section)["stats"]["writes"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_with_an_extension_is_stored_without_it(daemon, client, section, name):
    body = chunk(WHOLE, EXTENSIONS[name]) + LAST
    expect_stored(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_a_last_chunk_may_have_an_extension(daemon, client, section, name):
    body = chunk(WHOLE) + b"0" + EXTENSIONS[name] + b"\r\n\r\n"
    expect_stored(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_a_trailer_may_follow_an_extension(daemon, client, section, name):
    body = chunk(WHOLE, EXTENSIONS[name]) + b"0" + EXTENSIONS[name] + b"\r\nX-Any: y\r\n\r\n"
    expect_stored(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_every_chunk_may_have_an_extension(daemon, client, section, name):
    data = bytes(range(65, 91))
    body = b"".join(chunk(bytes([byte]), EXTENSIONS[name]) for byte in data) + LAST
    expect_stored(put(daemon, section, body), client, section, data)


def test_a_thousand_chunks_with_a_thousand_extensions_are_one_body(daemon, client, section):
    data = bytes(index % 251 for index in range(4000))
    body = b"".join(chunk(data[index:index + 4], b";n=%d" % index)
                    for index in range(0, len(data), 4)) + LAST
    expect_stored(put(daemon, section, body), client, section, data)


IN_PIECES = chunk(WHOLE, b';a="b;c"') + b"0;d=e\r\n\r\n"


@pytest.mark.parametrize("place", range(1, len(IN_PIECES)))
def test_an_extension_may_come_in_two_pieces(daemon, client, section, place):
    expect_stored(put(daemon, section, IN_PIECES, (place,)), client, section)


def test_an_extension_may_come_byte_by_byte(daemon, client, section):
    expect_stored(put(daemon, section, IN_PIECES, range(1, len(IN_PIECES))), client, section)


def test_a_request_behind_chunks_with_extensions_is_the_next_one(daemon, client, section):
    body = chunk(WHOLE, b";a=b") + b"0;c\r\n\r\n"
    with connect(daemon) as connection:
        send(connection, put_head(daemon, section) + body
             + head(daemon, f"GET /v1/sections/{section}/data?length=5 HTTP/1.1",
                    "Connection: close"))
        received = rest_of(connection)
    assert received.startswith(b"HTTP/1.1 204 "), received
    assert status_count(received) == 2 and received.endswith(b"\r\n\r\n" + WHOLE), received


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_that_is_a_byte_short_is_refused(daemon, client, section, name):
    body = chunk(WHOLE[:4], EXTENSIONS[name], length=5) + LAST
    expect_refused(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_that_is_a_byte_long_is_refused(daemon, client, section, name):
    body = chunk(WHOLE, EXTENSIONS[name], length=4) + LAST
    expect_refused(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_a_later_chunk_that_is_a_byte_short_is_refused(daemon, client, section, name):
    body = (chunk(WHOLE, EXTENSIONS[name]) + chunk(WHOLE[:4], EXTENSIONS[name], length=5) + LAST)
    expect_refused(put(daemon, section, body), client, section)


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_that_is_a_byte_short_is_refused_in_pieces_too(daemon, client, section, name):
    body = chunk(WHOLE[:4], EXTENSIONS[name], length=5) + LAST
    line_end = body.index(b"\r\n")
    places = (1, line_end, line_end + 1, line_end + 2, line_end + 6)
    expect_refused(put(daemon, section, body, places), client, section)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n", b"\n\r"])
def test_an_extension_ends_with_cr_and_lf_only(daemon, client, section, end):
    body = b"5;a=b" + end + WHOLE + b"\r\n" + LAST
    with connect(daemon) as connection:
        send(connection, put_head(daemon, section, "Connection: close") + body)
        connection.shutdown(socket.SHUT_WR)
        received = rest_of(connection)
    expect_refused(received, client, section)


def is_stored_or_refused(daemon, client, body, pieces=None):
    """True if it was stored; else nothing of it was."""
    section = client.create(size=4096)["id"]
    received = put(daemon, section, body, pieces)
    stored = received.startswith(b"HTTP/1.1 204 ")
    if stored:
        expect_stored(received, client, section)
    else:
        expect_refused(received, client, section)
    client.close_section(section)
    return stored


# Some 200 bytes of a connection's memory hold the request's head.
BORDER = [*range(CONNECTION_BYTES - 1200, CONNECTION_BYTES, 31),
          *range(CONNECTION_BYTES - 4, CONNECTION_BYTES + 4)]


@pytest.mark.parametrize("piecewise", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_an_extension_about_as_long_as_the_buffer_is_stored_or_refused(
        daemon, client, last, piecewise):
    outcomes = set()
    for length in [1000, *BORDER, 2 * CONNECTION_BYTES]:
        extension = b";" + b"a" * (length - 1)
        if last:
            body = chunk(WHOLE) + b"0" + extension + b"\r\n\r\n"
        else:
            body = chunk(WHOLE, extension) + LAST
        pieces = (length // 2, length - 1, length + 2) if piecewise else None
        outcomes.add(is_stored_or_refused(daemon, client, body, pieces))
    assert outcomes == {True, False}, "the border lies elsewhere"


def test_a_line_across_the_end_of_the_buffer_is_read_whole(daemon, client):
    """The bytes before it take the buffer's end to each place of the line."""
    section = client.create(size=2 * CONNECTION_BYTES)["id"]
    for length in range(CONNECTION_BYTES - 400, CONNECTION_BYTES, 13):
        data = bytes([length % 255 + 1]) * length
        body = chunk(data, b";a=b") + chunk(WHOLE, b';c="d;e"') + b"0;f\r\n\r\n"
        received = put(daemon, section, body)
        assert received.startswith(b"HTTP/1.1 204 "), received
        assert client.read(section, 0, length + 5) == data + WHOLE


# What a request holds is given back, however its connection ends.

HELD_BYTES = (12 if build.LONG else 3) << 20
ROUNDS = 8
PIECE = b"a" * 65536

# None ends: each takes the memory that the connection has left.
FILLERS = {
    "an extension": b"5;" + b"a" * 16098,
    "an extension as long as the buffer": b"5;" + b"a" * CONNECTION_BYTES,
    "an open quote": b'5;a="' + b"b" * 16095,
    "many extensions": b"5" + b";a=b" * 4025,
    "a last chunk's extension": b"0;" + b"a" * 16098,
    "zeros before the length": b"0" * 16100,
    "a trailer": b"0\r\nX-Any: " + b"a" * 16100,
    "many trailers": b"0\r\n" + b"X-Any: y\r\n" * 1610,
}


def close(connection):
    connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def end_sending(connection):
    connection.shutdown(socket.SHUT_WR)
    rest_of(connection)
    connection.close()


def wait_for_the_end(connection):
    rest_of(connection)
    connection.close()


ENDS = [close, reset, end_sending, wait_for_the_end]


def break_off(daemon, request_head, filler, end):
    """Sends HELD_BYTES of body, then the filler, and ends the connection in this way."""
    connection = connect(daemon)
    send(connection, request_head)
    for _ in range(HELD_BYTES // len(PIECE)):
        send(connection, chunk(PIECE))
    send(connection, filler)
    end(connection)


def received_bytes(client):
    """Counted when a request is completed or given up, and not before."""
    return read_metrics(client).get("received_bytes_total")


@pytest.mark.parametrize("name", sorted(FILLERS))
@pytest.mark.parametrize("end", ENDS)
def test_a_body_behind_which_a_line_fills_the_buffer_is_let_go(daemon, client, name, end):
    before = received_bytes(client)
    break_off(daemon, head(daemon, "POST /v1/batch HTTP/1.1", "Content-Type: application/json",
                           "Transfer-Encoding: chunked"), FILLERS[name], end)
    if end is reset:
        return  # it may overtake the body, so how much of that arrives is not known
    wait_until(lambda: received_bytes(client) >= before + HELD_BYTES, "the request is completed")


@pytest.mark.parametrize("name", ["a trailer", "an extension", "zeros before the length"])
def test_the_memory_of_such_bodies_returns(start_daemon, name):
    daemon = start_daemon()
    client = daemon.client()
    request_head = head(daemon, "POST /v1/batch HTTP/1.1", "Content-Type: application/json",
                        "Transfer-Encoding: chunked")
    break_off(daemon, request_head, FILLERS[name], close)
    wait_until(lambda: received_bytes(client) >= HELD_BYTES, "the first is completed")
    before = private_bytes(daemon)
    for _ in range(ROUNDS):
        break_off(daemon, request_head, FILLERS[name], close)
    wait_until(lambda: received_bytes(client) >= (1 + ROUNDS) * HELD_BYTES, "all are completed")
    # malloc may keep a free block or two.
    expect_growth_within(MEMORY_TOLERANCE_BYTES + 2 * HELD_BYTES, before, private_bytes(daemon))


@pytest.mark.parametrize("end", ENDS)
def test_neither_a_section_nor_a_stop_waits_for_such_a_put(start_daemon, end):
    daemon = start_daemon("--grace", "1")
    client = daemon.client()
    for name, filler in FILLERS.items():
        section = client.create(size=HELD_BYTES + 4096)["id"]
        break_off(daemon, put_head(daemon, section), filler, end)
        expect_status(client.delete(f"/v1/sections/{section}"), 204)
        wait_until(lambda: client.get("/v1/info").json()["usage"]["sections"] == 0,
                   f"the section is closed after {name}")
    wait_until(lambda: read_metrics(client).get("connections") == 1, "only ours is left")
    daemon.stop()
