"""POST /v1/sections/duplicate: handles of other processes."""

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint


def duplicate(client, pid, handle, **members):
    return client.post("/v1/sections/duplicate", {"pid": pid, "handle": handle, **members})


@pytest.fixture
def unchanged(client):
    """A refused request leaves no section behind."""
    yield
    assert client.sections() == []


def test_refusals_leave_no_handle_behind(client, daemon, peer, tmp_path):
    handles = [peer.pipe("p")["handle"], peer.event("e")["handle"],
               peer.process_handle("q")["handle"], peer.file("f", "/etc/passwd")["handle"],
               peer.pseudo_handle(), "0xfff0", -1]
    section = peer.create("a", 4096)["handle"]
    readonly = peer.create_readonly("r", 4096)["handle"]

    def refuse_all():
        for handle in handles:
            assert duplicate(client, peer.pid, handle).status in (400, 404, 409)
        assert duplicate(client, 0x7FFFFFF0, "0x4").status == 404
        assert duplicate(client, peer.pid, readonly, access="readwrite").status == 403
        assert duplicate(client, peer.pid, section, view={"offset": 4096}).status == 400

    refuse_all()
    before = footprint(daemon, peer)
    for _ in range(20):
        refuse_all()
    expect_no_more(footprint(daemon, peer), before)


def test_duplicate_answers_201_with_the_section_and_its_address(client, daemon, peer):
    made = peer.create("a", 8192)
    reply = expect_status(duplicate(client, peer.pid, made["handle"]), 201)
    section = reply.json()
    assert reply.headers["Location"] == f"/v1/sections/{section['id']}"
    assert section["name"] is None
    assert section["origin"] == "duplicated"
    assert section["created"] is False
    assert section["size"] == 8192
    assert section["requested_size"] is None
    assert section["access"] == "readwrite"
    assert section["pid"] == daemon.pid
    assert section["source"] == {"pid": peer.pid, "handle": made["handle"]}
    assert section["backing"]["kind"] == ("pagefile" if build.ON_WINDOWS else "memfd")


def test_a_handle_may_be_an_integer_or_a_hexadecimal_or_decimal_string(client, peer):
    handle = int(peer.create("a", 4096)["handle"], 16)
    for spelling in (handle, hex(handle), f"0x{handle:X}", str(handle), float(handle)):
        assert client.duplicate(peer.pid, spelling)["source"]["handle"] == hex(handle)


@pytest.mark.windows
def test_the_two_low_bits_of_a_handle_do_not_count(client, peer):
    handle = int(peer.create("a", 4096)["handle"], 16)
    section = client.duplicate(peer.pid, handle + 3)
    assert section["source"]["handle"] == hex(handle)


@pytest.mark.windows
def test_the_duplicate_of_a_process_section_raises_its_handle_count(client, peer):
    made = peer.create("a", 4096)
    section = client.duplicate(peer.pid, made["handle"])
    assert section["handle_count"] == 2
    peer.close_slot("a")
    assert client.section(section["id"])["handle_count"] == 1


@pytest.mark.linux
def test_the_duplicate_of_a_named_section_is_told_by_its_name(client, peer, name):
    made = peer.create("a", 4096, name)
    section = client.duplicate(peer.pid, made["handle"])
    assert section["name"] == name
    assert section["backing"]["kind"] == "shm"


def test_a_section_of_our_own_can_be_duplicated(client):
    made = client.create()
    section = client.duplicate(made["pid"], made["handle"])
    client.write(section["id"], b"same")
    assert client.read(made["id"], 0, 4) == b"same"


def test_duplicate_falls_back_to_reading_where_only_that_is_granted(client, peer):
    made = peer.create_readonly("a", 4096)
    peer.write("a", b"published")
    section = client.duplicate(peer.pid, made["handle"])
    assert section["access"] == "read"
    assert client.read(section["id"], 0, 9) == b"published"
    expect_problem(client.put(f"/v1/sections/{section['id']}/data", b"x"), 403, "read_only")
    assert peer.read("a", 9) == b"published"


def test_duplicate_refuses_more_access_than_is_granted(client, peer, unchanged):
    made = peer.create_readonly("a", 4096)
    reply = duplicate(client, peer.pid, made["handle"], access="readwrite")
    expect_problem(reply, 403, "access_denied", "read_only")


def test_duplicate_gives_read_access_where_that_is_asked(client, peer):
    made = peer.create("a", 4096)
    section = client.duplicate(peer.pid, made["handle"], access="read")
    assert section["access"] == "read"
    expect_problem(client.put(f"/v1/sections/{section['id']}/data", b"x"), 403, "read_only")


def test_a_view_of_a_duplicated_section_shows_only_its_part(client, peer):
    made = peer.create("a", 200_000)
    peer.write("a", b"inside", 70_000)
    section = client.duplicate(
        peer.pid, made["handle"], view={"offset": 70_000, "length": 6}, label="part")
    assert section["label"] == "part"
    assert client.read(section["id"]) == b"inside"


def test_duplicate_refuses_a_pipe(client, peer, unchanged):
    handle = peer.pipe("p")["handle"]
    expect_problem(duplicate(client, peer.pid, handle), 409, "not_a_section")


def test_duplicate_refuses_an_event(client, peer, unchanged):
    handle = peer.event("e")["handle"]
    expect_problem(duplicate(client, peer.pid, handle), 409, "not_a_section")


def test_duplicate_refuses_a_process(client, peer, unchanged):
    handle = peer.process_handle("q")["handle"]
    expect_problem(duplicate(client, peer.pid, handle), 409, "not_a_section")


def test_duplicate_refuses_a_file(client, peer, unchanged):
    handle = peer.file("f", "/etc/passwd")["handle"]
    expect_problem(duplicate(client, peer.pid, handle), 409, "not_a_section")


@pytest.mark.linux
def test_duplicate_refuses_a_file_that_is_written_too(client, peer, unchanged, tmp_path):
    handle = peer.map_file("f", tmp_path / "data", 4096)["handle"]
    expect_problem(duplicate(client, peer.pid, handle), 409, "not_a_section")


@pytest.mark.parametrize("handle", [-1, "-1", -2, "-0x1"])
def test_duplicate_refuses_negative_handles(client, peer, unchanged, handle):
    problem = expect_problem(duplicate(client, peer.pid, handle), 400, "bad_handle", "bad_json")
    assert "handle" in problem["detail"]


def test_duplicate_refuses_the_pseudo_handle_of_a_process(client, peer, unchanged):
    expect_problem(
        duplicate(client, peer.pid, peer.pseudo_handle()), 400, "bad_handle", "bad_json")


@pytest.mark.parametrize("handle", ["0xffffffff", "0xfffffffe", "0xffffffffffffffff"])
def test_duplicate_refuses_pseudo_handles_in_other_spellings(client, peer, unchanged, handle):
    reply = duplicate(client, peer.pid, handle)
    expect_problem(reply, *((400, "bad_handle") if reply.status == 400 else (404,
    "not_found")))


def test_duplicate_refuses_an_unknown_handle(client, peer, unchanged):
    reply = duplicate(client, peer.pid, "0xfff0")
    problem = expect_problem(reply, 404, "not_found")
    assert problem["os"]["name"] == ("ERROR_INVALID_HANDLE" if build.ON_WINDOWS else "EBADF")


def test_duplicate_refuses_a_handle_that_was_closed(client, peer, unchanged):
    handle = peer.create("a", 4096)["handle"]
    peer.close_slot("a")
    expect_problem(duplicate(client, peer.pid, handle), 404, "not_found")


def test_duplicate_refuses_an_unknown_process(client, unchanged):
    problem = expect_problem(duplicate(client, 0x7FFFFFF0, "0x4"), 404, "not_found")
    assert "process" in problem["detail"] or "pid" in problem["detail"]


def test_duplicate_refuses_a_process_that_has_ended(client, start_peer, unchanged):
    ended = start_peer()
    handle = ended.create("a", 4096)["handle"]
    ended.exit()
    expect_problem(duplicate(client, ended.pid, handle), 404, "not_found")


@pytest.mark.parametrize("pid", [-1, 2**53, 1.5, "77x", "x", None, True])
def test_duplicate_refuses_a_pid_that_cannot_be(client, unchanged, pid):
    problem = expect_problem(duplicate(client, pid, "0x4"), 400, "bad_json", "bad_request")
    assert "pid" in problem["detail"]


@pytest.mark.parametrize("pid", [2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**53 - 1])
def test_duplicate_does_not_cut_a_large_pid(client, unchanged, pid):
    expect_problem(duplicate(client, pid, "0x4"), 404, "not_found")


def test_duplicate_refuses_pid_0(client, unchanged):
    reply = duplicate(client, 0, "0x4")
    assert reply.status in (400, 404), reply


@pytest.mark.parametrize("handle", [
    "", "x", "0x", "0xg", "1 ", " 1", "+1", "1.5", 1.5, True, [], "0x10000000000000000",
    "99999999999999999999999999"])
def test_duplicate_refuses_a_handle_that_is_no_number(client, peer, unchanged, handle):
    problem = expect_problem(duplicate(client, peer.pid, handle), 400, "bad_json", "bad_handle")
    assert "handle" in problem["detail"]


@pytest.mark.parametrize("document", [
    {}, {"pid": 1}, {"handle": "0x4"}, {"pid": 1, "handle": None}])
def test_duplicate_needs_a_pid_and_a_handle(client, unchanged, document):
    expect_problem(
        client.post("/v1/sections/duplicate", document), 400, "bad_json", "bad_request")


def test_duplicate_names_a_member_that_it_does_not_take(client, peer, unchanged):
    handle = peer.create("a", 4096)["handle"]
    problem = expect_problem(duplicate(client, peer.pid, handle, length=4096), 400, "bad_json")
    assert "length" in problem["detail"]
