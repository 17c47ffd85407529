#!/usr/bin/env python3
"""Writes the rows that aligned_sources.job must give, computed from its input files alone.

Usage: make_aligned_sources.py [--check]
"""
import csv
import datetime
import io

from golden_sections import read, write_tables

JOB = "aligned_sources.job"


def text(hour):
    return hour.strftime("%Y-%m-%d %H:%M:%S.000")


def main():
    sections = read(JOB)
    hours = {}
    for name in ("jumps.csv", "ends.csv"):
        for row in csv.DictReader(io.StringIO(dict(sections)[f"file {name}"])):
            hour = datetime.datetime.fromisoformat(row["at"]).replace(minute=0, second=0)
            hours.setdefault(hour, []).append(int(row["n"]))
    last = datetime.timedelta(hours=1)
    write_tables(JOB, sections, {"out": [
        {"window_start": text(hour), "window_end": text(hour + last),
         "window_time": text(hour + last - datetime.timedelta(milliseconds=1))[:-3] + "999",
         "c": len(numbers), "total": sum(numbers)} for hour, numbers in hours.items()]})


if __name__ == "__main__":
    main()
