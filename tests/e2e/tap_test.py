#!/usr/bin/env python3
"""`flinkc tap`, as a user looks into a job with it: over a cluster of processes and over `flinkc
run`, at each kind of stream.

    tap_test.py FLINKC SPECS
"""
import collections
import csv
import io
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from cluster_case import Cluster, expect, outcome

# Each row can be checked by itself, from its number i. Its time is anywhere, so that some are late.
TAPPED = '''flinkc: 1
job: {name: tapped}
params: {rows: {type: BIGINT}, rate: {type: BIGINT}, dir: {type: STRING}}
sources:
  n:
    connector: datagen
    options:
      rows: "${rows}"
      rows_per_second: "${rate}"
      fields:
        i: {kind: sequence}
        at: {kind: random, min: "2020-01-01 00:00:00", max: "2020-01-01 01:00:00"}
    schema: {i: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}
    event_time: {column: at, out_of_order: 30m}
streams:
  widened: {from: n, extend: {w: i * 2}}
  chosen: {from: widened, filter: "MOD(i, 3) = 0"}
  checked:
    from: chosen
    on_error: route
    pipe:
      - extend: {q: "100 / MOD(i, 5)"}
      - filter: q > 30
  parts: {from: checked, route: {even: "MOD(i, 2) = 0", else: odd}}
  sums: {from: parts.even, aggregate: {by: [q], compute: {c: count(*), s: sum(w)}}}
  windows:
    from: parts.odd
    aggregate: {window: {tumble: 1m}, by: [q], compute: {c: count(*)}, late: route}
  clocked:
    from: parts.odd
    aggregate: {window: {tumble: 1s, on: processing_time}, by: [q], compute: {c: count(*)}}
  pairs:
    join: {inputs: {a: parts.odd, b: chosen}, kind: inner, match: a.i = b.i}
    pipe: [select: {i: a.i, q: a.q, w: b.w}]
sinks:
  totals: {from: sums, connector: blackhole}
  closed: {from: windows, connector: file, format: json, options: {path: "${dir}/closed"}}
  late: {from: windows.late, connector: file, format: json, options: {path: "${dir}/late"}}
  timed: {from: clocked, connector: blackhole}
  dead: {from: checked.errors, connector: blackhole}
  joined: {from: pairs, connector: file, format: json, options: {path: "${dir}/joined"}}
'''
FOREVER = {'rows': 10 ** 12, 'rate': 2000}


def number(row):
    return row['i'] % 3 == 0 and 'at' in row


def checked(row):
    return number(row) and row['i'] % 5 in (1, 2, 3) and row['q'] == 100 // (row['i'] % 5)


def sum_of(row):
    return set(row) == {'q', 'c', 's'} and row['q'] in (100, 50, 33)


# What holds of each row of a stream.
STREAMS = {
    'n': lambda row: set(row) == {'i', 'at'},
    'widened': lambda row: row['w'] == 2 * row['i'],
    'chosen': lambda row: number(row) and row['w'] == 2 * row['i'],
    'checked/extend': lambda row: number(row) and row['q'] == 100 // (row['i'] % 5),
    'checked': checked,
    'checked.errors': lambda row: row['step'] == 'checked/extend' and json.loads(
        row['row'])['i'] % 5 == 0,
    'dead': lambda row: 'division by zero' in row['message'],
    'parts.even': lambda row: checked(row) and row['i'] % 2 == 0,
    'parts.odd': lambda row: checked(row) and row['i'] % 2 == 1,
    'sums': sum_of,
    'totals': sum_of,
    'windows.late': lambda row: checked(row) and row['i'] % 2 == 1 and row['at'] < '2020-01-01 01',
    'clocked': lambda row: row['q'] in (100, 50, 33) and row['c'] > 0,
    'pairs': lambda row: set(row) == {'i', 'q', 'w'} and row['w'] == 2 * row['i'],
    'joined': lambda row: row['i'] % 6 == 3,
}


class User:
    """Commands against one REST server."""

    def __init__(self, flinkc, rest):
        self.flinkc = str(flinkc)
        self.rest = rest

    def run(self, *arguments, code=0):
        """Standard output, or with another code what was said."""
        done = subprocess.run([self.flinkc, *arguments, '-m', self.rest], capture_output=True,
                              text=True, timeout=60, check=False)
        expect(done.returncode == code, f'{arguments}: {done.returncode}: {done.stderr}')
        return done.stdout if code == 0 else done.stderr

    def begin(self, *arguments):
        return subprocess.Popen([self.flinkc, 'tap', *arguments, '-m', self.rest],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def each_stream(user):
    listed = user.run('tap', 'tapped')
    for name, holds in STREAMS.items():
        expect(re.search(rf'^{re.escape(name)} +\w+ \w', listed, re.M), f'{name} in {listed}')
        lines = user.run('tap', 'tapped', name, '--limit', '6', '--format', 'json').splitlines()
        expect(len(lines) == 6, f'{name}: {lines}')
        for line in lines:
            kind, text = re.fullmatch(r'(?:([+-][IUD]) )?(\{.*\})', line).groups()
            expect((kind is not None) == (name in ('sums', 'totals')), f'{name}: {line}')
            expect(holds(json.loads(text)), f'{name}: {line}')
    # Its only reader takes upserts, so that nobody is told what an update replaces.
    lines = user.run('tap', 'sums', '--limit', '8', '--format', 'json').splitlines()
    expect(all(line.startswith('+U') for line in lines), lines)
    print(listed)


def formats(user):
    table = user.run('tap', 'chosen', '--limit', '4').splitlines()
    expect(len(table) == 5 and table[0].split() == ['i', 'at', 'w'], table)
    expect(all(line[table[0].index('at'):].startswith('2020-01-01 00:') for line in table[1:]),
           table)
    text = user.run('tap', 'chosen', '--limit', '4', '--format', 'csv')
    rows = list(csv.DictReader(io.StringIO(text)))
    expect(len(rows) == 4 and all(int(row['w']) == 2 * int(row['i']) for row in rows), rows)
    text = user.run('tap', 'sums', '--limit', '3')
    expect(text.split()[0] == 'op' and re.search(r'^[+-]U', text, re.M), text)
    print('\n'.join(table))


def chosen_rows(user):
    def shown(stream, where):
        text = user.run('tap', stream, '--where', where, '--limit', '5', '--format', 'json')
        return [json.loads(line) for line in text.splitlines()]
    # By itself, on the way of a view, and of rows that are hard to come by.
    expect(all(row['i'] % 7 == 1 for row in shown('n', 'MOD(i, 7) = 1')), 'n')
    expect(all(row['w'] % 77 == 0 for row in shown('widened', 'MOD(w, 77) = 0')), 'widened')
    expect(all(row['i'] % 999 == 0 for row in shown('chosen', 'MOD(i, 999) = 0')), 'chosen')
    hours = shown('parts.odd', "extract(MINUTE FROM at) < 30 AND q = 50")
    expect(all(row['at'] < '2020-01-01 00:30' and row['q'] == 50 for row in hours), hours)
    said = user.run('tap', 'chosen', '--where', 'j = 1', code=2)
    expect('unknown column `j` in stream `chosen`' in said and '--where:1:1' in said, said)
    said = user.run('tap', 'chosen', '--where', 'i + 1', code=2)
    expect('BOOLEAN' in said, said)
    said = user.run('tap', 'chosen', '--where', 'count(*) > 1', code=2)
    expect('error[' in said, said)


def bounds(user):
    start = time.monotonic()
    user.run('tap', 'n', '--limit', '8', '--rate', '1')
    # Two tasks, each with a row at once and then one a second.
    expect(time.monotonic() - start > 2.5, 'the rate')
    for wrong in (['--rate', '0'], ['--limit', '0'], ['--format', 'xml'], ['--rate', '10001']):
        user.run('tap', 'n', *wrong, code=2)
    said = user.run('tap', 'nothing', 'n', code=2)
    expect('there is no job `nothing`; there are: tapped' in said, said)
    said = user.run('tap', 'tapped', 'chosne', code=2)
    expect('no stream `chosne`; did you mean `chosen`?' in said and 'parts.even' in said, said)
    done = subprocess.run([user.flinkc, 'tap', 'n', '-m', '127.0.0.1:1'], capture_output=True,
                          text=True, timeout=60, check=False)
    expect(done.returncode == 4, done)


def rows_read(cluster, job):
    return sum(vertex['metrics']['write-records']
               for vertex in cluster.get(f'/jobs/{job}')['vertices'])


def users_who_go(cluster, user, job):
    """With Ctrl-C, without a word, or who stand still: nobody waits for them."""
    process = user.begin('n', '--format', 'json')
    expect(json.loads(process.stdout.readline()), 'a row')
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    expect(process.returncode == 0, process.returncode)
    killed = user.begin('n')
    stopped = user.begin('n', '--rate', '10000')
    for process, signal_ in [(killed, signal.SIGKILL), (stopped, signal.SIGSTOP)]:
        process.stdout.readline()
        process.send_signal(signal_)
    before = rows_read(cluster, job)
    time.sleep(4)  # in which each task has more rows than are kept for one
    expect(rows_read(cluster, job) > before + 4000, 'the job goes on')
    stopped.send_signal(signal.SIGCONT)
    expect(json.loads(user.run('tap', 'n', '--limit', '1', '--format', 'json')), 'another one')
    stopped.send_signal(signal.SIGINT)
    text, said = stopped.communicate(timeout=30)
    expect(stopped.returncode == 0 and text.count('\n') > 1000, said)
    expect('came faster than they were fetched' in said, said)
    killed.communicate()


def restart_and_end(cluster, user, job):
    """The tap goes on with the next attempt of the job, and ends with it."""
    process = user.begin('chosen', '--format', 'json')
    numbers = []

    def more():
        numbers.append(json.loads(process.stdout.readline())['i'])
    while not numbers or numbers[-1] < 20_000:
        more()
    # Without checkpoints it begins anew.
    peak = numbers[-1]
    cluster.kill_task_manager(next(one['id'] for one in cluster.get('/taskmanagers')['taskmanagers']
                                   if one['freeSlots'] == 0))
    while numbers[-1] > peak / 2:
        more()
    for _ in range(5):
        more()
    expect(all(i % 3 == 0 for i in numbers), numbers)
    user.run('cancel', 'tapped')
    _, said = process.communicate(timeout=60)
    expect(process.returncode == 0 and 'the job has ended: it is CANCELED' in said, said)
    said = user.run('tap', job, 'n', code=4)
    expect('the job has ended already: it is CANCELED' in said, said)


def result(directory):
    return {sink: collections.Counter(line for part in (directory / sink).glob('part-*')
                                      for line in part.read_text().splitlines())
            for sink in ('closed', 'late', 'joined')}


def counted(rows):
    """Rows in windows, and late ones."""
    return sum(json.loads(line)['c'] * times for line, times in rows['closed'].items()) + sum(
        rows['late'].values())


def run_job(flinkc, spec, directory, rate):
    return subprocess.Popen(
        [flinkc, 'run', str(spec), '-p', 'rows=40000', '-p', f'rate={rate}', '-p',
         f'dir={directory}', '-D', 'parallelism.default=2'],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def same_results(flinkc, spec, directory):
    """All streams of one run are looked at, of the other none."""
    undisturbed = run_job(flinkc, spec, directory / 'undisturbed', 10 ** 6)
    said = undisturbed.communicate(timeout=120)[1]
    expect(undisturbed.returncode == 0, said)
    tapped = run_job(flinkc, spec, directory / 'tapped', 4000)
    line = ''
    while 'REST at' not in line:
        line = tapped.stderr.readline()
        expect(line, 'no REST server')
    user = User(flinkc, re.search(r'http://(\S+)', line)[1])
    names = ('n', 'widened', 'chosen', 'checked', 'checked.errors', 'parts.odd', 'sums', 'windows',
             'late', 'pairs')
    users = [user.begin(name, '--rate', '10000', '--format', 'json',
                        *(['--where', 'i >= 0'] if name == 'chosen' else [])) for name in names]
    shown = [process.communicate(timeout=120)[0].count('\n') for process in users]
    said = tapped.communicate(timeout=120)[1]
    expect(tapped.returncode == 0, said)
    # Windows close last, when the process is about to end.
    expect(all(count > 50 for name, count in zip(names, shown) if name != 'windows'), shown)
    expected, found = result(directory / 'undisturbed'), result(directory / 'tapped')
    expect(sum(expected['joined'].values()) > 100, 'few rows')
    expect(found['joined'] == expected['joined'], 'other results')
    # Which rows are late depends on how fast they come; that each counts once does not.
    expect(counted(found) == counted(expected), 'other results of windows')
    print(shown)


def main():
    flinkc = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        spec = directory / 'tapped.yaml'
        spec.write_text(TAPPED)
        with Cluster(flinkc, directory / 'cluster', task_managers=3, slots=1) as cluster:
            def test():
                process = cluster.submit(
                    spec, {**FOREVER, 'dir': directory / 'out'},
                    {'parallelism.default': 2, 'restart-strategy.type': 'fixed-delay',
                     'restart-strategy.fixed-delay.delay': '100ms'}, '--detached')
                job = process.communicate(timeout=60)[0].decode().strip()
                user = User(flinkc, cluster.rest)
                each_stream(user)
                formats(user)
                chosen_rows(user)
                bounds(user)
                users_who_go(cluster, user, job)
                restart_and_end(cluster, user, job)
                same_results(flinkc, spec, directory)

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
