#!/usr/bin/env python3
"""The installed library as another project uses it: find_package(flinkc), one header, a program
that runs a job in its own process.

    application_test.py BUILD_FOLDER SOURCE_FOLDER CXX
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

INSTALLED = {'include/flinkc/application.h', 'cmake/flinkc/flinkcConfig.cmake',
             'cmake/flinkc/flinkcConfigVersion.cmake'}


def run(*command, code=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=200, check=False)
    assert done.returncode == code, f'{command}: {done.returncode}\n{done.stdout}{done.stderr}'
    return done


def installs_what_a_user_needs(build, prefix):
    run('cmake', '--install', build, '--prefix', prefix, '--component', 'library')
    names = {str(path.relative_to(prefix)) for path in prefix.rglob('*') if path.is_file()}
    for name in sorted(names):
        known = any(name.endswith(wanted) for wanted in INSTALLED)
        assert known or re.search(r'libflinkc\.so[.\d]*$|flinkcConfig-\w+\.cmake$', name), names
    header = (prefix / 'include/flinkc/application.h').read_text()
    includes = re.findall('#include (.*)', header)
    assert includes and all(re.fullmatch(r'<\w+>', one) for one in includes), includes
    library = next(prefix.rglob('libflinkc.so.*'))
    symbols = run('nm', '-D', '--defined-only', '-C', library).stdout
    ours = [line.split(' ', 2)[2] for line in symbols.splitlines() if 'flinkc::' in line]
    assert any('application::JobClient::Submit' in one for one in ours), symbols[:2000]
    strangers = [one for one in ours if 'flinkc::application' not in one]
    assert not strangers, strangers[:10]


def words_of(text):
    return collections.Counter(word for word in re.findall('[a-z]+', text.lower()) if len(word) > 1)


def main():
    build, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        prefix = directory / 'prefix'
        installs_what_a_user_needs(build, prefix)
        run('cmake', '-S', source / 'examples/application', '-B', directory / 'build',
            f'-DCMAKE_PREFIX_PATH={prefix}', f'-DCMAKE_CXX_COMPILER={sys.argv[3]}')
        run('cmake', '--build', directory / 'build')
        program = directory / 'build/word_count'
        texts = [directory / 'one.txt', directory / 'two.txt']
        texts[0].write_text('The stream of the rows,\nand the rows of a stream.\n')
        texts[1].write_text('Rows!\n')
        done = run(program, directory / '*.txt')
        rows = [json.loads(line[line.index('{'):]) for line in done.stdout.splitlines()]
        found = {row['word']: row['n'] for row in rows}
        expected = words_of(''.join(text.read_text() for text in texts))
        assert len(rows) == len(found) and found == dict(expected), (found, expected)
        assert '3 lines' in done.stderr, done.stderr
        done = run(program, directory / 'none/*.txt', code=1)
        assert 'none' in done.stderr, done.stderr
        assert run(program, code=2).stderr.startswith('usage'), 'usage'
    print('passed')


if __name__ == '__main__':
    main()
