"""What tests/run does about tests that fail, over builds whose tests are a line of shell each."""

import shutil
from pathlib import Path

import pytest

from project import LOGGING, SOURCE, Project

STEADY = "exit 0"
BROKEN = "exit 1"
ONCE = 'echo "$0"; [ -e "$0" ] || { : >"$0"; exit 1; }'
WITH_A_RACE = 'echo "WARNING: ThreadSanitizer: data race"; ' + ONCE
SKIPPED = "exit 77"
CTEST_THAT_IS_KILLED = """#!/bin/sh
case " $* " in
*' --rerun-failed '*) ;;
*' --preset tsan '*) exit 137 ;;
esac
exec {ctest} "$@"
"""
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
        for preset in ("dev", "tsan", "release", "fuzz", "windows"):
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

    def outcome(self, options=("--quick",)):
        """The exit code, and the lines of the summary."""
        finished = self.run("tests/run", *options)
        lines = finished.stdout.splitlines()
        marks = ("FAILED ", "flaky: ", "FLAKY: ", "SKIPPED ")
        summary = [line for line in lines[:-1] if line.startswith(marks)] + lines[-1:]
        return finished.returncode, summary


def test_where_all_pass_nothing_runs_again(tmp_path):
    builds = Builds(tmp_path)
    assert builds.outcome() == (0, ["6 passed, 0 failed, 0 skipped"])
    results = sorted(path.name for path in (builds.root / "build/results").iterdir())
    assert results == ["dev.xml", "fuzz.xml", "lint.txt", "release.xml", "tsan.xml"]


def test_what_passes_when_it_runs_again_is_flaky_and_fails_nothing(tmp_path):
    builds = Builds(tmp_path, dev={"steady": STEADY, "once": ONCE, "skipped": SKIPPED},
                    release={"other": ONCE})
    assert builds.outcome() == (0, [
        "flaky: dev: once", "SKIPPED dev: skipped: it says so itself", "flaky: release: other",
        "FLAKY: 2 failed at first and passed when run again, alone",
        "7 passed, 0 failed, 1 skipped"])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    builds = Builds(tmp_path_factory.mktemp("mixed"), tsan={"race": WITH_A_RACE, "once": ONCE},
                    dev={"steady": STEADY, "broken": BROKEN})
    builds.code, builds.summary = builds.outcome()
    return builds


def test_what_fails_twice_has_failed(mixed):
    assert "FAILED dev: broken: 1" in mixed.summary
    assert mixed.code == 1


def test_a_report_of_a_sanitizer_is_a_failure_also_where_it_does_not_come_again(mixed):
    assert mixed.summary[1:3] == ["FAILED tsan: race: 1", "flaky: tsan: once"]
    assert mixed.summary[-1] == "6 passed, 2 failed, 0 skipped"


def test_what_failed_runs_again_after_all_the_rest_and_with_nothing_beside_it(mixed):
    calls = [line.split() for line in mixed.asked("ctest")]
    presets = [words[words.index("--preset") + 1] for words in calls]
    assert presets == ["dev", "release", "tsan", "fuzz", "dev", "tsan"]
    assert ["--rerun-failed" in words for words in calls] == [False] * 4 + [True] * 2
    for words in calls[4:]:
        assert words[words.index("--parallel") + 1] == "1"


def test_the_windows_build_is_tested_beside_the_others_and_both_may_fail(tmp_path):
    builds = Builds(tmp_path, tsan={"broken": BROKEN}, windows={"once": ONCE, "broken": BROKEN})
    Path(builds.run("docker/dependencies", "--path", "windows").stdout.strip()).mkdir(parents=True)
    code, summary = builds.outcome(())
    calls = [line.split() for line in builds.asked("ctest")]
    presets = [words[words.index("--preset") + 1] for words in calls]
    assert sorted(presets[:5]) == ["dev", "fuzz", "release", "tsan", "windows"]
    assert {"FAILED tsan: broken: 1", "FAILED windows: broken: 1",
            "flaky: windows: once"} <= set(summary), summary
    assert code == 1


def test_a_build_whose_tests_ctest_cannot_run_is_a_failure(tmp_path):
    """Nor may ctest's list of what failed in an earlier run be taken for this run's."""
    builds = Builds(tmp_path)
    list_of_failed = builds.root / "build/tsan/Testing/Temporary/LastTestsFailed.log"
    list_of_failed.parent.mkdir(parents=True)
    list_of_failed.write_text("1:steady\n")
    builds.stand_in("ctest", CTEST_THAT_IS_KILLED.format(ctest=shutil.which("ctest")))
    assert builds.outcome()[0] == 1
