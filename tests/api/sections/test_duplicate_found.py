"""POST /v1/sections/duplicate by name and by index, as the search found them."""

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint
from search import found


def duplicate(client, **members):
    return client.post("/v1/sections/duplicate", members)


def taken(client, **members):
    return expect_status(duplicate(client, **members), 201).json()


def test_a_section_is_taken_by_its_index(client, peer):
    peer.create("a", 4096)
    second = peer.create("b", 8192)["handle"]
    [index] = [each["index"] for each in found(client, peer.pid) if each["size"] == 8192]
    section = taken(client, pid=peer.pid, index=index, label="found")
    assert section["size"] == 8192
    assert section["origin"] == "duplicated"
    assert section["label"] == "found"
    assert section["source"] == {"pid": peer.pid, "handle": second}
    peer.write("b", b"hello")
    assert client.read(section["id"], 0, 5) == b"hello"
    client.write(section["id"], b"back", 100)
    assert peer.read("b", 4, 100) == b"back"


def test_a_section_is_taken_by_its_name(client, peer, name):
    peer.create("a", 4096)
    handle = peer.create("b", 8192, name)["handle"]
    section = taken(client, pid=peer.pid, name=name)
    assert section["name"] == name
    assert section["source"] == {"pid": peer.pid, "handle": handle}
    client.write(section["id"], b"hello")
    assert peer.read("b", 5) == b"hello"


@pytest.mark.windows
def test_a_prefix_says_which_scope(client, peer, name):
    peer.create("a", 4096, "Global\\" + name)
    peer.create("b", 8192, name)
    assert taken(client, pid=peer.pid, name="Local\\" + name)["size"] == 8192
    assert taken(client, pid=peer.pid, name="Global\\" + name)["size"] == 4096
    assert taken(client, pid=peer.pid, name=name)["size"] == 4096, "the first that has it"


@pytest.mark.linux
def test_a_memfd_is_taken_by_its_own_name(client, peer):
    handle = peer.create("a", 4096)["handle"]
    section = taken(client, pid=peer.pid, name="peer")
    assert section["source"]["handle"] == handle
    assert section["name"] is None, "nobody can open it by that"


def test_access_and_view_are_as_with_a_handle(client, peer, name):
    peer.create("a", 3 * 65536, name)
    peer.write("a", b"second", 65536)
    section = taken(client, pid=peer.pid, name=name, access="read",
                    view={"offset": 65536, "length": 65536})
    assert section["access"] == "read"
    assert section["view"] == {"offset": 65536, "length": 65536}
    assert client.read(section["id"], 0, 6) == b"second"
    reply = client.put(f"/v1/sections/{section['id']}/data", b"x")
    expect_problem(reply, 403, "read_only")


def test_a_name_that_the_process_does_not_have_is_404(client, peer, name):
    client.create(name)  # ours, not the process's
    assert name in expect_problem(
        duplicate(client, pid=peer.pid, name=name), 404, "not_found")["detail"]


def test_an_index_that_is_not_there_is_404(client, peer):
    peer.create("a", 4096)
    past = len(found(client, peer.pid))
    for index in (past, past + 1, (1 << 53) - 1):
        detail = expect_problem(duplicate(client, pid=peer.pid, index=index), 404, "not_found")
        assert str(index) in detail["detail"]


@pytest.mark.parametrize("wanted", [{"name": "x"}, {"index": 0}])
def test_a_process_that_is_not_there_is_404(client, wanted):
    expect_problem(duplicate(client, pid=0x7FFFFFF0, **wanted), 404, "not_found")


@pytest.mark.parametrize("wanted", [
    {}, {"name": "x", "index": 0}, {"name": "x", "handle": 4},
    {"address": "0x1000", "handle": "0x4"}, {"name": None}, {"index": None},
    {"index": 0, "address": "0x1000", "handle": "0x4"}, {"size": 4096},
    {"handle": "0x4", "size": 4096}, {"name": "x", "size": 4096},
    {"name": "x", "index": 0, "handle": "0x4"}])
def test_exactly_one_way_must_be_given(client, peer, wanted):
    expect_problem(duplicate(client, pid=peer.pid, **wanted), 400, "bad_request")


@pytest.mark.parametrize("wanted", [
    {"name": 1}, {"name": ["x"]}, {"index": "0"}, {"index": -1}, {"index": 0.5},
    {"index": 1 << 53}, {"index": 0, "size": "4096"}, {"index": 0, "size": -1}, {"name": "x", "pid": "1"}, {"name": "x", "pid": -1}])
def test_wrong_types_are_refused(client, peer, wanted):
    expect_problem(duplicate(client, **{"pid": peer.pid, **wanted}), 400, "bad_json")


def test_a_pid_is_needed(client):
    expect_problem(duplicate(client, name="x"), 400, "bad_request")
    expect_problem(duplicate(client, index=0), 400, "bad_request")


def row_of(client, peer, size):
    """What a client sends back of a section that it has seen in the list."""
    [row] = [each for each in found(client, peer.pid) if each["size"] == size]
    return {key: row[key] for key in ("index", "handle", "address", "size")}


def test_an_index_with_all_that_was_listed_of_it_takes_the_section(client, peer):
    peer.create("a", 4096)
    peer.create("b", 65536)
    section = taken(client, pid=peer.pid, **row_of(client, peer, 65536))
    assert section["size"] == 65536
    assert section["source"]["handle"] == row_of(client, peer, 65536)["handle"]


def test_a_list_that_has_changed_gives_no_other_object(client, peer):
    peer.create("a", 65536)
    peer.create("b", 65536 * 2)
    second = row_of(client, peer, 65536 * 2)
    peer.close_slot("a")
    reply = duplicate(client, pid=peer.pid, **second)
    detail = expect_problem(reply, 409, "changed")["detail"]
    assert str(second["index"]) in detail
    peer.close_slot("b")
    expect_problem(duplicate(client, pid=peer.pid, **second), 409, "changed")
    assert client.sections() == []


@pytest.mark.parametrize("member, value", [
    ("handle", "0x7ffc"), ("address", "0x7ffff000"), ("size", 4096), ("size", 0),
    ("size", (1 << 53) - 1)])
def test_each_check_alone_is_held_against_the_list(client, peer, member, value):
    peer.create("a", 65536)
    index = row_of(client, peer, 65536)["index"]
    expect_problem(duplicate(client, pid=peer.pid, index=index, **{member: value}), 409, "changed")


@pytest.mark.linux
def test_a_mapping_is_checked_by_its_address(client, peer):
    peer.create("a", 65536)
    address = peer.drop_handle("a")
    row = row_of(client, peer, 65536)
    assert row["address"] == address
    section = taken(client, pid=peer.pid, **row)
    assert section["source"]["address"] == address
    other = {**row, "address": hex(int(address, 16) + 4096)}
    expect_problem(duplicate(client, pid=peer.pid, **other), 409, "changed")


@pytest.mark.windows
def test_windows_takes_nothing_by_an_address(client, peer):
    address = peer.create("a", 4096) and peer.drop_handle("a")
    expect_problem(duplicate(client, pid=peer.pid, address=address), 501, "unsupported_here")


def test_the_quota_goes_before_the_search(start_daemon, peer):
    client = start_daemon("--max-sections", "1").client()
    client.create()
    expect_problem(duplicate(client, pid=peer.pid, index=99), 507, "quota_exceeded")


def test_refusals_leave_nothing_behind(client, daemon, peer, name):
    peer.create("a", 4096, name)

    def refused():
        assert duplicate(client, pid=peer.pid, index=50).status == 404
        assert duplicate(client, pid=peer.pid, name=name + "x").status == 404
        reply = duplicate(client, pid=peer.pid, name=name, view={"offset": 1 << 40})
        assert reply.status == 400

    refused()
    before = footprint(daemon, peer)
    for _ in range(10):
        refused()
    expect_no_more(footprint(daemon, peer), before)


def test_the_tutorial_works_without_a_handle_ever_told(client, peer):
    """An anonymous section with a text, whose only trace is the process that holds it."""
    peer.create("secret", 4096)
    peer.write_text("secret", "我将无我,不负人民")
    [process] = [each for each in client.get(f"/v1/processes?name={build.PEER.name}").json()[
        "processes"] if each["pid"] == peer.pid]
    [index] = [each["index"] for each in found(client, process["pid"])
               if each["size"] == 4096 and each["scope"] is None]
    section = taken(client, pid=process["pid"], index=index)
    path = f"/v1/sections/{section['id']}/text?encoding={build.WIDE}"
    assert client.get(path).text == "我将无我,不负人民"
    client.put(path, "答")
    assert peer.read_text("secret") == "答"
