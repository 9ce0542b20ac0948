"""What all tests share: one daemon for a run, peers, and names that nobody else has."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import build
from amounts import some_cases
from daemon import Daemon, check_all_logs
from names import NAME_PREFIX, unique_name
from peers import Peer


def pytest_configure(config):
    config.addinivalue_line("markers", "linux: of the Linux build only")
    config.addinivalue_line("markers", "windows: of the Windows build only")
    if not build.SECTIOND.exists():
        pytest.exit(f"{build.BUILD} holds no sectiond: build it, or set SECTIOND_BUILD", 3)


def pytest_collection_modifyitems(config, items):
    """Tests of what the other platform has are not there at all, rather than skipped."""
    other = "linux" if build.ON_WINDOWS else "windows"
    kept = some_cases([item for item in items if not item.get_closest_marker(other)])
    left_out = set(items) - set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = kept


def pytest_report_header():
    return f"sectiond: {build.SECTIOND}"


@pytest.fixture(scope="session", autouse=True)
def wine():
    """A started Wine, so that its services do not begin inside a test and keep its pipes."""
    if not build.ON_WINDOWS:
        yield
        return
    ours = "WINEPREFIX" not in os.environ
    environment = build.environment()
    log = build.BUILD / "wine_pytest.log"
    with open(log, "wb") as output:
        means = {"env": environment, "stdin": subprocess.DEVNULL, "stdout": output,
                 "stderr": output, "timeout": 180, "check": False}
        is_new = subprocess.run(["wineserver", "-p"], **means).returncode == 0
        if is_new:  # else one runs already, and its services, too
            subprocess.run(["wine", "wineboot", "-i"], **means)
    yield
    if ours:
        subprocess.run(["wineserver", "-k"], env=environment, check=False, timeout=60)


@pytest.fixture(scope="session", autouse=True)
def no_token_in_any_log():
    """Set up first, so that its end comes when all daemons have ended."""
    yield
    check_all_logs()


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("daemon") / "state")
    yield daemon
    daemon.stop()


def leave_empty(daemon):
    """What a test owes to a daemon that it shares: it is alive, and holds nothing."""
    assert daemon.process.poll() is None, f"the daemon died: {daemon.log()[-8000:]}"
    client = daemon.client()
    while held := client.sections():
        for section in held:
            client.close_section(section["id"])
    client.close()


@pytest.fixture
def daemon(shared_daemon):
    """The daemon that all tests share; it must be alive after each, and holds nothing then."""
    yield shared_daemon
    leave_empty(shared_daemon)


@pytest.fixture(scope="module")
def daemons_of_file():
    """By their options, the daemons that the tests of a file share."""
    started = {}
    yield started
    for daemon in started.values():
        daemon.stop()


@pytest.fixture
def daemon_with(daemons_of_file, tmp_path_factory):
    """Gives the daemon with these options: the tests of a file that ask for the same ones share it.

    It is alive after each of them, and holds nothing then. A test whose daemon has to be new, or is
    not fit for the next test, has `start_daemon`.
    """
    used = []

    def get(*options, token=None, **more):
        """`token`: the admin's, where --token-file names others than the daemon's own."""
        key = (options, *sorted(more.items()))
        if key not in daemons_of_file:
            state = tmp_path_factory.mktemp("shared") / "state"
            daemons_of_file[key] = Daemon(state, *options, **more)
        daemon = daemons_of_file[key]
        daemon.token = token or daemon.token
        used.append(daemon)
        return daemon

    yield get
    for daemon in used:
        leave_empty(daemon)


@pytest.fixture
def client(daemon):
    client = daemon.client()
    yield client
    client.close()


@pytest.fixture
def section(client):
    """The id of a section of 4096 bytes."""
    return client.create(size=4096)["id"]


@pytest.fixture
def untouched(client, section):
    """Whatever the test sends must leave the bytes of `section` as they were."""
    before = bytes(range(256)) * 16
    client.write(section, before)
    yield
    assert client.read(section) == before


@pytest.fixture
def name():
    """A section name of this test's own, which must be free again at its end."""
    return unique_name()


@pytest.fixture
def names():
    """Several names of this test's own: call it with a count."""
    return lambda count: [unique_name() for _ in range(count)]


@pytest.fixture(autouse=True)
def no_name_left_behind():
    """On Linux a name outlives its owners unless somebody unlinks it: nobody may forget."""
    yield
    if build.ON_WINDOWS:
        return

    def left():
        return [entry.name for entry in Path("/dev/shm").glob(NAME_PREFIX + "*")]

    # The shared daemon closes its sections after the test, in another fixture; those that were
    # watched close a moment later.
    names, deadline = left(), time.monotonic() + 10
    while names and time.monotonic() < deadline:
        time.sleep(0.01)
        names = left()
    for name in names:
        path = Path("/dev/shm") / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not names, f"names left behind: {names}"


@pytest.fixture(scope="module")
def idle_peers():
    """Peers of a file's earlier tests, which hold nothing: to start one is slow, above all under Wine."""
    peers = []
    yield peers
    for peer in peers:
        peer.exit()


@pytest.fixture
def start_peer(idle_peers):
    """Gives peers that hold nothing; they are the test's alone, until its end."""
    peers = []

    def start(**options):
        is_plain = not options and idle_peers
        peers.append(idle_peers.pop() if is_plain else Peer(**options))
        return peers[-1]

    yield start
    for peer in peers:
        if peer.forget():
            idle_peers.append(peer)
        elif peer.process.poll() is None:
            peer.exit()


@pytest.fixture
def peer(start_peer):
    return start_peer()


@pytest.fixture
def start_daemon(tmp_path):
    """Starts daemons of the test's own, which have to stop cleanly at its end."""
    daemons = []

    def start(*options, state=None, **more):
        state = state or tmp_path / f"state{len(daemons)}"
        daemons.append(Daemon(state, *options, **more))
        return daemons[-1]

    yield start
    for daemon in daemons:
        if daemon.process.poll() is None:
            daemon.stop()


@pytest.fixture
def open_folder():
    """A folder that other users of this machine can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="sectiond-test-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def copies(open_folder):
    """The programs where every user can start them."""
    for program in (build.SECTIOND, build.PEER):
        shutil.copy(program, open_folder / program.name)
        (open_folder / program.name).chmod(0o755)
    return open_folder
