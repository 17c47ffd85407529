#!/usr/bin/env python3
"""What a user sees of recovery: where a job starts from, what is refused and why, and that what an
earlier job wrote, output and checkpoints, is untouched by what is refused.

    recovery_test.py FLINKC SPECS [TEST …]
"""
import hashlib
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT_SECONDS = 60
ROWS = 60000

SPEC = '''flinkc: 1
job: {{name: {name}}}
sources:
  n:
    connector: datagen
    options:
      rows: {rows}
      rows_per_second: {rate}
      fields: {{i: {{kind: sequence, min: 0, max: 99999999}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  keyed: {{from: n, extend: {{k: "{key}"}}}}
  {stream}: {{from: keyed, aggregate: {{by: [k], compute: {{{compute}}}, emit: end}}}}
sinks:
  out: {{from: {stream}, connector: file, options: {{path: "{out}"}}, format: csv}}
'''


def spec_of(directory, **changes):
    values = dict(name='sums', rows=ROWS, rate=20000, key='CAST(MOD(i, 100) AS INT)',
                  stream='sums', compute='n: count(*), s: sum(i)', out=directory / 'out')
    values.update(changes)
    return SPEC.format(**values)


class World:
    """A directory of its own with a job in it."""

    def __init__(self, flinkc, specs, directory):
        self.flinkc = flinkc
        self.specs = specs
        self.directory = directory
        self.spec = directory / 'sums.yaml'
        self.checkpoints = directory / 'checkpoints'
        self.out = directory / 'out'
        self.job = 'sums'

    def write(self, **changes):
        self.spec.write_text(spec_of(self.directory, **changes))

    def command(self, *arguments, options=None, spec=None):
        given = {'execution.checkpointing.interval': '20ms',
                 'execution.checkpointing.dir': self.checkpoints}
        given.update(options or {})
        command = [self.flinkc, 'run', '--cache', 'off', '--jit', 'off', str(spec or self.spec)]
        if not str(spec or '').endswith('.job'):
            for name, value in given.items():
                if value is not None:
                    command += ['-D', f'{name}={value}']
        return command + [str(argument) for argument in arguments]

    def run(self, *arguments, options=None, spec=None):
        return subprocess.run(self.command(*arguments, options=options, spec=spec),
                              capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)

    def job_directory(self):
        return self.checkpoints / self.job

    def complete(self):
        return sorted((path.parent for path in self.job_directory().glob('chk-*/_metadata')),
                      key=lambda path: int(path.name[4:]))

    def interrupt(self, *arguments, options=None):
        """Starts the job, and ends it by Ctrl-C behind a few checkpoints, which stay."""
        options = {'execution.checkpointing.externalized-checkpoint-retention':
                   'RETAIN_ON_CANCELLATION', **(options or {})}
        process = subprocess.Popen(self.command(*arguments, options=options),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        first = None
        while time.monotonic() < deadline and process.poll() is None:
            found = self.complete()
            first = first or (found[-1].name if found else None)
            if first is not None and found and found[-1].name != first:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        expect('the job was interrupted', 130, process.returncode, errors)
        return self.complete()[-1]

    def rows(self, directory=None):
        rows = []
        for part in (directory or self.out).glob('part-*'):
            rows += part.read_text().splitlines()[1:]
        return sorted(rows)

    def expected(self):
        keys = [[i for i in range(ROWS) if i % 100 == key] for key in range(100)]
        return sorted(f'{key},{len(of)},{sum(of)}' for key, of in enumerate(keys))

    def picture(self):
        """What is in the output and in the checkpoints, byte for byte. What a checkpoint that never
        became complete has left behind may go at any start."""
        complete = self.complete()
        newest = int(complete[-1].name[4:]) if complete else 0
        picture = {}
        for root in (self.out, self.checkpoints):
            for path in root.rglob('*'):
                if not path.is_file():
                    continue
                if path.parent.name == 'shared' and int(path.name.split('-')[0]) > newest:
                    continue
                picture[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return picture

    def refused(self, what, code, *says, arguments=(), options=None, spec=None, before=None):
        """The job does not run; it says why, and nothing of before is another."""
        before = before if before is not None else self.picture()
        result = self.run(*arguments, options=options, spec=spec)
        expect(what, code, result.returncode, result.stderr)
        for text in says:
            if text not in result.stderr:
                fail(f'{what}: does not say "{text}" but:\n{result.stderr}')
        after = self.picture()
        for path, digest in before.items():
            if after.get(path) != digest:
                fail(f'{what}: {path} is {"another" if path in after else "gone"}')
        for path in set(after) - set(before):
            # A path given without a claim stays the user's, which a mark says.
            if not path.endswith('/_keep'):
                fail(f'{what}: {path} is new')

    def finishes(self, what, *arguments, says='', options=None, spec=None):
        result = self.run(*arguments, options=options, spec=spec)
        expect(what, 0, result.returncode, result.stderr)
        if says not in result.stderr:
            fail(f'{what}: does not say "{says}" but:\n{result.stderr}')
        if self.rows() != self.expected():
            fail(f'{what}: other rows than an undisturbed run: {self.rows()[:3]} …')
        return result


def fail(message):
    print(f'FAILED: {message}')
    sys.exit(1)


def expect(what, wanted, found, errors=''):
    if wanted != found:
        fail(f'{what}: expected {wanted}, found {found}\n{errors}')


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
    world.write(compute='n: count(*), s: max(i)')
    world.refused('another aggregate', 5, '`sums/aggregate`', 'sum(i)', 'no such aggregate',
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


def main():
    flinkc, specs, wanted = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    tests = [(name[5:], test) for name, test in globals().items() if name.startswith('test_')]
    for name, test in tests:
        if wanted and name not in wanted:
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            test(World(flinkc, specs, pathlib.Path(directory)))
        print(f'{name}: as expected, {time.monotonic() - begun:.1f} s')


if __name__ == '__main__':
    main()
