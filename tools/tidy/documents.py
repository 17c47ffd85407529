"""The documents: links that lead somewhere, and a page and a test for each diagnostic."""

import posixpath
import re

from findings import Finding, folder_of, is_inside

CODES = 'compiler/diagnostics/codes.def'
PAGES = 'docs/diagnostics'

LINK = re.compile(r'\]\(([^)\s#]+)(?:#[^)]*)?\)')
MENTION = re.compile(r'(?<![\w./-])[\w./-]*\w\.md\b')
CODE = re.compile(r'FLINKC_DIAGNOSTIC\(\s*"(\w+)",\s*\w+,\s*(\w+),')


def check_links(tree):
    """Each relative link of a document, and each document that code speaks of, is there."""
    for path in tree.paths:
        if not path.endswith('.md'):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for target in LINK.findall(line):
                if '://' in target or target.startswith('mailto:'):
                    continue
                there = posixpath.normpath(posixpath.join(folder_of(path), target))
                if not (tree.root / there).exists():
                    yield Finding(path, number, f'a link that leads nowhere: {target}')
    for path in tree.code():
        if is_inside(path, 'tests'):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for target in MENTION.findall(line):
                if not tree.exists(target):
                    yield Finding(path, number, f'{target} is not there')


def check_diagnostics(tree):
    """Each code has a page that begins with it, and a test that expects it.

    The test may be the page's own example: the tests of pages hold every example to its code.
    """
    if not tree.exists(CODES):
        return
    tests = '\n'.join(tree.text(path) or '' for path in tree.paths if is_inside(path, 'tests'))
    expected = set(re.findall(r'\b[EW]\d{4}\b|\bk[A-Z]\w*', tests))
    numbers, names = set(), set()
    for number, line in enumerate(tree.lines(CODES), 1):
        match = CODE.match(line)
        if not match:
            continue
        code, name = match.groups()
        if code in numbers or name in names:
            yield Finding(CODES, number, f'{code} {name} stands here twice')
        numbers.add(code)
        names.add(name)
        page = f'{PAGES}/{code}.md'
        if not tree.exists(page):
            yield Finding(CODES, number, f'{code} {name} has no page {page}')
        elif not tree.text(page).startswith(f'# {code}'):
            yield Finding(page, 1, f'begins with `# {code}: what it says`')
        has_example = '```yaml' in (tree.text(page) or '' if tree.exists(page) else '')
        if code not in expected and f'k{name}' not in expected and not has_example:
            yield Finding(CODES, number, f'no test expects {code} {name}')
    for path in tree.paths:
        page = re.fullmatch(PAGES + r'/([EW]\d+)\.md', path)
        if page and page.group(1) not in numbers:
            yield Finding(path, 0, f'a page for a code that {CODES} does not have')


def check(tree):
    yield from check_links(tree)
    yield from check_diagnostics(tree)
