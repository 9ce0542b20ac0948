"""Wrong tokens at full speed: they are slowed together, and a valid one never is."""

import http.client
import re
import threading

import pytest

from amounts import amount
from client import expect_problem, expect_status
from daemon import wait_until

WRONG_TOKENS = amount(200_000, under_wine=100)
AT_ONCE = 100  # are answered as what they are, before the first 429


@pytest.fixture
def attacked(start_daemon):
    """A daemon of its own: the others shall not have their wrong tokens counted together."""
    return start_daemon()


def wrong(daemon, token="wrong"):
    client = daemon.client(token=token)
    try:
        return client.get("/v1/info")
    finally:
        client.close()


def exhaust(daemon):
    """Sends wrong tokens until one is refused for coming too fast; gives its reply."""
    client = daemon.client(token="wrong")
    for _ in range(100 * AT_ONCE):
        reply = client.get("/v1/info")
        if reply.status == 429:
            client.close()
            return reply
        expect_problem(reply, 401, "unauthorized")
    raise AssertionError("wrong tokens are never slowed")


def test_a_few_wrong_tokens_are_answered_as_wrong(attacked):
    client = attacked.client(token="wrong")
    for _ in range(AT_ONCE // 2):
        expect_problem(client.get("/v1/info"), 401, "unauthorized")


def test_too_many_are_429_with_a_time_to_wait(attacked):
    reply = exhaust(attacked)
    expect_problem(reply, 429, "too_many_failed_tokens")
    assert re.fullmatch("[1-9][0-9]?", reply.headers["Retry-After"])


def test_all_connections_share_the_measure(attacked):
    exhaust(attacked)
    assert 429 in {wrong(attacked).status for _ in range(AT_ONCE)}


def test_a_valid_token_is_taken_meanwhile(attacked):
    client = attacked.client()
    for _ in range(10):
        exhaust(attacked)
        expect_status(client.get("/v1/info"), 200)
        expect_status(attacked.client().get("/v1/info"), 200)  # on a new connection, too


def test_what_needs_no_token_is_answered_meanwhile(attacked):
    exhaust(attacked)
    for token in (None, "wrong"):
        expect_status(attacked.client(token=token).get("/healthz"), 200)
    expect_problem(attacked.client(token=None).get("/v1/info"), 401, "unauthorized")


def test_after_a_while_a_wrong_token_is_wrong_again(attacked):
    exhaust(attacked)
    wait_until(lambda: wrong(attacked).status == 401, "a wrong token is answered with 401")


def test_refusals_for_coming_too_fast_do_not_fill_the_log(attacked):
    exhaust(attacked)
    client = attacked.client(token="wrong")
    answers = [client.get("/v1/info").status for _ in range(2_000)]
    assert answers.count(429) > 1_000
    assert " 429 " not in attacked.log()
    assert len(attacked.log().splitlines()) < 1_000


@pytest.mark.parametrize("token, headers, status", [
    (None, {}, 401), (None, {"Host": "evil.test"}, 403), (None, {"Origin": "null"}, 403),
    (None, {"Sec-Fetch-Site": "cross-site"}, 403)])
def test_what_needs_no_token_to_be_refused_does_not_fill_the_log_either(
        attacked, token, headers, status):
    client = attacked.client(token=token)
    for _ in range(2_000):
        assert client.get("/v1/info", headers).status == status
    wait_until(lambda: f" {status} " in attacked.log(), "the log says so")
    assert len(attacked.log().splitlines()) < 1_000


def send_wrong_tokens(daemon, count, failures):
    """As fast as one connection goes: many requests in one piece."""
    head = "GET /v1/info HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\r\n"
    at_once = 50
    try:
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        connection.connect()
        answers = connection.sock.makefile("rb")
        for start in range(0, count, at_once):
            now = min(at_once, count - start)
            connection.sock.sendall("".join(
                head.format(daemon.port, f"guess-{start + index}") for index in range(now)
            ).encode())
            for _ in range(now):
                read_refusal(answers)
        connection.close()
    except Exception as failure:  # told by the test, since this is another thread
        failures.append(failure)


def read_refusal(answers):
    status = int(answers.readline().split()[1])
    assert status in (401, 429), status
    length = 0
    while (line := answers.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    assert len(answers.read(length)) == length


def test_wrong_tokens_at_full_speed_never_keep_a_valid_one_out(attacked):
    attackers, failures = 2, []
    client = attacked.client()
    section = client.create()["id"]
    threads = [threading.Thread(target=send_wrong_tokens, args=(
        attacked, WRONG_TOKENS // attackers, failures)) for _ in range(attackers)]
    for thread in threads:
        thread.start()
    answered = 0
    while any(thread.is_alive() for thread in threads):
        expect_status(client.get(f"/v1/sections/{section}/data?length=64"), 200)
        fresh = attacked.client()
        expect_status(fresh.put(f"/v1/sections/{section}/data", b"valid"), 204)
        fresh.close()
        answered += 2
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert answered > 0
    assert client.read(section, 0, 5) == b"valid"
