"""tests/structure.py over small trees: which arrows and circles it finds, and which it lets be."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "structure.py"
spec = importlib.util.spec_from_file_location("structure", SCRIPT)
structure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(structure)

TABLE = """
    upper       -> upper/* lower : stands on the rest
    upper/inner -> lower         : a room within a room
    lower       ->               : needs nothing
"""


@pytest.fixture
def tree(tmp_path):
    """Writes files, and gives what is wrong with them."""
    def wrong(files, table=TABLE, **options):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        part = structure.Part("src", "A part", structure.rooms(table), **options)
        return structure.survey(part, tmp_path)[0]
    return wrong


def test_allowed_arrows_are_not_told_of(tree):
    assert tree({
        "upper/a.ts": 'import { b } from "./inner/b";\nimport { c } from "../lower/c";\n',
        "upper/inner/b.ts": 'import type { C } from "../../lower/c";\n',
        "lower/c.ts": 'import "preact";\n',
        "upper/a.c": '#include "lower/c.h"\n#include <stdio.h>\n',
        "lower/c.h": "",
    }) == []


@pytest.mark.parametrize("line", [
    'import { a } from "../upper/a";',
    'import type { A } from "../upper/a";',
    'import {\n  a,\n} from "../upper/a";',
    'import "../upper/a";',
    'export { a } from "../upper/a";',
    'const a = await import("../upper/a");',
])
def test_each_way_to_import_is_seen(tree, line):
    assert tree({"lower/c.ts": f"\n{line}\n", "upper/a.ts": ""}) == [
        "src/lower/c.ts:2: lower may not use upper (upper/a.ts)"]


@pytest.mark.parametrize("line", ['#include "upper/a.h"', '#  include "../upper/a.h"'])
def test_an_include_that_is_not_allowed_is_told_with_its_line(tree, line):
    assert tree({"lower/c.c": f"\n\n{line}\n", "upper/a.h": ""}) == [
        "src/lower/c.c:3: lower may not use upper (upper/a.h)"]


def test_an_inner_room_does_not_inherit_what_the_outer_one_may_use(tree):
    assert tree({"upper/inner/b.ts": 'import "../a";\n', "upper/a.ts": ""}) == [
        "src/upper/inner/b.ts:1: upper/inner may not use upper (upper/a.ts)"]


def test_a_header_may_be_opened_without_its_room(tree):
    table = "low -> os.h : twins\n. -> : the rest\n"
    assert tree({"low/a.c": '#include "../os.h"\n', "os.h": ""}, table) == []
    assert tree({"low/a.c": '#include "../b.h"\n', "b.h": ""}, table) == [
        "src/low/a.c:1: low may not use . (b.h)"]


def test_files_in_a_room_may_not_circle(tree):
    assert tree({
        "lower/a.ts": 'import { b } from "./b";\n',
        "lower/b.ts": 'import type { C } from "./c";\n',
        "lower/c.ts": 'import { a } from "./a";\n',
    }) == ["src: a circle: lower/a.ts → lower/b.ts → lower/c.ts → lower/a.ts"]


def test_modules_in_c_may_not_circle_through_their_sources(tree):
    assert tree({
        "lower/a.c": '#include "lower/b.h"\n', "lower/a.h": "",
        "lower/b.c": '#include "lower/a.h"\n', "lower/b.h": "",
    }) == ["src: a circle: lower/a → lower/b → lower/a"]


def test_a_private_header_is_a_part_of_its_modules_and_makes_no_circle_itself(tree):
    files = {
        "lower/a.h": "", "lower/private.h": '#include "lower/a.h"\n',
        "lower/a.c": '#include "lower/private.h"\n', "lower/b.c": '#include "lower/private.h"\n',
    }
    assert tree(files) == []
    files["lower/a.c"] += '#include "b.h"\n'
    assert tree({**files, "lower/b.h": ""}) == [
        "src: a circle: lower/a → lower/b → lower/a"]


def test_headers_may_not_circle_through_a_private_one(tree):
    assert tree({"lower/a.h": '#include "lower/private.h"\n',
                 "lower/private.h": '#include "lower/a.h"\n'}) == [
        "src: a circle: lower/a.h → lower/private.h → lower/a.h"]


def test_a_file_outside_of_all_rooms_is_told_of(tree):
    assert tree({"stray.c": "", "elsewhere/b.ts": ""}) == [
        "src/elsewhere/b.ts: lies in no room: tests/structure.py lists them",
        "src/stray.c: lies in no room: tests/structure.py lists them"]


def test_what_puts_all_together_uses_all_and_is_used_by_nobody(tree):
    assert tree({"main.ts": 'import "./upper/a";\nimport "./lower/c";\n', "upper/a.ts": "",
                 "lower/c.ts": 'import "../main";\n'}, top=("main.ts",)) == [
        "src/lower/c.ts:1: lower may not use main.ts, which puts everything together",
        "src: a circle: lower/c.ts → main.ts → lower/c.ts"]


def test_what_is_imported_has_to_be_there(tree):
    assert tree({"lower/a.ts": 'import "./nothing";\n', "lower/a.c": '#include "nothing.h"\n'}) == [
        "src/lower/a.c:1: there is no nothing.h in src", "src/lower/a.ts:1: there is no ./nothing"]


def test_headers_that_the_build_makes_need_not_be_there(tree):
    assert tree({"lower/a.c": '#include "made.h"\n'}, made=frozenset({"made.h"})) == []


def test_tests_beside_the_sources_may_use_anything(tree):
    assert tree({"lower/c.test.ts": 'import "../upper/a";\n', "upper/a.ts": "",
                 "lower/c_test.c": '#include "upper/a.h"\n', "upper/a.h": ""}) == []


def test_the_table_itself_may_not_circle_nor_name_what_is_not_there(tree):
    assert tree({}, "a -> b : one\nb -> a : two\n") == [
        "src: the table of rooms allows a circle: a → b → a"]
    assert tree({}, "a -> c : one\n") == ["src: the table lets a use c, which is no room"]


def test_the_page_draws_each_arrow_once(tmp_path):
    (tmp_path / "upper").mkdir()
    (tmp_path / "lower").mkdir()
    (tmp_path / "upper/a.ts").write_text('import "../lower/b";\nimport "../lower/c";\n')
    for name in ("b", "c"):
        (tmp_path / f"lower/{name}.ts").write_text("")
    _, page = structure.survey(structure.Part("src", "A part", structure.rooms(TABLE)), tmp_path)
    assert page.count("  upper --> lower\n") == 1
    assert "| `lower` | needs nothing | nothing |\n" in page
    assert "inner" not in page.split("mermaid")[1]
