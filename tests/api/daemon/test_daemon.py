"""The program itself: options, the ready line, logs, the end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

import build
from client import Client
from daemon import READY, wait_until


def run(*arguments, **options):
    return build.run(build.SECTIOND, *arguments, **options)


def state_options(tmp_path):
    return ["--state-dir", build.native_path(tmp_path / "state")]


# Before it listens.

def test_version_prints_name_and_number():
    finished = run("--version")
    assert finished.returncode == 0
    assert re.fullmatch(r"sectiond \d+\.\d+\.\d+\S*\n", finished.stdout)
    assert finished.stderr == ""


def test_help_names_every_option():
    finished = run("--help")
    assert finished.returncode == 0
    for option in ("--listen", "--token-file", "--no-token", "--allow-host", "--max-sections",
                   "--max-section-bytes", "--max-total-bytes", "--max-body-bytes",
                   "--debug-privilege",
                   "--log-level", "--log-format", "--grace", "--state-dir", "--url", "--help",
                   "--version", "--threads", "--unix", "--max-connections",
                   "--header-timeout", "--body-timeout", "--min-rate"):
        assert option in finished.stdout, option
    assert "7780" in finished.stdout
    assert max(map(len, finished.stdout.splitlines())) <= 100


@pytest.mark.parametrize("arguments, reason", [
    (["--bogus"], "--bogus"), (["-x"], "-x"), (["extra"], "extra"), (["--listen"], "--listen"),
    (["--listen", "x"], "--listen"), (["--listen", "127.0.0.1"], "--listen"),
    (["--listen", "127.0.0.1:"], "--listen"), (["--listen", "127.0.0.1:65536"], "--listen"),
    (["--listen", "127.0.0.1:-1"], "--listen"), (["--listen", "127.0.0.1:80x"], "--listen"),
    (["--listen", "999.0.0.1:0"], "--listen"), (["--listen", ":7780x"], "--listen"),
    (["--max-sections", "x"], "--max-sections"), (["--max-sections", "-1"], "--max-sections"),
    (["--max-sections", "0"], "--max-sections"), (["--max-sections", ""], "--max-sections"),
    (["--max-section-bytes", "1z"], "--max-section-bytes"),
    (["--max-total-bytes", "99999999999999999999999"], "--max-total-bytes"),
    (["--max-body-bytes", "-5"], "--max-body-bytes"), (["--grace", "x"], "--grace"),
    (["--grace", "-1"], "--grace"), (["--log-level", "loud"], "--log-level"),
    (["--log-format", "xml"], "--log-format"), (["--threads", "x"], "--threads"),
    (["--threads", "-1"], "--threads"), (["--allow-host", ""], "--allow-host"),
    (["--token-file", ""], "--token-file"), (["--state-dir", ""], "--state-dir"),
    (["--version=1"], "--version")])
def test_a_bad_option_ends_with_2_and_the_reason(tmp_path, arguments, reason):
    environment = {**build.environment(), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    finished = run(*arguments, env=environment)
    assert finished.returncode == 2
    assert reason in finished.stderr
    assert finished.stdout == ""


def test_an_option_may_be_joined_with_its_value(start_daemon):
    daemon = start_daemon("--log-level=debug", "--max-sections=5")
    assert daemon.client().get("/v1/info").json()["limits"]["max_sections"] == 5


STATE_VARIABLES = ("HOME", "STATE_DIRECTORY", "XDG_STATE_HOME", "LOCALAPPDATA")


def environment_with(**variables):
    """The environment without what could lead to a state folder, and with these."""
    environment = {name: value for name, value in build.environment().items()
                   if name not in STATE_VARIABLES}
    return {**environment, **variables}


def without_local_app_data(*arguments):
    """Wine gives every program a LOCALAPPDATA; its command interpreter can take it away again."""
    words = [build.native_path(build.SECTIOND), *arguments]
    line = "set LOCALAPPDATA=&& " + " ".join(words)
    return subprocess.run(["wine", "cmd", "/c", line], env=build.environment(), timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def test_no_state_folder_at_all_ends_with_2_and_names_the_way_out():
    arguments = ("--listen", "127.0.0.1:0")
    finished = (without_local_app_data(*arguments) if build.ON_WINDOWS else
                build.run(build.SECTIOND, *arguments, env=environment_with()))
    assert finished.returncode == 2
    assert "--token-file" in str(finished.stderr)
    assert "--state-dir" in str(finished.stderr)
    assert not finished.stdout


def test_a_state_folder_that_cannot_be_made_ends_with_the_reason():
    folder = build.native_path("/proc/no/such")
    finished = run("--state-dir", folder, "--listen", "127.0.0.1:0")
    assert finished.returncode in (1, 2)
    assert folder in finished.stderr
    assert finished.stdout == ""


def token_file_of(environment):
    """Starts the daemon in this environment, without --state-dir; which token file it tells."""
    process = build.start(build.SECTIOND, "--listen", "127.0.0.1:0", env=environment,
                          stdout=-1, stderr=-3, stdin=-3)
    try:
        return READY.fullmatch(process.stdout.readline().decode().strip())[4]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        process.stdout.close()


@pytest.mark.linux
@pytest.mark.parametrize("variables, where", [
    ({"STATE_DIRECTORY": "{tmp}/a"}, "a"), ({"XDG_STATE_HOME": "{tmp}/b"}, "b/sectiond"),
    ({"HOME": "{tmp}/c"}, "c/.local/state/sectiond"),
    ({"STATE_DIRECTORY": "{tmp}/a", "XDG_STATE_HOME": "{tmp}/b", "HOME": "{tmp}/c"}, "a"),
    ({"XDG_STATE_HOME": "{tmp}/b", "HOME": "{tmp}/c"}, "b/sectiond")])
def test_the_state_folder_is_found_where_the_system_keeps_such(tmp_path, variables, where):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    variables = {name: value.format(tmp=tmp_path) for name, value in variables.items()}
    assert token_file_of(environment_with(**variables)) == f"{tmp_path}/{where}/token"
    assert (tmp_path / where / "token").exists()


@pytest.mark.windows
def test_the_state_folder_is_in_the_local_app_data_and_nowhere_else(tmp_path):
    """What Unix programs are told of folders, and Wine hands on, is not meant for this one."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    told = token_file_of(environment_with(STATE_DIRECTORY=str(tmp_path / "a"),
                                          XDG_STATE_HOME=str(tmp_path / "b")))
    assert re.fullmatch(r"[A-Z]:\\.*\\AppData\\Local\\sectiond\\token", told), told
    assert list(tmp_path.rglob("token")) == []


@pytest.mark.windows
def test_the_state_folder_follows_the_local_app_data(daemon, tmp_path):
    """It is made before the port turns out to be taken."""
    folder = build.native_path(tmp_path / "données")
    (tmp_path / "données").mkdir()
    line = (f"set LOCALAPPDATA={folder}&& {build.native_path(build.SECTIOND)} "
            f"--listen 127.0.0.1:{daemon.port}")
    finished = subprocess.run(["wine", "cmd", "/c", line], env=build.environment(), timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert finished.returncode == 1 and str(daemon.port).encode() in finished.stderr
    assert len((tmp_path / "données" / "sectiond" / "token").read_text()) == 65


# Listening.

def test_the_ready_line_is_the_only_line(start_daemon):
    daemon = start_daemon()
    assert READY.fullmatch(daemon.ready_line)
    assert daemon.port > 0
    daemon.client().get("/healthz")
    daemon.signal(signal.SIGINT)
    rest = daemon.process.stdout.read()
    assert daemon.wait() == 0
    assert rest == b""


def test_the_pid_in_the_ready_line_is_ours(daemon, client):
    assert client.get("/v1/info").json()["pid"] == daemon.pid
    if not build.ON_WINDOWS:
        assert daemon.pid == daemon.process.pid


def test_a_port_in_use_ends_with_the_reason(daemon, tmp_path):
    finished = run("--listen", f"127.0.0.1:{daemon.port}", *state_options(tmp_path))
    assert finished.returncode not in (0, 2)
    assert str(daemon.port) in finished.stderr
    assert "in use" in finished.stderr.lower()
    assert "ready" not in finished.stdout
    assert daemon.client().get("/healthz").status == 200


def test_a_port_is_free_again_after_a_stop(start_daemon):
    first = start_daemon()
    Client(first.port).get("/healthz")
    first.stop()
    second = start_daemon(listen=f"127.0.0.1:{first.port}")
    assert second.port == first.port


# Logs.

def use_it(daemon, name):
    """Does what the log is to tell, and some that it is not to."""
    client = daemon.client()
    section = client.create(name)
    client.write(section["id"], b"secret bytes")
    client.close_section(section["id"])
    assert daemon.client(token="a-wrong-token").get("/v1/info").status == 401
    assert client.get("/v1/info", {"Host": "evil.test"}).status == 403
    assert client.get("/v1/sections/12345").status == 404
    return section


def test_the_log_at_info_tells_sections_and_refusals_and_no_requests(start_daemon, name):
    daemon = start_daemon()
    use_it(daemon, name)
    daemon.stop()
    log = daemon.log()
    assert "created" in log and "closed" in log
    assert "401" in log and "403" in log
    assert "12345" not in log
    assert "a-wrong-token" not in log and "secret bytes" not in log


def test_the_log_tells_the_start_and_the_stop(start_daemon):
    daemon = start_daemon("--log-format", "json")
    daemon.stop()
    lines = [json.dumps(json.loads(line)) for line in daemon.log().splitlines()]
    assert "started" in lines[0] and daemon.url in lines[0]
    assert "version" in lines[0]
    assert "stopping" in lines[-2] and ("SIGINT" in lines[-2] or "Ctrl-C" in lines[-2])
    assert "stopped" in lines[-1]


def test_the_log_at_debug_tells_each_request(start_daemon, name):
    daemon = start_daemon("--log-level", "debug")
    use_it(daemon, name)
    daemon.stop()
    log = daemon.log()
    assert "/v1/sections/12345" in log and "404" in log
    assert "a-wrong-token" not in log and "secret bytes" not in log


@pytest.mark.parametrize("level", ["warn", "error"])
def test_the_log_at_higher_levels_is_silent_about_daily_things(start_daemon, name, level):
    daemon = start_daemon("--log-level", level)
    client = daemon.client()
    client.close_section(client.create(name)["id"])
    daemon.stop()
    assert daemon.log() == ""


def test_the_log_as_json_is_one_object_a_line(start_daemon, name):
    daemon = start_daemon("--log-format", "json", "--log-level", "debug")
    use_it(daemon, name)
    daemon.client().get("/v1/sections/@" + '%22%0A%E4%B8%BA')
    daemon.stop()
    lines = [json.loads(line) for line in daemon.log().splitlines()]
    assert len(lines) > 5
    for line in lines:
        assert isinstance(line, dict)
        assert {"time", "level"} <= set(line)
        assert line["level"] in ("error", "warn", "info", "debug")
    assert any("created" in json.dumps(line) for line in lines)


def test_a_request_cannot_forge_a_log_line(start_daemon):
    daemon = start_daemon("--log-level", "debug")
    client = daemon.client()
    client.get("/v1/sections/@x%0Aforged%0D%0Aforged")
    client.get("/v1/sections/x%0Aforged")
    client.create(label="a\nforged", size=1)
    daemon.stop()
    assert not [line for line in daemon.log().splitlines() if line.lstrip().startswith("forged")]


def test_no_log_has_a_token(start_daemon, name):
    for log_format in ("text", "json"):
        daemon = start_daemon("--log-level", "debug", "--log-format", log_format)
        use_it(daemon, name)
        anonymous = daemon.client(token=None)
        anonymous.get("/v1/info", {"Authorization": f"Basic {daemon.token}"})
        daemon.stop()
        assert daemon.token not in daemon.log()
        assert daemon.token not in daemon.ready_line


# The end.

STOPS = [signal.SIGINT] if build.ON_WINDOWS else [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_stops_it_cleanly(start_daemon, name, number):
    daemon = start_daemon()
    daemon.client().create(name)
    daemon.signal(number)
    assert daemon.wait() == 0
    daemon.check_log()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", daemon.port), timeout=2).close()


def test_a_stop_takes_our_names_away(start_daemon, peer, name):
    daemon = start_daemon()
    daemon.client().create(name)
    peer.open("a", name)
    peer.close_slot("a")
    daemon.stop()
    assert peer.create("a", 4096, name)["created"] is True


def test_a_stop_leaves_the_names_of_others(start_daemon, peer, name):
    daemon = start_daemon()
    peer.create("a", 4096, name)
    daemon.client().open(name)
    daemon.stop()
    peer.open("b", name)


def test_a_stop_is_quick_with_idle_connections(start_daemon):
    daemon = start_daemon("--grace", "60")
    idle = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(20)]
    clients = [daemon.client() for _ in range(10)]
    for client in clients:
        client.get("/healthz")
    daemon.signal(signal.SIGINT)
    assert daemon.wait(20) == 0, "idle connections are nothing in flight"
    for connection in idle:
        connection.close()


def test_clients_that_went_away_do_not_hold_up_a_stop(start_daemon):
    daemon = start_daemon("--grace", "60")
    client = daemon.client()
    section = client.create(size=400_000)["id"]
    for _ in range(5):
        start_upload(daemon, section, 400_000, b"x" * 100_000).close()
        start_upload(daemon, section, 4000, b"x" * 100).close()
        with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
            connection.sendall(b"GET /v1/sections HTTP/1.1\r\nHos")
    client.get("/healthz")
    daemon.signal(signal.SIGINT)
    assert daemon.wait(20) == 0
    daemon.check_log()


def start_upload(daemon, section, length, sent):
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
    connection.sendall(
        f"PUT /v1/sections/{section}/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
        f"Authorization: Bearer {daemon.token}\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n".encode() + sent)
    return connection


def wait_for_bytes(client, section, offset, expected):
    wait_until(lambda: client.read(section, offset, len(expected)) == expected,
               "the first part of the upload arrived")


def test_a_request_in_flight_is_let_finish(start_daemon, peer, name):
    daemon = start_daemon("--grace", "30")
    client = daemon.client()
    length = 400_000
    peer.create("a", length, name)
    section = client.open(name)["id"]
    connection = start_upload(daemon, section, length, b"x" * 300_000)
    wait_for_bytes(client, section, 0, b"x")
    daemon.signal(signal.SIGINT)
    wait_until(lambda: not accepts(daemon.port), "it no longer listens")
    connection.sendall(b"y" * 100_000)
    assert b" 204 " in connection.recv(4096)
    connection.close()
    assert daemon.wait() == 0
    daemon.check_log()
    assert peer.read("a", 2, 299_999) == b"xy"
    assert peer.read("a", 1, length - 1) == b"y"


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


def test_a_request_that_hangs_is_cut_off_after_the_grace(start_daemon):
    daemon = start_daemon("--grace", "1")
    section = daemon.client().create(size=400_000)["id"]
    connection = start_upload(daemon, section, 400_000, b"x" * 100_000)
    wait_for_bytes(daemon.client(), section, 0, b"x")
    daemon.signal(signal.SIGINT)
    assert daemon.wait(25) == 0
    connection.close()
    daemon.check_log()


def test_a_stop_in_the_middle_of_many_requests_is_clean(start_daemon):
    daemon = start_daemon()
    section = daemon.client().create(size=65_536)["id"]
    under_way = threading.Event()

    failures = []

    def keep_asking():
        client = daemon.client()
        try:
            while True:
                client.request("PUT", f"/v1/sections/{section}/data", b"z" * 65_536)
                client.request("GET", f"/v1/sections/{section}/data")
                under_way.set()
        except (OSError, http.client.HTTPException):
            pass  # the connection was closed, sooner or later
        except BaseException as failure:  # noqa: BLE001 - told by the main thread
            failures.append(failure)

    threads = [threading.Thread(target=keep_asking, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert under_way.wait(30)
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    daemon.check_log()
    for thread in threads:
        thread.join(30)
    assert not failures, failures


def test_a_second_signal_during_the_grace_does_not_hurt(start_daemon):
    daemon = start_daemon("--grace", "2")
    section = daemon.client().create(size=400_000)["id"]
    connection = start_upload(daemon, section, 400_000, b"x" * 100_000)
    wait_for_bytes(daemon.client(), section, 0, b"x")
    daemon.signal(signal.SIGINT)
    wait_until(lambda: not accepts(daemon.port), "it no longer listens")
    daemon.signal(signal.SIGINT)
    began = time.monotonic()
    assert daemon.wait(25) == 0
    assert time.monotonic() - began < 20
    connection.close()
    daemon.check_log()


@pytest.mark.windows
def test_a_unix_socket_is_refused_with_the_reason(tmp_path):
    finished = run("--listen", "127.0.0.1:0", "--unix", build.native_path(tmp_path / "socket"),
                   *state_options(tmp_path))
    assert finished.returncode not in (0, None)
    assert "--unix" in finished.stderr and "Linux" in finished.stderr
    assert "ready" not in finished.stdout
