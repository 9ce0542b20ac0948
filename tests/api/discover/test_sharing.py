"""GET /v1/processes?sharing=1: who holds sections."""

import os
import pwd

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint
from search import found

MEMBERS = {"pid", "name", "parent_pid", "sections", "command", "user"}


def sharing(client, query=""):
    answer = expect_status(client.get("/v1/processes?sharing=1" + query), 200).json()
    assert set(answer) == {"processes", "partial", "reason"}
    assert answer["partial"] == (answer["reason"] is not None)
    for process in answer["processes"]:
        assert set(process) == MEMBERS
        assert process["sections"] > 0
    listed = {process["pid"]: process for process in answer["processes"]}
    assert len(listed) == len(answer["processes"])
    return listed


def test_processes_with_sections_are_told_with_how_many(client, start_peer, name):
    idle, busy = start_peer(), start_peer()
    before = len(found(client, idle.pid))  # what the runtime itself holds
    busy.create("a", 4096)
    busy.create("b", 4096, name)
    busy.crowd("event", 20)
    listed = sharing(client)
    assert listed.get(idle.pid, {"sections": 0})["sections"] == before
    assert listed[busy.pid]["sections"] == len(found(client, busy.pid)) == before + 2
    assert listed[busy.pid]["name"] == build.PEER.name
    busy.close_slot("a")
    assert sharing(client)[busy.pid]["sections"] == before + 1


def test_the_command_line_is_told(client, peer):
    peer.create("a", 4096)
    assert build.PEER.name in sharing(client)[peer.pid]["command"]


def test_the_daemon_is_one_of_them(client, daemon):
    section = client.create(size=4096)
    listed = sharing(client)
    assert listed[daemon.pid]["sections"] == len(found(client, daemon.pid))
    assert listed[daemon.pid]["user"]
    client.close_section(section["id"])


def test_a_name_chooses_among_them(client, start_peer):
    first, second = start_peer(), start_peer()
    for each in (first, second):
        each.create("a", 4096)
    client.create(size=4096)
    listed = sharing(client, f"&name={build.PEER.name.upper()}")
    assert {first.pid, second.pid} <= set(listed)
    assert {each["name"] for each in listed.values()} == {build.PEER.name}
    assert sharing(client, "&name=no-such-program") == {}


def test_without_it_the_list_is_as_before(client, peer):
    for query in ("", "?sharing=0"):
        answer = client.get("/v1/processes" + query).json()
        assert set(answer) == {"processes"}
        assert set(answer["processes"][0]) == {"pid", "name", "parent_pid"}


@pytest.mark.parametrize("query", ["?sharing=", "?sharing=2", "?sharing=true",
                                   "?sharing=1&sharing=1"])
def test_other_values_are_refused(client, query):
    expect_problem(client.get("/v1/processes" + query), 400, "bad_query")


def test_a_search_leaves_nothing_behind(client, daemon, peer):
    peer.create("a", 4096)
    sharing(client)
    before = footprint(daemon, peer)
    for _ in range(10):
        assert peer.pid in sharing(client)
    expect_no_more(footprint(daemon, peer), before)


@pytest.mark.linux
def test_arguments_and_user_are_those_of_the_process(client, start_peer):
    peer = start_peer()
    peer.create("a", 4096)
    process = sharing(client)[peer.pid]
    assert process["command"] == str(build.PEER)
    assert process["user"] == pwd.getpwuid(os.geteuid()).pw_name
    assert process["parent_pid"] == os.getpid()
