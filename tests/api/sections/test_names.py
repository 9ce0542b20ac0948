"""Names: what they may be, and how a path says them."""

from urllib.parse import quote

import pytest

import build
from client import expect_problem, expect_status
from names import unique_name


def filled(length, character="x"):
    """A name of exactly so many characters that nobody else has."""
    start = unique_name("-")
    return start + character * (length - len(start))


def create(client, name):
    return client.post("/v1/sections", {"name": name, "size": 4096})


def expect_bad_name(client, name):
    for path, document in (("/v1/sections", {"name": name, "size": 4096}),
                           ("/v1/sections/open", {"name": name})):
        problem = expect_problem(client.post(path, document), 400, "bad_name")
        assert "call" not in problem, "refused before any call of the OS"
    assert client.sections() == []


def works_everywhere(client, peer, name):
    """The name is the same for us, for a native process and in a path."""
    section = expect_status(create(client, name), 201).json()
    assert section["name"] == name
    client.write("@" + quote(name, safe=""), b"here")
    peer.open("b", name)
    assert peer.read("b", 4) == b"here"
    assert client.section("@" + quote(name, safe=""))["id"] == section["id"]


@pytest.mark.parametrize("ending", [
    "", "-为人民服务", "-é", "-😀", "-with.dots", "-a:b|c*?\"<>", "-{5A1C}", "-@", "-%41", "-#1", "-a+b",
    "-&x=y", "-~"])
def test_a_name_may_have_any_characters_but_few(client, peer, ending):
    works_everywhere(client, peer, unique_name(ending))


def test_a_name_may_have_spaces(client):
    name = unique_name(" with spaces ")
    section = expect_status(create(client, name), 201).json()
    assert client.section("@" + quote(name))["id"] == section["id"]


def test_a_name_of_255_characters_works(client, peer):
    works_everywhere(client, peer, filled(255))


@pytest.mark.parametrize("length", [256, 300, 5000])
def test_a_longer_name_is_refused(client, length):
    expect_bad_name(client, filled(length))


@pytest.mark.windows
def test_the_length_counts_utf16_units_on_windows(client, peer):
    works_everywhere(client, peer, filled(255, "为"))
    start = unique_name("-")
    pairs = (255 - len(start)) // 2
    works_name = start + "😀" * pairs
    assert expect_status(create(client, works_name), 201)
    for section in client.sections():
        client.close_section(section["id"])
    expect_bad_name(client, start + "😀" * (pairs + 1))


@pytest.mark.linux
def test_the_length_counts_bytes_on_linux(client, peer):
    start = unique_name("-")
    characters = (255 - len(start)) // 3
    works_everywhere(client, peer, start + "为" * characters)
    for section in client.sections():
        client.close_section(section["id"])
    expect_bad_name(client, start + "为" * (characters + 1))


@pytest.mark.parametrize("name", [
    "", "a\\b", "\\", "\\a", "a\\", "Local\\", "Local\\a\\b", "local\\a", "LOCAL\\a",
    "Session\\x\\a",
    "Session\\1", "Session\\\\a", "BaseNamedObjects\\a", "a\u0001b", "a\nb", "a\tb", "\u007f",
    "a\u0000b",
    "\u0085"])
def test_a_name_that_cannot_be_is_refused_before_the_os_sees_it(client, name):
    if "\0" in name:  # JSON's own rules may catch it first
        expect_problem(create(client, name), 400, "bad_name", "bad_json")
    else:
        expect_bad_name(client, name)


@pytest.mark.linux
@pytest.mark.parametrize("name", ["a/b", "..", ".", "../x", "/", "//a", "/a/b", "sem.x", "/sem.x",
    "/.."])
def test_a_name_that_would_leave_the_folder_is_refused_on_linux(client, name):
    expect_bad_name(client, name)


@pytest.mark.windows
@pytest.mark.parametrize("ending", ["/b", "-.."])
def test_windows_allows_slashes_and_dots(client, peer, ending):
    works_everywhere(client, peer, unique_name(ending))


@pytest.mark.windows
@pytest.mark.parametrize("name", ["..", "."])
def test_windows_allows_names_of_dots(client, name):
    section = expect_status(create(client, name), 201).json()
    assert section["name"] == name


@pytest.mark.linux
def test_one_leading_slash_is_dropped_on_linux(client, peer, name):
    section = expect_status(create(client, "/" + name), 201).json()
    assert section["name"] == name
    peer.open("b", name)
    assert client.section("@" + name)["id"] == section["id"]


def test_the_local_prefix_is_no_part_of_the_name(client, peer, name):
    section = expect_status(create(client, f"Local\\{name}"), 201).json()
    assert section["name"] == name
    again = expect_status(create(client, name), 200).json()
    assert again["created"] is False
    peer.open("b", name)
    assert client.section(f"@Local%5C{name}")["id"] == again["id"]
    assert client.section(f"@{name}")["id"] == again["id"]


@pytest.mark.linux
@pytest.mark.parametrize("prefix", ["Global\\", "Session\\1\\"])
@pytest.mark.parametrize("path", ["/v1/sections", "/v1/sections/open"])
def test_other_namespaces_are_not_supported_on_linux(client, name, prefix, path):
    document = {"name": prefix + name}
    if path == "/v1/sections":
        document["size"] = 4096
    expect_problem(client.post(path, document), 501, "unsupported_here")
    assert client.sections() == []


@pytest.mark.windows
def test_a_global_name_is_another_name(client, peer, name):
    section = expect_status(create(client, f"Global\\{name}"), 201).json()
    assert section["scope"] == "global"
    assert section["name"] == name
    peer.open("b", f"Global\\{name}")
    assert client.section(f"@Global%5C{name}")["id"] == section["id"]
    local = expect_status(create(client, name), 201).json()
    assert local["scope"] == "local"
    assert client.section(f"@{name}")["id"] == local["id"], "local before global"
    assert client.section(f"@Global%5C{name}")["id"] == section["id"]


@pytest.mark.windows
def test_a_global_name_alone_is_found_without_its_prefix(client, name):
    section = expect_status(create(client, f"Global\\{name}"), 201).json()
    assert client.section(f"@{name}")["id"] == section["id"]


@pytest.mark.windows
def test_scope_global_is_the_global_prefix(client, name):
    reply = client.post("/v1/sections", {"name": name, "size": 4096, "scope": "global"})
    section = expect_status(reply, 201).json()
    assert section["scope"] == "global"
    assert expect_status(create(client, f"Global\\{name}"), 200).json()["created"] is False


@pytest.mark.windows
def test_scope_global_opens_the_global_name_only(client, peer, name):
    peer.create("a", 4096, f"Global\\{name}")
    asked = {"name": name, "scope": "global"}
    section = expect_status(client.post("/v1/sections/open", asked), 201).json()
    assert section["scope"] == "global"
    local = client.post("/v1/sections/open", {"name": name, "scope": "local"})
    expect_problem(local, 404, "not_found")


@pytest.mark.windows
def test_a_generated_name_may_be_global(client, peer):
    reply = client.post("/v1/sections", {"size": 1, "generate_name": True, "scope": "global"})
    section = expect_status(reply, 201).json()
    assert section["scope"] == "global"
    peer.open("a", f"Global\\{section['name']}")


@pytest.mark.linux
def test_scope_global_is_not_supported_on_linux(client, peer, name):
    peer.create("a", 4096, name)
    for path, document in (("/v1/sections/open", {"name": name}),
                           ("/v1/sections", {"size": 1, "name": name}),
                           ("/v1/sections", {"size": 1, "generate_name": True})):
        reply = client.post(path, {**document, "scope": "global"})
        expect_problem(reply, 501, "unsupported_here")
    assert client.sections() == []


@pytest.mark.parametrize("scope", ["", "galaxy", "Global", "global ", 1, True, []])
def test_an_unknown_scope_is_refused(client, peer, name, scope):
    peer.create("a", 4096, name)
    for path, document in (("/v1/sections/open", {"name": name}),
                           ("/v1/sections", {"size": 1, "name": name})):
        problem = expect_problem(client.post(path, {**document, "scope": scope}), 400, "bad_json")
        assert "scope" in problem["detail"]
    assert client.sections() == []


@pytest.mark.windows
def test_a_session_prefix_opens_what_that_session_has(client, peer, name):
    peer.create("a", 4096, name)
    reply = client.post("/v1/sections/open", {"name": f"Session\\1\\{name}"})
    if reply.status == 404:  # the session is not number 1
        reply = client.post("/v1/sections/open", {"name": f"Session\\0\\{name}"})
    expect_status(reply, 201)


# In paths.

def test_a_name_in_a_path_means_the_newest_id_that_holds_it(client, name):
    ids = [client.create(name)["id"], client.open(name)["id"], client.open(name)["id"]]
    for expected in reversed(ids):
        assert client.section("@" + name)["id"] == expected
        client.close_section(expected)
    expect_problem(client.get(f"/v1/sections/@{name}"), 404, "not_found")


def test_a_name_that_we_do_not_hold_is_not_found_and_the_way_to_open_it_is_told(client, peer, name):
    peer.create("a", 4096, name)
    for path in ("", "/data", "/text?encoding=utf-8"):
        problem = expect_problem(client.get(f"/v1/sections/@{name}{path}"), 404, "not_found")
        assert "open" in problem["detail"]
    assert client.sections() == []


def test_every_path_takes_a_name(client, name):
    client.create(name)
    path = f"/v1/sections/@{name}"
    expect_status(client.put(path + "/data", b"text"), 204)
    assert expect_status(client.get(path + "/data?length=4"), 200).body == b"text"
    expect_status(client.put(path + "/text?encoding=utf-8", "more"), 204)
    assert expect_status(client.get(path + "/text?encoding=utf-8"), 200).text == "more"
    expect_status(client.delete(path), 204)


@pytest.mark.parametrize("path", ["@", "@%FF", "@%ED%A0%80", "@%C0%80"])
def test_a_malformed_name_in_a_path_is_refused(client, path):
    reply = client.get(f"/v1/sections/{path}")
    expect_problem(reply, 400, "bad_name", "bad_request")


@pytest.mark.parametrize("ending", ["%", "%4", "%zz", "%00", "%00x"])
def test_a_path_with_a_wrong_escape_or_a_nul_is_refused(client, name, ending):
    client.create(name)  # the HTTP library refuses it by itself, with a page of its own
    status, received = client.raw_request(f"GET /v1/sections/@{name}{ending} HTTP/1.1")
    assert status == 400, received


def test_a_plus_in_a_path_is_a_plus(client):
    name = unique_name("+plus")
    section = expect_status(create(client, name), 201).json()
    assert client.section("@" + name)["id"] == section["id"]
    expect_problem(client.get("/v1/sections/@" + name.replace("+", "%20")), 404, "not_found")


def test_a_slash_in_a_name_does_not_split_the_path(client):
    reply = client.get("/v1/sections/@a%2Fdata")
    if build.ON_WINDOWS:
        expect_problem(reply, 404, "not_found")
    else:
        expect_problem(reply, 400, "bad_name")


def test_the_at_sign_may_be_encoded(client, name):
    section = client.create(name)
    assert client.section("%40" + name)["id"] == section["id"]
