"""Processes that we may not take handles from, and the privilege that helps."""

import os
import re
import shutil
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def duplicate(client, pid, handle):
    return client.post("/v1/sections/duplicate", {"pid": pid, "handle": handle})


def test_info_tells_the_privileges(client):
    privileges = client.get("/v1/info").json()["privileges"]
    assert privileges is not None


@pytest.mark.windows
def test_a_process_that_denies_us_is_403(client, peer):
    handle = peer.create("a", 4096)["handle"]
    peer.harden()
    problem = expect_problem(duplicate(client, peer.pid, handle), 403, "access_denied")
    assert problem["call"] == "OpenProcess"
    assert problem["os"]["code"] == 5
    assert re.search("debug.?privilege", problem["detail"], re.IGNORECASE), "the way out"


@pytest.mark.windows
def test_the_debug_privilege_is_tried_and_put_back(start_daemon, peer):
    daemon = start_daemon("--debug-privilege")
    client = daemon.client()
    privileges = client.get("/v1/info").json()["privileges"]
    handle = peer.create("a", 4096)["handle"]
    peer.write("a", b"inside")
    peer.harden()
    assert duplicate(client, peer.pid, handle).status in (201, 403)  # what is made with first use
    before = footprint(daemon, peer)
    for _ in range(20):
        reply = duplicate(client, peer.pid, handle)
        if reply.status == 201:  # Windows; Wine lets the privilege be enabled but not count
            assert client.read(reply.json()["id"], 0, 6) == b"inside"
            client.close_section(reply.json()["id"])
        else:
            problem = expect_problem(reply, 403, "access_denied")
            assert problem["call"] == "OpenProcess"
            assert "--debug-privilege" not in problem["detail"], "it is given already"
    assert client.get("/v1/info").json()["privileges"] == privileges
    expect_no_more(footprint(daemon, peer), before)


@pytest.mark.windows
def test_the_debug_privilege_does_no_harm_where_it_is_not_needed(start_daemon, peer):
    daemon = start_daemon("--debug-privilege")
    client = daemon.client()
    handle = peer.create("a", 4096)["handle"]

    def round_trip():
        section = expect_status(duplicate(client, peer.pid, handle), 201).json()
        client.close_section(section["id"])

    round_trip()
    before = footprint(daemon, peer)
    for _ in range(20):
        round_trip()
    expect_no_more(footprint(daemon, peer), before)


@pytest.fixture
def nobody():
    """Words that start a program as a user without any rights."""
    return NOBODY if os.geteuid() == 0 else []


@pytest.fixture
def nobodys_daemon(open_folder, start_daemon, nobody):
    state = open_folder / "state"
    state.mkdir()
    program = build.SECTIOND
    if nobody:
        os.chown(state, 65534, 65534)
        # A copy that this user can reach, wherever the build tree lies.
        program = open_folder / "sectiond"
        shutil.copy(build.SECTIOND, program)
        program.chmod(0o755)
    return start_daemon(state=state, prefix=nobody, program=program)


@pytest.mark.linux
def test_a_process_of_another_user_is_403(nobodys_daemon):
    problem = expect_problem(duplicate(nobodys_daemon.client(), 1, "0x0"), 403, "access_denied")
    assert problem["os"]["domain"] == "errno"
    assert problem["os"]["name"] in ("EPERM", "EACCES")


@pytest.mark.linux
def test_a_named_section_of_another_user_is_403(nobodys_daemon, name):
    path = Path("/dev/shm") / name
    path.write_bytes(b"private")
    path.chmod(0o600 if os.geteuid() == 0 else 0o000)
    try:
        client = nobodys_daemon.client()
        reply = client.post("/v1/sections/open", {"name": name})
        expect_problem(reply, 403, "access_denied")
        reply = client.post("/v1/sections", {"name": name, "size": 4096})
        expect_problem(reply, 403, "access_denied")
        if os.geteuid() == 0:
            path.chmod(0o644)
            section = client.open(name)
            assert section["access"] == "read"
            assert client.read(section["id"]) == b"private"
            reply = client.post("/v1/sections/open", {"name": name, "access": "readwrite"})
            expect_problem(reply, 403, "access_denied")
    finally:
        path.unlink()


@pytest.mark.linux
def test_a_process_that_forbids_it_is_403(nobodys_daemon, start_peer, open_folder, nobody):
    program = open_folder / "peer"
    shutil.copy(build.PEER, program)
    program.chmod(0o755)
    target = start_peer(prefix=nobody, program=program)
    handle = target.create("a", 4096)["handle"]
    client = nobodys_daemon.client()
    expect_status(duplicate(client, target.pid, handle), 201)
    target.harden()
    expect_problem(duplicate(client, target.pid, handle), 403, "access_denied")


@pytest.mark.linux
def test_without_rights_the_same_users_sections_are_still_reached(
        nobodys_daemon, start_peer, open_folder, nobody, name):
    program = open_folder / "peer"
    shutil.copy(build.PEER, program)
    program.chmod(0o755)
    friend = start_peer(prefix=nobody, program=program)
    handle = friend.create("a", 4096)["handle"]
    client = nobodys_daemon.client()
    section = client.duplicate(friend.pid, handle)
    client.write(section["id"], b"hello")
    assert friend.read("a", 5) == b"hello"
    mine = client.create(name)
    friend.open("b", name)
    friend.duplicate("c", mine["pid"], mine["handle"])
    friend.write("c", b"back")
    assert client.read(mine["id"], 0, 4) == b"back"
