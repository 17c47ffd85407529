#!/usr/bin/env python3
"""What two TaskManagers as processes of this machine cost and give, beside the job in one process.

    tools/bench/cluster_bench.py [--flinkc FLINKC] [--runs N] [LINE ...]

Lines: throughput (q5's count, both ways), shuffle (rows of 200 bytes to other processes), latency
(from a source to a sink behind an exchange, 100,000 rows a second), recovery (from kill -9 of a
TaskManager until rows flow again). A job's time is that of its whole command.
"""
import argparse
import collections
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 30
ROWS_A_SECOND = 100_000
RECOVERIES = 5
# From the point of view of a row: its columns and nothing else.
SHUFFLED_ROW_BYTES = 200

SHUFFLE = """flinkc: 1
job: {name: shuffle}
sources:
  rows:
    connector: datagen
    options: {rows: %(rows)d, fields: {k: {kind: sequence}}}
    schema: {k: BIGINT NOT NULL}
streams:
  keyed:
    from: rows
    select: {g: "MOD(k, 1000)", text: "CASE WHEN MOD(k, 3) = 0 THEN '%(a)s' ELSE '%(b)s' END"}
  last: {from: keyed, aggregate: {emit: end, by: [g], compute: {n: count(*), most: max(text)}}}
sinks:
  out: {from: last, connector: blackhole}
"""

LATENCY = """flinkc: 1
job: {name: latency}
sources:
  rows:
    connector: datagen
    options: {rows: %(rows)d, rows_per_second: %(rate)d, fields: {k: {kind: sequence}}}
    schema: {k: BIGINT NOT NULL}
streams:
  # Behind the first second, in which the channels are made.
  warm: {from: rows, filter: k > %(rate)d}
  begun: {from: warm, select: {k: k, begun: CURRENT_TIMESTAMP}}
  # Another parallelism: half of the rows go to the other process.
  passed:
    from: begun
    parallelism: 1
    select: {millis: "TIMESTAMPDIFF(MILLISECOND, begun, CURRENT_TIMESTAMP)"}
sinks:
  out: {from: passed, connector: console, format: json}
"""

ENDLESS = """flinkc: 1
job: {name: endless}
sources:
  rows:
    connector: datagen
    options: {rows_per_second: 200000, fields: {k: {kind: sequence}}}
    schema: {k: BIGINT NOT NULL}
streams:
  keyed: {from: rows, select: {g: "MOD(k, 100000)"}}
  counts: {from: keyed, aggregate: {by: [g], compute: {n: count(*)}}}
sinks:
  out: {from: counts, connector: blackhole}
"""


class Cluster:
    """A JobManager and TaskManagers of one slot each."""

    def __init__(self, flinkc, directory, task_managers):
        self.flinkc = flinkc
        self.directory = directory
        self.processes = {}
        self.spawn('jobmanager', 'jobmanager', '--listen', '127.0.0.1:0', '--rest', '127.0.0.1:0')
        self.listen = self.said('jobmanager', r'listens for TaskManagers on (\S+)\n')
        self.rest = self.said('jobmanager', r'REST at http://(\S+)\n')
        for number in range(task_managers):
            self.spawn(f'tm-{number}', 'taskmanager', '--connect', self.listen, '--id',
                       f'tm-{number}', '--slots', '1')
        self.until(lambda: self.get('/overview')['taskmanagers'] == task_managers)

    def spawn(self, name, *arguments):
        with open(self.directory / f'{name}.log', 'wb') as log:
            self.processes[name] = subprocess.Popen([self.flinkc, *arguments], stdout=log,
                                                    stderr=log, stdin=subprocess.DEVNULL)

    def said(self, name, pattern):
        log = self.directory / f'{name}.log'
        return self.until(lambda: re.search(pattern, log.read_text()))[1]

    def get(self, path):
        with urllib.request.urlopen(f'http://{self.rest}{path}', timeout=10) as answer:
            return json.load(answer)

    @staticmethod
    def until(condition):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.01)
        sys.exit('cluster_bench: the cluster does not do what it should')

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


def seconds_of(command):
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f'cluster_bench: {" ".join(map(str, command))}: {done.stdout.decode()}')
    return time.monotonic() - begun


class Bench:
    def __init__(self, flinkc, runs, directory):
        self.flinkc = flinkc
        self.runs = runs
        self.directory = directory

    def cluster(self, task_managers=2):
        return Cluster(self.flinkc, self.directory, task_managers)

    def spec(self, template, **values):
        path = self.directory / 'job.yaml'
        path.write_text(template % values)
        return path

    def both(self, spec, *options):
        """Seconds in one process and in a cluster, the best of the runs, which take turns."""
        options = [*options, '-D', 'parallelism.default=2']
        cluster = self.cluster()
        try:
            alone, together = [], []
            for _ in range(self.runs):
                alone.append(seconds_of([self.flinkc, 'run', spec, *options]))
                together.append(seconds_of([self.flinkc, 'submit', '-m', cluster.rest, spec,
                                            *options]))
            return min(alone), min(together)
        finally:
            cluster.stop()

    def throughput(self):
        events = 150_000_000
        alone, together = self.both(ROOT / 'specs/nexmark/q5_count.yaml', '-p', f'events={events}',
                                    '-p', 'rate=1000000')
        print(f"q5's count: {events / alone / 1e6:.1f} M events/s in one process, "
              f'{events / together / 1e6:.1f} in two: {alone / together:.2f}')

    def shuffle(self):
        rows = 50_000_000
        texts = {letter: letter * (SHUFFLED_ROW_BYTES - 8) for letter in 'ab'}
        alone, together = self.both(self.spec(SHUFFLE, rows=rows, **texts))
        crossed = rows * SHUFFLED_ROW_BYTES / 2 / 1e9
        print(f'shuffle: {crossed / together:.2f} GB/s of rows between two processes '
              f'({rows / together / 1e6:.2f} M rows/s; {rows / alone / 1e6:.2f} in one process)')

    def latency(self):
        spec = self.spec(LATENCY, rows=ROWS_A_SECOND * 10, rate=ROWS_A_SECOND)
        cluster = self.cluster()
        try:
            seconds_of([self.flinkc, 'submit', '-m', cluster.rest, spec, '-D',
                        'parallelism.default=2'])
            counts = collections.Counter()
            for name in ('tm-0', 'tm-1'):
                with open(self.directory / f'{name}.log', encoding='utf-8') as log:
                    counts.update(int(row[1]) for row in
                                  (re.search(r'"millis":(-?\d+)', line) for line in log)
                                  if row)
        finally:
            cluster.stop()
        total = sum(counts.values())
        passed, quantiles = 0, {}
        for millis in sorted(counts):
            passed += counts[millis]
            for share in (0.5, 0.99, 0.999):
                if passed >= share * total:
                    quantiles.setdefault(share, millis)
        print(f'latency at {ROWS_A_SECOND} rows/s: ' + ', '.join(
            f'p{100 * share:g} {millis} ms' for share, millis in quantiles.items())
            + f' ({total} rows)')

    def recovery(self):
        seconds = []
        for _ in range(RECOVERIES):
            cluster = self.cluster(3)
            try:
                job = self.start_endless(cluster)
                victim = next(iter({task['taskmanager-id'] for vertex in
                                    cluster.get(f'/jobs/{job}')['vertices'] for task in
                                    cluster.get(f'/jobs/{job}/vertices/{vertex["id"]}')['subtasks']}))
                begun = time.monotonic()
                cluster.processes[victim].send_signal(signal.SIGKILL)
                cluster.until(lambda: cluster.get(f'/jobs/{job}')['state'] != 'RUNNING')
                cluster.until(lambda: cluster.get(f'/jobs/{job}')['state'] == 'RUNNING')
                before = self.rows_read(cluster, job)
                cluster.until(lambda: min(now - then for now, then in
                                          zip(self.rows_read(cluster, job), before)) > 0)
                seconds.append(time.monotonic() - begun)
            finally:
                cluster.stop()
        print('recovery: rows flow again after ' + ', '.join(f'{s:.2f}' for s in sorted(seconds))
              + ' s')

    def start_endless(self, cluster):
        checkpoints = self.directory / f'checkpoints-{time.monotonic_ns()}'
        command = [self.flinkc, 'submit', '-m', cluster.rest, self.spec(ENDLESS), '--detached']
        for option in ('parallelism.default=2', f'execution.checkpointing.dir={checkpoints}',
                       'execution.checkpointing.interval=500ms',
                       'restart-strategy.type=fixed-delay',
                       'restart-strategy.fixed-delay.attempts=10',
                       'restart-strategy.fixed-delay.delay=100ms'):
            command += ['-D', option]
        submitted = subprocess.run(command, capture_output=True, text=True, check=True)
        job = re.search(r'[0-9a-f]{32}', submitted.stdout + submitted.stderr)[0]
        cluster.until(lambda: cluster.get(f'/jobs/{job}/checkpoints')['counts']['completed'] > 1)
        return job

    @staticmethod
    def rows_read(cluster, job):
        """By vertex."""
        return [vertex['metrics']['read-records'] for vertex in
                cluster.get(f'/jobs/{job}')['vertices']]


def main():
    lines = ['throughput', 'shuffle', 'latency', 'recovery']
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--flinkc', type=pathlib.Path, default=ROOT / 'build/release/bin/flinkc')
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('lines', nargs='*', metavar='LINE', help=f'of {", ".join(lines)}')
    arguments = parser.parse_args()
    unknown = set(arguments.lines) - set(lines)
    if unknown:
        parser.error(f'there is no line {", ".join(sorted(unknown))}')
    with tempfile.TemporaryDirectory(prefix='cluster_bench_') as name:
        bench = Bench(arguments.flinkc, arguments.runs, pathlib.Path(name))
        for line in arguments.lines or lines:
            getattr(bench, line)()


if __name__ == '__main__':
    main()
