"""The commands of README.md and docs/guide.md, run as they are pasted.

Blocks fenced as ```sh are run in order in one shell for each document, against a daemon on its
default port with its default state folder in a home of the test's own. A ```text block right after
one is what it prints; there `…` stands for anything. The peer plays HWiNFO meanwhile, two readings of it. Blocks fenced as ```bash are of Linux only. Blocks fenced as ```c are programs: the one for
the platform of the build is compiled and run beside the daemon.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

import build
from client import Client
from daemon import READY, wait_until

DOCUMENTS = {"readme": build.SOURCE / "README.md", "guide": build.SOURCE / "docs/guide.md"}
PORT = 7780
BLOCK = re.compile(r"^```(sh|bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMPILER = "x86_64-w64-mingw32-gcc" if build.ON_WINDOWS else "cc"


def blocks(document):
    """Pairs of the commands to run and the output that the document shows, or None."""
    found = BLOCK.findall(document.read_text())
    pairs = []
    for index, (language, text) in enumerate(found):
        if language == "sh" or (language == "bash" and not build.ON_WINDOWS):
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
    """A home whose daemon is started as the documents say, on the default port."""
    with open(Path(tempfile.gettempdir()) / f"sectiond-test-port-{PORT}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another build may be tested at the same time
        yield from start_as_documented(tmp_path)


def start_as_documented(tmp_path):
    wait_until(port_is_free, f"port {PORT} is free for the documents' commands", 120)
    environment = {name: value for name, value in build.environment().items()
                   if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
    environment["HOME"] = str(tmp_path)
    if not build.ON_WINDOWS:
        (tmp_path / "run").mkdir(mode=0o700)
        environment["XDG_RUNTIME_DIR"] = str(tmp_path / "run")
    # Windows keeps its state elsewhere; the documents' shell commands look here.
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
    mark = "BLOCK-ENDS-HERE"
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
    """What a document shows as a pattern: `…` is anything on a line."""
    lines = [".*".join(map(re.escape,
    line.rstrip().split("…"))) for line in shown.strip().splitlines()]
    return re.compile("\n".join(lines))


def play_hwinfo(peer):
    """Gives what to replace in the documents: HWiNFO is a program of Windows, and so is `Global`."""
    prefix = "Global\\" if build.ON_WINDOWS else ""
    peer.command("play", "hwinfo", "hwinfo", f"{prefix}HWiNFO_SENS_SM2", 2, 2)
    peer.command("tick", "hwinfo", 1)
    return "" if build.ON_WINDOWS else "Global%5C"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of_a_document_work_when_pasted(home, tmp_path, peer, name):
    of_windows = play_hwinfo(peer)
    pairs = [(script.replace(of_windows, "") if of_windows else script, shown)
             for script, shown in blocks(DOCUMENTS[name])]
    assert len(pairs) >= 3, "the document tells the story"
    printed = run_in_one_shell([script for script, _ in pairs], home, tmp_path)
    for (script, shown), output in zip(pairs, printed):
        if shown is not None:
            actual = "\n".join(line.rstrip() for line in output.strip().splitlines())
            assert as_pattern(shown).fullmatch(actual), f"{script}\nprinted\n{actual}\nnot\n{shown}"


def compile_the_guides_program(folder):
    includes = "windows.h" if build.ON_WINDOWS else "sys/mman.h"
    program = folder / ("shine.exe" if build.ON_WINDOWS else "shine")
    sources = [text for text in PROGRAM.findall(DOCUMENTS["guide"].read_text()) if includes in text]
    assert len(sources) == 1, f"the guide has one program that includes {includes}"
    (folder / "shine.c").write_text(sources[0])
    subprocess.run([COMPILER, "-Wall", "-Werror", folder / "shine.c", "-o", program], check=True)
    return program


@pytest.mark.skipif(not shutil.which(COMPILER), reason=f"{COMPILER} is not installed")
@pytest.mark.usefixtures("home")  # one at a time: there is one SHINE
def test_the_program_of_the_guide_shares_its_text(tmp_path):
    client = Client(PORT, (tmp_path / ".local/state/sectiond/token").read_text().strip())
    native = build.start(compile_the_guides_program(tmp_path), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    assert native.stdout.readline().strip() == b"ready"
    client.post("/v1/sections/open", {"name": "SHINE"})
    where = f"/v1/sections/@SHINE/text?encoding={build.WIDE}"
    assert client.get(where).text == "我将无我,不负人民"
    client.put(where, b"hello")
    said, _ = native.communicate(b"\n", timeout=60)
    assert said.strip() == b"hello" and native.returncode == 0


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_only_options_that_exist(name):
    offered = set(re.findall(r"--[a-z][a-z-]+", build.run(build.SECTIOND, "--help").stdout))
    text = DOCUMENTS[name].read_text()
    said = set(re.findall(r"(?<=`)--[a-z][a-z-]+", text))
    for line in re.sub(r"\\\n", " ", text).splitlines():
        for words in re.findall(r"(?:server/run|\bsectiond(?:\.exe)?)((?: --?[^ `]+)+)", line):
            said |= set(re.findall(r"(?<= )--[a-z][a-z-]+", words))
    assert said, "the document names options"
    assert said <= offered | {"--windows"}, said - offered


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_programs_that_a_document_starts_are_there(name):
    started = re.findall(r"^\s*(?:\./)?((?:server|tests)/run)\b", DOCUMENTS[name].read_text(),
                         re.MULTILINE)
    assert started, "the document starts the daemon"
    for path in started:
        assert os.access(build.SOURCE / path, os.X_OK), path
