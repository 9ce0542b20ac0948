"""The state folder: nobody but its user may put anything there that a daemon would believe."""

import os
import subprocess

import pytest

import build

NOBODY = 65534
needs_root = pytest.mark.skipif(build.ON_WINDOWS or os.geteuid() != 0, reason="becomes another user")


@pytest.fixture
def folder(open_folder):
    path = open_folder / "state"
    path.mkdir(mode=0o700)
    return path


def refusal(folder):
    """What a daemon says that will not use this state folder, in which it has left nothing."""
    before = sorted(folder.iterdir())
    finished = build.run(build.SECTIOND, "--no-token", "--listen", "127.0.0.1:0", "--state-dir",
                         build.native_path(folder))
    assert finished.returncode == 1 and finished.stdout == ""
    assert build.native_path(folder) in finished.stderr
    assert sorted(folder.iterdir()) == before
    return finished.stderr


# Wine shows a group's rights as nobody's.
@pytest.mark.parametrize("mode", [0o702, 0o777] + ([] if build.ON_WINDOWS else [0o720, 0o770]))
def test_a_folder_that_others_may_write_to_is_refused_without_a_token_too(folder, mode):
    folder.chmod(mode)
    said = refusal(folder)
    assert ("icacls" if build.ON_WINDOWS else "chmod go-w") in said


@pytest.mark.linux
@needs_root
def test_a_folder_of_another_user_is_refused(folder):
    os.chown(folder, NOBODY, NOBODY)
    assert "another user" in refusal(folder)


@pytest.mark.linux
def test_a_folder_that_others_may_read_or_that_is_sticky_is_used(folder, start_daemon):
    for mode in (0o755, 0o1777):
        folder.chmod(mode)
        start_daemon("--no-token", state=folder).stop()


LOCK = """
import fcntl, os, sys
file = open(sys.argv[1], "w")
os.chmod(sys.argv[1], 0o666)
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.linux
@needs_root
def test_a_journal_that_another_user_made_and_locks_does_not_hang_the_start(folder):
    """In a sticky folder, under the very name that is to be ours."""
    folder.chmod(0o1777)
    daemon = build.start_held(build.SECTIOND, "--no-token", "--listen", "127.0.0.1:0",
                              "--state-dir", folder)
    journal = folder / f"journal-{daemon.pid}"
    with daemon, subprocess.Popen(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                           "/usr/bin/python3", "-c", LOCK, journal],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        said = daemon.communicate(b"go\n", timeout=60)[1].decode()
        other.stdin.close()
    assert daemon.returncode == 1
    assert str(journal) in said and "cannot open the journal" in said
    assert journal.exists(), "it is not ours to take away"
