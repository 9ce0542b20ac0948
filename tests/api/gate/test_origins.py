"""--allow-origin: pages of the origins that it names may ask, and read the answers; no others may."""

import pytest

import build
from client import expect_problem, expect_status, status_of
from slow_clients import connect

ORIGIN = "https://app.example"
HEADERS = {"Authorization", "Content-Type", "If-Match", "If-None-Match", "If-Range", "Range",
           "Last-Event-ID", "Sectiond-Instance"}


def words(value):
    return {word.strip() for word in value.split(",")}


@pytest.fixture
def allowing(daemon_with):
    return daemon_with("--allow-origin", ORIGIN, "--allow-origin=http://127.0.0.1:3000")


def cors_headers(reply):
    return {name for name in map(str.lower, reply.headers) if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1:3000"])
@pytest.mark.parametrize("site", [None, "cross-site", "same-site"])
def test_an_allowed_origin_is_answered_and_may_read(allowing, origin, site):
    client = allowing.client()
    headers = {"Origin": origin, **({"Sec-Fetch-Site": site} if site else {})}
    section = client.create()["id"]
    for reply in (client.get("/v1/info", headers), client.head("/v1/info", headers),
                  client.get(f"/v1/sections/{section}/data?length=8", headers),
                  client.put(f"/v1/sections/{section}/data", b"8 bytes!", headers),
                  client.get(f"/v1/sections/{section}/data", {**headers, "Range": "bytes=0-3"}),
                  client.json("POST", "/v1/sections", {"size": 1}, headers)):
        assert reply.status < 300, reply
        assert reply.headers["Access-Control-Allow-Origin"] == origin
        assert words(reply.headers["Access-Control-Expose-Headers"]) == {
            "ETag", "Location", "Content-Range"}
        assert "Origin" in words(",".join(reply.headers.get_all("Vary")))
        assert "Access-Control-Allow-Credentials" not in reply.headers


def test_problems_may_be_read_as_well(allowing):
    client = allowing.client()
    for reply in (client.get("/v1/sections/9999999", {"Origin": ORIGIN}),
                  allowing.client(token=None).get("/v1/info", {"Origin": ORIGIN}),
                  client.get("/v1/info?x=1", {"Origin": ORIGIN})):
        assert reply.status >= 400
        assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_an_allowed_origin_needs_a_token_all_the_same(allowing):
    reply = allowing.client(token=None).get("/v1/info", {"Origin": ORIGIN})
    expect_problem(reply, 401, "unauthorized")


@pytest.mark.parametrize("origin", [
    "null", "https://app.example.evil.test", "https://evil.test", "http://app.example",
    "https://app.example:8443", "https://app.example/", "https://app.exampl", "app.example", "*",
    "", "https://APP.example.", "http://127.0.0.1:30000"])
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_other_origins_are_refused_and_told_nothing(allowing, origin, method):
    reply = allowing.client().request(method, "/v1/info", None, {"Origin": origin})
    expect_problem(reply, 403, "forbidden_origin")
    assert not cors_headers(reply)
    assert "Origin" in words(reply.headers["Vary"])


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_request_without_an_origin_is_refused_all_the_same(allowing, site):
    for headers in ({}, {"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Mode": "navigate"}):
        reply = allowing.client().get("/v1/info", {"Sec-Fetch-Site": site, **headers})
        expect_problem(reply, 403, "forbidden_origin")


@pytest.mark.parametrize("path", ["/v1/info", "/v1/sections", "/v1/sections/1", "/v1/batch",
                                  "/v1/sections/1/data", "/healthz", "/openapi.json"])
def test_a_preflight_is_answered_without_a_token(allowing, path):
    client = allowing.client(token=None)
    reply = client.request("OPTIONS", path, None, {
        "Origin": ORIGIN, "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"})
    expect_status(reply, 204)
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert words(reply.headers["Access-Control-Allow-Headers"]) == HEADERS
    assert words(reply.headers["Access-Control-Allow-Methods"]) == words(reply.headers["Allow"])
    assert "Origin" in words(reply.headers["Vary"])


@pytest.mark.parametrize("origin, asked, told", [
    (ORIGIN, "true", "true"), (ORIGIN, "false", None), (ORIGIN, None, None),
    (None, "true", None)])
def test_an_allowed_origin_may_reach_into_a_private_network(allowing, origin, asked, told):
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET",
               "Access-Control-Request-Private-Network": asked}
    reply = allowing.client(token=None).request(
        "OPTIONS", "/v1/info", None, {name: value for name, value in headers.items() if value})
    expect_status(reply, 204)
    assert reply.headers.get("Access-Control-Allow-Private-Network") == told


@pytest.mark.parametrize("site", ["elsewhere", "Same-Origin", "same-origin, cross-site", "same"])
def test_a_site_that_is_none_of_those_that_may_pass_is_refused(client, site):
    expect_problem(client.get("/v1/info", {"Sec-Fetch-Site": site}), 403, "forbidden_origin")


def test_a_program_that_says_how_it_fetches_is_no_page(client):
    expect_status(client.get("/v1/info", {"Sec-Fetch-Mode": "cors"}), 200)


def test_our_own_pages_need_no_permission(allowing):
    reply = allowing.client().get("/v1/info", {"Origin": allowing.url,
                                               "Sec-Fetch-Site": "same-origin"})
    assert not cors_headers(expect_status(reply, 200))


def test_one_connection_tells_origins_apart(allowing):
    """The answer that a connection keeps for its next request is not another origin's."""
    client = allowing.client()
    path = f"/v1/sections/{client.create()['id']}/data?length=8"
    for origin in (None, ORIGIN, None, "http://127.0.0.1:3000", ORIGIN, None):
        reply = client.get(path, {"Origin": origin} if origin else {})
        assert reply.headers.get("Access-Control-Allow-Origin") == origin
        assert words(reply.headers["Vary"]) == {"Origin"}
        reply = client.put(path.split("?")[0], b"x", {"Origin": origin} if origin else {})
        assert reply.headers.get("Access-Control-Allow-Origin") == origin
        assert words(reply.headers["Vary"]) == {"Origin"}


def test_an_answer_to_a_head_that_stays_unfinished_also_depends_on_the_origin(start_daemon):
    daemon = start_daemon("--allow-origin", ORIGIN, "--header-timeout", "1")
    with connect(daemon) as connection:
        connection.sendall(f"GET /v1/info HTTP/1.1\r\nOrigin: {ORIGIN}\r\n".encode())
        answer = connection.recv(65536)
    assert status_of(answer) == 408
    assert b"\r\nVary: Origin\r\n" in answer


def test_without_the_option_nobody_is_told_anything(client):
    for headers in ({}, {"Origin": ORIGIN}):
        for method in ("GET", "OPTIONS"):
            reply = client.request(method, "/v1/info", None, headers)
            assert not cors_headers(reply)
            assert "Vary" not in reply.headers


@pytest.mark.parametrize("value", ["*", "null", "app.example", "https://", "https://app.example/",
                                   "https://app.example/path", "https://a b", "//app.example",
                                   "https://user@app.example", "https://app.example?x", ""])
def test_what_is_no_origin_is_refused_at_the_start(tmp_path, value):
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         build.native_path(tmp_path / "state"), f"--allow-origin={value}")
    assert finished.returncode == 2
    assert "--allow-origin" in finished.stderr
