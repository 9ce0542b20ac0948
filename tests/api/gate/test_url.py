"""--url: an address that opens the dashboard once, from the daemon that runs."""

import re
import socket
import threading

import pytest

import build
from amounts import a_third_under_wine
from client import expect_problem, expect_status

URL = re.compile(r"(http://[0-9.:\[\]]+)/#code=([0-9a-f]{32})\n")


def url(*options, **more):
    """Under Wine listing connections asks about every socket of every process, which takes its time."""
    return build.run(build.SECTIOND, "--url", *options, timeout_s=300, **more)


def url_of(daemon, *options, **more):
    return url("--listen", f"127.0.0.1:{daemon.port}", "--state-dir",
               build.native_path(daemon.state), *options, **more)


def code_in(finished, daemon):
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    said = URL.fullmatch(finished.stdout)
    assert said and said[1] == daemon.url, finished.stdout
    return said[2]


def refused(finished, words):
    assert finished.returncode == 1, finished.stdout
    assert finished.stdout == ""
    assert words in finished.stderr and finished.stderr.count("\n") == 1, finished.stderr


def test_the_address_works_once_and_has_no_token(daemon):
    finished = url_of(daemon)
    code = code_in(finished, daemon)
    assert daemon.token not in finished.stdout + finished.stderr
    client = daemon.client(token=None)
    expect_status(client.post("/v1/codes/redeem", {"code": code}), 200)
    expect_problem(client.post("/v1/codes/redeem", {"code": code}), 404, "not_found")


def test_each_address_is_another(daemon):
    assert code_in(url_of(daemon), daemon) != code_in(url_of(daemon), daemon)


@pytest.mark.parametrize("listen", ["[::1]:0", "localhost:0"])
def test_it_asks_over_ipv6_as_well(start_daemon, listen):
    daemon = start_daemon(listen=listen)
    finished = url("--listen", f"[::1]:{daemon.port}", "--state-dir",
                   build.native_path(daemon.state))
    code_in(finished, daemon)


def test_a_daemon_without_a_token_has_an_address_too(start_daemon):
    daemon = start_daemon("--no-token")
    code_in(url_of(daemon), daemon)


def test_where_no_daemon_listens_it_says_so_and_makes_no_file(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        finished = url("--listen", f"127.0.0.1:{port}", "--state-dir",
                       build.native_path(tmp_path / "state"))
    refused(finished, f"no daemon listens on 127.0.0.1:{port}")
    assert not (tmp_path / "state").exists()


def test_another_daemons_token_is_refused(daemon, start_daemon):
    other = start_daemon()
    finished = url("--listen", f"127.0.0.1:{daemon.port}", "--state-dir",
                   build.native_path(other.state))
    refused(finished, "token")
    assert other.token not in finished.stderr


def test_a_token_that_is_no_admins_is_refused(start_daemon, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("read reader-1234567890-reader-1234567890\n")
    tokens.chmod(0o600)
    daemon = start_daemon("--token-file", build.native_path(tokens))
    refused(url_of(daemon, "--token-file", build.native_path(tokens)), "admin")


class Harvest:
    """A server that keeps what it is told and answers all with the same bytes."""

    def __init__(self, answer, address="127.0.0.1", family=socket.AF_INET):
        self.heard = b""
        self.answer = answer
        self.socket = socket.socket(family)
        self.socket.bind((address, 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection = self.socket.accept()[0]
        with connection:
            connection.settimeout(30)
            try:
                while piece := connection.recv(65536):
                    self.heard += piece
                    if b"\r\n\r\n" in self.heard and self.answer:
                        connection.sendall(self.answer)
                        if b"\r\n\r\nok\n" not in self.answer:
                            break
            except OSError:
                pass

    def close(self):
        self.thread.join(60)
        self.socket.close()
        assert not self.thread.is_alive()


@pytest.mark.parametrize("answer", a_third_under_wine([
    pytest.param(b"", id="nothing"),
    pytest.param(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", id="404"),
    pytest.param(b"SSH-2.0-OpenSSH\r\n", id="ssh"),
    pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 20000 + b"\r\n", id="long")]))
def test_what_is_no_sectiond_gets_no_token(daemon, answer):
    harvest = Harvest(answer)
    if not answer:
        harvest.answer = b"\r\n"
    finished = url("--listen", f"127.0.0.1:{harvest.port}", "--state-dir",
                   build.native_path(daemon.state))
    harvest.close()
    assert finished.returncode == 1 and finished.stdout == ""
    assert daemon.token.encode() not in harvest.heard
    assert b"Authorization" not in harvest.heard


@pytest.mark.parametrize("body", a_third_under_wine([
    b"", b"{}", b'{"url":1}', b'{"url":"javascript:alert(1)//#code="}', b'{"url":"http://x/\\u0000"}',
    b'{"url":"http://' + b"x" * 300 + b'/#code=1"}', b"not json"]))
def test_an_answer_that_is_none_is_not_printed(daemon, body):
    """From a program of the same user, which the token is not kept from."""
    harvest = Harvest(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")

    def serve():
        with harvest.socket.accept()[0] as connection:
            connection.settimeout(30)
            connection.recv(65536)
            connection.sendall(harvest.answer)
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    # The thread of the constructor has the first connection; this one takes its place.
    socket.create_connection(("127.0.0.1", harvest.port)).close()
    harvest.thread.join(30)
    harvest.thread = threading.Thread(target=serve)
    harvest.thread.start()
    finished = url("--listen", f"127.0.0.1:{harvest.port}", "--state-dir",
                   build.native_path(daemon.state))
    harvest.close()
    refused(finished, "no sectiond")
