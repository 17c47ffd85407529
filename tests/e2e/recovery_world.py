"""A job with checkpoints in a directory of its own, for the tests of what a user sees of them."""
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
job: {{name: {name}{job}}}
sources:
  n:
    connector: datagen
    options:
      rows: {rows}
      rows_per_second: {rate}
      fields: {{i: {{kind: sequence, min: 0, max: 99999999}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  keyed: {{from: n, extend: {{k: "{key}", v: "{value}"{more}}}}}
  {stream}: {{from: keyed, {id}aggregate: {{by: [k], compute: {{{compute}}}, emit: end}}}}
sinks:
  out: {{from: {stream}, connector: file, options: {{path: "{out}"}}, format: csv}}
'''


def spec_of(directory, **changes):
    values = dict(name='sums', rows=ROWS, rate=20000, key='CAST(MOD(i, 100) AS INT)',
                  value='CAST(i AS INT)', more='', job='', stream='sums', id='',
                  compute='n: count(*), s: sum(v)', out=directory / 'out')
    values.update(changes)
    if values['id']:
        values['id'] = f"id: {values['id']}, "
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

    def cancel(self, *arguments, options=None):
        """Starts the job and ends it by Ctrl-C behind a few checkpoints; what it said."""
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
        return errors

    def interrupt(self, *arguments, options=None):
        """As cancel, but the checkpoints stay; the newest."""
        self.cancel(*arguments,
                    options={'execution.checkpointing.externalized-checkpoint-retention':
                             'RETAIN_ON_CANCELLATION', **(options or {})})
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
            # A path given without a claim stays the user's, which a mark says; the directory of a
            # job that has none yet is made.
            if not path.endswith(('/_keep', '/.lock')):
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


def run_tests(tests):
    """All `test_…` of a module's globals, or those that the command line names:
    FLINKC SPECS [TEST …]."""
    flinkc, specs, wanted = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    for name, test in tests.items():
        name = name.removeprefix('test_') if name.startswith('test_') else None
        if name is None or (wanted and name not in wanted):
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            test(World(flinkc, specs, pathlib.Path(directory)))
        print(f'{name}: as expected, {time.monotonic() - begun:.1f} s')
