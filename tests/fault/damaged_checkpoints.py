#!/usr/bin/env python3
"""Checkpoints that are damaged when a job is to go on from them, and jobs that fail each time:
which takes the place of which, and what is refused.

    damaged_checkpoints.py FLINKC [--seed S] [--only NAME]
"""
import os
import re
import shutil
import signal

from fault_case import Failure, NothingToTest, contents, flip_bit, run_cases


def expect_older(case, damage, reason, listed=True, **options):
    """After `damage` to the newest checkpoint the one before it is taken. What the newest lists is
    taken back if its own list can be read; else it is there twice, at most."""
    # With what it lists still on its way to the sinks' readers, or already there.
    place = case.chance.choice(['checkpoint.durable:3', f'commit.after:{3 * case.sinks}'])
    newest = case.run_to_checkpoint(place, **options)
    number = int(newest.name[4:])
    before = case.runner.rows(newest)
    damage(newest)
    # The first new start dies once more, with some of the output taken back.
    if listed and case.chance.random() < 0.5:
        first = case.chance.choice(['restore.taken_back:1:kill,', ''])
        case.resume(f'{first}restore.committed:1:kill', code=-signal.SIGKILL, **options)
    case.resume(**options)
    case.expect(rf'checkpoint {number} is damaged and is not used: .*{reason}')
    case.expect(r'going on from checkpoint \d+\n')
    older = int(re.findall(r'going on from checkpoint (\d+)\n', case.said)[-1])
    if older >= number:
        raise Failure(f'went on from {older}, not from one before {number}')
    if listed:
        case.expect(rf'newer checkpoints than {older} are damaged: what file sinks have committed '
                    'with them is taken back, and written anew')
        case.runner.check_output()
    else:
        case.expect(rf'newer checkpoints than {older} are damaged or gone, and what they list is '
                    'not known: what sinks have committed since then is written once more')
        case.check_output_with_repeats(before)
    case.runner.check_checkpoints_gone(False)


def torn_metadata(case):
    def tear(newest):
        path = newest / '_metadata'
        data = path.read_bytes()
        path.write_bytes(data[:case.chance.randrange(len(data))])
    expect_older(case, tear, r'_metadata: (it has \d+ bytes and not|it is no metadata)',
                 listed=False)


def flipped_bit_in_metadata(case):
    # What says how long it is or what it is, and the rest.
    expect_older(case, lambda newest: flip_bit(newest / '_metadata', case.chance), '_metadata: it',
                 listed=False)


def newest_state_files(case, newest):
    files = [path for path in case.runner.state_files(newest)
             if path.name.startswith(newest.name[4:] + '-')]
    if not files:
        raise NothingToTest(f'{newest} has no state: a weak test')
    return files


def flipped_bit_in_state(case):
    def flip(newest):
        flip_bit(case.chance.choice(newest_state_files(case, newest)), case.chance)
    expect_older(case, flip, r'shared/\d+-\w+\.\w+')


def database_files(case, newest):
    """The files of RocksDB that only this checkpoint refers to, by the kind that they are of."""
    written = {path.name: path for path in newest_state_files(case, newest)}
    kinds = {}
    metadata = (newest / '_metadata').read_bytes()
    for name, file in re.findall(rb'\x0a.(CURRENT|MANIFEST-\d+|\d+\.sst)'
                                 rb'\x12.shared/(\d+-[0-9a-z]+\.[a-z]+)', metadata):
        kind = name.decode().rpartition('.')[2].partition('-')[0]
        if file.decode() in written:
            kinds.setdefault(kind, []).append(written[file.decode()])
    return kinds


def flipped_bit_in_database(case, kind, **more):
    def flip(newest):
        kinds = database_files(case, newest)
        if kind not in kinds:
            raise Failure(f'{newest} has no {kind}, only {sorted(kinds)}')
        flip_bit(case.chance.choice(kinds[kind]), case.chance)
    # So little memory that rows leave it.
    expect_older(case, flip, r'shared/\d+-\w+\.\w+: its \d+ bytes do not match their checksum',
                 state__backend__type='rocksdb', taskmanager__memory__managed__size='1mb', **more)


def flipped_bit_in_sst(case):
    """Whole files are read and summed up before the database is opened: it reads blocks only as it
    needs them."""
    flipped_bit_in_database(case, 'sst',
                            execution__checkpointing__incremental=case.chance.choice(
                                ['true', 'false']))


def flipped_bit_in_manifest(case):
    flipped_bit_in_database(case, 'MANIFEST')


def flipped_bit_in_current(case):
    flipped_bit_in_database(case, 'CURRENT')


def flipped_bit_in_sst_read_in_parts(case):
    """At another parallelism, or on the other backend, the database is read, not gone on with."""
    newest = case.run_to_checkpoint(state__backend__type='rocksdb',
                                    taskmanager__memory__managed__size='1mb')
    flip_bit(case.chance.choice(database_files(case, newest)['sst']), case.chance)
    case.resume(**case.chance.choice([{'state__backend__type': 'rocksdb',
                                       'parallelism__default': 3},
                                      {'state__backend__type': 'hashmap'}]))
    case.expect(rf'checkpoint {newest.name[4:]} is damaged and is not used: .*shared/\S+: its '
                r'\d+ bytes do not match their checksum')
    case.runner.check_output()


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
    case.start('task.input:250:error', restart_strategy__fixed_delay__delay='4s')
    try:
        case.until('the job has failed and starts again in 4000 ms: failpoint `task.input`')
        newest = case.runner.newest_checkpoint()
        flip_bit(newest_state_files(case, newest)[0], case.chance)
        case.wait()
    finally:
        case.stop()
    case.expect(rf'checkpoint {newest.name[4:]} is damaged and is not used: .*shared/')
    case.expect(r'going on from checkpoint \d+\n')
    case.expect('what file sinks have committed with them is taken back, and written anew')
    case.runner.check_output()
    case.runner.check_checkpoints_gone(False)


def taking_back_fails(case):
    """The disk fails while output is taken back: the job starts again, and does it then."""
    newest = case.run_to_checkpoint(f'commit.after:{3 * case.sinks}')
    while True:
        older = case.runner.complete_checkpoints()[-2]
        if case.runner.referred(newest)[1] - case.runner.referred(older)[1]:
            break
        # Two more checkpoints, the second of which may list what the first does not.
        case.resume(f'commit.after:{3 * case.sinks}:kill', code=-signal.SIGKILL)
        newest = case.runner.newest_checkpoint()
    flip_bit(newest_state_files(case, newest)[0], case.chance)
    case.resume('restore.taken_back:1:error')
    case.expect(r'the job has failed and starts again in 10 ms: .*failpoint `restore.taken_back`')
    case.runner.check_output()
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
        raise NothingToTest('there is no newer one: a weak test')
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
        raise NothingToTest('nothing was sealed: a weak test')
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


CASES = [torn_metadata, torn_metadata, torn_metadata, flipped_bit_in_metadata,
         flipped_bit_in_metadata, flipped_bit_in_state, flipped_bit_in_state, flipped_bit_in_sst,
         flipped_bit_in_manifest, flipped_bit_in_current,
         flipped_bit_in_sst_read_in_parts, truncated_state, missing_state, taking_back_fails,
         damaged_while_running, none_is_whole, named_checkpoint_again,
         named_checkpoint_damaged, sealed_file_changed, a_fresh_start_does_not_mix, poison_row]


if __name__ == '__main__':
    run_cases(CASES)
