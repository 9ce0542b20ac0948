"""Event streams: uploads that store a part and then fail."""

import pytest

from client import expect_status, status_of
from daemon import wait_until
from events import EventStream
from slow_clients import connect, head


def upload_too_much(daemon, path, size):
    """Its length is not known before, so all that fits is stored."""
    with connect(daemon) as connection:
        connection.sendall(head(daemon, f"PUT {path} HTTP/1.1", "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b"u" * 65536 + b"\r\n"
        connection.sendall(chunk * (size // 65536 + 1) + b"0\r\n\r\n")
        assert status_of(connection.recv(65536)) == 416


def upload_a_part(daemon, path, size):
    with connect(daemon) as connection:
        connection.sendall(head(daemon, f"PUT {path} HTTP/1.1", f"Content-Length: {size}")
                           + b"u" * (size // 2))
        reader = daemon.client()
        wait_until(lambda: reader.get(f"{path}?length=1").body == b"u", "a part is stored")


@pytest.mark.parametrize("backing", ["memory", "file"])
@pytest.mark.parametrize("fail", [upload_too_much, upload_a_part])
def test_what_an_upload_has_stored_is_told_at_once_though_it_failed(start_daemon, tmp_path, fail,
                                                                    backing):
    daemon = start_daemon("--files", str(tmp_path))
    client = daemon.client()
    size = 4 * 65536
    made = {"size": size} if backing == "memory" else {"size": size, "backing": {"file": "f"}}
    section = expect_status(client.post("/v1/sections", made), 201).json()["id"]
    stream = EventStream(
        daemon, f"/v1/sections/{section}/events?length=64&interval_ms=60000").start()
    stream.expect("snapshot")
    for mark in b"abc":  # an interval may end just then, but not three times
        client.write(section, bytes([mark]) * 64, 0)
        stream.expect("change")
        fail(daemon, f"/v1/sections/{section}/data", size)
        assert stream.expect("change").data["ranges"]
    written = client.section(section)["stats"]["bytes_written"]
    assert written >= 3 * 65536
    stream.close()
