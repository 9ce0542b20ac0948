"""What else the machine did while we measured."""

import os
import resource
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def busy_s():
    """Processor time that was used, by whomever, or that a hypervisor kept back."""
    user, nice, system, _, _, irq, softirq, steal = (
        int(ticks) for ticks in Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS_A_SECOND


def own_s(servers):
    """Processor time of the servers, of wrk, and of this script."""
    total = 0.0
    for server in servers:
        for pid in server.process_ids():
            fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


class Bystanders:
    """From when it is made on: which share of the processors others took."""

    def __init__(self, servers):
        self.servers = servers
        self.busy_s = busy_s()
        self.own_s = own_s(servers)

    def share(self, elapsed_s):
        others_s = busy_s() - self.busy_s - (own_s(self.servers) - self.own_s)
        return max(0.0, others_s / (elapsed_s * (os.cpu_count() or 1)))
