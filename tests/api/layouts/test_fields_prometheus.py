"""GET …/fields?format=prometheus: fields as a scrape target."""

import struct

import pytest

import fields
from client import expect_problem, expect_status
from exposition import Exposition
from layouts import clear, made, of_fields
from test_fields import LAYOUT, VALUES, image

MEDIA = "text/plain; version=0.0.4; charset=utf-8"


@pytest.fixture(name="clean", autouse=True)
def _clean(client):
    yield
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


def scrape(client, section, layout, **query):
    reply = expect_status(fields.get(client, section, layout=layout, format="prometheus", **query), 200)
    assert reply.headers["Content-Type"] == MEDIA
    return Exposition(reply.body.decode())


def only(exposition, metric):
    sample, = exposition.samples["sectiond_field_" + metric]
    return sample


def test_every_number_is_a_sample_and_nothing_else_is(client, section):
    layout = made(client, LAYOUT, "scrape-test")
    client.write(section, image())
    told = scrape(client, section, layout)
    assert set(told.types) == {"sectiond_field_" + name for name in (
        "magic", "count", "big", "state", "flags_pit", "flags_gear", "scaled", "grid", "rows_value")}
    assert set(told.types.values()) == {"gauge"}
    assert only(told, "big").value == str(2**64 - 1)
    assert only(told, "state").value == "2"  # driving
    assert (only(told, "flags_pit").value, only(told, "flags_gear").value) == ("1", "5")
    assert only(told, "scaled").value == "-1.5"
    rows = told.samples["sectiond_field_rows_value"]
    assert [float(each.value) for each in rows] == VALUES
    assert rows[3].labels == {"section_id": str(section), "layout": layout, "path": "rows[3].value",
                              "index": "3", "unit": "V"}
    grid = told.samples["sectiond_field_grid"]
    assert [(each.labels["index"], each.labels["index_2"], each.value) for each in grid] == [
        (str(i), str(j), str(3 * i + j)) for i in range(2) for j in range(3)]
    assert "unit" not in only(told, "big").labels and "index" not in only(told, "big").labels


def test_a_named_section_has_its_name_as_a_label(client, name):
    section = client.create(name, size=64)["id"]
    layout = made(client, of_fields({"name": "n", "type": "u32"}))
    assert only(scrape(client, section, layout), "n").labels == {
        "section": name, "section_id": str(section), "layout": layout, "path": "n"}


def test_selected_fields_only(client, section):
    layout = made(client, LAYOUT, "scrape-test")
    client.write(section, image())
    told = scrape(client, section, layout, select="rows[label=three].value,big,rows[*].label")
    assert set(told.types) == {"sectiond_field_rows_value", "sectiond_field_big"}
    assert only(told, "rows_value").labels["path"] == "rows[2].value"


def test_values_that_are_no_decimal_numbers_have_prometheus_spelling(client, section):
    layout = made(client, of_fields({"name": "x", "type": "f64", "count": 6}, {"name": "s", "type": "i64"},
                                    {"name": "b", "type": "bool8"}, {"name": "c", "type": "char"}))
    numbers = [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308]
    client.write(section, struct.pack("<6dqBB", *numbers, -2**63, 1, 65))
    told = scrape(client, section, layout)
    spelt = [each.value for each in told.samples["sectiond_field_x"]]
    assert spelt[:3] == ["NaN", "+Inf", "-Inf"]
    assert [struct.pack("<d", float(each)) for each in spelt[3:]] == [
        struct.pack("<d", each) for each in numbers[3:]]
    assert only(told, "s").value == str(-2**63) and only(told, "b").value == "1"
    assert "sectiond_field_c" not in told.types


def test_an_enumeration_is_its_number_whether_it_has_a_label_or_not(client, section):
    layout = made(client, of_fields({"name": "e", "type": "i32", "enum": {"-2": "off"}, "count": 2}))
    client.write(section, struct.pack("<2i", -2, -7))
    assert [each.value for each in scrape(client, section, layout).samples["sectiond_field_e"]] == [
        "-2", "-7"]


def test_what_is_absent_or_null_has_no_sample(client, section):
    layout = made(client, of_fields(
        {"name": "version", "type": "u32"},
        {"name": "later", "type": "u32", "since": {"field": "version", "min": 2}},
        {"name": "none", "type": "u32", "null_value": 0}))
    assert set(scrape(client, section, layout).types) == {"sectiond_field_version"}
    client.write(section, struct.pack("<3I", 2, 3, 4))
    assert len(scrape(client, section, layout).types) == 3


def test_where_nothing_is_a_number_the_answer_is_empty(client, section):
    layout = made(client, of_fields({"name": "s", "type": "string", "bytes": 8}))
    assert scrape(client, section, layout).types == {}


def test_names_of_all_kinds_become_names_of_metrics(client, section):
    layout = made(client, of_fields(
        {"name": "Überdruck", "type": "u8"}, {"name": "a-c:d", "type": "u8"}, {"name": "9", "type": "u8"},
        {"name": "温度", "type": "u8"}))
    told = scrape(client, section, layout)
    assert [told.samples["sectiond_field_" + metric][0].labels["path"] for metric in (
        "_berdruck", "a_c_d", "9", "__")] == ["Überdruck", "a-c:d", "9", "温度"]


def test_names_that_become_the_same_stand_in_one_group_apart_by_path(client, section):
    layout = made(client, of_fields(
        {"name": "a", "type": "inner"}, {"name": "b", "type": "u8"}, {"name": "a_b", "type": "u8"},
        {"name": "a-b", "type": "u8"}, types={"inner": {"fields": [{"name": "b", "type": "u8"}]}}))
    client.write(section, bytes([1, 2, 3, 4]))
    told = scrape(client, section, layout)
    assert [(each.labels["path"], each.value) for each in told.samples["sectiond_field_a_b"]] == [
        ("a.b", "1"), ("a_b", "3"), ("a-b", "4")]


def test_the_fields_of_an_array_are_grouped_by_metric(client, section):
    layout = made(client, of_fields(
        {"name": "rows", "type": "row", "count": 300},
        types={"row": {"fields": [{"name": "x", "type": "u16"}, {"name": "y", "type": "u16"}]}}))
    client.write(section, struct.pack("<600H", *range(600)))
    told = scrape(client, section, layout)
    for metric, first in (("x", 0), ("y", 1)):
        assert [int(each.value) for each in told.samples[f"sectiond_field_rows_{metric}"]] == list(
            range(first, 600, 2))


@pytest.mark.parametrize("unit", ['"', "\\", "\n", '\\n"\\"', "°C", "a,b=\"c\"}", "\r\t"])
def test_labels_and_help_are_escaped(client, section, unit):
    layout = made(client, of_fields({"name": "n", "type": "u8", "unit": unit, "note": f"help {unit} end"}))
    told = scrape(client, section, layout)
    assert only(told, "n").labels["unit"] == unit
    assert told.helps["sectiond_field_n"] == f"help {unit} end"


def test_the_rows_of_a_table_are_metrics_too(client, section):
    layout = made(client, of_fields(
        {"name": "vars", "type": "var", "offset": 0, "count": 2},
        {"name": "t", "type": "table", "offset": 128, "size": 16, "table": {
            "of": "vars", "name": "name", "type": "type", "offset": "at", "unit": "unit", "note": "note",
            "types": {"4": "f32"}}},
        types={"var": {"fields": [{"name": "type", "type": "u32"}, {"name": "at", "type": "u32"},
                                  {"name": "name", "type": "string", "bytes": 16},
                                  {"name": "unit", "type": "string", "bytes": 8},
                                  {"name": "note", "type": "string", "bytes": 16}]}}))
    client.write(section, b"".join(struct.pack("<II16s8s16s", 4, 4 * i, name, unit, note) for i, (
        name, unit, note) in enumerate([(b"Speed", b"m/s", b"how fast"), (b"RPM", b"", b"")])))
    client.write(section, struct.pack("<2f", 12.5, 7000), 128)
    told = scrape(client, section, layout)
    assert only(told, "t_Speed").value == "12.5" and only(told, "t_Speed").labels["unit"] == "m/s"
    assert told.helps["sectiond_field_t_Speed"] == "how fast"
    assert only(told, "t_RPM").value == "7000"


def test_conditions_and_errors_are_those_of_the_other_formats(client, section):
    layout = made(client, LAYOUT, "scrape-test")
    expect_problem(fields.get(client, section, layout=layout, format="prometheus"), 409, "layout_mismatch")
    client.write(section, image())
    query = {"layout": layout, "format": "prometheus"}
    tag = expect_status(fields.get(client, section, **query), 200).headers["ETag"]
    assert tag != fields.get(client, section, layout=layout).headers["ETag"]
    assert client.get(fields.path(section, **query), {"If-None-Match": tag}).status == 304
    expect_problem(fields.get(client, section, select="none", **query), 400, "bad_path")
    for wrong in ("Prometheus", "openmetrics", ""):
        expect_problem(fields.get(client, section, layout=layout, format=wrong), 400, "bad_query")


def test_the_tag_tells_sections_apart_as_the_labels_do(client):
    layout = made(client, LAYOUT, "scrape-test")
    tags = {"prometheus": [], "json": []}
    for _ in range(2):
        section = client.create(size=4096)["id"]
        client.write(section, image())
        for form, seen in tags.items():
            seen.append(fields.get(client, section, layout=layout, format=form).headers["ETag"])
    assert tags["prometheus"][0] != tags["prometheus"][1]
    assert tags["json"][0] == tags["json"][1]


def test_an_answer_over_the_budget_is_507_and_gives_all_back(start_daemon):
    client = start_daemon("--max-buffer-bytes", "64K").client()
    layout = made(client, of_fields({"name": "b", "type": "u8", "count": 4096}))
    section = client.create(size=4096)["id"]
    expect_problem(fields.get(client, section, layout=layout, format="prometheus"), 507, "quota_exceeded")
    assert len(scrape(client, section, layout, select="b[7]").types) == 1
    assert client.get("/v1/info").json()["buffer_bytes"] == 0
