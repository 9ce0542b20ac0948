"""GET /v1/sections/{id}/find."""

import random
import struct
from urllib.parse import quote

import pytest

from client import expect_problem, expect_status

PIECE = 65536
SIZE = 3 * PIECE + 100


@pytest.fixture
def large(client):
    return client.create(size=SIZE)["id"]


def find(client, section, query):
    answer = expect_status(client.get(f"/v1/sections/{section}/find?{query}"), 200).json()
    return [match["offset"] for match in answer["matches"]], answer["next"]


def every(content, pattern):
    """Each place where it begins, overlapping ones too."""
    found, at = [], content.find(pattern)
    while at >= 0:
        found.append(at)
        at = content.find(pattern, at + 1)
    return found


def test_matches_are_found_wherever_they_lie(client, large):
    places = [0, 17, PIECE - 5, PIECE - 1, PIECE, 2 * PIECE - 9, 2 * PIECE + 1000, SIZE - 9]
    for place in places:
        client.write(large, b"\x01needle\x00\xff", place)
    content = client.read(large)
    expected = every(content, b"\x01needle\x00\xff")
    assert expected[-1] == SIZE - 9
    assert find(client, large, "bytes=016e6565646c6500ff") == (expected, None)
    assert find(client, large, "bytes=01%206E%2065%206564") == (expected, None)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_is_what_a_search_of_the_bytes_finds(client, large, seed):
    chance = random.Random(seed)
    content = bytes(chance.choices(b"\0ab", k=SIZE))
    client.write(large, content)
    for length in (1, 2, 3, 9, 15):
        at = chance.choice([0, PIECE - length + 1, PIECE - 1, chance.randrange(SIZE - length)])
        pattern = content[at:at + length]
        first = chance.randrange(SIZE // 2)
        last = chance.randrange(first + length, SIZE + 1)
        expected = [first + place for place in every(content[first:last], pattern)]
        found, offset = [], first
        while offset is not None:
            query = f"bytes={pattern.hex()}&offset={offset}&length={last - offset}&limit=9999"
            some, offset = find(client, large, query)
            found += some
        assert found == expected


def test_a_question_mark_pair_is_any_byte(client, section):
    client.write(section, b"abcabxa?c", 100)
    assert find(client, section, "bytes=61??63") == ([100, 106], None)
    assert find(client, section, "bytes=????61%2062") == ([98, 101], None)


def test_a_text_is_found_in_its_encoding(client, section):
    client.write(section, "Größe".encode("utf-16-le"), 7)
    client.write(section, "Größe".encode(), 200)
    text = quote("Größe")
    assert find(client, section, f"text={text}&encoding=utf-16le") == ([7], None)
    assert find(client, section, f"text={text}") == ([200], None)
    assert find(client, section, "text=Gr%C3%B6sse") == ([], None)


@pytest.mark.parametrize("query, packed", [
    ("type=u32&value=305419896", struct.pack("<I", 305419896)),
    ("type=u64&value=18446744073709551614", struct.pack("<Q", 2**64 - 2)),
    ("type=i16&value=-2&endian=big", struct.pack(">h", -2)),
    ("type=f64&value=0.1", struct.pack("<d", 0.1)),
    ("type=f32&value=-Infinity", struct.pack("<f", float("-inf"))),
    ("type=char&value=%C3%A4", b"\xe4")])
def test_a_number_is_found_at_any_offset(client, section, query, packed):
    client.write(section, packed, 1001)
    client.write(section, packed, 2048)
    assert find(client, section, query) == ([1001, 2048], None)


def test_a_limit_ends_the_search_and_next_goes_on(client, section):
    client.write(section, b"x" * 25, 50)
    assert find(client, section, "bytes=78&limit=10") == (list(range(50, 60)), 60)
    assert find(client, section, "bytes=78&limit=10&offset=60") == (list(range(60, 70)), 70)
    assert find(client, section, "bytes=78&limit=10&offset=70") == (list(range(70, 75)), None)
    assert find(client, section, "bytes=7878&limit=24") == (list(range(50, 74)), 74)


def test_a_range_holds_all_of_a_match(client, section):
    client.write(section, b"abc", 10)
    assert find(client, section, "bytes=616263&offset=10&length=3") == ([10], None)
    assert find(client, section, "bytes=616263&offset=10&length=2") == ([], None)
    assert find(client, section, "bytes=616263&offset=11") == ([], None)


@pytest.mark.parametrize("query, code", [
    ("", "bad_query"), ("bytes=", "bad_query"), ("bytes=6", "bad_query"),
    ("bytes=6g", "bad_query"), ("bytes=??", "bad_query"), ("bytes=6?", "bad_query"),
    ("bytes=6%2061", "bad_query"), pytest.param("bytes=" + "61" * 513, "bad_query", id="bytes-too-long"),
    ("bytes=61&text=a", "bad_query"), ("text=", "bad_query"), pytest.param("text=" + "a" * 513, "bad_query", id="text-too-long"),
    ("text=a&encoding=none", "bad_encoding"), ("text=%C3%A4&encoding=cp437x", "bad_encoding"),
    ("text=%E2%82%AC&encoding=latin1", "bad_text"), ("value=1", "bad_type"),
    ("value=1&type=u33", "bad_type"), ("value=256&type=u8", "bad_value"),
    ("value=&type=u8", "bad_value"), ("value=x&type=f64", "bad_value"),
    ("value=%5B1%5D&type=f64", "bad_value"), ("value=1%202&type=f64", "bad_value"),
    ("bytes=61&limit=0", "bad_query"), ("bytes=61&limit=10001", "bad_query"),
    ("bytes=61&tolerance=1", "bad_query"), ("bytes=61&length=0", "bad_size")])
def test_what_cannot_be_looked_for_is_400(client, section, query, code):
    expect_problem(client.get(f"/v1/sections/{section}/find?{query}"), 400, code)


def test_a_range_outside_the_view_is_416(client, section):
    outside = f"/v1/sections/{section}/find?bytes=61&offset=4097"
    expect_problem(client.get(outside), 416, "range_not_satisfiable")
    outside = f"/v1/sections/{section}/find?bytes=61&offset=1&length=4096"
    expect_problem(client.get(outside), 416, "range_not_satisfiable")
