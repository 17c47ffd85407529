// Functions of dates and times against temporal_cases.txt, which temporal_cases.py wrote with
// Python's datetime and zoneinfo.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/time_unit.h"
#include "tests/unit/stdlib/support/expression_runner.h"

namespace flinkc {
namespace {

std::vector<std::string> CaseLines() {
  std::ifstream file(FLINKC_SOURCE_DIR "/tests/unit/stdlib/functions/temporal_cases.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct ExpressionCases {
  std::vector<std::string> texts, expected;
};

ExpressionCases ReadExpressionCases() {
  ExpressionCases cases;
  for (const std::string& line : CaseLines()) {
    if (line[0] == '@') continue;
    const size_t tab = line.find('\t');
    cases.texts.push_back(line.substr(0, tab));
    cases.expected.push_back(line.substr(tab + 1));
  }
  return cases;
}

TEST(TemporalTest, ExpressionsAreWhatPythonSays) {
  const StandardLibrary library;
  const ExpressionRunner runner(library);
  const ExpressionCases cases = ReadExpressionCases();
  ASSERT_GT(cases.texts.size(), 1000u);
  for (size_t i = 0; i < cases.texts.size(); ++i) {
    EXPECT_EQ(runner.Interpret(cases.texts[i]), cases.expected[i]) << cases.texts[i];
  }
}

// Every seventh: the kernels are the same, and each is a module to compile.
TEST(TemporalTest, MachineCodeSaysTheSame) {
  const StandardLibrary library;
  const ExpressionRunner runner(library);
  const ExpressionCases cases = ReadExpressionCases();
  std::vector<std::string_view> texts;
  std::vector<std::string> expected;
  for (size_t i = 0; i < cases.texts.size(); i += 7) {
    texts.push_back(cases.texts[i]);
    expected.push_back(cases.expected[i]);
  }
  EXPECT_EQ(runner.Compile(texts), expected);
}

// The kernels behind TIMESTAMP_LTZ, where the zone is the job's.
TEST(TemporalTest, KernelsOfLocalTimeAreWhatPythonSays) {
  const std::map<std::string, int64_t (*)(const void*, int64_t, int64_t)> kernels = {
      {"extract", flinkc_native_extract_ltz},
      {"floor", flinkc_native_floor_ltz},
      {"ceil", flinkc_native_ceil_ltz}};
  size_t count = 0;
  for (const std::string& line : CaseLines()) {
    if (line[0] != '@') continue;
    ++count;
    std::istringstream fields(line.substr(1));
    std::string zone_name, operation, unit_name;
    int64_t micros = 0, expected = 0;
    fields >> zone_name >> operation >> unit_name >> micros >> expected;
    ASSERT_FALSE(fields.fail()) << line;
    const TimeZonePtr zone = LocateTimeZone(zone_name);
    ASSERT_NE(zone, nullptr) << line;
    const Value unit{unit_name};
    const int64_t result = kernels.at(operation)(
        zone.get(), micros, static_cast<int64_t>(*UnitOf({DataType::String(), &unit})));
    EXPECT_EQ(result, expected) << line;
  }
  EXPECT_GT(count, 100u);
}

}  // namespace
}  // namespace flinkc
