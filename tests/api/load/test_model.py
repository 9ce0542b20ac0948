"""Random operations on two objects, and the same on plain bytes: they never differ.

A failure names its seed; SECTIOND_SEED=N does the same operations again.
"""

import base64
import collections
import mmap
import os
import random

import pytest

import build
from amounts import amount
from client import expect_status
from names import unique_name

OPERATION_COUNT = amount(100_000, under_wine=50)  # each takes a tenth of a second there
SEED = int(os.environ.get("SECTIOND_SEED") or random.SystemRandom().randrange(1 << 32))

# More than one copy's worth (64 KiB), so that large operations are streamed or done by a worker.
NAMED_SIZE = 49 * 4096
FILE_SIZE_MIN = 200_001
FILE_SIZE_MAX = 230_000
VIEWS_MAX = 5


class View:
    """One section of ours: a part of an object, under an id of its own."""

    def __init__(self, section, offset, length):
        self.id = section["id"]
        self.offset = offset
        self.length = length
        assert section["view"] == {"offset": offset, "length": length}, section


class Object:
    """What several views share, and its model. The first view has all of it."""

    def __init__(self, client, size):
        self.client = client
        self.model = bytearray(size)
        self.views = []

    def open(self, **members):
        raise NotImplementedError

    def witness(self):
        """What somebody beside the daemon sees."""
        raise NotImplementedError

    def open_view(self, offset=0, length=0):
        wanted = {"offset": offset, "length": length}
        view = View(self.open(view=wanted), offset, length or len(self.model) - offset)
        self.views.append(view)

    def close_view(self, index):
        self.client.close_section(self.views.pop(index).id)

    def reopen(self, random):
        while self.views:
            self.close_view(0)
        self.open_view()


class NamedObject(Object):
    """A name that a native process holds, too."""

    def __init__(self, client, peer):
        super().__init__(client, NAMED_SIZE)
        self.peer = peer
        self.name = unique_name()
        peer.create("named", NAMED_SIZE, self.name)

    def open(self, **members):
        if len(self.views) % 2:
            return self.client.create(self.name, size=len(self.model), **members)
        return self.client.open(self.name, **members)

    def witness(self):
        return self.peer.read("named", len(self.model))

    def write_beside_us(self, offset, data):
        self.peer.write("named", data, offset)


class FileObject(Object):
    """A file; extended now and then when it is opened, and sometimes a new one."""

    def __init__(self, client, path):
        super().__init__(client, 0)
        self.path = path
        self.extend(FILE_SIZE_MIN)

    def extend(self, size):
        self.model.extend(bytes(size - len(self.model)))
        document = {"size": size, "backing": {"file": self.path.name}}
        section = expect_status(self.client.post("/v1/sections", document), 201).json()
        self.client.close_section(section["id"])

    def open(self, **members):
        return expect_status(self.client.post("/v1/sections", {
            "backing": {"file": self.path.name, "open": "open_existing"}, **members}), 201).json()

    def reopen(self, random):
        while self.views:
            self.close_view(0)
        assert self.path.read_bytes() == self.model
        if len(self.model) > FILE_SIZE_MAX:
            self.path.unlink()
            self.model.clear()
            self.extend(FILE_SIZE_MIN)
        elif random.random() < 0.3:
            self.extend(len(self.model) + random.randrange(1, 6000))
        self.open_view()

    def witness(self):
        with open(self.path, "rb") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
                return mapping[:]

    def write_beside_us(self, offset, data):
        with open(self.path, "r+b") as file:
            with mmap.mmap(file.fileno(), 0) as mapping:
                mapping[offset:offset + len(data)] = data


class Machine:
    """Does operations on the daemon's bytes and on the model's."""

    def __init__(self, daemon, client, objects, seed):
        self.daemon = daemon
        self.client = client
        self.objects = objects
        self.random = random.Random(seed)
        self.history = collections.deque(maxlen=40)
        self.operations = [
            (8, self.read), (3, self.read_a_range), (2, self.read_as_text), (12, self.write),
            (4, self.write_in_chunks), (6, self.fill), (10, self.copy), (4, self.open_a_view),
            (2, self.flush), (1, self.reopen), (3, self.put_text), (4, self.write_beside_us),
            (2, self.write_past_the_end), (1, self.write_nothing)]

    def run(self, count):
        weights = [weight for weight, _ in self.operations]
        for number in range(count):
            # One at a time, so that an operation's own choices come from the same seed.
            operation = self.random.choices([one for _, one in self.operations], weights)[0]
            changed = operation()
            if changed is not None:
                self.compare(changed)
            if isinstance(changed, FileObject) or number % 100 == 0:
                self.ask_the_witness(changed or self.objects[0])
        for one in self.objects:
            self.compare(one)
            self.ask_the_witness(one)

    # What is chosen.

    def some_view(self):
        one = self.random.choice(self.objects)
        return one, self.random.choice(one.views)

    def some_length(self, most):
        """Mostly short; now and then as long as it can be, or about as long as a whole copy."""
        kind = self.random.random()
        if kind < 0.7:
            length = self.random.randrange(1, 3000)
        elif kind < 0.8:
            length = 65_536 + self.random.randrange(-2, 3)
        else:
            length = self.random.randrange(1, most + 1)
        return max(1, min(most, length))

    def some_range(self, view):
        length = self.some_length(view.length)
        return self.random.choice(
            [0, view.length - length, self.random.randrange(view.length - length + 1)]), length

    def some_bytes(self, length):
        return self.random.randbytes(length)

    def note(self, what, view, *numbers):
        self.history.append(f"{what} view {view.offset}+{view.length}: {numbers}")

    # What must hold.

    def equal(self, got, wanted, what):
        if got == wanted:
            return
        first = next((at for at, (a, b) in enumerate(zip(got, wanted)) if a != b),
                     min(len(got), len(wanted)))
        history = "\n".join(self.history)
        raise AssertionError(f"{what}: {len(got)} of {len(wanted)} bytes, other from {first} on; "
                             f"the last operations were\n{history}")

    def compare(self, one):
        self.equal(self.client.read(one.views[0].id), one.model, "the daemon")

    def ask_the_witness(self, one):
        self.equal(one.witness(), one.model, "the witness")

    # Operations; each gives the object that it changed, or None.

    def data(self, view, offset=None, length=None):
        path = f"/v1/sections/{view.id}/data"
        if offset is not None:
            path += f"?offset={offset}"
        return path if length is None else f"{path}&length={length}"

    def read(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        self.note("read", view, offset, length)
        start = view.offset + offset
        self.equal(self.client.read(view.id, offset, length), one.model[start:start + length],
                   "read")

    def read_a_range(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        self.note("range", view, offset, length)
        reply = self.client.get(
            self.data(view), {"Range": f"bytes={offset}-{offset + length - 1}"})
        start = view.offset + offset
        self.equal(expect_status(reply, 206).body, one.model[start:start + length], "range")

    def read_as_text(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        form = self.random.choice(["hex", "base64"])
        self.note(form, view, offset, length)
        body = expect_status(
            self.client.get(self.data(view, offset, length) + f"&format={form}"), 200).body
        decoded = bytes.fromhex(body.decode()) if form == "hex" else base64.b64decode(body)
        start = view.offset + offset
        self.equal(decoded, one.model[start:start + length], form)

    def change(self, what, view, one, offset, data):
        self.note(what, view, offset, len(data))
        start = view.offset + offset
        one.model[start:start + len(data)] = data

    def write(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        data = self.some_bytes(length)
        self.change("write", view, one, offset, data)
        # On a file this waits for the disk.
        flush = "&flush=1" if self.random.random() < 0.02 else ""
        expect_status(self.client.put(self.data(view, offset) + flush, data), 204)
        return one

    def write_in_chunks(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        data = self.some_bytes(length)
        self.change("write in chunks", view, one, offset, data)
        size = self.random.randrange(1 + length // 8, 2 + length)
        chunks = (data[at:at + size] for at in range(0, length, size))
        expect_status(self.client.put(self.data(view, offset), chunks), 204)
        return one

    def fill(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        byte = self.random.randrange(256)
        self.change("fill", view, one, offset, bytes([byte]) * length)
        expect_status(self.client.post(f"/v1/sections/{view.id}/fill", {
            "offset": offset, "length": length, "byte": byte}), 204)
        return one

    def copy(self):
        """Between any two views; of one object they may overlap, and it must not show."""
        source, view_from = self.some_view()
        target, view_to = self.some_view()
        length = self.some_length(min(view_from.length, view_to.length))
        offset_from = self.random.randrange(view_from.length - length + 1)
        offset_to = self.random.randrange(view_to.length - length + 1)
        start = view_from.offset + offset_from
        self.note("copy from", view_from, offset_from)
        self.change("copy to", view_to, target, offset_to, source.model[start:start + length])
        expect_status(self.client.post(f"/v1/sections/{view_to.id}/copy", {
            "from": view_from.id, "from_offset": offset_from, "offset": offset_to,
            "length": length}), 204)
        return target

    def open_a_view(self):
        one = self.random.choice(self.objects)
        if len(one.views) > VIEWS_MAX:
            one.close_view(self.random.randrange(1, len(one.views)))
        length = self.some_length(len(one.model))
        one.open_view(self.random.randrange(len(one.model) - length + 1), length)
        view = one.views[-1]
        self.note("open", view)
        self.equal(self.client.read(view.id), one.model[view.offset:view.offset + length], "view")

    def flush(self):
        one, view = self.some_view()
        offset, length = self.some_range(view)
        self.note("flush", view, offset, length)
        reply = self.client.request(
            "POST", f"/v1/sections/{view.id}/flush?offset={offset}&length={length}")
        assert reply.status in (200, 204), reply
        return one

    def reopen(self):
        one = self.random.choice(self.objects)
        self.note("reopen", one.views[0])
        one.reopen(self.random)
        return one

    def put_text(self):
        one, view = self.some_view()
        text = "".join(self.random.choices("ab€为😀", k=self.random.randrange(1, 200)))
        encoding = self.random.choice(["utf-8", "utf-16le", "utf-32le"])
        encoded = (text + "\0").encode(encoding)
        if len(encoded) > view.length:
            return None
        offset = self.random.randrange(view.length - len(encoded) + 1)
        self.change(encoding, view, one, offset, encoded)
        path = f"/v1/sections/{view.id}/text?encoding={encoding}&offset={offset}"
        expect_status(self.client.put(path, text), 204)
        assert expect_status(self.client.get(path), 200).text == text
        return one

    def write_beside_us(self):
        """Another process changes the memory."""
        one = self.random.choice(self.objects)
        view = one.views[0]
        data = self.some_bytes(self.random.randrange(1, 2000))
        offset = self.random.randrange(len(one.model) - len(data) + 1)
        self.change("beside us", view, one, offset, data)
        one.write_beside_us(offset, data)
        return one

    def write_past_the_end(self):
        one, view = self.some_view()
        length = self.some_length(view.length)
        offset = view.length - length + 1
        self.note("past the end", view, offset, length)
        expect_status(self.client.put(self.data(view, offset), bytes(length)), 416)
        return one

    def write_nothing(self):
        one, view = self.some_view()
        self.note("nothing", view)
        expect_status(self.client.put(self.data(view, self.random.randrange(view.length)), b""),
                      204)
        return one


@pytest.mark.parametrize("threads", [1, 3])
def test_random_operations_do_to_the_memory_what_they_do_to_a_model(
        start_daemon, peer, tmp_path, threads):
    seed = SEED + threads
    print(f"SECTIOND_SEED={SEED}")  # shown where the test fails
    folder = tmp_path / "files"
    folder.mkdir()
    daemon = start_daemon("--files", build.native_path(folder), "--threads", threads)
    client = daemon.client()
    objects = [NamedObject(client, peer), FileObject(client, folder / "model.bin")]
    for one in objects:
        one.open_view()
    Machine(daemon, client, objects, seed).run(OPERATION_COUNT // 2)
    for one in objects:
        while one.views:
            one.close_view(0)
    assert client.sections() == []
    client.close()
