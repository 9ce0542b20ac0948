"""The last quarter of connections and watchers is for the role admin."""

import pytest

import build
from client import expect_problem, expect_status, status_of
from daemon import wait_until
from layouts import made, of_fields
from slow_clients import connect, is_readable

CONNECTIONS = 20
WATCHERS = 8
TOKENS = {role: f"{role}-token-of-the-shares" for role in ("read", "write", "admin")}


@pytest.fixture
def start(start_daemon, tmp_path):
    """Starts a daemon with these limits, which has a section of 64 KiB."""
    path = tmp_path / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    path.chmod(0o600)

    def started(*options):
        daemon = start_daemon("--token-file", build.native_path(path), "--grace", "0", *options)
        daemon.client(token=TOKENS["admin"]).create(size=65536)
        return daemon

    return started


@pytest.fixture
def ask(request):
    """Sends a request of a role on a connection of its own; gives connection, status, and the rest."""
    held = []
    request.addfinalizer(lambda: [connection.close() for connection in held])

    def asked(daemon, role, path, *lines, connection=None):
        if connection is None:
            connection = connect(daemon)
            held.append(connection)
        connection.sendall("\r\n".join([
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{daemon.port}",
            f"Authorization: Bearer {TOKENS[role]}", *lines, "", ""]).encode())
        received = connection.recv(65536)
        return connection, status_of(received), received

    return asked


def connections(client):
    return client.get("/v1/info").json()["connections"]


EVENTS = "/v1/sections/1/events?length=8"


def fill(ask, daemon, role, path, *lines):
    """Asks until it is refused; gives the connections that stay, and the refusal."""
    held = []
    while True:
        connection, status, received = ask(daemon, role, path, *lines)
        if status != 200:
            return held, status, received
        held.append(connection)


@pytest.mark.parametrize("role", ["read", "write"])
def test_streams_of_a_lower_role_leave_watchers_to_whoever_administers(start, ask, role):
    daemon = start("--max-watchers", str(WATCHERS))
    held, status, received = fill(ask, daemon, role, EVENTS)
    assert len(held) == WATCHERS * 3 // 4
    assert status == 507 and b"--max-watchers" in received and b"admin" in received
    held, status, _ = fill(ask, daemon, "admin", EVENTS)
    assert len(held) == WATCHERS // 4 and status == 507


def test_ranges_of_one_stream_count_each(start, ask):
    daemon = start("--max-watchers", str(WATCHERS))
    watch = "&".join(f"watch=1:{8 * index}:8" for index in range(WATCHERS - 1))
    assert ask(daemon, "read", f"/v1/events?{watch}")[1] == 507
    assert ask(daemon, "admin", f"/v1/events?{watch}")[1] == 200


def test_streams_of_fields_count_as_others_do(start, ask):
    daemon = start("--max-watchers", str(WATCHERS), "--max-watched-bytes", "1M")
    made(daemon.client(token=TOKENS["admin"]), of_fields({"name": "n", "type": "u32"}), "counted")
    held, status, received = fill(ask, daemon, "read", "/v1/sections/1/events?layout=counted")
    assert len(held) == WATCHERS * 3 // 4
    assert status == 507 and b"--max-watchers" in received
    assert ask(daemon, "admin", "/v1/sections/1/events?layout=counted")[1] == 200


def test_watched_bytes_have_their_last_quarter_too(start, ask):
    daemon = start("--max-watched-bytes", "8192")
    assert ask(daemon, "write", "/v1/sections/1/events?length=6145")[1] == 507
    assert ask(daemon, "write", "/v1/sections/1/events?length=6144")[1] == 200
    assert ask(daemon, "write", EVENTS)[1] == 507
    assert ask(daemon, "admin", "/v1/sections/1/events?length=2048")[1] == 200


def test_waiting_reads_leave_watchers_too(start, ask):
    daemon = start("--max-watchers", str(WATCHERS))
    admin = daemon.client(token=TOKENS["admin"])
    tag = admin.get("/v1/sections/1/data?length=8").headers["ETag"]
    fill(ask, daemon, "read", EVENTS)
    data = "/v1/sections/1/data?length=8&wait="
    assert ask(daemon, "read", data + "60s", f"If-None-Match: {tag}")[1] == 507
    assert ask(daemon, "admin", data + "1ms", f"If-None-Match: {tag}")[1] == 304


@pytest.mark.parametrize("role", ["read", "write"])
def test_streams_of_a_lower_role_leave_connections_to_whoever_administers(start, ask, role):
    daemon = start("--max-connections", str(CONNECTIONS))
    held, status, received = fill(ask, daemon, role, EVENTS)
    assert len(held) == CONNECTIONS * 3 // 4
    assert status == 503 and b"Retry-After: 1" in received and b"too_many_connections" in received
    assert b"role admin" in received
    for _ in range(3):
        admin = daemon.client(token=TOKENS["admin"])
        expect_status(admin.get("/v1/info"), 200)
    expect_status(admin.get("/healthz"), 200)
    section = admin.create(size=8)["id"]
    admin.close_section(section)
    streams = [ask(daemon, "admin", EVENTS)[1] for _ in range(CONNECTIONS // 4 - 1)]
    assert streams == [200] * (CONNECTIONS // 4 - 1)


def test_what_is_turned_away_is_closed_and_has_changed_nothing(start, ask):
    daemon = start("--max-connections", str(CONNECTIONS))
    admin = daemon.client(token=TOKENS["admin"])
    fill(ask, daemon, "write", EVENTS)
    writer = daemon.client(token=TOKENS["write"])
    for body in (b"changed", b"x" * 65536, [b"changed"]):
        expect_problem(writer.put("/v1/sections/1/data", body), 503, "too_many_connections")
        writer.close()
    connection, status, _ = ask(daemon, "read", "/v1/info")
    assert status == 503
    wait_until(lambda: is_readable(connection) and connection.recv(65536) == b"", "it was closed")
    assert admin.read(1) == bytes(65536)
    assert admin.get("/v1/info").json()["buffer_bytes"] == 0
    admin.close_section(1)  # nobody who was turned away holds it


def test_the_end_of_a_stream_makes_room_for_another(start, ask):
    daemon = start("--max-connections", str(CONNECTIONS))
    admin = daemon.client(token=TOKENS["admin"])
    held, _, _ = fill(ask, daemon, "read", EVENTS)
    held[0].close()
    wait_until(lambda: connections(admin) < CONNECTIONS * 3 // 4 + 1, "it is noticed")
    assert ask(daemon, "read", EVENTS)[1] == 200
    assert ask(daemon, "read", EVENTS)[1] == 503


def test_the_end_of_a_stream_gives_its_watched_bytes_back(start, ask):
    daemon = start("--max-watched-bytes", "8192")
    connection, status, _ = ask(daemon, "read", "/v1/sections/1/events?length=6144")
    assert status == 200 and ask(daemon, "read", EVENTS)[1] == 507
    connection.close()
    wait_until(lambda: ask(daemon, "read", "/v1/sections/1/events?length=6144")[1] == 200,
               "its end is noticed")


def test_idle_connections_of_lower_roles_make_room_for_each_other(start, ask):
    daemon = start("--max-connections", str(CONNECTIONS))
    for _ in range(3 * CONNECTIONS):
        assert ask(daemon, "read", "/v1/sections/1")[1] == 200
    assert connections(daemon.client(token=TOKENS["admin"])) <= CONNECTIONS


def test_a_connection_counts_as_what_it_asked_for_last(start, ask):
    daemon = start("--max-connections", str(CONNECTIONS))
    connection, status, _ = ask(daemon, "read", "/v1/sections/1")
    assert status == 200
    for role in ("admin", "read", "admin"):
        assert ask(daemon, role, "/v1/sections/1", connection=connection)[1] == 200
    assert ask(daemon, "admin", EVENTS, connection=connection)[1] == 200
    held, status, _ = fill(ask, daemon, "read", EVENTS)
    assert len(held) == CONNECTIONS * 3 // 4 and status == 503
