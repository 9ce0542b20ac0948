"""Requests whose length two readers could understand in two ways: one meaning, or a refusal.

Each has a request of an attacker's inside its body. Whatever the fields say, that one is never
performed: either the body is stored as it is, or there is one refusal at most, and the end.
"""

import random
import socket

import pytest

from amounts import amount
from client import status_count, status_of

REQUESTS = 20_000
BATCH = 100  # so many for a section, so that a failure names few
SIZE = 4096
EVIL_PLACE = 2048
BODY_PLACE = 64
SPACES = (b"", b" ", b"\t", b"  ", b" \t")
NAMES_OF_LENGTH = (b"Content-Length", b"content-length", b"CONTENT-LENGTH", b"Content-length")
NAMES_OF_CODING = (b"Transfer-Encoding", b"transfer-encoding", b"TRANSFER-ENCODING")
# A reader that is lax takes these for chunked, or for nothing at all.
CODINGS = (b"chunked", b"Chunked", b"xchunked", b"chunked, identity", b"identity, chunked", b"identity",
           b"gzip, chunked", b"chunked, chunked", b"\"chunked\"", b"chunked;q=1", b"chunked ,", b", chunked",
           b"\x0bchunked", b"chunked\x00", b"chu nked", b"chunke", b"")
SIZES = (b"%x", b"%X", b"0%x", b"%x;a=b", b"+%x", b"0x%x", b" %x", b"%x ", b"-%x", b"%xg")
BREAKS = (b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\r\n", b"\x00\r\n")


def length_values(draw, exact):
    """What a lax reader takes for this length or for another one."""
    digits = b"%d" % exact
    return draw.choice((digits, b"+" + digits, b"-" + digits, b"0" + digits, b"0x%x" % exact, digits + b" ",
                        digits + b"," + digits, digits + b", 0", digits + b";", digits + b".0", b"%o" % exact,
                        digits + b"\x00", b"\"" + digits + b"\"", b"1e3", b"", b"18446744073709551616",
                        b"%d" % (exact + (1 << 64)), b"%d" % (exact + (1 << 32)), b" " + digits))


def field(draw, name, value):
    before_colon = b"" if draw.random() < 0.9 else draw.choice(SPACES)
    return name + before_colon + b":" + draw.choice(SPACES) + value + draw.choice(SPACES)


def chunked(draw, body):
    """The body in chunks, of which a line or two may be written in a way that is not allowed."""
    out, at = b"", 0
    odd = draw.random() < 0.5
    while at < len(body):
        piece = body[at:at + draw.randint(1, len(body))]
        at += len(piece)
        size = draw.choice(SIZES if odd else SIZES[:4]) % len(piece)
        out += size + draw.choice(BREAKS if odd else BREAKS[:1]) + piece
        out += draw.choice((b"\r\n", b"\r\n", b"\n", b"")) if odd else b"\r\n"
    return out + draw.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"00\r\n\r\n", b"0\n\n", b"0\r\nX: y\r\n\r\n"))


def evil(daemon, section):
    return (b"\r\n0\r\n\r\nPUT /v1/sections/%d/data?offset=%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Authorization: Bearer %s\r\nContent-Length: 4\r\n\r\nEVIL"
            % (section, EVIL_PLACE, daemon.port, daemon.token.encode()))


def make_request(draw, daemon, section):
    """The bytes to send, and what may be stored: the body, or as many bytes of what is sent for it."""
    body = b"B" * draw.randint(1, 40) + evil(daemon, section)
    lines = [b"PUT /v1/sections/%d/data?offset=%d HTTP/1.1" % (section, BODY_PLACE),
             b"Host: 127.0.0.1:%d" % daemon.port, b"Authorization: Bearer " + daemon.token.encode(),
             b"Connection: close"]
    kind = draw.choice(("length", "two lengths", "coding", "both", "two codings", "fold"))
    exact = field(draw, draw.choice(NAMES_OF_LENGTH), b"%d" % len(body))
    lax = field(draw, draw.choice(NAMES_OF_LENGTH), length_values(draw, len(body)))
    coding = field(draw, draw.choice(NAMES_OF_CODING), draw.choice((b"chunked", draw.choice(CODINGS))))
    if kind == "length":
        framing = [draw.choice((exact, lax))]
    elif kind == "two lengths":
        framing = [exact, draw.choice((lax, b"Content-Length: 1", b"Content-Length: 0", exact))]
    elif kind == "coding":
        framing = [coding]
    elif kind == "both":
        framing = [draw.choice((exact, lax)), coding]
    elif kind == "two codings":
        framing = [coding, field(draw, draw.choice(NAMES_OF_CODING), draw.choice(CODINGS))]
    else:
        framing = [draw.choice((exact, coding)), b" " + draw.choice((exact, coding))]
    draw.shuffle(framing)
    content = chunked(draw, body) if kind in ("coding", "two codings") or draw.random() < 0.3 else body
    place = draw.randint(1, len(lines))
    lines[place:place] = framing
    ends = [b"\r\n"] * len(lines)
    if draw.random() < 0.1:
        ends[draw.randrange(len(ends))] = draw.choice(BREAKS)
    request_head = b"".join(line + end for line, end in zip(lines, ends))
    return request_head + b"\r\n" + content, (body, content[:len(body)])


def exchange(port, data):
    received = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received.append(piece)
        except (ConnectionResetError, BrokenPipeError, OSError):
            pass  # closed with bytes unread
    return b"".join(received)


def expect_one_meaning(received, client, section, sent, bodies):
    memory = client.read(section)
    assert memory[EVIL_PLACE:EVIL_PLACE + 4] == bytes(4), f"a request inside a body was performed: {sent!r}"
    assert status_count(received) <= 1, (sent, received)
    if received.startswith(b"HTTP/1.1 204 "):
        stored = memory[BODY_PLACE:].rstrip(b"\0")
        assert stored in bodies, (sent, stored)
        return True
    if received:
        assert 400 <= status_of(received) < 600, received
    assert memory == bytes(SIZE), (sent, received)
    return False


@pytest.mark.parametrize("seed", range(amount(REQUESTS) // BATCH))
def test_what_is_ambiguous_has_one_meaning_or_none(daemon, client, seed):
    draw = random.Random(seed)
    section = client.create(size=SIZE)["id"]
    for _ in range(BATCH):
        sent, bodies = make_request(draw, daemon, section)
        if expect_one_meaning(exchange(daemon.port, sent), client, section, sent, bodies):
            client.write(section, bytes(SIZE))


def test_the_requests_are_of_both_kinds(daemon, client):
    """Else the others would prove nothing."""
    draw = random.Random("both")
    section = client.create(size=SIZE)["id"]
    outcomes = []
    for _ in range(BATCH):
        sent, bodies = make_request(draw, daemon, section)
        outcomes.append(expect_one_meaning(exchange(daemon.port, sent), client, section, sent, bodies))
        client.write(section, bytes(SIZE))
    assert 5 <= sum(outcomes) <= BATCH - 20, outcomes
