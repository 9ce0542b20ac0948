"""GET /v1/info and /healthz."""

import os
import re

import build
from client import expect_status


def test_info_tells_who_we_are(client, daemon):
    info = expect_status(client.get("/v1/info"), 200).json()
    version = build.run(build.SECTIOND, "--version").stdout.split()[1]
    assert info["version"] == version
    assert info["platform"] == ("windows" if build.ON_WINDOWS else "linux")
    assert info["page_size"] == 4096
    assert info["allocation_granularity"] == (65_536 if build.ON_WINDOWS else 4096)
    assert info["pid"] == daemon.pid
    assert info["uptime_s"] >= 0


def test_info_tells_the_limits_in_force(start_daemon):
    daemon = start_daemon("--max-sections", "7", "--max-section-bytes", "1000000",
                          "--max-total-bytes", "2000000", "--max-body-bytes", "3000")
    limits = daemon.client().get("/v1/info").json()["limits"]
    assert limits["max_sections"] == 7
    assert limits["max_section_bytes"] == 1_000_000
    assert limits["max_total_bytes"] == 2_000_000
    assert limits["max_body_bytes"] == 3000


def test_large_limits_are_told_exactly(start_daemon):
    largest = 2**53 - 1
    daemon = start_daemon("--max-section-bytes", str(largest), "--max-total-bytes", "8T",
                          "--max-body-bytes", str(largest - 1))
    limits = daemon.client().get("/v1/info").json()["limits"]
    assert limits["max_section_bytes"] == largest
    assert limits["max_total_bytes"] == 8 << 40
    assert limits["max_body_bytes"] == largest - 1
    assert all(isinstance(limit, int) for limit in limits.values())


def test_there_are_limits_by_default(client):
    limits = client.get("/v1/info").json()["limits"]
    assert 0 < limits["max_sections"] < 2**32
    assert 0 < limits["max_section_bytes"] < 2**50
    assert 0 < limits["max_total_bytes"] < 2**50
    assert 0 < limits["max_body_bytes"] <= 2**53


def test_info_tells_what_is_in_use(client, name):
    usage = client.get("/v1/info").json()["usage"]
    assert usage == {"sections": 0, "committed_bytes": 0}
    client.create(name, size=2 * build.PAGE)
    client.open(name)
    usage = client.get("/v1/info").json()["usage"]
    assert usage == {"sections": 2, "committed_bytes": 2 * build.PAGE}


def test_info_tells_which_privileges_we_have(client, start_daemon):
    privileges = client.get("/v1/info").json()["privileges"]
    assert set(privileges) == {"elevated", "debug_privilege"}
    assert privileges["debug_privilege"] is False
    if not build.ON_WINDOWS:
        assert privileges["elevated"] is (os.geteuid() == 0)
    daemon = start_daemon("--debug-privilege")
    assert daemon.client().get("/v1/info").json()["privileges"] == {
        **privileges, "debug_privilege": True}


def test_info_takes_no_query(client):
    assert client.get("/v1/info?x=1").status == 400


def test_healthz_says_that_we_are_well(client, daemon):
    reply = expect_status(daemon.client(token=None).get("/healthz"), 200)
    assert reply.body
    assert expect_status(client.head("/healthz"), 200).body == b""


def test_the_uptime_grows(client):
    first = client.get("/v1/info").json()["uptime_s"]
    assert client.get("/v1/info").json()["uptime_s"] >= first


def test_info_does_not_tell_the_token(client, daemon):
    assert daemon.token not in client.get("/v1/info").text


def test_the_version_has_three_numbers(client):
    assert re.match(r"\d+\.\d+\.\d+", client.get("/v1/info").json()["version"])
