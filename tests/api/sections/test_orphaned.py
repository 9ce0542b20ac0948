"""A program ends, or makes its section anew: `@NAME` is what has that name now, and `orphaned` tells."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from client import expect_problem, expect_status
from daemon import wait_until
from waiters import Waiter


def remake(peer, name, size=4096):
    """The program ends its section and makes a new one of that name."""
    peer.close_slot("a")
    return peer.create("a", size, name)


# ---- what the section object says ----

@pytest.mark.parametrize("how", ["open", "duplicate", "create"])
def test_a_section_is_orphaned_when_its_program_has_ended(client, peer, name, how):
    made = peer.create("a", 4096, name)
    section = {"open": lambda: client.open(name),
               "duplicate": lambda: client.duplicate(peer.pid, made["handle"]),
               "create": lambda: client.create(name)}[how]()
    assert section["orphaned"] is False
    assert client.section(section["id"])["orphaned"] is False
    peer.exit()
    held = client.section(section["id"])
    assert held["orphaned"] is True
    assert held["name"] == name
    assert [each["orphaned"] for each in client.sections()] == [True]


def test_two_ids_of_one_object_are_orphaned_together(client, peer, name):
    peer.create("a", 4096, name)
    for _ in range(2):
        client.open(name)
    assert [each["orphaned"] for each in client.sections()] == [False, False]
    peer.exit()
    assert [each["orphaned"] for each in client.sections()] == [True, True]


def test_what_we_made_is_not_orphaned_where_nobody_else_holds_it(client, name):
    assert client.create(name)["orphaned"] is False
    assert client.open(name)["orphaned"] is False
    assert client.create(size=4096)["orphaned"] is False


def test_a_section_without_a_name_is_not_orphaned_while_its_program_holds_it(client, peer):
    made = peer.create("a", 4096)
    assert client.duplicate(peer.pid, made["handle"])["orphaned"] is False


@pytest.mark.linux
def test_a_name_that_was_only_unlinked_orphans_also_what_we_made(client, name):
    section = client.create(name)
    Path("/dev/shm", name).unlink()
    assert client.section(section["id"])["orphaned"] is True
    expect_problem(client.get(f"/v1/sections/@{name}"), 404, "not_found")


@pytest.mark.linux
def test_a_name_that_comes_back_is_the_old_section_again(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    path, aside = Path("/dev/shm", name), Path("/dev/shm", name + "-aside")
    path.rename(aside)
    assert client.section(section["id"])["orphaned"] is True
    peer.create("b", 4096, name)
    new = client.open(name)
    assert client.get(f"/v1/sections/@{name}").json()["id"] == new["id"]
    aside.rename(path)
    assert client.section(section["id"])["orphaned"] is False
    assert client.section(new["id"])["orphaned"] is True
    assert client.get(f"/v1/sections/@{name}").json()["id"] == section["id"]


# ---- @NAME ----

@pytest.mark.linux
def test_a_name_whose_section_was_made_anew_is_not_the_old_one(client, peer, name):
    peer.create("a", 4096, name)
    old = client.open(name)
    remake(peer, name)
    for request in (
            lambda path: client.get(f"{path}"),
            lambda path: client.get(f"{path}/data?length=4"),
            lambda path: client.get(f"{path}/text?encoding=utf-8"),
            lambda path: client.get(f"{path}/values?type=u8&count=4"),
            lambda path: client.get(f"{path}/events?length=4"),
            lambda path: client.put(f"{path}/data", b"lost"),
            lambda path: client.put(f"{path}/text?encoding=utf-8", "lost"),
            lambda path: client.json("PUT", f"{path}/values?type=u8", {"values": [1]}),
            lambda path: client.json("POST", f"{path}/fill", {"byte": 1, "offset": 0, "length": 4}),
            lambda path: client.json("POST", f"{path}/atomic", {
                "op": "add", "type": "u32", "offset": 0, "value": 1}),
            lambda path: client.json("PATCH", path, {"label": "lost"}),
            lambda path: client.request("DELETE", path)):
        problem = expect_problem(request(f"/v1/sections/@{name}"), 404, "not_found")
        assert f"section {old['id']}" in problem["detail"] and "open=1" in problem["detail"]
    assert client.read(old["id"]) == bytes(4096)
    assert peer.read("a", 4) == bytes(4)


@pytest.mark.linux
def test_open_in_passing_opens_the_new_section_and_goes_on_with_it(client, peer, name):
    peer.create("a", 4096, name)
    path = f"/v1/sections/@{name}/data?open=1&length=4"
    for generation in range(1, 4):
        peer.write("a", bytes([generation]) * 4)
        for _ in range(2):
            assert expect_status(client.get(path), 200).body == bytes([generation]) * 4
        expect_status(client.put(f"/v1/sections/@{name}/data?open=1&offset=8", b"seen"), 204)
        assert peer.read("a", 4, 8) == b"seen"
        assert len(client.sections()) == generation
        assert [each["orphaned"] for each in client.sections()] == [True] * (generation - 1) + [False]
        remake(peer, name, 4096 * (generation + 1))


@pytest.mark.linux
def test_after_opening_again_the_name_means_the_new_section(client, peer, name):
    peer.create("a", 4096, name)
    old = client.open(name)
    remake(peer, name)
    new = client.open(name)
    assert client.get(f"/v1/sections/@{name}").json()["id"] == new["id"]
    expect_status(client.put(f"/v1/sections/@{name}/data", b"here"), 204)
    assert peer.read("a", 4) == b"here"
    client.close_section(new["id"])
    expect_problem(client.get(f"/v1/sections/@{name}"), 404, "not_found")
    client.close_section(old["id"])


@pytest.mark.linux
def test_each_operation_of_a_batch_takes_what_has_the_name(client, peer, name):
    peer.create("a", 4096, name)
    old = client.open(name)
    remake(peer, name)
    ops = [{"op": "read", "id": f"@{name}", "offset": 0, "length": 4},
           {"op": "read", "id": old["id"], "offset": 0, "length": 4}]
    results = client.json("POST", "/v1/batch", {"ops": ops}).json()["results"]
    assert results[0]["code"] == "not_found" and "data" in results[1]
    client.open(name)
    results = client.json("POST", "/v1/batch", {"ops": ops}).json()["results"]
    assert "data" in results[0]


@pytest.mark.linux
def test_a_read_that_waits_for_a_name_goes_on_with_the_new_section(client, daemon, peer, name):
    peer.create("a", 4096, name)
    old = client.open(name)
    path = f"/v1/sections/@{name}/data?length=4&open=1"
    tag = client.get(path).headers["ETag"]
    waiter = Waiter(daemon, path + "&wait=60s", tag)
    wait_until(lambda: client.section(old["id"])["stats"]["watchers"] == 1, "somebody waits")
    remake(peer, name)
    peer.write("a", b"new!")
    status, _, body = waiter.answer()
    assert (status, body) == (200, b"new!")


@pytest.mark.linux
def test_a_read_that_waits_for_a_name_ends_when_the_name_is_gone(client, daemon, peer, name):
    peer.create("a", 4096, name)
    old = client.open(name)
    path = f"/v1/sections/@{name}/data?length=4"
    waiter = Waiter(daemon, path + "&wait=60s", client.get(path).headers["ETag"])
    by_id = Waiter(daemon, f"/v1/sections/{old['id']}/data?length=4&wait=60s",
                   client.get(path).headers["ETag"])
    wait_until(lambda: client.section(old["id"])["stats"]["watchers"] == 2, "both wait")
    peer.exit()
    assert waiter.answer()[0] == 404
    client.write(old["id"], b"mine")  # who asked for the id waits for its bytes
    status, _, body = by_id.answer()
    assert (status, body) == (200, b"mine")


@pytest.mark.windows
def test_a_name_that_only_we_hold_still_leads_to_it(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    peer.exit()
    held = expect_status(client.get(f"/v1/sections/@{name}?open=1"), 200).json()
    assert held["id"] == section["id"] and held["orphaned"] is True
    assert held["handle_count"] == 1


@pytest.mark.windows
def test_a_program_that_comes_back_shares_it_again(client, peer, start_peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    peer.exit()
    assert client.section(section["id"])["orphaned"] is True
    start_peer().create("a", 4096, name)
    assert client.section(section["id"])["orphaned"] is False


# ---- opening races with closing ----

@pytest.mark.linux
def test_what_is_opened_while_another_id_is_closed_has_its_name(client, daemon, name):
    over = threading.Event()

    def make_and_close():
        with closing(daemon.client()) as other:
            while not over.is_set():
                made = other.json("POST", "/v1/sections", {"name": name, "size": 4096})
                other.request("DELETE", f"/v1/sections/{made.json()['id']}")

    maker = threading.Thread(target=make_and_close)
    maker.start()
    opened = 0
    try:
        while opened < 100:
            reply = client.json("POST", "/v1/sections/open", {"name": name})
            if reply.status == 404:
                assert maker.is_alive()
                continue
            section = expect_status(reply, 201).json()
            assert section["orphaned"] is False
            assert client.section(section["id"])["orphaned"] is False
            assert Path("/dev/shm", name).exists()
            client.close_section(section["id"])
            opened += 1
    finally:
        over.set()
        maker.join()


@pytest.mark.linux
def test_what_is_opened_while_a_program_makes_it_anew_is_never_left_out(client, peer, name):
    """Whatever is opened amid that: what the name means afterwards is what the program sees."""
    peer.create("a", 4096, name)
    for generation in range(1, 60):
        peer.send("close", "a")
        client.json("POST", "/v1/sections/open", {"name": name})
        peer.receive()
        peer.send("create", "a", name, 4096)
        client.json("POST", "/v1/sections/open", {"name": name})
        peer.receive()
        reply = client.put(f"/v1/sections/@{name}/data?open=1", bytes([generation]))
        expect_status(reply, 204)
        assert peer.read("a", 1) == bytes([generation])
        for section in client.sections():
            client.close_section(section["id"])


# ---- another start of the daemon ----

def test_each_start_has_an_instance_of_its_own(start_daemon, tmp_path):
    seen = set()
    for _ in range(3):
        daemon = start_daemon(state=tmp_path / "state")
        with closing(daemon.client()) as client:
            first, second = (client.get("/v1/info").json()["instance"] for _ in range(2))
        assert first == second and len(first) == 32 and int(first, 16) >= 0
        seen.add(first)
        daemon.stop()
    assert len(seen) == 3


@pytest.mark.parametrize("instance", ["", "0", "0" * 32, "@{name}", "present, present"])
def test_a_request_that_is_meant_for_another_instance_changes_nothing(client, section, instance):
    present = client.get("/v1/info").json()["instance"]
    headers = {"Sectiond-Instance": instance.replace("present", present)}
    client.write(section, b"mine")
    path = f"/v1/sections/{section}"
    json = {**headers, "Content-Type": "application/json"}
    for reply in (
            client.get(path, headers), client.get(f"{path}/data", headers),
            client.put(f"{path}/data", b"lost", headers),
            client.put(f"{path}/data", bytes(4096), headers),
            client.request("PATCH", path, b'{"label":"lost"}', json),
            client.request("POST", f"{path}/fill", b'{"byte":1,"offset":0,"length":4}', json),
            client.request("POST", "/v1/batch", (
                '{"ops":[{"op":"write","id":%d,"offset":0,"data":"AAAA"}]}' % section).encode(), json),
            client.request("POST", "/v1/sections", b'{"size":4096}', json),
            client.request("DELETE", path, b"", headers)):
        expect_problem(reply, 412, "precondition_failed")
    assert client.read(section, 0, 4) == b"mine"
    assert client.section(section)["label"] is None
    assert len(client.sections()) == 1


def test_a_request_that_is_meant_for_this_instance_is_as_any_other(client, section):
    headers = {"Sectiond-Instance": client.get("/v1/info").json()["instance"]}
    expect_status(client.put(f"/v1/sections/{section}/data", b"mine", headers), 204)
    assert expect_status(client.get(f"/v1/sections/{section}/data?length=4", headers), 200).body == b"mine"
