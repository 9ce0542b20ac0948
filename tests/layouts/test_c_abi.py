"""Where our reader of C puts members, and where compilers put them: random declarations, seeded."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from c_declarations import Family, Generator, compare, compile_and_read, parse_ours, source_for_us

TOOL = Path(os.environ.get("SECTIOND_BUILD", "build/dev")) / "tests/layouts/c_layout"
AMOUNT = 1000 if os.environ.get("SECTIOND_LONG") == "1" else 100
AT_ONCE = 50
SEED = int(os.environ.get("SECTIOND_SEED", "1"))

GCC = Family(microsoft=False, own_rules=True)
MINGW = Family(microsoft=True, own_rules=False, long_double=False)
MSVC = Family(microsoft=True, own_rules=True)

COMPILERS = {
    "gcc-sysv64": ("sysv64", GCC, ["gcc"]),
    "gcc-sysv32": ("sysv32", GCC, ["gcc", "-m32"]),
    "mingw-win64": ("win64", MINGW, ["x86_64-w64-mingw32-gcc"]),
    "mingw-win32": ("win32", MINGW, ["i686-w64-mingw32-gcc"]),
    "msvc-win64": ("win64", MSVC, ["clang", "--target=x86_64-pc-windows-msvc"]),
    "msvc-win32": ("win32", MSVC, ["clang", "--target=i686-pc-windows-msvc"]),
}


def read_ours(abi, text, *options):
    done = subprocess.run([TOOL, abi, *options], input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", COMPILERS)
def test_members_are_where_the_compiler_puts_them(name, tmp_path):
    abi, family, command = COMPILERS[name]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    wrong = []
    for first in range(0, AMOUNT, AT_ONCE):
        generator = Generator(f"{SEED} {name} {first}", family)
        declarations = [generator.declaration(first + i) for i in range(AT_ONCE)]
        code, output = read_ours(abi, source_for_us(declarations))
        assert code == 0, output[:2000] + source_for_us(declarations)[:3000]
        facts, bits = compile_and_read(command, declarations, tmp_path)
        wrong += compare(declarations, facts, bits, parse_ours(output))
    assert not wrong, f"{len(wrong)} of {AMOUNT}\n" + "\n".join(wrong[:10])
