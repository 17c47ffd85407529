#!/usr/bin/env python3
"""Jobs on a cluster whose disks fill up and have room again: that of the checkpoints, under all
processes, and that of one TaskManager's state databases.

    cluster_disk.py FLINKC [--only CASE] [--seed S]

Without the right to mount it says so and is skipped.
"""
import argparse
import contextlib
import pathlib
import random
import sys
import tempfile
import time

from cluster import Cluster
from cluster_run import ClusterRun
from fault_case import MS_REC, SLOWER, fill, mount, own_mounts, unmount
from workloads import Failure, expect_undisturbed, make_workloads

TASK_MANAGERS = 3
MS_SHARED = 1 << 20
SKIPPED = 77  # for ctest
JOB_FAILED = 6


class DiskCluster(Cluster):
    """The TaskManager tm-1 has its databases on a small disk that nobody else sees."""

    def __init__(self, flinkc, directory):
        super().__init__(flinkc, directory, TASK_MANAGERS)
        self.environment['FLINKC_FAILPOINTS'] = SLOWER

    def start_task_manager(self, name):
        arguments = ['taskmanager', '--connect', self.listen, '--id', name, '--slots',
                     str(self.slots)]
        before = ()
        if name == 'tm-1':
            disk = self.directory / 'tmp'
            # It sees what is mounted here later.
            before = ('unshare', '--mount', '--propagation', 'slave', 'sh', '-ec',
                      f'mount -t tmpfs -o size=64m none {disk}; exec "$@"', 'sh')
        self.task_managers[name] = self.spawn(name, arguments, before)

    @property
    def small_disk(self):
        """As tm-1 sees it."""
        pid = self.task_managers['tm-1'].pid
        return pathlib.Path(f'/proc/{pid}/root{self.directory}/tmp')


class Run(ClusterRun):
    """One job."""

    def __init__(self, name, cluster, workload, directory, chance):
        super().__init__(name, cluster, workload, directory)
        self.chance = chance

    def start(self, **more):
        options = self.runner.options(self.chance, False)
        options.update({'parallelism.default': 6, 'execution.checkpointing.interval': '20ms',
                        'execution.checkpointing.min-pause': '0ms',
                        'execution.checkpointing.tolerable-failed-checkpoints': 1000000})
        options.update({name.replace('__', '.').replace('_', '-'): value
                        for name, value in more.items()})
        self.submit(options)


@contextlib.contextmanager
def small_disk(run, **options):
    """A running job whose checkpoints have a small disk, full but for what `ballast` takes."""
    run.runner.checkpoints.mkdir()
    mount('none', run.runner.checkpoints, 'tmpfs', 0, 'size=192m')
    try:
        run.start(**options)
        run.until_complete()
        ballast = run.runner.checkpoints / 'ballast'
        fill(ballast)
        yield ballast
    finally:
        if run.process is not None and run.process.poll() is None:
            run.process.kill()
        if run.process is not None:
            run.process.wait()
        for job in run.cluster.get('/jobs')['jobs']:
            if job['status'] not in ('FINISHED', 'CANCELED', 'FAILED'):
                run.cluster.cancel(job['id'])
        run.cluster.wait_for_slots()
        unmount(run.runner.checkpoints)


def checkpoints_fail_and_recover(run):
    """The job does not mind."""
    with small_disk(run) as ballast:
        run.until_said('has failed, 1 in a row: ', 'No space left on device')
        run.until_said('has failed, 4 in a row: ', 'No space left on device')
        ballast.unlink()
        run.until_said('is complete, after ', ' that failed')
        run.finish()


def checkpoints_fail_for_good(run):
    """The job has had enough, and says of what; when there is room, a new one goes on from the last
    checkpoint."""
    retention = {'execution__checkpointing__externalized_checkpoint_retention':
                 'RETAIN_ON_CANCELLATION'}
    with small_disk(run, **retention, execution__checkpointing__tolerable_failed_checkpoints=2,
                    restart_strategy__fixed_delay__attempts=1) as ballast:
        said = run.end(JOB_FAILED)
        if 'No space left on device' not in said or 'checkpoints in a row have failed' not in said:
            raise Failure(f'{run.name}: it does not say why it has failed: {said}')
        ballast.unlink()
        run.start(execution__state_recovery__path='latest')
        run.finish()
        if 'going on from checkpoint' not in run.log.read_bytes()[run.begin:].decode():
            raise Failure(f'{run.name}: it has started from its beginning')


def databases_of_one(run):
    """The state of one TaskManager has no room: the job starts again and again until it has."""
    run.start(state__backend__type='rocksdb', taskmanager__memory__managed__size='1mb')
    run.until_complete()
    ballast = run.cluster.small_disk / 'ballast'
    fill(ballast)
    run.until_said('the job has failed and starts again in ', 'No space left on device')
    ballast.unlink()
    run.finish()


CASES = (checkpoints_fail_and_recover, checkpoints_fail_for_good, databases_of_one)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--only', help='the name of a case')
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    if not own_mounts():
        print('skipped: no right to mount')
        return SKIPPED
    mount('none', '/', '', MS_REC | MS_SHARED)
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        workload = make_workloads(directory, 0.2)[1]
        expect_undisturbed(arguments.flinkc, workload)
        with DiskCluster(arguments.flinkc, directory / 'cluster') as cluster:
            for case in CASES:
                if arguments.only not in (None, case.__name__):
                    continue
                begin = time.monotonic()
                with tempfile.TemporaryDirectory(dir=directory) as place:
                    try:
                        case(Run(case.__name__, cluster, workload, pathlib.Path(place), chance))
                    except (Failure, OSError) as failure:
                        print(f'{failure}\nseed {arguments.seed}\n{cluster.logs()}')
                        return 1
                print(f'{case.__name__}: {time.monotonic() - begin:.1f} s', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
