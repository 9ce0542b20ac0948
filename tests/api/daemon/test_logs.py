"""What the log must never have, whatever is asked: tokens, right or wrong. And who reads it late."""

import json
import os
import re
import signal
import threading

import pytest

import build
from client import expect_status
from daemon import wait_until
from metrics import read_metrics

METHODS = ("get", "put", "post", "patch", "delete")
WRONG = "wrong-token-0123456789-wrong-token"


def ask_everything(client, daemon, headers):
    """Each operation of the document, with a token wherever a user might put one."""
    paths = daemon.client(token=None).get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in METHODS:
            if method in operations and not path.endswith("/events"):
                target = path.replace("{id}", "1").replace("{pid}", "1")
                client.request(method.upper(), target, b"{}", headers)
                client.request(method.upper(), f"{target}?token={WRONG}&token={daemon.token}",
                               b"{}", headers)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_token_is_logged_even_when_everything_is(start_daemon, log_format):
    daemon = start_daemon("--log-level", "debug", "--log-format", log_format)
    for token in (daemon.token, WRONG, None):
        client = daemon.client(token=token)
        ask_everything(client, daemon, {"Content-Type": "application/json"})
        ask_everything(client, daemon, {"Content-Type": "application/json",
                                        "Cookie": f"token={daemon.token}",
                                        "Referer": f"{daemon.url}/#token={daemon.token}",
                                        "User-Agent": daemon.token})
        client.close()
    for header in (f"Basic {daemon.token}", f"Bearer {daemon.token} x", daemon.token,
                   f"Bearer x{daemon.token}"):
        daemon.client(token=None).get("/v1/info", {"Authorization": header})
    client = daemon.client()
    malformed = (f"Authorization: Bearer {daemon.token}", f"X: {daemon.token}\x01",
                 f"{daemon.token} x: y", f"Transfer-Encoding: {daemon.token}",
                 f"Content-Length: {daemon.token}", f"Expect: {daemon.token}")
    for line in malformed:
        client.raw_request("GET /v1/info HTTP/1.1", line)
    client.post("/v1/sections", {"size": 1, "label": "the end of this test"})
    wait_until(lambda: len(daemon.log().splitlines()) > 100, "the lines are written")
    log = daemon.log()
    assert daemon.token not in log
    assert WRONG not in log
    if log_format == "json":
        assert all(json.loads(line)["level"] for line in log.splitlines())


UNREAD_REQUESTS = 3000  # of some 200 bytes each: more than a pipe and the daemon's buffers hold


@pytest.fixture
def unread():
    """Both ends of a pipe: nobody reads it unless the test does."""
    ends = list(map(os.fdopen, os.pipe(), ("rb", "wb")))
    yield ends
    for end in ends:
        end.close()


def fill_the_log(daemon):
    client = daemon.client(timeout_s=20)
    for _ in range(UNREAD_REQUESTS):
        expect_status(client.get("/" + "x" * 150), 404)
    return client


STOPS = [signal.SIGINT] if build.ON_WINDOWS else [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", STOPS)
def test_a_log_that_nobody_reads_holds_up_neither_answers_nor_the_end(start_daemon, unread, number):
    daemon = start_daemon("--log-level", "debug", stderr=unread[1])
    client = fill_the_log(daemon)
    assert read_metrics(client).get("log_lines_dropped_total") > 0
    daemon.signal(number)
    assert daemon.wait() == 0


def test_lines_that_were_dropped_are_counted_in_the_log_when_somebody_reads_it(start_daemon, unread):
    daemon = start_daemon("--log-level", "debug", stderr=unread[1])
    client = fill_the_log(daemon)
    dropped = read_metrics(client).get("log_lines_dropped_total")
    unread[1].close()
    lines = []
    reading = threading.Thread(target=lambda: lines.extend(unread[0]))
    reading.start()
    wait_until(lambda: any(b" lines of this log were dropped" in line for line in list(lines)),
               "the log says that it has gaps")
    expect_status(client.get("/after-the-gap"), 404)
    wait_until(lambda: any(b"/after-the-gap" in line for line in list(lines)),
               "the log goes on after the gap")
    daemon.stop()
    reading.join()
    said = [int(count) for line in lines
            for count in re.findall(rb"(\d+) lines of this log were dropped", line)]
    assert sum(said) >= dropped > 0
    assert all(re.match(rb"\d{4}-\d\d-\d\dT[^ ]+ (debug|info|warn) .*\n$", line) for line in lines), \
        "each line is whole"
