"""Clients that hold connections by being slow, many at once."""

import selectors
import socket

KINDS = ("heads", "bodies", "readers")


def connect(daemon, receive_bytes=None):
    connection = socket.socket()
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", daemon.port))
    return connection


def head(daemon, request_line, *lines):
    return "\r\n".join([request_line, f"Host: 127.0.0.1:{daemon.port}",
                        f"Authorization: Bearer {daemon.token}", *lines, "", ""]).encode()


class SlowClients:
    """Connections that all do a little, again and again, and come back when they are closed."""

    def __init__(self, daemon, begin, piece, receive_bytes=None):
        self.daemon = daemon
        self.begin = begin
        self.piece = piece
        self.receive_bytes = receive_bytes
        self.opened = 0
        self.held = []

    def fill(self, count):
        while len(self.held) < count:
            connection = connect(self.daemon, self.receive_bytes)
            connection.sendall(self.begin)
            connection.setblocking(False)
            self.held.append(connection)
            self.opened += 1

    def go_on(self):
        """Each sends, or takes, one piece; those that were closed are dropped."""
        alive = []
        for connection in self.held:
            try:
                if self.piece:
                    connection.send(self.piece)
                if (not self.piece or is_readable(connection)) and connection.recv(1) == b"":
                    raise ConnectionResetError
                alive.append(connection)
            except BlockingIOError:
                alive.append(connection)
            except (ConnectionResetError, BrokenPipeError):
                connection.close()
        self.held = alive

    def close(self):
        for connection in self.held:
            connection.close()


def is_readable(connection):
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def make(kind, daemon, section):
    """Slow ones of one of KINDS; the section is to have some MB."""
    data = f"/v1/sections/{section}/data HTTP/1.1"
    if kind == "heads":
        return SlowClients(daemon, b"GET /v1/info HTTP/1.1\r\nX-Slow: ", b"x")
    if kind == "bodies":
        return SlowClients(daemon, head(daemon, f"PUT {data}", "Content-Length: 60000"), b"x")
    return SlowClients(daemon, head(daemon, f"GET {data}"), b"", receive_bytes=4096)
