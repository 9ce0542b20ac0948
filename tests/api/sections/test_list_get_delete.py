"""GET /v1/sections, GET and DELETE /v1/sections/{id}."""

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from footprint import expect_no_more, footprint


def test_the_list_of_nothing_is_empty(client):
    assert client.get("/v1/sections").json() == {"sections": [], "next": None}


def test_the_list_has_what_get_gives(client, peer, name):
    created = client.create(name)
    opened = client.open(name)
    duplicated = client.duplicate(peer.pid, peer.create("a", 4096)["handle"])
    listed = client.get("/v1/sections").json()
    assert listed["next"] is None
    assert [section["id"] for section in listed["sections"]] == [
        created["id"], opened["id"], duplicated["id"]]
    for section in listed["sections"]:
        alone = client.section(section["id"])
        assert set(alone) == set(section)
        for member in ("id", "name", "origin", "size", "access", "handle", "source", "backing"):
            assert alone[member] == section[member]


def test_the_list_is_filtered_by_name(client, names):
    first, second = names(2)
    wanted = {client.create(first)["id"], client.open(first)["id"]}
    client.create(second)
    client.create()
    listed = client.get(f"/v1/sections?name={first}").json()["sections"]
    assert {section["id"] for section in listed} == wanted


def test_the_list_is_filtered_by_origin(client, peer, name):
    created = client.create(name)
    opened = client.open(name)
    duplicated = client.duplicate(peer.pid, peer.create("a", 4096)["handle"])
    for origin, expected in (("created", created), ("opened", opened), ("duplicated", duplicated)):
        listed = client.get(f"/v1/sections?origin={origin}").json()["sections"]
        assert [section["id"] for section in listed] == [expected["id"]]


def test_the_list_comes_in_pages(client):
    ids = [client.create(size=1)["id"] for _ in range(7)]
    seen = []
    path = "/v1/sections?limit=3"
    pages = 0
    while path:
        page = expect_status(client.get(path), 200).json()
        assert len(page["sections"]) <= 3
        seen += [section["id"] for section in page["sections"]]
        path = page["next"]
        pages += 1
    assert seen == ids
    assert pages == 3


def test_a_page_begins_after_an_id(client):
    ids = [client.create(size=1)["id"] for _ in range(4)]
    page = client.get(f"/v1/sections?after={ids[1]}").json()
    assert [section["id"] for section in page["sections"]] == ids[2:]


def test_the_pages_of_a_filtered_list_keep_the_filter(client, names):
    wanted, other = names(2)
    ids = []
    for _ in range(3):
        ids.append(client.create(wanted)["id"])
        client.create(other)
    seen = []
    path = f"/v1/sections?name={wanted}&limit=2"
    while path:
        page = expect_status(client.get(path), 200).json()
        seen += [section["id"] for section in page["sections"]]
        path = page["next"]
    assert seen == ids


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "after=-1", "after=x",
    "origin=stolen", "origin=", "limit=1&limit=2", "bogus=1", "Limit=1"])
def test_the_list_refuses_a_query_that_makes_no_sense(client, query):
    problem = expect_problem(client.get(f"/v1/sections?{query}"), 400, "bad_query")
    assert query.split("=")[0] in problem["detail"]


def test_get_gives_what_create_gave(client, name):
    created = client.create(name)
    got = client.section(created["id"])
    changing = {"last_used_at", "stats", "handle_count"}
    assert {key: value for key, value in got.items() if key not in changing} == {
        key: value for key, value in created.items() if key not in changing}


def test_head_gives_the_headers_of_get(client):
    section = client.create()
    path = f"/v1/sections/{section['id']}"
    got, headers = client.get(path), client.head(path)
    assert headers.status == 200
    assert headers.body == b""
    assert headers.headers["Content-Type"] == got.headers["Content-Type"]


def test_reads_and_writes_are_counted(client):
    section = client.create()
    client.write(section["id"], b"12345")
    client.write(section["id"], b"123", 9)
    client.read(section["id"], 0, 7)
    stats = client.section(section["id"])["stats"]
    assert stats == {
        "reads": 1, "writes": 2, "bytes_read": 7, "bytes_written": 8, "watchers": 0}


def test_a_refused_write_is_not_counted(client):
    section = client.create()
    reply = client.put(f"/v1/sections/{section['id']}/data?offset=4095", b"12")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert client.section(section["id"])["stats"]["writes"] == 0


def test_each_use_moves_the_time_of_last_use_and_being_listed_does_not(client):
    section = client.create(size=1 << 20)["id"]
    data = f"/v1/sections/{section}/data"

    def last_use():
        return client.sections()[0]["last_used_at"]

    for use in (lambda: client.read(section, 0, 1), lambda: client.section(section),
                lambda: client.write(section, b"x"), lambda: client.read(section),
                lambda: expect_status(client.get(data, {"If-None-Match": "*"}), 304),
                lambda: expect_status(client.get(data + "?offset=9999999"), 416)):
        before = last_use()

        def is_later():
            use()
            return last_use() > before

        wait_until(is_later, "it is used later than before")
        assert last_use() == last_use()


def test_delete_answers_204_and_the_id_is_gone(client, name):
    section = client.create(name)
    reply = client.delete(f"/v1/sections/{section['id']}")
    assert reply.status == 204
    for path in ("", "/data", "/text?encoding=utf-8"):
        expect_problem(client.get(f"/v1/sections/{section['id']}{path}"), 404, "not_found")
    expect_problem(client.delete(f"/v1/sections/{section['id']}"), 404, "not_found")
    expect_problem(client.put(f"/v1/sections/{section['id']}/data", b"x"), 404, "not_found")
    assert client.sections() == []


def test_delete_closes_our_handle(client, daemon, peer):
    client.close_section(client.create()["id"])
    before = footprint(daemon, peer)
    ids = [client.create(size=1)["id"] for _ in range(30)]
    assert footprint(daemon, peer)["handles"] >= before["handles"] + 30
    for section_id in ids:
        client.close_section(section_id)
    expect_no_more(footprint(daemon, peer), before)


def test_delete_frees_the_name(client, peer, name):
    section = client.create(name)
    client.close_section(section["id"])
    made = peer.create("a", 8192, name)
    assert made["created"] is True
    assert made["size"] == 8192


def test_delete_by_name_takes_the_newest_id(client, name):
    first, second = client.create(name), client.open(name)
    client.close_section("@" + name)
    assert [section["id"] for section in client.sections()] == [first["id"]]
    assert first["id"] < second["id"]


def test_a_process_keeps_what_we_close(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    client.write(section["id"], b"stays")
    client.close_section(section["id"])
    assert peer.read("a", 5) == b"stays"


@pytest.mark.parametrize("section_id", ["999999999", "18446744073709551615", "0"])
def test_an_unknown_id_is_not_found(client, section_id):
    expect_problem(client.get(f"/v1/sections/{section_id}"), 404, "not_found")
    expect_problem(client.delete(f"/v1/sections/{section_id}"), 404, "not_found")


@pytest.mark.parametrize("section_id", [
    "abc", "-1", "1x", "0x1", "+1", "1.0", "18446744073709551616", "99999999999999999999999",
    "%31x"])
def test_what_is_no_id_is_refused(client, section_id):
    reply = client.get(f"/v1/sections/{section_id}")
    assert reply.status in (400, 404), reply
    reply = client.delete(f"/v1/sections/{section_id}")
    assert reply.status in (400, 404), reply


@pytest.mark.parametrize("method, path", [
    ("GET", "/v1/sections/1"), ("DELETE", "/v1/sections/1"), ("POST", "/v1/sections")])
def test_a_query_that_an_operation_does_not_take_is_refused(client, method, path):
    problem = expect_problem(client.request(method, path + "?force=1"), 400, "bad_query",
                             "bad_request") if method != "POST" else expect_problem(
        client.post(path + "?force=1", {"size": 4096}), 400, "bad_query", "bad_request")
    assert "force" in problem["detail"]
    assert client.sections() == []


@pytest.mark.windows
def test_the_sizes_in_the_list_are_the_systems_own(client):
    client.create(size=5000)
    assert client.sections()[0]["size"] == build.page_rounded(5000)


@pytest.mark.linux
def test_a_size_that_a_process_changed_is_told_anew(client, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    peer.resize("a", 8192)
    told = client.section(section["id"])
    assert told["size"] == 8192
    assert told["view"] == {"offset": 0, "length": 4096}
