#!/usr/bin/env python3
"""Writes the rows that window_retract.job must give, computed from its input file alone: the first
windows as the lists of their rows, then the second ones as the lists of what the first give in the
end.

Usage: make_window_retract.py [--check]
"""
import collections
import csv
import io

from golden_sections import read, write_tables
from make_window_rows import bounds, cumulations, hops, millis, stamp

JOB = "window_retract.job"
SECOND = 1000
FIRST = 5 * SECOND
NEVER = -(1 << 60)


def rows_of(sections):
    """Each row, its time, and the watermark just before it."""
    watermark = NEVER
    for row in csv.DictReader(io.StringIO(dict(sections)["file in.csv"])):
        t = millis(row["at"])
        yield {"k": row["k"], "v": int(row["v"]) if row["v"] else None}, t, watermark
        watermark = max(watermark, t - 2 * SECOND)


def total(values):
    there = [value for value in values if value is not None]
    return sum(there) if there else None


def first_windows(rows, size, lateness):
    groups = collections.defaultdict(list)
    for row, t, watermark in rows:
        end = t - t % size + size
        if watermark < end + lateness - 1:
            groups[row["k"], end].append(row["v"])
    return [{"k": k, "time": end - 1, "n": len(values), "v": total(values)}
            for (k, end), values in groups.items()]


def second_windows(rows, make, windows, by=None):
    groups = collections.defaultdict(list)
    for row in rows:
        for window in windows(row["time"]):
            groups[row[by] if by else None, window].append(row)
    return [({by: key} if by else {}) | bounds(*window) | make(group)
            for (key, window), group in groups.items()]


def values(group):
    return [row["v"] for row in group if row["v"] is not None]


def greatest(row):
    return (row["v"] is None, -(row["v"] or 0), row["k"])


def first_rows(rows, key, limit, ties=False):
    """The first `limit` rows of each group by `v`, greatest first, each with its place."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for group in groups.values():
        group.sort(key=greatest)
        for place, row in enumerate(group):
            if place < limit or (ties and row["v"] == group[limit - 1]["v"]):
                yield row, place + 1


def in_window(row):
    end = row["time"] + 1
    return {"k": row["k"]} | bounds(end - FIRST, end) | {"n": row["n"], "v": row["v"]}


def tables(rows):
    few = [row for row in first_windows(rows, FIRST, 0) if row["n"] < 3]
    tumble = lambda t: hops(t, {"size": 10 * SECOND, "every": 10 * SECOND})
    ten = lambda t: next(tumble(t))
    by_n = second_windows(few, lambda group: {"rows": len(group), "v": total(values(group))},
                          tumble, "n")
    return {
        "closed": second_windows(few, lambda group: {
            "rows": len(group), "total": total(values(group)),
            "least": min(values(group), default=None), "kinds": len(set(values(group))),
            "keys": len({row["k"] for row in group})},
            lambda t: hops(t, {"size": 20 * SECOND, "every": 10 * SECOND}), "n"),
        "summed": second_windows(few, lambda group: {
            "total": total(values(group)), "most": max(row["n"] for row in group)},
            lambda t: cumulations(t, {"size": 20 * SECOND, "step": 10 * SECOND})),
        "updated": by_n,
        "every": by_n,
        "first": [in_window(row) for row, _ in
                  first_rows(few, lambda row: row["time"], 1, ties=True)],
        "ranked": [in_window(row) | {"place": place} for row, place in
                   first_rows(few, lambda row: (row["time"], row["n"]), 2)],
        "tens": [{"k": row["k"], "v": row["v"], "at": stamp(row["time"])}
                 | bounds(*ten(row["time"]))
                 for row, _ in first_rows(few, lambda row: ten(row["time"]), 2)],
        "after_late": second_windows(first_windows(rows, FIRST, 20 * SECOND), lambda group: {
            "total": total(values(group)), "rows": sum(row["n"] for row in group)}, tumble),
    }


def main():
    sections = read(JOB)
    write_tables(JOB, sections, tables(list(rows_of(sections))))


if __name__ == "__main__":
    main()
