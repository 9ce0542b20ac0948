"""A file system of our own, with one file, that answers nothing when it is told to hang.

As a program it serves: `hanging_files.py FOLDER SIZE`. It is told `hang`, `go` and `forget` on its stdin, and may be
stopped as a whole (SIGSTOP); then not even opening and looking are answered.
"""

import ctypes
import errno
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daemon import wait_until

FILE_NAME = "file"
LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
REQUEST_BYTES = 1 << 20
LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE = 1, 2, 3, 4, 14, 15, 16
STATFS, RELEASE, FSYNC, INIT, OPENDIR, RELEASEDIR = 17, 18, 20, 26, 27, 29
INTERRUPT, BATCH_FORGET = 36, 42
NOTIFY_INVALID_INODE = 2
ROOT, FILE = 1, 2
# As libfuse has it. Without it whoever reads waits for the answer in a way that no signal ends.
READAHEAD_BYTES, ASYNC_READ = 131072, 1


class Server:
    """Speaks the kernel's protocol for one folder with one file."""

    def __init__(self, folder, size):
        self.content = bytearray(index * 7 % 251 for index in range(size))
        self.lock = threading.Lock()
        self.is_hanging = False
        self.held = []
        self.device = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0".encode()
        if LIBC.mount(b"fuse", os.fsencode(folder), b"fuse", 0, options) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def attributes(self, node):
        is_file = node == FILE
        size = len(self.content) if is_file else 0
        mode = 0o100600 if is_file else 0o40700
        return struct.pack("<6Q10I", node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode,
                           1 if is_file else 2, 0, 0, 0, 4096, 0)

    def lookup(self, _, payload):
        if payload.split(b"\0")[0] != FILE_NAME.encode():
            return None
        return struct.pack("<4Q2I", FILE, 0, 3600, 1, 0, 0) + self.attributes(FILE)

    def getattr(self, node, _):
        return struct.pack("<Q2I", 1, 0, 0) + self.attributes(node)

    def setattr(self, node, payload):
        valid, = struct.unpack_from("<I", payload)
        if valid & 8:
            size, = struct.unpack_from("<Q", payload, 16)
            self.content = self.content[:size].ljust(size, b"\0")
        return self.getattr(node, payload)

    def read(self, _, payload):
        _, offset, size = struct.unpack_from("<2QI", payload)
        return bytes(self.content[offset:offset + size])

    def write(self, _, payload):
        _, offset, size = struct.unpack_from("<2QI", payload)
        self.content[offset:offset + size] = payload[40:40 + size]
        return struct.pack("<2I", size, 0)

    def answer(self, opcode, unique, node, payload):
        handlers = {
            LOOKUP: self.lookup, GETATTR: self.getattr, SETATTR: self.setattr, READ: self.read,
            WRITE: self.write,
            INIT: lambda *_: struct.pack("<4I2H2I2H8I", 7, 31, READAHEAD_BYTES, ASYNC_READ, 16, 12,
                                         65536, 1, 0, 0, *[0] * 8),
            OPEN: lambda *_: bytes(16), OPENDIR: lambda *_: bytes(16),
            STATFS: lambda *_: bytes(80), RELEASE: lambda *_: b"", RELEASEDIR: lambda *_: b"",
            FSYNC: lambda *_: b""}
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        reply = handlers[opcode](node, payload) if opcode in handlers else None
        number = 0 if reply is not None else -(errno.ENOENT if opcode == LOOKUP else errno.ENOSYS)
        reply = reply or b""
        try:
            os.write(self.device, struct.pack("<IiQ", 16 + len(reply), number, unique) + reply)
        except FileNotFoundError:
            pass  # whoever asked has gone

    def listen(self):
        """Does what it is told on stdin."""
        for line in sys.stdin:
            if line.strip() == "forget":
                self.forget()
                continue
            with self.lock:
                self.is_hanging = line.strip() == "hang"
                held, self.held = self.held, []
                for request in held if not self.is_hanging else []:
                    self.answer(*request)
            print("done", flush=True)

    def forget(self):
        """Has the system drop the pages of the file that it keeps. Without the lock: it waits for reads."""
        os.write(self.device, struct.pack("<IiQQqq", 40, NOTIFY_INVALID_INODE, 0, FILE, 0, 0))
        print("done", flush=True)

    def serve(self):
        while True:
            request = os.read(self.device, REQUEST_BYTES)
            _, opcode, unique, node = struct.unpack_from("<2I2Q", request)
            with self.lock:
                asked = (opcode, unique, node, request[40:])
                if self.is_hanging and opcode in (READ, WRITE, FSYNC):
                    self.held.append(asked)
                else:
                    self.answer(*asked)


class HangingFile:
    """The test's side. It ends by itself with whatever still waits for it."""

    def __init__(self, folder, size):
        self.folder = folder
        self.content = bytes(index * 7 % 251 for index in range(size))
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, str(folder), str(size)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.state = self.process.stdout.readline().strip()
        if self.state == "mounted":
            # So that the system learns that it has no `flush`, as most have none: the end of a process
            # that closes a file would wait for that, whatever signal comes.
            (folder / FILE_NAME).read_bytes()

    def tell(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def hang(self):
        self.tell("hang")

    def go(self):
        self.tell("go")

    def forget(self):
        """What was read is to be read anew. It must not hang now."""
        self.tell("forget")

    def hang_for(self, daemon):
        """Hangs, and has a thread of the daemon hang that reads again what it has read before."""
        def hangs():
            if has_hung_thread(daemon):
                return True
            self.go()
            self.forget()
            self.hang()
            return False

        wait_until(hangs, "a thread hangs")

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.process.kill()
        self.process.wait()
        LIBC.umount2(os.fsencode(self.folder), MNT_DETACH)


def has_hung_thread(daemon):
    """Whether a thread of the daemon waits for a file system."""
    stacks = Path(f"/proc/{daemon.unix_pid()}/task").glob("*/stat")
    return any(stat.read_text().rsplit(")", 1)[1].split()[0] == "D" for stat in stacks)


@pytest.fixture
def hanging_file(tmp_path):
    """Makes a folder with one file that can hang; skips where none can be had."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("mounting a file system of our own needs root and /dev/fuse")
    made = []

    def make(folder, size):
        made.append(HangingFile(folder, size))
        if made[-1].state != "mounted":
            pytest.skip(f"mounting is refused: {made[-1].state}")
        return made[-1]

    yield make
    for each in made:
        each.end()


def main():
    try:
        server = Server(sys.argv[1], int(sys.argv[2]))
    except OSError as problem:
        print(problem, flush=True)
        return
    threading.Thread(target=server.listen, daemon=True).start()
    print("mounted", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
