"""The routes of a daemon, as /openapi.json tells them, each with a request that it takes."""

import json
import re
from urllib.parse import quote

METHODS = ("get", "put", "post", "patch", "delete")


# What asks for little of a section, which is a page at least on Windows.
SMALL = {"length": "16", "count": "2"}


class Route:
    """An operation of the document, and a request that it takes."""

    def __init__(self, document, method, path, operation):
        self.document = document
        self.method = method.upper()
        self.path = path
        self.operation = operation
        self.name = operation["operationId"]
        self.role = operation.get("x-role")
        self.denied_by = operation.get("x-denied-by")
        self.conditions = operation["x-conditions"]
        answers = operation["responses"]
        self.is_stream = "text/event-stream" in answers.get("200", {}).get("content", {})

    @property
    def content(self):
        return self.operation.get("requestBody", {}).get("content", {})

    def target(self, section, small=False):
        path = self.path.replace("{id}", str(section)).replace("{pid}", "1")
        path = path.replace("{asset}", "none.js").replace("{name}", "test-of-routes")
        query = []
        for parameter in self.operation["parameters"]:
            example = parameter.get("example")
            if small and parameter["name"] in SMALL:
                example = SMALL[parameter["name"]]
            for value in example if isinstance(example, list) else [example]:
                if value is not None:
                    value = re.sub("^1:", f"{section}:", value)
                    query.append(f"{parameter['name']}={quote(value)}")
        return path + ("?" + "&".join(query) if query else "")

    @property
    def schema(self):
        """Of a body that is JSON."""
        media = next(iter(self.content.values()), {"schema": {}})
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        return self.document["components"]["schemas"].get(name, {})

    @property
    def operations(self):
        """Bodies that need different roles, where the role of the route is not all: (role, body)."""
        return [(each["role"], each["op"]) for each in self.schema.get("x-operations", [])]

    @property
    def example_role(self):
        """What the example needs: the role of the route, or more."""
        return next((role for role, body in self.operations if body == self.schema["examples"][0]),
                    self.role)

    @property
    def also_denied(self):
        """What --deny refuses by what is in the body: (capability, body)."""
        return [(each["by"], each["body"]) for each in self.schema.get("x-denied", [])]

    def body(self, section):
        """The media type and an example that the schema gives."""
        if not self.content:
            return None, None
        media, schema = next(iter(self.content.items()))
        if "json" not in media:
            return media, b"\x01\x02\x03\x04"
        name = schema["schema"]["$ref"].rsplit("/", 1)[1]
        example = self.document["components"]["schemas"][name]["examples"][0]
        text = json.dumps(example)
        for key in ("id", "from"):
            text = text.replace(f'"{key}": 1', f'"{key}": {section}')
        return media, text.replace("SHINE", f"sectiond-test-rules-{section}").encode()

    def ask(self, client, section, headers=None, body=None, small=False):
        """One request. A stream is asked for its head only: it would have no end."""
        media, example = self.body(section)
        sent = dict(headers or {})
        if media is not None:
            sent["Content-Type"] = media
        method = "HEAD" if self.is_stream and self.method == "GET" else self.method
        return client.request(method, self.target(section, small), body or example, sent)

    def problem_code(self, reply):
        """The code of a problem; HEAD has no body to tell it."""
        return reply.json()["code"] if reply.status >= 400 and reply.body else None


def routes_of(daemon):
    document = daemon.client(token=None).get("/openapi.json").json()
    return [Route(document, method, path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items() if method in METHODS]
