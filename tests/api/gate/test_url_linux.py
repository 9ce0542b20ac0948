"""--url over the Unix socket, and who else may listen on the port: another user of the machine."""

import os
import socket
import subprocess

import pytest

import build
from test_url import code_in, refused, url, url_of

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")

# Takes connections and prints what they say; answers /healthz as we do.
HARVEST = """
import socket, sys, threading
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen()
print(listener.getsockname()[1], flush=True)
def serve(connection):
    while True:
        heard = connection.recv(65536)
        if not heard:
            return
        print(heard, flush=True)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n")
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


class Harvest:
    """A stranger who listens on an address of ours."""

    def __init__(self, address, port=0):
        self.process = subprocess.Popen([*NOBODY, "/usr/bin/python3", "-c", HARVEST, address,
                                         str(port)], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def end(self):
        self.process.kill()
        heard = self.process.communicate()[0]
        assert b"/healthz" in heard, "it was asked"
        return heard


@needs_root
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.0.0.2"])
def test_another_user_who_listens_there_gets_no_token(start_daemon, address):
    """While the daemon is stopped; on 127.0.0.2 also while it runs."""
    daemon = start_daemon()
    if address != "127.0.0.2":
        daemon.stop()
    harvest = Harvest(address, daemon.port)
    listen = f"[{address}]:{daemon.port}" if ":" in address else f"{address}:{daemon.port}"
    finished = url("--listen", listen, "--state-dir", daemon.state)
    heard = harvest.end()
    refused(finished, "user 65534")
    assert daemon.token.encode() not in heard and b"Authorization" not in heard


@needs_root
def test_another_user_who_listens_on_all_addresses_gets_no_token(start_daemon):
    """Such a socket takes both families, and stands in the other list."""
    daemon = start_daemon()
    daemon.stop()
    harvest = Harvest("::", daemon.port)
    finished = url_of(daemon)
    heard = harvest.end()
    refused(finished, "user 65534")
    assert daemon.token.encode() not in heard


@needs_root
def test_the_daemon_of_another_user_is_not_asked(copies, start_daemon):
    state = copies / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    daemon = start_daemon(prefix=NOBODY, program=copies / build.SECTIOND.name, state=state)
    refused(url_of(daemon, "--no-token"), "user 65534")


@needs_root
def test_the_daemon_of_root_is_trusted(start_daemon, copies):
    """Who may become anybody needs no token of ours."""
    daemon = start_daemon("--no-token")
    finished = subprocess.run(
        [*NOBODY, *build.command(copies / build.SECTIOND.name, "--url", "--no-token", "--listen",
                                 f"127.0.0.1:{daemon.port}", "--state-dir", copies / "none")],
        env=build.environment(), capture_output=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(f"{daemon.url}/#code=".encode())


def test_a_listener_that_takes_no_connection_is_not_waited_for_long(daemon):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        finished = url("--listen", f"127.0.0.1:{deaf.getsockname()[1]}", "--state-dir",
                       daemon.state)
    assert finished.returncode == 1 and finished.stdout == ""


@pytest.fixture
def runtime(tmp_path):
    """A folder for sockets of the user's own."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return {"env": {**build.environment(), "XDG_RUNTIME_DIR": str(folder)}}


def test_over_the_default_socket_it_needs_neither_port_nor_token(start_daemon, runtime, tmp_path):
    daemon = start_daemon(env=runtime["env"])
    code_in(url("--state-dir", tmp_path / "nothing", **runtime), daemon)
    assert not (tmp_path / "nothing").exists()


def test_over_a_socket_that_is_named(start_daemon, open_folder, tmp_path):
    daemon = start_daemon("--unix", open_folder / "socket")
    code_in(url("--unix", open_folder / "socket", "--state-dir", tmp_path / "nothing"), daemon)


def test_of_two_daemons_the_one_that_is_meant_answers(start_daemon, runtime):
    first = start_daemon(env=runtime["env"])
    second = start_daemon(env=runtime["env"])
    code_in(url_of(first, **runtime), first)
    code_in(url_of(second, **runtime), second)


def test_a_socket_that_a_killed_daemon_left_is_passed_over(start_daemon, runtime):
    killed = start_daemon(env=runtime["env"])
    killed.kill()
    daemon = start_daemon("--unix", "none")
    code_in(url_of(daemon, **runtime), daemon)


@needs_root
def test_the_socket_of_another_user_is_not_asked(start_daemon, copies, tmp_path):
    """It would say where his daemon is, and his page would take our keys."""
    folder = copies / "of-nobody"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    start_daemon("--unix", folder / "socket", "--state-dir", folder / "state", prefix=NOBODY,
                 program=copies / build.SECTIOND.name)
    finished = url("--unix", folder / "socket", "--listen", "127.0.0.1:1", "--state-dir",
                   tmp_path / "nothing")
    refused(finished, "127.0.0.1:1")
