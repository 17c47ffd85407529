#!/usr/bin/env python3
"""Writes the rows that session_updates.job must give, computed from its input file alone: sessions
as the lists of their rows, over what the streams before them give in the end.

Usage: make_session_changes.py [--check]
"""
import collections

from golden_sections import read, write_tables
from make_window_retract import NEVER, first_windows, rows_of, total, values
from make_window_rows import bounds

JOB = "session_updates.job"
SECOND = 1000


def sessions(rows, gap, by, lateness=0):
    """The sessions of (row, time, watermark), in the order in which the rows came: [(key, start,
    end, rows)]. A row joins those that its split's watermark has not closed."""
    keys = collections.defaultdict(list)
    for row, t, watermark in rows:
        made = [t, t + gap, [row]]
        apart = []
        for other in keys[row[by] if by else None]:
            is_open = other[1] + lateness - 1 > watermark
            if is_open and other[0] <= t + gap and t <= other[1]:
                made = [min(made[0], other[0]), max(made[1], other[1]), other[2] + made[2]]
            else:
                apart.append(other)
        if made[1] + lateness - 1 > watermark:
            keys[row[by] if by else None] = apart + [made]
    return [(key, *session) for key, group in keys.items() for session in group]


def never_late(rows):
    return [(row, row["time"], NEVER) for row in rows]


def table(made, by, make):
    return [({by: key} if by else {}) | bounds(start, end) | make(group)
            for key, start, end, group in made]


def tables(rows):
    def sums(group):
        return {"n": len(group), "total": total(values(group)), "kinds": len(set(values(group)))}

    def least(group):
        return {"n": len(group), "least": min(values(group), default=None)}

    each = sessions(rows, 5 * SECOND, "k")
    late = table(sessions(rows, 5 * SECOND, "k", 20 * SECOND), "k", least)
    few = never_late(row for row in first_windows(rows, 4 * SECOND, 20 * SECOND) if row["n"] < 3)
    all_keys = table(sessions(few, 4 * SECOND, None), None, lambda group: {
        "n": sum(row["n"] for row in group), "most": max(values(group), default=None)})
    of_sessions = never_late({"k": key, "time": end - 1} | sums(group)
                             for key, _, end, group in each)
    return {
        "each": table(each, "k", sums),
        "every": table(each, "k", sums),
        "late": late,
        "both": late,
        "closed": table(sessions(few, 6 * SECOND, "n"), "n", lambda group: {
            "rows": len(group), "total": total(values(group)),
            "least": min(values(group), default=None), "kinds": len(set(values(group))),
            "keys": len({row["k"] for row in group})}),
        "all_keys": all_keys,
        "all_every": all_keys,
        "sessions_of_sessions": table(sessions(of_sessions, 9 * SECOND, "kinds"), "kinds",
                                      lambda group: {
            "n": sum(row["n"] for row in group),
            "longest": max((row["total"] for row in group if row["total"] is not None),
                           default=None),
            "keys": len({row["k"] for row in group})}),
    }


def main():
    sections = read(JOB)
    write_tables(JOB, sections, tables(list(rows_of(sections))))


if __name__ == "__main__":
    main()
