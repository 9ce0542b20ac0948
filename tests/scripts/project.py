"""A copy of the scripts for people, over stand-ins for what they call."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]

# They log what they are asked, and the first of them can install what APT_INSTALLS names.
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$LOG"
case " $* " in
*' install '*)
    [ -z "$APT_FAILS" ] || { echo "E: $APT_FAILS"; exit 100; }
    [ -z "$APT_INSTALLS" ] || ln -s /bin/true "$TOOLS/$APT_INSTALLS" ;;
esac
"""
LOGGING = """#!/bin/sh
echo "{name} $*" >>"$LOG"
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$LOG"
[ -z "$NPM_FAILS" ] || { echo "npm error $NPM_FAILS"; exit 1; }
mkdir -p node_modules
"""
DAEMON = """#!/bin/sh
echo "the daemon got: $*"
"""


class Project:
    """A copy of the scripts, whose PATH leads to this machine's commands but for some."""

    def __init__(self, folder):
        self.root = folder / "project"
        self.tools = folder / "tools"
        self.log = folder / "log"
        self.log.touch()
        for name in ("server/run", "docker/setup.sh", "docker/dependencies", "docker/aptsrc.sh",
                     "CMakePresets.json", "web/npm-ci", "web/package-lock.json"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, self.root / name)
        self.tools.mkdir()
        for place in os.environ["PATH"].split(os.pathsep):
            for tool in Path(place).glob("*"):
                if not (self.tools / tool.name).is_symlink():
                    (self.tools / tool.name).symlink_to(tool)
        self.stand_in("apt-get", APT_GET)
        self.stand_in("npm", NPM)
        for name in ("cmake", "ninja", "sudo"):
            self.stand_in(name, LOGGING.format(name=name))
        self.stand_in("id", "#!/bin/sh\necho 0\n")
        self.environment = {
            "HOME": str(folder), "PATH": str(self.tools), "LOG": str(self.log),
            "TOOLS": str(self.tools), "SECTIOND_DEPENDENCIES": str(folder / "dependencies")}
        self.built(self.root / "build/release/server/sectiond")
        Path(self.run("docker/dependencies", "--path", "native").stdout.strip()).mkdir(parents=True)

    def stand_in(self, name, script):
        self.remove(name)
        (self.tools / name).write_text(script)
        (self.tools / name).chmod(0o755)

    def remove(self, *names):
        for name in names:
            (self.tools / name).unlink(missing_ok=True)

    def built(self, path):
        path.parent.mkdir(parents=True)
        path.write_text(DAEMON)
        path.chmod(0o755)

    def run(self, script, *arguments, **variables):
        return subprocess.run(
            ["bash", str(self.root / script), *arguments], env={**self.environment, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    def asked(self, name):
        return [line for line in self.log.read_text().splitlines() if line.split()[0] == name]
