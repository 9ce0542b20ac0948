"""The token file: nobody but its user may read it, write it, or put another in its place."""

import os
import stat

import pytest

import build
from client import expect_status

NOBODY = 65534
TOKEN = "sesame-1234567890-sesame-1234567890"


def refusal(path, *options):
    """What a daemon says that will not use this token file."""
    finished = build.run(build.SECTIOND, "--url", "--token-file", build.native_path(path),
                         "--state-dir", build.native_path(path.parent / "state"), *options)
    assert finished.returncode not in (0, None), finished.stdout
    assert TOKEN not in finished.stdout + finished.stderr
    assert path.name in finished.stderr, finished.stderr
    return finished.stderr


def accepts(path):
    finished = build.run(build.SECTIOND, "--url", "--token-file", build.native_path(path),
                         "--state-dir", build.native_path(path.parent / "state"))
    return finished.returncode == 0 and TOKEN in finished.stdout


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
def test_a_file_of_the_user_alone_is_used(token_file, mode):
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
    finished = build.run(build.SECTIOND, "--url", "--state-dir", build.native_path(folder))
    folder.chmod(0o700)
    assert finished.returncode != 0
    if not build.ON_WINDOWS:
        assert list(folder.iterdir()) == []


@pytest.mark.linux
def test_a_folder_that_is_sticky_is_used(token_file):
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
        finished = build.run(build.SECTIOND, "--url", "--state-dir",
                             build.native_path(folder / "state"))
    finally:
        os.umask(before)
    assert finished.returncode == 0, finished.stderr
    for name in ("token", "header"):
        mode = stat.S_IMODE((folder / "state" / name).stat().st_mode)
        # Wine keeps an owner's rights in the bits of the group, too.
        assert mode & (0o007 if build.ON_WINDOWS else 0o077) == 0
    if not build.ON_WINDOWS:
        assert stat.S_IMODE((folder / "state").stat().st_mode) == 0o700


def test_a_link_in_the_place_of_the_header_file_is_replaced_and_not_followed(token_file):
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
