"""The layout of a section, and those that are suggested for it."""

import struct

import pytest

import build
from client import expect_problem, expect_status
from layouts import NUMBER, clear, made, of_fields


@pytest.fixture(autouse=True)
def none_left(client):
    yield
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture(name="layout")
def _layout(client):
    return made(client, of_fields(NUMBER), "own")


def test_a_layout_may_be_given_on_create_open_and_duplicate(client, layout, name, peer):
    assert client.create(size=4096)["layout"] is None
    assert client.create(name, layout=layout)["layout"] == layout
    assert client.open(name, layout=layout)["layout"] == layout
    held = peer.create("one", 4096)
    section = client.duplicate(peer.pid, held["handle"], layout=layout)
    assert section["layout"] == layout
    assert client.section(section["id"])["layout"] == layout
    assert {each["layout"] for each in client.sections()} == {layout, None}


def test_a_layout_that_is_not_there_makes_no_section(client, name):
    expect_problem(client.post("/v1/sections", {"name": name, "size": 4096, "layout": "none"}), 404,
                   "not_found")
    expect_problem(client.post("/v1/sections", {"name": name, "size": 4096, "layout": "No"}), 400,
                   "bad_name")
    expect_problem(client.post("/v1/sections", {"name": name, "size": 4096, "layout": 3}), 400, "bad_json")
    assert client.sections() == []
    problem = expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")
    assert problem["detail"]
    client.create(name)
    expect_problem(client.post("/v1/sections/open", {"name": name, "layout": "none"}), 404, "not_found")
    assert len(client.sections()) == 1


def test_patch_sets_and_takes_away_and_changes_the_tag(client, section, layout):
    path = f"/v1/sections/{section}"
    tag = client.get(path).headers["ETag"]
    reply = expect_status(client.json("PATCH", path, {"layout": layout}), 200)
    assert reply.json()["layout"] == layout and reply.headers["ETag"] != tag
    expect_problem(client.json("PATCH", path, {"layout": None}, {"If-Match": tag}), 412,
                   "precondition_failed")
    expect_problem(client.json("PATCH", path, {"layout": "none", "label": "x"}), 404, "not_found")
    assert (client.section(section)["layout"], client.section(section)["label"]) == (layout, None)
    expect_status(client.json("PATCH", path, {"label": "x"}), 200)
    assert client.section(section)["layout"] == layout
    assert client.json("PATCH", path, {"layout": None}).json()["layout"] is None


# Suggestions.

def suggested(client, section):
    reply = expect_status(client.get(f"/v1/sections/{section}/layouts"), 200)
    return [(each["name"], each["by"]) for each in reply.json()["layouts"]]


def ours(client, section):
    return [each for each in suggested(client, section) if each[0].startswith("own")]


def test_the_best_come_first_by_name_fields_and_size(client, name):
    guarded = {"fields": {"n": 77}}
    made(client, of_fields(NUMBER, match={"names": [name]}), "own-name")
    made(client, of_fields(NUMBER, match={"names": ["other", name], **guarded}), "own-all")
    made(client, of_fields(NUMBER, match=guarded), "own-fields")
    made(client, of_fields(NUMBER, match={"names": ["other"]}), "own-other")
    made(client, of_fields(NUMBER, size=4096), "own-size")
    made(client, of_fields(NUMBER, size=4097, match={"names": [name]}), "own-larger")
    section = client.create(name)["id"]
    assert ours(client, section) == [("own-all", ["name"]), ("own-name", ["name"]), ("own-size", ["size"])]
    client.write(section, struct.pack("<I", 77))
    assert ours(client, section) == [("own-all", ["name", "fields"]), ("own-name", ["name"]),
                                     ("own-fields", ["fields"]), ("own-size", ["size"])]


def test_a_name_may_end_in_anything_and_have_a_scope(client, name):
    made(client, of_fields(NUMBER, match={"names": [name[:-1] + "*"]}), "own-star")
    made(client, of_fields(NUMBER, match={"names": ["Local\\" + name]}), "own-local")
    made(client, of_fields(NUMBER, match={"names": ["Global\\" + name]}), "own-global")
    section = client.create(name)["id"]
    expected = ["own-local", "own-star"] if build.ON_WINDOWS else ["own-global", "own-local", "own-star"]
    assert [each for each, _ in ours(client, section)] == expected


def test_nothing_is_suggested_for_what_fits_none(client, section):
    assert ours(client, section) == []
    expect_problem(client.get("/v1/sections/999999/layouts"), 404, "not_found")


def test_a_built_in_layout_is_suggested_by_what_the_section_holds(client, section):
    client.write(section, struct.pack("<I", 1399412552))
    name, by = suggested(client, section)[0]
    assert name == "hwinfo" and "fields" in by
