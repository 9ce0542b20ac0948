"""Fields in a batch."""

import struct

import pytest

from client import expect_status
from daemon import wait_until
from layouts import clear, made, of_fields
from test_fields import EXPECTED, LAYOUT, image


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, LAYOUT, "batch-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def filled(client, section):
    client.write(section, image())
    return section


def results(client, *operations):
    reply = expect_status(client.post("/v1/batch", {"ops": list(operations)}), 200)
    return reply.json()["results"]


def test_fields_are_read_between_other_operations(client, layout, filled):
    read = {"op": "read", "id": filled}
    found = results(client, {**read, "length": 4}, {**read, "layout": layout},
                    {**read, "layout": layout, "select": "big,rows[1].value"},
                    {"op": "write", "id": filled, "offset": 8, "type": "u64", "values": [7]},
                    {**read, "layout": layout, "select": "big"})
    assert found[1] == {"layout": layout, "consistent": None, "fields": EXPECTED}
    assert found[2] == {"layout": layout, "consistent": None,
                        "values": {"big": EXPECTED["big"], "rows[1].value": -0.25}}
    assert found[3] == {} and found[4]["values"] == {"big": "7"}


def test_without_a_layout_it_is_the_sections_own(client, layout, filled):
    read = {"op": "read", "id": filled, "select": "big"}
    assert results(client, read)[0]["code"] == "no_layout"
    expect_status(client.json("PATCH", f"/v1/sections/{filled}", {"layout": layout}), 200)
    assert results(client, read)[0]["values"] == {"big": EXPECTED["big"]}


@pytest.mark.parametrize("more,code", [
    ({"layout": "none"}, "not_found"), ({"layout": "No"}, "bad_name"), ({"select": "none"}, "bad_path"),
    ({"offset": 0}, "bad_json"), ({"length": 4}, "bad_json"), ({"type": "u32"}, "bad_json"),
    ({"encoding": "utf-8"}, "bad_json"), ({"count": 1}, "bad_json"), ({"select": 3}, "bad_json"),
    ({"select": []}, "bad_json"), ({"select": ["count", 3]}, "bad_json"), ({"select": {}}, "bad_json"),
    ({"select": ["count", "none"]}, "bad_path"), ({"select": [""]}, "bad_path")])
def test_what_is_wrong_stands_in_its_place(client, layout, filled, more, code):
    wrong, right = results(client, {"op": "read", "id": filled, "layout": layout, **more},
                           {"op": "read", "id": filled, "layout": layout, "select": "count"})
    assert wrong["code"] == code
    assert right["values"] == {"count": 5}


def test_fields_are_not_written_by_a_batch(client, layout, filled):
    [wrong] = results(client, {"op": "write", "id": filled, "layout": layout, "values": [1]})
    assert wrong["code"] == "bad_json"


def test_torn_copies_of_a_batch_share_one_second(client, layout, section):
    made(client, of_fields({"name": "s", "type": "u32"},
                           consistency={"by": "seqlock", "field": "s", "timeout_ms": 1000}), "batch-torn")
    client.write(section, struct.pack("<I", 1))
    read = {"op": "read", "id": section, "layout": "batch-torn"}
    [torn, *late, written] = results(client, *[read] * 30, {**read, "layout": layout, "select": "count"},
                                     {"op": "write", "id": section, "offset": 4, "data": "AQ=="})
    assert torn["code"] == "torn" and [each["code"] for each in late] == ["too_large"] * 30
    assert written == {}, "of other operations it is not the time"


@pytest.mark.parametrize("select", ["big,rows[1].value", ["big", "rows[1].value"], ["big,rows[1].value"]])
def test_a_selection_is_a_text_or_an_array(client, layout, filled, select):
    [found] = results(client, {"op": "read", "id": filled, "layout": layout, "select": select})
    assert found["values"] == {"big": EXPECTED["big"], "rows[1].value": -0.25}


def test_nothing_selected_is_all(client, layout, filled):
    [found] = results(client, {"op": "read", "id": filled, "layout": layout, "select": None})
    assert found["fields"] == EXPECTED


def test_the_steps_of_all_reads_of_a_batch_are_bounded(client, layout):
    """Of as many elements as a layout may have, a batch reads dozens, and not a thousand."""
    many = 65536
    made(client, of_fields({"name": "b", "type": "u8", "count": many}), "batch-many")
    section = client.create(size=many)["id"]
    read = {"op": "read", "id": section, "layout": "batch-many"}
    found = results(client, *[read] * 40, {**read, "select": "b[0]"})
    told = [index for index, each in enumerate(found) if "fields" in each]
    assert told == list(range(len(told))) and 1 < len(told) <= 2**22 // (2 * many)
    assert {each["code"] for each in found[len(told):]} == {"too_large"}
    assert results(client, {**read, "select": "b[0]"})[0]["values"] == {"b[0]": 0}


def test_what_an_answer_takes_until_it_is_sent_is_counted_before(start_daemon):
    """The fields, the document that they are in, and the answer that is printed from it and moved while it grows."""
    client = start_daemon("--max-buffer-bytes", "200K").client()
    made(client, of_fields({"name": "text", "type": "string", "bytes": 60000}), "batch-text")
    section = client.create(size=65536)["id"]
    read = {"op": "read", "id": section, "layout": "batch-text"}
    for length, code in ((30000, None), (59999, "quota_exceeded")):
        client.write(section, b"x" * length)
        [found] = results(client, read)
        assert found.get("code") == code
        assert code or found["fields"] == {"text": "x" * length}
    wait_until(lambda: client.get("/v1/info").json()["buffer_bytes"] == 0, "all is given back")
