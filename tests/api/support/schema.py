"""A checker for the part of JSON Schema 2020-12 that our OpenAPI document uses.

It knows every keyword it meets or says so, so that nothing goes unchecked in silence.
"""

import re

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
ANNOTATIONS = {"description", "title", "format", "default", "examples", "contentEncoding",
               "x-operations", "x-denied"}


def resolve(document, reference):
    assert reference.startswith("#/"), reference
    target = document
    for step in reference[2:].split("/"):
        assert step in target, f"{reference} leads nowhere"
        target = target[step]
    return target


def expect_valid(document, schema, value, where="$"):
    """Fails where the value is not what the schema says."""
    if schema is True:
        return
    assert schema is not False, f"{where}: nothing is allowed here"
    for keyword, argument in schema.items():
        if keyword not in ANNOTATIONS:
            assert keyword in CHECKS, f"{where}: the checker does not know {keyword}"
            CHECKS[keyword](document, schema, argument, value, where)


def is_valid(document, schema, value, where):
    try:
        expect_valid(document, schema, value, where)
    except AssertionError as failure:
        assert "does not know" not in str(failure), failure
        return False
    return True


def _reference(document, _schema, argument, value, where):
    expect_valid(document, resolve(document, argument), value, where)


def _type(_document, _schema, argument, value, where):
    names = argument if isinstance(argument, list) else [argument]
    assert any(TYPES[name](value) for name in names), f"{where}: {value!r} is not {argument}"


def _enum(_document, _schema, argument, value, where):
    assert any(value == each and type(value) is type(each) for each in argument), (
        f"{where}: {value!r} is none of {argument}")


def _required(_document, _schema, argument, value, where):
    if isinstance(value, dict):
        missing = [key for key in argument if key not in value]
        assert not missing, f"{where}: {missing} missing"


def _properties(document, _schema, argument, value, where):
    if isinstance(value, dict):
        for key, schema in argument.items():
            if key in value:
                expect_valid(document, schema, value[key], f"{where}.{key}")


def _additional(document, schema, argument, value, where):
    if isinstance(value, dict):
        for key in set(value) - set(schema.get("properties", {})):
            expect_valid(document, argument, value[key], f"{where}.{key}")


def _items(document, _schema, argument, value, where):
    if isinstance(value, list):
        for index, item in enumerate(value):
            expect_valid(document, argument, item, f"{where}[{index}]")


def _number(compare):
    def check(_document, _schema, argument, value, where):
        if TYPES["number"](value):
            assert compare(value, argument), f"{where}: {value} against {argument}"
    return check


def _length(compare, kind):
    def check(_document, _schema, argument, value, where):
        if isinstance(value, kind):
            assert compare(len(value), argument), f"{where}: length {len(value)}, {argument}"
    return check


def _pattern(_document, _schema, argument, value, where):
    if isinstance(value, str):
        assert re.search(argument, value), f"{where}: {value!r} does not match {argument}"


def _one_of(document, _schema, argument, value, where):
    fitting = [schema for schema in argument if is_valid(document, schema, value, where)]
    assert len(fitting) == 1, f"{where}: {value!r} fits {len(fitting)} of oneOf"


def _any_of(document, _schema, argument, value, where):
    assert any(is_valid(document, schema, value, where) for schema in argument), (
        f"{where}: {value!r} fits none of anyOf")


def _all_of(document, _schema, argument, value, where):
    for schema in argument:
        expect_valid(document, schema, value, where)


def _const(_document, _schema, argument, value, where):
    assert value == argument, f"{where}: {value!r} is not {argument!r}"


CHECKS = {
    "$ref": _reference, "type": _type, "enum": _enum, "const": _const, "required": _required,
    "properties": _properties, "additionalProperties": _additional, "items": _items,
    "minimum": _number(lambda value, bound: value >= bound),
    "maximum": _number(lambda value, bound: value <= bound),
    "minLength": _length(lambda length, bound: length >= bound, str),
    "maxLength": _length(lambda length, bound: length <= bound, str),
    "minItems": _length(lambda length, bound: length >= bound, list),
    "minProperties": _length(lambda length, bound: length >= bound, dict),
    "maxProperties": _length(lambda length, bound: length <= bound, dict),
    "maxItems": _length(lambda length, bound: length <= bound, list),
    "pattern": _pattern, "oneOf": _one_of, "anyOf": _any_of, "allOf": _all_of,
}
