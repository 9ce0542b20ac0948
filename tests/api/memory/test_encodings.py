"""Text in the encodings beside those of wchar_t: GET and PUT /v1/sections/{id}/text."""

import pytest

from client import expect_problem, expect_status

SIZE = 4096

# Name, Python's codec, a text that the encoding has.
ENCODINGS = [
    ("utf-16be", "utf-16-be", "我将无我,不负人民 é 😀"), ("latin1", "latin-1", "café ÿ ¥ A"),
    ("gbk", "gbk", "我将无我,不负人民 ABC"), ("cp936", "gbk", "为人民服务"),
    ("cp1252", "cp1252", "café € ™"), ("cp1251", "cp1251", "Привет, мир"),
    ("cp437", "cp437", "café █▓▒░ ½"), ("cp850", "cp850", "Größe ñ"),
    ("cp866", "cp866", "Привет"), ("cp932", "cp932", "日本語ｱｲｳ"), ("cp949", "cp949", "한국어"),
    ("cp950", "cp950", "中文字"), ("cp65001", "utf-8", "é 😀"), ("cp1200", "utf-16-le", "é 😀"),
    ("cp1201", "utf-16-be", "é 😀"), ("cp28591", "latin-1", "é ÿ"), ("CP1252", "cp1252", "€"),
    ("GBK", "gbk", "我"),
    # WHATWG's labels.
    ("shift_jis", "cp932", "日本語ｱｲｳ"), ("Shift_JIS", "cp932", "表"), ("euc-kr", "cp949", "한국어"),
    ("big5", "cp950", "中文字"), ("gb2312", "gbk", "为人民服务"), ("gb18030", "gb18030", "我 € 😀 ÿ"),
    ("koi8-r", "koi8-r", "Привет"), ("koi8-u", "koi8-u", "Київ ї"), ("windows-1252", "cp1252", "€ é"),
    ("windows-1251", "cp1251", "Привет"), ("windows-1250", "cp1250", "Łódź"),
    ("windows-874", "cp874", "ภาษาไทย"), ("iso-8859-2", "iso-8859-2", "Łódź"),
    ("iso-8859-5", "iso-8859-5", "Привет"), ("iso-8859-7", "iso-8859-7", "Ελλάδα"),
    ("iso-8859-15", "iso-8859-15", "€ œ"), ("latin2", "iso-8859-2", "Ł"), ("euc-jp", "euc-jp", "日本語"),
    ("ibm866", "cp866", "Привет"), ("macintosh", "mac-roman", "é ü"), ("utf-16", "utf-16-le", "é 😀"),
    ("utf8", "utf-8", "é 😀"), ("ascii", "cp1252", "plain"), ("iso-8859-1", "latin-1", "é ÿ")]

UNITS = {"utf-16-be": 2, "utf-16-le": 2}


@pytest.fixture
def path(section):
    return f"/v1/sections/{section}/text"


@pytest.mark.parametrize("encoding, codec, text", ENCODINGS)
def test_text_makes_the_round_trip(client, section, path, encoding, codec, text):
    client.write(section, b"\xAA" * 256)
    encoded = text.encode(codec) + bytes(UNITS.get(codec, 1))
    expect_status(client.put(f"{path}?encoding={encoding}&offset=7", text), 204)
    assert client.read(section, 0, len(encoded) + 8) == b"\xAA" * 7 + encoded + b"\xAA"
    reply = expect_status(client.get(f"{path}?encoding={encoding}&offset=7"), 200)
    assert reply.text == text
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    length = len(encoded) - UNITS.get(codec, 1)
    reply = client.get(f"{path}?encoding={encoding}&offset=7&length={length}")
    assert reply.text == text


@pytest.mark.parametrize("encoding, codec, text", ENCODINGS)
def test_the_terminator_can_be_left_out(client, section, path, encoding, codec, text):
    client.write(section, b"\xAA" * 256)
    expect_status(client.put(f"{path}?encoding={encoding}&terminator=0", text), 204)
    encoded = text.encode(codec)
    assert client.read(section, 0, len(encoded) + 1) == encoded + b"\xAA"


@pytest.mark.parametrize("encoding, data, bad", [
    ("utf-16be", "0041d83d", 2), ("utf-16be", "0041d83d0042", 2), ("utf-16be", "dc00", 0),
    ("utf-16be", "00410041dc00d800", 4), ("gbk", "41ce", 1), ("gbk", "ced2ce", 2),
    ("gbk", "ce204141", 0), ("cp932", "4193", 1), ("cp950", "a4a4a4", 2)])
def test_undecodable_bytes_are_400_and_named(client, section, path, encoding, data, bad):
    data = bytes.fromhex(data)
    client.write(section, data, 100)
    reply = client.get(f"{path}?encoding={encoding}&offset=100&length={len(data)}")
    problem = expect_problem(reply, 400, "bad_text")
    assert f"byte {100 + bad} " in problem["detail"]
    assert encoding in problem["detail"]


@pytest.mark.parametrize("encoding, data", [("utf-16be", "004100"), ("gbk", "ced2ce")])
def test_torn_units_are_400(client, section, path, encoding, data):
    data = bytes.fromhex(data)
    client.write(section, data)
    reply = client.get(f"{path}?encoding={encoding}&offset=0&length={len(data)}")
    expect_problem(reply, 400, "bad_text")


@pytest.mark.parametrize("encoding, text, bad", [
    ("latin1", "ab€", 2), ("latin1", "Ā", 0), ("gbk", "我😀", 3), ("cp1252", "a我", 1),
    ("cp1252", "Ā", 0), ("cp437", "x€", 1), ("cp932", "日한", 3), ("cp1251", "Прé", 4)])
def test_characters_that_the_encoding_lacks_are_400(client, path, untouched, encoding, text, bad):
    problem = expect_problem(client.put(f"{path}?encoding={encoding}", text), 400, "bad_text")
    assert f"U+{ord(text.encode()[bad:].decode()[0]):04X}" in problem["detail"]
    assert f"byte {bad} " in problem["detail"]


@pytest.mark.parametrize("encoding", ["utf-16be", "latin1", "gbk", "cp1252"])
def test_a_body_that_is_not_utf8_is_400(client, path, untouched, encoding):
    for body in (b"ab\xff", b"\xed\xa0\x80", b"\xc0\x80", "é".encode("latin-1")):
        expect_problem(client.put(f"{path}?encoding={encoding}", body), 400, "bad_text")


@pytest.mark.parametrize("encoding", [
    "cp", "cp0", "cp1", "cp3", "cp42", "cp7", "cp99999", "cp123456", "cp-1", "cp%20437", "cp437x",
    "437", "asci", "gb", "utf16be", "utf16", "utf-32be", "latin-1%00", "", "klingon",
    "cp437//TRANSLIT", "x-user-defined", "replacement", "gb18030%20", "gb18030%20gbk", "%20", "%C3%A9",
    "%C3%A9" * 100])
def test_unknown_encodings_are_400(client, path, untouched, encoding):
    bad = ("bad_query", "bad_request") if "%00" in encoding else ("bad_encoding",)
    expect_problem(client.get(f"{path}?encoding={encoding}"), 400, *bad)
    expect_problem(client.put(f"{path}?encoding={encoding}", "a"), 400, *bad)
    missing = "/v1/sections/999999/text"
    expect_problem(client.get(f"{missing}?encoding={encoding}"), 400, *bad)


def test_the_error_lists_what_there_is(client, path):
    detail = client.get(path + "?encoding=klingon").json()["detail"]
    for encoding in ("utf-8", "utf-16le", "utf-16be", "utf-32le", "latin1", "gbk", "cpNNN"):
        assert encoding in detail


def test_the_error_says_what_was_sent(client, path):
    assert '"klingon"' in client.get(path + "?encoding=klingon").json()["detail"]
    assert '""' in client.get(path + "?encoding=").json()["detail"]


def test_latin1_keeps_its_meaning(client, section, path):
    """Of these labels WHATWG says windows-1252."""
    client.write(section, bytes(range(0x80, 0xA0)) + b"\0")
    for encoding in ("latin1", "iso-8859-1", "l1", "cp819"):
        assert client.get(f"{path}?encoding={encoding}").text == "".join(map(chr, range(0x80, 0xA0)))


def test_a_missing_section_is_404_in_every_encoding(client):
    for encoding in ("utf-16be", "latin1", "gbk", "cp1252"):
        expect_problem(client.get(f"/v1/sections/999999/text?encoding={encoding}"), 404,
                       "not_found")


def test_a_byte_order_is_kept_apart_in_the_search_for_the_end(client, section, path):
    client.write(section, b"\1\0\0\1\0\0")  # the NULs between two units end nothing
    assert client.get(path + "?encoding=utf-16be").text == "Ā\1"
    client.write(section, b"\xff" * SIZE)
    client.write(section, "abc".encode("utf-16-be"), SIZE - 6)
    assert client.get(f"{path}?encoding=utf-16be&offset={SIZE - 6}").text == "abc"


@pytest.mark.parametrize("encoding, codec, piece", [
    ("utf-16be", "utf-16-be", "😀"), ("latin1", "latin-1", "é"), ("gbk", "gbk", "我"),
    ("cp1252", "cp1252", "€")])
def test_long_text_makes_the_round_trip(client, encoding, codec, piece):
    section = client.create(size=1 << 20)["id"]
    path = f"/v1/sections/{section}/text?encoding={encoding}"
    text = piece * 100000
    expect_status(client.put(path, text), 204)
    encoded = text.encode(codec)
    assert client.read(section, 0, len(encoded)) == encoded
    assert expect_status(client.get(path), 200).text == text


def test_text_that_does_not_fit_is_not_written(client, path, untouched):
    reply = client.put(f"{path}?encoding=gbk&offset={SIZE - 2}", "我")
    expect_problem(reply, 416, "range_not_satisfiable")
    expect_problem(client.put(f"{path}?encoding=gbk&length=2", "我"), 400, "bad_size")
    expect_status(client.put(f"{path}?encoding=gbk&offset={SIZE - 2}&terminator=0", ""), 204)


def test_a_native_program_reads_the_bytes(client, peer, name):
    peer.create("a", SIZE, name)
    section = client.open(name)["id"]
    client.put(f"/v1/sections/{section}/text?encoding=gbk", "我将无我")
    assert peer.read("a", 9) == "我将无我".encode("gbk") + b"\0"
    peer.write("a", "héllo\0".encode("latin-1"), 100)
    reply = client.get(f"/v1/sections/{section}/text?encoding=latin1&offset=100")
    assert reply.text == "héllo"
