#!/usr/bin/env python3
"""Jobs on a cluster of processes whose JobManager and TaskManagers are killed, or TaskManagers
stopped for longer than they may be silent, at random moments and at failpoints; what the jobs have
written in the end is compared with an undisturbed run in one process. The client follows its job
all the while.

    cluster_chaos.py FLINKC [--kills N] [--every-failpoint] [--seed S] [--backends hashmap,rocksdb]
"""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

from chaos import failpoints_of
from cluster import Cluster
from workloads import Failure, Runner, TIMEOUT_SECONDS, expect_undisturbed, make_workloads

TASK_MANAGERS = 3
# Of the disturbances.
JOB_MANAGER_SHARE = 0.35
# Of the processes that come again, those that are to die at a failpoint.
ARMED_SHARE = 0.6
# What a TaskManager passes; the others are the JobManager's.
TASK_MANAGER_FAILPOINTS = ('task.input', 'gate.', 'sink.', 'snapshot.', 'state_file.', 'ack.',
                           'restore.segment')
# Passed often enough for a later time to come.
OFTEN = ('task.input', 'gate.', 'sink.', 'snapshot.', 'state_file.', 'ack.', 'file.renamed')
# Passed only when a checkpoint is damaged (local_state, damaged_checkpoints).
NOT_HERE = ('restore.taken_back',)
# Heartbeats that make a stopped process a lost one soon.
OPTIONS = ('--heartbeat-interval', '200ms', '--heartbeat-timeout', '1s')
LOCAL_COPIES = {
    'execution.checkpointing.local-backup.enabled': 'true',
    'execution.state-recovery.from-local': 'true',
}
# Of a job that goes on with the slots that are left, and takes more as soon as they come.
ADAPTIVE = {
    'jobmanager.scheduler': 'Adaptive',
    'jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout': '100ms',
    'jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout': '100ms',
    'jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling': '0s',
}


class Failpoints:
    """Which process is to die where, and where none has died yet."""

    def __init__(self, flinkc, chance):
        self.chance = chance
        # In the order in which they are tried next.
        self.names = [name for name in failpoints_of(flinkc) if name not in NOT_HERE]
        chance.shuffle(self.names)
        self.missing = set(self.names)
        self.armed = {}

    def arm(self, process, is_task_manager):
        """What the process is started with, often nothing."""
        self.armed.pop(process, None)
        if self.chance.random() > ARMED_SHARE:
            return ''
        # Those where none has died come first.
        name = min((name for name in self.names
                    if name.startswith(TASK_MANAGER_FAILPOINTS) == is_task_manager),
                   key=lambda name: name not in self.missing)
        self.names.remove(name)
        self.names.append(name)
        self.armed[process] = name
        nth = self.chance.choice([1, 1, 2, 5]) if name.startswith(OFTEN) else 1
        return f'{name}:{nth}:kill'

    def died(self, process):
        """The failpoint, or nothing: it was not to die."""
        name = self.armed.pop(process, None)
        self.missing.discard(name)
        return name


class Chaos:
    """A cluster whose processes die and come again."""

    def __init__(self, cluster, failpoints, chance, log):
        self.cluster = cluster
        self.failpoints = failpoints
        self.chance = chance
        self.log = log
        self.kills = 0

    def start_job_manager(self):
        armed = self.failpoints.arm('jobmanager', False)
        if armed:
            self.log(f'the JobManager is to die at {armed}')
        self.cluster.start_job_manager(armed)

    def start_task_manager(self, name):
        armed = self.failpoints.arm(name, True)
        if armed:
            self.log(f'{name} is to die at {armed}')
        self.cluster.start_task_manager(name, armed)

    def tend(self):
        """Those that have died at their failpoints come again; nothing else may have died."""
        processes = {'jobmanager': self.cluster.job_manager, **self.cluster.task_managers}
        for name, process in processes.items():
            if process.poll() is None:
                continue
            failpoint = self.failpoints.died(name)
            if failpoint is None or process.returncode != -signal.SIGKILL:
                raise Failure(f'{name} has ended by itself: exit code {process.returncode}')
            self.log(f'{name} has died at {failpoint}')
            self.kills += 1
            if name == 'jobmanager':
                self.cluster.start_job_manager()
            else:
                self.cluster.start_task_manager(name)

    def tend_for(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tend()
            time.sleep(0.02)

    def kill_job_manager(self):
        """With all TaskManagers, or alone."""
        victims = sorted(self.cluster.task_managers) if self.chance.random() < 0.15 else []
        self.log(f'the JobManager dies {victims}')
        self.cluster.kill_job_manager()
        for name in victims:
            self.cluster.kill_task_manager(name)
        # Sometimes so long that everybody notices.
        time.sleep(self.chance.choice([0, 0, 0.3, 1.5]))
        self.kills += 1 + len(victims)
        self.start_job_manager()
        for name in victims:
            self.start_task_manager(name)

    def stop_for_a_while(self, name):
        # Sometimes so short that nobody notices.
        seconds = self.chance.choice([0.3, 2.5])
        self.log(f'{name} stands still for {seconds} s')
        self.cluster.kill_task_manager(name, signal.SIGSTOP)
        time.sleep(seconds)
        self.cluster.kill_task_manager(name, signal.SIGCONT)
        self.kills += 1

    def disturb(self):
        """The JobManager, one TaskManager, or all, die and come again, or one stands still."""
        self.tend()
        if self.chance.random() < JOB_MANAGER_SHARE:
            return self.kill_job_manager()
        names = sorted(self.cluster.task_managers)
        victims = names if self.chance.random() < 0.1 else [self.chance.choice(names)]
        if len(victims) == 1 and self.chance.random() < 0.25:
            return self.stop_for_a_while(victims[0])
        self.log(f'{victims} die')
        for name in victims:
            self.cluster.kill_task_manager(name)
        time.sleep(self.chance.choice([0, 0, 0.2]))
        self.kills += len(victims)
        for name in victims:
            self.start_task_manager(name)

    def settle(self):
        """Until all TaskManagers are there."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            self.tend()
            try:
                return self.cluster.wait_for(TASK_MANAGERS, seconds=1)
            except Failure:
                if time.monotonic() > deadline:
                    raise


def run_job(chaos, workload, directory, backends):
    """From its submission to its end."""
    cluster, chance = chaos.cluster, chaos.chance
    runner = Runner(cluster.flinkc, workload.without_console(), directory)
    options = runner.options(chance, False, backends)
    options['parallelism.default'] = chance.choice([2, 4, 6])
    if chance.random() < 0.5:
        options.update(ADAPTIVE)
    # Not drawn, so that a seed stays what it was.
    if options['parallelism.default'] != 2:
        options.update(LOCAL_COPIES)
    # Its slots may be too few for a while, but it is not at its end for that.
    options['execution.checkpointing.tolerable-failed-checkpoints'] = 1000
    chaos.log(f'{workload} ' + ' '.join(f'{name.rpartition(".")[2]}={value}'
                                        for name, value in options.items()))
    parameters = {'out': runner.output, **workload.parameters}
    process = cluster.submit(workload.spec, parameters, options)
    deadline = time.monotonic() + 3 * TIMEOUT_SECONDS
    disturbances = chance.randrange(1, 6)
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            raise Failure(f'{workload}: the job does not end: {cluster.job()}')
        if disturbances > 0:
            chaos.tend_for(chance.uniform(0.05, workload.seconds))
            if process.poll() is None:
                chaos.disturb()
                disturbances -= 1
        else:
            chaos.tend_for(0.05)
    said = process.communicate()[1].decode()
    if process.returncode != 0:
        raise Failure(f'{workload}: exit code {process.returncode}: {said}')
    runner.check_output()
    chaos.settle()
    kept = list((cluster.ha / 'jobs').iterdir())
    if kept:
        raise Failure(f'{workload}: the job has ended and is kept: {kept}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--every-failpoint', action='store_true',
                        help='not over before a process has died at each')
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    parser.add_argument('--backends', default='hashmap')
    parser.add_argument('--scale', type=float, default=0.6, help='of the input')
    parser.add_argument('--verbose', action='store_true')
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    history = []

    def log(text):
        history.append(text)
        if arguments.verbose:
            print(f'{time.monotonic():.2f}', text, flush=True)

    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        workloads = make_workloads(directory, arguments.scale)
        for workload in workloads:
            expect_undisturbed(arguments.flinkc, workload)
        jobs = 0
        with Cluster(arguments.flinkc, directory / 'cluster', TASK_MANAGERS,
                     options=OPTIONS) as cluster:
            chaos = Chaos(cluster, Failpoints(arguments.flinkc, chance), chance, log)
            missing = chaos.failpoints.missing
            try:
                while chaos.kills < arguments.kills or arguments.every_failpoint and missing:
                    if chaos.kills > 2 * arguments.kills + 200:
                        raise Failure(f'none has died at {sorted(missing)}')
                    del history[:]
                    with tempfile.TemporaryDirectory(dir=directory) as place:
                        run_job(chaos, workloads[jobs % len(workloads)], pathlib.Path(place),
                                tuple(arguments.backends.split(',')))
                    jobs += 1
            except (Failure, OSError) as failure:
                print(f'{failure}\nseed {arguments.seed}\n' + '\n'.join(history) + '\n' +
                      cluster.logs())
                return 1
        print(f'seed {arguments.seed}: {jobs} jobs, {chaos.kills} kills, at '
              f'{len(chaos.failpoints.names) - len(missing)} of {len(chaos.failpoints.names)} '
              'failpoints: all output is exact')
    return 0


if __name__ == '__main__':
    sys.exit(main())
