// The examples of the aggregate records, accumulated in one state and merged from two and three.
#include <gtest/gtest.h>

#include "tests/unit/stdlib/support/aggregate_runner.h"

namespace flinkc {
namespace {

TEST(AggregateExamplesTest, GiveTheirResults) {
  const StandardLibrary library;
  const AggregateRunner runner(library);
  size_t count = 0;
  for (const AggregateRecord& record : library.registry().aggregates()) {
    for (const FunctionExample& example : record.examples) {
      ++count;
      EXPECT_EQ(runner.Run(example.expression, 1), example.result) << example.expression;
      // Sets of DISTINCT are merged by generated code, not by the aggregate's kernels.
      if (example.expression.find("DISTINCT") != std::string_view::npos) continue;
      // What sees each row once is never merged.
      if (record.over_only) continue;
      EXPECT_EQ(runner.Run(example.expression, 2), example.result) << example.expression;
      EXPECT_EQ(runner.Run(example.expression, 3), example.result) << example.expression;
    }
  }
  EXPECT_GT(count, 30u);
}

}  // namespace
}  // namespace flinkc
