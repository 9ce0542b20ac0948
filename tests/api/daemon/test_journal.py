"""What a killed daemon left behind is cleared by the next start, and nothing else is."""

import os
from pathlib import Path

import pytest

import build
from daemon import wait_until
from names import unique_name

SHM = Path("/dev/shm")


@pytest.fixture
def state(tmp_path):
    """The state folder that the daemons of one test use one after the other."""
    return tmp_path / "state"


def journals(state):
    return sorted(state.glob("journal*"))


def journal_text(state):
    return "".join(journal.read_text() for journal in journals(state))


def is_free(peer, name):
    """Whether a native process can make the name anew."""
    made = peer.create("probe", 4096, name)
    peer.close_slot("probe")
    return made["created"]


def test_a_name_of_a_killed_daemon_is_free_after_the_next_start(start_daemon, state, peer, names):
    first = start_daemon(state=state)
    client = first.client()
    made = names(3)
    for name in made:
        client.create(name)
    first.kill()
    start_daemon(state=state)
    for name in made:
        wait_until(lambda: is_free(peer, name), "the name is free")


def test_a_name_that_a_killed_daemon_only_opened_stays(start_daemon, state, peer, name):
    peer.create("a", 4096, name)
    peer.write("a", b"mine")
    first = start_daemon(state=state)
    first.client().open(name)
    first.client().create(name)
    first.kill()
    second = start_daemon(state=state)
    assert second.client().read(second.client().open(name)["id"], 0, 4) == b"mine"


def test_a_second_daemon_leaves_the_names_of_a_living_one(start_daemon, state, peer, name):
    first = start_daemon(state=state)
    section = first.client().create(name)["id"]
    first.client().write(section, b"alive")
    start_daemon(state=state).stop()
    peer.open("a", name)
    assert peer.read("a", 5) == b"alive"
    assert first.client().read(section, 0, 5) == b"alive"


def test_the_names_of_both_daemons_on_one_folder_are_cleared(start_daemon, state, peer, names):
    one, two = names(2)
    first, second = start_daemon(state=state), start_daemon(state=state)
    first.client().create(one)
    second.client().create(two)
    first.kill()
    second.kill()
    start_daemon(state=state)
    wait_until(lambda: is_free(peer, one) and is_free(peer, two), "the names are free")


@pytest.mark.parametrize("garbage", [
    b"", b"\x00\xff\xfe garbage\n", b"{}\n[]\n", b"1 2 3\n" * 10_000, b"no newline", b"\n\n\n"])
def test_a_damaged_journal_does_not_keep_us_from_starting(start_daemon, state, garbage):
    state.mkdir()
    for name in ("journal", "journal-1", "journal-99999999", "journal-", "journal-x"):
        (state / name).write_bytes(garbage)
    assert start_daemon(state=state).client().get("/healthz").status == 200


def test_a_section_closed_in_time_is_not_touched_later(start_daemon, state, peer, name):
    first = start_daemon(state=state)
    client = first.client()
    client.close_section(client.create(name)["id"])
    peer.create("a", 4096, name)
    first.kill()
    start_daemon(state=state)
    peer.open("b", name)


@pytest.mark.linux
def test_a_kill_leaves_the_name_and_the_next_start_unlinks_it(start_daemon, state, name):
    first = start_daemon(state=state)
    first.client().create(name)
    first.kill()
    assert (SHM / name).exists(), "nobody could clear it yet"
    second = start_daemon(state=state)
    assert not (SHM / name).exists()
    assert name in second.log()


@pytest.mark.linux
@pytest.mark.skipif(build.ON_WINDOWS or os.geteuid() != 0, reason="gives a file to another user")
def test_a_journal_of_another_user_is_not_believed(start_daemon, state, name):
    first = start_daemon(state=state)
    first.client().create(name)
    first.kill()
    [journal] = journals(state)
    os.chown(journal, 65534, 65534)
    second = start_daemon(state=state)
    assert (SHM / name).exists(), "others may not have us unlink what they please"
    os.chown(journal, 0, 0)
    second.stop()
    start_daemon(state=state)
    assert not (SHM / name).exists(), "the same journal, now ours"


@pytest.mark.linux
def test_a_name_made_closed_and_made_again_is_cleared(start_daemon, state, name):
    first = start_daemon(state=state)
    client = first.client()
    for _ in range(3):
        client.close_section(client.create(name)["id"])
    client.create(name)
    first.kill()
    assert (SHM / name).exists()
    start_daemon(state=state)
    assert not (SHM / name).exists()
    assert len(journals(state)) <= 1, "the dead one's journal is gone"


@pytest.mark.linux
def test_a_name_that_leads_elsewhere_by_now_is_left_alone(start_daemon, state, name):
    first = start_daemon(state=state)
    first.client().create(name)
    first.kill()
    # Another object under the old name, made before the old one goes so that it is another inode.
    replacement = SHM / (name + "-new")
    replacement.write_bytes(b"somebody else's")
    os.rename(replacement, SHM / name)
    try:
        start_daemon(state=state)
        assert (SHM / name).read_bytes() == b"somebody else's"
    finally:
        (SHM / name).unlink()


@pytest.mark.linux
def test_a_replaced_name_is_left_alone_at_a_clean_close_too(client, name):
    section = client.create(name)
    replacement = SHM / (name + "-new")
    replacement.write_bytes(b"somebody else's")
    os.rename(replacement, SHM / name)
    try:
        client.close_section(section["id"])
        assert (SHM / name).read_bytes() == b"somebody else's"
    finally:
        (SHM / name).unlink()


@pytest.mark.linux
def test_a_name_to_be_kept_is_kept(start_daemon, state, name):
    first = start_daemon(state=state)
    client = first.client()
    section = client.create(name, keep=True)
    client.write(section["id"], b"kept")
    client.close_section(section["id"])
    try:
        assert (SHM / name).read_bytes()[:4] == b"kept"
        client.open(name)
        first.kill()
        start_daemon(state=state)
        assert (SHM / name).read_bytes()[:4] == b"kept"
    finally:
        (SHM / name).unlink()


@pytest.mark.linux
def test_the_journal_is_empty_of_names_that_are_gone(start_daemon, state, names):
    daemon = start_daemon(state=state)
    client = daemon.client()
    made = names(20)
    for name in made:
        client.create(name)
    for section in client.sections():
        client.close_section(section["id"])
    daemon.stop()
    assert not [name for name in made if name in journal_text(state)]


@pytest.mark.linux
@pytest.mark.parametrize("line", ["../../etc/passwd", "a/b", "/etc/passwd", ".."])
def test_a_forged_journal_leads_out_of_no_folder(start_daemon, state, line, tmp_path):
    """Whatever form the journal has: a name in it that no section can have unlinks nothing."""
    victim = tmp_path / "victim"
    victim.write_text("here")
    first = start_daemon(state=state)
    placeholder = unique_name()
    first.client().create(placeholder)
    first.kill()
    [journal] = journals(state)
    text = journal.read_text()
    assert placeholder in text
    out = os.path.relpath(victim, SHM)
    journal.write_text(
        text.replace(placeholder, line) + text.replace(placeholder, out) + text)
    start_daemon(state=state)
    assert victim.exists()
    assert not (SHM / placeholder).exists()
    assert os.path.exists("/etc/passwd")


def test_many_names_are_cleared(start_daemon, state, peer, names):
    first = start_daemon(state=state)
    client = first.client()
    made = names(50 if build.ON_WINDOWS else 200)
    for name in made:
        client.create(name, size=1)
    first.kill()
    start_daemon(state=state)
    for name in made:
        wait_until(lambda: is_free(peer, name), "the name is free")
