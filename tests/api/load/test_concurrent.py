"""What several clients at once may rely on."""

import threading

import build
from at_once import run_all
from client import expect_status

WHOLE = 65_536


def test_reads_and_writes_of_64_kib_never_interleave(daemon, client):
    section = client.create(size=WHOLE)["id"]
    done = threading.Event()

    def write(number):
        own = daemon.client()
        try:
            for turn in range(100 if build.ON_WINDOWS else 300):
                own.write(section, bytes([(number + 2 * turn) % 256]) * WHOLE)
        finally:
            done.set()
            own.close()

    def read():
        own = daemon.client()
        seen = set()
        while not done.is_set() or not seen:
            data = own.read(section, 0, WHOLE)
            assert data.count(data[0]) == WHOLE, "a mixture of two writes"
            seen.add(data[0])
        own.close()

    run_all(lambda: write(0), lambda: write(1), read, read)


def test_if_match_makes_a_counter_that_loses_nothing(daemon, client):
    section = client.create(size=8)["id"]
    path = f"/v1/sections/{section}/data?offset=0&length=8"
    client_count, turns = 4, 25

    def count():
        own = daemon.client()
        added = 0
        while added < turns:
            reply = own.get(path)
            value = int.from_bytes(reply.body, "little") + 1
            answer = own.put(path, value.to_bytes(8, "little"),
                             {"If-Match": reply.headers["ETag"]})
            assert answer.status in (204, 412), answer
            added += answer.status == 204
        own.close()

    run_all(*[count] * client_count)
    assert int.from_bytes(client.read(section, 0, 8), "little") == client_count * turns


def test_ids_are_unique_under_load(daemon):
    ids = []

    def create():
        own = daemon.client()
        ids.extend(own.create(size=1)["id"] for _ in range(25))
        own.close()

    run_all(*[create] * 8)
    assert len(set(ids)) == 200


def test_one_name_is_created_once_however_many_ask(daemon, client, names):
    for name in names(5):
        created = []

        def create():
            own = daemon.client()
            reply = own.post("/v1/sections", {"name": name, "size": 4096})
            assert reply.status in (200, 201), reply
            created.append(reply.json()["created"])
            own.close()

        run_all(*[create] * 8)
        assert created.count(True) == 1


def test_if_exists_fail_lets_one_through_however_many_ask(daemon, name):
    statuses = []

    def create():
        own = daemon.client()
        reply = own.post("/v1/sections", {"name": name, "size": 4096, "if_exists": "fail"})
        statuses.append(reply.status)
        own.close()

    run_all(*[create] * 8)
    assert sorted(statuses) == [201] + [409] * 7


def test_two_deletes_of_one_id_succeed_once(daemon, client):
    for _ in range(10):
        section = client.create(size=1)["id"]
        statuses = []

        def delete():
            own = daemon.client()
            statuses.append(own.delete(f"/v1/sections/{section}").status)
            own.close()

        run_all(*[delete] * 4)
        assert sorted(statuses) == [204, 404, 404, 404]


def test_a_slow_reader_does_not_hold_up_others(daemon, client):
    """A client that asks for much and reads nothing keeps its own connection waiting only."""
    import socket
    section = client.create(size=32 << 20)["id"]
    slow = []
    for _ in range(8):
        connection = socket.create_connection(("127.0.0.1", daemon.port))
        connection.sendall(
            f"GET /v1/sections/{section}/data HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\n"
            f"Authorization: Bearer {daemon.token}\r\n\r\n".encode())
        slow.append(connection)
    for _ in range(20):
        expect_status(client.put(f"/v1/sections/{section}/data", b"x" * 1000), 204)
        assert client.read(section, 0, 4) == b"xxxx"
    for connection in slow:
        connection.close()
