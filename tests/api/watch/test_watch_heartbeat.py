"""The comment that comes every 15 seconds, and who is found to be gone by it."""

import subprocess
import sys
import time

import build
from client import expect_status
from daemon import wait_until
from events import EventStream

SUPPORT = build.SOURCE / "tests/api/support"
HEARTBEAT_S = 15
KILLED = 100 if build.LONG else 20

HOLDER = """
import sys
sys.path.insert(0, sys.argv[1])
from types import SimpleNamespace
from events import EventStream
daemon = SimpleNamespace(port=int(sys.argv[2]), token=sys.argv[3])
streams = [EventStream(daemon, sys.argv[4]).start() for _ in range(int(sys.argv[5]))]
for stream in streams:
    stream.expect("snapshot")
print("ready", flush=True)
sys.stdin.read()
"""


def test_killed_clients_are_noticed_by_the_next_heartbeat(start_daemon):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(size=4096)["id"]
    path = f"/v1/sections/{section}/events?length=64&interval_ms=1000"
    holder = subprocess.Popen(
        [sys.executable, "-B", "-c", HOLDER, str(SUPPORT), str(daemon.port), daemon.token, path,
         str(KILLED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"ready\n"
    opened = time.monotonic()
    stays = EventStream(daemon, path).start()
    stays.expect("snapshot")
    assert client.section(section)["stats"]["watchers"] == KILLED + 1
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    stays.next_comment()
    assert time.monotonic() - opened >= HEARTBEAT_S - 1, "not before it is due"
    # Those that were opened before this one had their heartbeat before it.
    wait_until(lambda: client.section(section)["stats"]["watchers"] == 1, "the killed are noticed")
    client.write(section, b"and it goes on")
    stays.expect("change")
    stays.close()
    expect_status(client.get("/healthz"), 200)
    client.close()


def test_a_heartbeat_is_whole_whatever_changes_meanwhile(start_daemon, peer, name):
    daemon = start_daemon()
    client = daemon.client()
    section = client.create(name=name, size=4096)["id"]
    peer.open("a", name)
    path = f"/v1/sections/{section}/events?length=8&interval_ms=1"
    first = EventStream(daemon, path).start()
    first.expect("snapshot")
    streams = [EventStream(daemon, path).start() for _ in range(40)]
    for stream in streams:
        stream.expect("snapshot")
    first.next_comment()
    peer.start_count("a", 1000000, 500)  # until it is killed: the others' heartbeats are due now
    try:
        while waiting := [stream for stream in streams if stream.comments == 0]:
            for stream in waiting:
                stream.expect("change")
    finally:
        peer.kill()
    for stream in [first] + streams:
        stream.close()
    client.close()
