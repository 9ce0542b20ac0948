"""mode and group of new names."""

import grp
import os
import stat
from pathlib import Path

import pytest

import build
from client import expect_problem

SHM = Path("/dev/shm")


@pytest.fixture
def group():
    """One that we may give things to."""
    if os.geteuid() == 0:
        return grp.getgrnam("daemon")
    return grp.getgrgid(os.getgroups()[-1])


@pytest.mark.parametrize("mode", ["0660", "660", "0600", "0644", "0777", "0400"])
def test_a_new_name_has_its_mode(client, name, mode):
    client.create(name, mode=mode)
    assert stat.S_IMODE((SHM / name).stat().st_mode) == int(mode, 8)


def test_a_new_name_is_its_users_own_without_a_mode(client, name):
    client.create(name)
    assert stat.S_IMODE((SHM / name).stat().st_mode) == 0o600


def test_a_new_name_has_its_group(client, name, group):
    client.create(name, mode="0660", group=group.gr_name)
    facts = (SHM / name).stat()
    assert (facts.st_gid, stat.S_IMODE(facts.st_mode)) == (group.gr_gid, 0o660)


def test_a_generated_name_has_them_too(client):
    section = client.create(generate_name=True, mode="0640")
    assert stat.S_IMODE((SHM / section["name"]).stat().st_mode) == 0o640


def test_a_name_that_exists_keeps_what_it_has(client, name, peer):
    peer.create("a", 4096, name)
    client.create(name, mode="0666")
    assert stat.S_IMODE((SHM / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("members", [
    {"mode": ""}, {"mode": "66"}, {"mode": "06600"}, {"mode": "0888"}, {"mode": "1777"},
    {"mode": "-660"}, {"mode": " 660"}, {"mode": "rw-rw----"}, {"group": "no such group"},
    {"group": ""}])
def test_rights_that_make_no_sense_are_refused(client, name, members):
    reply = client.post("/v1/sections", {"name": name, "size": 4096, **members})
    expect_problem(reply, 400, "bad_request")
    assert not (SHM / name).exists()


@pytest.mark.parametrize("members", [{"mode": 660}, {"group": 4}, {"mode": ["0660"]}])
def test_rights_of_the_wrong_type_are_refused(client, name, members):
    reply = client.post("/v1/sections", {"name": name, "size": 4096, **members})
    expect_problem(reply, 400, "bad_json")


@pytest.mark.parametrize("members", [{"mode": "0660"}, {"group": "daemon"}])
def test_rights_are_of_names(client, members):
    expect_problem(client.post("/v1/sections", {"size": 4096, **members}), 400, "bad_request")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_group_that_we_are_not_in_is_403_and_leaves_nothing(copies, start_daemon, name):
    state = copies / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    client = start_daemon(state=state, prefix=prefix, program=copies / build.SECTIOND.name).client()
    reply = client.post("/v1/sections", {"name": name, "size": 4096, "group": "daemon"})
    assert expect_problem(reply, 403, "access_denied")["call"] == "fchown"
    assert not (SHM / name).exists()
