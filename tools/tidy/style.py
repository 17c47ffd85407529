"""The rules of the house that can be read off one file: its name, its length, its words."""

import re

from findings import CODE_SUFFIXES, Finding, folder_of, is_inside

COLUMNS_MAX = 100
LINES_MAX = 900

# Texts whose lines are wrapped by hand. Documents and specs may run on, and so may a table that
# has one record a line.
TABLE = '.def'
WRAPPED = ('.h', '.cpp', '.def', '.inc', '.cmake', '.py', '.proto', '/CMakeLists.txt')
VAGUE_NAME = re.compile(r'(^|_)(utils?|helpers?|common|misc)$')
SNAKE_CASE = re.compile(r'^[a-z0-9_]+(\.[a-z0-9_]+)*$')


class Word:
    """A construct that is at home only in some places."""

    def __init__(self, pattern, homes, message):
        self.pattern = re.compile(pattern)
        self.homes = homes
        self.message = message


WORDS = [
    Word(r'\bthrow\b', ['compiler/spec'],
         'no exceptions of our own: return a Result'),
    Word(r'\bstd::(cout|cerr|clog)\b|#\s*include\s*<iostream>|\b(std::)?(printf|puts|putchar)\s*\(',
         ['tools', 'runtime/env'],
         'printing is for tools/ and runtime/env'),
    Word(r'(?<![\w.>:])(std::)?(exit|quick_exit|_exit)\s*\(', ['tools', 'tests'],
         'exit is for tools/: return an error'),
    Word(r'\b(std::)?this_thread::sleep_(for|until)\b|(?<![\w.>])u?sleep\s*\(',
         ['runtime/env', 'tools'],
         'a sleep hopes: wait for what must happen, on the injected clock'),
    Word(r'#\s*include\s*<(format|print|regex)>|\bstd::(format|print|println|regex)\b', [],
         'fmt and re2 instead of what libstdc++ 12 lacks or does slowly'),
    Word(r'\b(system_clock|steady_clock|high_resolution_clock)::now\b',
         ['runtime/base', 'tools', 'tests'],
         'time comes in through runtime/base/clock.h'),
]

TASK = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))')


# Comments and literals of C++.
TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?P<raw>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def strip_comments_and_strings(text):
    """`text` with comments and literals blanked, line by line the same."""
    return TOKEN.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)


def raw_string_lines(text):
    """The numbers of the lines that raw strings touch: what stands there is data."""
    numbers = set()
    for match in TOKEN.finditer(text):
        if match['raw'] and '\n' in match['raw']:
            first = text.count('\n', 0, match.start()) + 1
            numbers.update(range(first, first + match['raw'].count('\n') + 1))
    return numbers


def check_name(path):
    stem = path.rpartition('/')[2].partition('.')[0]
    if VAGUE_NAME.search(stem) or VAGUE_NAME.search(folder_of(path).rpartition('/')[2]):
        yield Finding(path, 0, 'a name that says nothing: call it after what it holds')
    if not SNAKE_CASE.match(path.rpartition('/')[2]):
        yield Finding(path, 0, 'file names are snake_case')


def check_lines(tree, path):
    lines = tree.lines(path)
    if len(lines) - 1 > LINES_MAX:
        yield Finding(path, 0, f'{len(lines) - 1} lines: a file over {LINES_MAX} has two rooms')
    data = raw_string_lines(tree.text(path)) if path.endswith(CODE_SUFFIXES) else set()
    for number, line in enumerate(lines, 1):
        unbreakable = number in data or ' ' not in line.strip() or path.endswith(TABLE)
        if len(line) > COLUMNS_MAX and not unbreakable:
            yield Finding(path, number, f'{len(line)} columns of at most {COLUMNS_MAX}')
        if '\t' in line or '\r' in line or line != line.rstrip():
            yield Finding(path, number, 'a tab, a carriage return or a space at the end')
        if TASK.search(line) and not is_inside(path, 'tools/tidy'):
            yield Finding(path, number, 'an open task names its issue, as in TODO(#12)')
    if lines and lines[-1] != '':
        yield Finding(path, len(lines), 'no newline at the end of the file')


def check_header(tree, path):
    code = [line for line in tree.lines(path) if line and not line.startswith('//')]
    if not code or code[0] != '#pragma once':
        yield Finding(path, 1, '#pragma once is the first line after the leading comment')
    if not tree.text(path).startswith('//'):
        yield Finding(path, 1, 'a header starts with what its concept is: a comment')
    for number, line in enumerate(tree.lines(path), 1):
        if re.match(r'\s*using namespace\b', line):
            yield Finding(path, number, 'no using namespace in a header')


def check_own_header_first(tree, path):
    own = path.removesuffix('.cpp') + '.h'
    if not tree.exists(own):
        return
    for number, line in enumerate(tree.lines(path), 1):
        if line.lstrip().startswith('#include'):
            if f'"{own}"' not in line:
                yield Finding(path, number, f'the own header first: #include "{own}"')
            return


def check_words(tree, path):
    text = strip_comments_and_strings(tree.text(path))
    for number, line in enumerate(text.split('\n'), 1):
        for word in WORDS:
            if word.pattern.search(line) and not any(is_inside(path, home) for home in word.homes):
                yield Finding(path, number, word.message)


def check(tree):
    for path in tree.paths:
        if tree.text(path) is None:
            if path.endswith(WRAPPED):
                yield Finding(path, 0, 'not UTF-8')
            continue
        if path.endswith(WRAPPED):
            yield from check_lines(tree, path)
        if path.endswith(('.h', '.cpp')):
            yield from check_name(path)
            yield from check_words(tree, path)
        if path.endswith('.h'):
            yield from check_header(tree, path)
        if path.endswith('.cpp'):
            yield from check_own_header_first(tree, path)
