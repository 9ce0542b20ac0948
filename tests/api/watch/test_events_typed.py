"""One stream of several ranges, each with a type of its own: GET and POST /v1/events."""

import base64
import struct

import pytest

from client import expect_problem
from events import EventStream, LineStream
from roles import with_roles

SIZE = 4096


@pytest.fixture
def section(client):
    section = client.create(size=SIZE)["id"]
    client.write(section, struct.pack("<dI", 1.5, 7))
    client.write(section, struct.pack(">H", 258), 32)
    return section


@pytest.fixture
def watch(daemon):
    streams = []

    def start(*ranges, **members):
        streams.append(EventStream(daemon, "/v1/events", body={"watch": list(ranges), **members}))
        return streams[-1].start()

    yield start
    for stream in streams:
        stream.close()


def snapshots(stream, count):
    told = [stream.expect("snapshot").data for _ in range(count)]
    return {data["offset"]: data for data in told}


def mixed(section):
    return [{"id": section, "offset": 0, "length": 8, "type": "f64"},
            {"id": section, "offset": 8, "length": 4, "type": "u32"},
            {"id": section, "offset": 16, "length": 3},
            {"id": section, "offset": 32, "length": 2, "type": "u16", "endian": "big"}]


def expect_mixed(section, told):
    head = {"section": section}
    assert told == {
        0: {**head, "offset": 0, "length": 8, "type": "f64", "values": [1.5]},
        8: {**head, "offset": 8, "length": 4, "type": "u32", "values": [7]},
        16: {**head, "offset": 16, "length": 3, "data": base64.b64encode(bytes(3)).decode()},
        32: {**head, "offset": 32, "length": 2, "type": "u16", "values": [258]}}


def test_each_range_is_told_as_its_type(client, section, watch):
    stream = watch(*mixed(section), interval_ms=60000)
    expect_mixed(section, snapshots(stream, 4))
    client.json("PUT", f"/v1/sections/{section}/values?type=f64", {"values": [-2.25]})
    assert stream.expect("change").data["ranges"] == [{"offset": 0, "values": [-2.25]}]
    client.write(section, b"abc", 16)
    assert stream.expect("change").data["ranges"] == [
        {"offset": 16, "data": base64.b64encode(b"abc").decode()}]
    client.close_section(section)
    assert {stream.expect("gone").data["offset"] for _ in range(4)} == {0, 8, 16, 32}
    assert stream.next() is None


def test_a_query_names_types_too(daemon, section):
    words = [f"{section}:0:8:f64", f"{section}:8:4:u32", f"{section}:16:3"]
    stream = EventStream(daemon, "/v1/events?" + "&".join(f"watch={word}" for word in words)).start()
    told = snapshots(stream, 3)
    assert told[0]["values"] == [1.5] and told[8]["values"] == [7] and "data" in told[16]
    stream.close()


def test_the_type_of_a_range_goes_before_that_of_all(daemon, section):
    stream = EventStream(daemon, f"/v1/events?watch={section}:0:8:f64&watch={section}:8:4"
                                 "&format=values&type=u16&endian=little").start()
    told = snapshots(stream, 2)
    assert told[0]["values"] == [1.5] and told[8]["values"] == [7, 0]
    stream.close()


def test_a_byte_order_is_that_of_all_typed_ranges(daemon, section):
    stream = EventStream(daemon, f"/v1/events?watch={section}:32:2:u16&watch={section}:0:1"
                                 "&endian=big").start()
    assert snapshots(stream, 2)[32]["values"] == [258]
    stream.close()


def test_a_name_with_colons_and_a_type_at_its_end(client, daemon, name):
    name = f"{name}:u8"
    client.create(name, size=64)
    stream = EventStream(daemon, f"/v1/events?watch=@{name}:0:2&watch=@{name}:4:2:u16").start()
    told = snapshots(stream, 2)
    assert "data" in told[0] and told[4]["values"] == [0]
    stream.close()


def test_names_lengths_and_offsets_may_be_left_out(client, name, watch):
    section = client.create(name, size=10)["id"]
    length = client.section(section)["view"]["length"]
    told = watch({"id": f"@{name}"}, {"id": section, "offset": 4, "type": "u32"})
    told = snapshots(told, 2)
    assert told[0]["length"] == length
    assert told[4]["length"] == (length - 4) // 4 * 4, "whole values"


def test_lines_of_json_carry_both(daemon, section):
    stream = LineStream(daemon, "/v1/events", body={"watch": mixed(section), "format": "ndjson"})
    stream.start("application/x-ndjson")
    told = {}
    while len(told) < 4:
        event = stream.next()
        told[event["offset"]] = event
    assert told[0]["values"] == [1.5] and "data" in told[16]
    stream.close()


BAD = [
    ({}, "bad_json"), ({"watch": []}, "bad_json"), ({"watch": {}}, "bad_json"),
    ({"watch": [1]}, "bad_json"), ({"watch": [{}]}, "bad_json"), ({"watch": None}, "bad_json"),
    ({"watch": [{"id": -1}]}, "bad_json"), ({"watch": [{"id": None}]}, "bad_json"),
    ({"watch": [{"id": 1, "length": 0}]}, "bad_size"),
    ({"watch": [{"id": 1, "length": -1}]}, "bad_size"),
    ({"watch": [{"id": 1, "offset": -1}]}, "bad_offset"),
    ({"watch": [{"id": 1, "ofset": 1}]}, "bad_json"),
    ({"watch": [{"id": 1, "type": "u9"}]}, "bad_type"),
    ({"watch": [{"id": 1, "type": ""}]}, "bad_type"),
    ({"watch": [{"id": 1, "type": 1}]}, "bad_json"),
    ({"watch": [{"id": 1, "endian": "big"}]}, "bad_json"),
    ({"watch": [{"id": 1, "type": "u8", "endian": "middle"}]}, "bad_json"),
    ({"watch": [{"id": 1}], "interval_ms": 0}, "bad_json"),
    ({"watch": [{"id": 1}], "interval_ms": 60001}, "bad_json"),
    ({"watch": [{"id": 1}], "format": "xml"}, "bad_json"),
    ({"watch": [{"id": 1}], "type": "u8"}, "bad_json"),
    ({"watch": [{"id": 1}], "format": "values"}, "bad_type"),
    ({"watch": [{"id": 1}] * 65}, "bad_json")]


@pytest.mark.parametrize("body, code", BAD)
def test_what_makes_no_sense_is_refused(client, body, code):
    expect_problem(client.post("/v1/events", body), 400, code)


def test_ranges_that_are_not_there_are_refused(client, section):
    length = client.section(section)["view"]["length"]
    for body, status in (({"id": 987654321}, 404), ({"id": "@NOT_HELD"}, 404),
                         ({"id": section, "offset": length}, 416),
                         ({"id": section, "offset": length - 4, "length": 5}, 416),
                         ({"id": section, "length": 7, "type": "u32"}, 400),
                         ({"id": section, "offset": length - 3, "type": "u32"}, 416)):
        reply = client.post("/v1/events", {"watch": [{"id": section, "length": 1}, body]})
        assert reply.status == status, (body, reply)
    assert client.section(section)["stats"]["watchers"] == 0


@pytest.mark.parametrize("query, code", [
    ("watch=1:0:8:u9", "bad_query"), ("watch=1:0:u32", "bad_query"), ("watch=1:0:8:", "bad_query"),
    ("watch=1:0:8:u32:u32", "bad_query"), ("watch=1:0:0:u32", "bad_query"), ("watch=u32", "bad_query"),
    ("watch=1:0:8&endian=big", "bad_query"), ("watch=1:0:8:u8&type=u8", "bad_query"),
    ("watch=1:0:8:u8&watch=1:0:8&format=values", "bad_type")])
def test_a_query_that_makes_no_sense_is_refused(client, query, code):
    expect_problem(client.get(f"/v1/events?{query}"), 400, code)


def test_a_reader_may_watch_by_body(start_daemon, tmp_path):
    clients = with_roles(start_daemon, tmp_path)
    section = clients["admin"].create(size=64)["id"]
    bad = clients["read"].post("/v1/events", {"watch": [{"id": section, "length": 65000}]})
    expect_problem(bad, 416, "range_not_satisfiable")
    reply = clients["read"].request("POST", "/v1/events", "{}", {"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")
