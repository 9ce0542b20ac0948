"""Many mixed requests at once, while sections come and go; afterwards all is as before."""

import itertools
import random
import threading
from urllib.parse import quote

import build
from daemon import wait_until
from footprint import expect_no_more, footprint
from memory_bounds import MEMORY_TOLERANCE_BYTES, expect_growth_to_end

CONNECTION_COUNT = 16
REQUEST_COUNT = 10_000 if build.LONG else 500 if build.ON_WINDOWS else 1000
SIZES = [1, 100, 4096, 5000, 65_536, 70_000, 300_000]


class Worker:
    """One connection that asks for whatever comes to its mind, repeatably."""

    def __init__(self, daemon, peer_pid, handles, names, ids, seed):
        self.client = daemon.client()
        self.daemon = daemon
        self.peer_pid = peer_pid
        self.handles = handles
        self.names = names
        self.ids = ids  # shared by all workers, so that they delete under each other
        self.random = random.Random(seed)
        self.asks = [
            (4, self.create), (2, self.open), (2, self.duplicate), (2, self.duplicate_from_us),
            (5, self.delete), (8, self.read), (4, self.read_a_range), (8, self.write),
            (3, self.write_in_chunks), (4, self.put_text), (4, self.get_text), (2, self.describe),
            (1, self.list), (2, self.read_by_name), (2, self.make_a_mistake),
            (2, self.fill), (2, self.copy), (2, self.flush), (2, self.get_values),
            (2, self.put_values), (2, self.atomic), (2, self.batch), (2, self.patch),
            (2, self.create_that_ends), (2, self.open_in_passing), (2, self.create_of_a_file),
            (2, self.read_ranges), (1, self.read_as_base64)]

    def run(self, count):
        weights = [weight for weight, _ in self.asks]
        for ask in self.random.choices([ask for _, ask in self.asks], weights, k=count):
            ask()
        self.client.close()

    def expect(self, reply, *statuses):
        assert reply.status in statuses, reply
        return reply

    def some_id(self):
        return self.random.choice(self.ids or [1])

    def keep(self, reply):
        if reply.status in (200, 201):
            self.ids.append(reply.json()["id"])
            if len(self.ids) > 100:
                self.delete()

    def create(self):
        document = {"size": self.random.choice(SIZES)}
        if self.random.random() < 0.5:
            document["name"] = self.random.choice(self.names)
        self.keep(self.expect(self.client.post("/v1/sections", document), 200, 201))

    def open(self):
        reply = self.client.post("/v1/sections/open", {"name": self.random.choice(self.names)})
        self.keep(self.expect(reply, 201, 404))

    def duplicate(self):
        handle = self.random.choice(self.handles)
        reply = self.client.post(
            "/v1/sections/duplicate", {"pid": self.peer_pid, "handle": handle})
        self.keep(self.expect(reply, 201, 409))

    def duplicate_from_us(self):
        reply = self.expect(self.client.get(f"/v1/sections/{self.some_id()}"), 200, 404)
        if reply.status == 200:
            section = reply.json()
            reply = self.client.post("/v1/sections/duplicate", {
                "pid": section["pid"], "handle": section["handle"]})
            # Closed meanwhile, its number may be nobody's or another object's.
            self.keep(self.expect(reply, 201, 403, 404, 409))

    def delete(self):
        try:
            section_id = self.ids.pop(self.random.randrange(len(self.ids)))
        except (IndexError, ValueError):
            return
        self.expect(self.client.delete(f"/v1/sections/{section_id}"), 204, 404)

    def read(self):
        reply = self.expect(self.client.get(f"/v1/sections/{self.some_id()}/data"), 200, 404)
        assert reply.status == 404 or int(reply.headers["Content-Length"]) == len(reply.body)

    def read_a_range(self):
        first = self.random.randrange(5000)
        reply = self.client.get(f"/v1/sections/{self.some_id()}/data",
                                {"Range": f"bytes={first}-{first + self.random.randrange(5000)}"})
        self.expect(reply, 206, 404, 416)

    def write(self):
        body = bytes([self.random.randrange(256)]) * self.random.choice(SIZES)
        path = f"/v1/sections/{self.some_id()}/data?offset={self.random.choice([0, 1, 4096])}"
        self.expect(self.client.put(path, body), 204, 403, 404, 416)

    def write_in_chunks(self):
        chunks = (b"c" * self.random.randrange(1, 9000) for _ in range(self.random.randrange(12)))
        self.expect(
            self.client.put(f"/v1/sections/{self.some_id()}/data", chunks), 204, 403, 404, 416)

    def put_text(self):
        path = f"/v1/sections/{self.some_id()}/text?encoding={build.WIDE}"
        self.expect(self.client.put(path, "为人民服务"), 204, 403, 404, 416)

    def get_text(self):
        path = f"/v1/sections/{self.some_id()}/text?encoding={build.WIDE}&offset=0"
        self.expect(self.client.get(path), 200, 400, 404)

    def describe(self):
        self.expect(self.client.get(f"/v1/sections/{self.some_id()}"), 200, 404)

    def list(self):
        self.expect(self.client.get("/v1/sections?limit=50"), 200)

    def read_by_name(self):
        name = quote(self.random.choice(self.names), safe="")
        self.expect(self.client.get(f"/v1/sections/@{name}/data?length=1"), 200, 404)

    def fill(self):
        reply = self.client.post(f"/v1/sections/{self.some_id()}/fill", {
            "offset": self.random.choice([0, 1, 4096]), "length": self.random.choice(SIZES),
            "byte": self.random.randrange(256)})
        self.expect(reply, 204, 403, 404, 416)

    def copy(self):
        reply = self.client.post(f"/v1/sections/{self.some_id()}/copy", {
            "from": self.some_id(), "offset": self.random.choice([0, 50]),
            "length": self.random.choice(SIZES)})
        self.expect(reply, 204, 403, 404, 416)

    def flush(self):
        self.expect(self.client.request("POST", f"/v1/sections/{self.some_id()}/flush"),
                    200, 204, 403, 404)

    def get_values(self):
        path = f"/v1/sections/{self.some_id()}/values?type=u32&count={self.random.choice([1, 500])}"
        self.expect(self.client.get(path), 200, 404, 416)

    def put_values(self):
        path = f"/v1/sections/{self.some_id()}/values?type=f64&stride=24"
        reply = self.client.json("PUT", path, {"values": [1.5] * self.random.choice([1, 100])})
        self.expect(reply, 204, 403, 404, 416)

    def atomic(self):
        reply = self.client.post(f"/v1/sections/{self.some_id()}/atomic", {
            "op": "add", "type": "u64", "offset": self.random.choice([0, 64]), "value": 1})
        self.expect(reply, 200, 403, 404, 416)

    def batch(self):
        ops = [{"op": "read", "id": self.some_id(), "offset": 0, "length": 8},
               {"op": "write", "id": self.some_id(), "offset": 8, "data": "AAAA"},
               {"op": "atomic", "id": self.some_id(), "atomic": "load", "type": "u32",
                "offset": 0}]
        answers = self.expect(self.client.post("/v1/batch", {"ops": ops}), 200).json()["results"]
        assert {answer.get("status", 200) for answer in answers} <= {200, 204, 403, 404, 416}

    def patch(self):
        reply = self.client.json(
            "PATCH", f"/v1/sections/{self.some_id()}",
            {"label": "x" * self.random.randrange(100), "ttl_s": self.random.choice([0, 600])})
        self.expect(reply, 200, 404)

    def create_that_ends(self):
        self.expect(self.client.post("/v1/sections", {"size": 5000, "ttl_s": 1}), 201)

    def open_in_passing(self):
        name = quote(self.random.choice(self.names), safe="")
        self.expect(self.client.get(f"/v1/sections/@{name}/data?open=1&length=1"), 200, 404)

    def create_of_a_file(self):
        document = {"backing": {"file": f"file{self.random.randrange(5)}"}, "size": 70_000}
        if self.random.random() < 0.3:
            document["access"] = "writecopy"
        self.keep(self.expect(self.client.post("/v1/sections", document), 200, 201, 400))

    def read_ranges(self):
        reply = self.client.get(f"/v1/sections/{self.some_id()}/data",
                                {"Range": "bytes=0-9,50-60,-5"})
        self.expect(reply, 200, 206, 404)

    def read_as_base64(self):
        path = f"/v1/sections/{self.some_id()}/data?format=base64"
        self.expect(self.client.get(path), 200, 404)

    def make_a_mistake(self):
        mistake = self.random.choice([
            ("GET", "/v1/sections/1/data?ofset=1", None, 400),
            ("POST", "/v1/sections", b"{", 415),
            ("PATCH", "/v1/sections", None, 405),
            ("GET", "/v1/nothing", None, 404),
            ("PUT", "/v1/sections/999999999/data", b"x" * 100_000, 404)])
        method, path, body, status = mistake
        self.expect(self.client.request(method, path, body), status)


def churn(daemon, peer_pid, handles, names, request_count, seed):
    ids = []
    failures = []

    def work(number):
        try:
            Worker(daemon, peer_pid, handles, names, ids, seed + number).run(
                request_count // CONNECTION_COUNT)
        except BaseException as failure:  # noqa: BLE001 - told by the main thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CONNECTION_COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    client = daemon.client()
    for section in client.sections():
        if section["ttl_s"] != 1:
            client.close_section(section["id"])
    wait_until(lambda: client.sections() == [], "the others closed by themselves")
    client.close()


def test_many_mixed_requests_leave_nothing_behind(start_daemon, peer, names, tmp_path):
    (tmp_path / "files").mkdir()
    daemon = start_daemon("--files", build.native_path(tmp_path / "files"))
    shared = names(8)
    peer.create("named", 100_000, shared[0])
    handles = [peer.create("anonymous", 8192)["handle"], peer.pipe("p")["handle"],
               peer.create_readonly("readonly", 4096)["handle"]]
    seeds = itertools.count(1000, 1000)

    def work():
        churn(daemon, peer.pid, handles, shared, REQUEST_COUNT, seed=next(seeds))

    # Threads, arenas and buffers come with the first use and stay.
    churn(daemon, peer.pid, handles, shared, max(REQUEST_COUNT // 4, 400), seed=next(seeds))
    idle = footprint(daemon, peer)
    expect_growth_to_end(MEMORY_TOLERANCE_BYTES, daemon, work)
    expect_no_more(footprint(daemon, peer), idle)
    daemon.stop()


def test_one_section_created_and_deleted_again_and_again_leaves_nothing(client, daemon, peer, name):
    def round_trip():
        section = client.create(name, size=100_000)
        client.write(section["id"], b"x" * 100_000)
        client.close_section(section["id"])

    round_trip()
    idle = footprint(daemon, peer)
    for _ in range(100):
        round_trip()
    expect_no_more(footprint(daemon, peer), idle)


def test_reads_under_way_survive_the_delete_of_their_section(daemon, peer, name):
    """Whatever the order: the whole bytes, or not found."""
    size = 1 << 20
    made = peer.create("a", size)
    peer.fill("a", size, 0x7A)
    ids = [0]
    stop = threading.Event()
    statuses = []
    failures = []

    def read():
        client = daemon.client()
        try:
            while not stop.is_set():
                reply = client.get(f"/v1/sections/{ids[0]}/data")
                assert reply.status == 404 or reply.body == b"z" * size, reply.status
                statuses.append(reply.status)
        except BaseException as failure:  # noqa: BLE001 - told by the main thread
            failures.append(failure)
        client.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    client = daemon.client()
    try:
        for _ in range(10 if build.ON_WINDOWS else 40):
            ids[0] = client.duplicate(peer.pid, made["handle"])["id"]
            wanted = len(statuses) + 4
            wait_until(lambda: len(statuses) >= wanted or failures, "some reads are done")
            client.close_section(ids[0])
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        client.close()
    assert not failures, failures
    assert 200 in statuses
