"""The memory of a process that nobody else uses, from the kernel's own accounts."""

import re
from pathlib import Path


def read_fields(path, names):
    text = Path(path).read_text(encoding="ascii")
    return {
        name: int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE).group(1))
        for name in names
    }


def private_kib(pid):
    """`private` is what would be free again without the process: its dirty and clean pages that
    no other process maps. `RssAnon` (heap, stacks, written data) and `Pss` (shared pages counted
    by their share) are given beside it."""
    fields = read_fields(
        f"/proc/{pid}/smaps_rollup", ["Private_Dirty", "Private_Clean", "Pss", "Rss"]
    )
    fields.update(read_fields(f"/proc/{pid}/status", ["RssAnon"]))
    fields["private"] = fields["Private_Dirty"] + fields["Private_Clean"]
    return fields
