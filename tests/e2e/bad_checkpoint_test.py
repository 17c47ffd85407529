#!/usr/bin/env python3
"""Checkpoints that a job cannot go on from: each is refused with the place, the reason and what to
do; the output of earlier runs and the checkpoints are afterwards what they were before.

    bad_checkpoint_test.py FLINKC SPECS [TEST …]
"""
import os
import pathlib

from recovery_world import ROWS, expect, run_tests

LATEST = ['--from-checkpoint', 'latest']


def interrupted(world, **options):
    """A job with output and checkpoints; the spec is then one that ends quickly."""
    world.write()
    newest = world.interrupt(options={name.replace('_', '.'): value
                                      for name, value in options.items()})
    # Output of an earlier run, which has a name of its own.
    world.out.mkdir(exist_ok=True)
    (world.out / 'part-9-9.csv').write_text('k,n,s\n')
    world.write(rate=1000000)
    return newest


def test_of_another_job(world):
    newest = interrupted(world)
    other = world.directory / 'other.yaml'
    other.write_text(world.spec.read_text().replace('name: sums', 'name: other').replace(
        'sums:', 'others:').replace('from: sums', 'from: others'))
    world.refused('a checkpoint of another job', 5, 'the state `sums/aggregate`', 'the job `other`',
                  'it is one of the job `sums`', '--allow-non-restored-state',
                  arguments=['--from-checkpoint', newest], spec=other)
    other.write_text(world.spec.read_text().replace('  n:', '  m:').replace('from: n,', 'from: m,'))
    world.refused('a checkpoint of another source', 5, 'the source `n`', 'name it so again',
                  arguments=['--from-checkpoint', newest], spec=other)


def test_of_a_newer_format(world):
    newest = interrupted(world)
    metadata = newest / '_metadata'
    content = bytearray(metadata.read_bytes())
    content[4:8] = (99).to_bytes(4, 'little')
    metadata.write_bytes(content)
    for path in ('latest', newest):
        world.refused('a newer format', 4, str(metadata), 'format version 99', 'or a newer one',
                      arguments=['--from-checkpoint', path])


def test_without_a_shared_file(world):
    newest = interrupted(world)
    for file in (world.job_directory() / 'shared').iterdir():
        file.unlink()
    world.refused('a missing file', 4, '.state is missing',
                  f'checkpoint {newest.name[4:]} needs it',
                  'no checkpoint of the job `sums`', 'is whole', 'savepoint', arguments=LATEST)
    world.refused('a missing file', 4, '.state is missing', 'restore from another',
                  arguments=['--from-checkpoint', newest])


def test_with_another_max_parallelism(world):
    interrupted(world)
    world.refused('max_parallelism', 5, 'max_parallelism 128, the job has 64',
                  '`job.max_parallelism: 128`', arguments=LATEST,
                  options={'pipeline.max-parallelism': 64})
    world.refused('a parallelism above', 1, 'above the number of key groups, 128',
                  options={'parallelism.default': 200}, arguments=LATEST)


def test_at_no_place(world):
    newest = interrupted(world)
    nowhere = world.directory / 'savepoint-nowhere-1'
    world.refused('a path that is not there', 4, str(nowhere), 'there is no such directory',
                  arguments=['--from-savepoint', nowhere])
    world.refused('a path with ..', 4, 'without `..`',
                  arguments=['--from-savepoint', f'{newest}/../{newest.name}'])
    incomplete = world.job_directory() / 'chk-900'
    incomplete.mkdir()
    world.refused('one that never became complete', 4, str(incomplete), 'incomplete',
                  arguments=['--from-checkpoint', incomplete])
    incomplete.mkdir(exist_ok=True)
    (incomplete / '_metadata').write_text('no metadata at all')
    world.refused('a file that is none of ours', 4, str(incomplete / '_metadata'),
                  'is no metadata of a checkpoint', arguments=['--from-checkpoint', incomplete])


def test_where_nobody_may_write(world):
    interrupted(world)
    in_the_way = world.directory / 'file'
    in_the_way.write_text('a file, not a directory')
    places = [in_the_way, in_the_way / 'below']
    # Forbidden even to root.
    if pathlib.Path('/sys/kernel').is_dir():
        places.append('/sys/kernel/flinkc')
    if os.getuid() != 0:
        closed = world.directory / 'closed'
        closed.mkdir(mode=0o555)
        places.append(closed / 'below')
    for place in places:
        world.refused(f'checkpoints in {place}', 4, 'cannot', str(place),
                      options={'execution.checkpointing.dir': place,
                               'pipeline.name': 'another'})


def test_more_state_than_memory(world):
    # Each row is a group of its own.
    many = dict(key='i', rows=2000000)
    world.write(rate=400000, **many)
    world.interrupt(options={'execution.checkpointing.interval': '1s'})
    (world.out / 'part-9-9.csv').write_text('k,n,s\n')
    world.write(rate=2000000, **many)
    small = {'taskmanager.memory.process.size': '16mb'}
    before = world.picture()
    world.refused('state that does not fit when it is restored', 6, '`sums/aggregate`',
                  'taskmanager.memory.process.size', arguments=LATEST, options=small, before=before)
    # One that outgrows it while it runs ends as well, and keeps what it has.
    world.write(rate=2000000, out=world.directory / 'growing', **many)
    large = {'taskmanager.memory.process.size': '64mb', 'pipeline.name': 'growing'}
    world.job = 'growing'
    result = world.run(options=large)
    expect('state that outgrows the memory', 6, result.returncode, result.stderr)
    expect('it says what to raise', True, 'taskmanager.memory.process.size' in result.stderr)
    expect('its checkpoints stay', True, len(world.complete()) > 0)
    world.job = 'sums'
    for path, digest in before.items():
        expect(path, digest, world.picture().get(path))
    # With the memory it needs it goes on.
    (world.out / 'part-9-9.csv').unlink()
    world.write(rate=2000000, **many)
    result = world.run(*LATEST)
    expect('with more memory', 0, result.returncode, result.stderr)
    expect('all rows', many['rows'], len(world.rows()))


if __name__ == '__main__':
    run_tests(dict(globals()))
