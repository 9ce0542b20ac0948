"""Both loopback addresses are held, so that the name localhost leads to nobody else."""

import socket

import pytest

from client import Client, expect_problem, expect_status

HELD = [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]


def listener(family, address, port):
    probe = socket.socket(family)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((address, port))
        probe.listen()
    except OSError:
        probe.close()
        raise
    return probe


@pytest.mark.parametrize("listen, named", [
    ("127.0.0.1:0", ["127.0.0.1"]), ("[::1]:0", ["[::1]"]), ("localhost:0", ["127.0.0.1", "[::1]"])])
def test_localhost_is_answered_over_both_addresses(start_daemon, listen, named):
    daemon = start_daemon(listen=listen)
    for address, _ in HELD:
        client = Client(daemon.port, daemon.token, host=address)
        for host in ["localhost", *named]:
            host = f"{host}:{daemon.port}"
            expect_status(client.get("/v1/info", {"Host": host}), 200)
            expect_status(client.get("/v1/info", {"Host": host, "Origin": f"http://{host}"}), 200)
        for host in {"127.0.0.1", "[::1]"} - set(named):
            expect_problem(client.get("/v1/info", {"Host": f"{host}:{daemon.port}"}), 403,
                           "forbidden_origin")
        client.close()


def test_sections_are_the_same_over_both(start_daemon):
    daemon = start_daemon(listen="localhost:0")
    section = daemon.client().create(size=64)["id"]
    other = Client(daemon.port, daemon.token, host="::1")
    other.write(section, b"over IPv6")
    assert daemon.client().read(section, 0, 9) == b"over IPv6"


def test_nobody_else_can_listen_there(start_daemon):
    daemon = start_daemon()
    for address, family in HELD:
        with pytest.raises(OSError):
            listener(family, address, daemon.port)


def test_both_are_free_again_after_a_stop(start_daemon):
    daemon = start_daemon()
    daemon.stop()
    again = start_daemon(listen=f"127.0.0.1:{daemon.port}")
    other = Client(again.port, again.token, host="::1")
    expect_status(other.get("/healthz", {"Host": f"localhost:{again.port}"}), 200)


def test_where_the_other_address_is_taken_localhost_is_not_answered(start_daemon):
    with listener(socket.AF_INET6, "::1", 0) as stranger:
        port = stranger.getsockname()[1]
        daemon = start_daemon(listen=f"127.0.0.1:{port}")
        client = daemon.client()
        expect_status(client.get("/v1/info"), 200)
        problem = expect_problem(client.get("/v1/info", {"Host": f"localhost:{port}"}), 403,
                                 "forbidden_origin")
        assert daemon.url in problem["detail"]
        expect_problem(client.get("/v1/info", {"Host": f"[::1]:{port}"}), 403, "forbidden_origin")
        expect_problem(client.get("/v1/info", {"Origin": f"http://localhost:{port}"}), 403,
                       "forbidden_origin")
        warnings = [line for line in daemon.log().splitlines() if " warn " in line]
        assert len(warnings) == 1 and f"[::1]:{port}" in warnings[0], warnings
        assert "localhost" in warnings[0]


def test_another_loopback_address_has_no_twin(start_daemon):
    """The name localhost never leads to 127.0.0.2."""
    daemon = start_daemon(listen="127.0.0.2:0")
    client = Client(daemon.port, daemon.token, host="127.0.0.2")
    expect_status(client.get("/v1/info"), 200)
    for host in ("localhost", "127.0.0.1"):
        expect_problem(client.get("/v1/info", {"Host": f"{host}:{daemon.port}"}), 403,
                       "forbidden_origin")
    for address, family in HELD:
        listener(family, address, daemon.port).close()
