"""What the log must never have, whatever is asked: tokens, right or wrong."""

import json

import pytest

METHODS = ("get", "put", "post", "patch", "delete")
WRONG = "wrong-token-0123456789-wrong-token"


def ask_everything(client, daemon, headers):
    """Each operation of the document, with a token wherever a user might put one."""
    paths = daemon.client(token=None).get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in METHODS:
            if method in operations and not path.endswith("/events"):
                target = path.replace("{id}", "1").replace("{pid}", "1")
                client.request(method.upper(), target, b"{}", headers)
                client.request(method.upper(), f"{target}?token={WRONG}&token={daemon.token}",
                               b"{}", headers)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_token_is_logged_even_when_everything_is(start_daemon, log_format):
    daemon = start_daemon("--log-level", "debug", "--log-format", log_format)
    for token in (daemon.token, WRONG, None):
        client = daemon.client(token=token)
        ask_everything(client, daemon, {"Content-Type": "application/json"})
        ask_everything(client, daemon, {"Content-Type": "application/json",
                                        "Cookie": f"token={daemon.token}",
                                        "Referer": f"{daemon.url}/#token={daemon.token}",
                                        "User-Agent": daemon.token})
        client.close()
    for header in (f"Basic {daemon.token}", f"Bearer {daemon.token} x", daemon.token,
                   f"Bearer x{daemon.token}"):
        daemon.client(token=None).get("/v1/info", {"Authorization": header})
    client = daemon.client()
    malformed = (f"Authorization: Bearer {daemon.token}", f"X: {daemon.token}\x01",
                 f"{daemon.token} x: y", f"Transfer-Encoding: {daemon.token}",
                 f"Content-Length: {daemon.token}", f"Expect: {daemon.token}")
    for line in malformed:
        client.raw_request("GET /v1/info HTTP/1.1", line)
    client.post("/v1/sections", {"size": 1, "label": "the end of this test"})
    log = daemon.log()
    assert len(log.splitlines()) > 100
    assert daemon.token not in log
    assert WRONG not in log
    if log_format == "json":
        assert all(json.loads(line)["level"] for line in log.splitlines())
