"""A file whose server answers nothing: whoever asks for it waits, and nobody else does."""

import base64
import http.client
import json
import signal
import threading

import pytest

from client import expect_status, rest_of, status_of
from daemon import wait_until
from events import EventStream
from layouts import made, of_fields
from hanging_files import FILE_NAME, has_hung_thread, hanging_file  # noqa: F401: a fixture
from slow_clients import connect, head

pytestmark = pytest.mark.linux

SIZE = 1 << 20
COPIES = 6  # of each request: more than any pool has threads
OTHERS_WAIT_S = 30  # for what does not wait, on a busy machine


class Asked:
    """A request on a connection of its own, whose answer may be long in coming."""

    def __init__(self, client, method, path, body=None, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
        sent = {"Authorization": f"Bearer {client.token}", **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent["Content-Type"] = "application/json"
        self.status = None
        self.body = None
        self.headers = None
        self.thread = threading.Thread(target=self._ask, args=(method, path, body, sent))
        self.thread.start()

    def _ask(self, method, path, body, headers):
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            self.body = response.read()
            self.headers = response.headers
            self.status = response.status
        except (OSError, http.client.HTTPException) as problem:
            self.body = problem

    def answer(self):
        self.thread.join()
        return self.status, self.body


def kinds_of_request(path, section_id, memory_id):
    data = f"{path}/data"
    return {
        "get": ("GET", f"{data}?length=64"),
        "get all": ("GET", data),
        "get hex": ("GET", f"{data}?format=hex"),
        "get a range": ("GET", data, None, {"Range": "bytes=100-199"}),
        "get ranges": ("GET", data, None, {"Range": "bytes=0-9,300000-300009"}),
        "text": ("GET", f"{path}/text?encoding=latin1&length=100"),
        "values": ("GET", f"{path}/values?type=u8&count=200&stride=5000"),
        "load": ("POST", f"{path}/atomic", {"op": "load", "type": "u32", "offset": 4096}),
        "batch": ("POST", "/v1/batch", {"ops": [
            {"op": "read", "id": section_id, "offset": at * 4096, "length": 1}
            for at in range(100)]}),
        "put": ("PUT", f"{data}?offset=8192", b"x" * 100),
        "put much": ("PUT", data, b"y" * SIZE),
        "put values": ("PUT", f"{path}/values?type=u8&stride=5000", {"values": [1] * 200}),
        "fill": ("POST", f"{path}/fill", {"offset": 0, "length": SIZE, "byte": 7}),
        "flush": ("POST", f"{path}/flush"),
        "guarded delete": ("DELETE", path, None, {"If-Match": '"another"'}),
        "fields": ("GET", f"{path}/fields?layout=hung"),
        "guarded fields": ("PATCH", f"{path}/fields?layout=hung", {"b[3]": 9}, {"If-Match": '"another"'}),
        "put fields": ("PATCH", f"{path}/fields?layout=hung", {"b[3]": 9}),
        "batch of fields": ("POST", "/v1/batch", {"ops": [
            {"op": "read", "id": section_id, "layout": "hung"} for _ in range(10)]}),
        "resolved layout": ("GET", f"{path}/layout?layout=hung"),
        "layouts that fit": ("GET", f"{path}/layouts"),
        "guarded copy": ("POST", f"/v1/sections/{memory_id}/copy", {
            "from": section_id, "from_offset": 0, "offset": 0, "length": 64}, {"If-Match": "*"}),
    }


KINDS = list(kinds_of_request("", "", ""))


class Others:
    """What has nothing to do with the file that hangs."""

    def __init__(self, daemon, folder):
        self.client = daemon.client()
        self.memory = self.client.create(size=4096)["id"]
        (folder / "other").write_bytes(b"z" * SIZE)
        self.file = expect_status(self.client.post(
            "/v1/sections", {"backing": {"file": "other"}}), 201).json()["id"]
        self.streams = []
        for section in (self.memory, self.file):
            stream = EventStream(
                daemon, f"/v1/sections/{section}/events?length=64&interval_ms=10").start()
            stream.expect("snapshot")
            self.streams.append(stream)
        self.count = 0

    def expect_served(self, hung=None):
        """Each on a connection that gives up long before the file would be there. `hung`: its section."""
        client = type(self.client)(self.client.port, self.client.token, timeout_s=OTHERS_WAIT_S)
        self.count += 1
        expect_status(client.get("/healthz"), 200)
        listed = {section["id"] for section in client.sections()}
        assert {self.memory, self.file} <= listed
        if hung is not None:
            assert hung in listed
            assert client.section(hung)["size"] == SIZE
        made = client.create(size=4096)["id"]
        client.close_section(made)
        for section, stream in zip((self.memory, self.file), self.streams):
            mark = bytes([self.count]) * 8
            client.write(section, mark, 0)
            assert client.read(section, 0, 8) == mark
            assert base64.b64decode(stream.expect("change").data["ranges"][0]["data"]) == mark
        large = bytes([self.count]) * SIZE
        client.write(self.file, large)
        assert client.read(self.file) == large
        for stream in self.streams[1:]:
            stream.expect("change")
        client.close()

    def close(self):
        for stream in self.streams:
            stream.close()


@pytest.fixture
def place(start_daemon, tmp_path, hanging_file):  # noqa: F811
    """A daemon, the file that can hang, its section, and what else there is."""
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    daemon = start_daemon("--files", str(folder), "--grace", "1", "--threads", "1")
    file = hanging_file(folder / "deep", SIZE)
    others = Others(daemon, folder)
    made(daemon.client(), of_fields({"name": "b", "type": "u8", "count": 64}), "hung")
    section = expect_status(daemon.client().post(
        "/v1/sections", {"backing": {"file": f"deep/{FILE_NAME}"}}), 201).json()["id"]
    yield daemon, file, section, others
    others.close()


def connections(client):
    for line in client.get("/metrics").body.decode().splitlines():
        if line.startswith("sectiond_connections "):
            return int(line.split()[1])
    raise AssertionError("the metrics tell of no connections")


def connections_at_rest(client, others):
    """How many there are once those of earlier clients are closed: one a stream, and one a client."""
    own = len(others.streams) + 2
    wait_until(lambda: connections(client) == own, "the other connections are closed")
    return own


def watchers(client, section):
    return client.section(section)["stats"]["watchers"]


@pytest.mark.parametrize("kind", KINDS)
def test_who_asks_for_a_file_that_hangs_waits_alone(place, kind):
    daemon, file, section, others = place
    client = daemon.client()
    before = connections_at_rest(client, others)
    file.hang()
    request = kinds_of_request(f"/v1/sections/{section}", section, others.memory)[kind]
    asked = [Asked(client, *request) for _ in range(COPIES)]
    if kind not in ("flush", "guarded delete"):  # which have nothing to write, or nothing to read
        wait_until(lambda: connections(client) >= before + COPIES, "they are under way")
        wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    for _ in range(3):
        others.expect_served(section)
    file.go()
    for each in asked:
        status, body = each.answer()
        assert status in (200, 204, 206, 412), (status, body)
        if kind == "get all":
            assert body == file.content


@pytest.mark.parametrize("access", [None, "read", "writecopy"])
def test_a_section_is_closed_when_that_is_answered_also_of_a_file_that_hangs(place, access):
    """Also another section of the file than that by which it was stored to."""
    daemon, file, section, others = place
    client = daemon.client()
    stored = section
    if access is not None:
        section = expect_status(client.post("/v1/sections", {
            "backing": {"file": f"deep/{FILE_NAME}"}, "access": access}), 201).json()["id"]
    client.write(stored, b"kept", 0)  # closing has it written to the file
    held = client.get("/v1/info").json()["usage"]["sections"]
    file.hang()
    closing = Asked(client, "DELETE", f"/v1/sections/{section}")
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    expect_status(client.get(f"/v1/sections/{section}"), 404)
    for _ in range(3):
        others.expect_served()
    assert closing.status is None
    assert client.get("/v1/info").json()["usage"]["sections"] == held
    file.go()
    assert closing.answer()[0] == 204
    assert client.get("/v1/info").json()["usage"]["sections"] == held - 1


def test_who_watches_fields_of_a_file_that_hangs_waits_alone(place):
    daemon, file, section, others = place
    client = daemon.client()
    file.hang()
    streams = [EventStream(daemon, f"/v1/sections/{section}/events?layout=hung&select=b[{at}]").start()
               for at in range(COPIES)]
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    for _ in range(3):
        others.expect_served(section)
    file.go()
    for at, stream in enumerate(streams):
        assert stream.expect("snapshot").data["values"] == {f"b[{at}]": file.content[at]}
        stream.close()
    client.close_section(section)


def test_who_watches_a_file_that_hangs_waits_alone(place):
    daemon, file, section, others = place
    client = daemon.client()
    file.hang()
    path = f"/v1/sections/{section}"
    streams = [EventStream(daemon, f"{path}/events?offset={at * 65536}&length=65536").start()
               for at in range(COPIES)]
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    for _ in range(3):
        others.expect_served(section)
    file.go()
    for at, stream in enumerate(streams):
        snapshot = base64.b64decode(stream.expect("snapshot").data["data"])
        assert snapshot == file.content[at * 65536:(at + 1) * 65536]
        stream.close()
    client.close_section(section)


WAITING_READS = {"data": "data?length=64", "values": "values?type=u8&count=64",
                 "text": "text?encoding=latin1&length=64", "fields": "fields?layout=hung"}


@pytest.mark.parametrize("kind", WAITING_READS)
def test_a_read_that_waits_is_answered_at_its_time_while_the_file_hangs(place, kind):
    daemon, file, section, others = place
    client = daemon.client()
    path = f"/v1/sections/{section}/{WAITING_READS[kind]}"
    known = client.get(path).headers["ETag"]
    before = watchers(client, section)
    asked = [Asked(client, "GET", f"{path}&wait={seconds}s", None, {"If-None-Match": known})
             for seconds in (10, 11, 12)]
    wait_until(lambda: watchers(client, section) == before + len(asked), "they sleep")
    file.hang_for(daemon)
    for each in asked:
        status, body = each.answer()
        assert (status, body) == (304, b""), (status, body)
        assert each.headers["ETag"] == known
    assert has_hung_thread(daemon)
    others.expect_served(section)
    file.go()
    expect_status(client.get(path), 200)


def test_a_read_that_waits_for_a_file_that_hangs_ends_with_its_client(place):
    daemon, file, section, _ = place
    client = daemon.client()
    path = f"/v1/sections/{section}/data?length=64"
    known = client.get(path).headers["ETag"]
    before = watchers(client, section)
    with connect(daemon) as waiting:
        waiting.sendall(head(daemon, f"GET {path}&wait=300s HTTP/1.1", f"If-None-Match: {known}"))
        wait_until(lambda: watchers(client, section) == before + 1, "it sleeps")
        file.hang_for(daemon)
    wait_until(lambda: watchers(client, section) == before, "it sleeps no more")
    assert has_hung_thread(daemon)
    file.go()


@pytest.mark.parametrize("kind", ["get", "get all", "put", "put much", "watch"])
@pytest.mark.parametrize("whole", [False, True], ids=["hung", "stopped"])
def test_the_end_does_not_wait_for_a_file_that_hangs(place, kind, whole):
    daemon, file, section, others = place
    client = daemon.client()
    before = connections_at_rest(client, others)
    path = f"/v1/sections/{section}"
    (file.stop if whole else file.hang)()
    if kind == "watch":
        EventStream(daemon, f"{path}/events?length=65536").start()
    else:
        for _ in range(COPIES):
            Asked(client, *kinds_of_request(path, section, others.memory)[kind])
    wait_until(lambda: connections(client) > before, "it is under way")
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    others.expect_served(section)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    daemon.check_log()


def test_opening_in_a_folder_that_hangs_holds_up_nobody_else(place):
    daemon, file, section, others = place
    client = daemon.client()
    file.stop()
    asked = [Asked(client, "POST", "/v1/sections", {"backing": {"file": f"deep/new{number}"},
                                                     "size": 4096}) for number in range(COPIES)]
    for _ in range(2):
        others.expect_served(section)
    file.go_on()
    for each in asked:
        assert each.answer()[0] >= 400  # the file system makes no files


@pytest.fixture
def impatient(start_daemon, tmp_path, hanging_file):  # noqa: F811
    """A daemon that soon cuts off who is slow, the file that can hang, and its section."""
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    daemon = start_daemon("--files", str(folder), "--grace", "1", "--body-timeout", "1",
                          "--min-rate", "1M")
    file = hanging_file(folder / "deep", SIZE)
    section = expect_status(daemon.client().post(
        "/v1/sections", {"backing": {"file": f"deep/{FILE_NAME}"}}), 201).json()["id"]
    return daemon, file, section


def let_slow_clients_be_cut(daemon, section, count):
    """Each begins once the one before was cut off."""
    for _ in range(count):
        with connect(daemon) as slow:
            slow.sendall(head(daemon, f"PUT /v1/sections/{section}/data HTTP/1.1",
                              "Content-Length: 60000"))
            assert status_of(rest_of(slow)) == 408


@pytest.mark.parametrize("kind", ["get all", "put much"])
def test_the_time_in_which_a_file_hangs_is_not_the_clients(impatient, kind):
    daemon, file, section = impatient
    client = daemon.client()
    file.hang()
    asked = Asked(client, *kinds_of_request(f"/v1/sections/{section}", section, 0)[kind])
    wait_until(lambda: has_hung_thread(daemon), "a thread hangs")
    let_slow_clients_be_cut(daemon, section, 4)
    file.go()
    status, body = asked.answer()
    assert status in (200, 204), (status, body)
    if kind == "get all":
        assert body == file.content
