"""What watched fields may cost: steps of a look, memory, texts, and how often a problem is told."""

import base64
import struct

import pytest

from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream
from layouts import clear, made, of_fields
from metrics import read_metrics

MEGABYTE = 1 << 20
STEPS_MAX = 65536
BASE_BYTES = 65536  # what a watcher of fields counts for at first
MANY = of_fields({"name": "count", "type": "u32"},
                 {"name": "a", "type": "u8", "offset": 8, "count": {"field": "count", "max": STEPS_MAX}})
ROWS = of_fields({"name": "count", "type": "u32"},
                 {"name": "rows", "type": "row", "offset": 8, "count": {"field": "count", "max": STEPS_MAX}},
                 types={"row": {"fields": [{"name": "key", "type": "u8"}, {"name": "value", "type": "u8"}]}})
PAGES = of_fields({"name": "count", "type": "u32"},
                  {"name": "a", "type": "u8", "offset": 4096, "count": {"field": "count", "max": 1000},
                   "stride": 4096})
STRINGS = of_fields(*({"name": f"text_{i}", "type": "string", "bytes": 65536, "encoding": "utf-8"}
                      for i in range(8)))
GUARDED = of_fields({"name": "magic", "type": "u32"}, {"name": "version", "type": "u32"},
                    {"name": "value", "type": "u32"}, match={"fields": {"magic": 7, "version": 2}})


@pytest.fixture(autouse=True)
def _clear(client):
    yield
    for section in client.sections():
        client.close_section(section["id"])
    clear(client)


@pytest.fixture
def open_stream(daemon):
    streams = []

    def start(section, layout, query="", daemon=daemon):
        path = f"/v1/sections/{section}/events?layout={layout}{query}"
        streams.append(EventStream(daemon, path).start())
        return streams[-1]

    yield start
    for stream in streams:
        stream.close()


def made_section(client, document, size=MEGABYTE):
    """A section of zeros, and a layout."""
    return client.create(size=size)["id"], made(client, document)


def set_count(client, section, count):
    client.write(section, struct.pack("<I", count))


def watched_bytes(client):
    return read_metrics(client).get("watched_bytes")


def expect_watched(client, wanted):
    wait_until(lambda: watched_bytes(client) == wanted, f"{wanted} bytes are watched")


def expect_trouble(stream, code):
    problem = stream.expect("problem").data["problem"]
    assert problem["code"] == code, problem
    assert "select fewer" in problem["detail"]
    return problem["detail"]


def test_fields_beyond_the_steps_of_a_look_are_a_problem_until_they_are_fewer(client, open_stream):
    section, layout = made_section(client, ROWS)
    client.write(section, struct.pack("<BB", 1, 9), 8)
    set_count(client, section, STEPS_MAX - 100)
    stream = open_stream(section, layout, "&select=rows%5Bkey=1%5D.value")  # each row is looked at
    assert stream.expect("snapshot").data["values"] == {"rows[0].value": 9}
    set_count(client, section, STEPS_MAX)
    assert str(STEPS_MAX) in expect_trouble(stream, "too_large")
    set_count(client, section, 2)
    assert stream.expect("snapshot").data["values"] == {"rows[0].value": 9}


def test_others_are_told_of_changes_while_too_much_is_watched(client, daemon, open_stream):
    section, layout = made_section(client, MANY)
    set_count(client, section, STEPS_MAX)
    costly = [open_stream(section, layout, f"&interval_ms=1&select=a,a%5B{i}%5D") for i in range(8)]
    for stream in costly:
        expect_trouble(stream, "too_large")
    other = client.create(size=64)["id"]
    stream = EventStream(daemon, f"/v1/sections/{other}/events?interval_ms=1").start()
    stream.expect("snapshot")
    for i in range(1, 20):
        client.write(other, bytes([i]))
        told = stream.expect("change").data["ranges"]
        assert [base64.b64decode(each["data"]) for each in told] == [bytes([i])]
    stream.close()


def test_values_whose_text_is_too_long_are_a_problem(client, open_stream):
    section, layout = made_section(client, STRINGS)
    client.write(section, b"x" * (8 * 65536))
    stream = open_stream(section, layout)
    assert len(stream.expect("snapshot").data["values"]) == 8
    for i in range(8):  # each byte has six characters in JSON
        client.write(section, b"\x01" * 65536, i * 65536)
    while (event := stream.next()).event == "change":
        pass
    assert event.event == "problem" and event.data["problem"]["code"] == "too_large"
    expect_watched(client, BASE_BYTES)  # what is refused holds nothing


def test_a_watcher_counts_for_the_memory_that_its_fields_take(client, open_stream):
    section, layout = made_section(client, PAGES, 4 * MEGABYTE)
    set_count(client, section, 3)
    stream = open_stream(section, layout)
    stream.expect("snapshot")
    expect_watched(client, BASE_BYTES)
    set_count(client, section, 200)  # 200 bytes of 200 pages, which are copied as pages
    assert len(stream.expect("change").data["values"]) == 198
    assert 200 * 4096 < watched_bytes(client) < 4 * 200 * 4096
    again = open_stream(section, layout)
    again.expect("snapshot")
    assert watched_bytes(client) > 2 * 200 * 4096, "each watcher counts"
    set_count(client, section, 1000)
    for each in (stream, again):
        expect_trouble(each, "too_large")
    expect_watched(client, 2 * BASE_BYTES)  # what is refused holds nothing
    client.close_section(section)
    for each in (stream, again):
        each.expect("gone")
    expect_watched(client, 0)


def test_fields_beyond_the_bytes_of_all_watchers_are_a_problem(start_daemon, open_stream):
    daemon = start_daemon("--max-watched-bytes", "256K")
    client = daemon.client()
    section, layout = made_section(client, MANY)
    set_count(client, section, 20000)
    stream = open_stream(section, layout, daemon=daemon)
    assert "--max-watched-bytes" in expect_trouble(stream, "quota_exceeded")
    expect_watched(client, BASE_BYTES)
    other = EventStream(daemon, f"/v1/sections/{section}/events?length=131072").start()
    other.expect("snapshot")
    expect_problem(client.get(f"/v1/sections/{section}/events?length=131072"), 507, "quota_exceeded")
    set_count(client, section, 1)
    assert stream.expect("snapshot").data["values"] == {"count": 1, "a[0]": 0}
    other.close()


def test_a_problem_of_a_field_is_told_once_whatever_its_bytes_are(client, open_stream):
    section, layout = made_section(client, GUARDED)
    client.write(section, struct.pack("<III", 7, 2, 5))
    stream = open_stream(section, layout)
    stream.expect("snapshot")
    for magic in range(20, 30):
        client.write(section, struct.pack("<I", magic))
        if magic == 20:
            assert "magic" in stream.expect("problem").data["problem"]["detail"]
    client.write(section, struct.pack("<II", 7, 3))  # another field: another problem
    assert "version" in stream.expect("problem").data["problem"]["detail"]
    client.write(section, struct.pack("<II", 7, 2))
    assert stream.expect("snapshot").data["values"]["value"] == 5


def test_the_same_problem_by_a_replaced_layout_is_told_again(client, open_stream):
    section, layout = made_section(client, GUARDED)
    stream = open_stream(section, layout)
    stream.expect("problem")
    expect_status(client.json("PUT", f"/v1/layouts/{layout}", {**GUARDED, "title": "another"}), 200)
    client.write(section, b"\x01")
    assert "magic" in stream.expect("problem").data["problem"]["detail"]


def test_who_looks_rarely_is_told_what_has_changed_since(client, open_stream):
    section, layout = made_section(client, of_fields(
        {"name": "a", "type": "u8"}, {"name": "b", "type": "u8"}, {"name": "c", "type": "u8"}))
    often = open_stream(section, layout, "&interval_ms=1")
    rarely = [open_stream(section, layout, f"&interval_ms={ms}") for ms in (60000, 59999)]
    for stream in [often, *rarely]:
        assert stream.expect("snapshot").data["values"] == {"a": 0, "b": 0, "c": 0}
    client.write(section, b"\x01\x02")  # through the daemon: all are told at once
    for stream in [often, *rarely]:
        told = {}
        while told != {"a": 1, "b": 2}:
            told |= stream.expect("change").data["values"]


def test_watchers_of_one_view_are_told_the_same(client, open_stream):
    section, layout = made_section(client, MANY)
    set_count(client, section, 1000)
    streams = [open_stream(section, layout, "&interval_ms=1") for _ in range(10)]
    for stream in streams:
        assert len(stream.expect("snapshot").data["values"]) == 1001
    client.write(section, b"\x09", 8 + 999)
    events = [stream.expect("change") for stream in streams]
    assert {(event.id, str(event.data)) for event in events} == {(events[0].id, str(events[0].data))}
    assert events[0].data["values"] == {"a[999]": 9}
