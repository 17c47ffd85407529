#!/usr/bin/env python3
"""Faults of the disk under a running job, and checkpoints that are damaged afterwards: what is
said, what goes on, what is refused.

    disk_faults.py FLINKC [--seed S] [--only NAME]
"""
import argparse
import contextlib
import ctypes
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from workloads import Failure, Runner, TIMEOUT_SECONDS, expect_undisturbed, make_workloads

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 1 << 14, 1 << 18
CLONE_NEWNS = 0x20000

# Long enough for some dozen checkpoints.
SLOWLY = 'task.input:1-:sleep:10'

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

    def run_to_checkpoint(self, nth=3, **more):
        """Killed when its nth checkpoint has just become complete. Its directory."""
        self.run(f'checkpoint.durable:{nth}:kill', -signal.SIGKILL, **more)
        return self.runner.newest_checkpoint()

    def resume(self, code=0, **more):
        more.setdefault('execution__state_recovery__path', 'latest')
        self.run(code=code, **more)

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


# A disk that fails while the job runs.

def disk_full(case):
    """A disk that fills up under the checkpoints, and is emptied."""
    if not case.can_mount:
        return 'no right to mount'
    case.runner.checkpoints.mkdir()
    mount('none', case.runner.checkpoints, 'tmpfs', 0, 'size=48m')
    try:
        case.start()
        case.until_complete()
        ballast = case.runner.checkpoints / 'ballast'
        fill(ballast)
        case.until(r'checkpoint \d+ has failed, 1 in a row: cannot .*: No space left on device')
        case.until(r'checkpoint \d+ has failed, 4 in a row: ')
        ballast.unlink()
        case.until(r'checkpoint \d+ is complete, after \d+ that failed')
        case.wait()
        case.runner.check_output()
        case.runner.check_checkpoints_gone(False)
    finally:
        case.stop()
        unmount(case.runner.checkpoints)
    return None


def disk_full_and_killed(case):
    """The job dies while the disk is full: the checkpoint before is whole."""
    if not case.can_mount:
        return 'no right to mount'
    case.runner.checkpoints.mkdir()
    mount('none', case.runner.checkpoints, 'tmpfs', 0, 'size=48m')
    try:
        case.start()
        case.until_complete()
        ballast = case.runner.checkpoints / 'ballast'
        fill(ballast)
        case.until(r'checkpoint \d+ has failed')
        case.stop()
        ballast.unlink()
        case.resume()
        case.expect(r'going on from checkpoint \d+\n')
        case.runner.check_output()
        case.runner.check_checkpoints_gone(False)
    finally:
        case.stop()
        unmount(case.runner.checkpoints)
    return None


def disk_of_sink_full(case):
    """The disk that a sink writes to fills up, and is emptied: meanwhile the job starts again and
    again, from a checkpoint."""
    if not case.can_mount:
        return 'no right to mount'
    case.runner.output.mkdir()
    mount('none', case.runner.output, 'tmpfs', 0, 'size=64m')
    try:
        case.start(restart_strategy__fixed_delay__attempts=1000)
        case.until_complete()
        ballast = case.runner.output / 'ballast'
        fill(ballast)
        case.until(r'the job has failed and starts again in 10 ms: .*No space left on device')
        ballast.unlink()
        case.wait()
        case.runner.check_output()
        case.runner.check_checkpoints_gone(False)
    finally:
        case.stop()
        unmount(case.runner.output)
    return None


def disk_full_untolerated(case):
    """Without tolerable failures each one is the job's: it starts again, and then gives up."""
    case.run('state_file.chunk:3-:nospace', 6,
             execution__checkpointing__tolerable_failed_checkpoints=0)
    case.expect(r'the job has failed and starts again in 10 ms: 1 checkpoints in a row have '
                r'failed, 0 may; the last one: .*No space left on device')
    if len(re.findall('starts again in', case.said)) != 3:
        raise Failure(f'not as often as its strategy says: {case.said}')
    return None


def directory_read_only(case):
    """The checkpoint directory becomes read-only, and writable again."""
    directory = case.runner.job_directory
    if not case.can_mount:
        return 'no right to mount'
    case.start()
    try:
        case.until_complete()
        mount(directory, directory, '', MS_BIND)
        mount('none', directory, '', MS_REMOUNT | MS_BIND | MS_RDONLY)
        try:
            case.until(r'checkpoint \d+ has failed, 1 in a row: cannot .*: Read-only file system')
            case.until(r'checkpoint \d+ has failed, 4 in a row: ')
        finally:
            unmount(directory)
        case.until(r'checkpoint \d+ is complete, after \d+ that failed')
        case.wait()
    finally:
        case.stop()
    case.runner.check_output()
    case.runner.check_checkpoints_gone(False)
    return None


def directory_read_only_at_start(case):
    if not case.can_mount:
        return 'no right to mount'
    directory = case.runner.checkpoints
    directory.mkdir()
    mount(directory, directory, '', MS_BIND)
    mount('none', directory, '', MS_REMOUNT | MS_BIND | MS_RDONLY)
    try:
        case.run(code=4)
    finally:
        unmount(directory)
    case.expect(f'create the directory {directory}/{case.runner.workload}: Read-only file system')
    if any(path.is_file() for path in case.runner.output.rglob('*')):
        raise Failure('something was written')
    return None


def sync_fails(case):
    """What a failed sync may have lost is never referred to: it is written anew, elsewhere."""
    case.run('state_file.before_sync:3-4:error,checkpoint.durable:3:kill', -signal.SIGKILL,
             execution__checkpointing__incremental='true')
    failed = set(re.findall(r'checkpoint (\d+) has failed', case.said))
    if not failed:
        raise Failure(f'no checkpoint has failed: {case.said}')
    case.expect('Input/output error')
    for metadata in case.runner.job_directory.glob('chk-*/_metadata'):
        for name in case.runner.referred(metadata.parent)[0]:
            if name.decode().split('-')[0] in failed:
                raise Failure(f'{metadata} refers to {name}, whose sync had failed')
    case.resume()
    case.runner.check_output()
    case.runner.check_checkpoints_gone(False)
    return None


def metadata_fails(case):
    """Each step of writing `_metadata` fails once; so does making the directory."""
    case.run('checkpoint.reserve:2:readonly,metadata.before_write:2:nospace,'
             'metadata.before_sync:3:error,metadata.before_rename:4:error')
    for reason in ('Read-only file system', 'No space left on device', 'Input/output error'):
        case.expect(rf'checkpoint \d+ has failed, \d+ in a row: .*{reason}')
    case.expect(r'checkpoint \d+ is complete, after \d+ that failed')
    case.runner.check_output()
    case.runner.check_checkpoints_gone(False)
    return None


def sink_sync_fails(case):
    """Rows that a sink may have lost are written again, from the last checkpoint on, although the
    failed checkpoint itself is tolerated."""
    case.run('sink.sync:9:error')
    case.expect(r'the job has failed and starts again in 10 ms: sink `\w+`: .*Input/output error')
    case.runner.check_output()
    return None


def removal_fails(case):
    """Old checkpoints that cannot be removed stand in nobody's way, and go later."""
    case.run('prune.metadata_removed:1:error,prune.file_removed:1:readonly',
             execution__checkpointing__num_retained=1)
    case.expect('old checkpoints could not be removed, the next one tries again: ')
    case.runner.check_output()
    case.runner.check_checkpoints_gone(False)
    return None


# Checkpoints that are damaged when a job is to go on from them.

def expect_older(case, damage, reason):
    """After `damage` to the newest checkpoint the one before it is taken."""
    newest = case.run_to_checkpoint()
    number = int(newest.name[4:])
    before = case.runner.rows(newest)
    damage(newest)
    case.resume()
    case.expect(rf'checkpoint {number} is damaged and is not used: .*{reason}')
    case.expect(r'going on from checkpoint \d+\n')
    older = int(re.findall(r'going on from checkpoint (\d+)\n', case.said)[-1])
    if older >= number:
        raise Failure(f'went on from {older}, not from one before {number}')
    case.expect(rf'newer checkpoints than {older} are damaged or gone: what sinks have committed '
                'since then is written once more')
    case.check_output_with_repeats(before)
    case.runner.check_checkpoints_gone(False)


def torn_metadata(case):
    def tear(newest):
        path = newest / '_metadata'
        data = path.read_bytes()
        path.write_bytes(data[:case.chance.randrange(len(data))])
    expect_older(case, tear, r'_metadata: (it has \d+ bytes and not|it is no metadata)')


def flipped_bit_in_metadata(case):
    # What says how long it is or what it is, and the rest.
    expect_older(case, lambda newest: flip_bit(newest / '_metadata', case.chance), '_metadata: it')


def newest_state_files(case, newest):
    prefix = newest.name[4:] + '-'
    files = sorted(path for path in (case.runner.job_directory / 'shared').iterdir()
                   if path.name.startswith(prefix) and
                   path.name.encode() in case.runner.referred(newest)[0])
    if not files:
        raise Failure(f'{newest} has no state: a weak test')
    return files


def flipped_bit_in_state(case):
    def flip(newest):
        flip_bit(case.chance.choice(newest_state_files(case, newest)), case.chance)
    expect_older(case, flip, r'shared/\d+-\w+\.\w+')


def truncated_state(case):
    def cut(newest):
        path = case.chance.choice(newest_state_files(case, newest))
        os.truncate(path, case.chance.randrange(path.stat().st_size))
    expect_older(case, cut, r'shared/\S+ has \d+ bytes, and checkpoint \d+ wrote \d+')


def missing_state(case):
    expect_older(case, lambda newest: newest_state_files(case, newest)[0].unlink(),
                 r'shared/\S+ is missing, and checkpoint \d+ needs it')


def damaged_while_running(case):
    """The job fails by itself; meanwhile its newest checkpoint has been damaged."""
    case.start('task.input:90:error', restart_strategy__fixed_delay__delay='1s')
    try:
        case.until('the job has failed and starts again in 1000 ms: failpoint `task.input`')
        newest = case.runner.newest_checkpoint()
        before = case.runner.rows(newest)
        flip_bit(newest_state_files(case, newest)[0], case.chance)
        case.wait()
    finally:
        case.stop()
    case.expect(rf'checkpoint {newest.name[4:]} is damaged and is not used: .*shared/')
    case.expect(r'going on from checkpoint \d+\n')
    case.check_output_with_repeats(before)
    case.runner.check_checkpoints_gone(False)


def none_is_whole(case):
    """Rather nothing than everything a second time."""
    case.run_to_checkpoint()
    for metadata in case.runner.job_directory.glob('chk-*/_metadata'):
        for path in newest_state_files(case, metadata.parent):
            flip_bit(path, case.chance)
    before = contents(case.runner.job_directory), contents(case.runner.output)
    case.resume(code=6)
    case.expect(r'no checkpoint of the job `\w+` in \S+ is whole; repair one, go on from a '
                r'savepoint, or remove the directory to start from the beginning')
    if before[0] != contents(case.runner.job_directory):
        raise Failure('the checkpoints were touched')
    lost = set(before[1]) - set(contents(case.runner.output))
    if any(not path.name.startswith('.') for path in lost):
        raise Failure(f'output was removed: {lost}')


def named_checkpoint_again(case):
    """A job that fails before its first own checkpoint goes back to the one that the user has
    named, although a newer one is there, and leaves it as it was."""
    older = case.run_to_checkpoint()
    kept = case.runner.directory / 'kept'
    shutil.copytree(case.runner.output, kept)
    case.run('checkpoint.durable:2:kill', -signal.SIGKILL,
             execution__state_recovery__path='latest')
    if case.runner.newest_checkpoint() == older:
        raise Failure('there is no newer one: a weak test')
    shutil.rmtree(case.runner.output)
    kept.rename(case.runner.output)
    before = contents(older)
    state_files = case.runner.referred(older)[0]
    case.run('task.input:1:error', execution__state_recovery__path=older)
    if len(re.findall(f'going on from checkpoint {older.name[4:]}\n', case.said)) != 2:
        raise Failure(f'it did not go on from it twice: {case.said}')
    case.runner.check_output()
    left = {path.name.encode() for path in (case.runner.job_directory / 'shared').iterdir()}
    if left != state_files or before.items() - contents(older).items():
        raise Failure('what the user has named is not as it was')


def named_checkpoint_damaged(case):
    """No other takes the place of one that the user has named."""
    newest = case.run_to_checkpoint()
    flip_bit(newest_state_files(case, newest)[0], case.chance)
    case.resume(code=6, execution__state_recovery__path=newest)
    case.expect(rf'cannot go on from checkpoint {newest.name[4:]} in \S+: shared/.* do not match '
                'their checksum; name another checkpoint or savepoint')
    (newest / '_metadata').write_bytes(b'FLKC')
    case.resume(code=4, execution__state_recovery__path=newest)
    case.expect(rf'cannot use {newest}/_metadata: ')


def sealed_file_changed(case):
    """A sealed file of a sink is checked by its size alone."""
    case.run_to_checkpoint()
    names = case.runner.referred(case.runner.newest_checkpoint())[1]
    sealed = [path for path in case.runner.output.rglob('.part-*')
              if path.name.encode() in names and path.stat().st_size > 0]
    if not sealed:
        raise Failure('nothing was sealed: a weak test')
    data = sealed[0].read_bytes()
    sealed[0].write_bytes(data[:-1])
    before = contents(case.runner.job_directory)
    case.resume(code=4)
    case.expect(r'part-\S+ has \d+ bytes, \d+ were sealed; was it changed by hand\?')
    if before != contents(case.runner.job_directory):
        raise Failure('the checkpoints were touched')
    sealed[0].write_bytes(data)
    case.resume()
    case.runner.check_output()


def a_fresh_start_does_not_mix(case):
    """A job that was started from the beginning never goes on from what a former run has left."""
    newest = case.run_to_checkpoint()
    shutil.rmtree(case.runner.output)
    case.run('task.input:2:error')
    case.expect('there is no complete checkpoint of the job')
    case.runner.check_output()
    if newest.exists():
        raise Failure(f'{newest} of the former run is still there')


def poison_row(case):
    """A row that fails each time: as many new starts as the strategy says; mended, it goes on."""
    source = case.runner.workload.parameters['in']
    clicks = case.runner.directory / 'in'
    shutil.copytree(source, clicks)
    case.runner.workload.parameters['in'] = clicks
    path = clicks / '3.csv'
    good = path.read_bytes()
    at = good.rindex(b',', 0, good.rindex(b',')) + 1  # the last row's amount
    try:
        path.write_bytes(good[:at] + b'x' + good[at + 1:])
        retain = {'execution__checkpointing__externalized_checkpoint_retention':
                  'RETAIN_ON_CANCELLATION'}
        case.run(code=6, **retain)
        case.expect(r'3\.csv.*amount')
        if len(re.findall('starts again in', case.said)) != 3:
            raise Failure(f'not as often as its strategy says: {case.said}')
        path.write_bytes(good)
        case.resume()
        case.expect('going on from checkpoint')
        case.runner.check_output()
    finally:
        case.runner.workload.parameters['in'] = source


CASES = [disk_full, disk_full_and_killed, disk_of_sink_full, disk_full_untolerated, directory_read_only,
         directory_read_only_at_start, sync_fails, metadata_fails, sink_sync_fails, removal_fails,
         torn_metadata, torn_metadata, torn_metadata, flipped_bit_in_metadata,
         flipped_bit_in_metadata, flipped_bit_in_state, flipped_bit_in_state, truncated_state,
         missing_state, damaged_while_running, none_is_whole, named_checkpoint_again, named_checkpoint_damaged,
         sealed_file_changed, a_fresh_start_does_not_mix, poison_row]


def main():
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
        for number, test in enumerate(CASES):
            if arguments.only not in (None, test.__name__):
                continue
            seed = arguments.seed + number
            with tempfile.TemporaryDirectory(dir=directory) as own:
                case = Case(arguments.flinkc, workload, pathlib.Path(own), random.Random(seed),
                            can_mount)
                begun = time.monotonic()
                try:
                    skipped = test(case)
                    outcome = f'skipped: {skipped}' if skipped else 'ok'
                except Failure as failure:
                    outcome = f'FAILED, --seed {arguments.seed}: {failure}'
                    failures += 1
                print(f'{test.__name__} ({time.monotonic() - begun:.1f} s): {outcome}', flush=True)
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
