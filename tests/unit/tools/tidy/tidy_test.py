#!/usr/bin/env python3
"""tidy finds what breaks the rules: each case plants one violation in a small, clean tree."""

import pathlib
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[4] / 'tools' / 'tidy'
sys.path.insert(0, str(TIDY))

import layering  # noqa: E402
import tidy  # noqa: E402

HEADER = '// What it is.\n#pragma once\n\n'

TASK = 'TO' + 'DO'  # this file is looked at too

CLEAN = {
    'tools/tidy/layers.txt': ('runtime/base:\n'
                              'runtime/data: runtime/base\n'
                              '@forms = runtime/base runtime/data\n'
                              'compiler/spec: @forms\n'
                              'compiler/check: @forms\n'
                              'tests: *\n'),
    'tools/tidy/walls.txt': 'yaml-cpp | yaml-cpp/ | yaml-cpp | compiler/spec\n',
    'runtime/base/CMakeLists.txt': 'flinkc_library(flinkc_base)\n',
    'runtime/base/error.h': HEADER + 'int Number();\n',
    'runtime/base/error.cpp': '#include "runtime/base/error.h"\n\nint Number() { return 1; }\n',
    'runtime/data/CMakeLists.txt': 'flinkc_library(flinkc_data DEPS flinkc_base)\n',
    'runtime/data/batch.h': HEADER + '#include "runtime/base/error.h"\n',
    'compiler/spec/CMakeLists.txt': 'flinkc_library(flinkc_spec DEPS flinkc_data\n'
                                    '               LIBRARIES yaml-cpp)\n',
    'compiler/spec/reader.cpp': '#include <yaml-cpp/yaml.h>\n#include "runtime/base/error.h"\n',
    'compiler/check/CMakeLists.txt': 'flinkc_library(flinkc_check DEPS flinkc_base)\n',
    'compiler/check/check.cpp': '#include "runtime/base/error.h"\n',
    'tests/unit/compiler/spec/reader_test.cpp': '#include <yaml-cpp/yaml.h>\n',
}


class TidyTest(unittest.TestCase):

    def check(self, **changes):
        """The findings, as text, in the clean tree with `changes` (path=text; None: no file)."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **changes.get('files', {})}.items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
            return [str(finding) for finding in tidy.check(root)]

    def assert_finds(self, files, *expected):
        found = self.check(files=files)
        self.assertEqual(len(found), len(expected), found)
        for finding, text in zip(found, expected):
            self.assertIn(text, finding)

    def test_the_clean_tree_has_no_findings(self):
        self.assertEqual(self.check(), [])

    # --- layers ---

    def test_an_include_against_the_table(self):
        self.assert_finds({'runtime/base/clock.cpp': '\n#include "runtime/data/batch.h"\n'},
                          'runtime/base/clock.cpp:2: runtime/base may not include runtime/data',
                          'runtime/base/clock.cpp:2: the DEPS of runtime/base/CMakeLists.txt')

    def test_a_phase_that_includes_a_phase(self):
        self.assert_finds(
            {'compiler/check/CMakeLists.txt': 'flinkc_library(flinkc_check\n  DEPS flinkc_spec)\n',
             'compiler/check/check.cpp': '#include "compiler/spec/job.h"\n'},
            'compiler/check/CMakeLists.txt:1: flinkc_check may not depend on flinkc_spec',
            'compiler/check/check.cpp:1: compiler/check may not include compiler/spec')

    def test_a_folder_that_is_not_listed(self):
        self.assert_finds({'compiler/magic/wand.cpp': '\n'},
                          'compiler/magic/wand.cpp: compiler/magic is not listed')

    def test_a_folder_below_a_listed_one_belongs_to_it(self):
        self.assert_finds({'runtime/base/deep/x.cpp': '#include "runtime/data/batch.h"\n'},
                          'runtime/base may not include runtime/data', 'DEPS')

    def test_an_include_that_is_no_path_from_the_root(self):
        self.assert_finds({'runtime/base/clock.cpp': '#include "error.h"\n'},
                          'runtime/base/clock.cpp:1: "error.h": full paths')

    def test_an_include_that_deps_do_not_reach(self):
        self.assert_finds({'compiler/check/check.cpp': '#include "runtime/data/batch.h"\n'},
                          'the DEPS of compiler/check/CMakeLists.txt do not reach runtime/data')

    def test_a_cycle_in_the_table(self):
        table = CLEAN['tools/tidy/layers.txt'].replace('runtime/base:', 'runtime/base: tests')
        table = table.replace('tests: *', 'tests: runtime/base')
        self.assert_finds({'tools/tidy/layers.txt': table},
                          'a cycle: runtime/base -> tests -> runtime/base')

    def test_a_table_that_cannot_be_read(self):
        for table in ('runtime/base\n', 'runtime/base:\nruntime/base:\n', 'runtime/base: nowhere\n',
                      'runtime/base: @unknown\n'):
            with self.assertRaises(layering.TableError):
                self.check(files={'tools/tidy/layers.txt': table})
        with self.assertRaises(layering.TableError):
            self.check(files={'tools/tidy/walls.txt': 'yaml-cpp | yaml-cpp/\n'})

    # --- walls ---

    def test_a_third_party_beyond_its_wall(self):
        self.assert_finds({'compiler/check/check.cpp': '#include <yaml-cpp/yaml.h>\n'},
                          'compiler/check/check.cpp:1: yaml-cpp stands behind a wall')
        self.assert_finds({'tests/unit/compiler/check/x_test.cpp': '#include <yaml-cpp/yaml.h>\n'},
                          'yaml-cpp stands behind a wall: only compiler/spec')

    def test_a_third_party_linked_beyond_its_wall(self):
        self.assert_finds(
            {'compiler/check/CMakeLists.txt': '# yaml\nflinkc_library(c LIBRARIES yaml-cpp)\n'},
            'compiler/check/CMakeLists.txt:2: yaml-cpp stands behind a wall',
            'the DEPS of compiler/check/CMakeLists.txt do not reach runtime/base')

    # --- documents ---

    def test_a_link_that_leads_nowhere(self):
        self.assert_finds({'docs/adr/a.md': 'See [b](b.md#part), [c](../c.md), [d](https://d.org).',
                           'docs/c.md': '[its own part](#part)'},
                          'docs/adr/a.md:1: a link that leads nowhere: b.md')

    def test_a_document_that_code_speaks_of_and_that_is_not_there(self):
        self.assert_finds({'runtime/base/a.cpp': '// See docs/hash.md, docs/c.md.\n',
                           'docs/c.md': ''},
                          'runtime/base/a.cpp:1: docs/hash.md is not there')
        self.assert_finds({'runtime/base/a.cpp': '// As LANGUAGE.md says, see README.md.\n',
                           'README.md': ''},
                          'runtime/base/a.cpp:1: LANGUAGE.md is not there')

    def test_a_diagnostic_without_page_or_test(self):
        codes = 'FLINKC_DIAGNOSTIC("E0101", kError, BadYaml, "not YAML")\n'
        page, test = 'docs/diagnostics/E0101.md', 'tests/golden/fail_yaml.job'
        files = {'compiler/diagnostics/codes.def': codes, page: '# E0101: not YAML\n',
                 test: 'error[E0101]: not YAML\n'}
        self.assert_finds(files)
        self.assert_finds({**files, test: 'EXPECT_EQ(code, DiagnosticCode::kBadYaml)\n'})
        self.assert_finds({**files, test: 'error[E0102]\n'}, 'no test expects E0101 BadYaml')
        self.assert_finds({**files, test: '', page: '# E0101: x\n```yaml\na: [\n```\n'})
        self.assert_finds({**files, page: 'Not YAML\n'}, f'{page}:1: begins with `# E0101')
        self.assert_finds({**files, 'docs/diagnostics/E0102.md': '# E0102: x\n'},
                          'docs/diagnostics/E0102.md: a page for a code')
        self.assert_finds({**files, 'compiler/diagnostics/codes.def': codes + codes},
                          'codes.def:2: E0101 BadYaml stands here twice')
        del files[page]
        self.assert_finds(files, 'codes.def:1: E0101 BadYaml has no page')

    # --- files and words ---

    def test_a_header_without_pragma_once(self):
        self.assert_finds({'runtime/base/a.h': '// A.\nint A();\n'}, 'a.h:1: #pragma once')

    def test_a_header_without_a_contract(self):
        self.assert_finds({'runtime/base/a.h': '#pragma once\nint A();\n'}, 'a comment')

    def test_using_namespace_in_a_header(self):
        self.assert_finds({'runtime/base/a.h': HEADER + 'using namespace std;\n'},
                          'runtime/base/a.h:4: no using namespace')

    def test_the_own_header_is_not_first(self):
        self.assert_finds(
            {'runtime/base/error.cpp': '#include <string>\n#include "runtime/base/error.h"\n'},
            'runtime/base/error.cpp:1: the own header first')

    def test_a_long_line(self):
        line = '// ' + 'word ' * 19
        self.assert_finds({'runtime/base/a.cpp': line + 'ab\n' + line + 'abc\n'},
                          'a.cpp:2: 101 columns of at most 100')
        self.assert_finds({'cmake/a.cmake': '# ' + 'word ' * 30 + 'x\n'}, 'a.cmake:1: 153 columns')

    def test_columns_are_characters_and_a_url_may_be_long(self):
        self.assert_finds({'runtime/base/a.cpp': '// ' + 'ä' * 97 + '\n// x\n'})
        self.assert_finds({'runtime/base/a.cpp': 'https://' + 'x' * 120 + '\n'})
        self.assert_finds({'runtime/base/a.def': '// ' + 'word ' * 30 + 'x\n'})

    def test_lines_of_a_raw_string_may_be_long(self):
        text = 'Say(R"(\n' + 'word ' * 30 + 'x\n)");\n'
        self.assert_finds({'runtime/base/a.cpp': text})
        self.assert_finds({'runtime/base/a.cpp': text + '// ' + 'word ' * 30 + 'x\n'},
                          'a.cpp:4: 154 columns')
        self.assert_finds({'runtime/base/a.cpp': '// R"(\n// ' + 'word ' * 30 + 'x\n// )"\n'},
                          'a.cpp:2: 154 columns')

    def test_spaces(self):
        self.assert_finds({'runtime/base/a.cpp': 'int a; \n'}, 'a.cpp:1: a tab')
        self.assert_finds({'runtime/base/a.cpp': 'int\ta;\n'}, 'a.cpp:1: a tab')
        self.assert_finds({'runtime/base/a.cpp': 'int a;\r\n'}, 'a.cpp:1: a tab')
        self.assert_finds({'runtime/base/a.cpp': 'int a;'}, 'a.cpp:1: no newline')

    def test_a_long_file(self):
        self.assert_finds({'runtime/base/a.cpp': '\n' * 900})
        self.assert_finds({'runtime/base/a.cpp': '\n' * 901}, 'a.cpp: 901 lines')

    def test_names(self):
        for name in ('string_utils.cpp', 'misc.h', 'test_helpers.h', 'common/a.cpp'):
            path = 'runtime/base/' + name
            self.assert_finds({path: HEADER if name.endswith('.h') else '\n'},
                              f'{path}: a name that says nothing')
        self.assert_finds({'runtime/base/MyFile.cpp': '\n'}, 'MyFile.cpp: file names are snake')

    def test_an_open_task_without_an_issue(self):
        self.assert_finds({'runtime/base/a.cpp': f'// {TASK}(#12): later.\n// {TASK}: never.\n'},
                          'a.cpp:2: an open task names its issue')

    def test_words_away_from_home(self):
        for line, message in (
                ('throw 1;', 'no exceptions'),
                ('std::cout << 1;', 'printing'),
                ('#include <iostream>', 'printing'),
                ('std::printf("x");', 'printing'),
                ('exit(1);', 'exit is for tools'),
                ('std::exit(1);', 'exit is for tools'),
                ('std::this_thread::sleep_for(d);', 'a sleep hopes'),
                ('usleep(3);', 'a sleep hopes'),
                ('#include <regex>', 'fmt and re2'),
                ('auto s = std::format("{}", 1);', 'fmt and re2'),
                ('auto t = std::chrono::steady_clock::now();', 'time comes in'),
        ):
            with self.subTest(line):
                self.assert_finds({'runtime/data/a.cpp': line + '\n'}, message)

    def test_words_at_home_or_only_spoken_of(self):
        for path, line in (
                ('compiler/spec/a.cpp', 'throw Stop();'),
                ('runtime/data/a.cpp', '// We do not throw, exit(1) or std::cout.'),
                ('runtime/data/a.cpp', 'Say("throw");'),
                ('runtime/data/a.cpp', 'Say(R"(throw\n exit(1))");'),
                ('runtime/data/a.cpp', 'std::snprintf(b, 3, "x"); loop.exit(1); Loop::exit(2);'),
        ):
            with self.subTest(line):
                self.assert_finds({path: line + '\n'})

    def test_bytes_that_are_no_text(self):
        self.assert_finds({'runtime/base/a.cpp': b'// \xff\n'}, 'a.cpp: not UTF-8')

    def test_a_tree_without_code_is_refused(self):
        with tempfile.TemporaryDirectory() as root, self.assertRaises(layering.TableError):
            tidy.check(root)


if __name__ == '__main__':
    unittest.main()
