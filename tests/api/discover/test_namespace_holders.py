"""GET /v1/namespace?holders=1: who else has each of the names."""

from client import expect_status
from footprint import expect_no_more, footprint


def answer_of(client, name, query=""):
    answer = expect_status(client.get(f"/v1/namespace?holders=1&prefix={name}{query}"), 200).json()
    assert set(answer) == {"sections", "partial", "reason"}
    assert answer["partial"] == (answer["reason"] is not None)
    for section in answer["sections"]:
        assert set(section) == {"name", "scope", "size", "id", "holders"}
        for holder in section["holders"]:
            assert set(holder) == {"pid", "name", "handle", "address", "access"}
    return {section["name"]: section for section in answer["sections"]}


def pairs(section):
    return sorted((holder["pid"], holder["handle"]) for holder in section["holders"])


def test_each_name_is_told_with_those_who_have_it(client, start_peer, name):
    first, second = start_peer(), start_peer()
    one = first.create("a", 4096, name + "-1")["handle"]
    two = first.create("b", 4096, name + "-2")["handle"]
    again = second.open("a", name + "-2")["handle"]
    client.create(name + "-3", 4096)
    listed = answer_of(client, name)
    assert sorted(listed) == [name + "-1", name + "-2", name + "-3"]
    assert pairs(listed[name + "-1"]) == [(first.pid, one)]
    assert pairs(listed[name + "-2"]) == sorted([(first.pid, two), (second.pid, again)])
    assert listed[name + "-3"]["holders"] == [], "we are not among the others"
    assert listed[name + "-3"]["id"] is not None


def test_without_it_nobody_is_searched(client, peer, name):
    peer.create("a", 4096, name)
    for query in ("", "&holders=0"):
        answer = client.get(f"/v1/namespace?prefix={name}{query}").json()
        assert set(answer) == {"sections"}
        assert "holders" not in answer["sections"][0]


def test_no_name_is_an_empty_list(client, name):
    assert answer_of(client, name) == {}


def test_a_search_leaves_nothing_behind(client, daemon, peer, name):
    peer.create("a", 4096, name)
    answer_of(client, name)
    before = footprint(daemon, peer)
    for _ in range(10):
        assert len(answer_of(client, name)[name]["holders"]) == 1
    expect_no_more(footprint(daemon, peer), before)
