"""Jobs to be disturbed, their processes, and what they must have written in the end."""
import collections
import copy
import datetime
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

JOBS = pathlib.Path(__file__).parent / 'jobs'
# Longer than any run takes on a slow machine.
TIMEOUT_SECONDS = 180
# Of all subtasks of a job at the largest parallelism that is drawn, for one checkpoint: a file of
# segments each, and those of a database.
LATE_FILES_MAX = 16 * 24


class Failure(Exception):
    """What a test found; its text is for a person."""


class NothingToTest(Failure):
    """The job was not where the case needs it when it was disturbed: to be tried again."""


def write_clicks(directory, rows):
    """CSV files with a little disorder: some rows come too late for their windows."""
    chance = random.Random(7)
    begin = datetime.datetime(2026, 1, 1)
    countries = ['DE', 'FR', 'IT', 'PL', 'SE']
    directory.mkdir()
    for number in range(6):
        seconds = 0.0
        with open(directory / f'{number}.csv', 'w', encoding='ascii') as file:
            file.write('user,country,amount,at\n')
            for _ in range(rows // 6):
                seconds += chance.random() * 0.01
                back = chance.random() * 30 if chance.random() < 0.03 else 0
                at = begin + datetime.timedelta(seconds=max(0, seconds - back))
                file.write(f'u{int(chance.random() ** 2 * 2000)},{chance.choice(countries)},'
                           f'{chance.randrange(1, 1000)},{at.isoformat(" ", "milliseconds")}\n')


class Workload:
    """A job in tests/fault/jobs. `sinks` are the directories that it writes, `console` the keys of
    the updates that it prints."""

    def __init__(self, name, sinks, console=(), parameters=None):
        self.name = name
        self.spec = JOBS / f'{name}.yaml'
        self.sinks = sinks
        self.console = console
        self.parameters = parameters or {}
        self.expected = None
        self.seconds = None  # of an undisturbed run

    def without_console(self):
        """The same job, where what is printed goes to the TaskManagers."""
        workload = copy.copy(self)
        workload.console = ()
        workload.expected = (self.expected[0], {})
        return workload

    def __str__(self):
        return self.name


def make_workloads(directory, scale=1.0):
    clicks = directory / 'clicks'
    write_clicks(clicks, int(600_000 * scale))
    return [
        Workload('windows', ('windows', 'fine', 'sessions', 'stays', 'runs', 'cumulated', 'rows',
                             'totals'),
                 parameters={'events': int(1_000_000 * scale)}),
        Workload('late', ('users', 'countries', 'late', 'levels'), parameters={'in': clicks}),
        Workload('changelog', ('dear', 'ends', 'ladder', 'lands', 'mixes', 'whole'),
                 console=('user',),
                 parameters={'in': clicks}),
        Workload('patterns', ('rises', 'visits', 'late'), parameters={'in': clicks}),
    ]


class Runner:
    """Starts processes of one workload in a directory of their own."""

    def __init__(self, flinkc, workload, directory):
        self.flinkc = flinkc
        self.workload = workload
        self.directory = directory
        self.output = directory / 'out'
        self.console = directory / 'console'
        self.overtaking = {}  # drawn once
        self.checkpoints = directory / 'checkpoints'
        self.job_directory = self.checkpoints / workload.name

    def command(self, options):
        command = [str(self.flinkc), 'run', str(self.workload.spec), '-p', f'out={self.output}']
        for name, value in self.workload.parameters.items():
            command += ['-p', f'{name}={value}']
        for name, value in options.items():
            command += ['-D', f'{name}={value}']
        return command

    def start(self, options, failpoints='', before=None):
        environment = dict(os.environ)
        environment.pop('FLINKC_FAILPOINTS', None)
        if failpoints:
            environment['FLINKC_FAILPOINTS'] = failpoints
        with open(self.console, 'ab') as console:
            return subprocess.Popen(self.command(options), stdout=console, stderr=subprocess.PIPE,
                                    env=environment, preexec_fn=before)

    def options(self, chance, resume, backends=('hashmap',)):
        """Options of checkpoints as a user might set them, drawn."""
        if not self.overtaking:
            # Rows in flight can be gone on with by the same chains alone. Aggregates in one phase
            # and in two are other chains.
            phases = chance.choice(['AUTO', 'TWO_PHASE', 'ONE_PHASE'])
            self.overtaking = chance.choice([{'execution.checkpointing.unaligned.enabled': 'false'},
                                             *({'parallelism.default': parallelism,
                                                'table.optimizer.agg-phase-strategy': phases,
                                                'execution.checkpointing.unaligned.enabled': 'true',
                                                'execution.checkpointing.'
                                                'max-concurrent-checkpoints': 1}
                                               for parallelism in (2, 4))])
        options = {
            'parallelism.default': chance.choice([1, 2, 3, 4]),
            'execution.checkpointing.aligned-checkpoint-timeout':
                chance.choice(['0ms', '0ms', '3ms', '50ms']),
            'execution.checkpointing.dir': self.checkpoints,
            'execution.checkpointing.interval': chance.choice(['10ms', '20ms', '50ms']),
            'execution.checkpointing.num-retained': chance.choice([1, 2, 3]),
            'execution.checkpointing.max-concurrent-checkpoints': chance.choice([1, 1, 2, 3]),
            'execution.checkpointing.min-pause': chance.choice(['0ms', '0ms', '5ms']),
            'execution.checkpointing.incremental': chance.choice(['true', 'false']),
            'execution.checkpointing.tolerable-failed-checkpoints': chance.choice([0, 2, 1000]),
            'restart-strategy.type': 'fixed-delay',
            'restart-strategy.fixed-delay.attempts': 1000,
            'restart-strategy.fixed-delay.delay': '10ms',
            'table.optimizer.agg-phase-strategy':
                chance.choice(['AUTO', 'TWO_PHASE', 'ONE_PHASE']),
        }
        if backends != ('hashmap',):
            options['state.backend.type'] = chance.choice(backends)
            # From far too little to more than the state takes.
            options['taskmanager.memory.managed.size'] = chance.choice(['1mb', '16mb', '256mb'])
        options.update(self.overtaking)
        if resume:
            options['execution.state-recovery.path'] = 'latest'
        return options

    def rows(self, sealed_by=None):
        """The rows of each sink as a multiset; names of unfinished files begin with a dot. With
        `sealed_by` also those of the unfinished files that this checkpoint lists."""
        sealed = self.referred(sealed_by)[1] if sealed_by else set()
        result = {}
        for sink in self.workload.sinks:
            rows = collections.Counter()
            for part in (self.output / sink).rglob('*'):
                if not part.name.startswith('part-') and part.name.encode() not in sealed:
                    continue
                data = part.read_bytes()
                if '.gz' in part.name:
                    data = gzip.decompress(data)
                lines = data.decode().splitlines()
                rows.update(lines[1:] if '.csv' in part.name else lines)
            result[sink] = rows
        return result

    def last_updates(self):
        """The last result of each group on the console, which a killed process may have cut off."""
        last = {}
        if not self.workload.console:
            return last
        for line in self.console.read_text().splitlines():
            if not line.startswith('+'):
                continue
            try:
                row = json.loads(line[3:])
            except json.JSONDecodeError:
                continue
            last[tuple(row[key] for key in self.workload.console)] = row
        return last

    def check_output(self, what='in the end'):
        """Against the undisturbed run."""
        rows, updates = self.workload.expected
        found = self.rows()
        for sink in self.workload.sinks:
            missing, surplus = rows[sink] - found[sink], found[sink] - rows[sink]
            if missing or surplus:
                raise Failure(f'{what}, sink {sink}: {sum(missing.values())} rows are missing, '
                              f'{sum(surplus.values())} are too many, such as '
                              f'{list((missing or surplus).items())[:3]}')
        if self.last_updates() != updates:
            raise Failure(f'{what}, console: the last results of some groups are wrong')
        unfinished = [path for path in self.output.rglob('.*') if path.is_file()]
        if unfinished:
            raise Failure(f'{what}: unfinished files of sinks are left: {unfinished[:5]}')

    def check_checkpoints_gone(self, had_ended):
        """Of a job that has ended: its lock, the empty directory of shared files and the mark of
        its end stay; if it was killed on its way from its end, also the largest number used."""
        left = {str(path.relative_to(self.job_directory)) for path in self.job_directory.rglob('*')}
        left -= {'.lock', 'shared', 'finished'}
        # A checkpoint that was given up when the job ended may still have been on its way to the
        # disk: the files of each subtask, which the next start removes.
        late = {path for path in left if re.fullmatch(r'shared/\d+-\w+\.state', path)}
        if len(late) <= LATE_FILES_MAX:
            left -= late
        if left and not (had_ended and len(left) == 1 and re.fullmatch(r'chk-\d+', min(left))):
            raise Failure(f'left in the checkpoint directory: {sorted(left)[:10]}')

    def complete_checkpoints(self):
        """Their directories, the newest last."""
        numbers = [int(path.parent.name[4:]) for path in self.job_directory.glob('chk-*/_metadata')]
        return [self.job_directory / f'chk-{number}' for number in sorted(numbers)]

    def newest_checkpoint(self):
        complete = self.complete_checkpoints()
        return complete[-1] if complete else None

    def state_files(self, checkpoint):
        """Those that it lists."""
        names = self.referred(checkpoint)[0]
        return sorted(path for path in (self.job_directory / 'shared').iterdir()
                      if path.name.encode() in names)

    def referred(self, checkpoint):
        """Names of the state files and of the unfinished sink files that its metadata lists."""
        metadata = (checkpoint / '_metadata').read_bytes()
        return (set(re.findall(rb'shared/(\d+-[0-9a-z]+\.[a-z]+)', metadata)),
                set(re.findall(rb'\.part-[-0-9a-z.]+\.inprogress', metadata)))

    def check_files_are_there(self):
        """Those that the complete checkpoints refer to, whenever the process has died."""
        for metadata in self.job_directory.glob('chk-*/_metadata'):
            for name in self.referred(metadata.parent)[0]:
                if not (self.job_directory / 'shared' / name.decode()).exists():
                    raise Failure(f'{metadata} is there, and {name.decode()} is gone')

    def keep_only_newest(self):
        """Deletes all that the newest complete checkpoint does not refer to."""
        newest = self.newest_checkpoint()
        if newest is None:
            return
        state_files, sink_files = self.referred(newest)
        for directory in self.job_directory.glob('chk-*'):
            if directory != newest:
                remove_flat_directory(directory)
        for path in (self.job_directory / 'shared').iterdir():
            if path.name.encode() not in state_files:
                path.unlink()
        for path in list(self.output.rglob('.part-*')):
            if path.name.encode() not in sink_files:
                path.unlink()


def remove_flat_directory(directory):
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def expect_undisturbed(flinkc, workload):
    """Runs the job once without checkpoints and keeps what it wrote."""
    with tempfile.TemporaryDirectory() as name:
        runner = Runner(flinkc, workload, pathlib.Path(name))
        process = runner.start({'parallelism.default': 2})
        begun = datetime.datetime.now()
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        workload.seconds = (datetime.datetime.now() - begun).total_seconds()
        if process.returncode != 0:
            raise Failure(f'the undisturbed run: {errors.decode()}')
        workload.expected = (runner.rows(), runner.last_updates())
    for sink in workload.sinks:
        if not workload.expected[0][sink]:
            raise Failure(f'the sink {sink} has no rows: a weak test')
