"""Random C declarations, and programs whose object files say where a compiler puts their members."""

import random
import struct
import subprocess
from dataclasses import dataclass, field

# Two numbers that mark what we look for in an object file.
MARK = (0x9D1F35A7C2E86B04, 0x5B7E0C93A4D1F826)

SCALARS = ["char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned int", "long",
           "unsigned long", "long long", "unsigned long long", "float", "double", "_Bool", "wchar_t", "void *",
           "uint8_t", "int16_t", "uint32_t", "int64_t", "size_t", "enum e_small", "long int unsigned"]
# Bits of the types that bit fields have; "long" is as wide as the ABI has it.
BIT_TYPES = {"signed char": 8, "unsigned char": 8, "short": 16, "unsigned short": 16, "int": 32, "unsigned": 32,
             "signed int": 32, "long": 32, "unsigned long": 32, "long long": 64, "unsigned long long": 64,
             "_Bool": 1, "uint16_t": 16, "enum e_small": 32, "enum e_signed": 32}
ENUMS = ("enum e_small { E_ONE = 1, E_TWO, E_TEN = 10 };\n"
         "enum e_signed { E_MINUS = -1, E_PLUS = 1 };\n")
TYPES = ("typedef __WCHAR_TYPE__ wchar_t; typedef __SIZE_TYPE__ size_t; typedef unsigned char uint8_t;\n"
         "typedef short int16_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t;\n"
         "typedef long long int64_t;\n")


# A layout has 16 levels: the structure of all others, the one that tells the alignment, and these.
INNER_LEVELS_MAX = 4
LEVELS_MAX = 14 - INNER_LEVELS_MAX


@dataclass(frozen=True)
class Family:
    """What is generated for a kind of compiler."""
    microsoft: bool      # __declspec, and not what MSVC's ABI has no rule for
    own_rules: bool      # also what MSVC and mingw do differently
    long_double: bool = True


@dataclass
class Declaration:
    name: str
    text: str
    pack: int
    levels: int = 1  # of structures in it
    paths: list = field(default_factory=list)  # of ordinary members
    bits: list = field(default_factory=list)   # of bit fields: path, value of all ones


class Generator:
    def __init__(self, seed, family):
        self.random = random.Random(seed)
        self.family = family
        self.done = []
        self.names = 0

    def chance(self, probability):
        return self.random.random() < probability

    def name(self):
        self.names += 1
        return f"m{self.names}"

    def align(self, most=32):
        number = self.random.choice([n for n in (1, 2, 4, 8, 16, 32, 64) if n <= most])
        if self.family.microsoft:
            return f"__declspec(align({number})) "
        return f"__attribute__((aligned({number}))) "

    def scalar(self):
        if self.family.long_double and self.chance(0.04):
            return "long double"
        return self.random.choice(SCALARS)

    def dimensions(self, most=3):
        return "".join(f"[{self.random.randint(1, 5)}]" for _ in range(self.random.randint(1, most)))

    def bit_field(self, in_union, is_packed, path, declaration):
        kind, bits = self.random.choice(list(BIT_TYPES.items()))
        width = self.random.randint(1, bits) if self.chance(0.5) else self.random.randint(1, min(bits, 7))
        # mingw lets a width of 0 align a packed structure, clang for MSVC does not, and MSVC has no such attribute.
        if self.chance(0.1) and not (in_union and self.family.microsoft) and (not is_packed or self.can_align()):
            return f"{kind} : 0;"
        if self.chance(0.12):
            return f"{kind} : {width};"
        name = self.name()
        packed = "__attribute__((packed)) " if not self.family.microsoft and self.chance(0.05) else ""
        declaration.bits.append((path + name, 1 if kind == "_Bool" else -1))
        return f"{packed}{kind} {name} : {width};"

    def earlier(self, declaration):
        """A structure from before that leaves room for those around it."""
        fitting = [made for made in self.done if made.levels < LEVELS_MAX]
        if not fitting:
            return "int"
        made = self.random.choice(fitting)
        declaration.levels = max(declaration.levels, made.levels + INNER_LEVELS_MAX)
        return f"struct {made.name}"

    def can_align(self):
        # Alignment above the pack, and inside of what a pack lowers, is where MSVC and mingw differ.
        return not self.family.microsoft or self.family.own_rules

    def ordinary(self, path, declaration):
        before = ""
        if self.can_align() and self.chance(0.08) and not self.after_bits:
            before = self.align()
        if self.chance(0.05) and not (self.family.microsoft and (before or self.after_bits)):
            before += "__attribute__((packed)) "
        name = self.name()
        declaration.paths.append(path + name)
        choice = self.random.random()
        if choice < 0.16:
            array = f"[{self.random.randint(1, 3)}]" if choice < 0.04 else ""
            return f"{before}{self.earlier(declaration)} {name}{array};"
        if choice < 0.20:
            return f"{before}int (*{name})(int, struct unknown *);"
        if choice < 0.24:
            return f"{before}const char *(*{name}[2])[3];"
        if choice < 0.45:
            return f"{before}{self.scalar()} {name}{self.dimensions()};"
        return f"{before}{self.scalar()} {name};"

    def record(self, path, declaration, depth):
        """struct or union with its members, without a name behind it."""
        kind = "union" if self.chance(0.25) else "struct"
        head, tail = "", ""
        if self.chance(0.06):
            tail = " __attribute__((packed))"
        if self.can_align() and self.chance(0.06):
            head = self.align(16)
        is_union = kind == "union" and (not self.family.microsoft or self.family.own_rules)
        members = self.members(path, declaration, depth + 1, kind == "union", is_union or kind == "struct",
                               bool(tail))
        return kind, head, members, tail

    def members(self, path, declaration, depth, in_union, may_have_bits, is_packed):
        lines = []
        self.after_bits = False
        for _ in range(self.random.randint(1, 7)):
            choice = self.random.random()
            if choice < 0.35 and may_have_bits:
                if in_union and is_packed and self.family.microsoft:
                    continue
                lines.append(self.bit_field(in_union, is_packed, path, declaration))
                self.after_bits = True
            elif choice < 0.45 and depth < INNER_LEVELS_MAX:
                name = self.name() if self.chance(0.5) else ""
                inner = f"{path}{name}." if name else path
                kind, head, members, tail = self.record(inner, declaration, depth)
                if name:
                    declaration.paths.append(path + name)
                lines.append(f"{kind} {head}{{ {members} }}{tail} {name};")
                self.after_bits = False
            else:
                lines.append(self.ordinary(path, declaration))
                self.after_bits = False
        if not any(";" in line and ": " not in line for line in lines):
            lines.append(self.ordinary(path, declaration))
        return " ".join(lines)

    def declaration(self, index):
        pack = self.random.choice([1, 2, 4, 8, 16]) if self.chance(0.3) else 0
        made = Declaration(f"T{index}", "", pack)
        kind, head, members, tail = self.record("", made, 0)
        if kind == "union":
            members = f"union {{ {members} }};"
        made.text = f"struct {head}{made.name} {{ {members} }}{tail};\n"
        if pack:
            made.text = f"#pragma pack(push, {pack})\n{made.text}#pragma pack(pop)\n"
        made.text += f"struct A{index} {{ char c; struct {made.name} t; }};\n"
        self.done.append(made)
        return made


def source_for_us(declarations):
    """Our reader's: the last structure has all others in it."""
    members = " ".join(f"struct A{d.name[1:]} a{d.name[1:]};" for d in declarations)
    return ENUMS + "".join(d.text for d in declarations) + f"struct all {{ {members} }};\n"


def source_for_compiler(declarations):
    parts = [TYPES, ENUMS]
    for index, made in enumerate(declarations):
        parts.append(made.text)
        values = [f"sizeof(struct {made.name})", f"__builtin_offsetof(struct A{made.name[1:]}, t)"]
        values += [f"__builtin_offsetof(struct {made.name}, {path})" for path in made.paths]
        parts.append(f"const unsigned long long facts{index}[] = {{{MARK[0]}u, {MARK[1]}u, {index}, {len(values)}, "
                     f"{', '.join(values)}}};\n")
        for number, (path, ones) in enumerate(made.bits):
            wrapper = f"w{index}_{number}"
            parts.append(
                f"struct {wrapper} {{ unsigned long long mark[5]; struct {made.name} value; }};\n"
                f"const struct {wrapper} object_{wrapper} = {{{{{MARK[0]}u, {MARK[1]}u, {(number + 1) << 32 | index}u, "
                f"__builtin_offsetof(struct {wrapper}, value), sizeof(struct {made.name})}}, "
                f"{{.{path} = {ones}}}}};\n")
    return "".join(parts)


def compile_and_read(command, declarations, folder):
    """For each declaration: its numbers, and the bits that each of its bit fields sets."""
    source, target = folder / "facts.c", folder / "facts.o"
    source.write_text(source_for_compiler(declarations))
    done = subprocess.run([*command, "-w", "-ffreestanding", "-nostdinc", "-c", str(source), "-o", str(target)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    image = target.read_bytes()
    mark = struct.pack("<QQ", *MARK)
    facts, bits = {}, {}
    at = image.find(mark)
    while at >= 0:
        key, second = struct.unpack_from("<QQ", image, at + 16)
        index, number = key & 0xFFFFFFFF, key >> 32
        if number == 0:
            facts[index] = struct.unpack_from(f"<{second}Q", image, at + 32)
        else:
            size, = struct.unpack_from("<Q", image, at + 32)
            value = image[at + second:at + second + size]
            bits[index, number - 1] = [8 * i + b for i, byte in enumerate(value) for b in range(8) if byte >> b & 1]
        at = image.find(mark, at + 1)
    assert len(facts) == len(declarations)
    return facts, bits


def parse_ours(text):
    """{type: (size, {field: (offset, kind)})} of what c_layout prints."""
    types, fields = {}, None
    for line in text.splitlines():
        words = line.split()
        if words[0] == "type":
            fields = {}
            types[words[1]] = (int(words[2]), fields)
        elif words[0] == "field":
            fields[words[1]] = (int(words[2]), words[3])
    return types


def find_path(types, name, path):
    """Bit offset and kind of a field of a type; an index is the first element."""
    offset, kind = 0, None
    for part in path.split("."):
        place, kind = types[name][1][part]
        offset += place
        name = kind.partition(":")[2] if kind.startswith("struct:") else None
    words = kind.split(":")
    if words[0] not in ("string", "struct") and len(words) == 3:
        return 8 * offset + int(words[1]), int(words[2])
    return 8 * offset, None


def compare(declarations, facts, bits, types):
    """What differs, a line for each."""
    for index, made in enumerate(declarations):
        size, align, *offsets = facts[index]
        wrong = []
        if types[made.name][0] != size:
            wrong.append(f"size {types[made.name][0]}, not {size}")
        ours = types[f"A{made.name[1:]}"][1]["t"][0]
        if ours != align:
            wrong.append(f"alignment {ours}, not {align}")
        for path, offset in zip(made.paths, offsets, strict=True):
            found, _ = find_path(types, made.name, path)
            if found != 8 * offset:
                wrong.append(f"{path} at {found / 8}, not {offset}")
        for number, (path, _) in enumerate(made.bits):
            first, width = find_path(types, made.name, path)
            expected = bits[index, number]
            if list(range(first, first + width)) != expected:
                wrong.append(f"{path} bits {first}+{width}, not {expected[:1]}+{len(expected)}")
        if wrong:
            yield f"{'; '.join(wrong)}\n    {made.text}"
