"""Layouts are there after a restart, also after kill -9; what is broken is named and skipped."""

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from layouts import NUMBER, listed, made, of_fields, put

SIMPLE = of_fields(NUMBER, title="an example")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "kept"


def folder(state):
    return state / "layouts"


def restart(daemon, start_daemon, state, how="stop"):
    getattr(daemon, how)()
    return start_daemon(state=state)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_was_put_is_there_after_a_restart(start_daemon, state, how):
    daemon = start_daemon(state=state)
    client = daemon.client()
    before = {name: expect_status(put(client, name, SIMPLE), 201)
              for name in ("one", "con", "nul.x", "a.")}
    before["two"] = expect_status(put(client, "two", "struct s { int a;\n int rest[]; };"), 201)
    assert [note["line"] for note in before["two"].json()["notes"]] == [2]
    expect_status(put(client, "gone", SIMPLE), 201)
    expect_status(client.delete("/v1/layouts/gone"), 204)
    daemon = restart(daemon, start_daemon, state, how)
    client = daemon.client()
    for name, reply in before.items():
        again = client.get(f"/v1/layouts/{name}")
        assert again.body == reply.body and again.headers["ETag"] == reply.headers["ETag"]
    expect_problem(client.get("/v1/layouts/gone"), 404, "not_found")
    assert "skipped" not in daemon.log()


def test_no_folder_is_made_before_there_is_a_layout(start_daemon, state):
    daemon = start_daemon(state=state)
    assert not folder(state).exists()
    made(daemon.client(), SIMPLE, "one")
    assert [each.name for each in folder(state).iterdir()] == ["one.json"]


def test_a_device_of_windows_is_no_name_of_a_file(start_daemon, state):
    client = start_daemon(state=state).client()
    for name in ("con", "com1.x", "lpt0", "console"):
        made(client, SIMPLE, name)
    assert {each.name for each in folder(state).iterdir()} == \
        {"_con.json", "_com1.x.json", "_lpt0.json", "console.json"}


BROKEN = {
    "torn.json": '{"fields":[{"name":"n","ty',
    "empty.json": "",
    "wrong.json": '{"fields":[{"name":"n","type":"u9"}]}',
    "list.json": "[]",
    "Large.json": '{"fields":[]}',
    "con.json": '{"fields":[{"name":"n","type":"u32"}]}',
    "hwinfo.json": '{"fields":[{"name":"n","type":"u32"}]}',
    "zero.json": '{"fields":[{"name":"n","type":"u32"}]}\0{"fields"',
    "x.txt": "",
}


def test_what_is_torn_or_broken_is_named_at_the_start_and_skipped(start_daemon, state):
    daemon = start_daemon(state=state)
    made(daemon.client(), SIMPLE, "one")
    daemon.stop()
    for name, text in BROKEN.items():
        (folder(state) / name).write_text(text)
    (folder(state) / "large.json").write_text('{"fields":[]}' + " " * (4 * 1024 * 1024))
    (folder(state) / "folder.json").mkdir()
    daemon = start_daemon(state=state)
    client = daemon.client()
    wait_until(lambda: "layouts/x.txt" in daemon.log(), "the log has the last of them")
    for name in (*BROKEN, "large.json", "folder.json"):
        [line] = [line for line in daemon.log().splitlines() if f"layouts/{name} " in line]
        assert " warn " in line and "skipped" in line, line
    assert [name for name in listed(client) if name in ("one", "torn", "empty", "wrong", "con", "zero")] == ["one"]
    assert client.get("/v1/layouts/hwinfo").json()["fields"][0]["name"] != "n"
    assert (folder(state) / "torn.json").read_text() == BROKEN["torn.json"]
    expect_status(put(client, "torn", SIMPLE), 201)
    daemon = restart(daemon, start_daemon, state)
    assert "torn" in listed(daemon.client())


def test_a_file_that_users_put_there_is_read_at_the_next_start(start_daemon, state):
    folder(state).mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    (folder(state) / "mine.json").write_text('{\n  "fields": [{"name": "n", "type": "u32"}]\n}\n')
    client = start_daemon(state=state).client()
    assert client.get("/v1/layouts/mine").json()["fields"] == [{"name": "n", "type": "u32", "offset": 0}]


def test_what_a_write_has_left_is_removed(start_daemon, state):
    folder(state).mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    left = folder(state) / "mine.json.0123456789abcdef"
    left.write_text('{"fields"')
    daemon = start_daemon(state=state)
    assert not left.exists() and "skipped" not in daemon.log()


@pytest.mark.linux
def test_a_folder_that_others_may_write_to_is_refused(start_daemon, state):
    folder(state).mkdir(parents=True)
    state.chmod(0o700)
    folder(state).chmod(0o777)
    finished = build.run(build.SECTIOND, "--no-token", "--listen", "127.0.0.1:0", "--state-dir", str(state))
    assert finished.returncode == 1 and "layouts" in finished.stderr


@pytest.mark.linux
def test_a_link_is_skipped(start_daemon, state, tmp_path):
    (tmp_path / "elsewhere.json").write_text('{"fields":[{"name":"n","type":"u32"}]}')
    folder(state).mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    (folder(state) / "mine.json").symlink_to(tmp_path / "elsewhere.json")
    daemon = start_daemon(state=state)
    assert "layouts/mine.json is skipped" in daemon.log()
    assert "mine" not in listed(daemon.client())


@pytest.mark.linux
def test_a_layout_that_cannot_be_kept_is_not_there(start_daemon, state):
    daemon = start_daemon(state=state)
    state.chmod(0o700)
    folder(state).write_text("in the way")
    client = daemon.client()
    reply = put(client, "mine", SIMPLE)
    assert reply.status >= 400, reply
    assert "mine" not in listed(client)
    folder(state).unlink()
    expect_status(put(client, "mine", SIMPLE), 201)
