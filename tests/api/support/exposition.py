"""Reads the text exposition format of Prometheus, version 0.0.4, strictly."""

import re
from typing import NamedTuple

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|\})')
NUMBER = re.compile(r"[+-]?Inf|NaN|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class Sample(NamedTuple):
    """One sample; its value as it is spelt."""
    labels: dict
    value: str


class Exposition:
    """Families of a text: name → type, help and samples. What is malformed is an AssertionError."""

    def __init__(self, text):
        self.types, self.helps, self.samples = {}, {}, {}
        family = None
        assert text == "" or text.endswith("\n"), "the last line ends, too"
        for line in text.split("\n")[:-1]:
            if line.startswith("# "):
                family = self._read_comment(line, family)
            else:
                self._read_sample(line, family)
        for name in self.types:
            assert self.samples.get(name), f"{name} has no sample"

    def _read_comment(self, line, family):
        _, kind, name, rest = line.split(" ", 3)
        assert NAME.fullmatch(name), line
        if kind == "HELP":
            assert name not in self.helps, f"the lines of {name} stand together"
            assert not re.search(r"\\", re.sub(r"\\[\\n]", "", rest)), line
            self.helps[name] = unescape(rest, r"\\[\\n]")
            return name
        assert kind == "TYPE" and name == family and name not in self.types and rest in TYPES, line
        assert name not in self.samples, line
        self.types[name] = rest
        return family

    def _read_sample(self, line, family):
        name = NAME.match(line).group()
        assert name == family and name in self.types, line
        rest, labels = line[len(name):], {}
        if rest[0] == "{":
            at = 1
            while True:
                found = LABEL.match(rest, at)
                assert found, line
                label, value, sign = found.groups()
                assert label not in labels and not label.startswith("__"), line
                labels[label] = unescape(value)
                at = found.end()
                if sign == "}":
                    break
            rest = rest[at:]
        assert rest[0] == " " and NUMBER.fullmatch(rest[1:]), line
        for other in self.samples.setdefault(name, []):
            assert other.labels != labels, f"twice: {line}"
        self.samples[name].append(Sample(labels, rest[1:]))


def unescape(text, escapes=r'\\[\\"n]'):
    return re.sub(escapes, lambda found: ESCAPES[found.group()], text)
