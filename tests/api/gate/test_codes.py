"""Codes, which work once, and session tokens, which end with the daemon."""

import re
import threading

import pytest

from client import expect_problem, expect_status

TOKENS = {"read": "reader-1234567890-reader-1234567890",
          "write": "writer-1234567890-writer-1234567890",
          "admin": "master-1234567890-master-1234567890"}
WRONG = "0" * 32


def make_code(client):
    return expect_status(client.request("POST", "/v1/codes"), 200).json()


def redeem(client, code):
    return client.post("/v1/codes/redeem", {"code": code})


@pytest.fixture
def stranger(daemon):
    """A client without a token, as a page that has just been opened."""
    client = daemon.client(token=None)
    yield client
    client.close()


def test_a_code_has_what_the_contract_says(daemon, client):
    made = make_code(client)
    assert re.fullmatch(r"[0-9a-f]{32}", made["code"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["expires_at"])
    assert made["url"] == f"{daemon.url}/#code={made['code']}"
    assert make_code(client)["code"] != made["code"]


def test_a_code_is_redeemed_once_without_a_token(client, stranger):
    code = make_code(client)["code"]
    session = expect_status(redeem(stranger, code), 200).json()
    assert session["role"] == "admin"
    assert re.fullmatch(r"[0-9a-f]{64}", session["token"])
    problem = expect_problem(redeem(stranger, code), 404, "not_found")
    assert "sectiond --url" in problem["detail"]


def test_a_session_token_is_as_good_as_one_of_the_file(daemon, client, stranger):
    session = redeem(stranger, make_code(client)["code"]).json()["token"]
    assert session != daemon.token
    browser = daemon.client(token=session)
    section = browser.create(size=64)["id"]
    browser.write(section, b"from a page")
    assert browser.read(section, 0, 11) == b"from a page"
    expect_status(browser.request("POST", "/v1/codes"), 200)


def test_of_many_who_redeem_one_code_at_once_one_gets_it(daemon, client):
    for _ in range(5):
        code = make_code(client)["code"]
        statuses = []

        def ask():
            asker = daemon.client(token=None)
            statuses.append(redeem(asker, code).status)
            asker.close()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses.count(200) == 1, statuses
        assert set(statuses) <= {200, 404, 429}


def test_a_session_and_a_code_end_with_the_daemon(start_daemon):
    first = start_daemon()
    client = first.client()
    session = redeem(client, make_code(client)["code"]).json()["token"]
    unused = make_code(client)["code"]
    expect_status(first.client(token=session).get("/v1/info"), 200)
    first.stop()
    second = start_daemon(state=first.state, listen=f"127.0.0.1:{first.port}")
    assert second.token == first.token
    expect_problem(second.client(token=session).get("/v1/info"), 401, "unauthorized")
    expect_problem(redeem(second.client(token=None), unused), 404, "not_found")
    for file in first.state.rglob("*"):
        assert not file.is_file() or session.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("method, path", [
    ("POST", "/v1/codes"), ("GET", "/v1/codes"), ("GET", "/v1/codes/redeem")])
def test_only_redeeming_needs_no_token(stranger, method, path):
    reply = stranger.request(method, path)
    assert reply.status == (405 if path.endswith("redeem") else 401), reply


def test_only_an_admin_makes_codes(start_daemon, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    tokens.chmod(0o600)
    from build import native_path
    daemon = start_daemon("--token-file", native_path(tokens))
    for role in ("read", "write"):
        client = daemon.client(token=TOKENS[role])
        expect_problem(client.request("POST", "/v1/codes"), 403, "forbidden_role")
    make_code(daemon.client(token=TOKENS["admin"]))


@pytest.mark.parametrize("body, code", [
    (b"", "bad_json"), (b"{}", "bad_json"), (b'{"code":null}', "bad_json"),
    (b'{"code":1}', "bad_json"), (b'{"code":"a","code":"b"}', "bad_json"),
    (b'{"code":"a","role":"admin"}', "bad_json"), (b'["a"]', "bad_json"),
    (b'{"code":"' + WRONG.encode() + b'\\u0000"}', "bad_json")])
def test_a_body_that_is_none_is_refused(stranger, body, code):
    reply = stranger.request("POST", "/v1/codes/redeem", body,
                             {"Content-Type": "application/json"})
    expect_problem(reply, 400, code)


def test_a_form_redeems_nothing(client, stranger):
    """What any page may send without asking first."""
    made = make_code(client)["code"]
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        reply = stranger.request("POST", "/v1/codes/redeem", f'{{"code":"{made}"}}',
                                 {"Content-Type": kind})
        expect_problem(reply, 415, "unsupported_media_type")
    for header in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"},
                   {"Host": "evil.test"}):
        reply = stranger.json("POST", "/v1/codes/redeem", {"code": made}, header)
        expect_problem(reply, 403, "forbidden_origin")
    expect_status(redeem(stranger, made), 200)


def test_a_body_that_is_too_long_is_refused(stranger):
    expect_problem(redeem(stranger, "a" * 70_000), 413, "too_large")


@pytest.mark.parametrize("change", [str.upper, lambda code: code[:-1], lambda code: code + "0",
                                    lambda code: " " + code, lambda code: ""])
def test_what_is_only_like_a_code_is_none(start_daemon, change):
    daemon = start_daemon()
    code = "a" + make_code(daemon.client())["code"][1:]
    if change(code) != code:
        expect_problem(redeem(daemon.client(token=None), change(code)), 404, "not_found")


def test_wrong_codes_are_slowed_and_a_right_one_is_not(start_daemon):
    daemon = start_daemon()
    client, stranger = daemon.client(), daemon.client(token=None)
    code = make_code(client)["code"]
    statuses = [redeem(stranger, WRONG).status for _ in range(60)]
    assert set(statuses) == {404, 429}
    assert client.get("/v1/info").status == 200
    expect_status(redeem(stranger, code), 200)


def test_neither_codes_nor_sessions_are_in_the_log(start_daemon):
    daemon = start_daemon("--log-level", "debug")
    client = daemon.client()
    code = make_code(client)["code"]
    session = redeem(daemon.client(token=None), code).json()["token"]
    daemon.client(token=session).get("/v1/info")
    redeem(daemon.client(token=None), code)
    daemon.stop()
    assert code not in daemon.log() and session not in daemon.log()


def test_without_a_token_codes_work_all_the_same(start_daemon):
    client = start_daemon("--no-token").client(token=None)
    expect_status(redeem(client, make_code(client)["code"]), 200)
