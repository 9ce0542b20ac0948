"""A daemon with a folder for files, and sections of files in it."""

import pytest

import build
from daemon import Daemon


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "inside"


@pytest.fixture(scope="module")
def files_daemon(tmp_path_factory, folder):
    folder.mkdir()
    daemon = Daemon(tmp_path_factory.mktemp("files-daemon") / "state",
                    "--files", build.native_path(folder))
    yield daemon
    daemon.stop()


@pytest.fixture
def files(files_daemon, folder):
    """A client of the daemon that serves files; it holds nothing afterwards, and no file stays."""
    client = files_daemon.client()
    yield client
    for section in client.sections():
        client.close_section(section["id"])
    client.close()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def create(client, file, mode=None, **members):
    backing = {"file": file} if mode is None else {"file": file, "open": mode}
    return client.post("/v1/sections", {"backing": backing, **members})


def made(client, file, mode=None, **members):
    reply = create(client, file, mode, **members)
    assert reply.status in (200, 201), reply
    return reply.json()
