"""PUT, GET, DELETE and the list of layouts."""

import json

import pytest

import build
from client import expect_problem, expect_status
from layouts import NUMBER, clear, errors_of, listed, made, of_fields, put, text_of, unique_layout

SIMPLE = of_fields(NUMBER, {"name": "v", "type": "f64", "unit": "V"}, title="an example")
RESOLVED = {"title": "an example", "endian": "little", "fields": [
    {"name": "n", "type": "u32", "offset": 0}, {"name": "v", "type": "f64", "offset": 8, "unit": "V"}]}


@pytest.fixture(autouse=True)
def none_left(client):
    yield
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


def test_a_layout_that_is_put_is_answered_resolved_and_is_there(client):
    reply = expect_status(put(client, "mine", SIMPLE), 201)
    assert reply.headers["Location"] == "/v1/layouts/mine"
    assert reply.json() == RESOLVED
    again = expect_status(client.get("/v1/layouts/mine"), 200)
    assert again.json() == RESOLVED and again.headers["ETag"] == reply.headers["ETag"]
    assert "mine" in listed(client)


def test_what_is_answered_can_be_put_and_is_the_same(client):
    first = expect_status(put(client, "mine", SIMPLE), 201)
    second = expect_status(put(client, "mine", first.json()), 200)
    assert second.body == first.body and second.headers["ETag"] == first.headers["ETag"]
    assert "Location" not in second.headers


def test_every_built_in_layout_can_be_put_under_another_name(client):
    built_in = [each["name"] for each in client.get("/v1/layouts?limit=1000").json()["layouts"]
                if each["built_in"]]
    assert len(built_in) >= 12
    for name in built_in:
        document = expect_status(client.get(f"/v1/layouts/{name}"), 200)
        copy = expect_status(put(client, "copy", document.json()), (201, 200)[name != built_in[0]])
        assert copy.json() == document.json(), name
        source = json.loads((build.SOURCE / f"server/layouts/builtin/{name}.json").read_text())
        assert document.json()["title"] == source["title"]


def test_what_is_built_in_is_neither_replaced_nor_deleted(client):
    expect_problem(put(client, "hwinfo", SIMPLE), 403, "built_in")
    expect_problem(put(client, "hwinfo", SIMPLE, query="?dry_run=1"), 403, "built_in")
    expect_problem(client.delete("/v1/layouts/hwinfo"), 403, "built_in")
    assert client.get("/v1/layouts/hwinfo").json()["fields"][0]["name"] != "n"


def test_a_deleted_layout_is_gone(client):
    made(client, SIMPLE, "mine")
    expect_status(client.delete("/v1/layouts/mine"), 204)
    expect_problem(client.get("/v1/layouts/mine"), 404, "not_found")
    expect_problem(client.delete("/v1/layouts/mine"), 404, "not_found")
    assert "mine" not in listed(client)


def test_a_dry_run_answers_and_keeps_nothing(client):
    reply = expect_status(put(client, "mine", SIMPLE, query="?dry_run=1"), 200)
    assert reply.json() == RESOLVED and "ETag" not in reply.headers
    expect_problem(client.get("/v1/layouts/mine"), 404, "not_found")
    made(client, SIMPLE, "mine")
    expect_status(put(client, "mine", of_fields(NUMBER), query="?dry_run=1"), 200)
    assert client.get("/v1/layouts/mine").json() == RESOLVED
    assert "#/fields/0/type" in errors_of(
        put(client, "mine", of_fields({"name": "a", "type": "u9"}), query="?dry_run=1"))


@pytest.mark.parametrize("name", ["a", "0", "a.b-c_d", "x" * 64, "con", "nul.x", "com1", "aux", "a.",
                                  "a..", "lpt9.json"])
def test_names_that_can_be(client, name):
    expect_status(put(client, name, SIMPLE), 201)
    assert client.get(f"/v1/layouts/{name}").json() == RESOLVED
    expect_status(client.delete(f"/v1/layouts/{name}"), 204)


@pytest.mark.parametrize("name", ["A", "-a", ".a", "_a", "a%2Fb", "a%20b", "%C3%A4", "x" * 65, "a%5Cb",
                                  "..", "%2E%2E", "a:b", "a*"])
def test_names_that_cannot_be(client, name):
    expect_problem(put(client, name, SIMPLE), 400, "bad_name")
    expect_problem(client.get(f"/v1/layouts/{name}"), 400, "bad_name")
    expect_problem(client.delete(f"/v1/layouts/{name}"), 400, "bad_name")


# Conditions.

def test_if_none_match_star_makes_and_never_replaces(client):
    expect_status(put(client, "mine", SIMPLE, {"If-None-Match": "*"}), 201)
    expect_problem(put(client, "mine", of_fields(NUMBER), {"If-None-Match": "*"}), 412,
                   "precondition_failed")
    assert client.get("/v1/layouts/mine").json() == RESOLVED


def test_if_match_replaces_what_was_read_and_nothing_else(client):
    expect_problem(put(client, "mine", SIMPLE, {"If-Match": "*"}), 412, "precondition_failed")
    tag = expect_status(put(client, "mine", SIMPLE), 201).headers["ETag"]
    new = expect_status(put(client, "mine", of_fields(NUMBER), {"If-Match": tag}), 200)
    expect_problem(put(client, "mine", SIMPLE, {"If-Match": tag}), 412, "precondition_failed")
    expect_problem(client.request("DELETE", "/v1/layouts/mine", headers={"If-Match": tag}), 412,
                   "precondition_failed")
    expect_status(put(client, "mine", SIMPLE, {"If-Match": "*"}), 200)
    expect_problem(client.request("DELETE", "/v1/layouts/mine",
                                  headers={"If-Match": new.headers["ETag"]}), 412,
                   "precondition_failed")
    expect_status(client.request("DELETE", "/v1/layouts/mine", headers={"If-Match": "*"}), 204)


def test_if_none_match_of_a_get_is_304(client):
    tag = expect_status(put(client, "mine", SIMPLE), 201).headers["ETag"]
    assert client.get("/v1/layouts/mine", {"If-None-Match": tag}).status == 304
    expect_status(put(client, "mine", of_fields(NUMBER)), 200)
    assert client.get("/v1/layouts/mine", {"If-None-Match": tag}).status == 200


# The list.

def test_the_list_is_sorted_and_comes_in_pages(client):
    for name in ("zz", "aa", "mm"):
        made(client, SIMPLE, name)
    names = listed(client)
    assert names == sorted(names) and {"aa", "mm", "zz"} < set(names)
    paged, path = [], "/v1/layouts?limit=5"
    while path:
        page = expect_status(client.get(path), 200).json()
        assert len(page["layouts"]) <= 5
        paged += [each["name"] for each in page["layouts"]]
        path = page["next"]
    assert paged == names
    assert client.get("/v1/layouts?after=mm&limit=1").json()["layouts"][0]["name"] > "mm"
    expect_problem(client.get("/v1/layouts?after=MM"), 400, "bad_name")
    expect_problem(client.get("/v1/layouts?limit=0"), 400, "bad_query")


def test_an_entry_of_the_list_says_what_it_is_of(client):
    made(client, of_fields(NUMBER, title="T", source="S", match={"names": ["X"]}), "mine")
    [entry] = [each for each in client.get("/v1/layouts?limit=1000").json()["layouts"]
               if each["name"] == "mine"]
    assert entry == {"name": "mine", "title": "T", "source": "S", "built_in": False, "names": ["X"]}


def test_there_are_at_most_1000(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    for i in range(1000):
        assert put(client, f"n{i}", of_fields(NUMBER)).status == 201
    expect_problem(put(client, "more", of_fields(NUMBER)), 507, "quota_exceeded")
    expect_status(put(client, "n7", SIMPLE), 200)
    expect_status(client.delete("/v1/layouts/n8"), 204)
    expect_status(put(client, "more", of_fields(NUMBER)), 201)


# Bodies.

def test_other_media_types_are_refused(client):
    for media in (None, "text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json"):
        headers = {"Content-Type": media} if media else {}
        reply = client.put("/v1/layouts/mine", text_of(SIMPLE), headers)
        expect_problem(reply, 415, "unsupported_media_type")
        assert reply.headers["Accept"] == "application/json, text/x-c"


def test_a_body_over_a_mebibyte_is_refused(client):
    body = text_of(of_fields(NUMBER, source="x" * (1024 * 1024)))
    expect_problem(client.put("/v1/layouts/mine", body, {"Content-Type": "application/json"}), 413,
                   "too_large")
    expect_problem(put(client, "mine", "struct a { int a; };" + " " * (256 * 1024)), 413, "too_large")


def test_no_json_is_bad_json(client):
    for body in (b"", b"{", b"[]", b"{} {}", b'{"fields":[}', b"\xff", b'{"fields":NaN}'):
        expect_problem(client.put("/v1/layouts/mine", body, {"Content-Type": "application/json"}),
                       400, "bad_json")


def test_parameters_of_c_with_json_are_refused(client):
    for query in ("?struct=a", "?abi=win64"):
        expect_problem(put(client, "mine", SIMPLE, query=query), 400, "bad_query")
    expect_problem(put(client, "mine", "struct a {int a;};", query="?abi=arm"), 400, "bad_query")


# C.

DECLARATIONS = """
typedef struct { char tag; long l; } inner;
struct outer { unsigned char n; inner in[2]; double d; wchar_t w[4]; };
"""


@pytest.mark.parametrize("abi,offsets", [
    ("win64", [0, 4, 24, 32]), ("sysv64", [0, 8, 40, 48]), ("sysv32", [0, 4, 20, 28])])
def test_declarations_are_laid_out_by_the_rules_of_their_abi(client, abi, offsets):
    reply = expect_status(put(client, "mine", DECLARATIONS, query=f"?abi={abi}"), 201)
    assert [field["offset"] for field in reply.json()["fields"]] == offsets
    assert client.get("/v1/layouts/mine").json() == reply.json()


def test_a_structure_is_chosen_by_its_name(client):
    reply = expect_status(put(client, "mine", DECLARATIONS, query="?struct=inner&abi=win32"), 201)
    assert [field["name"] for field in reply.json()["fields"]] == ["tag", "l"]
    problem = expect_problem(put(client, "mine", DECLARATIONS, query="?struct=none"), 400, "bad_layout")
    assert "none" in problem["detail"]


def test_the_abi_is_that_of_the_build_where_none_is_said(client):
    build_abi = "win64" if build.ON_WINDOWS else "sysv64"
    said = put(client, "mine", DECLARATIONS, query=f"?abi={build_abi}").json()
    assert put(client, "mine", DECLARATIONS).json() == said


def test_what_is_wrong_in_c_has_its_line_and_column(client):
    problem = expect_problem(put(client, "mine", "struct a {\n  int a;\n  lung b;\n};"), 400, "bad_layout")
    [error] = problem["errors"]
    assert (error["line"], error["column"]) == (3, 3), error
    assert "lung" in error["detail"] and "pointer" not in error
    assert "line 3" in problem["detail"]


def test_declarations_over_256_kib_are_refused(client):
    most = 256 * 1024
    text = "struct a { int a; };\n"
    expect_status(put(client, "mine", text + " " * (most - len(text))), 201)
    expect_problem(put(client, "mine", text + " " * (most + 1 - len(text))), 413, "too_large")


NOTED = """#include "vendor.h"
#pragma warning(disable: 4200)
struct noted {
    __attribute__((unused)) int a;
    void *b;
    unsigned c : 3, d : 5;
    char rest[];
};
"""


def test_what_was_passed_over_left_out_or_decided_is_told(client):
    reply = expect_status(put(client, "mine", NOTED, query="?abi=win64"), 201)
    notes = reply.json()["notes"]
    assert [(note["line"], word) for note, word in zip(notes, (
        "vendor.h", "warning", "unused", "b is a pointer", "MSVC", "rest is left out"))
        if word in note["detail"]] == [(1, "vendor.h"), (2, "warning"), (4, "unused"), (5, "b is a pointer"),
                                       (6, "MSVC"), (7, "rest is left out")], notes
    assert all(note["column"] > 0 for note in notes)
    again = expect_status(put(client, "again", reply.json()), 201)
    assert again.json() == reply.json()
    assert "notes" not in put(client, "mine", "struct a { int a; };").json()


@pytest.mark.parametrize("notes,pointer", [
    (3, "#/notes"), ("a", "#/notes"), ({}, "#/notes"), (["a"], "#/notes/0"), ([{}], "#/notes/0"),
    ([{"detail": 3}], "#/notes/0/detail"), ([{"detail": "a", "line": -1}], "#/notes/0/line"),
    ([{"detail": "a", "more": 1}], "#/notes/0/more"), ([{"detail": "a"}] * 129, "#/notes")])
def test_notes_that_are_none_are_refused(client, notes, pointer):
    assert pointer in errors_of(put(client, "mine", {**SIMPLE, "notes": notes}))


def test_a_layout_is_told_as_c_with_assertions_of_its_offsets(client):
    expect_status(put(client, "mine", DECLARATIONS, query="?abi=win64"), 201)
    reply = expect_status(client.get("/v1/layouts/mine?format=c"), 200)
    assert reply.headers.get_content_type() == "text/x-c"
    for assertion in ("offsetof(struct outer, d) == 24", "sizeof(struct outer) == 40"):
        assert assertion in reply.text, reply.text
    for abi in ("win64", "sysv64", "sysv32"):
        told = expect_status(put(client, f"again-{abi}", reply.text, query=f"?abi={abi}"), 201).json()
        places = {field["name"]: field["offset"] for field in told["fields"]}
        assert [places[name] for name in ("n", "in", "d", "w")] == [0, 4, 24, 32], places
    expect_problem(client.get("/v1/layouts/mine?format=xml"), 400, "bad_query")


# A layout that is replaced, and one that is in use.

def test_a_layout_that_a_section_has_is_replaced_but_not_deleted(client, section):
    made(client, SIMPLE, "mine")
    expect_status(client.json("PATCH", f"/v1/sections/{section}", {"layout": "mine"}), 200)
    expect_problem(client.delete("/v1/layouts/mine"), 409, "in_use")
    path = f"/v1/sections/{section}/fields"
    assert set(client.get(path).json()["fields"]) == {"n", "v"}
    expect_status(put(client, "mine", of_fields(NUMBER)), 200)
    assert set(client.get(path).json()["fields"]) == {"n"}
    expect_status(client.json("PATCH", f"/v1/sections/{section}", {"layout": None}), 200)
    expect_status(client.delete("/v1/layouts/mine"), 204)


def test_a_closed_section_lets_its_layout_go(client):
    name = made(client, SIMPLE, unique_layout())
    section = client.create(size=4096, layout=name)["id"]
    expect_problem(client.delete(f"/v1/layouts/{name}"), 409, "in_use")
    client.close_section(section)
    expect_status(client.delete(f"/v1/layouts/{name}"), 204)


# What is told may be put again: the limit is that of the resolved layout.

def of_size(count, note_bytes):
    return of_fields(*({"name": f"f{index}", "type": "u32", "note": "x" * note_bytes} for index in range(count)))


def test_a_layout_of_the_largest_size_makes_the_round_trip(client):
    reply = expect_status(put(client, "mine", of_size(4000, 200)), 201)
    assert len(reply.body) > 1000_000
    again = expect_status(client.put("/v1/layouts/again", reply.body, {"Content-Type": "application/json"}), 201)
    assert again.body == reply.body


def test_what_is_longer_than_that_when_it_is_resolved_is_refused(client):
    document = of_size(4000, 210)
    assert len(text_of(document)) < 1024 * 1024
    problem = expect_problem(put(client, "mine", document), 400, "bad_layout")
    assert "resolved" in problem["detail"] and str(1024 * 1024) in problem["detail"]
    expect_problem(client.get("/v1/layouts/mine"), 404, "not_found")
