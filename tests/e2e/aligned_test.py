#!/usr/bin/env python3
"""Sources that are read in step, over two TaskManagers: one that could be read at once waits for
one that comes slowly; checkpoints and savepoints pass it while it waits, it goes on from them, and
it drains.

    aligned_test.py FLINKC SPECS
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from cluster_case import Cluster, expect, outcome

# A thousand events are a second of event time: the slow source brings five of these in a second.
SPEC = '''flinkc: 1
job: {name: aligned, checkpoint: {every: 200ms, dir: CHECKPOINTS}}
sources:
  fast:
    connector: nexmark
    options: {events.num: FAST, first-event.rate: 1000, table: bid}
    event_time: {column: dateTime, align: {group: bids, max_drift: 20s, update_interval: 200ms}}
  slow:
    connector: nexmark
    options: {events.num: SLOW, first-event.rate: 1000, table: bid, rows_per_second: 5000}
    event_time: {column: dateTime, align: {group: bids, max_drift: 20s, update_interval: 200ms}}
streams:
  of_fast: {from: fast, select: {at: dateTime, fast: "1", slow: "0"}}
  of_slow: {from: slow, select: {at: dateTime, fast: "0", slow: "1"}}
  counts:
    from: [of_fast, of_slow]
    aggregate: {window: {tumble: 10s}, compute: {fast: sum(fast), slow: sum(slow)}}
sinks:
  out: {from: counts, connector: file, options: {path: OUT}, format: json}
'''
FAST = 2_000_000
SLOW = 60_000
# The drift that is allowed, what a batch brings, and what the slow source does until it is known.
DRIFT_MS_MAX = 20_000 + 5_000 + 5_000
OPTIONS = {'parallelism.default': 2}


def spec_in(directory, name, fast, slow):
    path = directory / f'{name}.yaml'
    text = SPEC.replace('CHECKPOINTS', str(directory / f'{name}-checkpoints'))
    text = text.replace('OUT', str(directory / f'{name}-out'))
    path.write_text(text.replace('FAST', str(fast)).replace('SLOW', str(slow)))
    return path


def flinkc(cluster, *arguments):
    done = subprocess.run([cluster.flinkc, *arguments, '-m', cluster.rest], capture_output=True,
                          text=True, timeout=120, check=False)
    expect(done.returncode == 0, f'{arguments}: {done.returncode}: {done.stderr}')
    return done.stdout


def submit(cluster, spec, *more):
    process = cluster.submit(spec, {}, OPTIONS, '--detached', *more)
    expect(process.wait(timeout=60) == 0, 'submit')


def vertices(cluster):
    look = json.loads(flinkc(cluster, 'top', cluster.job()['jid'], '--once', '--format', 'json'))
    return {vertex['name'].split('/')[0]: vertex for vertex in look['vertices']}


def source(cluster, name):
    return next(vertex for key, vertex in vertices(cluster).items() if key.startswith(name))


def wait_until_held(cluster):
    """The fast source waits, and is never far ahead; what top says of it."""
    deadline = time.monotonic() + 60
    held = 0
    while held < 5:
        fast = source(cluster, 'fast')
        expect(fast['watermarkAlignmentDriftMax'] <= DRIFT_MS_MAX, fast)
        held += fast['heldBack'] > 0
        expect(time.monotonic() < deadline, f'it is not held back: {fast}')
        time.sleep(0.05)
    slow = source(cluster, 'slow')
    expect(slow['heldBack'] == 0, slow)
    fast = source(cluster, 'fast')
    # By their own watermarks, too, a moment later.
    expect(fast['currentInputWatermark'] - slow['currentInputWatermark'] <= DRIFT_MS_MAX,
           f'{fast} {slow}')
    table = flinkc(cluster, 'top', cluster.job()['jid'], '--once')
    expect(' tasks wait for their group, up to ' in table, table)
    return table


def completed(cluster):
    counts = cluster.get(f'/jobs/{cluster.job()["jid"]}/checkpoints')['counts']
    return counts['completed']


def wait_for_end(cluster):
    deadline = time.monotonic() + 120
    while True:
        state = cluster.job()['state']
        if state == 'FINISHED':
            return
        expect(time.monotonic() < deadline and state not in ('FAILED', 'CANCELED'), state)
        time.sleep(0.1)


def rows(directory):
    found = []
    for path in sorted(directory.glob('part-*')):
        found += [json.loads(line) for line in path.read_text().splitlines()]
    return found


def sums(directory):
    found = rows(directory)
    return sum(row['fast'] for row in found), sum(row['slow'] for row in found), found


def run_to_end(cluster, directory):
    """A savepoint while it waits, and on from there to the end: every row counts once, and none is
    late."""
    spec = spec_in(directory, 'whole', FAST, SLOW)
    submit(cluster, spec)
    print(wait_until_held(cluster))
    before = completed(cluster)
    deadline = time.monotonic() + 30
    while completed(cluster) < before + 3:
        expect(time.monotonic() < deadline, 'no checkpoint passes a source that waits')
        time.sleep(0.05)
    said = flinkc(cluster, 'stop', cluster.job()['jid'], '-p', str(directory / 'savepoints'))
    savepoint = said.rsplit(maxsplit=1)[1]
    submit(cluster, spec, '--from-savepoint', savepoint)
    wait_until_held(cluster)
    # When the slow source has ended nobody waits for it any more.
    wait_for_end(cluster)
    fast, slow, _ = sums(directory / 'whole-out')
    # Of 50 events 46 are bids.
    expect((fast, slow) == (FAST // 50 * 46, SLOW // 50 * 46), f'{fast} {slow}')


def drain(cluster, directory):
    spec = spec_in(directory, 'drained', 0, 0)
    submit(cluster, spec)
    wait_until_held(cluster)
    flinkc(cluster, 'stop', cluster.job()['jid'], '--drain', '-p', str(directory / 'savepoints'))
    wait_for_end(cluster)
    fast, slow, found = sums(directory / 'drained-out')
    expect(found and fast > slow > 0, f'{fast} {slow}')
    # It read no further than it may, in windows of 10 s.
    begins = [row['window_start'] for row in found if row['slow'] == 0]
    expect(1 <= len(begins) <= 5, found[-8:])


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with Cluster(sys.argv[1], directory / 'cluster', task_managers=2, slots=1) as cluster:
            def test():
                run_to_end(cluster, directory)
                drain(cluster, directory)

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
