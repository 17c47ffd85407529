#!/usr/bin/env python3
"""Writes the rows that two_phase.job must give, computed from its input alone: every window as the
list of its rows, nothing accumulated apart and nothing merged.

Usage: make_two_phase_rows.py [--check]
"""
import collections
import csv
import io

from golden_sections import read, write_tables
from make_window_rows import bounds, cumulations, hops, is_over, late_rows, millis

SECOND = 1000
JOB = "two_phase.job"
OUT_OF_ORDER = 1 * SECOND


def values(rows):
    return [int(row["v"]) for row in rows if row["v"]]


def total(numbers):
    return sum(numbers) if numbers else None


def tumbled(rows):
    found = values(rows)
    cut = None
    if found:  # towards zero
        cut = abs(sum(found)) // len(found) * (1 if sum(found) >= 0 else -1)
    return {"n": len(rows), "counted": len(found), "total": total(found),
            "least": min(found, default=None), "most": max(found, default=None), "mean": cut,
            "big": total([v for v in found if v > 10])}


def windowed(rows, windows_of, job, results):
    """What each window of each key gives, and the rows that are late for all of theirs."""
    windows = collections.defaultdict(list)
    late = []
    highest = None
    for row in rows:
        t = millis(row["at"])
        watermark = None if highest is None else highest - OUT_OF_ORDER
        highest = t if highest is None else max(highest, t)
        here = [w for w in windows_of(t, job) if not is_over(w[1], watermark, job)]
        for window in here:
            windows[row["k"] or None, window].append(row)
        if not here:
            late.append(row)
    return [{"k": key, **bounds(*window), **results(found)}
            for (key, window), found in windows.items()], late


def of_keys(rows, results):
    keys = collections.defaultdict(list)
    for row in rows:
        keys[row["k"] or None].append(row)
    return [{"k": key, **results(found)} for key, found in keys.items()]


def tables(rows):
    out = {}
    five = {"size": 5 * SECOND, "every": 5 * SECOND}
    out["tumbled"], late = windowed(rows, hops, five, tumbled)
    out["routed"], _ = windowed(rows, hops, five, lambda found: {"n": len(found)})
    out["late"] = [{**row, "v": v} for row, v in zip(
        late_rows([{**row, "v": 0} for row in late]),
        [int(row["v"]) if row["v"] else None for row in late])]
    out["hopped"], _ = windowed(
        rows, hops, {"size": 6 * SECOND, "every": 2 * SECOND, "lateness": 1 * SECOND},
        lambda found: {"n": len(found), "total": total(values(found))})
    out["cumulated"], _ = windowed(
        rows, cumulations, {"size": 6 * SECOND, "step": 3 * SECOND},
        lambda found: {"n": len(found), "least": min(values(found), default=None)})
    out["at_end"] = of_keys(
        rows, lambda found: {"n": len(found), "total": total(values(found))})
    out["kinds"] = of_keys(rows, lambda found: {"kinds": len(set(values(found)))})
    return out


def main():
    sections = read(JOB)
    write_tables(JOB, sections,
                 tables(list(csv.DictReader(io.StringIO(dict(sections)["file in.csv"])))))


if __name__ == "__main__":
    main()
