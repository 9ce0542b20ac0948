"""Starts and stops a sectiond, and reads what it says about itself."""

import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

import build
from client import Client

READY = re.compile(
    r"sectiond ready (http://[0-9.:\[\]]+:(\d+)) pid=(\d+) token-file=(.+)")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
SANITIZER_REPORT = re.compile(
    r"(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


_started = []  # every daemon of this run, for check_all_logs


def check_all_logs():
    """No log of any daemon has a token of any of them."""
    tokens = {token for daemon in _started for token in daemon.tokens}
    for daemon in _started:
        if daemon.log_path.exists():
            log = daemon.log()
            assert not [token for token in tokens if token in log], f"a token in {daemon.log_path}"


def wait_until(condition, what, timeout_s=30):
    """Waits for a condition, and fails naming it. Gives what the condition gave."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.01)


class Daemon:
    """A sectiond with a state folder of its own, on a port that it picked."""

    def __init__(self, state, *options, listen="127.0.0.1:0", prefix=(), env=None,
                 program=build.SECTIOND, stderr=None):
        self.state = state
        state.mkdir(parents=True, exist_ok=True)
        self.log_path = state / "stderr.log"
        self.options = [str(option) for option in options]
        self.tokens = set()
        _started.append(self)
        arguments = ["--state-dir", build.native_path(state), *options]
        if listen:
            arguments = ["--listen", listen, *arguments]
        environment = {**build.environment(), **(env or {})}
        with open(self.log_path, "ab") as log:
            self.process = build.start(
                program, *arguments, prefix=prefix, env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log if stderr is None else stderr, bufsize=0)
        try:
            self._read_ready_line()
        except BaseException:
            self.kill()
            raise

    def _read_ready_line(self):
        self.ready_line = self._read_line(START_TIMEOUT_S)
        ready = READY.fullmatch(self.ready_line)
        assert ready, f"no ready line but {self.ready_line!r}; stderr: {self.log()}"
        self.url = ready[1]
        self.port = int(ready[2])
        self.pid = int(ready[3])  # as native processes of its platform name it
        self.token_file = ready[4]
        path = self.state / "token"
        self.token = path.read_text().split()[-1] if path.exists() else None
        self._note_tokens(path)
        if "--token-file" in self.options:
            name = self.options[self.options.index("--token-file") + 1]
            self._note_tokens(Path(name.removeprefix("Z:").replace("\\", "/")))
        self.check_tokens()

    def _note_tokens(self, path):
        """All of a token file that could be one."""
        if path.exists():
            self.tokens.update(word for word in path.read_text().split() if len(word) >= 16)

    def _read_line(self, timeout_s):
        """A line from stdout, which is not buffered."""
        line = b""
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = deadline - time.monotonic()
                assert left > 0 and selector.select(left), f"not ready; stderr: {self.log()}"
                byte = self.process.stdout.read(1)
                if not byte:
                    break
                line += byte
        return line.decode().rstrip("\r\n")

    def client(self, **options):
        options.setdefault("token", self.token)
        return Client(self.port, **options)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def unix_pid(self):
        """The process as this machine's kernel names it (setarch and wine exec, so it is ours)."""
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout_s=STOP_TIMEOUT_S):
        """Waits for the end; gives the exit code."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end within {timeout_s} s; stderr: {self.log()[-8000:]}")
        self.process.stdout.close()
        return code

    def stop(self):
        """Ctrl-C, and everything that a clean stop owes."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        code = self.wait()
        assert code == 0, f"exit code {code}; stderr: {self.log()[-8000:]}"
        self.check_log()

    def check_log(self):
        log = self.log()
        assert not SANITIZER_REPORT.search(log), log[-12000:]
        self.check_tokens()

    def check_tokens(self):
        log = self.log()
        assert not [token for token in self.tokens if token in log], "the log has a token"

    def kill(self):
        """kill -9: no clean-up of its own."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)
        self.process.stdout.close()
        self.check_tokens()
