"""Event streams as one JSON object a line, for `curl -N … | jq` and whoever reads line by line."""

import base64
import json

import pytest

from client import expect_problem
from daemon import wait_until
from events import LineStream
from metrics import read_metrics

MEDIA_TYPE = "application/x-ndjson"


@pytest.fixture
def watch(daemon):
    """Opens streams that are closed at the end."""
    streams = []

    def start(path, **options):
        streams.append(LineStream(daemon, path, **options))
        return streams[-1].start(MEDIA_TYPE)

    yield start
    for stream in streams:
        stream.close()


def events_of(section, **query):
    words = [f"{name}={value}" for name, value in query.items()]
    return f"/v1/sections/{section}/events?" + "&".join(["format=ndjson", *words])


def test_the_first_line_is_the_snapshot(client, watch):
    section = client.create(size=4096)["id"]
    client.write(section, b"before", 16)
    stream = watch(events_of(section, offset=16, length=8))
    reply = client.get(f"/v1/sections/{section}/data?offset=16&length=8")
    assert stream.next() == {"event": "snapshot", "id": reply.headers["ETag"], "offset": 16,
                             "length": 8, "data": base64.b64encode(b"before\0\0").decode()}


def test_a_change_is_one_line_with_what_changed(client, watch):
    section = client.create(size=4096)["id"]
    stream = watch(events_of(section, length=4096, interval_ms=60000))
    stream.expect("snapshot")
    content = bytearray(4096)
    content[7] = content[2000] = 1
    client.write(section, bytes(content))
    event = stream.expect("change")
    assert sorted(event) == ["at", "event", "id", "ranges"]
    assert event["ranges"] == [{"offset": 7, "data": "AQ=="}, {"offset": 2000, "data": "AQ=="}]
    assert event["id"] == client.get(f"/v1/sections/{section}/data?length=4096").headers["ETag"]


def test_gone_is_the_last_line(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64, interval_ms=60000))
    last = stream.expect("snapshot")
    client.close_section(section)
    assert stream.next() == {"event": "gone", "id": last["id"], "reason": "closed"}
    assert stream.next() is None


def test_with_a_type_it_carries_values(client, watch):
    section = client.create(size=64)["id"]
    client.write(section, bytes([0, 1, 0, 2]))
    stream = watch(events_of(section, length=4, type="u16", endian="big", interval_ms=60000))
    event = stream.expect("snapshot")
    assert (event["type"], event["values"]) == ("u16", [1, 2])
    client.write(section, bytes([0, 1, 0, 3]))
    assert stream.expect("change")["ranges"] == [{"offset": 2, "values": [3]}]


def test_a_long_event_is_one_line(client, watch):
    section = client.create(size=1 << 20)["id"]
    stream = watch(events_of(section, length=1 << 20, interval_ms=60000))
    assert len(base64.b64decode(stream.expect("snapshot")["data"])) == 1 << 20
    client.write(section, b"\1" * (1 << 20))
    told = bytearray(1 << 20)
    while told != b"\1" * (1 << 20):
        for run in stream.expect("change")["ranges"]:
            content = base64.b64decode(run["data"])
            told[run["offset"]:run["offset"] + len(content)] = content


def test_lines_of_many_ranges_name_their_range(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(f"/v1/events?format=ndjson&watch={section}:0:8&watch={section}:16:8")
    told = [stream.expect("snapshot") for _ in range(2)]
    assert sorted((line["section"], line["offset"], line["length"]) for line in told) == [
        (section, 0, 8), (section, 16, 8)]
    client.close_section(section)
    gone = [stream.expect("gone") for _ in range(2)]
    assert {line["offset"] for line in gone} == {0, 16}
    assert stream.next() is None


def test_who_comes_back_is_not_told_again_what_has_not_changed(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64))
    last = stream.expect("snapshot")["id"]
    stream.close()
    stream = watch(events_of(section, length=64), headers={"Last-Event-ID": last})
    compared = read_metrics(client).get("comparisons_total")
    wait_until(lambda: read_metrics(client).get("comparisons_total") > compared + 1, "a comparison")
    client.write(section, b"news")
    stream.expect("change")


def test_a_stream_with_nothing_to_tell_says_ping(client, watch):
    section = client.create(size=64)["id"]
    stream = watch(events_of(section, length=64, interval_ms=60000))
    stream.expect("snapshot")
    assert stream.next_line() == json.dumps({"event": "ping"}, separators=(",", ":"))


def test_the_media_type_is_told_to_head_too(client):
    section = client.create(size=64)["id"]
    reply = client.head(events_of(section, length=64))
    assert reply.status == 200 and reply.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("query, code", [
    ("format=NDJSON", "bad_query"), ("format=", "bad_query"), ("format=jsonl", "bad_query"),
    ("format=ndjson&type=u128", "bad_type"), ("format=ndjson&endian=big", "bad_query"),
    ("format=ndjson&type=u32&length=6", "bad_size"), ("format=ndjson&format=ndjson", "bad_query")])
def test_a_bad_query_is_named(client, query, code):
    section = client.create(size=64)["id"]
    expect_problem(client.get(f"/v1/sections/{section}/events?{query}"), 400, code)


def test_the_document_lists_the_format(client):
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/sections/{id}/events", "/v1/events"):
        [parameter] = [each for each in paths[path]["get"]["parameters"]
                       if each["name"] == "format"]
        assert parameter["schema"]["enum"] == ["base64", "values", "ndjson"]
