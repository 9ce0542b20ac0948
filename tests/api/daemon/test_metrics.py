"""/metrics: what it counts is what was done."""

import itertools

import pytest

import build
from client import expect_problem, expect_status
from daemon import wait_until
from events import EventStream
from metrics import read_metrics
from waiters import Waiter


@pytest.fixture
def own(start_daemon):
    """A client of a daemon of the test's own, so that nobody else is counted."""
    client = start_daemon().client()
    yield client
    client.close()


def test_it_is_prometheus_text(client):
    reply = expect_status(client.get("/metrics"), 200)
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    metrics = read_metrics(client)
    assert metrics.types["sectiond_requests_total"] == "counter"
    assert metrics.types["sectiond_request_duration_seconds"] == "histogram"
    assert metrics.types["sectiond_watchers"] == "gauge"
    platform = "windows" if build.ON_WINDOWS else "linux"
    [labels] = [key[1] for key in metrics.values if key[0] == "sectiond_info"]
    assert dict(labels)["platform"] == platform


def test_it_needs_a_token(daemon):
    expect_status(daemon.client(token=None).get("/metrics"), 401)


def test_head_has_its_headers_and_parameters_are_refused(client):
    assert client.head("/metrics").status == 200
    expect_problem(client.get("/metrics?x=1"), 400, "bad_query")
    expect_problem(client.put("/metrics", b""), 405, "method_not_allowed")


def test_requests_are_counted_by_route_and_status(own):
    section = own.create(size=64)["id"]
    before = read_metrics(own)
    path = f"/v1/sections/{section}/data"
    tag = None
    for _ in range(5):
        tag = own.get(path).headers["ETag"]
    for _ in range(3):
        own.get(path, {"If-None-Match": tag})
    own.get(path, {"Range": "bytes=0-1"})
    own.get(path + "?offset=99999")
    own.put(path, b"x")
    own.head(path)
    own.get("/no/such/path")
    after = read_metrics(own)

    def more(method, route, status):
        labels = {"method": method, "route": route, "status": str(status)}
        return after.get("requests_total", **labels) - before.get("requests_total", **labels)

    data = "/v1/sections/{id}/data"
    assert more("GET", data, 200) == 6  # HEAD is among them
    assert more("GET", data, 304) == 3
    assert more("GET", data, 206) == 1
    assert more("GET", data, 416) == 1
    assert more("PUT", data, 204) == 1
    assert more("", "", 404) == 1
    assert more("GET", "/metrics", 200) == 1


def test_the_histogram_adds_up(own):
    for _ in range(20):
        own.get("/v1/info")
    metrics = read_metrics(own)
    name = "sectiond_request_duration_seconds"
    rows = sorted((float(dict(labels)["le"]), value) for (key, labels), value
                  in metrics.values.items() if key == name + "_bucket")
    assert len(rows) >= 10 and rows[-1][0] == float("inf")
    counts = [count for _, count in rows]
    assert counts == sorted(counts) and counts[-1] == metrics.get(
        "request_duration_seconds_count") >= 20
    assert metrics.get("request_duration_seconds_sum") > 0
    requests = sum(value for (key, _), value in metrics.values.items()
                   if key == "sectiond_requests_total")
    assert requests == counts[-1]


def test_bytes_are_counted(own):
    section = own.create(size=1 << 20)["id"]
    path = f"/v1/sections/{section}/data"
    before = read_metrics(own)
    own.put(path, b"x" * 100_000)
    own.put(path, iter([b"y" * 1000] * 100))
    own.put(path, b"z" * 11)
    middle = read_metrics(own)
    assert middle.get("received_bytes_total") - before.get("received_bytes_total") == 200_011
    expect_status(own.get(path + "?length=50"), 200)
    expect_status(own.get(path + "?length=1000000"), 200)
    expect_status(own.head(path), 200)
    after = read_metrics(own)
    more = after.get("sent_bytes_total") - middle.get("sent_bytes_total")
    assert 1_000_050 <= more < 1_000_050 + 30_000, "and one page of metrics"


def test_sections_and_their_views_are_counted(own):
    before = read_metrics(own)
    first = own.create(size=65536)
    second = own.create(size=3 * 65536)
    metrics = read_metrics(own)
    assert metrics.get("sections") == before.get("sections") + 2
    views = first["view"]["length"] + second["view"]["length"]
    assert metrics.get("mapped_bytes") == before.get("mapped_bytes") + views
    assert metrics.get("committed_bytes") >= before.get("committed_bytes") + 4 * 65536
    own.close_section(first["id"])
    own.close_section(second["id"])
    wait_until(lambda: read_metrics(own).get("sections") == before.get("sections"), "closed")
    assert read_metrics(own).get("mapped_bytes") == before.get("mapped_bytes")


def test_connections_are_counted(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    before = read_metrics(client).get("connections")
    assert before == 1
    others = [daemon.client() for _ in range(7)]
    for other in others:
        expect_status(other.get("/healthz"), 200)
    assert read_metrics(client).get("connections") == 8
    for other in others:
        other.close()
    wait_until(lambda: read_metrics(client).get("connections") == 1, "they are gone")
    client.close()


def test_watchers_and_comparisons_are_counted(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=4096)["id"]
    metrics = read_metrics(client)
    assert [metrics.get(name) for name in ("watchers", "watched_ranges", "watched_bytes",
                                           "comparisons_total")] == [0, 0, 0, 0]
    path = f"/v1/sections/{section}"
    streams = [EventStream(daemon, f"{path}/events?length=1000").start() for _ in range(3)]
    for stream in streams:
        stream.expect("snapshot")
    tag = client.get(f"{path}/data?length=64").headers["ETag"]
    waiter = Waiter(daemon, f"{path}/data?length=64&wait=60s", tag)
    wait_until(lambda: read_metrics(client).get("watchers") == 4, "all watch")
    metrics = read_metrics(client)
    assert metrics.get("watched_ranges") == 2
    assert metrics.get("watched_bytes") == 3064
    wait_until(lambda: read_metrics(client).get("comparisons_total") >=
               metrics.get("comparisons_total") + 10, "it goes on comparing")
    client.close_section(section)
    assert waiter.answer()[0] == 404
    for stream in streams:
        stream.expect("gone")
        stream.close()
    wait_until(lambda: read_metrics(client).get("watched_ranges") == 0, "all is over")
    assert read_metrics(client).get("watchers") == 0
    client.close()


def test_what_waits_on_purpose_is_not_in_the_histogram(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=64)["id"]
    path = f"/v1/sections/{section}/data?length=8"
    tag = client.get(path).headers["ETag"]
    before = read_metrics(client).get("request_duration_seconds_count")
    expect_status(client.get(path + "&wait=20ms", {"If-None-Match": tag}), 304)
    assert read_metrics(client).get("request_duration_seconds_count") == before + 1
    client.close()


def test_nobody_watches_and_nothing_moves(start_daemon):
    """The thread that compares sleeps until somebody comes: its counters stand still."""
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=4096)["id"]
    stream = EventStream(daemon, f"/v1/sections/{section}/events?interval_ms=1&length=64").start()
    stream.expect("snapshot")
    client.write(section, b"news")
    stream.expect("change")
    stream.close()
    turns = itertools.count(1)

    def unwatched():
        client.write(section, next(turns).to_bytes(8, "little"))
        metrics = read_metrics(client)
        return metrics.get("watchers") == 0 and metrics.get("watched_ranges") == 0

    wait_until(unwatched, "the closed stream is noticed")
    before = read_metrics(client)
    for turn in range(300):
        client.write(section, turn.to_bytes(8, "little"))
    after = read_metrics(client)
    for name in ("hub_wakeups_total", "comparisons_total"):
        assert after.get(name) == before.get(name), "awake without a reason"
    client.close()
