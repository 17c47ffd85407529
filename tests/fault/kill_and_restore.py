#!/usr/bin/env python3
"""Kills a job with SIGKILL at random moments, lets it go on from its newest checkpoint at another
parallelism, and compares what it has written in the end with an undisturbed run.

    kill_and_restore.py FLINKC SPEC [--kills N] [--seed S]
"""
import argparse
import collections
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

SINKS = ('windows', 'rows', 'totals')
# Longer than any run takes on a slow machine.
TIMEOUT_SECONDS = 120


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


def leftovers_of(directory):
    return [path for path in directory.rglob('.*') if path.is_file()]


class Job:
    def __init__(self, flinkc, spec, directory):
        self.command = [flinkc, 'run', spec]
        self.directory = directory

    def start(self, name, parallelism, checkpoints, resume, incremental='false'):
        command = self.command + [
            '-p', f'out={self.directory / name}', '-D', f'parallelism.default={parallelism}']
        if checkpoints:
            options = {'execution.checkpointing.interval': '20ms',
                       'execution.checkpointing.dir': self.directory / 'checkpoints',
                       'execution.checkpointing.num-retained': 2,
                       'execution.checkpointing.incremental': incremental}
            if resume:
                options['execution.state-recovery.path'] = 'latest'
            for option, value in options.items():
                command += ['-D', f'{option}={value}']
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process, after_kill=False):
    _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    # The job had ended, output and all, when its process was killed: there is nothing to go on
    # from, and what was written is not written over.
    had_ended = after_kill and process.returncode == 4 and b'is not empty' in errors
    if process.returncode != 0 and not had_ended:
        sys.exit(f'exit code {process.returncode}: {errors.decode()}')


def kill_until_done(job, kills, chance):
    """How often it was killed before a run came to its end."""
    begun = time.monotonic()
    finish(job.start('undisturbed', 2, False, False))
    usual = time.monotonic() - begun
    killed = 0
    resumed = False
    while True:
        process = job.start('disturbed', chance.choice([1, 2, 3, 4]), True, resumed,
                            chance.choice(['true', 'false']))
        if killed < kills:
            try:
                # Anywhere from its first milliseconds to its end.
                process.wait(chance.uniform(0, usual * 1.2))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
                resumed = True
                continue
        finish(process, after_kill=killed != 0)
        return killed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('spec')
    parser.add_argument('--kills', type=int, default=60)
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    killed = 0
    rounds = 0
    while killed < arguments.kills:
        rounds += 1
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            job = Job(arguments.flinkc, arguments.spec, directory)
            killed += kill_until_done(job, min(10, arguments.kills - killed), chance)
            expected = rows_of(directory / 'undisturbed')
            found = rows_of(directory / 'disturbed')
            for sink in SINKS:
                if not expected[sink]:
                    sys.exit(f'seed {arguments.seed}: the sink {sink} has no rows: a weak test')
                missing = expected[sink] - found[sink]
                surplus = found[sink] - expected[sink]
                if missing or surplus:
                    sys.exit(f'seed {arguments.seed}, round {rounds}, sink {sink}: '
                             f'{sum(missing.values())} rows are missing, '
                             f'{sum(surplus.values())} are too many, such as '
                             f'{list((missing or surplus).items())[:3]}')
            if leftovers_of(directory / 'disturbed'):
                sys.exit(f'seed {arguments.seed}: left behind: '
                         f'{leftovers_of(directory / "disturbed")}')
    print(f'seed {arguments.seed}: {killed} kills in {rounds} rounds, the same rows each time')


if __name__ == '__main__':
    main()
