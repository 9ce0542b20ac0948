"""The servers that are compared: each is started on a free port of the loopback, serves the same
path, and is stopped again."""

import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

BODY_SIZE_BYTES = 64
START_TIMEOUT_S = 20


class BenchError(Exception):
    """Something that keeps the benchmark from measuring; the message says what to do."""


class Server:
    """A running server: its name, its process, and where the 64 bytes are."""

    def __init__(self, name, process, port, path, token):
        self.name = name
        self.process = process
        self.port = port
        self.path = path
        self.token = token

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def process_ids(self):
        """The process and its children (nginx's workers)."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid] + [int(child) for child in children.split()]

    def pin(self, cpus):
        """Lets every thread run on these processors only, so that runs can be compared."""
        for pid in self.process_ids():
            for task in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(task), cpus)

    def request(self, method, body=None, path=None, headers=None):
        """One request outside the measurement: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(
                method,
                path or self.path,
                body,
                {"Authorization": f"Bearer {self.token}", **(headers or {})},
            )
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def check(self, keeps_what_is_put):
        """A fast wrong answer must not win."""
        content = bytes(range(0x20, 0x20 + BODY_SIZE_BYTES))
        status, _ = self.request("PUT", content)
        if status not in (201, 204):
            raise BenchError(f"{self.name}: PUT {self.path} answers {status}, not 204")
        status, body = self.request("GET")
        if status != 200 or len(body) != BODY_SIZE_BYTES:
            raise BenchError(f"{self.name}: GET {self.path} answers {status}, {len(body)} bytes")
        if keeps_what_is_put and body != content:
            raise BenchError(f"{self.name}: GET {self.path} does not return what was put there")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read_ready_line(process, name, log):
    """The first line of a server's standard output; it says on which port it listens."""
    readable, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline() if readable else ""
    match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    if not match:
        process.kill()
        process.wait()
        raise BenchError(
            f"{name} did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
        )
    return int(match.group(1))


def spawn(name, command, folder, environment=None):
    log = folder / f"{name}.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    return process, log


def start_daemon(build, threads, folder, tool=(), options=()):
    """sectiond with its default settings, or these; `tool` goes before its command."""
    state = folder / "state"
    state.mkdir()
    process, log = spawn(
        "sectiond",
        [*tool, build / "server" / "sectiond", "--listen", "127.0.0.1:0",
         "--threads", str(threads), *map(str, options)],
        folder,
        {"STATE_DIRECTORY": str(state)},
    )
    port = read_ready_line(process, "sectiond", log)
    token = (state / "token").read_text(encoding="ascii").split()[-1]
    return Server("sectiond", process, port, "/healthz", token)


def create_section(daemon):
    """Gives the daemon the 64 bytes that it is to serve."""
    status, body = daemon.request(
        "POST",
        json.dumps({"size": BODY_SIZE_BYTES}),
        "/v1/sections",
        {"Content-Type": "application/json"},
    )
    if status != 201:
        raise BenchError(f"sectiond: POST /v1/sections answers {status}: {body!r}")
    daemon.path = f"/v1/sections/{json.loads(body)['id']}/data"


def start_control(build, threads, folder, like):
    process, log = spawn("control", [build / "tests/bench/bench_control", str(threads)], folder)
    port = read_ready_line(process, "control", log)
    return Server("control", process, port, like.path, like.token)


NGINX_CONFIGURATION = """
daemon off;
{user}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr;
events {{ use epoll; worker_connections 1024; }}
http {{
    access_log off;
    sendfile off;   # for files this small the faster way
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    client_body_in_single_buffer on;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/root;
        location / {{ dav_methods PUT; }}
    }}
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_nginx(workers, folder, like):
    """nginx with its WebDAV module over a folder on tmpfs; its temporary files lie there too."""
    executable = shutil.which("nginx") or "/usr/sbin/nginx"
    file = folder / "root" / like.path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(BODY_SIZE_BYTES))
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        NGINX_CONFIGURATION.format(
            folder=folder,
            port=port,
            workers=workers,
            user="user root;" if os.geteuid() == 0 else "",
        ),
        encoding="utf-8",
    )
    process, log = spawn("nginx", [executable, "-e", "stderr", "-c", configuration], folder)
    server = Server("nginx", process, port, like.path, like.token)
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            server.request("GET")
            return server
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                server.stop()
                raise BenchError(
                    "nginx did not start: "
                    + log.read_text(encoding="utf-8", errors="replace")[-2000:]
                ) from None
            time.sleep(0.02)
