"""Signals, and what hangs: the end of the daemon must not depend on it."""

import ctypes
import fcntl
import os
import signal
from pathlib import Path

import pytest

import build
from client import expect_status
from daemon import wait_until
from hanging_files import has_hung_thread

pytestmark = pytest.mark.linux

SHM = Path("/dev/shm")
LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2


@pytest.fixture
def hang(tmp_path):
    """Mounts a file system on a folder that answers nothing, until the test is over."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("mounting a file system of our own needs root and /dev/fuse")
    mounts = []

    def mount(folder):
        device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
        if LIBC.mount(b"fuse", os.fsencode(folder), b"fuse", 0, options) != 0:
            os.close(device)
            pytest.skip(f"mounting is refused: {os.strerror(ctypes.get_errno())}")
        mounts.append((device, folder))

    yield mount
    for device, folder in mounts:
        LIBC.umount2(os.fsencode(folder), MNT_DETACH)
        os.close(device)


def ask_without_waiting(client, method, path, body):
    """Sends a request whose answer does not come."""
    connection = client._connection
    connection.request(method, path, body, {"Authorization": f"Bearer {client.token}",
                                            "Content-Type": "application/json"})


@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_hangs_does_not_hold_up_the_end(
        start_daemon, tmp_path, open_folder, hang, name, again):
    files = tmp_path / "files"
    (files / "deep").mkdir(parents=True)
    socket = open_folder / "socket"
    daemon = start_daemon("--grace", "3600" if again else "0", "--files", str(files),
                          "--unix", str(socket))
    client = daemon.client()
    client.create(name)
    hang(files / "deep")
    ask_without_waiting(daemon.client(), "POST", "/v1/sections",
                        '{"size":4096,"backing":{"file":"deep/file"}}')
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    daemon.signal(signal.SIGTERM)
    if again:
        wait_until(lambda: "stopping" in daemon.log(), "it has begun to stop")
        daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert not (SHM / name).exists(), "the name is cleared"
    assert not socket.exists()
    daemon.check_log()


def test_a_terminal_that_closes_stops_it_and_clears_its_names(start_daemon, name):
    daemon = start_daemon()
    daemon.client().create(name)
    daemon.signal(signal.SIGHUP)
    assert daemon.wait() == 0
    assert not (SHM / name).exists()
    assert "stopping: SIGHUP" in daemon.log()
    daemon.check_log()


def test_under_nohup_a_terminal_that_closes_changes_nothing(start_daemon, client):
    daemon = start_daemon(prefix=("nohup",))
    daemon.signal(signal.SIGHUP)
    expect_status(daemon.client().get("/v1/info"), 200)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert "stopping: SIGTERM" in daemon.log(), "and not SIGHUP"


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGXFSZ])
def test_signals_of_failed_writes_do_not_kill(start_daemon, number):
    daemon = start_daemon()
    daemon.signal(number)
    expect_status(daemon.client().get("/v1/info"), 200)
    daemon.stop()


def test_a_limit_on_files_is_an_answer_and_not_the_end(start_daemon, name):
    daemon = start_daemon(prefix=("prlimit", f"--fsize={1 << 20}"))
    client = daemon.client()
    reply = client.post("/v1/sections", {"name": name, "size": 2 << 20})
    assert reply.status == 507, reply.text
    client.create(name, size=4096)


def test_a_lock_that_another_process_has_is_said_and_not_waited_for(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    held = build.start_held(build.SECTIOND, "--state-dir", state, "--listen", "127.0.0.1:0")
    with open(state / f"journal-{held.pid}", "w") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        _, errors = held.communicate(b"go\n", timeout=60)
    assert held.returncode == 1
    assert f"locked by the process {os.getpid()}" in errors.decode()


def test_two_daemons_with_one_state_folder_both_serve(start_daemon, tmp_path):
    state = tmp_path / "state"
    for daemon in [start_daemon(state=state), start_daemon(state=state)]:
        expect_status(daemon.client().get("/v1/info"), 200)
