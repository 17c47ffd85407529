// The families of this folder's records, a file each; registry.cpp adds them all.
#pragma once

#include <vector>

#include "compiler/expression/function_record.h"

namespace flinkc {

std::vector<AggregateRecord> BasicAggregates();
std::vector<AggregateRecord> StatisticAggregates();
std::vector<AggregateRecord> ChoiceAggregates();

}  // namespace flinkc
