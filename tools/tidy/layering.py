"""Who may include whom: tools/tidy/layers.txt and walls.txt, against #include and CMake's DEPS."""

import dataclasses
import re

from findings import Finding, folder_of, is_inside

LAYERS = 'tools/tidy/layers.txt'
WALLS = 'tools/tidy/walls.txt'
EVERYTHING = '*'

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LIBRARY = re.compile(r'\bflinkc_library\s*\(\s*([\w-]+)([^)]*)\)')


class TableError(Exception):
    """A table that cannot be read: nothing can be checked."""


class Layers:
    """layers.txt: for each folder the folders that it may include."""

    def __init__(self, text):
        self.allowed = {}
        sets = {}
        for number, line in enumerate(text.split('\n'), 1):
            line = line.partition('#')[0].strip()
            if not line:
                continue
            if line.startswith('@'):
                name, _, words = line.partition('=')
                sets[name.strip()] = self._expand(words.split(), sets, number)
                continue
            folder, colon, words = line.partition(':')
            if not colon or folder in self.allowed:
                raise TableError(f'{LAYERS}:{number}: `folder: folders`, each folder once')
            self.allowed[folder] = self._expand(words.split(), sets, number)
        for folder, targets in self.allowed.items():
            for target in targets - {EVERYTHING}:
                if target not in self.allowed:
                    raise TableError(f'{LAYERS}: {folder} names {target}, which is not listed')

    @staticmethod
    def _expand(words, sets, number):
        result = set()
        for word in words:
            if word.startswith('@') and word not in sets:
                raise TableError(f'{LAYERS}:{number}: the set {word} is not defined above')
            result |= sets[word] if word.startswith('@') else {word}
        return result

    def folder(self, path):
        """The listed folder that `path` lies in, the innermost one, or None."""
        while path:
            path = folder_of(path)
            if path in self.allowed:
                return path
        return None

    def may_include(self, folder, target):
        if folder == target or is_inside(target, folder):
            return True
        return bool(self.allowed[folder] & {target, EVERYTHING})

    def cycle(self):
        """A list of folders that include each other in a ring, or []."""
        done, path = set(), []

        def visit(folder):
            if folder in path:
                return path[path.index(folder):] + [folder]
            if folder in done:
                return []
            path.append(folder)
            for target in sorted(self.allowed[folder] - {EVERYTHING}):
                if ring := visit(target):
                    return ring
            path.pop()
            done.add(folder)
            return []

        for folder in self.allowed:
            if ring := visit(folder):
                return ring
        return []


@dataclasses.dataclass
class Wall:
    """One third party."""
    name: str
    headers: list  # prefixes of its includes
    targets: list  # its CMake targets
    folders: list  # who may name it

    def admits(self, path):
        inner = path.removeprefix('tests/unit/').replace('stdlib/', 'stdlib-operators/')
        return any(is_inside(place, folder) for folder in self.folders for place in (path, inner))

    def refusal(self):
        return f'{self.name} stands behind a wall: only {", ".join(self.folders)} may name it'


def parse_walls(text):
    walls = []
    for number, line in enumerate(text.split('\n'), 1):
        line = line.partition('#')[0].strip()
        if not line:
            continue
        columns = [column.strip() for column in line.split('|')]
        if len(columns) != 4 or not all(columns):
            raise TableError(f'{WALLS}:{number}: `name | headers | CMake targets | folders`')
        walls.append(Wall(columns[0], *(column.split() for column in columns[1:])))
    return walls


def check_includes(tree, layers, walls):
    for path in tree.code():
        folder = layers.folder(path)
        if folder is None:
            yield Finding(path, 0, f'{folder_of(path)} is not listed in {LAYERS}')
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(2)
            for wall in walls:
                if header.startswith(tuple(wall.headers)) and not wall.admits(path):
                    yield Finding(path, number, wall.refusal())
            target = layers.folder(header)
            if target is None:
                if match.group(1) == '"':
                    yield Finding(path, number, f'"{header}": full paths from the root of the '
                                  'project, third parties in <>')
            elif not layers.may_include(folder, target):
                yield Finding(path, number, f'{folder} may not include {target} ({LAYERS})')


class Libraries:
    """The flinkc_library targets of all CMakeLists.txt."""

    def __init__(self, tree):
        self.folder_of_target = {}
        self.declared = []  # (path, line, target, DEPS, LIBRARIES)
        for path in tree.paths:
            if path.endswith('CMakeLists.txt'):
                self._read(path, tree.text(path) or '')

    def _read(self, path, text):
        text = re.sub(r'#[^\n]*', '', text)
        for match in LIBRARY.finditer(text):
            words = {'DEPS': [], 'LIBRARIES': [], 'SOURCES': []}
            current = None
            for word in match.group(2).split():
                if word in words:
                    current = words[word]
                elif current is not None:
                    current.append(word)
            line = text.count('\n', 0, match.start()) + 1
            self.folder_of_target[match.group(1)] = folder_of(path)
            self.declared.append((path, line, match.group(1), words['DEPS'], words['LIBRARIES']))

    def reach(self):
        """folder -> all folders whose headers its targets see through DEPS."""
        edges = {}
        for path, _, _, deps, _ in self.declared:
            targets = {self.folder_of_target[dep] for dep in deps if dep in self.folder_of_target}
            edges.setdefault(folder_of(path), set()).update(targets)
        reached = {}
        for start in edges:
            seen, todo = {start}, [start]
            while todo:
                for target in edges.get(todo.pop(), ()):
                    if target not in seen:
                        seen.add(target)
                        todo.append(target)
            reached[start] = seen
        return reached


def check_cmake(tree, layers, walls):
    libraries = Libraries(tree)
    for path, line, name, deps, third_parties in libraries.declared:
        folder = layers.folder(path)
        for dep in deps:
            target_folder = libraries.folder_of_target.get(dep)
            target = target_folder and layers.folder(target_folder + '/CMakeLists.txt')
            if folder and target and not layers.may_include(folder, target):
                yield Finding(path, line, f'{name} may not depend on {dep} ({LAYERS})')
        for word in deps + third_parties:
            for wall in walls:
                if word in wall.targets and not wall.admits(path):
                    yield Finding(path, line, wall.refusal())
    yield from check_includes_are_deps(tree, libraries)


def check_includes_are_deps(tree, libraries):
    """A header of another library is included only if DEPS reach it: they are the diagram."""
    reached = libraries.reach()

    def library_folder(path):
        while path:
            path = folder_of(path)
            if path in reached:
                return path
        return None

    for path in tree.code():
        folder = library_folder(path)
        if folder is None:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = INCLUDE.match(line)
            target = match and library_folder(match.group(2))
            if target and target not in reached[folder]:
                yield Finding(path, number, f'the DEPS of {folder}/CMakeLists.txt do not reach '
                              f'{target}')


def check(tree):
    layers = Layers(tree.text(LAYERS))
    walls = parse_walls(tree.text(WALLS))
    if ring := layers.cycle():
        yield Finding(LAYERS, 0, 'a cycle: ' + ' -> '.join(ring))
    yield from check_includes(tree, layers, walls)
    yield from check_cmake(tree, layers, walls)
