"""The structures that programs publish, from the declarations that the peer is compiled from.

The .def files of tests/peers/programs have neither offsets nor sizes. Here both are counted after
the rules of C (little-endian, a pack for each structure), so that neither the compiler's offsets nor
the layouts' are taken for granted. Values follow from a field's path and a tick, as in fill.c there.
"""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "peers" / "programs"

MASK = 0xFFFFFFFF
SALT_START = 2166136261

NUMBERS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q",
           "i64": "q", "f32": "f", "f64": "d", "bool8": "B"}
# By the declarations' word: Python's codec, the layouts' word, bytes of a unit.
ENCODINGS = {"ansi": ("cp1252", "ansi", 1), "latin1": ("latin1", "latin1", 1),
             "utf8": ("utf-8", "utf-8", 1), "utf16": ("utf-16le", "utf-16le", 2),
             "utf32": ("utf-32le", "utf-32le", 4)}


@dataclass
class Field:
    name: str
    kind: str  # a number's type, an encoding, or a structure's name
    offset: int
    element_size: int
    counts: tuple = ()
    least: int = 0
    span: int = 0
    structure: object = None

    @property
    def size(self):
        size = self.element_size
        for count in self.counts:
            size *= count
        return size


@dataclass
class Structure:
    name: str
    pack: int
    fields: list = field(default_factory=list)
    size: int = 0
    alignment: int = 1

    def place(self, alignment, size):
        alignment = min(alignment, self.pack)
        offset = -(-self.size // alignment) * alignment
        self.size = offset + size
        self.alignment = max(self.alignment, alignment)
        return offset

    def add(self, name, kind, counts=(), element=None, limits=(0, 0), structure=None):
        element_size, alignment = element
        made = Field(name, kind, 0, element_size, counts, *limits, structure)
        made.offset = self.place(alignment, made.size)
        self.fields.append(made)

    def end(self):
        self.size = -(-self.size // self.alignment) * self.alignment


def _number(kind):
    size = struct.calcsize("<" + NUMBERS[kind])
    return size, size


def _declare(structure, macro, arguments, structures):
    """One line of a .def file."""
    kind, *rest = arguments
    numbers = [int(number) for number in rest[1:]]
    if macro == "P":
        structure.place(1, int(rest[0]))
    elif macro in ("F", "A", "M"):
        structure.add(rest[0], kind, tuple(numbers), _number(kind))
    elif macro == "E":
        structure.add(rest[0], kind, (), _number(kind), tuple(numbers))
    elif macro in ("S", "SA"):
        structure.add(rest[0], kind, tuple(numbers[1:]), (numbers[0], ENCODINGS[kind][2]))
    else:
        inner = structures[kind]
        structure.add(rest[0], kind, tuple(numbers), (inner.size, inner.alignment),
                      structure=inner)


def read(file):
    """The structures of a .def file, by their names."""
    structures, pack, current = {}, 8, None
    text = re.sub(r"/\*.*?\*/", "", (PROGRAMS / file).read_text(), flags=re.S)
    for line in filter(None, map(str.strip, text.splitlines())):
        macro, inside = re.fullmatch(r"(\w+)(?:\((.*)\))?", line).groups()
        arguments = [word.strip() for word in (inside or "").split(",")]
        if macro == "PACK":
            pack = int(arguments[0])
        elif macro == "STRUCTURE":
            current = structures[arguments[0]] = Structure(arguments[0], pack)
        elif macro == "END":
            current.end()
        elif macro != "UNPACK":
            _declare(current, macro, arguments, structures)
    return structures


# Values.

def salt_name(salt, name):
    for byte in name.encode():
        salt = (salt ^ byte) * 16777619 & MASK
    return salt


def salt_index(salt, index):
    return (salt ^ index + 1) * 16777619 & MASK


def _mix(number):
    number = (number ^ number >> 16) * 0x85EBCA6B & MASK
    number = (number ^ number >> 13) * 0xC2B2AE35 & MASK
    return number ^ number >> 16


def _text(kind, size, number):
    codec, _, unit = ENCODINGS[kind]
    text = f"\u00b0{number % 100}"
    text += "\u00e9" if kind in ("ansi", "latin1") else "\u2192"
    if kind in ("utf8", "utf16", "utf32") and size // unit >= 16:
        text += "\U0001f3c1"
    if (number >> 8) % 8 == 0:
        text += "x" * ((size - len(text.encode(codec))) // unit)
    return text


def _value(declared, salt, tick):
    if declared.structure:
        return values(declared.structure, salt, tick)
    number = _mix(salt + tick * 0x9E3779B9 & MASK)
    kind = declared.kind
    if kind in ENCODINGS:
        return _text(kind, declared.element_size, number)
    if kind == "f32":
        return (number % 2000001 - 1000000) / 8
    if kind == "f64":
        return (number - 2147483648) / 1024
    if kind == "bool8":
        return number % 3 != 0
    if declared.span:
        return declared.least + number % declared.span
    raw = (number | _mix(number) << 32).to_bytes(8, "little")
    return struct.unpack_from("<" + NUMBERS[kind], raw)[0]


def _elements(declared, counts, salt, tick):
    if not counts:
        return _value(declared, salt, tick)
    return [_elements(declared, counts[1:], salt_index(salt, i), tick) for i in range(counts[0])]


def values(structure, salt, tick, limit=None):
    """What the peer writes into a structure: a dictionary, nested as it is.

    Fields that end beyond `limit` are not there: an older version of the structure ends there.
    """
    return {declared.name: _elements(declared, declared.counts, salt_name(salt, declared.name), tick)
            for declared in structure.fields
            if limit is None or declared.offset + declared.size <= limit}
