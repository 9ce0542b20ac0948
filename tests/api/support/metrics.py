"""Reads /metrics as Prometheus does, strictly."""

import re

from client import expect_status

SAMPLE = re.compile(
    r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\d+(?:\.\d+)?)')


class Metrics:
    """One look: values by name and labels, and the type of each family."""

    def __init__(self, text):
        self.types = {}
        self.values = {}
        family = None
        assert text.endswith("\n")
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                assert family not in self.types, f"{family} stands in one place"
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name == family
                self.types[name] = kind
            else:
                name, labels, value = SAMPLE.fullmatch(line).groups()
                assert name.startswith(family), line
                key = (name, tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', labels or ""))))
                assert key not in self.values, line
                self.values[key] = float(value) if "." in value else int(value)

    def get(self, name, **labels):
        return self.values.get((f"sectiond_{name}", tuple(sorted(labels.items()))), 0)


def read_metrics(client):
    return Metrics(expect_status(client.get("/metrics"), 200).text)
