"""Which build is under test, and how its programs are started.

SECTIOND_BUILD names the build directory (default: build/dev). One that holds sectiond.exe is the
Windows build, whose programs run under Wine in a prefix inside that directory.
"""

import os
import signal
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("SECTIOND_BUILD", SOURCE / "build" / "dev")).resolve()

ON_WINDOWS = (BUILD / "server" / "sectiond.exe").exists()
SECTIOND = BUILD / "server" / ("sectiond.exe" if ON_WINDOWS else "sectiond")
PEER = BUILD / "tests" / "peers" / ("peer.exe" if ON_WINDOWS else "peer")

WIDE = "utf-16le" if ON_WINDOWS else "utf-32le"
PAGE = 4096
LONG = os.environ.get("SECTIOND_LONG") == "1"


def page_rounded(size):
    return (size + PAGE - 1) // PAGE * PAGE


def reported_size(requested):
    """What the OS says of a section without a file that was created with this size."""
    return page_rounded(requested) if ON_WINDOWS else requested


def has_sanitizer(name):
    return f"__{name}_init".encode() in SECTIOND.read_bytes()


SANITIZED = SECTIOND.exists() and (has_sanitizer("asan") or has_sanitizer("tsan"))
UNDER_TSAN = SECTIOND.exists() and has_sanitizer("tsan")

# The thread sanitizer cannot place its shadow memory where addresses are spread too widely.
ADDR_NO_RANDOMIZE = 0x0040000  # personality(2); children inherit it
_personality = int(Path("/proc/self/personality").read_text(), 16)
FIXED_LAYOUT = ["setarch", "-R"] if UNDER_TSAN and not _personality & ADDR_NO_RANDOMIZE else []


def native_path(path):
    """A path of this machine as the programs under test spell it."""
    return "Z:" + str(path).replace("/", "\\") if ON_WINDOWS else str(path)


def command(program, *arguments):
    line = [str(program), *map(str, arguments)]
    if ON_WINDOWS:
        return ["wine", *line]
    return [*FIXED_LAYOUT, *line]


def _add_options(variables, name, options):
    variables[name] = ":".join(filter(None, [variables.get(name), options]))


def environment():
    variables = dict(os.environ)
    if not ON_WINDOWS:
        variables.pop("XDG_RUNTIME_DIR", None)  # the default socket is the user's own daemon's
    variables.setdefault("WINEPREFIX", str(BUILD / "wineprefix"))
    variables.setdefault("WINEDEBUG", "-all")
    # A small quarantine, so that memory which was freed does not look like memory that leaked.
    _add_options(variables, "ASAN_OPTIONS", "quarantine_size_mb=1:detect_leaks=1")
    _add_options(variables, "UBSAN_OPTIONS", "print_stacktrace=1")
    return variables


# A shell starts background jobs with SIGINT ignored, and children inherit that; they do not inherit a
# handler. Set here and not in the child: to run Python there, all memory of this process is copied.
signal.signal(signal.SIGINT, signal.default_int_handler)


def start(program, *arguments, prefix=(), **options):
    """Starts a program of the build; `prefix` are words before its command line (setpriv …)."""
    options.setdefault("env", environment())
    line = [*map(str, prefix), *command(program, *arguments)]
    return subprocess.Popen(line, **options)


def start_held(program, *arguments, prefix=()):
    """Starts one that waits for a line on its standard input: its process id is known before."""
    return start(program, *arguments, prefix=("sh", "-c", 'read go; exec "$@"', "sh", *prefix),
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(program, *arguments, timeout_s=60, **options):
    """Runs a program of the build to its end, with its output as text."""
    options.setdefault("env", environment())
    finished = subprocess.run(
        command(program, *arguments), capture_output=True, timeout=timeout_s,
        stdin=subprocess.DEVNULL, **options)
    finished.stdout = finished.stdout.decode().replace("\r\n", "\n")
    finished.stderr = finished.stderr.decode().replace("\r\n", "\n")
    return finished
