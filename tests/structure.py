#!/usr/bin/env python3
"""Rooms and arrows: which folder of core/, server/ and web/src may include or import which.

structure.py --check        prints each arrow that the tables below do not allow, each circle, and
                            whether the page is out of date; fails if there is any
structure.py --draw         writes that page, docs/internals/structure.md
structure.py --print        prints it

A room is a folder; a folder without an entry of its own belongs to the one around it. A room may
use what its entry names and nothing else, so the arrows go one way: the tables themselves may have
no circle. Files within a room are free but for circles. A part may keep headers out of the sight of
rooms, however they are reached. Tests beside the sources are left out.
"""

import argparse
import posixpath
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
PAGE = SOURCE / "docs/internals/structure.md"


@dataclass
class Room:
    what: str
    uses: tuple[str, ...] = ()
    # Single files of other rooms: the headers that a room implements or shares.
    files: tuple[str, ...] = ()


@dataclass
class Part:
    folder: str
    title: str
    rooms: dict[str, Room]
    # Files at the root that put everything together: they may use all, and nothing uses them.
    top: tuple[str, ...] = ()
    # Headers that rooms may not see, not even through others: (rooms, headers).
    unseen: tuple[tuple[str, str], ...] = ()
    # Headers that the build makes.
    made: frozenset[str] = field(default_factory=frozenset)


def rooms(text):
    """Lines of ROOM -> USED … : WHAT IT IS. A room's rooms are ROOM/*, a header is one of a file."""
    rows = [(name.strip(), used.split(), what.strip())
            for line in text.strip().splitlines()
            for head, what in [line.split(" : ")]
            for name, _, used in [head.partition("->")]]
    table = {}
    for name, used, what in rows:
        names = [each for use in used
                 for each in ([n for n, _, _ in rows if n.startswith(use[:-1])] if use.endswith("/*")
                              else [use])]
        table[name] = Room(what, tuple(n for n in names if not n.endswith(".h")),
                           tuple(n for n in names if n.endswith(".h")))
    return table


PARTS = (
    Part("core", "The library: includes", rooms("""
        windows -> include os.h unseen.h       : os.h for Windows
        linux   -> posix include os.h unseen.h : os.h for Linux
        posix   -> include os.h                : what Linux shares with other systems of its kind
        .       -> include                     : what both platforms have; os.h says what they supply
        include ->                             : the public headers
    """)),
    Part("server", "The daemon: includes", rooms("""
        start    -> http gate api encode base           : where we listen, and --url, which asks a daemon that runs
        http     -> gate api watch registry encode base : connections: the one room that knows libmicrohttpd
        gate     -> api registry encode base            : who may ask
        sections -> layouts api watch registry encode base : making, finding and closing sections
        layouts  -> layouts/* api watch registry encode base : what the bytes of a section mean: kept layouts, fields
        layouts/c     -> layouts/model encode base      : layouts as C declarations
        layouts/json  -> layouts/model encode base      : layouts as JSON
        layouts/model -> base                           : a layout as it is described; errors of a text, ABIs
        memory   -> layouts api watch registry encode base : what is in a section
        discover -> api watch registry encode base      : what other processes share
        daemon   -> layouts api watch registry encode base : what the daemon tells of itself
        api      -> watch registry encode base          : requests, replies and routes, without HTTP
        watch    -> registry encode base                : who waits for changes, and the events that tell of them
        registry -> encode base                         : which sections there are
        encode   -> base                                : JSON, values and Base64
        windows  -> base                                : base/platform.h for Windows
        linux    -> posix base                          : base/platform.h for Linux
        posix    -> base                                : what Linux shares with other systems of its kind
        base     ->                                     : options, log, clock, threads
    """), top=("main.c", "routes.c", "routes.h"), made=frozenset({"schemas.h", "builtin_layouts.h"}), unseen=(
        # The daemon's own routes tell of roles, limits and budgets: `tell` gives them the server.
        # Any other route cannot ask who calls, what is allowed, or where it runs: api/run.c does, for all.
        ("sections memory layouts discover", "api/server.h api/route.h api/caller.h base/options.h base/budget.h"),
        ("sections memory layouts discover daemon", "api/run.h api/private.h api/conditions.h registry/quota.h"),
        # What an execution is given: no roles, --deny, quotas, conditions or threads in it.
        ("api/plan.h api/request.h api/reply.h watch/watch.h registry/registry.h",
         "api/server.h api/route.h api/caller.h api/run.h api/private.h api/conditions.h base/options.h "
         "base/budget.h base/workers.h base/lanes.h registry/quota.h"),
        ("sections memory layouts discover watch/watch.h registry/registry.h",
         "base/workers.h base/lanes.h"),
    )),
    Part("web/src", "The dashboard: imports", rooms("""
        shell    -> sections discover daemon memory ui api base : the page around the views, and which one is shown
        sections -> ui api base                                 : the list of sections, and what is done with one
        discover -> ui api base                                 : processes and names
        daemon   -> ui api base                                 : the daemon's state
        memory   -> memory/* ui api base                        : one section, tab by tab
        memory/fields  -> memory/chart memory/source ui api base : the fields of a layout, and describing them
        memory/hex     -> memory/find memory/source ui api base : the bytes, and editing them
        memory/text    -> memory/source ui api base             : the bytes as text
        memory/chart   -> memory/source ui api base             : values over time
        memory/picture -> memory/source ui api base             : the bytes as pixels
        memory/find    -> memory/source ui api base             : searching
        memory/source  -> api base                              : what all tabs share: bytes, fields, selection, edits
        ui       -> api base                                    : components and hooks that several views use
        api      -> base                                        : what asks the daemon: requests, events, connection
        style    ->                                             : colours, sizes, and what every view is made of
        base     ->                                             : needs neither the daemon nor the page
    """), top=("main.tsx", "css.d.ts", "index.html", "icon.svg")),
)


@dataclass(frozen=True)
class Arrow:
    file: str
    line: int
    target: str


# ---- reading ------------------------------------------------------------------------------------

C_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
TS_IMPORT = re.compile(r'^(?:import|export)\b(?:[^;"]*?\bfrom)?\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"',
                       re.MULTILINE)


def is_test(name):
    return re.search(r"_test\.[ch]$|\.test\.tsx?$", name) is not None


def files_of(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*")
            if path.suffix in (".c", ".h", ".ts", ".tsx", ".css", ".html", ".svg") and
            not is_test(path.name)}


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def c_arrows(part, root, files, wrong):
    """What is found in none of the part's own folders is a header of the system or of a library."""
    for file in sorted(f for f in files if f.endswith((".c", ".h"))):
        text = (root / file).read_text()
        for match in C_INCLUDE.finditer(text):
            quoted, name = match[1] == '"', match[2]
            if name in part.made:
                continue
            places = [posixpath.join(posixpath.dirname(file), name)] if quoted else []
            places += [posixpath.join(folder, name)
                       for folder in ("", "include", *(f"{room}/include" for room in part.rooms))]
            found = next((p for p in map(posixpath.normpath, places) if p in files), None)
            if found:
                yield Arrow(file, line_of(text, match.start()), found)
            elif quoted:
                wrong.append(f"{part.folder}/{file}:{line_of(text, match.start())}: "
                             f"there is no {name} in {part.folder}")


def ts_arrows(part, root, files, wrong):
    for file in sorted(f for f in files if f.endswith((".ts", ".tsx"))):
        text = (root / file).read_text()
        for match in TS_IMPORT.finditer(text):
            name = match[1] or match[2]
            place = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
            places = (place, f"{place}.ts", f"{place}.tsx", f"{place}/index.tsx", f"{place}/index.ts")
            found = next((p for p in places if p in files), None)
            if found:
                yield Arrow(file, line_of(text, match.start()), found)
            else:
                wrong.append(f"{part.folder}/{file}:{line_of(text, match.start())}: there is no {name}")


# ---- rooms --------------------------------------------------------------------------------------

def room_of(part, file):
    """The innermost room around a file; None for a file at the root that has none."""
    folder = posixpath.dirname(file)
    while folder:
        if folder in part.rooms:
            return folder
        folder = posixpath.dirname(folder)
    return "." if "." in part.rooms else None


def check_rooms(part, files, arrows, wrong):
    for file in sorted(files):
        if room_of(part, file) is None and file not in part.top:
            wrong.append(f"{part.folder}/{file}: lies in no room: tests/structure.py lists them")
    for arrow in arrows:
        here, there = room_of(part, arrow.file), room_of(part, arrow.target)
        if arrow.file in part.top or here is None or here == there:
            continue
        place = f"{part.folder}/{arrow.file}:{arrow.line}"
        if arrow.target in part.top or there is None:
            wrong.append(f"{place}: {here} may not use {arrow.target}, which puts everything together")
        elif there not in part.rooms[here].uses and arrow.target not in part.rooms[here].files:
            wrong.append(f"{place}: {here} may not use {there} ({arrow.target})")


def check_sight(part, arrows, wrong):
    edges = file_edges(arrows)
    for places, headers in part.unseen:
        for file in sorted(edges):
            if room_of(part, file) not in places.split() and file not in places.split():
                continue
            before, queue = {file: None}, [file]
            for node in queue:
                for target in sorted(edges.get(node, set()) - set(before)):
                    before[target] = node
                    queue.append(target)
            for header in (h for h in headers.split() if h in before):
                way = [header]
                while way[0] != file:
                    way.insert(0, before[way[0]])
                wrong.append(f"{part.folder}: not in its sight: {' → '.join(way)}")


# ---- circles ------------------------------------------------------------------------------------

def find_circles(edges):
    """One circle, as a list of nodes, of each set of nodes that can all be reached from each other."""
    order, low, stack, circles = {}, {}, [], []

    def path_back(start, members):
        """The shortest way from a node back to itself."""
        before, queue = {}, [start]
        for node in queue:
            for target in sorted(edges.get(node, ())):
                if target == start:
                    way = [node]
                    while way[-1] != start:
                        way.append(before[way[-1]])
                    return way[::-1] + [start]
                if target in members and target not in before:
                    before[target] = node
                    queue.append(target)
        return None

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in order:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], order[target])
        if low[node] == order[node]:
            at = stack.index(node)
            members = set(stack[at:])
            del stack[at:]
            if len(members) > 1 or node in edges.get(node, ()):
                circles.append(path_back(min(members), members))

    for node in sorted(edges):
        if node not in order:
            visit(node)
    return circles


def module_edges(arrows):
    """
    Which module needs which. In C a module is NAME.c with NAME.h; a header called private.h (or
    NAME_private.h) is a part of each module that includes it, and so is what it includes.
    """
    def is_private(file):
        return re.search(r"(^|[/_])private\.h$", file) is not None

    def module(file):
        return re.sub(r"\.[ch]$", "", file)

    private = defaultdict(set)
    for arrow in arrows:
        if is_private(arrow.file):
            private[arrow.file].add(arrow.target)
    edges = defaultdict(set)

    def add(source, target, seen=()):
        if is_private(target):
            for each in private[target] - set(seen):
                add(source, each, (*seen, target))
        elif module(target) != source:
            edges[source].add(module(target))

    for arrow in arrows:
        if not is_private(arrow.file):
            add(module(arrow.file), arrow.target)
    return edges


def file_edges(arrows):
    edges = defaultdict(set)
    for arrow in arrows:
        edges[arrow.file].add(arrow.target)
    return edges


def check_circles(part, arrows, wrong):
    # Headers may also circle where their modules do not, through a private one.
    found = {tuple(c) for edges in (file_edges(arrows), module_edges(arrows))
             for c in find_circles(edges)}
    for circle in sorted(found):
        wrong.append(f"{part.folder}: a circle: {' → '.join(circle)}")
    # A file counts as using its room: os.h is a part of the room around it.
    table = {name: {*room.uses, *(room_of(part, f) or "" for f in room.files)}
             for name, room in part.rooms.items()}
    for circle in find_circles(table):
        wrong.append(f"{part.folder}: the table of rooms allows a circle: {' → '.join(circle)}")
    for name, room in part.rooms.items():
        for other in room.uses:
            if other not in part.rooms:
                wrong.append(f"{part.folder}: the table lets {name} use {other}, which is no room")


# ---- the page -----------------------------------------------------------------------------------

PAGE_HEAD = """\
# Rooms and arrows

Each folder of the sources is a room, and the arrows between rooms go one way: a room uses only what
the tables in [tests/structure.py](../../tests/structure.py) allow it. `tests/lint` fails on another
arrow, on a circle between rooms or between files, and when this page is out of date. The page is
made by `tests/structure.py --draw`: a new arrow between rooms changes it, a new file does not. What
puts everything together, such as `main.c`, is left out.
"""


def node_of(name):
    return "root" if name == "." else re.sub(r"\W", "_", name)


def draw_part(part, files, arrows):
    ends = {(room_of(part, arrow.file), room_of(part, arrow.target)) for arrow in arrows
            if arrow.file not in part.top}
    drawn = [(here, there) for here, there in ends if here and there and here != there]
    taken = {room_of(part, file) for file in files}
    shown = [name for name in part.rooms if name in taken]
    lines = [f"## {part.title} in `{part.folder}/`", "", "| room | what it is | may use |",
             "|---|---|---|"]
    for name in shown:
        room = part.rooms[name]
        uses = ", ".join(f"`{each}`" for each in (*room.uses, *room.files)) or "nothing"
        lines.append(f"| `{name}` | {room.what} | {uses} |")
    lines += ["", "```mermaid", "graph TD"]
    lines += [f"  {node_of(name)}[\"{part.folder if name == '.' else name}\"]" for name in shown]
    order = {name: i for i, name in enumerate(part.rooms)}
    for here, there in sorted(drawn, key=lambda ends: (order[ends[0]], order[ends[1]])):
        lines.append(f"  {node_of(here)} --> {node_of(there)}")
    return "\n".join([*lines, "```", ""])


def survey(part, root):
    """What is wrong in a part, and its section of the page."""
    wrong = []
    files = files_of(root)
    arrows = [*c_arrows(part, root, files, wrong), *ts_arrows(part, root, files, wrong)]
    check_rooms(part, files, arrows, wrong)
    check_sight(part, arrows, wrong)
    check_circles(part, arrows, wrong)
    return wrong, draw_part(part, files, arrows)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = options.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="say what is wrong, and fail if anything is")
    action.add_argument("--draw", action="store_true", help=f"write {PAGE.relative_to(SOURCE)}")
    action.add_argument("--print", action="store_true", help="print that page")
    arguments = options.parse_args()

    surveys = [survey(part, SOURCE / part.folder) for part in PARTS]
    wrong = [line for found, _ in surveys for line in found]
    page = "\n".join([PAGE_HEAD, *(drawn for _, drawn in surveys)])
    if arguments.print:
        print(page, end="")
    elif arguments.draw:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page)
    else:
        if not PAGE.exists() or PAGE.read_text() != page:
            wrong.append(f"{PAGE.relative_to(SOURCE)} is out of date: tests/structure.py --draw")
        print("".join(f"{line}\n" for line in wrong), end="")
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
