"""A client that is fast, keeps its connection, and holds every reply to the general rules."""

import http.client
import json as jsonlib
import re
import socket

TIMEOUT_S = 60

OS_DOMAINS = {"errno", "win32", "ntstatus"}


class Reply:
    """One response. Its general rules are checked when it is made."""

    def __init__(self, method, status, headers, body, path="/v1"):
        self.method = method
        self.status = status
        self.headers = headers  # email.message.Message: no regard to case, `in` works
        self.body = body
        if status >= 400 or not (path == "/" or path.startswith("/assets/")):
            assert headers.get("Cache-Control") == "no-store", f"{status}: {headers}"
        assert headers.get("X-Content-Type-Options") == "nosniff", f"{status}: {headers}"
        assert headers.get("Cross-Origin-Resource-Policy") == "same-origin", f"{status}: {headers}"
        policy = headers.get("Content-Security-Policy", "")
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy, headers
        if status >= 400:
            assert headers.get_content_type() == "application/problem+json", f"{status}: {body!r}"
            if method != "HEAD":
                self._check_problem()
        elif status == 204:
            assert body == b"" and "Content-Length" not in headers

    def _check_problem(self):
        problem = self.json()
        assert problem["status"] == self.status, problem
        assert problem["type"] == "/v1/errors#" + problem["code"], problem
        assert isinstance(problem["title"], str) and problem["title"], problem
        assert isinstance(problem["detail"], str) and problem["detail"], problem
        assert ("call" in problem) == ("os" in problem), problem
        if "os" in problem:
            refusal = problem["os"]
            assert isinstance(problem["call"], str) and problem["call"], problem
            assert refusal["domain"] in OS_DOMAINS, problem
            assert isinstance(refusal["code"], int) and refusal["code"] != 0, problem
            assert isinstance(refusal["message"], str), problem
            assert refusal["name"] is None or isinstance(refusal["name"], str), problem

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        assert b"\n" not in self.body.rstrip(b"\n"), "a JSON reply is one line"
        return jsonlib.loads(self.body)

    def __repr__(self):
        return f"<{self.method}: {self.status} {self.body[:500]!r}>"


def expect_problem(reply, status, *codes):
    """The reply is a problem with this status and one of these codes. Gives the problem."""
    assert reply.status == status, reply
    problem = reply.json()
    assert problem["code"] in codes, reply
    return problem


def expect_status(reply, status):
    assert reply.status == status, reply
    return reply


class Client:
    """One kept connection, opened again where the daemon has closed it between two requests."""

    def __init__(self, port, token=None, host="127.0.0.1", timeout_s=TIMEOUT_S):
        self.port = port
        self.token = token
        self.host = host
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout_s)

    def close(self):
        self._connection.close()

    def request(self, method, path, body=None, headers=None):
        """`body`: bytes, str, or an iterable of bytes for a chunked one."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if isinstance(body, str):
            body = body.encode()
        chunked = body is not None and not isinstance(body, (bytes, bytearray))
        try:
            response = self._exchange(method, path, body, sent, chunked)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The other end may close a kept connection at any time; that is not the reply yet.
            self._connection.close()
            if chunked:
                raise
            response = self._exchange(method, path, body, sent, chunked)
        if response.length is None and not response.chunked:
            # http.client takes a head that broke off for a whole one; ours have a length, always.
            raise http.client.IncompleteRead(b"")
        if method != "HEAD" and response.headers.get_content_type() == "text/event-stream":
            self._connection.close()  # it has no end: its head is the reply
            return Reply(method, response.status, response.headers, b"", path)
        return Reply(method, response.status, response.headers, response.read(), path)

    def _exchange(self, method, path, body, headers, chunked):
        try:
            self._connection.request(method, path, body, headers, encode_chunked=chunked)
        except (ConnectionResetError, BrokenPipeError):
            if self._connection.sock is None:
                raise  # it was reset before it was there
            # A refusal may come, and the connection be closed, before a long body is out.
        return self._connection.getresponse()

    def json(self, method, path, document, headers=None):
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.request(method, path, jsonlib.dumps(document), sent)

    def get(self, path, headers=None):
        return self.request("GET", path, None, headers)

    def head(self, path, headers=None):
        return self.request("HEAD", path, None, headers)

    def put(self, path, body, headers=None):
        return self.request("PUT", path, body, headers)

    def delete(self, path):
        return self.request("DELETE", path)

    def post(self, path, document, headers=None):
        return self.json("POST", path, document, headers)

    # The verbs of the contract; each expects to succeed.

    def create(self, name=None, size=4096, **members):
        document = {"size": size, **members}
        if name is not None:
            document["name"] = name
        reply = self.post("/v1/sections", document)
        assert reply.status in (200, 201), reply
        return reply.json()

    def open(self, name, **members):
        return expect_status(
            self.post("/v1/sections/open", {"name": name, **members}), 201).json()

    def duplicate(self, pid, handle, **members):
        return expect_status(
            self.post("/v1/sections/duplicate", {"pid": pid, "handle": handle, **members}),
            201).json()

    def sections(self):
        return expect_status(self.get("/v1/sections?limit=1000"), 200).json()["sections"]

    def section(self, section_id):
        return expect_status(self.get(f"/v1/sections/{section_id}"), 200).json()

    def read(self, section_id, offset=0, length=None):
        query = f"?offset={offset}" + (f"&length={length}" if length is not None else "")
        return expect_status(self.get(f"/v1/sections/{section_id}/data{query}"), 200).body

    def write(self, section_id, body, offset=0):
        expect_status(self.put(f"/v1/sections/{section_id}/data?offset={offset}", body), 204)

    def close_section(self, section_id):
        expect_status(self.delete(f"/v1/sections/{section_id}"), 204)

    # Below HTTP's grammar.

    def raw(self, data, timeout_s=TIMEOUT_S):
        """Sends bytes as they are and gives everything that comes back until the other end closes.

        The request should say `Connection: close`, unless the daemon is expected to close.
        """
        with socket.create_connection((self.host, self.port), timeout=timeout_s) as connection:
            connection.sendall(data)
            return rest_of(connection)

    def raw_request(self, request_line, *header_lines, body=b"", host=True, authorized=True):
        """Sends one request made of these lines; gives the status and everything received."""
        lines = [request_line]
        if host:
            lines.append(f"Host: 127.0.0.1:{self.port}")
        if authorized:
            lines.append(f"Authorization: Bearer {self.token}")
        lines += [*header_lines, "Connection: close", "", ""]
        received = self.raw("\r\n".join(lines).encode("latin-1") + body)
        return status_of(received), received


def rest_of(connection):
    """What comes until the other end closes, which it may do with bytes of ours unread."""
    received = []
    try:
        while piece := connection.recv(65536):
            received.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(received)


def status_of(received):
    """The status of a raw response, None where there was none."""
    if not received.startswith(b"HTTP/1."):
        return None
    return int(received.split(b" ", 2)[1])


def status_count(received):
    """How many responses there are in what came back."""
    return len(re.findall(rb"HTTP/1\.[01] \d{3} ", received))
