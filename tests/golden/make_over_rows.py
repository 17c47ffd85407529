#!/usr/bin/env python3
"""Writes the rows that the golden jobs of `over` must give, computed from their input files alone:
of each row the list of the rows of its frame, by their definition, and nothing kept from one row to
the next.

Usage: make_over_rows.py [--check]
"""
import csv
import datetime
import io

from golden_sections import read, write_tables

OUT_OF_ORDER = 5000
FOREVER = 1 << 60
EPOCH = datetime.datetime(1970, 1, 1)


def rows_of(sections):
    """All rows as they come, and which of them are late."""
    rows, highest = [], -FOREVER
    for row in csv.DictReader(io.StringIO(dict(sections)["file in.csv"])):
        t = round((datetime.datetime.fromisoformat(row["at"]) - EPOCH).total_seconds() * 1000)
        rows.append({"k": row["k"] or None, "at": row["at"],
                     "v": int(row["v"]) if row["v"] else None, "item": row["item"],
                     "t": t, "late": t < highest - OUT_OF_ORDER})
        highest = max(highest, t)
    return rows


def own(row):
    return {name: row[name] for name in ("k", "at", "v", "item")}


def values(frame, column="v"):
    return [row[column] for row in frame if row[column] is not None]


def over(rows, compute, by="k", preceding=None, unit="range", by_clock=False):
    """compute(row, frame, all rows of the key up to it) gives the columns of each row."""
    result = []
    rows = rows if by_clock else sorted((r for r in rows if not r["late"]), key=lambda r: r["t"])
    for i, row in enumerate(rows):
        before = [j for j in range(i + 1) if by is None or rows[j][by] == row[by]]
        key = [rows[j] for j in before]
        if unit == "rows":
            frame = key[-1 - preceding:] if preceding is not None else key
        elif by_clock:
            frame = key
        else:
            peers = [r for r in rows if (by is None or r[by] == row[by]) and r["t"] <= row["t"]]
            frame = [r for r in peers if preceding is None or r["t"] >= row["t"] - preceding]
        result.append(own(row) | compute(row, frame, key))
    return result


def total(frame):
    return sum(values(frame)) if values(frame) else None


def least(frame):
    return min(values(frame), default=None)


def most(frame):
    return max(values(frame), default=None)


def lag(key, rows, column, otherwise=None):
    return key[-1 - rows][column] if len(key) > rows else otherwise


def rank(row, key, by_clock=False):
    return len(key) if by_clock else 1 + sum(1 for r in key if r["t"] < row["t"])


def dense_rank(row, key, by_clock=False):
    return len(key) if by_clock else len({r["t"] for r in key})


def share(row, frame):
    whole = total(frame)
    if whole is None or whole <= 0 or row["v"] is None:
        return None
    return 100 * row["v"] // whole


def best(frame):
    there = [row for row in frame if row["v"] is not None]
    return max(there, key=lambda row: row["v"])["item"] if there else None


def step(row, key):
    before = lag(key, 1, "v")
    return None if before is None or row["v"] is None else row["v"] - before


def over_rows(rows):
    return {
        "two": over(rows, lambda row, frame, key: {
            "n": len(frame), "m": len(values(frame)), "total": total(frame), "low": least(frame),
            "high": most(frame), "first": frame[0]["item"], "last": frame[-1]["item"]},
            preceding=2, unit="rows"),
        "late": [own(row) for row in rows if row["late"]],
        "own": over(rows, lambda row, frame, key: {"total": row["v"], "items": row["item"]},
                    preceding=0, unit="rows"),
        "before": over(rows, lambda row, frame, key: {
            "n": len(frame), "total": total(frame), "share": share(row, frame)}, unit="rows"),
        "all": over(rows, lambda row, frame, key: {
            "items": len({r["item"] for r in frame}),
            "big": sum(1 for r in frame if r["v"] is not None and r["v"] > 3)},
            by=None, preceding=3, unit="rows"),
    }


def over_range(rows):
    return {
        "three": over(rows, lambda row, frame, key: {
            "n": len(frame), "total": total(frame), "low": least(frame)}, preceding=3000),
        "now": over(rows, lambda row, frame, key: {"n": len(frame)}, preceding=0),
        "before": over(rows, lambda row, frame, key: {"n": len(frame), "high": most(frame)}),
        "placed": over(rows, lambda row, frame, key: {
            "n": len(frame), "place": len(key), "rank": rank(row, key),
            "dense": dense_rank(row, key)},
                       preceding=3000),
    }


def over_functions(rows):
    return {
        "before": over(rows, lambda row, frame, key: {
            "place": len(key), "rank": rank(row, key), "dense": 10 * dense_rank(row, key),
            "item_1": lag(key, 1, "item"), "v_2": lag(key, 2, "v"),
            "or_0": lag(key, 1, "v", 0), "step": step(row, key),
            "twice": None if total(frame) is None else 2 * total(frame)}, preceding=1, unit="rows"),
        "anew": over(rows, lambda row, frame, key: {
            "best": best(frame), "items": [r["item"] for r in frame], "n": len(frame),
            "place": len(key)}, preceding=2, unit="rows"),
        "anew_range": over(rows, lambda row, frame, key: {
            "items": [r["item"] for r in frame], "total": total(frame)}, preceding=4000),
    }


def over_clock(rows):
    by_rows = over(rows, lambda row, frame, key: {
        "n": len(frame), "total": total(frame), "item_1": lag(key, 1, "item"),
        "rank": rank(row, key, True), "dense": dense_rank(row, key, True)},
        preceding=1, unit="rows", by_clock=True)
    # The window of one minute loses what its split's watermark is behind.
    begin = EPOCH + datetime.timedelta(milliseconds=rows[0]["t"])
    bounds = {"window_start": begin, "window_end": begin + datetime.timedelta(minutes=1)}
    bounds["window_time"] = bounds["window_end"] - datetime.timedelta(milliseconds=1)
    minute = {name: time.isoformat(" ", "milliseconds") for name, time in bounds.items()}
    minute |= {"rows": len(rows), "total": sum(row["total"] or 0 for row in by_rows)}
    return {
        "rows": by_rows,
        "range": over(rows, lambda row, frame, key: {"n": len(frame), "low": least(frame)},
                      by_clock=True),
        "all": over(rows, lambda row, frame, key: {"n": len(frame)}, by_clock=True),
        "minutes": [minute],
    }


JOBS = {"over_rows.job": over_rows, "over_range.job": over_range,
        "over_functions.job": over_functions, "over_clock.job": over_clock}


def main():
    for name, make in JOBS.items():
        sections = read(name)
        write_tables(name, sections, make(rows_of(sections)))


if __name__ == "__main__":
    main()
