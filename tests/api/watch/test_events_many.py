"""One stream for up to 64 ranges, also of several sections."""

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream, Picture
from metrics import read_metrics


MEBIBYTE = 1 << 20


def open_stream(daemon, *ranges, headers=None, receive_bytes=None, **query):
    words = [f"watch={section}:{offset}:{length}" for section, offset, length in ranges]
    words += [f"{name}={value}" for name, value in query.items()]
    return EventStream(daemon, "/v1/events?" + "&".join(words), headers, receive_bytes)


@pytest.fixture
def watch(daemon):
    streams = []

    def start(*ranges, **options):
        streams.append(open_stream(daemon, *ranges, **options))
        return streams[-1].start()

    yield start
    for stream in streams:
        stream.close()


def read_until(stream, done, picture=None):
    """Applies events until the condition holds on the picture."""
    picture = picture or Picture()
    while not done(picture):
        picture.apply(stream.next())
    return picture


def test_each_event_names_its_range(client, watch):
    first = client.create(size=4096)["id"]
    second = client.create(size=4096)["id"]
    ranges = [(first, 0, 64), (first, 100, 10), (second, 0, 4096)]
    stream = watch(*ranges)
    told = [stream.expect("snapshot").data for _ in ranges]
    assert sorted((data["section"], data["offset"], data["length"]) for data in told) == ranges
    client.write(first, b"x", 105)
    data = stream.expect("change").data
    assert (data["section"], data["offset"], data["length"]) == (first, 100, 10)
    assert data["ranges"] == [{"offset": 105, "data": "eA=="}]
    client.write(second, b"x", 2000)
    data = stream.expect("change").data
    assert (data["section"], data["offset"], data["length"]) == (second, 0, 4096)


def test_a_stream_of_files_and_of_memory_tells_of_each(start_daemon, tmp_path):
    """The same disk answers for one range, another one for the next, none for the last."""
    folder = tmp_path / "files"
    folder.mkdir()
    daemon = start_daemon("--files", build.native_path(folder))
    client = daemon.client()
    made = [client.create(size=8192, backing={"file": f"file {i}"})["id"] for i in range(2)]
    made.append(client.create(size=8192)["id"])
    for ranges in ([(made[0], 0, 64)], [(each, 4096, 64) for each in made]):
        stream = open_stream(daemon, *ranges).start()
        for _ in ranges:
            stream.expect("snapshot")
        for section, offset, _ in ranges:
            client.write(section, b"told", offset + 1)
            change = stream.expect("change").data
            assert change["ranges"] == [{"offset": offset + 1, "data": "dG9sZA=="}]
            assert len(ranges) == 1 or change["section"] == section
            client.write(section, bytes(4), offset + 1)
            stream.expect("change")
        stream.close()
    reply = client.get(f"/v1/events?watch={made[0]}:0:8&watch={made[1]}:8190:8")
    expect_problem(reply, 416, "range_not_satisfiable")


def test_64_ranges_are_carried(client, watch):
    section = client.create(size=65536)["id"]
    ranges = [(section, index * 100, 50) for index in range(64)]
    stream = watch(*ranges, interval_ms=60000)
    picture = read_until(stream, lambda picture: len(picture.ranges) == 64)
    client.write(section, b"\1" * 6400)
    read_until(stream, lambda picture: all(
        picture.bytes(*key) == b"\1" * 50 for key in picture.ranges), picture)
    assert client.section(section)["stats"]["watchers"] == 64


def test_the_65th_is_refused(client):
    section = client.create(size=65536)["id"]
    words = "&".join(f"watch={section}:{index}:1" for index in range(65))
    expect_problem(client.get(f"/v1/events?{words}"), 400, "bad_query")
    assert client.section(section)["stats"]["watchers"] == 0


def test_one_range_may_stand_twice(client, watch):
    section = client.create(size=64)["id"]
    stream = watch((section, 0, 8), (section, 0, 8))
    assert stream.expect("snapshot").data == stream.expect("snapshot").data


def test_one_section_that_closes_does_not_end_the_others(client, watch):
    first = client.create(size=64)["id"]
    second = client.create(size=64)["id"]
    stream = watch((first, 0, 8), (second, 0, 8), interval_ms=60000)
    stream.expect("snapshot")
    stream.expect("snapshot")
    client.close_section(first)
    gone = stream.expect("gone")
    assert gone.data == {"section": first, "offset": 0, "length": 8, "reason": "closed"}
    client.write(second, b"go on")
    assert stream.expect("change").data["section"] == second
    client.close_section(second)
    assert stream.expect("gone").data["section"] == second
    assert stream.next() is None


def test_every_range_of_a_section_is_gone_with_it(client, watch):
    section = client.create(size=640)["id"]
    stream = watch(*[(section, index * 10, 10) for index in range(64)])
    for _ in range(64):
        stream.expect("snapshot")
    client.close_section(section)
    offsets = {stream.expect("gone").data["offset"] for _ in range(64)}
    assert offsets == {index * 10 for index in range(64)}
    assert stream.next() is None


def test_who_comes_back_is_not_told_again_what_has_not_changed(client, watch):
    first = client.create(size=64)["id"]
    second = client.create(size=64)["id"]
    ranges = [(first, 0, 8), (first, 8, 8), (second, 0, 8)]
    stream = watch(*ranges)
    last = [stream.expect("snapshot").id for _ in ranges][-1]
    stream.close()
    stream = watch(*ranges, headers={"Last-Event-ID": last})
    compared = read_metrics(client).get("comparisons_total")
    # What is stored before the first comparison is none of its changes.
    wait_until(lambda: read_metrics(client).get("comparisons_total") > compared + 2 * len(ranges),
               "a comparison of each")
    client.write(second, b"news")
    event = stream.expect("change")
    assert event.data["section"] == second
    stream.close()
    client.write(first, b"while away")
    stream = watch(*ranges, headers={"Last-Event-ID": event.id})
    for _ in ranges:
        stream.expect("snapshot")


def test_values_of_many_ranges(client, watch):
    section = client.create(size=64)["id"]
    stream = watch((section, 0, 8), (section, 16, 4), format="values", type="i32")
    told = {stream.expect("snapshot").data["offset"]: None for _ in range(2)}
    assert set(told) == {0, 16}
    client.json("PUT", f"/v1/sections/{section}/values?type=i32&offset=16", {"values": [-5]})
    data = stream.expect("change").data
    assert data["ranges"] == [{"offset": 16, "values": [-5]}]


def test_names_lead_to_sections(client, daemon, watch, name):
    section = client.create(name, size=64)["id"]
    stream = watch((f"@{name}", 0, 8))
    assert stream.expect("snapshot").data["section"] == section


@pytest.mark.parametrize("query, code", [
    ("", "bad_query"), ("watch=", "bad_query"), ("watch=1", "bad_query"),
    ("watch=1:2", "bad_query"), ("watch=1:2:", "bad_query"), ("watch=1::2", "bad_query"),
    ("watch=1:0:0", "bad_query"), ("watch=1:x:1", "bad_query"), ("watch=1:0:-1", "bad_query"),
    ("watch=1:0:1:", "bad_query"), ("watch=" + "9" * 1500, "bad_query"),
    ("watch=1:0:1&offset=1", "bad_query"), ("watch=1:0:1&interval_ms=0", "bad_query"),
    ("watch=1:0:1&interval_ms=1&interval_ms=1", "bad_query"), ("watched=1:0:1", "bad_query")])
def test_a_bad_query_is_named(client, query, code):
    expect_problem(client.get(f"/v1/events?{query}"), 400, code)


def test_what_is_not_there_is_not_watched(client):
    section = client.create(size=64)["id"]
    length = client.section(section)["view"]["length"]
    expect_problem(client.get(f"/v1/events?watch={section}:0:1&watch=987654321:0:1"), 404,
                   "not_found")
    expect_problem(client.get(f"/v1/events?watch={section}:0:1&watch=@NOT_HELD:0:1"), 404,
                   "not_found")
    expect_problem(client.get(f"/v1/events?watch={section}:0:1&watch={section}:{length}:1"), 416,
                   "range_not_satisfiable")
    expect_problem(client.get(f"/v1/events?watch={section}:0:{2 << 20}"), 416,
                   "range_not_satisfiable")
    assert client.section(section)["stats"]["watchers"] == 0


def test_a_long_range_is_refused_here_too(client):
    section = client.create(size=2 << 20)["id"]
    expect_problem(client.get(f"/v1/events?watch={section}:0:{(1 << 20) + 1}"), 413, "too_large")


def test_head_watches_nothing(client):
    section = client.create(size=64)["id"]
    reply = client.head(f"/v1/events?watch={section}:0:1")
    expect_status(reply, 200)
    assert reply.headers["Content-Type"] == "text/event-stream"
    assert client.section(section)["stats"]["watchers"] == 0


def test_the_limits_are_told_and_kept(start_daemon):
    daemon = start_daemon("--max-watchers", "5", "--max-watched-bytes", "1000")
    client = daemon.client()
    limits = client.get("/v1/info").json()["limits"]
    assert (limits["max_watchers"], limits["max_watched_bytes"]) == (5, 1000)
    section = client.create(size=65536)["id"]
    path = f"/v1/sections/{section}"

    def refused(target, headers=None):
        return expect_problem(client.get(target, headers), 507, "quota_exceeded")["detail"]

    assert "--max-watched-bytes" in refused(f"{path}/events?length=1001")
    six = "&".join(f"watch={section}:{index}:1" for index in range(6))
    assert "--max-watchers" in refused(f"/v1/events?{six}")
    assert client.section(section)["stats"]["watchers"] == 0, "what was refused took nothing"
    tag = client.get(f"{path}/data?length=1001").headers["ETag"]
    assert "--max-watched-bytes" in refused(f"{path}/data?length=1001&wait=1s",
                                            {"If-None-Match": tag})
    streams = [EventStream(daemon, f"{path}/events?length=100").start() for _ in range(5)]
    for stream in streams:
        stream.expect("snapshot")
    tag = client.get(f"{path}/data?length=8").headers["ETag"]
    assert "--max-watchers" in refused(f"{path}/events?length=1")
    assert "--max-watchers" in refused(f"{path}/data?length=8&wait=1s", {"If-None-Match": tag})
    client.close_section(section)
    for stream in streams:
        stream.expect("gone")
        stream.close()
    section = client.create(size=64)["id"]
    stream = EventStream(daemon, f"/v1/sections/{section}/events?length=64").start()
    stream.expect("snapshot")
    stream.close()
    client.close()


@pytest.mark.parametrize("turns", [8, 9])
def test_what_came_and_went_while_the_reader_was_busy_is_no_change(client, daemon, watch, turns):
    """The kernel takes some changes for who reads nothing, and then no more: the last that it takes
    leads to what is there at the end, after an even or an odd number of turns. The range behind is
    told next, and after that an empty change would be."""
    section = client.create(size=2 * MEBIBYTE)["id"]
    ranges = [(section, 0, MEBIBYTE), (section, MEBIBYTE, 8)]
    busy = open_stream(daemon, *ranges, receive_bytes=4096, interval_ms=60000)
    wait_until(lambda: client.section(section)["stats"]["watchers"] == 2, "it watches")
    quick = watch(*ranges, interval_ms=60000)
    quick.expect("snapshot")
    quick.expect("snapshot")
    for turn in range(1, turns + 1):
        client.write(section, bytes([turn % 2]) * MEBIBYTE)
        quick.expect("change")
    client.write(section, b"the last", MEBIBYTE)
    quick.expect("change")
    busy.start()
    marker = (section, MEBIBYTE)
    picture = read_until(busy, lambda picture: marker in picture.ranges and
                         picture.bytes(*marker) == b"the last")
    client.write(section, b"\2")
    read_until(busy, lambda picture: picture.bytes(section, 0)[0] == 2, picture)
    busy.close()
