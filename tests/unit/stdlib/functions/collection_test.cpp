// Lambdas, arrays, maps and JSON against collection_cases.txt, which collection_cases.py wrote with
// Python's own lists, dicts and json.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/stdlib/support/expression_runner.h"

namespace flinkc {
namespace {

struct Cases {
  std::vector<std::string> texts, expected;
};

Cases ReadCases() {
  std::ifstream file(FLINKC_SOURCE_DIR "/tests/unit/stdlib/functions/collection_cases.txt");
  Cases cases;
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.find('\t');
    cases.texts.push_back(line.substr(0, tab));
    cases.expected.push_back(line.substr(tab + 1));
  }
  return cases;
}

TEST(CollectionTest, ExpressionsAreWhatPythonSays) {
  const StandardLibrary library;
  const ExpressionRunner runner(library);
  const Cases cases = ReadCases();
  ASSERT_GT(cases.texts.size(), 1000u);
  for (size_t i = 0; i < cases.texts.size(); ++i) {
    EXPECT_EQ(runner.Interpret(cases.texts[i]), cases.expected[i]) << cases.texts[i];
  }
}

// Every 41st: the kernels are the same, and each is a module to compile.
TEST(CollectionTest, MachineCodeSaysTheSame) {
  const StandardLibrary library;
  const ExpressionRunner runner(library);
  const Cases cases = ReadCases();
  std::vector<std::string_view> texts;
  std::vector<std::string> expected;
  for (size_t i = 0; i < cases.texts.size(); i += 41) {
    texts.push_back(cases.texts[i]);
    expected.push_back(cases.expected[i]);
  }
  const std::vector<std::string> results = runner.Compile(texts);
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(results[i], expected[i]) << texts[i];
}

}  // namespace
}  // namespace flinkc
