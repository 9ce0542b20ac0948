"""One run of wrk against one server."""

import re
import subprocess
from pathlib import Path

from servers import BODY_SIZE_BYTES, BenchError

SCRIPT = Path(__file__).with_name("request.lua")
UNITS_IN_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


class Load:
    """What wrk measured: requests a second and the latency's median and 99th percentile."""

    def __init__(self, requests_per_s, p50_us, p99_us):
        self.requests_per_s = requests_per_s
        self.p50_us = p50_us
        self.p99_us = p99_us


def latency_us(output, percentile):
    match = re.search(rf"^\s*{percentile}%\s+([\d.]+)(us|ms|s|m)$", output, re.MULTILINE)
    return float(match.group(1)) * UNITS_IN_US[match.group(2)] if match else float("nan")


def run(server, method, connections, seconds, cpus, folder):
    threads = 1 if connections == 1 else max(1, min(len(cpus), 4))
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(SCRIPT), server.url, "--", method, server.token]
    if method == "PUT":
        body = folder / "body.bin"
        body.write_bytes(b"x" * BODY_SIZE_BYTES)
        command.append(str(body))
    if cpus:
        command = ["taskset", "-c", ",".join(map(str, sorted(cpus)))] + command
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + 60, check=False
        )
    except (subprocess.SubprocessError, OSError) as failure:
        raise BenchError(f"wrk failed against {server.name}: {failure}") from failure
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if done.returncode or not rate:
        raise BenchError(f"wrk failed against {server.name}: {done.stdout}{done.stderr}")
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise BenchError(f"{server.name} did not answer every {method}:\n{done.stdout}")
    return Load(float(rate.group(1)), latency_us(done.stdout, 50), latency_us(done.stdout, 99))
