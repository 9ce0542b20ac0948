"""How much of a test that goes by numbers is done: all of it with SECTIOND_LONG=1."""

import build


def amount(full):
    """A tenth of `full` in a plain run; under Wine, where everything costs more, a twentieth."""
    return full if build.LONG else full // (20 if build.ON_WINDOWS else 10)
