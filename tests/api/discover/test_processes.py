"""GET /v1/processes: who is there."""

import os

import pytest

import build
from client import expect_problem, expect_status


def processes(client, query=""):
    listed = expect_status(client.get("/v1/processes" + query), 200).json()
    assert set(listed) == {"processes"}
    for process in listed["processes"]:
        assert set(process) == {"pid", "name", "parent_pid"}
        assert process["pid"] > 0 and process["parent_pid"] >= 0
    return listed["processes"]


def pids(listed):
    return [process["pid"] for process in listed]


def test_a_peer_and_the_daemon_are_listed_by_their_names(client, daemon, peer):
    names = {process["pid"]: process["name"] for process in processes(client)}
    assert names[peer.pid] == build.PEER.name
    assert names[daemon.pid] == build.SECTIOND.name


def test_each_process_is_listed_once(client, peer):
    listed = pids(processes(client))
    assert len(listed) == len(set(listed))


def test_a_name_chooses(client, daemon, start_peer):
    peers = {start_peer().pid, start_peer().pid}
    chosen = processes(client, f"?name={build.PEER.name}")
    assert peers <= set(pids(chosen))
    assert {process["name"] for process in chosen} == {build.PEER.name}
    assert daemon.pid not in pids(chosen)


def test_the_case_of_a_name_does_not_matter(client, peer):
    assert peer.pid in pids(processes(client, f"?name={build.PEER.name.upper()}"))


def test_part_of_a_name_is_not_it(client, peer):
    assert peer.pid not in pids(processes(client, f"?name={build.PEER.name[:-1]}"))
    # One that is being made may have none yet.
    assert all(process["name"] == "" for process in processes(client, "?name="))
    assert processes(client, "?name=no-such-program") == []


def test_a_process_that_has_ended_is_not_listed_any_more(client, start_peer):
    ended = start_peer()
    assert ended.pid in pids(processes(client))
    ended.exit()
    # Wine takes a moment to notice.
    for _ in range(1000):
        if ended.pid not in pids(processes(client)):
            break
    assert ended.pid not in pids(processes(client))


@pytest.mark.parametrize("query", ["?pid=1", "?name=a&name=b", "?Name=a"])
def test_other_parameters_are_refused(client, query):
    expect_problem(client.get("/v1/processes" + query), 400, "bad_query")


@pytest.mark.linux
def test_the_parent_is_told(client, daemon, peer):
    parents = {process["pid"]: process["parent_pid"] for process in processes(client)}
    assert parents[peer.pid] == os.getpid()
    assert parents[os.getpid()] == os.getppid()


@pytest.mark.linux
def test_a_long_name_is_told_whole(client, start_peer, tmp_path):
    program = tmp_path / "a-program-with-a-rather-long-name (x) y"
    program.write_bytes(build.PEER.read_bytes())
    program.chmod(0o755)
    long = start_peer(program=program)
    names = {process["pid"]: process["name"] for process in processes(client)}
    assert names[long.pid] == program.name
