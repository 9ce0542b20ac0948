"""GET and PUT /v1/sections/{id}/text."""

import pytest

import build
from client import expect_problem, expect_status

SIZE = 4096
SAMPLE = "我将无我,不负人民 é 😀"
CODECS = {"utf-8": "utf-8", "utf-16le": "utf-16-le", "utf-32le": "utf-32-le"}
UNITS = {"utf-8": 1, "utf-16le": 2, "utf-32le": 4}
ENCODINGS = list(CODECS)

BAD_BYTES = {
    "utf-8": ["ff", "c080", "eda080", "f4908080", "e4bd", "80", "f0808080"],
    "utf-16le": ["00d8", "00dc", "00d84100", "00dc00d8"],
    "utf-32le": ["00d80000", "00001100", "ffffffff"]}


@pytest.fixture
def path(section):
    return f"/v1/sections/{section}/text"


def bad_bytes():
    return [(encoding, data) for encoding, all_data in BAD_BYTES.items() for data in all_data]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_makes_a_round_trip(client, section, path, encoding):
    expect_status(client.put(f"{path}?encoding={encoding}", SAMPLE), 204)
    reply = expect_status(client.get(f"{path}?encoding={encoding}"), 200)
    assert reply.text == SAMPLE
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    encoded = SAMPLE.encode(CODECS[encoding]) + bytes(UNITS[encoding])
    assert client.read(section, 0, len(encoded)) == encoded


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_terminator_and_nothing_after_it_is_written(client, section, path, encoding):
    client.write(section, b"\xAA" * 64)
    client.put(f"{path}?encoding={encoding}&offset=8", "ab")
    unit = UNITS[encoding]
    expected = b"\xAA" * 8 + "ab".encode(CODECS[encoding]) + bytes(unit)
    assert client.read(section, 0, 64) == expected + b"\xAA" * (64 - len(expected))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_terminator_0_leaves_the_terminator_out(client, section, path, encoding):
    client.write(section, b"\xAA" * 64)
    expect_status(client.put(f"{path}?encoding={encoding}&terminator=0", "ab"), 204)
    expected = "ab".encode(CODECS[encoding])
    assert client.read(section, 0, 64) == expected + b"\xAA" * (64 - len(expected))


def test_terminator_1_is_the_default(client, section, path):
    client.write(section, b"\xAA" * 4)
    expect_status(client.put(f"{path}?encoding=utf-8&terminator=1", "ab"), 204)
    assert client.read(section, 0, 4) == b"ab\0\xAA"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_offset_is_in_bytes_and_need_not_be_even(client, path, encoding):
    client.put(f"{path}?encoding={encoding}&offset=101", SAMPLE)
    assert client.get(f"{path}?encoding={encoding}&offset=101").text == SAMPLE


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_ends_at_the_first_terminator(client, path, encoding):
    client.put(f"{path}?encoding={encoding}", "a long first text")
    client.put(f"{path}?encoding={encoding}", "short")
    assert client.get(f"{path}?encoding={encoding}").text == "short"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_length_decodes_so_many_bytes_with_nul_included(client, path, encoding):
    client.put(f"{path}?encoding={encoding}", "ab\0cd")
    length = 5 * UNITS[encoding]
    assert client.get(f"{path}?encoding={encoding}&length={length}").text == "ab\0cd"
    assert client.get(f"{path}?encoding={encoding}&length={UNITS[encoding]}").text == "a"
    assert client.get(f"{path}?encoding={encoding}").text == "ab"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_empty_text_is_empty(client, path, encoding):
    reply = expect_status(client.get(f"{path}?encoding={encoding}"), 200)
    assert reply.text == ""


def test_an_empty_body_writes_the_terminator_alone(client, section, path):
    client.write(section, b"\xAA" * 8)
    expect_status(client.put(f"{path}?encoding=utf-16le", b""), 204)
    assert client.read(section, 0, 8) == b"\0\0" + b"\xAA" * 6


def test_text_that_runs_to_the_end_of_the_view_needs_no_terminator(client, section, path):
    client.write(section, b"end", SIZE - 3)
    assert client.get(f"{path}?encoding=utf-8&offset={SIZE - 3}").text == "end"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_fits_to_the_last_byte_and_not_beyond(client, section, path, encoding):
    unit = UNITS[encoding]
    start = SIZE - 3 * unit
    expect_status(client.put(f"{path}?encoding={encoding}&offset={start}", "ab"), 204)
    before = client.read(section)
    reply = client.put(f"{path}?encoding={encoding}&offset={start}", "xyz")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"
    assert client.read(section) == before
    expect_status(client.put(f"{path}?encoding={encoding}&offset={start}&terminator=0", "xyz"), 204)


@pytest.mark.parametrize("query", [
    "offset=4096", "offset=4095&length=2", "length=4097", "offset=9007199254740991",
    "offset=9007199254740991&length=9007199254740991"])
def test_text_outside_the_view_is_refused(client, path, query):
    reply = client.get(f"{path}?encoding=utf-8&{query}")
    expect_problem(reply, 416, "range_not_satisfiable")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("encoding, data", bad_bytes())
def test_undecodable_bytes_are_refused_and_their_offset_told(client, section, path, encoding, data):
    good = "ab".encode(CODECS[encoding])
    client.write(section, good + bytes.fromhex(data), 16)
    reply = client.get(f"{path}?encoding={encoding}&offset=16")
    problem = expect_problem(reply, 400, "bad_text")
    assert str(16 + len(good)) in problem["detail"]


@pytest.mark.parametrize("encoding, length", [
    ("utf-16le", 1), ("utf-16le", 7), ("utf-32le", 2), ("utf-32le", 5), ("utf-32le", 7)])
def test_a_torn_unit_is_refused(client, section, path, encoding, length):
    client.write(section, "abcd".encode(CODECS[encoding]))
    reply = client.get(f"{path}?encoding={encoding}&length={length}")
    expect_problem(reply, 400, "bad_text", "bad_query", "bad_size")


def test_a_torn_sequence_at_the_end_of_a_length_is_refused(client, path):
    client.put(f"{path}?encoding=utf-8", "为")
    problem = expect_problem(client.get(f"{path}?encoding=utf-8&length=2"), 400, "bad_text")
    assert "0" in problem["detail"]


@pytest.mark.parametrize("body", ["ff", "c080", "eda080", "f4908080", "e4bd", "61ff", "80"])
def test_a_body_that_is_no_utf8_is_refused(client, path, untouched, body):
    for encoding in ENCODINGS:
        reply = client.put(f"{path}?encoding={encoding}", bytes.fromhex(body))
        expect_problem(reply, 400, "bad_text")


@pytest.mark.parametrize("query, codes", [
    ("encoding=klingon", ["bad_encoding"]), ("encoding=", ["bad_encoding", "bad_query"]),
    ("encoding=utf-8&encoding=utf-8", ["bad_query"]), ("encoding=utf-8&ofset=0", ["bad_query"]),
    ("encoding=utf-8&offset=x", ["bad_query", "bad_offset"]),
    ("encoding=utf-8&offset=-1", ["bad_query", "bad_offset"])])
def test_a_query_that_makes_no_sense_is_refused(client, path, untouched, query, codes):
    expect_problem(client.get(f"{path}?{query}"), 400, *codes)
    expect_problem(client.put(f"{path}?{query}", "x"), 400, *codes)


@pytest.mark.parametrize("query", ["length=0", "terminator=0", "length=x"])
def test_get_text_refuses_what_it_does_not_take(client, path, query):
    expect_problem(client.get(f"{path}?encoding=utf-8&{query}"), 400, "bad_query", "bad_size")


@pytest.mark.parametrize("query", ["terminator=2", "terminator=yes", "terminator="])
def test_put_text_refuses_what_it_does_not_take(client, path, untouched, query):
    problem = expect_problem(client.put(f"{path}?encoding=utf-8&{query}", "x"), 400, "bad_query")
    assert "terminator" in problem["detail"]


def test_the_text_of_another_process_in_its_own_encoding(client, peer, name):
    peer.create("a", SIZE, name)
    peer.write_text("a", SAMPLE, 32)
    path = f"/v1/sections/{client.open(name)['id']}/text?encoding={build.WIDE}&offset=32"
    assert client.get(path).text == SAMPLE
    client.put(path, "返")
    assert peer.read_text("a", 32) == "返"


MEBIBYTE = 1 << 20


def test_a_text_of_nearly_a_mebibyte_is_found_and_a_longer_one_is_413(client):
    section = client.create(size=3 * MEBIBYTE)["id"]
    path = f"/v1/sections/{section}/text?encoding=utf-8"
    client.write(section, b"x" * (MEBIBYTE - 1))
    assert client.get(path).text == "x" * (MEBIBYTE - 1)
    client.write(section, b"x" * MEBIBYTE)
    problem = expect_problem(client.get(path), 413, "too_large")
    assert str(MEBIBYTE) in problem["detail"] and "length" in problem["detail"]
    client.write(section, b"x" * (2 * MEBIBYTE))
    expect_problem(client.get(path), 413, "too_large")
    expect_problem(client.get(f"{path}&errors=replace"), 413, "too_large")
    expect_status(client.head(path), 413)
    assert client.get(f"{path}&length={MEBIBYTE}").text == "x" * MEBIBYTE


@pytest.mark.parametrize("encoding, codec", [("utf-8", "utf-8"), ("utf-16le", "utf-16-le"),
                                             ("gbk", "gbk"), ("gb18030", "gb18030")])
def test_a_character_at_the_end_of_what_is_searched_is_not_cut(client, encoding, codec):
    """The first byte of a character is the last one that is searched."""
    section = client.create(size=3 * MEBIBYTE)["id"]
    text = "我" * (MEBIBYTE // 3 + 10)
    data = ("x" if encoding == "gbk" else "").encode(codec) + text.encode(codec)
    client.write(section, data.ljust(2 * MEBIBYTE, b"x"))
    path = f"/v1/sections/{section}/text?encoding={encoding}"
    expect_problem(client.get(path), 413, "too_large")


def test_a_text_of_a_mebibyte_that_is_all_of_a_view_is_whole(client):
    section = client.create(size=MEBIBYTE)["id"]
    client.write(section, b"x" * MEBIBYTE)
    path = f"/v1/sections/{section}/text?encoding=utf-8"
    assert client.get(path).text == "x" * MEBIBYTE


# ---- fields ----


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_field_ends_at_its_first_nul_whatever_stands_behind_it(client, section, path, encoding):
    codec, unit = CODECS[encoding], UNITS[encoding]
    client.write(section, b"\xDB" * 256)
    data = "ab\0".encode(codec)
    client.write(section, data, 16)
    query = f"{path}?encoding={encoding}&offset=16"
    assert client.get(f"{query}&length={16 * unit}&field=1").text == "ab"
    assert client.get(f"{query}&length={3 * unit}&field=1").text == "ab"
    expect_problem(client.get(f"{query}&length={16 * unit}"), 400, "bad_text")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_full_field_has_no_nul(client, section, path, encoding):
    codec, unit = CODECS[encoding], UNITS[encoding]
    client.write(section, "abcdefgh".encode(codec), 16)
    query = f"{path}?encoding={encoding}&offset=16&field=1"
    assert client.get(f"{query}&length={4 * unit}").text == "abcd"
    assert client.get(f"{query}&length={unit}").text == "a"


def test_an_empty_field_is_empty(client, path):
    reply = expect_status(client.get(f"{path}?encoding=utf-8&field=1&length=8"), 200)
    assert reply.text == "" and "ETag" in reply.headers


def test_a_field_that_a_character_does_not_fit_is_torn_or_replaced(client, section, path):
    client.write(section, "ab😀".encode("utf-16-le")[:6], 4090)
    query = f"{path}?encoding=utf-16le&offset=4090&length=6&field=1"
    assert "4094" in expect_problem(client.get(query), 400, "bad_text")["detail"]
    assert client.get(f"{query}&errors=replace").text == "ab\ufffd"
    client.write(section, b"abc", 100)
    query = f"{path}?encoding=utf-16le&offset=100&length=3&field=1"
    expect_problem(client.get(query), 400, "bad_text")
    assert client.get(f"{query}&errors=replace").text == "\u6261\ufffd"


@pytest.mark.parametrize("query, code", [
    ("field=1", "bad_size"), ("field=1&length=0", "bad_size"), ("field=2&length=1", "bad_query"),
    ("field=&length=1", "bad_query"),
    ("field=1&field=1&length=1", "bad_query")])
def test_a_field_that_makes_no_sense_is_refused(client, path, untouched, query, code):
    expect_problem(client.get(f"{path}?encoding=utf-8&{query}"), 400, code)
    expect_problem(client.put(f"{path}?encoding=utf-8&{query}", "x"), 400, code)


def test_a_field_is_of_1_mib_at_most(client):
    section = client.create(size=2 * MEBIBYTE)["id"]
    query = f"/v1/sections/{section}/text?encoding=utf-8&field=1&length={MEBIBYTE}"
    expect_status(client.put(query, "x"), 204)
    assert client.get(query).text == "x"
    for reply in (client.get(f"{query[:-7]}{MEBIBYTE + 1}"), client.put(f"{query[:-7]}{MEBIBYTE + 1}", "x")):
        expect_problem(reply, 400, "bad_size")


def test_a_field_outside_the_view_is_refused(client, path, untouched):
    query = f"encoding=utf-8&field=1&offset={SIZE - 4}&length=5"
    expect_problem(client.get(f"{path}?{query}"), 416, "range_not_satisfiable")
    expect_problem(client.put(f"{path}?{query}", "x"), 416, "range_not_satisfiable")


def test_field_0_is_no_field(client, section, path):
    client.write(section, b"a\0b")
    assert client.get(f"{path}?encoding=utf-8&field=0&length=3").text == "a\0b"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_field_is_written_to_its_end(client, section, path, encoding):
    codec, unit = CODECS[encoding], UNITS[encoding]
    client.write(section, b"\xAA" * 256)
    query = f"{path}?encoding={encoding}&offset=8&length={4 * unit}&field=1"
    expect_status(client.put(query, "ab"), 204)
    width = "ab\0\0".encode(codec)
    assert client.read(section, 0, 100) == b"\xAA" * 8 + width + b"\xAA" * (92 - len(width))
    expect_status(client.put(query, "wxyz"), 204)
    assert client.read(section, 8, 4 * unit) == "wxyz".encode(codec)
    assert client.get(query).text == "wxyz"
    expect_problem(client.put(query, "vwxyz"), 400, "bad_size")
    expect_problem(client.put(f"{query}&terminator=0", "v"), 400, "bad_query")
    assert client.get(query).text == "wxyz"
    expect_status(client.put(query, ""), 204)
    assert client.read(section, 8, 4 * unit) == bytes(4 * unit)


def test_a_field_is_written_under_its_own_tag(client, section, path):
    query = f"{path}?encoding=utf-16le&length=8&field=1"
    client.write(section, "ab\0junk".encode("utf-16-le"))
    tag = client.get(query).headers["ETag"]
    client.write(section, "AB".encode("utf-16-le"), 8)
    assert client.get(query).headers["ETag"] == tag, "what stands behind the NUL is no part of it"
    expect_status(client.put(query, "cd", {"If-Match": tag}), 204)
    expect_problem(client.put(query, "ef", {"If-Match": tag}), 412, "precondition_failed")
    assert client.get(query).text == "cd"


def test_a_field_that_another_process_writes_with_junk_behind_the_nul(client, peer, name):
    peer.create("a", SIZE, name)
    section = client.open(name)["id"]
    query = f"/v1/sections/{section}/text?encoding={build.WIDE}&offset=32&length=64&field=1"
    peer.write("a", b"\xFF" * 64, 32)
    peer.write_text("a", SAMPLE, 32)
    assert client.get(query).text == SAMPLE
    expect_status(client.put(query, "返"), 204)
    assert peer.read_text("a", 32) == "返"


# ---- what does not decode ----


@pytest.mark.parametrize("encoding, data, text", [
    ("utf-8", "61ff7a", "a\ufffdz"), ("utf-8", "61e4bd7a", "a\ufffdz"),
    ("utf-8", "61f09f98", "a\ufffd"), ("utf-8", "eda080", "\ufffd\ufffd\ufffd"),
    ("utf-16le", "61003dd8", "a\ufffd"), ("utf-16le", "00dc6100", "\ufffda"),
    ("utf-16le", "3dd86100", "\ufffda"), ("utf-16le", "610062", "a\ufffd"),
    ("utf-16be", "0061d83d", "a\ufffd"), ("utf-32le", "00d8000061000000", "\ufffda"),
    ("utf-32le", "00001100", "\ufffd"), ("gbk", "ced2ce", "我\ufffd"), ("gbk", "61ff7a", "a\ufffdz"),
    ("shift_jis", "93fa93", "日\ufffd"), ("gb18030", "ced29439", "我\ufffd"),
    ("latin1", "80ff", "\x80\xff")])
def test_what_does_not_decode_may_be_replaced(client, section, path, encoding, data, text):
    data = bytes.fromhex(data)
    client.write(section, data, 16)
    query = f"{path}?encoding={encoding}&offset=16&length={len(data)}"
    assert expect_status(client.get(f"{query}&errors=replace"), 200).text == text
    if "\ufffd" in text:
        expect_problem(client.get(query), 400, "bad_text")
        expect_problem(client.get(f"{query}&errors=strict"), 400, "bad_text")


def test_half_a_pair_at_the_end_of_the_view_is_replaced(client, section, path):
    client.write(section, "a😀".encode("utf-16-le")[:4], SIZE - 4)
    reply = client.get(f"{path}?encoding=utf-16le&offset={SIZE - 4}&errors=replace")
    assert reply.text == "a\ufffd"


@pytest.mark.parametrize("query", ["errors=", "errors=ignore", "errors=replace&errors=replace"])
def test_other_ways_with_errors_are_refused(client, path, query):
    expect_problem(client.get(f"{path}?encoding=utf-8&{query}"), 400, "bad_query")


def test_a_tag_of_replaced_text_is_one_to_write_with(client, section, path):
    client.write(section, b"a\xff\0")
    query = f"{path}?encoding=utf-8"
    tag = expect_status(client.get(f"{query}&errors=replace"), 200).headers["ETag"]
    expect_status(client.put(query, "ok", {"If-Match": tag}), 204)
    assert client.get(query).text == "ok"


def test_head_gives_the_headers_of_get_and_no_bytes(client, path):
    client.put(f"{path}?encoding=utf-8", "hello")
    reply = client.head(f"{path}?encoding=utf-8")
    assert reply.status == 200
    assert reply.headers["Content-Length"] == "5"
    assert reply.body == b""


def test_text_of_an_unknown_section_is_not_found(client):
    expect_problem(client.get("/v1/sections/999999999/text?encoding=utf-8"), 404, "not_found")
    expect_problem(client.put("/v1/sections/999999999/text?encoding=utf-8", "x"), 404, "not_found")


def test_put_text_refuses_a_read_only_section(client, peer, name):
    peer.create("a", SIZE, name)
    section = client.open(name, access="read")["id"]
    reply = client.put(f"/v1/sections/{section}/text?encoding=utf-8", "x")
    expect_problem(reply, 403, "read_only")
    assert peer.read("a", 1) == b"\0"


def test_a_length_is_at_most_1_mib(client):
    section = client.create(size=3 << 20)["id"]
    path = f"/v1/sections/{section}/text?encoding=latin1"
    expect_status(client.put(path + "&terminator=0", b"x" * (2 << 20)), 204)
    assert expect_status(client.get(f"{path}&length={1 << 20}"), 200).text == "x" * (1 << 20)
    problem = expect_problem(client.get(f"{path}&length={(1 << 20) + 1}"), 400, "bad_size")
    assert str(1 << 20) in problem["detail"]
