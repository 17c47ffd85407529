#!/usr/bin/env python3
"""Makes the expected results of specs/flights, specs/wordcount.yaml and specs/earthquakes.yaml from
their inputs alone, without flinkc: sorted JSON lines, one file for each sink.

Usage: make_expected.py [DIRECTORY]   (default: where this script lies)
"""
import collections
import csv
import datetime
import json
import math
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPECS = HERE.parent.parent.parent / "specs"
OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE


def write(name, rows):
    lines = sorted(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows)
    (OUT / name).write_text("".join(line + "\n" for line in lines))


def stamp(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def window(begin, length):
    end = begin + length
    return {
        "window_start": stamp(begin),
        "window_end": stamp(end),
        "window_time": stamp(end - datetime.timedelta(milliseconds=1)),
    }


def percentile(values, p):
    """Exact, linearly interpolated between the closest ranks."""
    ordered = sorted(values)
    position = p * (len(ordered) - 1)
    low, high = math.floor(position), math.ceil(position)
    if low == high:
        return float(ordered[low])
    return (high - position) * ordered[low] + (position - low) * ordered[high]


def flights():
    groups = collections.defaultdict(list)
    very_late = []
    with open(SPECS / "flights" / "flights.csv", newline="") as file:
        for row in csv.DictReader(file):
            delay = int(row["delay"])
            groups[(row["origin"], row["date"][:10])].append(delay)
            if delay > 180:
                very_late.append({
                    "date": row["date"], "delay": delay, "distance": int(row["distance"]),
                    "origin": row["origin"], "destination": row["destination"],
                })
    rows = []
    for (origin, day), delays in groups.items():
        begin = datetime.datetime.fromisoformat(day)
        rows.append({
            "origin": origin, **window(begin, datetime.timedelta(days=1)),
            "flights": len(delays),
            "delayed": sum(1 for delay in delays if delay > 15) / len(delays),
            "average_delay": sum(delays) / len(delays),
            "longest_delay": max(delays),
            "delay_95": percentile(delays, 0.95),
        })
    write("flights.punctuality.jsonl", rows)
    write("flights.very_late.jsonl", very_late)


def word_count():
    counts = collections.Counter()
    for path in sorted((SPECS / "data").glob("*.txt")):
        for line in path.read_text().splitlines():
            counts.update(word for word in re.findall("[a-z]+", line.lower()) if len(word) > 1)
    write("wordcount.out.jsonl", [{"word": word, "n": n} for word, n in counts.items()])


def earthquakes():
    size = datetime.timedelta(hours=6)
    delay = datetime.timedelta(hours=6)
    epoch = datetime.datetime(1970, 1, 1)
    groups = collections.defaultdict(list)
    late = []
    latest = None  # event time
    for line in (SPECS / "data" / "earthquakes.jsonl").read_text().splitlines():
        quake = json.loads(line)
        time = epoch + datetime.timedelta(milliseconds=quake["time"])
        begin = epoch + (time - epoch) // size * size
        # The watermark just before the row: late once it has reached the window's end less 1 ms.
        closes = begin + size - datetime.timedelta(milliseconds=1)
        if latest is not None and latest - delay >= closes:
            late.append({
                "id": quake["id"], "time": stamp(time), "mag": quake["mag"],
                "place": quake["place"], "net": quake["net"], "depth_km": quake["depth_km"],
            })
        else:
            groups[(quake["net"], begin)].append(quake["mag"])
        latest = time if latest is None else max(latest, time)
    rows = []
    for (net, begin), magnitudes in groups.items():
        known = [magnitude for magnitude in magnitudes if magnitude is not None]
        total = 0.0
        for magnitude in known:
            total += magnitude
        rows.append({
            "net": net, **window(begin, size),
            "quakes": len(magnitudes),
            "strongest": max(known) if known else None,
            "average": total / len(known) if known else None,
            "strong": sum(1 for magnitude in known if magnitude >= 4.5),
        })
    write("earthquakes.strongest.jsonl", rows)
    write("earthquakes.late.jsonl", late)


flights()
word_count()
earthquakes()
