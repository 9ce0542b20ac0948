"""Sections of files under a name. One that exists already has nothing to do with the file."""

import pytest

from client import expect_problem, expect_status
from files import create, files, files_daemon, folder, made  # noqa: F401, the fixtures too

FULL = b"full".ljust(5000, b".")


@pytest.mark.windows
@pytest.mark.parametrize("mode, size", [
    ("truncate", 100), ("truncate", 9000), ("open_or_create", 9000), ("open_existing", 9000),
    ("open_or_create", 100)])
@pytest.mark.parametrize("if_exists", ["open", "fail"])
def test_a_name_that_exists_leaves_the_file_as_it_is(
        files, folder, peer, name, mode, size, if_exists):
    peer.create("a", 4096, name)
    (folder / "full.bin").write_bytes(FULL)
    reply = create(files, "full.bin", mode, size=size, name=name, if_exists=if_exists)
    if if_exists == "fail":
        expect_problem(reply, 409, "already_exists")
        assert files.sections() == []
    else:
        section = expect_status(reply, 200).json()
        assert section["created"] is False
        assert section["backing"] == {"kind": "pagefile", "file": None}
        assert section["size"] == 4096
    assert (folder / "full.bin").read_bytes() == FULL


@pytest.mark.windows
@pytest.mark.parametrize("mode", ["open_or_create", "create_new"])
@pytest.mark.parametrize("if_exists, status", [("open", 200), ("fail", 409)])
def test_a_name_that_exists_makes_no_file(files, folder, peer, name, mode, if_exists, status):
    peer.create("a", 4096, name)
    expect_status(create(files, "new.bin", mode, size=100, name=name, if_exists=if_exists), status)
    assert list(folder.iterdir()) == []


@pytest.mark.windows
def test_a_name_of_ours_does_not_cut_its_own_file(files, folder, name):
    section = made(files, "own.bin", size=5000, name=name)
    files.write(section["id"], b"kept")
    again = made(files, "own.bin", "truncate", size=100, name=name)
    assert again["created"] is False
    assert again["backing"] == {"kind": "file", "file": None}
    assert again["size"] == 5000
    assert files.read(section["id"], 0, 4) == b"kept"


@pytest.mark.windows
@pytest.mark.parametrize("mode", ["truncate", "open_or_create"])
@pytest.mark.parametrize("members, status", [
    ({"sddl": "nonsense"}, 400), ({"sddl": "D:(A"}, 400),
    ({"name": "Session\\4711\\x"}, 400), ({"keep": True}, 501)])
def test_what_is_wrong_with_the_name_leaves_the_file(files, folder, mode, members, status):
    (folder / "full.bin").write_bytes(FULL)
    reply = create(files, "full.bin", mode, size=9000, **members)
    assert reply.status in (status, 404, 403), reply
    assert (folder / "full.bin").read_bytes() == FULL
    expect_status(create(files, "new.bin", size=9000, **members), reply.status)
    assert [path.name for path in folder.iterdir()] == ["full.bin"]


@pytest.mark.windows
def test_the_name_of_an_event_leaves_the_file(files, folder, peer, name):
    peer.event("e", name)
    (folder / "full.bin").write_bytes(FULL)
    reply = create(files, "full.bin", "truncate", size=100, name=name)
    expect_problem(reply, 409, "not_a_section")
    assert (folder / "full.bin").read_bytes() == FULL


@pytest.mark.windows
def test_a_name_that_grants_less_than_was_asked_for_leaves_the_file(files, folder, peer, name):
    peer.create_readonly("a", 4096, name)
    (folder / "full.bin").write_bytes(FULL)
    reply = create(files, "full.bin", "truncate", size=100, name=name, access="readwrite")
    expect_problem(reply, 403, "access_denied")
    assert made(files, "full.bin", "truncate", size=100, name=name)["access"] == "read"
    assert (folder / "full.bin").read_bytes() == FULL


@pytest.mark.windows
def test_a_global_name_may_have_a_file_that_is_cut(files, folder, name):
    (folder / "full.bin").write_bytes(FULL)
    section = made(files, "full.bin", "truncate", size=100, name="Global\\" + name)
    assert files.read(section["id"]) == bytes(100)
    assert (folder / "full.bin").stat().st_size == 100


@pytest.mark.windows
def test_a_section_of_a_file_may_have_a_name(files, folder, peer, name):
    section = made(files, "named.bin", size=5000, name=name)
    assert section["name"] == name
    peer.open("a", name)
    peer.write("a", b"by name")
    assert files.read(section["id"], 0, 7) == b"by name"


@pytest.mark.linux
def test_a_section_of_a_file_has_no_name_on_linux(files, folder, name):
    expect_problem(create(files, "named.bin", size=5000, name=name), 501, "unsupported_here")
    assert list(folder.iterdir()) == []
