"""If-Match and what stands around it: locks, waits, headers, and what is set aside meanwhile."""

import base64
import threading

import pytest

from client import expect_problem, expect_status
from daemon import wait_until

SIZE = 64 << 10
COPIES = 150


def test_copies_in_both_directions_under_if_match_do_not_lock_each_other_out(start_daemon):
    daemon = start_daemon("--threads", "2")
    client = daemon.client()
    pair = [client.create(size=SIZE)["id"] for _ in range(2)]
    failed = []

    def copy(to, source):
        own = daemon.client(timeout_s=60)
        for _ in range(COPIES):
            reply = own.json("POST", f"/v1/sections/{to}/copy",
                             {"from": source, "length": 32000}, {"If-Match": "*"})
            if reply.status != 204:
                failed.append(reply)

    threads = [threading.Thread(target=copy, args=(pair if i % 2 else pair[::-1]))
               for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    assert not failed
    expect_status(client.get("/healthz"), 200)


def test_a_copy_within_one_object_under_if_match_ends(client, peer, name):
    first = client.create(name, size=SIZE)["id"]
    second = client.open(name)["id"]
    client.write(first, b"abc")
    reply = client.json("POST", f"/v1/sections/{first}/copy",
                        {"from": second, "offset": 100, "length": 3}, {"If-Match": "*"})
    expect_status(reply, 204)
    assert client.read(first, 100, 3) == b"abc"


def test_values_far_apart_are_set_aside_by_their_number(client):
    section = client.create(size=64 << 20)["id"]
    reply = expect_status(client.get(f"/v1/sections/{section}/values?type=u8&stride=4096"), 200)
    assert len(reply.json()["values"]) == (64 << 20) // 4096
    result = client.post("/v1/batch", {"ops": [
        {"op": "read", "id": section, "type": "u8", "stride": 4096}]}).json()["results"][0]
    assert len(result["values"]) == (64 << 20) // 4096


def test_a_short_text_in_a_large_section_can_be_waited_for(client):
    section = client.create(size=1 << 20)["id"]
    path = f"/v1/sections/{section}/text?encoding=utf-8"
    expect_status(client.put(path, "hello"), 204)
    etag = expect_status(client.get(path), 200).headers["ETag"]
    expect_status(client.get(path + "&wait=50ms", {"If-None-Match": etag}), 304)


def test_a_long_text_cannot_be_waited_for(client):
    section = client.create(size=1 << 20)["id"]
    client.write(section, b"a" * (128 << 10))
    reply = client.get(f"/v1/sections/{section}/text?encoding=utf-8&wait=1s",
                       {"If-None-Match": '"x"'})
    expect_problem(reply, 400, "bad_size")


def test_a_chunked_body_is_held_to_length_however_long_it_is(client):
    section = client.create(size=1 << 20)["id"]
    reply = client.put(f"/v1/sections/{section}/data?length=10", [b"x" * 30000] * 5)
    expect_problem(reply, 400, "bad_size")
    assert client.read(section, 0, 16) == bytes(16)


def test_a_long_text_under_if_match_is_refused(client):
    section = client.create(size=1 << 20)["id"]
    reply = client.put(f"/v1/sections/{section}/text?encoding=utf-8", "x" * 70000,
                       {"If-Match": "*"})
    expect_problem(reply, 400, "bad_size")
    assert client.read(section, 0, 4) == bytes(4)


def test_what_many_small_reads_answer_is_set_aside(start_daemon):
    client = start_daemon("--max-buffer-bytes", "64K").client()
    section = client.create(size=4096)["id"]
    reply = client.post("/v1/batch", {"ops": [{"op": "read", "id": section, "length": 500}] * 256})
    expect_problem(reply, 507, "quota_exceeded")
    wait_until(lambda: client.get("/v1/info").json()["buffer_bytes"] == 0, "nothing is set aside")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_body_is_set_aside_whatever_its_encoding(start_daemon, encoding):
    client = start_daemon("--max-buffer-bytes", "8M").client()
    section = client.create(size=8 << 20)["id"]
    reply = client.put(f"/v1/sections/{section}/text?encoding={encoding}", "x" * (2 << 20))
    expect_problem(reply, 507, "quota_exceeded")
    data = base64.b64encode(b"ok").decode()
    result = client.post("/v1/batch", {"ops": [{"op": "write", "id": section, "data": data}]})
    assert result.json()["results"] == [{}]
