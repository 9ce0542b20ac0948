"""Who may ask: tokens, Host, Origin."""

import json
import os
import re
import signal
import stat
import subprocess

import pytest

import build
from client import expect_problem
from daemon import Daemon


def anonymous(daemon):
    return daemon.client(token=None)


PROTECTED = [("GET", "/v1/sections"), ("POST", "/v1/sections"), ("GET", "/v1/info"),
             ("PUT", "/v1/sections/1/data"), ("DELETE", "/v1/sections/1"), ("HEAD",
             "/v1/sections/1/data")]


@pytest.mark.parametrize("method, path", PROTECTED)
def test_no_token_is_401_and_says_what_is_missing(daemon, method, path):
    reply = anonymous(daemon).request(method, path)
    assert reply.status == 401
    assert re.fullmatch(r'Bearer( realm="[^"]+")?', reply.headers["WWW-Authenticate"])


@pytest.mark.parametrize("method, path", PROTECTED)
def test_a_wrong_token_is_401_and_says_so(daemon, method, path):
    reply = daemon.client(token="wrong").request(method, path)
    assert reply.status == 401
    challenge = reply.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer") and 'error="invalid_token"' in challenge


def test_a_token_must_match_to_the_last_character(daemon):
    for token in (daemon.token[:-1], daemon.token + "x", daemon.token[:-1] + "~",
    daemon.token.swapcase(),
                  " " + daemon.token[1:], daemon.token * 2):
        assert daemon.client(token=token).get("/v1/info").status == 401
    assert daemon.client().get("/v1/info").status == 200


@pytest.mark.parametrize("header", [
    "", "Bearer", "Bearer ", "Basic {token}", "{token}", "Bearer{token}", "Bearer {token} x",
    "Bearer {token},x",
    "Digest {token}", "Bearer \"{token}\""])
def test_an_authorization_of_another_form_is_401(daemon, header):
    reply = anonymous(daemon).get(
        "/v1/info", {"Authorization": header.format(token=daemon.token)})
    expect_problem(reply, 401, "unauthorized")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_scheme_is_case_insensitive(daemon):
    for scheme in ("bearer", "BEARER"):
        reply = anonymous(daemon).get("/v1/info", {"Authorization": f"{scheme} {daemon.token}"})
        assert reply.status == 200


def test_two_authorizations_are_refused(client, daemon):
    status, received = client.raw_request(
        "GET /v1/info HTTP/1.1", "Authorization: Bearer wrong")
    assert status in (400, 401), received


def test_the_token_does_not_count_in_the_query_or_in_a_cookie(daemon):
    client = anonymous(daemon)
    assert client.get(f"/v1/info?token={daemon.token}").status == 401
    assert client.get(f"/v1/info?access_token={daemon.token}").status == 401
    assert client.get("/v1/info", {"Cookie": f"token={daemon.token}"}).status == 401


@pytest.mark.parametrize("path", ["/healthz"])
def test_some_things_need_no_token(daemon, path):
    assert anonymous(daemon).get(path).status == 200
    assert anonymous(daemon).head(path).status == 200
    assert daemon.client(token="wrong").get(path).status == 200


def test_a_refused_request_changes_nothing(daemon, client, name):
    for stranger in (anonymous(daemon), daemon.client(token="wrong")):
        assert stranger.post("/v1/sections", {"name": name, "size": 4096}).status == 401
    section = client.create()
    stranger = anonymous(daemon)
    assert stranger.put(f"/v1/sections/{section['id']}/data", b"x" * 100_000).status == 401
    assert stranger.delete(f"/v1/sections/{section['id']}").status == 401
    assert client.read(section["id"], 0, 1) == b"\0"
    assert [held["id"] for held in client.sections()] == [section["id"]]


# Host and Origin.

@pytest.mark.parametrize("host", [
    "evil.test", "evil.test:{port}", "127.0.0.1.evil.com", "127.0.0.1.evil.com:{port}",
    "127.0.0.1:1",
    "127.0.0.1:{port}0", "127.0.0.1:{port}.evil.com", "127.0.0.1", "localhost.evil.com:{port}",
    "127.0.0.2:{port}",
    "evil.test@127.0.0.1:{port}", "127.0.0.1:{port}@evil.test", "127.0.0.1:", "127.0.0.1:0{port}",
    "127.1:{port}",
    "2130706433:{port}", "0.0.0.0:{port}", "[::1]:{port}", "127.0.0.1:{port},evil.test", "", " ",
    "localhost",
    "127.0.0.1:{port}/", "xlocalhost:{port}"])
def test_a_foreign_host_is_refused_with_a_token_and_without(daemon, host):
    for client in (daemon.client(), anonymous(daemon)):
        for path in ("/v1/info", "/healthz"):
            reply = client.get(path, {"Host": host.format(port=daemon.port)})
            is_host = re.fullmatch(r"[\w.:\[\]{}-]+", host)
            expect_problem(reply, *((403, "forbidden_origin") if is_host else (400, "bad_request")))


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}"])
def test_our_own_hosts_are_answered(daemon, host):
    assert daemon.client().get("/v1/info", {"Host": host.format(port=daemon.port)}).status == 200


def test_a_missing_host_is_refused(client):
    status, received = client.raw_request("GET /v1/info HTTP/1.1", host=False)
    assert status in (400, 403), received
    status, received = client.raw_request("GET /v1/info HTTP/1.0", host=False)
    assert status in (400, 403), received


def test_two_hosts_are_refused(client):
    for second in ("evil.test", f"127.0.0.1:{client.port}"):
        status, received = client.raw_request("GET /v1/info HTTP/1.1", f"Host: {second}")
        assert status == 400, received


@pytest.mark.parametrize("origin", [
    "null", "http://evil.test", "http://127.0.0.1", "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil.com", "http://127.0.0.1.evil.com:{port}", "", "file://",
    "http://127.0.0.1:{port}/", "http://localhost.evil.com:{port}"])
def test_a_foreign_origin_is_refused(daemon, origin):
    reply = daemon.client().get("/v1/info", {"Origin": origin.format(port=daemon.port)})
    expect_problem(reply, 403, "forbidden_origin")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "http://localhost:{port}"])
def test_our_own_origin_is_answered(daemon, origin):
    headers = {"Origin": origin.format(port=daemon.port)}
    assert daemon.client().get("/v1/info", headers).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_calls_foreign_is_refused(daemon, site):
    reply = daemon.client().get("/v1/info", {"Sec-Fetch-Site": site})
    expect_problem(reply, 403, "forbidden_origin")


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_a_browser_calls_ours_is_answered(daemon, site):
    assert daemon.client().get("/v1/info", {"Sec-Fetch-Site": site}).status == 200


def test_allow_host_names_another_host(start_daemon):
    daemon = start_daemon("--allow-host", "proxy.test", "--allow-host", "other.test:8443")
    client = daemon.client()
    for host, status in (("proxy.test", 200), (f"proxy.test:{daemon.port}", 200), ("other.test:8443", 200),
                         ("other.test", 403), (f"other.test:{daemon.port}", 403),
                         ("proxy.test.evil.com", 403), (f"127.0.0.1:{daemon.port}", 200)):
        assert client.get("/v1/info", {"Host": host}).status == status, host


# Token files.

def test_the_token_is_made_at_the_first_start_and_kept(start_daemon, tmp_path):
    first = start_daemon(state=tmp_path / "same")
    token = first.token
    assert len(token) >= 32
    first.stop()
    second = start_daemon(state=tmp_path / "same")
    assert second.token == token
    assert second.client().get("/v1/info").status == 200


def test_every_state_folder_has_a_token_of_its_own(daemon, start_daemon):
    other = start_daemon()
    assert other.token != daemon.token
    assert daemon.client(token=other.token).get("/v1/info").status == 401


@pytest.mark.linux
def test_the_token_is_readable_by_its_user_only(daemon):
    for name in ("token", "header"):
        mode = stat.S_IMODE(os.stat(daemon.state / name).st_mode)
        assert mode == 0o600, f"{name}: {mode:o}"


@pytest.mark.linux
def test_the_state_folder_is_made_for_its_user_only(tmp_path):
    state = tmp_path / "made" / "here"
    daemon = build.start(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir", state,
                         stdout=subprocess.PIPE)
    assert b"ready" in daemon.stdout.readline()
    daemon.send_signal(signal.SIGINT)
    daemon.communicate(timeout=60)
    for folder in (state, state.parent):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_the_ready_line_names_the_token_file(daemon):
    assert daemon.token_file == build.native_path(daemon.state / "token")


def test_the_header_file_works_with_curl(daemon):
    header = (daemon.state / "header").read_text().strip()
    assert header == f"Authorization: Bearer {daemon.token}"
    finished = subprocess.run(
        ["curl", "-sS", "-f", "-H", f"@{daemon.state / 'header'}", f"{daemon.url}/v1/info"],
        capture_output=True, timeout=30, check=False)
    assert finished.returncode == 0, finished.stderr
    assert b'"version"' in finished.stdout


def test_a_token_file_that_is_missing_is_made(start_daemon, tmp_path):
    path = tmp_path / "my-token"
    daemon = start_daemon("--token-file", build.native_path(path))
    assert daemon.token_file == build.native_path(path)
    token = path.read_text().split()[-1]
    assert daemon.client(token=token).get("/v1/info").status == 200
    header = tmp_path / "my-token.header"
    assert header.read_text() == f"Authorization: Bearer {token}\n"
    if not build.ON_WINDOWS:
        assert [stat.S_IMODE(file.stat().st_mode) for file in (path, header)] == [0o600, 0o600]


def test_a_header_file_that_cannot_be_written_is_warned_of_only(start_daemon, tmp_path):
    path = tmp_path / "my-token"
    (tmp_path / "my-token.header").mkdir()
    daemon = start_daemon("--token-file", build.native_path(path), "--log-format", "json")
    token = path.read_text().split()[-1]
    assert daemon.client(token=token).get("/v1/info").status == 200
    warnings = [line for line in map(json.loads, daemon.log().splitlines())
                if line["level"] == "warn"]
    assert len(warnings) == 1, warnings
    assert "header" in json.dumps(warnings)
    assert token not in daemon.log()


@pytest.mark.parametrize("content", [
    "sesame-1234567890-sesame-1234567890\n",
    "admin sesame-1234567890-sesame-1234567890\n",
    "first-1234567890-first-1234567890\r\nadmin second-1234567890-second-123456\r\n"])
def test_a_token_file_that_exists_is_used(start_daemon, tmp_path, content):
    path = tmp_path / "my-token"
    path.write_text(content)
    path.chmod(0o600)
    daemon = start_daemon("--token-file", build.native_path(path))
    for line in content.split("\n")[:-1]:
        token = line.split()[-1]
        assert daemon.client(token=token).get("/v1/info").status == 200
    assert path.read_bytes().decode() == content
    assert daemon.client(token="admin").get("/v1/info").status == 401


@pytest.mark.parametrize("content", ["", "\n\n", "king sesame-1234567890-sesame\n", "a b c\n"])
def test_a_token_file_without_a_usable_token_is_refused(tmp_path, content):
    path = tmp_path / "my-token"
    path.write_text(content)
    path.chmod(0o600)
    finished = build.run(
        build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
        build.native_path(tmp_path / "state"),
        "--token-file", build.native_path(path))
    assert finished.returncode in (1, 2)
    assert finished.stdout == ""
    assert "my-token" in finished.stderr
    assert "sesame" not in finished.stderr + finished.stdout


def test_no_token_answers_everyone_here_and_warns(start_daemon):
    daemon = start_daemon("--no-token")
    client = daemon.client(token=None)
    assert client.get("/v1/info").status == 200
    assert client.create()["id"]
    assert "warn" in daemon.log().lower()
    reply = client.get("/v1/info", {"Host": "evil.test"})
    expect_problem(reply, 403, "forbidden_origin")


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_no_token_is_refused_where_others_can_reach_us(tmp_path, address):
    finished = build.run(
        build.SECTIOND, "--listen", address, "--no-token", "--state-dir",
        build.native_path(tmp_path / "state"))
    assert finished.returncode == 2
    assert "--no-token" in finished.stderr


# Roles.

ROLES = {"read": "reader-1234567890-reader-1234567890",
         "write": "writer-1234567890-writer-1234567890",
         "admin": "master-1234567890-master-1234567890"}
RANKS = list(ROLES)

SECTION = "/v1/sections/{id}"

# What is asked, and the least role that may. Each is answered well where it may be asked.
ASKS = [
    ("GET", "/v1/info", None, "read"), ("HEAD", "/v1/info", None, "read"),
    ("GET", "/v1/errors", None, "read"), ("GET", "/v1/sections", None, "read"),
    ("GET", SECTION, None, "read"), ("HEAD", SECTION, None, "read"),
    ("GET", SECTION + "/data?length=4", None, "read"),
    ("HEAD", SECTION + "/data?length=4", None, "read"),
    ("HEAD", SECTION + "/events?length=4", None, "read"),  # GET does not end
    ("HEAD", "/v1/events?watch={id}:0:4", None, "read"),
    ("GET", "/metrics", None, "read"),
    ("GET", SECTION + "/text?encoding=utf-8", None, "read"),
    ("GET", SECTION + "/values?type=u32&count=2", None, "read"),
    ("POST", SECTION + "/atomic", {"op": "load", "type": "u32", "offset": 0}, "read"),
    ("POST", "/v1/batch", {"ops": [{"op": "read", "id": "{id}", "offset": 0, "length": 4}]},
     "read"),
    ("HEAD", SECTION + "/events", None, "read"),
    ("HEAD", "/v1/events?watch={id}:0:8", None, "read"),
    ("PUT", SECTION + "/data", b"changed", "write"),
    ("PUT", SECTION + "/text?encoding=utf-8", b"changed", "write"),
    ("PUT", SECTION + "/values?type=u32", {"values": [1, 2]}, "write"),
    ("POST", SECTION + "/fill", {"length": 9, "byte": 1}, "write"),
    ("POST", SECTION + "/copy", {"from": "{id}", "from_offset": 100, "length": 50}, "write"),
    ("POST", SECTION + "/flush", None, "write"),
    ("POST", SECTION + "/atomic", {"op": "add", "type": "u32", "offset": 0, "value": 1}, "write"),
    ("GET", "/v1/processes?name=no-such", None, "admin"),
    ("GET", "/v1/processes/{pid}/sections", None, "admin"),
    ("GET", "/v1/namespace?prefix=no-such", None, "admin"),
    ("POST", "/v1/sections", {"size": 4096}, "admin"),
    ("POST", "/v1/sections/open", {"name": "{name}"}, "admin"),
    ("POST", "/v1/sections/duplicate", {"pid": "{pid}", "handle": "{handle}"}, "admin"),
    ("PATCH", SECTION, {"label": "changed"}, "admin"),
    ("GET", "/v1/sections/@{other}?open=1", None, "admin"),
    ("GET", "/v1/sections/@{other}/data?open=1&length=4", None, "admin"),
    ("GET", "/v1/sections/@{other}/text?encoding=utf-8&open=1", None, "admin"),
    ("GET", "/v1/sections/@{other}/values?type=u32&count=1&open=1", None, "admin"),
    ("PUT", "/v1/sections/@{other}/data?open=1", b"changed", "admin"),
    ("PUT", "/v1/sections/@{other}/text?encoding=utf-8&open=1", b"changed", "admin"),
    ("PUT", "/v1/sections/@{other}/values?type=u32&open=1", {"values": [1]}, "admin"),
    ("DELETE", SECTION, None, "admin"),
]


@pytest.fixture(scope="module")
def roles_daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    path = folder / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in ROLES.items()))
    path.chmod(0o600)
    daemon = Daemon(folder / "state", "--token-file", build.native_path(path))
    yield daemon
    daemon.stop()


@pytest.fixture
def held(roles_daemon, peer, name):
    """A section of a peer that the daemon has opened, and one beside it that it has not."""
    made = peer.create("a", 4096, name)
    peer.create("b", 4096, name + "-other")
    master = roles_daemon.client(token=ROLES["admin"])
    section = master.open(name)
    yield {"id": section["id"], "name": name, "other": name + "-other", "pid": peer.pid,
           "handle": made["handle"]}
    for section in master.sections():
        master.close_section(section["id"])
    master.close()


def filled_in(body, held):
    """The body with what the names in braces stand for."""
    if isinstance(body, dict):
        return {key: filled_in(value, held) for key, value in body.items()}
    if isinstance(body, list):
        return [filled_in(value, held) for value in body]
    if isinstance(body, str) and body.startswith("{"):
        return held[body.strip("{}")]
    return body


def ask(daemon, role, held, method, path, body):
    client = daemon.client(token=ROLES[role])
    try:
        if isinstance(body, dict):
            return client.json(method, path.format(**held), filled_in(body, held))
        return client.request(method, path.format(**held), body)
    finally:
        client.close()


@pytest.mark.parametrize(
    "method, path, body, least", ASKS,
    ids=[f"{method} {path} {index}" for index, (method, path, _, _) in enumerate(ASKS)])
def test_each_route_asks_for_its_role(roles_daemon, held, peer, method, path, body, least):
    for role in RANKS[:RANKS.index(least)]:
        reply = ask(roles_daemon, role, held, method, path, body)
        expect_problem(reply, 403, "forbidden_role")
        assert peer.read("a", 4096) == bytes(4096), "a refused request changes nothing"
        assert peer.read("b", 4096) == bytes(4096)
        master = roles_daemon.client(token=ROLES["admin"])
        assert [(section["id"], section["label"]) for section in master.sections()] == [
            (held["id"], None)]
        master.close()
    reply = ask(roles_daemon, least, held, method, path, body)
    assert 200 <= reply.status < 300, reply


@pytest.mark.parametrize("role", ["write", "admin"])
def test_a_higher_role_may_what_a_lower_one_may(roles_daemon, held, role):
    for method, path, body, least in ASKS:
        if RANKS.index(least) < RANKS.index(role):
            reply = ask(roles_daemon, role, held, method, path, body)
            assert 200 <= reply.status < 300, (method, path, reply)


def test_the_role_comes_after_the_method_and_before_the_media_type(roles_daemon, held):
    reader = roles_daemon.client(token=ROLES["read"])
    path = f"/v1/sections/{held['id']}"
    expect_problem(reader.put(path, b"x"), 405, "method_not_allowed")
    reply = reader.request("POST", path + "/fill", b"x", {"Content-Type": "text/plain"})
    expect_problem(reply, 403, "forbidden_role")
    reply = roles_daemon.client(token=ROLES["write"]).request(
        "POST", path + "/fill", b"x", {"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")
    expect_problem(reader.delete("/v1/sections/987654321"), 403, "forbidden_role")
    expect_problem(reader.post(path + "/no-such", {}), 404, "not_found")
