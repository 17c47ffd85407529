#!/usr/bin/env python3
"""Jobs on a cluster of processes whose JobManager and TaskManagers are killed, or TaskManagers
stopped for longer than they may be silent, at random moments; what the jobs have written in the end
is compared with an undisturbed run in one process. The client follows its job all the while.

    cluster_chaos.py FLINKC [--kills N] [--seed S] [--backends hashmap,rocksdb]
"""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

from cluster import Cluster
from workloads import Failure, Runner, TIMEOUT_SECONDS, expect_undisturbed, make_workloads

TASK_MANAGERS = 3
# Of the disturbances.
JOB_MANAGER_SHARE = 0.35
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


def kill_job_manager(cluster, chance, log):
    """With all TaskManagers, or alone. The number of kills."""
    victims = sorted(cluster.task_managers) if chance.random() < 0.15 else []
    log(f'the JobManager dies {victims}')
    cluster.kill_job_manager()
    for name in victims:
        cluster.kill_task_manager(name)
    # Sometimes so long that everybody notices.
    time.sleep(chance.choice([0, 0, 0.3, 1.5]))
    cluster.start_job_manager()
    for name in victims:
        cluster.start_task_manager(name)
    return 1 + len(victims)


def disturb(cluster, chance, log):
    """The JobManager, one TaskManager, or all, die and come again, or one stands still. The number
    of kills."""
    if chance.random() < JOB_MANAGER_SHARE:
        return kill_job_manager(cluster, chance, log)
    names = sorted(cluster.task_managers)
    victims = names if chance.random() < 0.1 else [chance.choice(names)]
    stops = len(victims) == 1 and chance.random() < 0.25
    if stops:
        # Sometimes so short that nobody notices.
        seconds = chance.choice([0.3, 2.5])
        log(f'{victims[0]} stands still for {seconds} s')
        cluster.kill_task_manager(victims[0], signal.SIGSTOP)
        time.sleep(seconds)
        cluster.kill_task_manager(victims[0], signal.SIGCONT)
        return 1
    log(f'{victims} die')
    for name in victims:
        cluster.kill_task_manager(name)
    time.sleep(chance.choice([0, 0, 0.2]))
    for name in victims:
        cluster.start_task_manager(name)
    return len(victims)


def run_job(cluster, workload, directory, chance, backends, log):
    """From its submission to its end. The number of kills."""
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
    log(f'{workload} ' + ' '.join(f'{name.rpartition(".")[2]}={value}'
                                  for name, value in options.items()))
    parameters = {'out': runner.output, **workload.parameters}
    process = cluster.submit(workload.spec, parameters, options)
    kills = 0
    deadline = time.monotonic() + 3 * TIMEOUT_SECONDS
    disturbances = chance.randrange(1, 6)
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            raise Failure(f'{workload}: the job does not end: {cluster.job()}')
        if disturbances > 0:
            time.sleep(chance.uniform(0.05, workload.seconds))
            if process.poll() is None:
                kills += disturb(cluster, chance, log)
                disturbances -= 1
        else:
            time.sleep(0.05)
    said = process.communicate()[1].decode()
    if process.returncode != 0:
        raise Failure(f'{workload}: exit code {process.returncode}: {said}')
    runner.check_output()
    kept = list((cluster.ha / 'jobs').iterdir())
    if kept:
        raise Failure(f'{workload}: the job has ended and is kept: {kept}')
    return kills


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--kills', type=int, default=10)
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
        kills, jobs = 0, 0
        with Cluster(arguments.flinkc, directory / 'cluster', TASK_MANAGERS,
                     options=OPTIONS) as cluster:
            try:
                while kills < arguments.kills:
                    del history[:]
                    with tempfile.TemporaryDirectory(dir=directory) as place:
                        kills += run_job(cluster, workloads[jobs % len(workloads)],
                                         pathlib.Path(place), chance,
                                         tuple(arguments.backends.split(',')), log)
                    jobs += 1
                    cluster.wait_for(TASK_MANAGERS)
            except (Failure, OSError) as failure:
                print(f'{failure}\nseed {arguments.seed}\n' + '\n'.join(history) + '\n' +
                      cluster.logs())
                return 1
        print(f'{jobs} jobs, {kills} kills: all output is exact')
    return 0


if __name__ == '__main__':
    sys.exit(main())
