#!/usr/bin/env python3
"""Writes the rows that match_subset.job must give, computed from its input file alone.

Usage: make_match_subset.py [--check]
"""
import csv
import datetime
import io

from golden_sections import read, write_tables

JOB = "match_subset.job"


def at(xs, i):
    return xs[i] if 0 <= i < len(xs) else None


def less(a, b):
    return a is not None and b is not None and a < b


def total(xs):
    known = [x for x in xs if x is not None]
    return sum(known) if known else None


def moves(xs, _):
    start = 0
    while start < len(xs):
        kinds = []
        i = start + 1
        while i < len(xs):
            if less(xs[i - 1], xs[i]):
                kinds.append("UP")
            elif less(xs[i], xs[i - 1]):
                kinds.append("DOWN")
            else:
                break
            i += 1
        # What neither rises nor falls is flat, if there is a number.
        if not kinds or i == len(xs) or xs[i] is None or xs[i] != xs[i - 1]:
            start += 1
            continue
        moved = xs[start + 1:i]
        yield {"began": moved[0], "ended": moved[-1], "kind": kinds[-1], "moves": len(moved),
               "total": total(moved), "ends": total([xs[start], xs[i]]), "second": at(moved, 1),
               "before": xs[start], "behind": at(xs, i + 1)}
        start = i


def peaks(xs, _):
    for i, x in enumerate(xs):
        if i > 0 and less(xs[i - 1], x) and less(at(xs, i + 1), x):
            yield {"x": x, "behind": at(xs, i + 1), "further": at(xs, i + 2), "who": None,
                   "here": "PEAK"}


def runs(xs, times):
    def holds(i):
        return xs[i] is None or (at(xs, i + 1) is not None and not less(xs[i + 1], xs[i]))

    start = 0
    while start < len(xs):
        end = start
        while (end < len(xs) and holds(end)
               and times[end] - times[start] <= datetime.timedelta(minutes=2)):
            end += 1
        if end == start:
            start += 1
            continue
        run = xs[start:end]
        yield {"n": len(run), "lowest": min((x for x in run if x is not None), default=None),
               "broken_by": at(xs, end), "last_but_one": run[-1] if len(run) > 1 else None}
        start = end


def main():
    sections = read(JOB)
    keys = {}
    for row in csv.DictReader(io.StringIO(dict(sections)["file in.csv"])):
        keys.setdefault(row["k"], []).append(
            (datetime.datetime.fromisoformat(row["t"]), int(row["x"]) if row["x"] else None))
    tables = {}
    for name, find in (("moves", moves), ("peaks", peaks), ("runs", runs)):
        tables[name] = []
        for k, rows in keys.items():
            rows.sort(key=lambda row: row[0])
            found = find([x for _, x in rows], [t for t, _ in rows])
            tables[name] += [{"k": k} | row for row in found]
    write_tables(JOB, sections, tables)


if __name__ == "__main__":
    main()
