#!/usr/bin/env python3
"""Writes the rows that match_navigation.job must give, computed from its input file alone: of each
row on, what is tried in the order that the pattern prefers.

Usage: make_match_navigation.py [--check]
"""
import csv
import io

from golden_sections import read, write_tables

JOB = "match_navigation.job"


def prev(xs, i, n=1):
    return xs[i - n] if i >= n else None


def less(a, b):
    return a is not None and b is not None and a < b


def turns(xs):
    at = 0
    while at < len(xs):
        end = at + 1
        while end < len(xs) and less(xs[end - 1], xs[end]):
            end += 1
        if not less(xs[at], prev(xs, at)) or end < at + 2:
            at += 1
            continue
        yield {"before": prev(xs, at), "long_before": prev(xs, at, 3), "lowest": xs[at],
               "highest": xs[end - 1], "half": (prev(xs, end - 1) + 1) // 2, "first": "DOWN",
               "last": "UP"}
        at = end


def pairs(xs):
    def holds(variable, i, before):
        if variable == "UP":
            return less(prev(xs, i, 2), xs[i])
        return less(xs[i], prev(xs, i)) and before != "DOWN"

    for at in range(len(xs) - 1):
        ways = [(first, last) for first in ("UP", "DOWN") for last in ("UP", "DOWN")
                if holds(first, at, None) and holds(last, at + 1, first)]
        if ways:
            first, last = ways[0]
            yield {"x": xs[at + 1], "two_before": prev(xs, at + 1, 2), "first": first,
                   "last": last, "outside": None, "up": "UP" if "UP" in ways[0] else None}


def main():
    sections = read(JOB)
    keys = {}
    for row in csv.DictReader(io.StringIO(dict(sections)["file in.csv"])):
        keys.setdefault(row["k"], []).append((row["t"], int(row["x"])))
    write_tables(JOB, sections, {
        name: [{"k": k} | row for k, rows in keys.items()
               for row in find([x for _, x in sorted(rows)])]
        for name, find in (("turns", turns), ("pairs", pairs))})


if __name__ == "__main__":
    main()
