"""GET /v1/namespace: the named sections that exist now, whoever made them."""

from urllib.parse import quote

import pytest

import build
from client import expect_problem, expect_status

SCOPE = "local" if build.ON_WINDOWS else None


def names(client, query=""):
    listed = expect_status(client.get("/v1/namespace" + query), 200).json()
    assert set(listed) == {"sections"}
    for section in listed["sections"]:
        assert set(section) == {"name", "scope", "size", "id"}
    return listed["sections"]


def named(client, name, query=""):
    return [section for section in names(client, query) if section["name"] == name]


def test_a_name_is_there_as_soon_as_it_is_made_and_gone_with_the_last_handle(
        client, start_peer, name):
    first, second = start_peer(), start_peer()
    assert named(client, name) == []
    first.create("a", 8192, name)
    assert named(client, name) == [{"name": name, "scope": SCOPE, "size": 8192, "id": None}]
    if build.ON_WINDOWS:
        second.open("a", name)
        first.close_slot("a")
        assert len(named(client, name)) == 1, "the other still has a handle"
        second.close_slot("a")
    else:
        first.close_slot("a")  # it unlinks
    assert named(client, name) == []


def test_names_of_ours_have_our_id(client, name):
    first = client.create(name, 4096)
    client.open(name)
    assert named(client, name) == [
        {"name": name, "scope": SCOPE, "size": 4096, "id": first["id"]}]
    for section in client.sections():
        client.close_section(section["id"])
    assert named(client, name) == []


def test_anonymous_sections_and_other_objects_are_not_listed(client, peer, name):
    size = 4096 * 7919  # nobody else's
    peer.create("a", size)
    client.create(size=size)
    if build.ON_WINDOWS:
        peer.event("b", name)
    assert [each for each in names(client) if each["size"] == size or each["name"] == name] == []


def test_a_prefix_chooses(client, names):  # the fixture: several names of the test's own
    first, second = sorted(names(2))
    client.create(first)
    client.create(second)
    reply = client.get(f"/v1/namespace?prefix={first}").json()
    assert first in [section["name"] for section in reply["sections"]]
    assert all(section["name"].startswith(first) for section in reply["sections"])
    assert client.get(f"/v1/namespace?prefix={first.upper()}").json() == {"sections": []}


def test_names_of_all_alphabets_are_listed(client, name):
    wanted = name + "-我将无我 %20\"é"
    client.create(wanted)
    assert len(named(client, wanted)) == 1
    assert len(named(client, wanted, "?prefix=" + quote(wanted))) == 1


def test_many_names_are_listed_each_once(client, peer, name):
    made = {f"{name}-{i}": 4096 * (i + 1) for i in range(100)}
    for index, (each, size) in enumerate(made.items()):
        peer.create(f"slot{index}", size, each)
    listed = [section for section in names(client) if section["name"] in made]
    assert {section["name"]: section["size"] for section in listed} == made
    assert len(listed) == len(made)


def test_names_are_sorted(client, peer, name):
    made = [f"{name}-{part}" for part in ("b", "B", "é", "a", "10", "9", "")]
    for index, each in enumerate(made):
        peer.create(f"slot{index}", 4096, each)
    listed = [section["name"] for section in names(client, f"?prefix={name}")]
    assert listed == sorted(made, key=str.encode)


def test_part_of_a_name_chooses_whatever_its_case(client, name):
    wanted, other = name + "-Telemetry 4é", name + "-other"
    client.create(wanted)
    client.create(other)
    for part in ("-Telemetry 4é", "-teleMETRY", "Y 4é", wanted, ""):
        assert len(named(client, wanted, "?contains=" + quote(part))) == 1, part
    for part in ("telemetry 5", wanted + "x", "%"):
        assert named(client, wanted, "?contains=" + quote(part)) == [], part
    assert named(client, other, "?contains=telemetry") == []
    both = f"?prefix={quote(name)}&contains=TELEMETRY"
    assert [section["name"] for section in names(client, both)] == [wanted]


@pytest.mark.parametrize("query", ["?contains=a&contains=b", "?holders=2", "?holders=yes",
                                   "?holders=", "?scope=", "?scope=session", "?scope=Local", "?name=x",
                                   "?prefix=a&prefix=b"])
def test_other_parameters_are_refused(client, query):
    expect_problem(client.get("/v1/namespace" + query), 400, "bad_query")


def test_the_local_scope_is_listed_alone(client, name):
    client.create(name)
    assert named(client, name, "?scope=local")[0]["scope"] == SCOPE


@pytest.mark.windows
def test_both_scopes_are_listed_apart(client, peer, name):
    peer.create("a", 4096, name)
    peer.create("b", 8192, "Global\\" + name)
    rows = {section["scope"]: section["size"] for section in named(client, name)}
    assert rows == {"local": 4096, "global": 8192}
    assert [each["size"] for each in named(client, name, "?scope=local")] == [4096]
    assert [each["size"] for each in named(client, name, "?scope=global")] == [8192]
    opened = client.open("Global\\" + name)["id"]
    ids = {section["scope"]: section["id"] for section in named(client, name)}
    assert ids == {"local": None, "global": opened}


@pytest.mark.windows
def test_a_name_that_grants_nothing_is_listed_without_its_size(client, name):
    client.create(name, 4096, sddl="D:P")
    [section] = named(client, name)
    assert section["size"] is None


@pytest.mark.parametrize("path, instead", [
    ("\\Sessions\\1\\BaseNamedObjects\\x", "write Session\\1\\x, or Local\\x"),
    ("\\BaseNamedObjects\\x", "write Global\\x"),
    ("\\Device\\x", "write NAME, Local\\NAME or Global\\NAME"),
    ("\\Sessions\\one\\BaseNamedObjects\\x", "write NAME"),
    ("\\", "write NAME"), ("\\x", "write NAME")])
def test_the_path_of_an_object_directory_is_400_and_told_how_it_is_spelled_here(
        client, path, instead):
    for reply in (client.post("/v1/sections", {"name": path, "size": 4096}),
                  client.post("/v1/sections/open", {"name": path}),
                  client.get(f"/v1/sections/@{quote(path)}")):
        assert instead in expect_problem(reply, 400, "bad_name")["detail"]


@pytest.mark.linux
def test_linux_has_no_global_scope(client):
    expect_problem(client.get("/v1/namespace?scope=global"), 501, "unsupported_here")


@pytest.mark.linux
def test_what_is_no_section_on_dev_shm_is_not_listed(client, names):
    from pathlib import Path
    shm = Path("/dev/shm")
    folder, link, target = (shm / each for each in names(3))
    semaphore = shm / ("sem." + target.name)
    folder.mkdir()
    target.write_bytes(b"x")
    link.symlink_to(target)
    semaphore.write_bytes(b"x" * 32)
    try:
        listed = {each["name"] for each in client.get("/v1/namespace").json()["sections"]}
        assert target.name in listed
        assert not listed & {folder.name, link.name, semaphore.name}
    finally:
        folder.rmdir()
        for path in (link, target, semaphore):
            path.unlink()


@pytest.mark.linux
def test_a_name_that_another_object_has_taken_over_is_not_ours(client, peer, name):
    from pathlib import Path
    client.create(name, 4096)
    path = Path("/dev/shm") / name
    path.unlink()
    path.write_bytes(b"other")
    try:
        assert named(client, name) == [{"name": name, "scope": None, "size": 5, "id": None}]
    finally:
        path.unlink()
