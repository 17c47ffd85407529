#!/usr/bin/env python3
"""Kills real processes with SIGKILL, at random moments and at each failpoint, lets them meet an
error at each that can fail, lets each job go on from its newest checkpoint at another parallelism
with other options, and compares what it has written in the end with an undisturbed run.

    chaos.py FLINKC [--kills N] [--seed S] [--sweeps N] [--backends hashmap,rocksdb]
"""
import argparse
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from fault_case import flip_bit
from workloads import (Failure, Runner, TIMEOUT_SECONDS, expect_undisturbed, make_workloads)

# Lives of a job until it is let come to its end.
LIVES = 8
# What is passed once a checkpoint, or less: higher counts would rarely be reached.
SELDOM = ('restore.', 'final.', 'discard.', 'coordinator.', 'checkpoint.', 'prune.', 'metadata.')
# Passed once a start or once a job.
ONCE = ('restore.', 'discard.')
# An error there is passed over, and what it leaves goes with the next start: kills only.
SILENT = ('restore.leftovers',)
# Passed when a job goes on from a checkpoint or comes to its end: arranged, not waited for.
AT_RESTORE = ('restore.found', 'restore.cleaned', 'restore.leftovers', 'restore.segment',
              'restore.taken_back', 'restore.committed', 'restore.done')
# Passed when the newest checkpoint is damaged: damaged_checkpoints lets it fail there.
WHEN_DAMAGED = 'restore.taken_back'


def failpoints_of(flinkc):
    """All there are, as the message of an unknown one lists them."""
    refused = subprocess.run([flinkc, 'version'], env={'FLINKC_FAILPOINTS': 'none:1:kill'},
                             capture_output=True, text=True, check=False)
    names = re.search(r'there are: (.*)', refused.stderr)
    if refused.returncode != 2 or not names:
        raise Failure(f'an unknown failpoint is accepted: {refused}')
    return names[1].split(', ')


def can_fail(flinkc, name):
    armed = subprocess.run([flinkc, 'version'], env={'FLINKC_FAILPOINTS': f'{name}:1:error'},
                           capture_output=True, check=False)
    return armed.returncode == 0


def backend_for(names):
    """RocksDB may go on from its own files alone, and read no segment."""
    return {'state__backend__type': 'hashmap'} if 'restore.segment' in names else {}


class Campaign:
    """One job from its first start to its end, killed in between."""

    def __init__(self, flinkc, workload, directory, chance, backends, log):
        self.runner = Runner(flinkc, workload, directory)
        self.workload = workload
        self.chance = chance
        self.backends = backends
        self.log = log
        self.started = False
        self.kills = 0
        self.ended = False
        self.had_ended = False
        self.damaged = set()
        self.said = ''

    def live(self, failpoints='', kill_after=None, **fixed):
        """One process. Whether it was killed."""
        options = self.runner.options(self.chance, self.started, self.backends)
        options.update({name.replace('__', '.').replace('_', '-'): value
                        for name, value in fixed.items()})
        drawn = ' '.join(f'{name.rpartition(".")[2]}={value}' for name, value in options.items())
        self.log(f'{self.workload} failpoints={failpoints} after={kill_after} {drawn}')
        process = self.runner.start(options, failpoints)
        resumed, self.started = self.started, True
        try:
            said = process.communicate(timeout=kill_after or TIMEOUT_SECONDS)[1]
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            said = process.communicate()[1]
            if kill_after is None:
                raise Failure(f'the job hangs: {failpoints}') from None
        if process.returncode == -signal.SIGKILL:
            self.kills += 1
            self.runner.check_files_are_there()
            return True
        self.said = said.decode()
        # It could not start, and nothing has happened.
        if process.returncode == 4 and re.search('flinkc: error: .*failpoint `', self.said):
            return False
        # The job had ended, output and all, when its process was killed.
        had_ended = resumed and 'came to its end' in self.said
        if process.returncode != 0:
            raise Failure(f'exit code {process.returncode}: {self.said}')
        self.ended = True
        self.had_ended = had_ended
        return False

    def damage_newest(self):
        """Flips a bit of what the newest checkpoint has written, if there is a whole one before it.
        Whether it did."""
        whole = [directory for directory in self.runner.complete_checkpoints()
                 if directory.name not in self.damaged]
        if len(whole) < 2:
            return False
        prefix = whole[-1].name[4:] + '-'
        # A database's file may have a name in each checkpoint: the one before is to stay whole.
        older = {path.stat().st_ino for checkpoint in whole[:-1]
                 for path in self.runner.state_files(checkpoint)}
        files = [path for path in self.runner.state_files(whole[-1])
                 if path.name.startswith(prefix) and path.stat().st_size > 0
                 and path.stat().st_ino not in older]
        if not files:
            return False
        self.damaged.add(whole[-1].name)
        self.log(f'{whole[-1].name} is damaged')
        flip_bit(self.chance.choice(files), self.chance)
        return True

    def disturb(self, names):
        """A life that ends at a drawn moment, or at one of some failpoints, having met others."""
        newest = self.runner.newest_checkpoint()
        if self.chance.random() < 0.2:
            if newest is not None and newest.name not in self.damaged:
                self.runner.keep_only_newest()
        elif self.chance.random() < 0.2:
            self.damage_newest()
        armed = []
        while self.chance.random() < 0.4:
            name = self.chance.choice(list(names))
            fails = names[name] and name not in SILENT
            actions = ['kill', 'sleep:20'] + (['error', 'nospace'] if fails else [])
            armed.append(f'{name}:{self.chance.choice([1, 2, 3, 7, 20])}:'
                         f'{self.chance.choice(actions)}')
        return self.live(','.join(armed),
                         kill_after=self.chance.uniform(0.01, self.workload.seconds * 1.3))

    def finish(self):
        if not self.ended:
            self.live()
        self.runner.check_output()
        if 'the checkpoints of the ended job could not be removed' not in self.said:
            self.runner.check_checkpoints_gone(self.had_ended)


def reach(campaign, name, chance):
    """Whether a life was killed at this failpoint."""
    nth = 1
    if not name.startswith(SELDOM):
        nth = chance.choice([1, 1, 2, 5, 12])
    fixed = {'execution__checkpointing__interval': '10ms'}
    if name.startswith('prune.'):
        fixed['execution__checkpointing__num_retained'] = 1
    fixed.update(backend_for([name]))
    if name == WHEN_DAMAGED:
        fixed['execution__checkpointing__num_retained'] = 3
    if name in AT_RESTORE:
        # It dies between two checkpoints of its own, so that the newest is of this backend, and
        # tasks have gone on writing.
        if not campaign.live('checkpoint.durable:2:sleep:30,metadata.before_write:3:kill',
                             **fixed):
            return False
    if name == WHEN_DAMAGED and not campaign.damage_newest():
        return False
    return campaign.live(f'{name}:{nth}:kill', **fixed)


def sweep_kills(start_campaign, names, chance):
    """Kills at each failpoint at least once. The number of kills."""
    kills = 0
    missing = list(names)
    chance.shuffle(missing)
    # What a job had no time left for gets one of its own.
    for names_a_job in (4, 4, 1, 1, 1, 1, 1, 1):
        todo, missing = missing, []
        while todo:
            with start_campaign() as campaign:
                for name in [todo.pop() for _ in range(min(names_a_job, len(todo)))]:
                    if campaign.ended or not reach(campaign, name, chance):
                        missing.append(name)
                campaign.finish()
                kills += campaign.kills
        if not missing:
            return kills
    raise Failure(f'no job passes the failpoints {missing}')


def sweep_errors(start_campaign, names, chance):
    """Lets jobs meet an error at each failpoint at least once, which start again in their process
    and end by themselves."""
    missing = [name for name in names if name not in SILENT]
    chance.shuffle(missing)
    for _ in range(12):
        with start_campaign() as campaign:
            tried, missing = missing[:6], missing[6:]
            errors = [f'{name}:{1 if name.startswith(ONCE) else chance.choice([1, 1, 2])}:'
                      f'{chance.choice(["error", "nospace", "readonly"])}' for name in tried]
            # Whatever else comes, it starts again from its second checkpoint.
            errors.append('commit.after:2:error')
            campaign.live(','.join(errors), execution__checkpointing__interval='10ms',
                          execution__checkpointing__num_retained=1, **backend_for(tried))
            missing += [name for name in tried
                        if f'failpoint `{name}`' not in campaign.said]
            campaign.finish()
        if not missing:
            return
    raise Failure(f'no job passes the failpoints {missing}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--kills', type=int, default=60)
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    parser.add_argument('--sweeps', type=int, default=1)
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
        try:
            for workload in workloads:
                expect_undisturbed(arguments.flinkc, workload)
            class start_campaign:
                """A job in turn, in a directory that goes with it."""

                def __enter__(self):
                    del history[:]
                    self.directory = tempfile.TemporaryDirectory(dir=directory)
                    workload = workloads[chance.randrange(len(workloads))]
                    return Campaign(arguments.flinkc, workload, pathlib.Path(self.directory.name),
                                    chance, tuple(arguments.backends.split(',')), log)

                def __exit__(self, *unused):
                    self.directory.cleanup()

            kills = 0
            names = {name: can_fail(arguments.flinkc, name)
                     for name in failpoints_of(arguments.flinkc)}
            for _ in range(arguments.sweeps):
                kills += sweep_kills(start_campaign, names, chance)
                sweep_errors(start_campaign, [name for name in names
                                              if names[name] and name != WHEN_DAMAGED], chance)
            swept = kills
            while kills < arguments.kills or kills == swept:
                with start_campaign() as campaign:
                    for _ in range(LIVES):
                        if campaign.ended:
                            break
                        campaign.disturb(names)
                    campaign.finish()
                    kills += campaign.kills
        except Failure as failure:
            sys.exit(f'seed {arguments.seed}: {failure}\nthe lives of this job:\n  '
                     + '\n  '.join(history))
    print(f'seed {arguments.seed}: {kills} kills, {swept} of them at failpoints; '
          'the same rows each time')


if __name__ == '__main__':
    main()
