"""`ttl_s`: sections that close by themselves.

Each test waits for one section to go, and looks at another one meanwhile; none waits a fixed time.
"""

import pytest

from client import expect_problem, expect_status
from daemon import wait_until


def held(client):
    return {section["id"] for section in client.sections()}


def wait_until_gone(client, section_id):
    wait_until(lambda: section_id not in held(client), "the section closed by itself")


def test_a_section_that_nobody_uses_closes_by_itself(client, peer, name):
    short = client.create(name, ttl_s=1)
    assert short["ttl_s"] == 1
    never = client.create()
    later = client.create(ttl_s=3600)
    wait_until_gone(client, short["id"])
    expect_problem(client.get(f"/v1/sections/{short['id']}"), 404, "not_found")
    assert held(client) == {never["id"], later["id"]}
    assert peer.create("a", 4096, name)["created"] is True, "its name went with it"


def test_use_keeps_a_section(client):
    """Of two with the same time to live, the one in use outlives the other twice."""
    used = client.create(ttl_s=2)["id"]
    for _ in range(2):
        idle = client.create(ttl_s=2)["id"]

        def is_gone():
            client.read(used, 0, 1)
            return idle not in held(client)

        wait_until(is_gone, "the idle one closed by itself")
    assert used in held(client)


def test_a_protected_section_stays(client):
    kept = client.create(ttl_s=1, protected=True)["id"]
    wait_until_gone(client, client.create(ttl_s=2)["id"])
    assert kept in held(client)
    reply = client.json("PATCH", f"/v1/sections/{kept}", {"protected": False})
    expect_status(reply, 200)
    wait_until_gone(client, kept)


def test_opened_and_duplicated_sections_have_a_time_to_live_too(client, peer, name):
    handle = peer.create("a", 4096, name)["handle"]
    opened = client.open(name, ttl_s=1)
    duplicated = client.duplicate(peer.pid, handle, ttl_s=1)
    assert opened["ttl_s"] == duplicated["ttl_s"] == 1
    wait_until_gone(client, opened["id"])
    wait_until_gone(client, duplicated["id"])
    peer.write("a", b"still mine")


def test_a_time_to_live_given_later_counts(client):
    section = client.create()["id"]
    client.json("PATCH", f"/v1/sections/{section}", {"ttl_s": 1})
    wait_until_gone(client, section)


def test_a_time_to_live_taken_back_does_not_count(client):
    section = client.create(ttl_s=1)["id"]
    client.json("PATCH", f"/v1/sections/{section}", {"ttl_s": 0})
    wait_until_gone(client, client.create(ttl_s=2)["id"])
    assert section in held(client)


@pytest.mark.parametrize("ttl", [-1, 1.5, "60", 2**53, True])
def test_a_time_to_live_that_makes_no_sense_is_refused(client, ttl):
    problem = expect_problem(
        client.post("/v1/sections", {"size": 4096, "ttl_s": ttl}), 400, "bad_json", "bad_request")
    assert "ttl_s" in problem["detail"]
    assert held(client) == set()


def test_a_very_long_time_to_live_is_no_short_one(client):
    ten_years_s = 315_360_000
    long = client.create(ttl_s=ten_years_s)
    assert long["ttl_s"] == ten_years_s
    wait_until_gone(client, client.create(ttl_s=1)["id"])
    assert long["id"] in held(client)
