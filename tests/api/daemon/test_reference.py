"""docs/api.md lists what there is, and nothing else: it is compared with /openapi.json."""

import re

import pytest

import build
from client import expect_status

PAGE = (build.SOURCE / "docs/api.md").read_text()
ROUTE = re.compile(r"^### (GET|PUT|POST|PATCH|DELETE) (/\S*)$\n(.*?)(?=^##|\Z)", re.M | re.S)
OBJECT = re.compile(r"^### (\w+)$\n(.*?)(?=^##|\Z)", re.M | re.S)
CONDITIONS = {"none": "none", "on the answer": "answer", "on the state": "state",
              "on existence": "existence"}
LARGEST = 2**53 - 1


def table(text, first):
    """The rows of the table whose first column has this head: name → the cell beside it."""
    found = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|]+\n((?:\|.*\n)*)", text, re.M)
    rows = {}
    for line in found.group(1).splitlines() if found else []:
        name, value = [cell.strip() for cell in line.strip("|").split(" | ")][:2]
        for each in re.findall(r"`([^`]+)`", name):
            assert each not in rows, f"{each} stands twice"
            rows[each] = value
    return rows


def routes():
    return {(method, path): " ".join(text.split("\n\n|")[0].split()) + "\n" + text
            for method, path, text in ROUTE.findall(PAGE)}


@pytest.fixture(name="document", scope="module")
def _document(shared_daemon):
    return shared_daemon.client().get("/openapi.json").json()


def value_types():
    return re.findall(r"`(\w+)`", re.search(r"^The types of values: (.*)$", PAGE, re.M).group(1))


def operations(document):
    return {(method.upper(), path): operation for path, methods in document["paths"].items()
            for method, operation in methods.items()}


def schema_of(document, schema):
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def test_every_route_stands_there_and_no_other(document):
    assert len(ROUTE.findall(PAGE)) == len(routes()), "a route stands twice"
    assert set(routes()) == set(operations(document))


def test_every_parameter_stands_there_with_what_it_takes(document):
    said = routes()
    for route, operation in operations(document).items():
        there = {each["name"]: each for each in operation["parameters"] if each["in"] == "query"}
        rows = table(said[route], "parameter")
        assert set(rows) == set(there), route
        for name, parameter in there.items():
            schema = parameter["schema"]
            where = f"{route}: {name}: {rows[name]}"
            assert parameter["required"] == ("required" in rows[name]), where
            if "maximum" in schema:
                most = "2^53-1" if schema["maximum"] == LARGEST else schema["maximum"]
                assert f"{schema['minimum']} to {most}" in rows[name], where
            if "maxItems" in schema:
                assert f"{schema['minItems']} to {schema['maxItems']} times" in rows[name], where
            if "#values-and-atomics" in rows[name]:
                assert schema["enum"] == value_types(), where
            elif "enum" in schema:
                assert re.findall(r"`([^`]+)`", rows[name]) == schema["enum"], where


def test_every_member_of_a_body_stands_there(document):
    said = routes()
    for route, operation in operations(document).items():
        content = operation.get("requestBody", {}).get("content", {})
        kinds = [media for media in content.values() if "$ref" in media["schema"]]
        for media in kinds or content.values():  # text beside JSON has no members
            properties = schema_of(document, media["schema"]).get("properties", {})
            rows = table(said[route], "member")
            assert set(rows) == set(properties), route
            for name, schema in properties.items():
                schema = schema_of(document, schema)
                if schema.get("enum"):
                    assert set(re.findall(r"`([^`]+)`", rows[name])) == set(schema["enum"]), \
                        f"{route}: {name}"
        if not content:
            assert not table(said[route], "member"), route
    assert set(table(said["POST", "/v1/batch"], "member of an operation")) == \
        set(document["components"]["schemas"]["Op"]["properties"])


def test_the_role_of_every_route_is_right_and_what_denies_it(document):
    for route, operation in operations(document).items():
        text = routes()[route]
        role = re.search(r"Role `(\w+)`", text)
        assert role and role.group(1) == operation.get("x-role", "none"), route
        denied = re.search(r"Denied by `(\w+)`", text)
        assert (denied.group(1) if denied else None) == operation.get("x-denied-by"), route


def test_the_conditions_of_every_route_are_right(document):
    for route, operation in operations(document).items():
        conditions = re.search(r"Conditions: (none|on the answer|on the state|on existence)", routes()[route])
        assert conditions and CONDITIONS[conditions.group(1)] == operation["x-conditions"], route


def test_every_answer_of_a_route_is_said(document):
    for route, operation in operations(document).items():
        answers = re.search(r"Answers:(.*?)(?=\n\n|\Z)", routes()[route].partition("\n")[2], re.S)
        assert answers, route
        said = set(re.findall(r"\b[2345]\d\d\b", answers.group(1)))
        there = {status for status in operation["responses"] if status.isdigit()}
        assert there <= said, f"{route}: {there - said}"
        assert {status for status in said if status < "300"} <= there, f"{route}: {said - there}"


def test_every_error_code_stands_there_with_its_status_and_no_other(shared_daemon):
    errors = shared_daemon.client().get("/v1/errors").json()["errors"]
    assert table(PAGE, "code") == {each["code"]: str(each["status"]) for each in errors}
    named = set(re.findall(r"\b[45]\d\d `(\w+)`", PAGE))
    assert named <= {each["code"] for each in errors}


def test_the_errors_that_have_a_status_beside_them_have_that_status(shared_daemon):
    statuses = {each["code"]: str(each["status"])
                for each in shared_daemon.client().get("/v1/errors").json()["errors"]}
    for status, code in re.findall(r"\b([45]\d\d) `(\w+)`", PAGE):
        assert statuses[code] == status, code


@pytest.mark.parametrize("name", ["Section", "ProcessSection", "Info"])
def test_the_members_of_an_object_stand_there(document, name):
    text = dict(OBJECT.findall(PAGE))[name]
    there = set(document["components"]["schemas"][name]["properties"])
    assert set(table(text, "member")) == there


def test_the_limits_and_the_usage_of_info_stand_there(shared_daemon):
    info = expect_status(shared_daemon.client().get("/v1/info"), 200).json()
    rows = table(dict(OBJECT.findall(PAGE))["Info"], "member")
    assert set(rows) == set(info)
    for name in ("limits", "usage", "privileges"):
        line = re.search(rf"^\| `{name}` \|.*$", PAGE, re.M).group(0)
        said = set(re.findall(r"\w+", "".join(re.findall(r"`[^`]+`", line)))) - {name}
        assert said == set(info[name]), name


def test_every_metric_stands_there(shared_daemon):
    page = shared_daemon.client().get("/metrics").text
    there = set(re.findall(r"^# TYPE sectiond_(\w+)", page, re.M))
    text = routes()["GET", "/metrics"].rpartition("Answers:")[2]
    said = set(re.findall(r"`(\w+)`", text)) - {"sectiond_", "route", "method", "status"}
    assert said == there


def test_every_capability_stands_there():
    help_text = build.run(build.SECTIOND, "--help").stdout
    listed = re.search(r"--deny .*?switch off, for every role: (.*?);", help_text, re.S).group(1)
    assert set(table(PAGE, "capability")) == set(re.findall(r"\w+", listed))


def test_it_names_only_options_that_exist():
    offered = set(re.findall(r"--[a-z][a-z-]+", build.run(build.SECTIOND, "--help").stdout))
    assert set(re.findall(r"(?<=`)--[a-z][a-z-]+", PAGE)) <= offered
