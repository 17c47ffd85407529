#!/usr/bin/env python3
"""Checkpoints whose barriers overtake rows: they are complete while the job is held up, and what
was in flight is neither lost nor there twice, at the same parallelism and another, on either
backend, damaged or not.

    unaligned.py FLINKC [--seed S] [--only CASE]
"""
import json
import subprocess

from fault_case import SLOWER, Failure, NothingToTest, flip_bit, run_cases

OVERTAKING = {'execution__checkpointing__unaligned__enabled': 'true',
              'execution__checkpointing__aligned_checkpoint_timeout': '0ms'}
ALIGNED = {'execution__checkpointing__unaligned__enabled': 'false'}


def in_flight(case, checkpoint):
    """Batches that it holds."""
    listed = subprocess.run([case.runner.flinkc, 'state', 'ls', checkpoint, '--format', 'json'],
                            capture_output=True, check=True, text=True)
    return sum(vertex['elements'] for vertex in json.loads(listed.stdout)['in_flight'])


def run_until_overtaken(case, **more):
    """Killed when its newest checkpoint holds rows. That checkpoint."""
    case.start(SLOWER, execution__checkpointing__num_retained=20, **OVERTAKING, **more)
    try:
        for number in range(1, 12):
            case.until_true(lambda least=number: len(case.runner.complete_checkpoints()) >= least,
                            'has a complete checkpoint')
            newest = case.runner.newest_checkpoint()
            if number > 2 and in_flight(case, newest):
                break
        else:
            raise NothingToTest('no checkpoint has overtaken anything')
    finally:
        case.stop()
    newest = case.runner.newest_checkpoint()
    if not in_flight(case, newest):
        raise NothingToTest('the last checkpoint has overtaken nothing')
    return newest


def goes_on_with_what_was_in_flight(case):
    run_until_overtaken(case)
    case.resume(**OVERTAKING)
    case.expect('going on from checkpoint')
    case.runner.check_output()


def goes_on_without_overtaking(case):
    run_until_overtaken(case, state__backend__type='rocksdb')
    case.resume(state__backend__type='rocksdb', **ALIGNED)
    case.runner.check_output()


def goes_on_at_another_parallelism(case):
    """Each subtask reads the rows of its keys."""
    run_until_overtaken(case)
    case.resume(parallelism__default=case.chance.choice([3, 5]),
                state__backend__type=case.chance.choice(['hashmap', 'rocksdb']))
    case.runner.check_output()


def is_refused_by_other_chains(case):
    """At parallelism 1 there is nothing between the operators."""
    newest = run_until_overtaken(case)
    case.resume(parallelism__default=1, code=5)
    case.expect(rf'checkpoint {newest.name[4:]} holds rows that were on their way to `.+`, and the '
                r'job is not cut into the same chains any more; start from a savepoint')
    # Nothing has happened to it.
    case.resume()
    case.runner.check_output()


def fails_and_goes_on_again_and_again(case):
    """Within one process, from checkpoints that were taken while it went on from another."""
    failures = ','.join(f'task.input:{case.chance.randrange(40, 90) * turn}:error'
                        for turn in range(1, 5))
    case.run(f'{SLOWER},{failures}', restart_strategy__fixed_delay__attempts=20, **OVERTAKING)
    case.expect('going on from checkpoint')
    case.runner.check_output()


def is_framed(path):
    """Whether it holds nothing but elements, each behind its length: one subtask's in flight."""
    data = path.read_bytes()
    at = 0
    while at + 4 <= len(data):
        at += 4 + int.from_bytes(data[at:at + 4], 'little')
    return at == len(data) > 0


def damaged_rows_in_flight(case):
    newest = run_until_overtaken(case)
    files = [path for path in case.runner.state_files(newest) if is_framed(path)]
    if not files:
        raise Failure('no file of the checkpoint holds rows in flight')
    flip_bit(case.chance.choice(files), case.chance)
    case.resume()
    case.expect(rf'checkpoint {newest.name[4:]} is damaged and is not used')
    case.runner.check_output()


if __name__ == '__main__':
    run_cases([goes_on_with_what_was_in_flight, goes_on_without_overtaking,
               goes_on_at_another_parallelism, is_refused_by_other_chains,
               fails_and_goes_on_again_and_again, damaged_rows_in_flight])
