"""GET / and the dashboard's files, as any client gets them; what the page does is tests/browser's."""

import gzip
import re

import pytest

import build
from client import expect_status

PAGE = '<!doctype html><script type="module" src="assets/app.js"></script>'


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


@pytest.fixture
def folder(tmp_path):
    """A folder for --web-dir, with something beside it that it must not give away."""
    inside = tmp_path / "web"
    (inside / "assets").mkdir(parents=True)
    (inside / "index.html").write_text(PAGE)
    (inside / "assets" / "app.js").write_text("first")
    (tmp_path / "secret.js").write_text("secret")
    return inside


@pytest.fixture
def developer(start_daemon, folder):
    return start_daemon("--web-dir", build.native_path(folder)).client(token=None)


def test_the_root_needs_no_token(visitor):
    reply = expect_status(visitor.get("/"), 200)
    assert b"sectiond" in reply.body
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


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


@pytest.mark.parametrize("path", [
    "/assets/none.js", "/assets/", "/assets", "/assets/..", "/assets/%2e%2e%2fsecret.js",
    "/index.html", "/favicon.ico", "/assets/" + "a" * 4000])
def test_what_is_no_file_of_the_dashboard_is_not_found(visitor, path):
    assert visitor.get(path).status == 404


def test_assets_cannot_be_written(client):
    reply = client.request("PUT", "/assets/app.js", b"x")
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_folder_is_served_as_it_is_now(developer, folder):
    page = expect_status(developer.get("/"), 200)
    assert page.body.decode() == PAGE
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert developer.get("/assets/app.js").body == b"first"
    (folder / "assets" / "app.js").write_text("second")
    reply = developer.get("/assets/app.js")
    assert reply.body == b"second"
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers.get_content_type() == "text/javascript"


@pytest.mark.parametrize("name", [
    "..%2f..%2fsecret.js", "..%5c..%5csecret.js", "%2e%2e", ".hidden.js", "app.js.", "app.js%00",
    "app", "app.exe", "NUL", "CON.js", "app.js::$DATA", "C:app.js", "link.js", "none.js", "folder.js",
    "%2fetc%2fpasswd", "%ff.js"])
def test_a_folder_gives_away_nothing_but_its_files(developer, folder, name):
    (folder / "assets" / ".hidden.js").write_text("hidden")
    (folder / "assets" / "app.exe").write_text("program")
    (folder / "assets" / "folder.js").mkdir()
    (folder / "assets" / "link.js").symlink_to(folder.parent / "secret.js")
    if name == "link.js" and build.ON_WINDOWS:
        pytest.skip("Wine follows this machine's links before Windows' rules apply")
    reply = developer.get(f"/assets/{name}")
    assert reply.status in (400, 404), reply
    assert b"secret" not in reply.body and b"program" not in reply.body


def test_a_folder_without_a_page_says_so(developer, folder):
    (folder / "index.html").unlink()
    reply = developer.get("/")
    assert reply.status == 404
    assert "--web-dir" in reply.json()["detail"]


def test_a_folder_that_is_none_is_refused_at_the_start(tmp_path):
    finished = build.run(build.SECTIOND, "--state-dir", build.native_path(tmp_path / "state"),
                         "--web-dir", build.native_path(tmp_path / "none"))
    assert finished.returncode == 1
    assert "--web-dir" in finished.stderr
