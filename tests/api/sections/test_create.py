"""POST /v1/sections: what is created, and what is refused."""

import datetime
import re

import pytest

import build
from client import expect_problem, expect_status


def create(client, **members):
    return client.post("/v1/sections", members)


def nothing_was_made(client):
    return client.sections() == []


def test_create_answers_201_with_the_section_and_its_address(client, daemon, name):
    reply = expect_status(create(client, name=name, size=4096), 201)
    section = reply.json()
    assert reply.headers["Location"] == f"/v1/sections/{section['id']}"
    assert reply.headers.get_content_type() == "application/json"
    assert section["name"] == name
    assert section["label"] is None
    assert section["origin"] == "created"
    assert section["created"] is True
    assert section["size"] == 4096
    assert section["size_exact"] is True
    assert section["requested_size"] == 4096
    assert section["access"] == "readwrite"
    assert section["view"] == {"offset": 0, "length": 4096}
    assert section["pid"] == daemon.pid
    assert re.fullmatch("0x[0-9a-f]+", section["handle"])
    assert section["source"] is None
    assert section["protected"] is False
    assert section["inherit"] is False
    assert section["ttl_s"] == 0
    assert section["stats"] == {
        "reads": 0, "writes": 0, "bytes_read": 0, "bytes_written": 0, "watchers": 0}


@pytest.mark.linux
def test_create_tells_what_is_particular_to_linux(client, name):
    named = client.create(name)
    assert named["scope"] is None
    assert named["handle_count"] is None
    assert named["backing"] == {"kind": "shm", "file": None}
    assert client.create()["backing"] == {"kind": "memfd", "file": None}


@pytest.mark.windows
def test_create_tells_what_is_particular_to_windows(client, name):
    named = client.create(name)
    assert named["scope"] == "local"
    assert named["handle_count"] == 1
    assert named["backing"] == {"kind": "pagefile", "file": None}
    anonymous = client.create()
    assert anonymous["backing"] == {"kind": "pagefile", "file": None}
    assert anonymous["scope"] is None


def test_create_tells_the_time_in_utc(client):
    section = client.create()
    for member in ("created_at", "last_used_at"):
        assert section[member].endswith("Z")
        told = datetime.datetime.fromisoformat(section[member][:-1] + "+00:00")
        age = datetime.datetime.now(datetime.timezone.utc) - told
        assert abs(age) < datetime.timedelta(minutes=5)


def test_new_memory_is_zero(client):
    section = client.create(size=100_000)
    assert client.read(section["id"], 0, 100_000) == bytes(100_000)


def test_an_anonymous_section_has_no_name(client):
    assert client.create()["name"] is None
    assert expect_status(create(client, name=None, size=1), 201).json()["name"] is None


def test_the_size_that_the_os_gives_is_told_beside_the_size_asked_for(client, name):
    section = client.create(name, size=5000)
    assert section["size"] == (8192 if build.ON_WINDOWS else 5000)
    assert section["requested_size"] == 5000
    assert section["view"] == {"offset": 0, "length": section["size"]}
    assert client.section(section["id"])["requested_size"] == 5000


def test_creating_a_name_twice_opens_it_and_says_so(client, name):
    first = client.create(name, size=4096)
    client.write(first["id"], b"there")
    reply = expect_status(create(client, name=name, size=4096), 200)
    second = reply.json()
    assert second["created"] is False
    assert second["origin"] == "created"
    assert second["id"] > first["id"]
    assert client.read(second["id"], 0, 5) == b"there"


@pytest.mark.parametrize("asked", [100, 100_000])
def test_an_existing_name_keeps_its_size_whatever_is_asked_for(client, name, asked):
    client.create(name, size=4096)
    again = expect_status(create(client, name=name, size=asked), 200).json()
    assert again["created"] is False
    assert again["size"] == 4096
    assert again["view"]["length"] == 4096
    assert again["requested_size"] is None, "that is what we asked for of a section we made"


def test_a_name_that_a_process_made_is_opened_by_create(client, peer, name):
    peer.create("a", 8192, name)
    peer.write("a", b"mine")
    section = expect_status(create(client, name=name, size=4096), 200).json()
    assert section["created"] is False
    assert section["size"] == 8192
    assert client.read(section["id"], 0, 4) == b"mine"


def test_if_exists_fail_refuses_a_name_in_use(client, name):
    section = client.create(name)
    reply = create(client, name=name, size=4096, if_exists="fail")
    expect_problem(reply, 409, "already_exists")
    assert [held["id"] for held in client.sections()] == [section["id"]]


def test_if_exists_fail_refuses_the_name_of_a_process(client, peer, name):
    peer.create("a", 4096, name)
    peer.write("a", b"mine")
    expect_problem(create(client, name=name, size=4096, if_exists="fail"), 409, "already_exists")
    assert nothing_was_made(client)
    assert peer.read("a", 4) == b"mine"


def test_if_exists_fail_creates_a_free_name(client, name):
    assert expect_status(create(client, name=name, size=1, if_exists="fail"), 201)

def test_if_exists_open_is_the_default(client, name):
    client.create(name)
    assert expect_status(create(client, name=name, size=1, if_exists="open"), 200)


def test_ids_are_never_given_out_twice(client):
    first = client.create()["id"]
    client.close_section(first)
    assert client.create()["id"] > first


def test_a_label_is_kept(client):
    label = "a note 为人民"
    section = client.create(label=label)
    assert section["label"] == label
    assert client.section(section["id"])["label"] == label


@pytest.mark.parametrize("number", ["4096", "4096.0", "4.096e3", "40960E-1"])
def test_every_spelling_of_an_integer_counts(client, number):
    reply = client.request("POST", "/v1/sections", f'{{"size":{number}}}',
                           {"Content-Type": "application/json"})
    assert expect_status(reply, 201).json()["requested_size"] == 4096


def test_a_size_of_one_byte_works(client):
    section = client.create(size=1)
    assert section["requested_size"] == 1
    assert section["size"] == build.reported_size(1)
    client.write(section["id"], b"x")
    assert client.read(section["id"], 0, 1) == b"x"


@pytest.mark.parametrize("size", [
    "0", "-1", "-4096", "9223372036854775808", "18446744073709551616", "9007199254740992", "0.5",
    "4096.5", "1e300"])
def test_a_size_that_makes_no_sense_is_refused(client, size):
    reply = client.request("POST", "/v1/sections", f'{{"size":{size}}}',
                           {"Content-Type": "application/json"})
    problem = expect_problem(reply, 400, "bad_size", "bad_json")
    assert "size" in problem["detail"]
    assert nothing_was_made(client)


@pytest.mark.parametrize("size", ['"x"', '"4096"', "null", "true", "[]", "{}"])
def test_a_size_that_is_no_number_is_refused(client, size):
    reply = client.request("POST", "/v1/sections", f'{{"size":{size}}}',
                           {"Content-Type": "application/json"})
    problem = expect_problem(reply, 400, "bad_size", "bad_json")
    assert "size" in problem["detail"]
    assert nothing_was_made(client)


def test_a_missing_size_is_refused(client, name):
    problem = expect_problem(create(client, name=name), 400, "bad_size", "bad_json")
    assert "size" in problem["detail"]
    assert nothing_was_made(client)


@pytest.mark.parametrize("size", [2**50, 2**53 - 1])
def test_a_size_over_the_quota_is_refused_before_the_os_is_asked(client, name, size):
    problem = expect_problem(create(client, name=name, size=size), 507, "quota_exceeded")
    assert "call" not in problem
    assert nothing_was_made(client)
    expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")


@pytest.mark.parametrize("member, value", [
    ("name", 5), ("name", []), ("label", 5), ("if_exists", "maybe"), ("if_exists", 1),
    ("view", 4096), ("view", {"offset": -1}), ("view", {"offset": "0"}), ("view", {"end": 1})])
def test_a_member_of_the_wrong_kind_is_named_in_the_refusal(client, member, value):
    problem = expect_problem(
        create(client, size=4096, **{member: value}),
        400, "bad_json", "bad_name", "bad_offset", "bad_size")
    assert member in problem["detail"] or set(value if isinstance(value, dict) else ()) & set(
        re.findall(r"\w+", problem["detail"]))
    assert nothing_was_made(client)


@pytest.mark.parametrize("key", ["sice", "Size", "SIZE", "id", ""])
def test_an_unknown_member_is_refused_and_named(client, key):
    reply = create(client, **{"size": 4096, key: 1})
    problem = expect_problem(reply, 400, "bad_json")
    assert key in problem["detail"]
    assert nothing_was_made(client)


@pytest.mark.parametrize("offset, length", [(0, 0), (0, 100), (5, 100), (4096, 4096), (70_000, 0)])
def test_a_view_shows_only_its_part(client, peer, name, offset, length):
    size = 131_072
    peer.create("a", size, name)
    pattern = bytes(index % 251 for index in range(size))
    for start in range(0, size, 16_384):
        peer.write("a", pattern[start:start + 16_384], start)
    section = client.create(name, size=size, view={"offset": offset, "length": length})
    expected = pattern[offset:offset + length if length else size]
    assert section["view"] == {"offset": offset, "length": len(expected)}
    assert section["size"] == size
    assert client.read(section["id"]) == expected
    client.write(section["id"], b"!", len(expected) - 1)
    assert peer.read("a", 1, offset + len(expected) - 1) == b"!"
    reply = client.get(f"/v1/sections/{section['id']}/data?offset={len(expected)}&length=1")
    expect_problem(reply, 416, "range_not_satisfiable")


@pytest.mark.parametrize("view", [
    {"offset": 4096}, {"offset": 5000}, {"offset": 0, "length": 4097}, {"offset": 4095,
    "length": 2},
    {"offset": 2**53 - 1, "length": 2**53 - 1}, {"offset": 2**53 - 1}])
def test_a_view_outside_the_section_is_refused(client, name, view):
    expect_problem(create(client, name=name, size=4096, view=view), 400, "bad_offset", "bad_size")
    assert nothing_was_made(client)
    expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")


@pytest.mark.linux
def test_a_refused_create_leaves_no_name_that_was_to_be_kept(client, name):
    reply = create(client, name=name, size=4096, keep=True, view={"offset": 4096})
    expect_problem(reply, 400, "bad_offset")
    expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")


@pytest.mark.linux
def test_a_named_section_is_a_posix_object_of_that_name(client, name):
    section = client.create(name, size=5000)
    with open(f"/dev/shm/{name}", "r+b") as shm:
        shm.write(b"seen")
        shm.flush()
    assert client.read(section["id"], 0, 4) == b"seen"


@pytest.mark.linux
def test_a_name_that_we_made_goes_with_our_last_id_on_it(client, name):
    maker, second = client.create(name), client.create(name)
    client.close_section(maker["id"])
    client.close_section(client.open(name)["id"])
    client.close_section(second["id"])
    expect_problem(client.post("/v1/sections/open", {"name": name}), 404, "not_found")


@pytest.mark.linux
def test_scope_global_is_not_supported_on_linux(client, name):
    reply = create(client, name=name, size=4096, scope="global")
    expect_problem(reply, 501, "unsupported_here")
    assert nothing_was_made(client)
