"""One job that meets a fault, what it says, and a program of such cases."""
import argparse
import contextlib
import ctypes
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from workloads import (Failure, NothingToTest, Runner, TIMEOUT_SECONDS, expect_undisturbed,
                       make_workloads)

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 1 << 14, 1 << 18
CLONE_NEWNS = 0x20000

# Long enough for some dozen checkpoints.
SLOWLY = 'task.input:1-:sleep:10'
# Long enough for this program to look, and to do something, on a machine that is busy with else.
SLOWER = 'task.input:1-:sleep:60'

# Of a case that found its job too slow.
ATTEMPTS = 3

libc = ctypes.CDLL(None, use_errno=True)


def call(outcome, what):
    if outcome != 0:
        raise OSError(ctypes.get_errno(), f'{what}: {os.strerror(ctypes.get_errno())}')


def mount(source, target, kind, flags, data=''):
    call(libc.mount(str(source).encode(), str(target).encode(), kind.encode(), flags,
                    data.encode()), f'mount {target}')


def unmount(target):
    call(libc.umount2(str(target).encode(), 0), f'umount {target}')


def own_mounts():
    """Whether this process may mount what nobody else sees."""
    if libc.unshare(CLONE_NEWNS) != 0:
        return False
    try:
        mount('none', '/', '', MS_REC | MS_PRIVATE)
    except OSError:
        return False
    return True


def flip_bit(path, chance):
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def fill(path):
    """Until the disk is full."""
    with contextlib.suppress(OSError), open(path, 'wb', buffering=0) as file:
        while file.write(bytes(1 << 16)) == 1 << 16:
            pass


def contents(directory):
    return {path: path.read_bytes() for path in directory.rglob('*') if path.is_file()}


class Case:
    """One job in a directory of its own, with what it has said."""

    def __init__(self, flinkc, workload, directory, chance, can_mount):
        self.runner = Runner(flinkc, workload, directory)
        self.chance = chance
        self.can_mount = can_mount
        self.said = ''
        self.process = None
        self.log = directory / 'said'

    def options(self, **more):
        options = {
            'parallelism.default': 2,
            'execution.checkpointing.dir': self.runner.checkpoints,
            'execution.checkpointing.interval': '10ms',
            'execution.checkpointing.num-retained': 3,
            'execution.checkpointing.tolerable-failed-checkpoints': 1000000,
            'restart-strategy.type': 'fixed-delay',
            'restart-strategy.fixed-delay.attempts': 3,
            'restart-strategy.fixed-delay.delay': '10ms',
        }
        options.update({name.replace('__', '.').replace('_', '-'): value
                        for name, value in more.items()})
        return options

    def start(self, failpoints='', **more):
        self.log.unlink(missing_ok=True)
        environment = dict(os.environ)
        environment.pop('FLINKC_FAILPOINTS', None)
        environment['FLINKC_FAILPOINTS'] = SLOWLY + (',' + failpoints if failpoints else '')
        with open(self.log, 'wb') as log, open(self.runner.console, 'ab') as console:
            self.process = subprocess.Popen(self.runner.command(self.options(**more)),
                                            stdout=console, stderr=log, env=environment)

    def wait(self, code=0):
        """For the end."""
        try:
            self.process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Failure(f'the job hangs, having said {self.log.read_text()}') from None
        self.said = self.log.read_text()
        if self.process.returncode != code:
            raise Failure(f'exit code {self.process.returncode}, not {code}: {self.said}')

    def run(self, failpoints='', code=0, **more):
        self.start(failpoints, **more)
        self.wait(code)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def until(self, pattern):
        """Waits until it says so. The match."""
        return self.until_true(lambda: re.search(pattern, self.log.read_text()), f'says {pattern}')

    def until_true(self, condition, what):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                raise Failure(f'the job ended before it {what}: {self.log.read_text()}')
            time.sleep(0.005)
        raise Failure(f'the job never {what}: {self.log.read_text()}')

    def expect(self, pattern):
        found = re.search(pattern, self.said)
        if not found:
            raise Failure(f'expected it to say {pattern}, it said {self.said}')
        return found

    def until_complete(self):
        """Waits for a complete checkpoint."""
        self.until_true(self.runner.newest_checkpoint, 'has a complete checkpoint')

    @property
    def sinks(self):
        """So many commits make the output of one checkpoint visible."""
        return len(self.runner.workload.sinks)

    def run_to_checkpoint(self, place='checkpoint.durable:3', **more):
        """Killed there: when its third checkpoint has just become complete. The newest one."""
        self.run(f'{place}:kill', -signal.SIGKILL, **more)
        return self.runner.newest_checkpoint()

    def resume(self, failpoints='', code=0, **more):
        more.setdefault('execution__state_recovery__path', 'latest')
        self.run(failpoints, code, **more)

    def check_output_with_repeats(self, before):
        """Nothing is missing, and what is there twice had been committed, or listed to be."""
        rows, _ = self.runner.workload.expected
        found = self.runner.rows()
        for sink in self.runner.workload.sinks:
            missing = rows[sink] - found[sink]
            strange = found[sink] - rows[sink] - before[sink]
            if missing or strange:
                raise Failure(f'sink {sink}: {sum(missing.values())} rows are missing, '
                              f'{sum(strange.values())} are too many')


def run_cases(cases):
    """The main program."""
    parser = argparse.ArgumentParser()
    parser.add_argument('flinkc')
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    parser.add_argument('--only', help='the cases with this name')
    arguments = parser.parse_args()
    can_mount = own_mounts()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        workload = make_workloads(directory, 0.4)[1]
        expect_undisturbed(arguments.flinkc, workload)
        for number, test in enumerate(cases):
            if arguments.only not in (None, test.__name__):
                continue
            begun = time.monotonic()
            for attempt in range(ATTEMPTS):
                chance = random.Random(arguments.seed + number + 1000 * attempt)
                with tempfile.TemporaryDirectory(dir=directory) as own:
                    case = Case(arguments.flinkc, workload, pathlib.Path(own), chance, can_mount)
                    try:
                        skipped = test(case)
                        outcome = f'skipped: {skipped}' if skipped else 'ok'
                    except Failure as failure:
                        if isinstance(failure, NothingToTest) and attempt + 1 < ATTEMPTS:
                            continue
                        outcome = f'FAILED, --seed {arguments.seed}: {failure}'
                        failures += 1
                    break
            print(f'{test.__name__} ({time.monotonic() - begun:.1f} s): {outcome}', flush=True)
    sys.exit(1 if failures else 0)
