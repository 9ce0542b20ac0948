"""GET …/layout: where the fields of a section lie now."""

import struct

import pytest

from client import expect_problem, expect_status
from layouts import clear, made, of_fields

TABLE = of_fields(
    {"name": "where", "type": "u32", "offset": 0}, {"name": "count", "type": "u32", "offset": 4},
    {"name": "tick", "type": "u8", "offset": 8, "bits": {"low": {"shift": 0, "width": 4}, "top": {"shift": 7}}},
    {"name": "grid", "type": "u16", "offset": 10, "count": [2, 3], "unit": "mm"},
    {"name": "rows", "type": "row", "offset": {"field": "where"}, "count": {"field": "count", "max": 4}},
    {"name": "live", "type": "table", "offset": 256, "size": 64,
     "table": {"of": "rows", "name": "name", "type": "kind", "offset": "at", "unit": "unit",
               "types": {"2": "i32", "4": "f32"}}},
    types={"row": {"size": 32, "fields": [
        {"name": "kind", "type": "u32", "offset": 0}, {"name": "at", "type": "u32", "offset": 4},
        {"name": "name", "type": "string", "bytes": 16, "encoding": "latin1", "offset": 8},
        {"name": "unit", "type": "string", "bytes": 8, "encoding": "latin1", "offset": 24}]}})


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, TABLE, "resolved-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


def rows(*described):
    return b"".join(struct.pack("<II16s8s", kind, at, name.encode(), unit.encode())
                    for kind, at, name, unit in described)


def resolved(client, section, layout):
    reply = expect_status(client.get(f"/v1/sections/{section}/layout?layout={layout}"), 200)
    assert reply.json()["layout"] == layout
    return {field["name"]: field for field in reply.json()["fields"]}


def test_places_counts_and_rows_are_those_of_now(client, section, layout):
    client.write(section, struct.pack("<II", 128, 2))
    client.write(section, rows((4, 0, "speed", "m/s"), (2, 8, "gear", "")), 128)
    told = resolved(client, section, layout)
    assert told["count"] == {"name": "count", "type": "u32", "offset": 4, "size": 4}
    assert told["grid"] == {"name": "grid", "type": "u16", "offset": 10, "size": 12, "unit": "mm",
                            "count": [2, 3], "stride": told["grid"]["stride"]}
    assert [(bits["name"], bits["bit_shift"], bits["bit_width"]) for bits in told["tick"]["fields"]] == \
        [("low", 0, 4), ("top", 7, 1)]
    assert (told["rows"]["offset"], told["rows"]["count"], told["rows"]["stride"]) == (128, 2, 32)
    assert [(field["name"], field["offset"]) for field in told["rows"]["fields"]] == \
        [("kind", 128), ("at", 132), ("name", 136), ("unit", 152)]
    assert told["live"]["type"] == "table"
    assert [{key: row.get(key) for key in ("name", "type", "offset", "unit")}
            for row in told["live"]["fields"]] == [
        {"name": "speed", "type": "f32", "offset": 256, "unit": "m/s"},
        {"name": "gear", "type": "i32", "offset": 264, "unit": None}]
    client.write(section, struct.pack("<II", 192, 1))
    client.write(section, rows((2, 4, "rpm", "1/min")), 192)
    again = resolved(client, section, layout)
    assert (again["rows"]["offset"], again["rows"]["count"]) == (192, 1)
    assert [row["name"] for row in again["live"]["fields"]] == ["rpm"]


def test_labels_and_bits_are_those_of_the_layout(client, section, layout):
    labels = {"1": "menu", "2": "dr\"iving\\", "-1": "löschen"}
    name = made(client, of_fields(
        {"name": "state", "type": "i8", "enum": labels}, {"name": "states", "type": "i8", "count": 3, "enum": labels},
        {"name": "wide", "type": "u64", "enum": {"18446744073709551615": "none", "0": "zero"}, "offset": 8},
        {"name": "inner", "type": "pair", "count": 2},
        {"name": "gear", "type": "u16", "bit_shift": 3, "bit_width": 4, "enum": {"15": "reverse"}},
        {"name": "plain", "type": "u16"},
        types={"pair": {"fields": [{"name": "kind", "type": "u8", "enum": {"0": "none"}}]}}), "labels-test")
    told = resolved(client, section, name)
    assert told["state"]["enum"] == told["states"]["enum"] == labels
    assert told["wide"]["enum"] == {"18446744073709551615": "none", "0": "zero"}
    assert told["inner"]["fields"][0]["enum"] == {"0": "none"}
    assert "enum" not in told["plain"] and "enum" not in told["inner"]
    assert (told["gear"]["bit_shift"], told["gear"]["bit_width"], told["gear"]["enum"]) == (3, 4, {"15": "reverse"})
    document = expect_status(client.get(f"/v1/layouts/{name}"), 200).json()
    for field in document["fields"]:
        assert field.get("enum") == told[field["name"]].get("enum")


def test_the_tag_stays_while_only_values_change(client, section, layout):
    client.write(section, struct.pack("<II", 128, 0))
    path = f"/v1/sections/{section}/layout?layout={layout}"
    tag = client.get(path).headers["ETag"]
    client.write(section, b"\x07", 12)
    assert client.get(path, {"If-None-Match": tag}).status == 304
    client.write(section, struct.pack("<I", 1), 4)
    assert client.get(path, {"If-None-Match": tag}).status == 200


def test_what_does_not_fit_is_refused(client, section, layout):
    path = f"/v1/sections/{section}/layout"
    expect_problem(client.get(path), 400, "no_layout")
    expect_problem(client.get(path + "?layout=none"), 404, "not_found")
    client.write(section, struct.pack("<II", 128, 5))
    expect_problem(client.get(f"{path}?layout={layout}"), 409, "layout_mismatch")
    client.write(section, struct.pack("<II", 4095, 1))
    expect_problem(client.get(f"{path}?layout={layout}"), 409, "layout_mismatch")
