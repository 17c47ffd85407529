#!/usr/bin/env python3
"""A job whose TaskManagers keep copies of its state: when one is killed, the tasks of the others go
on from theirs, although the checkpoint's own files are damaged; and from those where it is the
copies that are.

    local_state.py FLINKC
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

from cluster import Cluster
from regions import Job, rows_in, until
from workloads import Failure

ROWS = 200_000
GROUPS = 100_000
OPTIONS = {
    'parallelism.default': 4,
    # They are taken when the test asks for them.
    'execution.checkpointing.interval': '1h',
    'execution.checkpointing.local-backup.enabled': 'true',
    'execution.state-recovery.from-local': 'true',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': 3,
    'restart-strategy.fixed-delay.delay': '100ms',
}
BACKENDS = {
    'hashmap': {},
    # So little memory that rows leave it.
    'rocksdb': {'state.backend.type': 'rocksdb', 'taskmanager.memory.managed.size': '1mb'},
}
SURVIVORS = ['tm-1', 'tm-3']
SECONDS = 60


def write_spec(directory):
    spec = directory / 'sums.yaml'
    spec.write_text(f'''flinkc: 1
job: {{name: sums}}
sources:
  n:
    connector: datagen
    options: {{rows_per_second: 10000, rows: {ROWS}, fields: {{i: {{kind: sequence}}}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  keyed: {{from: n, select: {{k: "MOD(i, {GROUPS})", i: i}}}}
  sums: {{from: keyed, aggregate: {{by: [k], compute: {{c: count(*), s: sum(i)}}, emit: end}}}}
sinks:
  sums: {{from: sums, connector: file, options: {{path: "{directory}/sums"}}, format: json}}
''')
    return spec


def check_output(directory):
    rows = [json.loads(line) for line in rows_in(directory / 'sums').elements()]
    got = sorted((row['k'], row['c'], row['s']) for row in rows)
    groups = [range(k, ROWS, GROUPS) for k in range(GROUPS)]
    if got != [(k, len(group), sum(group)) for k, group in enumerate(groups)]:
        raise Failure(f'{len(got)} sums are other ones: {got[:3]}')


class Copies:
    """What the TaskManagers have kept, below `root`."""

    def __init__(self, cluster, root):
        self.cluster, self.root = cluster, root
        self.pids = {name: process.pid for name, process in cluster.task_managers.items()}

    def of(self, name):
        return sorted(self.root.glob(f'flinkc-local-state-*/{self.pids[name]}-*/*/*.state'))

    def count(self, number):
        """Of those who live, together."""
        return sum(int(self.cluster.get(f'/taskmanagers/{name}/metrics?get='
                                        f'Status.Flink.LocalState.{number}')[0]['value'])
                   for name in SURVIVORS)


def damage(path):
    """Other bytes under this name, and not under others that the file has."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    new = path.with_suffix('.new')
    new.write_bytes(data)
    new.rename(path)


def take_checkpoint(cluster, job):
    before = job.checkpoints()
    request = urllib.request.Request(f'http://{cluster.rest}{job.path}/checkpoints', b'{}',
                                     {'Content-Type': 'application/json'}, method='POST')
    urllib.request.urlopen(request, timeout=10).close()
    until(lambda: job.checkpoints() > before, 'there is no checkpoint')


def places(job):
    return {key: task['taskmanager-id'] for key, task in job.tasks().items()}


def restore(flinkc, directory, root, backend, damages_copies):
    """Three TaskManagers, of which one is killed behind the second checkpoint."""
    options = {**OPTIONS, **BACKENDS[backend],
               'execution.checkpointing.dir': directory / 'checkpoints'}
    shared = directory / 'checkpoints' / 'sums' / 'shared'
    with Cluster(flinkc, directory / 'cluster', task_managers=3, slots=2,
                 task_manager_options=['--local-state-dir', str(root)]) as cluster:
        client = cluster.submit(write_spec(directory), {}, options, '--detached')
        said, errors = client.communicate(timeout=SECONDS)
        if client.returncode != 0:
            raise Failure(errors.decode())
        job = Job(cluster, said.decode().strip())
        until(lambda: all(task['status'] == 'RUNNING' for task in job.tasks().values()),
              'the job does not run')
        # So that there is something to keep.
        until(lambda: sum(task['metrics']['read-records']
                          for task in job.tasks().values()) > 60_000,
              'no rows come')
        for _ in range(2):
            take_checkpoint(cluster, job)
        copies = Copies(cluster, root)
        names = [*SURVIVORS, 'tm-2']
        until(lambda: all(path.name.startswith('2-') for name in names for path in copies.of(name)),
              'copies of the first checkpoint are kept')
        kept = [path for name in SURVIVORS for path in copies.of(name)]
        lost = copies.of('tm-2')
        if not kept or not lost or not all((shared / path.name).exists() for path in kept):
            raise Failure(f'copies: {kept}, {lost}')
        linked = {path.samefile(shared / path.name) for path in kept if path.stat().st_nlink > 1}
        if (os.stat(root).st_dev == os.stat(shared).st_dev) != (True in linked):
            raise Failure(f'linked: {linked}')
        before = places(job)
        for path in kept:
            damage(path if damages_copies else shared / path.name)
        cluster.kill_task_manager('tm-2')
        until(lambda: job.state() == 'RUNNING' and job.restarts() == '1' and
              all(task['status'] == 'RUNNING' for task in job.tasks().values()),
              'the job does not run again')
        moved = {key for key, there in places(job).items() if there != before[key]}
        if moved != {key for key, there in before.items() if there == 'tm-2'}:
            raise Failure(f'before: {before}, after: {places(job)}')
        read, passed_over = ((0, len(kept) + len(lost)) if damages_copies
                             else (len(kept), len(lost)))
        until(lambda: (copies.count('FilesRead') >= read and
                       copies.count('FilesPassedOver') >= passed_over), 'the counts do not come')
        counts = [copies.count(number) for number in ('FilesRead', 'FilesPassedOver',
                                                      'FilesFailed')]
        if counts != [read, passed_over, 0]:
            raise Failure(f'counts: {counts} of {len(kept)} and {len(lost)} files')
        log = (cluster.directory / 'tm-1.log').read_text()
        told = "is read, not the local copy: " in log and 'do not match their checksum' in log
        if told != damages_copies:
            raise Failure(f'said: {log}')
        # What the dead one has left goes with the next.
        cluster.start_task_manager('tm-4')
        until(lambda: not copies.of('tm-2'), 'copies of a dead process are kept')
        until(lambda: job.state() == 'FINISHED', 'the job does not finish')
        until(lambda: not any(copies.of(name) for name in SURVIVORS),
              'copies of a job that has ended are kept')
        if 'going on from checkpoint 2\n' not in (cluster.directory / 'jobmanager.log').read_text():
            raise Failure('it went on from another checkpoint')
    check_output(directory)


def run_with_nowhere_to_keep(flinkc, directory, root):
    """In one process: the job knows nothing of it, and goes on from its checkpoint."""
    nowhere = root / 'file'
    nowhere.write_text('')
    options = {**OPTIONS, 'execution.checkpointing.interval': '100ms',
               'execution.checkpointing.dir': directory / 'checkpoints',
               'taskmanager.state.local.root-dirs': nowhere}
    command = [flinkc, 'run', str(write_spec(directory))]
    for name, value in options.items():
        command += ['-D', f'{name}={value}']
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=dict(os.environ, FLINKC_FAILPOINTS='task.input:100:error'))
    if done.returncode != 0 or 'the job has failed and starts again' not in done.stderr:
        raise Failure(done.stderr)
    if 'local copies of its state cannot be made, and it goes on without' not in done.stderr:
        raise Failure(f'it is not said: {done.stderr}')
    check_output(directory)


def main():
    cases = {'nowhere to keep copies': (run_with_nowhere_to_keep, [])}
    for backend in BACKENDS:
        cases[f'{backend}, damaged checkpoint'] = (restore, [backend, False])
        cases[f'{backend}, damaged copies'] = (restore, [backend, True])
    for case, (run, arguments) in cases.items():
        # A second file system, where there is one: copies are no links then.
        elsewhere = '/dev/shm' if True in arguments and os.access('/dev/shm', os.W_OK) else None
        with tempfile.TemporaryDirectory() as directory, \
                tempfile.TemporaryDirectory(dir=elsewhere) as root:
            try:
                run(sys.argv[1], pathlib.Path(directory), pathlib.Path(root), *arguments)
            except (Failure, OSError, subprocess.SubprocessError) as failure:
                print(f'{case}: {failure}')
                for log in pathlib.Path(directory).glob('cluster/*.log'):
                    print(f'--- {log.name}\n{log.read_text(errors="replace")[-4000:]}')
                return 1
        print(f'{case}: passed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
