"""What a daemon holds, counted from outside."""

import re
from pathlib import Path

import build
from daemon import wait_until

# How each platform's kernel shows the memory of sections in a process's map: Linux by the object,
# Wine by the files that its server keeps them in.
SECTION_MAPPING = re.compile(r"/memfd:|/dev/shm/|tmpmap|anonmap")

# The Windows build makes handles for its locks when threads first meet on them.
HANDLE_TOLERANCE = 8 if build.ON_WINDOWS else 0


def section_mapping_count(daemon):
    maps = Path(f"/proc/{daemon.unix_pid()}/maps").read_text()
    return len([line for line in maps.splitlines() if SECTION_MAPPING.search(line)])


def footprint(daemon, peer):
    """Handles (or descriptors) and section views, once they have come to rest.

    `peer` counts as its platform counts. A daemon hears of closed connections a moment later.
    """
    rows = []

    def at_rest():
        rows.append((peer.handle_count(daemon.pid), section_mapping_count(daemon)))
        return len(rows) >= 30 and len(set(rows[-30:])) == 1

    wait_until(at_rest, "handles and views stay the same")
    return dict(zip(("handles", "views"), rows[-1]))


def expect_no_more(now, before):
    """Nothing was left behind between two footprints, by what was done often enough to show."""
    assert now["views"] == before["views"]
    assert now["handles"] <= before["handles"] + HANDLE_TOLERANCE, f"{before} became {now}"
