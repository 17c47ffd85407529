#include "compiler/expression/function_registry.h"

#include <string>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

bool FunctionRegistry::IsFree(std::string_view name) const {
  std::string lower = Lower(name);
  return !function_by_name_.contains(lower) && !aggregate_by_name_.contains(lower);
}

void FunctionRegistry::Add(FunctionRecord record) {
  const FunctionRecord& added = functions_.emplace_back(std::move(record));
  CHECK(IsFree(added.name));
  function_by_name_.emplace(Lower(added.name), &added);
  for (std::string_view alias : added.aliases) {
    CHECK(IsFree(alias));
    function_by_name_.emplace(Lower(alias), &added);
  }
}

void FunctionRegistry::Add(AggregateRecord record) {
  const AggregateRecord& added = aggregates_.emplace_back(std::move(record));
  CHECK(IsFree(added.name));
  aggregate_by_name_.emplace(Lower(added.name), &added);
  for (std::string_view alias : added.aliases) {
    CHECK(IsFree(alias));
    aggregate_by_name_.emplace(Lower(alias), &added);
  }
}

const FunctionRecord* FunctionRegistry::FindFunction(std::string_view name) const {
  auto found = function_by_name_.find(Lower(name));
  return found == function_by_name_.end() ? nullptr : found->second;
}

const AggregateRecord* FunctionRegistry::FindAggregate(std::string_view name) const {
  auto found = aggregate_by_name_.find(Lower(name));
  return found == aggregate_by_name_.end() ? nullptr : found->second;
}

std::vector<std::string_view> FunctionRegistry::Names() const {
  std::vector<std::string_view> names;
  for (const FunctionRecord& record : functions_) {
    names.push_back(record.name);
    names.insert(names.end(), record.aliases.begin(), record.aliases.end());
  }
  for (const AggregateRecord& record : aggregates_) {
    names.push_back(record.name);
    names.insert(names.end(), record.aliases.begin(), record.aliases.end());
  }
  return names;
}

}  // namespace flinkc
