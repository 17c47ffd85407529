// What `job` sets and only the checker can judge; and what an aggregate says of its failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {
namespace {

std::string SpecWith(std::string_view time_zone) {
  return fmt::format(R"(flinkc: 1
job: {{name: zones, time_zone: {}}}
sources:
  ticks: {{connector: ticks, options: {{rows: 3}}}}
streams:
  local: {{from: ticks, select: {{id: id}}}}
sinks:
  out: {{from: local, connector: console, format: json}}
)",
                     time_zone);
}

TEST(TimeZoneTest, UnknownOnesAreLocated) {
  const CheckedSpec checked(SpecWith("Europe/Viena"));
  EXPECT_FALSE(checked.plan.has_value());
  EXPECT_THAT(checked.reports(),
              testing::ElementsAre(testing::AllOf(
                  testing::HasSubstr("2:31 `Europe/Viena`"),
                  testing::HasSubstr("there is no time zone `Europe/Viena`"))));
}

TEST(TimeZoneTest, NamesAndOffsetsAreTaken) {
  for (const char* zone : {"Europe/Vienna", "UTC", "\"+02:00\"", "America/St_Johns"}) {
    const CheckedSpec checked(SpecWith(zone));
    EXPECT_THAT(checked.reports(), testing::IsEmpty()) << zone;
    ASSERT_TRUE(checked.plan.has_value()) << zone;
  }
}

// `on_error` on a stream without effect is a warning: only aggregates that can fail avoid it.
std::vector<std::string> ReportsOf(std::string_view aggregate) {
  return CheckedSpec(fmt::format(R"(flinkc: 1
job: {{name: aggregates}}
sources:
  ticks: {{connector: ticks, options: {{rows: 3}}}}
streams:
  totals: {{from: ticks, on_error: drop, aggregate: {{compute: {{x: "{}"}}, emit: end}}}}
sinks:
  out: {{from: totals, connector: console, format: json}}
)",
                                 aggregate))
      .reports();
}

TEST(FallibleAggregateTest, IsWhatItsResolutionSays) {
  for (const char* aggregate : {"sum(id)", "avg(CAST(id AS DECIMAL(9, 0))::INT)"}) {
    EXPECT_THAT(ReportsOf(aggregate), testing::IsEmpty()) << aggregate;
  }
  for (const char* aggregate :
       {"count(*)", "max(id)", "avg(id)", "sum(CAST(id AS DOUBLE))", "sum(CAST(id AS DECIMAL))",
        "stddev_pop(id)", "percentile(id, 0.5)", "listagg(note)"}) {
    EXPECT_THAT(ReportsOf(aggregate),
                testing::ElementsAre(testing::HasSubstr("this `on_error` has no effect")))
        << aggregate;
  }
}

}  // namespace
}  // namespace flinkc
