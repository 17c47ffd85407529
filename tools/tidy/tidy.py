#!/usr/bin/env python3
"""Checks the rules of the house that a program can check; ctest runs it as `tidy`.

tidy.py [ROOT]: prints each finding as `path:line: message`. Exit code 0: none; 1: some; 2: usage or
a table that cannot be read.
"""

import pathlib
import sys

import documents
import layering
import style
from findings import Tree

RULES = (layering.check, style.check, documents.check)


def check(root):
    """All findings in the tree at `root`, sorted by place."""
    tree = Tree(root)
    if not tree.code():
        raise layering.TableError(f'no C++ below {tree.root}')
    return sorted(finding for rule in RULES for finding in rule(tree))


def main(arguments):
    if len(arguments) > 1 or arguments[:1] in (['-h'], ['--help']):
        print(__doc__.strip())
        return 0 if arguments[0] in ('-h', '--help') else 2
    root = arguments[0] if arguments else pathlib.Path(__file__).resolve().parents[2]
    try:
        found = check(root)
    except layering.TableError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in found:
        print(finding)
    print(f'tidy: {len(found)} findings')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
