"""POST /v1/sections/{id}/atomic: operations of the CPU on the shared page."""

import struct
import threading

import pytest

from client import expect_problem, expect_status
from roles import with_roles

SIZE = 4096
BITS = {"u32": 32, "i32": 32, "u64": 64, "i64": 64}
LETTERS = {"u32": "I", "i32": "i", "u64": "Q", "i64": "q"}

CLIENT_ADDS = 5000
PEER_ADDS = 100000
PEER_ADDS_AT_ONCE = 200
PEER_LOCKS_AT_ONCE = 20


def ask(client, section, op, type, offset=0, **operands):
    document = {"op": op, "type": type, "offset": offset, **operands}
    return client.post(f"/v1/sections/{section}/atomic", document)


def done(client, section, op, type, offset=0, **operands):
    """(previous, current, swapped), as integers."""
    reply = expect_status(ask(client, section, op, type, offset, **operands), 200).json()
    assert set(reply) == {"previous", "current", "swapped"}
    for key in ("previous", "current"):
        assert isinstance(reply[key], str if BITS[type] == 64 else int), reply
    assert isinstance(reply["swapped"], bool)
    return int(reply["previous"]), int(reply["current"]), reply["swapped"]


def wrapped(type, number):
    number %= 2**BITS[type]
    return number - 2**BITS[type] if type[0] == "i" and number >= 2**(BITS[type] - 1) else number


def limits(type):
    bits = BITS[type]
    return (0, 2**bits - 1) if type[0] == "u" else (-2**(bits - 1), 2**(bits - 1) - 1)


OPERATIONS = {
    "store": lambda old, value: value, "exchange": lambda old, value: value,
    "add": lambda old, value: old + value, "sub": lambda old, value: old - value,
    "and": lambda old, value: old & value, "or": lambda old, value: old | value,
    "xor": lambda old, value: old ^ value}


@pytest.mark.parametrize("type", BITS)
@pytest.mark.parametrize("op", OPERATIONS)
def test_an_operation_does_what_it_says_and_wraps_around(client, section, op, type):
    least, most = limits(type)
    numbers = [least, most, 0, 1, most // 3, most - 5]
    offset = 64
    for old in numbers:
        for value in numbers:
            packed = struct.pack("<" + LETTERS[type], old)
            client.write(section, b"\xAA" * 8 + packed + b"\xAA" * 8, offset - 8)
            new = wrapped(type, OPERATIONS[op](old, value))
            assert done(client, section, op, type, offset, value=str(value)) == (old, new, True)
            expected = b"\xAA" * 8 + struct.pack("<" + LETTERS[type], new) + b"\xAA" * 8
            assert client.read(section, offset - 8, len(expected)) == expected


@pytest.mark.parametrize("type", BITS)
def test_load_changes_nothing(client, section, untouched, type):
    size = BITS[type] // 8
    number = struct.unpack("<" + LETTERS[type], bytes(range(248, 248 + size)))[0]
    assert done(client, section, "load", type, 248) == (number, number, False)


@pytest.mark.parametrize("type", BITS)
def test_cas_stores_only_where_it_finds_what_it_expects(client, section, type):
    least, most = limits(type)
    done(client, section, "store", type, 8, value=str(most))
    assert done(client, section, "cas", type, 8, value="1", expected=str(least)) == (
        most, most, False)
    assert done(client, section, "load", type, 8) == (most, most, False)
    assert done(client, section, "cas", type, 8, value=str(least), expected=str(most)) == (
        most, least, True)
    assert done(client, section, "load", type, 8) == (least, least, False)


def test_operands_are_integers_or_strings(client, section):
    assert done(client, section, "add", "u64", value=2**53) == (0, 2**53, True)
    assert done(client, section, "add", "u64", value=1.0) == (2**53, 2**53 + 1, True)
    assert done(client, section, "store", "i32", value="-5") == (1, -5, True)
    assert done(client, section, "cas", "i32", value=7.0, expected="-5") == (-5, 7, True)


@pytest.mark.parametrize("document, code", [
    ({"op": "add", "type": "u32", "value": 2**32}, "bad_value"),
    ({"op": "add", "type": "u32", "value": -1}, "bad_value"),
    ({"op": "add", "type": "i32", "value": 2**31}, "bad_value"),
    ({"op": "add", "type": "u64", "value": str(2**64)}, "bad_value"),
    ({"op": "add", "type": "u64", "value": 2**60}, "bad_value"),
    ({"op": "add", "type": "i64", "value": str(-2**63 - 1)}, "bad_value"),
    ({"op": "add", "type": "u32", "value": 1.5}, "bad_value"),
    ({"op": "add", "type": "u32", "value": "x"}, "bad_value"),
    ({"op": "add", "type": "u32", "value": True}, "bad_value"),
    ({"op": "add", "type": "u32", "value": [1]}, "bad_value"),
    ({"op": "cas", "type": "u32", "value": 1, "expected": -1}, "bad_value"),
    ({"op": "add", "type": "u32"}, "bad_json"),
    ({"op": "add", "type": "u32", "value": None}, "bad_json"),
    ({"op": "cas", "type": "u32", "value": 1}, "bad_json"),
    ({"op": "cas", "type": "u32", "expected": 1}, "bad_json"),
    ({"op": "add", "type": "u32", "value": 1, "expected": 1}, "bad_json"),
    ({"op": "load", "type": "u32", "value": 1}, "bad_json"),
    ({"op": "nand", "type": "u32", "value": 1}, "bad_json"),
    ({"op": "ADD", "type": "u32", "value": 1}, "bad_json"),
    ({"op": 1, "type": "u32", "value": 1}, "bad_json"),
    ({"type": "u32", "value": 1}, "bad_json"),
    ({"op": "add", "type": "u32", "value": 1, "ofset": 8}, "bad_json"),
    ({"op": "add", "value": 1}, "bad_type"),
    ({"op": "add", "type": "u16", "value": 1}, "bad_type"),
    ({"op": "add", "type": "f64", "value": 1}, "bad_type"),
    ({"op": "add", "type": "bool8", "value": 1}, "bad_type"),
    ({"op": "add", "type": "int", "value": 1}, "bad_type"),
    ({"op": "add", "type": "u32", "value": 1, "offset": -4}, "bad_offset"),
    ({"op": "add", "type": "u32", "value": 1, "offset": 0.5}, "bad_offset"),
    ({"op": "add", "type": "u32", "value": 1, "offset": 2**53}, "bad_offset"),
    ({"op": "add", "type": "u32", "value": 1, "offset": "8"}, "bad_json")])
def test_malformed_operations_are_400(client, section, untouched, document, code):
    expect_problem(client.post(f"/v1/sections/{section}/atomic", document), 400, code)
    expect_problem(client.post("/v1/sections/999999/atomic", document), 400, code)


@pytest.mark.parametrize("type", BITS)
def test_a_place_that_is_not_aligned_is_400(client, section, untouched, type):
    size = BITS[type] // 8
    for offset in range(size):
        reply = ask(client, section, "load", type, 8 + offset)
        if offset == 0:
            expect_status(reply, 200)
        else:
            expect_problem(reply, 400, "bad_offset")


def test_alignment_counts_from_the_section_not_from_the_view(client, name):
    client.create(name, size=SIZE)
    part = client.open(name, view={"offset": 4, "length": 100})["id"]
    expect_status(ask(client, part, "load", "u32", 0), 200)
    expect_problem(ask(client, part, "load", "u64", 0), 400, "bad_offset")
    assert done(client, part, "add", "u64", 4, value=1) == (0, 1, True)


@pytest.mark.parametrize("type, offset", [
    ("u32", 4096), ("u64", 4096), ("u32", 2**53 - 4), ("u64", 2**53 - 8)])
def test_a_place_outside_the_view_is_416(client, section, untouched, type, offset):
    reply = ask(client, section, "add", type, offset, value=1)
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == "bytes */4096"


def test_a_place_that_only_begins_inside_the_view_is_416(client, name):
    client.create(name, size=SIZE)
    part = client.open(name, view={"offset": 0, "length": 12})["id"]
    expect_status(ask(client, part, "load", "u32", 8), 200)
    expect_problem(ask(client, part, "load", "u64", 8), 416, "range_not_satisfiable")


def test_a_read_only_section_can_be_loaded_from(client, name):
    client.create(name)
    read_only = client.open(name, access="read")["id"]
    assert done(client, read_only, "load", "u64") == (0, 0, False)
    for op in OPERATIONS:
        expect_problem(ask(client, read_only, op, "u64", value=0), 403, "read_only")
    reply = ask(client, read_only, "cas", "u64", value=1, expected=5)
    expect_problem(reply, 403, "read_only")


@pytest.mark.parametrize("body, media, status, code", [
    ("", "application/json", 400, "bad_json"), ("[]", "application/json", 400, "bad_json"),
    ('{"op":"load","op":"load","type":"u32"}', "application/json", 400, "bad_json"),
    ('{"op":"load","type":"u32"}', "text/plain", 415, "unsupported_media_type")])
def test_malformed_bodies_are_refused(client, section, body, media, status, code):
    reply = client.request("POST", f"/v1/sections/{section}/atomic", body, {"Content-Type": media})
    expect_problem(reply, status, code)


def test_get_is_405(client, section):
    reply = client.get(f"/v1/sections/{section}/atomic")
    expect_problem(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"] == "POST, OPTIONS"


def test_the_role_read_may_load_and_nothing_else(start_daemon, tmp_path):
    clients = with_roles(start_daemon, tmp_path)
    section = clients["admin"].create(size=SIZE)["id"]
    assert done(clients["read"], section, "load", "u32") == (0, 0, False)
    for op in OPERATIONS:
        expect_problem(ask(clients["read"], section, op, "u32", value=1), 403, "forbidden_role")
        expect_status(ask(clients["write"], section, op, "u32", value=1), 200)
    reply = ask(clients["read"], section, "cas", "u32", value=1, expected=0)
    expect_problem(reply, 403, "forbidden_role")


def in_threads(count, work):
    """Runs work(i) in threads; what one of them raised is raised here."""
    raised = []

    def run(i):
        try:
            work(i)
        except BaseException as error:  # noqa: B902 (told below)
            raised.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_sums_are_exact_against_native_programs(daemon, client, start_peer, name):
    """Two programs add natively while four clients add, one by one and in batches."""
    peers = [start_peer(), start_peer()]
    peers[0].create("a", SIZE, name)
    peers[1].open("a", name)
    section = client.open(name)["id"]

    op = {"op": "atomic", "id": section, "atomic": "add", "type": "u64", "offset": 64,
          "value": "1"}

    def add():
        own = daemon.client()
        for _ in range(CLIENT_ADDS // 200):
            reply = expect_status(own.post("/v1/batch", {"ops": [op] * 100}), 200).json()
            assert all(result["swapped"] for result in reply["results"])
            for _ in range(100):
                done(own, section, "add", "u64", 64, value="1")
        own.close()

    def add_natively(peer):
        for _ in range(PEER_ADDS // PEER_ADDS_AT_ONCE):
            peer.add("a", PEER_ADDS_AT_ONCE, 64)

    # In small portions: all at once they would be over before the first client has begun.
    in_threads(6, lambda i: add() if i < 4 else add_natively(peers[i - 4]))
    total = 4 * CLIENT_ADDS + 2 * PEER_ADDS
    assert done(client, section, "load", "u64", 64) == (total, total, False)
    assert struct.unpack("<Q", peers[1].read("a", 8, 64)) == (total,)


def test_cas_is_a_lock(daemon, client, start_peer, name):
    """What is read, changed and written under it, here and in other programs, loses nothing."""
    rounds = CLIENT_ADDS // 100
    peers = [start_peer(), start_peer()]
    peers[0].create("a", SIZE, name)
    peers[1].open("a", name)
    section = client.open(name)["id"]

    def count_up():
        own = daemon.client()
        for _ in range(rounds):
            while not done(own, section, "cas", "u32", 0, value=1, expected=0)[2]:
                pass
            number = int.from_bytes(own.read(section, 100, 4), "little")
            own.write(section, (number + 1).to_bytes(4, "little"), 100)
            assert done(own, section, "exchange", "u32", 0, value=0)[0] == 1
        own.close()

    def count_up_natively(peer):
        for _ in range(rounds):
            peer.lock_add("a", PEER_LOCKS_AT_ONCE, lock_offset=0, offset=100)

    in_threads(6, lambda i: count_up() if i < 4 else count_up_natively(peers[i - 4]))
    total = 4 * rounds + 2 * rounds * PEER_LOCKS_AT_ONCE
    assert int.from_bytes(client.read(section, 100, 4), "little") == total
    assert int.from_bytes(peers[0].read("a", 4, 0), "little") == 0, "the lock is free"


@pytest.mark.linux
def test_what_was_cut_away_is_410(client, peer, name):
    peer.create("a", 65536, name)
    section = client.open(name)["id"]
    other = client.create(size=SIZE)["id"]
    peer.resize("a", 100)
    for op in ({"op": "load"}, {"op": "add", "value": 1}):
        document = {**op, "type": "u32", "offset": 8192}
        expect_problem(client.post(f"/v1/sections/{section}/atomic", document), 410, "section_gone")
        document["offset"] = 200  # on the page that is still there
        expect_problem(client.post(f"/v1/sections/{section}/atomic", document), 410, "section_gone")
    assert done(client, section, "add", "u32", 96, value=1) == (0, 1, True)
    assert done(client, other, "add", "u32", 96, value=1) == (0, 1, True)
    peer.resize("a", 65536)
    assert done(client, section, "add", "u32", 8192, value=1) == (0, 1, True)
