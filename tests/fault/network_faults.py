#!/usr/bin/env python3
"""Jobs on a cluster whose processes have a host each, while the network between them is cut, slow
or loses packets; what the jobs have written in the end is compared with an undisturbed run in one
process.

    network_faults.py FLINKC [--long] [--only CASE] [--seed S]

Without the right to make a network it says so and is skipped.
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

from cluster import Cluster
from cluster_run import ClusterRun
from network import Network, NoRight
from workloads import Failure, expect_undisturbed, make_workloads

TASK_MANAGERS = ('tm-1', 'tm-2', 'tm-3')
OPTIONS = ('--heartbeat-interval', '500ms', '--heartbeat-timeout', '3s')
# A job is to be there until the fault was noticed.
SLOWLY = 'task.input:1-:sleep:25'
SKIPPED = 77  # for ctest


class NetworkCluster(Cluster):
    """A JobManager here, TaskManagers on their hosts."""

    def __init__(self, flinkc, directory, network):
        super().__init__(flinkc, directory, len(TASK_MANAGERS), options=(*OPTIONS, '--insecure'))
        self.network = network
        self.listen = f'{network.addresses["jobmanager"]}:0'
        self.environment['FLINKC_FAILPOINTS'] = SLOWLY

    def start_task_manager(self, name):
        self.task_managers[name] = self.spawn(
            name, ['taskmanager', '--connect', self.listen, '--id', name, '--slots',
                   str(self.slots), '--data', f'{self.network.addresses[name]}:0', '--insecure'],
            self.network.inside(name))


class Run(ClusterRun):
    """One job and what is done to its network meanwhile."""

    def __init__(self, name, cluster, workload, directory, chance):
        super().__init__(f'{name}, {workload}', cluster, workload, directory)
        self.network = cluster.network
        options = self.runner.options(chance, False)
        options['parallelism.default'] = 6
        options['execution.checkpointing.interval'] = '50ms'
        options['execution.checkpointing.tolerable-failed-checkpoints'] = 1000
        self.submit(options)
        self.until_complete()

    def has_ended(self):
        return self.process.poll() is not None

    def until_next_checkpoint(self, several=1, or_end=False):
        """Of those that are made from now on."""
        newest = self.runner.newest_checkpoint()
        before = int(newest.name[4:]) if newest else 0

        def is_there():
            if or_end and self.has_ended():
                return True
            now = self.runner.newest_checkpoint()
            return now is not None and int(now.name[4:]) >= before + several
        self.until(is_there, 'has another checkpoint')


def between_task_managers(run):
    """Both are heard by the JobManager all the while."""
    run.network.cut('tm-1', 'tm-2')
    run.until_said('nothing has come from it for 3000 ms (heartbeat.timeout)')
    # Nor does it come back as long as there is no way.
    run.until_said('starts again')
    run.network.mend()
    if 'was lost' in run.said():
        raise Failure(f'{run.name}: a TaskManager was lost that the JobManager has heard')


def one_way(run):
    """What one sends does not arrive, what it is sent does."""
    run.network.cut('tm-1', 'tm-2', both=False)
    run.until_said('nothing has come from it for 3000 ms (heartbeat.timeout)')
    run.network.mend()


def from_job_manager(run):
    run.network.cut('jobmanager', 'tm-2')
    run.until_said('the TaskManager `tm-2` was lost')
    run.network.mend()


def one_alone(run):
    """Its tasks run on while others take their place."""
    for other in ('jobmanager', 'tm-1', 'tm-2'):
        run.network.cut('tm-3', other)
    run.until_said('the TaskManager `tm-3` was lost')
    time.sleep(run.cluster.chance.choice([0, 0.5, 6]))
    run.network.mend()


def for_a_moment(run):
    """TCP sends again what was lost: five times, or as often as the job lasts."""
    for cut in range(5):
        run.network.cut(*run.cluster.chance.sample(['jobmanager', *TASK_MANAGERS], 2))
        time.sleep(run.cluster.chance.choice([0.1, 0.3]))
        run.network.mend()
        if cut == 0:
            run.until_next_checkpoint()
        else:
            run.until_next_checkpoint(or_end=True)
        if run.has_ended():
            return


def while_the_job_manager_is_away(run):
    """A TaskManager hears nothing of its end, and meets the next one with tasks of the last."""
    run.network.cut('jobmanager', 'tm-1')
    run.cluster.kill_job_manager()
    run.cluster.start_job_manager()
    run.until_said('of a former JobManager is taken over')
    run.network.mend()


def slow(run):
    run.network.disturb(delay=0.02, jitter=0.005)
    run.until_next_checkpoint()
    run.until_next_checkpoint(2, or_end=True)
    run.network.disturb()


def lossy(run):
    run.network.disturb(delay=0.002, jitter=0.004, loss=0.02)
    run.until_next_checkpoint()
    run.until_next_checkpoint(2, or_end=True)
    run.network.disturb()


SHORT = (between_task_managers, from_job_manager, lossy)
LONG = (between_task_managers, one_way, from_job_manager, one_alone, for_a_moment,
        while_the_job_manager_is_away, slow, lossy)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--long', action='store_true', help='all cases, with several jobs')
    parser.add_argument('--only', help='the name of a case')
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    parser.add_argument('--scale', type=float, default=0.3, help='of the input')
    arguments = parser.parse_args()
    cases = LONG if arguments.long or arguments.only else SHORT
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        try:
            with Network(('jobmanager', *TASK_MANAGERS), arguments.seed) as network:
                workloads = make_workloads(directory, arguments.scale)
                workloads = workloads if arguments.long else workloads[:1]
                for workload in workloads:
                    expect_undisturbed(arguments.flinkc, workload)
                with NetworkCluster(arguments.flinkc, directory / 'cluster', network) as cluster:
                    cluster.chance = chance
                    for case in cases:
                        if arguments.only in (None, case.__name__):
                            run_case(case, cluster, workloads, directory, chance)
        except NoRight as reason:
            print(f'skipped: {reason}')
            return SKIPPED
        except Failure as failure:
            print(f'{failure}\nseed {arguments.seed}')
            return 1
    return 0


def run_case(case, cluster, workloads, directory, chance):
    for workload in workloads:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(dir=directory) as place:
            try:
                run = Run(case.__name__, cluster, workload, pathlib.Path(place), chance)
                case(run)
                run.finish()
            except (Failure, OSError) as failure:
                raise Failure(f'{failure}\n{cluster.logs()}') from failure
            finally:
                cluster.network.mend()
                cluster.network.disturb()
        print(f'{run.name}: {time.monotonic() - begin:.1f} s', flush=True)


if __name__ == '__main__':
    sys.exit(main())
