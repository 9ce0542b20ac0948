"""PATCH …/fields counts the memory that it takes before it stores anything."""

import pytest

import build
import fields
from client import expect_problem, expect_status
from layouts import made, of_fields

PAGE = build.PAGE
SIZE = 64 * PAGE
LONG = 17 * PAGE  # more than is written in one piece
# Each of the first two lies across the end of a page, and the second begins where the first ends.
LAYOUT = of_fields(
    {"name": "first", "type": "u32", "offset": PAGE - 2},
    {"name": "second", "type": "u32", "offset": 2 * PAGE - 2},
    {"name": "flags", "type": "u32", "offset": 3 * PAGE,
     "bits": {"on": {"shift": 0, "width": 1}, "gear": {"shift": 1, "width": 3}}},
    {"name": "text", "type": "string", "bytes": LONG, "offset": 8 * PAGE},
    {"name": "last", "type": "u8", "offset": SIZE - 1}, packed=True)
VALUES = {"last": 7, "text": "x" * (LONG - 1), "flags.gear": 5, "second": 2, "flags.on": True, "first": 1}
PAGES = 3 + 1 + 17 + 1


def committed(client):
    return expect_status(client.get("/v1/info"), 200).json()["usage"]["committed_bytes"]


@pytest.fixture(params=["--max-section-bytes", "--max-total-bytes"])
def option(request):
    return request.param


@pytest.fixture
def reserved(daemon_with, option):
    def start(pages):
        client = daemon_with(option, str(pages * PAGE)).client()
        reply = client.post("/v1/sections", {"size": SIZE, "reserve": True})
        return client, expect_status(reply, 201).json()["id"], made(client, LAYOUT)
    return start


def patch(client, section, layout):
    return client.json("PATCH", fields.path(section, layout=layout), VALUES)


def test_values_that_do_not_all_fit_are_not_stored_at_all(reserved, option):
    client, section, layout = reserved(PAGES - 1)
    problem = expect_problem(patch(client, section, layout), 507, "quota_exceeded")
    assert option in problem["detail"]
    assert committed(client) == 0
    assert client.read(section, 0, SIZE).strip(b"\0") == b""


def test_values_that_just_fit_count_each_page_once(reserved):
    client, section, layout = reserved(PAGES)
    for _ in range(2):
        expect_status(patch(client, section, layout), 204)
        assert committed(client) == PAGES * PAGE
    assert fields.read(client, section, layout, select=list(VALUES))["values"] == VALUES
    client.close_section(section)
    assert committed(client) == 0
