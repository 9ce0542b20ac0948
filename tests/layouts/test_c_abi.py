"""Where our reader of C puts members, and where compilers put them: random declarations, seeded."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from c_declarations import Family, Generator, compare, compile_and_read, parse_ours, source_for_us

TOOL = Path(os.environ.get("SECTIOND_BUILD", "build/dev")) / "tests/layouts/c_layout"
AMOUNT = 1000 if os.environ.get("SECTIOND_LONG") == "1" else 50
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


# Without headers of a system: what the printed C includes.
HEADERS = ("#define offsetof __builtin_offsetof\n"
           "typedef unsigned char uint8_t; typedef signed char int8_t; typedef unsigned short uint16_t, char16_t;\n"
           "typedef short int16_t; typedef unsigned uint32_t, char32_t; typedef int int32_t;\n"
           "typedef unsigned long long uint64_t; typedef long long int64_t;\n")


def check_with(command, printed, tmp_path):
    """Compiles what we printed: its assertions say whether the compiler agrees."""
    source = tmp_path / "printed.c"
    source.write_text(HEADERS + re.sub(r"^#include.*$", "", printed, flags=re.MULTILINE))
    done = subprocess.run([*command, "-std=c11", "-w", "-ffreestanding", "-nostdinc", "-fsyntax-only", str(source)],
                          capture_output=True, text=True, check=False)
    return done.stderr


def places(types):
    """Offset, structure or bits of each field; padding is what the printed C has besides."""
    def kept(kind):
        if kind.startswith("struct:"):
            return kind
        return kind.replace("bool8", "u8") if re.fullmatch(r"\w+:\d:\d+", kind) and kind[:6] != "string" else None
    return {name: (size, {field: (offset, kept(kind)) for field, (offset, kind) in fields.items()
                          if not field.startswith("padding")})
            for name, (size, fields) in types.items()}


@pytest.mark.parametrize("name", ["gcc-sysv64", "gcc-sysv32", "msvc-win64", "msvc-win32"])
def test_the_printed_declarations_are_laid_out_in_the_same_way_by_all_compilers(name, tmp_path):
    abi, family, _ = COMPILERS[name]
    for first in range(0, AMOUNT // 2, AT_ONCE):
        generator = Generator(f"{SEED} {name} {first} printed", family)
        text = source_for_us([generator.declaration(first + i) for i in range(AT_ONCE)])
        _, described = read_ours(abi, text)
        code, printed = read_ours(abi, text, "", "c")
        assert code == 0, printed[:2000]
        # Bit fields that run on over more than eight bytes are gcc's alone.
        only_gcc = "as gcc packs bit fields" in printed
        assert not only_gcc or abi.startswith("sysv")
        for other, _, command in COMPILERS.values():
            if shutil.which(command[0]) and not (only_gcc and other.startswith("win")):
                assert check_with(command, printed, tmp_path) == ""
        for other in ("sysv64", "sysv32", "win64", "win32"):
            if not (only_gcc and other.startswith("win")):
                code, again = read_ours(other, printed)
                assert code == 0, again[:2000]
                assert places(parse_ours(again)) == places(parse_ours(described))


ASSERTED = {
    "sysv": """
        struct s { char c; _Alignas(double) char d; char e[_Alignof(double)]; };
        _Static_assert(offsetof(struct s, d) == WORD, "s");
        _Static_assert(sizeof(struct s) == 3 * WORD, "s");
        _Static_assert(__alignof__(double) == 8, "double");
        typedef int low __attribute__((aligned(2)));
        struct t { char c; low d; };
        _Static_assert(offsetof(struct t, d) == 2, "t");
        typedef struct { char c; } high __attribute__((aligned(16)));
        struct u { char c; high d; };
        _Static_assert(sizeof(high) == 1, "high");
        _Static_assert(offsetof(struct u, d) == 16, "u");
        struct v { char c; _Atomic long long d; };
        _Static_assert(offsetof(struct v, d) == 8, "v");
        enum __attribute__((packed)) p { P = 200 };
        _Static_assert(sizeof(enum p) == 1, "p");
        enum big { BIG = 0x100000000 };
        struct w { char c; enum big d; };
        _Static_assert(offsetof(struct w, d) == WORD, "w");
        struct e { };
        _Static_assert(sizeof(struct e) == 0, "e");
        struct f { char c; long long d[]; };
        _Static_assert(sizeof(struct f) == WORD, "f");
        """,
    "win": """
        __declspec(align(16)) struct s { char a; };
        _Static_assert(sizeof(struct s) == 16, "s");
        typedef __declspec(align(16)) struct { char a; } t;
        _Static_assert(sizeof(t) == 16, "t");
        typedef struct __declspec(align(16)) { char a; } u;
        _Static_assert(sizeof(u) == 16, "u");
        struct v { char c; __declspec(align(8)) struct { char a; } m; char d; };
        _Static_assert(offsetof(struct v, m) == 8, "v");
        _Static_assert(offsetof(struct v, d) == 16, "v");
        struct w { char c; __declspec(align(8)) struct { char a; }; char d; };
        _Static_assert(offsetof(struct w, a) == 8, "w");
        _Static_assert(offsetof(struct w, d) == 16, "w");
        struct e { };
        _Static_assert(sizeof(struct e) == 4, "e");
        typedef int low __attribute__((aligned(2)));
        struct x { char c; low d; };
        _Static_assert(offsetof(struct x, d) == 4, "x");
        enum ints { NONE = -1, ALL = 0xFFFFFFFF, NEXT, HIGH = 0x7FFFFFFF, LOW };
        _Static_assert(sizeof(enum ints) == 4, "ints");
        _Static_assert(ALL == NONE, "all");
        _Static_assert((ALL < 0) == 1, "signed");
        _Static_assert(NEXT == 0, "next");
        _Static_assert((LOW < HIGH) == 1, "low");
        """,
}


@pytest.mark.parametrize("name", ["gcc-sysv64", "gcc-sysv32", "msvc-win64", "msvc-win32"])
def test_the_rare_rules_are_the_compilers_too(name, tmp_path):
    abi, _, command = COMPILERS[name]
    text = ASSERTED[abi[:-2]].replace("WORD", "8" if abi.endswith("64") else "4")
    assert " error: " not in check_with(command, text, tmp_path)
    text += "struct last { int a; };\n"
    assert read_ours(abi, text)[0] == 0
    # An assertion that we could not read would be passed over: each has to fail when it is turned round.
    told = read_ours(abi, text.replace(" == ", " != "))[1]
    assert told.count("The assertion fails") == text.count(" == ") > 5
