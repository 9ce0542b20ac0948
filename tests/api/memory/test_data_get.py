"""GET and HEAD /v1/sections/{id}/data."""

import pytest

import build
from client import expect_problem, expect_status

SIZE = 4096
PATTERN = bytes(index * 7 % 251 for index in range(SIZE))
RAW = "application/octet-stream"


@pytest.fixture
def path(client):
    """The data of a section with a known pattern in it."""
    section = client.create(size=SIZE)
    client.write(section["id"], PATTERN)
    return f"/v1/sections/{section['id']}/data"


@pytest.fixture
def large(client):
    """The data of a section too large for a snapshot, and its bytes."""
    section = client.create(size=1 << 20)
    pattern = bytes(index * 7 % 251 for index in range(1 << 20))
    client.write(section["id"], pattern)
    return f"/v1/sections/{section['id']}/data", pattern


def ranged(client, path, value):
    return client.get(path, {"Range": value})


def test_get_gives_the_whole_view(client, path):
    reply = expect_status(client.get(path), 200)
    assert reply.body == PATTERN
    assert reply.headers["Content-Type"] == RAW
    assert reply.headers["Content-Length"] == str(SIZE)
    assert reply.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("query, start, end", [
    ("offset=0", 0, SIZE), ("offset=1", 1, SIZE), ("offset=4095", 4095, SIZE),
    ("length=1", 0, 1), ("length=4096", 0, SIZE), ("offset=16&length=32", 16, 48),
    ("length=32&offset=16", 16, 48), ("offset=4000&length=96", 4000, SIZE), ("offset=0016", 16,
    SIZE)])
def test_offset_and_length_select_bytes(client, path, query, start, end):
    reply = expect_status(client.get(f"{path}?{query}"), 200)
    assert reply.body == PATTERN[start:end]
    assert reply.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("query", [
    "offset=4096", "offset=4096&length=1", "offset=4095&length=2", "offset=1&length=4096",
    "length=4097", "offset=9007199254740991", "offset=9007199254740991&length=9007199254740991",
    "length=9007199254740991"])
def test_a_selection_outside_the_view_is_refused_with_the_size(client, path, query):
    reply = client.get(f"{path}?{query}")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("query", [
    "offset=18446744073709551615&length=2", "offset=18446744073709551615",
    "offset=2&length=18446744073709551615",
    "offset=18446744073709551616", "length=18446744073709551617",
    "offset=9223372036854775807&length=9223372036854775807"])
def test_a_selection_that_overflows_64_bits_is_refused(client, path, query):
    reply = client.get(f"{path}?{query}")
    if reply.status == 416:
        assert reply.headers["Content-Range"] == f"bytes */{SIZE}"
    else:
        expect_problem(reply, 400, "bad_query", "bad_offset", "bad_size")


@pytest.mark.parametrize("query, parameter", [
    ("ofset=16", "ofset"), ("Offset=16", "Offset"), ("offset=1&offset=2", "offset"),
    ("length=0", "length"), ("offset=", "offset"), ("offset", "offset"), ("offset=x", "offset"),
    ("offset=-1", "offset"), ("offset=%2B1", "offset"), ("offset=+1", "offset"), ("offset=1.0",
    "offset"),
    ("offset=0x10", "offset"), ("offset=1e3", "offset"), ("offset=1%20", "offset"), ("offset=1,2",
    "offset"),
    ("length=-1", "length"), ("length=all", "length"), ("format=xml", "format"), ("format=",
    "format"),
    ("offset=%zz", "offset"), ("offset=1%00", "offset"), ("count=1", "count"), ("a%00b=1", "a")])
def test_a_query_that_makes_no_sense_is_refused_and_named(client, path, query, parameter):
    problem = expect_problem(
        client.get(f"{path}?{query}"), 400, "bad_query", "bad_offset", "bad_size", "bad_request")
    if "%00" not in query and "%zz" not in query:
        assert parameter in problem["detail"]


@pytest.mark.parametrize("query", ["", "&", "offset=16&", "&offset=16", "offset=16&&length=32",
    "=", "=1"])
def test_a_query_with_empty_parts_reads_no_wrong_bytes(client, path, query):
    reply = client.get(f"{path}?{query}")
    if reply.status == 200:
        start = 16 if "16" in query else 0
        end = 48 if "32" in query else SIZE
        assert reply.body == PATTERN[start:end]
    else:
        expect_problem(reply, 400, "bad_query", "bad_request")


# Ranges.

@pytest.mark.parametrize("value, start, end", [
    ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=100-199", 100, 200), ("bytes=4000-", 4000,
    SIZE),
    ("bytes=4095-4095", 4095, SIZE), ("bytes=4000-9999", 4000, SIZE), ("bytes=-1", 4095, SIZE),
    ("bytes=-100", 3996, SIZE), ("bytes=-9999", 0, SIZE), ("bytes=0-", 0, SIZE),
    ("bytes=4000-18446744073709551615", 4000, SIZE), ("bytes=-18446744073709551615", 0, SIZE),
    ("Bytes=0-9", 0, 10), ("bytes= 0-9", 0, 10)])
def test_a_range_is_answered_with_206(client, path, value, start, end):
    reply = ranged(client, path, value)
    if value in ("bytes= 0-9", "Bytes=0-9") and reply.status == 200:
        assert reply.body == PATTERN  # a server may ignore what it does not care to parse
        return
    expect_status(reply, 206)
    assert reply.body == PATTERN[start:end]
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert reply.headers["Content-Length"] == str(end - start)
    assert reply.headers["Content-Type"] == RAW


@pytest.mark.parametrize("value", [
    "bytes=4096-", "bytes=4096-5000", "bytes=99999-", "bytes=-0", "bytes=18446744073709551615-"])
def test_a_range_past_the_end_is_416_with_the_size(client, path, value):
    reply = ranged(client, path, value)
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("value", [
    "", "bytes", "bytes=", "bytes=x", "bytes=1", "bytes=5-1", "bytes=--1", "bytes=-", "bytes=1-x",
    "items=0-1",
    "bytes=0x1-2", "bytes 0-1", "bytes=+1-2", "bytes=0-99999999999999999999x"])
def test_a_malformed_range_is_ignored(client, path, value):
    reply = expect_status(ranged(client, path, value), 200)
    assert reply.body == PATTERN


def test_a_range_counts_within_the_selection(client, path):
    reply = expect_status(ranged(client, f"{path}?offset=16&length=32", "bytes=4-7"), 206)
    assert reply.body == PATTERN[20:24]
    assert reply.headers["Content-Range"] == "bytes 4-7/32"
    reply = expect_status(ranged(client, f"{path}?offset=16&length=32", "bytes=-2"), 206)
    assert reply.body == PATTERN[46:48]
    reply = ranged(client, f"{path}?offset=16&length=32", "bytes=32-")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == "bytes */32"


def test_a_range_of_a_large_view_is_cut_out_exactly(client, large):
    path, pattern = large
    for start, end in ((0, 0), (65_535, 65_536), (70_000, 200_000), (len(pattern) - 1,
    len(pattern) - 1)):
        reply = expect_status(ranged(client, path, f"bytes={start}-{end}"), 206)
        assert reply.body == pattern[start:end + 1]
        assert reply.headers["Content-Range"] == f"bytes {start}-{end}/{len(pattern)}"


@pytest.mark.parametrize("value", ["bytes=0-99", "bytes=-100"])
def test_head_does_not_follow_a_range_with_bytes(client, path, value):
    reply = client.head(path, {"Range": value})
    assert reply.status in (200, 206), reply  # RFC 9110: Range is defined for GET
    assert reply.body == b""


# HEAD.

@pytest.mark.parametrize("query", ["", "?offset=16&length=32"])
def test_head_gives_the_headers_of_get_and_no_bytes(client, path, query):
    got, head = client.get(path + query), client.head(path + query)
    assert head.status == 200
    assert head.body == b""
    for header in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges"):
        assert head.headers[header] == got.headers[header], header


def test_head_refuses_what_get_refuses(client, path):
    for query in ("?offset=9999", "?ofset=1", "?length=0"):
        assert client.head(path + query).status == client.get(path + query).status


# Entity tags.

def test_a_small_representation_has_a_strong_tag_of_all_its_bytes(client, path):
    tag = client.get(path).headers["ETag"]
    assert tag[0] == tag[-1] == '"' and len(tag) > 16
    assert client.get(path).headers["ETag"] == tag
    assert client.head(path).headers["ETag"] == tag
    assert ranged(client, path, "bytes=0-9").headers["ETag"] == tag
    assert client.get(path, {"If-None-Match": tag}).headers["ETag"] == tag
    assert client.get(path + "?offset=1").headers["ETag"] != tag


@pytest.mark.parametrize("offset", [0, 2000, SIZE - 1])
def test_the_tag_changes_with_any_byte_and_comes_back_with_it(client, path, offset):
    tag = client.get(path).headers["ETag"]
    where = f"{path}?offset={offset}"
    client.put(where, bytes([PATTERN[offset] ^ 1]))
    assert client.get(path).headers["ETag"] != tag
    client.put(where, bytes([PATTERN[offset]]))
    assert client.get(path).headers["ETag"] == tag


def test_the_tag_sees_what_another_process_wrote(client, peer, name):
    peer.create("a", SIZE, name)
    path = f"/v1/sections/{client.open(name)['id']}/data"
    tag = client.get(path).headers["ETag"]
    peer.write("a", b"!", 1234)
    assert client.get(path).headers["ETag"] != tag


def test_a_representation_over_64_kib_has_no_tag(client, large):
    path, pattern = large
    assert "ETag" not in client.get(path).headers
    assert "ETag" not in client.head(path).headers
    assert "ETag" not in client.get(f"{path}?length=65537").headers
    assert "ETag" in client.get(f"{path}?length=65536").headers


def test_if_none_match_answers_304_while_the_bytes_are_the_same(client, path):
    tag = client.get(path).headers["ETag"]
    for value in (tag, "*", f'"other", {tag}', f"W/{tag}", f'"a","b" ,{tag}'):
        reply = client.get(path, {"If-None-Match": value})
        assert reply.status == 304, value
        assert reply.body == b""
        assert client.head(path, {"If-None-Match": value}).status == 304
    client.put(path, b"changed")
    assert client.get(path, {"If-None-Match": tag}).status == 200


@pytest.mark.parametrize("value", ['"other"', '"a", "b"', "W/\"other\"", '""'])
def test_if_none_match_with_another_tag_gives_the_bytes(client, path, value):
    assert expect_status(client.get(path, {"If-None-Match": value}), 200).body == PATTERN


def test_if_none_match_goes_before_a_range(client, path):
    tag = client.get(path).headers["ETag"]
    assert client.get(path, {"If-None-Match": tag, "Range": "bytes=0-9"}).status == 304
    assert client.get(path, {"If-None-Match": '"x"', "Range": "bytes=0-9"}).status == 206


@pytest.mark.parametrize("range_value", ["bytes=0-9", "bytes=-10"])
def test_if_range_gives_the_part_only_while_the_bytes_are_the_same(client, path, range_value):
    tag = client.get(path).headers["ETag"]
    headers = {"Range": range_value, "If-Range": tag}
    assert expect_status(client.get(path, headers), 206).body in (PATTERN[:10], PATTERN[-10:])
    client.put(path + "?offset=2000", b"changed")
    assert len(expect_status(client.get(path, headers), 200).body) == SIZE
    for other in (f"W/{tag}", '"other"', "Mon, 01 Jan 2024 00:00:00 GMT"):
        headers["If-Range"] = other
        assert client.get(path, headers).status == 200


def test_if_match_on_get_answers_412_when_the_bytes_are_others(client, path):
    tag = client.get(path).headers["ETag"]
    assert client.get(path, {"If-Match": tag}).status == 200
    assert client.get(path, {"If-Match": "*"}).status == 200
    client.put(path, b"changed")
    expect_problem(client.get(path, {"If-Match": tag}), 412, "precondition_failed")


# Large ones.

def test_a_large_view_comes_whole(client, large):
    path, pattern = large
    reply = expect_status(client.get(path), 200)
    assert reply.headers["Content-Length"] == str(len(pattern))
    assert reply.body == pattern


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537])
def test_bytes_are_right_on_both_sides_of_the_snapshot_limit(client, large, length):
    path, pattern = large
    assert client.get(f"{path}?offset=5&length={length}").body == pattern[5:5 + length]


def test_get_on_an_unknown_section_is_not_found(client):
    expect_problem(client.get("/v1/sections/999999999/data"), 404, "not_found")


def test_the_pad_of_the_last_page_reads_zero_where_it_belongs_to_the_section(client):
    section = client.create(size=100)
    size = build.reported_size(100)
    assert client.read(section["id"]) == bytes(size)
    reply = client.get(f"/v1/sections/{section['id']}/data?offset={size}")
    expect_problem(reply, 416, "range_not_satisfiable")


@pytest.mark.linux
def test_memory_that_another_process_took_away_is_410(client, peer, name):
    peer.create("a", 8192, name)
    peer.write("a", b"kept")
    section = client.open(name)
    path = f"/v1/sections/{section['id']}/data"
    peer.resize("a", 100)
    assert client.read(section["id"], 0, 4) == b"kept"
    for query in ("", "?offset=200&length=1", "?offset=5000", "?offset=99&length=2"):
        expect_problem(client.get(path + query), 410, "section_gone")
    expect_problem(client.put(path + "?offset=200", b"x"), 410, "section_gone")
    expect_problem(client.put(path + "?offset=5000", b"x"), 410, "section_gone")
    reply = client.get(f"/v1/sections/{section['id']}/text?encoding=utf-8&offset=5000")
    expect_problem(reply, 410, "section_gone")
    expect_problem(client.get(path + "?offset=8192"), 416, "range_not_satisfiable")
    peer.resize("a", 8192)
    assert client.read(section["id"], 0, 4) == b"kept"
    assert client.read(section["id"], 5000, 10) == bytes(10)
