"""GET …/fields: named values, by a layout."""

import csv
import io
import json
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import fields
from client import expect_problem, expect_status
from daemon import wait_until
from layouts import clear, made, of_fields, put

ROWS = 5
LAYOUT = of_fields(
    {"name": "magic", "type": "u32", "offset": 0},
    {"name": "count", "type": "u32", "offset": 4},
    {"name": "big", "type": "u64", "offset": 8},
    {"name": "state", "type": "u8", "offset": 16, "enum": {"0": "menu", "2": "driving"}},
    {"name": "flags", "type": "u8", "offset": 17, "bits": {"pit": {"shift": 0, "width": 1},
                                                           "gear": {"shift": 4, "width": 3}}},
    {"name": "scaled", "type": "i16", "offset": 18, "scale": 0.5, "unit": "°C"},
    {"name": "maybe", "type": "f32", "offset": 20, "null_value": -1},
    {"name": "text", "type": "string", "bytes": 16, "encoding": "utf-16le", "offset": 24},
    {"name": "grid", "type": "u8", "offset": 40, "count": [2, 3]},
    {"name": "rows", "type": "row", "offset": 64, "count": {"field": "count", "max": 8}, "stride": 32},
    title="test", size=320, match={"fields": {"magic": 1234}},
    types={"row": {"size": 32, "fields": [
        {"name": "label", "type": "string", "bytes": 16, "encoding": "utf-8", "offset": 0},
        {"name": "value", "type": "f64", "offset": 16, "unit": "V"}]}})

LABELS = ["one", "two, \"2\"", "three", "line\nbreak", ""]
VALUES = [1.5, -0.25, 1e300, 0.1, 54.2]
EXPECTED = {
    "magic": 1234, "count": ROWS, "big": "18446744073709551615", "state": "driving",
    "flags": {"pit": True, "gear": 5}, "scaled": -1.5, "maybe": None, "text": "Zürich",
    "grid": [[0, 1, 2], [3, 4, 5]],
    "rows": [{"label": label, "value": value} for label, value in zip(LABELS, VALUES)]}


def image():
    text = "Zürich".encode("utf-16le").ljust(16, b"\0")
    head = struct.pack("<IIQBBhf", 1234, ROWS, 2**64 - 1, 2, 0x51, -3, -1.0) + text + bytes(range(6))
    rows = b"".join(label.encode().ljust(16, b"\0") + struct.pack("<dQ", value, 0)
                    for label, value in zip(LABELS, VALUES))
    return head.ljust(64, b"\0") + rows


@pytest.fixture(name="layout")
def _layout(client):
    yield made(client, LAYOUT, "fields-test")
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def filled(client, section):
    client.write(section, image())
    return section


def test_all_fields_are_nested_as_they_are_declared(client, layout, filled):
    reply = expect_status(fields.get(client, filled, layout=layout), 200)
    assert reply.json() == {"layout": layout, "consistent": None, "fields": EXPECTED}
    assert list(reply.json()["fields"]) == list(EXPECTED)
    assert int(reply.headers["Sectiond-Tries"]) >= 1


def test_a_selection_is_flat_by_concrete_path(client, layout, filled):
    answer = fields.read(client, filled, layout, select="rows[3].value,big,flags.gear,grid[1][2]")
    assert answer == {"layout": layout, "consistent": None, "values": {
        "rows[3].value": 0.1, "big": EXPECTED["big"], "flags.gear": 5, "grid[1][2]": 5}}


@pytest.mark.parametrize("select,values", [
    ("rows[*].value", {f"rows[{i}].value": value for i, value in enumerate(VALUES)}),
    ("rows[label=three].value", {"rows[2].value": 1e300}),
    ('rows[label="two, \\"2\\""].value', {"rows[1].value": -0.25}),
    ("rows[0]", {"rows[0]": {"label": "one", "value": 1.5}}),
    ("rows[7].value", {}), ("rows[label=none].value", {}),
    ("grid", {"grid": [[0, 1, 2], [3, 4, 5]]}),
    ("state,maybe", {"state": "driving", "maybe": None})])
def test_paths_select(client, layout, filled, select, values):
    assert fields.read(client, filled, layout, select=select)["values"] == values


@pytest.mark.parametrize("select", ["none", "rows[0].none", "rows[", "rows[]", "rows[x]", "magic.a", "",
                                    ",", "magic,", "magic[0]", "rows[0]x", "rows[none=1].value", "."])
def test_a_path_that_cannot_be_is_bad_path(client, layout, filled, select):
    problem = expect_problem(fields.get(client, filled, layout=layout, select=select), 400, "bad_path")
    assert problem["detail"]


@pytest.mark.parametrize("select,paths", [
    ("rows[*].value,rows[0].value", [f"rows[{i}].value" for i in range(ROWS)]),
    ("rows[1].value,rows[*].value", [f"rows[{i}].value" for i in (1, 0, 2, 3, 4)]),
    ("rows[0],rows[0].value", ["rows[0].label", "rows[0].value"]),
    ("rows[label=one].value,rows[0].value,rows[1].value", ["rows[0].value", "rows[1].value"]),
    ("rows[0].value,rows[0].label,rows[0].value", ["rows[0].value", "rows[0].label"]),
    ("flags.gear,flags.pit,flags.gear", ["flags.gear", "flags.pit"]), ("flags,flags.pit", ["flags.pit", "flags.gear"]),
    ("grid[1],grid[*][2],grid[1][0]", ["grid[1][0]", "grid[1][1]", "grid[1][2]", "grid[0][2]"]),
    ("big,magic,big,magic", ["big", "magic"])])
def test_what_several_paths_lead_to_is_told_once(client, layout, filled, select, paths):
    reply = expect_status(fields.get(client, filled, layout=layout, select=select, format="text"), 200)
    assert [line.split(" ")[0] for line in reply.text.splitlines()] == paths


def test_a_selection_has_at_most_64_paths(client, layout, filled):
    assert len(fields.read(client, filled, layout, select=["rows[0].value"] * 64)["values"]) >= 1
    expect_problem(fields.get(client, filled, layout=layout, select=["magic"] * 65), 400, "bad_path")


# Formats.

def leaves(shown, before=""):
    for name, value in shown.items() if isinstance(shown, dict) else enumerate(shown):
        here = before + (f"[{name}]" if isinstance(name, int) else f".{name}" if before else name)
        if isinstance(value, (dict, list)):
            yield from leaves(value, here)
        else:
            yield here, value


def test_csv_is_rfc_4180_with_units(client, layout, filled):
    reply = expect_status(fields.get(client, filled, layout=layout, format="csv"), 200)
    assert reply.headers.get_content_type() == "text/csv"
    rows = list(csv.reader(io.StringIO(reply.body.decode(), newline="")))
    assert rows[0] == ["path", "value", "unit"]
    told = {path: value for path, value, _ in rows[1:]}
    assert list(told) == [path for path, _ in leaves(EXPECTED)]
    for path, value in leaves(EXPECTED):
        if value is None:
            assert told[path] == ""
        elif isinstance(value, bool):
            assert told[path] == json.dumps(value)
        elif isinstance(value, str):
            assert told[path] == value
        else:
            assert float(told[path]) == value
    assert {path: unit for path, _, unit in rows if unit}["rows[0].value"] == "V"
    assert ["scaled", "-1.5", "°C"] in rows
    assert reply.body.count(b"\r\n") == len(rows)


def test_text_is_a_line_for_each_value(client, layout, filled):
    reply = expect_status(fields.get(client, filled, layout=layout, format="text",
                                     select="big,state,maybe,flags.pit,rows[*].label,rows[4].value"), 200)
    assert reply.headers.get_content_type() == "text/plain"
    assert reply.text.splitlines() == [
        "big 18446744073709551615", "state driving", "maybe null", "flags.pit true", "rows[0].label one",
        'rows[1].label two, "2"', "rows[2].label three", "rows[3].label line break", "rows[4].label ",
        "rows[4].value 54.2"]


def test_ndjson_is_an_object_a_line(client, layout, filled):
    reply = expect_status(fields.get(client, filled, layout=layout, format="ndjson"), 200)
    assert reply.headers.get_content_type() == "application/x-ndjson"
    told = [json.loads(line) for line in reply.body.decode().split("\n") if line]
    assert {each["path"]: each["value"] for each in told} == dict(leaves(EXPECTED))
    assert [each["unit"] for each in told if each["path"] == "scaled"] == ["°C"]


# Which layout.

def test_without_a_layout_it_is_the_sections_own(client, layout, filled):
    path = f"/v1/sections/{filled}/fields"
    expect_problem(client.get(path), 400, "no_layout")
    expect_status(client.json("PATCH", f"/v1/sections/{filled}", {"layout": layout}), 200)
    assert client.get(path).json()["fields"] == EXPECTED
    other = made(client, of_fields({"name": "first", "type": "u32"}), "fields-other")
    assert fields.read(client, filled, other)["fields"] == {"first": 1234}


def test_a_layout_that_is_not_there_is_404_and_one_that_cannot_be_400(client, filled):
    expect_problem(fields.get(client, filled, layout="none"), 404, "not_found")
    expect_problem(fields.get(client, filled, layout="No"), 400, "bad_name")


def test_a_replaced_layout_is_in_force_at_the_next_read(client, layout, filled):
    expect_status(put(client, layout, of_fields({"name": "first", "type": "u32"})), 200)
    assert fields.read(client, filled, layout)["fields"] == {"first": 1234}


# What does not fit.

def test_what_does_not_match_says_what_was_expected_and_found(client, layout, section):
    problem = expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")
    assert "magic" in problem["detail"] and "1234" in problem["detail"]


def test_a_count_beyond_its_most_is_a_mismatch(client, layout, filled):
    client.write(filled, struct.pack("<I", 9), 4)
    problem = expect_problem(fields.get(client, filled, layout=layout), 409, "layout_mismatch")
    assert "count" in problem["detail"] or "rows" in problem["detail"]
    assert fields.read(client, filled, layout, select="magic")["values"] == {"magic": 1234}


def test_a_section_that_is_too_small_is_a_mismatch(client, layout):
    section = client.create(size=4096, view={"offset": 0, "length": 64})["id"]
    expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")


# Conditions and waiting.

def test_the_tag_is_over_layout_format_selection_and_values(client, layout, filled):
    def tag(**query):
        return expect_status(fields.get(client, filled, layout=layout, **query), 200).headers["ETag"]

    tags = [tag(), tag(format="csv"), tag(select="magic"), tag(select="count"), tag(select="magic,count")]
    assert len(set(tags)) == len(tags)
    assert tag() == tags[0]
    client.write(filled, b"\x01", 400)  # no field
    assert tag() == tags[0]
    client.write(filled, b"\x00", 16)
    assert tag() != tags[0] and tag(select="magic") == tags[2]


def test_an_unchanged_tag_is_304(client, layout, filled):
    reply = fields.get(client, filled, layout=layout)
    path = fields.path(filled, layout=layout)
    again = client.get(path, {"If-None-Match": reply.headers["ETag"]})
    assert again.status == 304 and again.body == b""
    assert client.head(path, {"If-None-Match": reply.headers["ETag"]}).status == 304
    head = client.head(path)
    assert head.status == 200 and head.headers["Content-Length"] == str(len(reply.body))
    client.write(filled, b"\x00", 16)
    assert client.get(path, {"If-None-Match": reply.headers["ETag"]}).status == 200
    expect_problem(client.get(path, {"If-Match": reply.headers["ETag"]}), 412, "precondition_failed")


def test_wait_answers_when_a_selected_value_changes(client, daemon, layout, filled):
    path = fields.path(filled, layout=layout, select="rows[2].value", wait="60s")
    tag = fields.get(client, filled, layout=layout, select="rows[2].value").headers["ETag"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        daemon.client().get(path, {"If-None-Match": tag})))
    waiting.start()
    client.write(filled, struct.pack("<d", 3.5), 64 + 16)  # another row
    client.write(filled, struct.pack("<d", 7.5), 64 + 2 * 32 + 16)
    waiting.join(60)
    assert answers[0].status == 200
    assert answers[0].json()["values"] == {"rows[2].value": 7.5}


def read_repeatedly(daemon, section, layout, answers):
    client = daemon.client()
    for number in range(60):
        chosen = {} if number % 2 else {"select": "rows[label=one].value,big"}
        answers.append(expect_status(fields.get(client, section, layout=layout, **chosen), 200).json())
    client.close()


def test_many_read_at_once_while_the_layout_is_replaced(client, daemon, layout, filled):
    other = {**LAYOUT, "fields": [each for each in LAYOUT["fields"] if each["name"] in ("count", "big", "rows")]}
    answers = []
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read_repeatedly, daemon, filled, layout, answers) for _ in range(4)]
        for number in range(30):
            expect_status(put(client, layout, LAYOUT if number % 2 else {**other, "match": {}}), 200)
    for reader in readers:
        reader.result()
    assert len(answers) == 4 * 60
    for answer in answers:
        found = answer.get("fields") or answer["values"]
        expected = {**EXPECTED, "rows[0].value": VALUES[0]}
        assert found == {name: expected[name] for name in found}
        assert len(found) in (2, 3, len(EXPECTED))


def test_wait_is_304_when_its_time_is_up(client, layout, filled):
    tag = fields.get(client, filled, layout=layout).headers["ETag"]
    path = fields.path(filled, layout=layout, wait="50ms")
    assert client.get(path, {"If-None-Match": tag}).status == 304
    expect_problem(client.get(path), 400, "bad_query")


def test_wait_is_for_a_mebibyte_that_is_copied_wherever_it_lies(client, daemon, layout):
    section = client.create(size=8 << 20)["id"]
    name = made(client, of_fields({"name": "a", "type": "u8", "offset": 0},
                                  {"name": "c", "type": "u8", "offset": (8 << 20) - 1},
                                  {"name": "most", "type": "string", "bytes": 1 << 20, "offset": 4096},
                                  {"name": "more", "type": "string", "bytes": (1 << 20) + 1, "offset": 4096}))

    tags = {select: fields.get(client, section, layout=name, select=select).headers["ETag"]
            for select in ("a,c", "most", "more", "most,c")}

    def ask(select, wait="1ms", asking=client):
        path = fields.path(section, layout=name, select=select, wait=wait)
        return asking.get(path, {"If-None-Match": tags[select]})

    assert ask("a,c").status == 304 and ask("most").status == 304
    problem = expect_problem(ask("more"), 400, "bad_size")
    assert str(1 << 20) in problem["detail"]
    assert expect_problem(ask("most,c"), 400, "bad_size")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, "a,c", "60s", daemon.client())
        client.write(section, b"\x05", (8 << 20) - 1)
        assert expect_status(waiting.result(), 200).json()["values"] == {"a": 0, "c": 5}


def test_the_tag_is_made_of_the_bytes_and_nothing_is_decoded_for_it(client, layout, section):
    """What does not decode is told the same, but its bytes are others."""
    name = made(client, of_fields({"name": "s", "type": "string", "bytes": 8, "encoding": "utf-8"}))
    seen = []
    for text in (b"\xff\0", b"\xfe\0", b"\xff\0\x01"):
        client.write(section, text)
        seen.append(expect_status(fields.get(client, section, layout=name), 200))
    assert {reply.json()["fields"]["s"] for reply in seen} == {"\ufffd"}
    tags = [reply.headers["ETag"] for reply in seen]
    assert tags[0] != tags[1], "of the bytes of the value"
    assert tags[0] == tags[2], "what is behind the end of a string is none of it"


def test_a_read_that_is_known_gives_nothing_but_its_tag(client, layout, filled):
    """Reads of the same fields one after the other use the same memory: nothing of one is in the next."""
    other = client.create(size=4096)["id"]
    client.write(other, struct.pack("<II", 1234, 2))
    first, second = (fields.get(client, each, layout=layout) for each in (filled, other))
    for _ in range(5):
        for section, reply in ((filled, first), (other, second)):
            again = fields.get(client, section, layout=layout)
            assert (again.body, again.headers["ETag"]) == (reply.body, reply.headers["ETag"])
            assert client.get(fields.path(section, layout=layout),
                              {"If-None-Match": reply.headers["ETag"]}).status == 304


# Torn copies.

SEQLOCK = of_fields({"name": "sequence", "type": "u32"}, {"name": "v", "type": "u32"},
                    consistency={"by": "seqlock", "field": "sequence", "timeout_ms": 20})


def test_a_writer_that_died_in_the_middle_is_503_torn_in_time(client, layout, section):
    name = made(client, SEQLOCK, "fields-seqlock")
    client.write(section, struct.pack("<II", 3, 7))
    expect_problem(fields.get(client, section, layout=name), 503, "torn")
    torn = expect_status(fields.get(client, section, layout=name, allow_torn=1), 200)
    assert torn.json() == {"layout": name, "consistent": False, "fields": {"sequence": 3, "v": 7}}
    assert "ETag" not in torn.headers
    client.write(section, struct.pack("<I", 4))
    assert fields.read(client, section, name)["consistent"] is True


def test_of_a_mutex_that_is_not_there_nobody_knows(client, layout, section):
    name = made(client, of_fields({"name": "v", "type": "u32"},
                                  consistency={"by": "mutex", "name": "Global\\sectiond-no-such-mutex"}),
                "fields-mutex")
    assert fields.read(client, section, name)["consistent"] in (None, True)


def test_an_answer_over_the_budget_is_507(start_daemon):
    daemon = start_daemon("--max-buffer-bytes", "16K")
    client = daemon.client()
    made(client, of_fields({"name": "b", "type": "u8", "count": 4096}), "bytes")
    section = client.create(size=4096)["id"]
    client.write(section, b"\xff" * 4096)
    expect_problem(fields.get(client, section, layout="bytes"), 507, "quota_exceeded")
    assert fields.read(client, section, "bytes", select="b[4095]")["values"] == {"b[4095]": 255}
    wait_until(lambda: client.get("/v1/info").json()["buffer_bytes"] == 0, "all is given back")
