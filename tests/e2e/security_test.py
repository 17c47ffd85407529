#!/usr/bin/env python3
"""Who may talk to a cluster, and what he may do: loopback unless told otherwise, TLS both ways
between its processes, TLS and a token for REST.

    security_test.py FLINKC SPECS
"""
import collections
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from certificates import make_authority, make_certificate
from cluster_case import Cluster, expect, outcome

TOKEN = '0123456789abcdefFEDCBA98'
ROLES = {'viewer': 'viewers-0123456789', 'operator': 'operators-0123456789'}


class SafeCluster(Cluster):
    """One with TLS between its processes, and HTTPS and a token for REST."""

    def __init__(self, flinkc, directory, keys):
        self.token_file = keys / 'token'
        self.token_file.write_text(TOKEN + '\n')
        self.token_file.chmod(0o600)
        roles = []
        for role in ROLES:
            (keys / role).write_text(ROLES[role] + '\n')
            (keys / role).chmod(0o600)
            roles += [f'--rest-{role}-token-file', str(keys / role)]
        self.authority = make_authority(keys)
        certificate, key = make_certificate(keys, 'node', 'DNS:flinkc-cluster')
        self.tls = ['--tls-cert', str(certificate), '--tls-key', str(key), '--tls-ca',
                    str(self.authority)]
        certificate, key = make_certificate(keys, 'rest', 'DNS:localhost,IP:127.0.0.1')
        super().__init__(flinkc, directory, task_managers=2, options=[
            *self.tls, '--rest-token-file', str(self.token_file), *roles, '--rest-tls-cert',
            str(certificate), '--rest-tls-key', str(key)])
        self.environment = {**os.environ, 'FLINKC_TOKEN_FILE': str(self.token_file),
                            'FLINKC_CA_FILE': str(self.authority)}

    def start_task_manager(self, name, tls=None):
        self.task_managers[name] = self.spawn(
            name, ['taskmanager', '--connect', self.listen, '--id', name, '--slots', '2',
                   *(self.tls if tls is None else tls)])

    def call(self, path, method='GET', token=TOKEN, headers=None):
        """Status and body."""
        context = ssl.create_default_context(cafile=str(self.authority))
        request = urllib.request.Request(f'https://{self.rest}{path}', method=method,
                                         data=None if method == 'GET' else b'')
        if token is not None:
            request.add_header('Authorization', f'Bearer {token}')
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def get(self, path):
        status, text = self.call(path)
        expect(status == 200, f'{path}: {status} {text}')
        return json.loads(text)

    def run(self, *arguments, **environment):
        here = {**self.environment, **environment}
        here = {name: value for name, value in here.items() if value is not None}
        return subprocess.run([self.flinkc, *arguments], capture_output=True, text=True,
                              timeout=120, check=False, env=here)


def loopback_by_default(flinkc, keys):
    def fails(code, words, *arguments):
        done = subprocess.run([flinkc, *arguments], capture_output=True, text=True, timeout=30,
                              check=False)
        expect(done.returncode == code and words in done.stderr,
               f'{arguments}: {done.returncode}: {done.stderr}')

    certificate, key = make_certificate(keys, 'all', 'IP:127.0.0.1')
    token = keys / 'token'
    rest_tls = ['--rest-tls-cert', str(certificate), '--rest-tls-key', str(key)]
    here = ['jobmanager', '--listen', '127.0.0.1:0']
    fails(2, 'without TLS', 'jobmanager', '--listen', '0.0.0.0:0')
    fails(2, 'without TLS', 'taskmanager', '--data', '[::]:0')
    fails(2, 'without TLS and a token', *here, '--rest', '0.0.0.0:0')
    fails(2, 'without TLS and a token', *here, '--rest', '0.0.0.0:0', '--rest-token-file',
          str(token))
    fails(2, 'without TLS and a token', *here, '--rest', '0.0.0.0:0', *rest_tls)
    fails(2, 'give all three', *here, '--tls-cert', str(certificate))
    fails(2, 'give both', *here, '--rest-tls-cert', str(certificate))
    other = make_certificate(keys, 'other', 'IP:127.0.0.1')[1]
    fails(2, 'belong together', *here, '--rest', '127.0.0.1:0', '--rest-tls-cert',
          str(certificate), '--rest-tls-key', str(other))
    fails(2, 'holds nothing in PEM', *here, '--tls-cert', str(certificate), '--tls-key', str(token),
          '--tls-ca', str(keys / 'ca.pem'))
    fails(2, 'holds nothing in PEM', *here, '--rest-tls-cert', str(token), '--rest-tls-key',
          str(key))
    open_token = keys / 'open'
    open_token.write_text(TOKEN)
    open_token.chmod(0o644)
    fails(2, 'chmod 600', *here, '--rest-token-file', str(open_token))
    fails(2, 'chmod 600', 'list', '--rest-token-file', str(open_token))
    short = keys / 'short'
    short.write_text('short')
    short.chmod(0o600)
    fails(2, 'can be guessed', *here, '--rest-token-file', str(short))
    fails(2, 'No such file', *here, '--rest-token-file', str(keys / 'none'))
    fails(2, 'nobody could submit', *here, '--rest-viewer-token-file', str(token))
    fails(2, 'of another role', *here, '--rest-token-file', str(token), '--rest-viewer-token-file',
          str(token))
    # Beyond this machine with both: it listens.
    with Cluster(flinkc, keys / 'beyond', task_managers=0) as cluster:
        expect(cluster.get('/overview')['taskmanagers'] == 0, 'a cluster without TLS')
    process = subprocess.Popen([flinkc, *here, '--rest', '0.0.0.0:0', '--rest-token-file',
                                str(token), *rest_tls], stderr=subprocess.PIPE, text=True)
    try:
        expect('listens for' in process.stderr.readline(), 'it does not listen')
        expect('REST at https://0.0.0.0:' in process.stderr.readline(), 'REST does not listen')
    finally:
        process.kill()
        process.communicate()


def every_route_wants_the_token(cluster, document):
    paths = re.findall(r'^  (/\S*):$', document.read_text(), re.M)
    expect(len(paths) > 40, f'{len(paths)} paths')
    for path in paths:
        for name in re.findall(r'{\w+}', path):
            path = path.replace(name, '0' * 32)
        for method in ('GET', 'POST', 'PATCH', 'DELETE'):
            for token in (None, '', 'x' * len(TOKEN), TOKEN[:-1], TOKEN + 'x'):
                status, text = cluster.call(path, method, token)
                expect(status == 401 and TOKEN not in text, f'{method} {path}: {status} {text}')
    status, _ = cluster.call('/overview', headers={'Origin': 'https://evil.example'})
    expect(status == 403, f'of another page: {status}')
    expect(cluster.call('/overview')[0] == 200, 'with the token')


def as_a_user(cluster, specs, directory):
    output = directory / 'flights'
    done = cluster.run('submit', '-m', f'https://{cluster.rest}', '-q',
                       str(specs / 'flights' / 'flights.yaml'), '-D', 'parallelism.default=4', '-p',
                       f'input={specs / "flights" / "flights.csv"}', '-p', f'output={output}')
    expect(done.returncode == 0, f'submit: {done.stderr}')
    here = directory / 'here'
    done = subprocess.run([cluster.flinkc, 'run', '-q', str(specs / 'flights' / 'flights.yaml'),
                           '-p', f'input={specs / "flights" / "flights.csv"}', '-p',
                           f'output={here}'], check=False, capture_output=True, timeout=120)
    expect(done.returncode == 0, done.stderr)

    def rows(root):
        found = collections.Counter()
        for part in root.glob('*/part-*'):
            lines = part.read_text().splitlines()
            found.update(lines[1:] if part.suffix == '.csv' else lines)
        return found
    expect(rows(here) and rows(here) == rows(output), 'the rows over TLS are others')
    where = ['-m', f'https://{cluster.rest}']
    done = cluster.run('list', '-a', *where)
    expect(done.returncode == 0 and '(FINISHED)' in done.stdout, f'list: {done}')
    done = cluster.run('list', *where, FLINKC_TOKEN_FILE=None)
    expect(done.returncode == 4 and 'FLINKC_TOKEN_FILE' in done.stderr, f'no token: {done}')
    done = cluster.run('list', *where, FLINKC_CA_FILE=None)
    expect(done.returncode == 4 and 'FLINKC_CA_FILE' in done.stderr, f'no authority: {done}')
    done = cluster.run('list', '-m', cluster.rest)
    expect(done.returncode == 4, f'plain text to TLS: {done}')
    done = cluster.run('logs', *where)
    expect(done.returncode == 0 and TOKEN not in done.stdout, f'logs: {done}')
    # The name that was dialled must be in the certificate.
    port = cluster.rest.rsplit(':', 1)[1]
    done = cluster.run('list', '-m', f'https://127.0.0.2:{port}')
    expect(done.returncode == 4, f'another name: {done}')
    done = cluster.run('list', '-m', f'https://localhost:{port}')
    expect(done.returncode == 0, f'a name that it has: {done}')
    said = ''.join(path.read_text(errors='replace') for path in cluster.directory.rglob('*')
                   if path.is_file())
    command_line = pathlib.Path(f'/proc/{cluster.job_manager.pid}/cmdline').read_text()
    expect(TOKEN not in said and TOKEN not in command_line, 'the token can be read')


def tokens_have_roles(cluster):
    """Whoever may look, whoever may steer, and whoever may do all: each is told what it may not."""
    job = f'/jobs/{"0" * 32}'
    for path, method, needed in [
            ('/overview', 'GET', 'viewer'), ('/metrics', 'GET', 'viewer'),
            (f'{job}/checkpoints', 'GET', 'viewer'), ('/jobmanager/log', 'GET', 'operator'),
            (job, 'PATCH', 'operator'), (f'{job}/stop', 'POST', 'operator'),
            ('/jobs', 'POST', 'admin'), ('/cluster', 'DELETE', 'admin'),
            (f'{job}/taps', 'POST', 'admin'), ('/taskmanagers/tm-1/stdout', 'GET', 'admin'),
            ('/savepoint-disposal', 'POST', 'admin')]:
        order = ['viewer', 'operator', 'admin']
        for role in ROLES:
            status, text = cluster.call(path, method, ROLES[role])
            expect((status == 403) == (order.index(role) < order.index(needed)),
                   f'{role}: {method} {path}: {status} {text}')
            expect(status != 403 or f'for the role `{needed}`' in text, text)


def audited(cluster):
    """What changed something, or was to, and nothing else."""
    cluster.call(f'/jobs/{"0" * 32}', 'PATCH')
    lines = [line.split('audit: ', 1)[1] for line in
             (cluster.directory / 'jobmanager.log').read_text().splitlines() if 'audit: ' in line]
    expect(all(line.startswith('from=127.0.0.1:') for line in lines), lines[:3])
    job = cluster.get('/jobs/overview')['jobs'][0]['jid']
    for wanted in ('role=admin request="POST /jobs" body="" status=202 result="' + job,
                   f'role=admin request="PATCH /jobs/{"0" * 32}" body="" status=404 result="Job ',
                   'role=refused request="DELETE /cluster" body="" status=401 result="this '):
        expect(any(wanted in line for line in lines), f'{wanted} is not in {lines[-5:]}')
    expect(not any('"GET ' in line for line in lines), 'who asks is named')


def only_members(cluster, keys):
    """Who has no certificate of the authority does not get in; the cluster goes on."""
    make_authority(keys, 'foreign')
    foreign = make_certificate(keys, 'stranger', 'DNS:flinkc-cluster', 'foreign')
    nameless = make_certificate(keys, 'nameless', 'DNS:other')
    ours = str(cluster.authority)
    for name, tls in [
            ('plain', []),
            ('foreign', ['--tls-cert', str(foreign[0]), '--tls-key', str(foreign[1]), '--tls-ca',
                         ours]),
            ('distrusting', [*cluster.tls[:4], '--tls-ca', str(keys / 'foreign.pem')])]:
        cluster.start_task_manager(name, tls)
    # Plain text, and TLS without a certificate, by hand.
    host, port = cluster.listen.rsplit(':', 1)
    for garbage in (b'\x10\0\0\0' + b'x' * 100, b'\x16\x03\x01' + b'\xff' * 500):
        with socket.create_connection((host, int(port)), timeout=10) as stranger:
            stranger.sendall(garbage)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ours)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with socket.create_connection((host, int(port)), timeout=10) as stranger, \
                context.wrap_socket(stranger, server_hostname='flinkc-cluster') as talk:
            talk.sendall(b'\0' * 8)
            # Refused now at the latest.
            expect(talk.recv(1) == b'', 'one without a certificate is talked to')
    except (ssl.SSLError, ConnectionError):
        pass
    # A server that is a member, but not in the cluster's name: a TaskManager refuses it.
    server = cluster.spawn('nameless', ['jobmanager', '--listen', '127.0.0.1:0', '--rest',
                                        '127.0.0.1:0', '--tls-cert', str(nameless[0]), '--tls-key',
                                        str(nameless[1]), '--tls-ca', ours])
    try:
        log = cluster.directory / 'nameless.log'
        deadline = time.monotonic() + 20
        while 'REST at' not in log.read_text():
            expect(time.monotonic() < deadline, log.read_text())
            time.sleep(0.02)
        there = re.search(r'listens for TaskManagers on (\S+)\n', log.read_text())[1]
        lost = cluster.spawn('lost', ['taskmanager', '--connect', there, '--id', 'lost',
                                      *cluster.tls])
        cluster.task_managers['lost'] = lost
        for name in ('plain', 'foreign', 'distrusting', 'lost'):
            deadline = time.monotonic() + 20
            said = cluster.directory / f'{name}.log'
            while 'trying again' not in said.read_text():
                expect(time.monotonic() < deadline, f'{name}: {said.read_text()}')
                time.sleep(0.05)
    finally:
        server.kill()
        server.wait()
    expect('lost' not in (cluster.directory / 'nameless.log').read_text(), 'it has registered')
    ids = {one['id'] for one in cluster.get('/taskmanagers')['taskmanagers']}
    expect(ids == {'tm-1', 'tm-2'}, f'strangers got in: {ids}')


def members_die(cluster):
    """Connections with TLS end as others do."""
    for _ in range(5):
        cluster.kill_task_manager('tm-1')
        cluster.wait_for(1)
        cluster.start_task_manager('tm-1')
        cluster.wait_for(2)


def main():
    flinkc, specs = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        keys = directory / 'keys'
        keys.mkdir(mode=0o700)
        with SafeCluster(flinkc, directory / 'cluster', keys) as cluster:
            def test():
                loopback_by_default(flinkc, keys)
                every_route_wants_the_token(cluster, specs.parent / 'docs' / 'openapi.yaml')
                tokens_have_roles(cluster)
                as_a_user(cluster, specs, directory)
                audited(cluster)
                only_members(cluster, keys)
                members_die(cluster)

            return outcome(cluster, test)


if __name__ == '__main__':
    sys.exit(main())
