#!/usr/bin/env python3
"""A JobManager and three TaskManagers as processes: their jobs give what one process gives, and
what goes wrong is named.

    cluster_test.py FLINKC SPECS
"""
import collections
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from cluster_case import Cluster, Failure, expect, outcome

EVENTS = 100_000


def printing(specs, query, directory):
    """The query with its rows on the console."""
    text = (specs / 'nexmark' / f'{query}.yaml').read_text()
    expect('connector: blackhole}' in text, f'{query} has another sink')
    spec = directory / f'{query}.yaml'
    spec.write_text(text.replace('connector: blackhole}', 'connector: console, format: json}'))
    return spec


def table_of(text, keys):
    """Rows that were printed; with keys, the last one of each."""
    rows = [line for line in text.splitlines() if line]
    if not keys:
        return collections.Counter(rows)
    last = {}
    for line in rows:
        row = json.loads(line[3:])
        key = tuple(row[name] for name in keys)
        if line.startswith('+'):
            last[key] = row
    return last



def run_here(flinkc, spec, parameters):
    command = [flinkc, 'run', '-q', str(spec), '-D', 'parallelism.default=3']
    for name, value in parameters.items():
        command += ['-p', f'{name}={value}']
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    expect(done.returncode == 0, f'{spec}: {done.stderr}')
    return done.stdout


def run_there(cluster, spec, parameters):
    before = {path: path.stat().st_size for path in cluster.directory.glob('tm-*.out')}
    process = cluster.submit(spec, parameters, {'parallelism.default': 6})
    said = process.communicate(timeout=120)[1].decode()
    expect(process.returncode == 0, f'{spec}: exit code {process.returncode}: {said}')
    return ''.join(path.read_bytes()[size:].decode() for path, size in sorted(before.items()))


def same_results(flinkc, specs, cluster, directory):
    for query, keys in [('q5', ()), ('q8', ()), ('q17', ('auction', 'day'))]:
        spec = printing(specs, query, directory)
        parameters = {'events': EVENTS}
        here = table_of(run_here(flinkc, spec, parameters), keys)
        there = table_of(run_there(cluster, spec, parameters), keys)
        expect(here, f'{query} has no rows')
        expect(here == there, f'{query}: {len(here)} rows here, {len(there)} there, or others')
    outputs = []
    for name, run in [('here', lambda *job: run_here(flinkc, *job)),
                      ('there', lambda *job: run_there(cluster, *job))]:
        output = directory / name
        run(specs / 'flights' / 'flights.yaml',
            {'input': specs / 'flights' / 'flights.csv', 'output': output})
        outputs.append({sink.name: rows_in(sink) for sink in output.iterdir()})
    expect(outputs[0] and outputs[0].keys() == outputs[1].keys(), f'flights: {outputs}')
    for sink, here in outputs[0].items():
        there = outputs[1][sink]
        expect(here == there, f'flights, {sink}: {list((here - there).items())[:3]} here, '
                              f'{list((there - here).items())[:3]} there')


def rows_in(sink):
    """Of all files, without their headers."""
    rows = collections.Counter()
    for part in sink.glob('part-*'):
        lines = part.read_text().splitlines()
        rows.update(lines[1:] if part.name.endswith('.csv') else lines)
    return rows


def endless(directory):
    spec = directory / 'endless.yaml'
    spec.write_text('''flinkc: 1
job: {name: endless}
sources:
  n: {connector: datagen, options: {rows_per_second: 1000, fields: {i: {kind: sequence}}},
      schema: {i: BIGINT NOT NULL}}
streams:
  keyed: {from: n, select: {k: "MOD(i, 10)"}}
  sums: {from: keyed, aggregate: {by: [k], compute: {c: count(*)}}}
sinks:
  out: {from: sums, connector: blackhole}
''')
    return spec


def wait_for_state(cluster, state, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = cluster.job()
        if job and job['state'] == state:
            return job
        time.sleep(0.05)
    raise Failure(f'the job is not {state} but {cluster.job()}')


def detached_and_cancelled(flinkc, cluster, directory):
    spec = endless(directory)
    process = cluster.submit(spec, {}, {'parallelism.default': 6}, '--detached')
    job_id = process.communicate(timeout=60)[0].decode().strip()
    expect(process.returncode == 0 and len(job_id) == 32, f'the id of a detached job: {job_id}')
    wait_for_state(cluster, 'RUNNING')
    # It has all slots: the next one waits, and says why.
    waiting = cluster.submit(spec, {}, {'parallelism.default': 1})
    time.sleep(1)
    waiting.send_signal(signal.SIGINT)
    said = waiting.communicate(timeout=60)[1].decode()
    expect(waiting.returncode == 130, f'an interrupted job: {waiting.returncode}: {said}')
    expect('needs 1 slots, 0 are free' in said, f'a job that waits for slots: {said}')
    cancelled = subprocess.run([flinkc, 'cancel', '-m', cluster.rest, job_id],
                               capture_output=True, text=True, timeout=60, check=False)
    expect(cancelled.returncode == 0, f'cancel: {cancelled.stderr}')
    # A client that vanishes leaves its job.
    process = cluster.submit(spec, {}, {'parallelism.default': 2})
    wait_for_state(cluster, 'RUNNING')
    process.kill()
    process.communicate()
    time.sleep(0.3)
    job = wait_for_state(cluster, 'RUNNING')
    subprocess.run([flinkc, 'cancel', '-m', cluster.rest, job['jid']], check=True,
                   capture_output=True, timeout=60)


def goes_with_its_client(cluster, directory):
    """Told to: a job whose client is there runs on, and is cancelled when that dies."""
    client = cluster.submit(endless(directory), {}, {
        'parallelism.default': 2, 'client.heartbeat.interval': '100ms',
        'client.heartbeat.timeout': '4s'}, '--shutdown-on-attached-exit')
    wait_for_state(cluster, 'RUNNING')
    job_id = cluster.job()['jid']
    config = cluster.get(f'/jobs/{job_id}/config')['execution-config']['user-config']
    expect(config['execution.attached'] == 'true', config)
    # Longer than a client that says nothing is believed to be there.
    begin = time.monotonic()
    while time.monotonic() - begin < 5:
        expect(cluster.get(f'/jobs/{job_id}')['state'] == 'RUNNING', 'it is cancelled too early')
        time.sleep(0.1)
    client.kill()
    client.communicate()
    wait_for_state(cluster, 'CANCELED')
    expect('its client is gone' in (cluster.directory / 'jobmanager.log').read_text(),
           'the log does not say why the job is cancelled')
    refused = cluster.submit(endless(directory), {}, {}, '--shutdown-on-attached-exit', '-d')
    refused.communicate(timeout=60)
    expect(refused.returncode == 2, f'attached and detached: {refused.returncode}')


def counting(directory, output):
    """Some seconds of work, with windows over the event time, written to files."""
    spec = directory / 'counting.yaml'
    spec.write_text('''flinkc: 1
job: {name: counting}
sources:
  n:
    connector: datagen
    options: {rows_per_second: 20000, rows: 120000, fields: {i: {kind: sequence}}}
    schema: {i: BIGINT NOT NULL}
streams:
  keyed: {from: n, select: {k: "MOD(i, 1000)", i: i}}
  sums: {from: keyed, aggregate: {by: [k], compute: {c: count(*), s: sum(i)}, emit: end}}
sinks:
  all: {from: keyed, connector: file, options: {path: "%s/all"}, format: json}
  sums: {from: sums, connector: file, options: {path: "%s/sums"}, format: json}
''' % (output, output))
    return spec


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.02)


def checkpoints_of(cluster, job_id):
    return cluster.get(f'/jobs/{job_id}/checkpoints')


def job_manager_comes_again(flinkc, cluster, directory):
    """Its jobs go on, also where it dies twice, and the clients that wait for them see it through:
    one job with checkpoints, one without."""
    outputs, clients = [], []
    for name, options in [('with', {'execution.checkpointing.dir': directory / 'checkpoints',
                                    'execution.checkpointing.interval': '50ms',
                                    'state.backend.type': 'rocksdb'}),
                          ('without', {})]:
        output = directory / 'again' / name
        spec = counting(directory, output)
        outputs.append(output)
        clients.append(cluster.submit(spec, {}, {'parallelism.default': 3, 'pipeline.name': name,
                                                 **options}))
        wait_until(lambda: any(job['name'] == name and job['state'] == 'RUNNING'
                               for job in cluster.get('/jobs/overview')['jobs']),
                   f'the job {name} does not run')
    ids = {job['name']: job['jid'] for job in cluster.get('/jobs/overview')['jobs']
           if job['state'] == 'RUNNING'}
    for _ in range(2):
        wait_until(lambda: checkpoints_of(cluster, ids['with'])['counts']['completed'] >= 3,
                   'there are no checkpoints')
        cluster.kill_job_manager()
        expect(all(client.poll() is None for client in clients), 'a client gives up')
        cluster.start_job_manager()
    wait_until(lambda: checkpoints_of(cluster, ids['with'])['latest']['restored'],
               'the status does not say what the job goes on from')
    for client in clients:
        said = client.communicate(timeout=120)[1].decode()
        expect(client.returncode == 0, f'exit code {client.returncode}: {said}')
        expect('trying again' in said and 'the JobManager is back' in said,
               f'the client does not say that the JobManager was away: {said}')
    for output in outputs:
        ends = output / 'sums'
        rows = [json.loads(line) for part in (output / 'all').glob('part-*')
                for line in part.read_text().splitlines()]
        expect(sorted(row['i'] for row in rows) == list(range(120_000)),
               f'{output}: {len(rows)} rows')
        sums = rows_in(ends)
        expect(len(sums) == 1000 and set(sums.values()) == {1} and
               sum(json.loads(row)['c'] for row in sums) == 120_000, f'{ends}: {len(sums)} rows')
    log = (cluster.directory / 'jobmanager.log').read_text()
    expect(f'the job {ids["with"]} of a former JobManager is taken over' in log and
           'going on from checkpoint' in log and
           'the job `without` takes no checkpoints and starts from its beginning' in log,
           'the log does not say what goes on')
    # Also who has ended is known to the next one.
    cluster.kill_job_manager(signal.SIGTERM)
    cluster.start_job_manager()
    cluster.wait_for(3)
    expect(cluster.get('/overview')['slots-available'] == 6, 'slots are still taken')
    for name, job_id in ids.items():
        expect(cluster.get(f'/jobs/{job_id}')['state'] == 'FINISHED', f'{name} is forgotten')
    databases = list((cluster.directory / 'tmp').glob('flinkc-rocksdb-*/*'))
    expect(not [path for path in databases if path.is_dir()], f'databases are left: {databases}')


def cancelled_while_away(cluster, directory):
    """Ctrl-C at a client whose JobManager is away, and the job of one that dies with its cancel."""
    client = cluster.submit(endless(directory), {}, {'parallelism.default': 2})
    wait_for_state(cluster, 'RUNNING')
    job_id = cluster.job()['jid']
    cluster.kill_job_manager()
    client.send_signal(signal.SIGINT)
    cluster.start_job_manager()
    said = client.communicate(timeout=60)[1].decode()
    expect(client.returncode == 130, f'exit code {client.returncode}: {said}')
    # An end is not undone.
    cluster.kill_job_manager()
    cluster.start_job_manager()
    cluster.wait_for(3)
    expect(cluster.get(f'/jobs/{job_id}')['state'] == 'CANCELED', 'a canceled job runs again')
    expect(not list((cluster.ha / 'jobs').iterdir()), 'a canceled job is kept')


def damaged_and_taken(flinkc, cluster, directory):
    """A damaged job is named and survived; a second JobManager on a directory is refused; one whose
    directory is taken away from it ends."""
    client = cluster.submit(endless(directory), {}, {'parallelism.default': 2}, '--detached')
    job_id = client.communicate(timeout=60)[0].decode().strip()
    wait_for_state(cluster, 'RUNNING')
    arguments = ['jobmanager', '--listen', '127.0.0.1:0', '--rest', '127.0.0.1:0', '--ha-dir',
                 str(cluster.ha)]
    second = subprocess.run([flinkc, *arguments], capture_output=True, text=True, timeout=30,
                            check=False)
    expect(second.returncode == 4 and 'another JobManager keeps its jobs in' in second.stderr,
           f'a second JobManager: {second.returncode}: {second.stderr}')
    (cluster.ha / 'lock').unlink()
    usurper = cluster.spawn('usurper', arguments)
    wait_until(lambda: cluster.job_manager.poll() is not None, 'a fenced JobManager lives on')
    expect(cluster.job_manager.returncode == 4 and 'another JobManager has taken over' in
           (cluster.directory / 'jobmanager.log').read_text(), 'a fenced JobManager says nothing')
    usurper.kill()
    usurper.wait()
    kept = cluster.ha / 'jobs' / job_id
    kept.write_bytes(kept.read_bytes()[:-20])
    cluster.start_job_manager()
    cluster.wait_for(3)
    expect(f'{kept} cannot be used and was set aside' in
           (cluster.directory / 'jobmanager.log').read_text(), 'a damaged job is not named')
    expect((cluster.ha / 'damaged' / job_id).exists() and not kept.exists(), 'it is not set aside')


def bad_input(flinkc, cluster, directory):
    def fails(arguments, code, words, seconds=30):
        done = subprocess.run([flinkc, *arguments], capture_output=True, text=True,
                              timeout=seconds, check=False)
        expect(done.returncode == code and words in done.stderr,
               f'{arguments}: {done.returncode}: {done.stderr}')

    spec = endless(directory)
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        fails(['jobmanager', '--listen', f'127.0.0.1:{port}', '--rest', '127.0.0.1:0'], 4,
              'Address in use')
        fails(['taskmanager', '--data', f'127.0.0.1:{port}'], 4, 'Address in use')
    fails(['submit', '-m', f'127.0.0.1:{port}', str(spec)], 4, 'Connection refused')
    fails(['jobmanager', '--listen', '0.0.0.0:0', '--rest', '127.0.0.1:0'], 2, 'without TLS')
    fails(['taskmanager', '--data', '0.0.0.0:0'], 2, 'without TLS')
    fails(['jobmanager', '--listen', 'nowhere'], 2, 'it must be host:port')
    fails(['cancel', '-m', cluster.rest, '0' * 32], 2, 'no job')
    # A second one of an id is refused, and says so until it is ended; the first one stays.
    twin = cluster.spawn('twin', ['taskmanager', '--connect', cluster.listen, '--id', 'tm-1'])
    deadline = time.monotonic() + 20
    while 'there is a `taskmanager/tm-1` already' not in \
            (cluster.directory / 'twin.log').read_text():
        expect(time.monotonic() < deadline, 'a second TaskManager of one id is not refused')
        time.sleep(0.05)
    twin.kill()
    twin.wait()
    # What is no TaskManager.
    host, port = cluster.listen.rsplit(':', 1)
    for garbage in (b'GET / HTTP/1.0\r\n\r\n', b'\xff' * 100, b'\0' * 8):
        with socket.create_connection((host, int(port)), timeout=10) as stranger:
            stranger.sendall(garbage)
    expect(cluster.get('/overview')['taskmanagers'] == 3, 'a stranger has disturbed the cluster')


def main():
    flinkc, specs = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with Cluster(flinkc, directory / 'cluster') as cluster:
            def test():
                same_results(flinkc, specs, cluster, directory)
                detached_and_cancelled(flinkc, cluster, directory)
                goes_with_its_client(cluster, directory)
                bad_input(flinkc, cluster, directory)
                job_manager_comes_again(flinkc, cluster, directory)
                cancelled_while_away(cluster, directory)
                damaged_and_taken(flinkc, cluster, directory)

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
