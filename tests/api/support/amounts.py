"""How much of a test that goes by numbers is done: all of it with SECTIOND_LONG=1."""

import itertools

import build

CASES_MAX = 40

COSTLY = build.ON_WINDOWS or build.UNDER_TSAN


def amount(full, under_wine=20):
    """A tenth of `full` in a plain run; a twentieth where everything costs more, under Wine so many parts."""
    parts = under_wine if build.ON_WINDOWS else 20 if COSTLY else 10
    return full if build.LONG else full // parts


def a_third_under_wine(cases):
    """Of cases that cost seconds each there."""
    return cases[::3] if build.ON_WINDOWS and not build.LONG else cases


def some_cases(items):
    """Of a test with hundreds of cases, some from all of its list where everything costs more."""
    if build.LONG or not COSTLY:
        return items
    kept = []
    for _, group in itertools.groupby(items, lambda item: (item.path, item.originalname)):
        cases = list(group)
        step = max(1, len(cases) / CASES_MAX)
        kept += [cases[int(number * step)] for number in range(min(len(cases), CASES_MAX))]
    return kept
