"""GET / and what is beside it in every build, and the files of --web-dir."""

import pytest

import build
from client import expect_status

PAGE = '<!doctype html><script type="module" src="assets/app.js"></script>'
# Wine follows this machine's links before Windows' rules apply.
LINKS = [] if build.ON_WINDOWS else ["link.js"]


@pytest.fixture
def visitor(daemon):
    """Somebody without a token."""
    return daemon.client(token=None)


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
    "..%2f..%2fsecret.js", "..%5c..%5csecret.js", "%2e%2e", ".hidden.js", "app.js.",
    "app", "app.exe", "NUL", "CON.js", "app.js::$DATA", "C:app.js", "none.js", "folder.js",
    "%2fetc%2fpasswd", "%ff.js", *LINKS])
def test_a_folder_gives_away_nothing_but_its_files(developer, folder, name):
    (folder / "assets" / ".hidden.js").write_text("hidden")
    (folder / "assets" / "app.exe").write_text("program")
    (folder / "assets" / "folder.js").mkdir()
    (folder / "assets" / "link.js").symlink_to(folder.parent / "secret.js")
    reply = developer.get(f"/assets/{name}")
    assert reply.status in (400, 404), reply
    assert b"secret" not in reply.body and b"program" not in reply.body


def test_a_nul_in_the_name_of_a_file_is_refused(developer):
    status, received = developer.raw_request("GET /assets/app.js%00 HTTP/1.1")
    assert status == 400 and b"first" not in received, received


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
