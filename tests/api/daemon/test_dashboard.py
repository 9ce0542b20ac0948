"""The dashboard's own page and files, as any client gets them; what they do is tests/browser's."""

import gzip
import re

import pytest

from client import expect_status


def asset_paths(page):
    return [f"/{path}" for path in re.findall(r'"(assets/[\w.-]+)"', page.body.decode())]


@pytest.fixture
def visitor(daemon):
    """Somebody without a token."""
    return daemon.client(token=None)


@pytest.fixture
def page(visitor):
    reply = expect_status(visitor.get("/"), 200)
    if not asset_paths(reply):
        pytest.skip("a build without the dashboard")
    return reply


def test_the_page_allows_nothing_inline_and_nothing_from_elsewhere(page):
    policy = dict(each.strip().split(" ", 1)
                  for each in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for directive in ("script-src", "style-src", "connect-src", "img-src"):
        assert policy[directive] == "'self'", directive
    for directive in ("base-uri", "form-action", "frame-ancestors"):
        assert policy[directive] == "'none'", directive
    assert "unsafe" not in str(policy)
    assert not re.search(rb"<style|style=|<script(?! type=\"module\" src)|\bon\w+=|https?://",
                         page.body)


def test_the_page_is_asked_for_again_and_its_assets_never(page, visitor):
    assert page.headers["Cache-Control"] == "no-cache"
    types = set()
    for path in asset_paths(page):
        reply = expect_status(visitor.get(path), 200)
        assert "immutable" in reply.headers["Cache-Control"], path
        assert re.search(r"-[A-Z0-9]{8}\.", path), "a hash is in the name"
        types.add(reply.headers.get_content_type())
    assert types == {"text/javascript", "text/css", "image/svg+xml"}


@pytest.mark.parametrize("accept, packed", [
    ("gzip, deflate, br", True), ("br;q=1, gzip;q=0.5", True), ("*", True), ("GZIP", True),
    (None, False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0.0, br", False),
    ("xgzip", False), (";;,,=", False)])
def test_assets_come_packed_to_those_who_take_that(page, visitor, accept, packed):
    headers = {"Accept-Encoding": accept} if accept else {}
    for path in ["/", *asset_paths(page)]:
        plain = expect_status(visitor.get(path, {"Accept-Encoding": "identity"}), 200)
        reply = expect_status(visitor.get(path, headers), 200)
        assert reply.headers.get("Content-Encoding") == ("gzip" if packed else None)
        assert reply.headers["Vary"] == "Accept-Encoding"
        body = gzip.decompress(reply.body) if packed else reply.body
        assert body == plain.body
        assert (reply.headers["ETag"] == plain.headers["ETag"]) == (not packed)


def test_the_whole_dashboard_is_small(page, visitor):
    paths = ["/", *asset_paths(page)]
    packed = [visitor.get(path, {"Accept-Encoding": "gzip"}).body for path in paths]
    assert sum(map(len, packed)) < 100 * 1024


def test_what_is_there_already_is_not_sent_again(page, visitor):
    for path in ["/", *asset_paths(page)]:
        for coding in ("gzip", "identity"):
            tag = visitor.get(path, {"Accept-Encoding": coding}).headers["ETag"]
            asked = {"Accept-Encoding": coding, "If-None-Match": tag}
            reply = expect_status(visitor.get(path, asked), 304)
            assert not reply.body and reply.headers["ETag"] == tag
            asked["If-None-Match"] = '"another"'
            expect_status(visitor.get(path, asked), 200)


def test_head_answers_as_get_does_without_the_body(page, visitor):
    for path in ["/", *asset_paths(page)]:
        head = expect_status(visitor.request("HEAD", path), 200)
        assert not head.body
        assert head.headers["ETag"] == visitor.get(path).headers["ETag"]
