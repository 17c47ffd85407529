#!/usr/bin/env python3
"""What a user sees of recovery: where a job starts from, what is refused and why, and that what an
earlier job wrote, output and checkpoints, is untouched by what is refused.

    recovery_test.py FLINKC SPECS [TEST …]
"""
import subprocess

from recovery_world import ROWS, expect, run_tests

LATEST = ['--from-checkpoint', 'latest']


def test_latest_starts_from_the_beginning(world):
    world.write(rate=1000000)
    world.finishes('latest without a checkpoint', '--from-checkpoint', 'latest',
                   says='there is no complete checkpoint of the job `sums` in')


def test_latest(world):
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    number = newest.name[4:]
    world.finishes('latest', '--from-checkpoint', 'latest',
                   says=f'going on from checkpoint {number}')


def test_latest_of_a_job_that_has_finished(world):
    world.write()
    world.interrupt()
    world.write(rate=1000000)
    world.finishes('it finishes', *LATEST, says='going on from checkpoint')
    before = world.picture()
    result = world.finishes('again', *LATEST, says='the job `sums` came to its end at')
    expect('it says how to run it again', True, 'without --from-checkpoint' in result.stderr)
    expect('nothing has changed', before, world.picture())
    world.refused('from the beginning', 4, 'is not empty')
    world.finishes('and still', *LATEST, says='the job `sums` came to its end at')
    # A new run is a new beginning.
    for part in world.out.iterdir():
        part.unlink()
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    world.finishes('the new one', *LATEST, says=f'going on from checkpoint {newest.name[4:]}')


def test_a_canceled_job_says_what_becomes_of_its_checkpoints(world):
    world.write()
    errors = world.cancel()
    expect('it names the option', True,
           'execution.checkpointing.externalized-checkpoint-retention' in errors
           and 'are deleted' in errors)
    expect('it is so', [], world.complete())


def test_a_path_without_checkpoints_of_its_own(world):
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    none = {'execution.checkpointing.interval': None, 'execution.checkpointing.dir': None}
    before = world.picture()
    world.refused('latest of no directory', 4, '`execution.checkpointing.dir`', arguments=LATEST,
                  options=none)
    world.refused('a claim without a directory', 4, '`execution.checkpointing.dir`',
                  arguments=['--from-checkpoint', newest, '--claim-mode', 'claim'], options=none)
    world.finishes('a path alone', '--from-checkpoint', newest, options=none,
                   says=f'going on from checkpoint {newest.name[4:]}')
    for path, digest in before.items():
        if str(world.checkpoints) in path:
            expect(path, digest, world.picture().get(path))


def test_the_other_backend(world):
    for former, latter in [('hashmap', 'rocksdb'), ('rocksdb', 'hashmap')]:
        world.write(job=f', state: {{backend: {former}}}')
        world.interrupt()
        world.write(job=f', state: {{backend: {latter}}}', rate=1000000)
        world.finishes(f'from {former} to {latter}', *LATEST, says='going on from checkpoint',
                       options={'parallelism.default': 2})
        for part in world.out.iterdir():
            part.unlink()


def test_the_other_strategy_of_aggregates(world):
    for former, latter in [('ONE_PHASE', 'TWO_PHASE'), ('TWO_PHASE', 'ONE_PHASE')]:
        options = {'parallelism.default': 2, 'table.optimizer.agg-phase-strategy': former}
        world.write()
        world.interrupt(options=options)
        world.write(rate=1000000)
        options['table.optimizer.agg-phase-strategy'] = latter
        world.finishes(f'from {former} to {latter}', *LATEST, says='going on from checkpoint',
                       options=options)
        for part in world.out.iterdir():
            part.unlink()


def test_a_path(world):
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    world.finishes('a checkpoint by its path', '--from-checkpoint', newest,
                   says=f'going on from checkpoint {newest.name[4:]}')
    expect('it stays the user\'s', True, (newest / '_metadata').exists())


def test_a_claimed_path(world):
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    world.finishes('a claimed checkpoint', '--from-checkpoint', newest, '--claim-mode', 'claim')
    expect('it is the job\'s, which has finished', [], world.complete())


def test_a_job_file(world):
    world.write()
    newest = world.interrupt()
    world.write(rate=1000000)
    job = world.directory / 'sums.job'
    command = world.command('-o', job)
    command[1] = 'compile'
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    expect('compile', 0, result.returncode, result.stderr)
    world.finishes('a compiled job', '--from-checkpoint', 'latest', spec=job,
                   says=f'going on from checkpoint {newest.name[4:]}')


def test_flags_that_do_not_fit(world):
    world.write()
    world.refused('both flags', 2, 'excludes',
                  arguments=['--from-checkpoint', 'latest', '--from-savepoint', 'x'])
    world.refused('a savepoint called latest', 2, '--from-checkpoint latest',
                  arguments=['--from-savepoint', 'latest'])
    world.refused('an empty path', 2, 'path of a directory', arguments=['--from-savepoint', ''])
    world.refused('a claim of what is its own', 2, '--claim-mode',
                  arguments=['--from-checkpoint', 'latest', '--claim-mode', 'claim'])
    world.refused('an unknown claim mode', 2, '--claim-mode',
                  arguments=['--from-savepoint', 'x', '--claim-mode', 'legacy'])


def test_another_type_of_a_key(world):
    # Only the TaskManager, which lays out the state, can tell.
    world.write()
    world.interrupt()
    world.write(key='CAST(MOD(i, 100) AS STRING)')
    world.refused('a key of another type', 5, '`sums/aggregate`', 'its key `k` is INT',
                  'STRING', '`id:`', arguments=['--from-checkpoint', 'latest'])
    world.write(compute='n: count(*), s: max(v)')
    world.refused('another aggregate', 5, '`sums/aggregate`', 'sum(', 'no such aggregate',
                  arguments=['--from-checkpoint', 'latest'])
    world.write(rate=1000000)
    world.finishes('the former spec again', '--from-checkpoint', 'latest')


def test_a_removed_operator(world):
    world.write()
    world.interrupt()
    world.write(stream='totals', rate=1000000)
    world.refused('a state without an operator', 5, '`sums/aggregate`', '`id:`',
                  '--allow-non-restored-state', arguments=['--from-checkpoint', 'latest'])
    result = world.run('--from-checkpoint', 'latest', '--allow-non-restored-state')
    expect('left behind', 0, result.returncode, result.stderr)
    # The source goes on behind the rows that the checkpoint has: the new state lacks them.
    counted = sum(int(row.split(',')[1]) for row in world.rows())
    expect('rows that the new state has seen', True, 0 < counted < ROWS)


def test_wider_types_and_new_aggregates(world):
    world.write()
    world.interrupt()
    # INT to BIGINT: the key, and what is summed; a maximum of what comes from now on.
    world.write(rate=1000000, key='MOD(i, 100)', value='i', compute='n: count(*), s: sum(v)')
    world.finishes('a wider key and argument', *LATEST, says='going on from checkpoint')


def test_a_new_aggregate(world):
    world.write()
    world.interrupt()
    # Of each key there are rows after the checkpoint, and each is larger than those before.
    world.write(rate=1000000, compute='n: count(*), hi: max(i), s: sum(v)')
    result = world.run(*LATEST)
    expect('a new aggregate', 0, result.returncode, result.stderr)
    rows = [row.split(',') for row in world.rows()]
    expect('its values', [str(ROWS - 100 + int(row[0])) for row in rows], [row[2] for row in rows])
    expect('the others go on', world.expected(),
           sorted(','.join([row[0], row[1], row[3]]) for row in rows))


def test_a_column_more(world):
    world.write()
    world.interrupt()
    world.write(rate=1000000, more=', more: CAST(NULL AS STRING)')
    world.finishes('a nullable column that the aggregate does not use', *LATEST,
                   says='going on from checkpoint')


def test_a_pinned_id(world):
    world.write(id='pinned')
    world.interrupt()
    world.write(rate=1000000, id='pinned', stream='renamed')
    world.finishes('a renamed stream whose operator has an id', *LATEST,
                   says='going on from checkpoint')


def test_another_window(world):
    world.spec, world.job = world.directory / 'windows.yaml', 'auctions'
    example = (world.specs / 'auctions.yaml').read_text()
    world.spec.write_text(example)
    options = {'execution.checkpointing.interval': '20ms'}
    few = ['-p', 'events=60000', '-p', f'output={world.out}']
    world.interrupt(*few, '-p', 'rate=40000', options=options)
    for change, says in [('tumble: 20s', 'its window was tumble 10000 ms, now it is tumble 20000'),
                         ('hop: {size: 10s, every: 5s}', 'now it is hop 10000 ms every 5000 ms')]:
        world.spec.write_text(example.replace('tumble: 10s', change))
        world.refused(change, 5, '`per_auction/aggregate`', says, '`id:`',
                      arguments=[*few, '-p', 'rate=1000000', *LATEST], options=options)


def test_the_example_spec(world):
    world.spec, world.job = world.specs / 'auctions.yaml', 'auctions'
    options = {'execution.checkpointing.dir': world.checkpoints,
               'execution.checkpointing.interval': '20ms'}
    few = ['-p', 'events=60000', '-p', f'output={world.out}']
    world.interrupt(*few, '-p', 'rate=40000', options=options)
    result = world.run(*few, '-p', 'rate=1000000', '--from-checkpoint', 'latest', options=options)
    expect('it goes on', 0, result.returncode, result.stderr)
    undisturbed = world.directory / 'undisturbed'
    result = world.run('-p', 'events=60000', '-p', f'output={undisturbed}',
                       '-p', 'rate=1000000', options={'execution.checkpointing.interval': '10s'})
    expect('undisturbed', 0, result.returncode, result.stderr)
    expect('rows', True, len(world.rows()) > 100)
    expect('the same rows', world.rows(undisturbed), world.rows())


if __name__ == '__main__':
    run_tests(dict(globals()))
