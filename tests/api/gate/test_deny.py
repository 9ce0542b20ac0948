"""--deny: what is switched off changes nothing, and nothing else is switched off.

That every route is refused that the document says is denied, tests/api/gate/test_rules.py proves.
"""

import pytest

import build
from client import expect_problem
from daemon import Daemon

SECTION = "/v1/sections/{id}"

# Capability, and what it keeps from changing: method, path, body.
DENIED = [
    ("create", "POST", "/v1/sections", {"size": 4096}),
    ("create", "POST", "/v1/sections", {"name": "{name}", "size": 4096}),
    ("duplicate", "POST", "/v1/sections/duplicate", {"pid": "{pid}", "handle": "{handle}"}),
    ("files", "POST", "/v1/sections", {"backing": {"file": "new.bin"}, "size": 4096}),
    ("files", "POST", "/v1/sections", {"backing": {"file": "old.bin"}}),
    ("files", "POST", "/v1/sections", {"backing": {"file": "old.bin", "open": "truncate"},
                                       "size": 1}),
    ("write", "POST", "/v1/sections", {"backing": {"file": "new.bin"}, "size": 4096}),
    ("write", "POST", "/v1/sections", {"backing": {"file": "new.bin", "open": "create_new"},
                                       "size": 4096}),
    ("write", "POST", "/v1/sections", {"backing": {"file": "old.bin"}, "size": 4096}),
    ("write", "POST", "/v1/sections", {"backing": {"file": "old.bin", "open": "open_existing"},
                                       "size": 4}),
    ("write", "POST", "/v1/sections", {"backing": {"file": "old.bin", "open": "truncate"},
                                       "size": 3}),
    ("write", "PUT", SECTION + "/data", b"changed"),
    ("write", "PUT", SECTION + "/data?flush=1", b"changed"),
    ("write", "PUT", "/v1/sections/@{name}/data?open=1", b"changed"),
    ("write", "PUT", SECTION + "/text?encoding=utf-8", b"changed"),
    ("write", "PUT", SECTION + "/values?type=u32", {"values": [1]}),
    ("write", "POST", SECTION + "/fill", {"length": 9, "byte": 1}),
    ("write", "POST", SECTION + "/copy", {"from": "{id}", "from_offset": 8, "length": 8}),
    ("write", "POST", SECTION + "/atomic", {"op": "add", "type": "u32", "offset": 0, "value": 1}),
    ("write", "POST", SECTION + "/atomic", {"op": "cas", "type": "u32", "offset": 0, "value": 1,
                                            "expected": 0}),
]

# What no capability covers, and works whatever is denied.
ALLOWED = [
    ("GET", "/v1/info", None),
    ("GET", "/v1/sections", None),
    ("GET", SECTION, None),
    ("GET", SECTION + "/data?length=4", None),
    ("GET", SECTION + "/text?encoding=utf-8", None),
    ("GET", SECTION + "/values?type=u32&count=2", None),
    ("POST", SECTION + "/atomic", {"op": "load", "type": "u32", "offset": 0}),
    ("POST", SECTION + "/flush", None),
    ("POST", "/v1/batch", {"ops": [{"op": "read", "id": "{id}", "offset": 0, "length": 4}]}),
    ("POST", "/v1/sections/open", {"name": "{name}"}),
    ("PATCH", SECTION, {"label": "allowed"}),
    ("DELETE", SECTION, None),
]

CAPABILITIES = ["duplicate", "discover", "files", "write", "create"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("files")
    (path / "old.bin").write_bytes(b"old")
    return path


@pytest.fixture(scope="module")
def daemons(tmp_path_factory, folder):
    """A daemon for each set of capabilities that is denied, started when it is asked for."""
    started = {}

    def start(*denied):
        if denied not in started:
            options = [f"--deny={','.join(denied)}"] if denied else []
            started[denied] = Daemon(tmp_path_factory.mktemp("deny") / "state",
                                     "--files", build.native_path(folder), *options)
        return started[denied]

    yield start
    for daemon in started.values():
        daemon.stop()


@pytest.fixture
def held(peer, name):
    """A section of a peer, which each daemon may open by its name."""
    made = peer.create("a", 4096, name)
    return {"name": name, "pid": peer.pid, "handle": made["handle"]}


def filled_in(value, held):
    if isinstance(value, dict):
        return {key: filled_in(each, held) for key, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, held) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return held[value.strip("{}")]
    return value


def ask(client, held, method, path, body):
    if isinstance(body, dict):
        return client.json(method, path.format(**held), filled_in(body, held))
    return client.request(method, path.format(**held), body)


def opened(client, held):
    return {**held, "id": client.open(held["name"])["id"]}


def close_all(client):
    for section in client.sections():
        client.close_section(section["id"])
    client.close()


@pytest.mark.parametrize("capability, method, path, body", DENIED,
                         ids=[f"{row[0]}-{index}" for index, row in enumerate(DENIED)])
def test_what_is_denied_is_refused_and_changes_nothing(
        daemons, held, peer, folder, capability, method, path, body):
    client = daemons(capability).client()
    held = opened(client, held)
    before = client.sections()
    reply = ask(client, held, method, path, body)
    assert capability in expect_problem(reply, 403, "disabled")["detail"]
    assert client.sections() == before
    assert peer.read("a", 4096) == bytes(4096)
    assert [path.name for path in folder.iterdir()] == ["old.bin"]
    assert (folder / "old.bin").read_bytes() == b"old"
    close_all(client)


@pytest.mark.parametrize("method, path, body", ALLOWED,
                         ids=[f"{row[0]}-{row[1].split('?')[0]}" for row in ALLOWED])
def test_what_is_not_denied_works(daemons, held, method, path, body):
    client = daemons(*CAPABILITIES).client()
    reply = ask(client, opened(client, held), method, path, body)
    assert 200 <= reply.status < 300, reply
    close_all(client)


@pytest.mark.parametrize("capability, method, path, body", DENIED,
                         ids=[f"{row[0]}-{index}" for index, row in enumerate(DENIED)])
def test_another_capability_may_be_denied(daemons, held, folder, capability, method, path, body):
    """Everything above works where all the others are denied."""
    others = [each for each in CAPABILITIES if each != capability]
    if path == "/v1/sections" and "backing" in body:
        others = [each for each in others if each not in ("create", "files", "write")]
    client = daemons(*others).client()
    reply = ask(client, opened(client, held), method, path, body)
    assert 200 <= reply.status < 300, reply
    close_all(client)
    for path in folder.iterdir():
        path.unlink()
    (folder / "old.bin").write_bytes(b"old")


def test_a_file_may_be_looked_at_though_writes_are_denied(daemons, folder):
    client = daemons("write").client()
    for backing in ({"file": "old.bin"}, {"file": "old.bin", "open": "open_existing"}):
        for members in ({}, {"size": 2}, {"access": "read"}):
            reply = client.post("/v1/sections", {"backing": backing, **members})
            assert reply.status == 201, reply
            assert client.read(reply.json()["id"], 0, 2) == b"ol"
    close_all(client)
    assert (folder / "old.bin").read_bytes() == b"old"


def test_writes_in_a_batch_are_refused_in_their_place(daemons, held, peer):
    client = daemons("write").client()
    section = opened(client, held)["id"]
    results = client.post("/v1/batch", {"ops": [
        {"op": "read", "id": section, "offset": 0, "length": 3},
        {"op": "write", "id": section, "offset": 0, "data": "AAEC"},
        {"op": "write", "id": section, "offset": 0, "type": "u8", "values": [1]},
        {"op": "atomic", "id": section, "atomic": "add", "type": "u32", "offset": 0, "value": 1},
        {"op": "atomic", "id": section, "atomic": "load", "type": "u32", "offset": 0}]}).json()
    results = results["results"]
    assert results[0] == {"data": "AAAA"}
    assert [result.get("code") for result in results[1:4]] == ["disabled"] * 3
    assert all(result["status"] == 403 for result in results[1:4])
    assert results[4]["current"] == 0
    assert peer.read("a", 8) == bytes(8)
    close_all(client)


@pytest.mark.parametrize("capability", ["duplicate", "discover"])
def test_what_a_search_found_is_not_duplicated_without_both(daemons, held, peer, capability):
    """By its handle it is none of discover's business."""
    client = daemons(capability).client()
    for wanted in ({"name": held["name"]}, {"index": 0}):
        reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, **wanted})
        assert capability in expect_problem(reply, 403, "disabled")["detail"]
    reply = client.post("/v1/sections/duplicate", {"pid": peer.pid, "handle": held["handle"]})
    assert reply.status == (201 if capability == "discover" else 403)
    close_all(client)


def test_the_body_of_a_denied_put_is_not_read(daemons, held):
    """However long it is: the refusal comes before the first byte of it."""
    client = daemons("write").client()
    held = opened(client, held)
    status, _ = client.raw_request(
        f"PUT {SECTION.format(**held)}/data HTTP/1.1", "Content-Length: 1000000000")
    assert status == 403
    close_all(client)


def test_the_role_goes_before_what_is_denied(start_daemon, tmp_path):
    path = tmp_path / "tokens"
    path.write_text("read reader-1234567890-reader\nadmin master-1234567890-master\n")
    path.chmod(0o600)
    daemon = start_daemon("--token-file", build.native_path(path), "--deny", "create")
    for token, code in (("reader-1234567890-reader", "forbidden_role"),
                        ("master-1234567890-master", "disabled")):
        reply = daemon.client(token=token).post("/v1/sections", {"size": 4096})
        expect_problem(reply, 403, code)
    expect_problem(daemon.client(token=None).post("/v1/sections", {"size": 1}), 401,
                   "unauthorized")
    reply = daemon.client(token="master-1234567890-master").request("POST", "/v1/sections", b"{")
    expect_problem(reply, 403, "disabled")


def test_info_lists_what_is_denied(daemons):
    assert daemons("write").client().get("/v1/info").json()["denied"] == ["write"]
    assert daemons(*CAPABILITIES).client().get("/v1/info").json()["denied"] == CAPABILITIES


def test_nothing_is_denied_without_the_option(client):
    assert client.get("/v1/info").json()["denied"] == []


def test_the_option_may_be_repeated(start_daemon):
    daemon = start_daemon("--deny", "write", "--deny=create,write")
    assert daemon.client().get("/v1/info").json()["denied"] == ["write", "create"]


@pytest.mark.parametrize("value", ["", "writes", "write,", ",write", "write,,create", "Write",
                                   "write create", "all"])
def test_what_is_no_capability_is_refused_at_the_start(tmp_path, value):
    finished = build.run(build.SECTIOND, "--listen", "127.0.0.1:0", "--state-dir",
                         build.native_path(tmp_path / "state"), f"--deny={value}")
    assert finished.returncode == 2
    assert "--deny" in finished.stderr


def test_help_lists_the_capabilities():
    text = build.run(build.SECTIOND, "--help").stdout
    part = text[text.index("--deny"):].split("--max-sections")[0]
    for capability in CAPABILITIES:
        assert capability in part
