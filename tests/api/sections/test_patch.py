"""PATCH /v1/sections/{id}: what can be changed of a section that we hold."""

import json
import re
from pathlib import Path

import pytest

from client import expect_problem, expect_status

O_CLOEXEC = 0o2000000


@pytest.fixture
def section(client):
    return client.create(label="first")


@pytest.fixture
def path(section):
    return f"/v1/sections/{section['id']}"


def patch(client, path, document, media="application/json"):
    return client.request("PATCH", path, json.dumps(document), {"Content-Type": media})


def test_a_label_is_changed_and_told(client, path, section):
    reply = expect_status(patch(client, path, {"label": "second 为"}), 200)
    assert reply.json()["label"] == "second 为"
    assert reply.json()["id"] == section["id"]
    assert client.get(path).json()["label"] == "second 为"


def test_null_clears_a_label(client, path):
    assert expect_status(patch(client, path, {"label": None}), 200).json()["label"] is None
    assert client.get(path).json()["label"] is None


@pytest.mark.parametrize("media", [
    "application/json", "application/merge-patch+json", "application/json; charset=utf-8"])
def test_both_media_types_are_taken(client, path, media):
    assert expect_status(patch(client, path, {"label": "x"}, media), 200).json()["label"] == "x"


@pytest.mark.parametrize("media", ["text/plain", "application/json-patch+json", ""])
def test_other_media_types_are_refused_and_the_right_ones_told(client, path, media):
    reply = patch(client, path, {"label": "x"}, media)
    expect_problem(reply, 415, "unsupported_media_type")
    assert "application/merge-patch+json" in reply.headers["Accept-Patch"]
    assert client.get(path).json()["label"] == "first"


def test_an_empty_patch_changes_nothing(client, path, section):
    reply = expect_status(patch(client, path, {}), 200).json()
    for member in ("id", "name", "label", "protected", "inherit", "ttl_s", "size"):
        assert reply[member] == section[member]


def test_what_is_not_named_stays(client, path):
    patch(client, path, {"protected": True})
    changed = expect_status(patch(client, path, {"ttl_s": 3600}), 200).json()
    assert (changed["label"], changed["protected"], changed["ttl_s"]) == ("first", True, 3600)
    patch(client, path, {"protected": False})


def test_protection_keeps_a_section_until_it_is_lifted(client, path):
    assert patch(client, path, {"protected": True}).json()["protected"] is True
    assert client.get(path).json()["protected"] is True
    expect_problem(client.delete(path), 409, "protected")
    assert client.get(path).status == 200
    assert patch(client, path, {"protected": False}).json()["protected"] is False
    expect_status(client.delete(path), 204)


def test_null_lifts_protection(client, path):
    patch(client, path, {"protected": True})
    assert patch(client, path, {"protected": None}).json()["protected"] is False


def test_inherit_is_changed_and_told(client, path):
    assert patch(client, path, {"inherit": True}).json()["inherit"] is True
    assert client.get(path).json()["inherit"] is True
    assert patch(client, path, {"inherit": False}).json()["inherit"] is False


@pytest.mark.linux
def test_inherit_is_the_flag_of_the_descriptor(client, daemon, path, section):
    info = Path(f"/proc/{daemon.pid}/fdinfo/{int(section['handle'], 16)}")

    def closes_on_exec():
        return bool(int(re.search(r"^flags:\s+(\d+)", info.read_text(), re.M)[1], 8) & O_CLOEXEC)

    assert closes_on_exec()
    patch(client, path, {"inherit": True})
    assert not closes_on_exec()
    patch(client, path, {"inherit": False})
    assert closes_on_exec()


def test_ttl_is_changed_and_null_means_never(client, path):
    assert patch(client, path, {"ttl_s": 3600}).json()["ttl_s"] == 3600
    assert patch(client, path, {"ttl_s": None}).json()["ttl_s"] == 0


@pytest.mark.parametrize("document, named", [
    ({"name": "x"}, "name"), ({"size": 1}, "size"), ({"Label": "x"}, "Label"), ({"label": 5},
    "label"),
    ({"protected": 1}, "protected"), ({"protected": "true"}, "protected"), ({"inherit": 0},
    "inherit"),
    ({"ttl_s": -1}, "ttl_s"), ({"ttl_s": 1.5}, "ttl_s"), ({"ttl_s": "60"}, "ttl_s"),
    ({"label": "new", "bogus": 1}, "bogus")])
def test_what_cannot_be_changed_is_named_and_nothing_is(client, path, document, named):
    problem = expect_problem(patch(client, path, document), 400, "bad_json")
    assert named in problem["detail"]
    assert client.get(path).json()["label"] == "first"


@pytest.mark.parametrize("body", ["", "[]", "null", '{"label":"a","label":"b"}', "{"])
def test_what_is_no_object_is_refused(client, path, body):
    reply = client.request("PATCH", path, body, {"Content-Type": "application/json"})
    expect_problem(reply, 400, "bad_json")


def test_patch_takes_a_name(client, name):
    client.create(name)
    assert patch(client, f"/v1/sections/@{name}", {"label": "x"}).json()["name"] == name


def test_patch_of_an_unknown_section_is_not_found(client):
    expect_problem(patch(client, "/v1/sections/999999999", {"label": "x"}), 404, "not_found")
