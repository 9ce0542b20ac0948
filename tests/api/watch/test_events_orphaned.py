"""The event `orphaned`: the name of what is watched is another object's now, or nobody's."""

import base64
from pathlib import Path

import pytest

from client import expect_problem
from daemon import wait_until
from events import EventStream, LineStream

EVENTS = "/v1/sections/{}/events?length=8&interval_ms={}"


@pytest.fixture
def watch(daemon):
    """Opens streams that are closed at the end."""
    streams = []

    def start(path, kind=EventStream, media=None):
        streams.append(kind(daemon, path))
        return streams[-1].start(media) if media else streams[-1].start()

    yield start
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("interval_ms", [1, 60000])
@pytest.mark.parametrize("by", ["id", "name"])
def test_a_watcher_is_told_once_that_the_program_has_ended(client, peer, watch, name, interval_ms, by):
    peer.create("a", 4096, name)
    section = client.open(name)
    stream = watch(EVENTS.format(section["id"] if by == "id" else "@" + name, interval_ms))
    snapshot = stream.expect("snapshot")
    peer.exit()
    event = stream.expect("orphaned")
    assert event.id == snapshot.id
    assert list(event.data) == ["at"] and event.data["at"].endswith("Z")
    client.write(section["id"], b"X")  # the stream goes on: the memory is still there
    assert stream.expect("change").data["ranges"][0]["data"] == base64.b64encode(b"X").decode()
    client.close_section(section["id"])
    assert stream.expect("gone").data == {"reason": "closed"}


@pytest.mark.linux
def test_a_watcher_is_told_that_the_name_leads_to_another_object(client, peer, watch, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    stream = watch(EVENTS.format(section["id"], 10))
    stream.expect("snapshot")
    path = Path("/dev/shm", name)
    path.rename(path.with_name(name + "-aside"))
    new = Path("/dev/shm", name + "-new")
    new.write_bytes(bytes(4096))
    new.rename(path)
    stream.expect("orphaned")
    client.write(section["id"], b"X")
    stream.expect("change")
    path.with_name(name + "-aside").rename(path)  # it is as before, and goes again
    wait_until(lambda: not client.section(section["id"])["orphaned"], "the name is back")
    again = watch(EVENTS.format(section["id"], 10))
    again.expect("snapshot")
    client.write(section["id"], b"Y")
    again.expect("change")
    peer.close_slot("a")
    assert again.expect("orphaned").data["at"]


def test_a_newcomer_is_told_after_the_snapshot_of_an_orphaned_section(client, peer, watch, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    peer.exit()
    for _ in range(2):
        stream = watch(EVENTS.format(section["id"], 60000))
        stream.expect("snapshot")
        stream.expect("orphaned")


def test_who_comes_back_is_told_without_a_snapshot(client, daemon, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    peer.exit()
    tag = client.get(f"/v1/sections/{section['id']}/data?length=8").headers["ETag"]
    stream = EventStream(daemon, EVENTS.format(section["id"], 10), {"Last-Event-ID": tag}).start()
    assert stream.expect("orphaned").id == tag
    stream.close()


def test_lines_tell_it_too(client, peer, watch, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    stream = watch(EVENTS.format(section["id"], 10) + "&format=ndjson", LineStream,
                   "application/x-ndjson")
    snapshot = stream.expect("snapshot")
    peer.exit()
    event = stream.expect("orphaned")
    assert sorted(event) == ["at", "event", "id"] and event["id"] == snapshot["id"]


def test_values_tell_it_too(client, peer, watch, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    stream = watch(EVENTS.format(section["id"], 10) + "&format=values&type=u32")
    assert stream.expect("snapshot").data["values"] == [0, 0]
    peer.exit()
    assert list(stream.expect("orphaned").data) == ["at"]


def test_of_many_ranges_each_that_this_concerns_is_named(client, peer, watch, names):
    first, second = names(2)
    peer.create("a", 4096, first)
    peer.create("b", 4096, second)
    ids = [client.open(each)["id"] for each in (first, second)]
    stream = watch(f"/v1/events?watch={ids[0]}:0:8&watch=@{first}:16:4&watch={ids[1]}:0:8")
    for _ in range(3):
        stream.expect("snapshot")
    peer.close_slot("a")
    told = [stream.expect("orphaned").data for _ in range(2)]
    assert sorted((each["section"], each["offset"], each["length"]) for each in told) == [
        (ids[0], 0, 8), (ids[0], 16, 4)]
    client.write(ids[1], b"X")
    assert stream.expect("change").data["section"] == ids[1]


def test_more_sections_than_one_look_is_at_are_each_told(client, peer, watch, names):
    all_names = names(80)
    ids = []
    for slot, each in enumerate(all_names):
        peer.create(f"s{slot}", 64, each)
        ids.append(client.open(each)["id"])
    streams = [watch("/v1/events?" + "&".join(f"watch={each}:0:8" for each in ids[half:half + 40]))
               for half in (0, 40)]
    for stream in streams:
        for _ in range(40):
            stream.expect("snapshot")
    peer.exit()
    for stream, half in zip(streams, (0, 40)):
        told = {stream.expect("orphaned").data["section"] for _ in range(40)}
        assert told == set(ids[half:half + 40])


def test_what_we_made_is_not_told_of_while_it_has_its_name(client, watch, name):
    section = client.create(name)
    stream = watch(EVENTS.format(section["id"], 1))
    stream.expect("snapshot")
    client.write(section["id"], b"X")
    stream.expect("change")
    client.close_section(section["id"])
    assert stream.expect("gone").data == {"reason": "closed"}


@pytest.mark.linux
def test_who_asks_for_the_name_again_watches_the_new_section(client, peer, watch, name):
    peer.create("a", 4096, name)
    client.open(name)
    stream = watch(EVENTS.format("@" + name, 10))
    stream.expect("snapshot")
    peer.close_slot("a")
    stream.expect("orphaned")
    expect_problem(client.get(EVENTS.format("@" + name, 10)), 404, "not_found")
    peer.create("a", 4096, name)
    peer.write("a", b"new!new!")
    again = watch(EVENTS.format("@" + name, 10) + "&open=1")
    assert base64.b64decode(again.expect("snapshot").data["data"]) == b"new!new!"


@pytest.mark.windows
def test_a_program_that_comes_back_and_ends_again_is_told_again(client, peer, start_peer, watch, name):
    peer.create("a", 4096, name)
    section = client.open(name)
    stream = watch(EVENTS.format(section["id"], 10))
    stream.expect("snapshot")
    peer.exit()
    stream.expect("orphaned")
    back = start_peer()
    back.create("a", 4096, name)
    again = watch(EVENTS.format(section["id"], 10))
    again.expect("snapshot")
    back.write("a", b"X")
    stream.expect("change")
    again.expect("change")
    back.exit()
    again.expect("orphaned")
