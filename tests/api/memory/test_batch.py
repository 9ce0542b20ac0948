"""POST /v1/batch: many small operations, each with an answer in its place."""

import base64

import pytest

from client import expect_problem, expect_status
from memory_bounds import expect_growth_within, peak_bytes
from roles import with_roles

SIZE = 4096


@pytest.fixture
def section(client):
    return client.create(size=SIZE)["id"]


def b64(data):
    return base64.b64encode(data).decode()


def results(client, *ops):
    reply = expect_status(client.post("/v1/batch", {"ops": list(ops)}), 200).json()
    assert set(reply) == {"results"}
    assert len(reply["results"]) == len(ops)
    return reply["results"]


def expect_problems(answers, status, code):
    for answer in answers:
        assert answer["status"] == status and answer["code"] == code, answer
        assert answer["type"] == f"/v1/errors#{code}" and answer["title"] and answer["detail"]


def test_the_operations_of_the_contract(client, section):
    answers = results(
        client,
        {"op": "write", "id": section, "offset": 0, "data": b64(b"hello, batch")},
        {"op": "read", "id": section, "offset": 7, "length": 5},
        {"op": "write", "id": section, "offset": 16, "type": "u32", "values": [1, 4294967295]},
        {"op": "read", "id": section, "offset": 16, "type": "i32", "count": 2},
        {"op": "write", "id": section, "offset": 32, "type": "f64", "values": [1.5, "NaN"]},
        {"op": "read", "id": section, "offset": 32, "type": "f64", "count": 2},
        {"op": "atomic", "id": section, "atomic": "add", "type": "u64", "offset": 64, "value": "1"},
        {"op": "atomic", "id": section, "atomic": "cas", "type": "u32", "offset": 64, "value": 5,
         "expected": 2},
        {"op": "atomic", "id": section, "atomic": "load", "type": "i32", "offset": 64})
    assert answers == [
        {}, {"data": b64(b"batch")}, {}, {"values": [1, -1]}, {}, {"values": [1.5, "NaN"]},
        {"previous": "0", "current": "1", "swapped": True},
        {"previous": 1, "current": 1, "swapped": False},
        {"previous": 1, "current": 1, "swapped": False}]
    assert client.read(section, 0, 12) == b"hello, batch"


def test_operations_are_done_in_order(client, section):
    ops = []
    for i in range(512):
        ops.append({"op": "write", "id": section, "offset": 0, "type": "u16", "values": [i]})
        ops.append({"op": "read", "id": section, "offset": 0, "type": "u16", "count": 1})
    assert results(client, *ops)[1::2] == [{"values": [i]} for i in range(512)]


def test_operations_may_name_several_sections_in_every_way(client, name):
    first = client.create(name)["id"]
    second = client.create()["id"]
    ops = [{"op": "write", "id": f"@{name}", "offset": 0, "data": b64(b"first")},
           {"op": "write", "id": str(second), "offset": 0, "data": b64(b"other")},
           {"op": "read", "id": first, "offset": 0, "length": 5},
           {"op": "read", "id": float(second), "offset": 0, "length": 5},
           {"op": "read", "id": "@" + name + "X", "offset": 0, "length": 5},
           {"op": "read", "id": second + 1000, "offset": 0, "length": 5}]
    answers = results(client, *ops)
    assert answers[:4] == [{}, {}, {"data": b64(b"first")}, {"data": b64(b"other")}]
    expect_problems(answers[4:], 404, "not_found")


def test_strides_and_byte_orders_are_those_of_values(client, section):
    answers = results(
        client,
        {"op": "write", "id": section, "offset": 1, "type": "u16", "values": [258, 772],
         "stride": 5, "endian": "big"},
        {"op": "read", "id": section, "offset": 1, "type": "u16", "count": 2, "stride": 5},
        {"op": "read", "id": section, "offset": 0, "length": 9})
    assert answers[1] == {"values": [513, 1027]}
    assert answers[2] == {"data": b64(b"\0\1\2\0\0\0\3\4\0")}


def test_what_is_not_given_is_what_fits(client, section):
    client.write(section, b"\7" * SIZE)
    answers = results(client, {"op": "read", "id": section},
                      {"op": "read", "id": section, "offset": 4090},
                      {"op": "read", "id": section, "offset": 4080, "type": "u64"})
    assert answers == [{"data": b64(b"\7" * SIZE)}, {"data": b64(b"\7" * 6)},
                       {"values": [str(0x0707070707070707)] * 2}]


BAD_OPS = [
    ({}, 400, "bad_json"), ({"op": "read"}, 400, "bad_json"), ({"id": 1}, 400, "bad_json"),
    ({"op": "erase", "id": 1}, 400, "bad_json"), ({"op": 1, "id": 1}, 400, "bad_json"),
    ({"op": "read", "id": None}, 400, "bad_json"), ({"op": "read", "id": -1}, 400, "bad_json"),
    ({"op": "read", "id": 1.5}, 400, "bad_json"), ({"op": "read", "id": []}, 400, "bad_json"),
    ({"op": "read", "id": "x"}, 404, "not_found"), ({"op": "read", "id": ""}, 404, "not_found"),
    ({"op": "read", "id": 0}, 404, "not_found"), ({"op": "read", "id": "@"}, 400, "bad_name"),
    ({"op": "read", "length": 0}, 400, "bad_size"), ({"op": "read", "length": -1}, 400, "bad_size"),
    ({"op": "read", "length": "1"}, 400, "bad_json"),
    ({"op": "read", "offset": -1}, 400, "bad_offset"),
    ({"op": "read", "offset": 4096}, 416, "range_not_satisfiable"),
    ({"op": "read", "offset": 4095, "length": 2}, 416, "range_not_satisfiable"),
    ({"op": "read", "offset": 2**53 - 1, "length": 2**53 - 1}, 416, "range_not_satisfiable"),
    ({"op": "read", "ofset": 0}, 400, "bad_json"), ({"op": "read", "data": ""}, 400, "bad_json"),
    ({"op": "read", "type": "u8", "length": 1}, 400, "bad_json"),
    ({"op": "read", "count": 1}, 400, "bad_json"),
    ({"op": "read", "endian": "big"}, 400, "bad_json"),
    ({"op": "read", "type": "u9"}, 400, "bad_type"),
    ({"op": "read", "type": "u8", "count": 0}, 400, "bad_size"),
    ({"op": "read", "type": "u8", "count": 65537}, 400, "bad_size"),
    ({"op": "read", "type": "u32", "stride": 3}, 400, "bad_size"),
    ({"op": "read", "type": "u8", "endian": "middle"}, 400, "bad_json"),
    ({"op": "read", "type": "u8", "count": 4097}, 416, "range_not_satisfiable"),
    ({"op": "write"}, 400, "bad_json"), ({"op": "write", "type": "u8"}, 400, "bad_json"),
    ({"op": "write", "values": [1]}, 400, "bad_json"),
    ({"op": "write", "type": "u8", "data": "AA=="}, 400, "bad_json"),
    ({"op": "write", "type": "u8", "values": 1}, 400, "bad_json"),
    ({"op": "write", "type": "u8", "values": [256]}, 400, "bad_value"),
    ({"op": "write", "type": "u8", "values": [1], "count": 1}, 400, "bad_json"),
    ({"op": "write", "data": "AA=", "offset": 0}, 400, "bad_value"),
    ({"op": "write", "data": "AB==", "offset": 0}, 400, "bad_value"),
    ({"op": "write", "data": "A-_=", "offset": 0}, 400, "bad_value"),
    ({"op": "write", "data": "AAAA\n", "offset": 0}, 400, "bad_value"),
    ({"op": "write", "data": "AAAA", "length": 3}, 400, "bad_json"),
    ({"op": "write", "data": "AAAA", "offset": 4094}, 416, "range_not_satisfiable"),
    ({"op": "write", "type": "u32", "values": [1], "offset": 4093}, 416, "range_not_satisfiable"),
    ({"op": "read", "encoding": "utf-8", "type": "u8"}, 400, "bad_json"),
    ({"op": "read", "encoding": "klingon"}, 400, "bad_encoding"),
    ({"op": "read", "encoding": ""}, 400, "bad_encoding"),
    ({"op": "read", "encoding": "cp99999"}, 400, "bad_encoding"),
    ({"op": "read", "encoding": 1}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "count": 1}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "text": "x"}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "terminator": True}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "length": 0}, 400, "bad_size"),
    ({"op": "read", "encoding": "utf-8", "length": 1048577}, 416, "range_not_satisfiable"),
    ({"op": "read", "encoding": "utf-8", "field": True}, 400, "bad_size"),
    ({"op": "read", "encoding": "utf-8", "field": 1, "length": 1}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "errors": "ignore"}, 400, "bad_json"),
    ({"op": "read", "encoding": "utf-8", "offset": 4096}, 416, "range_not_satisfiable"),
    ({"op": "read", "encoding": "utf-8", "offset": 4090, "length": 7}, 416, "range_not_satisfiable"),
    ({"op": "read", "errors": "replace"}, 400, "bad_json"),
    ({"op": "read", "field": True}, 400, "bad_json"),
    ({"op": "read", "type": "u8", "field": True}, 400, "bad_json"),
    ({"op": "write", "encoding": "utf-8"}, 400, "bad_json"),
    ({"op": "write", "text": "x"}, 400, "bad_json"),
    ({"op": "write", "encoding": "utf-8", "data": "AA=="}, 400, "bad_json"),
    ({"op": "write", "encoding": "utf-8", "text": "x", "errors": "replace"}, 400, "bad_json"),
    ({"op": "write", "encoding": "utf-8", "text": "abc", "length": 3}, 400, "bad_size"),
    ({"op": "write", "encoding": "utf-8", "text": "abc", "field": True}, 400, "bad_size"),
    ({"op": "write", "encoding": "utf-8", "text": "abcd", "field": True, "length": 3}, 400, "bad_size"),
    ({"op": "write", "encoding": "utf-8", "text": "a", "field": True, "length": 3, "terminator": True},
     400, "bad_json"),
    ({"op": "write", "encoding": "latin1", "text": "\u20ac"}, 400, "bad_text"),
    ({"op": "write", "encoding": "utf-8", "text": "abc", "offset": 4093}, 416, "range_not_satisfiable"),
    ({"op": "write", "encoding": "utf-8", "text": "a", "field": True, "length": 8, "offset": 4090}, 416,
     "range_not_satisfiable"),
    ({"op": "atomic", "type": "u32", "encoding": "utf-8"}, 400, "bad_json"),
    ({"op": "atomic", "type": "u32"}, 400, "bad_json"),
    ({"op": "atomic", "atomic": "add", "type": "u32"}, 400, "bad_json"),
    ({"op": "atomic", "atomic": "load", "type": "f32"}, 400, "bad_type"),
    ({"op": "atomic", "atomic": "load", "type": "u32", "offset": 2}, 400, "bad_offset"),
    ({"op": "atomic", "atomic": "load", "type": "u32", "length": 4}, 400, "bad_json"),
    ({"op": "atomic", "atomic": "add", "type": "u32", "value": -1}, 400, "bad_value"),
    ({"op": "atomic", "atomic": "load", "type": "u32", "offset": 4096}, 416,
     "range_not_satisfiable")]


def test_what_is_wrong_with_one_stands_in_its_place_and_the_others_are_done(client, section):
    ops = []
    for i, (op, _, _) in enumerate(BAD_OPS):
        needs_id = "id" not in op and op.get("op") and op != {"op": "read"}
        ops.append({**({"id": section} if needs_id else {}), **op})
        ops.append({"op": "write", "id": section, "offset": 2000 + i, "type": "u8", "values": [i]})
    answers = results(client, *ops)
    for answer, (op, status, code) in zip(answers[::2], BAD_OPS):
        assert answer.get("status") == status and answer["code"] == code, (op, answer)
        expect_problems([answer], status, code)
    assert answers[1::2] == [{}] * len(BAD_OPS)
    expected = bytearray(SIZE)
    expected[2000:2000 + len(BAD_OPS)] = range(len(BAD_OPS))
    assert client.read(section) == expected


@pytest.mark.parametrize("body", [
    "", "{}", "[]", '{"ops":[]}', '{"ops":{}}', '{"ops":null}', '{"ops":[1]}', '{"ops":[[]]}',
    '{"ops":[null]}', '{"ops":[{}],"x":1}', '{"ops":[{}],"ops":[{}]}', '{"ops":[{}]',
    '{"ops":[{"op":"read","id":1,"id":1}}'])
def test_a_malformed_batch_is_400_as_a_whole(client, body):
    reply = client.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
    expect_problem(reply, 400, "bad_json")


def test_nothing_of_a_malformed_batch_is_done(client, section):
    good = {"op": "write", "id": section, "offset": 0, "data": "AAEC"}
    expect_problem(client.post("/v1/batch", {"ops": [good, 1]}), 400, "bad_json")
    assert client.read(section) == bytes(SIZE)


def test_a_batch_has_1_to_1024_ops(client, section):
    op = {"op": "atomic", "id": section, "atomic": "add", "type": "u32", "value": 1}
    assert results(client, *[op] * 1024)[-1]["current"] == 1024
    expect_problem(client.post("/v1/batch", {"ops": [op] * 1025}), 400, "bad_json")
    assert results(client, {**op, "value": 0})[0]["current"] == 1024


def test_the_body_must_say_that_it_is_json(client):
    reply = client.request("POST", "/v1/batch", '{"ops":[]}', {"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")


def test_large_batches_are_done(client):
    section = client.create(size=4 << 20)["id"]
    data = bytes(range(256)) * 16
    writes = [{"op": "write", "id": section, "offset": i * 4096, "data": b64(data)}
              for i in range(1024)]
    assert results(client, *writes) == [{}] * 1024
    reads = [{"op": "read", "id": section, "offset": i * 4096, "length": 4096}
             for i in range(1024)]
    assert results(client, *reads) == [{"data": b64(data)}] * 1024
    assert client.read(section) == data * 1024


@pytest.mark.parametrize("start, end", [
    ('{"ops":[', "]}"), ('{"ops":[{"op":"write","id":1,"type":"u8","values":[', "]}]}"),
    ('{"bogus":[', "]}")])
def test_a_body_of_very_many_values_is_refused_before_it_costs_memory(start_daemon, start, end):
    daemon = start_daemon()
    client = daemon.client()
    client.post("/v1/batch", {"ops": [{"op": "read", "id": 1, "offset": 0, "length": 1}]})
    before = peak_bytes(daemon)
    length = (15 << 20) - len(start) - len(end) + 1
    for _ in range(2):
        body = start + "0," * (length // 2) + "0" + end
        reply = client.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
        expect_problem(reply, 400, "bad_json")
    # The body itself, and room for it to grow in; a value of it would take 64 bytes and more.
    expect_growth_within(160 << 20, before, peak_bytes(daemon))


def test_a_batch_reads_what_the_budget_has_room_for(client):
    section = client.create(size=4 << 20)["id"]
    answers = results(client, *[{"op": "read", "id": section}] * 3)
    for answer in answers:
        assert len(answer["data"]) == len(b64(bytes(4 << 20)))


def test_reads_past_the_budget_are_refused_in_their_place(start_daemon):
    client = start_daemon("--max-buffer-bytes", "40M").client()
    section = client.create(size=4 << 20)["id"]
    answers = results(client, *[{"op": "read", "id": section}] * 3,
                      {"op": "read", "id": section, "length": 3})
    assert len(answers[0]["data"]) == len(b64(bytes(4 << 20)))
    expect_problems(answers[1:3], 507, "quota_exceeded")
    assert answers[3] == {"data": "AAAA"}


@pytest.mark.parametrize("encoding, codec", [
    ("utf-8", "utf-8"), ("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be"), ("utf-32le", "utf-32-le"),
    ("gbk", "gbk"), ("shift_jis", "cp932"), ("gb18030", "gb18030"), ("cp936", "gbk")])
def test_text_is_read_and_written(client, section, encoding, codec):
    text = "日本 \"quoted\" \\ \t"
    client.write(section, b"\xAA" * 256)
    answers = results(
        client,
        {"op": "write", "id": section, "offset": 7, "encoding": encoding, "text": text},
        {"op": "read", "id": section, "offset": 7, "encoding": encoding},
        {"op": "write", "id": section, "offset": 107, "encoding": encoding, "text": "AB",
         "terminator": False},
        {"op": "read", "id": section, "offset": 107, "encoding": encoding,
         "length": len("AB".encode(codec))})
    assert answers == [{}, {"text": text}, {}, {"text": "AB"}]
    for offset, stored in ((7, text + "\0"), (107, "AB")):
        stored = b"\xAA" + stored.encode(codec) + b"\xAA"
        assert client.read(section, offset - 1, len(stored)) == stored


def test_a_text_with_nuls_and_controls_is_told_whole(client, section):
    client.write(section, b'a\0b\x01\n"\\\x7f\xc3\xa9')
    answers = results(client, {"op": "read", "id": section, "encoding": "utf-8", "length": 10},
                      {"op": "read", "id": section, "encoding": "utf-8"})
    assert answers == [{"text": 'a\0b\x01\n"\\\x7fé'}, {"text": "a"}]


def test_text_of_fields_and_of_bytes_that_do_not_decode(client, section):
    client.write(section, b"ab\0\xff\xffabcdefgh\xff")
    utf8 = {"op": "read", "id": section, "encoding": "utf-8"}
    answers = results(client, {**utf8, "length": 5, "field": True},
                      {**utf8, "offset": 5, "length": 4, "field": True}, {**utf8, "length": 5},
                      {**utf8, "length": 5, "errors": "replace"},
                      {**utf8, "length": 5, "errors": "strict", "field": False},
                      {"op": "write", "id": section, "encoding": "utf-16le", "text": "é", "field": True,
                       "length": 6, "offset": 1},
                      {"op": "read", "id": section, "length": 8})
    assert [answers[i] for i in (0, 1, 3, 5)] == [
        {"text": "ab"}, {"text": "abcd"}, {"text": "ab\0\ufffd\ufffd"}, {}]
    expect_problems([answers[2], answers[4]], 400, "bad_text")
    assert answers[6] == {"data": b64(b"a\xe9\0\0\0\0\0c")}


def test_many_texts_without_a_length_are_read_from_a_large_view(client):
    section = client.create(size=4 << 20)["id"]
    for i in range(0, 1024, 128):
        client.write(section, b"".join((b"text %d" % j).ljust(32, b"\0") for j in range(i, i + 128)), i * 32)
    ops = [{"op": "read", "id": section, "encoding": "utf-8", "offset": i * 32} for i in range(1024)]
    assert results(client, *ops) == [{"text": f"text {i}"} for i in range(1024)]


def test_a_text_without_a_length_is_never_cut(client):
    section = client.create(size=4 << 20)["id"]
    client.write(section, b"x" * 70000)
    utf8 = {"op": "read", "id": section, "encoding": "utf-8"}
    answers = results(client, utf8, {**utf8, "length": 70000}, {**utf8, "offset": 65000},
                      {**utf8, "offset": 1000}, {**utf8, "offset": 69990})
    expect_problems([answers[0], answers[3]], 413, "too_large")
    assert "length" in answers[0]["detail"]
    assert [answers[i] for i in (1, 2, 4)] == [
        {"text": "x" * 70000}, {"text": "x" * 5000}, {"text": "x" * 10}]


def test_texts_past_the_budget_are_refused_in_their_place(start_daemon):
    client = start_daemon("--max-buffer-bytes", "40M").client()
    section = client.create(size=4 << 20)["id"]
    text = {"op": "read", "id": section, "encoding": "latin1", "length": 1 << 20}
    client.write(section, b"\1" * (1 << 20))
    answers = results(client, text, text, {"op": "read", "id": section, "length": 3})
    assert answers[0] == {"text": "\1" * (1 << 20)}
    expect_problems(answers[1:2], 507, "quota_exceeded")
    assert answers[2] == {"data": b64(b"\1\1\1")}


def test_each_op_needs_the_role_that_it_would_need_alone(start_daemon, tmp_path):
    clients = with_roles(start_daemon, tmp_path)
    section = clients["admin"].create(size=SIZE)["id"]
    reads = [{"op": "read", "id": section, "length": 1},
             {"op": "read", "id": section, "type": "u8", "count": 1},
             {"op": "read", "id": section, "encoding": "cp1252"},
             {"op": "atomic", "id": section, "atomic": "load", "type": "u32"}]
    writes = [{"op": "write", "id": section, "data": "AQ=="},
              {"op": "write", "id": section, "type": "u8", "values": [1]},
              {"op": "write", "id": section, "encoding": "utf-16le", "text": "x"},
              {"op": "atomic", "id": section, "atomic": "add", "type": "u32", "value": 1},
              {"op": "atomic", "id": section, "atomic": "cas", "type": "u32", "value": 1,
               "expected": 0}]
    answers = results(clients["read"], *reads, *writes)
    assert not any("status" in answer for answer in answers[:len(reads)])
    expect_problems(answers[len(reads):], 403, "forbidden_role")
    assert clients["admin"].read(section) == bytes(SIZE)
    answers = results(clients["write"], *reads, *writes)
    assert not any("status" in answer for answer in answers)


def test_a_read_only_section_is_told_in_place(client, name):
    client.create(name)
    read_only = client.open(name, access="read")["id"]
    answers = results(client, {"op": "read", "id": read_only, "length": 1},
                      {"op": "write", "id": read_only, "data": "AQ=="},
                      {"op": "write", "id": read_only, "type": "u8", "values": [1]},
                      {"op": "write", "id": read_only, "encoding": "gbk", "text": "x"},
                      {"op": "atomic", "id": read_only, "atomic": "or", "type": "u32", "value": 1})
    assert answers[0] == {"data": "AA=="}
    expect_problems(answers[1:], 403, "read_only")


def test_what_a_batch_moves_is_counted(client, section):
    results(client, {"op": "read", "id": section, "length": 10},
            {"op": "write", "id": section, "type": "u64", "values": [1, 2]},
            {"op": "write", "id": section, "data": "AAAA"})
    stats = client.section(section)["stats"]
    assert (stats["reads"], stats["bytes_read"]) == (1, 10)
    assert (stats["writes"], stats["bytes_written"]) == (2, 19)
