"""Limits: on sections, their bytes, and bodies."""

import pytest

import build
from client import expect_problem, expect_status
from footprint import expect_no_more, footprint

PAGE = build.PAGE


@pytest.fixture(scope="module")
def limited_daemon(tmp_path_factory):
    from daemon import Daemon
    daemon = Daemon(tmp_path_factory.mktemp("limited") / "state", "--max-sections", "4",
                    "--max-section-bytes", str(4 * PAGE), "--max-total-bytes", str(6 * PAGE),
                    "--max-body-bytes", "10000")
    yield daemon
    daemon.stop()


@pytest.fixture
def client(limited_daemon):
    client = limited_daemon.client()
    yield client
    for section in client.sections():
        client.close_section(section["id"])
    client.close()


def create(client, **members):
    return client.post("/v1/sections", members)


def expect_quota(reply, option):
    problem = expect_problem(reply, 507, "quota_exceeded")
    assert "call" not in problem, "refused before the OS was asked"
    assert option in problem["detail"], "says which limit it is"


def test_a_section_may_be_as_large_as_the_limit_and_no_larger(client):
    expect_status(create(client, size=4 * PAGE), 201)
    expect_quota(create(client, size=4 * PAGE + 1), "--max-section-bytes")
    assert len(client.sections()) == 1


def test_all_sections_together_may_be_as_large_as_the_limit(client):
    expect_status(create(client, size=4 * PAGE), 201)
    expect_status(create(client, size=2 * PAGE), 201)
    expect_quota(create(client, size=PAGE), "--max-total-bytes")
    client.close_section(client.sections()[1]["id"])
    expect_status(create(client, size=2 * PAGE), 201)


def test_there_may_be_as_many_sections_as_the_limit(client, peer, name):
    for _ in range(3):
        expect_status(create(client, size=1), 201)
    expect_status(create(client, name=name, size=1), 201)
    expect_quota(create(client, size=1), "--max-sections")
    expect_quota(client.post("/v1/sections/open", {"name": name}), "--max-sections")
    made = peer.create("a", 4096)
    reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, "handle": made["handle"]})
    expect_quota(reply, "--max-sections")
    client.close_section(client.sections()[0]["id"])
    expect_status(client.post("/v1/sections/open", {"name": name}), 201)


def test_what_was_refused_or_failed_does_not_count(client, peer, name):
    made = peer.pipe("p")
    for _ in range(20):
        assert create(client, size=5 * PAGE).status == 507
        assert create(client, name="a\\b", size=PAGE).status == 400
        assert create(client, size=PAGE, view={"offset": 2 * PAGE}).status == 400
        assert client.post("/v1/sections/open", {"name": name}).status == 404
        reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, "handle": made["handle"]})
        assert reply.status == 409
    expect_status(create(client, size=4 * PAGE), 201)
    for _ in range(2):
        expect_status(create(client, size=PAGE), 201)


def test_sections_of_others_do_not_count_as_our_memory(client, peer, name):
    peer.create("a", 100 * PAGE, name)
    section = client.open(name)
    assert section["size"] == 100 * PAGE
    expect_status(create(client, size=4 * PAGE), 201)


def test_an_existing_name_is_opened_whatever_its_size(client, peer, name):
    peer.create("a", 100 * PAGE, name)
    section = expect_status(create(client, name=name, size=PAGE), 200).json()
    assert section["size"] == 100 * PAGE


def test_a_name_opened_again_is_not_counted_twice_as_memory(client, name):
    expect_status(create(client, name=name, size=4 * PAGE), 201)
    expect_status(create(client, name=name, size=2 * PAGE), 200)
    expect_status(create(client, size=2 * PAGE), 201)


def test_memory_is_given_back_for_the_size_that_was_taken(client):
    for _ in range(30):
        section = create(client, size=4 * PAGE - 1)
        client.close_section(expect_status(section, 201).json()["id"])
    expect_status(create(client, size=4 * PAGE), 201)


def test_reserved_memory_does_not_count(client):
    expect_status(create(client, size=4 * PAGE, reserve=True), 201)
    expect_status(create(client, size=4 * PAGE, reserve=True), 201)
    expect_status(create(client, size=4 * PAGE), 201)
    expect_status(create(client, size=2 * PAGE), 201)
    assert usage(client) == {"sections": 4, "committed_bytes": 6 * PAGE}


def test_the_usage_is_what_counts_against_the_limits(client):
    assert usage(client) == {"sections": 0, "committed_bytes": 0}
    first = expect_status(create(client, size=2 * PAGE), 201).json()["id"]
    assert usage(client) == {"sections": 1, "committed_bytes": 2 * PAGE}
    expect_status(create(client, size=4 * PAGE), 201)
    expect_quota(create(client, size=1), "--max-total-bytes")
    assert usage(client) == {"sections": 2, "committed_bytes": 6 * PAGE}
    client.close_section(first)
    assert usage(client) == {"sections": 1, "committed_bytes": 4 * PAGE}


def usage(client):
    return client.get("/v1/info").json()["usage"]


@pytest.fixture
def limited_files(start_daemon, tmp_path):
    """A client of a daemon with the folder tmp_path / "files" and 8 pages in all."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "long.bin").write_bytes(bytes(6 * PAGE))
    daemon = start_daemon("--files", build.native_path(tmp_path / "files"),
                          "--max-total-bytes", str(8 * PAGE))
    client = daemon.client()
    yield client
    client.close()


def test_a_view_that_copies_on_write_counts_as_memory(limited_files):
    backing = {"file": "long.bin"}
    copying = create(limited_files, backing=backing, access="writecopy")
    assert expect_status(copying, 201).json()["access"] == "writecopy"
    assert usage(limited_files) == {"sections": 1, "committed_bytes": 6 * PAGE}
    expect_quota(create(limited_files, backing=backing, access="writecopy"), "--max-total-bytes")
    expect_status(create(limited_files, backing=backing), 201)
    expect_status(create(limited_files, backing=backing, access="read"), 201)
    part = {"offset": 0, "length": 2 * PAGE}
    expect_status(create(limited_files, backing=backing, access="writecopy", view=part), 201)
    assert usage(limited_files) == {"sections": 4, "committed_bytes": 8 * PAGE}
    limited_files.close_section(copying.json()["id"])
    assert usage(limited_files) == {"sections": 3, "committed_bytes": 2 * PAGE}


def test_a_copying_view_of_somebodys_section_counts_as_memory(limited_files, peer, name):
    made = peer.create("a", 6 * PAGE, name)
    for path, document in (
            ("/v1/sections/open", {"name": name}),
            ("/v1/sections/duplicate", {"pid": peer.pid, "handle": made["handle"]})):
        limited_files.post(path, {**document, "access": "read"})
        assert usage(limited_files)["committed_bytes"] == 0
        section = expect_status(
            limited_files.post(path, {**document, "access": "writecopy"}), 201).json()
        assert usage(limited_files)["committed_bytes"] == 6 * PAGE
        expect_quota(limited_files.post(path, {**document, "access": "writecopy"}),
                     "--max-total-bytes")
        limited_files.close_section(section["id"])
        assert usage(limited_files)["committed_bytes"] == 0


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(client):
    section = create(client, size=4 * PAGE).json()["id"]
    path = f"/v1/sections/{section}/data"
    expect_status(client.put(path, b"x" * 10_000), 204)
    expect_problem(client.put(path, b"y" * 10_001), 413, "too_large")
    expect_problem(client.put(path, (b"y" * 1000 for _ in range(11))), 413, "too_large")
    expect_problem(client.put(f"{path[:-4]}text?encoding=utf-8", b"y" * 10_001), 413, "too_large")
    assert client.read(section, 0, 1) == b"x"


def test_the_length_of_a_body_goes_before_its_fit(client):
    section = create(client, size=PAGE).json()["id"]
    expect_problem(client.put(f"/v1/sections/{section}/data", b"y" * 10_001), 413, "too_large")
    expect_problem(
        client.put(f"/v1/sections/{section}/data", b"y" * 9_999), 416, "range_not_satisfiable")


@pytest.mark.linux
def test_memory_that_the_system_does_not_have_is_507_and_leaves_nothing(start_daemon, name):
    import os
    free = os.statvfs("/dev/shm")
    more_than_there_is = free.f_blocks * free.f_frsize + (1 << 20)
    daemon = start_daemon("--max-section-bytes", str(2**50), "--max-total-bytes", str(2**50))
    client = daemon.client()
    problem = expect_problem(create(client, name=name, size=more_than_there_is), 507, "no_memory")
    assert problem["os"]["name"] == "ENOSPC"
    assert client.sections() == []
    assert not os.path.exists(f"/dev/shm/{name}")


@pytest.mark.windows
def test_memory_that_the_system_does_not_have_is_507_and_leaves_nothing_here_either(
        start_daemon, name, peer):
    daemon = start_daemon("--max-section-bytes", str(2**52), "--max-total-bytes", str(2**52))
    client = daemon.client()
    client.create(size=1)
    before = footprint(daemon, peer)
    for _ in range(20):
        problem = expect_problem(create(client, name=name, size=2**51), 507, "no_memory")
        assert problem["os"]["domain"] == "win32"
    expect_no_more(footprint(daemon, peer), before)
    assert client.post("/v1/sections/open", {"name": name}).status == 404
