#!/usr/bin/env python3
"""The REST server of `flinkc run` as clients see it: checkpoints, savepoints, stop, drain, cancel,
what goes on from a savepoint, and what is malformed. Loopback only.

    rest_test.py FLINKC SPEC
"""
import collections
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SINKS = ('windows', 'rows', 'totals')
# Longer than anything takes on a slow machine.
TIMEOUT_SECONDS = 60
# So slow that the job is still in the middle when it is asked for something.
SLOW = 100_000


def rows_of(directory):
    """The rows of each sink as a multiset; names of unfinished files begin with a dot."""
    result = {}
    for sink in SINKS:
        rows = collections.Counter()
        for part in (directory / sink).glob('part-*'):
            lines = part.read_text().splitlines()
            rows.update(lines[1:] if part.suffix == '.csv' else lines)
        result[sink] = rows
    return result


class Job:
    """A `flinkc run` with its REST server."""

    def __init__(self, test, name, rate=SLOW, resume=None, parallelism=2, checkpoints=True,
                 options=(), flags=()):
        command = [test.flinkc, 'run', test.spec, *flags,
                   '-p', f'out={test.directory / name}', '-p',
                   f'rate={rate}', '-D', f'parallelism.default={parallelism}']
        settings = list(options)
        if checkpoints:
            settings += ['execution.checkpointing.interval=100ms',
                         f'execution.checkpointing.dir={test.directory / "checkpoints"}',
                         f'execution.checkpointing.savepoint-dir={test.directory / "savepoints"}']
        if resume:
            settings.append(f'execution.state-recovery.path={resume}')
        for setting in settings:
            command += ['-D', setting]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        test.processes.append(self.process)
        line = self.process.stderr.readline()
        # The job, on a thread of its own, may have something to say first.
        while line.startswith('flinkc: going on from'):
            line = self.process.stderr.readline()
        check(line.startswith('flinkc: REST at http://127.0.0.1:'), f'it says `{line}`')
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(':', 1)[1])
        self.id = self.get('/jobs')['jobs'][0]['id']

    def call(self, method, path, body=None, headers=None):
        """Status and JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        if data is None and method != 'GET':
            data = b''
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header('Content-Type', 'application/json')
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, json.loads(answer.read() or b'null')
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def get(self, path):
        status, answer = self.call('GET', path)
        check(status == 200, f'GET {path}: {status} {answer}')
        return answer

    def job(self, path=''):
        return self.get(f'/jobs/{self.id}{path}')

    def until(self, what, condition):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            check(time.monotonic() < deadline, f'{what} does not come')
            time.sleep(0.02)

    def wait_for_checkpoint(self, after=0):
        self.until('a checkpoint', lambda: (
            self.job('/checkpoints')['latest']['completed'] or {'id': 0})['id'] > after)

    def trigger(self, kind, body):
        status, answer = self.call('POST', f'/jobs/{self.id}/{kind}', body)
        check(status == 202, f'POST {kind}: {status} {answer}')
        return answer['request-id']

    def fetch(self, kind, trigger):
        result = {}

        def is_there():
            result.update(self.job(f'/{kind}/{trigger}'))
            return result['status']['id'] == 'COMPLETED'
        self.until(f'the result of {kind}', is_there)
        return result['operation']

    def finish(self, expected=0):
        _, errors = self.process.communicate(timeout=TIMEOUT_SECONDS)
        check(self.process.returncode == expected,
              f'exit code {self.process.returncode}: {errors}')
        return errors


def check(condition, message):
    if not condition:
        raise AssertionError(message)


class Test:
    def __init__(self, flinkc, spec, directory):
        self.flinkc = flinkc
        self.spec = spec
        self.directory = directory
        self.processes = []
        job = Job(self, 'undisturbed', rate=1_000_000_000, checkpoints=False)
        job.finish()
        self.expected = rows_of(directory / 'undisturbed')
        for sink in SINKS:
            check(self.expected[sink], f'the sink {sink} has no rows: a weak test')

    def check_rows(self, name):
        found = rows_of(self.directory / name)
        for sink in SINKS:
            missing = self.expected[sink] - found[sink]
            surplus = found[sink] - self.expected[sink]
            check(not missing and not surplus,
                  f'{name}, sink {sink}: {sum(missing.values())} rows are missing, '
                  f'{sum(surplus.values())} are too many')

    def go_on(self, name, savepoint, parallelism=2):
        Job(self, name, rate=1_000_000_000, resume=savepoint, parallelism=parallelism).finish()
        self.check_rows(name)

    def test_what_is_shown(self):
        job = Job(self, 'shown')
        job.wait_for_checkpoint()
        check(job.get('/overview')['jobs-running'] == 1, 'one job runs')
        check(job.get('/jobs/overview')['jobs'][0]['name'] == 'rest-test', 'the name of the job')
        details = job.job()
        check(details['state'] == 'RUNNING', f'it is {details["state"]}')
        check(details['timestamps']['RUNNING'] >= details['timestamps']['INITIALIZING'] > 0,
              'timestamps')
        check(all(v['metrics']['read-records'] >= 0 for v in details['vertices']), 'vertices')
        statistics = job.job('/checkpoints')
        latest = statistics['latest']['completed']
        check(latest['num_acknowledged_subtasks'] == latest['num_subtasks'], 'acknowledged')
        check(0 < latest['checkpointed_size'] <= latest['state_size'] or
              latest['state_size'] == 0, 'sizes')
        check(pathlib.Path(latest['external_path']).parent.name == 'rest-test', 'external path')
        check(statistics['summary']['end_to_end_duration']['max'] >=
              statistics['summary']['end_to_end_duration']['p50'], 'summary')
        one = job.job(f'/checkpoints/details/{latest["id"]}')
        check(len(one['tasks']) == len(details['vertices']), 'each vertex')
        for vertex in one['tasks']:
            task = job.job(f'/checkpoints/details/{latest["id"]}/subtasks/{vertex}')
            check(len(task['subtasks']) == task['num_subtasks'] ==
                  task['num_acknowledged_subtasks'], 'each subtask')
            check(task['summary']['stall_micros']['max'] > 0, 'a checkpoint takes the worker time')
        check(job.job('/checkpoints/config')['interval'] == 100, 'the interval')
        def times_of(subtask):
            return [subtask['metrics'][f'accumulated-{kind}-time']
                    for kind in ('busy', 'idle', 'backpressured')]

        for vertex in details['vertices']:
            # A task tells of itself a few times a second.
            path = f'/vertices/{vertex["id"]}'
            job.until('the times of each subtask', lambda path=path: all(
                sum(times_of(subtask)) > 0 for subtask in job.job(path)['subtasks']))
            shown = job.job(path)
            check(shown['name'] == vertex['name'] and len(shown['subtasks']) == 2, shown)
            shares = job.job(f'/vertices/{vertex["id"]}/backpressure')
            for subtask, share in zip(shown['subtasks'], shares['subtasks']):
                check(subtask['subtask'] == share['subtask'] and subtask['status'] == 'RUNNING',
                      subtask)
                check(sum(times_of(subtask)) <= subtask['duration'] + 1000, subtask)
                check(sum(share[ratio] for ratio in ('ratio', 'idleRatio', 'busyRatio')) <= 1.003,
                      share)
        # At a rate far below what it could do it mostly waits.
        source = [vertex['id'] for vertex in details['vertices']][0]
        job.until('a share of idle time', lambda: max(
            subtask['idleRatio']
            for subtask in job.job(f'/vertices/{source}/backpressure')['subtasks']) > 0.5)
        status, _ = job.call('GET', f'/jobs/{job.id}/vertices/{"0" * 32}')
        check(status == 404, f'no such vertex: {status}')
        metrics = {m['id']: m['value'] for m in
                   job.job('/metrics?get=numberOfCompletedCheckpoints,lastCheckpointDuration')}
        check(int(metrics['numberOfCompletedCheckpoints']) >= 1, metrics)
        check(int(metrics['lastCheckpointDuration']) >= 0, metrics)
        with urllib.request.urlopen(job.url + '/metrics', timeout=TIMEOUT_SECONDS) as answer:
            text = answer.read().decode()
        check(f'flink_jobmanager_job_numRestarts{{job_id="{job.id}",job_name="rest-test"}} 0\n'
              in text, text[:500])
        for name in ('busyTimeMsPerSecond', 'idleTimeMsPerSecond', 'backPressuredTimeMsPerSecond'):
            check(f'flink_taskmanager_job_task_{name}{{' in text, name)
        status, _ = job.call('PATCH', f'/jobs/{job.id}?mode=cancel')
        check(status == 202, f'cancel: {status}')
        job.finish(expected=130)

    def test_checkpoint_on_request(self):
        job = Job(self, 'manual', flags=['-v'],
                  options=['execution.checkpointing.incremental=true'])
        job.wait_for_checkpoint()
        trigger = job.trigger('checkpoints', {'checkpointType': 'FULL'})
        number = job.fetch('checkpoints', trigger)['checkpointId']
        check(number > 0, f'checkpoint {number}')
        again = job.trigger('checkpoints', {'checkpointType': 'FULL', 'triggerId': trigger})
        check(again == trigger, 'the same number')
        check(job.fetch('checkpoints', again)['checkpointId'] == number, 'nothing new was started')
        job.call('PATCH', f'/jobs/{job.id}')
        said = job.finish(expected=130)
        check(f'flinkc: checkpoint {number} is complete after ' in said, said)

    def test_stop_and_go_on(self):
        job = Job(self, 'stopped')
        job.wait_for_checkpoint(after=2)
        savepoint = job.fetch('savepoints', job.trigger('stop', {}))['location']
        job.finish()
        check(pathlib.Path(savepoint).parent == self.directory / 'savepoints', savepoint)
        half = rows_of(self.directory / 'stopped')
        check(0 < sum(half['rows'].values()) < sum(self.expected['rows'].values()),
              'it was stopped in the middle')
        check(not half['totals'], 'nothing but a drain ends the aggregate')
        check(not [path for path in (self.directory / 'stopped').rglob('.*') if path.is_file()],
              'all that was written up to the savepoint is committed')
        self.go_on('stopped', savepoint, parallelism=3)

    def test_stop_without_checkpoints_by_time(self):
        job = Job(self, 'only-stop', checkpoints=False,
                  options=[f'execution.checkpointing.dir={self.directory / "checkpoints"}'])
        job.until('a row', lambda: job.job()['vertices'][0]['metrics']['read-records'] > 0)
        target = self.directory / 'elsewhere'
        body = {'targetDirectory': str(target)}
        savepoint = job.fetch('savepoints', job.trigger('stop', body))['location']
        job.finish()
        check(pathlib.Path(savepoint).parent == target, savepoint)
        self.go_on('only-stop', savepoint)

    def test_drain(self):
        job = Job(self, 'drained')
        job.wait_for_checkpoint(after=2)
        operation = job.fetch('savepoints', job.trigger('stop', {'drain': True}))
        check('location' in operation, operation)
        job.finish()
        found = rows_of(self.directory / 'drained')
        read = sum(found['rows'].values())
        check(0 < read < sum(self.expected['rows'].values()), 'it was stopped in the middle')
        in_windows = sum(int(row.split(',')[-2]) for row in found['windows'].elements())
        check(in_windows == read, f'{read} rows were read, {in_windows} are in windows')
        in_totals = sum(json.loads(row)['bids'] for row in found['totals'].elements())
        check(in_totals == read, f'{read} rows were read, {in_totals} are in totals')

    def test_savepoint_cancel_and_go_on(self):
        """What lies between the savepoint and the end is forgotten: nothing of it was committed."""
        job = Job(self, 'savepoint', checkpoints=False,
                  options=[f'execution.checkpointing.dir={self.directory / "checkpoints"}'])
        job.until('a row', lambda: job.job()['vertices'][0]['metrics']['read-records'] > 0)
        body = {'target-directory': str(self.directory / 'elsewhere'), 'triggerId': '7' * 32}
        check(job.trigger('savepoints', body) == '7' * 32, 'our own number')
        savepoint = job.fetch('savepoints', '7' * 32)['location']
        before = job.job()['vertices'][0]['metrics']['read-records']
        job.until('more rows',
                  lambda: job.job()['vertices'][0]['metrics']['read-records'] > before)
        check(job.job('/status')['status'] == 'RUNNING', 'a savepoint ends nothing')
        status, _ = job.call('PATCH', f'/jobs/{job.id}?mode=cancel')
        check(status == 202, f'cancel: {status}')
        job.finish(expected=130)
        check(not rows_of(self.directory / 'savepoint')['rows'], 'nothing was committed')
        self.go_on('savepoint', savepoint)

    def test_savepoint_behind_a_checkpoint(self):
        """What a savepoint lists and nobody has committed stays when another process goes on from
        the checkpoint before it, and is there for who goes on from the savepoint."""
        out = self.directory / 'behind'
        options = ['execution.checkpointing.interval=1h',
                   f'execution.checkpointing.dir={self.directory / "checkpoints-behind"}']
        job = Job(self, 'behind', checkpoints=False, options=options)
        read = lambda: job.job()['vertices'][0]['metrics']['read-records']
        job.until('a row', lambda: read() > 0)
        job.fetch('checkpoints', job.trigger('checkpoints', {'checkpointType': 'FULL'}))
        before = read()
        job.until('more rows', lambda: read() > before)
        body = {'target-directory': str(self.directory / 'elsewhere')}
        savepoint = job.fetch('savepoints', job.trigger('savepoints', body))['location']
        job.process.kill()
        job.process.communicate()
        listed = set(re.findall(rb'\.part-[-0-9a-z.]+\.inprogress',
                                (pathlib.Path(savepoint) / '_metadata').read_bytes()))
        check(listed, 'the savepoint lists no output: a weak test')
        visible = self.directory / 'behind-visible'
        shutil.copytree(out, visible, ignore=shutil.ignore_patterns('.*'))
        Job(self, 'behind', rate=1_000_000_000, checkpoints=False, resume='latest',
            options=options).finish()
        self.check_rows('behind')
        left = [path for path in out.rglob('.*') if path.is_file()]
        check({path.name.encode() for path in left} == listed, f'{left} are left of {listed}')
        # Back to where the savepoint was taken.
        for path in left:
            shutil.move(path, visible / path.relative_to(out))
        shutil.rmtree(out)
        visible.rename(out)
        self.go_on('behind', savepoint)

    def test_savepoints_that_cannot_be(self):
        job = Job(self, 'refused')
        job.wait_for_checkpoint()
        not_a_directory = self.directory / 'a-file'
        not_a_directory.write_text('')
        body = {'target-directory': str(not_a_directory / 'below')}
        operation = job.fetch('savepoints', job.trigger('savepoints', body))
        check(str(not_a_directory) in operation['failure-cause']['stack-trace'], operation)
        check(job.job('/status')['status'] == 'RUNNING', 'the job does not mind')
        failed = job.trigger('stop', {'targetDirectory': str(not_a_directory / 'below')})
        check('failure-cause' in job.fetch('savepoints', failed), 'a stop that cannot be')
        counts = job.job('/checkpoints')['counts']
        check(counts['failed'] == 2, counts)
        # It goes on, and may be stopped elsewhere.
        savepoint = job.fetch('savepoints', job.trigger('stop', {}))['location']
        job.finish()
        self.go_on('refused', savepoint)

        job = Job(self, 'without', checkpoints=False)
        operation = job.fetch('savepoints', job.trigger('savepoints', {}))
        check('execution.checkpointing.dir' in operation['failure-cause']['stack-trace'], operation)
        job.call('PATCH', f'/jobs/{job.id}')
        job.finish(expected=130)

    def test_commands(self):
        def run(*arguments, expected=0):
            done = subprocess.run([self.flinkc, *arguments], capture_output=True, text=True,
                                  timeout=TIMEOUT_SECONDS, cwd=self.directory)
            check(done.returncode == expected,
                  f'{arguments}: exit code {done.returncode}: {done.stdout}{done.stderr}')
            return done.stdout if expected == 0 else done.stderr

        job = Job(self, 'commands')
        job.wait_for_checkpoint()
        at = ('-m', f'127.0.0.1:{job.port}')
        check(f'{job.id} : rest-test (RUNNING)' in run('list', *at), 'list')
        check(json.loads(run('list', *at, '--format', 'json'))['jobs'][0]['jid'] == job.id, 'list')
        status = run('status', *at, job.id[:6])
        check('RUNNING' in status and 'checkpoints: ' in status, status)
        check(run('status', *at, 'rest-test').startswith(f'rest-test ({job.id})'), 'by its name')
        check('/chk-' in run('checkpoints', *at), 'the path of the last one')
        check('there is no job `nobody`' in run('cancel', *at, 'nobody', expected=2), 'nobody')
        line = run('savepoint', *at, './own')  # below the client's directory
        check(line.startswith(f'Savepoint completed. Path: {self.directory}/own/savepoint-'), line)
        (self.directory / 'no-directory').write_text('')
        check('no-directory' in run('stop', *at, '-p', 'no-directory/sub', expected=6),
              'a stop that cannot be')
        savepoint = run('stop', *at).rsplit(maxsplit=1)[1]
        job.finish()
        self.go_on('commands', savepoint)
        check('Connection refused' in run('list', *at, expected=4), 'nobody listens')

        job = Job(self, 'cancelled')
        line = run('cancel', '-m', f'localhost:{job.port}', 'rest-test')
        check(line == f'Cancelled job {job.id}.\n', line)
        job.finish(expected=130)

    def test_malformed_requests(self):
        job = Job(self, 'malformed')
        port = job.port
        good = f'GET /jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n'
        stop = f'POST /jobs/{job.id}/stop HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n'
        json_type = 'Content-Type: application/json\r\n'
        expected = {
            good + '\r\n': 200,
            good.replace('127.0.0.1', 'evil.example') + '\r\n': 403,
            good + 'Origin: http://evil.example\r\n\r\n': 403,
            good + f'Host: 127.0.0.1:{port}\r\n\r\n': 403,
            good + 'X: ' + 'x' * 100_000 + '\r\n\r\n': 431,
            good + 'X: y\r\n' * 20_000 + '\r\n': 431,
            'GET /' + 'x' * 100_000 + f' HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n': 414,
            'GET /jobs/../jobs HTTP/1.1' + good[len('GET /jobs HTTP/1.1'):] + '\r\n': 400,
            'GET /%2e%2e/etc/passwd HTTP/1.1' + good[len('GET /jobs HTTP/1.1'):] + '\r\n': 400,
            'GET /etc/passwd HTTP/1.1' + good[len('GET /jobs HTTP/1.1'):] + '\r\n': 404,
            good.replace('GET', 'TRACE') + '\r\n': 405,
            good.replace('GET', 'DELETE') + 'Content-Length: 0\r\n\r\n': 405,
            stop + '\r\n': 411,
            stop + 'Content-Length: 2\r\n\r\n{}': 415,
            stop + json_type + 'Content-Length: 100000000000\r\n\r\n': 413,
            stop + json_type + 'Content-Length: 99999999999999999999999999\r\n\r\n': 413,
            stop + json_type + 'Content-Length: -1\r\n\r\n': 400,
            stop + json_type + 'Transfer-Encoding: chunked\r\n\r\n-1\r\n': 501,
            stop + json_type + 'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n': 501,
            stop + json_type + 'Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}': 415,
            stop + json_type + 'Content-Length: 1\r\n\r\n{': 400,
            stop + json_type + 'Content-Length: 4\r\n\r\nnull': 400,
            stop + json_type + 'Content-Length: 60000\r\n\r\n' + '[' * 60_000: 400,
        }
        for request, status in expected.items():
            answer = self.raw(port, request.encode())
            found = int(answer.split(b' ', 2)[1]) if answer.startswith(b'HTTP/1.') else answer[:60]
            # A client that is still sending may be cut off before it reads why.
            cut_off = answer == b'' and len(request) > 50_000
            check(found == status or cut_off, f'{request[:120]!r}: {found}, not {status}')
        for garbage in (b'\0' * 1000, b'\xff\xfe\r\n\r\n', b'GET\r\n\r\n', b'\r\n' * 5000,
                        b'GET / HTTP/9.9\r\n\r\n', b'A' * 200_000):
            answer = self.raw(port, garbage)
            check(not answer.startswith(b'HTTP/1.1 200'), f'{garbage[:40]!r}: {answer[:60]}')
        # More connections than there are, all of them silent.
        with contextlib.ExitStack() as stack:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    stack.enter_context(socket.create_connection(('127.0.0.1', port), timeout=5))
        check(job.job('/status')['status'] == 'RUNNING', 'it has survived')
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=TIMEOUT_SECONDS)
        for _ in range(3):  # on one connection
            connection.request('GET', '/jobs')
            check(connection.getresponse().read().startswith(b'{"jobs"'), 'keep-alive')
        connection.close()
        job.call('PATCH', f'/jobs/{job.id}')
        job.finish(expected=130)

    @staticmethod
    def raw(port, request):
        """The first bytes of the answer; b'' if the connection was closed without one."""
        with contextlib.suppress(OSError):
            with socket.create_connection(('127.0.0.1', port), timeout=20) as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(request)
                    connection.shutdown(socket.SHUT_WR)
                return connection.recv(4096)
        return b''


def main():
    flinkc, spec = (str(pathlib.Path(one).resolve()) for one in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as name:
        test = Test(flinkc, spec, pathlib.Path(name))
        wanted = sys.argv[3:] or [one for one in dir(Test) if one.startswith('test_')]
        try:
            for one in wanted:
                begun = time.monotonic()
                getattr(test, one)()
                print(f'{one}: {time.monotonic() - begun:.1f} s')
        finally:
            for process in test.processes:
                if process.poll() is None:
                    process.kill()
                    process.communicate()


if __name__ == '__main__':
    main()
