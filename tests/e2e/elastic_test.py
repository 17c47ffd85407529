#!/usr/bin/env python3
"""A job whose parallelism follows its slots: a TaskManager comes, a user asks for another
parallelism, the JobManager comes again, a TaskManager dies. What it has written in the end is what
an undisturbed run in one process writes.

    elastic_test.py FLINKC SPECS
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from cluster_case import Cluster, expect, outcome
from cluster_test import rows_in, wait_until

ROWS = 400_000
GROUP = 'jobmanager.adaptive-scheduler.'
OPTIONS = {
    'parallelism.default': 4,
    'jobmanager.scheduler': 'Adaptive',
    GROUP + 'submission.resource-stabilization-timeout': '1s',
    GROUP + 'executing.resource-stabilization-timeout': '1s',
    GROUP + 'executing.cooldown-after-rescaling': '0s',
    'execution.checkpointing.interval': '300ms',
    'restart-strategy.exponential-delay.initial-backoff': '100ms',
}


def counting(directory, name, output, rows_per_second=None):
    """Windows over all rows, whose state moves with its keys; without a rate it soon ends."""
    rate = f'rows_per_second: {rows_per_second}, ' if rows_per_second else ''
    spec = directory / f'{name}.yaml'
    spec.write_text('''flinkc: 1
job: {name: elastic}
sources:
  n:
    connector: datagen
    options: {%s rows: %d, fields: {i: {kind: sequence}}}
    schema: {i: BIGINT NOT NULL}
streams:
  keyed: {from: n, select: {k: "MOD(i, 1000)", i: i}}
  sums: {from: keyed, aggregate: {by: [k], compute: {c: count(*), s: sum(i)}, emit: end}}
sinks:
  all: {from: keyed, connector: file, options: {path: "%s/all"}, format: json}
  sums: {from: sums, connector: file, options: {path: "%s/sums"}, format: json}
''' % (rate, ROWS, output, output))
    return spec


class Job:
    def __init__(self, flinkc, cluster, job_id):
        self.flinkc, self.cluster, self.id = flinkc, cluster, job_id
        self.path = f'/jobs/{job_id}'

    def get(self):
        """Also while the JobManager is away."""
        try:
            return self.cluster.get(self.path)
        except (urllib.error.URLError, OSError):
            return {'state': 'AWAY', 'vertices': []}

    def requirements(self):
        return self.cluster.get(self.path + '/resource-requirements')

    def put(self, requirements):
        request = urllib.request.Request(
            f'http://{self.cluster.rest}{self.path}/resource-requirements', method='PUT',
            data=json.dumps(requirements).encode(),
            headers={'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def wait_for(self, parallelism):
        """All its vertices run with it, and a checkpoint has been taken so."""
        def is_so():
            job = self.get()
            return job['state'] == 'RUNNING' and all(
                vertex['parallelism'] == parallelism and vertex['status'] == 'RUNNING'
                for vertex in job['vertices'])
        wait_until(is_so, f'the job does not run with {parallelism}', 60)

    def flinkc_says(self, *arguments):
        done = subprocess.run([self.flinkc, arguments[0], '-m', self.cluster.rest, *arguments[1:]],
                              capture_output=True, text=True, timeout=120, check=False)
        expect(done.returncode == 0, f'{arguments}: {done.returncode}: {done.stderr}')
        return done.stdout


def bad_requirements(job):
    good = job.requirements()
    vertex = next(iter(good))

    def refused(requirements, words, status=400):
        code, answer = job.put(requirements)
        expect(code == status and words in answer['errors'][0], f'{requirements}: {code} {answer}')

    def with_bounds(lower, upper):
        return {**good, vertex: {'parallelism': {'lowerBound': lower, 'upperBound': upper}}}

    refused(with_bounds(0, 2), 'it must be 1 or more')
    refused(with_bounds(3, 2), 'is above its upperBound, 2')
    refused(with_bounds(1, 129), "above the job's max_parallelism, 128")
    refused(with_bounds(-1, 2), 'must be a whole number of 1 or more')
    refused(with_bounds('1', 2), 'must be a whole number of 1 or more')
    refused({vertex: good[vertex]}, 'is missing; name every vertex')
    refused({**good, '0' * 32: good[vertex]}, f'the job has no vertex `{"0" * 32}`')
    refused({**good, vertex: {}}, 'lacks `parallelism`')
    refused({**good, vertex: {'parallelism': {'lower': 1}}}, 'has no field `lower`')
    refused([], 'it is no JSON object')
    expect(job.requirements() == good, 'a refused request changes something')


def through_rescales(flinkc, cluster, job):
    # Two slots are all there are.
    job.wait_for(2)
    bounds = {'parallelism': {'lowerBound': 1, 'upperBound': 4}}
    expect(set(map(str, job.requirements().values())) == {str(bounds)}, job.requirements())
    bad_requirements(job)
    cluster.start_task_manager('tm-2')
    job.wait_for(4)
    said = job.flinkc_says('rescale', job.id, '--parallelism', '3')
    expect('may run with up to 3 tasks' in said, said)
    job.wait_for(3)
    status = job.flinkc_says('status', job.id)
    expect('(1 to 3 tasks)' in status and 'restored from checkpoint' in status, status)
    expect(cluster.get('/overview')['slots-available'] == 1, 'a slot is not given back')
    told = cluster.get(job.path + '/rescales/history')
    causes = [one['triggerCause'] for one in told if one['terminalState'] == 'COMPLETED']
    expect(causes == ['UPDATE_REQUIREMENT', 'NEW_RESOURCE_AVAILABLE', 'INITIAL_SCHEDULE'], told)
    for vertex in told[0]['vertices'].values():
        expect((vertex['preRescaleParallelism'], vertex['postRescaleParallelism']) == (4, 3), told)
    # What was asked for is known to the next JobManager.
    cluster.kill_job_manager()
    cluster.start_job_manager()
    job.wait_for(3)
    bounds['parallelism']['upperBound'] = 3
    expect(set(map(str, job.requirements().values())) == {str(bounds)}, job.requirements())
    cluster.kill_task_manager('tm-1')
    job.wait_for(2)


def same_output(flinkc, cluster, directory):
    there, here = directory / 'there', directory / 'here'
    options = {**OPTIONS, 'execution.checkpointing.dir': directory / 'checkpoints'}
    client = cluster.submit(counting(directory, 'slow', there, 4000), {}, options, '--detached')
    out, said = client.communicate(timeout=60)
    expect(client.returncode == 0, said.decode())
    job = Job(flinkc, cluster, out.decode().strip())
    through_rescales(flinkc, cluster, job)
    stopped = job.flinkc_says('stop', job.id, '-p', str(directory / 'savepoints'))
    savepoint = stopped.split('Path: ')[1].strip()
    for name, output, more in [('there', there, ['--from-savepoint', savepoint]),
                               ('here', here, [])]:
        done = subprocess.run([flinkc, 'run', '-q', str(counting(directory, name, output)),
                               '-D', 'parallelism.default=2', *more],
                              capture_output=True, text=True, timeout=120, check=False)
        expect(done.returncode == 0, f'{name}: {done.stderr}')
    for sink, count in [('all', ROWS), ('sums', 1000)]:
        rows = rows_in(here / sink)
        expect(rows.total() == count, f'{sink}: {rows.total()} rows')
        expect(rows_in(there / sink) == rows, f'{sink}: other rows, or not as often')
    code, answer = job.put({})
    expect(code == 409 and 'has ended' in answer['errors'][0], f'of an ended job: {code} {answer}')


def cannot_be_rescaled(flinkc, cluster, directory):
    """Without checkpoints, and compiled for one subtask."""
    for options, words in [({'parallelism.default': 2}, 'execution.checkpointing.dir'),
                           ({'execution.checkpointing.dir': directory / 'checkpoints'},
                            'compiled for one subtask')]:
        spec = counting(directory, 'fixed', directory / 'fixed', 100)
        client = cluster.submit(spec, {}, options, '--detached')
        job_id = client.communicate(timeout=60)[0].decode().strip()
        job = Job(flinkc, cluster, job_id)
        wait_until(lambda job=job: job.get()['state'] == 'RUNNING', 'it does not run')
        done = subprocess.run([flinkc, 'rescale', '-m', cluster.rest, job_id, '--parallelism', '2'],
                              capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 2 and words in done.stderr, f'{done.returncode}: {done.stderr}')
        job.flinkc_says('cancel', job_id)


def main():
    flinkc = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with Cluster(flinkc, directory / 'cluster', task_managers=1) as cluster:
            def test():
                same_output(flinkc, cluster, directory)
                cannot_be_rescaled(flinkc, cluster, directory)
            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
