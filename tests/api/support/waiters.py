"""Clients whose read waits for news."""

import http.client


class Waiter:
    """One request on a connection of its own, whose answer may be long in coming."""

    def __init__(self, daemon, path, tag, method="GET"):
        self.connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.connection.request(method, path, headers={
            "Authorization": f"Bearer {daemon.token}", "If-None-Match": tag})

    def answer(self):
        response = self.connection.getresponse()
        body = response.read()
        self.connection.close()
        return response.status, response.headers, body

    def close(self):
        self.connection.close()
