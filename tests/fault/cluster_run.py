"""A job on a cluster of processes, watched while something is done to it."""
import time

from workloads import Failure, Runner, TIMEOUT_SECONDS


class ClusterRun:
    def __init__(self, name, cluster, workload, directory):
        self.name = name
        self.cluster = cluster
        self.runner = Runner(cluster.flinkc, workload.without_console(), directory)
        self.process = None
        self.log = cluster.directory / 'jobmanager.log'
        self.begin = 0  # of what the JobManager has said since the job was submitted

    def submit(self, options):
        self.begin = self.log.stat().st_size
        workload = self.runner.workload
        self.process = self.cluster.submit(
            workload.spec, {'out': self.runner.output, **workload.parameters}, options)

    def said(self):
        return self.log.read_bytes()[self.begin:].decode()

    def until(self, condition, what):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            if self.process.poll() is not None:
                raise Failure(f'{self.name}: the job ended before it {what}: '
                              f'{self.process.stderr.read().decode()}')
            if time.monotonic() > deadline:
                raise Failure(f'{self.name}: the job never {what}: {self.cluster.job()}')
            time.sleep(0.02)

    def until_complete(self):
        self.until(lambda: self.runner.newest_checkpoint() is not None, 'has a checkpoint')

    def until_said(self, *words):
        """In one line of the JobManager."""
        def is_said():
            return any(all(word in line for word in words) for line in self.said().splitlines())
        self.until(is_said, f'made the JobManager say {words}')

    def end(self, code=0):
        """What the client says."""
        said = self.process.communicate(timeout=TIMEOUT_SECONDS)[1].decode()
        if self.process.returncode != code:
            raise Failure(f'{self.name}: exit code {self.process.returncode}: {said}')
        return said

    def finish(self):
        self.end()
        self.runner.check_output(self.name)
        self.cluster.wait_for(self.cluster.count)
