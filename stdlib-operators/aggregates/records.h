// The families of this folder's records, a file each; registry.cpp adds them all.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "compiler/expression/function_record.h"

namespace flinkc {

std::vector<AggregateRecord> BasicAggregates();
std::vector<AggregateRecord> StatisticAggregates();
std::vector<AggregateRecord> ChoiceAggregates();
std::vector<AggregateRecord> MomentAggregates();
std::vector<AggregateRecord> ListAggregates();
std::vector<AggregateRecord> OverAggregates();

// percentile(x, ARRAY[…]), an overload of a record of StatisticAggregates.
std::optional<AggregateResolution> ResolvePercentiles(std::span<const ArgumentInfo> arguments);

}  // namespace flinkc
