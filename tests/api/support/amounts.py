"""How much of a test that goes by numbers is done: all of it with SECTIOND_LONG=1."""

import build


def amount(full):
    """A tenth of `full` in a plain run; a twentieth where everything costs more."""
    costly = build.ON_WINDOWS or build.UNDER_TSAN
    return full if build.LONG else full // (20 if costly else 10)
