"""Behind nginx as Debian configures it: what a reverse proxy passes on, and what it must not keep."""

import http.client
import json
import os
import socket
import subprocess

import pytest

from client import expect_problem, expect_status
from daemon import wait_until

pytestmark = pytest.mark.linux

# Only what nginx needs to run as the user of the test, in a folder of the test; the rest are its defaults.
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{daemon_port};
            {more}
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    def __init__(self, folder, daemon, more=""):
        folder.mkdir()
        self.port = free_port()
        self.errors = folder / "error.log"
        (folder / "nginx.conf").write_text(CONFIGURATION.format(
            folder=folder, port=self.port, daemon_port=daemon.port, more=more,
            user="user root root;" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-e", self.errors, "-c", folder / "nginx.conf"],
            stdin=subprocess.DEVNULL, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        try:
            wait_until(self.is_listening, "nginx listens")
        except BaseException:
            self.stop()
            raise

    def is_listening(self):
        assert self.process.poll() is None, self.errors.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def start_proxy(tmp_path):
    proxies = []

    def start(daemon, more=""):
        proxies.append(Proxy(tmp_path / f"nginx{len(proxies)}", daemon, more))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.stop()


def client_of(daemon, proxy):
    client = daemon.client()
    client.port = proxy.port
    client._connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    return client


class Stream:
    """An event stream through a proxy, which frames it anew, line by line."""

    def __init__(self, daemon, proxy, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {daemon.token}"})
        self.response = self.connection.getresponse()

    def lines(self):
        """Those up to an empty one."""
        block = []
        while line := self.response.readline().decode().rstrip("\n"):
            block.append(line)
        return block

    def event(self):
        fields = dict(line.split(": ", 1) for line in self.lines())
        return fields["event"], json.loads(fields["data"])

    def close(self):
        self.response.close()
        self.connection.close()


def test_reads_and_writes_pass(daemon, start_proxy):
    client = client_of(daemon, start_proxy(daemon))
    section = client.create(size=100_000)["id"]
    expect_status(client.put(f"/v1/sections/{section}/data", b"x" * 100_000), 204)
    assert client.read(section) == b"x" * 100_000
    reply = expect_status(client.get(f"/v1/sections/{section}/data", {"Range": "bytes=1-3"}), 206)
    assert reply.headers["Content-Range"] == "bytes 1-3/100000"
    assert expect_status(client.head("/v1/info"), 200).body == b""
    expect_problem(client.put(f"/v1/sections/{section}/data?offset=99999", b"xx"), 416,
                   "range_not_satisfiable")
    client.close_section(section)


def test_the_token_is_wanted_behind_a_proxy_as_well(daemon, start_proxy):
    client = client_of(daemon, start_proxy(daemon))
    client.token = None
    expect_problem(client.get("/v1/sections"), 401, "unauthorized")


def test_an_event_stream_arrives_as_it_happens(daemon, client, section, start_proxy):
    """The head and each event is waited for before the next is caused: nothing more would push them."""
    stream = Stream(daemon, start_proxy(daemon), f"/v1/sections/{section}/events?length=16")
    assert stream.response.status == 200
    assert stream.response.headers["Content-Type"] == "text/event-stream"
    assert stream.lines() == ["retry: 1000"]
    assert stream.event()[0] == "snapshot"
    for byte in (b"1", b"2", b"3"):
        client.write(section, byte)
        name, change = stream.event()
        assert name == "change" and change["ranges"][0]["offset"] == 0
    stream.close()


def test_a_stream_of_lines_arrives_as_it_happens(daemon, client, section, start_proxy):
    stream = Stream(daemon, start_proxy(daemon),
                    f"/v1/sections/{section}/events?length=16&format=ndjson")
    assert stream.response.status == 200
    assert json.loads(stream.response.readline())["event"] == "snapshot"
    client.write(section, b"1")
    assert json.loads(stream.response.readline())["event"] == "change"
    stream.close()


def test_the_daemon_learns_that_the_reader_behind_a_proxy_has_gone(daemon, client, section, start_proxy):
    stream = Stream(daemon, start_proxy(daemon), f"/v1/sections/{section}/events?length=16")
    assert stream.lines() == ["retry: 1000"]
    assert client.section(section)["stats"]["watchers"] == 1
    stream.close()
    wait_until(lambda: client.section(section)["stats"]["watchers"] == 0, "the watcher ends")


NAME_ON = "proxy_set_header Host $http_host;"


def test_the_name_that_a_client_uses_must_be_allowed_where_the_proxy_passes_it_on(
        start_daemon, start_proxy):
    daemon = start_daemon("--allow-host", "box.test")
    client = client_of(daemon, start_proxy(daemon, NAME_ON))
    expect_status(client.get("/v1/sections", {"Host": "box.test"}), 200)
    expect_problem(client.get("/v1/sections", {"Host": "other.test"}), 403, "forbidden_origin")


def test_without_it_nginx_names_the_address_that_it_asks(daemon, start_proxy):
    client = client_of(daemon, start_proxy(daemon))
    expect_status(client.get("/v1/sections", {"Host": "box.test"}), 200)


def test_pages_of_the_proxy_ask_where_their_origin_is_allowed(start_daemon, start_proxy):
    origin = {"Host": "box.test", "Origin": "https://box.test", "Sec-Fetch-Site": "same-origin"}
    strict = start_daemon("--allow-host", "box.test")
    expect_problem(client_of(strict, start_proxy(strict, NAME_ON)).get("/v1/sections", origin), 403,
                   "forbidden_origin")
    daemon = start_daemon("--allow-host", "box.test", "--allow-origin", "https://box.test")
    expect_status(client_of(daemon, start_proxy(daemon, NAME_ON)).get("/v1/sections", origin), 200)
