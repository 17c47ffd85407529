#!/usr/bin/env python3
"""docs/openapi.yaml against a running cluster: every documented path answers as its schema says,
and takes the documented methods alone.

    rest_api_test.py FLINKC SPECS
"""
import json
import pathlib
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request

import jsonschema
import yaml

from cluster_case import WATCHED, Cluster, Failure, expect, outcome

METHODS = ('get', 'post', 'put', 'patch', 'delete')
# What a row of it divides by is 0 in the end.
FAILS = '''flinkc: 1
job: {name: fails}
sources:
  n:
    connector: datagen
    options: {rows: 100, fields: {i: {kind: sequence}}}
    schema: {i: BIGINT NOT NULL}
streams:
  bad: {from: n, select: {k: "1 / (50 - i)"}}
sinks:
  out: {from: bad, connector: blackhole}
'''


class Api:
    """The document, and calls that are held against it."""

    def __init__(self, document, rest):
        self.document = yaml.safe_load(document.read_text())
        self.rest = rest
        self.called = set()
        # The root of all references: one validator knows them.
        self.root = {'$schema': 'https://json-schema.org/draft/2020-12/schema',
                     'components': self.document['components']}

    def resolve(self, node):
        while '$ref' in node:
            target = self.document
            for part in node['$ref'][2:].split('/'):
                target = target[part]
            node = target
        return node

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        if data is None and method != 'get':
            data = b''
        request = urllib.request.Request(f'http://{self.rest}{path}', data=data,
                                         method=method.upper())
        request.add_header('Content-Type', 'application/json')
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers['Content-Type'], answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers['Content-Type'], error.read().decode()

    def call(self, method, pattern, values, query='', body=None):
        """Status and answer, which is as documented."""
        path = pattern.format(**values) + query
        status, content_type, text = self.send(method, path, body)
        responses = self.document['paths'][pattern][method]['responses']
        response = self.resolve(responses.get(str(status), responses['default']))
        if str(status) in responses:
            self.called.add((method, pattern))
        (documented, content), = response['content'].items()
        expect(content_type.startswith(documented), f'{path}: {content_type}')
        if documented == 'text/plain':
            return status, text
        answer = json.loads(text)
        try:
            jsonschema.Draft202012Validator({**self.root, **content['schema']}).validate(answer)
        except jsonschema.ValidationError as error:
            raise Failure(f'{method} {path}: {error.message} at {list(error.absolute_path)}; '
                          f'it is {text[:600]}') from None
        return status, answer

    def get(self, pattern, values, query=''):
        status, answer = self.call('get', pattern, values, query)
        expect(status == 200, f'GET {pattern}: {status} {answer}')
        return answer


def wait_for(what, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, f'{what} does not come')
        time.sleep(0.05)


def submit(cluster, directory, text, name, more=None):
    spec = directory / f'{name}.yaml'
    spec.write_text(text)
    options = {'parallelism.default': 2, 'restart-strategy.type': 'none',
               'execution.checkpointing.interval': '200ms',
               'execution.checkpointing.dir': directory / 'checkpoints', **(more or {})}
    process = cluster.submit(spec, {}, options, '--detached')
    out, errors = process.communicate(timeout=60)
    expect(process.returncode == 0, errors.decode())
    return out.decode().strip()


def every_answer(api, cluster, directory):
    job = submit(cluster, directory, WATCHED, 'watched', {'jobmanager.scheduler': 'Adaptive'})
    failed = submit(cluster, directory, FAILS, 'fails')
    values = {'jobid': job, 'taskmanagerid': 'tm-1', 'subtaskindex': 1, 'attempt': 0}
    wait_for('a checkpoint', lambda: api.get('/jobs/{jobid}/checkpoints', values)
             ['latest']['completed'])
    wait_for('the failure', lambda: api.get('/jobs/{jobid}/status', {'jobid': failed})
             ['status'] == 'FAILED')
    jobs = '/jobs/{jobid}'
    started = api.get(jobs + '/rescales/overview', values)['latest']['completed']
    expect(started['triggerCause'] == 'INITIAL_SCHEDULE', started)
    values['rescaleuuid'] = started['rescaleUuid']
    # Each vertex, and of a failed job too.
    for one in (failed, job):
        for vertex in api.get(jobs, {'jobid': one})['vertices']:
            values['vertexid'] = vertex['id']
            here = {**values, 'jobid': one}
            api.get(jobs + '/vertices/{vertexid}', here)
            api.get(jobs + '/vertices/{vertexid}/backpressure', here)
    requirements = jobs + '/resource-requirements'
    status, answer = api.call('put', requirements, values, body=api.get(requirements, values))
    expect(status == 200, answer)
    taps(api, values)
    history = api.get(jobs + '/exceptions', {'jobid': failed})['exceptionHistory']
    expect('division by zero' in history['entries'][0]['stacktrace'], history)
    result = api.get(jobs + '/execution-result', {'jobid': failed})['job-execution-result']
    expect(result['application-status'] == 'FAILED' and result['failure-cause'], result)
    for pattern, operation in [('checkpoints', {'checkpointType': 'FULL'}),
                               ('savepoints', {'target-directory': str(directory / 'sp')})]:
        status, answer = api.call('post', f'{jobs}/{pattern}', values, body=operation)
        expect(status == 202, answer)
        values['triggerid'] = answer['request-id']
        status_of = f'{jobs}/{pattern}/{{triggerid}}'
        wait_for('its result', lambda path=status_of: api.get(path, values)['status']['id'] ==
                 'COMPLETED')
        expect('failure-cause' not in api.get(status_of, values)['operation'], pattern)
    log_names = {
        '/jobmanager/logs/{logfile}': ['jobmanager.log'],
        '/taskmanagers/{taskmanagerid}/logs/{logfile}': ['taskmanager.log', 'taskmanager.out']}
    metrics = {'/jobmanager/metrics': 'taskSlotsTotal', '/jobs/metrics': 'numRestarts',
               '/taskmanagers/metrics': 'Status.Process.Memory.Resident',
               '/taskmanagers/{taskmanagerid}/metrics': 'Status.Process.CPU.Time'}
    for pattern, methods in api.document['paths'].items():
        if 'get' not in methods or 'triggerid' in pattern:
            continue
        if 'checkpointid' in pattern:  # only the last ones are remembered
            values['checkpointid'] = api.get('/jobs/{jobid}/checkpoints',
                                             values)['latest']['completed']['id']
        for name in log_names.get(pattern, ['']):
            api.get(pattern, {**values, 'logfile': name})
        if pattern.endswith('/metrics') and pattern != '/metrics':
            names = [one['id'] for one in api.get(pattern, values)]
            wanted = metrics.get(pattern, names[0])
            shown = api.get(pattern, values, f'?get={wanted}')
            expect([one['id'] for one in shown] == [wanted] and len(shown[0]) > 1,
                   f'{pattern}: {shown}')
    disposes(api, values)
    status, answer = api.call('delete', '/jobs/{jobid}/taps/{tapid}', values)
    expect(status == 200, answer)
    expect(api.call('get', '/jobs/{jobid}/taps/{tapid}', values)[0] == 404, 'it has ended')
    status, answer = api.call('patch', f'{jobs}/clientHeartbeat', values,
                              body={'expiredTimestamp': 1})
    expect(status == 202, answer)
    return job, values


def taps(api, values):
    """One is opened; the walk over all paths asks it, and its end is told at the end."""
    streams = api.get('/jobs/{jobid}/streams', values)['streams']
    expect([one['name'] for one in streams] == ['keyed', 'n', 'out', 'sums', 'sums/aggregate'],
           streams)
    for body, code in [({'stream': 'nobody'}, 404), ({}, 400),
                       ({'stream': 'n', 'filter': '?'}, 400),
                       ({'stream': 'n', 'rowsPerSecond': 0}, 400),
                       ({'stream': 'n', 'format': 'xml'}, 400)]:
        status, answer = api.call('post', '/jobs/{jobid}/taps', values, body=body)
        expect(status == code, f'{body}: {status} {answer}')
    for format_, body in [('cells', {'stream': 'sums', 'format': 'cells'}),
                          ('row', {'stream': 'keyed', 'rowsPerSecond': 1})]:
        status, answer = api.call('post', '/jobs/{jobid}/taps', values, body=body)
        expect(status == 200 and answer['updates'] == (format_ == 'cells'), answer)
        values['tapid'] = answer['tap-id']
        seen = []
        wait_for('a row', lambda there=seen: there.extend(
            api.get('/jobs/{jobid}/taps/{tapid}', values)['rows']) or there)
        expect(format_ in seen[0], seen)


def disposes(api, values):
    """Of the last savepoint, which can be done once."""
    location = api.get('/jobs/{jobid}/savepoints/{triggerid}', values)['operation']['location']
    for expected in (None, 'NOT_FOUND'):
        status, answer = api.call('post', '/savepoint-disposal', values,
                                  body={'savepoint-path': location})
        expect(status == 202, answer)
        path, here = '/savepoint-disposal/{triggerid}', {'triggerid': answer['request-id']}
        wait_for('its result', lambda: api.get(path, here)['status']['id'] == 'COMPLETED')
        cause = api.get(path, here)['operation'].get('failure-cause', {}).get('class')
        expect(cause == expected and not pathlib.Path(location).exists(), cause)
    expect(api.call('post', '/savepoint-disposal', {}, body={})[0] == 400, 'no path')


def what_is_told(api, values):
    """Numbers that a user looks at are there, and of this job."""
    text = api.get('/metrics', values)
    for name in ('numRecordsInPerSecond', 'numRecordsOutPerSecond', 'busyTimeMsPerSecond',
                 'idleTimeMsPerSecond', 'backPressuredTimeMsPerSecond', 'currentInputWatermark'):
        lines = re.findall(rf'^flink_taskmanager_job_task_{name}{{(.*)}} (-?\d+)$', text, re.M)
        expect(len(lines) == 4, f'{name}: {lines}')
        expect(all('tm_id="tm-' in labels and values['jobid'] in labels for labels, _ in lines),
               lines)
    for name in ('Status_Flink_Memory_Managed_Used', 'Status_Process_Memory_Resident',
                 'Status_Process_CPU_Time'):
        lines = re.findall(rf'^flink_taskmanager_{name}{{tm_id="tm-\d"}} (\d+)$', text, re.M)
        expect(len(lines) == 2, f'{name}: {lines}')
    expect('flink_jobmanager_job_runningState{' in text, 'the state of the job')

    def rate_of(vertex):
        path = '/jobs/{jobid}/vertices/{vertexid}/subtasks/metrics'
        return api.get(path, {**values, 'vertexid': vertex},
                       '?get=numRecordsInPerSecond&agg=sum')[0]['sum']
    vertices = api.get('/jobs/{jobid}', values)['vertices']
    # Each of two sources gives 2,000 rows a second.
    wait_for('rows in a second', lambda: 1000 < rate_of(vertices[1]['id']) < 8000)
    slots = api.get('/taskmanagers/{taskmanagerid}', values)
    expect({'jobId': values['jobid']} in slots['allocatedSlots'], slots)
    expect(slots['hardware']['cpuCores'] > 0 and slots['hardware']['physicalMemory'] > 0, slots)
    log = api.get('/jobmanager/log', values)
    expect('listens for TaskManagers on' in log and 'has registered' in log, log)
    listed = api.get('/taskmanagers/{taskmanagerid}/logs', values)['logs']
    expect(all(one['size'] > 0 and one['mtime'] > 1.6e12 for one in listed), listed)
    printed = api.get('/taskmanagers/{taskmanagerid}/stdout', values)
    expect(re.search(r'^\+.*\{"k":\d,"c":\d+\}$', printed, re.M), printed[:200])


def every_method(api, values):
    some = {**values, 'triggerid': '0' * 32, 'logfile': 'x'}
    for pattern, methods in api.document['paths'].items():
        for method in METHODS:
            if method in methods:
                continue
            status, _, text = api.send(method, pattern.format(**some))
            expect(status == 405 and json.loads(text)['errors'], f'{method} {pattern}: {status}')
    for pattern, values_there in [
            ('/jobs/{jobid}', {'jobid': '0' * 32}),
            ('/jobs/{jobid}', {'jobid': 'x'}),
            ('/taskmanagers/{taskmanagerid}', {'taskmanagerid': 'nobody'}),
            ('/taskmanagers/{taskmanagerid}/log', {'taskmanagerid': 'nobody'}),
            ('/jobmanager/logs/{logfile}', {'logfile': 'passwd'})]:
        status, answer = api.call('get', pattern, values_there)
        expect(status in (400, 404), f'{pattern} {values_there}: {status} {answer}')


def ends(api, cluster, job, directory):
    status, answer = api.call('post', '/jobs/{jobid}/stop', {'jobid': job},
                              body={'targetDirectory': str(directory / 'sp'), 'drain': True})
    expect(status == 202, answer)
    wait_for('the end', lambda: api.get('/jobs/{jobid}/execution-result', {'jobid': job})
             ['status']['id'] == 'COMPLETED')
    status, answer = api.call('patch', '/jobs/{jobid}', {'jobid': job})
    expect(status == 409, answer)
    job = submit(cluster, directory, WATCHED, 'watched')
    status, _ = api.call('patch', '/jobs/{jobid}', {'jobid': job})
    expect(status == 202, 'cancel')
    status, answer = api.call('post', '/jobs', {}, body={'jobGraph': 'AAAA'})
    expect(status == 400, answer)
    status, _ = api.call('delete', '/cluster', {})
    expect(status == 200, 'shut down')
    expect(cluster.job_manager.wait(timeout=30) == 0, 'the JobManager ends well')


def main():
    flinkc = sys.argv[1]
    document = pathlib.Path(sys.argv[2]).parent / 'docs' / 'openapi.yaml'
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with Cluster(flinkc, directory / 'cluster', task_managers=2) as cluster:
            api = Api(document, cluster.rest)

            def test():
                job, values = every_answer(api, cluster, directory)
                what_is_told(api, values)
                every_method(api, values)
                ends(api, cluster, job, directory)
                # Submission as such is what `flinkc submit` does above.
                documented = {(method, pattern)
                              for pattern, methods in api.document['paths'].items()
                              for method in methods if method in METHODS} - {('post', '/jobs')}
                expect(documented <= api.called, f'not seen: {documented - api.called}')

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
