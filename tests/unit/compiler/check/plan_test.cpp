// Specs that are right: the plans they give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {
namespace {

// A plan without its first line, the source of WithOrders, and without the schemas.
std::string Shape(const CheckedSpec& checked) {
  if (!checked.plan) return checked.Printed();
  std::string shape;
  std::istringstream lines(checked.Printed());
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (size_t schema = line.find(" -> ("); schema != std::string::npos) line.resize(schema);
    shape += line + "\n";
  }
  return shape;
}

TEST(CheckSpec, AStraightPipe) {
  CheckedSpec checked(WithOrders(R"yaml(
streams:
  big:
    from: orders
    pipe:
      - filter: amount > 100
      - select: {store: store, twice: amount * 2, ts: ts}
sinks: {out: {from: big, connector: console, format: json}}
)yaml"));
  EXPECT_EQ(Shape(checked), R"(#1 big/filter: filter amount > 100 <- #0
#2 big/select: project store, ts, $watermark; twice: amount * 2 <- #1
#3 out/columns: project store, twice, ts <- #2
#4 out: sink console; format json <- #3
)");
}

TEST(CheckSpec, AWindow) {
  CheckedSpec checked(WithOrders(R"yaml(
streams:
  per_minute:
    from: orders
    aggregate:
      window: {tumble: 1m}
      by: {store: store, day: "CAST(ts AS DATE)"}
      compute: {n: count(*), revenue: "coalesce(sum(amount), 0)"}
      having: n > 1 AND max(price) > 3
      lateness: 30s
      late: route
sinks:
  out: {from: per_minute, connector: events, options: {path: b}, format: json}
  late: {from: per_minute.late, connector: blackhole}
)yaml"));
  EXPECT_EQ(Shape(checked), R"(#1 per_minute/aggregate_by: project id, store, amount, price, tags, ts, $watermark; day: CAST(ts AS DATE) <- #0
#2 per_minute/aggregate: aggregate by store, day; tumble 1m on ts, lateness 30s; count(*); sum(amount); max(price); routes late rows <- #1
#3 per_minute/aggregate_late: project id, store, amount, price, tags, ts, $watermark <- #2.late
#4 per_minute/aggregate_having: filter `count(*)` > 1 AND `max(price)` > 3e0 <- #2
#5 per_minute/aggregate_compute: project store, day, window_start, window_end, window_time; n: `count(*)`; revenue: COALESCE(`sum(amount)`, 0.00); $watermark: -9223372036854775808 <- #4
#6 out/columns: project store, day, window_start, window_end, window_time, n, revenue <- #5
#7 out: sink events (path: b); format json; exactly once <- #6
#8 late/columns: project id, store, amount, price, tags, ts <- #3
#9 late: sink blackhole <- #8
)");
}

}  // namespace
}  // namespace flinkc
