#!/usr/bin/env python3
"""NEXMark in flinkc and in Apache Flink, on this machine, from the same files.

    FLINK_HOME=DIR tools/bench/flink_compare.py [--events N] [--parallelism P] [QUERY …]

DIR holds Flink's `lib`: a distribution, or what `pip install apache-flink-libraries` puts into
`pyflink`. A Java of 17 or later with its compiler is needed. The events are written once as CSV
files, as many as there are subtasks, each in the order of time. Both then read them at the same
parallelism into a blackhole, and once more into files whose rows are compared. The time is Flink's
job's alone, without the start of its Java machine, and flinkc's whole process. Where a query's rows
change, Flink's are those of its batch mode, flinkc's the table that its changelog leaves.
"""
import argparse
import collections
import datetime
import decimal
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from nexmark_sql import QUERIES, TABLES

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What Flink's own scripts give to a Java 17.
JAVA_OPTIONS = [
    f'--add-{kind}={module}/{package}=ALL-UNNAMED'
    for kind, module, packages in [
        ('exports', 'java.rmi', 'sun.rmi.registry'),
        ('exports', 'java.security.jgss', 'sun.security.krb5'),
        ('exports', 'java.base', 'sun.net.util'),
        ('exports', 'jdk.compiler', 'com.sun.tools.javac.api com.sun.tools.javac.file '
                                    'com.sun.tools.javac.parser com.sun.tools.javac.tree '
                                    'com.sun.tools.javac.util'),
        ('opens', 'java.base', 'java.lang java.net java.io java.nio sun.nio.ch java.lang.reflect '
                               'java.text java.time java.util java.util.concurrent '
                               'java.util.concurrent.atomic java.util.concurrent.locks'),
    ]
    for package in packages.split()]
STATES = re.compile(r'^(\S+ \S+) .*Job \S+ .* switched from state \w+ to (RUNNING|FINISHED)')


class Failed(Exception):
    """What ends the program, for a person."""


class Measured:
    """One run: the seconds that count, those of all processors, and the memory at its peak."""

    def __init__(self, seconds, cpu_seconds, resident_mib):
        self.seconds = seconds
        self.cpu_seconds = cpu_seconds
        self.resident_mib = resident_mib


def run(command, output):
    """Runs it to its end; standard output and error go to the file."""
    begun = time.monotonic()
    with open(output, 'wb') as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        text = pathlib.Path(output).read_text(errors='replace')
        raise Failed(f'{" ".join(map(str, command))[:300]} …\n{text[-3000:]}')
    return Measured(time.monotonic() - begun, usage.ru_utime + usage.ru_stime,
                    usage.ru_maxrss / 1024)


class Flinkc:
    def __init__(self, command, directory, parallelism):
        self.command = command
        self.directory = directory
        self.options = ['-D', f'parallelism.default={parallelism}']

    def write_events(self, events, rate):
        """One file a subtask and table, in directories named like the tables."""
        lines = ['flinkc: 1', 'job: {name: events}', 'sources:']
        for table in TABLES:
            lines.append(f'  {table}: {{connector: nexmark, options: {{table: {table}, '
                         f'events.num: {events}, first-event.rate: {rate}}}}}')
        lines.append('sinks:')
        for table in TABLES:
            lines.append(f'  to_{table}: {{from: {table}, connector: file, '
                         f'options: {{path: "{self.directory / table}"}}, '
                         'format: {csv: {header: false}}}')
        spec = self.directory / 'events.yaml'
        spec.write_text('\n'.join(lines) + '\n')
        run([self.command, 'run', spec, *self.options], self.directory / 'events.log')

    def spec(self, query, sink):
        text = (ROOT / 'specs' / 'nexmark' / f'{query}.yaml').read_text()
        for table, columns in TABLES.items():
            schema = ', '.join(f'{name}: {kind} NOT NULL' for name, kind in columns)
            source = (f'  {table}:\n    connector: file\n'
                      f'    options: {{path: "{self.directory / table}"}}\n'
                      '    format: {csv: {header: false}}\n'
                      f'    schema: {{{schema}}}\n'
                      '    event_time: {column: dateTime, out_of_order: 4s}\n')
            text = re.sub(rf'  {table}:\n    connector: nexmark\n    options: .*\n', source, text)
        text = text.replace('connector: blackhole', sink)
        path = self.directory / f'{query}.yaml'
        path.write_text(text)
        return path

    def measure(self, query):
        spec = self.spec(query, 'connector: blackhole')
        return run([self.command, 'run', spec, *self.options], self.directory / 'flinkc.log')

    def rows(self, query):
        spec = self.spec(query, 'connector: console, format: json')
        output = self.directory / 'flinkc.rows'
        with open(output, 'wb') as file:
            subprocess.run([self.command, 'run', spec, *self.options], stdout=file,
                           stderr=subprocess.DEVNULL, check=True)
        table = collections.Counter()
        with open(output, encoding='utf-8') as lines:
            for line in lines:
                kind = '' if line.startswith('{') else line[:2]
                table[line[len(kind):].strip()] += -1 if kind.startswith('-') else 1
        output.unlink()
        return ((json.loads(text, parse_float=decimal.Decimal), count)
                for text, count in table.items() if count != 0)


class Flink:
    def __init__(self, home, directory, parallelism, heap):
        self.directory = directory
        self.parallelism = parallelism
        jars = sorted(home.glob('lib/*.jar'))
        if not any(jar.name.startswith('flink-dist') for jar in jars):
            raise Failed(f'{home} has no lib/flink-dist-*.jar')
        self.log = directory / 'flink.log'
        logging = directory / 'log4j.properties'
        logging.write_text(
            'rootLogger.level = INFO\nrootLogger.appenderRef.file.ref = File\n'
            'appender.file.name = File\nappender.file.type = FILE\n'
            f'appender.file.fileName = {self.log}\nappender.file.append = false\n'
            'appender.file.layout.type = PatternLayout\n'
            'appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1} %m%n\n')
        self.java = ['java', f'-Xmx{heap}', *JAVA_OPTIONS,
                     f'-Dlog4j.configurationFile=file:{logging}', '-cp', ':'.join(map(str, jars)),
                     ROOT / 'tools/bench/run_flink_sql.java']
        self.options = ['execution.target=local', 'state.backend.type=hashmap',
                        f'parallelism.default={parallelism}',
                        f'taskmanager.numberOfTaskSlots={parallelism}']

    def script(self, query, sink):
        lines = []
        for table, columns in TABLES.items():
            schema = ', '.join(f'`{name}` {kind}' for name, kind in columns)
            lines.append(f"CREATE TABLE {table} ({schema}, WATERMARK FOR `dateTime` AS "
                         "`dateTime` - INTERVAL '4' SECOND) WITH ('connector' = 'filesystem', "
                         f"'path' = 'file://{self.directory / table}', 'format' = 'csv');")
        schema = ', '.join(f'`{name}` {kind}' for name, kind in QUERIES[query].columns)
        lines += [f'CREATE TABLE sink ({schema}) WITH ({sink});',
                  f'INSERT INTO sink\n{QUERIES[query].select};']
        path = self.directory / f'{query}.sql'
        path.write_text('\n'.join(lines) + '\n')
        return path

    def run(self, query, sink, mode):
        output = self.directory / 'flink.out'
        self.log.unlink(missing_ok=True)
        measured = run([*self.java, self.script(query, sink), *self.options,
                        f'execution.runtime-mode={mode}'], output)
        times = {}
        for line in self.log.read_text(errors='replace').splitlines():
            found = STATES.match(line)
            if found:
                times[found[2]] = datetime.datetime.fromisoformat(found[1])
        if set(times) != {'RUNNING', 'FINISHED'}:
            raise Failed(f'Flink, {query}: {output.read_text(errors="replace")[-3000:]}')
        measured.seconds = (times['FINISHED'] - times['RUNNING']).total_seconds()
        return measured

    def measure(self, query):
        return self.run(query, "'connector' = 'blackhole'", 'streaming')

    def rows(self, query):
        output = self.directory / 'flink.rows'
        shutil.rmtree(output, ignore_errors=True)
        sink = (f"'connector' = 'filesystem', 'path' = 'file://{output}', 'format' = 'json', "
                "'json.timestamp-format.standard' = 'SQL'")
        self.run(query, sink, 'batch' if QUERIES[query].updates else 'streaming')
        for path in output.rglob('*'):
            if path.is_file():
                with open(path, encoding='utf-8') as lines:
                    for line in lines:
                        yield json.loads(line, parse_float=decimal.Decimal), 1
        shutil.rmtree(output)


def comparable(query, rows):
    """A multiset of the columns that count, times and decimals in one form."""
    kinds = dict(QUERIES[query].columns)

    def value(name, cell):
        if cell is not None and kinds[name].startswith('TIMESTAMP'):
            return datetime.datetime.fromisoformat(cell)
        if cell is not None and kinds[name].startswith('DECIMAL'):
            return decimal.Decimal(cell)
        return cell

    result = collections.Counter()
    for row, count in rows:
        result[tuple(value(name, row[name]) for name in QUERIES[query].compared)] += count
    return result


def compare_rows(query, flinkc, flink):
    ours, theirs = comparable(query, flinkc.rows(query)), comparable(query, flink.rows(query))
    missing, surplus = theirs - ours, ours - theirs
    if not missing and not surplus:
        return f'equal ({sum(ours.values())})'
    print(f'{query}: only in Flink {list(missing.items())[:3]}, only in flinkc '
          f'{list(surplus.items())[:3]}', file=sys.stderr)
    return f'**{sum(missing.values())} missing, {sum(surplus.values())} too many**'


def best(runs, measure, query):
    return min((measure(query) for _ in range(runs)), key=lambda measured: measured.seconds)


def compare(arguments, directory):
    flinkc = Flinkc(arguments.flinkc, directory, arguments.parallelism)
    flink = Flink(arguments.flink_home, directory, arguments.parallelism, arguments.heap)
    flinkc.write_events(arguments.events, arguments.rate)
    print(f'{arguments.events} events, {arguments.rate} a second of event time, from CSV files, '
          f'parallelism {arguments.parallelism}, best of {arguments.runs}; millions of events a '
          'second\n')
    print('| | flinkc | Flink | ratio | flinkc, a core | Flink, a core | flinkc MiB | Flink MiB | '
          'rows |\n|---|---|---|---|---|---|---|---|---|')
    millions = arguments.events / 1e6
    ratio_product, count = 1.0, 0
    for query in arguments.queries:
        ours = best(arguments.runs, flinkc.measure, query)
        theirs = best(arguments.runs, flink.measure, query)
        rows = '' if arguments.no_rows else compare_rows(query, flinkc, flink)
        ratio = theirs.seconds / ours.seconds
        ratio_product, count = ratio_product * ratio, count + 1
        print(f'| {query} | {millions / ours.seconds:.2f} | {millions / theirs.seconds:.3f} | '
              f'{ratio:.1f} | {millions / ours.cpu_seconds:.2f} | '
              f'{millions / theirs.cpu_seconds:.3f} | {ours.resident_mib:.0f} | '
              f'{theirs.resident_mib:.0f} | {rows} |', flush=True)
    if count:
        print(f'\ngeometric mean of the ratios: {ratio_product ** (1 / count):.1f}')


def main():
    known = [query for query in QUERIES if (ROOT / 'specs' / 'nexmark' / f'{query}.yaml').exists()]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--flinkc', type=pathlib.Path, default=ROOT / 'build/release/bin/flinkc')
    parser.add_argument('--flink-home', type=pathlib.Path, default=os.environ.get('FLINK_HOME'))
    parser.add_argument('--events', type=int, default=10_000_000)
    parser.add_argument('--rate', type=int, default=100_000, help='events a second of event time')
    parser.add_argument('--parallelism', type=int, default=2)
    parser.add_argument('--runs', type=int, default=2)
    parser.add_argument('--heap', default='8g', help="of Flink's Java machine")
    parser.add_argument('--no-rows', action='store_true', help='compare no rows')
    parser.add_argument('queries', nargs='*', metavar='QUERY', help=f'of {", ".join(known)}')
    arguments = parser.parse_args()
    if arguments.flink_home is None:
        parser.error('FLINK_HOME names no Apache Flink')
    arguments.queries = arguments.queries or known
    unknown = set(arguments.queries) - set(known)
    if unknown:
        parser.error(f'there is no query {", ".join(sorted(unknown))}')
    with tempfile.TemporaryDirectory(prefix='flink_compare_') as name:
        try:
            compare(arguments, pathlib.Path(name))
        except Failed as failure:
            sys.exit(f'flink_compare: {failure}')


if __name__ == '__main__':
    main()
