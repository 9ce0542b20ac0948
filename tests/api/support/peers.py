"""Talks to the native peer program: one command a line, one reply line each."""

import subprocess

import build


class PeerError(Exception):
    """The peer's OS refused: `call`, `number` and its words."""

    def __init__(self, call, number, text):
        super().__init__(f"{call} {number} {text}")
        self.call = call
        self.number = int(number)


class Peer:
    """A native process that holds sections in slots until it closes them or ends."""

    def __init__(self, prefix=(), program=build.PEER):
        self._is_like_new = not prefix and program == build.PEER  # but for what `forget` closes
        self._unanswered = 0
        # Wine now and then ends a program before its first instruction while others come and go.
        for _ in range(3 if build.ON_WINDOWS else 1):
            self.process = build.start(
                program, prefix=prefix, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.process.stdin.write(b"pid\n")
            self.process.stdin.flush()
            first = self.process.stdout.readline()
            if first:
                break
            self.process.wait(timeout=60)
        self.pid = int(self._parse(first)["pid"])

    def send(self, *words):
        """Starts a command; `receive` gets its reply."""
        line = " ".join(map(str, words))
        assert "\n" not in line
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        self._unanswered += 1

    def receive(self):
        self._unanswered -= 1
        return self._parse(self.process.stdout.readline())

    def _parse(self, line):
        reply = line.decode().rstrip("\r\n")
        outcome, _, rest = reply.partition(" ")
        if outcome == "error":
            raise PeerError(*rest.split(" ", 2))
        assert outcome == "ok", f"the peer said {reply!r}"
        if rest.startswith("text="):
            return {"text": rest[len("text="):]}
        return dict(word.split("=", 1) for word in rest.split())

    def command(self, *words):
        self.send(*words)
        return self.receive()

    def _made(self, reply):
        made = {"handle": reply["handle"]}
        if "size" in reply:
            made.update(size=int(reply["size"]), created=reply["created"] == "1")
        return made

    def create(self, slot, size, name=None):
        return self._made(self.command("create", slot, name or "-", size))

    def create_readonly(self, slot, size, name=None):
        return self._made(self.command("create-readonly", slot, name or "-", size))

    def open(self, slot, name):
        return self._made(self.command("open", slot, name))

    def duplicate(self, slot, pid, handle):
        return self._made(self.command("duplicate", slot, pid, handle))

    def event(self, slot, name=None):
        return self._made(self.command("event", slot, name or "-"))

    def pipe(self, slot):
        return self._made(self.command("pipe", slot))

    def process_handle(self, slot):
        return self._made(self.command("process", slot))

    def file(self, slot, path):
        return self._made(self.command("file", slot, build.native_path(path)))

    def file_exclusive(self, slot, path):
        return self._made(self.command("file-exclusive", slot, build.native_path(path)))

    def map_file(self, slot, path, size=0):
        return self._made(self.command("map-file", slot, build.native_path(path), size))

    def image(self, slot, path):
        return self._made(self.command("image", slot, build.native_path(path)))

    def crowd(self, kind, count, path=None):
        """Holds so many more objects of a kind: section, event, pipe, blocked-pipe, file."""
        if kind == "blocked-pipe":
            self._is_like_new = False  # there are threads that read
        self.command("crowd", kind, count, build.native_path(path) if path else "-")

    def disperse(self):
        self.command("disperse")

    def forget(self):
        """Closes all that it holds. Gives whether another test can have it for a new one."""
        if not self._is_like_new or self._unanswered or self.process.poll() is not None:
            return False
        self.command("forget")
        return True

    def drop_handle(self, slot):
        """Closes the handle and keeps the view; gives the view's address."""
        return self.command("drop-handle", slot)["address"]

    def pseudo_handle(self):
        return self.command("pseudo")["handle"]

    def handle_count(self, pid):
        """Not while processes start or end: Wine's server does not survive that."""
        return int(self.command("handles", pid)["count"])

    def harden(self):
        self._is_like_new = False
        self.command("harden")

    def resize(self, slot, size):
        self.command("resize", slot, size)

    def write_text(self, slot, text, offset=0):
        self.command("write-text", slot, offset, text)

    def read_text(self, slot, offset=0):
        return self.command("read-text", slot, offset)["text"]

    def write(self, slot, data, offset=0):
        self.command("write-hex", slot, offset, data.hex())

    def read(self, slot, length, offset=0):
        return bytes.fromhex(self.command("read-hex", slot, offset, length)["hex"])

    def fill(self, slot, length, byte, offset=0):
        self.command("fill", slot, offset, length, byte)

    def add(self, slot, count, offset=0):
        return int(self.command("add", slot, offset, count)["value"])

    def start_count(self, slot, count, interval_us, offset=0):
        """Begins to store 1, 2, … as u64, one every `interval_us`; `receive` when it is done."""
        self.send("count", slot, offset, count, interval_us)

    def lock_add(self, slot, count, lock_offset, offset):
        self.command("lock-add", slot, lock_offset, offset, count)

    def close_slot(self, slot):
        self.command("close", slot)

    def exit(self):
        """Ends the process as programs end; gives its exit code."""
        if self.process.poll() is None:
            self.command("exit")
        self.process.stdin.close()
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def kill(self):
        """Ends the process without its clean-up."""
        self.process.kill()
        self.process.wait(30)
        self.process.stdin.close()
        self.process.stdout.close()
