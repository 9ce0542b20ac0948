"""GET /v1/processes/{pid}/sections: the search finds what a process holds, and nothing else."""

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from footprint import expect_no_more, footprint
from search import by_handle, found, search

KIND = "pagefile" if build.ON_WINDOWS else "memfd"
NAMED_KIND = "pagefile" if build.ON_WINDOWS else "shm"
SCOPE = "local" if build.ON_WINDOWS else None
MISSING_PID = 0x7FFFFFF0


def hold_other_things(peer, folder):
    path = folder / "file"
    path.write_bytes(b"x" * 4096)
    peer.crowd("event", 50)
    peer.crowd("blocked-pipe", 50)
    peer.crowd("file", 50, path)


def test_exactly_the_sections_are_found_among_everything_else(client, peer, name, tmp_path):
    before = found(client, peer.pid)  # what the runtime itself holds
    hold_other_things(peer, tmp_path)
    made = {peer.create(slot, size)["handle"]: size
            for slot, size in (("a", 4096), ("b", 10000), ("c", 1 << 20))}
    named = peer.create("d", 8192, name)["handle"]
    sections = by_handle(found(client, peer.pid))
    assert set(sections) == set(made) | {named} | {each["handle"] for each in before}
    for handle, size in made.items():
        section = sections[handle]
        assert section["size"] == build.reported_size(size) and section["size_exact"]
        assert section["backing"] == {"kind": KIND, "file": None}
        assert section["scope"] is None
        assert section["name"] == (None if build.ON_WINDOWS else "peer"), "the memfd's own"
    assert sections[named]["size"] == 8192
    assert sections[named]["name"] == name
    assert sections[named]["scope"] == SCOPE
    assert sections[named]["backing"] == {"kind": NAMED_KIND, "file": None}
    for handle in [*made, named]:
        assert sections[handle]["access"] == ["read", "write", "query"]
        assert sections[handle]["handle_count"] == (1 if build.ON_WINDOWS else None)
        assert sections[handle]["id"] is None


def test_what_is_found_is_taken_and_shared_without_a_handle_told(client, peer, tmp_path):
    hold_other_things(peer, tmp_path)
    for slot, size in (("a", 4096), ("b", 65536), ("c", 8192)):
        peer.create(slot, size)
    [largest] = [each for each in found(client, peer.pid) if each["size"] == 65536]
    section = client.duplicate(peer.pid, largest["handle"])
    peer.write("b", b"from the peer", 5)
    assert client.read(section["id"], 5, 13) == b"from the peer"
    client.write(section["id"], b"from the web", 60000)
    assert peer.read("b", 12, 60000) == b"from the web"


def test_a_section_that_is_closed_is_not_found_any_more(client, peer):
    handle = peer.create("a", 4096)["handle"]
    assert handle in by_handle(found(client, peer.pid))
    peer.close_slot("a")
    assert handle not in by_handle(found(client, peer.pid))


def test_our_id_is_told_for_what_we_hold_and_for_nothing_else(client, peer, name):
    mine = peer.create("a", 4096)["handle"]
    other = peer.create("b", 4096)["handle"]  # of the same size
    named = peer.create("c", 4096, name)["handle"]
    first = client.duplicate(peer.pid, mine)["id"]
    client.duplicate(peer.pid, mine)
    opened = client.open(name)["id"]
    sections = by_handle(found(client, peer.pid))
    assert sections[mine]["id"] == first, "the lowest"
    assert sections[other]["id"] is None
    assert sections[named]["id"] == opened


def test_a_handle_of_our_own_section_is_recognised(client, peer):
    section = client.create(size=4096)
    handle = peer.duplicate("a", section["pid"], section["handle"])["handle"]
    assert by_handle(found(client, peer.pid))[handle]["id"] == section["id"]


def test_the_daemon_can_be_searched_itself(client, daemon):
    section = client.create(size=12288)
    sections = by_handle(found(client, daemon.pid))
    assert sections[section["handle"]]["id"] == section["id"]
    assert sections[section["handle"]]["size"] == 12288
    # What another test has closed is let go of a little later.
    wait_until(lambda: len(found(client, daemon.pid)) == len(client.sections()),
               "nothing of the search's own")


def test_a_name_of_ours_is_told_wherever_its_handle_went(client, daemon, peer, name):
    section = client.create(name, 4096)
    handle = peer.duplicate("a", section["pid"], section["handle"])["handle"]
    for pid, each in ((peer.pid, handle), (daemon.pid, section["handle"])):
        shown = by_handle(found(client, pid))[each]
        assert (shown["name"], shown["id"]) == (name, section["id"])
    assert client.duplicate(peer.pid, handle)["name"] == name


def test_a_read_only_handle_is_told_as_one(client, peer):
    handle = peer.create_readonly("a", 4096)["handle"]
    section = by_handle(found(client, peer.pid))[handle]
    assert section["access"] == ["read", "query"]
    assert section["size"] == 4096


def test_a_process_without_sections_has_an_empty_list(client, peer):
    assert [each for each in found(client, peer.pid) if each["backing"]["kind"] == KIND] == []


def test_many_sections_are_found_in_the_order_of_their_handles(client, peer):
    made = [int(peer.create(f"slot{i}", 4096 * (i + 1))["handle"], 16) for i in range(100)]
    sections = found(client, peer.pid)
    handles = [int(each["handle"], 16) for each in sections]
    assert handles == sorted(handles)
    assert set(made) <= set(handles)
    sizes = {int(each["handle"], 16): each["size"] for each in sections}
    assert [sizes[handle] for handle in made] == [4096 * (i + 1) for i in range(100)]


def test_a_search_leaves_nothing_behind(client, daemon, peer, name, tmp_path):
    hold_other_things(peer, tmp_path)
    for slot in "abc":
        peer.create(slot, 4096)
    peer.create("d", 4096, name)
    search(client, peer.pid)
    before = footprint(daemon, peer)
    for _ in range(20):
        assert len(search(client, peer.pid)["sections"]) >= 4
        expect_problem(client.get(f"/v1/processes/{MISSING_PID}/sections"), 404, "not_found")
    expect_no_more(footprint(daemon, peer), before)


@pytest.mark.parametrize("pid", [0, MISSING_PID, 0xFFFFFFFF, 1 << 32, (1 << 53) - 1, "9" * 30])
def test_a_process_that_is_not_there_is_404(client, pid):
    expect_problem(client.get(f"/v1/processes/{pid}/sections"), 404, "not_found")


@pytest.mark.parametrize("pid", ["abc", "-1", "0x10", "@name", "1.0", "%20"])
def test_what_is_no_number_is_404(client, pid):
    expect_problem(client.get(f"/v1/processes/{pid}/sections"), 404, "not_found")


def test_a_process_that_has_ended_is_404(client, start_peer):
    ended = start_peer()
    ended.create("a", 4096)
    ended.exit()
    expect_problem(client.get(f"/v1/processes/{ended.pid}/sections"), 404, "not_found")


def test_there_are_no_parameters_and_no_other_methods(client, peer):
    path = f"/v1/processes/{peer.pid}/sections"
    expect_problem(client.get(path + "?pid=1"), 400, "bad_query")
    assert client.post(path, {}).status == 405
    assert client.delete(path).headers["Allow"] == "GET, HEAD, OPTIONS"
    reply = expect_status(client.head(path), 200)
    assert int(reply.headers["Content-Length"]) > 20


@pytest.mark.windows
def test_an_image_is_listed_and_never_mapped(client, daemon, peer):
    handle = peer.image("a", build.PEER)["handle"]
    path = f"/proc/{daemon.unix_pid()}/maps"
    section = by_handle(found(client, peer.pid))[handle]
    assert section["backing"]["kind"] == "image"
    assert "image" in section["attributes"]
    assert section["size"] > 0
    assert build.PEER.name not in open(path).read()
    for wanted in ({"handle": handle}, {"index": section["index"]}):
        reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, **wanted})
        expect_problem(reply, 409, "not_a_section")


@pytest.mark.windows
def test_the_file_behind_a_section_is_named(client, peer, tmp_path):
    path = tmp_path / "frames.bin"
    path.write_bytes(b"x" * 5000)
    handle = peer.map_file("a", path)["handle"]
    section = by_handle(found(client, peer.pid))[handle]
    assert section["backing"]["kind"] == "file"
    assert section["backing"]["file"].endswith("frames.bin")
    assert section["size"] == 5000 and section["size_exact"]
    assert "file" in section["attributes"]


@pytest.mark.windows
def test_a_global_name_is_told_with_its_scope(client, peer, name):
    handle = peer.create("a", 4096, "Global\\" + name)["handle"]
    section = by_handle(found(client, peer.pid))[handle]
    assert (section["name"], section["scope"]) == (name, "global")


@pytest.mark.windows
def test_a_process_that_denies_us_is_403_with_the_words_of_windows(client, peer):
    peer.create("a", 4096)
    peer.harden()
    problem = expect_problem(client.get(f"/v1/processes/{peer.pid}/sections"), 403, "access_denied")
    assert problem["call"] == "OpenProcess"
    assert problem["os"]["code"] == 5
