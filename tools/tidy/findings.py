"""What every rule of tidy works on: the files of the tree, and what was found in them."""

import dataclasses
import pathlib

# Where our own code and words lie; everything else in the root (build/, .git/) is not looked at.
TOP_FOLDERS = ('cmake', 'compiler', 'docs', 'runtime', 'specs', 'stdlib-operators', 'tests',
               'tools')

CODE_SUFFIXES = ('.h', '.cpp')


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str  # from the root of the tree
    line: int  # from 1; 0: the whole file
    message: str  # what is wrong and how to mend it

    def __str__(self):
        place = f'{self.path}:{self.line}' if self.line else self.path
        return f'{place}: {self.message}'


class Tree:
    """The files below `root`, read once. Paths are strings from the root, with slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(self._walk())
        self._texts = {}

    def _walk(self):
        for path in self.root.iterdir():
            if path.is_file():
                yield path.name
        for top in TOP_FOLDERS:
            for path in (self.root / top).rglob('*'):
                if path.is_file() and '__pycache__' not in path.parts:
                    yield path.relative_to(self.root).as_posix()

    def code(self):
        """Paths of the C++ headers and sources."""
        return [path for path in self.paths if path.endswith(CODE_SUFFIXES)]

    def text(self, path):
        """The file's text, or None if it is not UTF-8 text."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_bytes().decode('utf-8')
            except UnicodeDecodeError:
                self._texts[path] = None
        return self._texts[path]

    def lines(self, path):
        text = self.text(path)
        return [] if text is None else text.split('\n')

    def exists(self, path):
        return (self.root / path).is_file()


def folder_of(path):
    return path.rpartition('/')[0]


def is_inside(path, folder):
    """True if `path` is `folder` or lies below it."""
    return path == folder or path.startswith(folder + '/')
