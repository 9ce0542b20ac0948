"""Holders on Linux, as seen by who may not look at everything."""

import os

import pytest

import build
from client import expect_problem, expect_status

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
ONLY_PTRACE = [*NOBODY, "--inh-caps=+sys_ptrace", "--ambient-caps=+sys_ptrace"]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


def daemon_of(start_daemon, copies, prefix, *options):
    state = copies / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    return start_daemon(*options, state=state, prefix=prefix, program=copies / build.SECTIOND.name)


def answer_of(client, section):
    return expect_status(client.get(f"/v1/sections/{section}/holders"), 200).json()


def test_what_may_not_be_looked_at_is_a_partial_answer_that_says_what_helps(
        copies, start_daemon, start_peer, peer):
    client = daemon_of(start_daemon, copies, NOBODY).client()
    friend = start_peer(prefix=NOBODY, program=copies / build.PEER.name)
    handle = friend.create("a", 4096)["handle"]
    section = client.duplicate(friend.pid, handle)["id"]
    answer = answer_of(client, section)
    assert [(each["pid"], each["handle"]) for each in answer["holders"]] == [(friend.pid, handle)]
    assert answer["partial"]
    assert "of the processes could not be looked at" in answer["reason"]
    assert "CAP_SYS_PTRACE" in answer["reason"]


def test_the_right_to_trace_alone_sees_every_users_processes(copies, start_daemon, peer):
    handle = peer.create("a", 4096)["handle"]
    peer.create("b", 4096)
    client = daemon_of(start_daemon, copies, ONLY_PTRACE).client()
    section = client.duplicate(peer.pid, handle)["id"]
    assert [(each["pid"], each["handle"]) for each in answer_of(client, section)["holders"]] == [
        (peer.pid, handle)]


def yama():
    try:
        return open("/proc/sys/kernel/yama/ptrace_scope").read().strip()
    except FileNotFoundError:
        return None


def test_a_refusal_says_what_would_help(copies, start_daemon, peer):
    handle = peer.create("a", 4096)["handle"]
    client = daemon_of(start_daemon, copies, NOBODY).client()
    for reply in (client.get(f"/v1/processes/{peer.pid}/sections"),
                  client.post("/v1/sections/duplicate", {"pid": peer.pid, "handle": handle}),
                  client.post("/v1/sections/duplicate", {"pid": peer.pid, "address": "0x1000"})):
        detail = expect_problem(reply, 403, "access_denied")["detail"]
        assert "as its user" in detail and "CAP_SYS_PTRACE" in detail
        if yama() is None:
            assert "Yama is not in this kernel" in detail
        else:
            assert f"/proc/sys/kernel/yama/ptrace_scope is {yama()} now" in detail
