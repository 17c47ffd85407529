"""A cluster of processes for tests: a JobManager and TaskManagers that die and come again."""
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from workloads import Failure

START_SECONDS = 30
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None)


def end_with_parent():
    """In a process about to be started: it does not outlive the test, however that ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Cluster:
    """Ports are given by the system; logs lie in `directory`. A JobManager that is started again
    knows its jobs. For use in `with`."""

    def __init__(self, flinkc, directory, task_managers=3, slots=2, options=(),
                 task_manager_options=()):
        self.flinkc = str(flinkc)
        self.directory = pathlib.Path(directory)
        self.slots = slots
        self.options = list(options)
        self.task_manager_options = list(task_manager_options)
        self.ha = self.directory / 'ha'
        self.options += ['--ha-dir', str(self.ha)]
        # Databases of tasks and the like.
        self.environment = dict(os.environ, TMPDIR=str(self.directory / 'tmp'))
        self.count = task_managers
        self.job_manager = None
        self.listen = '127.0.0.1:0'
        self.rest = '127.0.0.1:0'
        self.task_managers = {}

    def __enter__(self):
        self.directory.mkdir(exist_ok=True)
        (self.directory / 'tmp').mkdir(exist_ok=True)
        try:
            self.start_job_manager()
            for number in range(1, self.count + 1):
                self.start_task_manager(f'tm-{number}')
            self.wait_for(self.count)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        for process in [*self.task_managers.values(), self.job_manager]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    def spawn(self, name, arguments, before=(), failpoints=''):
        environment = dict(self.environment)
        if failpoints:
            environment['FLINKC_FAILPOINTS'] = failpoints
        with open(self.directory / f'{name}.log', 'ab') as log, \
                open(self.directory / f'{name}.out', 'ab') as out:
            return subprocess.Popen([*before, self.flinkc, *arguments],
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                    env=environment, preexec_fn=end_with_parent)

    def start_job_manager(self, failpoints=''):
        """Until it listens; one that is to die at a failpoint may have died before that."""
        log = self.directory / 'jobmanager.log'
        begin = log.stat().st_size if log.exists() else 0
        self.job_manager = self.spawn('jobmanager', ['jobmanager', '--listen', self.listen,
                                                     '--rest', self.rest, *self.options],
                                      failpoints=failpoints)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            said = log.read_bytes()[begin:].decode()
            listens = re.search(r'listens for TaskManagers on (\S+)\n', said)
            rest = re.search(r'REST at https?://(\S+)\n', said)
            if listens and rest:
                self.listen, self.rest = listens[1], rest[1]
                return
            if self.job_manager.poll() is not None:
                if failpoints and self.job_manager.returncode == -signal.SIGKILL:
                    return
                raise Failure(f'the JobManager has ended: {said}')
            time.sleep(0.02)
        raise Failure('the JobManager does not start')

    def start_task_manager(self, name, failpoints=''):
        self.task_managers[name] = self.spawn(
            name, ['taskmanager', '--connect', self.listen, '--id', name, '--slots',
                   str(self.slots), *self.task_manager_options], failpoints=failpoints)

    def kill_job_manager(self, how=signal.SIGKILL):
        self.job_manager.send_signal(how)
        self.job_manager.wait()

    def kill_task_manager(self, name, how=signal.SIGKILL):
        process = self.task_managers[name]
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()

    def get(self, path):
        with urllib.request.urlopen(f'http://{self.rest}{path}', timeout=10) as answer:
            return json.load(answer)

    def cancel(self, job_id):
        request = urllib.request.Request(f'http://{self.rest}/jobs/{job_id}', b'', method='PATCH')
        urllib.request.urlopen(request, timeout=10).close()

    def wait_for_slots(self, seconds=START_SECONDS):
        """Until no job has any."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            overview = self.get('/overview')
            if overview['slots-available'] == overview['slots-total']:
                return
            time.sleep(0.02)
        raise Failure(f'there are jobs after {seconds} s')

    def wait_for(self, task_managers, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if self.get('/overview')['taskmanagers'] == task_managers:
                    return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.02)
        raise Failure(f'there are not {task_managers} TaskManagers after {seconds} s')

    def submit(self, spec, parameters, options, *more):
        command = [self.flinkc, 'submit', '-m', self.rest, str(spec), *more]
        for name, value in parameters.items():
            command += ['-p', f'{name}={value}']
        for name, value in options.items():
            command += ['-D', f'{name}={value}']
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, env=dict(os.environ),
                                preexec_fn=end_with_parent)

    def job(self):
        """The newest one's line of the overview."""
        jobs = self.get('/jobs/overview')['jobs']
        return max(jobs, key=lambda job: job['start-time']) if jobs else None

    def logs(self):
        return ''.join(f'--- {path.name}\n{path.read_text(errors="replace")[-3000:]}'
                       for path in sorted(self.directory.glob('*.log')))
