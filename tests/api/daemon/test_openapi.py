"""GET /openapi.json: it is an OpenAPI 3.1 document, complete and true.

Every operation that it lists is called, and answers as the document says.
"""

import json
import re

import pytest

import build
from client import expect_status
from events import EventStream
from routes import routes_of
from schema import expect_valid, resolve

METHODS = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def document(shared_daemon):
    reply = shared_daemon.client(token=None).get("/openapi.json")
    assert expect_status(reply, 200).headers.get_content_type() == "application/json"
    return reply.json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method, path, operation


def filled(path, number):
    """The path with a number for each of its parameters."""
    return re.sub(r"\{\w+\}", str(number), path)


def everything_in(value):
    yield value
    for each in value.values() if isinstance(value, dict) else \
            value if isinstance(value, list) else ():
        yield from everything_in(each)


def test_the_document_has_the_form_of_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"]
    assert set(document) <= {"openapi", "info", "servers", "paths", "components", "security",
                             "tags", "externalDocs", "jsonSchemaDialect"}
    for path, item in document["paths"].items():
        assert path.startswith("/")
        assert set(item) <= METHODS | {"parameters", "summary", "description"}


def test_every_operation_has_the_form_that_openapi_gives_it(document):
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["responses"], where
        for status, response in operation["responses"].items():
            assert status in ("4XX", "5XX") or re.fullmatch("[1-5][0-9][0-9]", status), where
            assert response["description"], where
            for media in response.get("content", {}):
                assert re.fullmatch(r"[\w*.+-]+/[\w*.+-]+(; ?\w+=[\w.-]+)*", media), where
        for parameter in operation.get("parameters", []):
            assert parameter["in"] in ("query", "path", "header"), where
            assert parameter["schema"] and parameter["name"], where
            assert parameter["in"] != "path" or parameter["required"] is True, where
        named = {parameter["name"] for parameter in operation.get("parameters", [])
                 if parameter["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), where
        if "requestBody" in operation:
            assert operation["requestBody"]["content"], where


def test_parameters_are_listed_once(document):
    for method, path, operation in operations(document):
        names = [(each["in"], each["name"]) for each in operation.get("parameters", [])]
        assert len(set(names)) == len(names), f"{method} {path}"


def test_every_reference_leads_somewhere(document):
    references = [each["$ref"] for each in everything_in(document)
                  if isinstance(each, dict) and isinstance(each.get("$ref"), str)]
    assert len(references) > 10
    for reference in references:
        resolve(document, reference)


def test_each_limit_and_list_of_the_code_is_filled_in(document):
    words = [each for each in everything_in(document)
             if isinstance(each, str) and re.fullmatch(r"\$[a-z_]+", each)]
    assert words == []


def limits_told(document):
    """What the schemas say of the most that there may be."""
    schemas = document["components"]["schemas"]
    return {
        "values": schemas["PutValues"]["properties"]["values"]["maxItems"],
        "count": schemas["Op"]["properties"]["count"]["maximum"],
        "operations": schemas["Batch"]["properties"]["ops"]["maxItems"],
        "ranges": schemas["Watch"]["properties"]["watch"]["maxItems"],
        "interval": schemas["Watch"]["properties"]["interval_ms"]["maximum"],
        "label": schemas["Patch"]["properties"]["label"]["maxLength"],
        "ttl": schemas["Patch"]["properties"]["ttl_s"]["maximum"],
    }


@pytest.mark.parametrize("limit", ["values", "count", "operations", "ranges", "interval", "label", "ttl"])
def test_the_daemon_takes_as_much_as_a_schema_says_and_no_more(document, client, daemon, limit):
    most = limits_told(document)[limit]
    section = client.create(size=65536)["id"]
    one = {"op": "read", "id": section, "length": 1}
    counted = {**one, "type": "u8", "count": 1}
    del counted["length"]

    def ask(amount):
        if limit == "values":
            return client.json("PUT", f"/v1/sections/{section}/values?type=u8", {"values": [0] * amount})
        if limit == "count":
            answer = client.post("/v1/batch", {"ops": [{**counted, "count": amount}]})
            return answer.json()["results"][0].get("status", 200)
        if limit == "operations":
            return client.post("/v1/batch", {"ops": [one] * amount})
        if limit in ("label", "ttl"):
            member = {"label": "x" * amount} if limit == "label" else {"ttl_s": amount}
            return client.json("PATCH", f"/v1/sections/{section}", member)
        watched = [{"id": section, "length": 1}] * (amount if limit == "ranges" else 1)
        body = {"watch": watched, "interval_ms": amount if limit == "interval" else 10}
        if amount <= most:
            return expect_stream(daemon, "/v1/events", body) or 200
        return client.post("/v1/events", body)

    within, beyond = ask(most), ask(most + 1)
    assert (within if isinstance(within, int) else within.status) < 300, within
    assert (beyond if isinstance(beyond, int) else beyond.status) == 400, beyond


def test_every_schema_is_used(document):
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name


def test_the_version_is_ours(document, client):
    assert document["info"]["version"] == client.get("/v1/info").json()["version"]


def test_security_says_what_needs_a_token(document, daemon):
    anonymous = daemon.client(token=None)
    [scheme] = [each for each in document["components"]["securitySchemes"].values()]
    assert scheme == {"type": "http", "scheme": "bearer"}
    for method, path, operation in operations(document):
        security = operation.get("security", document["security"])
        reply = anonymous.request(method.upper(), filled(path, 1))
        assert (reply.status == 401) == bool(security), f"{method} {path}"


def example_of(route, section):
    """The request that the document itself gives: (path and query, body)."""
    media, body = route.body(section)
    return route.target(section), json.loads(body) if media == "application/json" else body


class Examples:
    """Requests that are to succeed, for operations where the document's example is not enough."""

    def __init__(self, client, peer, name):
        self.code = client.request("POST", "/v1/codes").json()["code"]
        self.peer = peer
        self.name = name
        self.section = client.create(size=4096)["id"]
        self.other = client.create(size=4096)["id"]
        self.asset = re.search(rb"assets/[\w.-]+", client.get("/").body)
        peer.create("example", 4096, name)
        self.handle = peer.create("example2", 4096)["handle"]

    def requests(self):
        """(method, path of the document) to lists of (path and query, body)."""
        one = f"/v1/sections/{self.section}"
        return {
            # A build without the dashboard has none.
            ("get", "/assets/{asset}"): [(f"/{self.asset[0].decode()}", None)]
                                        if self.asset else [],
            ("get", "/v1/sections"): [
                ("/v1/sections", None), ("/v1/sections?limit=1&after=0&origin=created", None),
                (f"/v1/sections?name={self.name}", None)],
            ("post", "/v1/sections"): [
                ("/v1/sections", {"size": 4096, "label": "x", "ttl_s": 60, "reserve": True}),
                ("/v1/sections", {"size": 4096, "generate_name": True}),
                ("/v1/sections", {"size": 4096, "name": self.name, "view": {"length": 10}})],
            ("post", "/v1/sections/open"): [
                ("/v1/sections/open", {"name": self.name, "access": "read"})],
            ("post", "/v1/sections/duplicate"): [
                ("/v1/sections/duplicate", {"pid": self.peer.pid, "handle": self.handle}),
                ("/v1/sections/duplicate", {"pid": self.peer.pid, "name": self.name}),
                ("/v1/sections/duplicate", {"pid": self.peer.pid, "index": 0})],
            ("get", "/v1/processes"): [
                ("/v1/processes", None), ("/v1/processes?name=peer", None),
                ("/v1/processes?sharing=1", None)],
            ("get", "/v1/processes/{pid}/sections"): [
                (f"/v1/processes/{self.peer.pid}/sections", None)],
            ("get", "/v1/namespace"): [
                ("/v1/namespace", None), (f"/v1/namespace?scope=local&prefix={self.name}", None),
                (f"/v1/namespace?contains={self.name}&holders=1", None)],
            ("get", "/v1/sections/{id}"): [
                (one, None), (f"/v1/sections/@{self.name}?open=1", None)],
            ("patch", "/v1/sections/{id}"): [(one, {"label": "y", "ttl_s": None})],
            ("get", "/v1/sections/{id}/events"): [
                (one + "/events", None),
                (one + "/events?offset=8&length=8&interval_ms=10&format=values&type=u16&endian=big",
                 None),
                (one + "/events?layout=assetto-corsa-static&select=track", None)],
            ("get", "/v1/events"): [
                (f"/v1/events?watch={self.section}:0:8&watch={self.other}:8:16", None)],
            ("get", "/v1/sections/{id}/data"): [
                (one + "/data", None), (one + "/data?offset=1&length=2&format=raw", None)],
            ("put", "/v1/sections/{id}/data"): [
                (one + "/data?offset=1&flush=1", b"raw"), (one + "/data?length=3", b"raw")],
            ("post", "/v1/sections/{id}/fill"): [
                (one + "/fill", {"offset": 0, "length": 8, "byte": 0})],
            ("post", "/v1/sections/{id}/copy"): [
                (one + "/copy", {"from": self.other, "from_offset": 0, "offset": 8, "length": 8})],
            ("post", "/v1/sections/{id}/flush"): [
                (one + "/flush", None), (one + "/flush?offset=0&length=16", None)],
            ("put", "/v1/sections/{id}/text"): [
                (one + "/text?encoding=utf-8&offset=0&terminator=1", b"text"),
                (f"{one}/text?encoding={build.WIDE}&length=64", b"text")],
            ("get", "/v1/sections/{id}/text"): [
                (f"{one}/text?encoding={build.WIDE}&offset=0&length=4", None),
                (f"{one}/text?encoding=gb18030&length=64&field=1&errors=replace", None)],
            ("put", "/v1/sections/{id}/values"): [
                (one + "/values?type=u64&offset=0", {"values": ["1", 2]}),
                (one + "/values?type=f32&offset=64&stride=8&endian=big", {"values": [1, "NaN"]})],
            ("get", "/v1/sections/{id}/values"): [
                (one + "/values?type=u64&offset=0&count=2", None),
                (one + "/values?type=f32&offset=64&count=2&stride=8&endian=big", None),
                (one + "/values?type=bool8", None)],
            ("get", "/v1/layouts"): [
                ("/v1/layouts", None), ("/v1/layouts?limit=2&after=hwinfo", None)],
            ("get", "/v1/layouts/{name}"): [
                ("/v1/layouts/hwinfo", None), ("/v1/layouts/mumblelink?format=c", None)],
            ("put", "/v1/layouts/{name}"): [
                ("/v1/layouts/of-openapi?dry_run=1", {"fields": [{"name": "n", "type": "u8"}]}),
                ("/v1/layouts/of-openapi", {
                    "title": "t", "endian": "big", "types": {"t": {"fields": [{"name": "n", "type": "u8"}]}},
                    "match": {"names": ["N"], "fields": {"a": 1}},
                    "consistency": {"by": "unchanged", "field": "a", "timeout_ms": 5},
                    "fields": [{"name": "a", "type": "u32", "enum": {"1": "one"}},
                               {"name": "b", "type": "t", "count": {"field": "a", "max": 3}},
                               {"name": "c", "type": "string", "bytes": 8, "encoding": "ansi"}]})],
            ("delete", "/v1/layouts/{name}"): [("/v1/layouts/of-openapi", None)],
            ("get", "/v1/sections/{id}/fields"): [
                (one + "/fields?layout=core-temp", None),
                (one + "/fields?layout=core-temp&select=tj_max%5B0%5D", None),
                *[(f"{one}/fields?layout=core-temp&format={name}&allow_torn=1", None)
                  for name in ("json", "csv", "text", "ndjson")]],
            ("patch", "/v1/sections/{id}/fields"): [
                (one + "/fields?layout=assetto-corsa-static&force=1&terminator=0",
                 {"session_count": 2, "track": "spa"})],
            ("post", "/v1/sections/{id}/atomic"): [
                (one + "/atomic", {"op": "add", "type": "u64", "offset": 8, "value": "1"}),
                (one + "/atomic", {"op": "cas", "type": "i32", "offset": 16, "value": 1,
                                   "expected": 7})],
            ("post", "/v1/batch"): [
                ("/v1/batch", {"ops": [
                    {"op": "read", "id": self.section, "offset": 0, "length": 8},
                    {"op": "write", "id": self.section, "offset": 0, "data": "AAAA"},
                    {"op": "read", "id": 999999999, "offset": 0, "length": 8},
                    {"op": "atomic", "id": self.section, "atomic": "add", "type": "u64",
                     "offset": 64, "value": "1"}]})],
            ("post", "/v1/codes/redeem"): [
                ("/v1/codes/redeem",
                 {"code": self.code})],
            ("delete", "/v1/sections/{id}"): [(f"/v1/sections/{self.other}", None)],
        }


def content_of(response, media):
    """The entry for a media type, where parameters and wild cards do not matter."""
    for told, content in response.get("content", {}).items():
        if told.split(";")[0] in (media, "*/*"):
            return content
    raise AssertionError(f"{media} is not among {list(response.get('content', {}))}")


def expect_told(document, operation, reply, where):
    """The reply is one that the document names."""
    assert str(reply.status) in operation["responses"], f"{where}: {reply} is not told"
    response = operation["responses"][str(reply.status)]
    if not reply.body:
        return
    media = reply.headers.get_content_type()
    content = content_of(response, media)
    if media == "application/json":
        expect_valid(document, content["schema"], reply.json(), where)


def expect_asked(document, operation, target, body, where):
    """Our own request is one that the document allows, so that the document is not too narrow."""
    allowed = {each["name"]: each for each in operation.get("parameters", [])
               if each["in"] == "query"}
    given = [pair.split("=")[0] for pair in target.partition("?")[2].split("&") if pair]
    assert set(given) <= set(allowed), f"{where}: {given} is not told"
    assert {name for name, each in allowed.items() if each.get("required")} <= set(given), where
    if isinstance(body, dict):
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        expect_valid(document, schema, body, where)


def expect_stream(daemon, target, body):
    stream = EventStream(daemon, target, body=body).start()
    stream.expect("snapshot")
    stream.close()


def test_every_operation_is_there_and_answers_as_the_document_says(
        document, daemon, client, peer, name):
    listed = {(method, path): operation for method, path, operation in operations(document)}
    examples = Examples(client, peer, name)
    by_hand = examples.requests()
    assert set(by_hand) <= set(listed)
    requests = {(route.method.lower(), route.path): [example_of(route, examples.section)]
                for route in routes_of(daemon)
                if (route.method.lower(), route.path) not in by_hand}
    requests.update(by_hand)  # with the one that deletes at the end
    assert set(requests) == set(listed)
    for (method, path), asked in requests.items():
        for target, body in asked:
            where = f"{method} {target}"
            expect_asked(document, listed[method, path], target, body, where)
            raw = json.dumps(body) if isinstance(body, dict) else body
            headers = JSON if isinstance(body, dict) else None
            if "text/event-stream" in listed[method, path]["responses"].get("200", {}).get(
                    "content", {}):
                expect_stream(daemon, target, body if isinstance(body, dict) else None)
                continue
            reply = client.request(method.upper(), target, raw, headers)
            assert reply.status < 300, f"{where}: {reply}"
            expect_told(document, listed[method, path], reply, where)


def test_every_problem_is_as_the_document_says(document, client):
    problem = document["components"]["schemas"]["Problem"]
    for method, path, operation in operations(document):
        reply = client.request(method.upper(), filled(path, 999999999) + "?no=1")
        assert reply.status == 415 or reply.status == 400, reply
        content = content_of(operation["responses"]["4XX"], "application/problem+json")
        assert resolve(document, content["schema"]["$ref"]) == problem
        expect_valid(document, problem, reply.json())


def test_allow_is_what_the_document_lists(document, client):
    for path in document["paths"]:
        told = {method.upper() for method in document["paths"][path] if method in METHODS}
        reply = client.request("OPTIONS", filled(path, 1))
        allowed = {method.strip() for method in reply.headers["Allow"].split(",")}
        assert allowed - {"HEAD", "OPTIONS"} == told, path


def test_what_the_schemas_forbid_the_daemon_refuses(document, client):
    """Members that the document does not have are refused by the daemon too."""
    section = client.create()["id"]
    for method, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            target = filled(path, section)
            required = [f"{each['name']}=u8" for each in operation["parameters"]
                        if each["in"] == "query" and each.get("required")]
            reply = client.json(
                method.upper(), target + ("?" + "&".join(required) if required else ""),
                {"no_such_member": 1})
            assert reply.status == 400, f"{method} {path}: {reply}"
            if content["schema"].get("$ref", "").endswith("/PatchFields"):
                continue  # its members are those of the layout
            with pytest.raises(AssertionError):
                expect_valid(document, content["schema"], {"no_such_member": 1})


def test_answers_that_depend_on_a_header_are_told(document, client):
    section = client.create(size=4096)["id"]
    operation = document["paths"]["/v1/sections/{id}/data"]["get"]
    path = f"/v1/sections/{section}/data"
    tag = client.get(path).headers["ETag"]
    for headers, status in (({"Range": "bytes=0-9"}, 206), ({"If-None-Match": tag}, 304)):
        reply = client.get(path, headers)
        assert reply.status == status
        expect_told(document, operation, reply, f"get {path} {headers}")


def test_what_flush_answers_is_told(document, start_daemon, tmp_path):
    """Of a view of a file there is nothing to say but that it is done."""
    client = start_daemon("--files", build.native_path(tmp_path)).client()
    operation = document["paths"]["/v1/sections/{id}/flush"]["post"]
    (tmp_path / "f.bin").write_bytes(bytes(4096))
    reply = client.post("/v1/sections", {"backing": {"file": "f.bin"}})
    statuses = set()
    for section in (reply.json()["id"], client.create(size=4096)["id"]):
        path = f"/v1/sections/{section}/flush"
        reply = client.request("POST", path)
        expect_told(document, operation, reply, f"post {path}")
        statuses.add(reply.status)
    assert statuses <= {200, 204}, statuses
