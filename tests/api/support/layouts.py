"""Layouts of a daemon: put, and taken away again."""

import itertools
import json

from client import expect_status

_numbers = itertools.count(1)

C = {"Content-Type": "text/x-c"}
NUMBER = {"name": "n", "type": "u32"}


def unique_layout():
    return f"test-{next(_numbers)}"


def put(client, name, document, headers=None, query=""):
    """A layout of JSON, or of C where it is a text."""
    if isinstance(document, str):
        return client.put(f"/v1/layouts/{name}{query}", document, {**C, **(headers or {})})
    return client.json("PUT", f"/v1/layouts/{name}{query}", document, headers)


def made(client, document, name=None):
    """The name of a layout that is there from now on."""
    name = name or unique_layout()
    reply = put(client, name, document)
    assert reply.status in (200, 201), reply
    return name


def of_fields(*fields, **members):
    return {"fields": list(fields), **members}


def listed(client):
    return [each["name"] for each in
            expect_status(client.get("/v1/layouts?limit=1000"), 200).json()["layouts"]]


def errors_of(reply):
    """Pointer → detail of what is wrong with a layout."""
    assert reply.status == 400, reply
    problem = reply.json()
    assert problem["code"] == "bad_layout", problem
    assert problem["errors"], problem
    return {each["pointer"]: each["detail"] for each in problem["errors"]}


def clear(client):
    """Takes away what tests have put."""
    for each in expect_status(client.get("/v1/layouts?limit=1000"), 200).json()["layouts"]:
        if not each["built_in"]:
            expect_status(client.delete(f"/v1/layouts/{each['name']}"), 204)


def text_of(document):
    return json.dumps(document).encode()
