#!/usr/bin/env python3
"""The rows of match_patterns.job: what Python's regular expressions find in the letters of keys.

    make_match_rows.py >> match_patterns.job
"""
import json
import re

LETTERS = {
    'p': 'abcdabbcacbdaabbbcd',
    'q': 'aaabababcccabcd',
    'r': 'xaby',
}

# Of each stream: the pattern, and where the next match is looked for: its end, or its second row.
STREAMS = {
    'either': (r'a(?:b|c)+d', False),
    'twice': (r'(?:ab){2}', False),
    'few': (r'ab*?[bc]', False),
    'counted': (r'a{2,3}b?', False),
    'first_wins': (r'(?:a|ab)(?:c|bc|b)', False),
    'overlapping': (r'a+b+', True),
    'braces': (r'b{1,2}?c{,2}d?', False),
}


def matches(letters, pattern, to_next):
    compiled = re.compile(pattern)
    at = 0
    while at < len(letters):
        found = compiled.match(letters, at)
        if found:
            yield found.start(), found.end()
        at = at + 1 if to_next or not found else found.end()


def main():
    print('--- file rows.csv')
    print('k,n,t,x')
    # By time, all keys mixed.
    for number in range(max(map(len, LETTERS.values()))):
        for key, letters in LETTERS.items():
            if number < len(letters):
                print(f'{key},{number},2026-01-01 00:00:{number:02}.000,{letters[number]}')
    for stream, (pattern, to_next) in STREAMS.items():
        print(f'--- table {stream}')
        found = []
        for key, letters in LETTERS.items():
            for begin, end in matches(letters, pattern, to_next):
                found.append({'k': key, 'first': begin, 'last': end - 1, 'n': end - begin,
                              'text': letters[begin:end]})
        for line in sorted(json.dumps(row, separators=(',', ':')) for row in found):
            print(line)


if __name__ == '__main__':
    main()
