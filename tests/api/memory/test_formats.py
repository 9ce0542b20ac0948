"""GET /v1/sections/{id}/data?format=hex|base64."""

import base64

import pytest

from client import expect_status

SIZE = 4096
PATTERN = bytes(index * 7 % 251 for index in range(SIZE))


@pytest.fixture
def path(client):
    section = client.create(size=SIZE)
    client.write(section["id"], PATTERN)
    return f"/v1/sections/{section['id']}/data"


# Formats.

def test_format_hex_gives_text(client, path):
    reply = expect_status(client.get(f"{path}?format=hex&offset=16&length=32"), 200)
    assert reply.headers.get_content_type() == "text/plain"
    assert bytes.fromhex(reply.text) == PATTERN[16:48]


def test_format_base64_gives_text(client, path):
    for length in (1, 2, 3, 32):
        reply = expect_status(client.get(f"{path}?format=base64&offset=16&length={length}"), 200)
        assert reply.headers.get_content_type() == "text/plain"
        assert base64.b64decode(reply.text.strip(), validate=True) == PATTERN[16:16 + length]


def test_format_raw_is_the_default(client, path):
    reply = expect_status(client.get(f"{path}?format=raw"), 200)
    assert reply.body == PATTERN
    assert reply.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ["hex", "base64"])
def test_text_formats_take_no_ranges(client, path, name):
    reply = expect_status(client.get(f"{path}?format={name}", {"Range": "bytes=0-9"}), 200)
    assert reply.headers.get("Accept-Ranges") in (None, "none")


def test_same_bytes_in_another_format_have_another_tag(client, path):
    tags = {client.get(path + query).headers["ETag"]
            for query in ("", "?format=hex", "?format=base64")}
    assert len(tags) == 3


@pytest.mark.parametrize("length", [65_536, 65_537, 100_000, 300_001])
def test_long_bytes_come_whole_in_every_format(client, length):
    """What is longer than one piece, and a piece that base64's groups of three do not divide."""
    section = client.create(size=length + 1)["id"]
    data = bytes(index * 11 % 253 for index in range(length))
    client.write(section, data, 1)
    path = f"/v1/sections/{section}/data?offset=1&length={length}"
    reply = expect_status(client.get(path + "&format=hex"), 200)
    assert bytes.fromhex(reply.text) == data
    assert int(reply.headers["Content-Length"]) == 2 * length
    reply = expect_status(client.get(path + "&format=base64"), 200)
    assert base64.b64decode(reply.text.strip(), validate=True) == data
    assert int(reply.headers["Content-Length"]) == len(reply.body)
