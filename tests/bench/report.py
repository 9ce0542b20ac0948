"""Medians, ratios and the verdict."""

import statistics

import guessing
import search
import slow

# What the figures have to be: (method, the server compared with, the least ratio).
RATIO_TARGETS = [
    ("GET", "control", 0.9),
    ("PUT", "control", 0.9),
    ("GET", "nginx", 1.0),
    ("PUT", "nginx", 1.8),
]
PRIVATE_TARGET_KIB = 4 * 1024
# Above this share of the processors, what else runs decides about the figures.
QUIET_SHARE = 0.05


def median_of(loads, field):
    return statistics.median(getattr(load, field) for load in loads)


def measurements(results):
    """results: {(method, connections, server): [Load of each round]}"""
    return [
        {
            "method": method,
            "connections": connections,
            "server": server,
            "requests_per_s": round(median_of(loads, "requests_per_s")),
            "least": round(min(load.requests_per_s for load in loads)),
            "most": round(max(load.requests_per_s for load in loads)),
            "p50_us": round(median_of(loads, "p50_us"), 1),
            "p99_us": round(median_of(loads, "p99_us"), 1),
        }
        for (method, connections, server), loads in results.items()
    ]


def ratios(results):
    """The servers of a round run one after the other, so a round's ratio is little disturbed by
    what else the machine does; the median is taken over those."""
    table = []
    for connections in sorted({key[1] for key in results}):
        for method, other, least in RATIO_TARGETS:
            pairs = zip(
                results[method, connections, "sectiond"], results[method, connections, other]
            )
            ratio = statistics.median(a.requests_per_s / b.requests_per_s for a, b in pairs)
            table.append(
                {
                    "method": method,
                    "connections": connections,
                    "against": other,
                    "ratio": round(ratio, 3),
                    "target": least,
                    "met": ratio >= least,
                }
            )
    return table


def build_report(settings, results, idle, loaded, found, guessed, waits):
    idle = dict(idle, target=PRIVATE_TARGET_KIB, met=idle["private"] < PRIVATE_TARGET_KIB)
    table = ratios(results)
    return {
        "settings": settings,
        "measurements": measurements(results),
        "ratios": table,
        "idle_memory_kib": idle,
        "memory_after_load_kib": loaded,
        "search": found,
        "guessing": guessed,
        "waits_beside_slow_clients": waits,
        "met": idle["met"] and found["met"] and guessed["met"] and all(row["met"] for row in table),
    }


def verdict(met):
    return "ok" if met else "MISSED"


def as_text(report):
    lines = [
        f"{'':14}{'':10}{'requests/s':>12}{'least':>10}{'most':>10}{'p50 us':>9}{'p99 us':>9}"
    ]
    for row in report["measurements"]:
        what = f"{row['method']}, {row['connections']} conn."
        lines.append(
            f"{what:14}{row['server']:10}{row['requests_per_s']:>12,}{row['least']:>10,}"
            f"{row['most']:>10,}{row['p50_us']:>9}{row['p99_us']:>9}"
        )
    lines += ["", f"{'ratio of sectiond to':24}{'':10}{'is':>8}{'at least':>10}"]
    for row in report["ratios"]:
        what = f"{row['against']}, {row['method']}, {row['connections']} conn."
        lines.append(
            f"{what:34}{row['ratio']:>8.3f}{row['target']:>10.2f}  {verdict(row['met'])}"
        )
    idle, loaded = report["idle_memory_kib"], report["memory_after_load_kib"]
    lines += [
        "",
        f"memory of sectiond in KiB: idle private {idle['private']} (dirty {idle['Private_Dirty']}, "
        f"clean {idle['Private_Clean']}), RssAnon {idle['RssAnon']}, Pss {idle['Pss']}; "
        f"under {idle['target']}: {verdict(idle['met'])}",
        f"after the load: private {loaded['private']}, RssAnon {loaded['RssAnon']}, "
        f"Pss {loaded['Pss']}",
    ]
    lines.append(search.as_text(report["search"]))
    lines.append(guessing.as_text(report["guessing"]))
    lines.append(slow.as_text(report["waits_beside_slow_clients"]))
    others = report["settings"]["used_by_others"]
    lines.append(
        f"others used {others:.0%} of the processors meanwhile"
        + (": measure again when the machine is quiet" if others > QUIET_SHARE else "")
    )
    return "\n".join(lines)
