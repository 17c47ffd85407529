#!/usr/bin/env python3
"""A cluster whose jobs may use one folder alone: what they name elsewhere is refused, however the
name goes there, with its reason; all else works as ever.

    confined_test.py FLINKC SPECS
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from cluster_case import Cluster, expect, outcome
from cluster_test import wait_until

COPIES = '''flinkc: 1
job: {name: copies}
sources:
  lines: {connector: file, options: {path: "%s"}, format: text}
sinks:
  out: {from: lines, connector: file, options: {path: "%s"}, format: text}
'''

ENDLESS = '''flinkc: 1
job: {name: endless}
sources:
  n:
    connector: datagen
    options: {rows_per_second: 100, fields: {i: {kind: sequence}}}
    schema: {i: BIGINT NOT NULL}
streams:
  keyed: {from: n, select: {k: "MOD(i, 10)"}}
  sums: {from: keyed, aggregate: {by: [k], compute: {c: count(*)}}}
sinks:
  out: {from: sums, connector: blackhole}
'''


class ConfinedCluster(Cluster):
    def __init__(self, flinkc, directory, allowed):
        # Files of its own lie elsewhere.
        self.allowed = ['--allow-path', str(allowed)]
        super().__init__(flinkc, directory, task_managers=1, options=self.allowed)

    def start_task_manager(self, name):
        self.task_managers[name] = self.spawn(
            name, ['taskmanager', '--connect', self.listen, '--id', name, '--slots', '2',
                   *self.allowed])


class Jobs:
    def __init__(self, cluster, directory):
        self.cluster, self.directory = cluster, directory

    def run(self, text, options=(), more='-q'):
        spec = self.directory / 'job.yaml'
        spec.write_text(text)
        client = self.cluster.submit(spec, {}, dict(options), more)
        out, said = client.communicate(timeout=60)
        return client.returncode, out.decode(), said.decode()

    def refused(self, why, text, options=()):
        code, _, said = self.run(text, {'restart-strategy.type': 'none', **dict(options)})
        expect(code in (4, 6) and 'may read and write in' in said and '--allow-path' in said,
               f'{why}: {code}: {said}')
        return said


def copies(jobs, inside, outside):
    (inside / 'in').mkdir()
    (inside / 'in' / 'a.txt').write_text('one\ntwo\n')
    (outside / 'secret.txt').write_text('a secret\n')
    good, output = inside / 'in' / 'a.txt', inside / 'out'
    code, _, said = jobs.run(COPIES % (good, output))
    expect(code == 0, f'{code}: {said}')
    written = ''.join(part.read_text() for part in output.glob('part-*'))
    expect(written == 'one\ntwo\n', f'it has written {written}')
    taken = [inside / 'taken', inside / 'taken-too']
    sources = [outside / 'secret.txt', outside, outside / '*.txt',
               f'{inside}/../outside/secret.txt', '/etc/passwd', '/proc/self/environ']
    (inside / 'away').symlink_to(outside)
    (inside / 'near.txt').symlink_to(outside / 'secret.txt')
    (inside / 'in' / 'b.txt').symlink_to(outside / 'secret.txt')
    sources += [inside / 'away' / 'secret.txt', inside / 'near.txt', inside / 'in',
                inside / 'in' / '*.txt', inside / '*' / 'secret.txt']
    for source in sources:
        said = jobs.refused(source, COPIES % (source, taken[0]))
        expect('source `lines`' in said, said)
    climbing = f'{inside}/*/../../outside/sec*'
    code, _, said = jobs.run(COPIES % (climbing, taken[0]), {'restart-strategy.type': 'none'})
    expect(code in (4, 6) and '`..` stands behind a wildcard' in said and 'secret' not in said,
           f'{climbing}: {code}: {said}')
    sinks = [outside / 'out', f'{inside}/../outside/out', inside / 'away' / 'out', inside / 'new']
    # To make what it names would make a folder there.
    (inside / 'new').symlink_to(outside / 'made')
    for sink in sinks:
        said = jobs.refused(sink, COPIES % (good, sink))
        expect('sink `out`' in said, said)
    expect([path.name for path in outside.iterdir()] == ['secret.txt'],
           f'written outside: {list(outside.iterdir())}')
    read = ''.join(path.read_text() for path in taken[0].rglob('*') if path.is_file())
    expect('secret' not in read, 'what lies outside was read')


def state(jobs, inside, outside):
    """Checkpoints, savepoints and the databases of tasks."""
    checkpoints = {'execution.checkpointing.interval': '100ms',
                   'execution.checkpointing.dir': inside / 'checkpoints'}
    rocks = {'state.backend.type': 'rocksdb', 'state.backend.rocksdb.localdir': inside / 'db'}
    jobs.refused('checkpoints', ENDLESS,
                 {**checkpoints, 'execution.checkpointing.dir': outside / 'checkpoints'})
    said = jobs.refused('a database', ENDLESS,
                        {**rocks, 'state.backend.rocksdb.localdir': outside / 'db'})
    expect('state.backend.rocksdb.localdir' in said, said)
    # Its databases are where the machine keeps what is for a while, which is not inside.
    code, job, said = jobs.run(ENDLESS, {**checkpoints, 'state.backend.type': 'rocksdb'},
                               '--detached')
    expect(code == 0, said)
    cluster, job = jobs.cluster, job.strip()
    wait_until(lambda: cluster.get(f'/jobs/{job}/checkpoints')['counts']['completed'] > 1,
               'it takes no checkpoints')

    def flinkc(*arguments):
        return subprocess.run([cluster.flinkc, arguments[0], '-m', cluster.rest, *arguments[1:]],
                              capture_output=True, text=True, timeout=60, check=False)

    for target in (outside / 'sp', inside / 'away' / 'sp'):
        done = flinkc('savepoint', job, str(target))
        expect(done.returncode == 6 and 'may read and write in' in done.stderr,
               f'{target}: {done.returncode}: {done.stderr}')
    expect(cluster.get(f'/jobs/{job}')['state'] == 'RUNNING', 'the job does not go on')
    done = flinkc('stop', job, '-p', str(inside / 'sp'))
    expect(done.returncode == 0, done.stderr)
    savepoint = pathlib.Path(done.stdout.split('Path: ')[1].strip())
    # The same one, moved away.
    there = outside / savepoint.name
    savepoint.rename(there)
    jobs.refused('a savepoint to go on from', ENDLESS,
                 {**checkpoints, 'execution.state-recovery.path': there})
    request = f'{{"savepoint-path": {json.dumps(str(there))}}}'
    answer = subprocess.run(['curl', '-s', '-H', 'Content-Type: application/json', '-d', request,
                             f'http://{cluster.rest}/savepoint-disposal'], capture_output=True,
                            text=True, timeout=30, check=True)
    trigger = json.loads(answer.stdout)['request-id']
    path = f'/savepoint-disposal/{trigger}'
    wait_until(lambda: cluster.get(path)['status']['id'] == 'COMPLETED', 'it is not answered')
    expect('may read and write in' in json.dumps(cluster.get(path)), cluster.get(path))
    expect((there / '_metadata').exists(), 'a savepoint outside was removed')
    there.rename(savepoint)
    code, job, said = jobs.run(
        ENDLESS, {**checkpoints, **rocks, 'execution.state-recovery.path': savepoint}, '--detached')
    expect(code == 0, said)
    wait_until(lambda: cluster.get(f'/jobs/{job.strip()}')['state'] == 'RUNNING',
               'it does not go on from its savepoint')


def no_folder(flinkc):
    for process in ('jobmanager', 'taskmanager'):
        done = subprocess.run([flinkc, process, '--allow-path', '/none/at/all'], timeout=30,
                              capture_output=True, text=True, check=False)
        expect(done.returncode == 2 and '--allow-path: `/none/at/all`' in done.stderr, done.stderr)


def main():
    flinkc = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name).resolve()
        inside, outside = directory / 'inside', directory / 'outside'
        for folder in (inside, outside):
            folder.mkdir()
        with ConfinedCluster(flinkc, directory / 'cluster', inside) as cluster:
            def test():
                jobs = Jobs(cluster, directory)
                copies(jobs, inside, outside)
                state(jobs, inside, outside)
                no_folder(flinkc)
            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
