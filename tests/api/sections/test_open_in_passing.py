"""`?open=1` on @NAME: a whole session in one request."""

import pytest

import build
from client import expect_problem, expect_status
from peers import PeerError


@pytest.fixture
def published(peer, name):
    """A section of a process, not held by us."""
    peer.create("a", 4096, name)
    peer.write_text("a", "published")
    return f"/v1/sections/@{name}"


def test_get_data_opens_first(client, published):
    reply = expect_status(client.get(f"{published}/data?open=1&length=2"), 200)
    assert reply.body == b"p\0"
    [section] = client.sections()
    assert section["origin"] == "opened"
    assert section["ttl_s"] == 60, "closed again when nobody uses it"


def test_get_text_opens_first(client, published):
    reply = client.get(f"{published}/text?open=1&encoding={build.WIDE}")
    assert expect_status(reply, 200).text == "published"


def test_get_section_opens_first(client, published, name):
    section = expect_status(client.get(f"{published}?open=1"), 200).json()
    assert section["name"] == name
    assert section["origin"] == "opened"


def test_put_data_and_text_open_first(client, published, peer):
    expect_status(client.put(f"{published}/data?open=1&offset=100", b"here"), 204)
    assert peer.read("a", 4, 100) == b"here"
    for section in client.sections():
        client.close_section(section["id"])
    expect_status(client.put(f"{published}/text?open=1&encoding={build.WIDE}", "answer"), 204)
    assert peer.read_text("a") == "answer"


@pytest.mark.parametrize("length", [0, 10, 65536, 65537, 1 << 20])
@pytest.mark.parametrize("way", ["plain", "chunked", "expected"])
def test_a_body_of_any_length_comes_after_the_opening(client, peer, name, length, way):
    peer.create("a", 1 << 20, name)
    body = bytes(range(1, 251)) * (length // 250 + 1)
    pieces = iter([body[at:min(at + 50000, length)] for at in range(0, length, 50000)])
    reply = client.put(f"/v1/sections/@{name}/data?open=1",
                       pieces if way == "chunked" else body[:length],
                       {"Expect": "100-continue"} if way == "expected" else None)
    expect_status(reply, 204)
    [section] = client.sections()
    assert client.read(section["id"], 0, 1 << 20) == body[:length] + bytes((1 << 20) - length)


@pytest.mark.parametrize("length", [0, 10, 65537])
def test_a_body_for_a_name_that_nobody_has_is_read_and_dropped(client, name, length):
    for _ in range(2):
        reply = client.put(f"/v1/sections/@{name}/data?open=1", bytes(length))
        expect_problem(reply, 404, "not_found")
    assert client.sections() == []


def test_a_name_that_we_hold_is_not_opened_again(client, published):
    for _ in range(3):
        expect_status(client.get(f"{published}/data?open=1"), 200)
    assert len(client.sections()) == 1


def test_a_section_that_somebody_opened_for_good_stays_so(client, published, name):
    section = client.open(name)
    client.get(f"{published}/data?open=1")
    assert client.section(section["id"])["ttl_s"] == 0
    assert len(client.sections()) == 1


@pytest.mark.parametrize("query", ["", "?open=0"])
def test_without_it_nothing_is_opened(client, published, query):
    problem = expect_problem(client.get(f"{published}/data{query}"), 404, "not_found")
    assert "open" in problem["detail"]
    assert client.sections() == []


@pytest.mark.parametrize("query", ["open=2", "open=yes", "open=", "open=1&open=1", "Open=1"])
def test_other_values_are_refused(client, published, query):
    expect_problem(client.get(f"{published}/data?{query}"), 400, "bad_query")
    assert client.sections() == []


def test_a_name_that_nobody_has_is_not_found(client, name):
    for path in (f"/v1/sections/@{name}?open=1", f"/v1/sections/@{name}/data?open=1"):
        expect_problem(client.get(path), 404, "not_found")
    reply = client.put(f"/v1/sections/@{name}/data?open=1", b"x")
    expect_problem(reply, 404, "not_found")
    assert client.sections() == []


def test_an_id_has_nothing_to_open(client):
    expect_problem(client.get("/v1/sections/999999999/data?open=1"), 404, "not_found")


def test_what_does_not_take_it_refuses_it(client, published):
    expect_problem(client.request("DELETE", f"{published}?open=1"), 400, "bad_query")


def test_a_refused_request_opens_nothing(client, published):
    expect_problem(client.get(f"{published}/data?open=1&bogus=1"), 400, "bad_query")
    assert client.sections() == []


@pytest.mark.parametrize("query", ["open=2", "open=", "open=-1"])
def test_a_refused_value_on_a_section_that_we_hold_leaves_it_closable(client, peer, name, query):
    section = client.create(name)
    for path in (f"/v1/sections/@{name}", f"/v1/sections/{section['id']}"):
        for reply in (
                client.get(f"{path}?{query}"), client.get(f"{path}/data?{query}"),
                client.get(f"{path}/text?encoding=utf-8&{query}"),
                client.get(f"{path}/values?type=u8&{query}"),
                client.put(f"{path}/data?{query}", b"x"), client.put(f"{path}/data?{query}", b""),
                client.put(f"{path}/text?encoding=utf-8&{query}", b"x"),
                client.json("PUT", f"{path}/values?type=u8&{query}", {"values": [1]})):
            expect_problem(reply, 400, "bad_query")
    assert client.read(section["id"], 0, 1) == b"\0"
    client.close_section(section["id"])
    assert client.get("/v1/info").json()["usage"] == {"sections": 0, "committed_bytes": 0}
    with pytest.raises(PeerError):
        peer.open("a", name)


@pytest.mark.windows
def test_a_name_of_something_else_is_refused(client, peer, name):
    peer.event("e", name)
    reply = client.get(f"/v1/sections/@{name}/data?open=1")
    expect_problem(reply, 409, "not_a_section")
