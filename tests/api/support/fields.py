"""`GET …/fields`, and values by their paths."""

import re
import urllib.parse

from client import expect_status


def path(section, **query):
    """`select` may be a list of paths."""
    if isinstance(query.get("select"), (list, tuple)):
        query["select"] = ",".join(query["select"])
    return f"/v1/sections/{section}/fields?" + urllib.parse.urlencode(query)


def get(client, section, **query):
    return client.get(path(section, **query))


def read(client, section, layout, **query):
    """The document of an answer that succeeds."""
    return expect_status(get(client, section, layout=layout, **query), 200).json()


def at(fields, where):
    """What a path of names and indices leads to."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", where):
        fields = fields[name] if name else fields[int(index)]
    return fields
