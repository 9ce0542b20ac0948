"""GET /v1/sections/{id}/holders: who else has this object."""

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint
from search import by_handle, found

ALL = ["read", "write", "query"]


def holders_answer(client, section):
    """The whole answer, held to its form."""
    answer = expect_status(client.get(f"/v1/sections/{section}/holders"), 200).json()
    assert set(answer) == {"holders", "partial", "reason"}
    assert answer["partial"] == (answer["reason"] is not None), answer
    for holder in answer["holders"]:
        assert set(holder) == {"pid", "name", "handle", "address", "access"}
        assert (holder["handle"] is None) != (holder["address"] is None), holder
    return answer


def holders(client, section):
    return holders_answer(client, section)["holders"]


def pairs(listed):
    return sorted((holder["pid"], holder["handle"]) for holder in listed)


def test_each_process_that_has_the_object_is_told_with_its_handle(client, start_peer, name):
    first, second, third = start_peer(), start_peer(), start_peer()
    made = first.create("a", 4096, name)["handle"]
    opened = second.open("a", name)["handle"]
    third.create("b", 4096)
    section = client.open(name)["id"]
    listed = holders(client, section)
    assert pairs(listed) == sorted([(first.pid, made), (second.pid, opened)])
    assert {holder["name"] for holder in listed} == {build.PEER.name}
    access = {holder["handle"]: holder["access"] for holder in listed if holder["pid"] == first.pid}
    assert access[made] == ALL


def test_an_anonymous_object_is_told_from_others_of_its_size(client, start_peer):
    first, second = start_peer(), start_peer()
    handle = first.create("a", 4096)["handle"]
    first.create("b", 4096)
    second.create("c", 4096)
    section = client.duplicate(first.pid, handle)["id"]
    assert pairs(holders(client, section)) == [(first.pid, handle)]
    taken = second.duplicate("d", first.pid, handle)["handle"]
    assert pairs(holders(client, section)) == sorted([(first.pid, handle), (second.pid, taken)])
    second.close_slot("d")
    assert pairs(holders(client, section)) == [(first.pid, handle)]


def test_each_handle_of_a_process_is_told(client, peer):
    handle = peer.create("a", 4096)["handle"]
    another = peer.duplicate("b", peer.pid, handle)["handle"]
    section = client.duplicate(peer.pid, handle)["id"]
    assert pairs(holders(client, section)) == sorted([(peer.pid, handle), (peer.pid, another)])


def test_we_are_not_among_the_others(client, daemon, name):
    section = client.create(name, 4096)["id"]
    client.open(name)
    assert holders(client, section) == []


def test_a_second_daemon_is_one_of_the_others(client, start_daemon, name):
    section = client.create(name, 4096)["id"]
    other = start_daemon()
    opened = other.client().open(name)
    [holder] = holders(client, section)
    assert (holder["pid"], holder["handle"]) == (other.pid, opened["handle"])
    assert holder["name"] == build.SECTIOND.name


def test_a_read_only_handle_is_told_as_one(client, peer):
    handle = peer.create_readonly("a", 4096)["handle"]
    section = client.duplicate(peer.pid, handle)["id"]
    access = {holder["handle"]: holder["access"] for holder in holders(client, section)}
    assert access[handle] == ["read", "query"]


def test_what_is_told_can_be_taken(client, peer, name):
    peer.create("a", 8192, name)
    section = client.open(name)["id"]
    [holder] = holders(client, section)
    again = client.duplicate(holder["pid"], holder["handle"])
    client.write(again["id"], b"hello")
    assert client.read(section, 0, 5) == b"hello"
    assert by_handle(found(client, peer.pid))[holder["handle"]]["id"] == section


def test_a_process_that_has_ended_is_told_no_more(client, start_peer, name):
    first, second = start_peer(), start_peer()
    handle = first.create("a", 4096, name)["handle"]
    second.open("a", name)
    section = client.open(name)["id"]
    second.exit()
    for _ in range(1000):  # Wine takes a moment to notice
        if len(holders(client, section)) == 1:
            break
    assert pairs(holders(client, section)) == [(first.pid, handle)]


def test_a_name_leads_to_the_section(client, peer, name):
    handle = peer.create("a", 4096, name)["handle"]
    expect_problem(client.get(f"/v1/sections/@{name}/holders"), 404, "not_found")
    reply = expect_status(client.get(f"/v1/sections/@{name}/holders?open=1"), 200).json()
    assert pairs(reply["holders"]) == [(peer.pid, handle)]


@pytest.mark.parametrize("section", [0, 99999, "abc", "-1", "1.0"])
def test_what_is_no_section_is_404(client, section):
    expect_problem(client.get(f"/v1/sections/{section}/holders"), 404, "not_found")


@pytest.mark.parametrize("query", ["?pid=1", "?limit=1", "?open=2", "?open=1&open=1"])
def test_other_parameters_are_refused(client, query):
    section = client.create(size=64)["id"]
    expect_problem(client.get(f"/v1/sections/{section}/holders{query}"), 400, "bad_query")


def test_a_search_leaves_nothing_behind(client, daemon, peer, name):
    peer.create("a", 4096, name)
    peer.create("b", 4096)
    section = client.open(name)["id"]
    holders(client, section)
    before = footprint(daemon, peer)
    for _ in range(20):
        assert len(holders(client, section)) == 1
    expect_no_more(footprint(daemon, peer), before)


@pytest.mark.linux
def test_a_mapping_without_a_descriptor_is_told_by_its_address(client, peer):
    handle = peer.create("a", 8192)["handle"]
    section = client.duplicate(peer.pid, handle)["id"]
    address = peer.drop_handle("a")
    [holder] = holders(client, section)
    assert holder == {"pid": peer.pid, "name": build.PEER.name, "handle": None,
                      "address": address, "access": ALL}


@pytest.mark.linux
def test_a_file_is_told_by_descriptor_and_by_mapping(start_daemon, start_peer, tmp_path):
    first, second = start_peer(), start_peer()
    (tmp_path / "data.bin").write_bytes(b"x" * 4096)
    (tmp_path / "other.bin").write_bytes(b"x" * 4096)
    handle = first.map_file("a", tmp_path / "data.bin")["handle"]
    first.map_file("b", tmp_path / "other.bin")
    second.map_file("a", tmp_path / "data.bin")
    address = second.drop_handle("a")
    client = start_daemon("--files", tmp_path).client()
    section = expect_status(client.post("/v1/sections", {
        "backing": {"file": "data.bin", "open": "open_existing"}}), 201).json()["id"]
    by_pid = {holder["pid"]: holder for holder in holders(client, section)}
    assert set(by_pid) == {first.pid, second.pid}
    assert by_pid[first.pid]["handle"] == handle
    assert by_pid[second.pid]["address"] == address
