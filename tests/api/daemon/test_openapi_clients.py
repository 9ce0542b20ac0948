"""What others make of /openapi.json: their checkers find nothing, and clients that they generate work.

The checkers and generators are npm packages of tests/openapi; web/npm-ci fetches them.
"""

import subprocess

import pytest

import build
from client import expect_status

TOOLS = build.SOURCE / "tests/openapi"
TEXT = 'Grüße, 世界, 🧵 "quoted"\n'


def node(*arguments):
    return subprocess.run(["node", *map(str, arguments)], cwd=TOOLS, capture_output=True,
                          text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def document(shared_daemon, tmp_path_factory):
    reply = expect_status(shared_daemon.client(token=None).get("/openapi.json"), 200)
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_bytes(reply.body)
    return path


@pytest.mark.parametrize("checker", ["redocly", "spectral"])
def test_a_checker_finds_nothing_by_its_recommended_rules(document, checker):
    checked = node("lint.mjs", checker, document)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr


@pytest.mark.parametrize("kind", ["heyapi", "fetch"])
def test_a_generated_client_creates_lists_writes_and_reads_back(daemon, client, document, tmp_path,
                                                                kind):
    made = node("generate.mjs", kind, document, tmp_path / "made")
    assert made.returncode == 0, made.stdout + made.stderr
    told = node(tmp_path / "made/js" / f"{kind}.js", daemon.url, daemon.token)
    assert told.returncode == 0, told.stdout + told.stderr
    section = int(told.stdout)
    assert client.section(section)["label"] == "of a client"
    assert client.read(section, 0, 256) == bytes(range(255, -1, -1))
    text = TEXT.encode("utf-16le") + bytes(2)
    assert client.read(section, 256, len(text)) == text
