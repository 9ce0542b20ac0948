"""Reads streams of server-sent events, strictly, as a client on a socket of its own."""

import base64
import json as jsonlib
import socket

from client import Reply

TIMEOUT_S = 60


class Event:
    """One event: its name, its id and its data, which is JSON on one line."""

    def __init__(self, lines):
        fields = dict(line.split(": ", 1) for line in lines)
        assert [line.split(": ", 1)[0] for line in lines] == ["event", "id", "data"], lines
        self.event = fields["event"]
        self.id = fields["id"]
        self.data = jsonlib.loads(fields["data"])

    def __repr__(self):
        return f"<{self.event} {self.id} {self.data}>"


class EventStream:
    """A stream that is open until `close`, or its end, which `next` tells as None."""

    def __init__(self, daemon, path, headers=None, receive_bytes=None, token=None, body=None):
        self.comments = 0
        self._text = bytearray()  # of the body, as far as it is not used up
        self._searched = 0        # up to where it has no empty line
        self._chunks = b""        # of the wire
        self._ended = False
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(("127.0.0.1", daemon.port))
        content = b"" if body is None else jsonlib.dumps(body).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: 127.0.0.1:{daemon.port}",
                 f"Authorization: Bearer {token or daemon.token}"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + content)
        self.retry = None

    def start(self):
        """Reads the head, and the first lines of the stream. Gives itself."""
        self._start("text/event-stream")
        block = self._read_block()
        assert block == ["retry: 1000"], block
        return self

    def _start(self, media_type):
        head = self._read_head()
        assert self.status == 200, head
        assert self.headers["content-type"] == media_type, head
        assert self.headers["cache-control"] == "no-store", head
        assert self.headers["x-content-type-options"] == "nosniff", head
        assert self.headers["cross-origin-resource-policy"] == "same-origin", head
        assert "frame-ancestors 'none'" in self.headers["content-security-policy"], head
        assert self.headers["transfer-encoding"] == "chunked", head

    def reply(self):
        """The answer where it is no stream but a problem."""
        self._read_head()
        length = int(self.headers["content-length"])
        while len(self._chunks) < length:
            self._receive()
        import email.message
        message = email.message.Message()
        for name, value in self.headers.items():
            message[name] = value
        return Reply("GET", self.status, message, self._chunks[:length])

    def _receive(self):
        data = self.socket.recv(65536)
        assert data, "the connection ended in the middle"
        self._chunks += data

    def _read_head(self):
        while b"\r\n\r\n" not in self._chunks:
            self._receive()
        head, self._chunks = self._chunks.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, value in
                        (line.split(": ", 1) for line in lines[1:])}
        return head

    def _unchunk(self):
        """Moves whole chunks to the text; the last one ends the stream."""
        moved = False
        while b"\r\n" in self._chunks:
            size, rest = self._chunks.split(b"\r\n", 1)
            length = int(size, 16)
            if len(rest) < length + 2:
                break
            assert rest[length:length + 2] == b"\r\n"
            self._text += rest[:length]
            self._chunks = rest[length + 2:]
            self._ended = length == 0
            moved = True
            if self._ended:
                assert self._chunks == b""
                break
        return moved

    def _read_until(self, end_mark):
        """The text before a mark; None at the end of the stream."""
        while (end := self._text.find(end_mark, self._searched)) < 0 and not self._ended:
            self._searched = max(0, len(self._text) - len(end_mark) + 1)
            if not self._unchunk():
                self._receive()
        if end < 0:
            assert self._text == b"", self._text
            return None
        text = self._text[:end].decode()
        del self._text[:end + len(end_mark)]
        self._searched = 0
        return text

    def _read_block(self):
        """The lines up to an empty one; None at the end of the stream."""
        block = self._read_until(b"\n\n")
        return None if block is None else block.split("\n")

    def next(self):
        """The next event; comments are counted."""
        while True:
            lines = self._read_block()
            if lines is None:
                return None
            events = [line for line in lines if not line.startswith(":")]
            self.comments += len(lines) - len(events)
            if events:
                return Event(events)

    def expect(self, name):
        event = self.next()
        assert event is not None and event.event == name, f"no {name} but {event}"
        return event

    def next_comment(self):
        """Waits for a comment; there is no event before it."""
        lines = self._read_block()
        assert lines == [":"], lines
        self.comments += 1

    def close(self):
        self.socket.close()


class LineStream(EventStream):
    """The same with one JSON object a line."""

    def start(self, media_type):
        self._start(media_type)
        return self

    def next_line(self):
        return self._read_until(b"\n")

    def next(self):
        """The next event as an object; pings are counted as comments are. None: the end."""
        while (line := self.next_line()) is not None:
            event = jsonlib.loads(line)
            if event != {"event": "ping"}:
                return event
            self.comments += 1
        return None

    def expect(self, name):
        event = self.next()
        assert event is not None and event["event"] == name, f"no {name} but {event}"
        return event


class Picture:
    """What a reader of bytes knows of the ranges, from the events alone."""

    def __init__(self):
        self.ranges = {}

    def apply(self, event):
        data = event.data
        if event.event == "snapshot":
            content = base64.b64decode(data["data"], validate=True)
            assert len(content) == data["length"]
            self.ranges[self._key(data)] = (data["offset"], bytearray(content))
        elif event.event == "change":
            start, content = self.ranges[self._key(data)]
            assert data["ranges"], "a change changes something"
            end = None
            for run in data["ranges"]:
                new = base64.b64decode(run["data"], validate=True)
                at = run["offset"] - start
                assert 0 <= at and at + len(new) <= len(content) and new, event
                assert end is None or at - end >= 16, f"neighbours are one: {event}"
                assert new[0] != content[at] and new[-1] != content[at + len(new) - 1], event
                content[at:at + len(new)] = new
                end = at + len(new)
        return self

    def _key(self, data):
        return data.get("section"), data.get("offset") if "section" in data else None

    def bytes(self, section=None, offset=None):
        return bytes(self.ranges[section, offset][1])
