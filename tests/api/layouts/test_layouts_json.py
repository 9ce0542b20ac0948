"""What a layout in JSON may say, and what is wrong with it: each error has its place."""

import pytest

from client import expect_problem, expect_status
from layouts import NUMBER, clear, errors_of, of_fields, put


@pytest.fixture(autouse=True, scope="module")
def none_left(shared_daemon):
    yield
    clear(shared_daemon.client())


def field(**members):
    return {"name": "a", "type": "u32", **members}


EVERYTHING = {
    "title": "every member", "source": "this test", "endian": "big", "packed": True, "size": 512,
    "match": {"names": ["Global\\X", "Y"],
              "fields": {"magic": 1399412552, "real": 0.5, "big": "18446744073709551615", "less": -3,
                         "text": "abc"}},
    "consistency": {"by": "busy_flag", "field": "magic", "mask": 3, "timeout_ms": 250},
    "types": {"row": {"size": 16, "fields": [
        {"name": "name", "type": "string", "bytes": 8, "encoding": "utf-16le", "offset": 0},
        {"name": "kind", "type": "u8", "offset": 8}, {"name": "at", "type": "u32", "offset": 9}]},
        "buffer": {"size": 8, "fields": [
            {"name": "tick", "type": "i32", "offset": 0}, {"name": "offset", "type": "i32", "offset": 4}]}},
    "fields": [
        {"name": "magic", "type": "u32", "offset": 0, "note": "a note"},
        {"name": "real", "type": "f32", "offset": 4, "unit": "V", "scale": 0.1, "null_value": -1},
        {"name": "big", "type": "u64", "offset": 8, "null_value": "18446744073709551615"},
        {"name": "less", "type": "i8", "offset": 16, "enum": {"-3": "minus three", "5": "five"}},
        {"name": "text", "type": "string", "bytes": 7, "encoding": "latin1", "offset": 17},
        {"name": "flags", "type": "u16", "offset": 24,
         "bits": {"low": {"shift": 0, "width": 1}, "high": {"shift": 4, "width": 12}}},
        {"name": "part", "type": "u8", "offset": 26, "bit_shift": 2, "bit_width": 3},
        {"name": "count", "type": "u16", "offset": 28},
        {"name": "where", "type": "u32", "offset": 30},
        {"name": "matrix", "type": "f32", "offset": 40, "count": [3, 4], "stride": 4},
        {"name": "rows", "type": "row", "offset": {"field": "where", "add": 4},
         "count": {"field": "count", "max": 20}, "stride": 16},
        {"name": "buffers", "type": "buffer", "offset": 100, "count": 3, "stride": 8},
        {"name": "after", "type": "u8", "offset": {"end_of": "rows", "align": 4}},
        {"name": "length", "type": "u32", "offset": 200, "since": {"field": "count", "min": 2}},
        {"name": "table", "type": "table",
         "offset": {"newest": {"of": "buffers", "by": "tick", "offset": "offset", "begin": "tick"}},
         "size": {"field": "length"},
         "table": {"of": "rows", "name": "name", "type": "kind", "offset": "at", "types": {"4": "f32"}}},
    ],
    "export": [{"path": "rows[*].at", "metric": "row_at", "type": "counter", "help": "h",
                "labels": {"label": "name"}}],
}


def test_every_member_is_read_and_told_again(client):
    reply = expect_status(put(client, "all", EVERYTHING, query="?dry_run=1"), 200)
    assert reply.json() == EVERYTHING


def test_null_is_as_if_a_member_were_not_there(client):
    document = of_fields(field(unit=None, enum=None, offset=None), title=None, match=None, types=None)
    assert expect_status(put(client, "all", document, query="?dry_run=1"), 200).json()["fields"] == \
        [field(offset=0)]


def test_types_may_be_used_before_they_are_declared(client):
    document = of_fields({"name": "o", "type": "outer"}, types={
        "outer": {"fields": [{"name": "i", "type": "inner"}]}, "inner": {"fields": [NUMBER]}})
    assert expect_status(put(client, "all", document, query="?dry_run=1"), 200).json()["types"]["outer"][
        "size"] == 4


TYPES = {"t": {"fields": [NUMBER]}}

WRONG = [
    # (fields, other members, pointer, a part of the detail)
    ([field(ofset=4)], {}, "#/fields/0/ofset", "offset"),
    ([field()], {"titel": "x"}, "#/titel", "title"),
    ([{"name": "a"}], {}, "#/fields/0", '"type"'),
    ([{"type": "u8"}], {}, "#/fields/0", '"name"'),
    ([7], {}, "#/fields/0", "object"),
    ({}, {}, "#/fields", "array"),
    ([field(name="")], {}, "#/fields/0/name", "bytes"),
    ([field(name="x" * 256)], {}, "#/fields/0/name", "255"),
    ([field(name=3)], {}, "#/fields/0/name", "string"),
    ([field(name="a.b")], {}, "#/fields/0/name", ""),
    ([field(), field()], {}, "#/fields/1/name", ""),
    ([field(type="u9")], {}, "#/fields/0/type", "u9"),
    ([field(type="t", enum={"0": "x"})], {"types": TYPES}, "#/fields/0/enum", "number"),
    ([field(type="string")], {}, "#/fields/0", "bytes"),
    ([field(type="string", bytes=-1)], {}, "#/fields/0/bytes", "whole number"),
    ([field(type="string", bytes=8, encoding="klingon")], {}, "#/fields/0/encoding", "utf-8"),
    ([field(bytes=8)], {}, "#/fields/0/bytes", "string"),
    ([field(type="table")], {}, "#/fields/0", "table"),
    ([field(offset=-1)], {}, "#/fields/0/offset", "whole number"),
    ([field(offset=0.5)], {}, "#/fields/0/offset", "whole number"),
    ([field(offset=2**53)], {}, "#/fields/0/offset", "whole number"),
    ([field(offset="0")], {}, "#/fields/0/offset", "whole number"),
    ([field(offset={})], {}, "#/fields/0/offset", "field"),
    ([field(offset={"field": "x", "end_of": "y"})], {}, "#/fields/0/offset", "one of"),
    ([field(offset={"end_of": "y", "align": 3})], {}, "#/fields/0/offset/align", "power of two"),
    ([field(offset={"field": "none"})], {}, "#/fields/0/offset", "none"),
    ([field(count=-1)], {}, "#/fields/0/count", "whole number"),
    ([field(count=65537)], {}, "#/fields/0/count", "65536"),
    ([field(count=[2, 2, 2, 2, 2])], {}, "#/fields/0/count", "4"),
    ([field(count=[])], {}, "#/fields/0/count", "dimensions"),
    ([field(count={"field": "a"}, stride=0.5)], {}, "#/fields/0/stride", "whole number"),
    ([field(stride=4)], {}, "#/fields/0/stride", "count"),
    ([field(**{"from": "view"})], {}, "#/fields/0/from", "offset"),
    ([field(**{"from": "here"}, offset=0)], {}, "#/fields/0/from", '"view"'),
    ([field(enum={"x": "y"})], {}, "#/fields/0/enum/x", "whole number"),
    ([field(enum={"01": "y"})], {}, "#/fields/0/enum/01", "whole number"),
    ([field(enum={"1": "y", "2": "y"})], {}, "#/fields/0/enum", "label"),
    ([field(enum={"1": ""})], {}, "#/fields/0/enum/1", "bytes"),
    ([field(bits={"a": {"shift": 64}})], {}, "#/fields/0/bits/a", "64"),
    ([field(bits={"a": {"shift": 1, "width": 0}})], {}, "#/fields/0/bits/a", "width"),
    ([field(bits={"a": 1})], {}, "#/fields/0/bits/a", "object"),
    ([field(bits={"a": {"shift": 31, "width": 2}})], {}, "#/fields/0/bits/a", ""),
    ([field(bit_shift=1)], {}, "#/fields/0/bit_shift", "bit_width"),
    ([field(scale=0)], {}, "#/fields/0/scale", "0"),
    ([field(null_value=-1)], {}, "#/fields/0/null_value", "4294967295"),
    ([field(null_value="x")], {}, "#/fields/0/null_value", "whole number"),
    ([field(since={"field": "a"})], {}, "#/fields/0/since", "min"),
    ([field(unit=3)], {}, "#/fields/0/unit", "string"),
    ([field()], {"endian": "middle"}, "#/endian", '"big"'),
    ([field()], {"packed": 1}, "#/packed", "true or false"),
    ([field()], {"size": -4}, "#/size", "whole number"),
    ([field()], {"match": {"names": "X"}}, "#/match/names", "array"),
    ([field()], {"match": {"fields": {"none": 1}}}, "#/match/fields/none", "none"),
    ([field()], {"match": {"fields": {"a": [1]}}}, "#/match/fields/a", "number"),
    ([field()], {"match": {"fields": {"a": "text"}}}, "#/match/fields/a", ""),
    ([field()], {"consistency": {}}, "#/consistency", "by"),
    ([field()], {"consistency": {"by": "luck"}}, "#/consistency/by", "seqlock"),
    ([field()], {"consistency": {"by": "seqlock"}}, "#/consistency", "field"),
    ([field()], {"consistency": {"by": "seqlock", "field": "a", "mask": 1}}, "#/consistency/mask", "mask"),
    ([field()], {"consistency": {"by": "seqlock", "field": "none"}}, "#/consistency", "none"),
    ([field()], {"consistency": {"by": "seqlock", "field": "a", "timeout_ms": 1001}},
     "#/consistency/timeout_ms", "1000"),
    ([field()], {"consistency": {"by": "mutex"}}, "#/consistency", "name"),
    ([field()], {"types": {"u8": {"fields": [NUMBER]}}}, "#/types/u8", "already"),
    ([field()], {"types": {"t": {}}}, "#/types/t", "fields"),
    ([field()], {"types": {"a/b~ c": {"fields": [7]}}}, "#/types/a~1b~0%20c/fields/0", "object"),
    ([field(type="t")], {"types": {"t": {"fields": [{"name": "t", "type": "t"}]}}},
     "#/types/t/fields/0/type", ""),
    ([field(type="t")], {"types": {"t": {"size": 2, "fields": [NUMBER]}}}, "#/types/t/size", ""),
    ([field()], {"export": [{"path": "a"}]}, "#/export/0", "metric"),
    ([field()], {"export": [{"path": "a", "metric": "0x"}]}, "#/export/0/metric", "digit"),
    ([field()], {"export": [{"path": "a", "metric": "m", "labels": {"section": "b"}}]},
     "#/export/0/labels/section", "already"),
    ([field()], {"export": [{"path": "none", "metric": "m"}]}, "#/export/0/path", "none"),
]


@pytest.mark.parametrize("fields,more,pointer,detail", WRONG)
def test_what_is_wrong_is_told_with_its_place(client, fields, more, pointer, detail):
    errors = errors_of(put(client, "wrong", {"fields": fields, **more}, query="?dry_run=1"))
    assert pointer in errors, errors
    assert detail in errors[pointer]


def test_several_errors_are_told_at_once_and_at_most_20(client):
    fields = [field(name=f"f{i}", offset=-1) for i in range(30)]
    reply = put(client, "wrong", of_fields(*fields), query="?dry_run=1")
    assert list(errors_of(reply)) == [f"#/fields/{i}/offset" for i in range(20)]
    assert reply.json()["detail"].startswith("#/fields/0/offset: ")


def test_a_repeated_key_is_refused_wherever_it_stands(client):
    def ask(text):
        return client.put("/v1/layouts/wrong?dry_run=1", text, {"Content-Type": "application/json"})

    one = '{"name":"a","type":"u32"}'
    for text, pointer in (
            (f'{{"fields":[{one}],"fields":[{one}]}}', "#/fields"),
            ('{"fields":[{"name":"a","name":"b","type":"u8"}]}', "#/fields/0/name"),
            (f'{{"fields":[{one}],"types":{{"t":{{"fields":[{one}]}},"t":{{"fields":[{one}]}}}}}}',
             "#/types/t"),
            ('{"fields":[{"name":"a","type":"u8","enum":{"1":"x","1":"y"}}]}', "#/fields/0/enum/1")):
        assert pointer in errors_of(ask(text)), text


def test_the_bounds_are_those_that_are_told(client):
    many = [{"name": f"f{i}", "type": "u8"} for i in range(4097)]
    assert "4096" in errors_of(put(client, "wrong", of_fields(*many), query="?dry_run=1"))["#/fields"]
    expect_status(put(client, "wrong", of_fields(*many[:4096]), query="?dry_run=1"), 200)
    types = {f"t{i}": {"fields": [{"name": "n", "type": f"t{i + 1}"}]} for i in range(17)}
    types["t17"] = {"fields": [NUMBER]}
    assert errors_of(put(client, "wrong", of_fields({"name": "a", "type": "t0"}, types=types),
                         query="?dry_run=1"))
    deep = "[" * 20 + "]" * 20
    expect_problem(client.put("/v1/layouts/wrong", f'{{"fields":{deep}}}',
                              {"Content-Type": "application/json"}), 400, "bad_json")


def referring_outwards(paths, users=1000):
    """As many types with elements of one type as it takes, whose fields each have a place by a field of theirs."""
    inner = [{"name": f"f{i}", "type": "u8", "offset": {"field": path}} for i, path in enumerate(paths)]
    user = [{"name": "s", "type": "inner"}, {"name": "x", "type": "u32", "count": len(paths)}]
    types = {"inner": {"fields": inner}, **{f"t{i}": {"fields": user} for i in range(users)}}
    return of_fields(NUMBER, types=types)


def test_many_types_and_references_are_looked_up_within_bounds(client):
    expect_status(put(client, "wrong", referring_outwards(["x[0]"] * 2000), query="?dry_run=1"), 200)
    errors = errors_of(put(client, "wrong", referring_outwards([f"x[{i}]" for i in range(2000)]),
                           query="?dry_run=1"))
    assert "more than 65536" in errors["#/types/inner/fields/65/offset"], errors
    assert len(errors) == 1


def test_nothing_that_was_refused_is_there(client):
    errors_of(put(client, "wrong", of_fields(field(offset=-1))))
    expect_problem(client.get("/v1/layouts/wrong"), 404, "not_found")
