#!/usr/bin/env python3
"""Writes the rows that the golden jobs of windows must give, computed from their input files alone:
every row by itself, every window as the list of its rows, nothing shared and nothing merged.

Usage: make_window_rows.py [--check]
"""
import collections
import csv
import datetime
import io
import json
import pathlib
import sys

from golden_sections import read

HERE = pathlib.Path(__file__).resolve().parent
MS = 1
SECOND = 1000
DAY = 86_400_000
EPOCH = datetime.datetime(1970, 1, 1)


def millis(text):
    return round((datetime.datetime.fromisoformat(text) - EPOCH).total_seconds() * 1000)


def stamp(ms):
    moment = EPOCH + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def bounds(begin, end):
    return {"window_start": stamp(begin), "window_end": stamp(end), "window_time": stamp(end - MS)}


def rows_of(job):
    """Each row with its time and the watermark of its (only) split just before it."""
    text = next(text for name, text in job["sections"] if name == "file in.csv")
    highest = None
    for row in csv.DictReader(io.StringIO(text)):
        t = millis(row["at"])
        yield row, t, None if highest is None else highest - job.get("out_of_order", 0)
        highest = t if highest is None else max(highest, t)


def is_over(end, watermark, job):
    return watermark is not None and watermark >= end + job.get("lateness", 0) - MS


def hops(t, job):
    begin = (t - job.get("offset", 0)) // job["every"] * job["every"] + job.get("offset", 0)
    while begin > t - job["size"]:
        yield begin, begin + job["size"]
        begin -= job["every"]


def cumulations(t, job):
    offset = job.get("offset", 0)
    begin = (t - offset) // job["size"] * job["size"] + offset
    for end in range(begin + job["step"], begin + job["size"] + 1, job["step"]):
        if end > t:
            yield begin, end


def windowed(job, windows_of, order):
    """`order`: of a window's keys, by their rows' (slice, first window that they count for)."""
    windows = collections.defaultdict(lambda: collections.defaultdict(list))
    first = collections.defaultdict(lambda: collections.defaultdict(list))
    length = job["slice"]
    late = []
    for number, (row, t, watermark) in enumerate(rows_of(job)):
        here = sorted(w for w in windows_of(t, job) if not is_over(w[1], watermark, job))
        if not here:
            late.append(row)
        place = order((t - job["offset"]) // length, here[0][1]) if here else None
        for window in here:
            windows[window][row["k"]].append(row)
            first[window][row["k"]].append((place, number))
    out = []
    for window in sorted(windows, key=lambda w: w[1]):
        for key in sorted(windows[window], key=lambda key: min(first[window][key])):
            out.append((key, *window, windows[window][key]))
    return out, late


def sessions(job):
    """A session is (begin, end, rows, key); a row sees those that its watermark has not closed."""
    live = collections.defaultdict(list)
    late = []
    for row, t, watermark in rows_of(job):
        begin, end, rows = t, t + job["gap"], [row]
        apart = []
        for other in live[row["k"]]:
            closed = is_over(other[1], watermark, job)
            if not closed and other[0] <= t + job["gap"] and t <= other[1]:
                begin, end, rows = min(begin, other[0]), max(end, other[1]), other[2] + rows
            else:
                apart.append(other)
        if is_over(end, watermark, job):
            late.append(row)
        else:
            live[row["k"]] = apart + [(begin, end, rows)]
    out = [(key, *session) for key, found in live.items() for session in found]
    return sorted(out, key=lambda s: s[2]), late


def sums(key, begin, end, rows):
    values = [int(row["v"]) for row in rows]
    return {"k": key or None, **bounds(begin, end), "n": len(rows), "total": sum(values),
            "kinds": len(set(values)), "least": min(values)}


def late_rows(rows):
    return [{"k": row["k"] or None, "at": stamp(millis(row["at"])), "v": int(row["v"])}
            for row in rows]


def event_time(windows):
    def make(job):
        out, late = windows(job)
        return {"out": [sums(*one) for one in out], "late": late_rows(late)}
    return make


def of_all_time(job):
    """Windows by the clock that are far longer than the test: how many rows each key has."""
    counts = collections.Counter(row["k"] for row, _, _ in rows_of(job))
    return {name: [{"k": key, "n": counts[key]} for _ in range(times) for key in keys]
            for name, (times, keys) in job["windows"].items()}


JOBS = {
    "hop_uneven.job": {
        "make": event_time(lambda job: windowed(job, hops, lambda *by: by)),
        "size": 7 * SECOND, "every": 3 * SECOND, "slice": 1 * SECOND, "offset": 1 * SECOND,
        "out_of_order": 2 * SECOND, "lateness": 1 * SECOND,
    },
    "cumulate.job": {
        "make": event_time(lambda job: windowed(job, cumulations, lambda *by: by[::-1])),
        "size": 10 * SECOND, "step": 2 * SECOND, "slice": 2 * SECOND, "offset": 1 * SECOND,
        "out_of_order": 2 * SECOND, "lateness": 1 * SECOND,
    },
    "session.job": {
        "make": event_time(sessions),
        "gap": 5 * SECOND, "out_of_order": 4 * SECOND, "lateness": 2 * SECOND,
    },
    "processing_time.job": {
        "make": of_all_time,
        "windows": {"tumble": (1, "abc"), "hop": (2, "abc"), "cumulate": (1, "abc"),
                    "session": (1, "a")},
    },
}


def main():
    check = "--check" in sys.argv
    same = True
    for name, job in JOBS.items():
        sections = job["sections"] = read(name)
        outputs = job["make"](job)
        text = ""
        for section, body in sections:
            if section.startswith("output "):
                rows = outputs[section[len("output "):]]
                body = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
            text += (f"--- {section}\n" if section else "") + body
        same = same and text == (HERE / name).read_text()
        if not check:
            (HERE / name).write_text(text)
    if check and not same:
        sys.exit("the rows in the golden jobs of windows are not those of this script")


if __name__ == "__main__":
    main()
