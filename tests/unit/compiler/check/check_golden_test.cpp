// cases/*.yaml: specs with the plans that they give, or with all that is said about them.
#include <gtest/gtest.h>

#include "compiler/diagnostics/renderer.h"
#include "tests/unit/compiler/check/checked_spec.h"
#include "tests/unit/compiler/check/golden_case.h"

namespace flinkc {
namespace {

std::string Make(const GoldenCase& golden, const std::string& section) {
  CheckedSpec checked(golden.spec, section == "strict");
  if (section == "diagnostics" || section == "strict") return RenderDiagnostics(checked.log, {});
  if (section == "plan") return WithoutSchemas(checked.Printed());
  if (section == "plan with schemas") return checked.Printed();
  return "there is no section of this name";
}

class CheckGoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(CheckGoldenTest, IsAsExpected) { CheckGolden(GetParam(), Make); }

std::string CaseName(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  for (char c : info.param.substr(info.param.rfind('/') + 1)) {
    if (c == '.') break;
    name += c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, CheckGoldenTest,
                         testing::ValuesIn(GoldenFiles("tests/unit/compiler/check/cases")),
                         CaseName);

}  // namespace
}  // namespace flinkc
