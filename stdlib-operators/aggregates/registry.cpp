#include "stdlib-operators/aggregates/registry.h"

#include <utility>

#include "stdlib-operators/aggregates/records.h"

namespace flinkc {

void RegisterStdAggregates(FunctionRegistry& registry) {
  for (auto* family : {&BasicAggregates, &StatisticAggregates, &MomentAggregates, &ChoiceAggregates,
                       &ListAggregates, &OverAggregates}) {
    for (AggregateRecord& record : family()) registry.Add(std::move(record));
  }
}

}  // namespace flinkc
