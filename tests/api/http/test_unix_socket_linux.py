"""The Unix socket: who may connect, what stands for the token, and what is done about its path."""

import http.client
import os
import signal
import socket
import stat
import subprocess

import pytest

import build
from client import Client, expect_problem, expect_status, status_of
from daemon import wait_until

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


def client_of(path, token=None):
    client = Client(0, token=token)
    client._connection = UnixConnection(path)
    return client


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(path))
    return connection


@pytest.fixture
def path(open_folder):
    return open_folder / "socket"


@pytest.fixture
def both(start_daemon, path):
    """A daemon that listens on a port and on the socket."""
    return start_daemon("--unix", path)


def start_fails(path, tmp_path, *options):
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         tmp_path / "state", "--unix", path, *options)
    assert finished.returncode not in (0, None)
    assert finished.stdout == ""
    assert "--unix" in finished.stderr
    return finished.stderr


def test_both_ways_lead_to_the_same_sections(both, path):
    local = client_of(path)
    section = local.create(size=64)["id"]
    both.client().write(section, b"over TCP")
    assert local.read(section, 0, 8) == b"over TCP"
    assert local.get("/v1/info").json()["connections"] >= 1
    local.close_section(section)


def test_the_peers_user_stands_for_the_token(both, path):
    expect_status(client_of(path).get("/v1/sections"), 200)
    expect_status(client_of(path, token="whatever-it-is").post("/v1/sections", {"size": 1}), 201)
    expect_problem(both.client(token=None).get("/v1/sections"), 401, "unauthorized")


def test_any_host_will_do_but_not_any_origin(both, path):
    local = client_of(path)
    for host in ("localhost", "sectiond", "evil.test:99"):
        expect_status(local.get("/v1/info", {"Host": host}), 200)
        expect_problem(both.client().get("/v1/info", {"Host": host}), 403, "forbidden_origin")
    expect_problem(local.get("/v1/info", {"Origin": "http://evil.test"}), 403, "forbidden_origin")
    expect_problem(local.get("/v1/info", {"Sec-Fetch-Site": "cross-site"}), 403,
                   "forbidden_origin")


def test_framing_is_as_strict_as_over_tcp(path, both):
    with connect(path) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert status_of(connection.recv(65536)) == 400


def test_curl_reaches_it(both, path):
    finished = subprocess.run(
        ["curl", "-sS", "-f", "--unix-socket", path, "http://localhost/v1/info"],
        capture_output=True, timeout=30, check=False)
    assert finished.returncode == 0, finished.stderr
    assert b'"version"' in finished.stdout


def test_it_is_for_its_user_only_whatever_the_umask(start_daemon, path, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    before = os.umask(0)
    try:
        start_daemon("--unix", path, state=state)
    finally:
        os.umask(before)
    facts = path.lstat()
    assert stat.S_ISSOCK(facts.st_mode) and stat.S_IMODE(facts.st_mode) == 0o600


def test_deadlines_hold_there_too(start_daemon, path):
    start_daemon("--unix", path, "--header-timeout", "1")
    with connect(path) as silent, connect(path) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        assert status_of(slow.recv(65536)) == 408
        assert silent.recv(1) == b""


# The default path.

@pytest.fixture
def runtime(tmp_path):
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return folder


def start_in(start_daemon, runtime, *options, **more):
    return start_daemon(*options, env={"XDG_RUNTIME_DIR": str(runtime)}, **more)


def test_the_default_socket_lies_in_the_runtime_folder(start_daemon, runtime, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    before = os.umask(0)
    try:
        daemon = start_in(start_daemon, runtime, state=state)
    finally:
        os.umask(before)
    path = runtime / "sectiond" / "socket"
    assert client_of(path).get("/v1/info").json()["pid"] == daemon.pid
    assert [stat.S_IMODE(each.lstat().st_mode) for each in (path.parent, path)] == [0o700, 0o600]
    assert str(path) in daemon.log()
    daemon.stop()
    assert not path.exists()


@pytest.mark.parametrize("options", [("--unix", "none"), ("--unix=none",)])
def test_none_means_no_socket(start_daemon, runtime, options):
    daemon = start_in(start_daemon, runtime, *options)
    assert list(runtime.iterdir()) == []
    assert " warn " not in daemon.log()


def test_without_a_runtime_folder_there_is_no_socket(start_daemon, tmp_path):
    for folder in (tmp_path / "not-there", "relative", ""):
        daemon = start_in(start_daemon, folder)
        assert " warn " not in daemon.log() and "socket" not in daemon.log()
    assert not (tmp_path / "not-there").exists()


@pytest.mark.parametrize("taken", ["daemon", "file", "folder"])
def test_a_default_socket_that_is_taken_is_warned_of_only(start_daemon, runtime, taken):
    path = runtime / "sectiond" / "socket"
    if taken == "daemon":
        start_in(start_daemon, runtime)
    else:
        path.parent.mkdir(mode=0o700)
        path.mkdir() if taken == "folder" else path.write_text("mine")
    daemon = start_in(start_daemon, runtime)
    warnings = [line for line in daemon.log().splitlines() if " warn " in line]
    assert len(warnings) == 1 and str(path) in warnings[0], warnings
    expect_status(daemon.client().get("/v1/info"), 200)
    daemon.stop()
    assert path.exists()


@needs_root
def test_the_runtime_folder_of_another_user_is_not_used(start_daemon, runtime):
    """As with sudo, which may keep the variable: our folder would be in its owner's way."""
    os.chown(runtime, 65534, 65534)
    start_in(start_daemon, runtime)
    assert list(runtime.iterdir()) == []


# The role.

def test_the_role_of_the_socket_can_be_lowered_and_a_token_raises_it(start_daemon, path):
    daemon = start_daemon("--unix", path, "--unix-role", "write")
    section = daemon.client().create(size=64)["id"]
    local = client_of(path)
    local.write(section, b"written")
    expect_problem(local.post("/v1/sections", {"size": 1}), 403, "forbidden_role")
    expect_problem(local.request("POST", "/v1/codes"), 403, "forbidden_role")
    expect_problem(client_of(path, token="wrong").post("/v1/sections", {"size": 1}), 403,
                   "forbidden_role")
    expect_status(client_of(path, token=daemon.token).post("/v1/sections", {"size": 1}), 201)


@pytest.mark.parametrize("role", ["read", "none", "king", ""])
def test_a_role_that_the_socket_cannot_have_is_refused(path, tmp_path, role):
    finished = build.run(build.SECTIOND, "--unix", path, "--unix-role", role, "--state-dir",
                         tmp_path / "state")
    assert finished.returncode == 2 and "--unix-role" in finished.stderr


# The end.

def test_a_stop_takes_the_socket_away_and_ends_its_connections(both, path):
    idle = client_of(path)
    expect_status(idle.get("/healthz"), 200)
    both.stop()
    assert not path.exists()


def test_a_stop_lets_requests_over_it_finish(start_daemon, path):
    daemon = start_daemon("--unix", path, "--grace", "30")
    section = client_of(path).create(size=400_000)["id"]
    upload = connect(path)
    upload.sendall(f"PUT /v1/sections/{section}/data HTTP/1.1\r\nHost: x\r\n"
                   "Content-Length: 400000\r\n\r\n".encode() + b"x" * 300_000)
    wait_until(lambda: daemon.client().read(section, 0, 1) == b"x", "it has begun")
    daemon.signal(signal.SIGINT)
    wait_until(lambda: not path.exists(), "it no longer listens")
    upload.sendall(b"y" * 100_000)
    assert status_of(upload.recv(4096)) == 204
    upload.close()
    assert daemon.wait() == 0
    daemon.check_log()


def test_a_stop_leaves_a_socket_that_has_taken_its_place(both, path):
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        both.stop()
        assert path.exists()


# What is there already.

def test_a_socket_that_a_killed_daemon_left_is_replaced(start_daemon, path):
    first = start_daemon("--unix", path)
    first.kill()
    assert path.exists()
    start_daemon("--unix", path)
    expect_status(client_of(path).get("/v1/info"), 200)


def test_a_socket_that_somebody_listens_on_is_left_alone(both, path, start_daemon):
    """The second daemon warns, and serves without one; at its end the first still has its own."""
    second = start_daemon("--unix", path)
    warnings = [line for line in second.log().splitlines() if " warn " in line]
    assert len(warnings) == 1 and str(path) in warnings[0], warnings
    expect_status(second.client().get("/v1/info"), 200)
    assert client_of(path).get("/v1/info").json()["pid"] == both.pid
    second.stop()
    expect_status(client_of(path).get("/v1/info"), 200)


def test_a_file_in_its_place_is_left_alone(path, tmp_path):
    path.write_text("mine")
    start_fails(path, tmp_path)
    assert path.read_text() == "mine"


def test_a_folder_in_its_place_is_left_alone(path, tmp_path):
    path.mkdir()
    start_fails(path, tmp_path)
    assert path.is_dir()


def test_a_link_in_its_place_is_left_alone_even_to_a_stale_socket(path, tmp_path):
    target = path.with_name("target")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(target))
    path.symlink_to(target)
    start_fails(path, tmp_path)
    assert path.is_symlink() and target.exists()


def test_a_start_on_a_port_that_is_taken_leaves_no_socket(both, path, tmp_path):
    other = path.with_name("other")
    finished = build.run(build.SECTIOND, "--listen", f"127.0.0.1:{both.port}", "--state-dir",
                         tmp_path / "state", "--unix", other)
    assert finished.returncode == 1 and "--listen" in finished.stderr
    assert list(path.parent.iterdir()) == [path]


def test_a_start_that_fails_later_leaves_no_socket(path, tmp_path):
    """There are not descriptors enough for so many threads."""
    with build.start(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir", tmp_path / "state",
                     "--unix", path, "--threads", "64", prefix=("prlimit", "--nofile=64:64"),
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE) as daemon:
        said = daemon.communicate(timeout=60)
    assert daemon.returncode == 1
    assert b"the HTTP server did not start" in said[1], said
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["", "no/such/folder/socket", "x" * 200])
def test_a_path_that_cannot_be_is_refused(open_folder, tmp_path, name):
    path = f"{open_folder}/{name}" if name else ""
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         tmp_path / "state", "--unix", path)
    assert finished.returncode != 0 and "--unix" in finished.stderr


def test_a_folder_where_others_may_replace_it_is_refused(path, tmp_path):
    path.parent.chmod(0o777)
    assert "folder" in start_fails(path, tmp_path)


# Another user of this machine.

def as_nobody(*command):
    return subprocess.run([*NOBODY, *map(str, command)], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)


CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


@needs_root
def test_another_user_cannot_connect(both, path):
    finished = as_nobody("/usr/bin/python3", "-c", CONNECT, path)
    assert finished.returncode != 0 and b"PermissionError" in finished.stderr
    subprocess.run(["/usr/bin/python3", "-c", CONNECT, str(path)], check=True, timeout=60)


@needs_root
def test_another_user_who_was_let_in_still_needs_a_token(both, path):
    """A socket that its user has opened to others: the uid does not stand for anything then."""
    path.chmod(0o666)
    ask = ("import http.client, socket, sys\n"
           "c = http.client.HTTPConnection('x'); c.sock = socket.socket(socket.AF_UNIX)\n"
           "c.sock.connect(sys.argv[1])\n"
           "h = {'Authorization': 'Bearer ' + sys.argv[2]} if len(sys.argv) > 2 else {}\n"
           "c.request('GET', '/v1/info', headers=h); print(c.getresponse().status)")
    assert as_nobody("/usr/bin/python3", "-c", ask, path).stdout == b"401\n"
    assert as_nobody("/usr/bin/python3", "-c", ask, path, both.token).stdout == b"200\n"


@needs_root
def test_root_is_let_in_to_a_daemon_of_another_user(copies, start_daemon):
    folder = copies / "of-nobody"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    start_daemon("--unix", folder / "socket", "--log-level", "debug", "--state-dir",
                 folder / "state", prefix=NOBODY, program=copies / build.SECTIOND.name)
    expect_status(client_of(folder / "socket").get("/v1/info"), 200)


@needs_root
@pytest.mark.parametrize("name", ["token", "header"])
def test_another_user_cannot_read_the_token(open_folder, start_daemon, name):
    state = open_folder / "state"
    state.mkdir(mode=0o755)
    daemon = start_daemon(state=state)
    finished = as_nobody("cat", state / name)
    assert finished.returncode != 0
    assert daemon.token.encode() not in finished.stdout
    assert b"Permission denied" in finished.stderr


@needs_root
def test_another_user_can_put_nothing_in_the_place_of_either(open_folder, start_daemon):
    state = open_folder / "state"
    state.mkdir(mode=0o755)
    path = state / "socket"
    daemon = start_daemon("--unix", path, state=state)
    for name in ("token", "header", "socket"):
        for command in (["ln", "-sf", "/etc/passwd", state / name], ["rm", "-f", state / name],
                        ["mv", state / name, "/tmp/"], ["cp", "/etc/passwd", state / name]):
            assert as_nobody(*command).returncode != 0, command
    expect_status(client_of(path).get("/v1/info"), 200)
    assert (state / "token").read_text().split()[-1] == daemon.token


@needs_root
def test_links_that_another_user_has_put_there_first_are_not_followed(open_folder, tmp_path):
    """In a folder like /tmp, where everybody may add, and nobody may replace another's."""
    shared = open_folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    bait = open_folder / "bait"
    bait.write_text("known-token-1234567890\n")
    bait.chmod(0o600)
    for name in ("token", "socket"):
        assert as_nobody("ln", "-s", bait, shared / name).returncode == 0
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         tmp_path / "state", "--token-file", shared / "token")
    assert finished.returncode != 0 and "link" in finished.stderr
    start_fails(shared / "socket", tmp_path)
    assert bait.read_text() == "known-token-1234567890\n"
    assert as_nobody("cp", "/etc/hostname", shared / "planted").returncode == 0
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         tmp_path / "state", "--token-file", shared / "planted")
    assert finished.returncode != 0


@needs_root
def test_a_name_that_another_user_has_taken_is_named(copies):
    """The one under which the socket is made, by the process id, before it is put in its place."""
    shared = copies / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    path = shared / "socket"
    with build.start_held(copies / build.SECTIOND.name, "--listen", "127.0.0.1:0", "--state-dir",
                          shared / "state", "--unix", path, prefix=NOBODY) as daemon:
        fresh = shared / f"socket.{daemon.pid}"
        fresh.touch()
        said = daemon.communicate(b"go\n", timeout=60)[1].decode()
    assert daemon.returncode == 1
    assert f"--unix: {fresh} is in the way" in said
    assert fresh.exists() and not path.exists()
