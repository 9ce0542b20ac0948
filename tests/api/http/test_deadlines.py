"""Clients that are too slow: with a request's head, with its body, with taking the answer."""

import email.parser
import socket

import pytest

import build
from client import expect_problem, expect_status, rest_of, status_count, status_of, Reply
from daemon import Daemon, wait_until
from slow_clients import connect, head

# Short ones, so that nobody has to wait; what is tested is that they come, not how exactly.
DEADLINES = ("--header-timeout", "1", "--body-timeout", "1", "--min-rate", "1K")
LARGE_BYTES = 64 << 20


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("strict") / "state", *DEADLINES)
    yield daemon
    daemon.stop()


def trickle_until_closed(connection, piece=b"x"):
    """Sends a little all the while; gives what came back before the connection was closed."""
    received = b""
    connection.settimeout(0.05)
    while True:
        try:
            connection.send(piece)
        except (ConnectionResetError, BrokenPipeError):
            break
        try:
            answer = connection.recv(65536)
            if not answer:
                break
            received += answer
        except socket.timeout:
            pass
        except ConnectionResetError:
            break
    connection.close()
    return received


def expect_timeout(received):
    """One answer, 408, with all that every answer has."""
    assert status_of(received) == 408, received
    assert status_count(received) == 1, received
    head_part, _, body = received.partition(b"\r\n\r\n")
    headers = email.parser.Parser().parsestr(head_part.split(b"\r\n", 1)[1].decode())
    assert headers["Connection"] == "close"
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Date"].endswith(" GMT")
    expect_problem(Reply("GET", 408, headers, body), 408, "timeout")


# The head.

def test_a_connection_without_a_request_is_closed_without_a_word(strict):
    with connect(strict) as connection:
        assert rest_of(connection) == b""


def test_a_head_that_stays_unfinished_is_answered_408_and_closed(strict):
    with connect(strict) as connection:
        connection.sendall(b"GET /v1/info HTTP/1.1\r\nHost: ")
        expect_timeout(rest_of(connection))


def test_a_head_that_comes_byte_by_byte_is_answered_408_and_closed(strict):
    connection = connect(strict)
    connection.sendall(b"GET /v1/info HTTP/1.1\r\nX-Slow: ")
    expect_timeout(trickle_until_closed(connection))


def test_a_request_line_that_comes_byte_by_byte_is_closed(strict):
    connection = connect(strict)
    connection.sendall(b"GET /")
    received = trickle_until_closed(connection)
    if build.ON_WINDOWS:  # which does not tell us that something came
        assert received == b""
    else:
        expect_timeout(received)


def test_header_lines_without_an_end_are_answered_408_and_closed(strict):
    connection = connect(strict)
    connection.sendall(b"GET /v1/info HTTP/1.1\r\n")
    expect_timeout(trickle_until_closed(connection, b"X: y\r\n"))


def test_a_second_head_on_a_kept_connection_has_its_deadline_too(strict):
    connection = connect(strict)
    connection.sendall(head(strict, "GET /healthz HTTP/1.1"))
    assert status_of(connection.recv(65536)) == 200
    connection.sendall(b"GET /v1/info HTTP/1.1\r\nX-Slow: ")
    expect_timeout(trickle_until_closed(connection))


@pytest.mark.linux
def test_a_second_request_line_on_a_kept_connection_has_its_deadline_too(strict):
    connection = connect(strict)
    connection.sendall(head(strict, "GET /healthz HTTP/1.1"))
    assert status_of(connection.recv(65536)) == 200
    expect_timeout(trickle_until_closed(connection))


def put(daemon, section, *lines):
    return head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1", *lines)


WHOLE_REQUESTS = {
    "a request without a body": lambda daemon, section: head(daemon, "HEAD /healthz HTTP/1.1"),
    "a body": lambda daemon, section: put(daemon, section, "Content-Length: 5") + b"hello",
    "a refused body": lambda daemon, section: put(daemon, 99999, "Content-Length: 5") + b"hello",
    "a chunked body": lambda daemon, section: (put(daemon, section, "Transfer-Encoding: chunked")
                                               + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
}


@pytest.mark.linux
@pytest.mark.parametrize("first", [name for name in WHOLE_REQUESTS if "chunked" not in name])
def test_a_request_line_that_begins_in_the_first_ones_packet_has_its_deadline_too(strict, first):
    section = strict.client().create(size=64)["id"]
    with connect(strict) as connection:
        for _ in range(3):
            connection.sendall(WHOLE_REQUESTS[first](strict, section))
            assert status_of(connection.recv(65536)) < 500
        connection.sendall(WHOLE_REQUESTS[first](strict, section) + b"GET /v1/in")
        received = rest_of(connection)
        assert status_count(received) == 2, received
        expect_timeout(received[received.rindex(b"HTTP/1.1 "):])


@pytest.mark.linux
@pytest.mark.parametrize("requests", WHOLE_REQUESTS)
def test_what_belongs_to_a_request_is_not_taken_for_the_next_one(strict, requests):
    section = strict.client().create(size=64)["id"]
    with connect(strict) as kept, connect(strict) as other:
        for _ in range(3):
            kept.sendall(WHOLE_REQUESTS[requests](strict, section))
            assert status_of(kept.recv(65536)) < 500
        other.sendall(head(strict, "HEAD /healthz HTTP/1.1") + b"GET")
        assert status_count(rest_of(other)) == 2  # so is the deadline over, as of this one
        kept.sendall(head(strict, "HEAD /healthz HTTP/1.1"))
        assert status_of(kept.recv(65536)) == 200


def test_an_idle_kept_connection_outlives_the_deadline_of_heads(strict):
    idle = strict.client()
    expect_status(idle.get("/healthz"), 200)
    kept = idle._connection.sock
    with connect(strict) as other:  # begun later, and it is closed: so is the deadline over
        assert rest_of(other) == b""
    expect_status(idle.get("/healthz"), 200)
    assert idle._connection.sock is kept, "the connection was closed meanwhile"


# Bodies.

def test_a_body_that_stays_away_is_answered_408_and_closed(strict):
    section = strict.client().create(size=4096)["id"]
    with connect(strict) as connection:
        connection.sendall(head(strict, f"PUT /v1/sections/{section}/data HTTP/1.1",
                                "Content-Length: 100") + b"x" * 50)
        expect_timeout(rest_of(connection))
    assert strict.client().read(section, 0, 1) == b"\0"


@pytest.mark.parametrize("framing", ["Content-Length: 60000", "Transfer-Encoding: chunked"])
def test_a_body_that_comes_byte_by_byte_is_answered_408_and_closed(strict, framing):
    section = strict.client().create(size=60_000)["id"]
    connection = connect(strict)
    connection.sendall(head(strict, f"PUT /v1/sections/{section}/data HTTP/1.1", framing))
    piece = b"x" if "Length" in framing else b"1\r\nx\r\n"
    expect_timeout(trickle_until_closed(connection, piece))
    assert strict.client().read(section, 0, 1) == b"\0"


def test_a_body_that_is_waited_for_with_100_continue_is_answered_408_and_closed(strict):
    section = strict.client().create(size=4096)["id"]
    with connect(strict) as connection:
        connection.sendall(head(strict, f"PUT /v1/sections/{section}/data HTTP/1.1",
                                "Content-Length: 100", "Expect: 100-continue"))
        received = rest_of(connection)
        assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"), received
        expect_timeout(received.split(b"\r\n\r\n", 1)[1])


def test_a_refused_body_that_is_dropped_has_its_deadline_too(strict):
    with connect(strict) as connection:
        connection.sendall(b"PUT /v1/sections/1/data HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                           b"Content-Length: 1000\r\n\r\nxyz" % strict.port)
        assert status_of(rest_of(connection)) in (401, 408)


def test_a_long_body_at_the_minimum_rate_is_waited_for(start_daemon):
    """The deadline of one without a rate is over when another body's is."""
    daemon = start_daemon(*DEADLINES[:4], "--min-rate", "1")
    section = daemon.client().create(size=4096)["id"]
    with connect(daemon) as steady, connect(daemon) as stalled:
        steady.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                            "Content-Length: 4096") + b"x" * 4000)
        stalled.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                             "Content-Length: 4096"))
        expect_timeout(rest_of(stalled))
        steady.sendall(b"y" * 96)
        assert status_of(steady.recv(4096)) == 204
    assert daemon.client().read(section, 3999, 2) == b"xy"


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/sections/{}/data"])
def test_a_body_that_came_fast_has_bought_little_time_to_trickle(strict, path):
    """At the minimum rate its first half would be worth ten minutes."""
    section = strict.client().create(size=1 << 20)["id"]
    method = "POST" if "batch" in path else "PUT"
    connection = connect(strict)
    connection.sendall(head(strict, f"{method} {path.format(section)} HTTP/1.1",
                            "Content-Type: application/json", f"Content-Length: {1 << 20}"))
    connection.sendall(b" " * (600 << 10))
    expect_timeout(trickle_until_closed(connection))
    assert strict.client().get("/v1/info").json()["buffer_bytes"] == 0
    strict.client().close_section(section)


@pytest.mark.parametrize("framing", ["Content-Length: {}", "Transfer-Encoding: chunked"])
def test_a_body_that_is_stored_piece_by_piece_has_one_deadline(start_daemon, tmp_path, framing):
    """It comes at less than the minimum rate, and no piece takes longer than it may begin with."""
    daemon = start_daemon("--files", str(tmp_path), *DEADLINES[:4], "--min-rate", "4M")
    size = 16 << 20
    section = expect_status(daemon.client().post(
        "/v1/sections", {"backing": {"file": "large"}, "size": size}), 201).json()["id"]
    connection = connect(daemon)
    connection.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                            framing.format(size)))
    piece = b"x" * 32768
    if "chunked" in framing:
        piece = b"8000\r\n" + piece + b"\r\n"
    expect_timeout(trickle_until_closed(connection, piece))


def test_a_slow_streamed_body_leaves_what_arrived_and_the_log_says_how_much(start_daemon):
    daemon = start_daemon(*DEADLINES)
    client = daemon.client()
    section = client.create(size=1 << 20)["id"]
    with connect(daemon) as connection:
        connection.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                                f"Content-Length: {1 << 20}") + b"x" * 1000)
        expect_timeout(rest_of(connection))
    assert client.read(section, 999, 2) == b"x\0"
    wait_until(lambda: "broke off its PUT after 1000 bytes" in daemon.log(), "the log says so")


# Answers.

@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """Its rate is beyond every reader that is not there: what buffers hold buys no time."""
    daemon = Daemon(tmp_path_factory.mktemp("impatient") / "state", *DEADLINES[:4],
                    "--min-rate", "1G")
    yield daemon
    daemon.stop()


def sections_in_use(client):
    return client.get("/v1/info").json()["usage"]["sections"]


@pytest.mark.parametrize("query", ["", "?format=hex", "?format=base64"])
@pytest.mark.parametrize("greedy", [False, True])
def test_a_reader_that_is_too_slow_is_cut_off(impatient, query, greedy):
    client = impatient.client()
    before = sections_in_use(client)
    section = client.create(size=LARGE_BYTES)["id"]
    with connect(impatient, 4096) as connection:
        connection.sendall(head(impatient, f"GET /v1/sections/{section}/data{query} HTTP/1.1"))
        assert connection.recv(1) == b"H"
        client.close_section(section)  # it is in use for as long as it is being sent

        def is_given_up():
            if greedy:
                connection.recv(1)
            return sections_in_use(client) == before

        wait_until(is_given_up, "the answer was given up", 60)
    wait_until(lambda: "did not take its answer" in impatient.log(), "the log says so")


@pytest.mark.parametrize("query", ["", "?format=hex"])
def test_what_was_read_fast_has_bought_little_time_to_trickle(strict, query):
    """At the minimum rate what is read first would be worth hours."""
    client = strict.client()
    before = sections_in_use(client)
    section = client.create(size=LARGE_BYTES)["id"]
    with connect(strict) as connection:
        connection.sendall(head(strict, f"GET /v1/sections/{section}/data{query} HTTP/1.1"))
        taken = 0
        while taken < LARGE_BYTES // 4:
            taken += len(connection.recv(65536))
        client.close_section(section)

        def is_given_up():
            connection.recv(1)
            return sections_in_use(client) == before

        wait_until(is_given_up, "the answer was given up", 60)


def test_a_quick_reader_of_a_large_answer_gets_all_of_it(strict):
    client = strict.client()
    section = client.create(size=LARGE_BYTES)["id"]
    assert len(client.read(section)) == LARGE_BYTES
    client.close_section(section)


# What waits for us is not late.

def outlive_the_deadlines(daemon):
    """Returns when deadlines that began now, and those that began when they were over, are over."""
    for _ in range(2):
        with connect(daemon) as slow:
            slow.sendall(b"GET /healthz HTTP/1.1\r\n")
            expect_timeout(rest_of(slow))


def test_a_waiting_read_has_no_deadline(strict):
    client = strict.client()
    section = client.create(size=64)["id"]
    tag = client.get(f"/v1/sections/{section}/data").headers["ETag"]
    with connect(strict) as waiting:
        waiting.sendall(head(strict, f"GET /v1/sections/{section}/data?wait=60s HTTP/1.1",
                             f"If-None-Match: {tag}", "Connection: close"))
        outlive_the_deadlines(strict)
        client.write(section, b"news")
        received = rest_of(waiting)
    assert status_of(received) == 200 and b"news" in received, received
    client.close_section(section)


def test_an_event_stream_has_no_deadline(strict):
    client = strict.client()
    section = client.create(size=64)["id"]
    with connect(strict) as stream:
        stream.sendall(head(strict, f"GET /v1/sections/{section}/events HTTP/1.1"))
        outlive_the_deadlines(strict)
        client.write(section, b"news")
        received = b""
        while b"event: change" not in received:
            piece = stream.recv(65536)
            assert piece, f"the stream ended: {received}"
            received += piece
    assert status_of(received) == 200
    client.close_section(section)


# Options.

@pytest.mark.parametrize("option", ["--header-timeout", "--body-timeout", "--max-connections",
                                    "--min-rate"])
@pytest.mark.parametrize("value", ["0", "-1", "x", ""])
def test_a_limit_that_makes_no_sense_is_refused(option, value):
    finished = build.run(build.SECTIOND, option, value)
    assert finished.returncode == 2
    assert option in finished.stderr
