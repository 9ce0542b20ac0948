"""PATCH …/fields: values into fields, all checked before the first store."""

import struct

import pytest

import fields
from client import expect_problem, expect_status
from daemon import wait_until
from layouts import clear, made, of_fields
from test_fields import EXPECTED, LAYOUT, image

# A layout with a field of each kind that it goes by.
GOES_BY = of_fields(
    {"name": "n", "type": "u32"}, {"name": "pointer", "type": "u32"}, {"name": "stride", "type": "u32"},
    {"name": "version", "type": "u32"}, {"name": "magic", "type": "u32"}, {"name": "sequence", "type": "u32"},
    {"name": "free", "type": "u32"}, {"name": "rings", "type": "ring", "count": 2},
    {"name": "list", "type": "u32", "offset": {"field": "pointer"}, "count": {"field": "n"},
     "stride": {"field": "stride"}},
    {"name": "later", "type": "u32", "offset": 64, "since": {"field": "version", "min": 2}},
    {"name": "newest", "type": "u32",
     "offset": {"newest": {"of": "rings", "by": "tick", "offset": "offset"}}},
    types={"ring": {"fields": [{"name": "tick", "type": "i32"}, {"name": "offset", "type": "i32"}]}},
    match={"fields": {"magic": 7}}, consistency={"by": "unchanged", "field": "sequence"})
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, LAYOUT, "patch-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def filled(client, section):
    client.write(section, image())
    return section


def patch(client, section, document, headers=None, **query):
    return client.json("PATCH", fields.path(section, **query), document, headers)


def values(client, section, layout, select):
    return fields.read(client, section, layout, select=select)["values"]


@pytest.mark.parametrize("path,value", [
    ("big", "9007199254740993"), ("big", 12), ("state", "menu"), ("state", "2"), ("scaled", 20.5),
    ("maybe", 1.25), ("maybe", None), ("text", "Genève"), ("text", ""), ("grid[1][2]", 200),
    ("flags.pit", False), ("flags.gear", 7), ("rows[4].value", "NaN"), ("rows[4].label", "fifth"),
    ("rows[label=three].value", -2)])
def test_a_value_is_stored_and_nothing_beside_it(client, layout, filled, path, value):
    before = fields.read(client, filled, layout)["fields"]
    expect_status(patch(client, filled, {path: value}, layout=layout), 204)
    concrete = path.replace("label=three", "2")
    told = values(client, filled, layout, concrete)[concrete]
    wanted = {"2": "driving", 12: "12"}.get(value, value)
    assert told == wanted
    after = fields.read(client, filled, layout)["fields"]
    changed = [name for name in before if before[name] != after[name]]
    assert changed in ([], [path.split("[")[0].split(".")[0]])


def test_what_get_with_select_tells_is_a_body(client, layout, filled):
    select = "rows[*].value,state,flags,text,grid"
    told = values(client, filled, layout, select)
    other = client.create(size=4096)["id"]
    client.write(other, struct.pack("<II", 1234, 5))
    expect_status(patch(client, other, told, layout=layout), 204)
    assert values(client, other, layout, select) == told


def test_a_merge_patch_is_nested_as_the_layout_is(client, layout, filled):
    document = {"flags": {"gear": 3}, "maybe": None, "rows": [{"value": 9}, {"label": "second"}]}
    expect_status(patch(client, filled, document, MERGE, layout=layout), 204)
    after = fields.read(client, filled, layout)["fields"]
    assert after["flags"] == {"pit": True, "gear": 3}
    assert after["rows"][0] == {"label": "one", "value": 9}
    assert after["rows"][1] == {"label": "second", "value": EXPECTED["rows"][1]["value"]}
    expect_problem(patch(client, filled, {"flags.gear": 1}, MERGE, layout=layout), 400, "bad_path")


@pytest.mark.parametrize("document,code,status", [
    ({"none": 1}, "bad_path", 400), ({"rows": 1}, "bad_path", 400), ({"rows[*].value": 1}, "bad_path", 400),
    ({"rows[label=none].value": 1}, "field_absent", 409), ({"rows[": 1}, "bad_path", 400),
    ({"flags.gear": 8}, "bad_value", 400), ({"state": "flying"}, "bad_value", 400),
    ({"grid[0][0]": 256}, "bad_value", 400), ({"grid[0][0]": -1}, "bad_value", 400),
    ({"grid[0][0]": 0.5}, "bad_value", 400), ({"grid[0][0]": "x"}, "bad_value", 400),
    ({"grid[0][0]": None}, "bad_value", 400), ({"text": 5}, "bad_value", 400),
    ({"text": "123456789"}, "bad_value", 400), ({"text": "12345678"}, "bad_value", 400),
    ({"maybe": 1e300}, "bad_value", 400), ({"grid[2][0]": 1}, "field_absent", 409),
    ({"rows[5].value": 1}, "field_absent", 409), ({"magic": 1}, "field_read_by_layout", 409),
    ({"count": 1}, "field_read_by_layout", 409)])
def test_what_cannot_be_stored_stores_nothing(client, layout, filled, document, code, status):
    before = client.read(filled)
    expect_problem(patch(client, filled, {"scaled": 1, **document, "big": "7"}, layout=layout), status, code)
    assert client.read(filled) == before


@pytest.mark.parametrize("document", [
    {"grid[0][0]": 1, "grid": [[1, 2, 3], [4, 5, 6]]}, {"rows[1].value": 1, "rows[label=one].value": 2,
                                                      "rows[0].value": 3}])
def test_paths_that_overlap_are_refused(client, layout, filled, document):
    before = client.read(filled)
    expect_problem(patch(client, filled, document, layout=layout), 400, "bad_path")
    assert client.read(filled) == before


def test_a_value_that_two_elements_have_names_none_of_them(client, layout, filled):
    same = {"rows[0].label": "same", "rows[2].label": "same"}
    expect_status(patch(client, filled, same, layout=layout), 204)
    before = client.read(filled)
    reply = patch(client, filled, {"rows[label=same].value": 1}, layout=layout)
    problem = expect_problem(reply, 400, "bad_path")
    assert "label=same" in problem["detail"]
    assert client.read(filled) == before
    assert len(values(client, filled, layout, "rows[label=same].value")) == 2


def test_what_is_of_a_later_version_or_of_no_value_is_not_stored(client, layout, section):
    name = made(client, of_fields({"name": "version", "type": "u32"},
                                  {"name": "later", "type": "u32", "since": {"field": "version", "min": 2}},
                                  {"name": "row", "type": "pair"},
                                  types={"pair": {"fields": [{"name": "x", "type": "u8"},
                                                             {"name": "y", "type": "u8"}]}}))
    expect_problem(patch(client, section, {"later": 1}, layout=name), 409, "field_absent")
    for value in ({"z": 1}, {"x": {"y": 1}}, {"x": [1]}):
        expect_problem(patch(client, section, {"row": value}, MERGE, layout=name), 400, "bad_path")
    expect_problem(patch(client, section, {"version": 1}, layout=name), 409, "field_read_by_layout")
    assert client.read(section) == bytes(4096)


@pytest.mark.parametrize("path", ["n", "pointer", "stride", "version", "rings[0].tick", "rings[1].offset", "magic",
                                  "sequence"])
def test_what_places_counts_and_guards_go_by_is_read_by_the_layout(client, section, path):
    layout = made(client, GOES_BY)
    client.write(section, struct.pack("<7I", 2, 100, 8, 2, 7, 0, 0) + struct.pack("<4i", 0, 128, 1, 132))
    before = client.read(section)
    problem = expect_problem(patch(client, section, {path: 1}, layout=layout), 409, "field_read_by_layout")
    assert path in problem["detail"] and "force=1" in problem["detail"]
    assert client.read(section) == before
    expect_status(patch(client, section, {path: 1}, layout=layout, force=1), 204)


def test_what_the_layout_reads_is_guarded_under_other_names_too(client, section):
    layout = made(client, of_fields(
        {"name": "counts", "type": "u16", "count": 2}, {"name": "raw", "type": "u8", "offset": 0, "count": 16},
        {"name": "rows", "type": "row", "offset": 8, "count": 2},
        {"name": "list", "type": "u8", "offset": 64, "count": {"field": "counts[1]"}},
        types={"row": {"size": 4, "fields": [{"name": "n", "type": "u8"},
                                             {"name": "data", "type": "u8", "count": {"field": "n"}}]}}))
    for path in ("counts[1]", "raw[2]", "raw[3]", "rows[1].n", "raw[8]", "raw[12]"):
        expect_problem(patch(client, section, {path: 1}, layout=layout), 409, "field_read_by_layout")
    assert client.read(section) == bytes(4096)
    for path in ("counts[0]", "raw[1]", "raw[4]", "raw[9]", "raw[13]"):
        expect_status(patch(client, section, {path: 1}, layout=layout), 204)
    expect_status(patch(client, section, {"raw[8]": 1}, layout=layout, force=1), 204)
    expect_status(patch(client, section, {"rows[0].data[0]": 1}, layout=layout), 204)


def test_a_field_whose_place_another_field_follows_is_written(client, section):
    layout = made(client, of_fields(
        {"name": "n", "type": "u8"}, {"name": "a", "type": "u8", "count": {"field": "n"}},
        {"name": "f", "type": "u8", "bits": {"gear": {"shift": 0, "width": 3}}}, {"name": "d", "type": "u16"},
        {"name": "e", "type": "f32"}, {"name": "z", "type": "u8"}))
    client.write(section, b"\x03")
    wanted = {"a[2]": 9, "f.gear": 5, "d": 600, "e": 1.5, "z": 4}
    expect_status(patch(client, section, wanted, layout=layout), 204)
    assert values(client, section, layout, ",".join(wanted)) == wanted
    expect_problem(patch(client, section, {"n": 1}, layout=layout), 409, "field_read_by_layout")


def test_what_the_layout_reads_takes_force(client, layout, filled):
    expect_status(patch(client, filled, {"count": 2}, layout=layout, force=1), 204)
    assert len(fields.read(client, filled, layout)["fields"]["rows"]) == 2


@pytest.mark.parametrize("query,more", [({"terminator": 0}, {}), ({}, {"terminator": False})])
def test_a_string_may_fill_its_field_where_that_is_asked_for(client, layout, filled, query, more):
    expect_status(patch(client, filled, {"text": "12345678", **more}, layout=layout, **query), 204)
    assert values(client, filled, layout, "text") == {"text": "12345678"}
    assert client.read(filled, 24, 16) == "12345678".encode("utf-16le")


def test_if_match_is_the_tag_of_get_with_the_same_selection(client, layout, filled):
    def ask(tag, **query):
        return patch(client, filled, {"big": "1"}, {"If-Match": tag}, layout=layout, **query)

    whole = fields.get(client, filled, layout=layout).headers["ETag"]
    one = fields.get(client, filled, layout=layout, select="big").headers["ETag"]
    client.write(filled, b"\x00", 16)
    expect_problem(ask(whole), 412, "precondition_failed")
    expect_problem(ask(whole, select="big"), 412, "precondition_failed")
    expect_status(ask(one, select="big"), 204)
    expect_problem(ask(one, select="big"), 412, "precondition_failed")
    expect_status(ask("*"), 204)


def test_no_layout_and_other_bodies(client, layout, filled):
    expect_problem(patch(client, filled, {"big": "1"}), 400, "no_layout")
    for body in (b"[]", b"{", b""):
        expect_problem(client.request("PATCH", fields.path(filled, layout=layout), body,
                                      {"Content-Type": "application/json"}), 400, "bad_json")
    expect_problem(client.request("PATCH", fields.path(filled, layout=layout), b"{}",
                                  {"Content-Type": "text/plain"}), 415, "unsupported_media_type")
    expect_status(patch(client, filled, {}, layout=layout), 204)
    many = {f"rows[{i}].value": 1 for i in range(4097)}
    expect_problem(patch(client, filled, many, layout=layout), 400, "bad_path")


def test_a_section_that_does_not_match_is_not_written(client, layout, section):
    expect_problem(patch(client, section, {"big": "1"}, layout=layout), 409, "layout_mismatch")
    assert client.read(section) == bytes(4096)


def test_without_values_it_is_checked_what_is_checked_with_some(client, layout, section, filled):
    def ask(headers=None, target=filled, **query):
        return patch(client, target, {}, headers, layout=layout, **query)

    expect_status(ask(), 204)
    tag = fields.get(client, filled, layout=layout).headers["ETag"]
    expect_status(ask({"If-Match": tag}), 204)
    client.write(filled, b"\x00", 16)
    expect_problem(ask({"If-Match": tag}), 412, "precondition_failed")
    client.write(filled, struct.pack("<I", 1))
    problem = expect_problem(ask(), 409, "layout_mismatch")
    assert "magic" in problem["detail"]
    small = client.create(size=64)["id"]
    expect_problem(ask(target=small), 409, "layout_mismatch")
    expect_problem(patch(client, filled, {"terminator": False}, layout=layout), 409, "layout_mismatch")
    expect_problem(patch(client, filled, {}, layout="none"), 404, "not_found")


def test_without_values_a_writer_that_stopped_is_torn_too(client, section):
    layout = made(client, of_fields({"name": "s", "type": "u32"},
                                    consistency={"by": "seqlock", "field": "s", "timeout_ms": 5}))
    client.write(section, struct.pack("<I", 1))
    for headers in (None, {"If-Match": "*"}):
        expect_problem(patch(client, section, {}, headers, layout=layout), 503, "torn")
    client.write(section, struct.pack("<I", 2))
    expect_status(patch(client, section, {}, layout=layout), 204)


def test_if_match_covers_what_is_compared_while_others_wait(client, section):
    layout = made(client, of_fields({"name": "b", "type": "u8", "count": 65536}, {"name": "c", "type": "u8"}))
    large = client.create(size=65537)["id"]
    problem = expect_problem(patch(client, large, {"c": 1}, {"If-Match": "*"}, layout=layout), 400, "bad_size")
    assert "select" in problem["detail"]
    expect_status(patch(client, large, {"c": 1}, {"If-Match": "*"}, layout=layout, select="c"), 204)
    expect_status(patch(client, large, {"b[65535]": 1}, layout=layout), 204)
    assert client.read(large, 65535, 2) == b"\1\1"


def test_a_read_only_section_is_403(client, layout, name, peer, filled):
    read_only = client.create(name, size=4096)["id"]
    client.write(read_only, image())
    opened = client.open(name, access="read")["id"]
    for document in ({"big": "1"}, {}):
        expect_problem(patch(client, opened, document, layout=layout), 403, "read_only")


@pytest.mark.parametrize("budget,status,code", [("256K", 507, "quota_exceeded"), ("8M", 400, "bad_path")])
def test_paths_that_are_longer_than_the_body_count_for_the_budget(start_daemon, budget, status, code):
    client = start_daemon("--max-buffer-bytes", budget).client()
    layout = made(client, LAYOUT)
    section = client.create(size=4096)["id"]
    expect_problem(patch(client, section, {"a" * 1000: [0] * 1000}, layout=layout), status, code)
    expect_problem(patch(client, section, {"none": [0] * 10}, layout=layout), 400, "bad_path")
    wait_until(lambda: client.get("/v1/info").json()["buffer_bytes"] == 0, "all is given back")


@pytest.mark.parametrize("document,headers", [
    ({"a" * 20000: 1}, {}), ({"a" * 9000: {"b": {"c" * 9000: 1}}}, {}), ({"a": [1] * 4097}, {}),
    ({"a": [[]] * 4096 + [1] * 4097}, {}), ({"a" * 4000: [[]] * 4000}, {}),
    ({"a": {"b.c": 1}}, MERGE), ({"a": [{"b[0]": 1}]}, MERGE)])
def test_bodies_of_too_many_or_too_long_paths_are_refused(client, layout, filled, document, headers):
    expect_problem(patch(client, filled, document, headers, layout=layout), 400, "bad_path")
