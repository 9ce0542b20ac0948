"""Fields in a batch."""

import struct

import pytest

from client import expect_status
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
    ({"encoding": "utf-8"}, "bad_json"), ({"count": 1}, "bad_json"), ({"select": 3}, "bad_json")])
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
    assert [each["code"] for each in results(client, *[read] * 30)] == ["torn"] * 30
