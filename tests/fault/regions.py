#!/usr/bin/env python3
"""A job whose parts have nothing to do with each other: what is lost of one starts again, the
others go on as if nothing had happened, and what both have written is exact.

    regions.py FLINKC
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from cluster import Cluster
from workloads import Failure

ROWS = 24_000
GROUPS = 100
SECONDS = 60
OPTIONS = {
    'parallelism.default': 2,
    'execution.checkpointing.interval': '300ms',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': 10,
    'restart-strategy.fixed-delay.delay': '100ms',
}


def write_spec(directory, rows_per_second):
    """Two tasks without an exchange, which are a region each, and four that are one."""
    rate = f'rows_per_second: {rows_per_second}, ' if rows_per_second else ''
    source = f'''
    connector: datagen
    options: {{{rate}rows: {ROWS}, fields: {{i: {{kind: sequence}}}}}}
    schema: {{i: BIGINT NOT NULL}}'''
    output = directory / 'output'
    spec = directory / 'parts.yaml'
    spec.write_text(f'''flinkc: 1
job: {{name: parts}}
sources:
  n:{source}
  m:{source}
streams:
  apart: {{from: n, select: {{i: i}}}}
  keyed: {{from: m, select: {{k: "MOD(i, {GROUPS})", i: i}}}}
  sums: {{from: keyed, aggregate: {{by: [k], compute: {{c: count(*), s: sum(i)}}, emit: end}}}}
sinks:
  apart: {{from: apart, connector: file, options: {{path: "{output}/apart"}}, format: json}}
  sums: {{from: sums, connector: file, options: {{path: "{output}/sums"}}, format: json}}
''')
    return spec


def rows_in(directory):
    rows = collections.Counter()
    for path in directory.glob('part-*'):
        rows.update(path.read_text().splitlines())
    return rows


def check_output(directory):
    output = directory / 'output'
    apart = rows_in(output / 'apart')
    want = collections.Counter(f'{{"i":{i}}}' for i in range(ROWS))
    if apart != want:
        raise Failure(f'apart: {(want - apart).total()} rows are missing, '
                      f'{(apart - want).total()} too many')
    sums = collections.Counter()
    for line, count in rows_in(output / 'sums').items():
        row = json.loads(line)
        sums[row['k'], row['c'], row['s']] += count
    groups = [range(k, ROWS, GROUPS) for k in range(GROUPS)]
    if sums != collections.Counter((group[0], len(group), sum(group)) for group in groups):
        raise Failure(f'sums: other rows: {sorted(sums)[:3]}')
    left = [path for path in output.rglob('*') if path.name.endswith('.inprogress')]
    if left:
        raise Failure(f'{left[0]} is left over')


class Job:
    def __init__(self, cluster, job_id):
        self.cluster, self.path = cluster, f'/jobs/{job_id}'

    def state(self):
        return self.cluster.get(self.path)['state']

    def tasks(self):
        """By vertex and number."""
        tasks = {}
        for vertex in self.cluster.get(self.path)['vertices']:
            told = self.cluster.get(f'{self.path}/vertices/{vertex["id"]}')
            for task in told['subtasks']:
                tasks[told['name'], task['subtask']] = task
        return tasks

    def checkpoints(self):
        return self.cluster.get(self.path + '/checkpoints')['counts']['completed']

    def restarts(self):
        return self.cluster.get(self.path + '/metrics?get=numRestarts')[0]['value']


def until(is_so, what):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.02)
    raise Failure(f'{what} after {SECONDS} s')


def watch(job, kept, is_so, what):
    """Until it is so; and all the while the task that is kept runs, and reads on."""
    rows = []

    def looks_well():
        task = job.tasks()[kept]
        if (task['status'], task['attempt']) != ('RUNNING', 0):
            raise Failure(f'{what}: the task of another part is {task}')
        rows.append(task['metrics']['write-records'])
        return is_so() and rows[-1] > rows[0]

    until(looks_well, what)


def a_task_manager_is_killed(flinkc, directory):
    spec = write_spec(directory, 2_000)
    options = {**OPTIONS, 'execution.checkpointing.dir': directory / 'checkpoints'}
    with Cluster(flinkc, directory / 'cluster', task_managers=2, slots=1) as cluster:
        client = cluster.submit(spec, {}, options, '--detached')
        said, errors = client.communicate(timeout=SECONDS)
        if client.returncode != 0:
            raise Failure(errors.decode())
        job = Job(cluster, said.decode().strip())
        until(lambda: job.checkpoints() >= 2, 'there are no checkpoints')
        apart = {task['taskmanager-id']: key for key, task in job.tasks().items()
                 if 'apart' in key[0]}
        kept, lost = apart['tm-1'], apart['tm-2']
        cluster.kill_task_manager('tm-2')
        until(lambda: job.state() == 'RESTARTING', 'the job does not start again')
        # There is no slot for what was lost.
        time.sleep(1)
        watch(job, kept, lambda: job.state() == 'RESTARTING', 'the lost part does not wait')
        cluster.start_task_manager('tm-3')
        watch(job, kept, lambda: job.state() == 'RUNNING', 'the job does not run again')
        before = job.checkpoints()
        watch(job, kept, lambda: job.checkpoints() > before + 1, 'there are no checkpoints')
        tasks = job.tasks()
        attempts = {key: task['attempt'] for key, task in tasks.items()}
        if attempts.pop(kept) != 0 or set(attempts.values()) != {1}:
            raise Failure(f'attempts: {attempts}')
        if tasks[lost]['taskmanager-id'] != 'tm-3' or tasks[kept]['taskmanager-id'] != 'tm-1':
            raise Failure(f'they run elsewhere: {tasks}')
        if job.restarts() != '1':
            raise Failure(f'{job.restarts()} restarts')
        until(lambda: job.state() == 'FINISHED', 'the job does not finish')
    check_output(directory)


def a_task_fails(flinkc, directory):
    """In one process, again and again: only tasks behind an exchange meet the failpoint."""
    spec = write_spec(directory, 8_000)
    options = {**OPTIONS, 'execution.checkpointing.dir': directory / 'checkpoints'}
    command = [flinkc, 'run', str(spec)]
    for name, value in options.items():
        command += ['-D', f'{name}={value}']
    failures = ','.join(f'task.input:{nth}:error' for nth in (300, 700, 1100))
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=dict(os.environ, FLINKC_FAILPOINTS=failures))
    if done.returncode != 0:
        raise Failure(done.stderr)
    parts = re.findall(r'a part of the job has failed, 4 of 6 tasks', done.stderr)
    if len(parts) != 3 or 'flinkc: the job has failed' in done.stderr:
        raise Failure(f'{len(parts)} parts have failed: {done.stderr}')
    if 'a part of the job goes on from checkpoint' not in done.stderr:
        raise Failure(f'none goes on from a checkpoint: {done.stderr}')
    check_output(directory)


def main():
    for case in [a_task_manager_is_killed, a_task_fails]:
        with tempfile.TemporaryDirectory() as directory:
            try:
                case(sys.argv[1], pathlib.Path(directory))
            except (Failure, OSError, subprocess.SubprocessError) as failure:
                print(f'{case.__name__}: {failure}')
                for log in pathlib.Path(directory).glob('cluster/*.log'):
                    print(f'--- {log.name}\n{log.read_text(errors="replace")[-4000:]}')
                return 1
        print(f'{case.__name__} passed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
