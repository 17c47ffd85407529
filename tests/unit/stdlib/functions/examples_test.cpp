// The examples of the function records, through the interpreter and as machine code.
#include <gtest/gtest.h>

#include "tests/unit/stdlib/support/expression_runner.h"

namespace flinkc {
namespace {

class ExamplesTest : public ::testing::Test {
 protected:
  StandardLibrary library_;
  ExpressionRunner runner_{library_};
};

TEST_F(ExamplesTest, GiveTheirResultsInTheInterpreter) {
  size_t count = 0;
  for (const FunctionRecord& record : library_.registry().functions()) {
    for (const FunctionExample& example : record.examples) {
      ++count;
      EXPECT_EQ(runner_.Interpret(example.expression), example.result)
          << record.name << ": " << example.expression;
    }
  }
  EXPECT_GT(count, 50u);
}

TEST_F(ExamplesTest, GiveTheirResultsAsMachineCode) {
  std::vector<std::string_view> texts, expected;
  for (const FunctionRecord& record : library_.registry().functions()) {
    for (const FunctionExample& example : record.examples) {
      texts.push_back(example.expression);
      expected.push_back(example.result);
    }
  }
  const std::vector<std::string> results = runner_.Compile(texts);
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(results[i], expected[i]) << texts[i];
}

}  // namespace
}  // namespace flinkc
