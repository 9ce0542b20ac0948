"""The README's own commands, run as they are pasted.

Blocks fenced as ```sh that use $S or set it are run in order in one shell, against a daemon on its
default port with its default state folder in a home of the test's own. A ```text block right after
one is what it prints; there `…` stands for anything.
"""

import os
import re
import signal
import socket
import subprocess

import pytest

import build
from daemon import READY, wait_until

README = build.SOURCE / "README.md"
PORT = 7780
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
USES_THE_DAEMON = re.compile(r"\$\{?S\b|^S=", re.MULTILINE)


def blocks():
    """Pairs of the commands to run and the output that the README shows, or None."""
    found = BLOCK.findall(README.read_text())
    pairs = []
    for index, (language, text) in enumerate(found):
        if language == "sh" and USES_THE_DAEMON.search(text):
            following = found[index + 1] if index + 1 < len(found) else ("", "")
            pairs.append((text, following[1] if following[0] == "text" else None))
    return pairs


def port_is_free():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return False
    return True


@pytest.fixture
def home(tmp_path):
    """A home whose daemon is started as the README says, on the default port."""
    wait_until(port_is_free, f"port {PORT} is free for the README's commands", 120)
    environment = {name: value for name, value in build.environment().items()
                   if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
    environment["HOME"] = str(tmp_path)
    # Windows keeps its state elsewhere; the README's shell commands look here.
    options = ["--state-dir", build.native_path(tmp_path / ".local/state/sectiond")] \
        if build.ON_WINDOWS else []
    if build.ON_WINDOWS:
        (tmp_path / ".local/state/sectiond").mkdir(parents=True)
    with open(tmp_path / "stderr.log", "wb") as log:
        daemon = build.start(build.SECTIOND, *options, env=environment, bufsize=0,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    line = daemon.stdout.readline().decode().strip()
    assert READY.fullmatch(line), (tmp_path / "stderr.log").read_text()
    yield environment
    daemon.send_signal(signal.SIGINT)
    assert daemon.wait(30) == 0
    daemon.stdout.close()


def run_in_one_shell(scripts, environment, folder):
    """Runs scripts one after the other in one bash, as typed; gives what each printed."""
    mark = "README-BLOCK-ENDS"
    whole = "set -e\n" + "".join(f"{script}\necho; echo {mark}\n" for script in scripts)
    finished = subprocess.run(
        ["bash", "-c", whole], env=environment, cwd=folder, capture_output=True, timeout=300,
        check=False)
    printed = finished.stdout.decode().split(f"\n{mark}\n")[:-1]
    assert finished.returncode == 0 and len(printed) == len(scripts), (
        f"block {len(printed) + 1} failed: {scripts[min(len(printed), len(scripts) - 1)]}\n"
        f"{finished.stdout.decode()[-2000:]}\n{finished.stderr.decode()}")
    return printed


def as_pattern(shown):
    """What the README shows as a pattern: `…` is anything on a line."""
    lines = [".*".join(map(re.escape,
    line.rstrip().split("…"))) for line in shown.strip().splitlines()]
    return re.compile("\n".join(lines))


def test_the_commands_of_the_readme_work_when_pasted(home, tmp_path):
    pairs = blocks()
    assert len(pairs) >= 3, "the README tells the story"
    printed = run_in_one_shell([script for script, _ in pairs], home, tmp_path)
    for (script, shown), output in zip(pairs, printed):
        if shown is not None:
            actual = "\n".join(line.rstrip() for line in output.strip().splitlines())
            assert as_pattern(shown).fullmatch(actual), f"{script}\nprinted\n{actual}\nnot\n{shown}"


def test_the_readme_names_only_options_that_exist():
    offered = set(re.findall(r"--[a-z][a-z-]+", build.run(build.SECTIOND, "--help").stdout))
    of_its_commands = set()
    for script in re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL):
        for line in re.sub(r"\\\n", " ", script).splitlines():
            if re.match(r"\s*(\S*/)?(sectiond|server/run)\b", line):
                of_its_commands |= set(re.findall(r"(?<=\s)--[a-z][a-z-]+", line))
    assert of_its_commands <= offered | {"--windows"}


def test_the_programs_that_the_readme_starts_are_there():
    for path in re.findall(r"^\s*(?:\./)?((?:server|tests)/run)\b", README.read_text(),
    re.MULTILINE):
        assert os.access(build.SOURCE / path, os.X_OK), path
