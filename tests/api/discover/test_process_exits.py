"""Processes and handles that go while they are searched: an answer each time, and no leak."""

import threading

import pytest

from amounts import amount
from daemon import wait_until
from footprint import expect_no_more, footprint
from search import search

ROUNDS = 1000


class Searchers:
    """Threads that search one process after the other, as fast as they are answered."""

    def __init__(self, daemon, count=2, once=False):
        self.daemon = daemon
        self.once = once
        self.pid = None
        self.answers = []  # (pid, status)
        self.failures = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        if not self.once:
            self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        client = self.daemon.client()
        try:
            while not self._stop.is_set() and not self.failures:
                pid = self.pid
                if pid is None:
                    self._stop.wait(0.001)
                    continue
                reply = client.get(f"/v1/processes/{pid}/sections")
                if reply.status == 200:
                    answer = reply.json()
                    assert answer["partial"] == (answer["reason"] is not None)
                else:
                    assert reply.status == 404, reply
                self.answers.append((pid, reply.status))
                if self.once:
                    break
        except BaseException as failure:  # noqa: BLE001 - told by the main thread
            self.failures.append(failure)
        client.close()

    def wait_for(self, pid, status):
        """Waits for an answer about a process; earlier ones do not count."""
        known = len(self.answers)
        wait_until(lambda: (pid, status) in self.answers[known:] or self.failures,
                   f"{status} for {pid}", 60)
        assert not self.failures, self.failures


@pytest.mark.linux
def test_processes_that_exit_amid_a_search_get_an_answer_and_leak_nothing(
        daemon, client, peer, start_peer):
    target = start_peer()
    search(client, target.pid)
    before = footprint(daemon, peer)
    with Searchers(daemon) as searchers:
        for number in range(amount(ROUNDS)):
            for slot in "abc":
                target.create(slot, 4096)
            target.crowd("event", 100)
            searchers.pid = target.pid
            searchers.wait_for(target.pid, 200)
            # As programs end, or as they are ended.
            target.exit() if number % 2 else target.kill()
            searchers.wait_for(target.pid, 404)
            target = start_peer()
        searchers.pid = None
    assert not searchers.failures, searchers.failures
    assert len(searchers.answers) >= 2 * amount(ROUNDS)
    expect_no_more(footprint(daemon, peer), before)


def processes(client):
    return {process["pid"] for process in client.get("/v1/processes").json()["processes"]}


@pytest.mark.windows
def test_a_process_that_exits_while_its_handles_are_looked_at_leaks_nothing(
        daemon, client, peer, start_peer):
    """The list of handles is taken at the start of a search, and only that must not meet an exit
    under Wine: the target has so many sections that looking at them takes much longer."""
    before = None
    for _ in range(amount(ROUNDS)):
        target = start_peer()
        target.crowd("section", 200)
        with Searchers(daemon, 1, once=True) as searchers:
            searchers.pid = target.pid
            for _ in range(25):
                client.get("/healthz")
            target.kill()
        [(_, status)] = searchers.answers
        assert status in (200, 404)
        assert not searchers.failures, searchers.failures
        wait_until(lambda: target.pid not in processes(client), "the process is gone")
        before = before or footprint(daemon, peer)
    expect_no_more(footprint(daemon, peer), before)


def test_handles_that_close_amid_a_search_get_an_answer_and_leak_nothing(daemon, client, peer,
                                                                         start_peer, name):
    """Also where another object's handle has the number by then."""
    target = start_peer()
    search(client, target.pid)
    before = footprint(daemon, peer)
    with Searchers(daemon) as searchers:
        searchers.pid = target.pid
        for number in range(amount(ROUNDS)):
            target.create("a", 4096)
            target.create("b", 8192, name)
            target.event("c")
            for slot in "abc":
                target.close_slot(slot)
            target.pipe("d")
            target.close_slot("d")
        searchers.wait_for(target.pid, 200)
        searchers.pid = None
    assert not searchers.failures, searchers.failures
    assert {status for _, status in searchers.answers} == {200}
    assert search(client, target.pid)["sections"] == []
    expect_no_more(footprint(daemon, peer), before)
