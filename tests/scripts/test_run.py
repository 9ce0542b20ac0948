"""What tests/run does about tests that fail, over builds whose tests are a line of shell each."""

import shutil

import pytest

from project import LOGGING, SOURCE, Project

STEADY = "exit 0"
BROKEN = "exit 1"
ONCE = 'echo "$0"; [ -e "$0" ] || { : >"$0"; exit 1; }'
WITH_A_RACE = 'echo "WARNING: ThreadSanitizer: data race"; ' + ONCE
SKIPPED = "exit 77"
LINT = "#!/bin/sh\necho 'lint: 2 passed, 0 failed, 0 skipped'\n"


class Builds(Project):
    """Builds that need no building; `tests` says for a preset what its tests do."""

    def __init__(self, folder, **tests):
        super().__init__(folder)
        for name in ("tests/run", "tests/count.py"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, self.root / name)
        for name in ("tests/browser", "tests/openapi"):
            (self.root / name).mkdir()
            (self.root / name / "package-lock.json").touch()
        (self.root / "tests/lint").write_text(LINT)
        (self.root / "tests/lint").chmod(0o755)
        for name in ("clang", "clang-format-19", "strace", "shellcheck", "perl"):
            self.stand_in(name, "#!/bin/sh\n")
        self.stand_in("ctest", LOGGING.format(name="ctest") + f'exec {shutil.which("ctest")} "$@"\n')
        for preset in ("dev", "tsan", "release", "fuzz"):
            self.tests_of(preset, tests.get(preset, {"steady": STEADY}))

    def tests_of(self, preset, tests):
        folder = self.root / "build" / preset
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for name, script in tests.items():
            lines += [f"add_test({name} sh -c [==[{script}]==] {folder}/{name}.ran)",
                      f"set_tests_properties({name} PROPERTIES SKIP_RETURN_CODE 77"
                      " LABELS what_users_run)"]
        (folder / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")

    def outcome(self):
        """The exit code, and the lines of the summary."""
        finished = self.run("tests/run", "--quick")
        lines = finished.stdout.splitlines()
        marks = ("FAILED ", "flaky: ", "FLAKY: ", "SKIPPED ")
        summary = [line for line in lines[:-1] if line.startswith(marks)] + lines[-1:]
        return finished.returncode, summary


@pytest.fixture
def outcome(tmp_path):
    return lambda **tests: Builds(tmp_path, **tests).outcome()


def test_where_all_pass_nothing_runs_again(tmp_path):
    builds = Builds(tmp_path)
    assert builds.outcome() == (0, ["6 passed, 0 failed, 0 skipped"])
    results = sorted(path.name for path in (builds.root / "build/results").iterdir())
    assert results == ["dev.xml", "fuzz.xml", "lint.txt", "release.xml", "tsan.xml"]


def test_what_passes_when_it_runs_again_is_flaky_and_named(outcome):
    assert outcome(dev={"steady": STEADY, "once": ONCE}, release={"other": ONCE}) == (0, [
        "flaky: dev: once", "flaky: release: other",
        "FLAKY: 2 failed at first and passed when run again, alone",
        "7 passed, 0 failed, 0 skipped"])


def test_what_fails_twice_has_failed(outcome):
    assert outcome(dev={"broken": BROKEN, "once": ONCE}) == (1, [
        "FAILED dev: broken: 1", "flaky: dev: once",
        "FLAKY: 1 failed at first and passed when run again, alone",
        "6 passed, 1 failed, 0 skipped"])


def test_a_report_of_a_sanitizer_is_a_failure_also_where_it_does_not_come_again(outcome):
    assert outcome(tsan={"race": WITH_A_RACE}) == (1, [
        "FAILED tsan: race: 1", "5 passed, 1 failed, 0 skipped"])


def test_what_was_skipped_is_not_run_again(outcome):
    code, summary = outcome(dev={"skipped": SKIPPED})
    assert (code, summary[-1]) == (0, "5 passed, 0 failed, 1 skipped")
    assert not [line for line in summary if line.startswith("flaky")]


def test_what_failed_runs_again_after_all_the_rest_and_with_nothing_beside_it(tmp_path):
    builds = Builds(tmp_path, dev={"once": ONCE}, tsan={"other": ONCE})
    assert builds.outcome()[0] == 0
    calls = [line.split() for line in builds.asked("ctest")]
    presets = [words[words.index("--preset") + 1] for words in calls]
    assert presets == ["dev", "tsan", "release", "fuzz", "dev", "tsan"]
    assert ["--rerun-failed" in words for words in calls] == [False] * 4 + [True] * 2
    for words in calls[4:]:
        assert words[words.index("--parallel") + 1] == "1"


def test_a_build_whose_tests_ctest_cannot_run_is_a_failure(tmp_path):
    builds = Builds(tmp_path)
    (builds.root / "build/tsan/CTestTestfile.cmake").write_text("no(\n")
    assert builds.outcome()[0] == 1


def test_what_failed_in_an_earlier_run_is_no_excuse(tmp_path):
    """ctest keeps its list of what failed: without tests, it must not be taken for this run's."""
    builds = Builds(tmp_path, tsan={"once": ONCE})
    assert builds.outcome()[0] == 0
    builds.tests_of("tsan", {})
    assert builds.outcome()[0] == 1
