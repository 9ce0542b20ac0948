"""Event streams: what a watcher of one range is told."""

import base64
import contextlib
import itertools
import struct
import threading
import time

import pytest

from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream, Picture
from metrics import read_metrics

MEBIBYTE = 1 << 20


@pytest.fixture
def watch(daemon):
    """Opens streams that are closed at the end."""
    streams = []

    def start(path, **options):
        streams.append(EventStream(daemon, path, **options))
        return streams[-1].start()

    yield start
    for stream in streams:
        stream.close()


def events_of(section, **query):
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/v1/sections/{section}/events" + (f"?{words}" if words else "")


def test_a_stream_begins_with_a_snapshot(client, watch):
    section = client.create(size=4096)["id"]
    client.write(section, b"before", 16)
    event = watch(events_of(section, offset=16, length=8)).expect("snapshot")
    assert event.data == {"offset": 16, "length": 8,
                          "data": base64.b64encode(b"before\0\0").decode()}
    reply = client.get(f"/v1/sections/{section}/data?offset=16&length=8")
    assert event.id == reply.headers["ETag"]


def test_the_whole_view_is_the_default(client, watch):
    section = client.create(size=100)["id"]
    length = client.section(section)["view"]["length"]
    assert watch(events_of(section)).expect("snapshot").data["length"] == length
    assert watch(events_of(section, offset=40)).expect("snapshot").data["length"] == length - 40


def test_a_put_is_told_with_only_what_changed(client, watch):
    section = client.create(size=4096)["id"]
    stream = watch(events_of(section, offset=1000, length=1000))
    stream.expect("snapshot")
    client.write(section, b"xyz", 1500)
    event = stream.expect("change")
    assert event.data["ranges"] == [{"offset": 1500, "data": base64.b64encode(b"xyz").decode()}]
    assert event.data["at"].endswith("Z") and "T" in event.data["at"]
    assert sorted(event.data) == ["at", "ranges"]
    reply = client.get(f"/v1/sections/{section}/data?offset=1000&length=1000")
    assert event.id == reply.headers["ETag"]


def test_a_put_is_told_at_once_however_long_the_interval(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64, interval_ms=60000))
    stream.expect("snapshot")
    for turn in range(1, 6):
        client.write(section, bytes([turn]) * 8)
        picture = base64.b64decode(stream.expect("change").data["ranges"][0]["data"])
        assert picture == bytes([turn]) * 8


def test_a_put_is_told_at_once_also_beside_a_watcher_that_is_quicker(client, watch):
    section = client.create(size=64)["id"]
    streams = [watch(events_of(section, length=64, interval_ms=ms)) for ms in (1, 60000)]
    for stream in streams:
        stream.expect("snapshot")
    for turn in range(1, 100):
        client.write(section, bytes([turn]) * 8)
        for stream in streams:
            [change] = stream.expect("change").data["ranges"]
            assert base64.b64decode(change["data"]) == bytes([turn]) * 8


def test_puts_that_do_not_cease_keep_no_slow_watcher_waiting(daemon, client, watch):
    section = client.create(size=MEBIBYTE)["id"]
    slow, quick = [watch(events_of(section, length=MEBIBYTE, interval_ms=ms)) for ms in (60000, 1)]
    slow.expect("snapshot")
    quick.expect("snapshot")
    told = threading.Event()

    def put_on():
        with contextlib.closing(daemon.client()) as own:
            turn = 0
            while not told.is_set():
                turn += 1
                own.write(section, turn.to_bytes(8, "little"))

    writers = [threading.Thread(target=put_on) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(20):
            slow.expect("change")
    finally:
        told.set()
        for writer in writers:
            writer.join()


def test_a_put_elsewhere_in_the_section_does_not_hurry_a_slow_watcher(client, watch, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    slow, quick = [watch(events_of(section, length=8, interval_ms=ms)) for ms in (60000, 1)]
    slow.expect("snapshot")
    quick.expect("snapshot")
    other = watch(events_of(section, offset=1024, length=8, interval_ms=60000))
    other.expect("snapshot")
    client.write(section, b"elsewhere", 1024)
    other.expect("change")
    # The section was stored to through us, so the next comparison of the first range is told at once.
    compared = read_metrics(client).get("comparisons_total")
    wait_until(lambda: read_metrics(client).get("comparisons_total") > compared + 1,
               "it was made before the native store")
    peer.write("a", b"native")
    quick.expect("change")
    client.write(section, b"through us")
    [change] = slow.expect("change").data["ranges"]
    assert base64.b64decode(change["data"]) == b"through "


def test_a_section_was_used_until_its_stream_ended(client, watch, name):
    watched = client.create(name)["id"]
    another = client.open(name)["id"]

    def listed():
        return next(each for each in client.sections() if each["id"] == watched)

    stream = watch(events_of(watched, length=8))
    stream.expect("snapshot")
    before = listed()["last_used_at"]
    wait_until(lambda: client.section(another)["last_used_at"] > before, "time goes on")
    assert listed()["last_used_at"] == before
    stream.close()
    turns = itertools.count()

    def is_noticed():
        client.write(another, next(turns).to_bytes(8, "little"))
        return listed()["stats"]["watchers"] == 0

    wait_until(is_noticed, "the stream has ended")
    assert listed()["last_used_at"] > before


def test_each_watcher_of_a_range_has_its_own_pace(client, watch, peer, name):
    """However slow the machine: the slower one is told at most once an interval."""
    interval_ms = 500
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    began = time.monotonic()
    slow = watch(events_of(section, length=8, interval_ms=interval_ms))
    quick = watch(events_of(section, length=8, interval_ms=1))
    quick.expect("snapshot")
    picture = Picture().apply(slow.expect("snapshot"))
    stores = 300
    for turn in range(1, stores + 1):
        peer.write("a", turn.to_bytes(8, "little"))
        quick.expect("change")
    told = 0
    while picture.bytes() != stores.to_bytes(8, "little"):
        picture.apply(slow.expect("change"))
        told += 1
    assert told <= (time.monotonic() - began) * 1000 / interval_ms + 2


def test_everything_that_stores_is_told_at_once(client, watch):
    section = client.create(size=4096)["id"]
    other = client.create(size=4096)["id"]
    client.write(other, b"copied", 0)
    stream = watch(events_of(section, length=64, interval_ms=60000))
    stream.expect("snapshot")
    path = f"/v1/sections/{section}"

    def stores(reply):
        assert reply.status in (200, 204), reply
        return stream.expect("change").data["ranges"][0]["offset"]

    assert stores(client.put(f"{path}/text?encoding=utf-8&offset=1", "text")) == 1
    assert stores(client.json("PUT", f"{path}/values?type=u8&offset=8", {"values": [7]})) == 8
    assert stores(client.post(f"{path}/atomic",
                              {"op": "add", "type": "u32", "offset": 16, "value": 3})) == 16
    assert stores(client.post(f"{path}/fill", {"offset": 24, "length": 2, "byte": 9})) == 24
    assert stores(client.post(f"{path}/copy",
                              {"from": other, "offset": 32, "length": 6})) == 32
    assert stores(client.post("/v1/batch", {"ops": [
        {"op": "write", "id": section, "offset": 40, "data": "AQI="}]})) == 40
    assert stores(client.put(f"{path}/data?offset=48", iter([b"chunk", b"ed"]))) == 48


def test_a_put_through_another_id_of_the_object_is_told_at_once(client, watch, name):
    first = client.create(name, size=4096)["id"]
    second = client.open(name)["id"]
    stream = watch(events_of(first, length=64, interval_ms=60000))
    stream.expect("snapshot")
    client.write(second, b"through the other")
    stream.expect("change")


def test_neighbours_are_merged_and_others_are_not(client, watch):
    section = client.create(size=4096)["id"]
    stream = watch(events_of(section, length=4096, interval_ms=60000))
    picture = Picture().apply(stream.expect("snapshot"))
    for gap, runs in ((1, 1), (15, 1), (16, 2), (17, 2), (2000, 2)):
        content = bytearray(picture.bytes())
        content[7] ^= 0xFF
        content[7 + gap + 1] ^= 0xFF
        client.write(section, bytes(content))
        event = stream.expect("change")
        assert len(event.data["ranges"]) == runs, f"a gap of {gap}"
        assert picture.apply(event).bytes() == content


def test_events_add_up_to_the_bytes(client, watch):
    """Whatever is written, a picture made from the events is what is there."""
    import random
    generator = random.Random(7)
    section = client.create(size=20000)["id"]
    stream = watch(events_of(section, offset=100, length=19000, interval_ms=60000))
    picture = Picture().apply(stream.expect("snapshot"))
    for _ in range(60):
        at, length = generator.randrange(18000), generator.randrange(1, 1500)
        client.write(section, generator.randbytes(length), 100 + at)
        picture.apply(stream.expect("change"))
        assert picture.bytes() == client.read(section, 100, 19000)


def test_a_mebibyte_is_watched_and_no_more(client, daemon, watch):
    section = client.create(size=2 * MEBIBYTE)["id"]
    stream = watch(events_of(section, offset=5, length=MEBIBYTE, interval_ms=60000))
    picture = Picture().apply(stream.expect("snapshot"))
    client.write(section, b"\1" * (2 * MEBIBYTE))
    while picture.bytes() != b"\1" * MEBIBYTE:
        picture.apply(stream.expect("change"))
    for query in ({"length": MEBIBYTE + 1}, {}):
        expect_problem(client.get(events_of(section, **query)), 413, "too_large")


@pytest.mark.parametrize("kind, letter, size", [
    ("u8", "B", 1), ("i16", "h", 2), ("u32", "I", 4), ("f32", "f", 4), ("f64", "d", 8)])
def test_values_are_told_decoded(client, watch, kind, letter, size):
    section = client.create(size=4096)["id"]
    stream = watch(events_of(section, offset=size, length=100 * size, format="values", type=kind,
                             interval_ms=60000))
    event = stream.expect("snapshot")
    assert event.data == {"offset": size, "length": 100 * size, "type": kind, "values": [0] * 100}
    client.write(section, struct.pack("<" + letter, 7), size * 11)
    event = stream.expect("change")
    assert event.data["ranges"] == [{"offset": size * 11, "values": [7]}]


def test_values_that_changed_in_part_are_told_whole(client, watch):
    section = client.create(size=4096)["id"]
    stream = watch(events_of(section, length=64, format="values", type="u64", interval_ms=60000))
    assert stream.expect("snapshot").data["values"] == ["0"] * 8
    client.write(section, b"\1", 19)
    assert stream.expect("change").data["ranges"] == [{"offset": 16, "values": [str(1 << 24)]}]
    client.write(section, b"\1" * 2, 31)
    assert stream.expect("change").data["ranges"] == [
        {"offset": 24, "values": [str(1 << 56), "1"]}]


def test_values_of_either_byte_order(client, watch):
    section = client.create(size=16)["id"]
    client.write(section, bytes([0, 1, 0, 2]))
    for order, values in (("big", [1, 2]), ("little", [256, 512])):
        stream = watch(events_of(section, length=4, format="values", type="u16", endian=order))
        assert stream.expect("snapshot").data["values"] == values


def test_a_length_that_is_not_given_is_one_of_whole_values(client, watch):
    section = client.create(size=4096)["id"]
    length = client.section(section)["view"]["length"]
    stream = watch(events_of(section, offset=length - 15, format="values", type="u64"))
    assert stream.expect("snapshot").data["length"] == 8


def test_native_stores_are_told(client, watch, peer, name):
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    stream = watch(events_of(section, length=64))
    picture = Picture().apply(stream.expect("snapshot"))
    for turn in range(20):
        peer.write("a", bytes([turn + 1]) * 8, turn % 8)
        while picture.bytes()[turn % 8:turn % 8 + 8] != bytes([turn + 1]) * 8:
            picture.apply(stream.expect("change"))


def test_closing_the_section_ends_the_stream_with_gone(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64, interval_ms=60000))
    last = stream.expect("snapshot")
    client.close_section(section)
    event = stream.expect("gone")
    assert event.data == {"reason": "closed"} and event.id == last.id
    assert stream.next() is None


def test_what_was_stored_before_the_end_is_told_before_it(client, watch, peer, name):
    """The last value is never missing, however long the interval is."""
    peer.create("a", 4096, name)
    section = client.open(name)["id"]
    stream = watch(events_of(section, length=8, interval_ms=60000))
    stream.expect("snapshot")
    peer.write("a", b"the last")
    client.close_section(section)
    assert base64.b64decode(stream.expect("change").data["ranges"][0]["data"]) == b"the last"
    assert stream.expect("gone").data == {"reason": "closed"}
    assert stream.next() is None


def test_memory_that_vanishes_ends_the_stream_with_gone(client, start_daemon, tmp_path, peer):
    files = tmp_path / "files"
    files.mkdir()
    import build
    daemon = start_daemon("--files", build.native_path(files))
    own = daemon.client()
    section = own.create(size=65536, backing={"file": "vanishing"})["id"]
    stream = EventStream(daemon, events_of(section, offset=32768, length=64)).start()
    stream.expect("snapshot")
    with open(files / "vanishing", "r+b") as file:
        file.truncate(100)
    assert stream.expect("gone").data == {"reason": "section_gone"}
    assert stream.next() is None
    expect_problem(own.get(events_of(section, offset=32768, length=64)), 410, "section_gone")
    stream.close()
    own.close()


def test_stopping_the_daemon_ends_the_stream_with_gone(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=64)["id"]
    streams = [EventStream(daemon, events_of(section, length=64)).start() for _ in range(5)]
    for stream in streams:
        stream.expect("snapshot")
    daemon.stop()
    for stream in streams:
        assert stream.expect("gone").data == {"reason": "shutdown"}
        assert stream.next() is None
        stream.close()


def test_who_comes_back_is_not_told_again_what_has_not_changed(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64))
    last = stream.expect("snapshot").id
    stream.close()
    stream = watch(events_of(section, length=64), headers={"Last-Event-ID": last})
    compared = read_metrics(client).get("comparisons_total")
    # What is stored before the first comparison is none of its changes.
    wait_until(lambda: read_metrics(client).get("comparisons_total") > compared + 1, "a comparison")
    client.write(section, b"news")
    assert stream.expect("change").data["ranges"][0]["data"] == base64.b64encode(b"news").decode()


@pytest.mark.parametrize("last", ['"00000000000000000000000000000000"', "rubbish", "x" * 500])
def test_who_comes_back_late_gets_a_snapshot(client, watch, last):
    section = client.create(size=64)["id"]
    watch(events_of(section, length=64), headers={"Last-Event-ID": last}).expect("snapshot")


def test_head_sends_headers_only(client):
    section = client.create(size=64)["id"]
    reply = client.head(events_of(section, length=64))
    assert reply.status == 200 and reply.headers["Content-Type"] == "text/event-stream"
    assert client.section(section)["stats"]["watchers"] == 0
    assert client.head(events_of(section, length=65536)).status == 416
    assert client.head("/v1/sections/99999/events").status == 404


def test_watchers_are_counted(client, watch):
    section = client.create(size=64)["id"]
    streams = [watch(events_of(section, length=64)) for _ in range(3)]
    for stream in streams:
        stream.expect("snapshot")
    assert client.section(section)["stats"]["watchers"] == 3
    for stream in streams:
        stream.close()
    client.write(section, b"noticed at the second write at the latest")
    turns = iter(range(1, 256))

    def nobody_is_left():
        client.write(section, bytes([next(turns)]))
        return client.section(section)["stats"]["watchers"] == 0

    wait_until(nobody_is_left, "the closed streams are noticed")


def test_a_watched_section_is_in_use(client, watch):
    section = client.create(size=64, ttl_s=1)["id"]
    stream = watch(events_of(section, length=64))
    stream.expect("snapshot")
    other = client.create(size=64, ttl_s=1)["id"]
    wait_until(lambda: client.get(f"/v1/sections?after={other - 1}").json()["sections"] == [],
               "the section that nobody uses is closed")
    ids = [each["id"] for each in client.sections()]
    assert section in ids, "the watched one is not"


@pytest.mark.parametrize("query, code", [
    ("interval_ms=0", "bad_query"), ("interval_ms=60001", "bad_query"),
    ("interval_ms=1.5", "bad_query"), ("interval_ms=", "bad_query"),
    ("interval_ms=10&interval_ms=10", "bad_query"), ("format=hex", "bad_query"),
    ("format=values", "bad_type"), ("format=values&type=u128", "bad_type"),
    ("type=u8", "bad_query"), ("endian=big", "bad_query"), ("wait=1", "bad_query"),
    ("format=values&type=u8&endian=middle", "bad_query"), ("watch=1:0:1", "bad_query"),
    ("length=0", "bad_size"), ("length=-1", "bad_size"), ("offset=x", "bad_offset"),
    ("format=values&type=u32&length=6", "bad_size")])
def test_a_bad_query_is_named(client, query, code):
    section = client.create(size=64)["id"]
    expect_problem(client.get(f"/v1/sections/{section}/events?{query}"), 400, code)


def test_a_range_outside_the_view_is_refused(client):
    section = client.create(size=64)["id"]
    length = client.section(section)["view"]["length"]
    for query in (f"offset={length}", f"offset={length - 1}&length=2", f"length={length + 1}",
                  f"offset={2**53 - 1}", f"offset={length - 3}&format=values&type=u32"):
        reply = client.get(f"/v1/sections/{section}/events?{query}")
        expect_problem(reply, 416, "range_not_satisfiable")
        assert reply.headers["Content-Range"] == f"bytes */{length}"


def test_what_is_not_there_is_not_watched(client):
    expect_problem(client.get("/v1/sections/99999/events"), 404, "not_found")
    expect_problem(client.get("/v1/sections/@NOT_HELD/events"), 404, "not_found")
    reply = client.post("/v1/sections/1/events", {})
    expect_problem(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_name_is_opened_in_passing(client, watch, peer, name):
    peer.create("a", 4096, name)
    stream = watch(f"/v1/sections/@{name}/events?open=1&length=8")
    stream.expect("snapshot")
    peer.write("a", b"hello")
    stream.expect("change")


def test_the_role_read_may_watch(start_daemon, tmp_path):
    import build
    tokens = tmp_path / "tokens"
    tokens.write_text("admin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nread rrrrrrrrrrrrrrrrrrrrrrrrrrrr\n")
    tokens.chmod(0o600)
    daemon = start_daemon("--token-file", build.native_path(tokens))
    admin = daemon.client(token="a" * 32)
    section = admin.create(size=64)["id"]
    stream = EventStream(daemon, events_of(section, length=8), token="r" * 28).start()
    stream.expect("snapshot")
    stream.close()
    none = daemon.client(token=None)
    expect_status(none.get(events_of(section, length=8)), 401)
