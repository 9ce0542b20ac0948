"""Reads bytes by a layout, after the contract: what the daemon's answers are compared with.

It is slow and plain, and knows what the built-in layouts use: offsets, counts and strides out of the
bytes, `end_of`, the newest of several buffers, tables that describe themselves, `since`, and fields
beyond their element's stride.
"""

import struct

NUMBERS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q",
           "i64": "q", "f32": "f", "f64": "d", "bool8": "B", "char": "B"}
CODECS = {"ansi": "cp1252"}
UNITS = {"utf-16le": 2, "utf-32le": 4}


class Mismatch(Exception):
    """The bytes lead outside, or hold what the layout does not allow: 409 `layout_mismatch`."""


class Scope:
    """An element, and what its fields are, so that later ones can refer to them."""

    def __init__(self, base, size, outer=None):
        self.base, self.size, self.outer = base, size, outer
        self.raw, self.ends = {}, {}

    def find(self, path):
        first, *rest = path.split(".")
        scope = self
        while scope and first not in scope.raw:
            scope = scope.outer
        if not scope:
            raise Mismatch(path)
        value = scope.raw[first]
        for name in rest:
            value = value[name]
        return value


class Reader:
    def __init__(self, document, data):
        self.document, self.data = document, data
        self.types = document.get("types", {})

    def read(self):
        if len(self.data) < self.document.get("size", 0):
            raise Mismatch("size")
        scope = Scope(0, len(self.data))
        shown = self._fields(self.document["fields"], scope)
        for path, wanted in self.document.get("match", {}).get("fields", {}).items():
            if scope.find(path) != wanted:
                raise Mismatch(path)
        return shown

    def _take(self, offset, size):
        if offset < 0 or offset + size > len(self.data):
            raise Mismatch(f"{offset}+{size}")
        return self.data[offset:offset + size]

    def _number(self, kind, offset):
        form = "<" + NUMBERS[kind]
        return struct.unpack(form, self._take(offset, struct.calcsize(form)))[0]

    def _text(self, size, encoding, offset):
        data, unit = self._take(offset, size), UNITS.get(encoding, 1)
        for at in range(0, size - unit + 1, unit):
            if not any(data[at:at + unit]):
                data = data[:at]
                break
        return data.decode(CODECS.get(encoding, encoding), "replace")

    def _refer(self, scope, number):
        if isinstance(number, int):
            return number
        value = scope.find(number["field"]) * number.get("multiply", 1) + number.get("add", 0)
        if not 0 <= value <= number.get("max", value):
            raise Mismatch(number["field"])
        return value

    def _place(self, scope, place):
        if isinstance(place, dict) and "end_of" in place:
            return scope.ends[place["end_of"]]
        if isinstance(place, dict) and "newest" in place:
            newest = place["newest"]
            buffers = scope.find(newest["of"])
            return max(buffers, key=lambda buffer: buffer[newest["by"]])[newest["offset"]]
        return scope.base + self._refer(scope, place)

    def _size(self, field):
        kind = field["type"]
        if kind == "string":
            return field["bytes"]
        return self.types[kind]["size"] if kind in self.types else struct.calcsize(NUMBERS[kind])

    def _fields(self, fields, scope):
        shown = {}
        for field in fields:
            since = field.get("since")
            if since and scope.find(since["field"]) < since["min"]:
                continue
            offset = self._place(scope, field["offset"])
            if field["type"] == "table":
                shown[field["name"]] = self._table(field["table"], scope, offset)
                continue
            counts = field.get("count", [])
            counts = [self._refer(scope, n) for n in (counts if isinstance(counts, list) else [counts])]
            stride = self._refer(scope, field.get("stride", self._size(field)))
            total = stride
            for count in counts:
                total *= count
            if scope.outer and offset + total > scope.base + scope.size:
                continue
            scope.ends[field["name"]] = offset + total
            raw, shown[field["name"]] = self._elements(field, scope, offset, counts, stride)
            scope.raw[field["name"]] = raw
        return shown

    def _elements(self, field, scope, offset, counts, stride):
        if not counts:
            return self._element(field, scope, offset, stride)
        step = stride
        for count in counts[1:]:
            step *= count
        pairs = [self._elements(field, scope, offset + i * step, counts[1:], stride)
                 for i in range(counts[0])]
        return [raw for raw, _ in pairs], [shown for _, shown in pairs]

    def _element(self, field, scope, offset, stride):
        kind = field["type"]
        if kind in self.types:
            inner = Scope(offset, stride, scope)
            shown = self._fields(self.types[kind]["fields"], inner)
            return inner.raw, shown
        if kind == "string":
            text = self._text(field["bytes"], field["encoding"], offset)
            return text, text
        raw = self._number(kind, offset)
        return raw, self.show(field, raw)

    @staticmethod
    def show(field, raw):
        if "null_value" in field and raw == field["null_value"]:
            return None
        if "bits" in field:
            parts = {name: raw >> bits["shift"] & (1 << bits["width"]) - 1
                     for name, bits in field["bits"].items()}
            return {name: bool(part) if field["bits"][name]["width"] == 1 else part
                    for name, part in parts.items()}
        if "enum" in field:
            return field["enum"].get(str(raw), str(raw))
        if "scale" in field:
            return raw * field["scale"]
        if field["type"] == "bool8":
            return bool(raw)
        return str(raw) if field["type"] in ("u64", "i64") else raw

    def _table(self, table, scope, base):
        shown = {}
        for row in scope.find(table["of"]):
            kind, count = table["types"][str(row[table["type"]])], row[table["count"]]
            offset = base + row[table["offset"]]
            size = struct.calcsize(NUMBERS[kind])
            if kind == "char" and count > 1:
                value = self._text(count, "latin1", offset)
            else:
                value = [self.show({"type": kind}, self._number(kind, offset + i * size))
                         for i in range(count)]
                value = value if count > 1 else value[0]
            shown[row[table["name"]]] = value
        return shown


def read(document, data):
    """The fields of the bytes, nested as the daemon shows them."""
    return Reader(document, data).read()
