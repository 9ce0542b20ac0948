"""What clients and proxies may rely on besides the framing: small things of HTTP."""

import pytest

from client import expect_problem, expect_status, status_of
from slow_clients import connect


@pytest.mark.parametrize("method", ["get", "Get", "FETCH", "POST", "DELETE"])
def test_a_method_that_an_open_path_does_not_have_needs_no_token_to_be_refused(daemon, method):
    reply = daemon.client(token=None).request(method, "/healthz")
    expect_problem(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["get", "FETCH", "PATCH"])
def test_a_method_that_a_closed_path_does_not_have_needs_one(daemon, client, method):
    expect_problem(daemon.client(token=None).request(method, "/v1/info"), 401, "unauthorized")
    expect_problem(client.request(method, "/v1/info"), 405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/v1/sections/", "/v1/info/", "/v1/sections/?limit=1"])
def test_a_slash_at_the_end_of_a_path_changes_nothing(client, path):
    expect_status(client.get(path), 200)


@pytest.mark.parametrize("path", ["/v1/sections//", "//v1/sections", "/v1//sections", "/healthz//"])
def test_other_empty_segments_lead_nowhere(client, path):
    assert client.get(path).status == 404


def test_a_section_made_with_a_slash_at_the_end_is_there(client):
    reply = client.json("POST", "/v1/sections/", {"size": 1})
    expect_status(reply, 201)
    assert reply.headers["Location"] == f"/v1/sections/{reply.json()['id']}"


@pytest.mark.parametrize("media", ["multipart/form-data", "Multipart/Form-Data; boundary=x"])
def test_a_form_is_not_written_as_bytes(client, section, untouched, media):
    for path in (f"/v1/sections/{section}/data", f"/v1/sections/{section}/text"):
        reply = client.put(path, b"--x\r\n", {"Content-Type": media})
        expect_problem(reply, 415, "unsupported_media_type")


@pytest.mark.parametrize("path, media, body", [
    ("data", "application/octet-stream", b"part"), ("text", "text/plain", b"part"),
    ("values?type=u8", "application/json", b"[1,2]"), ("data", None, b"p" * 100_000)],
    ids=["data", "text", "values", "long data"])
@pytest.mark.parametrize("value", ["bytes 0-3/4096", "bytes 0-3/*", "bytes */4", "x", ""])
def test_a_part_of_what_a_put_means_is_not_taken_for_the_whole(client, section, untouched, path,
                                                               media, body, value):
    headers = {"Content-Range": value, **({"Content-Type": media} if media else {})}
    problem = expect_problem(client.put(f"/v1/sections/{section}/{path}", body, headers), 400,
                             "bad_request", "bad_framing")
    assert "Content-Range" in problem["detail"]


def test_the_range_of_another_method_means_nothing(client):
    """Only in a PUT does it have one (RFC 9110 section 14.5)."""
    headers = {"Content-Range": "bytes 0-3/4096"}
    expect_status(client.get("/v1/info", headers), 200)
    expect_status(client.post("/v1/sections", {"size": 1}, headers), 201)


@pytest.mark.parametrize("media", [None, "application/x-www-form-urlencoded", "multipart/mixed"])
def test_bytes_of_any_other_type_are(client, section, media):
    headers = {"Content-Type": media} if media else {}
    expect_status(client.put(f"/v1/sections/{section}/data", b"bytes", headers), 204)


def test_a_patch_of_another_type_is_told_both_that_it_may_have(client, section):
    reply = client.request("PATCH", f"/v1/sections/{section}", b"{}",
                           {"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")
    for media in ("application/merge-patch+json", "application/json"):
        assert media in reply.json()["detail"] and media in reply.headers["Accept-Patch"]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("stream_format", ["base64", "ndjson"])
def test_proxies_are_told_not_to_collect_an_event_stream(daemon, section, method, stream_format):
    with connect(daemon) as connection:
        connection.sendall(f"{method} /v1/sections/{section}/events?format={stream_format} HTTP/1.1\r\n"
                           f"Host: 127.0.0.1:{daemon.port}\r\n"
                           f"Authorization: Bearer {daemon.token}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
    assert status_of(answer) == 200
    assert b"\r\nX-Accel-Buffering: no\r\n" in answer


@pytest.mark.parametrize("method, has_body", [("HEAD", False), ("GET", True)])
def test_an_answer_to_a_head_whose_body_stays_away_has_no_body(start_daemon, method, has_body):
    daemon = start_daemon("--body-timeout", "1", "--min-rate", "1G")
    with connect(daemon) as connection:
        connection.sendall(f"{method} /v1/info HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
                           f"Authorization: Bearer {daemon.token}\r\n"
                           "Content-Length: 4\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status_of(head) == 408
    assert (body != b"") == has_body
