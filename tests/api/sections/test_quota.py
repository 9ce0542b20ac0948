"""Limits: on sections, their bytes, and bodies."""

import base64

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


# Reserved memory counts as it is filled.

@pytest.fixture
def reserved(client):
    """The id of a section that may not be filled whole."""
    return expect_status(create(client, size=64 * PAGE, reserve=True), 201).json()["id"]


def committed(client):
    return usage(client)["committed_bytes"]


def words(count):
    return {"values": [7] * count}


# Ways to write one page, the second one.
WRITES = {
    "data": lambda client, at: client.put(f"{at}/data?offset={PAGE}", b"x" * PAGE),
    "chunks": lambda client, at: client.put(f"{at}/data?offset={PAGE}", [b"x" * PAGE]),
    "text": lambda client, at: client.put(f"{at}/text?encoding=utf-8&offset={PAGE}", "text"),
    "values": lambda client, at: client.json("PUT", f"{at}/values?type=u32&offset={PAGE}",
                                             words(PAGE // 4)),
    "fill": lambda client, at: client.post(f"{at}/fill",
                                           {"offset": PAGE, "length": PAGE, "byte": 1}),
    "copy": lambda client, at: client.post(f"{at}/copy", {
        "from": int(at.rsplit("/", 1)[1]), "from_offset": 0, "offset": PAGE, "length": PAGE}),
    "atomic": lambda client, at: client.post(f"{at}/atomic", {
        "op": "add", "type": "u32", "offset": PAGE, "value": 1}),
    "batch": lambda client, at: client.post("/v1/batch", {"ops": [{
        "op": "write", "id": int(at.rsplit("/", 1)[1]), "offset": PAGE, "data": "AAEC"}]}),
    "byte": lambda client, at: client.put(f"{at}/data?offset={2 * PAGE - 1}", b"x"),
}


@pytest.mark.parametrize("way", WRITES)
def test_each_way_to_write_counts_what_it_commits_once(client, reserved, way):
    for _ in range(10):
        reply = WRITES[way](client, f"/v1/sections/{reserved}")
        assert reply.status in (200, 204), reply
        assert committed(client) == PAGE
    client.close_section(reserved)
    assert committed(client) == 0


def test_filling_by_writing_ends_at_the_limit(client, reserved):
    """--max-section-bytes; what is refused is refused whole."""
    at = f"/v1/sections/{reserved}"
    for page in range(4):
        client.write(reserved, b"x", page * 10 * PAGE)
    assert committed(client) == 4 * PAGE
    expect_quota(client.put(f"{at}/data?offset={5 * PAGE}", b"x"), "--max-section-bytes")
    expect_quota(client.put(f"{at}/data?offset={5 * PAGE}", [b"x"]), "--max-section-bytes")
    expect_quota(client.put(f"{at}/text?encoding=utf-8&offset={5 * PAGE}", "x"),
                 "--max-section-bytes")
    reply = client.post(f"{at}/atomic", {"op": "store", "type": "u32", "offset": 5 * PAGE,
                                         "value": 1})
    expect_quota(reply, "--max-section-bytes")
    client.write(reserved, b"y", 10 * PAGE + 5)
    assert committed(client) == 4 * PAGE


@pytest.mark.parametrize("way", ["fill", "copy", "values"])
def test_what_does_not_fit_whole_writes_nothing(client, reserved, way):
    at = f"/v1/sections/{reserved}"
    expect_quota({
        "fill": lambda: client.post(f"{at}/fill", {"offset": 0, "length": 60 * PAGE, "byte": 1}),
        "copy": lambda: client.post(f"{at}/copy", {"from": reserved, "from_offset": 0,
                                                   "offset": 8 * PAGE, "length": 56 * PAGE}),
        "values": lambda: client.json("PUT", f"{at}/values?type=u64", words(3000)),
    }[way](), "--max-section-bytes")
    assert committed(client) == 0


LONG = 32  # pages: more than one piece of a long write


def op(section, **members):
    return {"ops": [{"op": "write", "id": section, **members}]}


def problem_in(reply):
    """The reply itself, or that to the only op of a batch."""
    document = reply.json()
    return document["results"][0] if reply.status == 200 else document


# Each is longer than one piece, and its first piece alone would fit.
LONG_WRITES = {
    "data": lambda client, at, _: client.put(f"{at}/data", b"x" * LONG * PAGE),
    "chunks": lambda client, at, _: client.put(f"{at}/data?length={LONG * PAGE}",
                                               [b"x" * LONG * PAGE]),
    "text": lambda client, at, _: client.put(f"{at}/text?encoding=utf-8", "x" * LONG * PAGE),
    "field": lambda client, at, _: client.put(
        f"{at}/text?encoding=utf-8&field=1&length={LONG * PAGE}", "x"),
    "fill": lambda client, at, _: client.post(f"{at}/fill", {
        "offset": 0, "length": LONG * PAGE, "byte": 1}),
    "copy": lambda client, at, section: client.post(f"{at}/copy", {
        "from": section, "from_offset": LONG * PAGE, "offset": 0, "length": LONG * PAGE}),
    "values": lambda client, at, _: client.json("PUT", f"{at}/values?type=u64",
                                                words(LONG * PAGE // 8)),
    "values apart": lambda client, at, _: client.json(
        "PUT", f"{at}/values?type=u8&stride=16", words(LONG * PAGE // 16)),
    "values of a page each": lambda client, at, _: client.json(
        "PUT", f"{at}/values?type=u32&stride={PAGE}", words(LONG)),
    "values far apart": lambda client, at, _: client.json(
        "PUT", f"{at}/values?type=u32&offset={PAGE - 2}&stride={17 * PAGE}", words(LONG // 2)),
    "data in a batch": lambda client, _, section: client.post("/v1/batch", op(
        section, offset=0, data=base64.b64encode(b"x" * LONG * PAGE).decode())),
    "text in a batch": lambda client, _, section: client.post("/v1/batch", op(
        section, offset=0, encoding="utf-8", text="x" * LONG * PAGE)),
    "values in a batch": lambda client, _, section: client.post("/v1/batch", op(
        section, offset=0, type="u32", stride=PAGE, **words(LONG))),
}


@pytest.mark.parametrize("way", LONG_WRITES)
def test_a_long_write_that_does_not_fit_whole_begins_nowhere(daemon_with, way):
    client = daemon_with("--max-section-bytes", str((LONG - 4) * PAGE)).client()
    size = 20 * LONG * PAGE
    section = expect_status(create(client, size=size, reserve=True), 201).json()["id"]
    problem = problem_in(LONG_WRITES[way](client, f"/v1/sections/{section}", section))
    assert problem["code"] == "quota_exceeded" and "--max-section-bytes" in problem["detail"]
    assert committed(client) == 0
    assert client.read(section, 0, LONG * PAGE).strip(b"\0") == b""


@pytest.mark.parametrize("offset, stride, count, pages, pages_on_windows", [
    (0, 16, 8000, 32, 32),
    (PAGE - 2, PAGE, 30, 31, 31),
    (PAGE - 2, 3 * PAGE, 20, 40, 56),
    (PAGE - 2, 17 * PAGE, 10, 20, 20),
])
def test_a_write_of_several_pieces_that_just_fits_counts_each_page_once(
        daemon_with, offset, stride, count, pages, pages_on_windows):
    fitting = pages_on_windows if build.ON_WINDOWS else pages
    client = daemon_with("--max-section-bytes", str(fitting * PAGE)).client()
    section = expect_status(create(client, size=200 * PAGE, reserve=True), 201).json()["id"]
    at = f"/v1/sections/{section}/values?type=u32&offset={offset}&stride={stride}"
    for _ in range(2):
        expect_status(client.json("PUT", at, words(count)), 204)
        assert committed(client) == fitting * PAGE
    client.close_section(section)
    assert committed(client) == 0


@pytest.mark.linux
def test_a_write_that_gets_no_memory_is_not_counted(start_daemon, name):
    import os
    if os.geteuid() != 0:
        pytest.skip("needs a mount namespace")
    mount = f"mount --make-private /dev/shm && mount -t tmpfs -o size={8 * PAGE} none /dev/shm"
    daemon = start_daemon(prefix=["unshare", "-m", "--propagation", "unchanged", "sh", "-c",
                                  f'{mount} && exec "$@"', "sh"])
    client = daemon.client()
    section = expect_status(create(client, name=name, size=16 * PAGE, reserve=True), 201).json()["id"]
    expect_problem(client.put(f"/v1/sections/{section}/data", b"x" * 12 * PAGE), 507, "no_memory")
    assert committed(client) <= 8 * PAGE
    client.close_section(section)
    assert committed(client) == 0
    section = expect_status(create(client, name=name, size=16 * PAGE, reserve=True), 201).json()["id"]
    client.write(section, b"x" * 4 * PAGE)
    assert committed(client) == 4 * PAGE


def test_reserved_sections_share_the_limit_of_all(client):
    first, second = (expect_status(create(client, size=64 * PAGE, reserve=True), 201).json()["id"]
                     for _ in range(2))
    for page in range(3):
        client.write(first, b"x", page * PAGE)
        client.write(second, b"x", page * PAGE)
    assert committed(client) == 6 * PAGE
    reply = client.put(f"/v1/sections/{second}/data?offset={9 * PAGE}", b"x")
    expect_quota(reply, "--max-total-bytes")
    expect_quota(create(client, size=1), "--max-total-bytes")
    client.close_section(first)
    client.write(second, b"x", 9 * PAGE)
    assert committed(client) == 4 * PAGE


def test_reading_what_is_reserved_counts_nothing(client, reserved):
    assert client.read(reserved, 0, PAGE) == bytes(PAGE)
    assert committed(client) == 0


def test_values_far_apart_count_the_pages_that_they_commit(client, reserved):
    reply = client.json("PUT", f"/v1/sections/{reserved}/values?type=u8&stride={2 * PAGE}", words(2))
    expect_status(reply, 204)
    assert committed(client) == (3 if build.ON_WINDOWS else 2) * PAGE


@pytest.mark.parametrize("stride", [PAGE, PAGE + 1, PAGE + 2])
def test_values_that_share_a_page_count_it_once(client, reserved, stride):
    """Each lies across the end of a page, and the next one begins in the page where it ends."""
    at = f"/v1/sections/{reserved}/values?type=u32&offset={PAGE - 2}&stride={stride}"
    expect_status(client.json("PUT", at, words(2)), 204)
    assert committed(client) == 3 * PAGE
    expect_status(client.json("PUT", at, words(3)), 204)
    assert committed(client) == 4 * PAGE
    expect_quota(client.json("PUT", at, words(4)), "--max-section-bytes")
    assert committed(client) == 4 * PAGE
    client.close_section(reserved)
    assert committed(client) == 0


def test_another_id_of_a_reserved_section_counts_too(client, name):
    expect_status(create(client, name=name, size=64 * PAGE, reserve=True), 201)
    other = client.open(name)["id"]
    for page in range(4):
        client.write(other, b"x", page * PAGE)
    reply = client.put(f"/v1/sections/{other}/data?offset={9 * PAGE}", b"x")
    expect_quota(reply, "--max-section-bytes")
    assert committed(client) == 4 * PAGE


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
