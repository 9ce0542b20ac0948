"""Every rule holds for every route: role, --deny, conditions, budget, and the end.

What must happen is taken from the table of routes, as /openapi.json tells it, so a new route is tested
without a line here.
"""

import json
import signal
import socket

import pytest

import build
from client import expect_problem, status_of
from daemon import wait_until
from routes import routes_of

ROLES = ("read", "write", "admin")
CAPABILITIES = ("duplicate", "discover", "files", "write", "create")
TOKENS = {role: f"{role}-token-of-the-test-of-all-rules-0123456789" for role in ROLES}
UNBUDGETED_BYTES = 4096
STALE = '"00000000000000000000000000000000"'

# Kinds that are known to be wrong still: (rule, operationId). Nothing is.
EXPECTED_TO_FAIL = set()


def operations_of(daemon):
    document = daemon.client(token=None).get("/openapi.json").json()
    return document["components"]["schemas"]["Op"]["x-operations"]


def check_each(rule, routes, check):
    """Runs a check for each route and names all that fail, not only the first."""
    failed = []
    for route in routes:
        try:
            check(route)
        except AssertionError as failure:
            failed.append((rule, route.name, str(failure).splitlines()[0][:300]))
    wrong = [each for each in failed if each[:2] not in EXPECTED_TO_FAIL]
    mended = {each for each in EXPECTED_TO_FAIL if each[0] == rule} - {each[:2] for each in failed}
    assert not wrong, wrong
    assert not mended, f"take these off EXPECTED_TO_FAIL: {mended}"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    path.chmod(0o600)
    return ("--token-file", str(path))


@pytest.fixture
def guarded(daemon_with, tokens):
    """A daemon with a token of each role."""
    return daemon_with(*tokens, token=TOKENS["admin"])


def make_section(daemon):
    client = daemon.client()
    section = client.create(size=8192)["id"]
    client.write(section, b"\x05" * 8192)
    return section


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_route_is_closed_to_roles_below_its_own(guarded, role):
    def check(route):
        section = make_section(guarded)
        reply = route.ask(guarded.client(token=TOKENS.get(role)), section)
        code = route.problem_code(reply)
        if route.role is not None and role is None:
            assert reply.status == 401, reply
        elif route.role is not None and ROLES.index(role) < ROLES.index(route.example_role):
            assert reply.status == 403 and code in ("forbidden_role", None), reply
        else:
            assert reply.status != 401 and code != "forbidden_role", reply
        if role in (None, "read"):
            assert guarded.client().read(section) == b"\x05" * 8192, f"{route.name} has written"

    check_each("role", routes_of(guarded), check)


@pytest.mark.parametrize("role", ROLES)
def test_an_operation_of_a_batch_is_closed_to_roles_below_its_own(guarded, role):
    section = make_section(guarded)
    client = guarded.client(token=TOKENS[role])
    for each in operations_of(guarded):
        operation = {**each["op"], "id": section}
        result = client.post("/v1/batch", {"ops": [operation]}).json()["results"][0]
        if ROLES.index(role) < ROLES.index(each["role"]):
            assert result["status"] == 403 and result["code"] == "forbidden_role", (each, result)
        else:
            assert "status" not in result, (each, result)
    if role == "read":
        assert guarded.client().read(section) == b"\x05" * 8192


@pytest.mark.parametrize("role", ROLES)
def test_a_body_that_needs_more_than_its_route_is_closed_to_lower_roles(guarded, role):
    section = make_section(guarded)
    several = [route for route in routes_of(guarded) if route.operations]
    assert several
    for route in several:
        for needed, operation in route.operations:
            reply = route.ask(guarded.client(token=TOKENS[role]), section,
                              body=json.dumps(operation).encode())
            if ROLES.index(role) < ROLES.index(needed):
                expect_problem(reply, 403, "forbidden_role")
            else:
                assert reply.status == 200, (operation, reply)


@pytest.mark.parametrize("denied", CAPABILITIES)
def test_what_is_denied_is_refused_for_every_role(daemon_with, denied):
    daemon = daemon_with("--deny", denied)
    made = daemon_with() if denied == "create" else daemon
    sections = iter(range(1, 1000)) if denied in ("create", "write") else None

    def section_of():
        return next(sections) if sections is not None else make_section(made)

    def check(route):
        reply = route.ask(daemon.client(), section_of())
        if route.denied_by == denied:
            expect_problem(reply, 403, "disabled")
        elif denied == "write" and route.example_role == "write" and route.operations:
            expect_problem(reply, 403, "disabled")
        else:
            assert route.problem_code(reply) != "disabled", reply

    check_each("deny", routes_of(daemon), check)


def test_what_a_body_asks_for_is_denied_as_the_document_says(start_daemon, tmp_path):
    listed = [(route, *each) for route in routes_of(start_daemon()) for each in route.also_denied]
    assert {by for _, by, _ in listed} == {"files", "discover"}
    files = ("--files", build.native_path(tmp_path))
    (tmp_path / "f.bin").write_bytes(bytes(4096))
    for denied in sorted({by for _, by, _ in listed}):
        daemon = start_daemon(*files, "--deny", denied)
        for route, by, body in listed:
            reply = route.ask(daemon.client(), 1, body=json.dumps(body).encode())
            assert (route.problem_code(reply) == "disabled") == (by == denied), (body, reply)


def test_what_is_denied_is_refused_within_a_batch(daemon_with):
    daemon = daemon_with("--deny", "write")
    section = daemon.client().create(size=4096)["id"]
    for each in operations_of(daemon):
        operation = {**each["op"], "id": section}
        result = daemon.client().post("/v1/batch", {"ops": [operation]}).json()["results"][0]
        assert (result.get("code") == "disabled") == (each["role"] == "write"), (each, result)
    assert daemon.client().read(section) == bytes(4096)


def batch_of(daemon, section, each, count=1, headers=None):
    document = {"ops": [{**each["op"], "id": section}] * count}
    return daemon.client().post("/v1/batch", document, headers)


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_condition_on_a_batch_is_refused_before_any_operation(guarded, header):
    section = make_section(guarded)
    for each in operations_of(guarded):
        expect_problem(batch_of(guarded, section, each, headers={header: STALE}), 400, "bad_request")
    stats = guarded.client().section(section)["stats"]
    assert guarded.client().read(section) == b"\x05" * 8192
    assert (stats["reads"], stats["writes"]) == (0, 1), stats


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_condition_holds_or_is_refused(guarded, header):
    wanted = {
        ("none", "If-Match"): 400, ("none", "If-None-Match"): 400,
        ("answer", "If-Match"): 412, ("answer", "If-None-Match"): None,
        ("state", "If-Match"): 412, ("state", "If-None-Match"): 400,
        ("existence", "If-Match"): 412, ("existence", "If-None-Match"): None,
    }

    def check(route):
        section = make_section(guarded)
        before = guarded.client().section(section)
        status = wanted[route.conditions, header]
        reply = route.ask(guarded.client(), section, {header: STALE})
        if status is not None and reply.status != status:
            # Of what is not there, such as an asset in a build without the page, there is no tag.
            assert reply.status == 404 == route.ask(guarded.client(), section).status, reply
        after = guarded.client().section(section)
        assert guarded.client().read(section) == b"\x05" * 8192, f"{route.name} has written"
        assert (after["label"], after["ttl_s"]) == (before["label"], before["ttl_s"])

    check_each("conditions", routes_of(guarded), check)


def test_a_condition_that_holds_lets_the_method_through(guarded):
    """The tag that the GET beside it gives is the one that If-Match takes."""
    def check(route):
        if route.conditions != "state":
            return
        section = make_section(guarded)
        client = guarded.client()
        if route.name in ("patchSection", "closeSection"):
            seen = client.get(f"/v1/sections/{section}")
        elif route.name in ("putText",):
            seen = client.get(f"/v1/sections/{section}/text?encoding=utf-16le")
        elif route.name == "patchFields":
            seen = client.get(f"/v1/sections/{section}/fields?layout=assetto-corsa-static")
        elif route.name in ("putValues",):
            seen = client.get(f"/v1/sections/{section}/values?type=u32&count=3")
        else:
            offset, length = {"fill": (0, 16), "copy": (64 - 64, 16)}.get(route.name, (0, 4))
            seen = client.get(f"/v1/sections/{section}/data?offset={offset}&length={length}")
        reply = route.ask(client, section, {"If-Match": seen.headers["ETag"]})
        assert reply.status < 300, reply

    check_each("tags", routes_of(guarded), check)


def test_a_body_over_the_budget_is_refused_before_it_is_kept(shared_daemon, start_daemon):
    daemon = start_daemon("--max-buffer-bytes", "0")

    def check(route):
        if not route.content:
            return
        section = daemon.client().create(size=8192)["id"]
        media, example = route.body(section)
        body = example + b" " * (UNBUDGETED_BYTES + 1000)
        expect_problem(route.ask(daemon.client(), section, body=body), 507, "quota_exceeded")
        assert daemon.client().read(section, length=4096) == bytes(4096)

    check_each("budget of bodies", routes_of(shared_daemon), check)


def test_an_answer_over_the_budget_is_refused_before_it_is_made(shared_daemon, start_daemon):
    daemon = start_daemon("--max-buffer-bytes", "0")

    def check(route):
        section = daemon.client().create(size=64)["id"]
        reply = route.ask(daemon.client(), section, small=True)
        if route.operation["x-answer-bytes"] > UNBUDGETED_BYTES:
            expect_problem(reply, 507, "quota_exceeded")
        else:
            assert route.problem_code(reply) != "quota_exceeded", reply

    check_each("budget of answers", routes_of(shared_daemon), check)


OPERATIONS_OVER_BUDGET = 40


def test_an_operation_of_a_batch_over_the_budget_is_not_done(shared_daemon, start_daemon):
    daemon = start_daemon("--max-buffer-bytes", "0")
    client = daemon.client()
    for each in operations_of(shared_daemon):
        section = client.create(size=1024)["id"]  # as long as the layout of an example
        alone = batch_of(daemon, section, each).json()["results"]
        assert "status" not in alone[0], (each, alone)
        before = client.section(section)["stats"]
        reply = batch_of(daemon, section, each, OPERATIONS_OVER_BUDGET)
        after = client.section(section)["stats"]
        expect_problem(reply, 507, "quota_exceeded")
        assert (after["reads"], after["writes"]) == (before["reads"], before["writes"]), each


def test_what_was_set_aside_is_given_back(guarded):
    for route in routes_of(guarded):
        route.ask(guarded.client(), make_section(guarded))
    client = guarded.client()
    wait_until(lambda: client.get("/v1/info").json()["buffer_bytes"] == 0,
               "nothing is set aside")


def test_a_daemon_that_stops_takes_no_new_request(start_daemon, tokens):
    daemon = start_daemon("--grace", "30", *tokens)
    daemon.token = TOKENS["admin"]
    section = daemon.client().create(size=64)["id"]
    routes = [route for route in routes_of(daemon) if route.role is not None]
    clients = [daemon.client() for _ in routes]
    operations = [(each, daemon.client()) for each in operations_of(daemon)]
    for client in [*clients, *(client for _, client in operations)]:
        assert client.get("/healthz").status == 200  # a kept connection
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as held:
        held.sendall(f"PUT /v1/sections/{section}/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
                     f"Authorization: Bearer {daemon.token}\r\nExpect: 100-continue\r\n"
                     "Content-Length: 4\r\n\r\n".encode())
        assert status_of(held.recv(65536)) == 100  # in flight, before the stop begins
        held.sendall(b"ab")
        daemon.signal(signal.SIGINT)
        wait_until(lambda: "stopping" in daemon.log(), "the stop begins")

        def check(route):
            reply = route.ask(clients[routes.index(route)], section)
            assert reply.status == 503, reply
            assert route.problem_code(reply) in ("stopping", None), reply

        check_each("stop", routes, check)
        for each, client in operations:
            reply = client.post("/v1/batch", {"ops": [{**each["op"], "id": section}]})
            expect_problem(reply, 503, "stopping")
        held.sendall(b"cd")
        assert status_of(held.recv(65536)) == 204
    assert daemon.wait(60) == 0
