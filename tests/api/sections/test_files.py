"""Sections of files, confined to the folder that --files names."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from files import create, files, files_daemon, folder, made  # noqa: F401, the fixtures too


def flush(client, section):
    return client.request("POST", f"/v1/sections/{section['id']}/flush")


def test_a_new_file_is_made_with_the_size_asked_for(files, folder):
    section = made(files, "new.bin", size=5000)
    assert section["backing"] == {"kind": "file", "file": "new.bin"}
    assert section["size"] == 5000
    assert section["size_exact"] is True
    assert section["requested_size"] == 5000
    assert section["name"] is None
    assert section["access"] == "readwrite"
    assert (folder / "new.bin").stat().st_size == 5000
    assert files.read(section["id"]) == bytes(5000)


def test_what_is_written_is_in_the_file(files, folder):
    section = made(files, "data.bin", size=5000)
    files.write(section["id"], b"to the disk", 4000)
    expect_status(flush(files, section), 204)
    assert (folder / "data.bin").read_bytes()[4000:4011] == b"to the disk"
    expect_status(files.put(f"/v1/sections/{section['id']}/data?flush=1", b"again"), 204)
    assert (folder / "data.bin").read_bytes()[:5] == b"again"


def test_an_existing_file_is_taken_as_it_is_without_a_size(files, folder):
    (folder / "old.bin").write_bytes(b"old content".ljust(5000, b"."))
    section = made(files, "old.bin")
    assert section["size"] == 5000
    assert section["view"] == {"offset": 0, "length": 5000}
    assert files.read(section["id"], 0, 11) == b"old content"
    reply = files.get(f"/v1/sections/{section['id']}/data?offset=5000")
    expect_problem(reply, 416, "range_not_satisfiable")


def test_a_larger_size_extends_the_file(files, folder):
    (folder / "small.bin").write_bytes(b"small")
    section = made(files, "small.bin", size=10_000)
    assert section["size"] == 10_000
    assert (folder / "small.bin").stat().st_size == 10_000
    assert files.read(section["id"]) == b"small".ljust(10_000, b"\0")


def test_a_smaller_size_does_not_cut_the_file(files, folder):
    (folder / "big.bin").write_bytes(b"x" * 10_000)
    section = made(files, "big.bin", size=100)
    assert (folder / "big.bin").stat().st_size == 10_000
    assert files.read(section["id"], 0, 100) == b"x" * 100


def test_a_native_process_sees_the_same_file(files, folder, peer):
    section = made(files, "both.bin", size=8192)
    peer.map_file("f", folder / "both.bin")
    peer.write("f", b"native")
    assert files.read(section["id"], 0, 6) == b"native"
    files.write(section["id"], b"http", 100)
    assert peer.read("f", 4, 100) == b"http"


def test_files_in_folders_below_are_reached(files, folder):
    (folder / "below" / "deep").mkdir(parents=True)
    section = made(files, "below/deep/data.bin", size=10)
    assert section["backing"]["file"] == "below/deep/data.bin"
    assert (folder / "below/deep/data.bin").exists()


@pytest.mark.parametrize("file", ["为人民.bin", "with space.bin", "-dash", "a+b%41&c"])
def test_a_file_may_have_any_sensible_name(files, folder, file):
    assert made(files, file, size=10)["backing"]["file"] == file
    assert (folder / file).exists()


# The four ways of opening.

def test_open_or_create_is_the_default(files, folder):
    files.close_section(made(files, "a.bin", size=10)["id"])
    (folder / "a.bin").write_bytes(b"0123456789")
    assert files.read(made(files, "a.bin", "open_or_create", size=10)["id"]) == b"0123456789"


def test_create_new_refuses_a_file_that_exists(files, folder):
    made(files, "fresh.bin", "create_new", size=10)
    expect_problem(create(files, "fresh.bin", "create_new", size=10), 409, "already_exists")
    (folder / "other.bin").write_bytes(b"mine")
    expect_problem(create(files, "other.bin", "create_new", size=10), 409, "already_exists")
    assert (folder / "other.bin").read_bytes() == b"mine"


def test_open_existing_refuses_a_file_that_is_missing(files, folder):
    expect_problem(create(files, "missing.bin", "open_existing", size=10), 404, "not_found")
    assert not (folder / "missing.bin").exists()
    (folder / "there.bin").write_bytes(b"there")
    assert files.read(made(files, "there.bin", "open_existing")["id"]) == b"there"


def test_truncate_empties_the_file_first(files, folder):
    (folder / "t.bin").write_bytes(b"full" * 1000)
    section = made(files, "t.bin", "truncate", size=100)
    assert section["size"] == 100
    assert files.read(section["id"]) == bytes(100)
    assert (folder / "t.bin").stat().st_size == 100


@pytest.mark.parametrize("members", [
    {}, {"size": 0}, {"size": 2**53 - 1}, {"size": 2**53}, {"size": 5000, "access": "read"},
    {"size": 5000, "access": "writecopy"}, {"size": 5000, "view": {"offset": 8192}}])
def test_a_refused_truncate_leaves_the_bytes(files, folder, members):
    (folder / "t.bin").write_bytes(b"full" * 1000)
    reply = create(files, "t.bin", "truncate", **members)
    assert reply.status in (400, 507), reply
    assert (folder / "t.bin").read_bytes() == b"full" * 1000
    assert files.sections() == []


@pytest.mark.parametrize("mode", [None, "open_or_create", "create_new"])
def test_a_size_that_cannot_be_mapped_makes_no_file(files, folder, mode):
    reply = create(files, "huge.bin", mode, size=2**53 - 1)
    assert reply.status in (400, 507), reply
    assert list(folder.iterdir()) == []


def test_a_size_that_cannot_be_mapped_extends_no_file(files, folder):
    (folder / "small.bin").write_bytes(b"abc")
    for size in (2**50, 2**53 - 1):
        reply = create(files, "small.bin", size=size)
        assert reply.status in (400, 507), reply
        assert (folder / "small.bin").read_bytes() == b"abc"
    assert files.sections() == []


@pytest.mark.linux
def test_nor_where_the_file_system_itself_takes_every_size(start_daemon):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        client = start_daemon("--files", folder).client()
        path = Path(folder)
        (path / "small.bin").write_bytes(b"abc")
        for mode in (None, "truncate"):
            expect_problem(create(client, "small.bin", mode, size=2**50), 507, "no_memory")
        for mode in (None, "create_new"):
            expect_problem(create(client, "huge.bin", mode, size=2**53 - 1), 507, "no_memory")
        assert [file.name for file in path.iterdir()] == ["small.bin"]
        assert (path / "small.bin").read_bytes() == b"abc"


@pytest.mark.parametrize("mode", [None, "open_or_create", "create_new", "truncate"])
def test_a_file_without_bytes_needs_a_size(files, folder, mode):
    if mode != "create_new":
        (folder / "empty.bin").touch()
    problem = expect_problem(create(files, "empty.bin", mode), 400, "bad_size", "bad_json")
    assert "size" in problem["detail"]
    assert files.sections() == []


def test_a_missing_folder_is_not_found(files, folder):
    expect_problem(create(files, "no/such/data.bin", size=10), 404, "not_found")
    assert not (folder / "no").exists()


# Access.

def test_access_read_never_writes(files, folder):
    (folder / "r.bin").write_bytes(b"constant")
    section = made(files, "r.bin", access="read")
    assert section["access"] == "read"
    assert files.read(section["id"]) == b"constant"
    reply = files.put(f"/v1/sections/{section['id']}/data", b"x")
    expect_problem(reply, 403, "read_only")
    assert (folder / "r.bin").read_bytes() == b"constant"


def test_access_writecopy_keeps_our_writes_to_us(files, folder):
    (folder / "w.bin").write_bytes(b"constant")
    section = made(files, "w.bin", access="writecopy")
    assert section["access"] == "writecopy"
    files.write(section["id"], b"CHANGED!")
    assert files.read(section["id"]) == b"CHANGED!"
    files.close_section(section["id"])
    assert (folder / "w.bin").read_bytes() == b"constant"


@pytest.mark.parametrize("access", ["read", "writecopy"])
def test_access_without_writing_does_not_make_or_change_files(files, folder, access):
    reply = create(files, "none.bin", access=access, size=100)
    assert reply.status in (400, 403, 404), reply
    (folder / "some.bin").write_bytes(b"12345")
    reply = create(files, "some.bin", access=access, size=100)
    assert reply.status in (400, 403), reply
    assert (folder / "some.bin").read_bytes() == b"12345"
    reply = create(files, "some.bin", "truncate", access=access, size=100)
    assert reply.status in (400, 403), reply
    assert (folder / "some.bin").read_bytes() == b"12345"


# Ways out of the folder.

OUTSIDE = [
    "../outside.bin", "..", "a/../../outside.bin", "./../outside.bin", "/etc/passwd",
    "//etc/passwd",
    "below/../../outside.bin", "..\\outside.bin", "C:\\outside.bin", "C:outside.bin",
    "Z:\\etc\\passwd",
    "\\\\?\\Z:\\etc\\passwd", "\\\\.\\Z:\\etc\\passwd", "\\\\server\\share\\x", "\\etc\\passwd",
    "//?/Z:/etc/passwd", "\\??\\Z:\\etc\\passwd"]


@pytest.mark.parametrize("file", OUTSIDE)
@pytest.mark.parametrize("mode", ["open_or_create", "open_existing", "truncate"])
def test_no_path_leads_out_of_the_folder(files, folder, file, mode):
    outside = folder.parent / "outside.bin"
    outside.write_bytes(b"untouched")
    passwd = os.stat("/etc/passwd")
    reply = create(files, file, mode, size=4096)
    if build.ON_WINDOWS or "\\" not in file and ":" not in file:
        assert reply.status in (400, 403, 404), reply
        assert files.sections() == []
    else:  # an odd name, but a name inside
        assert reply.status in (201, 400, 403, 404), reply
    assert outside.read_bytes() == b"untouched"
    assert os.stat("/etc/passwd").st_size == passwd.st_size
    assert [path.name for path in folder.parent.iterdir()
            if path.name not in ("inside", "outside.bin")] == []


@pytest.mark.parametrize("file", ["", ".", "./", "below", "below/", "a\u0000b", "x/"])
def test_a_path_that_is_no_file_is_refused(files, folder, file):
    (folder / "below").mkdir()
    reply = create(files, file, size=4096)
    assert reply.status in (400, 403, 404, 409), reply
    assert files.sections() == []


@pytest.mark.parametrize("access", ["read", "readwrite"])
def test_a_file_is_no_folder_and_a_folder_no_file(files, folder, access):
    (folder / "t.txt").write_bytes(b"text")
    (folder / "below").mkdir()
    expect_problem(create(files, "t.txt/x", access=access), 404, "not_found")
    expect_problem(create(files, "t.txt/x/y", access=access), 404, "not_found")
    expect_problem(create(files, "below", access=access), 409, "not_a_section")
    assert files.sections() == []
    assert (folder / "t.txt").read_bytes() == b"text"


@pytest.mark.parametrize("file", [
    pytest.param("a.bin" + "x" * 32_768, id="its length counted in 16 bits is that of a file"),
    pytest.param("NUL" + "x" * 32_768, id="its length counted in 16 bits is that of a device"),
    pytest.param("x" * 256, id="one more than there may be"),
    pytest.param("below/" + "x" * 256, id="in a folder below"),
    pytest.param("x" * 40_000 + "/a.bin", id="a folder"),
    pytest.param("为" * 256, id="not in ASCII")])
def test_a_step_of_a_path_that_is_too_long_is_refused(files, folder, file):
    (folder / "a.bin").write_bytes(b"untouched")
    (folder / "below").mkdir()
    for mode in (None, "truncate", "create_new"):
        reply = create(files, file, mode, size=5)
        assert reply.json()["code"] in ("bad_name", "access_denied"), reply
    assert (folder / "a.bin").read_bytes() == b"untouched"
    assert sorted(path.name for path in folder.rglob("*")) == ["a.bin", "below"]
    assert files.sections() == []


@pytest.mark.windows
@pytest.mark.parametrize("file", [
    "data.bin:stream", "data.bin::$DATA", "NUL", "nul", "COM1", "CON", "NUL.txt", "below\\NUL",
    "aux.bin",
    "data.bin.", "data.bin ", "LPT1", "a<b", "a|b", "a?b", "a*b", "CONIN$"])
def test_names_with_a_meaning_of_their_own_on_windows_are_refused(files, folder, file):
    (folder / "data.bin").write_bytes(b"x" * 100)
    (folder / "below").mkdir()
    reply = create(files, file, size=4096)
    assert reply.status in (400, 403, 404, 409), reply
    assert files.sections() == []
    assert (folder / "data.bin").read_bytes() == b"x" * 100


def test_a_symlink_that_leads_out_is_refused(files, folder):
    outside = folder.parent / "outside.bin"
    outside.write_bytes(b"untouched")
    (folder / "link.bin").symlink_to(outside)
    (folder / "up").symlink_to(folder.parent)
    (folder / "dangling.bin").symlink_to(folder.parent / "made-by-us.bin")
    for file in ("link.bin", "up/outside.bin", "dangling.bin"):
        for mode in ("open_or_create", "open_existing", "truncate"):
            reply = create(files, file, mode, size=4096)
            assert reply.status in (403, 404), reply
    assert outside.read_bytes() == b"untouched"
    assert not (folder.parent / "made-by-us.bin").exists()
    assert files.sections() == []


def test_a_file_with_a_second_name_is_refused(files, folder):
    outside = folder.parent / "outside.bin"
    outside.write_bytes(b"untouched")
    os.link(outside, folder / "hard.bin")
    for mode in ("open_or_create", "open_existing", "truncate"):
        expect_problem(create(files, "hard.bin", mode, size=4096), 403, "access_denied")
    assert outside.read_bytes() == b"untouched"
    assert files.sections() == []


@pytest.mark.linux
def test_only_regular_files_are_taken(files, folder):
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    for file in ("fifo", "folder"):
        for mode in ("open_or_create", "open_existing", "truncate"):
            reply = create(files, file, mode, size=4096)
            assert reply.status in (403, 409), reply
    assert files.sections() == []


def test_without_the_option_files_are_switched_off(client):
    problem = expect_problem(create(client, "x.bin", size=4096), 403, "disabled")
    assert "--files" in problem["detail"]
    assert client.sections() == []


@pytest.mark.parametrize("backing", [
    {}, {"file": None}, {"file": 5}, {"file": "x", "open": "append"}, {"file": "x", "mode": "w"},
    {"open": "truncate"}, "x", [], 5])
def test_a_backing_of_another_form_is_refused(files, folder, backing):
    reply = files.post("/v1/sections", {"size": 4096, "backing": backing})
    expect_problem(reply, 400, "bad_json", "bad_request", "bad_name")
    assert list(folder.iterdir()) == []


# Somebody else has the file.

@pytest.mark.windows
def test_a_file_that_somebody_locks_is_in_use(files, folder, peer):
    (folder / "locked.bin").write_bytes(b"kept".ljust(5000, b"."))
    peer.file_exclusive("f", folder / "locked.bin")
    for members in ({}, {"access": "read"}, {"size": 9000}):
        problem = expect_problem(create(files, "locked.bin", **members), 409, "in_use")
        assert problem["os"]["code"] in (32, 0xC0000043), "a sharing violation"
    expect_problem(create(files, "locked.bin", "truncate", size=100), 409, "in_use")
    assert files.sections() == []
    peer.close_slot("f")
    assert made(files, "locked.bin")["size"] == 5000
    assert (folder / "locked.bin").read_bytes() == b"kept".ljust(5000, b".")


@pytest.mark.linux
def test_a_program_that_runs_is_in_use(files, folder):
    program = folder / "program"
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    content = program.read_bytes()
    process = subprocess.Popen([program, "600"])
    try:
        wait_until(lambda: os.readlink(f"/proc/{process.pid}/exe") == str(program), "it runs")
        problem = expect_problem(create(files, "program"), 409, "in_use")
        assert problem["os"]["name"] == "ETXTBSY"
        expect_problem(create(files, "program", "truncate", size=1), 409, "in_use")
        assert made(files, "program", access="read")["size"] == len(content)
    finally:
        process.kill()
        process.wait()
    assert program.read_bytes() == content


# The rest.

@pytest.mark.linux
def test_a_descriptor_of_a_file_in_the_folder_is_a_section(files, folder, peer):
    (folder / "held.bin").write_bytes(b"held".ljust(4096, b"\0"))
    handle = peer.map_file("f", folder / "held.bin")["handle"]
    section = files.duplicate(peer.pid, handle)
    assert section["backing"]["kind"] == "file"
    files.write(section["id"], b"HELD")
    assert peer.read("f", 4) == b"HELD"


@pytest.mark.linux
def test_a_descriptor_of_a_file_elsewhere_is_none(files, peer, tmp_path):
    handle = peer.map_file("f", tmp_path / "elsewhere.bin", 4096)["handle"]
    reply = files.post("/v1/sections/duplicate", {"pid": peer.pid, "handle": handle})
    expect_problem(reply, 409, "not_a_section")


def test_a_view_of_a_file_shows_only_its_part(files, folder):
    data = bytes(index % 251 for index in range(200_000))
    (folder / "view.bin").write_bytes(data)
    section = made(files, "view.bin", view={"offset": 70_000, "length": 1000})
    assert section["view"] == {"offset": 70_000, "length": 1000}
    assert files.read(section["id"]) == data[70_000:71_000]
    files.write(section["id"], b"!", 999)
    files.close_section(section["id"])
    assert (folder / "view.bin").read_bytes()[70_998:71_001] == data[70_998:70_999] + b"!" + \
        data[71_000:71_001]


def test_a_view_past_the_end_makes_no_file(files, folder):
    reply = create(files, "none.bin", size=4096, view={"offset": 5000})
    expect_problem(reply, 400, "bad_offset", "bad_size")
    assert not (folder / "none.bin").exists()


def test_files_do_not_count_as_memory(start_daemon, tmp_path):
    daemon = start_daemon("--files", build.native_path(tmp_path), "--max-total-bytes", "8192",
                          "--max-section-bytes", "8192")
    client = daemon.client()
    section = made(client, "large.bin", size=1 << 20)
    assert section["size"] == 1 << 20
    expect_status(client.post("/v1/sections", {"size": 8192}), 201)


@pytest.mark.parametrize("folder_name", ["no-such-folder", "a-file"])
def test_a_folder_that_is_none_ends_the_start_with_the_reason(tmp_path, folder_name):
    (tmp_path / "a-file").touch()
    finished = build.run(
        build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir", build.native_path(tmp_path / "s"),
        "--files", build.native_path(tmp_path / folder_name))
    assert finished.returncode in (1, 2)
    assert folder_name in finished.stderr
    assert finished.stdout == ""
