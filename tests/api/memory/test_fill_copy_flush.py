"""POST fill, copy and flush."""

import threading

import pytest

from client import expect_problem, expect_status

SIZE = 4096


@pytest.fixture
def section(client):
    section = client.create(size=SIZE)["id"]
    client.write(section, bytes(range(256)) * 16)
    return section


def fill(client, section, **members):
    return client.post(f"/v1/sections/{section}/fill", members)


def copy(client, section, **members):
    return client.post(f"/v1/sections/{section}/copy", members)


@pytest.mark.parametrize("offset, length, byte", [
    (0, 1, 255), (0, SIZE, 0), (100, 50, 7), (SIZE - 1, 1, 9)])
def test_fill_stores_a_byte_in_a_range_and_nowhere_else(client, section, offset, length, byte):
    expected = bytearray(client.read(section))
    expected[offset:offset + length] = bytes([byte]) * length
    assert expect_status(
        fill(client, section, offset=offset, length=length, byte=byte), 204).body == b""
    assert client.read(section) == bytes(expected)


def test_fill_begins_at_0_by_default(client, section):
    expect_status(fill(client, section, length=3, byte=5), 204)
    assert client.read(section, 0, 4) == b"\5\5\5\3"


def test_fill_of_much_is_whole(client):
    size = 5_000_000
    section = client.create(size=size)["id"]
    expect_status(fill(client, section, offset=1, length=size - 2, byte=0xAB), 204)
    data = client.read(section, 0, size)
    assert data == b"\0" + b"\xAB" * (size - 2) + b"\0"


@pytest.mark.parametrize("offset, length", [
    (0, SIZE + 1), (SIZE, 1), (1, SIZE), (2**53 - 1, 1), (2**53 - 1, 2**53 - 1)])
def test_fill_past_the_end_is_refused_and_fills_nothing(client, section, offset, length):
    before = client.read(section)
    reply = fill(client, section, offset=offset, length=length, byte=1)
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"
    assert client.read(section) == before


@pytest.mark.parametrize("members", [
    {}, {"length": 1}, {"byte": 1}, {"length": 0, "byte": 1}, {"length": 1, "byte": 256},
    {"length": 1, "byte": -1}, {"length": 1, "byte": 1.5}, {"length": 1, "byte": "1"},
    {"length": -1, "byte": 1}, {"offset": -1, "length": 1, "byte": 1},
    {"length": 1, "byte": 1, "value": 2}])
def test_fill_refuses_what_makes_no_sense(client, section, members):
    before = client.read(section)
    expect_problem(fill(client, section, **members), 400, "bad_json", "bad_size", "bad_offset")
    assert client.read(section) == before


def test_copy_moves_bytes_between_sections(client, section):
    other = client.create(size=100)["id"]
    expect_status(
        copy(client, other, **{"from": section, "from_offset": 10, "offset": 20, "length": 5}), 204)
    assert client.read(other, 18, 9) == b"\0\0" + bytes(range(10, 15)) + b"\0\0"
    assert client.read(section) == bytes(range(256)) * 16


@pytest.mark.parametrize("source, target", [(0, 10), (10, 0), (5, 5)])
def test_copy_within_a_section_may_overlap(client, section, source, target):
    expected = bytearray(client.read(section))
    expected[target:target + 100] = expected[source:source + 100]
    expect_status(copy(client, section, **{
        "from": section, "from_offset": source, "offset": target, "length": 100}), 204)
    assert client.read(section) == bytes(expected)


@pytest.mark.parametrize("source, target", [(0, 70_001), (70_001, 0)])
def test_a_long_copy_within_a_section_may_overlap(client, source, target):
    size = 1_048_576
    section = client.create(size=size)["id"]
    expected = bytearray(index * 7 % 251 for index in range(size))
    client.write(section, bytes(expected))
    length = 900_000
    expected[target:target + length] = expected[source:source + length]
    expect_status(copy(client, section, **{
        "from": section, "from_offset": source, "offset": target, "length": length}), 204)
    assert client.read(section) == bytes(expected)


def test_copy_of_much_is_whole(client):
    size = 5_000_000
    first, second = client.create(size=size)["id"], client.create(size=size)["id"]
    data = bytes(index * 7 % 251 for index in range(size))
    client.write(first, data)
    expect_status(copy(client, second, **{"from": first, "length": size}), 204)
    assert client.read(second, 0, size) == data


@pytest.mark.parametrize("members", [
    {"length": SIZE + 1}, {"from_offset": SIZE, "length": 1}, {"offset": SIZE, "length": 1},
    {"offset": 2**53 - 1, "length": 2}, {"from_offset": 2**53 - 1, "length": 2}])
def test_copy_past_an_end_is_refused_and_copies_nothing(client, section, members):
    before = client.read(section)
    reply = copy(client, section, **{"from": section, **members})
    expect_problem(reply, 416, "range_not_satisfiable")
    assert client.read(section) == before


@pytest.mark.parametrize("members", [
    {"length": 1}, {"from": 1}, {"from": "x", "length": 1}, {"from": -1, "length": 1},
    {"from": 1, "length": 0}, {"from": 1, "length": 1, "to": 2}])
def test_copy_refuses_what_makes_no_sense(client, section, members):
    expect_problem(copy(client, section, **members), 400, "bad_json", "bad_size", "bad_offset")


def test_copy_from_or_to_an_unknown_section_is_not_found(client, section):
    expect_problem(copy(client, section, **{"from": 999999999, "length": 1}), 404, "not_found")
    expect_problem(copy(client, 999999999, **{"from": section, "length": 1}), 404, "not_found")


def test_fill_and_copy_refuse_a_read_only_section(client, peer, section, name):
    peer.create("a", SIZE, name)
    reading = client.open(name, access="read")["id"]
    expect_problem(fill(client, reading, length=1, byte=1), 403, "read_only")
    expect_problem(copy(client, reading, **{"from": section, "length": 9}), 403, "read_only")
    expect_status(copy(client, section, **{"from": reading, "length": 9}), 204)
    assert peer.read("a", 1) == b"\0"


def test_copies_both_ways_at_once_come_to_an_end(client, daemon):
    first, second = client.create(size=60_000)["id"], client.create(size=60_000)["id"]
    statuses = []

    def back_and_forth(source, target):
        own = daemon.client()
        for _ in range(100):
            statuses.append(copy(own, target, **{"from": source, "length": 60_000}).status)
        own.close()

    threads = [threading.Thread(target=back_and_forth, args=pair)
               for pair in ((first, second), (second, first)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [204] * 400


def test_flush_of_memory_is_done_at_once(client, section):
    expect_status(client.request("POST", f"/v1/sections/{section}/flush"), 204)
    reply = client.request("POST", f"/v1/sections/{section}/flush?offset=16&length=32")
    expect_status(reply, 204)


@pytest.mark.parametrize("query, status", [
    ("offset=4096&length=1", 416), ("length=4097", 416), ("length=0", 400), ("offset=x", 400),
    ("bogus=1", 400)])
def test_flush_refuses_what_makes_no_sense(client, section, query, status):
    assert client.request("POST", f"/v1/sections/{section}/flush?{query}").status == status


def test_put_with_flush_writes_and_answers_204(client, section):
    expect_status(client.put(f"/v1/sections/{section}/data?flush=1&offset=8", b"now"), 204)
    assert client.read(section, 8, 3) == b"now"
    reply = client.put(f"/v1/sections/{section}/data?flush=2", b"no")
    expect_problem(reply, 400, "bad_query")
