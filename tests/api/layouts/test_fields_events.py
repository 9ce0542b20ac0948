"""Event streams of fields."""

import json
import struct

import pytest

from client import expect_problem, expect_status
from events import EventStream, LineStream
from layouts import clear, made, of_fields, put
from test_fields import EXPECTED, LAYOUT, VALUES, image


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, LAYOUT, "events-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def filled(client, section):
    client.write(section, image())
    return section


@pytest.fixture
def open_stream(daemon):
    streams = []

    def start(path, body=None):
        streams.append(EventStream(daemon, path, body=body).start())
        return streams[-1]

    yield start
    for stream in streams:
        stream.close()


def path(section, query):
    return f"/v1/sections/{section}/events?{query}"


def test_a_snapshot_comes_first_and_then_only_what_changed(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}&select=rows%5B*%5D.value,state,big"))
    first = stream.expect("snapshot").data
    assert first["layout"] == layout and first["at"].endswith("Z")
    assert first["values"] == {**{f"rows[{i}].value": value for i, value in enumerate(VALUES)},
                               "state": "driving", "big": EXPECTED["big"]}
    client.write(filled, struct.pack("<d", 8.25), 64 + 2 * 32 + 16)
    change = stream.expect("change").data
    assert change["values"] == {"rows[2].value": 8.25} and change["absent"] == []
    client.write(filled, b"\x01", 400)  # no field
    client.write(filled, b"\x00", 16)
    assert stream.expect("change").data["values"] == {"state": "menu"}


def test_without_a_selection_all_fields_are_told(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}"))
    values = stream.expect("snapshot").data["values"]
    assert values["flags.gear"] == 5 and values["grid[1][2]"] == 5 and values["maybe"] is None
    assert len(values) == 9 + 6 + 10


def test_a_pattern_is_resolved_at_each_comparison(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}&select=rows%5B*%5D.value"))
    assert len(stream.expect("snapshot").data["values"]) == 5
    client.write(filled, struct.pack("<I", 3), 4)
    change = stream.expect("change").data
    assert change["values"] == {} and change["absent"] == ["rows[3].value", "rows[4].value"]
    client.write(filled, struct.pack("<I", 4), 4)
    assert stream.expect("change").data["values"] == {"rows[3].value": VALUES[3]}


def test_a_mismatch_is_a_problem_once_and_the_stream_goes_on(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}&select=magic,big"))
    stream.expect("snapshot")
    client.write(filled, struct.pack("<I", 99), 0)
    problem = stream.expect("problem").data
    assert problem["problem"]["code"] == "layout_mismatch" and problem["layout"] == layout
    client.write(filled, struct.pack("<Q", 5), 8)  # still the same
    client.write(filled, struct.pack("<I", 1234), 0)
    assert stream.expect("snapshot").data["values"] == {"magic": 1234, "big": "5"}


def test_what_does_not_match_at_first_is_a_problem_at_first(client, layout, section, open_stream):
    stream = open_stream(path(section, f"layout={layout}"))
    assert stream.expect("problem").data["problem"]["status"] == 409
    client.write(section, image())
    assert stream.expect("snapshot").data["values"]["count"] == 5


def test_a_torn_copy_is_skipped_and_told_once_after_a_second(client, layout, section, open_stream):
    name = made(client, of_fields({"name": "s", "type": "u32"}, {"name": "v", "type": "u32"},
                                  consistency={"by": "seqlock", "field": "s"}), "events-seqlock")
    stream = open_stream(path(section, f"layout={name}"))
    assert stream.expect("snapshot").data["values"] == {"s": 0, "v": 0}
    client.write(section, struct.pack("<II", 1, 7))
    torn = stream.expect("torn").data
    assert torn["layout"] == name and "values" not in torn
    client.write(section, struct.pack("<I", 2))
    assert stream.expect("change").data["values"] == {"s": 2, "v": 7}


def test_a_replaced_layout_begins_with_a_new_snapshot(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}&select=big"))
    stream.expect("snapshot")
    expect_status(put(client, layout, of_fields({"name": "big", "type": "u8", "offset": 8})), 200)
    client.write(filled, b"\x07", 8)
    told = stream.expect("snapshot").data["values"]
    assert told in ({"big": 255}, {"big": 7})
    expect_status(put(client, layout, of_fields({"name": "other", "type": "u8"})), 200)
    while (event := stream.next()).event != "problem":
        assert event.event == "change"
    assert event.data["problem"]["code"] == "bad_path"


def test_a_deleted_layout_is_a_problem(client, layout, filled, open_stream):
    name = made(client, of_fields({"name": "a", "type": "u8"}), "events-gone")
    stream = open_stream(path(filled, f"layout={name}"))
    stream.expect("snapshot")
    expect_status(client.delete(f"/v1/layouts/{name}"), 204)
    assert stream.expect("problem").data["problem"]["code"] == "not_found"


def test_a_closed_section_ends_the_stream_with_gone(client, layout, filled, open_stream):
    stream = open_stream(path(filled, f"layout={layout}&select=big"))
    stream.expect("snapshot")
    client.close_section(filled)
    assert stream.expect("gone").data == {"reason": "closed"}
    assert stream.next() is None


def test_a_stream_that_comes_back_is_told_nothing_it_knows(client, daemon, layout, filled):
    target = path(filled, f"layout={layout}&select=big")
    stream = EventStream(daemon, target).start()
    seen = stream.expect("snapshot").id
    stream.close()
    again = EventStream(daemon, target, headers={"Last-Event-ID": seen}).start()
    client.write(filled, struct.pack("<Q", 6), 8)
    # A change; or a snapshot, where the store came before the first look.
    assert again.next().data["values"] == {"big": "6"}
    again.close()


def test_ranges_and_fields_go_in_one_stream(client, layout, filled, open_stream):
    other = client.create(size=64)["id"]
    expect_status(client.json("PATCH", f"/v1/sections/{filled}", {"layout": layout}), 200)
    stream = open_stream("/v1/events", {"watch": [
        {"id": other, "offset": 0, "length": 8, "type": "u64"},
        {"id": filled, "layout": layout, "select": ["big", 'rows[label="two, \\"2\\""].value']},
        {"id": filled, "select": "state"}]})
    told = [stream.expect("snapshot").data for _ in range(3)]
    by_kind = {json.dumps(sorted(each["values"])) if isinstance(each["values"], dict) else "values": each
               for each in told}
    assert by_kind["values"]["section"] == other
    assert by_kind['["state"]'] == {"section": filled, "layout": layout, "at": by_kind['["state"]']["at"],
                                    "values": {"state": "driving"}}
    assert by_kind['["big", "rows[1].value"]']["values"]["rows[1].value"] == VALUES[1]
    client.write(filled, b"\x00", 16)
    change = stream.expect("change").data
    assert (change["section"], change["layout"], change["values"]) == (filled, layout, {"state": "menu"})


def test_ndjson_carries_fields(client, daemon, layout, filled):
    target = path(filled, f"layout={layout}&select=big&format=ndjson")
    stream = LineStream(daemon, target).start("application/x-ndjson")
    assert stream.expect("snapshot")["values"] == {"big": EXPECTED["big"]}
    client.write(filled, struct.pack("<Q", 6), 8)
    assert stream.expect("change")["values"] == {"big": "6"}
    stream.close()


@pytest.mark.parametrize("query,status,code", [
    ("layout=none", 404, "not_found"), ("layout=No", 400, "bad_name"), ("select=big", 400, "no_layout"),
    ("layout=events-test&select=none", 400, "bad_path"), ("layout=events-test&offset=0", 400, "bad_query"),
    ("layout=events-test&length=8", 400, "bad_query"),
    ("layout=events-test&format=values&type=u8", 400, "bad_query"),
    ("layout=events-test&format=values", 400, "bad_query")])
def test_what_cannot_be_watched_is_refused_at_once(client, layout, filled, query, status, code):
    expect_problem(client.get(path(filled, query)), status, code)


@pytest.mark.parametrize("item,status,code", [
    ({"layout": "none"}, 404, "not_found"), ({"layout": "events-test", "select": []}, 400, "bad_json"),
    ({"layout": "events-test", "select": ""}, 400, "bad_path"),
    ({"layout": "events-test", "select": 3}, 400, "bad_json"), ({"layout": "events-test", "select": {}}, 400, "bad_json"),
    ({"layout": "events-test", "select": [3]}, 400, "bad_json"),
    ({"layout": "events-test", "select": ["none"]}, 400, "bad_path"),
    ({"layout": "events-test", "offset": 0}, 400, "bad_json"), ({"select": ["big"]}, 400, "no_layout")])
def test_what_cannot_be_watched_in_a_body_is_refused(client, layout, filled, item, status, code):
    expect_problem(client.post("/v1/events", {"watch": [{"id": filled, **item}]}), status, code)


def test_head_tells_the_headers_only(client, layout, filled):
    reply = client.head(path(filled, f"layout={layout}"))
    assert reply.status == 200 and reply.headers.get_content_type() == "text/event-stream"
