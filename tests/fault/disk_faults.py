#!/usr/bin/env python3
"""Faults of the disk under a running job: what is said, what goes on, what is refused.

    disk_faults.py FLINKC [--seed S] [--only NAME]
"""
import contextlib
import re
import signal

from fault_case import (MS_BIND, MS_RDONLY, MS_REMOUNT, SLOWER, Failure, fill, mount, run_cases,
                        unmount)


@contextlib.contextmanager
def small_disk(case):
    """A running job whose checkpoints have a small disk, full but for what `ballast` takes."""
    case.runner.checkpoints.mkdir()
    mount('none', case.runner.checkpoints, 'tmpfs', 0, 'size=192m')
    try:
        case.start(SLOWER)
        case.until_complete()
        ballast = case.runner.checkpoints / 'ballast'
        fill(ballast)
        yield ballast
    finally:
        case.stop()
        unmount(case.runner.checkpoints)


def disk_full(case):
    """A disk that fills up under the checkpoints, and is emptied."""
    if not case.can_mount:
        return 'no right to mount'
    with small_disk(case) as ballast:
        case.until(r'checkpoint \d+ has failed, 1 in a row: cannot .*: No space left on device')
        case.until(r'checkpoint \d+ has failed, 4 in a row: ')
        ballast.unlink()
        case.until(r'checkpoint \d+ is complete, after \d+ that failed')
        case.wait()
        case.runner.check_output()
        case.runner.check_checkpoints_gone(False)
    return None


def disk_full_and_killed(case):
    """The job dies while the disk is full: the checkpoint before is whole."""
    if not case.can_mount:
        return 'no right to mount'
    with small_disk(case) as ballast:
        case.until(r'checkpoint \d+ has failed')
        case.stop()
        ballast.unlink()
        case.resume()
        case.expect(r'going on from checkpoint \d+\n')
        case.runner.check_output()
        case.runner.check_checkpoints_gone(False)
    return None


def disk_of_sink_full(case):
    """The disk that a sink writes to fills up, and is emptied: meanwhile the job starts again and
    again, from a checkpoint."""
    if not case.can_mount:
        return 'no right to mount'
    case.runner.output.mkdir()
    mount('none', case.runner.output, 'tmpfs', 0, 'size=64m')
    try:
        case.start(SLOWER, restart_strategy__fixed_delay__attempts=1000)
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
    case.start(SLOWER)
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


CASES = [disk_full, disk_full_and_killed, disk_of_sink_full, disk_full_untolerated,
         directory_read_only, directory_read_only_at_start, sync_fails, metadata_fails,
         sink_sync_fails, removal_fails]


if __name__ == '__main__':
    run_cases(CASES)
