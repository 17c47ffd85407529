"""Certificates for tests, as docs/cluster.md says that they are made."""
import subprocess


def openssl(directory, *arguments):
    subprocess.run(['openssl', *arguments], cwd=directory, check=True, capture_output=True,
                   timeout=60)


def make_authority(directory, name='ca'):
    openssl(directory, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
            '-nodes', '-keyout', f'{name}.key', '-out', f'{name}.pem', '-days', '2', '-subj',
            f'/CN={name}')
    (directory / f'{name}.key').chmod(0o600)
    return directory / f'{name}.pem'


def make_certificate(directory, name, alternative, authority='ca'):
    """A certificate and its key: paths."""
    openssl(directory, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', f'/CN={name}')
    (directory / f'{name}.ext').write_text(f'subjectAltName={alternative}\n')
    openssl(directory, 'x509', '-req', '-in', f'{name}.csr', '-CA', f'{authority}.pem', '-CAkey',
            f'{authority}.key', '-CAcreateserial', '-days', '2', '-out', f'{name}.pem', '-extfile',
            f'{name}.ext')
    (directory / f'{name}.key').chmod(0o600)
    return directory / f'{name}.pem', directory / f'{name}.key'
