"""POST /v1/sections/open: sections that exist, by name."""

import os
import stat
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status


def open_section(client, **members):
    return client.post("/v1/sections/open", members)


def test_open_answers_201_with_the_section_and_its_address(client, daemon, peer, name):
    peer.create("a", 8192, name)
    reply = expect_status(open_section(client, name=name), 201)
    section = reply.json()
    assert reply.headers["Location"] == f"/v1/sections/{section['id']}"
    assert section["name"] == name
    assert section["origin"] == "opened"
    assert section["created"] is False
    assert section["size"] == 8192
    assert section["size_exact"] is True
    assert section["requested_size"] is None
    assert section["access"] == "readwrite"
    assert section["pid"] == daemon.pid
    assert section["source"] is None
    assert section["backing"]["kind"] == ("pagefile" if build.ON_WINDOWS else "shm")


def test_every_open_gives_a_new_id(client, peer, name):
    peer.create("a", 4096, name)
    first, second = client.open(name), client.open(name)
    assert first["id"] != second["id"]
    assert first["handle"] != second["handle"]
    client.close_section(first["id"])
    assert client.read(second["id"], 0, 1) == b"\0"


def test_a_name_that_we_hold_is_opened_as_well(client, name):
    made = client.create(name)
    opened = client.open(name)
    client.write(opened["id"], b"same")
    assert client.read(made["id"], 0, 4) == b"same"


def test_open_refuses_an_unknown_name(client, name):
    problem = expect_problem(open_section(client, name=name), 404, "not_found")
    if build.ON_WINDOWS:
        assert problem["call"] == "OpenFileMappingW"
        assert problem["os"]["domain"] == "win32"
        assert problem["os"]["code"] == 2
        assert problem["os"]["name"] == "ERROR_FILE_NOT_FOUND"
    else:
        assert problem["os"]["domain"] == "errno"
        assert problem["os"]["name"] == "ENOENT"
    assert client.sections() == []


def test_names_are_case_sensitive(client, peer, name):
    peer.create("a", 4096, name)
    expect_problem(open_section(client, name=name.upper()), 404, "not_found")


@pytest.mark.parametrize("document", [{}, {"name": None}, {"name": ""}, {"name": 7}])
def test_open_needs_a_name(client, document):
    problem = expect_problem(client.post("/v1/sections/open", document), 400, "bad_name",
    "bad_json")
    assert "name" in problem["detail"]


@pytest.mark.parametrize("key", ["size", "if_exists", "pid", "nmae"])
def test_open_names_a_member_that_it_does_not_take(client, name, key):
    problem = expect_problem(open_section(client, name=name, **{key: 1}), 400, "bad_json")
    assert key in problem["detail"]


@pytest.mark.windows
def test_open_refuses_a_name_that_an_event_holds(client, peer, name):
    peer.event("e", name)
    problem = expect_problem(open_section(client, name=name), 409, "not_a_section")
    assert problem["os"]["code"] == 6
    assert client.sections() == []


@pytest.mark.windows
def test_create_refuses_a_name_that_an_event_holds(client, peer, name):
    peer.event("e", name)
    reply = client.post("/v1/sections", {"name": name, "size": 4096})
    problem = expect_problem(reply, 409, "not_a_section")
    assert problem["os"]["code"] == 6
    assert client.sections() == []


def occupy(kind, path):
    """Puts something that is no section where a POSIX object of that name would be."""
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/etc/passwd")


@pytest.mark.linux
@pytest.mark.parametrize("kind, status, codes", [
    ("folder", 409, ["not_a_section"]), ("fifo", 409, ["not_a_section"]),
    ("symlink", 403, ["access_denied"])])
@pytest.mark.parametrize("verb", ["open", "create"])
def test_a_name_that_leads_to_something_else_is_refused(client, name, kind, status, codes, verb):
    path = Path("/dev/shm") / name
    occupy(kind, path)
    try:
        if verb == "open":
            expect_problem(open_section(client, name=name), status, *codes)
        else:
            expect_problem(
                client.post("/v1/sections", {"name": name, "size": 4096}), status, *codes)
        assert client.sections() == []
        assert os.path.lexists(path)
    finally:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            path.rmdir()
        else:
            path.unlink()


@pytest.mark.linux
def test_open_refuses_a_section_without_bytes(client, name):
    path = Path("/dev/shm") / name
    path.touch()
    try:
        expect_problem(open_section(client, name=name), 409, "empty_section")
        path.write_bytes(b"12345")
        assert client.read(client.open(name)["id"]) == b"12345"
    finally:
        path.unlink()


def test_access_read_is_granted_and_kept_to(client, peer, name):
    peer.create("a", 4096, name)
    peer.write("a", b"look")
    section = client.open(name, access="read")
    assert section["access"] == "read"
    assert client.read(section["id"], 0, 4) == b"look"
    reply = client.put(f"/v1/sections/{section['id']}/data", b"no!!")
    expect_problem(reply, 403, "read_only", "access_denied")
    reply = client.put(f"/v1/sections/{section['id']}/text?encoding=utf-8", "no")
    expect_problem(reply, 403, "read_only", "access_denied")
    assert peer.read("a", 4) == b"look"


def test_access_readwrite_is_granted_where_the_object_allows_it(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name, access="readwrite")
    assert section["access"] == "readwrite"
    client.write(section["id"], b"yes")
    assert peer.read("a", 3) == b"yes"


def test_access_writecopy_keeps_our_writes_to_us(client, peer, name):
    peer.create("a", 4096, name)
    peer.write("a", b"theirs")
    section = client.open(name, access="writecopy")
    assert section["access"] == "writecopy"
    client.write(section["id"], b"ours!!")
    assert client.read(section["id"], 0, 6) == b"ours!!"
    assert peer.read("a", 6) == b"theirs"


@pytest.mark.parametrize("access", ["", "write", "READ", "all", 1, []])
def test_an_unknown_access_is_refused(client, peer, name, access):
    peer.create("a", 4096, name)
    problem = expect_problem(open_section(client, name=name, access=access), 400, "bad_json")
    assert "access" in problem["detail"]


@pytest.mark.windows
def test_open_falls_back_to_reading_where_only_that_is_granted(client, peer, name):
    peer.create_readonly("a", 4096, name)
    peer.write("a", b"published")
    section = client.open(name)
    assert section["access"] == "read"
    assert client.read(section["id"], 0, 9) == b"published"
    expect_problem(client.put(f"/v1/sections/{section['id']}/data", b"x"), 403, "read_only")


@pytest.mark.windows
def test_open_refuses_more_access_than_is_granted(client, peer, name):
    peer.create_readonly("a", 4096, name)
    reply = open_section(client, name=name, access="readwrite")
    problem = expect_problem(reply, 403, "access_denied")
    assert problem["os"]["code"] == 5
    assert client.sections() == []


def test_a_view_of_an_opened_section_shows_only_its_part(client, peer, name):
    peer.create("a", 200_000, name)
    peer.write("a", b"inside", 70_000)
    section = client.open(name, view={"offset": 70_000, "length": 6})
    assert section["view"] == {"offset": 70_000, "length": 6}
    assert client.read(section["id"]) == b"inside"


def test_a_view_past_the_end_of_an_existing_section_is_refused(client, peer, name):
    peer.create("a", 4096, name)
    reply = open_section(client, name=name, view={"offset": 4096})
    expect_problem(reply, 400, "bad_offset")
    reply = open_section(client, name=name, view={"offset": 4000, "length": 97})
    expect_problem(reply, 400, "bad_size", "bad_offset")
    assert client.sections() == []


@pytest.mark.linux
def test_a_name_that_we_only_opened_is_left_to_its_owner(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    client.close_section(section["id"])
    assert client.open(name)["created"] is False
