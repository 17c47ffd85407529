// Random aggregates of a group of rows, each as text and as a plain evaluation of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/property/chance.h"
#include "tests/property/random_plan.h"

namespace flinkc::property {

using RowGroup = std::vector<const RandomRow*>;

struct RandomAggregate {
  std::string text;
  RandomColumn column;  // its name, and what it gives
  std::function<Value(const RowGroup&)> evaluate;
};

RandomAggregate DrawAggregate(Chance& chance, const RandomStream& input, const std::string& name);

// The keys, aggregates and condition of one aggregate operator.
struct RandomGrouping {
  std::vector<size_t> keys;  // columns of the input
  std::vector<RandomAggregate> aggregates;
  std::function<bool(const RowGroup&)> having;
  // `by`, `compute` and `having`, as they stand in the spec.
  std::string text;
};

RandomGrouping DrawGrouping(Chance& chance, const RandomStream& input, PlanBuilder& plan,
                            bool with_having = true);

// The rows of each group; NULL is a key like any other.
std::vector<RowGroup> GroupsOf(const RowGroup& rows, const std::vector<size_t>& keys);

}  // namespace flinkc::property
