"""The rarer members of POST /v1/sections."""

import json
import re
import time

import pytest

import build
from client import expect_problem, expect_status
from peers import PeerError


def create(client, **members):
    return client.post("/v1/sections", members)


def test_generate_name_gives_a_name_that_others_can_open(client, peer):
    first = expect_status(create(client, size=4096, generate_name=True), 201).json()
    second = expect_status(create(client, size=4096, generate_name=True), 201).json()
    assert re.fullmatch(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", first["name"])
    assert first["name"] != second["name"]
    client.write(first["id"], b"found")
    peer.open("a", first["name"])
    assert peer.read("a", 5) == b"found"


def test_generate_name_and_a_name_exclude_each_other(client, name):
    reply = create(client, size=4096, generate_name=True, name=name)
    expect_problem(reply, 400, "bad_name", "bad_json", "bad_request")
    assert client.sections() == []


def test_generate_name_false_means_nothing(client, name):
    assert client.create(name, generate_name=False)["name"] == name
    assert client.create(generate_name=False)["name"] is None


@pytest.mark.parametrize("access", ["read", "writecopy"])
def test_memory_that_nobody_can_ever_write_is_refused(client, access):
    problem = expect_problem(create(client, size=4096, access=access), 400,
                             "bad_request", "bad_json")
    assert "file" in problem["detail"]
    assert client.sections() == []


def test_access_readwrite_is_the_default(client):
    assert client.create(access="readwrite")["access"] == "readwrite"


def test_inherit_is_told(client):
    assert client.create(inherit=True)["inherit"] is True
    assert client.create(inherit=False)["inherit"] is False


def test_reserve_takes_memory_on_first_use_only(client):
    began = time.monotonic()
    section = client.create(size=1 << 30, reserve=True)
    assert time.monotonic() - began < 30
    assert section["size"] == 1 << 30
    client.write(section["id"], b"first", 0)
    client.write(section["id"], b"last", (1 << 30) - 4)
    assert client.read(section["id"], 0, 5) == b"first"
    assert client.read(section["id"], (1 << 30) - 4) == b"last"
    assert client.read(section["id"], 1 << 29, 10) == bytes(10)


def test_a_protected_section_is_not_deleted_but_goes_with_a_stop(start_daemon, peer, name):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(name, protected=True)
    assert section["protected"] is True
    expect_problem(client.delete(f"/v1/sections/{section['id']}"), 409, "protected")
    client.write(section["id"], b"still here")
    assert client.section(section["id"])["protected"] is True
    daemon.stop()
    assert peer.create("a", 4096, name)["created"] is True


@pytest.mark.windows
def test_sddl_says_who_may_do_what(client, peer, name):
    section = client.create(name, sddl="D:P(A;;GR;;;WD)")
    client.write(section["id"], b"mine")
    with pytest.raises(PeerError) as refusal:
        peer.open("a", name)
    assert refusal.value.number == 5
    assert client.open(name)["access"] == "read"


@pytest.mark.windows
def test_access_readwrite_is_not_lowered_where_the_name_exists(client, peer, name):
    peer.create_readonly("a", 4096, name)
    reply = create(client, size=4096, name=name, access="readwrite")
    problem = expect_problem(reply, 403, "access_denied")
    assert problem["os"]["code"] == 5
    assert client.sections() == []
    expect_problem(create(client, size=4096, name=name, access="readwrite", if_exists="fail"),
                   409, "already_exists")
    assert expect_status(create(client, size=4096, name=name), 200).json()["access"] == "read"


@pytest.mark.windows
@pytest.mark.parametrize("sddl", ["nonsense", "D:(A;;XX;;;WD)", "D:(A"])
def test_sddl_that_is_none_is_refused(client, name, sddl):
    reply = create(client, name=name, size=4096, sddl=sddl)
    assert reply.status == 400, reply
    assert client.sections() == []


@pytest.mark.linux
def test_sddl_is_not_supported_on_linux(client, name):
    reply = create(client, name=name, size=4096, sddl="D:(A;;GA;;;WD)")
    expect_problem(reply, 501, "unsupported_here")
    assert client.sections() == []


@pytest.mark.windows
def test_keep_is_not_supported_on_windows(client, name):
    expect_problem(create(client, name=name, size=4096, keep=True), 501, "unsupported_here")
    assert client.sections() == []


@pytest.mark.parametrize("member", ["generate_name", "inherit", "reserve", "protected", "keep"])
@pytest.mark.parametrize("value", [0, 1, "true", None, []])
def test_a_flag_is_true_or_false(client, name, member, value):
    reply = create(client, name=name, size=4096, **{member: value})
    if value is None and reply.status == 201:
        return  # null is as good as left out
    problem = expect_problem(reply, 400, "bad_json")
    assert member in problem["detail"]


def test_a_label_has_a_limit(client):
    expect_status(create(client, size=1, label="x" * 500), 201)
    reply = create(client, size=1, label="x" * 50_000)
    expect_problem(reply, 400, "bad_request", "bad_json")


@pytest.mark.parametrize("character", ["x", "为", "😀"])
def test_a_label_has_as_many_characters_as_the_schema_says(client, character):
    made = client.create(size=1, label=character * 1024)
    assert made["label"] == character * 1024
    problem = expect_problem(create(client, size=1, label=character * 1025), 400, "bad_request")
    assert "characters" in problem["detail"]
    path = f"/v1/sections/{made['id']}"
    patch = {"Content-Type": "application/merge-patch+json"}
    expect_status(client.request("PATCH", path, json.dumps({"label": character * 1024}), patch), 200)
    expect_problem(client.request("PATCH", path, json.dumps({"label": character * 1025}), patch),
                   400, "bad_request")


def test_a_label_may_be_empty_and_have_any_characters(client):
    for label in ("", "<b>&\"'", "为人民", "😀", "a\tb\nc"):
        assert client.create(size=1, label=label)["label"] == label


def test_the_platforms_own_size_of_reserved_memory(client):
    section = client.create(size=5000, reserve=True)
    assert section["size"] == build.reported_size(5000)
    assert section["requested_size"] == 5000
