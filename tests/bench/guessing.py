"""What a valid client notices of wrong tokens that come at full speed."""

import http.client
import multiprocessing
import statistics
import time

WRONG_TOKENS = 200_000
AT_ONCE = 50
ATTACKERS = 2
# The valid client's latency with them to that without, at most.
RATIO_TARGET = 2.0
REQUESTS_AT_LEAST = 2_000


def send_wrong_tokens(server, count):
    """As fast as one connection goes: many requests in one piece."""
    head = f"GET {server.path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    piece = "".join(
        f"{head}Authorization: Bearer guess-{number}\r\n\r\n" for number in range(AT_ONCE)
    ).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.connect()
    answers = connection.sock.makefile("rb")
    for _ in range(0, count, AT_ONCE):
        connection.sock.sendall(piece)
        for _ in range(AT_ONCE):
            assert answers.readline().split()[1] in (b"401", b"429")
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
    connection.close()


def latencies_us(server, goes_on):
    """Of a valid client's requests, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {server.token}"}
    taken = []
    while goes_on(len(taken)):
        start = time.perf_counter()
        connection.request("GET", server.path, None, headers)
        response = connection.getresponse()
        response.read()
        taken.append((time.perf_counter() - start) * 1e6)
        assert response.status == 200, "a valid token was refused"
    connection.close()
    return taken


def measure(server):
    """The medians, and how many wrong tokens there were meanwhile."""
    alone = latencies_us(server, lambda count: count < REQUESTS_AT_LEAST)
    # Processes: threads of one interpreter would wait for each other, not for the server.
    attackers = [
        multiprocessing.Process(target=send_wrong_tokens, args=(server, WRONG_TOKENS // ATTACKERS))
        for _ in range(ATTACKERS)
    ]
    for attacker in attackers:
        attacker.start()
    attacked = latencies_us(server, lambda _: any(each.is_alive() for each in attackers))
    for attacker in attackers:
        attacker.join()
    all_refused = all(attacker.exitcode == 0 for attacker in attackers)
    ratio = statistics.median(attacked) / statistics.median(alone)
    return {
        "wrong_tokens": WRONG_TOKENS,
        "alone_p50_us": round(statistics.median(alone), 1),
        "attacked_p50_us": round(statistics.median(attacked), 1),
        "ratio": round(ratio, 2),
        "target": RATIO_TARGET,
        "met": ratio <= RATIO_TARGET and all_refused,
    }


def as_text(guessed):
    verdict = "ok" if guessed["met"] else "MISSED"
    return (
        f"a valid client's p50 while {guessed['wrong_tokens']:,} wrong tokens come: "
        f"{guessed['attacked_p50_us']} us, alone {guessed['alone_p50_us']} us: ratio "
        f"{guessed['ratio']:.2f}, at most {guessed['target']:.0f}: {verdict}"
    )
