"""Several ranges in one request: multipart/byteranges."""

import email.parser

import pytest

from client import expect_problem, expect_status

SIZE = 4096
PATTERN = bytes(index * 7 % 251 for index in range(SIZE))
LARGE = 1 << 20
LARGE_PATTERN = bytes(index * 7 % 251 for index in range(LARGE))


@pytest.fixture
def path(client):
    section = client.create(size=SIZE)
    client.write(section["id"], PATTERN)
    return f"/v1/sections/{section['id']}/data"


@pytest.fixture
def large(client):
    section = client.create(size=LARGE)
    client.write(section["id"], LARGE_PATTERN)
    return f"/v1/sections/{section['id']}/data"


def parts_of(reply):
    """The parts of a multipart reply as (Content-Range, bytes)."""
    expect_status(reply, 206)
    assert reply.headers.get_content_type() == "multipart/byteranges"
    assert "Content-Range" not in reply.headers
    assert reply.headers["Content-Length"] == str(len(reply.body))
    boundary = reply.headers.get_param("boundary").encode()
    body = reply.body
    assert body.count(b"--" + boundary + b"--") == 1
    found = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, data = part.split(b"\r\n\r\n", 1)
        headers = email.parser.BytesParser().parsebytes(head.lstrip() + b"\r\n\r\n")
        assert headers["Content-Type"] == "application/octet-stream"
        found.append((headers["Content-Range"], data))
    return found


def expected(pattern, *spans):
    return [(f"bytes {first}-{last}/{len(pattern)}", pattern[first:last + 1])
            for first, last in spans]


def test_two_ranges_come_as_two_parts(client, path):
    reply = client.get(path, {"Range": "bytes=0-9,100-109"})
    assert parts_of(reply) == expected(PATTERN, (0, 9), (100, 109))


@pytest.mark.parametrize("spec, first, last", [
    (",".join(["0-"] * 16), 0, 4095), ("0-99,50-149", 0, 149), ("50-149,0-99", 0, 149),
    ("0-9,10-19", 0, 19), ("10-19,0-9", 0, 19), ("0-0,2-2,4-4,1-1,3-3", 0, 4),
    ("-1,-10,-100", 3996, 4095), ("5-5,5-5", 5, 5), ("0-9,20-29,5-24", 0, 29)])
def test_ranges_that_overlap_or_adjoin_come_as_one(client, path, spec, first, last):
    reply = expect_status(client.get(path, {"Range": f"bytes={spec}"}), 206)
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/4096"
    assert reply.body == PATTERN[first:last + 1]


@pytest.mark.parametrize("spec, spans", [
    ("100-109,0-9,105-119", [(100, 119), (0, 9)]), ("0-9,100-109,5-14", [(0, 14), (100, 109)]),
    ("0-4,20-24,40-44,22-42,60-64", [(0, 4), (20, 44), (60, 64)]),
    ("40-44,0-4,20-24,3-21", [(40, 44), (0, 24)])])
def test_each_part_stands_where_the_first_of_it_was_asked_for(client, path, spec, spans):
    assert parts_of(client.get(path, {"Range": f"bytes={spec}"})) == expected(PATTERN, *spans)


@pytest.mark.parametrize("count", range(1, 17))
def test_no_byte_of_a_large_answer_comes_twice(client, large, count):
    reply = client.get(large, {"Range": "bytes=" + ",".join(["0-"] * count)})
    assert expect_status(reply, 206).body == LARGE_PATTERN


def test_parts_come_in_the_order_asked_for(client, path):
    reply = client.get(path, {"Range": "bytes=500-509 , 0-0,-3"})
    assert parts_of(reply) == expected(PATTERN, (500, 509), (0, 0), (4093, 4095))


def test_ranges_are_cut_at_the_end(client, path):
    reply = client.get(path, {"Range": "bytes=4000-9999,0-1"})
    assert parts_of(reply) == expected(PATTERN, (4000, 4095), (0, 1))


def test_a_range_past_the_end_is_left_out_among_others(client, path):
    reply = client.get(path, {"Range": "bytes=0-9,5000-5009,20-29"})
    assert parts_of(reply) == expected(PATTERN, (0, 9), (20, 29))


def test_one_range_that_is_left_comes_alone_or_as_a_part(client, path):
    reply = expect_status(client.get(path, {"Range": "bytes=0-9,5000-5009"}), 206)
    if reply.headers.get_content_type() == "multipart/byteranges":
        assert parts_of(reply) == expected(PATTERN, (0, 9))
    else:
        assert reply.headers["Content-Range"] == f"bytes 0-9/{SIZE}"
        assert reply.body == PATTERN[:10]


def test_ranges_that_all_lie_past_the_end_are_416(client, path):
    reply = client.get(path, {"Range": "bytes=4096-,5000-5009"})
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("value", ["bytes=0-9,x", "bytes=0-9,9-0", "bytes=0-9,,", "bytes=,0-9,5"])
def test_a_malformed_list_is_ignored(client, path, value):
    reply = client.get(path, {"Range": value})
    if value == "bytes=0-9,," and reply.status == 206:
        return  # empty elements of a list do not count (RFC 9110 5.6.1)
    assert expect_status(reply, 200).body == PATTERN


def test_16_ranges_are_answered_and_17_ignored(client, path):
    def ask(count):
        return client.get(path, {"Range": "bytes=" + ",".join(
            f"{100 * number}-{100 * number + 9}" for number in range(count))})

    assert parts_of(ask(16)) == expected(PATTERN, *[(100 * n, 100 * n + 9) for n in range(16)])
    assert expect_status(ask(17), 200).body == PATTERN


def test_ranges_of_a_large_view(client, large):
    reply = client.get(large, {"Range": "bytes=0-99,500000-799999,-10"})
    assert parts_of(reply) == expected(
        LARGE_PATTERN, (0, 99), (500_000, 799_999), (LARGE - 10, LARGE - 1))
    assert "ETag" not in reply.headers


def test_ranges_count_within_the_selection(client, path):
    reply = client.get(f"{path}?offset=1000&length=100", {"Range": "bytes=0-1,98-99"})
    selection = PATTERN[1000:1100]
    assert parts_of(reply) == expected(selection, (0, 1), (98, 99))


def test_the_tag_is_that_of_the_whole(client, path):
    tag = client.get(path).headers["ETag"]
    assert client.get(path, {"Range": "bytes=0-9,20-29"}).headers["ETag"] == tag
    reply = client.get(path, {"Range": "bytes=0-9,20-29", "If-None-Match": tag})
    assert reply.status == 304
    reply = client.get(path, {"Range": "bytes=0-9,20-29", "If-Range": '"other"'})
    assert expect_status(reply, 200).body == PATTERN


def test_the_boundary_does_not_occur_in_the_bytes(client, path):
    first = client.get(path, {"Range": "bytes=0-99,200-299"})
    boundary = first.headers.get_param("boundary").encode()
    client.put(path, b"\r\n--" + boundary + b"--\r\n")
    again = client.get(path, {"Range": "bytes=0-99,200-299"})
    other = again.headers.get_param("boundary").encode()
    assert other != boundary or other not in client.get(path).body


def test_the_connection_is_good_after_many_parts(client, large):
    for _ in range(20):
        client.get(large, {"Range": "bytes=0-99999,100-200,300000-400000"})
        assert client.get("/healthz").status == 200
