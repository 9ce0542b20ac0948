"""Bodies of JSON: exactly RFC 8259, before anybody looks at what they say."""

import json

import pytest

from client import expect_problem
from json_documents import ACCEPTED, REJECTED, WITH_NUL

JSON = {"Content-Type": "application/json"}

# What the parser of the tests' own language is laxer or stricter in than RFC 8259.
LAX_THERE = {b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"[Infinity]", b"[-Infinity]"}


def short(document):
    text = repr(document)[2:-1]
    return text if len(text) <= 40 else f"{text[:30]}… {len(document)}"


def identified(documents):
    return [f"{index} {short(document)}" for index, document in enumerate(documents)]


def is_syntax_error(reply):
    """Whether the refusal is of JSON itself: any other is about what the document says."""
    problem = expect_problem(reply, 400, "bad_json", "bad_size", "bad_name", "bad_request")
    return problem["code"] == "bad_json" and problem["detail"].startswith("at byte ")


def post(client, document, path="/v1/sections"):
    return client.request("POST", path, document, JSON)


@pytest.fixture
def nothing_made(client):
    yield
    assert client.sections() == []


def test_there_are_enough_documents():
    assert len(ACCEPTED) + len(REJECTED) >= 150
    for documents in (ACCEPTED, REJECTED):
        assert len(set(documents)) == len(documents)


def test_another_parser_agrees_about_the_documents():
    """So that these lists are not merely what we do."""
    def refuse(word):
        raise ValueError(word)

    def accepts(document):
        try:
            json.loads(document.decode("utf-8"), parse_constant=refuse)
        except (ValueError, RecursionError):
            return False
        return True

    assert [document for document in ACCEPTED if not accepts(document)] == []
    lax = [document for document in REJECTED if accepts(document)]
    # Lone surrogates and depth are left to the parser; we know what we can hold.
    assert all(b"\\uD" in document or document.count(b"[") + document.count(b"{") > 16
               for document in lax), lax


@pytest.mark.parametrize("document", ACCEPTED, ids=identified(ACCEPTED))
def test_what_is_json_is_taken_for_json(client, nothing_made, document):
    assert not is_syntax_error(post(client, document))
    reply = client.request("POST", "/v1/batch", document, JSON)
    assert not is_syntax_error(reply)


@pytest.mark.parametrize("document", REJECTED, ids=identified(REJECTED))
def test_what_is_no_json_is_refused(client, nothing_made, document):
    for path in ("/v1/sections", "/v1/batch"):
        assert is_syntax_error(post(client, document, path)), document


@pytest.mark.parametrize("document", WITH_NUL, ids=identified(WITH_NUL))
def test_a_nul_in_a_string_is_refused(client, nothing_made, document):
    assert is_syntax_error(post(client, document))


@pytest.mark.parametrize("document", [
    document for document in ACCEPTED
    if document[:1] in b"[{" and document.count(b"[") + document.count(b"{") < 15], ids=short)
def test_json_inside_of_a_body_is_json(client, nothing_made, document):
    """Where a member may be anything: what is wrong is that it is no such member."""
    reply = post(client, b'{"size":' + document + b"}")
    assert not is_syntax_error(reply)


@pytest.mark.parametrize("document", REJECTED, ids=identified(REJECTED))
def test_what_is_no_json_is_refused_inside_of_a_body_as_well(client, nothing_made, document):
    body = b'{"name":"x","size":4096,"label":' + document + b"}"
    reply = post(client, body)
    if reply.status == 201:
        client.close_section(reply.json()["id"])
    expect_problem(reply, 400, "bad_json")


def test_the_deepest_nesting_is_16(client, nothing_made):
    for depth in (15, 16, 17, 18, 100):
        for start, end in ((b"[", b"]"), (b'{"a":', b"}")):
            reply = post(client, start * depth + b"1" + end * depth)
            assert is_syntax_error(reply) == (depth > 16), depth


@pytest.mark.parametrize("document", [
    b'{"size":4096,"size":4096}', b'{"size":4096,"size":8192}', b'{"size":4096,"label":null,'
    b'"label":"x"}', b'{"size":4096,"label":"a","label":null}', b'{"size":4096,"\\u0073ize":1}',
    b'{"size":4096,"view":{"offset":0,"offset":0}}', b'{"name":"a","size":1,"name":"b"}'])
def test_a_key_that_stands_twice_is_refused_and_named(client, nothing_made, document):
    problem = expect_problem(post(client, document), 400, "bad_json")
    assert any(f'"{key}"' in problem["detail"] for key in ("size", "label", "offset", "name"))


@pytest.mark.parametrize("document", [
    b'{"Size":4096}', b'{"SIZE":4096}', b'{"size":4096,"Label":"x"}', b'{"size ":4096}',
    b'{"size":4096,"":1}', b'{"size":4096,"\xef\xbb\xbfsize":1}'])
def test_keys_are_what_they_are_to_the_letter(client, nothing_made, document):
    expect_problem(post(client, document), 400, "bad_json", "bad_size")


def test_an_escaped_key_is_that_key(client):
    reply = post(client, b'{"\\u0073\\u0069ze":4096,"label":"\\ud83d\\ude00\\/"}')
    assert reply.status == 201, reply
    assert reply.json()["label"] == "\N{GRINNING FACE}/"


def test_a_string_is_not_cut_and_not_changed(client):
    text = "".join(map(chr, range(1, 128))) + "\u00e9\u6211\U0001f600"
    reply = client.post("/v1/sections", {"size": 1, "label": text[:200]})
    if reply.status == 201:
        assert reply.json()["label"] == text[:200]
    else:
        assert not is_syntax_error(reply)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_bare_word_for_a_number_is_named_as_it_may_be_sent(client, section, word):
    """Python's json.dumps writes these."""
    for path, body in ((f"/v1/sections/{section}/values?type=f64", f'{{"values":[1,{word}]}}'),):
        reply = client.request("PUT", path, body, {"Content-Type": "application/json"})
        problem = expect_problem(reply, 400, "bad_json")
        assert f'"{word}"' in problem["detail"] and "byte 13" in problem["detail"]
