"""Refusals: their order, their form, and that nothing that comes in brings the daemon down."""

import http.client
import json
import re

import pytest

import build
from client import expect_problem, expect_status, status_count

JSON = {"Content-Type": "application/json"}


def post_raw(client, body, path="/v1/sections", headers=JSON):
    return client.request("POST", path, body, headers)


@pytest.fixture
def nothing_made(client):
    yield
    assert client.sections() == []


# The list of errors.

def catalogue(client):
    return expect_status(client.get("/v1/errors"), 200).json()["errors"]


def test_the_list_of_errors_has_each_code_once_with_status_and_title(client):
    errors = catalogue(client)
    codes = [error["code"] for error in errors]
    assert len(set(codes)) == len(codes)
    for error in errors:
        assert 400 <= error["status"] < 600
        assert error["title"]
        assert re.fullmatch("[a-z0-9_]+", error["code"])


def test_the_list_of_errors_is_the_one_in_the_source(client):
    source = (build.SOURCE / "core/include/section/error.h").read_text()
    rows = re.findall(r'X\(SECTION_\w+,\s*"(\w+)",\s*(\d+),\s*\\?\s*"([^"]+)"\)', source)
    assert len(rows) > 20
    told = {(error["code"], str(error["status"]), error["title"]) for error in catalogue(client)}
    assert told == set(rows)


@pytest.mark.parametrize("code, status", [
    ("bad_request", 400), ("bad_json", 400), ("bad_offset", 400), ("bad_size", 400), ("bad_name",
    400),
    ("already_exists", 409), ("protected", 409), ("not_a_section", 409), ("in_use", 409),
    ("changed", 409),
    ("section_gone", 410), ("unsupported_here", 501), ("os_error", 500), ("not_found", 404)])
def test_the_list_has_the_codes_that_clients_rely_on(client, code, status):
    assert (code, status) in {(error["code"], error["status"]) for error in catalogue(client)}


def test_a_problem_is_in_the_list_with_its_title(client):
    titles = {(error["code"], error["status"]): error["title"] for error in catalogue(client)}
    for reply in (client.get("/v1/sections/999999"), client.get("/v1/sections?x=1"),
                  post_raw(client, "{"), client.request("PATCH", "/healthz")):
        problem = reply.json()
        assert titles[problem["code"], problem["status"]] == problem["title"]


# The order of the checks.

def test_an_unknown_path_outside_v1_is_404_before_the_token(daemon):
    client = daemon.client(token=None)
    for method in ("GET", "PUT", "POST", "DELETE", "OPTIONS"):
        expect_problem(client.request(method, "/nothing"), 404, "not_found")
    for path in ("/v2/sections", "/v1x", "/V1/sections", "/v", "//v1/sections"):
        expect_problem(client.get(path), 404, "not_found")


def test_the_token_goes_before_path_method_and_body_inside_v1(daemon):
    client = daemon.client(token=None)
    for method, path in (("GET", "/v1/nothing"), ("PATCH", "/v1/sections"), ("GET", "/v1/sections"),
                         ("GET", "/v1/sections?bogus=1"), ("POST", "/v1/sections"),
                         ("PUT", "/v1/sections/1/data"), ("GET", "/v1/errors"), ("GET", "/v1/info"),
                         ("GET", "/v1")):
        expect_problem(client.request(method, path), 401, "unauthorized")


def test_the_host_goes_before_everything(daemon):
    client = daemon.client(token=None)
    for method, path in (("GET", "/nothing"), ("OPTIONS", "/v1/sections"), ("GET", "/v1/sections"),
                         ("GET", "/healthz")):
        reply = client.request(method, path, headers={"Host": "evil.test"})
        expect_problem(reply, 403, "forbidden_origin")


@pytest.mark.parametrize("path", [
    "/v1", "/v1/", "/v1/nothing", "/v1/sections/1/nothing", "/v1/sections/1/data/more",
    "/v1/sections//",
    "/v1/sections/1/", "/v1//sections", "/v1/sections/../info", "/v1/Sections"])
def test_an_unknown_path_inside_v1_is_404(client, path):
    expect_problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize("method, path, allowed", [
    ("PUT", "/v1/sections", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("DELETE", "/v1/sections", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("GET", "/v1/sections/open", {"POST", "OPTIONS"}),
    ("GET", "/v1/sections/duplicate", {"POST", "OPTIONS"}),
    ("POST", "/v1/sections/999999", None),
    ("POST", "/v1/sections/999999/data", {"GET", "HEAD", "PUT", "OPTIONS"}),
    ("DELETE", "/v1/sections/999999/text", {"GET", "HEAD", "PUT", "OPTIONS"}),
    ("POST", "/v1/info", {"GET", "HEAD", "OPTIONS"}),
    ("POST", "/v1/errors", {"GET", "HEAD", "OPTIONS"}),
    ("POST", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ("BREW", "/v1/sections", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("get", "/v1/sections", {"GET", "HEAD", "POST", "OPTIONS"})])
def test_a_method_that_a_resource_does_not_have_is_405_with_what_it_has(
        client, method, path, allowed, nothing_made):
    reply = client.request(method, path)
    expect_problem(reply, 405, "method_not_allowed")
    told = {method.strip() for method in reply.headers["Allow"].split(",")}
    if allowed is None:
        assert {"GET", "HEAD", "DELETE"} <= told and method not in told
    else:
        assert told - {"OPTIONS"} == allowed - {"OPTIONS"}


@pytest.mark.parametrize("path", [
    "/v1/sections", "/v1/sections/open", "/v1/sections/1", "/v1/sections/1/data", "/v1/info",
    "/healthz"])
def test_options_answers_allow_without_a_token(daemon, path):
    client = daemon.client(token=None)
    reply = client.request("OPTIONS", path)
    assert reply.status in (200, 204), reply
    assert reply.body == b""
    allowed = {method.strip() for method in reply.headers["Allow"].split(",")}
    authorized = daemon.client()
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
        assert authorized.request(method, path).status == 405


def test_the_method_goes_before_the_media_type(client):
    reply = client.request("PUT", "/v1/sections", "x", {"Content-Type": "text/plain"})
    expect_problem(reply, 405, "method_not_allowed")


def test_the_media_type_goes_before_the_body(client):
    reply = post_raw(client, "{broken", headers={"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")


def test_the_body_goes_before_the_resource(client):
    assert client.put("/v1/sections/999999/data?bogus=1", b"x").status == 400
    assert client.get("/v1/sections/999999/data?length=0").status == 400
    reply = client.put("/v1/sections/999999/text?encoding=klingon", "x")
    expect_problem(reply, 400, "bad_encoding")


# Media types.

@pytest.mark.parametrize("headers", [
    {}, {"Content-Type": ""}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonx"},
    {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/json"},
    {"Content-Type": "application/merge-patch+json"}, {"Content-Type": "application"},
    {"Content-Type": "application/json5"}])
@pytest.mark.parametrize("path", ["/v1/sections", "/v1/sections/open", "/v1/sections/duplicate"])
def test_a_json_body_must_say_so(client, headers, path, nothing_made):
    reply = post_raw(client, '{"size":4096}', path, headers)
    expect_problem(reply, 415, "unsupported_media_type")
    assert "application/json" in reply.headers["Accept"]


@pytest.mark.parametrize("content_type", [
    "application/json", "application/json; charset=utf-8", "Application/JSON",
    "application/json;charset=UTF-8",
    "application/json ; charset=utf-8"])
def test_json_may_be_spelled_in_several_ways(client, content_type):
    expect_status(post_raw(client, '{"size":1}', headers={"Content-Type": content_type}), 201)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_coded_json_body_is_refused(client, coding, nothing_made):
    reply = post_raw(client, '{"size":4096}', headers={**JSON, "Content-Encoding": coding})
    expect_problem(reply, 415, "unsupported_media_type")


# JSON.

@pytest.mark.parametrize("body", [
    "", " ", "{", "}", "{}}", '{"size":4096', '{"size":4096}}', '{"size":4096} x',
    '{"size":4096}{}',
    '{"size":4096,}', '{,"size":4096}', '{"size" 4096}', '{"size":}', "{'size':4096}",
    '{size:4096}',
    '{"size":04096}', '{"size":+4096}', '{"size":4096.}', '{"size":.5e4}', '{"size":4e}',
    '{"size":0x1000}',
    '{"size":4096e}', '{"size":NaN}', '{"size":Infinity}', '{"size":-}', '{"size":1e999}',
    '{"size":4096}//c', '/**/{"size":4096}', '{"size":4096,"label":"a\nb"}',
    '{"size":4096,"label":"a\tb"}',
    '{"size":4096,"label":"\\x41"}', '{"size":4096,"label":"\\u12"}',
    '{"size":4096,"label":"\\u12G4"}',
    '{"size":4096,"label":"abc}', '{"size":4096,"label":"\\"}', '\ufeff{"size":4096}',
    '{"size":4096,"label":tru}', '{"size":4096,"label":True}', '{"size":4096,"label":nulll}',
    '{"size":4096}\x00', '\x0b{"size":4096}', '{"size":4096}\u00a0', '{"size":4096]',
    '[{"size":4096}',
    '{"size":4096,"label":"\\ud800"}', '{"size":4096,"label":"\\udc00"}',
    '{"size":4096,"label":"\\ud800\\u0041"}',
    '{"size":4096,"size":4096}', '{"size":4096,"label":"a","label":"a"}',
    '{"size":4096,"\\u0073ize":4096}'])
def test_what_is_no_strict_json_is_refused(client, body, nothing_made):
    reply = post_raw(client, body)
    expect_problem(reply, 400, "bad_json", "bad_size")


@pytest.mark.parametrize("data", [
    b'{"size":4096,"label":"\xff"}', b'{"size":4096,"label":"\xc0\x80"}',
    b'{"size":4096,"label":"\xed\xa0\x80"}', b'{"size":4096,"label":"\xf4\x90\x80\x80"}',
    b'{"size":4096,"label":"\xe4\xbd"}', b'{"size":4096,"la\xffbel":"x"}', b'{"size":4096}\xff',
    b'\xff\xfe{\x00}\x00', b'{"size":4096,"label":"a\x00b"}', b'{"size":\x004096}'])
def test_bytes_that_are_no_utf8_are_refused(client, data, nothing_made):
    expect_problem(post_raw(client, data), 400, "bad_json")


@pytest.mark.parametrize("body", ["null", "true", "4096", '"size"', "[]", '[{"size":4096}]'])
def test_json_that_is_no_object_is_refused(client, body, nothing_made):
    expect_problem(post_raw(client, body), 400, "bad_json")


def test_a_duplicate_key_is_named(client, nothing_made):
    problem = expect_problem(post_raw(client, '{"size":4096,"size":8192}'), 400, "bad_json")
    assert "size" in problem["detail"]


def test_a_duplicate_key_deeper_down_is_named(client, nothing_made):
    body = '{"size":4096,"view":{"offset":0,"offset":1}}'
    problem = expect_problem(post_raw(client, body), 400, "bad_json")
    assert "offset" in problem["detail"]


def test_nesting_over_16_is_refused_for_that(client, nothing_made):
    def nested(depth):
        return '{"size":4096,"label":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"

    deep = expect_problem(post_raw(client, nested(17)), 400, "bad_json")["detail"]
    assert "nest" in deep or "deep" in deep or "16" in deep
    flat = expect_problem(post_raw(client, nested(16)), 400, "bad_json")["detail"]
    assert "label" in flat
    expect_problem(post_raw(client, "[" * 10_000 + "]" * 10_000), 400, "bad_json")


@pytest.mark.parametrize("body", [
    ' {\t"size" :\r\n 4096 } ',
    '{"size":4096,"label":"\\u4e3a\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"}',
    '{"label":null,"name":null,"size":4096}', '{"size":4.096e+3}', '{"size":4096.000}',
    '{"\\u0073ize":4096}'])
def test_everything_that_json_allows_is_taken(client, body):
    expect_status(post_raw(client, body), 201)


def test_escapes_arrive_as_what_they_mean(client):
    section = post_raw(client, '{"size":1,"label":"\\u4e3a\\ud83d\\ude00 \\"q\\" \\\\"}').json()
    assert section["label"] == '为😀 "q" \\'


def test_a_json_body_that_is_too_large_is_413(client, nothing_made):
    body = json.dumps({"size": 4096, "label": "x" * (4 << 20)})
    expect_problem(post_raw(client, body), 413, "too_large")
    assert client.get("/healthz").status == 200


def test_a_json_body_that_is_too_large_is_413_in_chunks_too(client, nothing_made):
    body = (b" " * 10_000 for _ in range(20))
    reply = client.request("POST", "/v1/sections", body, JSON)
    expect_problem(reply, 413, "too_large")


def test_a_json_body_without_end_is_not_read_for_ever(daemon, nothing_made):
    """No answer can come amid a chunked body; so the connection ends, or 413 comes at its end."""
    client = daemon.client()
    body = (b" " * 65_536 for _ in range(1000))
    try:
        assert client.request("POST", "/v1/sections", body, JSON).status == 413
    except (http.client.HTTPException, OSError):
        pass
    assert daemon.client().get("/healthz").status == 200


# Framing and targets.

def test_two_hosts_and_no_host_are_refused(client):
    status, received = client.raw_request("GET /healthz HTTP/1.1", f"Host: 127.0.0.1:{client.port}")
    assert status in (400, 403), received
    status, received = client.raw_request("GET /healthz HTTP/1.1", host=False)
    assert status in (400, 403), received


@pytest.mark.parametrize("target", [
    "/healthz%00", "/v1/sections?%00", "/v1/info#x", "/v1/info?x=1#y", "http://127.0.0.1/healthz",
    "*", "healthz",
    "//127.0.0.1/healthz", "/healthz\x01", "/v1/inf\\o", "/%", "/v1/%zz", "/v1/info%2"])
def test_a_target_that_cannot_be_is_refused(client, target):
    status, received = client.raw_request(f"GET {target} HTTP/1.1")
    assert status is None or status in (400, 404), received
    assert status_count(received) <= 1


@pytest.mark.parametrize("request_line", [
    "GET /healthz HTTP/2.0", "GET /healthz HTTP/0.9", "GET /healthz HTTP/1.10", "GET /healthz",
    "GET",
    "GET  /healthz  HTTP/1.1", "\x00GET /healthz HTTP/1.1", "GET /healthz HTP/1.1",
    "GET /heal thz HTTP/1.1"])
def test_a_request_line_that_cannot_be_is_refused(client, request_line):
    status, received = client.raw_request(request_line)
    assert status is None or status >= 400, received
    assert status_count(received) <= 1


@pytest.mark.parametrize("line", [
    "X-Folded: a\r\n b", "X: a\x00b", "X : a", "no colon here", "X: a\rb", ": empty", "X\x01: a"])
def test_a_header_line_that_cannot_be_is_refused(client, line):
    status, received = client.raw_request("GET /v1/info HTTP/1.1", line)
    assert status is None or status == 400, received
    assert status_count(received) <= 1


def test_a_line_break_of_lf_alone_does_not_hide_a_header(client):
    received = client.raw(
        f"GET /v1/info HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n"
        f"X: a\nAuthorization: Bearer {client.token}\r\nConnection: close\r\n\r\n".encode())
    assert b" 200 " not in received.split(b"\r\n", 1)[0], received


def test_http_1_0_is_answered(client):
    status, received = client.raw_request("GET /v1/info HTTP/1.0")
    assert status == 200, received


def test_a_header_block_that_is_too_large_is_refused(client):
    for length in (40_000, 200_000):
        # The answer to what is far too long may be lost: the rest of it is thrown away.
        lost = {None} if length > 100_000 else set()
        status, received = client.raw_request("GET /v1/info HTTP/1.1", "X-Long: " + "x" * length)
        assert status in {431} | lost, received[:300]
        status, received = client.raw_request(f"GET /v1/info?{'x' * length} HTTP/1.1")
        assert status in {414} | lost, received[:300]
    status, received = client.raw_request(
        "GET /v1/info HTTP/1.1", *(f"X-{number}: a" for number in range(3000)))
    assert status == 431, received[:300]
    assert client.get("/healthz").status == 200


def test_noise_is_survived(client):
    for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 100 + b"\x00" * 100,
                  b"GET / HTTP/1.1\r\n" + b"\xff" * 1000 + b"\r\n\r\n",
                  bytes(range(256)) + b"\r\n\r\n"):
        client.raw(noise + b"\r\n\r\n")
    assert client.get("/healthz").status == 200


def test_every_reply_of_many_kinds_obeys_the_general_rules(client):
    """The client checks each reply for no-store, nosniff and the form of problems."""
    section = client.create()["id"]
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"):
        for path in ("/", "/healthz", "/v1/info", "/v1/errors", "/v1/sections", "/v1/sections/open",
                     "/v1/sections/9", f"/v1/sections/{section}/data", "/v1/nothing", "/nothing",
                     "/v1/sections/@x/text"):
            client.request(method, path)


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/v1/info", "/v1/sections/1/data", "/healthz", "/"])
def test_options_takes_no_body_and_ends_nothing(daemon, framing, path):
    client = daemon.client(token=None)
    for expect in ((), ("Expect: 100-continue",)):
        status, received = client.raw_request(
            f"OPTIONS {path} HTTP/1.1", framing, *expect,
            body=b"5\r\nhello\r\n0\r\n\r\n", authorized=False)
        assert status == 413, received
    assert daemon.process.poll() is None
    expect_status(client.request("OPTIONS", path), 204)


def test_options_of_an_unknown_path_is_404_without_a_token(daemon):
    for path in ("/v1/nothing", "/v1", "/v1/sections/1/nothing", "/nothing"):
        reply = daemon.client(token=None).request("OPTIONS", path)
        expect_problem(reply, 404, "not_found")
