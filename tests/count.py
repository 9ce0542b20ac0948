"""Adds up tests: count.py FILE... prints what failed, was flaky or was skipped, and as its last line
'N passed, N failed, N skipped'.

A file is ctest's JUnit output, or (.txt) the output of a script that ends with such a line itself.
A ctest entry is often many tests: pytest's and cmocka's own counts are taken from its output.

NAME.again.xml, where it is, has what failed in NAME.xml and was run again. An entry that passed then
is flaky, and counts as it did then. One in which a sanitizer reported something has failed all the
same: the same fault is not found each time.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

PYTEST_SUMMARY = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s.*$", re.MULTILINE)
PYTEST_WORDS = {"passed": "passed", "xpassed": "failed", "failed": "failed", "error": "failed",
                "errors": "failed", "skipped": "skipped", "xfailed": "skipped"}
# cmocka 1.1.7 puts the group's name before the number, 1.1.5 does not.
CMOCKA_SUMMARY = re.compile(r"^\[\s+(PASSED|FAILED|SKIPPED)\s+\] (?:\w+: )?(\d+) test\(s\)",
                            re.MULTILINE)
CMOCKA_SKIP_REASON = re.compile(r"^(?!\[)(.*)\n\[\s+SKIPPED\s+\] (?!.*test\(s\))", re.MULTILINE)
# Node's test runner, one line a number.
TAP_SUMMARY = re.compile(r"^# (pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)
TAP_WORDS = {"pass": "passed", "fail": "failed", "cancelled": "failed", "skipped": "skipped",
             "todo": "failed"}
TAP_SKIP_REASON = re.compile(r"^\s*ok \d+ - (.* # SKIP.*)$", re.MULTILINE)
OWN_SUMMARY = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
SKIP_REASON = re.compile(r"^SKIPPED \[\d+\] (.*)$", re.MULTILINE)
SANITIZER_REPORT = re.compile(
    r"(?:ERROR|WARNING): (?:Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
FIXTURES = ("wine_up", "wine_down")


def outcome(case):
    if case.get("status") == "run":
        return "passed"
    skipped = case.find("skipped")
    if skipped is not None and "SKIP_" in skipped.get("message", ""):
        return "skipped"
    return "failed"


def counts_inside(output):
    counts = Counter()
    for summary in PYTEST_SUMMARY.findall(output):
        for number, word in re.findall(r"(\d+) (\w+)", summary):
            if word in PYTEST_WORDS:
                counts[PYTEST_WORDS[word]] += int(number)
    for word, number in CMOCKA_SUMMARY.findall(output):
        counts[word.lower()] += int(number)
    for word, number in TAP_SUMMARY.findall(output):
        counts[TAP_WORDS[word]] += int(number)
    return counts


def count_case(case):
    output = case.findtext("system-out") or ""
    counts = counts_inside(output)
    if not counts:
        counts[outcome(case)] = 1
    elif outcome(case) == "failed" and not counts["failed"]:
        # It crashed, or timed out, beside the tests that it counted.
        counts["failed"] = 1
    reasons = [pattern.findall(output)
               for pattern in (SKIP_REASON, CMOCKA_SKIP_REASON, TAP_SKIP_REASON)]
    return counts, sum(reasons, [])


def read_cases(path):
    return {case.get("name"): case for case in ElementTree.parse(path).getroot().iter("testcase")}


def is_flaky(case, case_again):
    return (outcome(case) == "failed" and case_again is not None
            and outcome(case_again) == "passed"
            and not SANITIZER_REPORT.search(case.findtext("system-out") or ""))


def count_ctest(path):
    again = path.with_suffix(".again.xml")
    cases_again = read_cases(again) if again.exists() else {}
    for name, case in read_cases(path).items():
        flaky = is_flaky(case, cases_again.get(name))
        if flaky:
            case = cases_again[name]
        elif name in FIXTURES and outcome(case) == "passed":
            continue
        yield f"{path.stem}: {name}", *count_case(case), flaky


def count_script(path):
    numbers = OWN_SUMMARY.findall(path.read_text())[-1]
    counts = Counter(dict(zip(("passed", "failed", "skipped"), map(int, numbers))))
    yield path.stem, counts, [], False


def main(paths):
    total = Counter()
    flaky_count = 0
    for path in map(Path, paths):
        if path.name.endswith(".again.xml"):
            continue  # read beside the other one
        count = count_script if path.suffix == ".txt" else count_ctest
        for where, counts, reasons, flaky in count(path):
            total += counts
            if flaky:
                flaky_count += 1
                print(f"flaky: {where}")
            if counts["failed"]:
                print(f"FAILED {where}: {counts['failed']}")
            for reason in reasons or ["it says so itself"] * bool(counts["skipped"]):
                print(f"SKIPPED {where}: {reason}")
    if flaky_count:
        print(f"FLAKY: {flaky_count} failed at first and passed when run again, alone")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
