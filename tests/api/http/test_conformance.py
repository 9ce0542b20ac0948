"""What a server of HTTP/1.1 owes to any request: RFC 9112, with the meanings of RFC 9110.

The parts of a request in their order, then its fields, then its body. What two readers could take for
different requests is in test_framing.py.
"""

import socket

import pytest

from client import rest_of, status_count, status_of
from daemon import Daemon
from slow_clients import is_readable

HOST = b"Host: example.com\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"
BAD_REQUEST = 400
END = "the end of the connection"


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A daemon that waits for the rest of a request for as long as a busy machine needs."""
    daemon = Daemon(tmp_path_factory.mktemp("patient") / "state", "--allow-host", "example.com",
                    "--header-timeout", "120")
    yield daemon
    daemon.stop()


def connect(daemon):
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exchange(daemon, data):
    """What comes back until the other end closes, which it has to."""
    with connect(daemon) as connection:
        connection.sendall(data)
        return rest_of(connection)


def outcome(received):
    """The one status, or the end without one."""
    assert status_count(received) <= 1, received
    return status_of(received) if received else END


def request(*lines, line=b"GET /healthz HTTP/1.1", host=HOST, body=b""):
    return (line + b"\r\n" + host + b"".join(each + b"\r\n" for each in lines)
            + b"Connection: close\r\n\r\n" + body)


# ---- A request that is not all there yet ----

ENDS = [b"G", b"GET", b"GET ", b"GET /", b"GET /healthz", b"GET /healthz ", b"GET /healthz HTTP",
        b"GET /healthz HTTP/1.", b"GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1\r",
        b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHos", b"GET /healthz HTTP/1.1\r\nHost:",
        b"GET /healthz HTTP/1.1\r\nHost: ", b"GET /healthz HTTP/1.1\r\nHost: example.com",
        b"GET /healthz HTTP/1.1\r\nHost: example.com\r", b"GET /healthz HTTP/1.1\r\nHost: example.com\r\n",
        WHOLE[:-2], WHOLE[:-1]]


@pytest.mark.parametrize("begin", ENDS, ids=[repr(end[-20:]) for end in ENDS])
def test_a_part_of_a_request_is_waited_for(patient, begin):
    assert WHOLE.startswith(begin)
    with connect(patient) as connection:
        connection.sendall(begin)
        assert exchange(patient, WHOLE).endswith(b"\r\n\r\nok\n")  # so much time has passed
        assert not is_readable(connection), connection.recv(65536)
        connection.sendall(WHOLE[len(begin):])
        received = rest_of(connection)
    assert outcome(received) == 200 and received.endswith(b"\r\n\r\nok\n")


def test_a_request_that_comes_byte_by_byte_is_answered(patient):
    with connect(patient) as connection:
        for at in range(len(WHOLE)):
            connection.sendall(WHOLE[at:at + 1])
        assert outcome(rest_of(connection)) == 200


def test_who_goes_away_in_the_middle_harms_nobody(patient):
    for begin in ENDS:
        with connect(patient) as connection:
            connection.sendall(begin)
    assert outcome(exchange(patient, WHOLE)) == 200


# ---- The request line ----

@pytest.mark.parametrize("line, wanted", [
    (b"GET /healthz", [400]),
    (b"GET /healthz ", [400]),
    (b"GET /healthz HTTP/9.9", [505]),
    (b"GET /healthz HTTP/2.0", [505]),
    (b"GET /healthz HTTP/0.9", [505]),
    (b"GET /healthz HTTP/1.1 ", [400]),
    (b"GET /health z HTTP/1.1", [400]),
    (b"GET * HTTP/1.1", [400]),
    (b"GET healthz HTTP/1.1", [400]),
    (b"CONNECT example.com:80 HTTP/1.1", [400]),
    (b"TRACE /healthz HTTP/1.1", [405]),
    (b"BREW /healthz HTTP/1.1", [405]),
    (b"get /healthz HTTP/1.1", [405]),
    # No method that the library knows, and no request line: it may be no HTTP at all, and is not answered.
    (b"GET", [400, END]),
    (b"Extra lineGET /healthz HTTP/1.1", [400, END]),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS", [400, END]),
    (b"GET /" + b"a" * 20_000 + b" HTTP/1.1", [414]),
], ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None)
def test_a_request_line_that_is_none_is_refused(patient, line, wanted):
    assert outcome(exchange(patient, request(line=line))) in wanted


def test_the_greeting_of_http_2_is_a_version_that_we_do_not_have(patient):
    assert outcome(exchange(patient, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == 505


def test_an_old_version_is_answered_and_the_connection_ends(patient):
    received = exchange(patient, b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n")
    assert outcome(received) == 200
    assert b"transfer-encoding" not in received.lower()


def test_an_offer_to_speak_another_protocol_may_be_left_alone(patient):
    data = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n"
    assert outcome(exchange(patient, data)) == 200


# ---- Fields ----

@pytest.mark.parametrize("data", [
    request(), request(host=b"hoSt:\texample.com\r\n"), request(b"empty:"), request(b"X-Empty: "),
    request(b"X-Any: \t y \t"), request(b"!#$%&'*+-.^_`|~09az: every character of a name"),
    request(b"X-Any: caf\xe9"), b"\r\n" + request()])
def test_a_request_that_is_fine_is_answered(patient, data):
    received = exchange(patient, data)
    assert outcome(received) == 200 and received.endswith(b"\r\n\r\nok\n")


@pytest.mark.parametrize("field", [
    b"X-Invalid[]: test", b"X Invalid: test", b"X-Invalid : test", b": no name", b"no colon",
    b"X-Inv\xe9lid: test", b"X-Invalid\x00: test", b"X-Bell: test\x07", b"X-Nul: te\x00st",
    b"X-Delete: test\x7f", b"X-Any: y\r\n folded", b"X-Any: y\rX-More: z", b"X-Any: y\nX-More: z",
    b"\rSome-Header: Test"])
def test_a_field_that_is_none_is_refused(patient, field):
    assert outcome(exchange(patient, request(field))) == BAD_REQUEST


def test_an_empty_line_in_another_spelling_ends_no_head(patient):
    data = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\rSome-Header: Test\r\n\r\n"
    assert outcome(exchange(patient, data)) == BAD_REQUEST
    assert outcome(exchange(patient, data.replace(b"\r\n", b"\n"))) == BAD_REQUEST


def test_more_fields_than_we_read_are_refused_as_such(patient):
    assert outcome(exchange(patient, request(b"X-Long: " + b"a" * 60_000))) == 431


@pytest.mark.parametrize("host, wanted", [
    (b"", 400), (b"Host:\r\n", 400), (b"Host: a b\r\n", 400), (b"Host: example.com, example.com\r\n", 400),
    (HOST + b"Host: example.org\r\n", 400), (HOST + HOST, 400), (b"Host: example.org\r\n", 403)])
def test_a_host_is_one_name_of_ours(patient, host, wanted):
    assert outcome(exchange(patient, request(host=host))) == wanted


# ---- Expectations and bodies ----

def test_no_body_is_asked_for_where_none_comes(patient):
    assert outcome(exchange(patient, request(b"Expect: 100-continue"))) == 200


@pytest.fixture
def token(patient):
    return b"Authorization: Bearer " + patient.token.encode()


def test_a_body_is_asked_for_where_it_will_be_taken(patient, token):
    client = patient.client()
    section = client.create(size=4096)["id"]
    data = request(token, b"Content-Length: 4", b"Expect: 100-continue",
                   line=b"PUT /v1/sections/%d/data HTTP/1.1" % section)
    with connect(patient) as connection:
        connection.sendall(data)
        interim = b""
        while not interim.endswith(b"\r\n\r\n"):
            interim += connection.recv(1)
        assert status_of(interim) == 100
        connection.sendall(b"data")
        assert outcome(rest_of(connection)) == 204
    assert client.read(section, 0, 4) == b"data"
    client.close_section(section)


@pytest.mark.parametrize("line, wanted", [
    (b"PUT /v1/sections/1/data HTTP/1.1", 401), (b"PUT /nowhere HTTP/1.1", 404), (b"PUT / HTTP/1.1", 405)])
def test_no_body_is_asked_for_that_would_be_refused(patient, line, wanted):
    data = request(b"Content-Length: 4", b"Expect: 100-continue", line=line)
    assert outcome(exchange(patient, data)) == wanted


def test_an_expectation_that_we_do_not_know_is_refused(patient):
    assert outcome(exchange(patient, request(b"Expect: 200-maybe"))) in (400, 417)


def test_an_old_version_is_never_asked_for_a_body(patient):
    data = request(b"Content-Length: 4", b"Expect: 100-continue", line=b"PUT /nowhere HTTP/1.0", body=b"data")
    assert outcome(exchange(patient, data)) == 404


@pytest.mark.parametrize("length", [
    b"-123456789123456789123456789", b"-1234", b"-0", b"+4", b"abc", b"", b"4 4", b"4, 4", b"0x4", b"4.0",
    b"123456789123456789123456789"])
def test_a_length_that_is_none_is_refused(patient, length):
    received = exchange(patient, request(b"Content-Length: " + length, body=b"body"))
    assert outcome(received) in (400, 413)


@pytest.mark.parametrize("coding, wanted", [
    (b"gzip", (400, 501)), (b"gzip, chunked", (400, 501)), (b"chunked, gzip", (400, 501)), (b"", (400, 501)),
    (b"chunked\r\nContent-Length: 5", (400,)), (b"chunked\r\nTransfer-Encoding: chunked", (400,))])
def test_a_coding_that_leaves_the_length_open_is_refused(patient, coding, wanted):
    data = request(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n")
    assert outcome(exchange(patient, data)) in wanted


def test_an_old_version_has_no_chunks(patient):
    data = request(b"Transfer-Encoding: chunked", line=b"GET /healthz HTTP/1.0", body=b"0\r\n\r\n")
    assert outcome(exchange(patient, data)) == BAD_REQUEST


@pytest.mark.parametrize("body", [
    request(b"Content-Length: 5", line=b"POST / HTTP/1.1", body=b"hello"),
    request(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.1", body=b"5\r\nhello\r\n0\r\n\r\n")])
def test_a_body_is_read_past_where_the_method_is_refused(patient, body):
    assert outcome(exchange(patient, body)) == 405


@pytest.mark.parametrize("first", [
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"])
def test_the_next_request_is_found_behind_the_one_before(patient, first):
    """Nothing of the one before is taken for it, and nothing of its answer comes too much."""
    received = exchange(patient, first + WHOLE)
    assert received.endswith(b"\r\n\r\nok\n") and status_count(received) == 2, received
