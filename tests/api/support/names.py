"""Section names that nobody else has, also not another run of these tests on this machine."""

import itertools
import os
import uuid

NAME_PREFIX = f"sectiond-test-{os.getpid()}-{uuid.uuid4().hex[:6]}-"

_numbers = itertools.count()


def unique_name(ending=""):
    return f"{NAME_PREFIX}{next(_numbers)}{ending}"
