"""The token file: nobody but its user may read it, write it, or put another in its place."""

import os
import signal
import stat
import subprocess
import threading
from pathlib import Path

import pytest

import build
from amounts import amount
from client import expect_status

NOBODY = 65534
LISTEN = ("--listen", "127.0.0.1:0")
TOKEN = "sesame-1234567890-sesame-1234567890"


def refusal(path, *options):
    """What a daemon says that will not use this token file."""
    finished = build.run(build.SECTIOND, *LISTEN, "--token-file", build.native_path(path),
                         "--state-dir", build.native_path(path.parent / "state"), *options)
    assert finished.returncode not in (0, None), finished.stdout
    assert TOKEN not in finished.stdout + finished.stderr
    assert path.name in finished.stderr, finished.stderr
    return finished.stderr


@pytest.fixture
def accepts(start_daemon):
    """Whether a daemon starts with this token file, and takes the token."""
    def start(path):
        daemon = start_daemon("--token-file", build.native_path(path),
                              state=path.parent / "state")
        return daemon.client(token=TOKEN).get("/v1/info").status == 200
    return start


def begin(state):
    """Starts a daemon that makes its state folder, which the fixture of the other tests makes before."""
    return build.start(build.SECTIOND, *LISTEN, "--state-dir", build.native_path(state),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process):
    """Its ready line, and what it said."""
    line = process.stdout.readline().decode()
    process.send_signal(signal.SIGINT)
    return line, process.communicate(timeout=120)[1].decode()


def start_and_stop(state):
    process = begin(state)
    line, said = end(process)
    assert "ready" in line, said
    return process.returncode


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def token_file(folder):
    path = folder / "my-token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_the_user_alone_is_used(token_file, accepts, mode):
    token_file.chmod(mode)
    assert accepts(token_file)


# Wine shows a group's rights as nobody's.
OPEN_MODES = [0o604, 0o606, 0o666] if build.ON_WINDOWS else [0o640, 0o604, 0o620, 0o602, 0o666]


@pytest.mark.parametrize("mode", OPEN_MODES)
def test_a_file_that_others_may_read_or_write_is_refused(token_file, mode):
    token_file.chmod(mode)
    refusal(token_file)


@pytest.mark.parametrize("mode", [0o702, 0o777] + ([] if build.ON_WINDOWS else [0o720, 0o770]))
def test_a_folder_that_others_may_write_to_is_refused(token_file, mode):
    token_file.parent.chmod(mode)
    assert "folder" in refusal(token_file)


def test_nothing_is_made_in_a_folder_that_others_may_write_to(folder):
    folder.chmod(0o777)
    finished = build.run(build.SECTIOND, *LISTEN, "--state-dir", build.native_path(folder))
    folder.chmod(0o700)
    assert finished.returncode != 0
    if not build.ON_WINDOWS:
        assert list(folder.iterdir()) == []


@pytest.mark.linux
def test_a_folder_that_is_sticky_is_used(token_file, accepts):
    """As /tmp is: others may add files there, and not replace any of ours."""
    token_file.parent.chmod(0o1777)
    assert accepts(token_file)


def test_a_link_is_refused_even_to_a_good_file(token_file):
    link = token_file.with_name("link")
    link.symlink_to(token_file)
    assert "link" in refusal(link)


def test_a_link_to_nowhere_makes_no_file_there(folder):
    link = folder / "link"
    link.symlink_to(folder / "elsewhere")
    refusal(link)
    if not build.ON_WINDOWS:  # Wine follows it unseen
        assert not (folder / "elsewhere").exists()


def test_a_folder_in_its_place_is_refused(folder):
    path = folder / "my-token"
    path.mkdir(mode=0o700)
    refusal(path)


@pytest.mark.windows
def test_a_file_in_the_root_of_a_drive_is_no_link(token_file, start_daemon, tmp_path):
    """A drive of the prefix: Wine makes one of a link in this folder."""
    drives = Path(build.environment()["WINEPREFIX"]) / "dosdevices"
    letter = next(letter for letter in "klmnopqr" if not (drives / f"{letter}:").is_symlink())
    drive = drives / f"{letter}:"
    drive.symlink_to(token_file.parent)
    try:
        daemon = start_daemon("--token-file", f"{letter.upper()}:\\{token_file.name}",
                              state=tmp_path / "state")
        expect_status(daemon.client(token=TOKEN).get("/v1/info"), 200)
        daemon.stop()
    finally:
        drive.unlink()


@pytest.mark.linux
def test_what_is_no_file_is_refused_and_not_waited_for(folder):
    path = folder / "my-token"
    os.mkfifo(path, 0o600)
    refusal(path)


@pytest.mark.linux
def test_a_file_of_another_user_is_refused(token_file):
    os.chown(token_file, NOBODY, NOBODY)
    assert "another user" in refusal(token_file)


@pytest.mark.linux
def test_a_folder_of_another_user_is_refused(token_file):
    os.chown(token_file.parent, NOBODY, NOBODY)
    assert "another user" in refusal(token_file)


def test_what_is_made_is_for_the_user_alone_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        finished = start_and_stop(folder / "state")
    finally:
        os.umask(before)
    assert finished == 0
    for name in ("token", "header"):
        mode = stat.S_IMODE((folder / "state" / name).stat().st_mode)
        # Wine keeps an owner's rights in the bits of the group, too.
        assert mode & (0o007 if build.ON_WINDOWS else 0o077) == 0
    assert stat.S_IMODE((folder / "state").stat().st_mode) & (
        0o007 if build.ON_WINDOWS else 0o777) == (0 if build.ON_WINDOWS else 0o700)


def test_a_link_in_the_place_of_the_header_file_is_replaced_and_not_followed(token_file, accepts):
    victim = token_file.with_name("victim")
    victim.write_text("untouched")
    token_file.with_name("my-token.header").symlink_to(victim)
    assert accepts(token_file)
    assert victim.read_text() == "untouched"
    header = token_file.with_name("my-token.header")
    assert TOKEN in header.read_text()
    if not build.ON_WINDOWS:
        assert not header.is_symlink()


@pytest.mark.parametrize("tokens, warned", [("a", 1), ("read abc\nadmin 123456789012345", 2),
                                            ("1234567890123456", 0), (f"read b\n{TOKEN}", 1)])
def test_tokens_that_can_be_guessed_are_warned_of_and_used(token_file, start_daemon, tokens,
                                                           warned):
    token_file.write_text(tokens + "\n")
    daemon = start_daemon("--token-file", build.native_path(token_file))
    for line in tokens.splitlines():
        expect_status(daemon.client(token=line.split()[-1]).get("/v1/info"), 200)
    warnings = [line for line in daemon.log().splitlines() if "can be guessed" in line]
    assert len(warnings) == (warned > 0)
    assert all(f" warn {build.native_path(token_file)}: {warned} of " in line for line in warnings)


# Made whole.

STARTS = amount(40)


def test_of_many_that_start_at_once_all_have_the_same_token(folder):
    """Each start makes the file, finds it made, or meets it while another makes it."""
    for attempt in range(STARTS):
        states = [folder / f"{attempt}-{index}" for index in range(12)]
        shared = folder / f"token-{attempt}"
        processes = [build.start(
            build.SECTIOND, *LISTEN, "--state-dir", build.native_path(state), "--token-file",
            build.native_path(shared), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) for state in states]
        for process in processes:
            line, said = end(process)
            assert "ready" in line, said
        text = shared.read_text()
        assert len(text) == 65 and text.endswith("\n")
        assert shared.with_name(shared.name + ".header").read_text().endswith(text)
        assert sorted(each.name for each in folder.glob(f"{shared.name}*")) == [
            shared.name, f"{shared.name}.header"], "nothing is left of those who came second"


def test_the_file_is_never_seen_in_part(folder):
    for attempt in range(STARTS):
        state = folder / str(attempt)
        state.mkdir(mode=0o700)
        seen, over = set(), threading.Event()

        def look():
            while not over.is_set():
                for name in ("token", "header"):
                    try:
                        seen.add((name, len((state / name).read_bytes())))
                    except FileNotFoundError:
                        pass

        looking = threading.Thread(target=look)
        looking.start()
        assert start_and_stop(state) == 0
        over.set()
        looking.join()
        assert seen <= {("token", 65), ("header", 87)}, seen


@pytest.mark.parametrize("content", [
    f"{TOKEN}\0\n", f"{TOKEN}\n\0", f"\0{TOKEN}\n", f"read {TOKEN}\n\0admin king\n", "\0"])
def test_a_file_with_a_nul_is_refused(token_file, content):
    token_file.write_text(content)
    assert "NUL" in refusal(token_file)
    assert token_file.read_text() == content
