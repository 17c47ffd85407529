#!/usr/bin/env python3
"""flinkc state ls and inspect: what they show of a checkpoint is what the job had computed, and of
damaged files they say what is wrong.

    state_test.py FLINKC SPECS [TEST …]
"""
import json
import random
import shutil
import subprocess

from recovery_world import TIMEOUT_SECONDS, expect, fail, run_tests


def state(world, *arguments, code=0, says=()):
    result = subprocess.run([world.flinkc, 'state', *map(str, arguments)], capture_output=True,
                            timeout=TIMEOUT_SECONDS, check=False)
    output, errors = result.stdout.decode(), result.stderr.decode()
    expect(f'state {arguments}', code, result.returncode, errors)
    for text in says:
        if text not in output + errors:
            fail(f'state {arguments}: does not say "{text}" but:\n{output}{errors}')
    return output


def rows_of(world, *arguments):
    return [json.loads(line) for line in state(world, 'inspect', *arguments).splitlines()]


def test_rows_are_what_the_job_had(world):
    # All that is kept of a key follows from it and from how many rows there were.
    world.write(compute='n: count(*), s: sum(k), a: avg(CAST(k AS DOUBLE)), lo: min(k), '
                        'hi: max(CAST(k AS STRING)), v: stddev_pop(CAST(k AS DOUBLE))')
    newest = world.interrupt(options={'parallelism.default': 2})
    rows = rows_of(world, newest, '--limit', '0')
    for row in rows:
        key, values = row['key']['k'], list(row['values'].values())
        expect('count', True, values[0] > 0)
        expect('sum, avg, min, max', [key * values[0], key, key, str(key)], values[1:5])
        expect('stddev_pop of equal values', 0.0, values[5])
    expect('keys', sorted(set(row['key']['k'] for row in rows)), [row for row in range(100)])
    expect('each key once', 100, len(rows))
    expect('the newest of the job', rows, rows_of(world, world.job_directory(), '--limit', '0'))
    expect('the only job', rows, rows_of(world, world.checkpoints, '--limit', '0'))
    group = rows[0]['key_group']
    expect('one key group', [row for row in rows if row['key_group'] == group],
           rows_of(world, newest, '--key-group', group))
    expect('a limit', rows[:7], rows_of(world, newest, '--limit', '7', '--state', 'sums/aggregate'))
    table = state(world, 'inspect', newest, '--format', 'text', '--limit', '2',
                  says=['state sums/aggregate', 'key group', 'there are more rows than 2'])
    lines = table.splitlines()
    expect('lines', 5, len(lines))


def test_lists(world):
    world.write()
    newest = world.interrupt(options={'parallelism.default': 2,
                                      'execution.checkpointing.num-retained': 3})
    document = json.loads(state(world, 'ls', newest, '--format', 'json'))
    expect('kind', ('checkpoint', 'sums', 128), tuple(
        document[key] for key in ('kind', 'job', 'max_parallelism')))
    found, = document['states']
    expect('state', ('sums/aggregate', 2, [0, 127], [{'name': 'k', 'type': 'INT NOT NULL'}]),
           (found['id'], found['subtasks'], found['key_groups'], found['schema']['key']))
    expect('rows', len(rows_of(world, newest, '--limit', '0')), found['rows'])
    expect('bytes', sum((world.job_directory() / file['path']).stat().st_size
                        for file in document['files']), document['file_bytes'])
    expect('configuration', '20ms', document['config']['execution.checkpointing.interval'])
    expect('digest', 16, len(document['plan_digest']))
    source, = document['sources']
    expect('source', 'n', source['source'])
    expect('splits have positions', True, any(s['position'] != '0, 0' for s in source['splits']))
    state(world, 'ls', newest, says=[f'checkpoint {document["id"]} of the job `sums`',
                                     'count(*)', 'k INT NOT NULL', '0-127 of 128', 'source  split'])
    expect('the spec', world.spec.read_text(), state(world, 'ls', newest, '--spec'))
    expect('the spec of the newest', world.spec.read_text(),
           state(world, 'ls', world.job_directory(), '--spec'))
    ids = [int(path.name[4:]) for path in world.complete()]
    for path in (world.job_directory(), world.checkpoints):
        job, = json.loads(state(world, 'ls', path, '--format', 'json'))['jobs']
        expect('its checkpoints', sorted(ids, reverse=True), [c['id'] for c in job['checkpoints']])
    state(world, 'ls', world.job_directory(), says=['complete checkpoints of the job `sums`',
                                                    f'chk-{ids[-1]}'])


def test_database(world):
    """What stands before RocksDB, and has not left the memory, has a size and rows."""
    world.write()
    newest = world.interrupt(options={'parallelism.default': 2, 'state.backend.type': 'rocksdb'})
    rows = rows_of(world, newest, '--limit', '0')
    expect('rows', 100, len(rows))
    found, = json.loads(state(world, 'ls', newest, '--format', 'json'))['states']
    expect('as many are listed', len(rows), found['rows'])
    expect('each takes some bytes', True, 8 * len(rows) < found['bytes'] < 1000 * len(rows))
    job, = json.loads(state(world, 'ls', world.job_directory(), '--format', 'json'))['jobs']
    checkpoint = job['checkpoints'][0]
    expect('its files are its size', True, checkpoint['state_bytes'] > found['bytes'])
    expect('all are in segments', len(rows), checkpoint['rows'])


def test_database_and_memory(world):
    """Rows that are in RocksDB, in segments beside it, or in both count once."""
    world.write(key='CAST(MOD(i, 9000) AS INT)', rows=4_000_000, rate=200_000)
    newest = world.interrupt(options={'parallelism.default': 2, 'state.backend.type': 'rocksdb',
                                      'taskmanager.memory.managed.size': '1mb'})
    rows = rows_of(world, newest, '--limit', '0')
    expect('each key once', len(rows), len({row['key']['k'] for row in rows}))
    found, = json.loads(state(world, 'ls', newest, '--format', 'json'))['states']
    expect('as many are listed', len(rows), found['rows'])


def test_windows(world):
    world.spec, world.job = world.specs / 'auctions.yaml', 'auctions'
    options = {'execution.checkpointing.interval': '20ms',
               'execution.checkpointing.dir': world.checkpoints}
    newest = world.interrupt('-p', 'events=60000', '-p', 'rate=40000', '-p', f'output={world.out}',
                             options=options)
    state(world, 'ls', newest, says=['tumble 00:00:10.000', 'per_auction/aggregate',
                                     'auction BIGINT'])
    ends = {row['slice_end'] for row in rows_of(world, newest, '--limit', '0')}
    expect('slices', True, all(end.startswith('2015-07-15 00:') and end.endswith('0.000')
                               for end in ends) and len(ends) > 0)


def test_questions_without_an_answer(world):
    state(world, 'ls', world.directory / 'nowhere', code=4, says=['nowhere', 'No such file'])
    state(world, 'ls', world.directory, code=4, says=['there is no checkpoint in'])
    world.write()
    newest = world.interrupt()
    state(world, 'ls', world.spec, code=4, says=['there is no checkpoint in'])
    state(world, 'inspect', newest, '--state', 'sums/agregate', code=2,
          says=['did you mean `sums/aggregate`?'])
    state(world, 'inspect', newest, '--key-group', '128', code=2,
          says=['there is no key group 128'])
    (world.job_directory() / 'chk-999').mkdir()
    state(world, 'ls', world.job_directory() / 'chk-999', code=4, says=['never became'])
    state(world, 'ls', f'{newest}/../{newest.name}', says=['of the job `sums`'])
    state(world, 'rm', newest, code=2)


def test_damaged_files(world):
    """Any flipped byte and any cut: an error that names the file, and never a crash."""
    world.write()
    newest = world.interrupt()
    copy = world.directory / 'copy'
    chance = random.Random(1)
    files = [newest / '_metadata', *sorted((world.job_directory() / 'shared').glob('*.state'))]
    used = {file['path'] for file in
            json.loads(state(world, 'ls', newest, '--format', 'json'))['files']}
    files = [file for file in files if file.name == '_metadata' or f'shared/{file.name}' in used]
    for file in files:
        for number in range(24):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(world.job_directory(), copy)
            damaged = copy / file.relative_to(world.job_directory())
            content = bytearray(damaged.read_bytes())
            if number % 3 == 2:
                del content[chance.randrange(len(content)):]
            else:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            damaged.write_bytes(content)
            says = ['_metadata' if file.name == '_metadata' else file.name]
            state(world, 'inspect', copy / newest.name, '--limit', '0', code=4, says=says)
            if file.name == '_metadata' or number % 3 == 2:
                state(world, 'ls', copy / newest.name, code=4, says=says)
                # One that is of a newer format cannot even be listed.
                listed = subprocess.run([world.flinkc, 'state', 'ls', copy], capture_output=True,
                                        text=True, timeout=TIMEOUT_SECONDS, check=False)
                expect('listing', True, listed.returncode in (0, 4))
                expect('it says so', True, 'damaged' in listed.stdout or listed.returncode == 4)
    shutil.rmtree(copy)
    shutil.copytree(world.job_directory(), copy)
    for file in (copy / 'shared').glob('*.state'):
        file.unlink()
    state(world, 'ls', copy / newest.name, code=4, says=['.state is missing'])


if __name__ == '__main__':
    run_tests(dict(globals()))
