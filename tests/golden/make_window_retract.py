#!/usr/bin/env python3
"""Writes the rows that window_retract.job must give, computed from its input file alone: the first
windows as the lists of their rows, then the second ones as the lists of what the first give in the
end.

Usage: make_window_retract.py [--check]
"""
import collections
import csv
import datetime
import io
import json
import pathlib
import sys

from golden_sections import read

JOB = pathlib.Path(__file__).resolve().parent / "window_retract.job"
EPOCH = datetime.datetime(1970, 1, 1)
SECOND = 1000
FIRST = 5 * SECOND
NEVER = -(1 << 60)


def stamp(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).isoformat(" ", "milliseconds")


def bounds(begin, end):
    return {"window_start": stamp(begin), "window_end": stamp(end), "window_time": stamp(end - 1)}


def rows_of(sections):
    """Each row, its time, and the watermark just before it."""
    watermark = NEVER
    for row in csv.DictReader(io.StringIO(dict(sections)["file in.csv"])):
        moment = datetime.datetime.fromisoformat(row["at"])
        t = round((moment - EPOCH).total_seconds() * 1000)
        yield {"k": row["k"], "v": int(row["v"]) if row["v"] else None}, t, watermark
        watermark = max(watermark, t - 2 * SECOND)


def total(values):
    there = [value for value in values if value is not None]
    return sum(there) if there else None


def first_windows(rows, lateness):
    groups = collections.defaultdict(list)
    for row, t, watermark in rows:
        end = t - t % FIRST + FIRST
        if watermark < end + lateness - 1:
            groups[row["k"], end].append(row["v"])
    return [{"k": k, "time": end - 1, "n": len(values), "v": total(values)}
            for (k, end), values in groups.items()]


def windows_of(t, size, step):
    begin = t - t % step
    while begin > t - size:
        yield begin, begin + size
        begin -= step


def cumulations_of(t, size, step):
    begin = t - t % size
    return [(begin, end) for end in range(begin + step, begin + size + 1, step) if end > t]


def second_windows(rows, make, windows, by=None):
    groups = collections.defaultdict(list)
    for row in rows:
        for window in windows(row["time"]):
            groups[row[by] if by else None, window].append(row)
    return [({by: key} if by else {}) | bounds(*window) | make(group)
            for (key, window), group in groups.items()]


def values(group):
    return [row["v"] for row in group if row["v"] is not None]


def tables(rows):
    few = [row for row in first_windows(rows, 0) if row["n"] < 3]
    tumble = lambda t: windows_of(t, 10 * SECOND, 10 * SECOND)
    by_n = second_windows(few, lambda group: {"rows": len(group), "v": total(values(group))},
                          tumble, "n")
    return {
        "closed": second_windows(few, lambda group: {
            "rows": len(group), "total": total(values(group)),
            "least": min(values(group), default=None), "kinds": len(set(values(group))),
            "keys": len({row["k"] for row in group})},
            lambda t: windows_of(t, 20 * SECOND, 10 * SECOND), "n"),
        "summed": second_windows(few, lambda group: {
            "total": total(values(group)), "most": max(row["n"] for row in group)},
            lambda t: cumulations_of(t, 20 * SECOND, 10 * SECOND)),
        "updated": by_n,
        "every": by_n,
        "after_late": second_windows(first_windows(rows, 20 * SECOND), lambda group: {
            "total": total(values(group)), "rows": sum(row["n"] for row in group)}, tumble),
    }


def main():
    sections = read(JOB.name)
    found = tables(list(rows_of(sections)))
    text = ""
    for i, (name, body) in enumerate(sections):
        if name.startswith("table "):
            lines = sorted(json.dumps(row, separators=(",", ":")) for row in found[name[6:]])
            body = "".join(line + "\n" for line in lines)
        text += (f"--- {name}\n" if i else "") + body
    if "--check" in sys.argv[1:]:
        if text != JOB.read_text():
            sys.exit("window_retract.job has other rows than this script computes")
        return
    JOB.write_text(text)


if __name__ == "__main__":
    main()
