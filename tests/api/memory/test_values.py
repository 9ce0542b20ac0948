"""GET and PUT /v1/sections/{id}/values."""

import math
import struct

import pytest

from client import expect_problem, expect_status
from names import unique_name

SIZE = 4096

# struct's letter, smallest and largest value.
WHOLE = {
    "u8": ("B", 0, 2**8 - 1), "i8": ("b", -2**7, 2**7 - 1),
    "u16": ("H", 0, 2**16 - 1), "i16": ("h", -2**15, 2**15 - 1),
    "u32": ("I", 0, 2**32 - 1), "i32": ("i", -2**31, 2**31 - 1),
    "u64": ("Q", 0, 2**64 - 1), "i64": ("q", -2**63, 2**63 - 1)}
REAL = {"f32": "f", "f64": "d"}
SIZES = {"bool8": 1, "char": 1, **{name: int(name[1:]) // 8 for name in [*WHOLE, *REAL]}}
ORDERS = {"little": "<", "big": ">"}
LARGEST_F32 = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


@pytest.fixture
def path(section):
    return f"/v1/sections/{section}/values"


def put(client, path, query, values):
    return client.json("PUT", f"{path}?{query}", {"values": values})


def values(client, path, query):
    return expect_status(client.get(f"{path}?{query}"), 200).json()["values"]


def told(name, number):
    """A whole number as we tell it."""
    return str(number) if SIZES[name] == 8 else number


@pytest.mark.parametrize("endian", ORDERS)
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_at_their_limits_make_the_round_trip(client, section, path, name, endian):
    letter, least, most = WHOLE[name]
    numbers = [least, most, 0, 1, most // 3]
    sent = [told(name, number) for number in numbers]
    expect_status(put(client, path, f"type={name}&offset=3&endian={endian}", sent), 204)
    packed = struct.pack(f"{ORDERS[endian]}5{letter}", *numbers)
    assert client.read(section, 3, len(packed)) == packed
    reply = expect_status(client.get(f"{path}?type={name}&offset=3&count=5&endian={endian}"), 200)
    assert reply.json() == {"type": name, "offset": 3, "values": sent}
    assert reply.headers.get_content_type() == "application/json"


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_past_their_limits_are_400(client, path, untouched, name):
    _, least, most = WHOLE[name]
    past = [str(least - 1), str(most + 1), 0.5, "", "x", "1.0", "0x1", " 1", True, [], {}, None]
    if SIZES[name] < 8:
        past += [least - 1, most + 1]
    for value in past:
        problem = expect_problem(put(client, path, f"type={name}", [0, value]), 400, "bad_value")
        assert "values[1]" in problem["detail"]


@pytest.mark.parametrize("name", ["u64", "i64"])
def test_numbers_that_no_double_holds_go_as_strings_only(client, path, name):
    signs = [1] if name == "u64" else [1, -1]
    for sign in signs:
        expect_status(put(client, path, f"type={name}", [sign * 2**53]), 204)
        assert values(client, path, f"type={name}&count=1") == [str(sign * 2**53)]
        for number in (2**53 + 1, 2**53 + 2, 2**63, 2**64 - 1):
            expect_problem(put(client, path, f"type={name}", [sign * number]), 400, "bad_value",
                           "bad_json")
        expect_status(put(client, path, f"type={name}", [str(sign * (2**53 + 1))]), 204)
        assert values(client, path, f"type={name}&count=1") == [str(sign * (2**53 + 1))]


@pytest.mark.parametrize("endian", ORDERS)
@pytest.mark.parametrize("name", REAL)
def test_reals_make_the_round_trip(client, section, path, name, endian):
    least = struct.unpack("<f", b"\1\0\0\0")[0] if name == "f32" else 5e-324
    most = LARGEST_F32 if name == "f32" else 1.7976931348623157e308
    numbers = [0.0, 1.5, -2.25, 1e6, most, -most, least, -0.0]
    expect_status(put(client, path, f"type={name}&endian={endian}", numbers), 204)
    packed = struct.pack(f"{ORDERS[endian]}8{REAL[name]}", *numbers)
    assert client.read(section, 0, len(packed)) == packed
    back = values(client, path, f"type={name}&count=8&endian={endian}")
    assert struct.pack(f"{ORDERS[endian]}8{REAL[name]}", *back) == packed
    assert math.copysign(1, back[7]) == -1


@pytest.mark.parametrize("name", REAL)
def test_what_json_has_no_number_for_is_a_string(client, section, path, name):
    special = ["NaN", "Infinity", "-Infinity"]
    expect_status(put(client, path, f"type={name}", special), 204)
    assert values(client, path, f"type={name}&count=3") == special
    kept = struct.unpack(f"<3{REAL[name]}", client.read(section, 0, 3 * SIZES[name]))
    assert math.isnan(kept[0]) and kept[1:] == (math.inf, -math.inf)


def test_reals_are_as_short_as_they_can_be(client, path):
    put(client, path, "type=f32", [0.1, 16777216])
    assert b"[0.1,16777216]" in client.get(path + "?type=f32&count=2").body
    put(client, path, "type=f64", [0.1, 0.1 + 0.2])
    assert b"[0.1,0.30000000000000004]" in client.get(path + "?type=f64&count=2").body


@pytest.mark.parametrize("name, value", [
    ("f32", 3.5e38), ("f32", -1e39), ("f32", "1"), ("f32", "nan"), ("f32", True), ("f64", "inf"),
    ("f64", None), ("f64", [1]), ("f64", "")])
def test_reals_that_cannot_be_are_400(client, path, untouched, name, value):
    problem = expect_problem(put(client, path, f"type={name}", [1, 2, value]), 400, "bad_value")
    assert "values[2]" in problem["detail"]


def test_a_real_past_every_double_is_400(client, path, untouched):
    headers = {"Content-Type": "application/json"}
    reply = client.put(path + "?type=f64", '{"values":[1e999]}', headers)
    expect_problem(reply, 400, "bad_value")


def test_bool8_is_true_or_false(client, section, path):
    client.write(section, b"\0\1\2\xff")
    assert values(client, path, "type=bool8&count=4") == [False, True, True, True]
    expect_status(put(client, path, "type=bool8", [True, False, 1, 0]), 204)
    assert client.read(section, 0, 4) == b"\1\0\1\0"
    for value in (2, -1, "true", None, 0.5):
        expect_problem(put(client, path, "type=bool8", [value]), 400, "bad_value")


def test_char_is_a_string_of_one_latin_character(client, section, path):
    everything = bytes(range(256))
    client.write(section, everything)
    characters = values(client, path, "type=char&count=256")
    assert characters == list(everything.decode("latin-1"))
    client.write(section, bytes(256))
    expect_status(put(client, path, "type=char", characters), 204)
    assert client.read(section, 0, 256) == everything
    expect_status(put(client, path, "type=char", [65, "", 255]), 204)
    assert client.read(section, 0, 3) == b"A\0\xff"
    for value in ("AB", "€", 256, -1, None, ["A"]):
        expect_problem(put(client, path, "type=char", [value]), 400, "bad_value")


@pytest.mark.parametrize("name", SIZES)
def test_a_stride_leaves_alone_what_lies_between(client, section, path, name):
    size = SIZES[name]
    background = b"\xAA" * SIZE
    client.write(section, background)
    value = {"bool8": True, "char": "x"}.get(name, 1)
    query = f"type={name}&offset=5&stride={size + 3}"
    expect_status(put(client, path, query, [value] * 10), 204)
    content = client.read(section)
    back = told(name, 1) if name in WHOLE else value
    assert values(client, path, query + "&count=10") == [back] * 10
    expected = bytearray(background)
    element = client.read(section, 5, size)
    for i in range(10):
        expected[5 + i * (size + 3):5 + i * (size + 3) + size] = element
    assert content == expected


def test_a_stride_may_be_longer_than_what_is_one_copy(client):
    section = client.create(size=1 << 20)["id"]
    path = f"/v1/sections/{section}/values"
    query = "type=u32&offset=12&stride=100000"
    expect_status(put(client, path, query, list(range(1, 11))), 204)
    assert values(client, path, query + "&count=10") == list(range(1, 11))
    assert values(client, path, query) == [*range(1, 11), 0]
    assert client.read(section, 12 + 9 * 100000, 4) == b"\x0a\0\0\0"


@pytest.mark.parametrize("name", SIZES)
def test_count_is_what_fits_where_it_is_not_given(client, path, name):
    size = SIZES[name]
    assert len(values(client, path, f"type={name}")) == SIZE // size
    assert len(values(client, path, f"type={name}&offset=1")) == (SIZE - 1) // size
    assert len(values(client, path, f"type={name}&offset={SIZE - size}")) == 1
    assert len(values(client, path, f"type={name}&stride=1000&offset=96")) == 4


def test_count_is_at_most_65536(client):
    section = client.create(size=100000)["id"]
    path = f"/v1/sections/{section}/values"
    client.write(section, bytes(i % 251 for i in range(100000)))
    read = values(client, path, "type=u8")
    assert len(read) == 65536
    assert read == [i % 251 for i in range(65536)]
    assert values(client, path, "type=u8&count=65536") == read
    expect_problem(client.get(path + "?type=u8&count=65537"), 400, "bad_size")
    expect_status(put(client, path, "type=u8&offset=7", read), 204)
    assert client.read(section, 7, 65536) == bytes(read)
    expect_problem(put(client, path, "type=u8", [0] * 65537), 400, "bad_size")
    assert client.read(section, 7, 65536) == bytes(read)


@pytest.mark.parametrize("query, code", [
    ("", "bad_type"), ("type=", "bad_type"), ("type=U8", "bad_type"), ("type=u128", "bad_type"),
    ("type=float", "bad_type"), ("type=u8&count=0", "bad_size"), ("type=u8&count=-1", "bad_size"),
    ("type=u8&count=x", "bad_size"), ("type=u8&stride=0", "bad_size"),
    ("type=u16&stride=1", "bad_size"), ("type=u64&stride=7", "bad_size"),
    ("type=u8&stride=-1", "bad_size"), ("type=u8&offset=-1", "bad_offset"),
    ("type=u8&offset=x", "bad_offset"), ("type=u8&offset=9007199254740992", "bad_offset"),
    ("type=u8&endian=middle", "bad_query"), ("type=u8&endian=", "bad_query"),
    ("type=u8&endian=BIG", "bad_query"), ("type=u8&size=1", "bad_query"),
    ("type=u8&type=u8", "bad_query")])
def test_malformed_queries_are_400(client, path, query, code):
    expect_problem(client.get(f"{path}?{query}"), 400, code)
    if "count" not in query:
        expect_problem(put(client, path, query, [1]), 400, code)
    missing = "/v1/sections/999999/values"
    expect_problem(client.get(f"{missing}?{query}"), 400, code)


def test_put_has_no_count(client, path, untouched):
    expect_problem(put(client, path, "type=u8&count=1", [1]), 400, "bad_query")


@pytest.mark.parametrize("query", [
    "type=u8&offset=4096", "type=u16&offset=4095", "type=u64&offset=4089",
    "type=f64&offset=9007199254740991", "type=u8&offset=4095&count=2", "type=u32&count=1025",
    "type=u8&count=2&stride=4096", "type=u8&count=65536&stride=9007199254740991",
    "type=u64&count=3&stride=4611686018427387&offset=4088"])
def test_values_outside_the_view_are_416(client, path, query):
    reply = client.get(f"{path}?{query}")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == "bytes */4096"


@pytest.mark.parametrize("query, count", [
    ("type=u8&offset=4096", 1), ("type=u16&offset=4095", 1), ("type=u8&offset=4095", 2),
    ("type=u32", 1025), ("type=u8&stride=4096", 2), ("type=u8&stride=9007199254740991", 3),
    ("type=u64&offset=4088&stride=8", 2)])
def test_what_does_not_fit_is_416_and_nothing_is_written(client, path, untouched, query, count):
    reply = put(client, path, query, [1] * count)
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == "bytes */4096"


def test_an_empty_array_writes_nothing(client, path, untouched):
    expect_status(put(client, path, "type=u32", []), 204)


@pytest.mark.parametrize("body", [
    "", "[]", "[1]", "{}", '{"values":1}', '{"values":{}}', '{"values":null}', '{"values":[1],}',
    '{"values":[1],"values":[2]}', '{"values":[1],"x":1}', '{"Values":[1]}', '{"values":[1 2]}',
    '{"values":[01]}', '{"values":[NaN]}', '{"values":[Infinity]}', '{"values":[+1]}',
    '{"values":[1]}x', '{"values":["a\\u0000"]}'])
def test_malformed_bodies_are_400(client, path, untouched, body):
    reply = client.put(path + "?type=u8", body, {"Content-Type": "application/json"})
    expect_problem(reply, 400, "bad_json")


def test_a_bad_value_is_400_before_the_section_is_looked_for(client):
    missing = "/v1/sections/999999/values?type=u8"
    expect_problem(client.json("PUT", missing, {"values": [256]}), 400, "bad_value")
    expect_problem(client.json("PUT", missing, {"values": [255]}), 404, "not_found")
    expect_problem(client.get(missing), 404, "not_found")


def test_the_body_must_say_that_it_is_json(client, path, untouched):
    reply = client.put(path + "?type=u8", '{"values":[1]}', {"Content-Type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")


def test_a_read_only_section_is_read_and_not_written(client):
    name = unique_name()
    made = client.create(name)["id"]
    read_only = client.open(name, access="read")["id"]
    put(client, f"/v1/sections/{made}/values", "type=u16", [4660])
    path = f"/v1/sections/{read_only}/values"
    assert values(client, path, "type=u16&count=1") == [4660]
    expect_problem(put(client, path, "type=u16", [1]), 403, "read_only")


def test_offsets_count_from_the_view(client, name):
    whole = client.create(name, size=SIZE)["id"]
    part = client.open(name, view={"offset": 1001, "length": 10})["id"]
    put(client, f"/v1/sections/{part}/values", "type=u16&offset=1", [513])
    assert client.read(whole, 1002, 2) == b"\1\2"
    assert len(values(client, f"/v1/sections/{part}/values", "type=u16")) == 5


def test_values_are_counted(client, section, path):
    put(client, path, "type=u32", [1, 2, 3])
    values(client, path, "type=u64&count=2")
    stats = client.section(section)["stats"]
    assert (stats["writes"], stats["bytes_written"]) == (1, 12)
    assert (stats["reads"], stats["bytes_read"]) == (1, 16)


def test_head_has_the_length_of_get(client, path):
    got = client.get(path + "?type=u8&count=300")
    head = client.head(path + "?type=u8&count=300")
    assert head.status == 200 and head.headers["Content-Length"] == str(len(got.body))


def test_a_native_program_sees_the_values(client, peer, name):
    peer.create("a", SIZE, name)
    section = client.open(name)["id"]
    put(client, f"/v1/sections/{section}/values", "type=f64&offset=8", [1.5, -1])
    assert peer.read("a", 16, 8) == struct.pack("<2d", 1.5, -1)
    peer.write("a", struct.pack("<i", -7), 100)
    assert values(client, f"/v1/sections/{section}/values", "type=i32&offset=100&count=1") == [-7]
