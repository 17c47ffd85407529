#!/usr/bin/env python3
"""`flinkc top` and `flinkc logs`, as a user looks at a cluster with them.

    watch_test.py FLINKC SPECS
"""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

from cluster_case import WATCHED, Cluster, expect, outcome



def run(cluster, *arguments, code=0):
    done = subprocess.run([cluster.flinkc, *arguments, '-m', cluster.rest], capture_output=True,
                          text=True, timeout=60, check=False)
    expect(done.returncode == code, f'{arguments}: {done.returncode}: {done.stderr}')
    return done.stdout if code == 0 else done.stderr


def top_once(cluster):
    deadline = time.monotonic() + 30
    while True:
        look = json.loads(run(cluster, 'top', '--once', '--format', 'json'))
        source, sums = look['vertices']
        # One source of 2,000 rows a second for each of two subtasks.
        if 1000 < sums['numRecordsInPerSecond'] < 8000 and source['numRecordsOutPerSecond'] > 1000:
            break
        expect(time.monotonic() < deadline, f'no rates: {look}')
        time.sleep(0.1)
    expect(look['name'] == 'watched' and look['state'] == 'RUNNING', look)
    for vertex in look['vertices']:
        shares = [vertex[kind] for kind in ('busyPercent', 'idlePercent', 'backPressuredPercent')]
        expect(0 < sum(shares) <= 100.5, vertex)
    table = run(cluster, 'top', 'watched', '--once').splitlines()
    expect(table[0].startswith(f'watched ({look["jid"]}): RUNNING for '), table)
    expect(table[1].split() == ['tasks', 'state', 'rows', 'in/s', 'rows', 'out/s', 'busy%', 'idle%',
                                'held%', 'watermark', '(UTC)', 'vertex'], table)
    expect(len(table) == 4 and all(line.split()[:2] == ['2', 'RUNNING'] for line in table[2:]),
           table)
    expect(all(line.index('vertex') == table[2].index(source['name'])
               for line in table[1:2]), table)
    print('\n'.join(table))


def top_live(cluster):
    """In a terminal it is drawn anew until Ctrl-C, which leaves the job alone."""
    terminal, theirs = pty.openpty()
    process = subprocess.Popen([cluster.flinkc, 'top', '-m', cluster.rest, '--interval', '100ms'],
                               stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    seen = b''
    while seen.count(b'\x1b[H') < 3:
        seen += os.read(terminal, 65536)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=30)[1]
    os.close(terminal)
    expect(process.returncode == 0 and not errors, errors)
    expect(b'Ctrl-C ends this, not the job' in seen, seen)
    expect(json.loads(run(cluster, 'top', '--once', '--format', 'json'))['state'] == 'RUNNING',
           'the job')
    # In a pipe there is nothing of a terminal.
    process = subprocess.Popen([cluster.flinkc, 'top', '-m', cluster.rest, '--interval', '100ms'],
                               stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(8)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    expect(sum(line.startswith('watched (') for line in lines) == 2, lines)
    expect(not any('\x1b' in line for line in lines), lines)


def logs(cluster):
    text = run(cluster, 'logs')
    expect(re.findall('^==> (.*) <==$', text, re.M) == ['jobmanager', 'tm-1', 'tm-2'], text)
    expect('REST at' in text and 'the TaskManager `tm-2` listens' in text, text)
    one = run(cluster, 'logs', 'tm-1')
    expect('tm-2` listens' not in one and 'tm-1` listens' in one, one)
    last = run(cluster, 'logs', 'tm-1', '-n', '1')
    expect(one.endswith(last) and last.count('\n') == 1, last)
    printed = run(cluster, 'logs', '--stdout', '-n', '3')
    rows = re.findall(r'^[+-]U {"k":\d', printed, re.M)
    expect(len(rows) == 6 and 'jobmanager' not in printed, printed)
    said = run(cluster, 'logs', 'tm-9', code=2)
    expect('no process `tm-9`; there are: jobmanager, tm-1, tm-2' in said, said)
    print(text)


def what_goes_wrong(cluster):
    said = run(cluster, 'top', 'nothing', code=2)
    expect('there is no job `nothing`; there are: watched' in said, said)
    said = run(cluster, 'top', '--interval', '1ms', code=2)
    expect('no duration of 100ms or more' in said, said)
    for verb in ('top', 'logs'):
        done = subprocess.run([cluster.flinkc, verb, '-m', '127.0.0.1:1'], capture_output=True,
                              text=True, timeout=60, check=False)
        expect(done.returncode == 4 and 'flinkc cluster start' in done.stderr, done)


def main():
    flinkc = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with Cluster(flinkc, directory / 'cluster', task_managers=2, slots=1) as cluster:
            def test():
                spec = directory / 'watched.yaml'
                spec.write_text(WATCHED)
                process = cluster.submit(spec, {}, {'parallelism.default': 2}, '--detached')
                expect(process.wait(timeout=60) == 0, 'submit')
                top_once(cluster)
                top_live(cluster)
                logs(cluster)
                what_goes_wrong(cluster)
                run(cluster, 'cancel', 'watched')
                ended = run(cluster, 'top', 'watched')
                expect(ended.startswith('watched (') and 'CANCELED' in ended, ended)

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
