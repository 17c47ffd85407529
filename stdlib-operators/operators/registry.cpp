#include "stdlib-operators/operators/registry.h"

#include <utility>

#include "stdlib-operators/operators/join/interval_join.h"
#include "stdlib-operators/operators/join/lookup_join.h"
#include "stdlib-operators/operators/join/regular_join.h"
#include "stdlib-operators/operators/join/temporal_join.h"
#include "stdlib-operators/operators/join/window_join.h"
#include "stdlib-operators/operators/match/match_operator.h"
#include "stdlib-operators/operators/over/over_operator.h"
#include "stdlib-operators/operators/top/top_filter.h"
#include "stdlib-operators/operators/top/top_operator.h"
#include "stdlib-operators/operators/top/window_top.h"

namespace flinkc {

namespace {

using Made = Result<std::unique_ptr<NativeOperator>>;

Made Make(const JoinDescriptor& join, OperatorContext context) {
  if (join.interval) return std::make_unique<IntervalJoin>(std::move(context));
  if (join.versions) return std::make_unique<TemporalJoin>(std::move(context));
  if (join.window) return std::make_unique<WindowJoin>(std::move(context));
  return std::make_unique<RegularJoin>(std::move(context));
}

Made Make(const LookupDescriptor&, OperatorContext context) {
  return LookupJoin::Make(std::move(context));
}

Made Make(const MatchDescriptor&, OperatorContext context) {
  return std::make_unique<MatchOperator>(std::move(context));
}

Made Make(const TopDescriptor& top, OperatorContext context) {
  if (top.is_filter) return std::make_unique<TopFilter>(std::move(context));
  if (top.window && !top.window_updates) return std::make_unique<WindowTop>(std::move(context));
  return std::make_unique<TopOperator>(std::move(context));
}

Made Make(const OverDescriptor&, OperatorContext context) {
  return std::make_unique<OverOperator>(std::move(context));
}

}  // namespace

Result<std::unique_ptr<NativeOperator>> MakeStdOperator(OperatorContext context) {
  return std::visit([&](const auto& kind) { return Make(kind, std::move(context)); },
                    context.layout->descriptor);
}

}  // namespace flinkc
