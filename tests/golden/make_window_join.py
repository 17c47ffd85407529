#!/usr/bin/env python3
"""Prints what window_join.job must give: its two inputs, joined by loops."""
import collections
import csv
import datetime
import io
import json
import pathlib
import sys

TEXT = (pathlib.Path(__file__).parent / 'window_join.job').read_text()
OUT_OF_ORDER = 10_000
MINUTE = 60_000
EPOCH = datetime.datetime(2026, 1, 1)


def millis(text):
    parsed = datetime.datetime.strptime(text, '%Y-%m-%d %H:%M:%S.%f')
    return round((parsed - EPOCH).total_seconds() * 1000)


def text(at):
    return (EPOCH + datetime.timedelta(milliseconds=at)).isoformat(' ', 'milliseconds')


def rows(name, time):
    """The rows of a file, each with its time and the watermark before it."""
    part = TEXT.split(f'--- file {name}\n')[1].split('\n--- ')[0]
    latest = None
    for row in csv.DictReader(io.StringIO(part)):
        row['watermark'] = -10**18 if latest is None else latest - OUT_OF_ORDER
        row['time'] = millis(row[time])
        latest = row['time'] if latest is None else max(latest, row['time'])
        yield row


ORDERS = list(rows('orders.csv', 'made'))
VISITS = list(rows('visits.csv', 'seen'))


def windowed(side, offset=0):
    """Rows that are not late, with the end of their window."""
    for row in side:
        end = row['time'] - (row['time'] - offset) % MINUTE + MINUTE
        if row['watermark'] < end - 1:
            yield row, end


def matches(offset, holds):
    """(order, its end, the visits that match it), and (visit, end) without a match."""
    orders, visits = list(windowed(ORDERS, offset)), list(windowed(VISITS, offset))
    pairs = [(o, end, [v for v, other in visits if other == end and o['store'] and v['store']
                       and holds(o, v)]) for o, end in orders]
    matched = {id(v) for _, _, found in pairs for v in found}
    return pairs, [(v, end) for v, end in visits if id(v) not in matched]


def line(**columns):
    return json.dumps(columns, separators=(',', ':'))


def equal(o, v):
    return o['store'] == v['store']


def enough(o, v):
    return equal(o, v) and int(o['amount']) >= int(v['least'])


def hops(side, by_store):
    """Counts by (start, store) in windows of two minutes that begin every minute."""
    counts = collections.Counter()
    for row in side:
        start = row['time'] - row['time'] % MINUTE
        for begin in (start - MINUTE, start):
            if row['watermark'] < begin + 2 * MINUTE - 1:
                counts[begin, row['store'] if by_store else ''] += 1
    return counts


def sections():
    pairs, _ = matches(0, equal)
    inner = [(o, v, end) for o, end, found in pairs for v in found]
    yield 'inner', [line(id=int(o['id']), visit=int(v['visit']), window_start=text(end - MINUTE),
                         window_end=text(end)) for o, v, end in inner]
    pairs, alone = matches(0, enough)
    both = [line(id=int(o['id']), visit=int(v['visit']), window_end=text(end))
            for o, end, found in pairs for v in found]
    yield 'left', both + [line(id=int(o['id']), visit=None, window_end=text(end))
                          for o, end, found in pairs if not found]
    yield 'right', both + [line(id=None, visit=int(v['visit']), window_end=text(end))
                           for v, end in alone]
    yield 'semi', [line(id=int(o['id']), window_time=text(end - 1))
                   for o, end, found in pairs if found]
    yield 'anti', [line(id=int(o['id']), window_time=text(end - 1))
                   for o, end, found in pairs if not found]
    pairs, alone = matches(30_000, lambda o, v: o['store'].upper() == v['store'])
    yield 'full', ([line(id=int(o['id']), visit=int(v['visit']), window_end=text(end))
                    for o, end, found in pairs for v in found]
                   + [line(id=int(o['id']), visit=None, window_end=text(end))
                      for o, end, found in pairs if not found]
                   + [line(id=None, visit=int(v['visit']), window_end=text(end))
                      for v, end in alone])
    ordered, visited = hops(ORDERS, True), hops(VISITS, True)
    # An empty store is NULL, which equals nothing.
    known = [{key: n for key, n in counts.items() if key[1]} for counts in (ordered, visited)]
    yield 'both', ([line(store=store, orders=known[0].get((start, store)),
                         visits=known[1].get((start, store)), **{'from': text(start)})
                    for start, store in {**known[0], **known[1]}]
                   + [line(store=None, orders=n, visits=None, **{'from': text(start)})
                      for (start, store), n in ordered.items() if not store]
                   + [line(store=None, orders=None, visits=n, **{'from': text(start)})
                      for (start, store), n in visited.items() if not store])
    total = hops(VISITS, False)
    yield 'shares', [line(store=store or None, orders=n, of=total[start, ''],
                          window_start=text(start), window_time=text(start + 2 * MINUTE - 1))
                     for (start, store), n in ordered.items() if n <= total[start, '']]
    per_minute = collections.Counter(end - MINUTE for _, _, end in inner)
    yield 'per_minute', [line(window_start=text(start), n=n) for start, n in per_minute.items()]


for name, lines in sections():
    sys.stdout.write('\n'.join([f'--- table {name}', *sorted(lines)]) + '\n')
