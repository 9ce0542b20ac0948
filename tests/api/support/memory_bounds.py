"""How much memory a daemon takes, and that it stays within a bound.

Files that import this run in the release build, too, whatever else runs there. Only builds without a
sanitizer are held to a bound: a sanitizer keeps shadows, histories and caches of its own.
"""

import re
from pathlib import Path

import build

# Threads, arenas and buffers that come with use and stay.
MEMORY_TOLERANCE_BYTES = 2 << 20


def _status_bytes(daemon, field):
    status = Path(f"/proc/{daemon.unix_pid()}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024


def private_bytes(daemon):
    """The memory that is the process's alone, without what its sections hold."""
    return _status_bytes(daemon, "RssAnon")


def peak_bytes(daemon):
    """The most memory that the process has ever had in use."""
    return _status_bytes(daemon, "VmHWM")


def _is_within(bound_bytes, before_bytes, now_bytes):
    return build.SANITIZED or now_bytes - before_bytes <= bound_bytes


def expect_growth_within(bound_bytes, before_bytes, now_bytes):
    assert _is_within(bound_bytes, before_bytes, now_bytes), (
        f"{now_bytes - before_bytes >> 10} KiB of memory taken, {bound_bytes >> 10} allowed")


def expect_growth_to_end(bound_bytes, daemon, work, rounds=4):
    """Does `work` until a round takes no more than the bound. What comes with use and stays is there then; a
    leak goes on."""
    for _ in range(rounds):
        before = private_bytes(daemon)
        work()
        now = private_bytes(daemon)
        if _is_within(bound_bytes, before, now):
            return
    expect_growth_within(bound_bytes, before, now)
